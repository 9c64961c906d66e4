/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Look-ups of access(5). The first key that is in the table decides, and "not
 * there" is only said after the last one: a name, then its parent domains; an
 * address, then its networks by whole octets (IPv6: groups); a mail address,
 * then the same without extension, its domain and parents, its local part.
 *
 * A table that fails answers as if its row said "451 4.3.5 Server
 * configuration error".
 */
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

#define FAILED_VALUE "451 4.3.5 Server configuration error"

/* One key; fills *out_status when it is there or the table failed. */
static bool try_key(struct policy_eval *e, const struct rt_insn *insn,
		    const struct eval_subject *subject, struct str key, bool partial,
		    enum eval *out_status)
{
	struct str value;

	switch (rt_table_find(e->ctx, insn->map, policy_op_word(insn->op), key, partial,
			      &value)) {
	case RT_NOT_FOUND:
		return false;
	case RT_LOOKUP_ERROR:
		value = STR_LIT(FAILED_VALUE);
		break;
	case RT_FOUND:
		if (value.len == 0)
			value = STR_LIT(FAILED_VALUE);
		break;
	}
	*out_status = access_action(e, subject, value);
	return true;
}

enum eval access_domain(struct policy_eval *e, const struct rt_insn *insn,
			const struct eval_subject *subject, const char *domain,
			bool *out_found)
{
	struct str name = str_folded(e->ctx->arena, str_of(domain));
	bool bare_parents = rt_parent_matches(e->ctx, "smtpd_access_maps");
	bool partial = false;
	enum eval status;

	*out_found = true;
	while (name.len > 0) {
		ptrdiff_t dot;

		if (try_key(e, insn, subject, name, partial, &status))
			return status;
		if (!partial && hostaddr_is_valid(name))
			break;
		dot = str_chr(str_slice(name, 1, name.len), '.');
		if (dot < 0)
			break;
		name = str_slice(name, (size_t)dot + (bare_parents ? 2 : 1), name.len);
		partial = true;
	}
	*out_found = false;
	return EVAL_DUNNO;
}

enum eval access_address(struct policy_eval *e, const struct rt_insn *insn,
			 const struct eval_subject *subject, const char *address,
			 bool *out_found)
{
	struct str key = str_of(address);
	char separator = strchr(address, ':') != NULL ? ':' : '.';
	bool partial = false;
	enum eval status;

	*out_found = true;
	for (;;) {
		ptrdiff_t at;

		if (try_key(e, insn, subject, key, partial, &status))
			return status;
		at = str_rchr(key, separator);
		if (at < 0)
			break;
		key = str_slice(key, 0, (size_t)at);
		partial = true;
	}
	*out_found = false;
	return EVAL_DUNNO;
}

static enum eval check_name_and_address(struct policy_eval *e, const struct rt_insn *insn,
					const char *name, struct eval_subject subject)
{
	bool found;
	enum eval status = access_domain(e, insn, &subject, name, &found);

	if (status != EVAL_DUNNO || found)
		return status;
	return access_address(e, insn, &subject, e->s.client_address, &found);
}

enum eval eval_check_client_access(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {eval_client(e), EVAL_CLASS_CLIENT};

	return check_name_and_address(e, insn, e->s.client_name, subject);
}

/* A message that is discarded is not let in by it. */
enum eval eval_forbid_permit(struct policy_eval *e, enum eval status)
{
	return status == EVAL_OK && !e->s.discard ? eval_server_error(e) : status;
}

/* Whoever runs the reverse zone chooses this name: it may not permit. */
enum eval eval_check_reverse_access(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {e->s.reverse_name, EVAL_CLASS_REVERSE};
	enum eval status = check_name_and_address(e, insn, e->s.reverse_name, subject);

	return eval_forbid_permit(e, status);
}

enum eval eval_check_helo_access(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {e->s.helo, EVAL_CLASS_HELO};
	bool found;

	if (e->s.helo == NULL)
		return EVAL_DUNNO;
	return access_domain(e, insn, &subject, e->s.helo, &found);
}

enum eval eval_check_sasl_access(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {e->s.sasl_user, EVAL_CLASS_SASL};
	enum eval status = EVAL_DUNNO;

	if (!e->settings->smtpd_sasl_auth_enable || e->s.sasl_user == NULL ||
	    *e->s.sasl_user == '\0')
		return EVAL_DUNNO;
	try_key(e, insn, &subject, str_lower(e->ctx->arena, str_of(e->s.sasl_user)),
		false, &status);
	return status;
}

/* An OK for a recipient that carries a route is worth nothing. */
static enum eval distrust_route(const struct policy_eval *e, const struct rt_route *route,
				const struct eval_subject *subject, enum eval status)
{
	if (status == EVAL_OK && route->routed && !e->settings->allow_untrusted_routing &&
	    strcmp(subject->class, EVAL_CLASS_RECIPIENT) == 0)
		return EVAL_DUNNO;
	return status;
}

static enum eval check_mail_address(struct policy_eval *e, const struct rt_insn *insn,
				    const char *address, struct eval_subject subject)
{
	const struct rt_maps maps = {
		.maps = &insn->map, .count = 1, .origin = insn->origin};
	struct rt_find find = {.ctx = e->ctx,
			       .maps = &maps,
			       .what = policy_op_word(insn->op),
			       .keys = RT_FIND_FULL | RT_FIND_NOEXT | RT_FIND_DOMAIN |
				       RT_FIND_LOCALPART_AT};
	const struct rt_route *route = eval_route(e, address);
	struct str value;

	if (route->status == RT_ROUTE_LOOKUP_FAILED)
		return eval_lookup_error(e, address);
	if (address_at(str_of(route->recipient)) < 0)
		return EVAL_DUNNO;
	if (!rt_parent_matches(e->ctx, "smtpd_access_maps"))
		find.keys |= RT_FIND_PARENT_IS_DOT;
	switch (rt_find_address(&find, str_of(route->recipient), &value, NULL)) {
	case RT_NOT_FOUND:
		return EVAL_DUNNO;
	case RT_LOOKUP_ERROR:
		value = STR_LIT(FAILED_VALUE);
		break;
	case RT_FOUND:
		break;
	}
	return distrust_route(e, route, &subject, access_action(e, &subject, value));
}

enum eval eval_check_sender_access(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {e->s.sender, EVAL_CLASS_SENDER};
	enum eval status = EVAL_DUNNO;

	if (e->s.sender == NULL)
		return EVAL_DUNNO;
	if (*e->s.sender != '\0')
		return check_mail_address(e, insn, e->s.sender, subject);
	try_key(e, insn, &subject, str_of(e->settings->smtpd_null_access_lookup_key),
		false, &status);
	return status;
}

enum eval eval_check_recipient_access(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {e->recipient, EVAL_CLASS_RECIPIENT};

	if (e->recipient == NULL)
		return EVAL_DUNNO;
	return check_mail_address(e, insn, e->recipient, subject);
}
