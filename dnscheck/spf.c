/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_host(), RFC 7208 section 4: the records and the walk through their
 * terms. A result of a frame goes up to the frame that includes it; the result
 * of the last frame is the outcome, after its explanation has been fetched.
 *
 * Every answer runs one handler, which may ask again (and set `handler`) or
 * leave it to advance() to go on to the next term.
 */
#include "dnscheck/spf.h"

#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/arena.h"
#include "dnscheck/answer.h"
#include "dnscheck/name.h"
#include "dnscheck/spf_eval.h"
#include "dnscheck/spf_pool.h"

enum {
	/* Lines of the walk that are kept: enough for every honest record. */
	TRACE_MAX = 500,
	DOMAIN_MAX = 253, /* RFC 7208 7.3 */
	BUDGET_MS = 30000 /* of a whole evaluation; 4.6.4 asks for 20 s or more */
};

/* A name that no resolver will ever ask for, answered with DNS_BAD_NAME. */
static const char no_name[] = "..";

const char *spf_result_name(enum spf_result result)
{
	static const char *const names[] = {"none",	"neutral",   "pass",	 "fail",
					    "softfail", "temperror", "permerror"};

	return names[result];
}

void spf_trace_line(struct spf_eval *e, const char *fmt, ...)
{
	const struct spf_frame *f;
	unsigned depth = 0;
	const char **slot;
	va_list ap;

	if (e->trace_count == TRACE_MAX)
		return;
	for (f = e->top; f != NULL && f->up != NULL; f = f->up)
		depth++;
	slot = arena_push(e->arena, &e->trace, e->trace_count, &e->trace_room,
			  sizeof(*slot));
	va_start(ap, fmt);
	*slot = arena_printf(e->arena, "%*s%s", (int)(depth * 2), "",
			     arena_vprintf(e->arena, fmt, ap));
	va_end(ap);
	e->trace_count++;
}

void spf_set_result(struct spf_eval *e, enum spf_result result, const char *problem)
{
	e->has_result = true;
	e->result = result;
	e->problem = problem;
	if (problem != NULL)
		spf_trace(e, "%s: %s", spf_result_name(result), problem);
}

bool spf_count_lookup(struct spf_eval *e)
{
	if (e->top->is_counted)
		return true;
	if (e->lookups == LIMIT_SPF_LOOKUPS) {
		spf_set_result(e, SPF_PERMERROR,
			       "more than 10 terms that need the DNS (RFC 7208 4.6.4)");
		return false;
	}
	e->lookups++;
	e->top->is_counted = true;
	return true;
}

bool spf_count_void(struct spf_eval *e)
{
	e->void_lookups++;
	if (e->void_lookups <= LIMIT_SPF_VOID)
		return true;
	spf_set_result(e, SPF_PERMERROR,
		       "more than 2 terms whose names do not exist (RFC 7208 4.6.4)");
	return false;
}

enum dns_type spf_address_type(const struct spf_eval *e)
{
	return e->family == AF_INET ? DNS_A : DNS_AAAA;
}

const char *spf_term_text(const struct spf_eval *e, const struct spf_term *term)
{
	struct str text = e->top->record->text;

	return str_dup0(e->arena, str_slice(text, term->lo, term->hi));
}

/* --- macros ------------------------------------------------------------- */

static void fill_env(const struct spf_eval *e, struct spf_macro_env *out)
{
	*out = (struct spf_macro_env){.local_part = e->local_part,
				      .sender_domain = e->sender_domain,
				      .domain = e->top->domain,
				      .helo = e->helo,
				      .validated = spf_ptr_best(e),
				      .receiver = e->receiver,
				      .family = e->family,
				      .address = e->address,
				      .now = (int64_t)time(NULL)};
}

const char *spf_expand(struct spf_eval *e, const struct spf_macro *macro, size_t max)
{
	struct spf_macro_env env;
	struct strbuf out;
	const char *text = NULL;

	fill_env(e, &env);
	strbuf_init(&out, max);
	if (spf_macro_expand(macro, &env, &out) && !out.failed)
		text = str_dup0(e->arena, strbuf_view(&out));
	strbuf_fini(&out);
	return text;
}

const char *spf_target(struct spf_eval *e, const struct spf_term *term)
{
	const char *text, *dot;
	size_t len;

	if (!term->has_domain)
		return e->top->domain;
	text = spf_expand(e, &term->domain, LIMIT_SPF_EXPANDED);
	if (text == NULL)
		return NULL;
	/* 7.3: labels are dropped from the left until the name fits. */
	len = strlen(text);
	while (len - (len != 0 && text[len - 1] == '.' ? 1 : 0) > DOMAIN_MAX) {
		dot = strchr(text, '.');
		if (dot == NULL)
			return NULL;
		len -= (size_t)(dot + 1 - text);
		text = dot + 1;
	}
	return text;
}

