/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_host() over a zone file: each limit at the bound and one above it,
 * identities, failures of the DNS, many evaluations at once.
 */
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

#include "dnscheck/resolver.h"
#include "dnscheck/spf.h"

static const char zone_text[] =
	"$ORIGIN x.test.\n"
	"@ SOA ns h 1 2 3 4 5\n"
	"ns A 192.0.2.1\n"
	"ok TXT \"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all\"\n"
	"two TXT \"v=spf1 -all\"\n"
	"two TXT \"v=spf1 +all\"\n"
	"near TXT \"v=spf10 -all\"\n"
	"lim10 TXT \"v=spf1 a:f.x.test a:f.x.test a:f.x.test a:f.x.test a:f.x.test a:f.x.test "
	"a:f.x.test a:f.x.test a:f.x.test a:f.x.test ip4:192.0.2.9 -all\"\n"
	"lim11 TXT \"v=spf1 a:f.x.test a:f.x.test a:f.x.test a:f.x.test a:f.x.test a:f.x.test "
	"a:f.x.test a:f.x.test a:f.x.test a:f.x.test a:f.x.test ip4:192.0.2.9 -all\"\n"
	"f A 203.0.113.1\n"
	"void2 TXT \"v=spf1 a:n1.x.test a:n2.x.test ip4:192.0.2.9 -all\"\n"
	"void3 TXT \"v=spf1 a:n1.x.test a:n2.x.test exists:n3.x.test ip4:192.0.2.9 -all\"\n"
	"mx10 TXT \"v=spf1 mx:many10.x.test -all\"\n"
	"mx11 TXT \"v=spf1 mx:many11.x.test -all\"\n"
	"deleg NS ns.elsewhere.test.\n"
	"temp TXT \"v=spf1 a:q.deleg.x.test -all\"\n"
	"inctemp TXT \"v=spf1 include:temp.x.test +all\"\n"
	"helo TXT \"v=spf1 ip4:192.0.2.9 -all\"\n"
	"alias CNAME ok\n"
	"exp TXT \"v=spf1 -all exp=why.%{d}\"\n"
	"why.exp TXT \"%{i} may not send as %{s}\"\n"
	"nullmx TXT \"v=spf1 mx:null.x.test -all\"\n"
	"null MX 0 .\n"
	"red TXT \"v=spf1 redirect=none.x.test\"\n"
	"xn--mnchen-3ya TXT \"v=spf1 ip4:192.0.2.9 -all\"\n"
	"loc TXT \"v=spf1 exists:%{l}.u.x.test -all\"\n"
	"*.u A 127.0.0.2\n";

struct fixture {
	struct resolver *r;
	char dir[32];
	char path[64];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char err[256];
	FILE *out;
	int i, status;

	snprintf(f->dir, sizeof(f->dir), "/tmp/mcc-spf-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/zone", f->dir);
	out = fopen(f->path, "w");
	assert_non_null(out);
	fputs(zone_text, out);
	for (i = 0; i < 11; i++) {
		fprintf(out, "many11 MX %d h%d\n", i, i);
		if (i < 10)
			fprintf(out, "many10 MX %d h%d\n", i, i);
		fprintf(out, "h%d A 192.0.2.%d\n", i, i);
	}
	fclose(out);
	status = resolver_open_zone(f->path, NULL, &f->r, err, sizeof(err));
	if (status != 0)
		fprintf(stderr, "%s\n", err);
	*state = f;
	return status;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	resolver_close(f->r);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

struct outcome {
	unsigned calls;
	enum spf_result result;
	unsigned lookups;
	unsigned void_lookups;
	char text[256]; /* explanation or problem */
};

static void note(const struct spf_outcome *o, void *arg)
{
	struct outcome *out = arg;
	const char *text = o->explanation != NULL ? o->explanation : o->problem;

	out->calls++;
	out->result = o->result;
	out->lookups = o->lookups;
	out->void_lookups = o->void_lookups;
	snprintf(out->text, sizeof(out->text), "%s", text != NULL ? text : "");
}

static struct outcome check(void **state, const char *ip, const char *from,
			    const char *helo)
{
	const struct fixture *f = *state;
	struct spf_request request = {.family = AF_INET, .sender = from, .helo = helo};
	struct outcome out = {0};

	if (inet_pton(AF_INET, ip, request.address) != 1) {
		request.family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, ip, request.address), 1);
	}
	spf_check(f->r, &request, note, &out);
	assert_int_equal(out.calls, 0);
	dns_wait_all(f->r);
	assert_int_equal(out.calls, 1);
	return out;
}

