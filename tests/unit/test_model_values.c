/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values in the model of a site: computed defaults and the compatibility level,
 * what a value of a wrong type holds, words by release, how they are printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grammar/list.h"
#include "mcc/model/conf.h"
#include "model_case.h"

static void defaults_are_computed(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "compatibility_level = 3.6\n");
	model_case_assert_clean(f);
	model_case_assert_value(f, PARAM_myhostname, "mail.example.com");
	model_case_assert_value(f, PARAM_mydomain, "example.com");
	model_case_assert_value(f, PARAM_myorigin, "mail.example.com");
	model_case_assert_value(f, PARAM_mail_version, "3.7.11");
	model_case_assert_value(f, PARAM_mynetworks, "127.0.0.1/32 [::1]/128");
	model_case_assert_value(f, PARAM_relay_domains, "");
	model_case_assert_value(f, PARAM_daemon_directory, "/usr/lib/postfix/sbin");
	assert_int_equal(model_case_get(f, PARAM_maximal_queue_lifetime)->number,
			 5 * 86400);
	assert_true(model_case_get(f, PARAM_biff)->boolean);
	assert_int_equal(site_compat_level(f->site).minor, 6);
}

static void level_changes_defaults(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "myhostname = a.b.example\n");
	model_case_assert_value(f, PARAM_smtpd_tls_fingerprint_digest, "md5");
	model_case_assert_value(f, PARAM_relay_domains,
				"a.b.example, localhost.b.example, localhost");
	model_case_assert_value(f, PARAM_mynetworks, "127.0.0.0/8 [::1]/128");
	model_case_assert_value(f, PARAM_smtpd_relay_restrictions, "");
}

static void host_without_domain_takes_mydomain(void **state)
{
	struct model_case *f = *state;

	f->options.hostname = "vm.localdomain";
	model_case_load(f, "mydomain = example.net\n");
	model_case_assert_value(f, PARAM_myhostname, "vm.example.net");
}

static void wrong_values_hold_the_default(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "smtpd_helo_required = true\n"
			   "message_size_limit = 20M\n"
			   "maximal_queue_lifetime = 5 days\n"
			   "smtpd_tls_security_level = mya\n"
			   "default_transport =\n"
			   "default_process_limit = 0\n");
	assert_non_null(model_case_find_diag(f, RULE_MC301));
	assert_string_equal(model_case_find_diag(f, RULE_MC301)->edits[0].text, "yes");
	assert_string_equal(model_case_find_diag(f, RULE_MC302)->edits[0].text,
			    "20971520");
	assert_string_equal(model_case_find_diag(f, RULE_MC303)->edits[0].text, "5d");
	assert_string_equal(model_case_find_diag(f, RULE_MC304)->edits[0].text, "may");
	assert_non_null(model_case_find_diag(f, RULE_MC305));
	assert_int_equal(diag_count(f->diags), 6);
	assert_false(model_case_get(f, PARAM_smtpd_helo_required)->is_valid);
	model_case_assert_value(f, PARAM_smtpd_helo_required, "no");
	assert_string_equal(model_case_get(f, PARAM_smtpd_helo_required)->written.str.ptr,
			    "true");
	assert_int_equal(model_case_get(f, PARAM_message_size_limit)->number, 10240000);
	model_case_assert_value(f, PARAM_default_transport, "smtp");
	/* What refers to a wrong value by default is right again. */
	assert_int_equal(model_case_get(f, PARAM_postscreen_post_queue_limit)->number,
			 100);
}

static void wrong_value_is_said_once(void **state)
{
	struct model_case *f = *state;
	const struct diag *d;

	model_case_load(
		f, "mine = maybe\nsmtpd_helo_required = $mine\nsoft_bounce = $mine\n");
	d = model_case_assert_only(f, RULE_MC301, "maybe");
	assert_int_equal(d->related_count, 1);
	assert_int_equal(d->edit_count, 0);
}

static void time_with_a_tail(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "queue_run_delay = 5minutes\n");
	assert_int_equal(model_case_assert_only(f, RULE_MC303, "5minutes")->severity,
			 DIAG_WARNING);
	assert_int_equal(model_case_get(f, PARAM_queue_run_delay)->number, 300);
}

static void words_of_the_release(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "smtpd_tls_protocols = >=TLSv1.2, !SSLv3 TSLv1\n");
	assert_string_equal(model_case_assert_only(f, RULE_MC304, "TSLv1")->edits[0].text,
			    "TLSv1");
}

static void words_by_release(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "virtual_alias_maps = inline:{ a=b, c=d } static:x\n");
	assert_int_equal(
		site_list(f->site, model_case_get(f, PARAM_virtual_alias_maps))->count,
		2);
	f->site->options.version = (struct pf_version){2, 11, -1};
	assert_int_equal(
		site_list(f->site, model_case_get(f, PARAM_virtual_alias_maps))->count,
		5);
}

static void printed_as_postconf_does(void **state)
{
	struct model_case *f = *state;
	char *none[] = {NULL};
	struct conf_request request = {.flags = CONF_SET | CONF_EXPAND | CONF_CLASSES,
				       .names = none};
	struct strbuf out;
	struct strbuf lines;
	struct conf_talk talk = {diag_queue_new(f->arena), &lines};

	strbuf_init(&out, 1 << 20);
	strbuf_init(&lines, 1 << 20);
	f->options.config_directory = "/cfg";
	model_case_load(
		f,
		"relayhost =\nmydestination = $mine,\n  b\nmine = $myhostname\nloose = 1\n");
	assert_true(conf_print(&out, f->site, &request, &talk));
	assert_string_equal(out.ptr, "config_directory = /cfg\n"
				     "mine = mail.example.com\n"
				     "mydestination = mail.example.com, b\n"
				     "relayhost =\n");
	/* No master.cf; "loose" is unused. */
	assert_int_equal(diag_count(talk.diags), 2);
	assert_int_equal(lines.len, 0);
	strbuf_fini(&lines);
	strbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_CASE(defaults_are_computed),
		MODEL_CASE(level_changes_defaults),
		MODEL_CASE(host_without_domain_takes_mydomain),
		MODEL_CASE(wrong_values_hold_the_default),
		MODEL_CASE(wrong_value_is_said_once),
		MODEL_CASE(time_with_a_tail),
		MODEL_CASE(words_of_the_release),
		MODEL_CASE(words_by_release),
		MODEL_CASE(printed_as_postconf_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