/* --- asking ------------------------------------------------------------- */

static void advance(struct spf_eval *e);

static void on_answer(const struct dns_answer *answer, void *arg)
{
	struct spf_eval *e = arg;
	spf_handler *handler = e->handler;

	e->handler = NULL;
	handler(e, answer);
	advance(e);
}

/* Raw text to presentation form: a backslash is a backslash. */
static const char *escape_name(struct spf_eval *e, const char *name)
{
	struct strbuf out;
	const char *text;

	if (strchr(name, '\\') == NULL)
		return name;
	strbuf_init(&out, DNS_NAME_TEXT);
	for (; *name != '\0'; name++) {
		if (*name == '\\')
			strbuf_addc(&out, '\\');
		strbuf_addc(&out, *name);
	}
	text = out.failed ? no_name : arena_strdup(e->arena, out.ptr);
	strbuf_fini(&out);
	return text;
}

void spf_ask_name(struct spf_eval *e, const char *name, enum dns_type type,
		  spf_handler *handler)
{
	MCC_ASSERT(e->handler == NULL);
	e->handler = handler;
	dns_ask(e->resolver, name, type, on_answer, e);
}

void spf_ask_target(struct spf_eval *e, const char *target, enum dns_type type,
		    spf_handler *handler)
{
	spf_ask_name(e, escape_name(e, target), type, handler);
}

/* --- records ------------------------------------------------------------ */

void spf_push(struct spf_eval *e, const char *domain)
{
	struct spf_frame *f = arena_alloc(e->arena, sizeof(*f));

	f->domain = domain;
	f->up = e->top;
	e->top = f;
}

static void note_modifiers(struct spf_frame *f)
{
	size_t i;

	for (i = 0; i < f->record->term_count; i++) {
		if (f->record->terms[i].kind == SPF_TERM_REDIRECT)
			f->redirect = &f->record->terms[i];
		else if (f->record->terms[i].kind == SPF_TERM_EXP)
			f->exp = &f->record->terms[i];
	}
}

static void take_record(struct spf_eval *e, struct str text)
{
	struct spf_frame *f = e->top;
	struct spf_error error;

	f->record_text = arena_memdup0(e->arena, text.ptr, text.len);
	spf_trace(e, "%s: %s", f->domain, f->record_text);
	f->record = spf_pool_parse(e, text, &error);
	if (f->record == NULL) {
		spf_set_result(e, SPF_PERMERROR,
			       arena_printf(e->arena,
					    "syntax error in the record of %s, "
					    "column %zu: %s",
					    f->domain, error.lo + 1, error.message));
		return;
	}
	note_modifiers(f);
}

/* RFC 7208 4.4 and 4.5. */
static void on_record(struct spf_eval *e, const struct dns_answer *answer)
{
	const struct dns_rr *found = NULL;
	size_t i, count = 0;

	if (!dns_status_is_final(answer->status)) {
		spf_set_result(
			e, SPF_TEMPERROR,
			arena_printf(e->arena, "the record of %s cannot be had: %s%s%s",
				     e->top->domain, dns_status_name(answer->status),
				     answer->detail != NULL ? ": " : "",
				     answer->detail != NULL ? answer->detail : ""));
		return;
	}
	for (i = 0; i < answer->rr_count; i++) {
		if (spf_is_record(answer->rrs[i].text)) {
			found = &answer->rrs[i];
			count++;
		}
	}
	if (count == 1) {
		take_record(e, found->text);
		return;
	}
	spf_trace(e, "%s: %s", e->top->domain,
		  count == 0 ? "no SPF record" : "more than one SPF record");
	if (count == 0)
		spf_set_result(e, SPF_NONE, NULL);
	else
		spf_set_result(e, SPF_PERMERROR,
			       arena_printf(e->arena, "%s has more than one SPF record",
					    e->top->domain));
}

/* --- results ------------------------------------------------------------ */

static void finish(struct spf_eval *e)
{
	struct spf_outcome out = {.result = e->result,
				  .domain = e->top->domain,
				  .record = e->top->record_text,
				  .mechanism = e->mechanism,
				  .explanation = e->explanation,
				  .problem = e->problem,
				  .lookups = e->lookups,
				  .void_lookups = e->void_lookups,
				  .trace = e->trace,
				  .trace_count = e->trace_count};

	e->callback(&out, e->arg);
	spf_pool_give(e);
}

