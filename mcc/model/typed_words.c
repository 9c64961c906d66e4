/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values that are words of a fixed set: one word, a list of words, protocol
 * lists, compatibility levels.
 */
#include "mcc/model/private.h"

#include <string.h>

#include "base/arena.h"

/* One word at [from, to) of the setting's written value. */
struct word {
	struct str text;
	size_t from;
	size_t to;
};

/* How a parameter takes its words. */
enum word_use {
	WORD_FREE, /* not checked */
	WORD_ONE,
	WORD_LIST,
	WORD_LENIENT, /* a list whose unknown words are passed over */
	WORD_PROTOCOLS
};

static enum word_use use_of(const struct param *p)
{
	if (!p->words[0] || strcmp(p->word_case, "plugin") == 0)
		return WORD_FREE;
	switch ((unsigned)p->kind) {
	case PARAM_KIND_enum:
	case PARAM_KIND_tls_level:
	case PARAM_KIND_tls_grade:
	case PARAM_KIND_tls_eecdh_grade:
	case PARAM_KIND_tls_loglevel:
	case PARAM_KIND_sasl_type:
		return WORD_ONE;
	case PARAM_KIND_tls_protocols:
		return WORD_PROTOCOLS;
	case PARAM_KIND_enum_list:
		/* EHLO keywords, workarounds and OpenSSL options. */
		return strstr(p->name, "_keywords") || strstr(p->name, "workarounds") ||
				       strcmp(p->name, "tls_ssl_options") == 0
			       ? WORD_LENIENT
			       : WORD_LIST;
	default:
		return WORD_FREE;
	}
}

static const char *nearest_word(struct model *m, const struct param *p, struct str word)
{
	struct str rest = str_of(p->words);
	struct str item;
	struct str best = {NULL, 0};
	unsigned best_distance = word.len < 5 ? 2 : 3;

	while (str_token(&rest, ",", &item)) {
		unsigned d = str_distance(word, item, best_distance - 1);

		if (d < best_distance &&
		    param_has_word(p, item, m->site.options.version)) {
			best = item;
			best_distance = d ? d : 1;
		}
	}
	return best.len ? str_dup0(m->site.arena, best) : NULL;
}

/* Words with blanks, only those of the release. */
static const char *allowed_words(struct model *m, const struct param *p)
{
	struct str rest = str_of(p->words);
	const char *text = "";
	struct str item;

	while (str_token(&rest, ",", &item))
		if (param_has_word(p, item, m->site.options.version))
			text = arena_printf(m->site.arena, "%s%s%.*s", text,
					    text[0] ? ", " : "", STR_ARG(item));
	return text;
}

static bool is_later_word(const struct param *p, struct str word)
{
	return param_has_word(p, word, (struct pf_version){3, 12, -1});
}

static void report_word(struct model *m, const struct setting *s, const struct param *p,
			const struct word *word)
{
	struct value_fault fault = {RULE_MC304, DIAG_ERROR, word->from, word->to};
	const char *near = nearest_word(m, p, word->text);
	bool is_lenient = use_of(p) == WORD_LENIENT;
	struct diag *d;

	if (is_lenient)
		fault.severity = DIAG_WARNING;
	d = model_fault(m, s, fault, "%s: '%.*s' is not one of %s%s; %s%s", p->name,
			STR_ARG(word->text), allowed_words(m, p),
			is_later_word(p, word->text) ? " (a later release has it)" : "",
			is_lenient ? "the word has no effect" : model_readers(m, p),
			is_lenient ? "" : " will refuse it");
	if (near)
		model_fault_edit(m, d, s, fault, near);
}

/* OpenSSL's options may also be given as one mask, "0x40000000". */
static bool is_mask(const struct param *p, struct str word)
{
	return p->id == PARAM_tls_ssl_options && str_starts(word, "0x");
}

static bool check_word(struct model *m, const struct setting *s, const struct param *p,
		       const struct word *word)
{
	if (is_mask(p, word->text))
		return true;
	if (param_has_word(p, word->text, m->site.options.version))
		return true;
	report_word(m, s, p, word);
	return false;
}

/* "!SSLv3", ">=TLSv1.2", "TLSv1", and since 3.6 numbers behind >= and <=. */
static bool check_protocol(struct model *m, const struct setting *s,
			   const struct param *p, struct word word)
{
	struct str text = word.text;

	if (str_starts(text, ">=") || str_starts(text, "<=")) {
		if (pf_version_cmp(m->site.options.version,
				   (struct pf_version){3, 6, 0}) < 0) {
			report_word(m, s, p, &word);
			return false;
		}
		word.text = str_slice(text, 2, text.len);
		if (word.text.len && word.text.ptr[0] >= '0' && word.text.ptr[0] <= '9')
			return true;
		word.from += 2;
	} else {
		while (word.text.len && word.text.ptr[0] == '!') {
			word.text = str_slice(word.text, 1, word.text.len);
			word.from++;
		}
	}
	return check_word(m, s, p, &word);
}

static bool check_list(struct model *m, const struct setting *s, const struct param *p,
		       enum word_use use)
{
	const char *separators = use == WORD_PROTOCOLS ? ", \t\r\n:" : ", \t\r\n";
	struct str rest = s->written.str;
	bool ok = true;
	struct word word;

	while (str_token(&rest, separators, &word.text)) {
		word.from = (size_t)(word.text.ptr - s->written.str.ptr);
		word.to = word.from + word.text.len;
		if (use == WORD_PROTOCOLS)
			ok &= check_protocol(m, s, p, word);
		else
			ok &= check_word(m, s, p, &word) || use == WORD_LENIENT;
	}
	return ok;
}

static bool check_level(struct model *m, const struct setting *s, const struct param *p)
{
	struct pf_version level;

	if (model_level_parse(s->written.str, &level))
		return true;
	model_fault(
		m, s, model_whole_value(s, RULE_MC304),
		"%s: '%.*s' is no level of the form major.minor.patch; programs whose "
		"defaults depend on it stop",
		p->name, STR_ARG(s->written.str));
	return false;
}

bool model_type_words(struct model *m, const struct setting *s, const struct param *p)
{
	enum word_use use = use_of(p);
	struct word whole = {s->written.str, 0, s->written.str.len};

	if (p->kind == PARAM_KIND_level)
		return check_level(m, s, p);
	if (use == WORD_FREE || !s->written.str.len)
		return true;
	if (use == WORD_ONE)
		return check_word(m, s, p, &whole);
	return check_list(m, s, p, use);
}
