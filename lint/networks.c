/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address patterns: mynetworks and the other lists of networks. One bad
 * pattern is not "a pattern that never matches": Postfix answers every client
 * that reaches the list with a temporary error.
 */
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/net.h"
#include "mcc/model/site.h"

/* "[addr]/len", "[addr/len]" and "addr/len" into address and length. */
static bool split_pattern(struct str word, struct str *out_address, struct str *out_len)
{
	ptrdiff_t slash;

	if (word.len > 1 && word.ptr[0] == '[' && word.ptr[word.len - 1] == ']')
		word = str_slice(word, 1, word.len - 1);
	slash = str_chr(word, '/');
	*out_address = slash < 0 ? word : str_slice(word, 0, (size_t)slash);
	*out_len = slash < 0 ? STR_LIT("") : str_slice(word, (size_t)slash + 1, word.len);
	if (out_address->len > 1 && out_address->ptr[0] == '[' &&
	    out_address->ptr[out_address->len - 1] == ']')
		*out_address = str_slice(*out_address, 1, out_address->len - 1);
	return slash >= 0;
}

static bool looks_like_address(struct str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!strchr("0123456789./*-", word.ptr[i]))
			return false;
	return word.len > 0 && word.ptr[0] != '.' && word.ptr[0] != '/';
}

static void report_host_bits(const struct text *text, struct net *net,
			     struct diag_queue *diags)
{
	char pattern[NET_TEXT_SIZE];
	struct diag *d;

	net_mask_host_bits(net);
	net_format(net, true, pattern);
	d = diag_add(
		diags, RULE_MC313, text_full_span(*text),
		"'%.*s' has bits set behind its mask: every client that reaches this "
		"list is answered with a temporary error",
		STR_ARG(text->str));
	diag_relate_via(diags, d, text_via_at(*text, 0));
	diag_fix(diags, d, "write %s", pattern);
	diag_edit(diags, d, text_full_span(*text), pattern);
}

static void check_net(const struct setting *setting, const struct text *text,
		      struct str word, struct diag_queue *diags)
{
	struct str address, len;
	struct net net;
	uint64_t prefix;
	bool has_len = split_pattern(word, &address, &len);

	if (!net_parse_address(address, &net) ||
	    (has_len && (!str_to_u64(len, &prefix) || prefix > net.bits))) {
		diag_add(
			diags, RULE_MC314, text_full_span(*text),
			"'%.*s' is neither an address nor net/length: it matches nobody, "
			"or everybody is answered with a temporary error",
			STR_ARG(text->str));
		return;
	}
	if (has_len)
		net.prefix = (unsigned)prefix;
	if (net_has_host_bits(&net))
		report_host_bits(text, &net, diags);
	else if (net.prefix == 0 && setting->param &&
		 setting->param->id == PARAM_mynetworks)
		diag_add(diags, RULE_MC633, text_full_span(*text),
			 "'%.*s' makes everybody a trusted client: this is an open relay",
			 STR_ARG(text->str));
}

static void check_item(const struct setting *setting, const struct text *text,
		       struct diag_queue *diags)
{
	struct str word = text->str;
	unsigned colons = 0;

	while (word.len && word.ptr[0] == '!')
		word = str_slice(word, 1, word.len);
	if (word.len == 0 || word.ptr[0] == '/')
		return;
	for (size_t i = 0; i < word.len; i++)
		colons += word.ptr[i] == ':';
	if (word.ptr[0] == '[') {
		check_net(setting, text, word, diags);
	} else if (colons >= 2 && !memchr(word.ptr, '/', (size_t)str_chr(word, ':'))) {
		struct str address, len;
		struct net net;
		struct diag *d;

		split_pattern(word, &address, &len);
		if (!net_parse_address(address, &net))
			return; /* type:table with a colon in its name */
		d = diag_add(
			diags, RULE_MC315, text_full_span(*text),
			"an IPv6 address needs brackets here; '%.*s' is read as a table "
			"of type '%.*s', and smtpd does not start",
			STR_ARG(word), (int)str_chr(word, ':'), word.ptr);
		diag_fix(diags, d, "write [%.*s]%s%.*s", STR_ARG(address),
			 len.len ? "/" : "", STR_ARG(len));
	} else if (colons == 0 && looks_like_address(word)) {
		check_net(setting, text, word, diags);
	}
}

void lint_networks(const struct site *site, struct diag_queue *diags)
{
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		const struct setting *setting = site_setting(site, (enum param_id)i);
		const struct list *list;

		if (setting->param->kind != PARAM_KIND_network_list ||
		    setting->origin == ORIGIN_DEFAULT)
			continue;
		list = site_list(site, setting);
		for (size_t k = 0; k < list->count; k++)
			check_item(setting, &list->items[k].text, diags);
	}
}
