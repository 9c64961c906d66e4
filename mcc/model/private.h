/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of this folder share: the site together with what loading
 * it needs. Nobody outside mcc/model/ includes this.
 */
#ifndef MCC_MCC_MODEL_PRIVATE_H
#define MCC_MCC_MODEL_PRIVATE_H

#include "base/diag.h"
#include "grammar/parse.h"
#include "grammar/value.h"
#include "mcc/model/site.h"

struct cf_entry;
struct strmap;

enum cell_state { CELL_NEW, CELL_BUSY, CELL_DONE };

/* One name in one scope, on its way from text to value. */
struct cell {
	struct setting *setting;
	const struct value *tree; /* NULL: raw is a constant text */
	/* Of a parameter that Postfix does not expand, for those that refer to
	 * it: there its text is expanded like any other. NULL: none yet. */
	struct cell *referred;
	enum cell_state state;
	size_t depth; /* CELL_DONE: nesting of what it refers to */
	bool broken;  /* reported: a cycle, too long, bad syntax */
};

/* Names as one service sees them; the main scope has no parent. */
struct scope {
	const struct scope *parent; /* NULL in the main scope */
	struct cell *params;	    /* PARAM_COUNT; service scopes: NULL until used */
	struct strmap *names;	    /* str -> struct cell: own names, overrides */
	/* What the parents say is expanded in this scope; copies are kept in
	 * `names`. Other scopes hold all that differs from the start. */
	bool is_dynamic;
	bool only_set; /* defaults of the parents do not count */
};

/* Values of main.cf, and defaults, that refer to one name. */
struct referrers {
	struct cell **cells;
	size_t count;
	size_t room;
};

struct model {
	struct site site; /* first: a struct site is the head of a model */
	struct parse_ctx parse;
	bool is_single; /* a main.cf without its folder */
	struct scope main;
	struct scope early;	      /* what main.cf sets, without any default */
	bool ask_broken;	      /* a value that model_ask() was asked for is */
	struct scope **scopes;	      /* one per service */
	struct strmap *referenced;    /* name -> struct referrers */
	struct strmap *classes;	      /* words of smtpd_restriction_classes */
	struct strmap *services;      /* "smtp/inet" -> struct site_service */
	struct strmap *service_names; /* "smtp" -> struct site_service */
	struct strmap *tables;	      /* "hash:/x" -> struct site_table */
	struct strmap *alias_tables;  /* "hash:/etc/aliases" of alias_maps */
	struct strmap *lists;	      /* struct text -> struct list */
	struct strmap *reported;      /* places of wrong values, said once */
	size_t own_room;
	size_t table_room;
	size_t table_depth; /* of tables within tables, while loading */
	size_t suggested;   /* see LIMIT_SUGGESTED_NAMES */
	size_t expanded;    /* work done so far, see LIMIT_EXPANDED_TOTAL */
	bool is_grown;	    /* a default grew too large: said */
	size_t derived;	    /* see LIMIT_DERIVED_SETTINGS */
	bool is_derived_out;
};

struct model *model_of(const struct site *site);

/* paths.c: --root as it holds for this folder. */
const char *model_root(struct arena *arena, const struct site_options *options);

/* defaults.c: raw text of a parameter that is not set. */
struct text model_default_text(struct model *m, const struct param *p);
/* What each program knows of itself, whatever main.cf says. */
bool model_is_fixed(const struct param *p);
/* Old names count only where they are set. */
bool model_is_legacy(const struct model *m, const struct param *p);
/* A value that another parameter's default is computed from. */
struct str model_ask(struct model *m, enum param_id id, enum param_id asker);

/* networks.c: mynetworks from mynetworks_style and the interfaces. */
struct str model_own_networks(struct model *m);

/* scope.c */
void model_cell_init(struct model *m, struct cell *c, bool is_raw);
/* NULL: the name means nothing and gives the empty text. */
struct cell *model_lookup(struct model *m, const struct scope *scope, struct str name);
/* The same for the value that a `$name` brings in. */
struct cell *model_lookup_reference(struct model *m, const struct scope *scope,
				    struct str name);
