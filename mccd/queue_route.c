/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From recipients to jobs. Recipients are expanded once and the result is
 * recorded with, and before, the first result of a delivery; each attempt then
 * resolves what is pending anew, by the tables now in force. Remote targets with the same
 * sender and next hop share jobs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/strmap.h"
#include "mccd/expand.h"
#include "mccd/queue.h"
#include "runtime/address.h"
#include "runtime/config.h"
#include "runtime/resolve_find.h"

/* One attempt's cutting. */
struct cut {
	struct queue_active *active;
	struct rt_context ctx; /* arena: of the message */
	struct strmap *open;   /* jobs with room, by sender and next hop */
};

static void settle(struct cut *cut, size_t target, enum spool_target_state state,
		   const char *dsn, const char *text)
{
	struct queue_outcome outcome = {state, dsn, text, "", "none"};

	queue_set_result(cut->active, target, &outcome);
}

static void settle_config(struct cut *cut, size_t target, const char *text)
{
	settle(cut, target, SPOOL_PENDING, "4.3.5", text);
}

/* ---- jobs ---- */

static struct queue_job *new_job(struct cut *cut, struct queue_destination *destination)
{
	struct queue_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->id = ++cut->active->queue->last_job;
	job->active = cut->active;
	job->destination = destination;
	cut->active->jobs++;
	return job;
}

static void add_to_job(struct cut *cut, struct queue_job *job, size_t target)
{
	job->targets[job->target_count++] = target;
	cut->active->message->targets[target].busy = true;
}

/* NULL: no room there now; the target waits for a later activation. */
static struct queue_destination *destination_with_room(struct cut *cut, const char *name,
						       enum queue_via via)
{
	struct queue_destination *d = queue_destination(cut->active->queue, name, via);

	/* One message's jobs stay together, however many they are. */
	if (d && (d->waiting < QUEUE_WAITING_MAX || d->last->active == cut->active))
		return d;
	cut->active->was_postponed = true;
	return NULL;
}

static void cut_delivery(struct cut *cut, size_t target,
			 const struct wire_delivery *place, const char *relay)
{
	struct queue_active *active = cut->active;
	struct spool_message *m = active->message;
	const struct spool_target *t = &m->targets[target];
	struct queue_destination *d =
		destination_with_room(cut,
				      place->place == WIRE_MAILDIR   ? QUEUE_MAILDIRS
				      : place->place == WIRE_COMMAND ? "commands"
								     : "mailboxes",
				      QUEUE_VIA_DELIVER);
	struct queue_job *job = d ? new_job(cut, d) : NULL;

	if (!job) {
		active->was_postponed = true;
		return;
	}
	job->relay = relay;
	job->delivery = *place;
	job->delivery.queue_id = m->id;
	job->delivery.sender = queue_sender_of(m, t);
	job->delivery.recipient = queue_address_of(m, t);
	job->delivery.client_address = m->client_address;
	job->delivery.client_name = m->client_name;
	job->delivery.helo = m->helo;
	job->delivery.original = m->recipients[t->recipient];
	job->delivery.arrived = (uint64_t)m->arrived;
	job->delivery.replay =
		active->entry->is_recovered || active->entry->lost > 0 || m->attempts > 0;
	job->delivery.content_at = (uint64_t)m->content_at;
	job->delivery.content_size = m->content_size;
	add_to_job(cut, job, target);
	queue_job_wait(active->queue, job);
}

static void cut_sending(struct cut *cut, size_t target, const char *nexthop, bool is_lmtp)
{
	struct queue_active *active = cut->active;
	struct spool_message *m = active->message;
	const char *sender = queue_sender_of(m, &m->targets[target]);
	const char *name =
		arena_printf(m->arena, "%s:%s", is_lmtp ? "lmtp" : "smtp", nexthop);
	struct str key = str_of(arena_printf(m->arena, "%s %s", name, sender));
	struct queue_job *job = strmap_find(cut->open, key);
	struct queue_destination *d;

	if (!job || job->target_count == QUEUE_JOB_RECIPIENTS) {
		d = destination_with_room(cut, name, QUEUE_VIA_SEND);
		job = d ? new_job(cut, d) : NULL;
		if (!job) {
			active->was_postponed = true;
			return;
		}
		job->sender = sender;
		job->nexthop = arena_strdup(m->arena, nexthop);
		job->relay = job->nexthop;
		job->is_lmtp = is_lmtp;
		strmap_put(cut->open, key, job);
		queue_job_wait(active->queue, job);
	}
	add_to_job(cut, job, target);
}

/* ---- mailboxes ---- */

/* mailbox_command_maps, mailbox_command, home_mailbox, mail_spool_directory, as
 * local(8) goes through them; false: the target is settled. */
