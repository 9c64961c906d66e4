/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vocabulary's tables: order, presence and defaults by release. The counts
 * of names per release are those of the real `postconf -d` of each line plus
 * the legacy names that it hides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "grammar/vocabulary.h"

static struct pf_version ver(const char *text)
{
	struct pf_version v;

	assert_true(pf_version_parse(text, &v));
	return v;
}

static const struct param *find(const char *name)
{
	return param_find(str_of(name));
}

static void version_parses(void **state)
{
	struct pf_version v = ver("3.7.9");

	(void)state;
	assert_int_equal(v.major, 3);
	assert_int_equal(v.minor, 7);
	assert_int_equal(v.patch, 9);
	assert_int_equal(ver("3.11").patch, -1);
	assert_false(pf_version_parse("", &v));
	assert_false(pf_version_parse("3", &v));
	assert_false(pf_version_parse("3.", &v));
	assert_false(pf_version_parse("3.7.", &v));
	assert_false(pf_version_parse("3.7.9.1", &v));
	assert_false(pf_version_parse("3.7x", &v));
	assert_false(pf_version_parse("3.99999999999999999999", &v));
	assert_int_equal(v.patch, 9);
}

static void version_orders(void **state)
{
	(void)state;
	assert_true(pf_version_cmp(ver("3.9"), ver("3.10")) < 0);
	assert_true(pf_version_cmp(ver("2.11"), ver("3.0")) < 0);
	assert_true(pf_version_cmp(ver("3.7.9"), ver("3.7")) < 0);
	assert_true(pf_version_cmp(ver("3.7"), ver("3.8.0")) < 0);
	assert_int_equal(pf_version_cmp(ver("3.7"), ver("3.7")), 0);
	assert_true(pf_version_is_known(ver("2.6")));
	assert_true(pf_version_is_known(ver("3.12")));
	assert_false(pf_version_is_known(ver("2.5")));
	assert_false(pf_version_is_known(ver("2.12")));
	assert_false(pf_version_is_known(ver("4.0")));
	assert_int_equal(pf_version_concrete(ver("3.7")).patch, 20);
	assert_int_equal(pf_version_concrete(ver("3.7.3")).patch, 3);
}

static void version_reaches_backports(void **state)
{
	const char *list = "3.5.20,3.6.10,3.9";

	(void)state;
	assert_true(pf_version_reached(ver("3.5.20"), list));
	assert_true(pf_version_reached(ver("3.5"), list));
	assert_false(pf_version_reached(ver("3.5.19"), list));
	assert_false(pf_version_reached(ver("3.7"), list));
	assert_true(pf_version_reached(ver("3.9.0"), list));
	assert_true(pf_version_reached(ver("3.11"), list));
	assert_false(pf_version_reached(ver("3.11"), ""));
}

static void parameters_are_sorted_and_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		const struct param *p = param_get((enum param_id)i);

		assert_int_equal(p->id, i);
		assert_ptr_equal(find(p->name), p);
		if (i > 0)
			assert_true(strcmp(param_get((enum param_id)(i - 1))->name,
					   p->name) < 0);
	}
	assert_int_equal(PARAM_COUNT, 930);
	assert_null(find("MyHostName"));
	assert_null(find(""));
	assert_null(find("zzz"));
}

static void parameters_counted_by_release(void **state)
{
	static const struct {
		const char *version;
		size_t names;
	} rows[] = {
		{"2.6.0", 605},	 {"2.6", 606},	{"2.7.0", 617},	 {"2.7", 618},
		{"2.8.0", 702},	 {"2.8", 700},	{"2.9.0", 710},	 {"2.9", 711},
		{"2.10.0", 717}, {"2.10", 717}, {"2.11.0", 733}, {"2.11", 733},
		{"3.0.0", 761},	 {"3.0", 761},	{"3.1.0", 772},	 {"3.1", 773},
		{"3.2.0", 776},	 {"3.2", 778},	{"3.3.0", 780},	 {"3.3", 782},
		{"3.4.0", 814},	 {"3.4", 816},	{"3.5.0", 816},	 {"3.5", 824},
		{"3.6.0", 827},	 {"3.6", 834},	{"3.7.0", 837},	 {"3.7", 844},
		{"3.8.0", 843},	 {"3.8", 850},	{"3.9.0", 858},	 {"3.9", 858},
		{"3.10.0", 868}, {"3.10", 870}, {"3.11.0", 886}, {"3.11", 886},
		{"3.12", 922},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct pf_version v = ver(rows[i].version);
		size_t n = 0;

		for (size_t k = 0; k < PARAM_COUNT; k++)
			n += param_in_version(param_get((enum param_id)k), v);
		if (n != rows[i].names)
			fail_msg("%s: %zu names, not %zu", rows[i].version, n,
				 rows[i].names);
	}
}

