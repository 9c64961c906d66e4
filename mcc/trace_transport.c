/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transports that master.cf does not have: qmgr(8) keeps such mail in the queue
 * (4.3.0 mail transport unavailable), a transport that local(8) hands mail on
 * to ends the delivery. The step tells which setting named it, and where.
 */
#include <string.h>

#include "base/arena.h"
#include "grammar/master.h"
#include "mcc/model/site.h"
#include "mcc/trace.h"

static bool has_service(const struct site *site, const char *transport)
{
	for (size_t i = 0; i < site->service_count; i++) {
		const struct master_service *node = site->services[i].node;

		if (str_eqc(node->fields[MASTER_NAME], transport) &&
		    (str_eqc(node->fields[MASTER_TYPE], "unix") ||
		     str_eqc(node->fields[MASTER_TYPE], "fifo")))
			return true;
	}
	return false;
}

/* Where the parameter stands; line 0: nowhere, its default has that name. */
static struct rt_origin place_of(const struct site *site, const char *name)
{
	const struct param *param = name != NULL ? param_find(str_of(name)) : NULL;
	struct span span = {0};
	const struct source *src;

	if (param != NULL)
		span = site_setting(site, param->id)->name_span;
	if (!span.file)
		return (struct rt_origin){"", 0};
	src = source_get(site->sources, span.file);
	return (struct rt_origin){src->path, source_position(src, span.lo).line};
}

static bool is_by_local(const struct rt_route *route)
{
	return route->chosen_by != NULL && (strstr(route->chosen_by, "mailbox_") ||
					    strstr(route->chosen_by, "fallback_"));
}

static void fail(const struct rt_context *ctx, const struct site *site,
		 struct rt_final *item)
{
	const char *transport = item->route.transport;
	struct rt_step step = {.what = "undeliverable"};

	if (item->route.recipient == NULL)
		item->route.recipient = item->text;
	item->kind = RT_FINAL_ERROR;
	item->dsn = "4.3.0";
	item->text = is_by_local(&item->route) ? "unknown mail transport error"
					       : "mail transport unavailable";
	item->route.decided_by = place_of(site, item->route.chosen_by);
	if (ctx->tracer == NULL)
		return;
	step.origin = item->route.decided_by;
	step.result = arena_printf(ctx->arena, "%s: no service %s in master.cf",
				   item->text, transport);
	ctx->tracer->step(ctx->tracer, &step);
}

void trace_fail_transports(const struct rt_context *ctx, const struct site *site,
			   struct rt_finals *finals)
{
	for (size_t i = 0; site->master != NULL && i < finals->count; i++) {
		struct rt_final *item = &finals->items[i];

		if (item->kind == RT_FINAL_ADDRESS && item->route.transport[0] &&
		    !has_service(site, item->route.transport))
			fail(ctx, site, item);
	}
}
