/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathering. Each question is one `fact` with a set of wishes: what is to be
 * asked next once its answer is there. A wish that comes after the answer is
 * granted at once, so the order of answers never matters. What third parties'
 * records can make us ask is bounded.
 */
#include "dnscheck/facts.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "dnscheck/name.h"
#include "grammar/spf.h"

enum {
	WISH_TARGETS = 1, /* MX: the targets' addresses and aliases */
	WISH_OWN = 2,	  /* A, AAAA: our addresses */
	WISH_NAMES = 4,	  /* PTR: the names' addresses */
	WISH_SPF = 8,	  /* TXT: what the record's terms lead to */
	WISH_HOP = 16,	  /* A, AAAA: may myorigin's mail come from there */
	WISH_HOPS = 32,	  /* MX: the targets are such */
	HOP_MAX = 16,	  /* addresses that are looked at for each name */
	ADDRESS_MAX = 16,
	/* Names that SPF records may lead to, for each of our domains. */
	SPF_NAMES_PER_DOMAIN = 64
};

struct fact {
	struct dns_facts *facts;
	const char *name;
	enum dns_type type;
	unsigned wishes;
	struct dns_answer *answer; /* NULL: under way */
};

struct spf_job {
	struct dns_facts *facts;
	struct spf_fact result;
};

struct dns_facts {
	struct arena *arena;
	struct resolver *resolver;
	const struct dns_subject *subject;
	struct strmap *by_question;
	struct strmap *spf_by_key;
	struct own_address addresses[ADDRESS_MAX];
	size_t address_count;
	unsigned own_pending; /* answers that may still add addresses */
	size_t spf_names_left;
	size_t certain; /* answers that came from the DNS and say what there is */
	size_t uncertain;
};

static void ask(struct dns_facts *f, const char *name, enum dns_type type,
		unsigned wishes);

/* --- keys and copies ---------------------------------------------------- */

static struct str key_of(struct arena *arena, const char *name, enum dns_type type)
{
	struct dns_name parsed;
	char text[DNS_NAME_TEXT];
	const char *shown = name;

	if (dns_name_parse(name, &parsed)) {
		dns_name_format(&parsed, text);
		shown = text;
	}
	return str_of(arena_printf(arena, "%s %s", dns_type_name(type), shown));
}

static struct dns_answer *copy_answer(struct arena *arena, const struct dns_answer *a)
{
	struct dns_answer *copy = arena_alloc(arena, sizeof(*copy));
	struct dns_rr *rrs = arena_array(arena, a->rr_count + 1, sizeof(*rrs));
	size_t i;

	*copy = *a;
	copy->qname = arena_strdup(arena, a->qname);
	copy->cname = a->cname == NULL ? NULL : arena_strdup(arena, a->cname);
	copy->server = arena_strdup(arena, a->server);
	copy->detail = a->detail == NULL ? NULL : arena_strdup(arena, a->detail);
	for (i = 0; i < a->rr_count; i++) {
		rrs[i] = a->rrs[i];
		if (rrs[i].name != NULL)
			rrs[i].name = arena_strdup(arena, rrs[i].name);
		if (rrs[i].text.ptr != NULL)
			rrs[i].text.ptr =
				arena_memdup0(arena, rrs[i].text.ptr, rrs[i].text.len);
	}
	copy->rrs = rrs;
	return copy;
}

bool facts_is_below(const char *name, const char *domain)
{
	struct dns_name n, d;

	return dns_name_parse(name, &n) && dns_name_parse(domain, &d) && n.len != d.len &&
	       dns_name_is_under(&n, &d);
}

/* --- our addresses ------------------------------------------------------ */

const char *facts_reverse_name(struct arena *arena, const struct own_address *address)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	dns_name_reverse(address->family, address->bytes, &name);
	dns_name_format(&name, text);
	return arena_strdup(arena, text);
}

