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

static json_t *diag_of(const struct diag *d, const struct source_set *set)
{
	const struct rule_info *rule = rule_info(d->rule);
	json_t *object = json_object();

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

static json_t *summary_of(const struct diag_queue *queue)
{
	json_t *summary = json_object();

	for (unsigned i = 0; i < DIAG_SEVERITY_COUNT; i++) {
		enum diag_severity severity = (enum diag_severity)i;
		size_t count = diag_count_severity(queue, severity);

		set_new(summary, diag_severity_name(severity),
			json_integer((json_int_t)count));
	}
	return summary;
}

void diag_render_json(FILE *out, const struct diag_queue *queue,
		      const struct source_set *set, const char *postfix)
{
	json_t *root = json_object();
	json_t *list = json_array();
	int rc;

	set_new(root, "schema", json_string("mcc-diagnostics/1"));
	set_text(root, "postfix", postfix);
	for (size_t i = 0; i < diag_count(queue); i++)
		json_array_append_new(list, diag_of(diag_get(queue, i), set));
	set_new(root, "diagnostics", list);
	set_new(root, "summary", summary_of(queue));
	rc = json_dumpf(root, out, JSON_INDENT(2));
	json_decref(root);
	/* A failed write stays in the stream's error flag for the caller. */
	if (rc == 0)
		fputc('\n', out);
}
