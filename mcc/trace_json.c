/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace as one JSON object, schema "mcc-trace/1". Bytes that are not UTF-8
 * are escaped as \xHH within the strings; the output is always valid JSON, in
 * ASCII. It is written straight into a buffer: a script prints hundreds of
 * thousands of traces, and a tree of values for each would cost more than the
 * trace.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"
#include "base/limits.h"
#include "mcc/trace.h"
#include "runtime/address.h"

/* Writes members; `first` tells whether a comma is due. */
struct writer {
	struct strbuf *buf;
	struct arena *arena;
	bool first;
};

static void open_group(struct writer *w, char c)
{
	strbuf_addc(w->buf, c);
	w->first = true;
}

static void close_group(struct writer *w, char c)
{
	strbuf_addc(w->buf, c);
	w->first = false;
}

static void separate(struct writer *w)
{
	if (!w->first)
		strbuf_addc(w->buf, ',');
	w->first = false;
}

static void put_name(struct writer *w, const char *name)
{
	size_t len = strlen(name);
	char *out = strbuf_claim(w->buf, len + 3 + !w->first);

	if (out == NULL)
		return;
	if (!w->first)
		*out++ = ',';
	*out++ = '"';
	memcpy(out, name, len);
	out[len] = '"';
	out[len + 1] = ':';
	w->first = false;
}

/* Copies what needs no escape; the number of bytes. */
static size_t copy_plain(char *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			break;
		out[i] = s.ptr[i];
	}
	return i;
}

/* Quotes, control characters, other letters: seldom, so the library does it. */
static void put_odd_string(struct writer *w, struct str s)
{
	struct strbuf buf;
	json_t *value;
	char *text = NULL;

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	escape_add_utf8(&buf, s);
	value = json_stringn(buf.ptr != NULL ? buf.ptr : "", buf.len);
	strbuf_fini(&buf);
	if (value != NULL)
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	strbuf_adds(w->buf, text != NULL ? text : "\"\"");
	free(text);
	json_decref(value);
}

static void put_string(struct writer *w, struct str s)
{
	size_t before = w->buf->len;
	char *out = strbuf_claim(w->buf, s.len + 2);

	if (out == NULL)
		return;
	out[0] = '"';
	if (copy_plain(out + 1, s) == s.len) {
		out[s.len + 1] = '"';
		return;
	}
	w->buf->len = before;
	put_odd_string(w, s);
}

static void set_text(struct writer *w, const char *name, const char *value)
{
	if (value == NULL)
		return;
	put_name(w, name);
	put_string(w, str_of(value));
}

static void set_number(struct writer *w, const char *name, unsigned n)
{
	char digits[12];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	put_name(w, name);
	strbuf_add(w->buf, digits + at, sizeof(digits) - at);
}

static void set_true(struct writer *w, const char *name)
{
	put_name(w, name);
	strbuf_add(w->buf, "true", 4);
}

static void open_member(struct writer *w, const char *name, char c)
{
	put_name(w, name);
	open_group(w, c);
}

static void set_origin(struct writer *w, const struct rt_origin *origin)
{
	if (origin->line == 0)
		return;
	set_text(w, "file", origin->file);
	set_number(w, "line", origin->line);
}

static void put_replies(struct writer *w, const struct trace_result *result)
{
	open_member(w, "replies", '{');
	for (int i = 0; i < TRACE_STAGE_COUNT; i++) {
		const struct policy_reply *reply = &result->replies[i];

		if (!result->has_reply[i])
			continue;
		open_member(w, trace_stage_name((enum trace_stage)i), '{');
		set_number(w, "code", (unsigned)reply->code);
		set_text(w, "dsn", reply->dsn);
		set_text(w, "text", reply->text);
		if (reply->hangup)
			set_true(w, "hangup");
		close_group(w, '}');
	}
	close_group(w, '}');
}

static void put_decided(struct writer *w, const struct trace_result *result)
{
	if (result->deciding == NULL || result->deciding->item == NULL)
		return;
	open_member(w, "decided_by", '{');
	set_origin(w, &result->deciding->decided_by);
	set_text(w, "item", result->deciding->item);
	close_group(w, '}');
}

static const char *route_error(const struct trace_result *result)
{
	if (result->finals.error_code != 0)
		return result->finals.error_text;
	switch (result->route.status) {
	case RT_ROUTE_BAD_ADDRESS:
		return "bad address";
	case RT_ROUTE_LOOKUP_FAILED:
		return "lookup failed";
	case RT_ROUTE_OK:
		break;
	}
	return NULL;
}

static void put_final(struct writer *w, const struct rt_final *item)
{
	separate(w);
	if (item->kind == RT_FINAL_ADDRESS)
		put_string(w, address_quote(w->arena, str_of(item->route.recipient)));
	else if (item->kind == RT_FINAL_COMMAND)
		put_string(w, str_of(arena_printf(w->arena, "|%s", item->text)));
	else
		put_string(w, str_of(item->text));
}

/* Who hears of what becomes of the message. */
static const char *sender_of(const struct trace_result *result,
			     const struct rt_final *item)
{
	return item->owner ? item->owner : result->sender;
}

/* Each end with the way it takes, which the list of ends does not tell. */
static void put_deliveries(struct writer *w, const struct trace_result *result)
{
	const struct rt_finals *finals = &result->finals;

	open_member(w, "deliveries", '[');
	for (size_t i = 0; i < finals->count; i++) {
		const struct rt_final *item = &finals->items[i];

		if (item->kind == RT_FINAL_ERROR)
			continue;
		separate(w);
		open_group(w, '{');
		put_name(w, "to");
		w->first = true;
		put_final(w, item);
		set_text(w, "transport", item->route.transport);
		set_text(w, "nexthop", item->route.nexthop);
		put_name(w, "sender");
		put_string(w, address_quote(w->arena, str_of(sender_of(result, item))));
		close_group(w, '}');
	}
	close_group(w, ']');
}

