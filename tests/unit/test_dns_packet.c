/* SPDX-License-Identifier: BSD-2-Clause */
/* Responses byte by byte: what counts, what is dropped, what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "dnscheck/packet.h"

enum { WIRE_MAX = 4096, FLAG_AA = 0x04, FLAG_RA = 0x80 };

struct message {
	uint8_t wire[WIRE_MAX];
	size_t len;
};

static void put(struct message *m, const void *data, size_t len)
{
	assert_true(m->len + len <= WIRE_MAX);
	memcpy(m->wire + m->len, data, len);
	m->len += len;
}

static void put_u16(struct message *m, unsigned value)
{
	const uint8_t two[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(m, two, 2);
}

static void put_name(struct message *m, const char *text)
{
	struct dns_name name;

	assert_true(dns_name_parse(text, &name));
	put(m, name.wire, name.len);
}

/* A response to `name` `type` with nothing in it yet. */
static void begin(struct message *m, const char *name, enum dns_type type, unsigned rcode)
{
	m->len = 0;
	put_u16(m, 0x1234);
	put_u16(m, 0x8180 | rcode);
	put_u16(m, 1);
	put_u16(m, 0);
	put_u16(m, 0);
	put_u16(m, 0);
	put_name(m, name);
	put_u16(m, type);
	put_u16(m, 1);
}

static void put_rr(struct message *m, unsigned section, const char *owner, unsigned type,
		   const void *data, size_t len)
{
	put_name(m, owner);
	put_u16(m, type);
	put_u16(m, 1);
	put_u16(m, 0);
	put_u16(m, 300);
	put_u16(m, (unsigned)len);
	put(m, data, len);
	m->wire[6 + 2 * section + 1]++;
}

static void put_alias(struct message *m, const char *owner, const char *target)
{
	struct dns_name name;

	assert_true(dns_name_parse(target, &name));
	put_rr(m, 0, owner, DNS_CNAME, name.wire, name.len);
}

static bool read_it(struct arena *arena, const struct message *m, const char *name,
		    enum dns_type type, struct packet_reply *out)
{
	struct dns_name parsed;

	assert_true(dns_name_parse(name, &parsed));
	return packet_read_reply(arena, m->wire, m->len, &parsed, type, out);
}

static void put_soa(struct message *m)
{
	static const uint8_t soa[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0,
				      0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 60};

	put_rr(m, 1, "example.org", DNS_SOA, soa, sizeof(soa));
}

static void test_query(void **state)
{
	uint8_t plain[PACKET_QUERY_MAX], cased[PACKET_QUERY_MAX], bits[32];
	struct dns_name name;
	struct packet_query q = {.name = &name, .type = DNS_MX, .id = 0xabcd};
	size_t len;

	(void)state;
	assert_true(dns_name_parse("a-1.example", &name));
	len = packet_write_query(&q, plain);
	assert_int_equal(len, 12 + name.len + 4);
	assert_memory_equal(
		plain, "\xab\xcd\x01\x20\0\1\0\0\0\0\0\0\3a-1\7example\0\0\x0f\0\1", len);
	memset(bits, 0xff, sizeof(bits));
	q.case_bits = bits;
	q.edns = true;
	len = packet_write_query(&q, cased);
	assert_int_equal(len, 12 + name.len + 4 + 11);
	assert_memory_equal(cased + 12, "\3A-1\7EXAMPLE\0\0\x0f\0\1", name.len + 4);
	assert_memory_equal(cased + 12 + name.len + 4, "\0\0\x29\x04\xd0\0\0\0\0\0\0",
			    11);
}

