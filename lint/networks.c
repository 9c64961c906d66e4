/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address patterns: mynetworks and the other lists of networks. One bad
 * pattern is not "a pattern that never matches": Postfix answers every client
 * that reaches the list with a temporary error.
 */
#include <string.h>

#include "base/diag.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "base/text.h"
#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/net.h"
#include "lint/trust.h"

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

/* One list, or one of the files in it. */
struct check {
	const struct site *site;
	const struct setting *setting;
	struct diag_queue *diags;
	struct lint_trusted *trusted;
	size_t depth; /* of files within files */
};

static void check_net(struct check *check, const struct text *text, struct str word)
{
	const struct setting *setting = check->setting;
	struct diag_queue *diags = check->diags;
	struct diag *d;
	struct str address, len;
	struct net net;
	uint64_t prefix;
	bool has_len = split_pattern(word, &address, &len);

	if (!net_parse_address(address, &net) ||
	    (has_len && (!str_to_u64(len, &prefix) || prefix > net.bits))) {
		d = diag_add(
			diags, RULE_MC314, text_full_span(*text),
			"'%.*s' is neither an address nor net/length: it matches nobody, "
			"or everybody is answered with a temporary error",
			STR_ARG(text->str));
		diag_relate_via(diags, d, text_via_at(*text, 0));
		return;
	}
	if (has_len)
		net.prefix = (unsigned)prefix;
	if (net_has_host_bits(&net)) {
		report_host_bits(text, &net, diags);
	} else if (setting->param && setting->param->id == PARAM_mynetworks &&
		   text->str.ptr[0] != '!') {
		const struct lint_run run = {check->site, diags};

		lint_trusted_network(&run, check->trusted, text, &net);
	}
}

static void check_file(struct check *check, struct text path);

static void check_item(struct check *check, const struct text *text)
{
	struct diag_queue *diags = check->diags;
	struct str word = text->str;
	unsigned colons = 0;

	while (word.len && word.ptr[0] == '!')
		word = str_slice(word, 1, word.len);
	if (word.len == 0)
		return;
	if (word.ptr[0] == '/') {
		check_file(check, text_slice(check->site->arena, *text,
					     text->str.len - word.len, text->str.len));
		return;
	}
	for (size_t i = 0; i < word.len; i++)
		colons += word.ptr[i] == ':';
	if (word.ptr[0] == '[') {
		check_net(check, text, word);
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
		diag_relate_via(diags, d, text_via_at(*text, 0));
		diag_fix(diags, d, "write [%.*s]%s%.*s", STR_ARG(address),
			 len.len ? "/" : "", STR_ARG(len));
	} else if (colons == 0 && looks_like_address(word)) {
		check_net(check, text, word);
	}
}

static void check_list(struct check *check, const struct list *list)
{
	/* A comment drops the rest of the list. */
	for (size_t i = 0; i < list->count && !str_starts(list->items[i].text.str, "#");
	     i++)
		check_item(check, &list->items[i].text);
}

/* A file that cannot be read is not this check's business. */
static void check_file(struct check *check, struct text path)
{
	const struct site *site = check->site;
	const struct parse_ctx ctx = {site->arena, site->sources, check->diags};
	const char *name = str_dup0(site->arena, path.str);
	const char *fs_path = site_resolve_path(site, name);
	const struct source *src;
	struct list_lines lines;

	if (!fs_path || check->depth == LIMIT_MATCH_FILES ||
	    source_add_file(site->sources, fs_path, site_shown_path(site, fs_path, name),
			    &src) != MCC_OK)
		return;
	check->depth++;
	lines = list_read_file(&ctx, src, path);
	for (size_t i = 0; i < lines.count; i++)
		check_list(check, list_parse(&ctx, lines.lines[i],
					     site->options.version.major >= 3));
	check->depth--;
}

void lint_networks(const struct site *site, struct diag_queue *diags)
{
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		const struct setting *setting = site_setting(site, (enum param_id)i);
		struct lint_trusted trusted = {.setting = setting};
		struct check check = {.site = site,
				      .setting = setting,
				      .diags = diags,
				      .trusted = &trusted};

		if (setting->param->kind == PARAM_KIND_network_list &&
		    setting->origin != ORIGIN_DEFAULT)
			check_list(&check, site_list(site, setting));
	}
}
