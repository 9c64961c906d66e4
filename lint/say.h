/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What checks of settings share: where a finding is put, and a walk over all
 * that main.cf and the services of master.cf set.
 */
#ifndef MCC_LINT_SAY_H
#define MCC_LINT_SAY_H

#include <stdbool.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/vocabulary.h"
#include "mcc/model/site.h"

struct lint_run {
	const struct site *site;
	struct diag_queue *diags;
};

struct lint_place {
	struct span span;
	const struct text_via *via;
};

/* The value of a setting; its name where the value is empty or built in. */
struct lint_place lint_place_of(const struct setting *setting);
/* A word of it; the same where the word has no place of its own. */
struct lint_place lint_place_of_word(const struct setting *setting,
				     const struct text *word);

/* Queues a finding there, with the rule's severity, and the way by which an
 * expanded word came to stand there. */
struct diag *lint_say(const struct lint_run *run, enum rule rule, struct lint_place place,
		      const char *fmt, ...) MCC_PRINTF(4, 5);
/* The same with a severity of its own. */
struct diag *lint_say_as(const struct lint_run *run, enum rule rule,
			 enum diag_severity severity, struct lint_place place,
			 const char *fmt, ...) MCC_PRINTF(5, 6);
/* A relation to another setting, where that has a place. */
void lint_relate_setting(const struct lint_run *run, struct diag *d,
			 const struct setting *setting);

/* Whether main.cf sets it. */
bool lint_is_set(const struct site *site, enum param_id id);
/* Its value as everybody without an override sees it. */
struct str lint_value(const struct site *site, enum param_id id);
bool lint_is_on(const struct site *site, enum param_id id);
/* Whether one of the words of a value is `name`, any case. */
bool lint_has_word(struct str list, const char *name);

/* Calls fn for all that main.cf sets, names of its own included, and for the
 * overrides of each service. `service` is NULL for main.cf. */
typedef void lint_setting_fn(const struct lint_run *run, const struct setting *setting,
			     const struct site_service *service);
void lint_each_setting(const struct lint_run *run, lint_setting_fn *fn);

#endif
