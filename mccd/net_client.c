/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who the client is: its name by PTR, believed only when the name leads back
 * to the address (as smtpd does), or what XCLIENT says.
 */
#include "mccd/net.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/log.h"
#include "runtime/address.h"

static const char unknown[] = "unknown";

/* The client's text for logs and replies. */
static void name_client(struct net_session *session)
{
	const struct policy_session *p = &session->policy;

	session->client =
		arena_printf(session->arena, "%s[%s]", p->client_name, p->client_address);
	/* Limits may hang on who it is. */
	net_session_params(session);
}

static void begin_connect(struct net_session *session)
{
	name_client(session);
	log_info("connect from %s", session->client);
	session->event = (struct smtp_event){.type = SMTP_EVENT_CONNECT};
	net_policy_run(session);
	net_session_resume(session);
}

static void set_name(struct net_session *session, const char *name,
		     enum policy_name_status status)
{
	session->policy.client_name = name;
	session->policy.client_name_status = status;
}

static void set_reverse(struct net_session *session, const char *name,
			enum policy_name_status status)
{
	session->policy.reverse_name = name;
	session->policy.reverse_name_status = status;
}

static enum policy_name_status failure_of(enum dns_status status)
{
	return status == DNS_NODATA || status == DNS_NXDOMAIN || status == DNS_BAD_NAME
		       ? POLICY_NAME_NONE
		       : POLICY_NAME_TEMPFAIL;
}

static const uint8_t *peer_bytes(const struct net_session *session, size_t *out_len)
{
	if (session->peer.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 =
			(const struct sockaddr_in6 *)&session->peer;

		*out_len = 16;
		return in6->sin6_addr.s6_addr;
	}
	*out_len = 4;
	return (const uint8_t *)&((const struct sockaddr_in *)&session->peer)->sin_addr;
}

static void on_forward(struct net_session *session, const struct dns_answer *answer)
{
	size_t len;
	const uint8_t *address = peer_bytes(session, &len);
	size_t i;

	set_name(session, unknown, failure_of(answer->status));
	if (answer->status == DNS_ANSWER)
		set_name(session, unknown, POLICY_NAME_NONE);
	for (i = 0; answer->status == DNS_ANSWER && i < answer->rr_count; i++)
		if (memcmp(answer->rrs[i].address, address, len) == 0)
			set_name(session, session->ptr_name, POLICY_NAME_OK);
	begin_connect(session);
}

static void on_ptr(struct net_session *session, const struct dns_answer *answer)
{
	const char *name = answer->rr_count > 0 ? answer->rrs[0].name : "";

	if (answer->status != DNS_ANSWER || !hostname_is_valid(str_of(name))) {
		enum policy_name_status why = answer->status == DNS_ANSWER
						      ? POLICY_NAME_NONE
						      : failure_of(answer->status);

		set_name(session, unknown, why);
		set_reverse(session, unknown, why);
		begin_connect(session);
		return;
	}
	session->ptr_name = arena_strdup(session->arena, name);
	set_reverse(session, session->ptr_name, POLICY_NAME_OK);
	net_ask(session, session->ptr_name,
		session->peer.ss_family == AF_INET6 ? DNS_AAAA : DNS_A, on_forward);
}

void net_client_begin(struct net_session *session)
{
	const char *local = net_hosts_find(session->net, session->policy.client_address);
	const uint8_t *address;
	size_t len;

	if (local != NULL) {
		set_name(session, local, POLICY_NAME_OK);
		set_reverse(session, local, POLICY_NAME_OK);
		begin_connect(session);
		return;
	}
	address = peer_bytes(session, &len);
	net_ask_ptr(session, session->peer.ss_family, address, on_ptr);
}

/* ---- XCLIENT ---- */

static enum policy_name_status given_status(const char *value)
{
	if (strcasecmp(value, "[TEMPUNAVAIL]") == 0)
		return POLICY_NAME_TEMPFAIL;
	return strcasecmp(value, "[UNAVAILABLE]") == 0 ? POLICY_NAME_NONE
						       : POLICY_NAME_OK;
}

static const char *given_name(struct net_session *session, const char *value)
{
	struct str text = str_of(value);

	if (given_status(value) != POLICY_NAME_OK)
		return unknown;
	return str_dup0(session->arena, text);
}

static const char *given_address(struct net_session *session, const char *value)
{
	struct str text = str_of(value);

	if (given_status(value) != POLICY_NAME_OK)
		return unknown;
	if (text.len > 5 && str_caseeqc(str_slice(text, 0, 5), "IPV6:"))
		text = str_slice(text, 5, text.len);
	return str_dup0(session->arena, text);
}

void net_client_xclient(struct net_session *session, const struct smtp_xclient *x)
{
	struct policy_session *old = &session->policy;
	struct policy_session p = {.client_address = old->client_address,
				   .client_name = old->client_name,
				   .client_name_status = old->client_name_status,
				   .reverse_name = old->reverse_name,
				   .reverse_name_status = old->reverse_name_status,
				   .sasl_user = old->sasl_user,
				   .peer_address = old->peer_address
							   ? old->peer_address
							   : old->client_address};

	session->policy = p;
	session->helo = NULL;
	if (x->address != NULL)
		session->policy.client_address = given_address(session, x->address);
	if (x->name != NULL)
		set_name(session, given_name(session, x->name), given_status(x->name));
	if (x->reverse_name != NULL)
		set_reverse(session, given_name(session, x->reverse_name),
			    given_status(x->reverse_name));
	if (x->login != NULL)
		session->policy.sasl_user = given_status(x->login) == POLICY_NAME_OK
						    ? given_name(session, x->login)
						    : NULL;
	if (x->helo != NULL && given_status(x->helo) == POLICY_NAME_OK) {
		session->helo = str_dup0(session->arena, str_of(x->helo));
		session->policy.helo = session->helo;
	}
	name_client(session);
	log_info("XCLIENT: now %s", session->client);
}
