/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runtime.json: what is written reads back and is written again to the same
 * bytes; each way in which a file can be wrong is refused with the member's
 * name; random damage never gets past the reader into undefined behaviour.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/status.h"
#include "runtime/config.h"
#include "runtime/config_rows.h"

static const struct rt_origin at = {"main.cf", 12};

/* Every kind of value, every kind of pattern, every argument of a program. */
static struct rt_config *make_config(struct arena *arena)
{
	static const char *const words[] = {"ipv4", "gr\xfc\xdf", "\xc3\xa4"};
	static const size_t map_indexes[] = {1, 0};
	static const struct rt_match_item items[] = {
		{.kind = RT_MATCH_WORD, .text = "example.com", .origin = {"main.cf", 3}},
		{.kind = RT_MATCH_DOT_DOMAIN, .text = ".example.com", .negated = true},
		{.kind = RT_MATCH_DOMAIN_AND_SUBS, .text = "example.net"},
		{.kind = RT_MATCH_NET,
		 .text = "192.0.2.0/24",
		 .family = AF_INET,
		 .address = {192, 0, 2, 0},
		 .prefix = 24},
		{.kind = RT_MATCH_NET,
		 .text = "[::1]",
		 .family = AF_INET6,
		 .address = {[15] = 1},
		 .prefix = 128},
		{.kind = RT_MATCH_MAP, .text = "hash:/a", .map = 1},
		{.kind = RT_MATCH_ERROR,
		 .text = "10.0.0.1/8 has host bits",
		 .family = AF_INET},
	};
	static struct rt_map_ref maps[] = {
		{.name = "static:x", .type = "static", .argument = "x"},
		{.name = "hash:/a",
		 .type = "hash",
		 .path = "maps/a.db",
		 .sha256 = "0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef",
		 .is_aliases = true,
		 .fold_keys = true,
		 .origin = {"main.cf", 7}},
	};
	static const struct rt_insn class_insns[] = {{.op = RT_OP_REJECT}};
	static struct rt_program classes[] = {
		{.name = "strict", .insns = class_insns, .count = 1, .origin = {"m", 1}},
	};
	static const struct rt_insn insns[] = {
		{.op = RT_OP_PERMIT_MYNETWORKS, .origin = {"main.cf", 5}},
		{.op = RT_OP_CHECK_CLIENT_ACCESS,
		 .map = 1,
		 .warn_only = true,
		 .text = "check_client_access"},
		{.op = RT_OP_CLASS, .program = 0, .text = "strict"},
		{.op = RT_OP_REJECT_RBL_CLIENT, .text = "rbl.example"},
	};
	struct rt_config *config = arena_alloc(arena, sizeof(*config));
	struct rt_settings *own = arena_alloc(arena, sizeof(*own));
	struct rt_service *services = arena_array(arena, 2, sizeof(*services));
	struct rt_transport *transport = arena_alloc(arena, sizeof(*transport));

	for (size_t i = 0; i < rt_setting_row_count(); i++)
		if (rt_setting_row(i)->kind == RT_KIND_STR)
			*(const char **)rt_setting_field(&config->settings,
							 rt_setting_row(i)) = "";
	config->mcc_version = "1";
	config->postfix = "3.11";
	config->settings.myhostname = "mail.example.com";
	config->settings.message_size_limit = 10240000;
	config->settings.smtpd_timeout = 300;
	config->settings.smtpd_delay_reject = true;
	config->settings.inet_protocols = (struct rt_words){words, 3, at};
	config->settings.mynetworks = (struct rt_match){items, 7, true, at};
	config->settings.virtual_alias_maps = (struct rt_maps){map_indexes, 2, at};
	config->maps = maps;
	config->map_count = 2;
	config->classes = classes;
	config->class_count = 1;
	*own = config->settings;
	own->smtpd_helo_required = true;
	for (int i = 0; i < 2; i++) {
		services[i] =
			(struct rt_service){.name = i ? "submission/inet" : "smtp/inet",
					    .host = i ? "::1" : "",
					    .port = i ? 587 : 25,
					    .settings = i ? own : &config->settings,
					    .fatal = i ? "no" : NULL,
					    .origin = at};
		services[i].stages[RT_STAGE_RECIPIENT] =
			(struct rt_program){"smtpd_recipient_restrictions", insns, 4, at};
	}
	config->services = services;
	config->service_count = 2;
	*transport = (struct rt_transport){"relay", "smtp", at};
	config->transports = transport;
	config->transport_count = 1;
	return config;
}

