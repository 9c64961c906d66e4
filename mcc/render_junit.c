/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JUnit XML as CI systems read it: one test case per file, one failure for all
 * of its errors and warnings. Notes alone leave a file passed.
 */
#include "mcc/render_format.h"

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

/* The findings of one file stand together in the queue: where they begin. */
struct file_findings {
	size_t first;
	size_t count;
	size_t failures;
};

static struct file_findings findings_of(const struct diag_queue *diags, uint32_t file,
					size_t from)
{
	struct file_findings f = {.first = from};

	while (from + f.count < diag_count(diags) &&
	       diag_get(diags, from + f.count)->span.file == file)
		f.failures += is_failure(diag_get(diags, from + f.count++));
	return f;
}

static void put_case(FILE *out, const struct render_site *site, uint32_t file,
		     struct file_findings f)
{
	fputs("  <testcase classname=\"", out);
	put_escaped(out, site->label ? site->label : "mcc");
	fputs("\" name=\"", out);
	put_escaped(out, file ? source_get(site->sources, file)->path : "site");
	if (f.failures == 0) {
		fputs("\"/>\n", out);
		return;
	}
	fprintf(out, "\">\n    <failure message=\"%zu finding%s\">", f.failures,
		f.failures == 1 ? "" : "s");
	for (size_t i = f.first; i < f.first + f.count; i++)
		if (is_failure(diag_get(site->diags, i)))
			put_line(out, diag_get(site->diags, i), site->sources);
	fputs("</failure>\n  </testcase>\n", out);
}

static void put_suite(FILE *out, const struct render_site *site, uint32_t tests,
		      size_t failed)
{
	fputs("<testsuite name=\"mcc check", out);
	if (site->label) {
		fputc(' ', out);
		put_escaped(out, site->label);
	}
	fprintf(out, ", Postfix %s\" tests=\"%u\" failures=\"%zu\">\n", site->release,
		tests, failed);
}

void render_junit_site(FILE *out, const struct render_site *site)
{
	uint32_t last = (uint32_t)source_count(site->sources);
	/* File 0 stands for what has no place; its case is there only when needed. */
	struct file_findings nowhere = findings_of(site->diags, 0, 0);
	uint32_t first = nowhere.failures ? 0 : 1;
	size_t failed = nowhere.failures > 0;
	size_t at = nowhere.count;

	for (uint32_t file = 1; file <= last; file++) {
		struct file_findings f = findings_of(site->diags, file, at);

		failed += f.failures > 0;
		at += f.count;
	}
	put_suite(out, site, last + 1 - first, failed);
	if (nowhere.failures)
		put_case(out, site, 0, nowhere);
	at = nowhere.count;
	for (uint32_t file = 1; file <= last; file++) {
		struct file_findings f = findings_of(site->diags, file, at);

		put_case(out, site, file, f);
		at += f.count;
	}
	fputs("</testsuite>\n", out);
}

void render_junit_head(const struct render *r)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", r->out);
	if (r->several)
		fputs("<testsuites name=\"mcc check\">\n", r->out);
}

void render_junit_tail(const struct render *r)
{
	if (r->several)
		fputs("</testsuites>\n", r->out);
}
