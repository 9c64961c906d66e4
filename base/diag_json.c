/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics as one JSON object of schema "mcc-diagnostics/1". jansson writes
 * it and refuses strings that are not UTF-8, so those bytes are escaped first.
 * A place that lies nowhere has no keys for file and line rather than empty
 * ones. Failing to allocate is fatal here as in the arena.
 */
#include "base/diag_render.h"

#include <jansson.h>

#include "base/diag.h"
#include "base/escape.h"
#include "base/json_put.h"
#include "base/source.h"

enum { JSON_TEXT_MAX = 1 << 24 };

static void set_new(json_t *object, const char *key, json_t *value)
{
	int rc = json_object_set_new(object, key, value);

	MCC_ASSERT(rc == 0);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	struct strbuf buf;

	strbuf_init(&buf, JSON_TEXT_MAX);
	escape_add_utf8(&buf, str_of(text));
	set_new(object, key, json_stringn(strbuf_view(&buf).ptr, buf.len));
	strbuf_fini(&buf);
}

static void set_start(json_t *object, const struct source_set *set, struct span span)
{
	const struct source *src;
	struct position pos;

	if (!span.file)
		return;
	src = source_get(set, span.file);
	pos = source_position(src, span.lo);
	set_text(object, "file", src->path);
	set_new(object, "line", json_integer(pos.line));
	set_new(object, "column", json_integer(pos.column));
}

static void set_end(json_t *object, const struct source_set *set, struct span span)
{
	struct position pos;

	if (!span.file)
		return;
	pos = source_position(source_get(set, span.file), span.hi);
	set_new(object, "end_line", json_integer(pos.line));
	set_new(object, "end_column", json_integer(pos.column));
}

static json_t *related_of(const struct diag *d, const struct source_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->related_count; i++) {
		json_t *item = json_object();

		set_start(item, set, d->related[i].span);
		set_text(item, "message", d->related[i].message);
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *fix_of(const struct diag *d, const struct source_set *set)
{
	json_t *fix = json_object();
	json_t *edits = json_array();

	set_text(fix, "description", d->fix);
	for (size_t i = 0; i < d->edit_count; i++) {
		json_t *edit = json_object();

		set_start(edit, set, d->edits[i].span);
		set_end(edit, set, d->edits[i].span);
		set_text(edit, "text", d->edits[i].text);
		json_array_append_new(edits, edit);
	}
	set_new(fix, "edits", edits);
	return fix;
}

static json_t *diag_of(const struct diag *d, const struct source_set *set,
		       const char *site)
{
	const struct rule_info *rule = rule_info(d->rule);
	json_t *object = json_object();

	if (site)
		set_text(object, "site", site);
	set_text(object, "rule", rule->id);
	set_text(object, "name", rule->name);
	set_text(object, "severity", diag_severity_name(d->severity));
	set_start(object, set, d->span);
	set_end(object, set, d->span);
	set_text(object, "message", d->message);
	if (d->related_count)
		set_new(object, "related", related_of(d, set));
	if (d->fix)
		set_new(object, "fix", fix_of(d, set));
	return object;
}

void diag_json_begin(FILE *out, const char *postfix)
{
	json_t *text = json_string(postfix);

	fputs("{\n  \"schema\": \"mcc-diagnostics/1\",\n  \"postfix\": ", out);
	json_put(out, text, 0, "");
	fputs(",\n  \"diagnostics\": [", out);
	json_decref(text);
}

void diag_json_one(FILE *out, const struct diag *d, const struct source_set *set,
		   const char *site)
{
	json_t *object = diag_of(d, set, site);

	fputs("\n    ", out);
	json_put(out, object, 2, "    ");
	json_decref(object);
}

void diag_json_end(FILE *out, const size_t counts[DIAG_SEVERITY_COUNT], bool any,
		   json_t *more)
{
	json_t *tail = more ? more : json_object();
	json_t *summary = json_object();

	for (unsigned i = 0; i < DIAG_SEVERITY_COUNT; i++)
		set_new(summary, diag_severity_name((enum diag_severity)i),
			json_integer((json_int_t)counts[i]));
	set_new(tail, "summary", summary);
	fputs(any ? "\n  ]," : "],", out);
	json_put_members(out, tail, 2, "");
	fputc('\n', out);
	json_decref(tail);
}

json_t *diag_json_site(const char *site, const char *postfix, bool was_checked)
{
	json_t *object = json_object();

	set_text(object, "site", site);
	set_text(object, "postfix", postfix);
	set_new(object, "checked", json_boolean(was_checked));
	return object;
}

void diag_render_json(FILE *out, const struct diag_queue *queue,
		      const struct source_set *set, const char *postfix)
{
	size_t counts[DIAG_SEVERITY_COUNT];
	size_t count = diag_count(queue);

	diag_json_begin(out, postfix);
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputc(',', out);
		diag_json_one(out, diag_get(queue, i), set, NULL);
	}
	diag_count_all(queue, counts);
	diag_json_end(out, counts, count > 0, NULL);
}