static void test_round_trip(void **state)
{
	struct arena *arena = arena_new(0);
	struct str first = rt_config_write(arena, make_config(arena));
	struct rt_config *back = NULL;
	char err[256] = "";

	(void)state;
	assert_true(first.len > 0 && first.ptr[first.len - 1] == '\n');
	if (rt_config_read(arena, first, &back, err, sizeof(err)))
		fail_msg("%s", err);
	assert_true(str_eq(first, rt_config_write(arena, back)));
	assert_string_equal(back->settings.inet_protocols.words[1], "gr\xfc\xdf");
	assert_int_equal(back->settings.mynetworks.items[4].address[15], 1);
	assert_int_equal(back->settings.mynetworks.items[6].family, AF_INET);
	assert_true(back->services[1].settings->smtpd_helo_required);
	assert_false(back->services[0].settings->smtpd_helo_required);
	assert_string_equal(back->services[1].settings->myhostname, "mail.example.com");
	assert_string_equal(back->services[1].fatal, "no");
	assert_null(back->services[0].fatal);
	assert_true(back->services[0].stages[RT_STAGE_RECIPIENT].insns[1].warn_only);
	assert_int_equal(back->services[0].stages[RT_STAGE_RECIPIENT].origin.line, 12);
	assert_ptr_equal(rt_config_service(back, "submission/inet"), &back->services[1]);
	assert_ptr_equal(rt_config_service(back, NULL), &back->services[0]);
	assert_null(rt_config_service(back, "none/inet"));
	arena_free(arena);
}

/* The text with the first `from` replaced by `to`. */
static struct str replaced(struct arena *arena, struct str text, const char *from,
			   const char *to)
{
	const char *found = strstr(text.ptr, from);

	assert_non_null(found);
	return str_of(arena_printf(arena, "%.*s%s%s", (int)(found - text.ptr), text.ptr,
				   to, found + strlen(from)));
}

