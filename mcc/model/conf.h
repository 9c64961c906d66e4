/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A site as postconf(1) prints it. What that program would say about the site
 * on its way is collected too, each with its place.
 */
#ifndef MCC_MCC_MODEL_CONF_H
#define MCC_MCC_MODEL_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "mcc/model/site.h"

struct diag_queue;
struct strbuf;

enum conf_flag {
	CONF_SET = 1,		/* -n: what main.cf sets, and config_directory */
	CONF_DEFAULT = 2,	/* -d: defaults instead of what is in force */
	CONF_EXPAND = 4,	/* -x: with `$` expanded */
	CONF_VALUE_ONLY = 8,	/* -h */
	CONF_NAME_ONLY = 16,	/* -H */
	CONF_FOLD = 32,		/* -f: lines of at most 80 columns */
	CONF_ORIGIN = 64,	/* --origin: where each value comes from */
	CONF_QUIET_NAMES = 128, /* -q: nothing about unused and outdated names */
	/* -C: which names, by what makes them; CONF_CLASSES: all of them. */
	CONF_BUILTIN = 256,
	CONF_SERVICE = 512,
	CONF_USER = 1024,
	CONF_CLASSES = CONF_BUILTIN | CONF_SERVICE | CONF_USER
};

enum conf_what {
	CONF_MAIN,     /* parameters */
	CONF_SERVICES, /* -M: services of master.cf */
	CONF_FIELDS,   /* -F: their fields, a line each */
	CONF_OVERRIDES /* -P: their -o options, a line each */
};

struct conf_request {
	enum conf_what what;
	unsigned flags;
	/* Names of parameters, or patterns service[/type[/name]]; ended by
	 * NULL. None: everything. */
	char *const *names;
};

/* What there is to tell the user: with a place, and lines without one. */
struct conf_talk {
	struct diag_queue *diags;
	struct strbuf *lines;
};

/*
 * Prints what was asked for; what postconf warns of goes to `talk`. False
 * where postconf gives up, which has been said; `out` then holds what came
 * before. The site was loaded with as_postconf.
 */
bool conf_print(struct strbuf *out, struct site *site, const struct conf_request *request,
		const struct conf_talk *talk);

/* -m: the types of tables of the platform's packages, one a line. The file
 * dynamicmaps.cf of the site's folder, where there is one, says which of
 * those in packages of their own are there. */
void conf_print_map_types(struct strbuf *out, struct arena *arena,
			  const struct site_options *options);

#endif
