/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session takes from the generation in force: settings, and the fresh
 * start of the policy when the generation has changed since the session began.
 * A session holds exactly one generation, and changes it only between
 * transactions.
 */
#include "mccd/net.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"

struct rt_context net_context(const struct net_session *session, struct arena *arena)
{
	return (struct rt_context){.config = session->generation->config,
				   .settings = session->service->settings,
				   .arena = arena};
}

static unsigned as_unsigned(int64_t n)
{
	return n <= 0 ? 0 : n > 1000000000 ? 1000000000u : (unsigned)n;
}

static unsigned hidden_keywords(const struct rt_words *words)
{
	static const struct {
		const char *word;
		enum smtp_keyword keyword;
	} known[] = {{"pipelining", SMTP_PIPELINING},
		     {"size", SMTP_SIZE},
		     {"enhancedstatuscodes", SMTP_ENHANCEDSTATUSCODES},
		     {"8bitmime", SMTP_8BITMIME},
		     {"xclient", SMTP_XCLIENT}};
	unsigned hidden = 0;
	size_t i;
	size_t k;

	for (i = 0; i < words->count; i++)
		for (k = 0; k < array_len(known); k++)
			if (str_caseeqc(str_of(words->words[i]), known[k].word))
				hidden |= known[k].keyword;
	return hidden;
}

static bool may_xclient(const struct net_session *session)
{
	struct rt_context ctx = net_context(session, session->arena);
	char address[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_storage *peer = &session->peer;
	const void *bytes = &((const struct sockaddr_in *)peer)->sin_addr;

	/* The real peer, whoever it spoke for before. */
	if (peer->ss_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)peer)->sin6_addr;
	(void)inet_ntop(peer->ss_family, bytes, address, sizeof(address));
	return rt_match_host(
		       &ctx, &session->service->settings->smtpd_authorized_xclient_hosts,
		       str_of(session->policy.client_name), str_of(address)) == RT_FOUND;
}

/* smtpd_forbid_bare_newline: a bare LF never ends a message; this is about
 * whether a message that has one is refused. */
static bool rejects_bare_lf(const struct net_session *session)
{
	struct rt_context ctx = net_context(session, session->arena);
	const struct rt_settings *t = session->service->settings;

	return str_caseeqc(str_of(t->smtpd_forbid_bare_newline), "reject") &&
	       rt_match_host(&ctx, &t->smtpd_forbid_bare_newline_exclusions,
			     str_of(session->policy.client_name),
			     str_of(session->policy.client_address)) != RT_FOUND;
}

void net_session_params(struct net_session *session)
{
	const struct rt_settings *t = session->service->settings;
	struct smtp_params *p = &session->smtp.params;

	p->hostname = t->myhostname;
	p->client = session->client;
	p->message_limit =
		t->message_size_limit > 0 ? (uint64_t)t->message_size_limit : 0;
	p->header_limit = t->header_size_limit > 0 ? (uint64_t)t->header_size_limit : 0;
	p->hop_limit = as_unsigned(t->hopcount_limit);
	p->recipient_limit = as_unsigned(t->smtpd_recipient_limit);
	if (p->recipient_limit == 0 || p->recipient_limit > WIRE_RECIPIENTS_MAX)
		p->recipient_limit = WIRE_RECIPIENTS_MAX;
	p->soft_errors = as_unsigned(t->smtpd_soft_error_limit);
	p->hard_errors = as_unsigned(t->smtpd_hard_error_limit);
	p->junk_limit = as_unsigned(t->smtpd_junk_command_limit);
	p->hidden_keywords = hidden_keywords(&t->smtpd_discard_ehlo_keywords);
	p->helo_required = t->smtpd_helo_required;
	p->strict_envelopes = t->strict_rfc821_envelopes;
	p->vrfy_disabled = t->disable_vrfy_command;
	p->xclient_allowed = may_xclient(session);
	p->reject_bare_lf = rejects_bare_lf(session);
}

/* Everything an evaluator of an older generation left behind. */
static void forget_decisions(struct net_session *session)
{
	const struct policy_session *old = &session->policy;

	session->policy = (struct policy_session){
		.client_address = old->client_address,
		.client_name = old->client_name,
		.client_name_status = old->client_name_status,
		.reverse_name = old->reverse_name,
		.reverse_name_status = old->reverse_name_status,
		.sasl_user = old->sasl_user,
		.helo = session->helo,
	};
}

static bool find_service(struct net_session *session)
{
	const struct rt_config *config = session->generation->config;

	session->service = rt_config_service(config, session->service_name);
	return session->service != NULL;
}

/* To the generation in force; not within a transaction. */
void net_session_configure(struct net_session *session)
{
	struct child *child = &session->net->child;

	if (session->generation == child->generation)
		return;
	if (session->generation != NULL) {
		child_generation_release(session->generation);
		session->is_stale = true;
	}
	session->generation = child_generation_hold(child);
	MCC_ASSERT(find_service(session));
	forget_decisions(session);
	net_session_params(session);
}
