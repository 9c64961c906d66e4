/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace as a graph for dot(1): the client, each step in the box of its
 * stage, the reply, the route, the ends. The step that decided is drawn bold,
 * look-ups that found nothing are grey, what nobody could verify is dashed.
 * Where the session is refused the way behind the reply is dotted.
 */
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"
#include "base/limits.h"
#include "mcc/trace.h"
#include "runtime/address.h"

struct graph {
	FILE *out;
	struct arena *arena;
	const struct trace_result *result;
	const char *edge; /* attributes of the edges that follow */
};

/* Text within a quoted label. */
static void put_text(const struct graph *g, const char *text)
{
	struct strbuf buf;

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	escape_add(&buf, str_of(text));
	for (size_t i = 0; i < buf.len; i++) {
		if (buf.ptr[i] == '"' || buf.ptr[i] == '\\')
			fputc('\\', g->out);
		fputc(buf.ptr[i], g->out);
	}
	strbuf_fini(&buf);
}

/* One line of a label; NULL: none. */
static void put_line(const struct graph *g, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	put_text(g, text);
	fputs("\\n", g->out);
}

static void put_origin(const struct graph *g, const struct rt_origin *origin)
{
	if (origin->line == 0)
		return;
	put_text(g, origin->file);
	fprintf(g->out, ":%u\\n", origin->line);
}

/* ---- the session ---- */

static void put_client(const struct graph *g)
{
	const struct trace_request *request = g->result->request;
	struct arena *arena = g->arena;

	fputs("\tclient [shape=oval, label=\"", g->out);
	put_line(g, arena_printf(arena, "%s[%s]", g->result->session.client_name,
				 request->client_address));
	if (request->helo != NULL)
		put_line(g, arena_printf(arena, "HELO %s", request->helo));
	if (request->sasl_user != NULL)
		put_line(g, arena_printf(arena, "logged in as %s", request->sasl_user));
	put_line(g, arena_printf(arena, "from <%s>", request->sender));
	put_line(g, arena_printf(arena, "to <%s>", request->recipient));
	fputs("\"];\n", g->out);
}

static const char *style_of(const struct trace_step *s)
{
	const char *result = s->step.result != NULL ? s->step.result : "";

	if (s->decided)
		return ", penwidth=3, style=filled, fillcolor=lightyellow";
	if (strncmp(result, "unverified", 10) == 0)
		return ", style=dashed";
	if (strcmp(result, "error") == 0)
		return ", color=red";
	return strcmp(result, "none") == 0 ? ", color=gray, fontcolor=gray40" : "";
}

static void put_step(const struct graph *g, size_t number)
{
	const struct trace_step *s = &g->result->steps[number];

	fprintf(g->out, "\t\tstep%zu [label=\"", number);
	put_line(g, s->step.what);
	put_line(g, s->step.table);
	put_line(g, s->step.key);
	if (s->step.result != NULL)
		put_line(g, arena_printf(g->arena, "= %s", s->step.result));
	put_origin(g, &s->step.origin);
	if (s->step.row != 0)
		fprintf(g->out, "row in line %u\\n", s->step.row);
	fprintf(g->out, "\"%s];\n", style_of(s));
}

/* Steps of one stage in a box; the number of the first one behind them. */
static size_t put_stage(const struct graph *g, size_t from)
{
	const char *stage = g->result->steps[from].stage;
	size_t i = from;

	fprintf(g->out, "\tsubgraph cluster%zu {\n\t\tlabel=\"%s\";\n", from, stage);
	while (i < g->result->step_count && strcmp(g->result->steps[i].stage, stage) == 0)
		put_step(g, i++);
	fputs("\t}\n", g->out);
	return i;
}

static void put_edge(const struct graph *g, const char *from, const char *to)
{
	fprintf(g->out, "\t%s -> %s%s;\n", from, to, g->edge);
}

/* Steps `from` up to `to` in a chain that begins at `at`; its last node. */
static const char *put_chain(const struct graph *g, const char *at, size_t from,
			     size_t to)
{
	for (size_t i = from; i < to; i++) {
		const char *next = arena_printf(g->arena, "step%zu", i);

		put_edge(g, at, next);
		at = next;
	}
	return at;
}

