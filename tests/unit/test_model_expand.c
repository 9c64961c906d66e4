/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expansion of $name in the model of a site: places and chains, conditional
 * forms, cycles, bounds of depth and size, names nobody defines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "model_case.h"

static void expansion_keeps_places(void **state)
{
	struct model_case *f = *state;
	const struct text_via *via;
	struct text value;

	model_case_load(
		f, "inner = one, two\nouter = $inner\nmydestination = x, ${outer}\n");
	model_case_assert_clean(f);
	value = model_case_get(f, PARAM_mydestination)->value;
	assert_string_equal(value.str.ptr, "x, one, two");
	assert_true(
		str_eqc(source_span_text(f->sources, text_span(value, 8, 11)), "two"));
	via = text_via_at(value, 8);
	assert_true(str_eqc(source_span_text(f->sources, via->ref), "inner"));
	assert_true(str_eqc(source_span_text(f->sources, via->up->ref), "outer"));
	assert_null(via->up->up);
}

static void conditional_forms(void **state)
{
	struct model_case *f = *state;

	model_case_load(f,
			"compatibility_level = 3.6\n"
			"empty =\n"
			"full = x\n"
			"hides = $empty\n"
			"relayhost = [${full?a}${full:b}${empty?c}${empty:d}${hides?e}]\n"
			"mydestination = [${full?{y}:{n}}${empty?{y}:{n}}${nothing:z}]\n"
			"mail_name = [${{3.10} < {3.9} ? {text}}${{10} > {9}}"
			"${{$compatibility_level} <level {3.10} ? {less} : {more}}]\n"
			"myorigin = $$x$(full)\n");
	model_case_assert_clean(f);
	model_case_assert_value(f, PARAM_relayhost, "[ade]");
	model_case_assert_value(f, PARAM_mydestination, "[ynz]");
	model_case_assert_value(f, PARAM_mail_name, "[texttrueless]");
	model_case_assert_value(f, PARAM_myorigin, "$xx");
}

static void cycle_is_shown_with_its_chain(void **state)
{
	struct model_case *f = *state;
	const struct diag *d;

	model_case_load(f, "a = $b\nb = $c\nc = x$a\nmail_name = $a\n");
	d = model_case_assert_only(f, RULE_MC402, "a");
	assert_non_null(strstr(d->message, "$a -> $b -> $c -> $a"));
	assert_int_equal(d->related_count, 3);
}

static void domain_derived_from_itself(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "myhostname = mail.$mydomain\n");
	model_case_assert_only(f, RULE_MC402, "myhostname");
	model_case_assert_value(f, PARAM_myhostname, "mail.");
}

/* home_mailbox is in no default, so the chain has the length we give it. */
static void load_chain(struct model_case *f, int length)
{
	char *text = arena_strdup(f->arena, "c0 = x\n");

	for (int i = 1; i <= length; i++)
		text = arena_printf(f->arena, "%sc%d = $c%d\n", text, i, i - 1);
	model_case_load(f,
			arena_printf(f->arena, "%shome_mailbox = $c%d\n", text, length));
}

static void depth_at_the_bound(void **state)
{
	struct model_case *f = *state;

	load_chain(f, LIMIT_MACRO_DEPTH - 1);
	model_case_assert_clean(f);
	model_case_assert_value(f, PARAM_home_mailbox, "x");
}

static void depth_above_the_bound(void **state)
{
	struct model_case *f = *state;

	load_chain(f, LIMIT_MACRO_DEPTH);
	assert_non_null(model_case_find_diag(f, RULE_MC402));
	assert_false(model_case_get(f, PARAM_home_mailbox)->is_valid);
}

static void doubling_is_bounded(void **state)
{
	struct model_case *f = *state;
	char *text = arena_strdup(f->arena, "a0 = 0123456789abcdef\n");

	for (int i = 1; i < 60; i++)
		text = arena_printf(f->arena, "%sa%d = $a%d$a%d\n", text, i, i - 1,
				    i - 1);
	model_case_load(f, arena_printf(f->arena, "%smail_name = $a59\n", text));
	assert_non_null(model_case_find_diag(f, RULE_MC003));
	model_case_assert_value(f, PARAM_mydestination,
				"mail.example.com, localhost.example.com, localhost");
}

static void undefined_reference(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "mydestination = $myhostnam, ${gone?$gone}\n");
	assert_string_equal(
		model_case_assert_only(f, RULE_MC401, "myhostnam")->edits[0].text,
		"myhostname");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_CASE(expansion_keeps_places),
		MODEL_CASE(conditional_forms),
		MODEL_CASE(cycle_is_shown_with_its_chain),
		MODEL_CASE(domain_derived_from_itself),
		MODEL_CASE(depth_at_the_bound),
		MODEL_CASE(depth_above_the_bound),
		MODEL_CASE(doubling_is_bounded),
		MODEL_CASE(undefined_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
