/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of a site as postconf(1) prints them. */
#ifndef MCC_MCC_MODEL_CONF_H
#define MCC_MCC_MODEL_CONF_H

#include <stdbool.h>
#include <stddef.h>

struct site;
struct strbuf;

enum conf_flag {
	CONF_SET = 1,	     /* -n: what main.cf sets, and config_directory */
	CONF_DEFAULT = 2,    /* -d: defaults instead of what is in force */
	CONF_EXPAND = 4,     /* -x: with `$` expanded */
	CONF_VALUE_ONLY = 8, /* -h */
	CONF_NAME_ONLY = 16  /* -H */
};

/*
 * One `name = value` a line, sorted by name, blanks in values collapsed. With
 * CONF_SET only names that Postfix knows or some value refers to. False when
 * a value cannot be expanded (which is in the diagnostics); postconf stops
 * there, here it is printed as far as it goes.
 */
bool conf_print(struct strbuf *out, struct site *site, unsigned flags);
/* The named ones, in the order given; false also for an unknown name, which
 * is put into *out_unknown. */
bool conf_print_names(struct strbuf *out, struct site *site, unsigned flags,
		      char *const *names, const char **out_unknown);

/* -M: the services of master.cf in columns; -P: `service/type/name = value`
 * of their -o options, sorted by name within each service. */
void conf_print_services(struct strbuf *out, const struct site *site);
void conf_print_overrides(struct strbuf *out, const struct site *site, unsigned flags);

#endif
