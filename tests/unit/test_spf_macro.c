/* SPDX-License-Identifier: BSD-2-Clause */
/* Expansion, against the examples of RFC 7208 7.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/str.h"
#include "dnscheck/spf_macro.h"
#include "grammar/spf.h"

static const uint8_t v4[16] = {192, 0, 2, 3};
static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0xcb};

static struct spf_macro_env env_of(int family)
{
	return (struct spf_macro_env){.local_part = "strong-bad",
				      .sender_domain = "email.example.com",
				      .domain = "email.example.com",
				      .helo = "mx.example.org",
				      .validated = "mx.example.org",
				      .receiver = "unknown",
				      .family = family,
				      .address = family == AF_INET ? v4 : v6,
				      .now = 1234567890};
}

static void expect(struct spf_macro_part part, int family, const char *wanted)
{
	struct spf_macro macro = {&part, 1};
	struct spf_macro_env env = env_of(family);
	struct strbuf out;

	part.kind = SPF_MACRO_LETTER;
	strbuf_init(&out, 4096);
	assert_true(spf_macro_expand(&macro, &env, &out));
	assert_string_equal(out.ptr, wanted);
	strbuf_fini(&out);
}

static void test_letters(void **state)
{
	(void)state;
	expect((struct spf_macro_part){.letter = 's'}, AF_INET,
	       "strong-bad@email.example.com");
	expect((struct spf_macro_part){.letter = 'o'}, AF_INET, "email.example.com");
	expect((struct spf_macro_part){.letter = 'l'}, AF_INET, "strong-bad");
	expect((struct spf_macro_part){.letter = 'i'}, AF_INET, "192.0.2.3");
	expect((struct spf_macro_part){.letter = 'c'}, AF_INET, "192.0.2.3");
	expect((struct spf_macro_part){.letter = 'c'}, AF_INET6, "2001:db8::cb");
	expect((struct spf_macro_part){.letter = 'v'}, AF_INET, "in-addr");
	expect((struct spf_macro_part){.letter = 'v'}, AF_INET6, "ip6");
	expect((struct spf_macro_part){.letter = 'h'}, AF_INET, "mx.example.org");
	expect((struct spf_macro_part){.letter = 'p'}, AF_INET, "mx.example.org");
	expect((struct spf_macro_part){.letter = 'r'}, AF_INET, "unknown");
	expect((struct spf_macro_part){.letter = 't'}, AF_INET, "1234567890");
}

static void test_transformers(void **state)
{
	(void)state;
	expect((struct spf_macro_part){.letter = 'd', .digits = 4}, AF_INET,
	       "email.example.com");
	expect((struct spf_macro_part){.letter = 'd', .digits = 2}, AF_INET,
	       "example.com");
	expect((struct spf_macro_part){.letter = 'd', .digits = 1}, AF_INET, "com");
	expect((struct spf_macro_part){.letter = 'd', .reverse = true}, AF_INET,
	       "com.example.email");
	expect((struct spf_macro_part){.letter = 'd', .digits = 2, .reverse = true},
	       AF_INET, "example.email");
	expect((struct spf_macro_part){.letter = 'l', .delimiters = STR_LIT("-")},
	       AF_INET, "strong.bad");
	expect((struct spf_macro_part){.letter = 'l',
				       .reverse = true,
				       .delimiters = STR_LIT("-")},
	       AF_INET, "bad.strong");
	expect((struct spf_macro_part){.letter = 'l',
				       .digits = 1,
				       .reverse = true,
				       .delimiters = STR_LIT("-")},
	       AF_INET, "strong");
	expect((struct spf_macro_part){.letter = 'i', .reverse = true}, AF_INET,
	       "3.2.0.192");
	expect((struct spf_macro_part){.letter = 'i', .reverse = true}, AF_INET6,
	       "B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2");
	expect((struct spf_macro_part){.letter = 's', .escape = true}, AF_INET,
	       "strong-bad%40email.example.com");
}

/* RFC 8616 4: a local part beyond ASCII makes the term match nothing. */
static void test_non_ascii(void **state)
{
	struct spf_macro_part parts[2] = {{.kind = SPF_MACRO_LETTER, .letter = 'd'},
					  {.kind = SPF_MACRO_LETTER, .letter = 'l'}};
	struct spf_macro macro = {parts, 2};
	struct spf_macro_env env = env_of(AF_INET);
	struct strbuf out;

	(void)state;
	env.local_part = "\xc3\xbc";
	strbuf_init(&out, 4096);
	assert_false(spf_macro_expand(&macro, &env, &out));
	macro.part_count = 1;
	assert_true(spf_macro_expand(&macro, &env, &out));
	assert_true(spf_macro_uses(&macro, 'd'));
	assert_false(spf_macro_uses(&macro, 'l'));
	strbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_transformers),
		cmocka_unit_test(test_non_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