static void test_refuses(void **state)
{
	static const struct {
		const char *from;
		const char *to;
		const char *message;
	} cases[] = {
		{"\"format\": 1", "\"format\": 2", "format: 2 is out of range"},
		{"\"format\": 1", "\"format\": \"1\"", "format: must be a whole number"},
		{"\"mcc\": \"1\"", "\"mcc\": null", "mcc: must be text"},
		{"\"mcc\": \"1\",", "", "mcc: is missing"},
		{"\"mcc\": \"1\"", "\"mcc\": \"1\", \"new\": 1", "new: is not known"},
		{"\"message_size_limit\": 10240000", "\"message_size_limit\": true",
		 "settings.message_size_limit: must be a whole number"},
		{"\"smtpd_timeout\": 300", "\"smtpd_timeout\": -1",
		 "settings.smtpd_timeout: -1 is out of range"},
		{"\"smtpd_delay_reject\": true", "\"smtpd_delay_reject\": 1",
		 "settings.smtpd_delay_reject: must be true or false"},
		{"\"kind\": \"word\"", "\"kind\": \"wort\"",
		 "settings.mynetworks.items[0].kind: is not a kind of pattern"},
		{"\"net\": \"192.0.2.0/24\"", "\"net\": \"192.0.2.1/24\"",
		 "settings.mynetworks.items[3].net: is not a network"},
		{"\"net\": \"::1/128\"", "\"net\": \"::1/129\"",
		 "settings.mynetworks.items[4].net: is not a network"},
		{"\"net\": \"::1/128\"", "\"net\": \"::1\"",
		 "settings.mynetworks.items[4].net: must be ADDRESS/BITS"},
		{"\"family\": \"ipv4\"", "\"family\": \"x\"",
		 "settings.mynetworks.items[6].family: must be ipv4 or ipv6"},
		{"\"hex\": \"6772fcdf\"", "\"hex\": \"6772fcd\"",
		 "settings.inet_protocols.words[1]: must be text"},
		{"\"hex\": \"6772fcdf\"", "\"hex\": \"67720000\"",
		 "settings.inet_protocols.words[1]: must be pairs of hexadecimal digits"},
		{"\"path\": \"maps/a.db\"", "\"path\": \"maps/../a.db\"",
		 "maps[1]: path must be maps/NAME"},
		{"\"path\": \"maps/a.db\"", "\"path\": \"/etc/passwd\"",
		 "maps[1]: path must be maps/NAME"},
		{"\"sha256\": \"0", "\"sha256\": \"g",
		 "maps[1]: sha256 must be the digest of the path"},
		{"\"argument\": \"x\",", "",
		 "maps[0]: must have either a path or an argument"},
		{"\"op\": \"reject\"", "\"op\": \"class\", \"class\": 0",
		 "classes[0].program[0].class: refers to a list that is empty"},
		{"\"op\": \"check_client_access\",\n      \"map\": 1",
		 "\"op\": \"check_client_access\",\n      \"map\": 17",
		 "services[0].stages.recipient[1].map: 17 is out of range"},
		{"\"op\": \"permit_mynetworks\"", "\"op\": \"permit_all\"",
		 "services[0].stages.recipient[0].op: is not an instruction"},
		{"\"port\": 25", "\"port\": 65536",
		 "services[0].port: 65536 is out of range"},
		{"\"recipient\": [", "\"recipient\": 1, \"recipients\": [",
		 "services[0].stages.recipients: is not known"},
		{"\"main.cf\",\n    12", "\"main.cf\",\n    0",
		 "settings.inet_protocols.at[1]: 0 is out of range"},
		{"{", "[{}",
		 "not JSON: line 2, column 9: ']' expected near '\"format\"'"},
	};
	struct arena *arena = arena_new(0);
	struct str good = rt_config_write(arena, make_config(arena));

	(void)state;
	for (size_t i = 0; i < array_len(cases); i++) {
		struct rt_config *config = NULL;
		struct str bad = replaced(arena, good, cases[i].from, cases[i].to);
		char err[256] = "";

		assert_int_equal(rt_config_read(arena, bad, &config, err, sizeof(err)),
				 MCC_EFORMAT);
		assert_null(config);
		assert_string_equal(err, cases[i].message);
	}
	arena_free(arena);
}

/* Every prefix, and every byte changed: accepted or refused, never worse. */
static void test_survives_damage(void **state)
{
	struct arena *arena = arena_new(0);
	struct str good = rt_config_write(arena, make_config(arena));
	char *bytes = arena_memdup0(arena, good.ptr, good.len);

	(void)state;
	/* Without its last newline it is whole still. */
	for (size_t i = 0; i + 1 < good.len; i += 17) {
		struct arena *scratch = arena_new(0);
		struct rt_config *config = NULL;
		char err[64];

		assert_int_equal(rt_config_read(scratch, (struct str){bytes, i}, &config,
						err, sizeof(err)),
				 MCC_EFORMAT);
		bytes[i] = (char)(bytes[i] ^ (1 << i % 8));
		if (!rt_config_read(scratch, good, &config, err, sizeof(err)))
			rt_config_write(scratch, config);
		if (!rt_config_read(scratch, (struct str){bytes, good.len}, &config, err,
				    sizeof(err)))
			rt_config_write(scratch, config);
		bytes[i] = good.ptr[i];
		arena_free(scratch);
	}
	arena_free(arena);
}

/* A deep document must not overflow the stack. */
static void test_depth(void **state)
{
	struct arena *arena = arena_new(0);
	enum { DEPTH = 1000000 };
	char *deep = arena_alloc(arena, DEPTH + 1);
	struct rt_config *config = NULL;
	char err[128];

	(void)state;
	memset(deep, '[', DEPTH);
	assert_int_equal(rt_config_read(arena, (struct str){deep, DEPTH}, &config, err,
					sizeof(err)),
			 MCC_EFORMAT);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_survives_damage),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
