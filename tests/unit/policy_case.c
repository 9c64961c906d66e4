/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions before a small site; see policy_case.h. */
#include "policy_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int policy_case_setup(void **state)
{
	struct rt_site *site = malloc(sizeof(*site));

	if (site == NULL)
		return -1;
	rt_site_init(site);
	rt_site_stage(site, RT_STAGE_RELAY,
		      "permit_mynetworks reject_unauth_destination");
	*state = site;
	return 0;
}

int policy_case_teardown(void **state)
{
	rt_site_fini(*state);
	free(*state);
	return 0;
}

const char *policy_case_text(struct rt_site *site, const struct policy_reply *reply)
{
	return arena_printf(site->arena, "%d %s", reply->code,
			    reply->dsn != NULL ? reply->dsn : "-");
}

struct policy_reply policy_case_session(struct rt_site *site, const char *helo,
					const char *sender, const char *recipient)
{
	struct policy_reply reply;

	policy_reset_transaction(&site->session);
	site->session.helo = NULL;
	reply = policy_connect(&site->policy);
	if (reply.code >= 400)
		return reply;
	if (helo != NULL)
		reply = policy_helo(&site->policy, helo);
	if (reply.code >= 400)
		return reply;
	reply = policy_mail(&site->policy, sender, 0);
	if (reply.code >= 400)
		return reply;
	return policy_rcpt(&site->policy, recipient);
}

void policy_case_check(struct rt_site *site, const char *sender, const char *recipient,
		       const char *want)
{
	struct policy_reply reply =
		policy_case_session(site, "mx.stranger.example", sender, recipient);
	const char *got = policy_case_text(site, &reply);

	if (strcmp(got, want) != 0)
		fail_msg("<%s> to <%s>: got %s (%s), want %s", sender, recipient, got,
			 reply.text != NULL ? reply.text : "", want);
}
