/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front over a source that answers when it is told to: joining, caching,
 * deferring, chains, the bound on questions under way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dnscheck/source.h"

enum { QUESTIONS = 4096 };

struct fake {
	struct dns_source source;
	struct dns_question *under_way[QUESTIONS];
	size_t count; /* under way */
	size_t asked; /* ever */
	bool at_once; /* answers from inside start() */
	bool *closed;
};

/* aN.test is an alias of a(N+1).test; loop.test of itself; others have an A. */
static void answer(struct dns_question *q)
{
	char name[DNS_NAME_TEXT], target[DNS_NAME_TEXT];
	struct dns_rr rr = {.type = q->type, .ttl = 60};
	struct dns_answer a = {
		.status = DNS_ANSWER, .rrs = &rr, .rr_count = 1, .server = "fake"};
	int n;

	dns_name_format(&q->name, name);
	if (sscanf(name, "a%d.test", &n) == 1 && n < 100)
		snprintf(target, sizeof(target), "a%d.test", n + 1);
	else
		snprintf(target, sizeof(target), "%s", name);
	if (strcmp(target, name) == 0 && strcmp(name, "loop.test") != 0) {
		rr.ttl = strncmp(name, "zero", 4) == 0 ? 0 : 60;
		dns_question_done(q, &a, false);
		return;
	}
	a = (struct dns_answer){
		.status = DNS_NODATA, .cname = target, .negative_ttl = 60};
	dns_question_done(q, &a, true);
}

static void fake_start(struct dns_source *source, struct dns_question *q)
{
	struct fake *f = (struct fake *)source;

	f->asked++;
	if (f->at_once) {
		answer(q);
		return;
	}
	assert_true(f->count < QUESTIONS);
	f->under_way[f->count++] = q;
}

static void fake_close(struct dns_source *source)
{
	free(source);
}

static const struct dns_source_ops fake_ops = {.start = fake_start, .close = fake_close};

static struct fake *fake_new(bool at_once)
{
	struct fake *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->source.ops = &fake_ops;
	f->at_once = at_once;
	return f;
}

static void answer_all(struct fake *f)
{
	while (f->count != 0)
		answer(f->under_way[--f->count]);
}

struct seen {
	unsigned calls;
	enum dns_status status;
	char cname[DNS_NAME_TEXT];
	char server[32];
};

static void note(const struct dns_answer *a, void *arg)
{
	struct seen *seen = arg;

	seen->calls++;
	seen->status = a->status;
	snprintf(seen->cname, sizeof(seen->cname), "%s",
		 a->cname != NULL ? a->cname : "-");
	snprintf(seen->server, sizeof(seen->server), "%s", a->server);
}

static void test_join_and_cache(void **state)
{
	struct fake *f = fake_new(false);
	struct resolver *r = resolver_new(&f->source, NULL);
	struct seen a = {0}, b = {0}, c = {0};

	(void)state;
	dns_ask(r, "X.test.", DNS_A, note, &a);
	dns_ask(r, "x.test", DNS_A, note, &b);
	dns_ask(r, "x.test", DNS_AAAA, note, &c);
	assert_int_equal(f->asked, 2);
	assert_int_equal(dns_pending(r), 3);
	answer_all(f);
	assert_int_equal(a.calls + b.calls + c.calls, 0); /* deferred */
	assert_int_equal(dns_timeout(r), 0);
	dns_process(r);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_int_equal(c.calls, 1);
	assert_int_equal(dns_pending(r), 0);
	assert_string_equal(a.server, "fake");
	dns_ask(r, "x.test", DNS_A, note, &a);
	assert_int_equal(a.calls, 1);
	dns_wait_all(r);
	assert_int_equal(a.calls, 2);
	assert_int_equal(f->asked, 2);
	assert_string_equal(a.server, "");
	resolver_close(r);
}

static void test_bad_name(void **state)
{
	struct fake *f = fake_new(true);
	struct resolver *r = resolver_new(&f->source, NULL);
	struct seen a = {0};

	(void)state;
	dns_ask(r, "a..b", DNS_A, note, &a);
	assert_int_equal(a.calls, 0);
	dns_wait_all(r);
	assert_int_equal(a.status, DNS_BAD_NAME);
	assert_int_equal(f->asked, 0);
	resolver_close(r);
}

static void test_chains(void **state)
{
	struct fake *f = fake_new(true);
	struct resolver *r = resolver_new(&f->source, NULL);
	struct seen good = {0}, long_one = {0}, loop = {0};

	(void)state;
	dns_ask(r, "a88.test", DNS_A, note, &good); /* 12 links */
	dns_wait_all(r);
	assert_int_equal(good.status, DNS_ANSWER);
	assert_string_equal(good.cname, "a100.test");
	dns_ask(r, "a86.test", DNS_AAAA, note, &long_one);
	dns_ask(r, "loop.test", DNS_A, note, &loop);
	dns_wait_all(r);
	assert_int_equal(long_one.status, DNS_SERVFAIL);
	assert_int_equal(loop.status, DNS_SERVFAIL);
	resolver_close(r);
}

/* Two names that lead to each other, both under way, must both end. */
static void test_mutual(void **state)
{
	struct fake *f = fake_new(false);
	struct resolver *r = resolver_new(&f->source, NULL);
	struct seen a = {0}, b = {0};

	(void)state;
	dns_ask(r, "a98.test", DNS_A, note, &a);
	dns_ask(r, "a99.test", DNS_A, note, &b);
	while (f->count != 0)
		answer(f->under_way[--f->count]);
	dns_process(r);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_int_equal(a.status, DNS_ANSWER);
	resolver_close(r);
}

