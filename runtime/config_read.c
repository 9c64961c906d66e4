/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads runtime.json back. The file may have been damaged or made by somebody
 * else: types, ranges and every index are checked, unknown members refused,
 * and a failure names the member. The daemon runs whatever passes here, so
 * nothing that would make an evaluator read out of bounds may pass.
 */
#include "runtime/config.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/config_reader.h"
#include "runtime/config_rows.h"

void *config_new_array(struct config_reader *r, size_t count, size_t size)
{
	return arena_array(r->json.arena, count ? count : 1, size);
}

size_t config_read_index(struct config_reader *r, const struct json_at *at, size_t count)
{
	if (count)
		return (size_t)json_read_number(&r->json, at, 0, (int64_t)count - 1);
	json_fail(&r->json, at, "refers to a list that is empty");
	return 0;
}

/* ["main.cf", 12]; absent: a default. */
static struct rt_origin read_place(struct config_reader *r, const struct json_at *at)
{
	struct rt_origin origin = {"", 0};
	struct json_at file = json_element(at, 0);
	struct json_at line = json_element(at, 1);

	if (!at->value)
		return origin;
	if (json_read_array(&r->json, at) != 2) {
		json_fail(&r->json, at, "must be a file and a line");
		return origin;
	}
	origin.file = json_read_text(&r->json, &file);
	origin.line = (unsigned)json_read_number(&r->json, &line, 1, UINT32_MAX);
	return origin;
}

struct rt_origin config_read_origin(struct config_reader *r, const struct json_at *parent)
{
	struct json_at at = json_member(parent, "at");

	return read_place(r, &at);
}

const char *config_read_member_text(struct config_reader *r, const struct json_at *parent,
				    const char *name)
{
	struct json_at at = json_member(parent, name);

	return json_read_text(&r->json, &at);
}

/* NULL when the member is absent. */
static const char *read_optional_text(struct config_reader *r,
				      const struct json_at *parent, const char *name)
{
	struct json_at at = json_member(parent, name);

	return at.value ? json_read_text(&r->json, &at) : NULL;
}

bool config_read_flag(struct config_reader *r, const struct json_at *parent,
		      const char *name)
{
	struct json_at at = json_member(parent, name);

	return at.value ? json_read_bool(&r->json, &at) : false;
}

static void read_words(struct config_reader *r, const struct json_at *at,
		       struct rt_words *out)
{
	static const char *const names[] = {"words", "at", NULL};
	struct json_at list = json_member(at, "words");
	size_t count;
	const char **words;

	json_read_object(&r->json, at, names);
	count = json_read_array(&r->json, &list);
	words = config_new_array(r, count, sizeof(*words));
	for (size_t i = 0; i < count; i++) {
		struct json_at word = json_element(&list, i);

		words[i] = json_read_text(&r->json, &word);
	}
	out->words = words;
	out->count = count;
	out->origin = config_read_origin(r, at);
}

static void read_maps(struct config_reader *r, const struct json_at *at,
		      struct rt_maps *out)
{
	static const char *const names[] = {"maps", "at", NULL};
	struct json_at list = json_member(at, "maps");
	size_t count;
	size_t *maps;

	json_read_object(&r->json, at, names);
	count = json_read_array(&r->json, &list);
	maps = config_new_array(r, count, sizeof(*maps));
	for (size_t i = 0; i < count; i++) {
		struct json_at map = json_element(&list, i);

		maps[i] = config_read_index(r, &map, r->map_count);
	}
	out->maps = maps;
	out->count = count;
	out->origin = config_read_origin(r, at);
}

static void read_setting(struct config_reader *r, const struct json_at *at,
			 const struct rt_setting_row *row, void *field)
{
	switch (row->kind) {
	case RT_KIND_STR:
		*(const char **)field = json_read_text(&r->json, at);
		return;
	case RT_KIND_BOOL:
		*(bool *)field = json_read_bool(&r->json, at);
		return;
	case RT_KIND_INT:
		*(int64_t *)field = json_read_number(&r->json, at, INT64_MIN, INT64_MAX);
		return;
	case RT_KIND_TIME:
		*(int64_t *)field = json_read_number(&r->json, at, 0, INT32_MAX);
		return;
	case RT_KIND_WORDS:
		read_words(r, at, field);
		return;
	case RT_KIND_MATCH:
	case RT_KIND_NETS:
		config_read_match(r, at, field);
		return;
	case RT_KIND_MAPS:
		read_maps(r, at, field);
		return;
	}
}

/* With `partial` a row may be absent and keeps what is in *out. */
static void read_settings(struct config_reader *r, const struct json_at *at, bool partial,
			  struct rt_settings *out)
{
	const char **names =
		config_new_array(r, rt_setting_row_count() + 1, sizeof(*names));

	for (size_t i = 0; i < rt_setting_row_count(); i++)
		names[i] = rt_setting_row(i)->name;
	json_read_object(&r->json, at, names);
	for (size_t i = 0; i < rt_setting_row_count() && !r->json.failed; i++) {
		const struct rt_setting_row *row = rt_setting_row(i);
		struct json_at member = json_member(at, row->name);

		if (member.value || !partial)
			read_setting(r, &member, row, rt_setting_field(out, row));
	}
}

