/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may use a sender address: smtpd_sender_login_maps names the logins that
 * own an address. None of these restrictions does anything while SASL is off.
 */
#include "runtime/address.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

static bool applies(const struct policy_eval *e)
{
	return e->settings->smtpd_sasl_auth_enable &&
	       e->settings->smtpd_sender_login_maps.count > 0 && e->s.sender != NULL &&
	       *e->s.sender != '\0';
}

/* The owners of the sender; RT_LOOKUP_ERROR also when it cannot be resolved. */
static enum rt_found find_owners(struct policy_eval *e, struct str *out_owners)
{
	const struct rt_find find = {.ctx = e->ctx,
				     .maps = &e->settings->smtpd_sender_login_maps,
				     .what = "smtpd_sender_login_maps",
				     .keys = RT_FIND_DEFAULT};
	const struct rt_route *route = eval_route(e, e->s.sender);

	if (route->status == RT_ROUTE_LOOKUP_FAILED)
		return RT_LOOKUP_ERROR;
	return rt_find_address(&find, str_of(route->recipient), out_owners, NULL);
}

/* A client that has logged in must own the address. */
static enum eval reject_foreign_login(struct policy_eval *e, bool unknown_is_fine)
{
	struct str owners = {"", 0}, name;

	if (e->s.sasl_user == NULL)
		return EVAL_DUNNO;
	switch (find_owners(e, &owners)) {
	case RT_LOOKUP_ERROR:
		return eval_lookup_error(e, e->s.sender);
	case RT_NOT_FOUND:
		if (unknown_is_fine)
			return EVAL_DUNNO;
		break;
	case RT_FOUND:
		while (str_token(&owners, ", \t\r\n", &name))
			if (str_caseeqc(name, e->s.sasl_user))
				return EVAL_DUNNO;
		break;
	}
	return eval_reject(e, EVAL_POLICY, 553, "5.7.1",
			   "<%s>: Sender address rejected: not owned by user %s",
			   e->s.sender, e->s.sasl_user);
}

/* An address that has an owner is for those who have logged in. */
static enum eval reject_no_login(struct policy_eval *e)
{
	struct str owners;

	if (e->s.sasl_user != NULL)
		return EVAL_DUNNO;
	switch (find_owners(e, &owners)) {
	case RT_LOOKUP_ERROR:
		return eval_lookup_error(e, e->s.sender);
	case RT_NOT_FOUND:
		return EVAL_DUNNO;
	case RT_FOUND:
		break;
	}
	return eval_reject(e, EVAL_POLICY, 553, "5.7.1",
			   "<%s>: Sender address rejected: not logged in", e->s.sender);
}

enum eval eval_reject_auth_login(struct policy_eval *e,
				 MCC_UNUSED const struct rt_insn *insn)
{
	return applies(e) ? reject_foreign_login(e, false) : EVAL_DUNNO;
}

enum eval eval_reject_known_login(struct policy_eval *e,
				  MCC_UNUSED const struct rt_insn *insn)
{
	if (!applies(e))
		return EVAL_DUNNO;
	return e->s.sasl_user != NULL ? reject_foreign_login(e, true)
				      : reject_no_login(e);
}

enum eval eval_reject_unauth_login(struct policy_eval *e,
				   MCC_UNUSED const struct rt_insn *insn)
{
	return applies(e) ? reject_no_login(e) : EVAL_DUNNO;
}

enum eval eval_reject_login(struct policy_eval *e, MCC_UNUSED const struct rt_insn *insn)
{
	if (!applies(e))
		return EVAL_DUNNO;
	return e->s.sasl_user != NULL ? reject_foreign_login(e, false)
				      : reject_no_login(e);
}
