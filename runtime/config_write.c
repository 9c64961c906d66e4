/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes runtime.json. The order of members is the order of this file and of
 * settings.def; nothing depends on addresses, time or locale, so the same
 * configuration gives the same bytes everywhere.
 *
 * JSON knows only Unicode, main.cf any bytes: text that is not UTF-8 is
 * written as {"hex": "..."}. A service carries only the settings in which it
 * differs from main.cf.
 */
#include "runtime/config.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "runtime/config_rows.h"

/* Takes over `value`. Jansson fails only without memory. */
static void put(json_t *object, const char *key, json_t *value)
{
	MCC_ASSERT(json_object_set_new(object, key, value) == 0);
}

static void push(json_t *array, json_t *value)
{
	MCC_ASSERT(json_array_append_new(array, value) == 0);
}

static json_t *hex_json(const char *s)
{
	static const char digits[] = "0123456789abcdef";
	struct strbuf hex;
	json_t *object = json_object();

	strbuf_init(&hex, LIMIT_RUNTIME_JSON);
	for (; *s; s++) {
		strbuf_addc(&hex, digits[(unsigned char)*s >> 4]);
		strbuf_addc(&hex, digits[(unsigned char)*s & 15]);
	}
	put(object, "hex", json_stringn(hex.ptr, hex.len));
	strbuf_fini(&hex);
	return object;
}

static json_t *text_json(const char *s)
{
	json_t *value;

	if (!s)
		return json_null();
	value = json_string(s);
	return value ? value : hex_json(s);
}

static void put_origin(json_t *object, struct rt_origin origin)
{
	json_t *at;

	if (!origin.line)
		return;
	at = json_array();
	push(at, text_json(origin.file));
	push(at, json_integer(origin.line));
	put(object, "at", at);
}

static json_t *words_json(const struct rt_words *words)
{
	json_t *object = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < words->count; i++)
		push(list, text_json(words->words[i]));
	put(object, "words", list);
	put_origin(object, words->origin);
	return object;
}

static json_t *maps_json(const struct rt_maps *maps)
{
	json_t *object = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < maps->count; i++)
		push(list, json_integer((json_int_t)maps->maps[i]));
	put(object, "maps", list);
	put_origin(object, maps->origin);
	return object;
}

static json_t *match_item_json(const struct rt_match_item *item)
{
	json_t *object = json_object();
	char address[INET6_ADDRSTRLEN];

	put(object, "kind", json_string(rt_match_kind_word(item->kind)));
	if (item->negated)
		put(object, "negated", json_true());
	put(object, "text", text_json(item->text));
	if (item->kind == RT_MATCH_NET) {
		MCC_ASSERT(
			inet_ntop(item->family, item->address, address, sizeof(address)));
		put(object, "net", json_sprintf("%s/%u", address, item->prefix));
	}
	if (item->kind == RT_MATCH_ERROR && item->family)
		put(object, "family",
		    json_string(item->family == AF_INET ? "ipv4" : "ipv6"));
	if (item->kind == RT_MATCH_MAP)
		put(object, "map", json_integer((json_int_t)item->map));
	put_origin(object, item->origin);
	return object;
}

static json_t *match_json(const struct rt_match *match)
{
	json_t *object = json_object();
	json_t *items = json_array();

	for (size_t i = 0; i < match->count; i++)
		push(items, match_item_json(&match->items[i]));
	put(object, "items", items);
	put(object, "parent_matches", json_boolean(match->parent_matches));
	put_origin(object, match->origin);
	return object;
}

static json_t *setting_json(const struct rt_setting_row *row, const void *value)
{
	switch (row->kind) {
	case RT_KIND_STR:
		return text_json(*(const char *const *)value);
	case RT_KIND_BOOL:
		return json_boolean(*(const bool *)value);
	case RT_KIND_INT:
	case RT_KIND_TIME:
		return json_integer(*(const int64_t *)value);
	case RT_KIND_WORDS:
		return words_json(value);
	case RT_KIND_MATCH:
	case RT_KIND_NETS:
		return match_json(value);
	case RT_KIND_MAPS:
		return maps_json(value);
	}
	return json_null();
}

/* All rows, or only those that differ from `base` when it is given. */
static json_t *settings_json(const struct rt_settings *settings, const json_t *base)
{
	json_t *object = json_object();

	for (size_t i = 0; i < rt_setting_row_count(); i++) {
		const struct rt_setting_row *row = rt_setting_row(i);
		json_t *value = setting_json(row, rt_setting_value(settings, row));

		if (base && json_equal(value, json_object_get(base, row->name)))
			json_decref(value);
		else
			put(object, row->name, value);
	}
	return object;
}

