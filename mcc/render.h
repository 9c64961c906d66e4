/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats of diagnostics for `--format`. A product is made of parts, one a
 * site: a part is text that was made where the site was checked, maybe in
 * another process, and is put into the product in the order of the sites.
 */
#ifndef MCC_RENDER_H
#define MCC_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/diag.h"

struct arena;
struct source_set;
struct strbuf;

enum { RENDER_RELEASE_SIZE = 16 };

struct render_site {
	const struct diag_queue *diags; /* sorted */
	const struct source_set *sources;
	const char *label; /* "sites/a"; NULL: the product is of one site only */
	char release[RENDER_RELEASE_SIZE]; /* "3.11" */
	bool was_checked;		   /* whole: everything could be read */
	bool colour;
};

struct render_format;

/* What one site adds: the text of its items one after the other. */
struct render_part {
	char *text; /* heap */
	size_t len;
	size_t *ends; /* heap; where each item ends */
	size_t item_count;
	size_t left_out;		    /* findings beyond the most shown */
	size_t counts[DIAG_SEVERITY_COUNT]; /* all of them */
	bool rules[RULE_COUNT];		    /* that were reported */
	char release[RENDER_RELEASE_SIZE];
	bool was_checked;
};

/* A product on its way. */
struct render {
	FILE *out;
	const struct render_format *format;
	bool several;	     /* parts of several sites */
	struct arena *arena; /* for what is remembered of each site */
	/* Filled meanwhile; zero at the start. */
	struct render_seen *seen; /* sites, in order */
	size_t seen_count;
	size_t seen_room;
	size_t item_count;
	size_t left_out;
	size_t counts[DIAG_SEVERITY_COUNT];
	bool rules[RULE_COUNT];
};

struct render_seen {
	const char *label;
	char release[RENDER_RELEASE_SIZE];
	bool was_checked;
	bool has_findings;
};

/* NULL when there is none of that name. */
const struct render_format *render_format_find(const char *name);
/* "human, json, gcc, ...", static. */
const char *render_format_names(void);

/* The part of one site; render_part_free() afterwards. */
void render_make_part(const struct render_format *format, const struct render_site *site,
		      struct render_part *out_part);
void render_part_free(struct render_part *part);
/*
 * Puts a site's part into the product; its label is borrowed. NULL part: the
 * site was not checked.
 */
void render_put_part(struct render *r, const char *label, const struct render_part *part);
/* A site without the way over a part; its label is borrowed. */
void render_put_site(struct render *r, const struct render_site *site);
/* The rest of the product. */
void render_finish(struct render *r);

/* A product of one site in one call; `release` is the line ("3.11"). */
void render_all(const struct render_format *format, FILE *out,
		const struct diag_queue *diags, const struct source_set *sources,
		const char *release);

#endif
