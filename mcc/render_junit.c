/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JUnit XML as CI systems read it: one test case per file, one failure for all
 * of its errors and warnings. Notes alone leave a file passed.
 */
#include "mcc/render.h"

#include <stdbool.h>

#include "base/diag.h"
#include "base/source.h"

/* XML 1.0 allows no control characters but these, escaped or not. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		switch (c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(c < 0x20 && c != '\n' && c != '\t' ? '?' : c, out);
		}
	}
}

static bool is_failure(const struct diag *d)
{
	return d->severity == DIAG_ERROR || d->severity == DIAG_WARNING;
}

static void put_line(FILE *out, const struct diag *d, const struct source_set *sources)
{
	if (d->span.file) {
		struct position at =
			source_position(source_get(sources, d->span.file), d->span.lo);

		fprintf(out, "%u:%u: ", at.line, at.column);
	}
	fprintf(out, "%s: ", diag_severity_name(d->severity));
	put_escaped(out, d->message);
	fprintf(out, " [%s %s]\n", rule_info(d->rule)->id, rule_info(d->rule)->name);
}

static size_t count_failures(const struct diag_queue *diags, uint32_t file)
{
	size_t count = 0;

	for (size_t i = 0; i < diag_count(diags); i++)
		count += diag_get(diags, i)->span.file == file &&
			 is_failure(diag_get(diags, i));
	return count;
}

static void put_case(FILE *out, const struct diag_queue *diags,
		     const struct source_set *sources, uint32_t file)
{
	size_t failures = count_failures(diags, file);

	fputs("  <testcase classname=\"mcc\" name=\"", out);
	put_escaped(out, file ? source_get(sources, file)->path : "site");
	if (failures == 0) {
		fputs("\"/>\n", out);
		return;
	}
	fprintf(out, "\">\n    <failure message=\"%zu finding%s\">", failures,
		failures == 1 ? "" : "s");
	for (size_t i = 0; i < diag_count(diags); i++) {
		const struct diag *d = diag_get(diags, i);

		if (d->span.file == file && is_failure(d))
			put_line(out, d, sources);
	}
	fputs("</failure>\n  </testcase>\n", out);
}

void render_junit(FILE *out, const struct diag_queue *diags,
		  const struct source_set *sources, const char *postfix)
{
	uint32_t last = (uint32_t)source_count(sources);
	/* File 0 stands for what has no place; its case is there only when needed. */
	uint32_t first = count_failures(diags, 0) ? 0 : 1;
	size_t failed = 0;

	for (uint32_t file = first; file <= last; file++)
		failed += count_failures(diags, file) > 0;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"mcc check, Postfix %s\" tests=\"%u\" failures=\"%zu\">\n",
		postfix, last + 1 - first, failed);
	for (uint32_t file = first; file <= last; file++)
		put_case(out, diags, sources, file);
	fputs("</testsuite>\n", out);
}