static bool is_refused(const struct trace_result *result)
{
	return result->fatal != NULL ||
	       (result->deciding != NULL && result->deciding->code >= 400);
}

static void put_reply(const struct graph *g)
{
	const struct policy_reply *reply = g->result->deciding;

	fprintf(g->out, "\treply [shape=octagon, color=%s, label=\"",
		is_refused(g->result) ? "red" : "darkgreen");
	put_line(g, g->result->fatal);
	if (reply != NULL)
		put_line(g, arena_printf(g->arena, "%d %s %s", reply->code,
					 reply->dsn != NULL ? reply->dsn : "",
					 reply->text != NULL ? reply->text : ""));
	put_line(g, trace_verdict(g->result));
	if (g->result->is_unverified)
		put_line(g, "unverified");
	fputs("\"];\n", g->out);
}

/* ---- the way behind it ---- */

static void put_route(const struct graph *g)
{
	const struct rt_route *route = &g->result->route;

	fputs("\troute [shape=hexagon, label=\"", g->out);
	put_line(g, route->recipient);
	if (route->status == RT_ROUTE_OK) {
		put_line(g,
			 arena_printf(g->arena, "class %s", rt_class_name(route->class)));
		put_line(g, arena_printf(g->arena, "%s:%s", route->transport,
					 route->nexthop));
		put_origin(g, &route->decided_by);
	} else {
		put_line(g, route->status == RT_ROUTE_BAD_ADDRESS
				    ? "bad address"
				    : "a table cannot be read");
	}
	fputs("\"];\n", g->out);
}

static void put_final(const struct graph *g, size_t number)
{
	const struct rt_final *item = &g->result->finals.items[number];
	const char *name = arena_printf(g->arena, "final%zu", number);

	fprintf(g->out, "\t%s [shape=%s, label=\"", name,
		item->kind == RT_FINAL_ERROR ? "box, color=red" : "folder");
	switch (item->kind) {
	case RT_FINAL_ADDRESS:
		put_line(g, str_dup0(g->arena,
				     address_quote(g->arena,
						   str_of(item->route.recipient))));
		put_line(g, arena_printf(g->arena, "by %s", item->route.transport));
		break;
	case RT_FINAL_COMMAND:
		put_line(g, arena_printf(g->arena, "|%s", item->text));
		break;
	case RT_FINAL_FILE:
		put_line(g, item->text);
		break;
	case RT_FINAL_ERROR:
		put_line(g, item->route.recipient);
		put_line(g, arena_printf(g->arena, "%s %s", item->dsn, item->text));
		break;
	}
	fputs("\"];\n", g->out);
	put_edge(g, "route", name);
}

static bool is_session_stage(const char *stage)
{
	for (int i = 0; i < TRACE_STAGE_COUNT; i++)
		if (strcmp(stage, trace_stage_name((enum trace_stage)i)) == 0)
			return true;
	return false;
}

static void put_refused_expansion(const struct graph *g)
{
	const struct rt_finals *finals = &g->result->finals;

	if (finals->error_code == 0)
		return;
	fputs("\trefused [shape=box, color=red, label=\"", g->out);
	put_line(g, arena_printf(g->arena, "%d %s %s", finals->error_code,
				 finals->error_dsn, finals->error_text));
	fputs("\"];\n", g->out);
	put_edge(g, "route", "refused");
}

void trace_print_dot(FILE *out, struct arena *arena, const struct trace_result *result)
{
	struct graph g = {out, arena, result, ""};
	size_t behind = 0;

	fputs("digraph trace {\n\tnode [shape=box, fontname=\"monospace\"];\n", out);
	put_client(&g);
	for (size_t i = 0; i < result->step_count;)
		i = put_stage(&g, i);
	put_reply(&g);
	put_route(&g);
	while (behind < result->step_count &&
	       is_session_stage(result->steps[behind].stage))
		behind++;
	put_edge(&g, put_chain(&g, "client", 0, behind), "reply");
	if (is_refused(result))
		g.edge = " [style=dotted]";
	put_edge(&g, put_chain(&g, "reply", behind, result->step_count), "route");
	for (size_t i = 0; i < result->finals.count; i++)
		put_final(&g, i);
	put_refused_expansion(&g);
	fputs("}\n", out);
}
