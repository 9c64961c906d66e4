/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may relay because of his address: networks of mynetworks that are larger
 * than a site, lists that leave the host itself out, and names, whose owner
 * decides what they stand for.
 */
#include "lint/trust.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/domain.h"

/* ---- the size of networks ---- */

struct block {
	const char *network;
	const char *what; /* NULL: nobody reaches this host from there */
};

/* RFC 1918, RFC 6598, RFC 4193; then what is the host or the link. */
static const struct block private_blocks[] = {
	{"10.0.0.0/8", "private addresses"},
	{"172.16.0.0/12", "private addresses"},
	{"192.168.0.0/16", "private addresses"},
	{"100.64.0.0/10", "addresses that carriers share"},
	{"fc00::/7", "private addresses"},
	{"127.0.0.0/8", NULL},
	{"169.254.0.0/16", NULL},
	{"fe80::/10", NULL},
	{"224.0.0.0/4", NULL},
	{"ff00::/8", NULL},
};

static const struct block *block_of(const struct net *net)
{
	struct net block;

	for (size_t i = 0; i < array_len(private_blocks); i++)
		if (!net_parse(str_of(private_blocks[i].network), &block) &&
		    net_contains(&block, net))
			return &private_blocks[i];
	return NULL;
}

/* Whether anybody but the host itself can connect. */
static bool is_reachable(const struct site *site)
{
	struct str rest = lint_value(site, PARAM_inet_interfaces);
	struct str word;

	while (str_token(&rest, ", \t\r\n", &word))
		if (!str_caseeqc(word, "loopback-only") && !domain_is_localhost(word) &&
		    !str_starts(word, "127.") && !str_eqc(word, "::1") &&
		    !str_eqc(word, "[::1]"))
			return true;
	return false;
}

/* Once for the list; the others are related to the first. */
static bool is_told(const struct lint_run *run, struct diag *first, struct span span)
{
	if (first && span.file)
		diag_relate(run->diags, first, span, "and this one");
	return first != NULL;
}

static void check_private(const struct lint_run *run, struct lint_trusted *list,
			  const struct text *word, const struct net *net)
{
	const struct block *block = block_of(net);
	struct lint_place place = lint_place_of_word(list->setting, word);

	if (!block->what || net->prefix > (net->family == AF_INET ? 16 : 47) ||
	    !is_reachable(run->site) || is_told(run, list->private_net, place.span))
		return;
	list->private_net = lint_say(
		run, RULE_MC635, place,
		"every host of '%.*s' may relay: if this host stands behind a "
		"container bridge or a NAT, all the world seems to come from %s. "
		"Name the network of your own hosts only",
		STR_ARG(word->str), block->what);
}

static void check_public(const struct lint_run *run, struct lint_trusted *list,
			 const struct text *word, const struct net *net)
{
	struct lint_place place = lint_place_of_word(list->setting, word);
	bool is_ipv4 = net->family == AF_INET;

	if (net->prefix < (is_ipv4 ? 8U : 16U))
		lint_say(
			run, RULE_MC633, place,
			"'%.*s' is a large part of the Internet, and all of it may relay: "
			"this is an open relay",
			STR_ARG(word->str));
	else if (net->prefix < (is_ipv4 ? 24U : 48U) &&
		 !is_told(run, list->public_net, place.span))
		list->public_net = lint_say(
			run, RULE_MC634, place,
			"'%.*s' is more of the Internet than one site has as a rule; all of "
			"these hosts may send mail to everybody through this one",
			STR_ARG(word->str));
}

void lint_trusted_network(const struct lint_run *run, struct lint_trusted *list,
			  const struct text *word, const struct net *net)
{
	if (net->prefix == 0)
		lint_say(run, RULE_MC633, lint_place_of_word(list->setting, word),
			 "'%.*s' makes everybody a trusted client: this is an open relay",
			 STR_ARG(word->str));
	else if (block_of(net))
		check_private(run, list, word, net);
	else
		check_public(run, list, word, net);
}

/* ---- the list as a whole ---- */

struct coverage {
	bool has_table; /* tables and files may hold anything */
	bool has_ipv6;
	bool has_loopback;
	bool has_loopback6;
	const struct text *first;
};

