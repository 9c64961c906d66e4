/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the world delivers a domain's mail (RFC 5321 5.1, RFC 7505). A rule
 * speaks only when the facts it needs are certain; rule_answer() says so where
 * they are not.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "dnscheck/rules.h"
#include "dnscheck/scope.h"

/* DN001 */
static void check_missing(const struct rule_run *run, const struct mail_domain *d,
			  const struct dns_answer *mx)
{
	size_t addresses;

	if (!rule_has_address(run, d->span, d->name, &addresses))
		return;
	if (addresses != 0)
		rule_say_as(run, d, RULE_DN001, DIAG_WARNING,
			    "%s has no MX record: mail goes to the host's own address, "
			    "and nothing says that it takes mail",
			    d->name);
	else
		rule_say(run, d, RULE_DN001,
			 "%s %s no MX record and no address: nobody can send mail to "
			 "this domain, which is in %s",
			 d->name,
			 mx->status == DNS_NXDOMAIN ? "does not exist in the DNS:"
						    : "has",
			 mail_class_parameter(d->mail_class));
}

/* DN002; true: no other rule has anything to say. */
static bool check_null(const struct rule_run *run, const struct mail_domain *d,
		       const struct dns_answer *mx)
{
	size_t i;

	for (i = 0; i < mx->rr_count; i++) {
		if (mx->rrs[i].name[0] == '\0')
			break;
	}
	if (i == mx->rr_count)
		return false;
	if (mx->rr_count > 1)
		rule_say(run, d, RULE_DN002,
			 "%s has a null MX (\".\") together with other MX records: "
			 "senders may refuse to deliver (RFC 7505 3)",
			 d->name);
	else
		rule_say(run, d, RULE_DN002,
			 "%s is in %s, but its null MX (\".\") says that it takes no "
			 "mail: every sender refuses",
			 d->name, mail_class_parameter(d->mail_class));
	return mx->rr_count == 1;
}

/* DN006 */
static bool is_literal(const char *target)
{
	uint8_t address[16];

	return inet_pton(AF_INET, target, address) == 1 || strchr(target, ':') != NULL;
}

struct scopes {
	size_t all;
	size_t loopback;
	size_t unreachable;
	const struct dns_rr *sample; /* one of the unreachable */
};

static void count_scopes(const struct rule_run *run, const struct dns_answer *a,
			 struct scopes *s)
{
	int family = a->qtype == DNS_A ? AF_INET : AF_INET6;
	enum address_scope scope;
	size_t i;

	for (i = 0; i < a->rr_count; i++) {
		scope = address_scope_of(family, a->rrs[i].address);
		s->all++;
		if (scope == SCOPE_LOOPBACK)
			s->loopback++;
		else if (scope == SCOPE_PRIVATE ||
			 (scope == SCOPE_DOCUMENTATION && !run->is_example))
			s->unreachable++;
		else
			continue;
		s->sample = &a->rrs[i];
	}
}

static const char *address_text(struct arena *arena, const struct dns_rr *rr)
{
	char text[INET6_ADDRSTRLEN];

	return arena_strdup(arena, inet_ntop(rr->type == DNS_A ? AF_INET : AF_INET6,
					     rr->address, text, sizeof(text)));
}

/* DN007, DN008 */
static void check_reach(const struct rule_run *run, const struct mail_domain *d,
			const char *target)
{
	const struct dns_answer *a = facts_answer(run->facts, target, DNS_A);
	const struct dns_answer *aaaa = facts_answer(run->facts, target, DNS_AAAA);
	struct scopes s = {.all = 0};

	count_scopes(run, a, &s);
	count_scopes(run, aaaa, &s);
	if (s.loopback != 0 || strcmp(target, "localhost") == 0)
		rule_say(run, d, RULE_DN008,
			 "MX %s of %s leads to the loopback address %s: each sender "
			 "delivers to itself",
			 target, d->name,
			 s.sample != NULL ? address_text(run->arena, s.sample) : "");
	else if (s.unreachable != 0)
		rule_say_as(run, d, RULE_DN007,
			    s.unreachable == s.all ? DIAG_ERROR : DIAG_WARNING,
			    "MX %s of %s has the address %s, which the world cannot "
			    "reach",
			    target, d->name, address_text(run->arena, s.sample));
}

static bool has_other_target(const struct rule_run *run, const struct dns_answer *mx,
			     const char *target)
{
	const struct dns_answer *a, *aaaa;
	size_t i;

	for (i = 0; i < mx->rr_count; i++) {
		if (mx->rrs[i].name[0] == '\0' || strcmp(mx->rrs[i].name, target) == 0)
			continue;
		a = facts_answer(run->facts, mx->rrs[i].name, DNS_A);
		aaaa = facts_answer(run->facts, mx->rrs[i].name, DNS_AAAA);
		if (a->rr_count + aaaa->rr_count != 0)
			return true;
	}
	return false;
}

/* DN004, DN005 */
static void check_target(const struct rule_run *run, const struct mail_domain *d,
			 const struct dns_answer *mx, const char *target)
{
	const struct dns_answer *alias = rule_answer(run, d->span, target, DNS_CNAME);
	size_t count;

	if (alias != NULL && alias->rr_count != 0)
		rule_say(run, d, RULE_DN004,
			 "MX %s of %s is an alias (CNAME) of %s: some senders refuse "
			 "to deliver (RFC 2181 10.3)",
			 target, d->name, alias->rrs[0].name);
	if (!rule_has_address(run, d->span, target, &count))
		return;
	if (count == 0)
		rule_say_as(run, d, RULE_DN005,
			    has_other_target(run, mx, target) ? DIAG_WARNING : DIAG_ERROR,
			    "MX %s of %s has no address: mail cannot be delivered to it",
			    target, d->name);
	check_reach(run, d, target);
}

/* DN009 */
bool rule_mx_is_repeated(const struct dns_answer *mx, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++) {
		if (strcmp(mx->rrs[j].name, mx->rrs[i].name) == 0)
			return true;
	}
	return false;
}

void rules_mx(const struct rule_run *run, const struct mail_domain *d)
{
	const struct dns_answer *mx = rule_answer(run, d->span, d->name, DNS_MX);
	const char *target;
	size_t i;

	if (mx == NULL)
		return;
	if (mx->rr_count == 0) {
		check_missing(run, d, mx);
		return;
	}
	if (check_null(run, d, mx))
		return;
	for (i = 0; i < mx->rr_count; i++) {
		target = mx->rrs[i].name;
		if (target[0] == '\0')
			continue;
		if (rule_mx_is_repeated(mx, i))
			rule_say(run, d, RULE_DN009,
				 "%s names the MX %s more than once: the second one "
				 "is no reserve",
				 d->name, target);
		else if (is_literal(target))
			rule_say(run, d, RULE_DN006,
				 "MX of %s is the address %s instead of a name: "
				 "senders look for a host of that name and find none",
				 d->name, target);
		else
			check_target(run, d, mx, target);
	}
	rules_mx_set(run, d, mx);
}
