/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the model share: each writes the few lines it is about into
 * a folder of its own and loads it. */
#ifndef MCC_TESTS_UNIT_MODEL_CASE_H
#define MCC_TESTS_UNIT_MODEL_CASE_H

#include "base/arena.h"
#include "base/diag.h"
#include "mcc/model/site.h"

struct model_case {
	char dir[64];
	struct arena *arena;
	struct source_set *sources;
	struct diag_queue *diags;
	struct site_options options;
	struct site *site;
};

/* A row for cmocka: Postfix 3.7.11 on Debian, host mail.example.com. */
#define MODEL_CASE(name) \
	cmocka_unit_test_setup_teardown(name, model_case_setup, model_case_teardown)

int model_case_setup(void **state);
/* Removes the files model_case.c knows the names of. */
int model_case_teardown(void **state);

char *model_case_path(struct model_case *f, const char *name);
void model_case_put(struct model_case *f, const char *name, const char *text);
/* Writes main.cf and loads the site. */
void model_case_load(struct model_case *f, const char *main);
const struct setting *model_case_get(struct model_case *f, enum param_id id);

/* The first diagnostic of a rule; NULL: none. */
const struct diag *model_case_find_diag(struct model_case *f, enum rule rule);
void model_case_assert_value(struct model_case *f, enum param_id id, const char *value);
/* The only diagnostic is of this rule and marks this text (NULL: any). */
const struct diag *model_case_assert_only(struct model_case *f, enum rule rule,
					  const char *marked);
void model_case_assert_clean(struct model_case *f);

#endif
