/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of a site: expansion with its places and bounds, types, names,
 * services, tables. Each test writes the few lines it is about into a folder
 * of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/status.h"
#include "grammar/aliases.h"
#include "grammar/list.h"
#include "grammar/table.h"
#include "mcc/model/conf.h"
#include "mcc/model/project.h"
#include "mcc/model/site.h"

struct fixture {
	char dir[64];
	struct arena *arena;
	struct source_set *sources;
	struct diag_queue *diags;
	struct site_options options;
	struct site *site;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

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

static char *in_dir(struct fixture *f, const char *name)
{
	return arena_printf(f->arena, "%s/%s", f->dir, name);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < array_len(file_names); i++)
		unlink(in_dir(f, file_names[i]));
	rmdir(f->dir);
	arena_free(f->arena);
	free(f);
	return 0;
}

static void put(struct fixture *f, const char *name, const char *text)
{
	FILE *out = fopen(in_dir(f, name), "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void load(struct fixture *f, const char *main)
{
	put(f, "main.cf", main);
	assert_int_equal(site_load(f->arena, f->sources, f->diags, &f->options, &f->site),
			 MCC_OK);
	diag_sort(f->diags);
}

static const struct setting *get(struct fixture *f, enum param_id id)
{
	return site_setting(f->site, id);
}

static void assert_value(struct fixture *f, enum param_id id, const char *value)
{
	assert_string_equal(get(f, id)->value.str.ptr, value);
}

static const struct diag *find_diag(struct fixture *f, enum rule rule)
{
	for (size_t i = 0; i < diag_count(f->diags); i++)
		if (diag_get(f->diags, i)->rule == rule)
			return diag_get(f->diags, i);
	return NULL;
}

/* The only diagnostic is of this rule and marks this text. */
static const struct diag *assert_only(struct fixture *f, enum rule rule,
				      const char *marked)
{
	const struct diag *d = find_diag(f, rule);

	assert_non_null(d);
	assert_int_equal(diag_count(f->diags), 1);
	if (marked)
		assert_true(str_eqc(source_span_text(f->sources, d->span), marked));
	return d;
}

static void assert_clean(struct fixture *f)
{
	for (size_t i = 0; i < diag_count(f->diags); i++)
		fail_msg("%s", diag_get(f->diags, i)->message);
}

static void main_is_missing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(site_load(f->arena, f->sources, f->diags, &f->options, &f->site),
			 MCC_ENOENT);
	assert_non_null(find_diag(f, RULE_MC001));
}

static void defaults_are_computed(void **state)
{
	struct fixture *f = *state;

	load(f, "compatibility_level = 3.6\n");
	assert_clean(f);
	assert_value(f, PARAM_myhostname, "mail.example.com");
	assert_value(f, PARAM_mydomain, "example.com");
	assert_value(f, PARAM_myorigin, "mail.example.com");
	assert_value(f, PARAM_mail_version, "3.7.11");
	assert_value(f, PARAM_mynetworks, "127.0.0.1/32 [::1]/128");
	assert_value(f, PARAM_relay_domains, "");
	assert_value(f, PARAM_daemon_directory, "/usr/lib/postfix/sbin");
	assert_int_equal(get(f, PARAM_maximal_queue_lifetime)->number, 5 * 86400);
	assert_true(get(f, PARAM_biff)->boolean);
	assert_int_equal(site_compat_level(f->site).minor, 6);
}

static void level_changes_defaults(void **state)
{
	struct fixture *f = *state;

	load(f, "myhostname = a.b.example\n");
	assert_value(f, PARAM_smtpd_tls_fingerprint_digest, "md5");
	assert_value(f, PARAM_relay_domains,
		     "a.b.example, localhost.b.example, localhost");
	assert_value(f, PARAM_mynetworks, "127.0.0.0/8 [::1]/128");
	assert_value(f, PARAM_smtpd_relay_restrictions, "");
}

static void host_without_domain_takes_mydomain(void **state)
{
	struct fixture *f = *state;

	f->options.hostname = "vm.localdomain";
	load(f, "mydomain = example.net\n");
	assert_value(f, PARAM_myhostname, "vm.example.net");
}

static void expansion_keeps_places(void **state)
{
	struct fixture *f = *state;
	const struct text_via *via;
	struct text value;

	load(f, "inner = one, two\nouter = $inner\nmydestination = x, ${outer}\n");
	assert_clean(f);
	value = get(f, PARAM_mydestination)->value;
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
	struct fixture *f = *state;

	load(f, "compatibility_level = 3.6\n"
		"empty =\n"
		"full = x\n"
		"hides = $empty\n"
		"relayhost = [${full?a}${full:b}${empty?c}${empty:d}${hides?e}]\n"
		"mydestination = [${full?{y}:{n}}${empty?{y}:{n}}${nothing:z}]\n"
		"mail_name = [${{3.10} < {3.9} ? {text}}${{10} > {9}}"
		"${{$compatibility_level} <level {3.10} ? {less} : {more}}]\n"
		"myorigin = $$x$(full)\n");
	assert_clean(f);
	assert_value(f, PARAM_relayhost, "[ade]");
	assert_value(f, PARAM_mydestination, "[ynz]");
	assert_value(f, PARAM_mail_name, "[texttrueless]");
	assert_value(f, PARAM_myorigin, "$xx");
}

static void cycle_is_shown_with_its_chain(void **state)
{
	struct fixture *f = *state;
	const struct diag *d;

	load(f, "a = $b\nb = $c\nc = x$a\nmail_name = $a\n");
	d = assert_only(f, RULE_MC402, "a");
	assert_non_null(strstr(d->message, "$a -> $b -> $c -> $a"));
	assert_int_equal(d->related_count, 3);
}

static void domain_derived_from_itself(void **state)
{
	struct fixture *f = *state;

	load(f, "myhostname = mail.$mydomain\n");
	assert_only(f, RULE_MC402, "myhostname");
	assert_value(f, PARAM_myhostname, "mail.");
}

/* home_mailbox is in no default, so the chain has the length we give it. */
static void load_chain(struct fixture *f, int length)
{
	char *text = arena_strdup(f->arena, "c0 = x\n");

	for (int i = 1; i <= length; i++)
		text = arena_printf(f->arena, "%sc%d = $c%d\n", text, i, i - 1);
	load(f, arena_printf(f->arena, "%shome_mailbox = $c%d\n", text, length));
}

static void depth_at_the_bound(void **state)
{
	struct fixture *f = *state;

	load_chain(f, LIMIT_MACRO_DEPTH - 1);
	assert_clean(f);
	assert_value(f, PARAM_home_mailbox, "x");
}

static void depth_above_the_bound(void **state)
{
	struct fixture *f = *state;

	load_chain(f, LIMIT_MACRO_DEPTH);
	assert_non_null(find_diag(f, RULE_MC402));
	assert_false(get(f, PARAM_home_mailbox)->is_valid);
}

static void doubling_is_bounded(void **state)
{
	struct fixture *f = *state;
	char *text = arena_strdup(f->arena, "a0 = 0123456789abcdef\n");

	for (int i = 1; i < 60; i++)
		text = arena_printf(f->arena, "%sa%d = $a%d$a%d\n", text, i, i - 1,
				    i - 1);
	load(f, arena_printf(f->arena, "%smail_name = $a59\n", text));
	assert_non_null(find_diag(f, RULE_MC003));
	assert_value(f, PARAM_mydestination,
		     "mail.example.com, localhost.example.com, localhost");
}

static void wrong_values_hold_the_default(void **state)
{
	struct fixture *f = *state;

	load(f, "smtpd_helo_required = true\n"
		"message_size_limit = 20M\n"
		"maximal_queue_lifetime = 5 days\n"
		"smtpd_tls_security_level = mya\n"
		"default_transport =\n"
		"default_process_limit = 0\n");
	assert_non_null(find_diag(f, RULE_MC301));
	assert_string_equal(find_diag(f, RULE_MC301)->edits[0].text, "yes");
	assert_string_equal(find_diag(f, RULE_MC302)->edits[0].text, "20971520");
	assert_string_equal(find_diag(f, RULE_MC303)->edits[0].text, "5d");
	assert_string_equal(find_diag(f, RULE_MC304)->edits[0].text, "may");
	assert_non_null(find_diag(f, RULE_MC305));
	assert_int_equal(diag_count(f->diags), 6);
	assert_false(get(f, PARAM_smtpd_helo_required)->is_valid);
	assert_value(f, PARAM_smtpd_helo_required, "no");
	assert_string_equal(get(f, PARAM_smtpd_helo_required)->written.str.ptr, "true");
	assert_int_equal(get(f, PARAM_message_size_limit)->number, 10240000);
	assert_value(f, PARAM_default_transport, "smtp");
	/* What refers to a wrong value by default is right again. */
	assert_int_equal(get(f, PARAM_postscreen_post_queue_limit)->number, 100);
}

static void wrong_value_is_said_once(void **state)
{
	struct fixture *f = *state;
	const struct diag *d;

	load(f, "mine = maybe\nsmtpd_helo_required = $mine\nsoft_bounce = $mine\n");
	d = assert_only(f, RULE_MC301, "maybe");
	assert_int_equal(d->related_count, 1);
	assert_int_equal(d->edit_count, 0);
}

static void time_with_a_tail(void **state)
{
	struct fixture *f = *state;

	load(f, "queue_run_delay = 5minutes\n");
	assert_int_equal(assert_only(f, RULE_MC303, "5minutes")->severity, DIAG_WARNING);
	assert_int_equal(get(f, PARAM_queue_run_delay)->number, 300);
}

static void words_of_the_release(void **state)
{
	struct fixture *f = *state;

	load(f, "smtpd_tls_protocols = >=TLSv1.2, !SSLv3 TSLv1\n");
	assert_string_equal(assert_only(f, RULE_MC304, "TSLv1")->edits[0].text, "TLSv1");
}

static void assert_name(void **state, const char *line, enum rule rule, const char *fixed)
{
	struct fixture *f = *state;
	const struct diag *d;

	put(f, "master.cf", "smtp inet n - y - - smtpd\nsmtp unix - - y - - smtp\n");
	load(f, line);
	d = assert_only(f, rule, NULL);
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
	struct fixture *f = *state;

	f->options.version = (struct pf_version){3, 11, -1};
	assert_name(state, "smtpd_use_tls = yes\n", RULE_MC501,
		    "smtpd_tls_security_level = may");
}

static void names_that_are_right(void **state)
{
	struct fixture *f = *state;

	put(f, "master.cf",
	    "smtp inet n - y - - smtpd\n"
	    "  -o smtpd_client_restrictions=$mua_client\n"
	    "dovecot unix - n n - - pipe flags=D user=v argv=/bin/x\n");
	load(f, "mua_client = permit\n"
		"smtpd_restriction_classes = vip\n"
		"vip = permit\n"
		"dovecot_destination_recipient_limit = 1\n"
		"virtual_alias_maps = ldap:people\n"
		"people_search_base = dc=x\n"
		"virtual_maps =\n");
	assert_clean(f);
	assert_int_equal(
		site_find_own(f->site, STR_LIT("dovecot_destination_recipient_limit"))
			->number,
		1);
	assert_null(site_find_own(f->site, STR_LIT("nothing")));
}

static void same_name_twice(void **state)
{
	struct fixture *f = *state;
	const struct diag *d;

	load(f, "biff = no\nmail_name = a\nbiff = no\nmail_name = b\n");
	assert_int_equal(diag_count(f->diags), 2);
	d = find_diag(f, RULE_MC102);
	assert_true(
		str_eqc(source_span_text(f->sources, d->edits[0].span), "biff = no\n"));
	assert_int_equal(d->edits[0].span.lo, 24);
	d = find_diag(f, RULE_MC101);
	assert_true(str_eqc(source_span_text(f->sources, d->edits[0].span),
			    "mail_name = a\n"));
	assert_value(f, PARAM_mail_name, "b");
}

static void undefined_reference(void **state)
{
	struct fixture *f = *state;

	load(f, "mydestination = $myhostnam, ${gone?$gone}\n");
	assert_string_equal(assert_only(f, RULE_MC401, "myhostnam")->edits[0].text,
			    "myhostname");
}

static void service_overrides(void **state)
{
	struct fixture *f = *state;
	const struct site_service *service;
	const struct setting *s;

	put(f, "master.cf",
	    "smtp inet n - y - - smtpd\n"
	    "  -o mynetworks=127.0.0.0/8\n"
	    "  -o smtpd_helo_required=perhaps\n"
	    "submission inet n - y - - smtpd -o myhostname=sub.example.com\n"
	    "smtp inet n - y - - smtpd -o mua=permit -o foo_bar=1\n");
	load(f, "compatibility_level = 3.6\n"
		"mua = reject\nsmtpd_helo_restrictions = $mua\n"
		"smtpd_banner = $myhostname ESMTP\n");
	/* The first smtp/inet does not count. */
	assert_only(f, RULE_MC1109, "foo_bar");
	assert_int_equal(f->site->service_count, 2);
	service = site_find_service(f->site, "smtp/inet");
	s = site_service_setting(f->site, service, PARAM_smtpd_helo_restrictions);
	assert_string_equal(s->value.str.ptr, "permit");
	assert_value(f, PARAM_smtpd_helo_restrictions, "reject");
	s = site_service_find_own(f->site, service, STR_LIT("mua"));
	assert_string_equal(s->value.str.ptr, "permit");
	service = site_find_service(f->site, "submission/inet");
	s = site_service_setting(f->site, service, PARAM_smtpd_banner);
	assert_string_equal(s->value.str.ptr, "sub.example.com ESMTP");
	s = site_service_setting(f->site, service, PARAM_mynetworks);
	assert_ptr_equal(s, get(f, PARAM_mynetworks));
	assert_null(site_find_service(f->site, "smtp/unix"));
}

static const struct site_table *table(struct fixture *f, size_t i)
{
	assert_true(i < f->site->table_count);
	return f->site->tables[i];
}

static void tables_are_loaded(void **state)
{
	struct fixture *f = *state;

	put(f, "virtual", "a@x.example b@x.example\n");
	put(f, "aliases", "root: b\n");
	load(f, "alias_maps = hash:/etc/postfix/aliases\n"
		"local_recipient_maps = proxy:unix:passwd.byname $alias_maps\n"
		"virtual_alias_maps = proxy:hash:$config_directory/virtual, static:x\n");
	assert_clean(f);
	assert_int_equal(f->site->table_count, 4);
	assert_int_equal(table(f, 0)->state, TABLE_LOADED);
	assert_true(table(f, 0)->is_aliases);
	assert_int_equal(table(f, 0)->aliases->entry_count, 1);
	assert_int_equal(table(f, 1)->state, TABLE_NOT_FILE);
	assert_true(table(f, 1)->is_proxied);
	assert_int_equal(table(f, 2)->rows->row_count, 1);
	assert_string_equal(table(f, 2)->src->path, "virtual");
}

static void tables_elsewhere(void **state)
{
	struct fixture *f = *state;

	put(f, "virtual.db", "");
	load(f,
	     "smtpd_client_restrictions = check_client_access hash:/etc/postfix/gone,\n"
	     " check_ccert_access { hash:/etc/postfix/virtual, { search_order = x } }\n"
	     "virtual_alias_maps = unionmap:{hash:/srv/one, /srv/two}\n"
	     "transport_maps = hsah:/etc/postfix/t\n"
	     "mynetworks = 127.0.0.0/8 ::1/128\n");
	assert_non_null(find_diag(f, RULE_MC410));
	assert_non_null(find_diag(f, RULE_MC1303));
	assert_non_null(find_diag(f, RULE_MC406));
	assert_string_equal(find_diag(f, RULE_MC407)->edits[0].text, "hash");
	assert_int_equal(diag_count(f->diags), 5);
}

static void paths_are_resolved(void **state)
{
	struct fixture *f = *state;

	load(f, "");
	assert_string_equal(site_resolve_path(f->site, "/etc/postfix/a/../b"),
			    in_dir(f, "b"));
	assert_string_equal(site_resolve_path(f->site, "/usr/local/etc/postfix/x"),
			    in_dir(f, "x"));
	assert_null(site_resolve_path(f->site, "/etc/postfix/../passwd"));
	assert_null(site_resolve_path(f->site, "/etc/postfixes"));
	assert_null(site_resolve_path(f->site, "relative"));
	f->site->options.root = "/r";
	assert_string_equal(site_resolve_path(f->site, "/etc/aliases"), "/r/etc/aliases");
}

static void single_file(void **state)
{
	struct fixture *f = *state;
	const struct source *src = source_add_text(
		f->sources, "x.cf",
		STR_LIT("submission_client = permit\nfoo_time_limit = 1\n"));

	site_load_single(f->arena, f->sources, f->diags, &f->options, src, &f->site);
	assert_int_equal(assert_only(f, RULE_MC201, "submission_client")->severity,
			 DIAG_NOTE);
	assert_null(f->site->master);
}

static void words_by_release(void **state)
{
	struct fixture *f = *state;

	load(f, "virtual_alias_maps = inline:{ a=b, c=d } static:x\n");
	assert_int_equal(site_list(f->site, get(f, PARAM_virtual_alias_maps))->count, 2);
	f->site->options.version = (struct pf_version){2, 11, -1};
	assert_int_equal(site_list(f->site, get(f, PARAM_virtual_alias_maps))->count, 5);
}

static void printed_as_postconf_does(void **state)
{
	struct fixture *f = *state;
	char *none[] = {NULL};
	struct conf_request request = {.flags = CONF_SET | CONF_EXPAND | CONF_CLASSES,
				       .names = none};
	struct strbuf out;
	struct strbuf lines;
	struct conf_talk talk = {diag_queue_new(f->arena), &lines};

	strbuf_init(&out, 1 << 20);
	strbuf_init(&lines, 1 << 20);
	f->options.config_directory = "/cfg";
	load(f,
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

static void project_file(void **state)
{
	struct fixture *f = *state;
	const struct project_options *o;

	o = project_load(f->arena, f->sources, f->diags, f->dir);
	assert_null(o->platform);
	put(f, "mcc.cf",
	    "postfix_version = 3.9\nplatform = debain\ndisable = MC101, nonsense\n"
	    "severity = MC102=error\nprofle = x\npublic_addresses = 192.0.2.1, 2001:db8::1\n");
	o = project_load(f->arena, f->sources, f->diags, f->dir);
	assert_string_equal(o->postfix_version, "3.9");
	assert_null(o->platform);
	assert_int_equal(o->severity_count, 2);
	assert_int_equal(o->severities[0].severity, DIAG_OFF);
	assert_int_equal(o->severities[1].severity, DIAG_ERROR);
	assert_int_equal(o->public_address_count, 2);
	assert_int_equal(diag_count(f->diags), 3);
	assert_string_equal(find_diag(f, RULE_MC201)->edits[0].text, "profile");
	assert_string_equal(site_qualify_hostname(f->arena, "vm"), "vm.localdomain");
	assert_string_equal(site_qualify_hostname(f->arena, "a.b"), "a.b");
	assert_non_null(strchr(site_qualify_hostname(f->arena, NULL), '.'));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(main_is_missing),
		TEST(defaults_are_computed),
		TEST(level_changes_defaults),
		TEST(host_without_domain_takes_mydomain),
		TEST(expansion_keeps_places),
		TEST(conditional_forms),
		TEST(cycle_is_shown_with_its_chain),
		TEST(domain_derived_from_itself),
		TEST(depth_at_the_bound),
		TEST(depth_above_the_bound),
		TEST(doubling_is_bounded),
		TEST(wrong_values_hold_the_default),
		TEST(wrong_value_is_said_once),
		TEST(time_with_a_tail),
		TEST(words_of_the_release),
		TEST(name_misspelt),
		TEST(name_of_the_other_side),
		TEST(name_in_other_case),
		TEST(name_of_a_restriction),
		TEST(name_of_a_later_release),
		TEST(name_that_is_read_only),
		TEST(name_of_no_service),
		TEST(name_deprecated),
		TEST(names_that_are_right),
		TEST(same_name_twice),
		TEST(undefined_reference),
		TEST(service_overrides),
		TEST(tables_are_loaded),
		TEST(tables_elsewhere),
		TEST(paths_are_resolved),
		TEST(single_file),
		TEST(words_by_release),
		TEST(printed_as_postconf_does),
		TEST(project_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