static json_t *insn_json(const struct rt_insn *insn)
{
	json_t *object = json_object();
	enum rt_arg arg = rt_op_arg(insn->op);

	put(object, "op", json_string(rt_op_word(insn->op)));
	if (arg == RT_ARG_MAP)
		put(object, "map", json_integer((json_int_t)insn->map));
	if (arg == RT_ARG_CLASS)
		put(object, "class", json_integer((json_int_t)insn->program));
	if (insn->text)
		put(object, "text", text_json(insn->text));
	if (insn->warn_only)
		put(object, "warn_only", json_true());
	put_origin(object, insn->origin);
	return object;
}

static json_t *insns_json(const struct rt_program *program)
{
	json_t *list = json_array();

	for (size_t i = 0; i < program->count; i++)
		push(list, insn_json(&program->insns[i]));
	return list;
}

static json_t *class_json(const struct rt_program *program)
{
	json_t *object = json_object();

	put(object, "name", text_json(program->name));
	put(object, "program", insns_json(program));
	put_origin(object, program->origin);
	return object;
}

static json_t *service_json(const struct rt_service *service, const json_t *main_settings)
{
	json_t *object = json_object();
	json_t *stages = json_object();
	json_t *set_at = json_object();

	put(object, "name", text_json(service->name));
	put(object, "host", text_json(service->host ? service->host : ""));
	put(object, "port", json_integer(service->port));
	put(object, "settings", settings_json(service->settings, main_settings));
	for (int s = 0; s < RT_STAGE_COUNT; s++) {
		const struct rt_program *program = &service->stages[s];
		json_t *at = json_object();

		put(stages, rt_stage_word((enum rt_stage)s), insns_json(program));
		put_origin(at, program->origin);
		if (json_object_size(at))
			put(set_at, rt_stage_word((enum rt_stage)s),
			    json_incref(json_object_get(at, "at")));
		json_decref(at);
	}
	put(object, "stages", stages);
	put(object, "set_at", set_at);
	if (service->fatal)
		put(object, "fatal", text_json(service->fatal));
	put_origin(object, service->origin);
	return object;
}

static json_t *map_json(const struct rt_map_ref *ref)
{
	json_t *object = json_object();

	put(object, "name", text_json(ref->name));
	put(object, "type", text_json(ref->type));
	if (ref->path)
		put(object, "path", text_json(ref->path));
	if (ref->argument)
		put(object, "argument", text_json(ref->argument));
	if (ref->sha256)
		put(object, "sha256", text_json(ref->sha256));
	put(object, "aliases", json_boolean(ref->is_aliases));
	put(object, "fold_keys", json_boolean(ref->fold_keys));
	if (ref->no_substitution)
		put(object, "no_substitution", json_true());
	if (ref->part_count) {
		json_t *parts = json_array();

		for (size_t i = 0; i < ref->part_count; i++)
			push(parts, json_integer((json_int_t)ref->parts[i]));
		put(object, "parts", parts);
	}
	put_origin(object, ref->origin);
	return object;
}

static json_t *transport_json(const struct rt_transport *transport)
{
	json_t *object = json_object();

	put(object, "name", text_json(transport->name));
	put(object, "program", text_json(transport->program));
	put_origin(object, transport->origin);
	return object;
}

static json_t *config_json(const struct rt_config *config)
{
	json_t *root = json_object();
	json_t *settings = settings_json(&config->settings, NULL);
	json_t *list;

	put(root, "format", json_integer(RT_FORMAT_VERSION));
	put(root, "mcc", text_json(config->mcc_version));
	put(root, "postfix", text_json(config->postfix));
	put(root, "settings", settings);
	put(root, "maps", list = json_array());
	for (size_t i = 0; i < config->map_count; i++)
		push(list, map_json(&config->maps[i]));
	put(root, "classes", list = json_array());
	for (size_t i = 0; i < config->class_count; i++)
		push(list, class_json(&config->classes[i]));
	put(root, "services", list = json_array());
	for (size_t i = 0; i < config->service_count; i++)
		push(list, service_json(&config->services[i], settings));
	put(root, "transports", list = json_array());
	for (size_t i = 0; i < config->transport_count; i++)
		push(list, transport_json(&config->transports[i]));
	return root;
}

static int add_bytes(const char *bytes, size_t len, void *arg)
{
	struct strbuf *buf = arg;

	strbuf_add(buf, bytes, len);
	return buf->failed ? -1 : 0;
}

struct str rt_config_write(struct arena *arena, const struct rt_config *config)
{
	struct strbuf buf;
	struct str out = {"", 0};
	json_t *root = config_json(config);

	strbuf_init(&buf, LIMIT_RUNTIME_JSON);
	if (json_dump_callback(root, add_bytes, &buf, JSON_INDENT(1)) == 0)
		strbuf_addc(&buf, '\n');
	if (!buf.failed)
		out = (struct str){arena_memdup0(arena, buf.ptr, buf.len), buf.len};
	strbuf_fini(&buf);
	json_decref(root);
	return out;
}

const struct rt_service *rt_config_service(const struct rt_config *config,
					   const char *name)
{
	if (!name)
		return config->service_count ? &config->services[0] : NULL;
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}
