/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The distrustful JSON reader that runtime.json and manifest.json share. Only
 * the first failure is kept: what follows from it would only confuse.
 */
#include "runtime/config_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"

/* Depth of a place; the formats are not deeper than this. */
enum { PLACE_DEPTH = 16 };

static void add_place(struct strbuf *out, const struct json_at *at)
{
	const struct json_at *chain[PLACE_DEPTH];
	size_t depth = 0;

	for (; at && depth < PLACE_DEPTH; at = at->up)
		chain[depth++] = at;
	while (depth--) {
		if (!chain[depth]->member)
			strbuf_addf(out, "[%zu]", chain[depth]->index);
		else if (chain[depth]->member[0])
			strbuf_addf(out, "%s%s", out->len ? "." : "",
				    chain[depth]->member);
	}
}

void json_fail(struct json_reader *reader, const struct json_at *at, const char *fmt, ...)
{
	struct strbuf text;
	va_list ap;

	if (reader->failed)
		return;
	reader->failed = true;
	if (!reader->err_size)
		return;
	strbuf_init(&text, LIMIT_SHOWN_LINE * 8);
	add_place(&text, at);
	strbuf_adds(&text, text.len ? ": " : "");
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	snprintf(reader->err, reader->err_size, "%s", text.ptr ? text.ptr : "");
	strbuf_fini(&text);
}

void json_reader_init(struct json_reader *reader, struct arena *arena, char *err,
		      size_t err_size)
{
	*reader = (struct json_reader){.arena = arena, .err_size = err_size};
	reader->err = err;
}

json_t *json_read_document(struct json_reader *reader, struct str text)
{
	json_error_t error;
	json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len,
				  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (!root)
		json_fail(reader, NULL, "not JSON: line %d, column %d: %s", error.line,
			  error.column, error.text);
	return root;
}

struct json_at json_member(const struct json_at *at, const char *name)
{
	return (struct json_at){at, name, 0, json_object_get(at->value, name)};
}

struct json_at json_element(const struct json_at *at, size_t index)
{
	return (struct json_at){at, NULL, index, json_array_get(at->value, index)};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* {"hex": "..."}: text that is not UTF-8. */
static const char *read_hex(struct json_reader *reader, const struct json_at *at)
{
	const json_t *hex = json_object_get(at->value, "hex");
	size_t len = json_string_length(hex);
	const char *digits = json_string_value(hex);
	char *out;

	if (!digits || json_object_size(at->value) != 1 || len % 2) {
		json_fail(reader, at, "must be text");
		return "";
	}
	out = arena_alloc(reader->arena, len / 2 + 1);
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(digits[i]);
		int low = hex_digit(digits[i + 1]);

		if (high < 0 || low < 0 || (high == 0 && low == 0)) {
			json_fail(reader, at, "must be pairs of hexadecimal digits");
			return "";
		}
		out[i / 2] = (char)(high * 16 + low);
	}
	return out;
}

const char *json_read_text(struct json_reader *reader, const struct json_at *at)
{
	const char *text = json_string_value(at->value);

	if (!at->value)
		json_fail(reader, at, "is missing");
	else if (json_is_object(at->value))
		return read_hex(reader, at);
	else if (!text)
		json_fail(reader, at, "must be text");
	else if (strlen(text) != json_string_length(at->value))
		json_fail(reader, at, "must not hold a NUL byte");
	else
		return arena_strdup(reader->arena, text);
	return "";
}

bool json_read_bool(struct json_reader *reader, const struct json_at *at)
{
	if (!at->value)
		json_fail(reader, at, "is missing");
	else if (!json_is_boolean(at->value))
		json_fail(reader, at, "must be true or false");
	return json_is_true(at->value);
}

int64_t json_read_number(struct json_reader *reader, const struct json_at *at,
			 int64_t min, int64_t max)
{
	int64_t n = json_integer_value(at->value);

	if (!at->value)
		json_fail(reader, at, "is missing");
	else if (!json_is_integer(at->value))
		json_fail(reader, at, "must be a whole number");
	else if (n < min || n > max)
		json_fail(reader, at, "%lld is out of range", (long long)n);
	else
		return n;
	return min;
}

size_t json_read_array(struct json_reader *reader, const struct json_at *at)
{
	if (!at->value)
		json_fail(reader, at, "is missing");
	else if (!json_is_array(at->value))
		json_fail(reader, at, "must be a list");
	return reader->failed ? 0 : json_array_size(at->value);
}

static bool is_listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

void json_read_object(struct json_reader *reader, const struct json_at *at,
		      const char *const *names)
{
	void *it;

	if (!at->value || !json_is_object(at->value)) {
		json_fail(reader, at, at->value ? "must be an object" : "is missing");
		return;
	}
	/* Jansson iterates over const objects only through its own cast. */
	for (it = json_object_iter((json_t *)(uintptr_t)at->value); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)at->value, it)) {
		const char *name = json_object_iter_key(it);
		struct json_at member = {at, name, 0, at->value};

		if (!is_listed(names, name))
			json_fail(reader, &member, "is not known");
	}
}
