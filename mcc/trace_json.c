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
#include "mcc/trace_heads.h"
#include "runtime/address.h"

/* Writes members; `first` tells whether a comma is due. */
struct writer {
	struct strbuf *buf;
	struct arena *arena;
	struct trace_heads *heads; /* NULL: none are kept */
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

/* The member's name and `more` bytes after it, which the caller fills. */
static char *put_name(struct writer *w, struct str name, size_t more)
{
	char *out = strbuf_claim(w->buf, name.len + 3 + !w->first + more);

	if (out == NULL)
		return NULL;
	if (!w->first)
		*out++ = ',';
	*out++ = '"';
	memcpy(out, name.ptr, name.len);
	out += name.len;
	*out++ = '"';
	*out++ = ':';
	w->first = false;
	return out;
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

/* What needs no escape, between quotes. */
static void quote_plain(char *out, struct str s)
{
	if (out == NULL)
		return;
	*out++ = '"';
	memcpy(out, s.ptr, s.len);
	out[s.len] = '"';
}

static void put_string(struct writer *w, struct str s)
{
	if (escape_is_plain(s))
		quote_plain(strbuf_claim(w->buf, s.len + 2), s);
	else
		put_odd_string(w, s);
}

static void set_string(struct writer *w, struct str name, struct str value)
{
	if (escape_is_plain(value)) {
		quote_plain(put_name(w, name, value.len + 2), value);
	} else {
		put_name(w, name, 0);
		put_odd_string(w, value);
	}
}

static void set_text(struct writer *w, struct str name, const char *value)
{
	if (value != NULL)
		set_string(w, name, str_of(value));
}

static void set_number(struct writer *w, struct str name, unsigned n)
{
	char digits[12], *out;
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	out = put_name(w, name, sizeof(digits) - at);
	if (out != NULL)
		memcpy(out, digits + at, sizeof(digits) - at);
}

static void set_true(struct writer *w, struct str name)
{
	char *out = put_name(w, name, 4);

	if (out != NULL)
		memcpy(out, "true", 4);
}

static void open_member(struct writer *w, struct str name, char c)
{
	char *out = put_name(w, name, 1);

	if (out != NULL)
		*out = c;
	w->first = true;
}

static void set_origin(struct writer *w, const struct rt_origin *origin)
{
	if (origin->line == 0)
		return;
	set_text(w, STR_LIT("file"), origin->file);
	set_number(w, STR_LIT("line"), origin->line);
}

static void put_replies(struct writer *w, const struct trace_result *result)
{
	open_member(w, STR_LIT("replies"), '{');
	for (int i = 0; i < TRACE_STAGE_COUNT; i++) {
		const struct policy_reply *reply = &result->replies[i];

		if (!result->has_reply[i])
			continue;
		open_member(w, str_of(trace_stage_name((enum trace_stage)i)), '{');
		set_number(w, STR_LIT("code"), (unsigned)reply->code);
		set_text(w, STR_LIT("dsn"), reply->dsn);
		set_text(w, STR_LIT("text"), reply->text);
		if (reply->hangup)
			set_true(w, STR_LIT("hangup"));
		close_group(w, '}');
	}
	close_group(w, '}');
}

static void put_decided(struct writer *w, const struct trace_result *result)
{
	if (result->deciding == NULL || result->deciding->item == NULL)
		return;
	open_member(w, STR_LIT("decided_by"), '{');
	set_origin(w, &result->deciding->decided_by);
	set_text(w, STR_LIT("item"), result->deciding->item);
	close_group(w, '}');
}

static const char *route_status(const struct rt_route *route)
{
	switch (route->status) {
	case RT_ROUTE_BAD_ADDRESS:
		return "bad address";
	case RT_ROUTE_LOOKUP_FAILED:
		return "lookup failed";
	case RT_ROUTE_OK:
		break;
	}
	return NULL;
}

static const char *route_error(const struct trace_result *result)
{
	return result->finals.error_code != 0 ? result->finals.error_text
					      : route_status(&result->route);
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

	open_member(w, STR_LIT("deliveries"), '[');
	for (size_t i = 0; i < finals->count; i++) {
		const struct rt_final *item = &finals->items[i];

		if (item->kind == RT_FINAL_ERROR)
			continue;
		separate(w);
		open_group(w, '{');
		put_name(w, STR_LIT("to"), 0);
		w->first = true;
		put_final(w, item);
		set_text(w, STR_LIT("transport"), item->route.transport);
		set_text(w, STR_LIT("nexthop"), item->route.nexthop);
		set_string(w, STR_LIT("sender"),
			   address_quote(w->arena, str_of(sender_of(result, item))));
		close_group(w, '}');
	}
	close_group(w, ']');
}

static void put_finals(struct writer *w, const struct trace_result *result)
{
	const struct rt_finals *finals = &result->finals;
	size_t lost = 0;

	open_member(w, STR_LIT("final"), '[');
	for (size_t i = 0; i < finals->count; i++) {
		if (finals->items[i].kind == RT_FINAL_ERROR)
			lost++;
		else
			put_final(w, &finals->items[i]);
	}
	close_group(w, ']');
	if (lost == 0)
		return;
	open_member(w, STR_LIT("undelivered"), '[');
	for (size_t i = 0; i < finals->count; i++) {
		const struct rt_final *item = &finals->items[i];

		if (item->kind != RT_FINAL_ERROR)
			continue;
		separate(w);
		open_group(w, '{');
		set_text(w, STR_LIT("recipient"), item->route.recipient);
		set_text(w, STR_LIT("dsn"), item->dsn);
		set_text(w, STR_LIT("text"), item->text);
		set_text(w, STR_LIT("sender"), sender_of(result, item));
		set_origin(w, &item->route.decided_by);
		close_group(w, '}');
	}
	close_group(w, ']');
}

static void put_route(struct writer *w, const struct trace_result *result)
{
	const struct rt_route *route = &result->route;

	open_member(w, STR_LIT("route"), '{');
	set_text(w, STR_LIT("recipient"), route->recipient);
	set_text(w, STR_LIT("error"), route_error(result));
	if (result->finals.error_code != 0)
		set_text(w, STR_LIT("status"), route_status(route));
	if (route->status == RT_ROUTE_OK) {
		set_text(w, STR_LIT("class"), rt_class_name(route->class));
		set_text(w, STR_LIT("transport"), route->transport);
		set_text(w, STR_LIT("nexthop"), route->nexthop);
	}
	if (route->routed)
		set_true(w, STR_LIT("routed"));
	set_text(w, STR_LIT("sender"), result->sender);
	put_finals(w, result);
	if (!result->request->without_steps)
		put_deliveries(w, result);
	close_group(w, '}');
}

static void put_list(struct writer *w, struct str name, const char *const *texts,
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
	open_member(w, STR_LIT("effects"), '{');
	if (session->hold)
		set_true(w, STR_LIT("hold"));
	set_text(w, STR_LIT("filter"), session->filter);
	set_text(w, STR_LIT("redirect"), session->redirect);
	put_list(w, STR_LIT("prepend"), session->prepend, session->prepend_count);
	put_list(w, STR_LIT("bcc"), session->bcc, session->bcc_count);
	close_group(w, '}');
}

/* All that is the same whenever this step is taken. */
static void write_head(struct writer *w, const struct trace_step *s)
{
	open_group(w, '{');
	set_text(w, STR_LIT("what"), s->step.what);
	set_text(w, STR_LIT("stage"), s->stage);
	set_origin(w, &s->step.origin);
	set_text(w, STR_LIT("table"), s->step.table);
}

static void put_head(struct writer *w, const struct trace_step *s)
{
	struct str text = {"", 0};
	size_t before = w->buf->len;

	if (w->heads != NULL)
		text = trace_head_find(w->heads, s);
	if (text.len > 0) {
		strbuf_addstr(w->buf, text);
		w->first = false;
		return;
	}
	write_head(w, s);
	if (w->heads != NULL && !w->buf->failed)
		trace_head_keep(w->heads, s,
				str_slice(strbuf_view(w->buf), before, w->buf->len));
}

/* Nine of ten steps come to nothing. */
static void put_result(struct writer *w, const char *result)
{
	if (result != NULL && strcmp(result, "none") == 0)
		strbuf_addstr(w->buf, STR_LIT(",\"result\":\"none\""));
	else
		set_text(w, STR_LIT("result"), result);
}

static void put_step(struct writer *w, const struct trace_step *s)
{
	separate(w);
	put_head(w, s);
	set_text(w, STR_LIT("key"), s->step.key);
	if (s->step.row != 0)
		set_number(w, STR_LIT("row"), s->step.row);
	put_result(w, s->step.result);
	if (s->decided)
		set_true(w, STR_LIT("decided"));
	close_group(w, '}');
}

static void put_steps(struct writer *w, const struct trace_result *result)
{
	if (result->request->without_steps)
		return;
	open_member(w, STR_LIT("steps"), '[');
	for (size_t i = 0; i < result->step_count; i++)
		put_step(w, &result->steps[i]);
	close_group(w, ']');
}

static void put_others(struct writer *w, const struct trace_result *result)
{
	if (result->other_count == 0)
		return;
	open_member(w, STR_LIT("alternatives"), '[');
	for (size_t i = 0; i < result->other_count; i++) {
		const struct trace_result *other = result->others[i].result;

		separate(w);
		open_group(w, '{');
		set_text(w, STR_LIT("when"), result->others[i].when);
		put_replies(w, other);
		set_text(w, STR_LIT("verdict"), trace_verdict(other));
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
	open_member(w, STR_LIT("notes"), '[');
	for (size_t i = 0; i < request->note_count; i++) {
		separate(w);
		open_group(w, '{');
		set_text(w, STR_LIT("table"), request->notes[i].table);
		set_text(w, STR_LIT("text"), request->notes[i].text);
		close_group(w, '}');
	}
	close_group(w, ']');
}

void trace_write_json(struct strbuf *buf, struct arena *arena, struct trace_heads *heads,
		      const struct trace_result *result)
{
	struct writer w = {buf, arena, heads, true};

	open_group(&w, '{');
	set_text(&w, STR_LIT("schema"), "mcc-trace/1");
	set_text(&w, STR_LIT("service"), result->service);
	set_text(&w, STR_LIT("fatal"), result->fatal);
	put_replies(&w, result);
	set_text(&w, STR_LIT("verdict"), trace_verdict(result));
	put_decided(&w, result);
	if (result->is_unverified)
		set_true(&w, STR_LIT("unverified"));
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
	trace_write_json(&buf, arena, NULL, result);
	fwrite(buf.ptr, 1, buf.len, out);
	strbuf_fini(&buf);
}
