/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block and allow lists in the DNS: reject_rbl_client and its relatives.
 *
 * An argument is "domain", or "domain=pattern" where the pattern says which
 * answers count: four fields of numbers, "[n;m..k]" for several.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/expand_macro.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

enum { DNSBL_TEXT_MAX = 500 };

enum listing { LISTED, NOT_LISTED, LISTING_FAILED };

/* ---- patterns of answers ---- */

static bool read_number(struct str *s, unsigned *out)
{
	unsigned n = 0;
	size_t i = 0;

	while (i < s->len && i < 3 && isdigit((unsigned char)s->ptr[i]))
		n = n * 10 + (unsigned)(s->ptr[i++] - '0');
	*s = str_slice(*s, i, s->len);
	*out = n;
	return i > 0;
}

static bool skip(struct str *s, const char *text)
{
	if (!str_starts(*s, text))
		return false;
	*s = str_slice(*s, strlen(text), s->len);
	return true;
}

/* One number or "[a;b..c]"; takes it off and tells whether `value` fits. */
static bool field_matches(struct str *pattern, unsigned value)
{
	bool is_set = skip(pattern, "["), matches = false;

	do {
		unsigned lo = 0, hi;

		if (!read_number(pattern, &lo))
			return false;
		hi = lo;
		if (is_set && skip(pattern, "..") && !read_number(pattern, &hi))
			return false;
		matches = matches || (value >= lo && value <= hi);
	} while (is_set && skip(pattern, ";"));
	if (is_set)
		skip(pattern, "]");
	return matches;
}

static bool pattern_matches(struct str pattern, const char *address)
{
	unsigned char bytes[4];
	bool matches = true;

	if (inet_pton(AF_INET, address, bytes) != 1)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			skip(&pattern, ".");
		if (!field_matches(&pattern, bytes[i]))
			matches = false;
	}
	return matches;
}

/* ---- one question to a list ---- */

/* Splits "domain=pattern"; the pattern is empty when there is none. */
static struct str list_domain(const char *argument, struct str *out_pattern)
{
	struct str text = str_of(argument);
	ptrdiff_t equals = str_chr(text, '=');

	*out_pattern = (struct str){"", 0};
	if (equals < 0)
		return text;
	*out_pattern = str_slice(text, (size_t)equals + 1, text.len);
	return str_slice(text, 0, (size_t)equals);
}

static enum listing ask_list(struct policy_eval *e, const char *query, struct str pattern)
{
	const struct policy_answer *answer = eval_ask(e, query, "A");

	if (answer == NULL || answer->status == POLICY_ANSWER_NODATA ||
	    answer->status == POLICY_ANSWER_NXDOMAIN)
		return NOT_LISTED;
	if (answer->status == POLICY_ANSWER_FAIL)
		return LISTING_FAILED;
	if (pattern.len == 0)
		return LISTED;
	for (size_t i = 0; i < answer->value_count; i++)
		if (pattern_matches(pattern, answer->values[i]))
			return LISTED;
	return NOT_LISTED;
}

/* 4.3.2.1 of 1.2.3.4, or 32 nibbles of an IPv6 address. */
static const char *reversed(struct policy_eval *e, const char *address)
{
	unsigned char b[16];
	char *out, *p;

	if (inet_pton(AF_INET, address, b) == 1)
		return arena_printf(e->ctx->arena, "%d.%d.%d.%d", b[3], b[2], b[1], b[0]);
	if (inet_pton(AF_INET6, address, b) != 1)
		return address;
	p = out = arena_alloc(e->ctx->arena, 64);
	for (int i = 15; i >= 0; i--) {
		*p++ = "0123456789abcdef"[b[i] & 0xf];
		*p++ = '.';
		*p++ = "0123456789abcdef"[b[i] >> 4];
		*p++ = '.';
	}
	p[-1] = '\0';
	return out;
}

/* The name that a list is asked for. */
static const char *query_of(struct policy_eval *e, struct str name, struct str domain)
{
	const struct str parts[] = {name, STR_LIT("."), domain};

	return str_join(e->ctx->arena, parts, array_len(parts)).ptr;
}