static enum spf_result result_of(enum spf_qualifier qualifier)
{
	static const enum spf_result results[] = {
		[SPF_QUAL_PASS] = SPF_PASS,
		[SPF_QUAL_FAIL] = SPF_FAIL,
		[SPF_QUAL_SOFTFAIL] = SPF_SOFTFAIL,
		[SPF_QUAL_NEUTRAL] = SPF_NEUTRAL,
	};

	return results[qualifier];
}

void spf_matched(struct spf_eval *e)
{
	const struct spf_term *term = e->top->term;

	e->mechanism = spf_term_text(e, term);
	spf_set_result(e, result_of(term->qualifier), NULL);
	spf_trace(e, "%s: matches: %s", e->mechanism, spf_result_name(e->result));
}

/* RFC 7208 5.2, the table: what an included result means outside. */
static void leave_include(struct spf_eval *e)
{
	enum spf_result inner = e->result;
	const char *domain = e->top->domain;

	e->top = e->top->up;
	if (inner == SPF_TEMPERROR || inner == SPF_PERMERROR) {
		e->mechanism = spf_term_text(e, e->top->term);
		return; /* has_result, problem: as they are */
	}
	e->has_result = false;
	e->mechanism = NULL;
	if (inner == SPF_PASS)
		spf_matched(e);
	else if (inner == SPF_NONE)
		spf_set_result(e, SPF_PERMERROR,
			       arena_printf(e->arena,
					    "%s is included but has no SPF record",
					    domain));
	else
		spf_trace(e, "%s: no match: %s", spf_term_text(e, e->top->term),
			  spf_result_name(inner));
}

/* RFC 7208 6.1. */
static void follow_redirect(struct spf_eval *e)
{
	struct spf_frame *f = e->top;
	const struct spf_term *term = f->redirect;
	const char *target;

	f->term = term;
	if (spf_macro_uses(&term->domain, 'p') && e->ptr_state == SPF_PTR_UNKNOWN) {
		spf_ptr_start(e);
		return;
	}
	if (!spf_count_lookup(e))
		return;
	target = spf_target(e, term);
	if (target == NULL) {
		spf_set_result(e, SPF_PERMERROR, "redirect to a name that cannot exist");
		return;
	}
	spf_trace(e, "%s: goes on with %s", spf_term_text(e, term), target);
	f->domain = target;
	f->record = NULL;
	f->record_text = NULL;
	f->redirect = f->exp = NULL;
	f->next = 0;
	f->is_counted = false;
	f->is_redirected = true;
	spf_ask_target(e, target, DNS_TXT, on_record);
}

/* One step; leaves `handler` set when it asked something. */
static void step(struct spf_eval *e)
{
	struct spf_frame *f = e->top;
	const struct spf_term *term;

	if (e->has_result && e->result == SPF_NONE && f->is_redirected) {
		spf_set_result(e, SPF_PERMERROR,
			       arena_printf(e->arena,
					    "redirect to %s, which has no SPF record",
					    f->domain));
	} else if (e->has_result && f->up != NULL) {
		leave_include(e);
	} else if (e->has_result) {
		e->is_done = !spf_exp_step(e);
	} else if (dns_now_ms() > e->deadline_ms) {
		spf_set_result(e, SPF_TEMPERROR, "the evaluation takes too long");
	} else if (f->record == NULL) {
		spf_ask_target(e, f->domain, DNS_TXT, on_record);
	} else if (f->next < f->record->term_count) {
		term = &f->record->terms[f->next];
		f->term = term;
		spf_term_evaluate(e, term);
	} else if (f->redirect != NULL) {
		follow_redirect(e);
	} else {
		spf_trace(e, "%s: nothing matches: neutral", f->domain);
		spf_set_result(e, SPF_NEUTRAL, NULL);
	}
}

static void advance(struct spf_eval *e)
{
	while (e->handler == NULL && !e->is_done)
		step(e);
	if (e->handler == NULL)
		finish(e);
}

/* --- the request -------------------------------------------------------- */

static void on_nothing(struct spf_eval *e, const struct dns_answer *answer)
{
	(void)answer;
	spf_trace(e, "%s: not a domain name that can have a record", e->top->domain);
	spf_set_result(e, SPF_NONE, NULL);
}

void spf_check(struct resolver *r, const struct spf_request *request,
	       spf_callback *callback, void *arg)
{
	struct spf_eval *e = spf_pool_take(r);

	e->wants_trace = request->wants_trace;
	e->callback = callback;
	e->arg = arg;
	e->deadline_ms = dns_now_ms() + BUDGET_MS;
	spf_take_request(e, request);
	spf_push(e, e->sender_domain);
	if (spf_is_checkable(e->sender_domain))
		spf_ask_target(e, e->sender_domain, DNS_TXT, on_record);
	else
		spf_ask_name(e, no_name, DNS_TXT, on_nothing);
}
