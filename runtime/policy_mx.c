/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restrictions on the mail and name servers of a domain: permit_mx_backup, and
 * the check_*_{a,mx,ns}_access family. The latter may refuse, never permit: a
 * sender chooses what its servers are called.
 */
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

/* ---- permit_mx_backup ---- */

enum answer { ANSWER_YES, ANSWER_NO };

static enum answer has_own_address(struct policy_eval *e, const char *host)
{
	const char *const *addresses;
	size_t count;

	switch (eval_dns_addresses(e, host, &addresses, &count)) {
	case EVAL_DNS_OK:
		break;
	case EVAL_DNS_UNKNOWN:
		return ANSWER_NO;
	case EVAL_DNS_NONE:
	case EVAL_DNS_RETRY:
	case EVAL_DNS_NULL_MX:
		eval_defer_if_reject(
			e, 450, "4.4.4",
			"<%s>: %s rejected: Unable to look up mail exchanger host %s",
			e->recipient, EVAL_CLASS_RECIPIENT, host);
		return ANSWER_NO;
	}
	for (size_t i = 0; i < count; i++)
		if (rt_address_is_own(e->ctx, str_of(addresses[i])))
			return ANSWER_YES;
	return ANSWER_NO;
}

static enum answer am_mx(struct policy_eval *e, const struct eval_host *hosts,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rt_domain_is_local(e->ctx, str_of(hosts[i].name)) == RT_FOUND)
			return ANSWER_YES;
	for (size_t i = 0; i < count; i++)
		if (has_own_address(e, hosts[i].name) == ANSWER_YES)
			return ANSWER_YES;
	return ANSWER_NO;
}

/* Every address of the primaries must be in permit_mx_backup_networks. */
static enum answer are_allowed(struct policy_eval *e, const struct eval_host *hosts,
			       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *const *addresses;
		size_t n;

		if (eval_dns_addresses(e, hosts[i].name, &addresses, &n) != EVAL_DNS_OK) {
			eval_defer_if_reject(
				e, 450, "4.4.4",
				"<%s>: %s rejected: Unable to look up host %s as "
				"mail exchanger",
				e->recipient, EVAL_CLASS_RECIPIENT, hosts[i].name);
			return ANSWER_NO;
		}
		for (size_t k = 0; k < n; k++)
			if (rt_match_host(e->ctx, &e->settings->permit_mx_backup_networks,
					  str_of(hosts[i].name),
					  str_of(addresses[k])) != RT_FOUND)
				return ANSWER_NO;
	}
	return ANSWER_YES;
}

static enum eval permit_backup_of(struct policy_eval *e, const char *domain)
{
	struct eval_host *hosts;
	size_t count, primaries = 0;

	switch (eval_dns_hosts(e, domain, "MX", &hosts, &count)) {
	case EVAL_DNS_OK:
		break;
	case EVAL_DNS_RETRY:
		return eval_defer_if_reject(
			e, 450, "4.4.4",
			"<%s>: %s rejected: Unable to look up mail exchanger information",
			e->recipient, EVAL_CLASS_RECIPIENT);
	case EVAL_DNS_NONE:
	case EVAL_DNS_NULL_MX:
	case EVAL_DNS_UNKNOWN:
		return EVAL_DUNNO;
	}
	while (primaries < count && hosts[primaries].preference == hosts[0].preference)
		primaries++;
	if (am_mx(e, hosts, primaries) == ANSWER_YES)
		return EVAL_DUNNO;
	if (primaries == count ||
	    am_mx(e, hosts + primaries, count - primaries) == ANSWER_NO)
		return EVAL_DUNNO;
	if (e->settings->permit_mx_backup_networks.count > 0 &&
	    are_allowed(e, hosts, primaries) == ANSWER_NO)
		return EVAL_DUNNO;
	return EVAL_OK;
}

enum eval eval_permit_mx_backup(struct policy_eval *e,
				MCC_UNUSED const struct rt_insn *insn)
{
	const struct rt_route *route;
	struct str domain;
	enum eval status;

	if (e->recipient == NULL)
		return EVAL_DUNNO;
	status = eval_auth_destination(e);
	route = eval_route(e, e->recipient);
	if (status != EVAL_DUNNO || route->status != RT_ROUTE_OK ||
	    (route->routed && !e->settings->allow_untrusted_routing))
		return status;
	domain = address_domain(str_of(route->recipient));
	if (domain.len > 0 && domain.ptr[0] == '[')
		return EVAL_DUNNO;
	return permit_backup_of(e, rt_text(e->ctx, domain));
}

/* ---- check_*_a_access, check_*_mx_access, check_*_ns_access ---- */

/* What the table is asked about. */
struct server_check {
	const struct rt_insn *insn;
	const char *name; /* host name or address; NULL: nothing to check */
	struct eval_subject subject;
	const char *type; /* "A", "MX", "NS" */
};

static struct server_check make_check(struct policy_eval *e, const struct rt_insn *insn)
{
	struct server_check c = {.insn = insn, .type = "A"};
	const char *word = policy_op_word(insn->op);