static enum listing find_address(struct policy_eval *e, const char *argument,
				 const char **out_query)
{
	struct str pattern, domain = list_domain(argument, &pattern);

	*out_query = query_of(e, str_of(reversed(e, e->s.client_address)), domain);
	return ask_list(e, *out_query, pattern);
}

/* `what` is a name or an address; its domain is looked up. */
static enum listing find_domain(struct policy_eval *e, const char *argument,
				const char *what, const char **out_query)
{
	struct str name = str_of(what), pattern, domain;
	ptrdiff_t dot;

	if (address_at(name) >= 0)
		name = address_domain(name);
	if (!hostname_is_valid(name))
		return NOT_LISTED;
	dot = str_rchr(name, '.');
	if (str_is_digits(dot < 0 ? name : str_slice(name, (size_t)dot + 1, name.len)))
		return NOT_LISTED;
	domain = list_domain(argument, &pattern);
	*out_query = query_of(e, name, domain);
	return ask_list(e, *out_query, pattern);
}

/* ---- the reply ---- */

struct reply_macros {
	struct policy_eval *e;
	struct eval_subject subject;
	struct str domain;
	const char *text;
};

static struct str reply_macro(const void *state, struct str name)
{
	const struct reply_macros *m = state;

	if (str_eqc(name, "rbl_code"))
		return str_of(arena_printf(m->e->ctx->arena, "%d",
					   (int)m->e->settings->maps_rbl_reject_code));
	if (str_eqc(name, "rbl_domain"))
		return m->domain;
	if (str_eqc(name, "rbl_reason") || str_eqc(name, "rbl_txt"))
		return str_of(m->text);
	if (str_eqc(name, "rbl_what"))
		return str_of(m->subject.name);
	if (str_eqc(name, "rbl_class"))
		return str_of(m->subject.class);
	return eval_session_macro(m->e, name);
}

/* TXT records of the listing, put together. */
static const char *listing_text(struct policy_eval *e, const char *query)
{
	const struct policy_answer *answer = eval_ask(e, query, "TXT");
	const char *text = "";

	if (answer == NULL || answer->status != POLICY_ANSWER_FOUND)
		return text;
	for (size_t i = 0; i < answer->value_count && strlen(text) < DNSBL_TEXT_MAX; i++)
		text = arena_printf(e->ctx->arena, "%s%s%.*s", text, i > 0 ? " / " : "",
				    DNSBL_TEXT_MAX, answer->values[i]);
	return text;
}

static bool starts_with_code(struct str text)
{
	return text.len > 4 && (text.ptr[0] == '4' || text.ptr[0] == '5') &&
	       isdigit((unsigned char)text.ptr[1]) &&
	       isdigit((unsigned char)text.ptr[2]) && text.ptr[3] == ' ';
}

static enum eval reject_listed(struct policy_eval *e, const char *argument,
			       const char *query, struct eval_subject subject)
{
	struct str pattern, template = str_of(e->settings->default_rbl_reply);
	struct reply_macros state = {.e = e, .subject = subject};
	const struct expand_macros macros = {reply_macro, &state};
	const char *text, *dsn;
	struct str expanded;
	int code;

	state.domain = list_domain(argument, &pattern);
	state.text = listing_text(e, query);
	if (rt_maps_find(e->ctx, &e->settings->rbl_reply_maps, "rbl_reply_maps",
			 str_of(argument), false, &template) == RT_LOOKUP_ERROR)
		return eval_server_error(e);
	expanded = expand_macro_text(e->ctx->arena, rt_text(e->ctx, template), &macros);
	if (!starts_with_code(expanded))
		return eval_reject(e, EVAL_POLICY, 450, "4.7.1", "Service unavailable");
	code = (expanded.ptr[0] - '0') * 100 + (expanded.ptr[1] - '0') * 10 +
	       (expanded.ptr[2] - '0');
	dsn = eval_split_dsn(e, "4.7.1", str_slice(expanded, 4, expanded.len), &text);
	return eval_reject(e, EVAL_POLICY, code, eval_fix_dsn(e, dsn, subject.class),
			   "%s", *text ? text : "Service unavailable");
}

/* ---- restrictions ---- */

static bool has_argument(const struct rt_insn *insn)
{
	return insn->text != NULL && *insn->text != '\0';
}

static enum eval reject_address(struct policy_eval *e, const char *argument)
{
	const char *query;

