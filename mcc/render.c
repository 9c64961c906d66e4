/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of formats, and those that are one call. */
#include "mcc/render.h"

#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/diag_render.h"
#include "base/limits.h"
#include "mcc/cli.h"

static void render_human(FILE *out, const struct diag_queue *diags,
			 const struct source_set *sources, const char *postfix)
{
	struct diag_style style = {cli_wants_colour(fileno(out)), LIMIT_DIAG_SHOWN};

	(void)postfix;
	diag_render_human(out, diags, sources, &style);
}

static void render_gcc(FILE *out, const struct diag_queue *diags,
		       const struct source_set *sources, const char *postfix)
{
	(void)postfix;
	diag_render_gcc(out, diags, sources);
}

static const struct render_format formats[] = {
	{"human", render_human},   {"json", diag_render_json}, {"sarif", render_sarif},
	{"github", render_github}, {"gcc", render_gcc},	       {"junit", render_junit},
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