	if (strstr(word, "_mx_") != NULL)
		c.type = "MX";
	else if (strstr(word, "_ns_") != NULL)
		c.type = "NS";
	if (strncmp(word, "check_client_", 13) == 0) {
		c.name = strcmp(e->s.client_name, "unknown") == 0 ? NULL
								  : e->s.client_name;
		c.subject = (struct eval_subject){e->s.client_name, EVAL_CLASS_CLIENT};
	} else if (strncmp(word, "check_reverse_", 14) == 0) {
		c.name = strcmp(e->s.reverse_name, "unknown") == 0 ? NULL
								   : e->s.reverse_name;
		c.subject = (struct eval_subject){e->s.reverse_name, EVAL_CLASS_REVERSE};
	} else if (strncmp(word, "check_helo_", 11) == 0) {
		c.name = e->s.helo;
		c.subject = (struct eval_subject){e->s.helo, EVAL_CLASS_HELO};
	} else if (strncmp(word, "check_sender_", 13) == 0) {
		c.name = e->s.sender != NULL && *e->s.sender ? e->s.sender : NULL;
		c.subject = (struct eval_subject){e->s.sender, EVAL_CLASS_SENDER};
	} else {
		c.name = e->recipient != NULL && *e->recipient ? e->recipient : NULL;
		c.subject = (struct eval_subject){e->recipient, EVAL_CLASS_RECIPIENT};
	}
	return c;
}

/* "[192.0.2.1]" is its own mail server. */
static enum eval check_literal(struct policy_eval *e, const struct server_check *c,
			       struct str domain)
{
	struct str address;
	bool found;

	if (strcmp(c->type, "NS") == 0 || domain.ptr[domain.len - 1] != ']')
		return EVAL_DUNNO;
	address = hostaddr_of_literal(str_slice(domain, 1, domain.len - 1));
	if (address.len == 0)
		return EVAL_DUNNO;
	return access_address(e, c->insn, &c->subject, rt_text(e->ctx, address), &found);
}

/* Name servers of the domain or of the nearest parent that has some. */
static enum eval_dns find_name_servers(struct policy_eval *e, const char *domain,
				       struct eval_host **out_hosts, size_t *out_count)
{
	enum eval_dns status;

	for (;;) {
		const char *dot;

		status = eval_dns_hosts(e, domain, "NS", out_hosts, out_count);
		dot = strchr(domain, '.');
		if (status != EVAL_DNS_NONE || dot == NULL || dot[1] == '\0')
			return status;
		domain = dot + 1;
	}
}

static enum eval_dns find_servers(struct policy_eval *e, const struct server_check *c,
				  const char *domain, struct eval_host **out_hosts,
				  size_t *out_count)
{
	enum eval_dns status = EVAL_DNS_NONE;
	struct eval_host *self;

	if (strcmp(c->type, "NS") == 0)
		return find_name_servers(e, domain, out_hosts, out_count);
	if (strcmp(c->type, "MX") == 0)
		status = eval_dns_hosts(e, domain, "MX", out_hosts, out_count);
	if (status != EVAL_DNS_NONE)
		return status;
	self = arena_alloc(e->ctx->arena, sizeof(*self));
	self->name = domain;
	*out_hosts = self;
	*out_count = 1;
	return EVAL_DNS_OK;
}

static enum eval check_host(struct policy_eval *e, const struct server_check *c,
			    const char *host, bool *out_found)
{
	const char *const *addresses;
	enum eval status;
	size_t count;

	if (hostaddr_is_valid(str_of(host)))
		return access_address(e, c->insn, &c->subject, host, out_found);
	status = access_domain(e, c->insn, &c->subject, host, out_found);
	if (status != EVAL_DUNNO || *out_found)
		return status;
	if (eval_dns_addresses(e, host, &addresses, &count) != EVAL_DNS_OK)
		return EVAL_DUNNO;
	for (size_t i = 0; i < count; i++) {
		status = access_address(e, c->insn, &c->subject, addresses[i], out_found);
		if (status != EVAL_DUNNO || *out_found)
			return status;
	}
	return EVAL_DUNNO;
}

static enum eval check_servers(struct policy_eval *e, const struct server_check *c)
{
	struct str domain = str_of(c->name);
	struct eval_host *hosts;
	size_t count;

	if (address_at(domain) >= 0)
		domain = address_domain(domain);
	if (domain.len > 0 && domain.ptr[0] == '[')
		return check_literal(e, c, domain);
	if (find_servers(e, c, rt_text(e->ctx, domain), &hosts, &count) != EVAL_DNS_OK)
		return EVAL_DUNNO;
	for (size_t i = 0; i < count; i++) {
		bool found = false;
		enum eval status = check_host(e, c, hosts[i].name, &found);

		if (status != EVAL_DUNNO || found)
			return status;
	}
	return EVAL_DUNNO;
}

enum eval eval_check_server_access(struct policy_eval *e, const struct rt_insn *insn)
{
	struct server_check c = make_check(e, insn);
	enum eval status = EVAL_DUNNO;

	if (c.name != NULL)
		status = check_servers(e, &c);
	return eval_forbid_permit(e, status);
}