static void assert_default(const char *name, const char *version, const char *value)
{
	assert_string_equal(param_default(find(name), ver(version)), value);
}

static void defaults_follow_releases(void **state)
{
	(void)state;
	assert_default("milter_default_action", "3.7.19", "tempfail");
	assert_default("milter_default_action", "3.7.20", "shutdown");
	assert_default("milter_default_action", "3.11", "shutdown");
	assert_default("inet_protocols", "2.8", "ipv4");
	assert_default("inet_protocols", "2.9", "all");
	assert_default("smtpd_relay_restrictions", "2.10.0",
		       "permit_mynetworks, reject_unauth_destination");
	assert_default("smtpd_relay_restrictions", "2.10.1",
		       "permit_mynetworks, permit_sasl_authenticated, "
		       "defer_unauth_destination");
	assert_default("smtp_tls_dane_insecure_mx_policy", "3.2.20", "dane");
	assert_default("smtpd_tls_fingerprint_digest", "3.5", "md5");
	assert_default("address_verify_map", "2.6", "");
	assert_default("address_verify_map", "3.10",
		       "btree:$data_directory/verify_cache");
	assert_default("myhostname", "3.7", "@hostname");
}

static bool proxies(const char *version, const char *word)
{
	const char *text = param_default(find("proxy_read_maps"), ver(version));
	const char *at = strstr(text, word);

	return at && (at[strlen(word)] == ' ' || at[strlen(word)] == '\0');
}

static void proxy_read_maps_grow(void **state)
{
	(void)state;
	assert_true(proxies("2.6", "$canonical_maps"));
	assert_false(proxies("2.8", "$alias_maps"));
	assert_true(proxies("2.9", "$alias_maps"));
	assert_false(proxies("3.0.12", "$virtual_uid_maps"));
	assert_true(proxies("3.0.13", "$virtual_uid_maps"));
	assert_false(proxies("3.0.13", "$smtpd_milter_maps"));
	assert_true(proxies("3.4.26", "$body_checks"));
	assert_false(proxies("3.4.26", "$local_login_sender_maps"));
	assert_true(proxies("3.6.4", "$local_login_sender_maps"));
	assert_false(proxies("3.6.5", "$body_checks"));
	assert_true(proxies("3.6.6", "$body_checks"));
	assert_false(proxies("3.6.6", "$tlsproxy_client_policy_maps"));
	assert_true(proxies("3.7.0", "$tlsproxy_client_policy_maps"));
	assert_false(proxies("3.7.0", "$body_checks"));
	assert_true(proxies("3.7.1", "$body_checks"));
	assert_false(proxies("3.10", "$debug_peer_list"));
	assert_true(proxies("3.11", "$debug_peer_list"));
	assert_false(proxies("3.11", "$smtp_tls_loglevel_maps"));
	assert_true(proxies("3.12", "$smtp_tls_loglevel_maps"));
}

static void nearest_within_two_edits(void **state)
{
	struct pf_version v = ver("3.7");
	const struct param *p = param_nearest(STR_LIT("smtpd_recipent_restrictions"), v);

	(void)state;
	assert_string_equal(p->name, "smtpd_recipient_restrictions");
	p = param_nearest(STR_LIT("myhsotname"), v);
	assert_string_equal(p->name, "myhostname");
	assert_null(param_nearest(STR_LIT("something_of_mine"), v));
	assert_null(param_nearest(STR_LIT(""), v));
	assert_null(param_nearest(STR_LIT("abc"), v));
	/* Only names that the release has are offered. */
	assert_null(param_nearest(STR_LIT("smtpd_relay_restriction"), ver("2.9")));
}

