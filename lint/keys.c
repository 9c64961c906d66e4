/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of tables. Postfix asks for parts of an address or of a name, in the
 * forms of virtual(5), canonical(5), access(5) and transport(5); a key of
 * another form is never asked for.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/diag.h"
#include "grammar/list.h"
#include "lint/net.h"
#include "lint/results.h"
#include "lint/uses.h"
#include "mcc/model/site.h"

static void never_asked(const struct lint_results *r, enum rule rule,
			const struct lint_row *row, const char *why)
{
	diag_add(r->ctx->diags, rule, row->key_span, "'%.*s' is never looked up: %s",
		 STR_ARG(row->key), why);
}

static bool is_bare_domain(struct str s)
{
	return str_chr(s, '@') < 0 && str_chr(s, '.') > 0;
}

/* ---- access(5) ---- */

/* Postfix looks an address up as inet_ntop(3) writes it; keys are folded. */
static void check_ipv6(const struct lint_results *r, const struct lint_row *row)
{
	char as_written[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	struct diag *d;

	if (row->key.len >= sizeof(as_written))
		return;
	memcpy(as_written, row->key.ptr, row->key.len);
	as_written[row->key.len] = '\0';
	if (inet_pton(AF_INET6, as_written, &address) != 1 ||
	    !inet_ntop(AF_INET6, &address, text, sizeof(text)) ||
	    str_caseeqc(row->key, text))
		return;
	d = diag_add(r->ctx->diags, RULE_MC909, row->key_span,
		     "'%.*s' is never looked up: Postfix asks for '%s'",
		     STR_ARG(row->key), text);
	diag_fix(r->ctx->diags, d, "write %s", text);
	diag_edit(r->ctx->diags, d, row->key_span, text);
}

static bool is_null_sender_meant(struct str key)
{
	return str_eqc(key, "\"\"") || str_eqc(key, "<>@") || str_caseeqc(key, "null");
}

/* Whether '.domain' stands for subdomains: by default 'domain' covers them. */
static bool asks_for_dot_domains(const struct lint_results *r)
{
	const struct list *list;

	if (!r->site)
		return false;
	list = site_list(r->site,
			 site_setting(r->site, PARAM_parent_domain_matches_subdomains));
	for (size_t i = 0; i < list->count; i++)
		if (str_eqc(list->items[i].text.str, "smtpd_access_maps"))
			return false;
	return true;
}

static void check_access_key(const struct lint_results *r, const struct lint_row *row)
{
	struct str key = row->key;
	struct net net;

	if (key.len > 1 && key.ptr[0] == '@')
		never_asked(r, RULE_MC912, row,
			    "access tables are asked for user@domain, domain and user@; "
			    "write the domain without '@'");
	else if (str_chr(key, '/') > 0 && !net_parse(key, &net))
		never_asked(r, RULE_MC907, row,
			    "this type of table knows no prefix lengths; make it a cidr: "
			    "table, or write the leading octets alone");
	else if (key.len > 2 && key.ptr[0] == '[' && key.ptr[key.len - 1] == ']' &&
		 !(r->uses & USE_ACCESS_HELO) &&
		 net_parse_address(str_slice(key, 1, key.len - 1), &net))
		never_asked(r, RULE_MC908, row,
			    "addresses stand without brackets in access tables");
	else if (key.len > 1 && key.ptr[0] == '.' && !asks_for_dot_domains(r))
		/* A file by itself may belong to a site that asks for it. */
		diag_add_as(r->ctx->diags, RULE_MC910,
			    r->site ? DIAG_ERROR : DIAG_WARNING, row->key_span,
			    "'%.*s' is never looked up%s: without the leading dot the "
			    "row covers the domain and everything below it",
			    STR_ARG(key), r->site ? "" : " by default");
	else if (is_null_sender_meant(key))
		diag_add(r->ctx->diags, RULE_MC916, row->key_span,
			 "'%.*s' does not stand for the null sender, which is looked up "
			 "as '<>' (smtpd_null_access_lookup_key)",
			 STR_ARG(key));
	else
		check_ipv6(r, row);
}

/* ---- all ---- */

static bool is_address_table(unsigned uses)
{
	return uses & (USE_VIRTUAL | USE_CANONICAL);
}

static bool has_wildcard(const struct lint_results *r, struct str key)
{
	if (str_chr(key, '*') < 0)
		return false;
	return !(r->uses & USE_TRANSPORT) || !str_eqc(key, "*");
}

/* Names of hosts are looked up without it, all but those of HELO. */
static bool ends_in_dot(const struct lint_results *r, struct str key)
{
	return key.len > 1 && str_ends(key, ".") && !(r->uses & USE_ACCESS_HELO) &&
	       (r->uses & (USE_ACCESS | USE_VIRTUAL | USE_CANONICAL | USE_TRANSPORT));
}

void lint_key(const struct lint_results *r, const struct lint_row *row)
{
	struct str key = row->key;

	if (has_wildcard(r, key))
		never_asked(
			r, RULE_MC915, row,
			"'*' is no wildcard in this type of table, it stands for itself");
	else if (is_address_table(r->uses) && key.len > 1 && key.ptr[key.len - 1] == '@')
		never_asked(r, RULE_MC913, row,
			    "only access tables are asked for 'user@'; write 'user' or "
			    "'user@domain'");
	else if ((r->uses & USE_BY_SENDER) && is_bare_domain(key))
		never_asked(r, RULE_MC1036, row,
			    "this table is asked for user@domain and @domain; write '@' "
			    "before the domain");
	else if (ends_in_dot(r, key))
		never_asked(r, RULE_MC906, row,
			    "names are looked up without the dot at their end");
	else if ((r->uses & USE_CANONICAL) && is_bare_domain(key) &&
		 is_bare_domain(row->value))
		never_asked(r, RULE_MC914, row,
			    "a domain is looked up as '@domain' here, and the result is "
			    "'@domain', too");
	else if (r->uses & USE_ACCESS)
		check_access_key(r, row);
}
