/* SPDX-License-Identifier: BSD-2-Clause */
/* Domain names: limits at the bound and one above it, escapes, IDNA. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "dnscheck/name.h"

static const char *format(const char *text)
{
	static char out[DNS_NAME_TEXT];
	struct dns_name name;

	if (!dns_name_parse(text, &name))
		return NULL;
	dns_name_format(&name, out);
	return out;
}

static void test_forms(void **state)
{
	(void)state;
	assert_string_equal(format("Example.ORG."), "example.org");
	assert_string_equal(format("example.org"), "example.org");
	assert_string_equal(format("."), "");
	assert_string_equal(format(""), "");
	assert_string_equal(format("a\\.b.c"), "a\\.b.c");
	assert_string_equal(format("a\\032b"), "a\\032b");
	assert_string_equal(format("a b"), "a\\032b");
	assert_string_equal(format("\\065"), "a");
	assert_null(format(".example.org"));
	assert_null(format("a..b"));
	assert_null(format(".."));
	assert_null(format("a\\"));
	assert_null(format("a\\25"));
	assert_null(format("a\\256"));
}

static void test_idna(void **state)
{
	(void)state;
	assert_string_equal(format("m\xc3\xbcnchen.example"), "xn--mnchen-3ya.example");
	assert_string_equal(format("\xe4\xbe\x8b.jp"), "xn--fsq.jp");
	assert_null(format("\xff\xfe.example"));
}

static void test_explained(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{"a.b", ""},
		{".", ""},
		{"a..b", "no domain name: label 2 is empty"},
		{".a", "no domain name: label 1 is empty"},
		{"a.b..", "no domain name: label 3 is empty"},
		{"a.b\\25", "no domain name: a broken escape in label 2"},
		{"a.\xff", "no domain name: from byte 3 on it is no internationalised "
			   "name (UTF-8, RFC 5891)"},
	};
	char out[128], text[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dns_name_explain(rows[i].text, out, sizeof(out));
		assert_string_equal(out, rows[i].why);
	}
	memset(text, 'a', sizeof(text));
	text[64] = '\0';
	dns_name_explain(text, out, sizeof(out));
	assert_string_equal(out, "no domain name: label 1 has 64 octets, 63 are allowed");
	text[64] = 'a';
	for (i = 1; i < sizeof(text); i += 2)
		text[i] = '.';
	text[257] = '\0';
	dns_name_explain(text, out, sizeof(out));
	assert_string_equal(out, "no domain name: longer than 255 octets");
}

static void test_label_limit(void **state)
{
	char text[80];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[63] = '\0';
	assert_non_null(format(text));
	text[63] = 'a';
	text[64] = '\0';
	assert_null(format(text));
}

static void test_name_limit(void **state)
{
	char text[300];
	struct dns_name name;
	size_t i;

	(void)state;
	/* 127 labels of one octet: 254 octets and the root label. */
	for (i = 0; i < 127; i++)
		memcpy(text + 2 * i, "a.", 2);
	text[253] = '\0';
	assert_true(dns_name_parse(text, &name));
	assert_int_equal(name.len, 255);
	assert_int_equal(dns_name_labels(&name), 127);
	memcpy(text + 253, ".b", 3);
	assert_false(dns_name_parse(text, &name));
	memcpy(text + 252, "bb", 3);
	assert_false(dns_name_parse(text, &name));
}

/* Every byte value survives the way through text. */
static void test_every_byte(void **state)
{
	uint8_t wire[4] = {1, 0, 0, 0};
	char text[DNS_NAME_TEXT];
	struct dns_name name, again;
	unsigned c;

	(void)state;
	for (c = 0; c < 256; c++) {
		wire[1] = (uint8_t)c;
		assert_true(dns_name_of_wire(wire, 3, &name));
		dns_name_format(&name, text);
		assert_true(dns_name_parse(text, &again));
		assert_true(dns_name_equal(&name, &again));
	}
}

static void test_of_wire(void **state)
{
	struct dns_name name;

	(void)state;
	assert_true(dns_name_of_wire((const uint8_t *)"\1A\0", 3, &name));
	assert_memory_equal(name.wire, "\1a\0", 3);
	assert_false(dns_name_of_wire((const uint8_t *)"\1a\0x", 4, &name));
	assert_false(dns_name_of_wire((const uint8_t *)"\2a\0", 3, &name));
	assert_false(dns_name_of_wire((const uint8_t *)"\xc0\x0c", 2, &name));
	assert_false(dns_name_of_wire((const uint8_t *)"", 0, &name));
}

static void test_reverse(void **state)
{
	static const uint8_t v4[4] = {192, 0, 2, 25};
	static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x2a};
	char text[DNS_NAME_TEXT];
	struct dns_name name;

	(void)state;
	dns_name_reverse(AF_INET, v4, &name);
	dns_name_format(&name, text);
	assert_string_equal(text, "25.2.0.192.in-addr.arpa");
	dns_name_reverse(AF_INET6, v6, &name);
	dns_name_format(&name, text);
	assert_string_equal(text, "a.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
				  "8.b.d.0.1.0.0.2.ip6.arpa");
}

static void test_under(void **state)
{
	struct dns_name a, b, up;

	(void)state;
	assert_true(dns_name_parse("x.example.org", &a));
	assert_true(dns_name_parse("example.org", &b));
	assert_true(dns_name_is_under(&a, &b));
	assert_true(dns_name_is_under(&b, &b));
	assert_false(dns_name_is_under(&b, &a));
	assert_true(dns_name_parse("xexample.org", &a));
	assert_false(dns_name_is_under(&a, &b));
	assert_true(dns_name_parent(&b, &up));
	assert_true(dns_name_parent(&up, &up));
	assert_int_equal(up.len, 1);
	assert_false(dns_name_parent(&up, &up));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	   cmocka_unit_test(test_idna),
		cmocka_unit_test(test_explained),  cmocka_unit_test(test_label_limit),
		cmocka_unit_test(test_name_limit), cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_of_wire),	   cmocka_unit_test(test_reverse),
		cmocka_unit_test(test_under),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