static bool set_local_place(struct cut *cut, size_t target, struct wire_delivery *place)
{
	const struct rt_settings *s = cut->ctx.settings;
	struct arena *arena = cut->ctx.arena;
	struct str command = str_of(s->mailbox_command);
	bool is_folder;

	switch (rt_maps_find(&cut->ctx, &s->mailbox_command_maps, "mailbox_command_maps",
			     str_of(place->user), false, &command)) {
	case RT_LOOKUP_ERROR:
		settle(cut, target, SPOOL_PENDING, "4.3.0",
		       "mailbox_command_maps cannot be read");
		return false;
	case RT_NOT_FOUND:
		command = str_of(s->mailbox_command);
		break;
	case RT_FOUND:
		break;
	}
	if (command.len > 0) {
		place->place = WIRE_COMMAND;
		place->mailbox = str_dup0(arena, command);
		return true;
	}
	if (s->home_mailbox[0]) {
		is_folder = str_ends(str_of(s->home_mailbox), "/");
		place->place = is_folder ? WIRE_MAILDIR : WIRE_MBOX;
		return true;
	}
	place->base = s->mail_spool_directory;
	is_folder = str_ends(str_of(place->base), "/");
	place->place = is_folder ? WIRE_MAILDIR : WIRE_SPOOL_MBOX;
	place->mailbox =
		is_folder ? arena_printf(arena, "%s/", place->user) : place->user;
	return true;
}

static void route_local(struct cut *cut, size_t target, const struct rt_route *route)
{
	const struct rt_settings *s = cut->ctx.settings;
	struct arena *arena = cut->ctx.arena;
	struct str local = str_lower(arena, address_local(str_of(route->recipient)));
	struct wire_delivery place = {.size_limit = (uint64_t)s->mailbox_size_limit,
				      .mailbox = s->home_mailbox,
				      .base = ""};
	struct str user;
	struct str extension;

	if (!s->recipient_delimiter[0] ||
	    !address_split_extension(local, s->recipient_delimiter, &user, &extension))
		user = local;
	if (user.len == 0 || str_chr(user, '/') >= 0 || str_chr(user, '\0') >= 0) {
		settle(cut, target, SPOOL_FAILED, "5.1.1",
		       arena_printf(arena, "unknown user: \"%.*s\"", STR_ARG(user)));
		return;
	}
	place.user = str_dup0(arena, user);
	if (set_local_place(cut, target, &place))
		cut_delivery(cut, target, &place, "local");
}

/* /file and |command of an alias: with the rights of default_privs. */
static void route_alias_end(struct cut *cut, size_t target)
{
	const struct spool_target *t = &cut->active->message->targets[target];
	const struct rt_settings *s = cut->ctx.settings;
	struct wire_delivery place = {.place = WIRE_COMMAND,
				      .user = s->default_privs,
				      .mailbox = t->address,
				      .base = "/",
				      .size_limit = (uint64_t)s->mailbox_size_limit};

	if (t->kind == SPOOL_FILE) {
		place.place =
			str_ends(str_of(t->address), "/") ? WIRE_MAILDIR : WIRE_FILE;
		while (place.mailbox[0] == '/')
			place.mailbox++;
	}
	cut_delivery(cut, target, &place, "local");
}

static bool find_number(struct cut *cut, const struct rt_maps *maps, const char *what,
			struct str address, uint64_t *out_n)
{
	struct rt_find find = {&cut->ctx, maps, what, RT_FIND_DEFAULT};
	struct str value;

	return rt_find_address(&find, address, &value, NULL) == RT_FOUND &&
	       str_to_u64(str_trim(value), out_n) && *out_n <= INT32_MAX;
}

static void route_virtual(struct cut *cut, size_t target, const struct rt_route *route)
{
	const struct rt_settings *s = cut->ctx.settings;
	struct arena *arena = cut->ctx.arena;
	struct str address = str_of(route->recipient);
	struct rt_find find = {&cut->ctx, &s->virtual_mailbox_maps,
			       "virtual_mailbox_maps", RT_FIND_DEFAULT};
	struct wire_delivery place = {.size_limit = (uint64_t)s->virtual_mailbox_limit,
				      .base = s->virtual_mailbox_base,
				      .user = ""};
	struct str path;

	switch (rt_find_address(&find, address, &path, NULL)) {
	case RT_NOT_FOUND:
		settle(cut, target, SPOOL_FAILED, "5.1.1",
		       arena_printf(arena, "unknown user: \"%s\"", route->recipient));
		return;
	case RT_LOOKUP_ERROR:
		settle(cut, target, SPOOL_PENDING, "4.3.0",
		       "virtual_mailbox_maps cannot be read");
		return;
	case RT_FOUND:
		break;
	}
	if (!find_number(cut, &s->virtual_uid_maps, "virtual_uid_maps", address,
			 &place.uid) ||
	    !find_number(cut, &s->virtual_gid_maps, "virtual_gid_maps", address,
			 &place.gid)) {
		settle_config(
			cut, target,
			"no user or group id in virtual_uid_maps, virtual_gid_maps");
		return;
	}
	place.mailbox = str_dup0(arena, path);
	place.place = str_ends(path, "/") ? WIRE_MAILDIR : WIRE_MBOX;
	cut_delivery(cut, target, &place, "virtual");
}

