/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of formats, those that are one call, and how a product is put
 * together from the parts of its sites. Nothing of a part is looked into
 * again: a product of any number of sites needs the memory of one part and
 * some words for each site.
 */
#include "mcc/render.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag_render.h"
#include "base/limits.h"
#include "mcc/cli.h"
#include "mcc/render_format.h"

static void human_one(FILE *out, const struct diag *d, const struct render_site *site)
{
	const struct diag_style style = {site->colour, 0, site->label};

	diag_render_human_one(out, d, site->sources, &style);
}

static void human_tail(const struct render *r)
{
	size_t with = 0;

	if (r->left_out)
		fprintf(r->out, "... and %zu more, not shown\n", r->left_out);
	if (!diag_render_counts(r->out, r->counts))
		return;
	for (size_t i = 0; i < r->seen_count; i++)
		with += r->seen[i].has_findings;
	if (r->several)
		fprintf(r->out, " in %zu of %zu sites", with, r->seen_count);
	fputc('\n', r->out);
}

static void gcc_one(FILE *out, const struct diag *d, const struct render_site *site)
{
	diag_render_gcc_one(out, d, site->sources, site->label);
}

static void json_head(const struct render *r)
{
	diag_json_begin(r->out, r->seen[0].release);
}

static void json_one(FILE *out, const struct diag *d, const struct render_site *site)
{
	diag_json_one(out, d, site->sources, site->label);
}

static json_t *json_sites(const struct render *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->seen_count; i++) {
		const struct render_seen *seen = &r->seen[i];

		json_array_append_new(list, diag_json_site(seen->label, seen->release,
							   seen->was_checked));
	}
	return json_pack("{s:o}", "sites", list);
}

static void json_tail(const struct render *r)
{
	diag_json_end(r->out, r->counts, r->item_count > 0,
		      r->several ? json_sites(r) : NULL);
}

static const struct render_format formats[] = {
	{.name = "human", .one = human_one, .tail = human_tail, .most = LIMIT_DIAG_SHOWN},
	{.name = "json",
	 .head = json_head,
	 .one = json_one,
	 .tail = json_tail,
	 .between = ","},
	{.name = "sarif",
	 .head = render_sarif_head,
	 .one = render_sarif_one,
	 .tail = render_sarif_tail,
	 .between = ","},
	{.name = "github", .one = render_github_one},
	{.name = "gcc", .one = gcc_one},
	{.name = "junit",
	 .head = render_junit_head,
	 .site = render_junit_site,
	 .tail = render_junit_tail},
};

const struct render_format *render_format_find(const char *name)
{
	for (size_t i = 0; i < array_len(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const char *render_format_names(void)
{
	return "human, json, sarif, github, gcc, junit";
}

/* ---- parts ---- */

static size_t count_items(const struct render_format *format,
			  const struct render_site *site)
{
	return format->site ? 1 : diag_count(site->diags);
}

static void put_item(const struct render_format *format, FILE *out,
		     const struct render_site *site, size_t i)
{
	if (format->site)
		format->site(out, site);
	else
		format->one(out, diag_get(site->diags, i), site);
}

static void make_items(const struct render_format *format, FILE *out,
		       const struct render_site *site, struct render_part *part)
{
	size_t count = count_items(format, site);

	if (format->most && count > format->most) {
		part->left_out = count - format->most;
		count = format->most;
	}
	part->ends = calloc(count + 1, sizeof(*part->ends));
	MCC_ASSERT(part->ends);
	for (; part->item_count < count; part->item_count++) {
		put_item(format, out, site, part->item_count);
		part->ends[part->item_count] = (size_t)ftello(out);
	}
}

/* What a part says of its site beside the items. */
static void describe(const struct render_site *site, struct render_part *part)
{
	diag_count_all(site->diags, part->counts);
	for (size_t i = 0; i < diag_count(site->diags); i++)
		part->rules[diag_get(site->diags, i)->rule] = true;
	memcpy(part->release, site->release, sizeof(part->release));
	part->was_checked = site->was_checked;
}

void render_make_part(const struct render_format *format, const struct render_site *site,
		      struct render_part *out_part)
{
	FILE *out;

	memset(out_part, 0, sizeof(*out_part));
	out = open_memstream(&out_part->text, &out_part->len);
	MCC_ASSERT(out);
	make_items(format, out, site, out_part);
	fclose(out);
	MCC_ASSERT(out_part->text);
	describe(site, out_part);
}

void render_part_free(struct render_part *part)
{
	free(part->text);
	free(part->ends);
	memset(part, 0, sizeof(*part));
}

/* ---- the product ---- */

/* The head of the product comes with its first site. */
static void see(struct render *r, const char *label, const struct render_part *part)
{
	struct render_seen *seen = arena_push(r->arena, &r->seen, r->seen_count,
					      &r->seen_room, sizeof(*seen));

	MCC_ASSERT(seen);
	seen->label = label;
	if (part) {
		memcpy(seen->release, part->release, sizeof(seen->release));
		seen->was_checked = part->was_checked;
		for (size_t i = 0; i < DIAG_SEVERITY_COUNT; i++) {
			r->counts[i] += part->counts[i];
			seen->has_findings |= part->counts[i] > 0;
		}
		for (size_t i = 0; i < RULE_COUNT; i++)
			r->rules[i] |= part->rules[i];
	}
	if (r->seen_count++ == 0 && r->format->head)
		r->format->head(r);
}

/* Whether the product takes one more; what stands between is written. */
static bool next_item(struct render *r)
{
	if (r->format->most && r->item_count >= r->format->most) {
		r->left_out++;
		return false;
	}
	if (r->item_count++ > 0 && r->format->between)
		fputs(r->format->between, r->out);
	return true;
}

void render_put_part(struct render *r, const char *label, const struct render_part *part)
{
	size_t from = 0;

	see(r, label, part);
	if (!part)
		return;
	for (size_t i = 0; i < part->item_count; i++) {
		if (next_item(r))
			fwrite(part->text + from, 1, part->ends[i] - from, r->out);
		from = part->ends[i];
	}
	r->left_out += part->left_out;
}

void render_put_site(struct render *r, const struct render_site *site)
{
	struct render_part part = {.text = NULL};
	size_t count = count_items(r->format, site);

	describe(site, &part);
	see(r, site->label, &part);
	for (size_t i = 0; i < count; i++)
		if (next_item(r))
			put_item(r->format, r->out, site, i);
}

void render_finish(struct render *r)
{
	MCC_ASSERT(r->seen_count > 0);
	if (r->format->tail)
		r->format->tail(r);
}

void render_all(const struct render_format *format, FILE *out,
		const struct diag_queue *diags, const struct source_set *sources,
		const char *release)
{
	struct render r = {.out = out, .format = format, .arena = arena_new(0)};
	struct render_site site = {.diags = diags,
				   .sources = sources,
				   .was_checked = true,
				   .colour = cli_wants_colour(fileno(out))};

	snprintf(site.release, sizeof(site.release), "%s", release);
	render_put_site(&r, &site);
	render_finish(&r);
	arena_free(r.arena);
}
