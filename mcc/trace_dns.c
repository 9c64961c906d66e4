/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evaluator's questions to a resolver: servers, a zone file, a recording.
 * Each question waits for its answer; the resolver remembers answers, so a
 * name costs time once. What the source cannot tell is assumed, and marked.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "dnscheck/resolver.h"
#include "mcc/trace.h"

static const char *text_of(struct arena *arena, const struct dns_rr *rr)
{
	char address[INET6_ADDRSTRLEN] = "";

	switch ((int)rr->type) {
	case DNS_A:
		(void)inet_ntop(AF_INET, rr->address, address, sizeof(address));
		return arena_strdup(arena, address);
	case DNS_AAAA:
		(void)inet_ntop(AF_INET6, rr->address, address, sizeof(address));
		return arena_strdup(arena, address);
	case DNS_MX:
		return arena_printf(arena, "%u %s", rr->preference,
				    *rr->name ? rr->name : ".");
	case DNS_NS:
	case DNS_PTR:
		return arena_strdup(arena, rr->name);
	default:
		return str_dup0(arena, rr->text);
	}
}

static enum policy_answer_status status_of(enum dns_status status)
{
	switch (status) {
	case DNS_ANSWER:
		return POLICY_ANSWER_FOUND;
	case DNS_NODATA:
		return POLICY_ANSWER_NODATA;
	case DNS_NXDOMAIN:
	case DNS_BAD_NAME:
	case DNS_UNVERIFIED:
		return POLICY_ANSWER_NXDOMAIN;
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
	case DNS_LAME:
	case DNS_BOGUS:
		break;
	}
	return POLICY_ANSWER_FAIL;
}

/* One question under way. */
struct question {
	struct arena *arena;
	struct policy_answer *answer;
};

static void take_answer(const struct dns_answer *found, void *arg)
{
	const struct question *q = arg;
	const char **values = arena_array(q->arena, found->rr_count + 1, sizeof(*values));

	q->answer->status = status_of(found->status);
	q->answer->is_assumed = found->status == DNS_UNVERIFIED;
	for (size_t i = 0; i < found->rr_count; i++)
		values[i] = text_of(q->arena, &found->rrs[i]);
	q->answer->values = values;
	q->answer->value_count = found->rr_count;
}

static const struct policy_answer *ask_resolver(void *state, const char *name,
						const char *type)
{
	const struct trace_dns *dns = state;
	struct question q = {dns->arena, arena_alloc(dns->arena, sizeof(*q.answer))};
	enum dns_type qtype;

	q.answer->status = POLICY_ANSWER_FAIL;
	if (!dns_type_parse(type, &qtype))
		return q.answer;
	dns_ask(dns->resolver, name, qtype, take_answer, &q);
	dns_wait_all(dns->resolver);
	if (q.answer->is_assumed && dns->assume_found)
		return trace_answer_assumed(type);
	return q.answer;
}

struct policy_answers trace_dns_source(struct trace_dns *dns)
{
	return (struct policy_answers){ask_resolver, dns};
}
