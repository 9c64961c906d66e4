/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads runtime.json back. The file may have been damaged or made by somebody
 * else: types, ranges and every index are checked, unknown members refused,
 * and a failure names the member. The daemon runs whatever passes here, so
 * nothing that would make an evaluator read out of bounds may pass.
 */
#include "runtime/config.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/config_json.h"
#include "runtime/config_rows.h"

struct reader {
	struct json_reader json;
	size_t map_count;   /* set before anything that refers to maps */
	size_t class_count; /* those that may be named now */
};

static void *new_array(struct reader *r, size_t count, size_t size)
{
	return arena_array(r->json.arena, count ? count : 1, size);
}

static size_t read_index(struct reader *r, const struct json_at *at, size_t count)
{
	if (count)
		return (size_t)json_read_number(&r->json, at, 0, (int64_t)count - 1);
	json_fail(&r->json, at, "refers to a list that is empty");
	return 0;
}

/* ["main.cf", 12]; absent: a default. */
static struct rt_origin read_place(struct reader *r, const struct json_at *at)
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

static struct rt_origin read_origin(struct reader *r, const struct json_at *parent)
{
	struct json_at at = json_member(parent, "at");

	return read_place(r, &at);
}

static const char *read_member_text(struct reader *r, const struct json_at *parent,
				    const char *name)
{
	struct json_at at = json_member(parent, name);

	return json_read_text(&r->json, &at);
}

/* NULL when the member is absent. */
static const char *read_optional_text(struct reader *r, const struct json_at *parent,
				      const char *name)
{
	struct json_at at = json_member(parent, name);

	return at.value ? json_read_text(&r->json, &at) : NULL;
}

static bool read_flag(struct reader *r, const struct json_at *parent, const char *name)
{
	struct json_at at = json_member(parent, name);

	return at.value ? json_read_bool(&r->json, &at) : false;
}

static void read_words(struct reader *r, const struct json_at *at, struct rt_words *out)
{
	static const char *const names[] = {"words", "at", NULL};
	struct json_at list = json_member(at, "words");
	size_t count;
	const char **words;

	json_read_object(&r->json, at, names);
	count = json_read_array(&r->json, &list);
	words = new_array(r, count, sizeof(*words));
	for (size_t i = 0; i < count; i++) {
		struct json_at word = json_element(&list, i);

		words[i] = json_read_text(&r->json, &word);
	}
	out->words = words;
	out->count = count;
	out->origin = read_origin(r, at);
}

static void read_maps(struct reader *r, const struct json_at *at, struct rt_maps *out)
{
	static const char *const names[] = {"maps", "at", NULL};
	struct json_at list = json_member(at, "maps");
	size_t count;
	size_t *maps;

	json_read_object(&r->json, at, names);
	count = json_read_array(&r->json, &list);
	maps = new_array(r, count, sizeof(*maps));
	for (size_t i = 0; i < count; i++) {
		struct json_at map = json_element(&list, i);

		maps[i] = read_index(r, &map, r->map_count);
	}
	out->maps = maps;
	out->count = count;
	out->origin = read_origin(r, at);
}

static bool has_host_bits(const uint8_t *address, unsigned size, unsigned prefix)
{
	for (unsigned bit = prefix; bit < size * 8; bit++)
		if (address[bit / 8] & (0x80u >> (bit % 8)))
			return true;
	return false;
}

/* "192.0.2.0/24", "2001:db8::/32". */
static void read_net(struct reader *r, const struct json_at *parent,
		     struct rt_match_item *out)
{
	struct json_at at = json_member(parent, "net");
	struct str rest = str_of(json_read_text(&r->json, &at));
	ptrdiff_t slash = str_chr(rest, '/');
	unsigned size;
	uint64_t prefix;
	char address[INET6_ADDRSTRLEN];

	if (slash < 0 || (size_t)slash >= sizeof(address) ||
	    !str_to_u64(str_slice(rest, (size_t)slash + 1, rest.len), &prefix)) {
		json_fail(&r->json, &at, "must be ADDRESS/BITS");
		return;
	}
	memcpy(address, rest.ptr, (size_t)slash);
	address[slash] = '\0';
	out->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	size = out->family == AF_INET6 ? 16 : 4;
	if (inet_pton(out->family, address, out->address) != 1 || prefix > size * 8 ||
	    has_host_bits(out->address, size, (unsigned)prefix))
		json_fail(&r->json, &at, "is not a network");
	out->prefix = (unsigned)prefix;
}