static void add_network(struct coverage *c, struct str word)
{
	struct net net, local, local6;

	if (word.len > 1 && word.ptr[0] == '[' && word.ptr[word.len - 1] == ']')
		word = str_slice(word, 1, word.len - 1);
	if (net_parse(word, &net))
		return;
	MCC_ASSERT(net_parse_address(STR_LIT("127.0.0.1"), &local));
	MCC_ASSERT(net_parse_address(STR_LIT("::1"), &local6));
	net_mask_host_bits(&net);
	c->has_ipv6 |= net.family == AF_INET6;
	c->has_loopback |= net_contains(&net, &local);
	c->has_loopback6 |= net_contains(&net, &local6);
}

/* A name of letters: no address, no table, no file. */
static bool is_name(struct str word)
{
	bool has_letter = false;

	for (size_t i = 0; i < word.len; i++) {
		if (!isalnum((unsigned char)word.ptr[i]) && !strchr(".-_", word.ptr[i]))
			return false;
		has_letter |= isalpha((unsigned char)word.ptr[i]) != 0;
	}
	return has_letter;
}

static void check_name(const struct lint_run *run, const struct setting *setting,
		       const struct text *word)
{
	if (domain_is_localhost(word->str))
		lint_say(
			run, RULE_MC639, lint_place_of_word(setting, word),
			"mynetworks is a list of addresses: '%.*s' trusts whoever the DNS "
			"gives that name, and misses clients without one; write "
			"127.0.0.0/8 [::1]/128",
			STR_ARG(word->str));
	else
		lint_say(
			run, RULE_MC639, lint_place_of_word(setting, word),
			"mynetworks is a list of addresses: with a name the DNS decides who "
			"may relay, '%.*s' and every host below it; write the addresses",
			STR_ARG(word->str));
}

static void check_list(const struct lint_run *run, const struct setting *setting)
{
	const struct list *list = site_list(run->site, setting);
	struct coverage c = {.has_table = false};

	for (size_t i = 0; i < list->count; i++) {
		const struct text *word = &list->items[i].text;

		if (!word->str.len || word->str.ptr[0] == '#')
			break;
		if (is_name(word->str)) {
			check_name(run, setting, word);
			c.has_loopback |= domain_is_localhost(word->str);
		} else if (word->str.ptr[0] == '/' ||
			   (word->str.ptr[0] != '[' && str_chr(word->str, ':') >= 0)) {
			c.has_table = true;
		}
		add_network(&c, word->str);
	}
	if (c.has_table || !list->count)
		return;
	if (!c.has_loopback)
		lint_say(
			run, RULE_MC637, lint_place_of(setting),
			"127.0.0.1 is not among the trusted networks: programs of this host "
			"that send by SMTP get 'Relay access denied'; add 127.0.0.0/8");
	else if (c.has_ipv6 && !c.has_loopback6)
		lint_say_as(
			run, RULE_MC637, DIAG_NOTE, lint_place_of(setting),
			"::1 is not among the trusted networks: programs of this host "
			"that connect to 'localhost' by IPv6 get 'Relay access denied'; "
			"add [::1]/128");
}

static void check_style(const struct lint_run *run)
{
	const struct setting *style = site_setting(run->site, PARAM_mynetworks_style);
	const struct setting *nets = site_setting(run->site, PARAM_mynetworks);
	bool is_class = str_caseeqc(style->value.str, "class");

	if (style->origin == ORIGIN_DEFAULT || nets->origin != ORIGIN_DEFAULT ||
	    !is_reachable(run->site))
		return;
	if (is_class)
		lint_say_as(
			run, RULE_MC638, DIAG_ERROR, lint_place_of(style),
			"'class' trusts the whole class A, B or C network around this "
			"host's address, up to sixteen million strangers; write host, "
			"or list the networks in mynetworks");
	else if (str_caseeqc(style->value.str, "subnet"))
		lint_say(
			run, RULE_MC638, lint_place_of(style),
			"'subnet' trusts every neighbour of this host, and in a data centre "
			"these are strangers; write host, or list the networks in "
			"mynetworks");
}

void lint_trust(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};
	const struct setting *setting = site_setting(site, PARAM_mynetworks);

	if (setting->origin != ORIGIN_DEFAULT)
		check_list(&run, setting);
	check_style(&run);
}
