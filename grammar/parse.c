/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kinds of files by their names. Only names that Postfix's manuals and
 * packages use are known; those of tables of patterns tell no more than that they
 * are no key-and-value tables, unless they end with their type.
 */
#include "grammar/parse.h"

#include <string.h>

#include "base/str.h"

struct kind_word {
	const char *word;
	enum file_kind kind;
};

static const struct kind_word names[] = {
	{"main.cf", FILE_KIND_MAIN},	      {"mcc.cf", FILE_KIND_MAIN},
	{"master.cf", FILE_KIND_MASTER},      {"aliases", FILE_KIND_ALIASES},
	{"access", FILE_KIND_TABLE},	      {"bcc", FILE_KIND_TABLE},
	{"canonical", FILE_KIND_TABLE},	      {"generic", FILE_KIND_TABLE},
	{"helo_access", FILE_KIND_TABLE},     {"client_access", FILE_KIND_TABLE},
	{"sender_access", FILE_KIND_TABLE},   {"recipient_access", FILE_KIND_TABLE},
	{"recipient_bcc", FILE_KIND_TABLE},   {"recipient_canonical", FILE_KIND_TABLE},
	{"relay_domains", FILE_KIND_TABLE},   {"relay_recipients", FILE_KIND_TABLE},
	{"relocated", FILE_KIND_TABLE},	      {"sasl_passwd", FILE_KIND_TABLE},
	{"sender_bcc", FILE_KIND_TABLE},      {"sender_canonical", FILE_KIND_TABLE},
	{"sender_relay", FILE_KIND_TABLE},    {"tls_policy", FILE_KIND_TABLE},
	{"transport", FILE_KIND_TABLE},	      {"virtual", FILE_KIND_TABLE},
	{"virtual_alias", FILE_KIND_TABLE},   {"virtual_aliases", FILE_KIND_TABLE},
	{"virtual_mailbox", FILE_KIND_TABLE}, {"vmailbox", FILE_KIND_TABLE},
};

static const struct kind_word words[] = {
	{"main", FILE_KIND_MAIN},	{"master", FILE_KIND_MASTER},
	{"aliases", FILE_KIND_ALIASES}, {"table", FILE_KIND_TABLE},
	{"regexp", FILE_KIND_REGEXP},	{"pcre", FILE_KIND_PCRE},
	{"cidr", FILE_KIND_CIDR},	{"client", FILE_KIND_CLIENT},
	{"spf", FILE_KIND_SPF},
};

static enum file_kind find(const struct kind_word *list, size_t count, struct str word)
{
	for (size_t i = 0; i < count; i++)
		if (str_eqc(word, list[i].word))
			return list[i].kind;
	return FILE_KIND_UNKNOWN;
}

enum file_kind file_kind_of_name(const char *path)
{
	struct str name = str_of(path);
	ptrdiff_t slash = str_rchr(name, '/');

	if (slash >= 0)
		name = str_slice(name, (size_t)slash + 1, name.len);
	if (str_ends(name, ".spf"))
		return FILE_KIND_SPF;
	if (str_ends(name, ".cidr") || str_ends(name, "_cidr"))
		return FILE_KIND_CIDR;
	if (str_ends(name, ".pcre") || str_ends(name, "_pcre"))
		return FILE_KIND_PCRE;
	if (str_ends(name, ".regexp") || str_ends(name, "_regexp"))
		return FILE_KIND_REGEXP;
	return find(names, array_len(names), name);
}

bool file_kind_parse(const char *word, enum file_kind *out_kind)
{
	enum file_kind kind = find(words, array_len(words), str_of(word));

	if (kind == FILE_KIND_UNKNOWN)
		return false;
	*out_kind = kind;
	return true;
}

/* `10.0.0.0/8`, `2001:db8::/32`, `[::1]/128`: what no key of a table is. */
static bool is_network(struct str word)
{
	ptrdiff_t slash = str_chr(word, '/');
	bool has_dot_or_colon = false;

	for (size_t i = 0; i < word.len; i++) {
		if (!strchr("0123456789abcdefABCDEF.:[]/", word.ptr[i]))
			return false;
		has_dot_or_colon |= word.ptr[i] == '.' || word.ptr[i] == ':';
	}
	return slash > 0 && has_dot_or_colon;
}

static bool is_expression(struct str s)
{
	return str_starts(s, "/") && str_chr(str_slice(s, 1, s.len), '/') >= 0;
}

enum file_kind file_kind_of_text(struct str text)
{
	struct str line;

	while (str_token(&text, "\r\n", &line)) {
		struct str word;

		line = str_trim(line);
		if (!line.len || line.ptr[0] == '#')
			continue;
		if (str_starts(line, "if ") || str_starts(line, "IF "))
			line = str_trim(str_slice(line, 3, line.len));
		while (line.len && line.ptr[0] == '!')
			line = str_trim(str_slice(line, 1, line.len));
		if (is_expression(line))
			return FILE_KIND_REGEXP;
		if (str_token(&line, " \t", &word) && is_network(word))
			return FILE_KIND_CIDR;
		break;
	}
	return FILE_KIND_UNKNOWN;
}