static enum rt_match_kind read_match_kind(struct reader *r, const struct json_at *parent)
{
	struct json_at at = json_member(parent, "kind");
	const char *word = json_read_text(&r->json, &at);

	for (int kind = 0; kind <= RT_MATCH_ERROR; kind++)
		if (strcmp(word, rt_match_kind_word((enum rt_match_kind)kind)) == 0)
			return (enum rt_match_kind)kind;
	json_fail(&r->json, &at, "is not a kind of pattern");
	return RT_MATCH_ERROR;
}

/* Clients of which kind a pattern that cannot be read concerns; 0: all. */
static int read_family(struct reader *r, const struct json_at *parent)
{
	struct json_at at = json_member(parent, "family");
	const char *word;

	if (!at.value)
		return 0;
	word = json_read_text(&r->json, &at);
	if (strcmp(word, "ipv4") == 0)
		return AF_INET;
	if (strcmp(word, "ipv6") != 0)
		json_fail(&r->json, &at, "must be ipv4 or ipv6");
	return AF_INET6;
}

static void read_match_item(struct reader *r, const struct json_at *at,
			    struct rt_match_item *out)
{
	static const char *const names[] = {"kind",   "negated", "text", "net",
					    "family", "map",	 "at",	 NULL};
	struct json_at map = json_member(at, "map");

	json_read_object(&r->json, at, names);
	out->kind = read_match_kind(r, at);
	out->negated = read_flag(r, at, "negated");
	out->text = read_member_text(r, at, "text");
	if (out->kind == RT_MATCH_NET)
		read_net(r, at, out);
	if (out->kind == RT_MATCH_ERROR)
		out->family = read_family(r, at);
	if (out->kind == RT_MATCH_MAP)
		out->map = read_index(r, &map, r->map_count);
	out->origin = read_origin(r, at);
}

static void read_match(struct reader *r, const struct json_at *at, struct rt_match *out)
{
	static const char *const names[] = {"items", "parent_matches", "at", NULL};
	struct json_at list = json_member(at, "items");
	struct json_at parent = json_member(at, "parent_matches");
	size_t count;
	struct rt_match_item *items;

	json_read_object(&r->json, at, names);
	count = json_read_array(&r->json, &list);
	items = new_array(r, count, sizeof(*items));
	for (size_t i = 0; i < count && !r->json.failed; i++) {
		struct json_at item = json_element(&list, i);

		read_match_item(r, &item, &items[i]);
	}
	out->items = items;
	out->count = count;
	out->parent_matches = json_read_bool(&r->json, &parent);
	out->origin = read_origin(r, at);
}

static void read_setting(struct reader *r, const struct json_at *at,
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
		read_match(r, at, field);
		return;
	case RT_KIND_MAPS:
		read_maps(r, at, field);
		return;
	}
}

/* With `partial` a row may be absent and keeps what is in *out. */
static void read_settings(struct reader *r, const struct json_at *at, bool partial,
			  struct rt_settings *out)
{
	const char **names = new_array(r, rt_setting_row_count() + 1, sizeof(*names));

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

static enum rt_op read_op(struct reader *r, const struct json_at *parent)
{
	struct json_at at = json_member(parent, "op");
	const char *word = json_read_text(&r->json, &at);

