/* SPDX-License-Identifier: BSD-2-Clause */
/* Recordings: what is written is read back the same; what is torn is refused. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "dnscheck/record.h"
#include "dnscheck/source.h"

static void add(struct recording *rec, const char *name, struct dns_answer *answer,
		bool is_open)
{
	struct dns_name parsed;

	assert_true(dns_name_parse(name, &parsed));
	recording_add(rec, &parsed, answer->qtype, answer, is_open);
}

/* One answer of each kind, with every kind of byte. */
static void fill(struct recording *rec)
{
	static const char odd[] = "a\"b\\c\001\xff\0d";
	struct dns_rr txt = {.type = DNS_TXT, .ttl = 5, .text = {odd, sizeof(odd) - 1}};
	struct dns_rr mx[2] = {
		{.type = DNS_MX, .ttl = 7, .preference = 10, .name = "m.test"},
		{.type = DNS_MX, .ttl = 8, .preference = 20, .name = ""}};
	struct dns_rr srv = {.type = DNS_SRV,
			     .preference = 1,
			     .weight = 2,
			     .port = 3,
			     .name = "s\\.x.test"};
	struct dns_rr v4 = {.type = DNS_A, .address = {192, 0, 2, 1}};
	struct dns_rr v6 = {.type = DNS_AAAA, .address = {0x20, 1, 0xd, 0xb8, [15] = 1}};
	struct dns_answer a = {.qtype = DNS_TXT,
			       .rrs = &txt,
			       .rr_count = 1,
			       .server = "127.0.0.1@53",
			       .elapsed_ms = 12};

	add(rec, "t.test", &a, false);
	a = (struct dns_answer){.qtype = DNS_MX,
				.rrs = mx,
				.rr_count = 2,
				.server = "x",
				.authenticated = true};
	add(rec, "t.test", &a, false);
	a = (struct dns_answer){
		.qtype = DNS_SRV, .rrs = &srv, .rr_count = 1, .server = ""};
	add(rec, "_a._tcp.test", &a, false);
	a = (struct dns_answer){.qtype = DNS_A, .rrs = &v4, .rr_count = 1, .server = ""};
	add(rec, "a\\.b.test", &a, false);
	a = (struct dns_answer){
		.qtype = DNS_AAAA, .rrs = &v6, .rr_count = 1, .server = ""};
	add(rec, "v6.test", &a, false);
	a = (struct dns_answer){.qtype = DNS_A,
				.status = DNS_NODATA,
				.cname = "t.test",
				.server = "",
				.negative_ttl = 9};
	add(rec, "alias.test", &a, true);
	a = (struct dns_answer){.qtype = DNS_A,
				.status = DNS_TIMEOUT,
				.server = "q",
				.detail = "no \"answer\""};
	add(rec, "late.test", &a, false);
}

static struct str saved(struct arena *arena, const char *path)
{
	struct str text;

	assert_int_equal(fs_read_file(arena, -100, path, 1 << 20, &text), 0);
	return text;
}

static void check_txt(const struct dns_answer *a, void *arg)
{
	unsigned *calls = arg;

	++*calls;
	assert_int_equal(a->status, DNS_ANSWER);
	assert_int_equal(a->rr_count, 1);
	assert_int_equal(a->rrs[0].ttl, 5);
	assert_int_equal(a->elapsed_ms, 12);
	assert_string_equal(a->server, "127.0.0.1@53");
	assert_int_equal(a->rrs[0].text.len, 9);
	assert_memory_equal(a->rrs[0].text.ptr, "a\"b\\c\001\xff\0d", 9);
}

static void check_mx(const struct dns_answer *a, void *arg)
{
	unsigned *calls = arg;

	++*calls;
	assert_true(a->authenticated);
	assert_int_equal(a->rr_count, 2);
	assert_int_equal(a->rrs[0].preference, 10);
	assert_string_equal(a->rrs[0].name, "m.test");
	assert_string_equal(a->rrs[1].name, "");
}

static void check_srv(const struct dns_answer *a, void *arg)
{
	unsigned *calls = arg;

	++*calls;
	assert_int_equal(a->rrs[0].weight, 2);
	assert_int_equal(a->rrs[0].port, 3);
	assert_string_equal(a->rrs[0].name, "s\\.x.test");
}

