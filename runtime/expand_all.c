/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole way of one recipient: every message that local(8) forwards takes
 * the way of a new one. In the real system each round is a queue file of its
 * own; here it is an entry of a work list that remembers through which
 * addresses it came, as the Delivered-To: headers do.
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "runtime/address.h"
#include "runtime/config.h"
#include "runtime/expand.h"
#include "runtime/resolve_find.h"

struct job {
	struct str recipient;
	struct str sender;
	const struct delivered *delivered;
	const char *owner;   /* owner-alias on the way that became the sender */
	struct strmap *seen; /* recipients of the same message */
	unsigned depth;
};

struct jobs {
	struct job *items;
	size_t count;
	size_t room;
};

bool rt_transport_is_local(const struct rt_config *config, const char *transport)
{
	for (size_t i = 0; i < config->transport_count; i++)
		if (strcmp(config->transports[i].name, transport) == 0)
			return strcmp(config->transports[i].program, "local") == 0;
	return strcmp(transport, "local") == 0;
}

/* What one delivery forwards for one sender is one message. */
static struct strmap *message_of(const struct rt_context *ctx, const struct jobs *jobs,
				 const struct job *job)
{
	for (size_t i = jobs->count; i-- > 0;) {
		const struct job *other = &jobs->items[i];

		if (other->delivered != job->delivered)
			break;
		if (str_eq(other->sender, job->sender))
			return other->seen;
	}
	return strmap_new(ctx->arena);
}

static void add_job(const struct rt_context *ctx, struct jobs *jobs, struct job job)
{
	struct job *slot = arena_push(ctx->arena, &jobs->items, jobs->count, &jobs->room,
				      sizeof(*slot));

	job.seen = message_of(ctx, jobs, &job);
	*slot = job;
	jobs->count++;
}

static void keep(const struct rt_context *ctx, struct rt_finals *finals,
		 const struct rt_final *item)
{
	struct rt_final *slot = finals_add(ctx, finals, item->kind, item->text);

	*slot = *item;
}

static size_t digits(struct str s)
{
	size_t n = 0;

	while (n < s.len && n < 3 && s.ptr[n] >= '0' && s.ptr[n] <= '9')
		n++;
	return n;
}

/* Length of the enhanced status code at the start of a text, or 0. */
static size_t dsn_length(struct str text)
{
	size_t at = 2, n;

	if (text.len < 5 || !strchr("245", text.ptr[0]) || text.ptr[1] != '.')
		return 0;
	n = digits(str_slice(text, at, text.len));
	at += n;
	if (n == 0 || at >= text.len || text.ptr[at] != '.')
		return 0;
	at++;
	n = digits(str_slice(text, at, text.len));
	at += n;
	return n > 0 && (at == text.len || text.ptr[at] == ' ') ? at : 0;
}

/* error(8) and retry(8): the next hop is the reason, its code in front. */
static const char *given_reason(const struct rt_context *ctx,
				const struct rt_route *route, const char **out_dsn)
{
	struct str text = str_of(route->nexthop);
	size_t n = dsn_length(text);

	*out_dsn = route->transport[0] == 'e' ? "5.0.0" : "4.0.0";
	if (n == 0)
		return route->nexthop;
	/* A code of the other kind is not taken. */
	if (text.ptr[0] == **out_dsn)
		*out_dsn = rt_text(ctx, str_slice(text, 0, n));
	while (n < text.len && text.ptr[n] == ' ')
		n++;
	return rt_text(ctx, str_slice(text, n, text.len));
}

/* qmgr(8) drops what is sent to the site's own bounce address, wherever its
 * domain leads. */
static bool is_own_bounce(const struct rt_context *ctx, const struct rt_route *route)
{
	return route->status == RT_ROUTE_OK && route->class == RT_CLASS_LOCAL &&
	       str_caseeqc(address_local(str_of(route->recipient)),
			   ctx->settings->double_bounce_sender);
}

static const char *route_error(const struct rt_context *ctx, const struct rt_route *route,
			       const char **out_dsn)
{
	if (route->status == RT_ROUTE_LOOKUP_FAILED) {
		*out_dsn = "4.3.0";
		return "address resolver failure";
	}
	if (route->status == RT_ROUTE_BAD_ADDRESS) {
		*out_dsn = "5.1.3";
		return "bad address syntax";
	}
	if (route->recipient[0] == '\0') {
		*out_dsn = "5.1.3";
		return "null recipient address";
	}
	if (strcmp(route->transport, "error") == 0 ||
	    strcmp(route->transport, "retry") == 0)
		return given_reason(ctx, route, out_dsn);
	return NULL;
}

/* To another transport, by mailbox_transport and its like. */
static bool is_handed_on(const struct rt_context *ctx, const struct rt_final *item)
{
	return item->kind == RT_FINAL_ADDRESS && !item->is_forwarded &&
	       !rt_transport_is_local(ctx->config, item->route.transport);
}

/* A recipient of the local transport; what it forwards becomes jobs. What it
 * hands on without a next hop keeps its own. */
static void expand_local_job(const struct rt_context *ctx, const struct job *job,
			     const struct rt_route *route, struct jobs *jobs,
			     struct rt_finals *finals)
{
	struct str address = str_of(route->recipient);
	struct delivered *here = arena_alloc(ctx->arena, sizeof(*here));
	struct rt_finals local = {0};

