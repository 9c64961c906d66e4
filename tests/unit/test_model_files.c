/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a site's model: main.cf, the services of master.cf with their own
 * settings, tables and their paths, a single file, mcc.cf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "grammar/aliases.h"
#include "grammar/table.h"
#include "mcc/model/project.h"
#include "model_case.h"

static void main_is_missing(void **state)
{
	struct model_case *f = *state;

	assert_int_equal(site_load(f->arena, f->sources, f->diags, &f->options, &f->site),
			 MCC_ENOENT);
	assert_non_null(model_case_find_diag(f, RULE_MC001));
}

static void service_overrides(void **state)
{
	struct model_case *f = *state;
	const struct site_service *service;
	const struct setting *s;

	model_case_put(f, "master.cf",
		       "smtp inet n - y - - smtpd\n"
		       "  -o mynetworks=127.0.0.0/8\n"
		       "  -o smtpd_helo_required=perhaps\n"
		       "submission inet n - y - - smtpd -o myhostname=sub.example.com\n"
		       "smtp inet n - y - - smtpd -o mua=permit -o foo_bar=1\n");
	model_case_load(f, "compatibility_level = 3.6\n"
			   "mua = reject\nsmtpd_helo_restrictions = $mua\n"
			   "smtpd_banner = $myhostname ESMTP\n");
	/* The first smtp/inet does not count. */
	model_case_assert_only(f, RULE_MC1109, "foo_bar");
	assert_int_equal(f->site->service_count, 2);
	service = site_find_service(f->site, "smtp/inet");
	s = site_service_setting(f->site, service, PARAM_smtpd_helo_restrictions);
	assert_string_equal(s->value.str.ptr, "permit");
	model_case_assert_value(f, PARAM_smtpd_helo_restrictions, "reject");
	s = site_service_find_own(f->site, service, STR_LIT("mua"));
	assert_string_equal(s->value.str.ptr, "permit");
	service = site_find_service(f->site, "submission/inet");
	s = site_service_setting(f->site, service, PARAM_smtpd_banner);
	assert_string_equal(s->value.str.ptr, "sub.example.com ESMTP");
	s = site_service_setting(f->site, service, PARAM_mynetworks);
	assert_ptr_equal(s, model_case_get(f, PARAM_mynetworks));
	assert_null(site_find_service(f->site, "smtp/unix"));
}

static const struct site_table *table(struct model_case *f, size_t i)
{
	assert_true(i < f->site->table_count);
	return f->site->tables[i];
}

static void tables_are_loaded(void **state)
{
	struct model_case *f = *state;

	model_case_put(f, "virtual", "a@x.example b@x.example\n");
	model_case_put(f, "aliases", "root: b\n");
	model_case_load(
		f,
		"alias_maps = hash:/etc/postfix/aliases\n"
		"local_recipient_maps = proxy:unix:passwd.byname $alias_maps\n"
		"virtual_alias_maps = proxy:hash:$config_directory/virtual, static:x\n");
	model_case_assert_clean(f);
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
	struct model_case *f = *state;

	model_case_put(f, "virtual.db", "");
	model_case_load(
		f,
		"smtpd_client_restrictions = check_client_access hash:/etc/postfix/gone,\n"
		" check_ccert_access { hash:/etc/postfix/virtual, { search_order = x } }\n"
		"virtual_alias_maps = unionmap:{hash:/srv/one, /srv/two}\n"
		"transport_maps = hsah:/etc/postfix/t\n"
		"mynetworks = 127.0.0.0/8 ::1/128\n");
	assert_non_null(model_case_find_diag(f, RULE_MC410));
	assert_non_null(model_case_find_diag(f, RULE_MC1303));
	assert_non_null(model_case_find_diag(f, RULE_MC406));
	assert_string_equal(model_case_find_diag(f, RULE_MC407)->edits[0].text, "hash");
	assert_int_equal(diag_count(f->diags), 5);
}

static void paths_are_resolved(void **state)
{
	struct model_case *f = *state;

	model_case_load(f, "");
	assert_string_equal(site_resolve_path(f->site, "/etc/postfix/a/../b"),
			    model_case_path(f, "b"));
	assert_string_equal(site_resolve_path(f->site, "/usr/local/etc/postfix/x"),
			    model_case_path(f, "x"));
	assert_null(site_resolve_path(f->site, "/etc/postfix/../passwd"));
	assert_null(site_resolve_path(f->site, "/etc/postfixes"));
	assert_null(site_resolve_path(f->site, "relative"));
	f->site->options.root = "/r";
	assert_string_equal(site_resolve_path(f->site, "/etc/aliases"), "/r/etc/aliases");
}

static void single_file(void **state)
{
	struct model_case *f = *state;
	const struct source *src = source_add_text(
		f->sources, "x.cf",
		STR_LIT("submission_client = permit\nfoo_time_limit = 1\n"));

	site_load_single(f->arena, f->sources, f->diags, &f->options, src, &f->site);
	assert_int_equal(
		model_case_assert_only(f, RULE_MC201, "submission_client")->severity,
		DIAG_NOTE);
	assert_null(f->site->master);
}

static void project_file(void **state)
{
	struct model_case *f = *state;
	const struct project_options *o;

	o = project_load(f->arena, f->sources, f->diags, f->dir);
	assert_null(o->platform);
	model_case_put(
		f, "mcc.cf",
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
	assert_string_equal(model_case_find_diag(f, RULE_MC201)->edits[0].text,
			    "profile");
	assert_string_equal(site_qualify_hostname(f->arena, "vm"), "vm.localdomain");
	assert_string_equal(site_qualify_hostname(f->arena, "a.b"), "a.b");
	assert_non_null(strchr(site_qualify_hostname(f->arena, NULL), '.'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_CASE(main_is_missing),	MODEL_CASE(service_overrides),
		MODEL_CASE(tables_are_loaded),	MODEL_CASE(tables_elsewhere),
		MODEL_CASE(paths_are_resolved), MODEL_CASE(single_file),
		MODEL_CASE(project_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
