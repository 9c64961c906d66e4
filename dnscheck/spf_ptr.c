/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's names, RFC 7208 5.5: the names of its PTR records whose
 * addresses lead back to it, of the first ten. Used by the ptr mechanism and
 * by %{p}; looked up once for an evaluation.
 */
#include "dnscheck/spf_eval.h"

#include <string.h>

#include "base/arena.h"
#include "dnscheck/name.h"

static void on_name_address(struct spf_eval *e, const struct dns_answer *answer);

static void next_name(struct spf_eval *e)
{
	if (e->name_next < e->name_count)
		spf_ask_name(e, e->names[e->name_next], spf_address_type(e),
			     on_name_address);
	else
		e->ptr_state = SPF_PTR_DONE;
}

/* A failed question means only that this name is skipped. */
static void on_name_address(struct spf_eval *e, const struct dns_answer *answer)
{
	const char *name = e->names[e->name_next++];
	size_t i;

	for (i = 0; i < answer->rr_count; i++) {
		if (!spf_address_matches(e, answer->rrs[i].address, -1))
			continue;
		e->validated[e->validated_count++] = name;
		spf_trace(e, "client name %s: validated", name);
		break;
	}
	next_name(e);
}

static void on_ptr(struct spf_eval *e, const struct dns_answer *answer)
{
	size_t i;

	e->ptr_is_void = answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN;
	e->name_next = e->name_count = 0;
	e->names = arena_array(e->arena, LIMIT_SPF_NAMES, sizeof(*e->names));
	for (i = 0; i < answer->rr_count && e->name_count < LIMIT_SPF_NAMES; i++)
		e->names[e->name_count++] = arena_strdup(e->arena, answer->rrs[i].name);
	next_name(e);
}

void spf_ptr_start(struct spf_eval *e)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	dns_name_reverse(e->family, e->address, &name);
	dns_name_format(&name, text);
	spf_ask_name(e, text, DNS_PTR, on_ptr);
}

static bool is_under(const char *name, const char *domain, bool or_equal)
{
	struct dns_name n, d;

	return dns_name_parse(name, &n) && dns_name_parse(domain, &d) &&
	       dns_name_is_under(&n, &d) && (or_equal || n.len != d.len);
}

bool spf_ptr_matches(const struct spf_eval *e, const char *domain)
{
	size_t i;

	for (i = 0; i < e->validated_count; i++) {
		if (is_under(e->validated[i], domain, true))
			return true;
	}
	return false;
}

/* RFC 7208 7.3: the domain itself, else one below it, else any. */
const char *spf_ptr_best(const struct spf_eval *e)
{
	const char *below = NULL, *name;
	size_t i;

	for (i = 0; i < e->validated_count; i++) {
		name = e->validated[i];
		if (!is_under(name, e->top->domain, true))
			continue;
		if (!is_under(name, e->top->domain, false))
			return name;
		if (below == NULL)
			below = name;
	}
	if (below != NULL)
		return below;
	return e->validated_count != 0 ? e->validated[0] : "unknown";
}
