/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mechanisms, RFC 7208 section 5. A term either matches (a result is set), or
 * fails (a result is set), or neither: then the walk goes on with the next.
 */
#include "dnscheck/spf_eval.h"

#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"

bool spf_address_matches(const struct spf_eval *e, const uint8_t *address, int prefix)
{
	int bits = e->family == AF_INET ? 32 : 128, whole;
	unsigned mask;

	if (prefix < 0 || prefix > bits)
		prefix = bits;
	whole = prefix / 8;
	if (memcmp(e->address, address, (size_t)whole) != 0)
		return false;
	if (prefix % 8 == 0)
		return true;
	mask = 0xffu << (8 - prefix % 8) & 0xffu;
	return ((e->address[whole] ^ address[whole]) & mask) == 0;
}

static int prefix_of(const struct spf_eval *e, const struct spf_term *term)
{
	return e->family == AF_INET ? term->prefix4 : term->prefix6;
}

static bool any_matches(const struct spf_eval *e, const struct dns_answer *answer)
{
	int prefix = prefix_of(e, e->top->term);
	size_t i;

	for (i = 0; i < answer->rr_count; i++) {
		if (spf_address_matches(e, answer->rrs[i].address, prefix))
			return true;
	}
	return false;
}

static void no_match(struct spf_eval *e)
{
	spf_trace(e, "%s: no match", spf_term_text(e, e->top->term));
}

/* False: the question failed and so has the term (RFC 7208 5). */
static bool is_usable(struct spf_eval *e, const struct dns_answer *answer)
{
	if (dns_status_is_final(answer->status))
		return true;
	e->mechanism = spf_term_text(e, e->top->term);
	spf_set_result(e, SPF_TEMPERROR,
		       arena_printf(e->arena, "%s: %s %s: %s%s%s", e->mechanism,
				    answer->qname, dns_type_name(answer->qtype),
				    dns_status_name(answer->status),
				    answer->detail != NULL ? ": " : "",
				    answer->detail != NULL ? answer->detail : ""));
	return false;
}

/* 4.6.4 speaks of names that were asked for: a bad one never was. */
static bool is_void(const struct dns_answer *answer)
{
	return answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN;
}

static void on_a(struct spf_eval *e, const struct dns_answer *answer)
{
	if (!is_usable(e, answer))
		return;
	if (is_void(answer) && !spf_count_void(e))
		return;
	if (any_matches(e, answer))
		spf_matched(e);
	else
		no_match(e);
}

static void on_exists(struct spf_eval *e, const struct dns_answer *answer)
{
	if (!is_usable(e, answer))
		return;
	if (is_void(answer) && !spf_count_void(e))
		return;
	if (answer->rr_count != 0)
		spf_matched(e);
	else
		no_match(e);
}

/* --- mx ----------------------------------------------------------------- */

static void on_mx_address(struct spf_eval *e, const struct dns_answer *answer);

static void mx_next(struct spf_eval *e)
{
	if (e->name_next < e->name_count) {
		spf_ask_name(e, e->names[e->name_next++], spf_address_type(e),
			     on_mx_address);
		return;
	}
	if (!e->term_is_void || spf_count_void(e))
		no_match(e);
}

static void on_mx_address(struct spf_eval *e, const struct dns_answer *answer)
{
	if (!is_usable(e, answer))
		return;
	if (any_matches(e, answer)) {
		spf_matched(e);
		return;
	}
	e->term_is_void = e->term_is_void || is_void(answer);
	mx_next(e);
}

static void on_mx(struct spf_eval *e, const struct dns_answer *answer)
{
	size_t i;

	if (!is_usable(e, answer))
		return;
	e->term_is_void = is_void(answer);
	e->name_next = e->name_count = 0;
	if (answer->rr_count > LIMIT_SPF_NAMES) {
		e->mechanism = spf_term_text(e, e->top->term);
		spf_set_result(e, SPF_PERMERROR,
			       "more than 10 MX records for one term (RFC 7208 4.6.4)");
		return;
	}
	e->names = arena_array(e->arena, LIMIT_SPF_NAMES, sizeof(*e->names));
	for (i = 0; i < answer->rr_count; i++) {
		/* The null MX of RFC 7505 has no address. */
		if (answer->rrs[i].name[0] != '\0')
			e->names[e->name_count++] =
				arena_strdup(e->arena, answer->rrs[i].name);
	}
	mx_next(e);
}

/* --- ptr, include, ip --------------------------------------------------- */

static void evaluate_ptr(struct spf_eval *e, const char *target)
{
	if (e->ptr_is_void && !spf_count_void(e))
		return;
	if (spf_ptr_matches(e, target))
		spf_matched(e);
	else
		no_match(e);
}

static void evaluate_ip(struct spf_eval *e, const struct spf_term *term)
{
	int family = term->kind == SPF_TERM_IP4 ? AF_INET : AF_INET6;

	if (e->family == family &&
	    spf_address_matches(e, term->address, prefix_of(e, term)))
		spf_matched(e);
	else
		no_match(e);
}

static void evaluate_with_target(struct spf_eval *e, const struct spf_term *term)
{
	const char *target;

	if (!spf_count_lookup(e))
		return;
	if (e->ptr_state == SPF_PTR_UNKNOWN &&
	    (term->kind == SPF_TERM_PTR ||
	     (term->has_domain && spf_macro_uses(&term->domain, 'p')))) {
		spf_ptr_start(e);
		return; /* and comes back to this term */
	}
	e->top->next++;
	e->top->is_counted = false;
	target = spf_target(e, term);
	if (target == NULL) {
		no_match(e);
		return;
	}
	switch (term->kind) {
	case SPF_TERM_INCLUDE:
		spf_trace(e, "%s: looks into %s", spf_term_text(e, term), target);
		spf_push(e, target);
		break;
	case SPF_TERM_A:
		spf_ask_target(e, target, spf_address_type(e), on_a);
		break;
	case SPF_TERM_MX:
		spf_ask_target(e, target, DNS_MX, on_mx);
		break;
	case SPF_TERM_EXISTS:
		spf_ask_target(e, target, DNS_A, on_exists);
		break;
	case SPF_TERM_PTR:
		evaluate_ptr(e, target);
		break;
	case SPF_TERM_ALL:
	case SPF_TERM_IP4:
	case SPF_TERM_IP6:
	case SPF_TERM_REDIRECT:
	case SPF_TERM_EXP:
	case SPF_TERM_MODIFIER:
		break;
	}
}

void spf_term_evaluate(struct spf_eval *e, const struct spf_term *term)
{
	switch (term->kind) {
	case SPF_TERM_INCLUDE:
	case SPF_TERM_A:
	case SPF_TERM_MX:
	case SPF_TERM_EXISTS:
	case SPF_TERM_PTR:
		evaluate_with_target(e, term);
		return;
	case SPF_TERM_ALL:
		spf_matched(e);
		break;
	case SPF_TERM_IP4:
	case SPF_TERM_IP6:
		evaluate_ip(e, term);
		break;
	case SPF_TERM_REDIRECT:
	case SPF_TERM_EXP:
	case SPF_TERM_MODIFIER:
		break;
	}
	e->top->next++;
}
