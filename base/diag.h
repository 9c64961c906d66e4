/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics: what is wrong with the user's files. They are queued while
 * everything goes on, sorted by place, and rendered once at the end.
 */
#ifndef MCC_BASE_DIAG_H
#define MCC_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/source.h"

struct arena;
struct text_via;

enum diag_severity {
	DIAG_ERROR,
	DIAG_WARNING,
	DIAG_NOTE,
	DIAG_UNVERIFIED, /* could not be verified: never silently fine */
	DIAG_OFF	 /* severity a user gives to silence a rule */
};
#define DIAG_SEVERITY_COUNT 4

/* The catalogue: one row per rule in base/rules.def. */
enum rule {
#define RULE(id, name, severity, subject) RULE_##id,
#include "base/rules.def"
#undef RULE
	RULE_COUNT
};

struct rule_info {
	const char *id;		     /* "MC101" */
	const char *name;	     /* "duplicate-parameter" */
	enum diag_severity severity; /* default */
	const char *subject;	     /* "syntax", "value", ... */
};

const struct rule_info *rule_info(enum rule rule);
/* By id or name, any case; false when there is none. */
bool rule_find(struct str id_or_name, enum rule *out_rule);
const char *diag_severity_name(enum diag_severity severity);

struct diag_related {
	struct span span;
	const char *message;
};

/* Replacement of the bytes of `span`; an empty span inserts. */
struct diag_edit {
	struct span span;
	const char *text;
};

#define DIAG_RELATED_MAX 8
#define DIAG_EDIT_MAX 4

struct diag {
	enum rule rule;
	enum diag_severity severity;
	struct span span;
	const char *message;	      /* what is wrong and what happens because of it */
	struct diag_related *related; /* at most DIAG_RELATED_MAX */
	size_t related_count;
	size_t related_room;
	const char *fix;	 /* description, or NULL: no fix known */
	struct diag_edit *edits; /* at most DIAG_EDIT_MAX */
	size_t edit_count;
	size_t edit_room;
	size_t order;	   /* order of reporting, the last sort key */
	struct diag *same; /* the queue's own: the next with the same key */
};

struct diag_queue;

struct diag_queue *diag_queue_new(struct arena *arena);

/*
 * Queues a diagnostic with the rule's severity and returns it, so that
 * relations and a fix can be added. The same rule at the same span with the
 * same message is queued once: the first one is returned again. Never NULL.
 */
struct diag *diag_add(struct diag_queue *queue, enum rule rule, struct span span,
		      const char *fmt, ...) MCC_PRINTF(4, 5);
/* The same with a severity of its own (rules with two, e.g. MC901). */
struct diag *diag_add_as(struct diag_queue *queue, enum rule rule,
			 enum diag_severity severity, struct span span, const char *fmt,
			 ...) MCC_PRINTF(5, 6);
void diag_relate(struct diag_queue *queue, struct diag *d, struct span span,
		 const char *fmt, ...) MCC_PRINTF(4, 5);
/* Adds "expanded from here" relations for a chain of `$name`. */
void diag_relate_via(struct diag_queue *queue, struct diag *d,
		     const struct text_via *via);
void diag_fix(struct diag_queue *queue, struct diag *d, const char *fmt, ...)
	MCC_PRINTF(3, 4);
void diag_edit(struct diag_queue *queue, struct diag *d, struct span span,
	       const char *text);

/*
 * Severity a user gave to a rule; before or after adding. DIAG_OFF drops what
 * was and will be added under the rule, for good.
 */
void diag_set_severity(struct diag_queue *queue, enum rule rule,
		       enum diag_severity severity);

/* Sorts by file (in the order of reading), offset, rule, order. */
void diag_sort(struct diag_queue *queue);
size_t diag_count(const struct diag_queue *queue);
const struct diag *diag_get(const struct diag_queue *queue, size_t i);
/* Removes those for which keep() is false (suppressions, baselines). */
void diag_filter(struct diag_queue *queue, bool (*keep)(const struct diag *d, void *arg),
		 void *arg);
/* Forgets all of them, those that were only counted too. */
void diag_clear(struct diag_queue *queue);
/* Counts include those beyond LIMIT_DIAG_KEPT, which are not kept. */
size_t diag_count_severity(const struct diag_queue *queue, enum diag_severity severity);
void diag_count_all(const struct diag_queue *queue,
		    size_t out_counts[DIAG_SEVERITY_COUNT]);

#endif
