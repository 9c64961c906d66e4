/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SARIF 2.1.0 (OASIS): one run, its rules, its results. Columns count bytes,
 * which SARIF cannot say; for the ASCII of configuration files they agree.
 */
#include "mcc/render_format.h"

#include <jansson.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/diag.h"
#include "base/escape.h"
#include "base/json_put.h"
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

static json_t *replacement_of(const struct diag_edit *edit,
			      const struct source_set *sources)
{
	const struct source *src = source_get(sources, edit->span.file);

	return json_pack("{s:o, s:{s:o}}", "deletedRegion", region_of(src, edit->span),
			 "insertedContent", "text", text_of(edit->text));
}

/* One change of a file for each edit: their order within one file is free. */
static json_t *fixes_of(const struct diag *d, const struct source_set *sources)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < d->edit_count; i++) {
		const struct source *src = source_get(sources, d->edits[i].span.file);

		json_array_append_new(changes,
				      json_pack("{s:{s:o}, s:[o]}", "artifactLocation",
						"uri", text_of(src->path), "replacements",
						replacement_of(&d->edits[i], sources)));
	}
	return json_pack("[{s:{s:o}, s:o}]", "description", "text", text_of(d->fix),
			 "artifactChanges", changes);
}

/* What has no place in a file is of the site as a whole. */
static json_t *locations_of(const struct diag *d, const struct render_site *site)
{
	if (d->span.file)
		return json_pack("[o]", location_of(site->sources, d->span));
	if (site->label)
		return json_pack("[{s:{s:{s:o}}}]", "physicalLocation",
				 "artifactLocation", "uri", text_of(site->label));
	return NULL;
}

static json_t *result_of(const struct diag *d, const struct render_site *site)
{
	json_t *result =
		json_pack("{s:s, s:s, s:{s:o}, s:o*}", "ruleId", rule_info(d->rule)->id,
			  "level", level_of(d->severity), "message", "text",
			  text_of(d->message), "locations", locations_of(d, site));

	MCC_ASSERT(result != NULL);
	if (d->related_count)
		json_object_set_new(result, "relatedLocations",
				    related_of(d, site->sources));
	if (d->fix && d->edit_count)
		json_object_set_new(result, "fixes", fixes_of(d, site->sources));
	return result;
}

/* Of the rules that have a result; the whole catalogue would bury them. */
static json_t *rules_of(const struct render *r)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct rule_info *info = rule_info((enum rule)i);

		if (!r->rules[i])
			continue;
		json_array_append_new(rules, json_pack("{s:s, s:s, s:{s:s}}", "id",
						       info->id, "name", info->name,
						       "defaultConfiguration", "level",
						       level_of(info->severity)));
	}
	return rules;
}

/* The results stand first: which rules there are is known when all are out. */
void render_sarif_head(const struct render *r)
{
	fputs("{\n \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
	      " \"version\": \"2.1.0\",\n"
	      " \"runs\": [\n  {\n   \"results\": [",
	      r->out);
}

void render_sarif_one(FILE *out, const struct diag *d, const struct render_site *site)
{
	json_t *result = result_of(d, site);

	fputs("\n    ", out);
	json_put(out, result, 1, "    ");
	json_decref(result);
}

static bool all_were_checked(const struct render *r)
{
	for (size_t i = 0; i < r->seen_count; i++)
		if (!r->seen[i].was_checked)
			return false;
	return true;
}

void render_sarif_tail(const struct render *r)
{
	json_t *run =
		json_pack("{s:{s:{s:s, s:s, s:o}}, s:[{s:b}], s:{s:s}}", "tool", "driver",
			  "name", "mcc", "version", MCC_VERSION, "rules", rules_of(r),
			  "invocations", "executionSuccessful", all_were_checked(r),
			  "properties", "postfix", r->seen[0].release);

	MCC_ASSERT(run != NULL);
	fputs(r->item_count ? "\n   ]," : "],", r->out);
	json_put_members(r->out, run, 1, "  ");
	fputs("\n ]\n}\n", r->out);
	json_decref(run);
}
