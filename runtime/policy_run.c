/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interpreter of restriction lists. Restrictions are judged from left to
 * right; the first that says OK or REJECT ends its list, and only that. Both
 * defer_if_permit and defer_if_reject being set ends it too: whatever follows
 * could only come to the same deferral.
 *
 * A question that nobody has answered yet counts as "don't know" and the list
 * goes on, so that as many questions as possible are asked at once; the
 * outcome of such a round is never used.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/limits.h"
#include "runtime/address.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

void eval_trace(const struct policy_eval *e, const char *what, const char *result)
{
	rt_trace(e->ctx, what, e->insn != NULL ? &e->insn->origin : NULL, result);
}

/* The routes that are known for the sender at hand. */
static struct policy_routes *known_routes(struct policy_eval *e)
{
	const char *sender = e->s.sender != NULL ? e->s.sender : "";

	if (e->s.routes == NULL || strcmp(e->s.routes->sender, sender) != 0) {
		e->s.routes = arena_alloc(e->ctx->arena, sizeof(*e->s.routes));
		e->s.routes->sender = sender;
	}
	return e->s.routes;
}

const struct rt_route *eval_route(struct policy_eval *e, const char *address)
{
	struct policy_routes *routes = known_routes(e);
	struct rt_context plain = *e->ctx;
	struct rt_route *route;
	struct str rewritten;

	for (size_t i = 0; i < routes->count; i++)
		if (strcmp(routes->items[i].address, address) == 0)
			return &routes->items[i].route;
	route = &routes->items[routes->next].route;
	routes->items[routes->next].address = arena_strdup(e->ctx->arena, address);
	routes->next = (routes->next + 1) % EVAL_ROUTE_CACHE;
	if (routes->count < EVAL_ROUTE_CACHE)
		routes->count++;
	plain.tracer = NULL;
	/* Another process resolves for smtpd(8): by main.cf, not by its own -o. */
	plain.settings = &e->ctx->config->settings;
	rewritten = address_rewrite(e->ctx->arena, plain.settings, str_of(address));
	rt_resolve(&plain, rewritten, str_of(e->s.sender), route);
	route->recipient = str_lower(e->ctx->arena, str_of(route->recipient)).ptr;
	return route;
}

const char *eval_client(struct policy_eval *e)
{
	const struct str parts[] = {str_of(e->s.client_name), STR_LIT("["),
				    str_of(e->s.client_address), STR_LIT("]")};

	if (e->client == NULL)
		e->client = str_join(e->ctx->arena, parts, array_len(parts)).ptr;
	return e->client;
}

/* ---- restrictions that need no more than their name ---- */

static enum eval op_permit(MCC_UNUSED struct policy_eval *e,
			   MCC_UNUSED const struct rt_insn *insn)
{
	return EVAL_OK;
}

static enum eval op_reject(struct policy_eval *e, MCC_UNUSED const struct rt_insn *insn)
{
	return eval_reject(e, EVAL_POLICY, (int)e->settings->reject_code, "5.7.1",
			   "<%s>: %s rejected: Access denied", e->subject.name,
			   e->subject.class);
}

static enum eval op_defer(struct policy_eval *e, MCC_UNUSED const struct rt_insn *insn)
{
	return eval_reject(e, EVAL_POLICY, (int)e->settings->defer_code, "4.3.2",
			   "<%s>: %s rejected: Try again later", e->subject.name,
			   e->subject.class);
}

static enum eval op_defer_if_permit(struct policy_eval *e,
				    MCC_UNUSED const struct rt_insn *insn)
{
	return eval_defer_if_permit(e, NULL, 450, "4.7.0",
				    "<%s>: %s rejected: defer_if_permit requested",
				    e->subject.name, e->subject.class);
}

static enum eval op_defer_if_reject(struct policy_eval *e,
				    MCC_UNUSED const struct rt_insn *insn)
{
	return eval_defer_if_reject(e, 450, "4.7.0",
				    "<%s>: %s rejected: defer_if_reject requested",
				    e->subject.name, e->subject.class);
}

static enum eval op_nothing(MCC_UNUSED struct policy_eval *e,
			    MCC_UNUSED const struct rt_insn *insn)
{
	return EVAL_DUNNO;
}

