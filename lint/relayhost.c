/* SPDX-License-Identifier: BSD-2-Clause */
/* relayhost: `host`, `[host]`, `host:port`, `[host]:port`, or a list of them. */
#include <arpa/inet.h>
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/domain.h"
#include "lint/hop.h"
#include "lint/label.h"
#include "lint/say.h"

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
	if (hop_fault(text->str) && !is_address(text->str)) {
		diag_add(
			diags, RULE_MC330, text_full_span(*text),
			"'%.*s' %s: smtp ends with an error, and all mail to other sites "
			"stays in the queue",
			STR_ARG(text->str), hop_fault(text->str));
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

/* ---- what a hop of the right form still gets wrong ---- */

struct hop {
	const struct text *text;
	struct str host; /* without brackets */
	struct str port; /* empty: the default */
	bool is_bracketed;
	bool is_address;
};

static struct hop hop_of(const struct text *text)
{
	struct hop hop = {.text = text};
	struct str word = text->str;

	if (!split_port(word, &hop.host))
		return hop;
	if (hop.host.len < word.len)
		hop.port = str_slice(word, hop.host.len + 1, word.len);
	hop.is_bracketed = hop.host.len > 2 && hop.host.ptr[0] == '[';
	if (hop.is_bracketed)
		hop.host = str_slice(hop.host, 1, hop.host.len - 1);
	hop.is_address = is_address(hop.host);
	return hop;
}

static bool is_port(struct str port, const char *number, const char *name,
		    const char *other_name)
{
	return str_eqc(port, number) || str_eqc(port, name) || str_eqc(port, other_name);
}

/* A domain may have MX records; a host below one is as a rule meant itself. */
static void check_mx_lookup(const struct lint_run *run, const struct setting *setting,
			    const struct hop *hop)
{
	bool has_port = hop->port.len && !is_port(hop->port, "25", "smtp", "smtp");
	struct lint_place place = lint_place_of_word(setting, hop->text);
	struct diag *d;

	if (hop->is_bracketed || hop->is_address || label_problem(hop->host) ||
	    (domain_is_registered(hop->host) && !has_port))
		return;
	d = lint_say(
		run, RULE_MC331, place,
		"without brackets Postfix asks for the MX records of '%.*s' first and "
		"may send the mail elsewhere; brackets take the host itself",
		STR_ARG(hop->host));
	diag_fix(run->diags, d, "write [%.*s]%s%.*s", STR_ARG(hop->host),
		 hop->port.len ? ":" : "", STR_ARG(hop->port));
}

/* Port 25 of this very host is this very Postfix. */
static void check_self(const struct lint_run *run, const struct setting *setting,
		       const struct hop *hop)
{
	struct str name = lint_value(run->site, PARAM_myhostname);

	if (hop->port.len && !is_port(hop->port, "25", "smtp", "smtp"))
		return;
	if (!domain_is_localhost(hop->host) && !str_eqc(hop->host, "127.0.0.1") &&
	    !str_eqc(hop->host, "::1") && !str_caseeq(hop->host, name))
		return;
	if (str_caseeq(hop->host, name) && !lint_is_set(run->site, PARAM_myhostname))
		return; /* the name is this machine's, not the site's */
	lint_say(run, RULE_MC309, lint_place_of_word(setting, hop->text),
		 "the relay host is this host itself: all mail to other sites would come "
		 "back here, and bounces with 'mail loops back to myself'");
}

static void check_wrappermode(const struct lint_run *run, const struct setting *setting,
			      const struct hop *hop)
{
	bool is_wrapped = lint_is_on(run->site, PARAM_smtp_tls_wrappermode);
	bool is_465 = is_port(hop->port, "465", "smtps", "submissions");

	if (is_465 && !is_wrapped && run->site->options.version.major >= 3)
		lint_say(
			run, RULE_MC707, lint_place_of_word(setting, hop->text),
			"port 465 speaks TLS from the first byte, which Postfix does only "
			"with smtp_tls_wrappermode = yes and smtp_tls_security_level = "
			"encrypt: without them all mail waits until the server gives up");
	else if (!is_465 && is_wrapped &&
		 (!hop->port.len || is_port(hop->port, "25", "smtp", "587") ||
		  str_eqc(hop->port, "submission")))
		lint_say(run, RULE_MC707, lint_place_of_word(setting, hop->text),
			 "smtp_tls_wrappermode = yes speaks TLS from the first byte, and "
			 "this port of the relay does not: use port 465, or leave "
			 "wrappermode off and demand STARTTLS by smtp_tls_security_level "
			 "= encrypt");
}

/* RFC 6409 section 4.3: a submission server asks who one is. */
static void check_login(const struct lint_run *run, const struct setting *setting,
			const struct hop *hop)
{
	const struct site *site = run->site;

	if (!is_port(hop->port, "587", "submission", "465") ||
	    lint_is_on(site, PARAM_smtp_sasl_auth_enable) ||
	    lint_value(site, PARAM_smtp_tls_cert_file).len ||
	    lint_value(site, PARAM_smtp_tls_chain_files).len || hop->is_address ||
	    domain_is_private(hop->host))
		return;
	lint_say(
		run, RULE_MC345, lint_place_of_word(setting, hop->text),
		"port %.*s is for clients that log in, but smtp_sasl_auth_enable is off: "
		"the relay answers 'authentication required' and the mail bounces. Set "
		"smtp_sasl_auth_enable = yes and smtp_sasl_password_maps",
		STR_ARG(hop->port));
}

void lint_relayhost(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};
	const struct setting *setting = site_setting(site, PARAM_relayhost);
	const struct list *list = site_list(site, setting);

	if (setting->origin == ORIGIN_DEFAULT)
		return;
	for (size_t i = 0; i < list->count; i++) {
		struct hop hop = hop_of(&list->items[i].text);

		check_hop(hop.text, diags);
		if (!hop.host.len)
			continue;
		check_mx_lookup(&run, setting, &hop);
		check_self(&run, setting, &hop);
		check_wrappermode(&run, setting, &hop);
		check_login(&run, setting, &hop);
	}
}