static void test_is_reply(void **state)
{
	uint8_t query[PACKET_QUERY_MAX];
	struct dns_name name;
	struct packet_query q = {.name = &name, .type = DNS_A, .id = 0x1234};
	struct message m, other;
	bool case_only;

	(void)state;
	assert_true(dns_name_parse("example.org", &name));
	(void)packet_write_query(&q, query);
	begin(&m, "example.org", DNS_A, 0);
	assert_true(packet_is_reply(m.wire, m.len, query, &case_only));
	other = m;
	other.wire[13] = 'E';
	assert_false(packet_is_reply(other.wire, other.len, query, &case_only));
	assert_true(case_only);
	other = m;
	other.wire[1] ^= 1; /* id */
	assert_false(packet_is_reply(other.wire, other.len, query, &case_only));
	assert_false(case_only);
	other = m;
	other.wire[2] = 0x01; /* a query */
	assert_false(packet_is_reply(other.wire, other.len, query, &case_only));
	other = m;
	other.wire[5] = 2; /* two questions */
	assert_false(packet_is_reply(other.wire, other.len, query, &case_only));
	assert_false(packet_is_reply(m.wire, m.len - 1, query, &case_only));
	begin(&other, "example.org", DNS_MX, 0);
	assert_false(packet_is_reply(other.wire, other.len, query, &case_only));
	assert_false(case_only);
	begin(&other, "example.net", DNS_A, 0);
	assert_false(packet_is_reply(other.wire, other.len, query, &case_only));
	assert_false(case_only);
}

/* Records that no chain from the question leads to do not count. */
static void test_strange_owner(void **state)
{
	struct arena *arena = arena_new(0);
	struct packet_reply r;
	struct message m;

	(void)state;
	begin(&m, "example.org", DNS_A, 0);
	put_rr(&m, 0, "evil.example", DNS_A, "\1\2\3\4", 4);
	assert_true(read_it(arena, &m, "example.org", DNS_A, &r));
	assert_int_equal(r.answer.status, DNS_NODATA);
	assert_int_equal(r.answer.rr_count, 0);
	put_rr(&m, 0, "EXAMPLE.org", DNS_A, "\5\6\7\x8", 4);
	assert_true(read_it(arena, &m, "example.org", DNS_A, &r));
	assert_int_equal(r.answer.status, DNS_ANSWER);
	assert_int_equal(r.answer.rr_count, 1);
	assert_memory_equal(r.answer.rrs[0].address, "\5\6\7\x8", 4);
	arena_free(arena);
}

static void test_chain(void **state)
{
	struct arena *arena = arena_new(0);
	struct packet_reply r;
	struct message m;

	(void)state;
	begin(&m, "a.example", DNS_A, 0);
	put_rr(&m, 0, "c.example", DNS_A, "\1\2\3\4", 4);
	put_alias(&m, "b.example", "c.example");
	put_alias(&m, "a.example", "b.example");
	assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
	assert_int_equal(r.answer.rr_count, 1);
	assert_string_equal(r.answer.cname, "c.example");
	assert_false(r.is_open);
	begin(&m, "a.example", DNS_A, 0);
	put_alias(&m, "a.example", "b.example");
	assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
	assert_true(r.is_open);
	assert_string_equal(r.answer.cname, "b.example");
	put_soa(&m); /* the server knows that there is no more */
	assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
	assert_false(r.is_open);
	assert_int_equal(r.answer.status, DNS_NODATA);
	assert_int_equal(r.answer.negative_ttl, 60);
	begin(&m, "a.example", DNS_A, 0);
	put_alias(&m, "a.example", "b.example");
	put_alias(&m, "b.example", "a.example");
	assert_false(read_it(arena, &m, "a.example", DNS_A, &r));
	arena_free(arena);
}

static enum dns_status status_of(struct arena *arena, unsigned rcode)
{
	struct packet_reply r;
	struct message m;

	begin(&m, "a.example", DNS_A, rcode);
	assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
	return r.answer.status;
}

