/* SPDX-License-Identifier: BSD-2-Clause */
/* Canonical text of an SPF record; its places are bytes of the record. */
#include "grammar/dump.h"
#include "grammar/spf.h"

static const char *kind_name(enum spf_term_kind kind)
{
	static const char *const names[] = {
		[SPF_TERM_ALL] = "all",
		[SPF_TERM_INCLUDE] = "include",
		[SPF_TERM_A] = "a",
		[SPF_TERM_MX] = "mx",
		[SPF_TERM_PTR] = "ptr",
		[SPF_TERM_IP4] = "ip4",
		[SPF_TERM_IP6] = "ip6",
		[SPF_TERM_EXISTS] = "exists",
		[SPF_TERM_REDIRECT] = "redirect",
		[SPF_TERM_EXP] = "exp",
		[SPF_TERM_MODIFIER] = "modifier",
	};

	return names[kind];
}

static void dump_address(struct strbuf *out, const struct spf_term *term)
{
	size_t len = term->kind == SPF_TERM_IP4 ? 4 : 16;

	strbuf_addc(out, ' ');
	for (size_t i = 0; i < len; i++)
		strbuf_addf(out, "%02x", term->address[i]);
}

static void dump_macro(struct strbuf *out, const struct spf_macro *macro)
{
	for (size_t i = 0; i < macro->part_count; i++) {
		const struct spf_macro_part *p = &macro->parts[i];

		if (p->kind == SPF_MACRO_TEXT) {
			dump_word(out, " text");
			dump_str(out, p->text);
		} else {
			strbuf_addf(out, " macro %c%s digits %u%s", p->letter,
				    p->escape ? " escape" : "", p->digits,
				    p->reverse ? " reverse" : "");
			dump_str(out, p->delimiters);
		}
		dump_end(out);
	}
}

void spf_dump(struct strbuf *out, const struct spf_record *record)
{
	static const char qualifiers[] = {
		[SPF_QUAL_PASS] = '+',
		[SPF_QUAL_FAIL] = '-',
		[SPF_QUAL_SOFTFAIL] = '~',
		[SPF_QUAL_NEUTRAL] = '?',
	};

	for (size_t i = 0; i < record->term_count; i++) {
		const struct spf_term *t = &record->terms[i];

		strbuf_addf(out, "term %zu-%zu %c%s /%d //%d", t->lo, t->hi,
			    qualifiers[t->qualifier], kind_name(t->kind), t->prefix4,
			    t->prefix6);
		if (t->kind == SPF_TERM_IP4 || t->kind == SPF_TERM_IP6)
			dump_address(out, t);
		if (t->kind == SPF_TERM_MODIFIER)
			dump_str(out, t->name);
		dump_end(out);
		if (t->has_domain)
			dump_macro(out, &t->domain);
	}
}
