/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace as one JSON object, schema "mcc-trace/1". Bytes that are not UTF-8
 * are escaped as \xHH within the strings; the output is always valid JSON.
 */
#include <jansson.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "mcc/trace.h"
#include "runtime/address.h"

static json_t *text_json(struct str s)
{
	struct strbuf buf;
	json_t *value;

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	escape_add_utf8(&buf, s);
	value = json_stringn(buf.ptr != NULL ? buf.ptr : "", buf.len);
	strbuf_fini(&buf);
	return value != NULL ? value : json_string("");
}

static void set_text(json_t *object, const char *name, const char *value)
{
	if (value != NULL)
		json_object_set_new(object, name, text_json(str_of(value)));
}

static void set_origin(json_t *object, const struct rt_origin *origin)
{
	if (origin->line == 0)
		return;
	set_text(object, "file", origin->file);
	json_object_set_new(object, "line", json_integer(origin->line));
}

static json_t *reply_json(const struct policy_reply *reply)
{
	json_t *object = json_object();

	json_object_set_new(object, "code", json_integer(reply->code));
	set_text(object, "dsn", reply->dsn);
	set_text(object, "text", reply->text);
	if (reply->hangup)
		json_object_set_new(object, "hangup", json_true());
	return object;
}

static json_t *replies_json(const struct trace_result *result)
{
	json_t *object = json_object();

	for (int i = 0; i < TRACE_STAGE_COUNT; i++)
		if (result->has_reply[i])
			json_object_set_new(object, trace_stage_name((enum trace_stage)i),
					    reply_json(&result->replies[i]));
	return object;
}

static json_t *decided_json(const struct trace_result *result)
{
	json_t *object;

	if (result->deciding == NULL || result->deciding->item == NULL)
		return NULL;
	object = json_object();
	set_origin(object, &result->deciding->decided_by);
	set_text(object, "item", result->deciding->item);
	return object;
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

static json_t *final_json(struct arena *arena, const struct rt_final *item)
{
	struct strbuf buf;
	json_t *value;

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	if (item->kind == RT_FINAL_COMMAND)
		strbuf_addc(&buf, '|');
	if (item->kind == RT_FINAL_ADDRESS)
		strbuf_addstr(&buf, address_quote(arena, str_of(item->route.recipient)));
	else
		strbuf_adds(&buf, item->text);
	value = text_json(strbuf_view(&buf));
	strbuf_fini(&buf);
	return value;
}

static json_t *undelivered_json(const struct rt_final *item)
{
	json_t *object = json_object();

	set_text(object, "recipient", item->route.recipient);
	set_text(object, "dsn", item->dsn);
	set_text(object, "text", item->text);
	return object;
}

static void set_finals(struct arena *arena, json_t *object,
		       const struct rt_finals *finals)
{
	json_t *final = json_array(), *lost = json_array();

	for (size_t i = 0; i < finals->count; i++) {
		const struct rt_final *item = &finals->items[i];

		if (item->kind == RT_FINAL_ERROR)
			json_array_append_new(lost, undelivered_json(item));
		else
			json_array_append_new(final, final_json(arena, item));
	}
	json_object_set_new(object, "final", final);
	if (json_array_size(lost) > 0)
		json_object_set_new(object, "undelivered", lost);
	else
		json_decref(lost);
}

static json_t *route_json(struct arena *arena, const struct trace_result *result)
{
	const struct rt_route *route = &result->route;
	json_t *object = json_object();

	set_text(object, "recipient", route->recipient);
	set_text(object, "error", route_error(result));
	if (route->status == RT_ROUTE_OK) {
		set_text(object, "class", rt_class_name(route->class));
		set_text(object, "transport", route->transport);
		set_text(object, "nexthop", route->nexthop);
	}
	if (route->routed)
		json_object_set_new(object, "routed", json_true());
	set_finals(arena, object, &result->finals);
	return object;
}

/* What access tables did to the message beyond letting it pass. */
static json_t *effects_json(const struct policy_session *session)
{
	json_t *object = json_object(), *list;

	if (session->hold)
		json_object_set_new(object, "hold", json_true());
	set_text(object, "filter", session->filter);
	set_text(object, "redirect", session->redirect);
	if (session->prepend_count > 0) {
		list = json_array();
		for (size_t i = 0; i < session->prepend_count; i++)
			json_array_append_new(list,
					      text_json(str_of(session->prepend[i])));
		json_object_set_new(object, "prepend", list);
	}
	if (session->bcc_count > 0) {
		list = json_array();
		for (size_t i = 0; i < session->bcc_count; i++)
			json_array_append_new(list, text_json(str_of(session->bcc[i])));
		json_object_set_new(object, "bcc", list);
	}
	if (json_object_size(object) > 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *step_json(const struct trace_step *s)
{
	json_t *object = json_object();

	json_object_set_new(object, "what", text_json(str_of(s->step.what)));
	set_text(object, "stage", s->stage);
	set_origin(object, &s->step.origin);
	set_text(object, "table", s->step.table);
	set_text(object, "key", s->step.key);
	if (s->step.row != 0)
		json_object_set_new(object, "row", json_integer(s->step.row));
	set_text(object, "result", s->step.result);
	if (s->decided)
		json_object_set_new(object, "decided", json_true());
	return object;
}

static json_t *steps_json(const struct trace_result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->step_count; i++)
		json_array_append_new(list, step_json(&result->steps[i]));
	return list;
}

void trace_print_json(FILE *out, struct arena *arena, const struct trace_result *result)
{
	json_t *object = json_object(), *part;

	json_object_set_new(object, "schema", json_string("mcc-trace/1"));
	set_text(object, "service", result->service);
	set_text(object, "fatal", result->fatal);
	json_object_set_new(object, "replies", replies_json(result));
	set_text(object, "verdict", trace_verdict(result));
	part = decided_json(result);
	if (part != NULL)
		json_object_set_new(object, "decided_by", part);
	if (result->is_unverified)
		json_object_set_new(object, "unverified", json_true());
	part = effects_json(&result->session);
	if (part != NULL)
		json_object_set_new(object, "effects", part);
	json_object_set_new(object, "route", route_json(arena, result));
	json_object_set_new(object, "steps", steps_json(result));
	json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(object);
}
