/* SPDX-License-Identifier: BSD-2-Clause */
/* Restrictions on the addresses of sender and recipient. */
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/policy_eval.h"

/* NULL and "" are no address that could be judged. */
static bool has_text(const char *address)
{
	return address != NULL && *address != '\0';
}

static bool is_literal(struct str domain)
{
	return domain.len > 1 && domain.ptr[0] == '[' &&
	       domain.ptr[domain.len - 1] == ']';
}

/* ---- form ---- */

static enum eval reject_non_fqdn(struct policy_eval *e, const char *address,
				 const char *class)
{
	struct str domain = address_domain(str_of(address));

	if (is_literal(domain))
		return EVAL_DUNNO;
	if (domain.len > 1 && domain.ptr[domain.len - 1] == '.' &&
	    domain.ptr[domain.len - 2] != '.')
		domain = str_slice(domain, 0, domain.len - 1);
	if (hostname_is_valid(domain) && str_chr(domain, '.') >= 0)
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY, (int)e->settings->non_fqdn_reject_code,
			   "5.5.2", "<%s>: %s rejected: need fully-qualified address",
			   address, class);
}

enum eval eval_reject_non_fqdn_sender(struct policy_eval *e,
				      MCC_UNUSED const struct rt_insn *insn)
{
	return has_text(e->s.sender) ? reject_non_fqdn(e, e->s.sender, EVAL_CLASS_SENDER)
				     : EVAL_DUNNO;
}

enum eval eval_reject_non_fqdn_recipient(struct policy_eval *e,
					 MCC_UNUSED const struct rt_insn *insn)
{
	return e->recipient != NULL
		       ? reject_non_fqdn(e, e->recipient, EVAL_CLASS_RECIPIENT)
		       : EVAL_DUNNO;
}

/* ---- existence of the domain ---- */

static enum eval reject_null_mx(struct policy_eval *e, const char *address,
				const char *class, const char *domain)
{
	bool is_sender = strcmp(class, EVAL_CLASS_SENDER) == 0;

	return eval_reject(e, EVAL_POLICY, is_sender ? 550 : 556,
			   is_sender ? "5.7.27" : "5.1.10",
			   "<%s>: %s rejected: Domain %s does not accept mail (nullMX)",
			   address, class, domain);
}

static enum eval reject_unknown_domain(struct policy_eval *e, const char *address,
				       const char *class)
{
	const char *dsn = strcmp(class, EVAL_CLASS_SENDER) == 0 ? "4.1.8" : "4.1.2";
	const struct rt_route *route = eval_route(e, address);
	struct str domain = address_domain(str_of(route->recipient));
	const char *name = str_dup0(e->ctx->arena, domain);

	if (route->status == RT_ROUTE_LOOKUP_FAILED)
		return eval_lookup_error(e, address);
	if (route->status == RT_ROUTE_OK &&
	    (route->class == RT_CLASS_LOCAL || route->class == RT_CLASS_ALIAS ||
	     route->class == RT_CLASS_VIRTUAL))
		return EVAL_DUNNO;
	if (is_literal(domain))
		return EVAL_DUNNO;
	switch (eval_dns_exists(e, name, true)) {
	case EVAL_DNS_OK:
	case EVAL_DNS_UNKNOWN:
		return EVAL_DUNNO;
	case EVAL_DNS_NULL_MX:
		return reject_null_mx(e, address, class, name);
	case EVAL_DNS_RETRY:
		return eval_defer_if_permit(
			e, e->settings->unknown_address_tempfail_action, 450, dsn,
			"<%s>: %s rejected: Domain not found", address, class);
	case EVAL_DNS_NONE:
		break;
	}
	return eval_reject(e, EVAL_POLICY, (int)e->settings->unknown_address_reject_code,
			   dsn, "<%s>: %s rejected: Domain not found", address, class);
}

enum eval eval_reject_unknown_sender_domain(struct policy_eval *e,
					    MCC_UNUSED const struct rt_insn *insn)
{
	return has_text(e->s.sender)
		       ? reject_unknown_domain(e, e->s.sender, EVAL_CLASS_SENDER)
		       : EVAL_DUNNO;
}

enum eval eval_reject_unknown_recipient_domain(struct policy_eval *e,
					       MCC_UNUSED const struct rt_insn *insn)
{
	return e->recipient != NULL
		       ? reject_unknown_domain(e, e->recipient, EVAL_CLASS_RECIPIENT)
		       : EVAL_DUNNO;
}

/* ---- relaying ---- */

enum eval eval_auth_destination(struct policy_eval *e)
{
	const struct rt_route *route = eval_route(e, e->recipient);

	if (route->status == RT_ROUTE_LOOKUP_FAILED)
		return eval_lookup_error(e, e->recipient);
	if (route->status != RT_ROUTE_OK)
		return EVAL_DUNNO;
	if (route->routed && !e->settings->allow_untrusted_routing)
		return EVAL_DUNNO;
	return route->class != RT_CLASS_DEFAULT ? EVAL_OK : EVAL_DUNNO;
}

enum eval eval_permit_auth_destination(struct policy_eval *e,
				       MCC_UNUSED const struct rt_insn *insn)
{
	return e->recipient != NULL ? eval_auth_destination(e) : EVAL_DUNNO;
}

static enum eval reject_unauth(struct policy_eval *e, int code, const char *dsn)
{
	enum eval status = EVAL_OK;

	if (e->recipient != NULL)
		status = eval_auth_destination(e);
	if (status == EVAL_OK)
		return EVAL_DUNNO;
	if (status == EVAL_REJECT)
		return status;
	return eval_reject(e, EVAL_POLICY, code, dsn, "<%s>: Relay access denied",
			   e->recipient);
}

enum eval eval_reject_unauth_destination(struct policy_eval *e,
					 MCC_UNUSED const struct rt_insn *insn)
{
	return reject_unauth(e, (int)e->settings->relay_domains_reject_code, "5.7.1");
}

enum eval eval_defer_unauth_destination(struct policy_eval *e,
					MCC_UNUSED const struct rt_insn *insn)
{
	return reject_unauth(e, (int)e->settings->relay_domains_reject_code - 100,
			     "4.7.1");
}

enum eval eval_check_relay_domains(struct policy_eval *e,
				   MCC_UNUSED const struct rt_insn *insn)
{
	enum eval status;

	if (e->recipient == NULL)
		return EVAL_DUNNO;
	if (rt_match_domain(e->ctx, &e->settings->relay_domains,
			    str_of(e->s.client_name)) == RT_FOUND)
		return EVAL_OK;
	status = eval_auth_destination(e);
	if (status != EVAL_DUNNO)
		return status;
	return eval_reject(e, EVAL_POLICY, (int)e->settings->relay_domains_reject_code,
			   "5.7.1", "<%s>: %s rejected: Relay access denied",
			   e->recipient, EVAL_CLASS_RECIPIENT);
}

enum eval eval_reject_multi_recipient_bounce(struct policy_eval *e,
					     MCC_UNUSED const struct rt_insn *insn)
{
	size_t allowed = e->where == EVAL_AT_DATA ? 1 : 0;

	if (e->s.sender == NULL || *e->s.sender || e->s.recipient_count <= allowed)
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY,
			   (int)e->settings->multi_recipient_bounce_reject_code, "5.5.3",
			   "<%s>: %s rejected: Multi-recipient bounce", e->subject.name,
			   e->subject.class);
}
