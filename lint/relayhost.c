/* SPDX-License-Identifier: BSD-2-Clause */
/* relayhost: `host`, `[host]`, `host:port`, `[host]:port`, or a list of them. */
#include <arpa/inet.h>
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/label.h"
#include "mcc/model/site.h"

/* Splits off ":port"; false when a port is there and is none. */
static bool split_port(struct str word, struct str *out_host)
{
	size_t from = word.len && word.ptr[0] == '[' ? (size_t)str_chr(word, ']') : 0;
	ptrdiff_t colon;
	struct str port;

	*out_host = word;
	if (from > word.len)
		return false; /* no closing bracket */
	colon = str_chr(str_slice(word, from, word.len), ':');
	if (colon < 0)
		return true;
	port = str_slice(word, from + (size_t)colon + 1, word.len);
	*out_host = str_slice(word, 0, from + (size_t)colon);
	for (size_t i = 0; i < port.len; i++)
		if (!strchr("0123456789abcdefghijklmnopqrstuvwxyz-", port.ptr[i]))
			return false;
	return port.len > 0;
}

static bool is_address(struct str host)
{
	char buf[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	if (host.len >= 5 && str_caseeqc(str_slice(host, 0, 5), "ipv6:"))
		host = str_slice(host, 5, host.len);
	if (host.len == 0 || host.len >= sizeof(buf))
		return false;
	memcpy(buf, host.ptr, host.len);
	buf[host.len] = '\0';
	return inet_pton(AF_INET, buf, bytes) == 1 ||
	       inet_pton(AF_INET6, buf, bytes) == 1;
}

static void check_hop(const struct text *text, struct diag_queue *diags)
{
	struct str host;
	bool is_bracketed;

	if (memmem(text->str.ptr, text->str.len, "://", 3)) {
		diag_add(diags, RULE_MC330, text_full_span(*text),
			 "relayhost takes no URL; write [host]:port");
		return;
	}
	if (!split_port(text->str, &host)) {
		diag_add(diags, RULE_MC330, text_full_span(*text),
			 "'%.*s' is none of host, [host], host:port, [host]:port",
			 STR_ARG(text->str));
		return;
	}
	is_bracketed = host.len > 2 && host.ptr[0] == '[';
	if (is_bracketed)
		host = str_slice(host, 1, host.len - 1);
	if (is_address(host)) {
		struct diag *d;

		if (is_bracketed)
			return;
		d = diag_add(
			diags, RULE_MC330, text_full_span(*text),
			"an address as next hop needs brackets; without them Postfix "
			"looks for the MX of a host called '%.*s'",
			STR_ARG(host));
		diag_fix(diags, d, "write [%.*s]", STR_ARG(host));
		return;
	}
	if (label_problem(host))
		diag_add(diags, RULE_MC330, text_full_span(*text),
			 "'%.*s' is no host name: %s", STR_ARG(host),
			 label_problem(host));
}

void lint_relayhost(const struct site *site, struct diag_queue *diags)
{
	const struct setting *setting = site_setting(site, PARAM_relayhost);
	const struct list *list = site_list(site, setting);

	if (setting->origin == ORIGIN_DEFAULT)
		return;
	for (size_t i = 0; i < list->count; i++)
		check_hop(&list->items[i].text, diags);
}
