/* SPDX-License-Identifier: BSD-2-Clause */
/* Restrictions on the client and on its HELO name. */
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

/* Nearly every list asks, always about the same client. */
static enum rt_found in_mynetworks(struct policy_eval *e)
{
	if (!e->knows_mynetworks)
		e->mynetworks = rt_match_host(e->ctx, &e->settings->mynetworks,
					      str_of(e->s.client_name),
					      str_of(e->s.client_address));
	e->knows_mynetworks = true;
	return e->mynetworks;
}

enum eval eval_permit_mynetworks(struct policy_eval *e,
				 MCC_UNUSED const struct rt_insn *insn)
{
	switch (in_mynetworks(e)) {
	case RT_FOUND:
		return EVAL_OK;
	case RT_LOOKUP_ERROR:
		return eval_lookup_error(e, e->subject.name);
	case RT_NOT_FOUND:
		return EVAL_DUNNO;
	}
	return EVAL_DUNNO;
}

enum eval eval_permit_inet_interfaces(struct policy_eval *e,
				      MCC_UNUSED const struct rt_insn *insn)
{
	const char *peer =
		e->s.peer_address != NULL ? e->s.peer_address : e->s.client_address;

	return rt_address_is_interface(e->ctx, str_of(peer)) ? EVAL_OK : EVAL_DUNNO;
}

enum eval eval_permit_sasl(struct policy_eval *e, MCC_UNUSED const struct rt_insn *insn)
{
	bool is_active = e->settings->smtpd_sasl_auth_enable;

	return is_active && e->s.sasl_user != NULL && *e->s.sasl_user ? EVAL_OK
								      : EVAL_DUNNO;
}

static int unknown_code(const struct policy_eval *e, enum policy_name_status status)
{
	return status == POLICY_NAME_TEMPFAIL
		       ? 450
		       : (int)e->settings->unknown_client_reject_code;
}

enum eval eval_reject_unknown_client(struct policy_eval *e,
				     MCC_UNUSED const struct rt_insn *insn)
{
	if (e->s.client_name_status == POLICY_NAME_OK)
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY, unknown_code(e, e->s.client_name_status),
			   "4.7.25",
			   "Client host rejected: cannot find your hostname, [%s]",
			   e->s.client_address);
}

enum eval eval_reject_unknown_reverse(struct policy_eval *e,
				      MCC_UNUSED const struct rt_insn *insn)
{
	if (e->s.reverse_name_status == POLICY_NAME_OK)
		return EVAL_DUNNO;
	return eval_reject(
		e, EVAL_POLICY, unknown_code(e, e->s.reverse_name_status), "4.7.1",
		"Client host rejected: cannot find your reverse hostname, [%s]",
		e->s.client_address);
}

enum eval eval_reject_plaintext(struct policy_eval *e,
				MCC_UNUSED const struct rt_insn *insn)
{
	if (e->s.is_encrypted)
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY, (int)e->settings->plaintext_reject_code,
			   "4.7.1", "Session encryption is required");
}

enum eval eval_reject_pipelining(struct policy_eval *e,
				 MCC_UNUSED const struct rt_insn *insn)
{
	if (!e->s.has_pipelined)
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY, 503, "5.5.0",
			   "<%s>: %s rejected: Improper use of SMTP command pipelining",
			   e->subject.name, e->subject.class);
}

/* ---- HELO ---- */

/* One final dot is no part of a name; of two, both are. */
static struct str without_final_dot(struct str name)
{
	if (name.len > 1 && name.ptr[name.len - 1] == '.' &&
	    name.ptr[name.len - 2] != '.')
		return str_slice(name, 0, name.len - 1);
	return name;
}

/* "[192.0.2.1]", or a bare address. */
static enum eval reject_invalid_address(struct policy_eval *e, struct str name)
{
	if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
		name = str_slice(name, 1, name.len - 1);
	if (hostaddr_of_literal(name).len > 0)
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY, (int)e->settings->invalid_hostname_reject_code,
			   "5.5.2", "<%s>: %s rejected: invalid ip address", e->s.helo,
			   EVAL_CLASS_HELO);
}

/* True: *out_name is to be looked at; false: *out_eval is the answer. */
static bool helo_name(struct policy_eval *e, struct str *out_name, enum eval *out_eval)
{
	struct str helo;

	*out_eval = EVAL_DUNNO;
	if (e->s.helo == NULL)
		return false;
	helo = str_of(e->s.helo);
	if (helo.len > 0 && helo.ptr[0] == '[') {
		*out_eval = reject_invalid_address(e, helo);
		return false;
	}
	*out_name = without_final_dot(helo);
	return true;
}

enum eval eval_reject_invalid_helo(struct policy_eval *e,
				   MCC_UNUSED const struct rt_insn *insn)
{
	enum eval eval;
	struct str name;

	if (!helo_name(e, &name, &eval))
		return eval;
	if (hostname_is_valid(name) || hostaddr_is_valid(name))
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY, (int)e->settings->invalid_hostname_reject_code,
			   "5.5.2", "<%s>: %s rejected: Invalid name", e->s.helo,
			   EVAL_CLASS_HELO);
}

enum eval eval_reject_non_fqdn_helo(struct policy_eval *e,
				    MCC_UNUSED const struct rt_insn *insn)
{
	enum eval eval;
	struct str name;

	if (!helo_name(e, &name, &eval))
		return eval;
	if (hostname_is_valid(name) && str_chr(name, '.') >= 0)
		return EVAL_DUNNO;
	return eval_reject(e, EVAL_POLICY, (int)e->settings->non_fqdn_reject_code,
			   "5.5.2", "<%s>: %s rejected: need fully-qualified hostname",
			   e->s.helo, EVAL_CLASS_HELO);
}

enum eval eval_reject_unknown_helo(struct policy_eval *e,
				   MCC_UNUSED const struct rt_insn *insn)
{
	const char *name = e->s.helo;

	if (name == NULL)
		return EVAL_DUNNO;
	if (name[0] == '[')
		return reject_invalid_address(e, str_of(name));
	switch (eval_dns_exists(e, name, false)) {
	case EVAL_DNS_OK:
	case EVAL_DNS_UNKNOWN:
		return EVAL_DUNNO;
	case EVAL_DNS_RETRY:
		return eval_defer_if_permit(
			e, e->settings->unknown_helo_hostname_tempfail_action, 450,
			"4.7.1", "<%s>: %s rejected: Host not found", name,
			EVAL_CLASS_HELO);
	case EVAL_DNS_NONE:
	case EVAL_DNS_NULL_MX:
		break;
	}
	return eval_reject(e, EVAL_POLICY, (int)e->settings->unknown_hostname_reject_code,
			   "4.7.1", "<%s>: %s rejected: Host not found", name,
			   EVAL_CLASS_HELO);
}

enum eval eval_permit_naked_ip(struct policy_eval *e,
			       MCC_UNUSED const struct rt_insn *insn)
{
	enum eval status;

	if (e->s.helo == NULL || e->s.helo[strspn(e->s.helo, "0123456789.:")] != '\0')
		return EVAL_DUNNO;
	status = reject_invalid_address(e, str_of(e->s.helo));
	return status == EVAL_DUNNO ? EVAL_OK : status;
}
