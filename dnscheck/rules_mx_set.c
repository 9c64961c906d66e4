/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain's MX records as a whole: whether any of them is this host, whether
 * they fail together, and what is left over from somebody's set-up.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "dnscheck/rules.h"
#include "dnscheck/scope.h"

/* An address is as good as another one of the same network (RFC 2182 3.1). */
enum { NET4_OCTETS = 3, NET6_OCTETS = 6 };

static bool is_own_address(const struct rule_run *run, const struct dns_rr *rr)
{
	int family = rr->type == DNS_A ? AF_INET : AF_INET6;
	const struct own_address *own;
	size_t i;

	for (i = 0; i < facts_address_count(run->facts); i++) {
		own = facts_address(run->facts, i);
		if (own->family == family &&
		    memcmp(own->bytes, rr->address, family == AF_INET ? 4 : 16) == 0)
			return true;
	}
	return false;
}

/* The addresses of all targets, walked once. */
struct walk {
	const struct rule_run *run;
	bool is_certain; /* no question about a target has failed */
	bool has_own;
	bool is_one_net;
	size_t addresses;
	size_t reachable; /* of them */
	const struct dns_rr *first4;
	const struct dns_rr *first6;
};

/* DN007 and DN008 speak of the others. */
static bool is_reachable(const struct rule_run *run, const struct dns_rr *rr)
{
	enum address_scope scope =
		address_scope_of(rr->type == DNS_A ? AF_INET : AF_INET6, rr->address);

	return scope == SCOPE_GLOBAL || (scope == SCOPE_DOCUMENTATION && run->is_example);
}

static void take_answer(struct walk *w, const struct dns_answer *a)
{
	const struct dns_rr **first = a->qtype == DNS_A ? &w->first4 : &w->first6;
	size_t octets = a->qtype == DNS_A ? NET4_OCTETS : NET6_OCTETS, i;

	w->is_certain = w->is_certain && dns_status_is_final(a->status);
	for (i = 0; i < a->rr_count; i++) {
		w->addresses++;
		w->reachable += is_reachable(w->run, &a->rrs[i]) ? 1 : 0;
		w->has_own = w->has_own || is_own_address(w->run, &a->rrs[i]);
		if (*first == NULL)
			*first = &a->rrs[i];
		else if (memcmp((*first)->address, a->rrs[i].address, octets) != 0)
			w->is_one_net = false;
	}
}

static bool has_public_address(const struct rule_run *run)
{
	size_t i;

	for (i = 0; i < facts_address_count(run->facts); i++) {
		if (rule_is_public(run, facts_address(run->facts, i)))
			return true;
	}
	return false;
}

/* DN017, DN019 */
static void check_text(const struct rule_run *run, const struct mail_domain *d,
		       const char *target)
{
	/* Names come in presentation form: what is no host name is escaped. */
	if (strchr(target, '\\') != NULL)
		rule_say(run, d, RULE_DN017,
			 "MX %s of %s is not written in ASCII: senders look for the "
			 "A-labels (xn--...) of a name and do not find it",
			 target, d->name);
	if (str_ends(str_of(target), ".msv1.invalid"))
		rule_say(run, d, RULE_DN019,
			 "MX %s of %s only proved to a provider whose domain it is: it "
			 "can be removed",
			 target, d->name);
}

void rules_mx_set(const struct rule_run *run, const struct mail_domain *d,
		  const struct dns_answer *mx)
{
	struct walk w = {.run = run, .is_certain = true, .is_one_net = true};
	size_t i, hosts = 0;

	for (i = 0; i < mx->rr_count; i++) {
		if (mx->rrs[i].name[0] == '\0' || rule_mx_is_repeated(mx, i))
			continue;
		hosts++;
		check_text(run, d, mx->rrs[i].name);
		take_answer(&w, facts_answer(run->facts, mx->rrs[i].name, DNS_A));
		take_answer(&w, facts_answer(run->facts, mx->rrs[i].name, DNS_AAAA));
	}
	if (!w.is_certain || w.reachable == 0)
		return;
	/* DN011: where mail ends here, some MX has to be this host. */
	if (d->mail_class != CLASS_RELAY && !w.has_own && has_public_address(run))
		rule_say(run, d, RULE_DN011,
			 "no MX of %s has an address of this host, which is to take "
			 "the domain's mail (%s): it goes to %s",
			 d->name, mail_class_parameter(d->mail_class), mx->rrs[0].name);
	if (hosts > 1 && w.is_one_net && w.addresses > 1)
		rule_say(run, d, RULE_DN010,
			 "all %zu MX hosts of %s are in one network: they fail "
			 "together",
			 hosts, d->name);
}