	here->address = rt_text(ctx, address);
	here->before = job->delivered;
	expand_local_delivered(ctx, address, job->sender, job->delivered, &local);
	for (size_t i = 0; i < local.count; i++) {
		struct rt_final *item = &local.items[i];
		struct job next = {.recipient = str_of(item->text),
				   .sender = item->owner ? str_of(item->owner)
							 : job->sender,
				   .owner = item->owner ? item->owner : job->owner,
				   .delivered = here,
				   .depth = job->depth + 1};

		const char *dsn, *why = NULL;

		if (is_handed_on(ctx, item)) {
			if (item->route.nexthop[0] == '\0')
				item->route.nexthop = route->nexthop;
			why = route_error(ctx, &item->route, &dsn);
		}
		if (why != NULL)
			finals_add_error(ctx, finals, next.recipient, dsn, why);
		else if (!item->is_forwarded)
			keep(ctx, finals, item);
		else if (next.depth > LIMIT_ALIAS_DEPTH)
			finals_add_error(ctx, finals, next.recipient, "5.4.6",
					 "mail forwarding loop");
		else
			add_job(ctx, jobs, next);
	}
}

/* Recipients as cleanup(8) has written them: local ones are expanded. */
static void run_items(const struct rt_context *ctx, const struct job *job,
		      const struct rt_finals *items, struct jobs *jobs,
		      struct rt_finals *finals)
{
	for (size_t i = 0; i < items->count; i++) {
		const struct rt_final *item = &items->items[i];
		struct rt_final error = {.kind = RT_FINAL_ERROR, .route = item->route};
		const char *why = route_error(ctx, &item->route, &error.dsn);

		/* Even where the transport would be error(8). */
		if (is_own_bounce(ctx, &item->route))
			rt_trace(ctx, "discarded", NULL,
				 "undeliverable postmaster notification");
		else if ((error.text = why) != NULL)
			finals_put_error(ctx, finals, &error);
		else if (rt_transport_is_local(ctx->config, item->route.transport))
			expand_local_job(ctx, job, &item->route, jobs, finals);
		else
			keep(ctx, finals, item);
	}
}

static void run_job(const struct rt_context *ctx, const struct job *job,
		    struct jobs *jobs, struct rt_finals *finals)
{
	struct rt_finals expanded;

	expand_envelope_seen(ctx, job->recipient, job->sender, job->seen, &expanded);
	if (expanded.error_code == 0) {
		run_items(ctx, job, &expanded, jobs, finals);
	} else if (job->depth == 0) {
		finals->count = 0;
		finals->error_code = expanded.error_code;
		finals->error_dsn = expanded.error_dsn;
		finals->error_text = expanded.error_text;
	} else {
		finals_add_error(ctx, finals, job->recipient, expanded.error_dsn,
				 expanded.error_text);
	}
}

/* What local(8) forwards: mapped whatever smtpd(8) says, and never copied. */
static const struct rt_settings *settings_of_forwarded(const struct rt_context *ctx)
{
	struct rt_settings *s = arena_alloc(ctx->arena, sizeof(*s));

	*s = *ctx->settings;
	s->receive_override_options.count = 0;
	s->sender_bcc_maps.count = s->recipient_bcc_maps.count = 0;
	s->always_bcc = "";
	return s;
}

/* Whoever owns the list hears of what becomes of its members. */
static void set_owner(struct rt_finals *finals, size_t from, const char *owner)
{
	for (size_t i = from; i < finals->count; i++)
		if (finals->items[i].owner == NULL)
			finals->items[i].owner = owner;
}

/* A message of its own goes through cleanup(8) again, its sender too. */
static void run_forwarded(const struct rt_context *ctx, struct job job, struct jobs *jobs,
			  struct rt_finals *finals)
{
	size_t before = finals->count;
	struct str sender;

	if (!rt_rewrite_sender(ctx, job.sender, &sender)) {
		finals_add_error(ctx, finals, job.recipient, "4.3.0",
				 "queue file write error");
	} else {
		if (!str_eq(sender, job.sender))
			job.owner = rt_text(ctx, sender);
		job.sender = sender;
		run_job(ctx, &job, jobs, finals);
	}
	set_owner(finals, before, job.owner);
}

void rt_expand_all(const struct rt_context *ctx, struct str recipient, struct str sender,
		   struct rt_finals *out_finals)
{
	struct job first = {.recipient = recipient, .sender = sender};
	struct rt_context inner = *ctx;
	struct jobs jobs = {0};

	*out_finals = (struct rt_finals){0};
	add_job(ctx, &jobs, first);
	first = jobs.items[0];
	run_job(ctx, &first, &jobs, out_finals);
	if (jobs.count > 1)
		inner.settings = settings_of_forwarded(ctx);
	for (size_t i = 1; i < jobs.count && out_finals->error_code == 0; i++) {
		struct job job = jobs.items[i];

		if (i >= LIMIT_ALIAS_MEMBERS ||
		    out_finals->count >= LIMIT_ALIAS_MEMBERS) {
			finals_add_error(ctx, out_finals, job.recipient, "5.4.6",
					 "too many alias members");
			break;
		}
		run_forwarded(&inner, job, &jobs, out_finals);
	}
}
