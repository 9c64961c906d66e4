/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of parameters in the model of a site: misspelt, misplaced, of another
 * release, of no service, twice; and those that are right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_case.h"

static void assert_name(void **state, const char *line, enum rule rule, const char *fixed)
{
	struct model_case *f = *state;
	const struct diag *d;

	model_case_put(f, "master.cf",
		       "smtp inet n - y - - smtpd\nsmtp unix - - y - - smtp\n");
	model_case_load(f, line);
	d = model_case_assert_only(f, rule, NULL);
	if (fixed)
		assert_string_equal(d->edits[0].text, fixed);
}

static void name_misspelt(void **state)
{
	assert_name(state, "smtpd_recipent_restrictions = permit\n", RULE_MC201,
		    "smtpd_recipient_restrictions");
}

static void name_of_the_other_side(void **state)
{
	assert_name(state, "smtp_recipient_restrictions = permit\n", RULE_MC202,
		    "smtpd_recipient_restrictions");
}

static void name_in_other_case(void **state)
{
	assert_name(state, "MyHostName = a.example\n", RULE_MC203, "myhostname");
}

static void name_of_a_restriction(void **state)
{
	assert_name(state, "reject_unauth_destinations = yes\n", RULE_MC204, NULL);
}

static void name_of_a_later_release(void **state)
{
	assert_name(state, "smtpd_hide_client_session = yes\n", RULE_MC205, NULL);
}

static void name_that_is_read_only(void **state)
{
	assert_name(state, "process_name = x\n", RULE_MC206, "");
}

static void name_of_no_service(void **state)
{
	assert_name(state, "dovecot_destination_recipient_limit = 1\n", RULE_MC208, NULL);
}

static void name_deprecated(void **state)
{
	struct model_case *f = *state;

	f->options.version = (struct pf_version){3, 11, -1};
	assert_name(state, "smtpd_use_tls = yes\n", RULE_MC501,
		    "smtpd_tls_security_level = may");
}

static void names_that_are_right(void **state)
{
	struct model_case *f = *state;

	model_case_put(f, "master.cf",
		       "smtp inet n - y - - smtpd\n"
		       "  -o smtpd_client_restrictions=$mua_client\n"
		       "dovecot unix - n n - - pipe flags=D user=v argv=/bin/x\n");
	model_case_load(f, "mua_client = permit\n"
			   "smtpd_restriction_classes = vip\n"
			   "vip = permit\n"
			   "dovecot_destination_recipient_limit = 1\n"
			   "virtual_alias_maps = ldap:people\n"
			   "people_search_base = dc=x\n"
			   "virtual_maps =\n");
	model_case_assert_clean(f);
	assert_int_equal(
		site_find_own(f->site, STR_LIT("dovecot_destination_recipient_limit"))
			->number,
		1);
	assert_null(site_find_own(f->site, STR_LIT("nothing")));
}

static void same_name_twice(void **state)
{
	struct model_case *f = *state;
	const struct diag *d;

	model_case_load(f, "biff = no\nmail_name = a\nbiff = no\nmail_name = b\n");
	assert_int_equal(diag_count(f->diags), 2);
	d = model_case_find_diag(f, RULE_MC102);
	assert_true(
		str_eqc(source_span_text(f->sources, d->edits[0].span), "biff = no\n"));
	assert_int_equal(d->edits[0].span.lo, 24);
	d = model_case_find_diag(f, RULE_MC101);
	assert_true(str_eqc(source_span_text(f->sources, d->edits[0].span),
			    "mail_name = a\n"));
	model_case_assert_value(f, PARAM_mail_name, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_CASE(name_misspelt),	     MODEL_CASE(name_of_the_other_side),
		MODEL_CASE(name_in_other_case),	     MODEL_CASE(name_of_a_restriction),
		MODEL_CASE(name_of_a_later_release), MODEL_CASE(name_that_is_read_only),
		MODEL_CASE(name_of_no_service),	     MODEL_CASE(name_deprecated),
		MODEL_CASE(names_that_are_right),    MODEL_CASE(same_name_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