static void check_late(const struct dns_answer *a, void *arg)
{
	unsigned *calls = arg;

	++*calls;
	assert_int_equal(a->status, DNS_TIMEOUT);
	assert_string_equal(a->detail, "no \"answer\"");
}

static void check_unknown(const struct dns_answer *a, void *arg)
{
	unsigned *calls = arg;

	++*calls;
	assert_int_equal(a->status, DNS_UNVERIFIED);
}

static void ask_everything(struct resolver *r)
{
	unsigned calls = 0;

	dns_ask(r, "t.test", DNS_TXT, check_txt, &calls);
	dns_ask(r, "t.test", DNS_MX, check_mx, &calls);
	dns_ask(r, "_A._tcp.test", DNS_SRV, check_srv, &calls);
	dns_ask(r, "late.test", DNS_A, check_late, &calls);
	dns_ask(r, "other.test", DNS_A, check_unknown, &calls);
	/* An alias whose target was never asked for. */
	dns_ask(r, "alias.test", DNS_A, check_unknown, &calls);
	dns_wait_all(r);
	assert_int_equal(calls, 6);
}

static void test_round_trip(void **state)
{
	char dir[] = "/tmp/mcc-record-XXXXXX", path[64], err[256] = "";
	struct arena *arena = arena_new(0);
	struct recording *rec;
	struct resolver *r;
	struct str first;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r", dir);
	rec = recording_new(path);
	fill(rec);
	fill(rec); /* the same questions again: written once */
	assert_int_equal(recording_save(rec, err, sizeof(err)), 0);
	recording_free(rec);
	first = saved(arena, path);
	assert_true(str_ends(first, "\nend 7\n"));
	assert_int_equal(resolver_open_replay(path, &r, err, sizeof(err)), 0);
	/* A replay can be recorded like any source. */
	resolver_set_recording(r, recording_new(path));
	ask_everything(r);
	assert_int_equal(resolver_save_recording(r, err, sizeof(err)), 0);
	resolver_close(r);
	/* Six questions and the target of the alias. */
	assert_true(str_ends(saved(arena, path), "\nend 7\n"));
	unlink(path);
	rmdir(dir);
	arena_free(arena);
}

#define HEAD "mcc-dns-recording 1\n"
#define ASK "ask a.test. A NOERROR negative=0 ad=0 ms=1 server=\"\"\n"

static void test_damage(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} rows[] = {
		{"", "1: not a recording"},
		{"mcc-dns-recording 2\nend 0\n", "1: not a recording"},
		{HEAD, "2: the recording is cut off"},
		{HEAD ASK, "3: the recording is cut off"},
		{HEAD ASK "end 1", "3: the recording is cut off"},
		{HEAD ASK "end 2\n", "3: the number of answers"},
		{HEAD ASK "end 1\nx\n", "3: text after the end"},
		{HEAD ASK ASK "end 2\n", "3: the same question twice"},
		{HEAD "rr 1 A 192.0.2.1\nend 0\n", "2: a record before"},
		{HEAD ASK "rr 1 A 192.0.2\nend 1\n", "3: bad address"},
		{HEAD ASK "rr 1 MX 1 x.\nend 1\n", "3: the record is not of the type"},
		{HEAD ASK "rr x A 192.0.2.1\nend 1\n", "3: number expected"},
		{HEAD ASK "rr 4294967296 A 192.0.2.1\nend 1\n", "3: number expected"},
		{HEAD "ask a..b. A NOERROR\nend 1\n", "2: bad domain name"},
		{HEAD "ask a. QQ NOERROR\nend 1\n", "2: unknown record type"},
		{HEAD "ask a. A GOOD\nend 1\n", "2: unknown status"},
		{HEAD "ask a. A NOERROR x=1\nend 1\n", "2: unknown attribute"},
		{HEAD "ask a. A NOERROR server=\"x\nend 1\n", "2: quoted text without"},
		{HEAD "ask a. A NOERROR server=\"\\25\"\nend 1\n", "2: broken escape"},
		{HEAD "ask a. A NODATA open\nend 1\n", "2: \"open\" without"},
		{HEAD "hello\nend 0\n", "2: \"ask\", \"rr\" or \"end\""},
	};
	char err[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (replay_new(str_of(rows[i].text), err, sizeof(err)) != NULL ||
		    strncmp(err, rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("%s gave: %s", rows[i].text, err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
