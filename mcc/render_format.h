/* SPDX-License-Identifier: BSD-2-Clause */
/* What a format is made of; for mcc/render*.c alone. */
#ifndef MCC_RENDER_FORMAT_H
#define MCC_RENDER_FORMAT_H

#include "mcc/render.h"

struct render_format {
	const char *name;
	/* What stands before and behind the items; NULL: nothing. The release of
	 * the first site is known at the head, everything at the tail. */
	void (*head)(const struct render *r);
	void (*tail)(const struct render *r);
	/* One item a diagnostic, or one a site; the other is NULL. */
	void (*one)(FILE *out, const struct diag *d, const struct render_site *site);
	void (*site)(FILE *out, const struct render_site *site);
	const char *between; /* items */
	size_t most;	     /* items of a product; 0: all */
};

/* ::error file=...,line=...:: as a GitHub Actions log takes them. */
void render_github_one(FILE *out, const struct diag *d, const struct render_site *site);
/* SARIF 2.1.0, one run. */
void render_sarif_head(const struct render *r);
void render_sarif_one(FILE *out, const struct diag *d, const struct render_site *site);
void render_sarif_tail(const struct render *r);
/* JUnit XML: a suite a site, one case a file, errors and warnings as failures. */
void render_junit_head(const struct render *r);
void render_junit_site(FILE *out, const struct render_site *site);
void render_junit_tail(const struct render *r);

#endif
