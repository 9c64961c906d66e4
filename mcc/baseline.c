/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A baseline is a bag of findings: a key - file, rule and line, with a NUL
 * behind each, which is also how records look - and how often it occurs.
 * Matching counts per site, so that the result is the same in whatever order
 * and in however many processes the sites are looked at.
 */
#include "mcc/baseline.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/escape.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "base/strmap.h"

#define BASELINE_SCHEMA "mcc-baseline/1"

enum { KEY_PARTS = 3 };

struct known {
	struct str key;
	size_t count;
};

struct baseline {
	struct arena *arena;
	struct strmap *by_key;
	struct known **items;
	size_t count;
	size_t room;
};

struct baseline *baseline_new(struct arena *arena)
{
	struct baseline *b = arena_alloc(arena, sizeof(*b));

	MCC_ASSERT(b);
	b->arena = arena;
	b->by_key = strmap_new(arena);
	return b;
}

static struct known *known_of(struct baseline *b, struct str key)
{
	struct known *known = strmap_find(b->by_key, key);
	struct known **slot;

	if (known)
		return known;
	known = arena_alloc(b->arena, sizeof(*known));
	slot = arena_push(b->arena, &b->items, b->count, &b->room, sizeof(*slot));
	MCC_ASSERT(known && slot);
	known->key = (struct str){arena_memdup0(b->arena, key.ptr, key.len), key.len};
	*slot = known;
	b->count++;
	strmap_put(b->by_key, known->key, known);
	return known;
}

static size_t count_in(const struct baseline *b, struct str key)
{
	const struct known *known = strmap_find(b->by_key, key);

	return known ? known->count : 0;
}

/* ---- records ---- */

static void add_part(struct strbuf *records, struct str text)
{
	escape_add(records, text);
	strbuf_addc(records, '\0');
}

void baseline_record(struct strbuf *records, const struct diag *d,
		     const struct baseline_place *place)
{
	struct str line = str_of(d->message);
	const char *file = place->label ? place->label : "";

	if (d->span.file) {
		const struct source *src = source_get(place->sources, d->span.file);

		file = src->path;
		line = str_trim(source_line(src, source_position(src, d->span.lo).line));
		/* A long line is known by its start: what it holds may be a list. */
		line = str_slice(line, 0, LIMIT_BASELINE_TEXT);
	}
	add_part(records, str_of(file));
	add_part(records, str_of(rule_info(d->rule)->id));
	add_part(records, line);
}

static bool next_record(struct str *records, struct str *out_key)
{
	size_t len = 0;

	if (!records->len)
		return false;
	for (int i = 0; i < KEY_PARTS; i++) {
		const char *end = memchr(records->ptr + len, '\0', records->len - len);

		MCC_ASSERT(end);
		len = (size_t)(end - records->ptr) + 1;
	}
	*out_key = str_slice(*records, 0, len);
	*records = str_slice(*records, len, records->len);
	return true;
}

struct match {
	const struct baseline *baseline;
	const struct baseline_place *place;
	struct baseline *used;
	struct strbuf *records;
};

static bool is_new(const struct diag *d, void *arg)
{
	struct match *match = arg;
	size_t start = match->records->len;
	struct known *used;
	struct str key;

	baseline_record(match->records, d, match->place);
	if (match->records->failed)
		return true;
	key = str_slice(strbuf_view(match->records), start, match->records->len);
	used = known_of(match->used, key);
	if (used->count < count_in(match->baseline, key)) {
		used->count++;
		return false;
	}
	match->records->len = start;
	return true;
}

void baseline_apply(const struct baseline *baseline, struct diag_queue *diags,
		    const struct baseline_place *place, struct strbuf *records)
{
	struct arena *arena = arena_new(0);
	struct match match = {baseline, place, baseline_new(arena), records};

	diag_filter(diags, is_new, &match);
	arena_free(arena);
}

void baseline_merge(struct baseline *baseline, struct str records)
{
	struct arena *arena = arena_new(0);
	struct baseline *site = baseline_new(arena);
	struct str key;

	while (next_record(&records, &key))
		known_of(site, key)->count++;
	for (size_t i = 0; i < site->count; i++) {
		struct known *known = known_of(baseline, site->items[i]->key);

		if (known->count < site->items[i]->count)
			known->count = site->items[i]->count;
	}
	arena_free(arena);
}

