/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a template or a guide left in: marks of template engines that nobody
 * rendered, and words that stand for a name somebody should have written.
 */
#include "lint/placeholders.h"

#include <ctype.h>
#include <string.h>

#include "base/attr.h"
#include "lint/checks.h"
#include "lint/say.h"

/* ---- marks of template engines ---- */

static bool is_ident(struct str s)
{
	s = str_trim(s);
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) &&
		    !strchr("_.-|'\"()[] ", s.ptr[i]))
			return false;
	return s.len > 0;
}

struct mark {
	const char *open;
	const char *close;
};

static const struct mark marks[] = {
	{"{{", "}}"}, {"{%", "%}"}, {"<%", "%>"}, {"@@", "@@"}, {"%%", "%%"},
};

/* Where the mark that opens at the start of `s` ends; 0: it is none. */
static size_t mark_end(struct str s, const struct mark *mark)
{
	size_t len = strlen(mark->open);
	const char *end;

	if (!str_starts(s, mark->open))
		return 0;
	end = memmem(s.ptr + len, s.len - len, mark->close, strlen(mark->close));
	if (!end || !is_ident(str_slice(str_slice(s, len, (size_t)(end - s.ptr)),
					s.ptr[len] == '=', s.len)))
		return 0;
	return (size_t)(end - s.ptr) + strlen(mark->close);
}

static bool find_mark(struct str value, size_t *out_lo, size_t *out_hi)
{
	for (size_t i = 0; i + 4 < value.len; i++) {
		/* `${{a} == {b} ? ...}` and inline:{{a = b}} are Postfix's own. */
		if (i && strchr("${:", value.ptr[i - 1]))
			continue;
		for (size_t m = 0; m < array_len(marks); m++) {
			size_t end = mark_end(str_slice(value, i, value.len), &marks[m]);

			if (!end)
				continue;
			*out_lo = i;
			*out_hi = i + end;
			return true;
		}
	}
	return false;
}

/* ---- words ---- */

static bool is_repeated(struct str label, char c)
{
	for (size_t i = 0; i < label.len; i++)
		if (tolower((unsigned char)label.ptr[i]) != c)
			return false;
	return label.len > 0;
}

/* "your" and what can follow it: "yourdomain", "your-server", "your_name". */
static bool is_yours(struct str label)
{
	static const char *const things[] = {
		"domain", "host",     "server",	  "name", "company", "isp",   "mail",
		"site",	  "org",      "machine",  "fqdn", "ip",	     "realm", "smtp",
		"relay",  "provider", "password", "user", "cert",    "key",   "email"};
	struct str rest = str_slice(label, 4, label.len);

	if (!str_caseeqc(str_slice(label, 0, 4), "your"))
		return false;
	if (!rest.len)
		return true;
	if (rest.ptr[0] == '-' || rest.ptr[0] == '_')
		return true;
	for (size_t i = 0; i < array_len(things); i++)
		if (str_caseeqc(str_slice(rest, 0, strlen(things[i])), things[i]))
			return true;
	return false;
}

static bool is_filler(struct str label)
{
	static const char *const words[] = {
		"changeme",   "change-me",    "change_me",
		"replaceme",  "fixme",	      "portnumber",
		"domainname", "mydomainname", "myserverdomainname",
		"myfqdn",     "placeholder"};

	for (size_t i = 0; i < array_len(words); i++)
		if (str_caseeqc(label, words[i]))
			return true;
	return is_yours(label);
}

/* DOMAIN_NAME, but no word of one part, which may be anybody's. */
static bool is_shouted(struct str label)
{
	bool has_underscore = false;

	for (size_t i = 0; i < label.len; i++) {
		if (label.ptr[i] == '_' && i && i + 1 < label.len)
			has_underscore = true;
		else if (!isupper((unsigned char)label.ptr[i]) &&
			 !isdigit((unsigned char)label.ptr[i]))
			return false;
	}
	return has_underscore;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

bool placeholder_is_word(struct str word)
{
	size_t at = 0, unknown = 0;
	struct str last = {"", 0};

	while (at < word.len) {
		size_t from = at;
		struct str label;

		while (at < word.len && is_name_char(word.ptr[at]))
			at++;
		label = str_slice(word, from, at);
		/* `$name` is Postfix's own. */
		if (label.len && !(from && strchr("${(", word.ptr[from - 1]))) {
			if (is_filler(label) || is_shouted(label))
				return true;
			unknown += label.len > 1 && is_repeated(label, 'x');
			last = label;
		}
		at += at < word.len;
	}
	return unknown > 1 || (str_chr(word, '.') > 0 &&
			       (str_caseeqc(last, "here") || str_caseeqc(last, "tld")));
}

/* ---- main.cf and the overrides of master.cf ---- */

/* Names, addresses, paths: where any other word is free to be what it likes. */
static bool holds_names(const struct setting *setting)
{
	if (!setting->param)
		return false;
	switch ((int)setting->param->kind) {
	case PARAM_KIND_address:
	case PARAM_KIND_domain:
	case PARAM_KIND_domain_list:
	case PARAM_KIND_domain_match_list:
	case PARAM_KIND_endpoint:
	case PARAM_KIND_hostname:
	case PARAM_KIND_interface_list:
	case PARAM_KIND_ip_address:
	case PARAM_KIND_match_list:
	case PARAM_KIND_milter_list:
	case PARAM_KIND_network_list:
	case PARAM_KIND_nexthop:
	case PARAM_KIND_nexthop_list:
	case PARAM_KIND_path:
	case PARAM_KIND_path_list:
	case PARAM_KIND_transport:
		return true;
	default:
		return false;
	}
}

static void check_words(const struct lint_run *run, const struct setting *setting)
{
	struct text raw = setting->raw;
	struct str rest = raw.str;
	struct str word;

	while (str_token(&rest, ", \t\r\n", &word)) {
		size_t lo = (size_t)(word.ptr - raw.str.ptr);

		if (!placeholder_is_word(word))
			continue;
		diag_add_as(
			run->diags, RULE_MC113, DIAG_WARNING,
			text_span(raw, lo, lo + word.len),
			"'%.*s' looks like a placeholder that a guide or a template left "
			"for you to replace: no such name exists",
			STR_ARG(word));
		return;
	}
}

static void check_setting(const struct lint_run *run, const struct setting *setting,
			  const struct site_service *service)
{
	size_t lo, hi;

	(void)service;
	if (find_mark(setting->raw.str, &lo, &hi))
		diag_add(
			run->diags, RULE_MC113, text_span(setting->raw, lo, hi),
			"'%.*s' is a mark of a template that was never filled in: Postfix "
			"takes it letter by letter",
			STR_ARG(str_slice(setting->raw.str, lo, hi)));
	else if (holds_names(setting))
		check_words(run, setting);
}

void lint_placeholders(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};

	lint_each_setting(&run, check_setting);
}
