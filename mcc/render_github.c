/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workflow commands of GitHub Actions: one line per finding, which the service
 * shows beside the line of the change. Percent, CR and LF are escaped in the
 * message; colon and comma too in the properties.
 */
#include "mcc/render_format.h"

#include <string.h>

#include "base/diag.h"
#include "base/source.h"

static void put_escaped(FILE *out, const char *text, const char *also)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '%' || c < 0x20 || strchr(also, c))
			fprintf(out, "%%%02X", c);
		else
			fputc(c, out);
	}
}

static const char *command_of(enum diag_severity severity)
{
	if (severity == DIAG_ERROR)
		return "error";
	return severity == DIAG_WARNING ? "warning" : "notice";
}

static void put_place(FILE *out, const struct source_set *sources, struct span span)
{
	const struct source *src = source_get(sources, span.file);
	struct position lo = source_position(src, span.lo);
	struct position hi = source_position(src, span.hi);

	fputs("file=", out);
	put_escaped(out, src->path, ":,");
	fprintf(out, ",line=%u,endLine=%u,col=%u", lo.line, hi.line, lo.column);
	if (hi.line == lo.line)
		fprintf(out, ",endColumn=%u", hi.column);
	fputc(',', out);
}

void render_github_one(FILE *out, const struct diag *d, const struct render_site *site)
{
	const struct rule_info *info = rule_info(d->rule);

	fprintf(out, "::%s ", command_of(d->severity));
	if (d->span.file)
		put_place(out, site->sources, d->span);
	fprintf(out, "title=%s %s::", info->id, info->name);
	if (!d->span.file && site->label) {
		put_escaped(out, site->label, "");
		fputs(": ", out);
	}
	put_escaped(out, d->message, "");
	fputc('\n', out);
}
