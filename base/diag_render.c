/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics as text, for people and in gcc's form for editors. The queue is
 * only read. Everything that came from the input goes through escape_add, so
 * a hostile file cannot drive the terminal that shows it.
 */
#include "base/diag_render.h"

#include <string.h>

#include "base/diag.h"
#include "base/diag_snippet.h"
#include "base/escape.h"
#include "base/source.h"

enum { RENDER_LINE_MAX = 1 << 20 };

struct renderer {
	FILE *out;
	const struct source_set *set;
	bool colour;
	bool snippets;
	const char *nowhere;
};

static const char *paint(const struct renderer *r, const char *sequence)
{
	return r->colour ? sequence : "";
}

static const char *severity_colour(enum diag_severity severity)
{
	static const char *const colours[DIAG_SEVERITY_COUNT] = {
		[DIAG_ERROR] = "\033[1;31m",
		[DIAG_WARNING] = "\033[1;35m",
		[DIAG_NOTE] = "\033[1;36m",
		[DIAG_UNVERIFIED] = "\033[1;33m",
	};

	return colours[severity];
}

static void put_escaped(FILE *out, struct str s)
{
	struct strbuf buf;

	strbuf_init(&buf, RENDER_LINE_MAX);
	escape_add(&buf, s);
	fwrite(strbuf_view(&buf).ptr, 1, buf.len, out);
	strbuf_fini(&buf);
}

/* "main.cf:12:1: ", or "mcc: " for what has no place. */
static void put_place(const struct renderer *r, struct span span)
{
	const struct source *src;
	struct position pos;

	fputs(paint(r, "\033[1m"), r->out);
	if (span.file) {
		src = source_get(r->set, span.file);
		pos = source_position(src, span.lo);
		put_escaped(r->out, str_of(src->path));
		fprintf(r->out, ":%u:%u: ", pos.line, pos.column);
	} else {
		put_escaped(r->out, str_of(r->nowhere ? r->nowhere : "mcc"));
		fputs(": ", r->out);
	}
	fputs(paint(r, "\033[0m"), r->out);
}

static void put_snippet(const struct renderer *r, struct span span, const char *colour)
{
	if (!r->snippets || !span.file)
		return;
	diag_snippet(r->out, source_get(r->set, span.file), span, paint(r, colour),
		     paint(r, "\033[0m"));
}

static void put_related(const struct renderer *r, const struct diag *d)
{
	const char *colour = severity_colour(DIAG_NOTE);

	for (size_t i = 0; i < d->related_count; i++) {
		const struct diag_related *rel = &d->related[i];

		put_place(r, rel->span);
		fprintf(r->out, "%snote:%s ", paint(r, colour), paint(r, "\033[0m"));
		put_escaped(r->out, str_of(rel->message));
		fputc('\n', r->out);
		put_snippet(r, rel->span, colour);
	}
}

static void put_message(const struct renderer *r, const struct diag *d,
			const char *severity)
{
	const struct rule_info *rule = rule_info(d->rule);
	const char *colour = severity_colour(d->severity);

	put_place(r, d->span);
	fprintf(r->out, "%s%s:%s ", paint(r, colour), severity, paint(r, "\033[0m"));
	put_escaped(r->out, str_of(d->message));
	fprintf(r->out, " [%s %s]\n", rule->id, rule->name);
	put_snippet(r, d->span, colour);
	put_related(r, d);
}

static void put_fix(const struct renderer *r, const struct diag *d)
{
	if (!d->fix)
		return;
	fprintf(r->out, "%sfix:%s ", paint(r, "\033[1;32m"), paint(r, "\033[0m"));
	put_escaped(r->out, str_of(d->fix));
	fputc('\n', r->out);
}

bool diag_render_counts(FILE *out, const size_t counts[DIAG_SEVERITY_COUNT])
{
	const char *separator = "";

	for (unsigned i = 0; i < DIAG_SEVERITY_COUNT; i++) {
		const char *name = diag_severity_name((enum diag_severity)i);

		if (!counts[i])
			continue;
		fprintf(out, "%s%zu %s%s", separator, counts[i], name,
			counts[i] == 1 || i == DIAG_UNVERIFIED ? "" : "s");
		separator = ", ";
	}
	return *separator != '\0';
}

void diag_render_human_one(FILE *out, const struct diag *d, const struct source_set *set,
			   const struct diag_style *style)
{
	const struct renderer r = {out, set, style->colour, true, style->nowhere};

	put_message(&r, d, diag_severity_name(d->severity));
	put_fix(&r, d);
}

void diag_render_human(FILE *out, const struct diag_queue *queue,
		       const struct source_set *set, const struct diag_style *style)
{
	size_t counts[DIAG_SEVERITY_COUNT];
	size_t count = diag_count(queue);
	size_t shown = style->max && style->max < count ? style->max : count;

	for (size_t i = 0; i < shown; i++)
		diag_render_human_one(out, diag_get(queue, i), set, style);
	if (shown < count)
		fprintf(out, "... and %zu more, not shown\n", count - shown);
	diag_count_all(queue, counts);
	if (diag_render_counts(out, counts))
		fputc('\n', out);
}

void diag_render_gcc_one(FILE *out, const struct diag *d, const struct source_set *set,
			 const char *nowhere)
{
	const struct renderer r = {out, set, false, false, nowhere};
	bool is_unverified = d->severity == DIAG_UNVERIFIED;

	put_message(&r, d,
		    is_unverified ? "note: unverified" : diag_severity_name(d->severity));
}

void diag_render_gcc(FILE *out, const struct diag_queue *queue,
		     const struct source_set *set)
{
	for (size_t i = 0; i < diag_count(queue); i++)
		diag_render_gcc_one(out, diag_get(queue, i), set, NULL);
}