	for (int op = 0; op < RT_OP_COUNT; op++)
		if (strcmp(word, rt_op_word((enum rt_op)op)) == 0)
			return (enum rt_op)op;
	json_fail(&r->json, &at, "is not an instruction");
	return RT_OP_BROKEN;
}

static void read_insn(struct reader *r, const struct json_at *at, struct rt_insn *out)
{
	static const char *const names[] = {"op",	 "map", "class", "text",
					    "warn_only", "at",	NULL};
	struct json_at map = json_member(at, "map");
	struct json_at class = json_member(at, "class");

	json_read_object(&r->json, at, names);
	out->op = read_op(r, at);
	out->warn_only = read_flag(r, at, "warn_only");
	switch (rt_op_arg(out->op)) {
	case RT_ARG_NONE:
		break;
	case RT_ARG_MAP:
		out->map = read_index(r, &map, r->map_count);
		break;
	case RT_ARG_CLASS:
		out->program = read_index(r, &class, r->class_count);
		break;
	case RT_ARG_TEXT:
		read_member_text(r, at, "text");
		break;
	}
	out->text = read_optional_text(r, at, "text");
	out->origin = read_origin(r, at);
}

static void read_insns(struct reader *r, const struct json_at *at, struct rt_program *out)
{
	size_t count = json_read_array(&r->json, at);
	struct rt_insn *insns = new_array(r, count, sizeof(*insns));

	for (size_t i = 0; i < count && !r->json.failed; i++) {
		struct json_at insn = json_element(at, i);

		read_insn(r, &insn, &insns[i]);
	}
	out->insns = insns;
	out->count = count;
}

static void read_class(struct reader *r, const struct json_at *at, struct rt_program *out)
{
	static const char *const names[] = {"name", "program", "at", NULL};
	struct json_at program = json_member(at, "program");

	json_read_object(&r->json, at, names);
	out->name = read_member_text(r, at, "name");
	read_insns(r, &program, out);
	out->origin = read_origin(r, at);
}

static void read_stages(struct reader *r, const struct json_at *at,
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

static void read_service(struct reader *r, const struct json_at *at,
			 const struct rt_settings *main, struct rt_service *out)
{
	static const char *const names[] = {"name",   "host",	"port",	 "settings",
					    "stages", "set_at", "fatal", "at",
					    NULL};
	struct json_at port = json_member(at, "port");
	struct json_at settings = json_member(at, "settings");
	struct rt_settings *own = new_array(r, 1, sizeof(*own));

	json_read_object(&r->json, at, names);
	out->name = read_member_text(r, at, "name");
	out->host = read_member_text(r, at, "host");
	out->port = (unsigned)json_read_number(&r->json, &port, 1, 65535);
	*own = *main;
	read_settings(r, &settings, true, own);
	out->settings = own;
	read_stages(r, at, out);
	out->fatal = read_optional_text(r, at, "fatal");
	out->origin = read_origin(r, at);
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

static void read_map(struct reader *r, const struct json_at *at, struct rt_map_ref *out)
{
	static const char *const names[] = {"name",   "type",	 "path",      "argument",
					    "sha256", "aliases", "fold_keys", "at",
					    NULL};
	struct json_at aliases = json_member(at, "aliases");
	struct json_at fold_keys = json_member(at, "fold_keys");

	json_read_object(&r->json, at, names);
	out->name = read_member_text(r, at, "name");
	out->type = read_member_text(r, at, "type");
	out->path = read_optional_text(r, at, "path");
	out->argument = read_optional_text(r, at, "argument");
	out->sha256 = read_optional_text(r, at, "sha256");
	out->is_aliases = json_read_bool(&r->json, &aliases);
	out->fold_keys = json_read_bool(&r->json, &fold_keys);
	out->origin = read_origin(r, at);
	if (!out->path == !out->argument)
		json_fail(&r->json, at, "must have either a path or an argument");
	if (out->path && !is_map_path(out->path))
		json_fail(&r->json, at, "path must be maps/NAME");
	if (!out->path != !out->sha256 || (out->sha256 && !is_sha256(out->sha256)))
		json_fail(&r->json, at, "sha256 must be the digest of the path");
}

static void read_transport(struct reader *r, const struct json_at *at,
			   struct rt_transport *out)
{
	static const char *const names[] = {"name", "program", "at", NULL};

	json_read_object(&r->json, at, names);
	out->name = read_member_text(r, at, "name");
	out->program = read_member_text(r, at, "program");
	out->origin = read_origin(r, at);
}

static void read_config(struct reader *r, const struct json_at *root,
			struct rt_config *out)
{
	static const char *const names[] = {"format",	"mcc",	   "postfix",
					    "settings", "maps",	   "classes",
					    "services", "transports", NULL};
	struct json_at settings = json_member(root, "settings");
	struct json_at maps = json_member(root, "maps");
	struct json_at classes = json_member(root, "classes");
	struct json_at services = json_member(root, "services");
	struct json_at transports = json_member(root, "transports");
	struct json_at at;

	json_read_object(&r->json, root, names);
	out->mcc_version = read_member_text(r, root, "mcc");
	out->postfix = read_member_text(r, root, "postfix");
	r->map_count = out->map_count = json_read_array(&r->json, &maps);
	out->class_count = json_read_array(&r->json, &classes);
	out->service_count = json_read_array(&r->json, &services);
	out->transport_count = json_read_array(&r->json, &transports);
	out->maps = new_array(r, out->map_count, sizeof(*out->maps));
	out->classes = new_array(r, out->class_count, sizeof(*out->classes));
	out->services = new_array(r, out->service_count, sizeof(*out->services));
	out->transports = new_array(r, out->transport_count, sizeof(*out->transports));
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
	struct reader r = {.json = {arena, err, err_size, false}};
	struct rt_config *config = arena_alloc(arena, sizeof(*config));
	json_t *document = json_read_document(&r.json, json);
	struct json_at root = {NULL, "", 0, document};
	struct json_at format;

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
