/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions of sessions to the DNS. A session that ends leaves its questions
 * under way behind; their answers are then dropped. Answers are kept for the
 * transaction, so that all its decisions see the same DNS.
 */
#include "mccd/net.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

static void lookup_unlink(struct net_lookup *lookup)
{
	if (lookup->session == NULL)
		return;
	*lookup->back = lookup->next;
	if (lookup->next != NULL)
		lookup->next->back = lookup->back;
	lookup->session->waiting--;
	lookup->session = NULL;
}

static void on_answer(const struct dns_answer *answer, void *arg)
{
	struct net_lookup *lookup = arg;
	struct net_session *session = lookup->session;

	if (session != NULL) {
		lookup_unlink(lookup);
		lookup->done(session, answer);
	}
	free(lookup);
}

static struct net_lookup *lookup_new(struct net_session *session,
				     void (*done)(struct net_session *,
						  const struct dns_answer *))
{
	struct net_lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup == NULL || session->net->resolver == NULL) {
		free(lookup);
		return NULL;
	}
	lookup->session = session;
	lookup->done = done;
	lookup->next = session->lookups;
	lookup->back = &session->lookups;
	if (lookup->next != NULL)
		lookup->next->back = &lookup->next;
	session->lookups = lookup;
	session->waiting++;
	return lookup;
}

static void no_resolver(struct net_session *session, const char *name, enum dns_type type,
			void (*done)(struct net_session *, const struct dns_answer *))
{
	struct dns_answer answer = {
		.status = DNS_UNVERIFIED, .qname = name, .qtype = type};

	done(session, &answer);
}

void net_ask(struct net_session *session, const char *name, enum dns_type type,
	     void (*done)(struct net_session *, const struct dns_answer *))
{
	struct net_lookup *lookup = lookup_new(session, done);

	if (lookup == NULL)
		no_resolver(session, name, type, done);
	else
		dns_ask(session->net->resolver, name, type, on_answer, lookup);
}

void net_ask_ptr(struct net_session *session, int family, const uint8_t *address,
		 void (*done)(struct net_session *, const struct dns_answer *))
{
	struct net_lookup *lookup = lookup_new(session, done);

	if (lookup == NULL)
		no_resolver(session, "", DNS_PTR, done);
	else
		dns_ask_ptr(session->net->resolver, family, address, on_answer, lookup);
}

void net_forget_lookups(struct net_session *session)
{
	while (session->lookups != NULL)
		lookup_unlink(session->lookups);
}

/* ---- store ---- */

static enum policy_answer_status status_of(enum dns_status status)
{
	switch ((int)status) {
	case DNS_ANSWER:
		return POLICY_ANSWER_FOUND;
	case DNS_NODATA:
		return POLICY_ANSWER_NODATA;
	case DNS_NXDOMAIN:
	case DNS_BAD_NAME:
		return POLICY_ANSWER_NXDOMAIN;
	default:
		return POLICY_ANSWER_FAIL;
	}
}

static const char *value_of(struct arena *arena, const struct dns_rr *rr)
{
	char text[INET6_ADDRSTRLEN];

	switch ((int)rr->type) {
	case DNS_A:
		return arena_strdup(arena,
				    inet_ntop(AF_INET, rr->address, text, sizeof(text)));
	case DNS_AAAA:
		return arena_strdup(arena,
				    inet_ntop(AF_INET6, rr->address, text, sizeof(text)));
	case DNS_MX:
		/* The root stands for "no mail at all", RFC 7505. */
		return arena_printf(arena, "%u %s", rr->preference,
				    rr->name[0] != '\0' ? rr->name : ".");
	case DNS_NS:
	case DNS_PTR:
	case DNS_CNAME:
		return arena_strdup(arena, rr->name);
	default:
		return str_dup0(arena, rr->text);
	}
}

/* Kept in the transaction's arena. */
void net_answers_add(struct net_session *session, const struct dns_answer *answer)
{
	struct arena *arena = session->trans;
	struct net_answer *kept = arena_alloc(arena, sizeof(*kept));
	const char **values = arena_array(arena, answer->rr_count + 1, sizeof(*values));
	size_t i;

	for (i = 0; i < answer->rr_count; i++)
		values[i] = value_of(arena, &answer->rrs[i]);
	kept->name = arena_strdup(arena, answer->qname);
	kept->type = dns_type_name(answer->qtype);
	kept->answer.status = status_of(answer->status);
	kept->answer.values = values;
	kept->answer.value_count = answer->rr_count;
	kept->next = session->answers;
	session->answers = kept;
}

static bool same_name(const char *a, const char *b)
{
	size_t len_a = strlen(a);
	size_t len_b = strlen(b);

	if (len_a > 0 && a[len_a - 1] == '.')
		len_a--;
	if (len_b > 0 && b[len_b - 1] == '.')
		len_b--;
	return len_a == len_b && strncasecmp(a, b, len_a) == 0;
}

const struct policy_answer *net_answers_find(void *arg, const char *name,
					     const char *type)
{
	const struct net_session *session = arg;
	const struct net_answer *kept;

	for (kept = session->answers; kept != NULL; kept = kept->next)
		if (strcmp(kept->type, type) == 0 && same_name(kept->name, name))
			return &kept->answer;
	return NULL;
}