	if (find_address(e, argument, &query) != LISTED)
		return EVAL_DUNNO;
	return reject_listed(
		e, argument, query,
		(struct eval_subject){e->s.client_address, EVAL_CLASS_CLIENT});
}

enum eval eval_reject_rbl_client(struct policy_eval *e, const struct rt_insn *insn)
{
	return has_argument(insn) ? reject_address(e, insn->text) : EVAL_DUNNO;
}

enum eval eval_reject_maps_rbl(struct policy_eval *e,
			       MCC_UNUSED const struct rt_insn *insn)
{
	struct str domains = str_of(e->settings->maps_rbl_domains), domain;
	enum eval status = EVAL_DUNNO;

	while (status == EVAL_DUNNO && str_token(&domains, ", \t\r\n", &domain))
		status = reject_address(e, rt_text(e->ctx, domain));
	return status;
}

/* An allow list never opens the way to a destination that is not ours. */
static bool may_permit(struct policy_eval *e, enum eval *out_status)
{
	*out_status = EVAL_DUNNO;
	if (e->where != EVAL_AT_RCPT || e->recipient == NULL)
		return true;
	*out_status = eval_auth_destination(e);
	if (*out_status == EVAL_OK)
		return true;
	if (*out_status != EVAL_REJECT)
		*out_status = EVAL_DUNNO;
	return false;
}

static enum eval permit_listed(struct policy_eval *e, enum listing listing,
			       struct eval_subject subject)
{
	switch (listing) {
	case LISTED:
		return EVAL_OK;
	case LISTING_FAILED:
		return eval_defer_if_reject(e, 450, "4.7.1",
					    "<%s>: %s rejected: Service unavailable",
					    subject.name, subject.class);
	case NOT_LISTED:
		break;
	}
	return EVAL_DUNNO;
}

enum eval eval_permit_dnswl_client(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {e->s.client_address, EVAL_CLASS_CLIENT};
	enum eval status;
	const char *query;

	if (!has_argument(insn) || !may_permit(e, &status))
		return has_argument(insn) ? status : EVAL_DUNNO;
	return permit_listed(e, find_address(e, insn->text, &query), subject);
}

enum eval eval_permit_rhswl_client(struct policy_eval *e, const struct rt_insn *insn)
{
	const struct eval_subject subject = {e->s.client_name, EVAL_CLASS_CLIENT};
	enum eval status;
	const char *query;

	if (!has_argument(insn) || strcmp(e->s.client_name, "unknown") == 0)
		return EVAL_DUNNO;
	if (!may_permit(e, &status))
		return status;
	return permit_listed(e, find_domain(e, insn->text, e->s.client_name, &query),
			     subject);
}

static enum eval reject_domain(struct policy_eval *e, const struct rt_insn *insn,
			       const char *what, const char *class)
{
	const char *query;

	if (!has_argument(insn) || what == NULL || *what == '\0')
		return EVAL_DUNNO;
	if (find_domain(e, insn->text, what, &query) != LISTED)
		return EVAL_DUNNO;
	return reject_listed(e, insn->text, query, (struct eval_subject){what, class});
}

static const char *known_name(const char *name)
{
	return strcmp(name, "unknown") == 0 ? NULL : name;
}

enum eval eval_reject_rhsbl_client(struct policy_eval *e, const struct rt_insn *insn)
{
	return reject_domain(e, insn, known_name(e->s.client_name), EVAL_CLASS_CLIENT);
}

enum eval eval_reject_rhsbl_reverse(struct policy_eval *e, const struct rt_insn *insn)
{
	return reject_domain(e, insn, known_name(e->s.reverse_name), EVAL_CLASS_REVERSE);
}

enum eval eval_reject_rhsbl_helo(struct policy_eval *e, const struct rt_insn *insn)
{
	return reject_domain(e, insn, e->s.helo, EVAL_CLASS_HELO);
}

enum eval eval_reject_rhsbl_sender(struct policy_eval *e, const struct rt_insn *insn)
{
	return reject_domain(e, insn, e->s.sender, EVAL_CLASS_SENDER);
}

enum eval eval_reject_rhsbl_recipient(struct policy_eval *e, const struct rt_insn *insn)
{
	return reject_domain(e, insn, e->recipient, EVAL_CLASS_RECIPIENT);
}