static void put_finals(struct writer *w, const struct trace_result *result)
{
	const struct rt_finals *finals = &result->finals;
	size_t lost = 0;

	open_member(w, "final", '[');
	for (size_t i = 0; i < finals->count; i++) {
		if (finals->items[i].kind == RT_FINAL_ERROR)
			lost++;
		else
			put_final(w, &finals->items[i]);
	}
	close_group(w, ']');
	if (lost == 0)
		return;
	open_member(w, "undelivered", '[');
	for (size_t i = 0; i < finals->count; i++) {
		const struct rt_final *item = &finals->items[i];

		if (item->kind != RT_FINAL_ERROR)
			continue;
		separate(w);
		open_group(w, '{');
		set_text(w, "recipient", item->route.recipient);
		set_text(w, "dsn", item->dsn);
		set_text(w, "text", item->text);
		set_text(w, "sender", sender_of(result, item));
		close_group(w, '}');
	}
	close_group(w, ']');
}

static void put_route(struct writer *w, const struct trace_result *result)
{
	const struct rt_route *route = &result->route;

	open_member(w, "route", '{');
	set_text(w, "recipient", route->recipient);
	set_text(w, "error", route_error(result));
	if (route->status == RT_ROUTE_OK) {
		set_text(w, "class", rt_class_name(route->class));
		set_text(w, "transport", route->transport);
		set_text(w, "nexthop", route->nexthop);
	}
	if (route->routed)
		set_true(w, "routed");
	set_text(w, "sender", result->sender);
	put_finals(w, result);
	if (!result->request->without_steps)
		put_deliveries(w, result);
	close_group(w, '}');
}

static void put_list(struct writer *w, const char *name, const char *const *texts,
		     size_t count)
{
	if (count == 0)
		return;
	open_member(w, name, '[');
	for (size_t i = 0; i < count; i++) {
		separate(w);
		put_string(w, str_of(texts[i]));
	}
	close_group(w, ']');
}

/* What access tables did to the message beyond letting it pass. */
static void put_effects(struct writer *w, const struct policy_session *session)
{
	if (!session->hold && session->filter == NULL && session->redirect == NULL &&
	    session->prepend_count == 0 && session->bcc_count == 0)
		return;
	open_member(w, "effects", '{');
	if (session->hold)
		set_true(w, "hold");
	set_text(w, "filter", session->filter);
	set_text(w, "redirect", session->redirect);
	put_list(w, "prepend", session->prepend, session->prepend_count);
	put_list(w, "bcc", session->bcc, session->bcc_count);
	close_group(w, '}');
}

static void put_step(struct writer *w, const struct trace_step *s)
{
	separate(w);
	open_group(w, '{');
	set_text(w, "what", s->step.what);
	set_text(w, "stage", s->stage);
	set_origin(w, &s->step.origin);
	set_text(w, "table", s->step.table);
	set_text(w, "key", s->step.key);
	if (s->step.row != 0)
		set_number(w, "row", s->step.row);
	set_text(w, "result", s->step.result);
	if (s->decided)
		set_true(w, "decided");
	close_group(w, '}');
}

static void put_steps(struct writer *w, const struct trace_result *result)
{
	if (result->request->without_steps)
		return;
	open_member(w, "steps", '[');
	for (size_t i = 0; i < result->step_count; i++)
		put_step(w, &result->steps[i]);
	close_group(w, ']');
}

static void put_others(struct writer *w, const struct trace_result *result)
{
	if (result->other_count == 0)
		return;
	open_member(w, "alternatives", '[');
	for (size_t i = 0; i < result->other_count; i++) {
		const struct trace_result *other = result->others[i].result;

		separate(w);
		open_group(w, '{');
		set_text(w, "when", result->others[i].when);
		put_replies(w, other);
		set_text(w, "verdict", trace_verdict(other));
		put_decided(w, other);
		put_route(w, other);
		close_group(w, '}');
	}
	close_group(w, ']');
}

static void put_notes(struct writer *w, const struct trace_request *request)
{
	if (request->note_count == 0)
		return;
	open_member(w, "notes", '[');
	for (size_t i = 0; i < request->note_count; i++) {
		separate(w);
		open_group(w, '{');
		set_text(w, "table", request->notes[i].table);
		set_text(w, "text", request->notes[i].text);
		close_group(w, '}');
	}
	close_group(w, ']');
}

void trace_write_json(struct strbuf *buf, struct arena *arena,
		      const struct trace_result *result)
{
	struct writer w = {buf, arena, true};

	open_group(&w, '{');
	set_text(&w, "schema", "mcc-trace/1");
	set_text(&w, "service", result->service);
	set_text(&w, "fatal", result->fatal);
	put_replies(&w, result);
	set_text(&w, "verdict", trace_verdict(result));
	put_decided(&w, result);
	if (result->is_unverified)
		set_true(&w, "unverified");
	put_effects(&w, &result->session);
	put_route(&w, result);
	put_steps(&w, result);
	put_others(&w, result);
	put_notes(&w, result->request);
	close_group(&w, '}');
	strbuf_addc(buf, '\n');
}

void trace_print_json(FILE *out, struct arena *arena, const struct trace_result *result)
{
	struct strbuf buf;

	strbuf_init(&buf, LIMIT_RUNTIME_JSON);
	trace_write_json(&buf, arena, result);
	fwrite(buf.ptr, 1, buf.len, out);
	strbuf_fini(&buf);
}
