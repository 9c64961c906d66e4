/* SPDX-License-Identifier: BSD-2-Clause */
/* Forms of domain names, judged by their labels alone. */
#include "lint/domain.h"

#include <ctype.h>

#include "base/attr.h"

size_t domain_label_count(struct str name)
{
	size_t count = name.len > 0;

	for (size_t i = 0; i + 1 < name.len; i++)
		count += name.ptr[i] == '.';
	return count;
}

/* The label number `back` from the right, 0 the last; empty: there is none. */
static struct str label_from_end(struct str name, size_t back)
{
	for (;;) {
		ptrdiff_t dot = str_rchr(name, '.');

		if (back == 0)
			return str_slice(name, (size_t)(dot + 1), name.len);
		if (dot < 0)
			return STR_LIT("");
		name = str_slice(name, 0, (size_t)dot);
		back--;
	}
}

static bool is_one_of(struct str word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_caseeqc(word, words[i]))
			return true;
	return false;
}

/* Below a country: "co.uk", "or.jp", "com.au". */
static bool has_registry_label(struct str name)
{
	static const char *const labels[] = {"co",  "com", "ac",  "or",	 "org", "ne",
					     "net", "go",  "gov", "edu", "ad",	"ed",
					     "gr",  "lg",  "gob", "id",	 "ltd", "plc",
					     "sch", "nom", "me",  "mil", "info"};

	return label_from_end(name, 0).len == 2 &&
	       is_one_of(label_from_end(name, 1), labels, array_len(labels));
}

bool domain_is_registered(struct str name)
{
	size_t count = domain_label_count(name);

	if (domain_is_private(name))
		return false;
	return count == 2 || (count == 3 && has_registry_label(name));
}

bool domain_is_private(struct str name)
{
	static const char *const tops[] = {
		"localdomain", "localhost", "local", "lan",  "internal", "intranet",
		"home",	       "corp",	    "vpn",   "priv", "private",	 "localnet",
	};
	struct str top = label_from_end(name, 0);
	bool is_idn = str_starts(top, "xn--");

	if (domain_label_count(name) < 2 || is_one_of(top, tops, array_len(tops)))
		return true;
	if (str_caseends(name, ".home.arpa"))
		return true;
	for (size_t i = 0; i < top.len; i++)
		if (isdigit((unsigned char)top.ptr[i]) && !is_idn)
			return true;
	return false;
}

bool domain_is_localhost(struct str name)
{
	ptrdiff_t dot = str_chr(name, '.');

	return str_caseeqc(str_slice(name, 0, dot < 0 ? name.len : (size_t)dot),
			   "localhost") ||
	       str_caseeqc(name, "localdomain");
}