static enum rt_op read_op(struct config_reader *r, const struct json_at *parent)
{
	struct json_at at = json_member(parent, "op");
	const char *word = json_read_text(&r->json, &at);

	for (int op = 0; op < RT_OP_COUNT; op++)
		if (strcmp(word, rt_op_word((enum rt_op)op)) == 0)
			return (enum rt_op)op;
	json_fail(&r->json, &at, "is not an instruction");
	return RT_OP_BROKEN;
}

static void read_insn(struct config_reader *r, const struct json_at *at,
		      struct rt_insn *out)
{
	static const char *const names[] = {"op",	 "map", "class", "text",
					    "warn_only", "at",	NULL};
	struct json_at map = json_member(at, "map");
	struct json_at class = json_member(at, "class");

	json_read_object(&r->json, at, names);
	out->op = read_op(r, at);
	out->warn_only = config_read_flag(r, at, "warn_only");
	switch (rt_op_arg(out->op)) {
	case RT_ARG_NONE:
		break;
	case RT_ARG_MAP:
		out->map = config_read_index(r, &map, r->map_count);
		break;
	case RT_ARG_CLASS:
		out->program = config_read_index(r, &class, r->class_count);
		break;
	case RT_ARG_TEXT:
		config_read_member_text(r, at, "text");
		break;
	}
	out->text = read_optional_text(r, at, "text");
	out->origin = config_read_origin(r, at);
}

static void read_insns(struct config_reader *r, const struct json_at *at,
		       struct rt_program *out)
{
	size_t count = json_read_array(&r->json, at);
	struct rt_insn *insns = config_new_array(r, count, sizeof(*insns));

	for (size_t i = 0; i < count && !r->json.failed; i++) {
		struct json_at insn = json_element(at, i);

		read_insn(r, &insn, &insns[i]);
	}
	out->insns = insns;
	out->count = count;
}

static void read_class(struct config_reader *r, const struct json_at *at,
		       struct rt_program *out)
{
	static const char *const names[] = {"name", "program", "at", NULL};
	struct json_at program = json_member(at, "program");

	json_read_object(&r->json, at, names);
	out->name = config_read_member_text(r, at, "name");
	read_insns(r, &program, out);
	out->origin = config_read_origin(r, at);
}

static void read_stages(struct config_reader *r, const struct json_at *at,
			struct rt_service *out)
{
	const char *names[RT_STAGE_COUNT + 1] = {NULL};
	struct json_at stages = json_member(at, "stages");
	struct json_at set_at = json_member(at, "set_at");

	for (int s = 0; s < RT_STAGE_COUNT; s++)
		names[s] = rt_stage_word((enum rt_stage)s);
	json_read_object(&r->json, &stages, names);
	json_read_object(&r->json, &set_at, names);
	for (int s = 0; s < RT_STAGE_COUNT; s++) {
		struct json_at stage = json_member(&stages, names[s]);
		struct json_at origin = json_member(&set_at, names[s]);

		out->stages[s].name = rt_stage_parameter((enum rt_stage)s);
		read_insns(r, &stage, &out->stages[s]);
		out->stages[s].origin = read_place(r, &origin);
	}
}

static void read_service(struct config_reader *r, const struct json_at *at,
			 const struct rt_settings *main, struct rt_service *out)
{
	static const char *const names[] = {"name",	"host",	  "port",
					    "settings", "stages", "set_at",
					    "fatal",	"at",	  NULL};
	struct json_at port = json_member(at, "port");
	struct json_at settings = json_member(at, "settings");
	struct rt_settings *own = config_new_array(r, 1, sizeof(*own));

	json_read_object(&r->json, at, names);
	out->name = config_read_member_text(r, at, "name");
	out->host = config_read_member_text(r, at, "host");
	out->port = (unsigned)json_read_number(&r->json, &port, 1, 65535);
	*own = *main;
	read_settings(r, &settings, true, own);
	out->settings = own;
	read_stages(r, at, out);
	out->fatal = read_optional_text(r, at, "fatal");
	out->origin = config_read_origin(r, at);
}

/* "maps/NAME" without a way out of the folder. */
static bool is_map_path(const char *path)
{
	const char *name = path + strlen("maps/");

	return strncmp(path, "maps/", strlen("maps/")) == 0 && *name && *name != '.' &&
	       !strchr(name, '/');
}