static void test_bounds(void **state)
{
	struct resolver_options o = {.max_in_flight = 7, .cache_entries = 5};
	struct fake *f = fake_new(false);
	struct resolver *r = resolver_new(&f->source, &o);
	struct seen all = {0}, again = {0};
	char name[32];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		dns_ask(r, name, DNS_A, note, &all);
	}
	assert_int_equal(f->asked, 7);
	while (f->count != 0) {
		assert_true(f->count <= 7);
		answer(f->under_way[--f->count]);
		dns_process(r);
	}
	assert_int_equal(all.calls, 100);
	assert_int_equal(f->asked, 100);
	/* The newest five are known, older ones are asked anew. */
	f->at_once = true;
	for (i = 99; i >= 95; i--) {
		snprintf(name, sizeof(name), "n%d.test", i);
		dns_ask(r, name, DNS_A, note, &again);
	}
	dns_wait_all(r);
	assert_true(f->asked <= 105);
	i = (int)f->asked;
	dns_ask(r, "n3.test", DNS_A, note, &again);
	dns_wait_all(r);
	assert_int_equal(f->asked, i + 1);
	resolver_close(r);
}

static void test_zero_ttl(void **state)
{
	struct fake *f = fake_new(true);
	struct resolver *r = resolver_new(&f->source, NULL);
	struct seen a = {0};

	(void)state;
	dns_ask(r, "zero.test", DNS_A, note, &a);
	dns_wait_all(r);
	dns_ask(r, "zero.test", DNS_A, note, &a);
	dns_wait_all(r);
	assert_int_equal(a.calls, 2);
	assert_int_equal(f->asked, 2);
	resolver_close(r);
}

struct asker {
	struct resolver *r;
	int left;
};

static void ask_on(const struct dns_answer *a, void *arg)
{
	struct asker *asker = arg;
	char name[32];

	(void)a;
	if (asker->left-- == 0)
		return;
	snprintf(name, sizeof(name), "m%d.test", asker->left % 50);
	dns_ask(asker->r, name, DNS_A, ask_on, asker);
}

/* A callback asks; with a tiny cache its own answer is evicted meanwhile. */
static void test_ask_from_callback(void **state)
{
	struct resolver_options o = {.cache_entries = 1};
	struct fake *f = fake_new(true);
	struct asker asker = {.r = resolver_new(&f->source, &o), .left = 1000};

	(void)state;
	dns_ask(asker.r, "start.test", DNS_A, ask_on, &asker);
	dns_wait_all(asker.r);
	assert_int_equal(asker.left, -1);
	resolver_close(asker.r);
}

static void test_close_with_pending(void **state)
{
	struct fake *f = fake_new(false);
	struct resolver *r = resolver_new(&f->source, NULL);
	struct seen a = {0};

	(void)state;
	dns_ask(r, "x.test", DNS_A, note, &a);
	dns_ask(r, "y.test", DNS_A, note, &a);
	answer(f->under_way[--f->count]);
	resolver_close(r);
	assert_int_equal(a.calls, 0);
	resolver_close(NULL);
}

static void test_parse_server(void **state)
{
	static const char *const good[] = {"127.0.0.1",	    "127.0.0.1@5353", "::1",
					   "::1@53",	    "[::1]:5353",     "[::1]",
					   "[192.0.2.1]:53"};
	static const char *const bad[] = {
		"",	  "localhost",	     "127.0.0.1@", "127.0.0.1@0",
		"1.2.3",  "127.0.0.1@65536", "[::1",	   "[::1]5353",
		"[::1]:", "127.0.0.1@x",     "@53"};
	struct sockaddr_storage addr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(resolver_parse_server(good[i], &addr));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(resolver_parse_server(bad[i], &addr));
}

/* Nothing is guessed where no resolver is named. */
static void test_resolv_conf(void **state)
{
	static const struct {
		const char *text; /* NULL: there is no file */
		const char *problem;
	} rows[] = {
		{NULL, ": no such file or directory: no resolver is known"},
		{"", ": no usable \"nameserver\" line"},
		{"# nameserver 192.0.2.1\nsearch a.test\n",
		 ": no usable \"nameserver\" line"},
		{"nameserver none\n", ": no usable \"nameserver\" line"},
		{"nameserver none\nnameserver 192.0.2.1\n", NULL},
		{"options timeout:1 attempts:x\nnameserver ::1\n", NULL},
	};
	char path[] = "/tmp/mcc-resolv-XXXXXX", err[256];
	struct resolver_options o = {.resolv_conf = path};
	struct resolver *r = NULL;
	int fd = mkstemp(path);
	size_t i;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *f = rows[i].text == NULL ? NULL : fopen(path, "w");

		if (f == NULL) {
			unlink(path);
		} else {
			fputs(rows[i].text, f);
			fclose(f);
		}
		if (resolver_open_live(&o, &r, err, sizeof(err)) == 0) {
			assert_null(rows[i].problem);
			resolver_close(r);
			continue;
		}
		assert_non_null(rows[i].problem);
		assert_memory_equal(err, path, strlen(path));
		assert_string_equal(err + strlen(path), rows[i].problem);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join_and_cache),
		cmocka_unit_test(test_bad_name),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_mutual),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_zero_ttl),
		cmocka_unit_test(test_ask_from_callback),
		cmocka_unit_test(test_close_with_pending),
		cmocka_unit_test(test_parse_server),
		cmocka_unit_test(test_resolv_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
