/* SPDX-License-Identifier: BSD-2-Clause */
/* A site in a folder of its own; see model_case.h. */
#include "model_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/status.h"

int model_case_setup(void **state)
{
	struct model_case *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/mcc-test-model.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->arena = arena_new(0);
	f->sources = source_set_new(f->arena);
	f->diags = diag_queue_new(f->arena);
	f->options = (struct site_options){.dir = f->dir,
					   .version = {3, 7, 11},
					   .platform = PLATFORM_DEBIAN,
					   .hostname = "mail.example.com"};
	*state = f;
	return 0;
}

static const char *const file_names[] = {"main.cf", "master.cf", "virtual",
					 "aliases", "mcc.cf",	 "virtual.db"};

char *model_case_path(struct model_case *f, const char *name)
{
	return arena_printf(f->arena, "%s/%s", f->dir, name);
}

int model_case_teardown(void **state)
{
	struct model_case *f = *state;

	for (size_t i = 0; i < array_len(file_names); i++)
		unlink(model_case_path(f, file_names[i]));
	rmdir(f->dir);
	arena_free(f->arena);
	free(f);
	return 0;
}

void model_case_put(struct model_case *f, const char *name, const char *text)
{
	FILE *out = fopen(model_case_path(f, name), "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

void model_case_load(struct model_case *f, const char *main)
{
	model_case_put(f, "main.cf", main);
	assert_int_equal(site_load(f->arena, f->sources, f->diags, &f->options, &f->site),
			 MCC_OK);
	diag_sort(f->diags);
}

const struct setting *model_case_get(struct model_case *f, enum param_id id)
{
	return site_setting(f->site, id);
}

void model_case_assert_value(struct model_case *f, enum param_id id, const char *value)
{
	assert_string_equal(model_case_get(f, id)->value.str.ptr, value);
}

const struct diag *model_case_find_diag(struct model_case *f, enum rule rule)
{
	for (size_t i = 0; i < diag_count(f->diags); i++)
		if (diag_get(f->diags, i)->rule == rule)
			return diag_get(f->diags, i);
	return NULL;
}

const struct diag *model_case_assert_only(struct model_case *f, enum rule rule,
					  const char *marked)
{
	const struct diag *d = model_case_find_diag(f, rule);

	assert_non_null(d);
	assert_int_equal(diag_count(f->diags), 1);
	if (marked)
		assert_true(str_eqc(source_span_text(f->sources, d->span), marked));
	return d;
}

void model_case_assert_clean(struct model_case *f)
{
	for (size_t i = 0; i < diag_count(f->diags); i++)
		fail_msg("%s", diag_get(f->diags, i)->message);
}
