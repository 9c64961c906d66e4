/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of addresses that look like those of dial-up customers. The six
 * expressions are the published ones of S25R (Selective SMTP Rejection), which
 * receivers in Japan and elsewhere run: they look at the name alone.
 */
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "dnscheck/rules.h"

static const char *const generic_names[] = {
	"^[^.]*[0-9][^0-9.]+[0-9].*\\.",
	"^[^.]*[0-9]{5}",
	"^([^.]+\\.)?[0-9][^.]*\\.[^.]+\\..+\\.[a-z]",
	"^[^.]*[0-9]\\.[^.]*[0-9]-[0-9]",
	"^[^.]*[0-9]\\.[^.]*[0-9]\\.[^.]+\\..+\\.",
	"^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]",
};

static bool matches(const char *expression, const char *name)
{
	regex_t re;
	bool found;

	if (regcomp(&re, expression, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	found = regexec(&re, name, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

/* The last two octets of an IPv4 address, as providers put them into names. */
static bool has_octets(const struct own_address *own, const char *name)
{
	static const char separators[] = "-._";
	char text[16];
	size_t i;

	if (own->family != AF_INET)
		return false;
	for (i = 0; i + 1 < sizeof(separators); i++) {
		snprintf(text, sizeof(text), "%u%c%u", own->bytes[2], separators[i],
			 own->bytes[3]);
		if (strstr(name, text) != NULL)
			return true;
		snprintf(text, sizeof(text), "%u%c%u", own->bytes[3], separators[i],
			 own->bytes[2]);
		if (strstr(name, text) != NULL)
			return true;
	}
	return false;
}

/* DN026 */
void rules_generic_name(const struct rule_run *run, const struct own_address *own,
			const char *name)
{
	struct span span = run->subject->hostname_span;
	size_t i;

	for (i = 0; i < array_len(generic_names); i++) {
		if (!matches(generic_names[i], name))
			continue;
		(void)diag_add(run->diags, RULE_DN026, span,
			       "%s is called %s: receivers that run S25R take it for a "
			       "customer's line and put its mail off (expression %zu)",
			       own->text, name, i + 1);
		return;
	}
	if (has_octets(own, name))
		(void)diag_add(run->diags, RULE_DN026, span,
			       "%s is called %s: the address within the name makes it "
			       "look like a customer's line, whose mail many refuse",
			       own->text, name);
}
