/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to a host's TLSA records: addresses (A, then AAAA), then the records
 * below the name that the addresses are at, then, when that is an alias and has
 * none, below the host's own name.
 *
 * Invariant: an answer that is not validated never leads to a policy, and one
 * that failed never leads to "no DANE": else whoever can make answers fail
 * could switch it off.
 */
#include "dnscheck/dane.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "dnscheck/answer.h"
#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

enum { RECORDS_MAX = 32, SHA256_LEN = 32, SHA512_LEN = 64 };

struct dane_job {
	struct dns_closer closer; /* first */
	struct resolver *resolver;
	struct arena *arena;
	dane_callback *callback;
	void *arg;
	const char *host;
	const char *base; /* where the records are looked for now */
	uint16_t port;
	struct dane_record records[RECORDS_MAX];
};

const char *dane_status_name(enum dane_status status)
{
	static const char *const names[] = {"none", "usable", "unusable", "failed"};

	return names[status];
}

static void job_free(struct dns_closer *closer)
{
	struct dane_job *job = (struct dane_job *)closer;

	arena_free(job->arena);
	free(job);
}

static void finish(struct dane_job *job, enum dane_status status, size_t count,
		   const char *detail)
{
	struct dane_policy policy = {.status = status,
				     .records = job->records,
				     .count = count,
				     .base = job->base,
				     .detail = detail};

	dns_closer_remove(&job->closer);
	job->callback(&policy, job->arg);
	job_free(&job->closer);
}

static void fail(struct dane_job *job, const struct dns_answer *a)
{
	finish(job, DANE_FAILED, 0,
	       arena_printf(job->arena, "%s %s: %s%s%s", a->qname,
			    dns_type_name(a->qtype), dns_status_name(a->status),
			    a->detail != NULL ? ": " : "",
			    a->detail != NULL ? a->detail : ""));
}

/* --- records ------------------------------------------------------------ */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Hexadecimal digits, blanks between them. */
static bool read_data(struct arena *arena, struct str text, struct dane_record *out)
{
	uint8_t *data = arena_alloc(arena, text.len / 2 + 1);
	int high = -1, digit;
	size_t i;

	out->len = 0;
	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] == ' ')
			continue;
		digit = hex_digit(text.ptr[i]);
		if (digit < 0)
			return false;
		if (high >= 0)
			data[out->len++] = (uint8_t)(high << 4 | digit);
		high = high < 0 ? digit : -1;
	}
	out->data = data;
	return high < 0 && out->len != 0;
}

static bool read_octet(struct str *rest, unsigned *out)
{
	struct str word;
	uint64_t n;

	if (!str_token(rest, " ", &word) || !str_to_u64(word, &n) || n > UINT8_MAX)
		return false;
	*out = (unsigned)n;
	return true;
}

/* True for a record that SMTP can use; unknown values make it none. */
static bool read_record(struct arena *arena, struct str text, struct dane_record *out)
{
	unsigned usage, selector, matching;

	if (!read_octet(&text, &usage) || !read_octet(&text, &selector) ||
	    !read_octet(&text, &matching) || !read_data(arena, text, out))
		return false;
	out->usage = usage == DANE_TA ? DANE_TA : DANE_EE;
	out->selector = (uint8_t)selector;
	out->matching = (uint8_t)matching;
	return (usage == DANE_TA || usage == DANE_EE) && selector <= 1 && matching <= 2 &&
	       (matching != 1 || out->len == SHA256_LEN) &&
	       (matching != 2 || out->len == SHA512_LEN);
}

static void take_records(struct dane_job *job, const struct dns_answer *a)
{
	size_t i, count = 0;

	for (i = 0; i < a->rr_count && count < RECORDS_MAX; i++) {
		if (read_record(job->arena, a->rrs[i].text, &job->records[count]))
			count++;
	}
	finish(job, count != 0 ? DANE_USABLE : DANE_UNUSABLE, count,
	       count != 0 ? NULL : "no record that SMTP can use (RFC 7672 3.1)");
}

/* --- questions ---------------------------------------------------------- */

static void ask_records(struct dane_job *job);

static void on_records(const struct dns_answer *a, void *arg)
{
	struct dane_job *job = arg;

	if (!dns_status_is_final(a->status)) {
		fail(job, a);
	} else if (a->status == DNS_ANSWER) {
		if (a->authenticated)
			take_records(job, a);
		else
			finish(job, DANE_NONE, 0, "the TLSA records are not validated");
	} else if (strcmp(job->base, job->host) != 0) {
		job->base = job->host;
		ask_records(job);
	} else {
		finish(job, DANE_NONE, 0, "no TLSA records");
	}
}

static void ask_records(struct dane_job *job)
{
	dns_ask(job->resolver,
		arena_printf(job->arena, "_%u._tcp.%s", job->port, job->base), DNS_TLSA,
		on_records, job);
}

static void on_address(const struct dns_answer *a, void *arg)
{
	struct dane_job *job = arg;

	if (!dns_status_is_final(a->status)) {
		fail(job, a);
	} else if (a->status == DNS_ANSWER && a->authenticated) {
		if (a->cname != NULL)
			job->base = arena_strdup(job->arena, a->cname);
		ask_records(job);
	} else if (a->status != DNS_ANSWER && a->qtype == DNS_A) {
		dns_ask(job->resolver, job->host, DNS_AAAA, on_address, job);
	} else {
		finish(job, DANE_NONE, 0,
		       a->status == DNS_ANSWER ? "the host's addresses are not validated"
					       : "the host has no address");
	}
}

void dane_ask(struct resolver *r, const char *host, uint16_t port,
	      dane_callback *callback, void *arg)
{
	struct dane_job *job = dns_alloc(sizeof(*job));
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	job->closer.fn = job_free;
	dns_closer_add(r, &job->closer);
	job->resolver = r;
	job->arena = arena_new(0);
	job->callback = callback;
	job->arg = arg;
	job->port = port;
	job->host = arena_strdup(job->arena, host);
	/* One form of a name, to compare with what aliases lead to. */
	if (dns_name_parse(host, &name)) {
		dns_name_format(&name, text);
		job->host = arena_strdup(job->arena, text);
	}
	job->base = job->host;
	dns_ask(r, job->host, DNS_A, on_address, job);
}