static void test_statuses(void **state)
{
	struct arena *arena = arena_new(0);
	struct packet_reply r;
	struct message m;

	(void)state;
	assert_int_equal(status_of(arena, 0), DNS_NODATA);
	assert_int_equal(status_of(arena, 1), DNS_SERVFAIL);
	assert_int_equal(status_of(arena, 2), DNS_SERVFAIL);
	assert_int_equal(status_of(arena, 3), DNS_NXDOMAIN);
	assert_int_equal(status_of(arena, 5), DNS_REFUSED);
	assert_int_equal(status_of(arena, 9), DNS_LAME);
	/* A referral: no answer, no RA, name servers elsewhere. */
	begin(&m, "a.example", DNS_A, 0);
	m.wire[3] = 0;
	put_rr(&m, 1, "example", DNS_NS, "\2ns\0", 4);
	assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
	assert_int_equal(r.answer.status, DNS_LAME);
	m.wire[2] |= FLAG_AA;
	assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
	assert_int_equal(r.answer.status, DNS_NODATA);
	m.wire[2] &= (uint8_t)~FLAG_AA;
	m.wire[3] = FLAG_RA;
	assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
	assert_int_equal(r.answer.status, DNS_NODATA);
	arena_free(arena);
}

static void test_extended_errors(void **state)
{
	struct arena *arena = arena_new(0);
	struct packet_reply r;
	struct message m;
	unsigned code;

	(void)state;
	for (code = 0; code < 20; code++) {
		const uint8_t option[] = {0, 15, 0, 2, 0, (uint8_t)code};

		begin(&m, "a.example", DNS_A, 2);
		put(&m, "\0\0\x29\x04\xd0\0\0\0\0\0\6", 11);
		put(&m, option, sizeof(option));
		m.wire[11] = 1;
		assert_true(read_it(arena, &m, "a.example", DNS_A, &r));
		assert_int_equal(r.answer.status,
				 code >= 6 && code <= 12 ? DNS_BOGUS : DNS_SERVFAIL);
	}
	arena_free(arena);
}

/* RFC 1035 4.1.4: pointers that go round, or nowhere. */
static void test_compression(void **state)
{
	static const char *const names[] = {"\xc0\x1b", "\xc0\xff", "\xff\xff", "\x40",
					    "\x80"};
	struct arena *arena = arena_new(0);
	struct packet_reply r;
	struct message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin(&m, "a.example", DNS_A, 0);
		assert_int_equal(m.len, 0x1b);
		put(&m, names[i], strlen(names[i]));
		put(&m, "\0\1\0\1\0\0\0\1\0\4\1\2\3\4", 14);
		m.wire[7] = 1;
		assert_false(read_it(arena, &m, "a.example", DNS_A, &r));
	}
	arena_free(arena);
}

/* Cut anywhere, a message is malformed or says less, but never more. */
static void test_cut(void **state)
{
	struct arena *arena = arena_new(0);
	struct packet_reply r;
	struct message m, cut;

	(void)state;
	begin(&m, "example.org", DNS_MX, 0);
	put_rr(&m, 0, "example.org", DNS_MX, "\0\12\4mail\7example\3org\0", 20);
	put_rr(&m, 0, "example.org", DNS_MX, "\0\24\0", 3);
	assert_true(read_it(arena, &m, "example.org", DNS_MX, &r));
	assert_int_equal(r.answer.rr_count, 2);
	assert_int_equal(r.answer.rrs[0].preference, 10);
	assert_string_equal(r.answer.rrs[0].name, "mail.example.org");
	assert_string_equal(r.answer.rrs[1].name, "");
	for (cut = m; cut.len > 0;) {
		cut.len--;
		assert_false(read_it(arena, &cut, "example.org", DNS_MX, &r));
	}
	arena_free(arena);
}

static void test_txt_joined(void **state)
{
	struct arena *arena = arena_new(0);
	struct packet_reply r;
	struct message m;

	(void)state;
	begin(&m, "a.example", DNS_TXT, 0);
	put_rr(&m, 0, "a.example", DNS_TXT, "\3v=s\0\3pf1", 9);
	assert_true(read_it(arena, &m, "a.example", DNS_TXT, &r));
	assert_int_equal(r.answer.rrs[0].text.len, 6);
	assert_string_equal(r.answer.rrs[0].text.ptr, "v=spf1");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_is_reply),
		cmocka_unit_test(test_strange_owner),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_extended_errors),
		cmocka_unit_test(test_compression),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_txt_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