static void words_by_release_and_case(void **state)
{
	const struct param *p = find("smtp_tls_security_level");

	(void)state;
	assert_true(param_has_word(p, STR_LIT("DANE"), ver("2.11")));
	assert_false(param_has_word(p, STR_LIT("dane"), ver("2.10")));
	assert_false(param_has_word(p, STR_LIT("mya"), ver("3.7")));
	assert_false(param_has_word(p, STR_LIT(""), ver("3.7")));
	p = find("milter_default_action");
	assert_true(param_has_word(p, STR_LIT("shutdown"), ver("3.8.15")));
	assert_false(param_has_word(p, STR_LIT("shutdown"), ver("3.8.14")));
	p = find("notify_classes");
	assert_true(param_has_word(p, STR_LIT("bounce"), ver("3.7")));
	assert_false(param_has_word(p, STR_LIT("Bounce"), ver("3.7")));
}

static void deprecation_by_release(void **state)
{
	const char *instead = NULL;

	(void)state;
	assert_true(param_is_deprecated(find("smtpd_use_tls"), ver("3.9"), &instead));
	assert_string_equal(instead, "smtpd_tls_security_level");
	assert_false(param_is_deprecated(find("myhostname"), ver("3.11"), &instead));
	assert_true(param_is_deprecated(find("virtual_maps"), ver("3.11"), &instead));
	assert_string_equal(instead, "virtual_alias_maps");
	assert_string_equal(param_ancient(STR_LIT("program_directory")),
			    "daemon_directory");
	assert_null(param_ancient(STR_LIT("myhostname")));
}

static void names_of_services(void **state)
{
	struct str service = {NULL, 0};
	const struct service_param *p;

	(void)state;
	p = service_param_find(STR_LIT("dovecot_destination_recipient_limit"), &service);
	assert_non_null(p);
	assert_true(str_eqc(service, "dovecot"));
	assert_string_equal(p->suffix, "destination_recipient_limit");
	p = service_param_find(STR_LIT("x_extra_recipient_limit"), &service);
	assert_true(str_eqc(service, "x"));
	assert_string_equal(p->suffix, "extra_recipient_limit");
	assert_null(service_param_find(STR_LIT("_time_limit"), &service));
	assert_null(service_param_find(STR_LIT("time_limit"), &service));
	assert_non_null(client_param_find(STR_LIT("ldap"), STR_LIT("search_base")));
	assert_null(client_param_find(STR_LIT("hash"), STR_LIT("search_base")));
}

static void words_of_values(void **state)
{
	const struct restriction *r =
		restriction_find(STR_LIT("Reject_Unauth_Destination"));

	(void)state;
	assert_true(r->prevents_open_relay);
	assert_int_equal(r->effect, RESTRICTION_REJECTS);
	assert_int_equal(restriction_find(STR_LIT("check_policy_service"))->arg,
			 RESTRICTION_ARG_ENDPOINT);
	assert_int_equal(restriction_find(STR_LIT("warn_if_reject"))->arg,
			 RESTRICTION_ARG_PREFIX);
	assert_int_equal(restriction_find(STR_LIT("check_ccert_access"))->arg,
			 RESTRICTION_ARG_MAP);
	assert_string_equal(restriction_nearest(STR_LIT("permit_mynetwork"))->name,
			    "permit_mynetworks");
	assert_null(restriction_nearest(STR_LIT("greylisting")));
	assert_int_equal(restriction_count(), 78);
	assert_string_equal(map_type_find(STR_LIT("lmdb"))->suffix, ".lmdb");
	assert_null(map_type_find(STR_LIT("HASH")));
	assert_string_equal(map_type_nearest(STR_LIT("hsah"))->name, "hash");
	assert_string_equal(access_action_find(STR_LIT("550"))->name, "5NN");
	assert_string_equal(access_action_find(STR_LIT("1234"))->name, "DIGITS");
	assert_string_equal(access_action_find(STR_LIT("dunno"))->name, "DUNNO");
	assert_null(access_action_find(STR_LIT("digits")));
	assert_null(access_action_find(STR_LIT("permit")));
	assert_int_equal(header_action_find(STR_LIT("replace"))->arg,
			 ACTION_ARG_REQUIRED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_parses),
		cmocka_unit_test(version_orders),
		cmocka_unit_test(version_reaches_backports),
		cmocka_unit_test(parameters_are_sorted_and_found),
		cmocka_unit_test(parameters_counted_by_release),
		cmocka_unit_test(defaults_follow_releases),
		cmocka_unit_test(proxy_read_maps_grow),
		cmocka_unit_test(nearest_within_two_edits),
		cmocka_unit_test(words_by_release_and_case),
		cmocka_unit_test(deprecation_by_release),
		cmocka_unit_test(names_of_services),
		cmocka_unit_test(words_of_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