static void test_results(void **state)
{
	static const struct {
		const char *ip;
		const char *from;
		enum spf_result result;
	} rows[] = {
		{"192.0.2.9", "u@ok.x.test", SPF_PASS},
		{"192.0.3.9", "u@ok.x.test", SPF_FAIL},
		{"2001:db8::1", "u@ok.x.test", SPF_PASS},
		{"2001:db9::1", "u@ok.x.test", SPF_FAIL},
		{"::ffff:192.0.2.9", "u@ok.x.test", SPF_PASS},
		{"192.0.2.9", "u@alias.x.test", SPF_PASS},
		{"192.0.2.9", "@ok.x.test", SPF_PASS},
		{"192.0.2.9", "ok.x.test", SPF_PASS},
		{"192.0.2.9", "a@b@ok.x.test", SPF_PASS},
		{"192.0.2.9", "u@two.x.test", SPF_PERMERROR},
		{"192.0.2.9", "u@near.x.test", SPF_NONE},
		{"192.0.2.9", "u@ns.x.test", SPF_NONE},
		{"192.0.2.9", "u@nothing.x.test", SPF_NONE},
		{"192.0.2.9", "u@[192.0.2.9]", SPF_NONE},
		{"192.0.2.9", "u@test", SPF_NONE},
		{"192.0.2.9", "u@a..x.test", SPF_NONE},
		{"192.0.2.9", "u@ok.other.test", SPF_TEMPERROR},
		{"192.0.2.9", "u@temp.x.test", SPF_TEMPERROR},
		{"192.0.2.9", "u@inctemp.x.test", SPF_TEMPERROR},
		{"192.0.2.9", "u@nullmx.x.test", SPF_FAIL},
		{"192.0.2.9", "u@red.x.test", SPF_PERMERROR},
		{"192.0.2.9", "u@m\xc3\xbcnchen.x.test", SPF_PASS},
		{"192.0.2.9", "a@loc.x.test", SPF_PASS},
		{"192.0.2.9", "\xc3\xbc@loc.x.test", SPF_FAIL},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome out = check(state, rows[i].ip, rows[i].from, "h.x.test");

		if (out.result != rows[i].result)
			fail_msg("%s %s: %s (%s)", rows[i].ip, rows[i].from,
				 spf_result_name(out.result), out.text);
	}
}

static void test_null_sender(void **state)
{
	assert_int_equal(check(state, "192.0.2.9", "", "helo.x.test").result, SPF_PASS);
	assert_int_equal(check(state, "192.0.2.8", "", "helo.x.test").result, SPF_FAIL);
	assert_int_equal(check(state, "192.0.2.9", "", "[192.0.2.9]").result, SPF_NONE);
}

static void test_limits(void **state)
{
	struct outcome out = check(state, "192.0.2.9", "u@lim10.x.test", "h");

	assert_int_equal(out.result, SPF_PASS);
	assert_int_equal(out.lookups, 10);
	assert_int_equal(check(state, "192.0.2.9", "u@lim11.x.test", "h").result,
			 SPF_PERMERROR);
	out = check(state, "192.0.2.9", "u@void2.x.test", "h");
	assert_int_equal(out.result, SPF_PASS);
	assert_int_equal(out.void_lookups, 2);
	assert_int_equal(check(state, "192.0.2.9", "u@void3.x.test", "h").result,
			 SPF_PERMERROR);
	assert_int_equal(check(state, "192.0.2.9", "u@mx10.x.test", "h").result,
			 SPF_PASS);
	assert_int_equal(check(state, "192.0.2.9", "u@mx11.x.test", "h").result,
			 SPF_PERMERROR);
}

static void test_explanation(void **state)
{
	struct outcome out = check(state, "192.0.2.9", "u@exp.x.test", "h");

	assert_int_equal(out.result, SPF_FAIL);
	assert_string_equal(out.text, "192.0.2.9 may not send as u@exp.x.test");
}

static void test_many_at_once(void **state)
{
	const struct fixture *f = *state;
	struct spf_request request = {.family = AF_INET,
				      .address = {192, 0, 2, 9},
				      .sender = "u@lim10.x.test",
				      .helo = "h"};
	struct outcome out = {0};
	int i;

	for (i = 0; i < 2000; i++)
		spf_check(f->r, &request, note, &out);
	dns_wait_all(f->r);
	assert_int_equal(out.calls, 2000);
	assert_int_equal(out.result, SPF_PASS);
}

/* Closed with evaluations at every stage: nothing is called, nothing leaks. */
static void test_closed_early(void **state)
{
	const struct fixture *f = *state;
	struct spf_request request = {.family = AF_INET, .sender = "u@lim10.x.test"};
	struct outcome out[8] = {{0}};
	char err[256];
	struct resolver *r;
	unsigned rounds, i;

	request.helo = "h";
	for (rounds = 0; rounds < 4; rounds++) {
		assert_int_equal(resolver_open_zone(f->path, NULL, &r, err, sizeof(err)),
				 0);
		for (i = 0; i < 8; i++)
			spf_check(r, &request, note, &out[i]);
		for (i = 0; i < rounds; i++)
			dns_process(r);
		resolver_close(r);
		for (i = 0; i < 8; i++)
			assert_int_equal(out[i].calls, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),	     cmocka_unit_test(test_null_sender),
		cmocka_unit_test(test_limits),	     cmocka_unit_test(test_explanation),
		cmocka_unit_test(test_many_at_once), cmocka_unit_test(test_closed_early),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
