/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * *_tls_protocols and *_tls_mandatory_protocols as tls_proto_mask() reads
 * them: names that are taken, `!name`s that are not, and bounds. Words that
 * are none are somebody else's business: Postfix then has no TLS at all.
 */
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/vocabulary.h"
#include "lint/checks.h"
#include "mcc/model/site.h"

static const char *const protocols[] = {"SSLv2",   "SSLv3",   "TLSv1",
					"TLSv1.1", "TLSv1.2", "TLSv1.3"};
enum { PROTOCOL_SSLV2, FIRST_GOOD = 4, ALL = (1 << 6) - 1 };

/* -1: none. */
static int protocol_number(struct str name)
{
	for (size_t i = 0; i < array_len(protocols); i++)
		if (str_caseeqc(name, protocols[i]))
			return (int)i;
	return -1;
}

struct selection {
	unsigned taken;
	unsigned refused;
	int low;
	int high;
};

static bool add_word(struct selection *s, struct str word)
{
	bool is_bound = word.len > 2 && word.ptr[1] == '=' && strchr("<>", word.ptr[0]);
	bool is_refused = word.len > 1 && word.ptr[0] == '!';
	int number = protocol_number(
		str_slice(word, is_bound ? 2 : (size_t)is_refused, word.len));

	if (number < 0)
		return false;
	if (is_bound && word.ptr[0] == '>')
		s->low = number;
	else if (is_bound)
		s->high = number;
	else if (is_refused)
		s->refused |= 1U << number;
	else
		s->taken |= 1U << number;
	return true;
}

/* The protocols that may be spoken, as bits; 0 when the list is no list. */
static unsigned spoken(struct str value)
{
	struct selection s = {.high = (int)array_len(protocols) - 1};
	unsigned bits = 0;
	struct str word;

	while (str_token(&value, ", \t\r\n:", &word))
		if (!add_word(&s, word))
			return 0;
	for (int i = s.low; i <= s.high; i++)
		bits |= 1U << i;
	bits &= (s.taken ? s.taken : (unsigned)ALL) & ~s.refused;
	/* No library speaks it any more. */
	return bits & ~(1U << PROTOCOL_SSLV2);
}

static void check_protocols(const struct setting *setting, struct diag_queue *diags)
{
	bool is_mandatory = strstr(setting->param->name, "_mandatory_") != NULL;
	unsigned bits = spoken(setting->value.str);
	char names[32] = "";
	struct diag *d;

	for (size_t i = 0; i < FIRST_GOOD; i++)
		if (bits >> i & 1)
			snprintf(names + strlen(names), sizeof(names) - strlen(names),
				 "%s%s", names[0] ? ", " : "", protocols[i]);
	if (!names[0])
		return;
	/* Where TLS is not demanded the other way is no TLS at all. */
	d = diag_add_as(diags, RULE_MC709, is_mandatory ? DIAG_WARNING : DIAG_NOTE,
			text_full_span(setting->value),
			"%s lets %s be spoken, which RFC 8996 "
			"deprecates",
			setting->param->name, names);
	diag_relate_via(diags, d, text_via_at(setting->value, 0));
	diag_fix(diags, d, "write >=TLSv1.2 (from Postfix 3.6 on), else exclude %s",
		 names);
}

static void check_setting(const struct setting *setting, struct diag_queue *diags)
{
	if (setting->param && setting->param->kind == PARAM_KIND_tls_protocols &&
	    setting->origin != ORIGIN_DEFAULT && setting->value.str.len)
		check_protocols(setting, diags);
}

void lint_tls(const struct site *site, struct diag_queue *diags)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		check_setting(&site->settings[i], diags);
	for (size_t i = 0; i < site->service_count; i++)
		for (size_t k = 0; k < site->services[i].override_count; k++)
			check_setting(&site->services[i].overrides[k], diags);
}
