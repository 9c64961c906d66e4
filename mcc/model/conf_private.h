/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the conf*.c files share: a site as postconf reads it. It takes
 * master.cf apart in its own way (braces group everywhere, only -o takes an
 * argument), and services of one name and type share their -o options.
 */
#ifndef MCC_MCC_MODEL_CONF_PRIVATE_H
#define MCC_MCC_MODEL_CONF_PRIVATE_H

#include "base/strmap.h"
#include "grammar/master.h"
#include "mcc/model/conf.h"
#include "mcc/model/private.h"

/* The -o options of one name and type, in the order of their names. */
struct conf_space {
	struct setting **settings;
	size_t count;
	size_t room;
	struct strmap *names; /* -> struct setting */
};

struct conf_service {
	const struct master_service *node;
	struct str key;	   /* "smtp/inet" */
	struct text *args; /* fields and arguments, in one form */
	size_t arg_count;
	size_t arg_room;
	struct conf_space *space; /* NULL: no -o */
	struct strmap *valid;	  /* names in it that something accounts for */
	struct scope scope;
};

/* A name that postconf can account for. */
struct conf_name {
	struct str name;
	unsigned class; /* CONF_BUILTIN, CONF_SERVICE or CONF_USER; 0: an old name */
	const struct param *param; /* NULL: made by a service or the user */
	struct cell *cell;
};

struct conf {
	struct model *m;
	const struct conf_request *request;
	struct strbuf *out;
	const struct conf_talk *talk;
	struct conf_service *services;
	size_t service_count;
	struct strmap *spaces;	/* key -> struct conf_space */
	struct strmap *table;	/* name -> struct conf_name */
	struct conf_name **all; /* the same, in no order */
	size_t count;
	size_t room;
	struct strmap *files;	/* "ldap:/file" that was looked at */
	struct strmap *classes; /* words of smtpd_restriction_classes */
	bool failed;
};

/* conf.c */
/* A line's words, one blank between two, folded with -f. */
void conf_print_words(const struct conf *c, struct str line);
/* "main.cf:3: " with --origin. */
void conf_print_origin(const struct conf *c, struct span span, const char *otherwise);
void conf_warn(struct conf *c, enum rule rule, struct span span, const char *fmt, ...)
	MCC_PRINTF(4, 5);
/* The same about something postconf ends at. */
void conf_fail(struct conf *c, enum rule rule, struct span span, const char *fmt, ...)
	MCC_PRINTF(4, 5);
/* A line about something without a place. */
void conf_tell(struct conf *c, const char *fmt, ...) MCC_PRINTF(2, 3);
/* Expands a value; when it is broken the request has failed. */
struct text conf_expand(struct conf *c, const struct scope *scope, struct text raw);
/* The same of a name's value; NULL service: in main.cf. */
struct text conf_expand_cell(struct conf *c, struct conf_service *service,
			     struct cell *cell);
/* Whether there are commas, braces, ... in values: Postfix 3.0 and later. */
bool conf_has_braces(const struct conf *c);

/* conf_master.c: services as postconf reads them. False: it gave up. */
bool conf_read_services(struct conf *c);

/* conf_names.c: which names there are, and what is said about them. */
void conf_read_names(struct conf *c);
struct conf_name *conf_find(const struct conf *c, struct str name);
/* Marks a name that something refers to, if it is set somewhere. */
void conf_flag_name(struct conf *c, struct conf_service *service, struct str name,
		    struct span span, bool is_table);
void conf_check_unused_main(struct conf *c);
void conf_check_unused_services(struct conf *c);

/* conf_tables.c: names that "ldap:mytable" in a value accounts for. */
void conf_flag_table_names(struct conf *c, struct conf_service *service,
			   struct text value);

/* conf_services.c: -M, -F, -P. */
void conf_print_services(struct conf *c);
void conf_print_fields(struct conf *c);
void conf_print_overrides(struct conf *c);

/* conf_pattern.c */
struct conf_pattern {
	const char *text;
	struct str part[3]; /* "*": any */
	size_t matches;
};
/* NULL: none asked for, or *out_failed. `most`: parts that there may be. */
struct conf_pattern *conf_patterns(struct conf *c, size_t most, size_t *out_count);
bool conf_matches(const struct conf_pattern *pattern, const struct conf_service *service);
bool conf_is_any(struct str part);
void conf_tell_unmatched(struct conf *c, const struct conf_pattern *patterns,
			 size_t count);

#endif