static void on_spf(const struct spf_outcome *outcome, void *arg)
{
	struct spf_job *job = arg;
	struct arena *arena = job->facts->arena;

	job->result.result = outcome->result;
	if (outcome->mechanism != NULL)
		job->result.mechanism = arena_strdup(arena, outcome->mechanism);
	if (outcome->problem != NULL)
		job->result.problem = arena_strdup(arena, outcome->problem);
}

static struct str spf_key(struct arena *arena, const char *domain,
			  const struct own_address *address)
{
	return str_of(arena_printf(arena, "%s %s", address->text, domain));
}

static void evaluate_spf(struct dns_facts *f, const char *domain,
			 const struct own_address *address)
{
	struct str key = spf_key(f->arena, domain, address);
	struct spf_job *job;
	struct spf_request request = {
		.family = address->family,
		.helo = f->subject->hostname,
		.sender = arena_printf(f->arena, "postmaster@%s", domain)};

	if (strmap_find(f->spf_by_key, key) != NULL)
		return;
	job = arena_alloc(f->arena, sizeof(*job));
	memcpy(request.address, address->bytes, sizeof(request.address));
	job->facts = f;
	(void)strmap_put(f->spf_by_key, key, job);
	spf_check(f->resolver, &request, on_spf, job);
}

static struct own_address address_of(struct arena *arena, const struct dns_rr *rr)
{
	struct own_address a = {.family = rr->type == DNS_A ? AF_INET : AF_INET6};
	char text[INET6_ADDRSTRLEN];

	memcpy(a.bytes, rr->address, sizeof(a.bytes));
	a.text = arena_strdup(arena, inet_ntop(a.family, a.bytes, text, sizeof(text)));
	return a;
}

/* All of our addresses are known. */
static void use_addresses(struct dns_facts *f)
{
	const struct dns_subject *s = f->subject;
	size_t i, j;

	/* Behind a relayhost the world never sees our addresses. */
	if (s->hop_count != 0)
		return;
	for (i = 0; i < f->address_count; i++) {
		ask(f, facts_reverse_name(f->arena, &f->addresses[i]), DNS_PTR,
		    WISH_NAMES);
		for (j = 0; j < s->domain_count; j++)
			evaluate_spf(f, s->domains[j].name, &f->addresses[i]);
	}
}

static void grant_own(struct dns_facts *f, const struct dns_answer *a)
{
	size_t i;

	for (i = 0; i < a->rr_count && f->address_count < ADDRESS_MAX; i++)
		f->addresses[f->address_count++] = address_of(f->arena, &a->rrs[i]);
	if (--f->own_pending == 0)
		use_addresses(f);
}

/* --- what an answer leads to -------------------------------------------- */

static void ask_addresses(struct dns_facts *f, const char *name)
{
	ask(f, name, DNS_A, 0);
	ask(f, name, DNS_AAAA, 0);
}

/* Hosts of our own: those that do not send should say so. */
static void ask_policy(struct dns_facts *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->subject->domain_count; i++) {
		if (facts_is_below(name, f->subject->domains[i].name)) {
			ask(f, name, DNS_TXT, 0);
			return;
		}
	}
}

static void grant_targets(struct dns_facts *f, const struct dns_answer *a)
{
	size_t i;

	for (i = 0; i < a->rr_count; i++) {
		if (a->rrs[i].name[0] == '\0')
			continue;
		ask_addresses(f, a->rrs[i].name);
		ask(f, a->rrs[i].name, DNS_CNAME, 0);
		ask_policy(f, a->rrs[i].name);
	}
}

static void ask_hop_addresses(struct dns_facts *f, const char *name)
{
	ask(f, name, DNS_A, WISH_HOP);
	ask(f, name, DNS_AAAA, WISH_HOP);
}

static void grant_hop(struct dns_facts *f, const struct dns_answer *a)
{
	struct own_address address;
	size_t i;

	if (f->subject->origin[0] == '\0')
		return;
	for (i = 0; i < a->rr_count && i < HOP_MAX; i++) {
		address = address_of(f->arena, &a->rrs[i]);
		evaluate_spf(f, f->subject->origin, &address);
	}
}