static bool is_sha256(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

/* A part comes before the table that it is a part of, so nothing is circular. */
static void read_parts(struct config_reader *r, const struct json_at *at,
		       struct rt_map_ref *out)
{
	struct json_at list = json_member(at, "parts");
	size_t self = (size_t)(out - r->maps);
	size_t *parts;
	bool is_composed =
		strcmp(out->type, "pipemap") == 0 || strcmp(out->type, "unionmap") == 0;

	if (is_composed != (list.value != NULL))
		json_fail(&r->json, at, "parts belong to pipemap and unionmap");
	if (!list.value)
		return;
	out->part_count = json_read_array(&r->json, &list);
	parts = config_new_array(r, out->part_count, sizeof(*parts));
	for (size_t i = 0; i < out->part_count; i++) {
		struct json_at part = json_element(&list, i);

		parts[i] = config_read_index(r, &part, self);
	}
	out->parts = parts;
	if (!out->part_count)
		json_fail(&r->json, &list, "must not be empty");
}

static void read_map(struct config_reader *r, const struct json_at *at,
		     struct rt_map_ref *out)
{
	static const char *const names[] = {
		"name",	  "type",    "path",	  "argument",
		"sha256", "aliases", "fold_keys", "no_substitution",
		"parts",  "at",	     NULL};
	struct json_at aliases = json_member(at, "aliases");
	struct json_at fold_keys = json_member(at, "fold_keys");

	json_read_object(&r->json, at, names);
	out->name = config_read_member_text(r, at, "name");
	out->type = config_read_member_text(r, at, "type");
	out->path = read_optional_text(r, at, "path");
	out->argument = read_optional_text(r, at, "argument");
	out->sha256 = read_optional_text(r, at, "sha256");
	out->is_aliases = json_read_bool(&r->json, &aliases);
	out->fold_keys = json_read_bool(&r->json, &fold_keys);
	out->no_substitution = config_read_flag(r, at, "no_substitution");
	out->origin = config_read_origin(r, at);
	if (!out->path == !out->argument)
		json_fail(&r->json, at, "must have either a path or an argument");
	if (out->path && !is_map_path(out->path))
		json_fail(&r->json, at, "path must be maps/NAME");
	if (!out->path != !out->sha256 || (out->sha256 && !is_sha256(out->sha256)))
		json_fail(&r->json, at, "sha256 must be the digest of the path");
	if (!r->json.failed)
		read_parts(r, at, out);
}

static void read_transport(struct config_reader *r, const struct json_at *at,
			   struct rt_transport *out)
{
	static const char *const names[] = {"name", "program", "at", NULL};

	json_read_object(&r->json, at, names);
	out->name = config_read_member_text(r, at, "name");
	out->program = config_read_member_text(r, at, "program");
	out->origin = config_read_origin(r, at);
}

static void read_config(struct config_reader *r, const struct json_at *root,
			struct rt_config *out)
{
	static const char *const names[] = {"format",	"mcc",	      "postfix",
					    "settings", "maps",	      "classes",
					    "services", "transports", NULL};
	struct json_at settings = json_member(root, "settings");
	struct json_at maps = json_member(root, "maps");
	struct json_at classes = json_member(root, "classes");
	struct json_at services = json_member(root, "services");
	struct json_at transports = json_member(root, "transports");
	struct json_at at;

	json_read_object(&r->json, root, names);
	out->mcc_version = config_read_member_text(r, root, "mcc");
	out->postfix = config_read_member_text(r, root, "postfix");
	r->map_count = out->map_count = json_read_array(&r->json, &maps);
	out->class_count = json_read_array(&r->json, &classes);
	out->service_count = json_read_array(&r->json, &services);
	out->transport_count = json_read_array(&r->json, &transports);
	out->maps = config_new_array(r, out->map_count, sizeof(*out->maps));
	r->maps = out->maps;
	out->classes = config_new_array(r, out->class_count, sizeof(*out->classes));
	out->services = config_new_array(r, out->service_count, sizeof(*out->services));
	out->transports =
		config_new_array(r, out->transport_count, sizeof(*out->transports));
	read_settings(r, &settings, false, &out->settings);
	for (size_t i = 0; i < out->map_count && !r->json.failed; i++) {
		at = json_element(&maps, i);
		read_map(r, &at, &out->maps[i]);
	}
	/* A class names only classes before it: no cycle gets to the evaluator. */
	for (size_t i = 0; i < out->class_count && !r->json.failed; i++) {
		r->class_count = i;
		at = json_element(&classes, i);
		read_class(r, &at, &out->classes[i]);
	}
	r->class_count = out->class_count;
	for (size_t i = 0; i < out->service_count && !r->json.failed; i++) {
		at = json_element(&services, i);
		read_service(r, &at, &out->settings, &out->services[i]);
	}
	for (size_t i = 0; i < out->transport_count && !r->json.failed; i++) {
		at = json_element(&transports, i);
		read_transport(r, &at, &out->transports[i]);
	}
}

int rt_config_read(struct arena *arena, struct str json, struct rt_config **out_config,
		   char *err, size_t err_size)
{
	struct config_reader r = {.map_count = 0};
	struct rt_config *config = arena_alloc(arena, sizeof(*config));
	struct json_at root = {NULL, "", 0, NULL};
	struct json_at format;
	json_t *document;

	json_reader_init(&r.json, arena, err, err_size);
	root.value = document = json_read_document(&r.json, json);
	if (document) {
		/* Before anything else: another version has other members. */
		format = json_member(&root, "format");
		json_read_number(&r.json, &format, RT_FORMAT_VERSION, RT_FORMAT_VERSION);
		if (!r.json.failed)
			read_config(&r, &root, config);
	}
	json_decref(document);
	if (r.json.failed)
		return MCC_EFORMAT;
	*out_config = config;
	return MCC_OK;
}
