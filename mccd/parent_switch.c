/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The change of the generation, in two phases: the parent verifies the new
 * one, each child opens it beside the old one, and only when all of them are
 * ready are they told to switch. Whatever fails leaves all on the old one.
 *
 * A child that dies meanwhile does not count: it starts again with whichever
 * generation is in force then.
 */
#include "mccd/parent.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"
#include "runtime/generation.h"

enum { SWITCH_MS = 30000 };

int parent_generation_open(struct parent *parent, struct parent_generation *out_g,
			   char *err, size_t err_size)
{
	struct parent_generation g = {.arena = arena_new(0)};
	int status;

	status = generation_open(g.arena, parent->options->generation, &g.dirfd,
				 &g.config, &g.name, err, err_size);
	if (status < 0) {
		arena_free(g.arena);
		return status;
	}
	g.serial = ++parent->last_serial;
	*out_g = g;
	return 0;
}

void parent_generation_close(struct parent_generation *g)
{
	if (g->arena == NULL)
		return;
	close(g->dirfd);
	arena_free(g->arena);
	*g = (struct parent_generation){0};
}

int parent_send_generation(struct parent_child *child, const struct parent_generation *g)
{
	struct wire_out out;

	wire_begin(&out, WIRE_GENERATION);
	wire_put_u64(&out, g->serial);
	wire_put_cstr(&out, g->name);
	return peer_send(&child->peer, &out, g->dirfd);
}

static void send_serial(struct parent_child *child, enum wire_type type, uint64_t serial)
{
	struct wire_out out;

	wire_begin(&out, type);
	wire_put_u64(&out, serial);
	/* A child that cannot be told is out of step: it starts again. */
	if (peer_send(&child->peer, &out, -1) < 0)
		parent_child_signal(child, SIGKILL);
}

static void finish(struct parent *parent, int status, const char *text)
{
	struct control_client *client = parent->reload_client;

	if (status == 0)
		log_info("%s", text);
	else
		log_error("%s", text);
	parent->reload_client = NULL;
	loop_timer_cancel(parent->loop, &parent->switch_timeout);
	if (client != NULL)
		control_reply(client, status, text);
	if (parent->reload_again) {
		parent->reload_again = false;
		parent_reload(parent, NULL);
	}
}

static void give_up(struct parent *parent, const char *who, const char *why)
{
	char text[PARENT_ERROR_MAX + 256];
	int role;

	for (role = 0; role < PARENT_ROLES; role++) {
		struct parent_child *child = &parent->children[role];

		child->is_ready = false;
		if (child->is_up)
			send_serial(child, WIRE_GENERATION_DROP, parent->pending.serial);
	}
	(void)snprintf(text, sizeof(text), "reload: %s: %s; generation %s stays in force",
		       who, why, parent->current.name);
	parent_generation_close(&parent->pending);
	finish(parent, PARENT_FAILED, text);
}

static void on_switch_timeout(void *arg)
{
	struct parent *parent = arg;
	int role;

	for (role = 0; role < PARENT_ROLES; role++)
		if (parent->children[role].is_up && !parent->children[role].is_ready)
			break;
	give_up(parent,
		role < PARENT_ROLES ? parent_role_name((enum parent_role)role) : "",
		"no answer");
}

/* Switches when every child that is up is ready. */
void parent_switch_check(struct parent *parent)
{
	char text[256];
	unsigned ready = 0;
	int role;

	if (parent->pending.arena == NULL)
		return;
	for (role = 0; role < PARENT_ROLES; role++) {
		if (parent->children[role].is_up && !parent->children[role].is_ready)
			return;
		ready += parent->children[role].is_ready;
	}
	for (role = 0; role < PARENT_ROLES; role++) {
		struct parent_child *child = &parent->children[role];

		child->is_ready = false;
		if (child->is_up)
			send_serial(child, WIRE_GENERATION_SWITCH,
				    parent->pending.serial);
	}
	parent_generation_close(&parent->current);
	parent->current = parent->pending;
	parent->pending = (struct parent_generation){0};
	(void)snprintf(text, sizeof(text), "generation %s in force in %u of %d processes",
		       parent->current.name, ready, PARENT_ROLES);
	finish(parent, 0, text);
}

/* The first generation of a child that has just been started. */
static bool on_first_ready(struct parent_child *child, uint64_t serial, struct str error)
{
	struct parent *parent = child->parent;
	char text[PARENT_ERROR_MAX];

	if (error.len > 0) {
		log_error("%s: %s", parent_role_name(child->role),
			  log_clean(error, text, sizeof(text)));
		return false;
	}
	/* A switch came between: once more with what is in force now. */
	if (serial != parent->current.serial)
		return parent_send_generation(child, &parent->current) == 0;
	send_serial(child, WIRE_GENERATION_SWITCH, serial);
	parent_child_up(child);
	return true;
}

bool parent_on_ready(struct parent_child *child, struct wire_in *in)
{
	struct parent *parent = child->parent;
	uint64_t serial = wire_get_u64(in);
	struct str error = wire_get_str(in);
	char text[PARENT_ERROR_MAX];

	if (!wire_end(in))
		return false;
	if (!child->is_up)
		return on_first_ready(child, serial, error);
	if (parent->pending.arena == NULL || serial != parent->pending.serial)
		return true; /* late: given up already */
	if (error.len > 0) {
		give_up(parent, parent_role_name(child->role),
			log_clean(error, text, sizeof(text)));
		return true;
	}
	child->is_ready = true;
	parent_switch_check(parent);
	return true;
}

void parent_reload(struct parent *parent, struct control_client *client)
{
	char err[PARENT_ERROR_MAX] = "";
	char text[PARENT_ERROR_MAX + 256];
	const char *change;
	int role;
	int status;

	if (parent->stop != PARENT_RUNS || parent->pending.arena != NULL) {
		if (client != NULL)
			control_reply(client, PARENT_FAILED,
				      parent->stop != PARENT_RUNS
					      ? "reload: stopping"
					      : "reload: another one is under way");
		else
			parent->reload_again = parent->stop == PARENT_RUNS;
		return;
	}
	parent->reload_client = client;
	status = parent_generation_open(parent, &parent->pending, err, sizeof(err));
	if (status < 0) {
		(void)snprintf(
			text, sizeof(text), "reload: %s; generation %s stays in force",
			err[0] ? err : mcc_status_text(status), parent->current.name);
		finish(parent, PARENT_FAILED, text);
		return;
	}
	change = parent->options->listen_count > 0
			 ? NULL
			 : parent_listen_change(parent->current.config,
						parent->pending.config);
	if (change != NULL) {
		(void)snprintf(text, sizeof(text),
			       "reload: %.100s would listen elsewhere (%.100s), which "
			       "needs a stop and a start; generation %s stays in force",
			       parent->pending.name, change, parent->current.name);
		parent_generation_close(&parent->pending);
		finish(parent, PARENT_FAILED, text);
		return;
	}
	parent->switch_timeout.expired = on_switch_timeout;
	parent->switch_timeout.arg = parent;
	loop_timer_set(parent->loop, &parent->switch_timeout, SWITCH_MS);
	for (role = 0; role < PARENT_ROLES; role++) {
		struct parent_child *child = &parent->children[role];

		child->is_ready = false;
		if (child->is_up && parent_send_generation(child, &parent->pending) < 0)
			parent_child_signal(child, SIGKILL);
	}
	parent_switch_check(parent);
}