size_t baseline_count_gone(const struct baseline *known, const struct baseline *seen)
{
	size_t gone = 0;

	for (size_t i = 0; i < known->count; i++)
		gone += known->items[i]->count - count_in(seen, known->items[i]->key);
	return gone;
}

size_t baseline_count(const struct baseline *baseline)
{
	size_t count = 0;

	for (size_t i = 0; i < baseline->count; i++)
		count += baseline->items[i]->count;
	return count;
}

/* ---- the file ---- */

static bool add_finding(struct baseline *b, json_t *item)
{
	struct strbuf key;
	const char *file;
	const char *rule;
	const char *line;
	json_int_t count;

	if (json_unpack(item, "{s:s, s:s, s:s, s:I}", "file", &file, "rule", &rule,
			"line", &line, "count", &count) != 0 ||
	    count < 1 || count > LIMIT_BASELINE)
		return false;
	/* The parts are escaped already, and hold no NUL. */
	strbuf_init(&key, LIMIT_BASELINE);
	strbuf_add(&key, file, strlen(file) + 1);
	strbuf_add(&key, rule, strlen(rule) + 1);
	strbuf_add(&key, line, strlen(line) + 1);
	known_of(b, strbuf_view(&key))->count += (size_t)count;
	strbuf_fini(&key);
	return true;
}

static const char *add_findings(struct baseline *b, json_t *root)
{
	json_t *list = json_object_get(root, "findings");
	const char *schema = json_string_value(json_object_get(root, "schema"));

	if (!schema || strcmp(schema, BASELINE_SCHEMA) != 0 || !json_is_array(list))
		return "it is no baseline of schema " BASELINE_SCHEMA;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!add_finding(b, json_array_get(list, i)))
			return arena_printf(
				b->arena,
				"finding %zu wants file, rule, line and a count of at "
				"least 1",
				i + 1);
	return NULL;
}

struct baseline *baseline_load(struct arena *arena, const char *path,
			       const char **out_problem)
{
	struct baseline *b = baseline_new(arena);
	json_error_t error;
	struct str text;
	json_t *root;
	int status = fs_read_file(arena, AT_FDCWD, path, LIMIT_BASELINE, &text);

	if (status) {
		*out_problem = mcc_status_text(status);
		return NULL;
	}
	root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		*out_problem = arena_printf(arena, "line %d, column %d: %s", error.line,
					    error.column, error.text);
		return NULL;
	}
	*out_problem = add_findings(b, root);
	json_decref(root);
	return *out_problem ? NULL : b;
}

static int by_key(const void *a, const void *b)
{
	return str_cmp((*(struct known *const *)a)->key,
		       (*(struct known *const *)b)->key);
}

static bool add_line(struct strbuf *out, const struct known *known)
{
	const char *file = known->key.ptr;
	const char *rule = file + strlen(file) + 1;
	const char *line = rule + strlen(rule) + 1;
	json_t *item = json_pack("{s:s, s:s, s:s, s:I}", "file", file, "rule", rule,
				 "line", line, "count", (json_int_t)known->count);
	char *text = item ? json_dumps(item, 0) : NULL;

	json_decref(item);
	if (!text)
		return false;
	strbuf_adds(out, text);
	free(text);
	return true;
}

int baseline_write(const struct baseline *baseline, const char *path)
{
	struct known **sorted =
		arena_array(baseline->arena, baseline->count + 1, sizeof(*sorted));
	struct strbuf out;
	int status;

	MCC_ASSERT(sorted);
	if (baseline->count)
		memcpy(sorted, baseline->items, baseline->count * sizeof(*sorted));
	qsort(sorted, baseline->count, sizeof(*sorted), by_key);
	strbuf_init(&out, LIMIT_BASELINE);
	strbuf_adds(&out, "{\"schema\": \"" BASELINE_SCHEMA "\", \"findings\": [\n");
	for (size_t i = 0; i < baseline->count && !out.failed; i++) {
		if (!add_line(&out, sorted[i]))
			out.failed = true;
		strbuf_adds(&out, i + 1 < baseline->count ? ",\n" : "\n");
	}
	strbuf_adds(&out, "]}\n");
	status = out.failed ? MCC_ETOOBIG
			    : fs_write_file(AT_FDCWD, path, strbuf_view(&out), 0644);
	strbuf_fini(&out);
	return status;
}
