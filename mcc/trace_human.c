/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace for people: who sends, each step with its place, the replies, the
 * route, the ends. `=>` marks the step that decided; look-ups that found
 * nothing are dimmed.
 */
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "mcc/trace.h"
#include "runtime/address.h"

struct printer {
	FILE *out;
	struct arena *arena;
	bool colour;
};

static const char *on(const struct printer *p, const char *sequence)
{
	return p->colour ? sequence : "";
}

#define DIM "\033[2m"
#define BOLD "\033[1m"
#define OFF "\033[0m"

/* Bytes of addresses and tables, made fit for a terminal. */
static void put(const struct printer *p, const char *text)
{
	struct strbuf buf;

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	escape_add(&buf, str_of(text));
	fwrite(buf.ptr != NULL ? buf.ptr : "", 1, buf.len, p->out);
	strbuf_fini(&buf);
}

static void print_session(const struct printer *p, const struct trace_result *result)
{
	const struct trace_request *request = result->request;

	fprintf(p->out, "%s: ", result->service != NULL ? result->service : "no service");
	put(p, result->session.client_name);
	fputc('[', p->out);
	put(p, request->client_address);
	fputs("]", p->out);
	if (request->helo != NULL) {
		fputs(", HELO ", p->out);
		put(p, request->helo);
	}
	if (request->sasl_user != NULL) {
		fputs(", logged in as ", p->out);
		put(p, request->sasl_user);
	}
	fputs(", from <", p->out);
	put(p, request->sender);
	fputs("> to <", p->out);
	put(p, request->recipient);
	fputs(">\n", p->out);
}

static bool found_nothing(const struct trace_step *s)
{
	return s->step.result != NULL && strcmp(s->step.result, "none") == 0;
}

static void print_step(const struct printer *p, size_t number, const struct trace_step *s)
{
	const char *style = s->decided ? on(p, BOLD) : found_nothing(s) ? on(p, DIM) : "";

	fprintf(p->out, "%s%s%4zu  ", style, s->decided ? "=>" : "  ", number);
	put(p, s->step.what);
	if (s->step.table != NULL) {
		fputc(' ', p->out);
		put(p, s->step.table);
	}
	if (s->step.key != NULL) {
		fputs(" \"", p->out);
		put(p, s->step.key);
		fputc('"', p->out);
	}
	if (s->step.result != NULL) {
		fputs(": ", p->out);
		put(p, s->step.result);
	}
	if (s->step.row != 0)
		fprintf(p->out, "  (row in line %u)", s->step.row);
	if (s->step.origin.line != 0)
		fprintf(p->out, "  [%s:%u]", s->step.origin.file, s->step.origin.line);
	fprintf(p->out, "%s\n", *style ? OFF : "");
}

static void print_steps(const struct printer *p, const struct trace_result *result)
{
	const char *stage = "";

	for (size_t i = 0; i < result->step_count; i++) {
		const struct trace_step *s = &result->steps[i];

		if (strcmp(stage, s->stage) != 0) {
			stage = s->stage;
			fprintf(p->out, "%s:\n", stage);
		}
		print_step(p, i + 1, s);
	}
}

static void print_replies(const struct printer *p, const struct trace_result *result)
{
	if (result->fatal != NULL) {
		fputs("smtpd does not start: ", p->out);
		put(p, result->fatal);
		fputc('\n', p->out);
	}
	for (int i = 0; i < TRACE_STAGE_COUNT; i++) {
		const struct policy_reply *reply = &result->replies[i];

		if (!result->has_reply[i])
			continue;
		fprintf(p->out, "%s: %d%s%s ", trace_stage_name((enum trace_stage)i),
			reply->code, reply->dsn != NULL ? " " : "",
			reply->dsn != NULL ? reply->dsn : "");
		put(p, reply->text != NULL ? reply->text : "");
		fputc('\n', p->out);
	}
	fprintf(p->out, "%sverdict: %s%s", on(p, BOLD), trace_verdict(result),
		on(p, OFF));
	if (result->deciding != NULL && result->deciding->item != NULL) {
		const struct rt_origin *origin = &result->deciding->decided_by;

		fputs(", by ", p->out);
		put(p, result->deciding->item);
		if (origin->line != 0)
			fprintf(p->out, " (%s:%u)", origin->file, origin->line);
	}
	fputs(result->is_unverified ? ", unverified\n" : "\n", p->out);
}

static void print_final(const struct printer *p, const struct rt_final *item)
{
	switch (item->kind) {
	case RT_FINAL_ADDRESS:
		fputs("  ", p->out);
		put(p, str_dup0(p->arena,
				address_quote(p->arena, str_of(item->route.recipient))));
		fprintf(p->out, " by %s", item->route.transport);
		if (item->route.nexthop != NULL && *item->route.nexthop) {
			fputs(" to ", p->out);
			put(p, item->route.nexthop);
		}
		break;
	case RT_FINAL_COMMAND:
		fputs("  |", p->out);
		put(p, item->text);
		break;
	case RT_FINAL_FILE:
		fputs("  ", p->out);
		put(p, item->text);
		break;
	case RT_FINAL_ERROR:
		fputs("  not delivered to ", p->out);
		put(p, item->route.recipient);
		fprintf(p->out, ": %s ", item->dsn);
		put(p, item->text);
		if (item->route.decided_by.line != 0)
			fprintf(p->out, " (%s:%u)", item->route.decided_by.file,
				item->route.decided_by.line);
		break;
	}
	fputc('\n', p->out);
}

static void print_route(const struct printer *p, const struct trace_result *result)
{
	const struct rt_route *route = &result->route;

	fputs("route: ", p->out);
	put(p, route->recipient);
	if (route->status == RT_ROUTE_OK) {
		fprintf(p->out, ", class %s, transport ", rt_class_name(route->class));
		put(p, route->transport);
		fputs(", next hop ", p->out);
		put(p, route->nexthop);
		if (route->decided_by.line != 0)
			fprintf(p->out, " (%s:%u)", route->decided_by.file,
				route->decided_by.line);
	} else {
		fputs(route->status == RT_ROUTE_BAD_ADDRESS ? ": bad address"
							    : ": a table cannot be read",
		      p->out);
	}
	fputs("\nends at:\n", p->out);
	if (result->finals.error_code != 0)
		fprintf(p->out, "  refused: %d %s %s\n", result->finals.error_code,
			result->finals.error_dsn, result->finals.error_text);
	for (size_t i = 0; i < result->finals.count; i++)
		print_final(p, &result->finals.items[i]);
}

/* Shorter than the main trace: what comes out, not how. */
static void print_others(const struct printer *p, const struct trace_result *result)
{
	for (size_t i = 0; i < result->other_count; i++) {
		fputs("but when ", p->out);
		put(p, result->others[i].when);
		fputs(":\n", p->out);
		print_replies(p, result->others[i].result);
		print_route(p, result->others[i].result);
	}
}

static void print_notes(const struct printer *p, const struct trace_request *request)
{
	for (size_t i = 0; i < request->note_count; i++) {
		fputs("note: ", p->out);
		put(p, request->notes[i].table);
		fputs(": ", p->out);
		put(p, request->notes[i].text);
		fputc('\n', p->out);
	}
}

void trace_print_human(FILE *out, struct arena *arena, const struct trace_result *result,
		       bool colour)
{
	const struct printer p = {out, arena, colour};

	print_session(&p, result);
	print_steps(&p, result);
	print_replies(&p, result);
	print_route(&p, result);
	print_others(&p, result);
	print_notes(&p, result->request);
}