/* ---- transports ---- */

static const char *program_of(const struct rt_config *config, const char *transport)
{
	for (size_t i = 0; i < config->transport_count; i++) {
		if (strcmp(config->transports[i].name, transport) == 0)
			return config->transports[i].program;
	}
	return transport;
}

/* error:5.7.1 text - the code is optional, as in error(8). */
static void route_error(struct cut *cut, size_t target, const char *text, bool is_final)
{
	struct arena *arena = cut->ctx.arena;
	size_t len = strspn(text, "0123456789.");
	bool has_dsn = len >= 5 && len < 12 && text[0] == (is_final ? '5' : '4') &&
		       text[1] == '.';

	settle(cut, target, is_final ? SPOOL_FAILED : SPOOL_PENDING,
	       has_dsn	  ? arena_memdup0(arena, text, len)
	       : is_final ? "5.0.0"
			  : "4.0.0",
	       has_dsn ? text + len + strspn(text + len, " ") : text);
}

static void route_by_program(struct cut *cut, size_t target, const struct rt_route *route)
{
	const char *program = program_of(cut->ctx.config, route->transport);

	if (strcmp(program, "local") == 0)
		route_local(cut, target, route);
	else if (strcmp(program, "virtual") == 0)
		route_virtual(cut, target, route);
	else if (strcmp(program, "smtp") == 0 || strcmp(program, "lmtp") == 0)
		cut_sending(cut, target, route->nexthop, strcmp(program, "lmtp") == 0);
	else if (strcmp(route->transport, "retry") == 0)
		route_error(cut, target, route->nexthop, false);
	else if (strcmp(program, "error") == 0)
		route_error(cut, target, route->nexthop, true);
	else if (strcmp(program, "discard") == 0)
		settle(cut, target, SPOOL_DONE, "2.0.0", "discarded");
	else
		settle_config(cut, target,
			      arena_printf(cut->ctx.arena,
					   "transport %s is not supported",
					   route->transport));
}

static void route_address(struct cut *cut, size_t target)
{
	const struct spool_message *m = cut->active->message;
	const struct spool_target *t = &m->targets[target];
	struct rt_route route;

	rt_resolve(&cut->ctx, str_of(t->address), str_of(queue_sender_of(m, t)), &route);
	if (route.status == RT_ROUTE_LOOKUP_FAILED) {
		settle(cut, target, SPOOL_PENDING, "4.3.0", "address resolver failure");
		return;
	}
	if (route.status == RT_ROUTE_BAD_ADDRESS) {
		settle(cut, target, SPOOL_FAILED, "5.1.3",
		       "bad recipient address syntax");
		return;
	}
	if (t->transport[0]) {
		route.transport = t->transport;
		route.nexthop = t->nexthop;
	}
	route_by_program(cut, target, &route);
}

static void route_target(struct cut *cut, size_t target)
{
	const struct spool_target *t = &cut->active->message->targets[target];

	switch (t->kind) {
	case SPOOL_ADDRESS:
		route_address(cut, target);
		break;
	case SPOOL_COMMAND:
	case SPOOL_FILE:
		route_alias_end(cut, target);
		break;
	case SPOOL_ERROR:
		settle(cut, target, SPOOL_FAILED, t->dsn[0] ? t->dsn : "5.0.0", t->text);
		break;
	}
}

/* ---- recipients ---- */

static void say_unexpanded(const struct queue_active *active, size_t i)
{
	log_info("%s: to=<%s>, relay=none, dsn=%s, status=deferred (%s)",
		 active->message->id, active->message->recipients[i],
		 active->reason_dsn[i], active->reason_text[i]);
}

/* Expands what is not yet expanded. */
static void expand_all(struct queue_active *active)
{
	struct spool_message *m = active->message;
	struct expand expand = {.config = active->generation->config,
				.root = active->queue->child.options->root,
				.message = m};

	expand_begin(&expand);
	for (size_t i = 0; i < m->recipient_count; i++) {
		size_t before = m->target_count;
		struct expand_reason reason;

		if (m->has_targets[i])
			continue;
		if (!expand_recipient(&expand, i, &reason)) {
			active->reason_dsn[i] = reason.dsn;
			active->reason_text[i] = reason.text;
			say_unexpanded(active, i);
			continue;
		}
		m->has_targets[i] = true;
		spool_add_targets(&active->expansion, m, i, before,
				  m->target_count - before);
	}
}

void queue_route(struct queue_active *active)
{
	struct spool_message *m = active->message;
	struct cut cut = {.active = active,
			  .ctx = {.config = active->generation->config,
				  .settings = &active->generation->config->settings,
				  .arena = m->arena},
			  .open = strmap_new(m->arena)};

	expand_all(active);
	queue_grow_changed(active);
	for (size_t i = 0; i < m->target_count; i++) {
		if (m->targets[i].state == SPOOL_PENDING)
			route_target(&cut, i);
	}
}