static void grant_hops(struct dns_facts *f, const struct dns_answer *a)
{
	size_t i;

	for (i = 0; i < a->rr_count && i < HOP_MAX; i++) {
		if (a->rrs[i].name[0] != '\0')
			ask_hop_addresses(f, a->rrs[i].name);
	}
}

static void grant_names(struct dns_facts *f, const struct dns_answer *a)
{
	size_t i;

	for (i = 0; i < a->rr_count; i++)
		ask_addresses(f, a->rrs[i].name);
}

static void ask_term(struct dns_facts *f, const struct dns_answer *a,
		     const struct spf_term *term)
{
	const char *target = a->qname;

	if (term->has_domain) {
		if (term->domain.part_count != 1 ||
		    term->domain.parts[0].kind != SPF_MACRO_TEXT)
			return; /* depends on the message */
		target = str_dup0(f->arena, term->domain.parts[0].text);
	}
	if (f->spf_names_left == 0)
		return;
	f->spf_names_left--;
	if (term->kind == SPF_TERM_INCLUDE || term->kind == SPF_TERM_REDIRECT)
		ask(f, target, DNS_TXT, WISH_SPF);
	else if (term->kind == SPF_TERM_A)
		ask_addresses(f, target);
	else if (term->kind == SPF_TERM_MX)
		ask(f, target, DNS_MX, 0);
	else if (term->kind == SPF_TERM_EXISTS)
		ask(f, target, DNS_A, 0);
}

static void grant_spf(struct dns_facts *f, const struct dns_answer *a)
{
	struct spf_record *record = NULL;
	size_t i, j;

	for (i = 0; i < a->rr_count; i++) {
		if (!spf_is_record(a->rrs[i].text))
			continue;
		(void)spf_parse(f->arena, a->rrs[i].text, &record, NULL, 0);
		for (j = 0; record != NULL && j < record->term_count; j++)
			ask_term(f, a, &record->terms[j]);
	}
}

static void grant(struct fact *fact, unsigned wishes)
{
	struct dns_facts *f = fact->facts;

	if ((wishes & WISH_TARGETS) != 0)
		grant_targets(f, fact->answer);
	if ((wishes & WISH_OWN) != 0)
		grant_own(f, fact->answer);
	if ((wishes & WISH_NAMES) != 0)
		grant_names(f, fact->answer);
	if ((wishes & WISH_SPF) != 0)
		grant_spf(f, fact->answer);
	if ((wishes & WISH_HOP) != 0)
		grant_hop(f, fact->answer);
	if ((wishes & WISH_HOPS) != 0)
		grant_hops(f, fact->answer);
}

static void on_answer(const struct dns_answer *answer, void *arg)
{
	struct fact *fact = arg;

	/* A name that cannot be asked for says nothing of the DNS. */
	if (!dns_status_is_final(answer->status))
		fact->facts->uncertain++;
	else if (answer->status != DNS_BAD_NAME)
		fact->facts->certain++;
	fact->answer = copy_answer(fact->facts->arena, answer);
	grant(fact, fact->wishes);
}

static void ask(struct dns_facts *f, const char *name, enum dns_type type,
		unsigned wishes)
{
	struct str key = key_of(f->arena, name, type);
	struct fact *fact = strmap_find(f->by_question, key);
	unsigned fresh;

	if (fact == NULL) {
		fact = arena_alloc(f->arena, sizeof(*fact));
		*fact = (struct fact){
			.facts = f, .name = name, .type = type, .wishes = wishes};
		(void)strmap_put(f->by_question, key, fact);
		dns_ask(f->resolver, name, type, on_answer, fact);
		return;
	}
	fresh = wishes & ~fact->wishes;
	fact->wishes |= wishes;
	if (fact->answer != NULL)
		grant(fact, fresh);
}