static enum eval op_class(struct policy_eval *e, const struct rt_insn *insn)
{
	return eval_program(e, &e->ctx->config->classes[insn->program]);
}

static enum eval op_broken(struct policy_eval *e, MCC_UNUSED const struct rt_insn *insn)
{
	return eval_server_error(e);
}

static enum eval op_unsupported(struct policy_eval *e,
				MCC_UNUSED const struct rt_insn *insn)
{
	e->is_unverified = true;
	return EVAL_DUNNO;
}

static eval_fn *const functions[RT_OP_COUNT] = {
	[RT_OP_PERMIT] = op_permit,
	[RT_OP_REJECT] = op_reject,
	[RT_OP_DEFER] = op_defer,
	[RT_OP_DEFER_IF_PERMIT] = op_defer_if_permit,
	[RT_OP_DEFER_IF_REJECT] = op_defer_if_reject,
	[RT_OP_SLEEP] = op_nothing,
	[RT_OP_CLASS] = op_class,
	[RT_OP_PERMIT_MYNETWORKS] = eval_permit_mynetworks,
	[RT_OP_PERMIT_INET_INTERFACES] = eval_permit_inet_interfaces,
	[RT_OP_PERMIT_SASL_AUTHENTICATED] = eval_permit_sasl,
	[RT_OP_PERMIT_AUTH_DESTINATION] = eval_permit_auth_destination,
	[RT_OP_REJECT_UNAUTH_DESTINATION] = eval_reject_unauth_destination,
	[RT_OP_DEFER_UNAUTH_DESTINATION] = eval_defer_unauth_destination,
	[RT_OP_CHECK_CLIENT_ACCESS] = eval_check_client_access,
	[RT_OP_CHECK_REVERSE_CLIENT_HOSTNAME_ACCESS] = eval_check_reverse_access,
	[RT_OP_CHECK_HELO_ACCESS] = eval_check_helo_access,
	[RT_OP_CHECK_SENDER_ACCESS] = eval_check_sender_access,
	[RT_OP_CHECK_RECIPIENT_ACCESS] = eval_check_recipient_access,
	[RT_OP_CHECK_SASL_ACCESS] = eval_check_sasl_access,
	[RT_OP_CHECK_ETRN_ACCESS] = op_nothing,
	[RT_OP_CHECK_CLIENT_A_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_CLIENT_MX_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_CLIENT_NS_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_REVERSE_CLIENT_HOSTNAME_A_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_REVERSE_CLIENT_HOSTNAME_MX_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_REVERSE_CLIENT_HOSTNAME_NS_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_HELO_A_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_HELO_MX_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_HELO_NS_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_SENDER_A_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_SENDER_MX_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_SENDER_NS_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_RECIPIENT_A_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_RECIPIENT_MX_ACCESS] = eval_check_server_access,
	[RT_OP_CHECK_RECIPIENT_NS_ACCESS] = eval_check_server_access,
	[RT_OP_PERMIT_MX_BACKUP] = eval_permit_mx_backup,
	[RT_OP_PERMIT_NAKED_IP_ADDRESS] = eval_permit_naked_ip,
	[RT_OP_PERMIT_TLS_ALL_CLIENTCERTS] = op_nothing,
	[RT_OP_PERMIT_TLS_CLIENTCERTS] = op_nothing,
	[RT_OP_CHECK_RELAY_DOMAINS] = eval_check_relay_domains,
	[RT_OP_REJECT_AUTHENTICATED_SENDER_LOGIN_MISMATCH] = eval_reject_auth_login,
	[RT_OP_REJECT_KNOWN_SENDER_LOGIN_MISMATCH] = eval_reject_known_login,
	[RT_OP_REJECT_UNAUTHENTICATED_SENDER_LOGIN_MISMATCH] = eval_reject_unauth_login,
	[RT_OP_REJECT_SENDER_LOGIN_MISMATCH] = eval_reject_login,
	[RT_OP_REJECT_MAPS_RBL] = eval_reject_maps_rbl,
	[RT_OP_REJECT_UNKNOWN_CLIENT_HOSTNAME] = eval_reject_unknown_client,
	[RT_OP_REJECT_UNKNOWN_REVERSE_CLIENT_HOSTNAME] = eval_reject_unknown_reverse,
	[RT_OP_REJECT_INVALID_HELO_HOSTNAME] = eval_reject_invalid_helo,
	[RT_OP_REJECT_NON_FQDN_HELO_HOSTNAME] = eval_reject_non_fqdn_helo,
	[RT_OP_REJECT_UNKNOWN_HELO_HOSTNAME] = eval_reject_unknown_helo,
	[RT_OP_REJECT_NON_FQDN_SENDER] = eval_reject_non_fqdn_sender,
	[RT_OP_REJECT_NON_FQDN_RECIPIENT] = eval_reject_non_fqdn_recipient,
	[RT_OP_REJECT_UNKNOWN_SENDER_DOMAIN] = eval_reject_unknown_sender_domain,
	[RT_OP_REJECT_UNKNOWN_RECIPIENT_DOMAIN] = eval_reject_unknown_recipient_domain,
	[RT_OP_REJECT_UNLISTED_SENDER] = eval_reject_unlisted_sender,
	[RT_OP_REJECT_UNLISTED_RECIPIENT] = eval_reject_unlisted_recipient,
	[RT_OP_REJECT_MULTI_RECIPIENT_BOUNCE] = eval_reject_multi_recipient_bounce,
	[RT_OP_REJECT_UNAUTH_PIPELINING] = eval_reject_pipelining,
	[RT_OP_REJECT_PLAINTEXT_SESSION] = eval_reject_plaintext,
	[RT_OP_REJECT_RBL_CLIENT] = eval_reject_rbl_client,
	[RT_OP_PERMIT_DNSWL_CLIENT] = eval_permit_dnswl_client,
	[RT_OP_PERMIT_RHSWL_CLIENT] = eval_permit_rhswl_client,
	[RT_OP_REJECT_RHSBL_CLIENT] = eval_reject_rhsbl_client,
	[RT_OP_REJECT_RHSBL_REVERSE_CLIENT] = eval_reject_rhsbl_reverse,
	[RT_OP_REJECT_RHSBL_HELO] = eval_reject_rhsbl_helo,
	[RT_OP_REJECT_RHSBL_SENDER] = eval_reject_rhsbl_sender,
	[RT_OP_REJECT_RHSBL_RECIPIENT] = eval_reject_rhsbl_recipient,
	[RT_OP_BROKEN] = op_broken,
	[RT_OP_UNSUPPORTED] = op_unsupported,
};