/* The parameter that a service makes and nothing sets, with its default. */
struct cell *model_make_service_cell(struct model *m, struct str name,
				     const struct service_param *sp);

/* expand.c */
struct text model_expand(struct model *m, const struct scope *scope, struct cell *c);
/* A default, or another text without a name, in a scope. */
struct text model_expand_text(struct model *m, const struct scope *scope,
			      struct text raw);
/* False when it is broken; what could be expanded all the same. */
bool model_expand_sound(struct model *m, const struct scope *scope, struct text raw,
			struct text *out_text);
/* The same from what holds instead of what is written, in the main scope. */
struct text model_expand_values(struct model *m, struct text raw);

/* compare.c: `{left} op {right}`; false: an operand is no level. */
bool model_compare(enum value_op op, struct str left, struct str right, bool *out_holds);
/* Whether `${name{...}}` calls something in this release. */
bool model_has_function(const struct model *m, struct str name);
bool model_level_parse(struct str text, struct pf_version *out_level);

/*
 * typed.c: fills value, is_valid, boolean, number of a cell's setting, which
 * has been expanded. `p` is NULL for a name of the site's own.
 */
void model_type(struct model *m, const struct scope *scope, struct cell *c,
		const struct param *p);

/* A default once more, from the values of others instead of their texts;
 * false when it is wrong all the same. */
bool model_type_again(struct model *m, struct setting *s);

/* typed_number.c: false when the text is none; the fault was reported. */
bool model_type_int(struct model *m, struct setting *s, const struct param *p);
bool model_type_time(struct model *m, struct setting *s, const struct param *p);
/* typed_words.c: words, lists of words, levels. */
bool model_type_words(struct model *m, const struct setting *s, const struct param *p);

/*
 * fault.c: queues a diagnostic about bytes [from, to) of a setting's written
 * value with the chain it came by. NULL when the value is built in, or when
 * the same place was complained of already under another name.
 */
struct value_fault {
	enum rule rule;
	enum diag_severity severity;
	size_t from;
	size_t to;
};
struct value_fault model_whole_value(const struct setting *s, enum rule rule);
struct diag *model_fault(struct model *m, const struct setting *s,
			 struct value_fault fault, const char *fmt, ...) MCC_PRINTF(4, 5);
/* Adds the replacement of the faulty bytes unless `$` brought them in. */
void model_fault_edit(struct model *m, struct diag *d, const struct setting *s,
		      struct value_fault fault, const char *text);
/* "every Postfix program", "smtpd", "smtp and lmtp". */
const char *model_readers(struct model *m, const struct param *p);

/* references.c: names that values refer to (before and after expansion). */
void model_collect_references(struct model *m);
void model_collect_override_references(struct model *m);
void model_check_references(struct model *m);

/* names.c, names_known.c, duplicates.c */
void model_check_names(struct model *m);
void model_check_duplicates(struct model *m);
void model_check_override_names(struct model *m);
/* param_nearest() for the first LIMIT_SUGGESTED_NAMES names. */
const struct param *model_nearest(struct model *m, struct str name);
/* Whether a name that is no parameter means something here. */
bool model_is_meaningful(struct model *m, struct str name);
/* A service's own parameter: "dovecot_destination_recipient_limit". */
const struct service_param *model_service_param(const struct model *m, struct str name);
/* MC205, MC501, MC206: what a known name is told. */
void model_check_known_name(struct model *m, const struct setting *s);
/* A logical line with its line end, so that removing it leaves nothing. */
struct span model_whole_lines(const struct model *m, const struct cf_entry *entry);

/* services.c, overrides.c */
void model_load_services(struct model *m);
void model_expand_services(struct model *m);
/* The command without its folder. */
struct str model_program(const struct site_service *service);

/* tables.c, table_refs.c; NULL: reported, `text` has no type */
struct site_table *model_add_table(struct model *m, struct text text, bool is_aliases);
void model_find_tables(struct model *m);

#endif