/* --- the whole ---------------------------------------------------------- */

static void ask_domain(struct dns_facts *f, const struct mail_domain *domain)
{
	ask(f, domain->name, DNS_MX, WISH_TARGETS);
	ask(f, domain->name, DNS_TXT, WISH_SPF);
	ask(f, domain->name, DNS_SPF, 0);
	ask_addresses(f, domain->name);
}

static void ask_parent(struct dns_facts *f, const char *name)
{
	ask(f, name, DNS_MX, 0);
	ask(f, name, DNS_TXT, 0);
	ask_addresses(f, name);
}

static void ask_host(struct dns_facts *f)
{
	const struct dns_subject *s = f->subject;

	ask(f, s->hostname, DNS_TXT, WISH_SPF);
	if (s->address_count == 0) {
		f->own_pending = 2;
		ask(f, s->hostname, DNS_A, WISH_OWN);
		ask(f, s->hostname, DNS_AAAA, WISH_OWN);
		return;
	}
	ask_addresses(f, s->hostname);
	f->address_count =
		s->address_count < ADDRESS_MAX ? s->address_count : ADDRESS_MAX;
	memcpy(f->addresses, s->addresses, f->address_count * sizeof(f->addresses[0]));
	use_addresses(f);
}

static void ask_hop(struct dns_facts *f, const struct next_hop *hop)
{
	if (!hop->is_bracketed)
		ask(f, hop->host, DNS_MX, WISH_HOPS);
	ask_hop_addresses(f, hop->host);
	if (f->subject->origin[0] != '\0')
		ask(f, f->subject->origin, DNS_TXT, WISH_SPF);
}

struct dns_facts *facts_gather(struct arena *arena, struct resolver *r,
			       const struct dns_subject *subject)
{
	struct dns_facts *f = arena_alloc(arena, sizeof(*f));
	size_t i;

	f->arena = arena;
	f->resolver = r;
	f->subject = subject;
	f->by_question = strmap_new(arena);
	f->spf_by_key = strmap_new(arena);
	f->spf_names_left = (subject->domain_count + 1) * SPF_NAMES_PER_DOMAIN;
	ask_host(f);
	for (i = 0; i < subject->domain_count; i++)
		ask_domain(f, &subject->domains[i]);
	for (i = 0; i < subject->hop_count; i++)
		ask_hop(f, &subject->hops[i]);
	if (subject->parent.name != NULL)
		ask_parent(f, subject->parent.name);
	dns_wait_all(r);
	return f;
}

bool facts_are_unverified(const struct dns_facts *facts)
{
	return facts->certain == 0 && facts->uncertain != 0;
}

const struct dns_answer *facts_answer(const struct dns_facts *facts, const char *name,
				      enum dns_type type)
{
	const struct fact *fact =
		strmap_find(facts->by_question, key_of(facts->arena, name, type));

	return fact == NULL ? NULL : fact->answer;
}

size_t facts_address_count(const struct dns_facts *facts)
{
	return facts->address_count;
}

const struct own_address *facts_address(const struct dns_facts *facts, size_t i)
{
	return &facts->addresses[i];
}

bool facts_addresses_given(const struct dns_facts *facts)
{
	return facts->subject->address_count != 0;
}

static const struct spf_fact *find_spf(const struct dns_facts *facts, const char *domain,
				       const struct own_address *address)
{
	const struct spf_job *job =
		strmap_find(facts->spf_by_key, spf_key(facts->arena, domain, address));

	return job == NULL ? NULL : &job->result;
}

const struct spf_fact *facts_spf(const struct dns_facts *facts, const char *domain,
				 size_t address)
{
	return find_spf(facts, domain, &facts->addresses[address]);
}

const struct spf_fact *facts_hop_spf(const struct dns_facts *facts,
				     const struct dns_rr *address)
{
	struct own_address own = address_of(facts->arena, address);

	return find_spf(facts, facts->subject->origin, &own);
}