/* ---- lists ---- */

static const char *outcome_name(const struct policy_eval *e, enum eval status)
{
	switch (status) {
	case EVAL_OK:
		return e->s.discard ? "discard" : "permit";
	case EVAL_REJECT:
		return e->reply.verdict == POLICY_DEFER ? "defer" : "reject";
	case EVAL_DUNNO:
		return "none";
	}
	return "none";
}

static enum eval run_insn(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct rt_insn *outer = e->insn;
	enum eval status;

	MCC_ASSERT(insn->op < RT_OP_COUNT && functions[insn->op] != NULL);
	e->insn = insn;
	if (insn->warn_only && e->warn_level == 0)
		e->warn_level = e->recursion;
	status = functions[insn->op](e, insn);
	if (e->ctx->tracer != NULL)
		eval_trace(e, eval_item(insn), outcome_name(e, status));
	e->insn = outer;
	if (e->warn_level >= e->recursion)
		e->warn_level = 0;
	return status;
}

enum eval eval_program(struct policy_eval *e, const struct rt_program *program)
{
	enum eval status = EVAL_DUNNO;

	/* A class that names itself; smtpd(8) does not survive this. */
	if (e->recursion > LIMIT_POLICY_DEPTH)
		return eval_server_error(e);
	e->recursion++;
	for (size_t i = 0; i < program->count && !e->s.discard; i++) {
		status = run_insn(e, &program->insns[i]);
		if (status != EVAL_DUNNO)
			break;
		if (e->defer_if_permit != NULL && e->defer_if_reject != NULL)
			break;
	}
	e->recursion--;
	if (e->warn_level > e->recursion)
		e->warn_level = 0;
	return status;
}
