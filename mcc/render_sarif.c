/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SARIF 2.1.0 (OASIS): one run, its rules, its results. Columns count bytes,
 * which SARIF cannot say; for the ASCII of configuration files they agree.
 */
#include "mcc/render.h"

#include <jansson.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/diag.h"
#include "base/escape.h"
#include "base/source.h"
#include "base/str.h"

enum { SARIF_TEXT_MAX = 1 << 20 };

static json_t *text_of(const char *text)
{
	struct strbuf buf;
	json_t *value;

	strbuf_init(&buf, SARIF_TEXT_MAX);
	escape_add_utf8(&buf, str_of(text));
	value = json_stringn(buf.ptr ? buf.ptr : "", buf.len);
	strbuf_fini(&buf);
	MCC_ASSERT(value != NULL);
	return value;
}

static const char *level_of(enum diag_severity severity)
{
	if (severity == DIAG_ERROR)
		return "error";
	return severity == DIAG_WARNING ? "warning" : "note";
}

static json_t *region_of(const struct source *src, struct span span)
{
	struct position lo = source_position(src, span.lo);
	struct position hi = source_position(src, span.hi);

	return json_pack("{s:i, s:i, s:i, s:i}", "startLine", (int)lo.line, "startColumn",
			 (int)lo.column, "endLine", (int)hi.line, "endColumn",
			 (int)hi.column);
}

static json_t *location_of(const struct source_set *sources, struct span span)
{
	const struct source *src = source_get(sources, span.file);

	return json_pack("{s:{s:{s:o}, s:o}}", "physicalLocation", "artifactLocation",
			 "uri", text_of(src->path), "region", region_of(src, span));
}

static json_t *related_of(const struct diag *d, const struct source_set *sources)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->related_count; i++) {
		json_t *location;

		if (!d->related[i].span.file)
			continue;
		location = location_of(sources, d->related[i].span);
		json_object_set_new(
			location, "message",
			json_pack("{s:o}", "text", text_of(d->related[i].message)));
		json_array_append_new(list, location);
	}
	return list;
}

static json_t *result_of(const struct diag *d, const struct source_set *sources)
{
	json_t *result = json_pack("{s:s, s:s, s:{s:o}}", "ruleId",
				   rule_info(d->rule)->id, "level", level_of(d->severity),
				   "message", "text", text_of(d->message));

	MCC_ASSERT(result != NULL);
	if (d->span.file)
		json_object_set_new(result, "locations",
				    json_pack("[o]", location_of(sources, d->span)));
	if (d->related_count)
		json_object_set_new(result, "relatedLocations", related_of(d, sources));
	return result;
}

static bool is_reported(const struct diag_queue *diags, enum rule rule)
{
	for (size_t i = 0; i < diag_count(diags); i++)
		if (diag_get(diags, i)->rule == rule)
			return true;
	return false;
}

/* Of the rules that have a result; the whole catalogue would bury them. */
static json_t *rules_of(const struct diag_queue *diags)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct rule_info *info = rule_info((enum rule)i);

		if (!is_reported(diags, (enum rule)i))
			continue;
		json_array_append_new(rules, json_pack("{s:s, s:s, s:{s:s}}", "id",
						       info->id, "name", info->name,
						       "defaultConfiguration", "level",
						       level_of(info->severity)));
	}
	return rules;
}

void render_sarif(FILE *out, const struct diag_queue *diags,
		  const struct source_set *sources, const char *postfix)
{
	json_t *results = json_array();
	json_t *log;

	for (size_t i = 0; i < diag_count(diags); i++)
		json_array_append_new(results, result_of(diag_get(diags, i), sources));
	log = json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:o, s:{s:s}}]}",
			"$schema", "https://json.schemastore.org/sarif-2.1.0.json",
			"version", "2.1.0", "runs", "tool", "driver", "name", "mcc",
			"version", MCC_VERSION, "rules", rules_of(diags), "results",
			results, "properties", "postfix", postfix);
	MCC_ASSERT(log != NULL);
	json_dumpf(log, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(log);
}
