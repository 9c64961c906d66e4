/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every child does with the parent's messages. Generations change in two
 * phases: the parent has each child open the new one beside the old one, and
 * only when all of them are ready does it say switch. A generation that is no
 * longer in force stays open until the last transaction that began with it
 * has ended.
 */
#include "mccd/child.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"
#include "runtime/generation.h"
#include "runtime/map.h"

enum { CHILD_ERROR_MAX = 512, CHILD_FAILED = 3 };

static void generation_free(struct child_generation *g)
{
	rt_maps_close(g->config);
	close(g->dirfd);
	arena_free(g->arena);
}

/* Takes dirfd. */
static int generation_new(const struct run_options *options, int dirfd,
			  struct child_generation **out_g, char *err, size_t err_size)
{
	struct arena *arena = arena_new(0);
	struct child_generation *g = arena_alloc(arena, sizeof(*g));
	const char *passwd = arena_printf(arena, "%s/etc/passwd", options->root);
	int status;

	g->arena = arena;
	g->dirfd = dirfd;
	status = generation_load(arena, dirfd, &g->config, err, err_size);
	if (status == 0)
		status = rt_maps_open(arena, g->config, dirfd, passwd, err, err_size);
	if (status < 0) {
		close(dirfd);
		arena_free(arena);
		return status;
	}
	*out_g = g;
	return 0;
}

struct child_generation *child_generation_hold(struct child *child)
{
	child->generation->users++;
	return child->generation;
}

void child_generation_release(struct child_generation *g)
{
	MCC_ASSERT(g->users > 0);
	g->users--;
	if (g->users == 0 && g->retired)
		generation_free(g);
}

static void retire(struct child_generation *g)
{
	if (g == NULL)
		return;
	g->retired = true;
	if (g->users == 0)
		generation_free(g);
}

static bool on_generation(struct child *child, struct wire_in *in)
{
	uint64_t serial = wire_get_u64(in);
	struct str name = wire_get_str(in);
	struct child_generation *g = NULL;
	char err[CHILD_ERROR_MAX] = "";
	struct wire_out out;
	int fd = in->fd;
	int status;

	if (!wire_end(in) || fd < 0)
		return false;
	in->fd = -1;
	retire(child->pending);
	child->pending = NULL;
	status = generation_new(child->options, fd, &g, err, sizeof(err));
	if (status == 0) {
		g->serial = serial;
		g->name = str_dup0(g->arena, name);
		child->pending = g;
	}
	wire_begin(&out, WIRE_GENERATION_READY);
	wire_put_u64(&out, serial);
	wire_put_cstr(&out, status == 0 ? "" : err[0] ? err : mcc_status_text(status));
	return peer_send(&child->parent, &out, -1) == 0;
}

static bool on_switch(struct child *child, struct wire_in *in)
{
	uint64_t serial = wire_get_u64(in);
	struct child_generation *old = child->generation;

	if (!wire_end(in) || child->pending == NULL || child->pending->serial != serial)
		return false;
	child->generation = child->pending;
	child->pending = NULL;
	log_debug("generation %s in force", child->generation->name);
	if (old == NULL) {
		/* child_start() waits for this; what follows comes to hooks. */
		child->parent.is_yielding = true;
		loop_stop(child->loop);
		return true;
	}
	if (child->hooks->switched != NULL)
		child->hooks->switched(child->arg);
	retire(old);
	return true;
}

static bool on_drop(struct child *child, struct wire_in *in)
{
	uint64_t serial = wire_get_u64(in);

	if (!wire_end(in))
		return false;
	if (child->pending != NULL && child->pending->serial == serial) {
		retire(child->pending);
		child->pending = NULL;
	}
	return true;
}

static bool on_peer(struct child *child, struct wire_in *in)
{
	struct str name = wire_get_str(in);
	char text[16];

	if (!wire_end(in) || in->fd < 0 || name.len >= sizeof(text))
		return false;
	if (child->hooks->peer == NULL)
		return true;
	child->hooks->peer(child->arg, log_clean(name, text, sizeof(text)), in->fd);
	in->fd = -1;
	return true;
}

static bool on_listen(struct child *child, struct wire_in *in)
{
	struct str address = wire_get_str(in);
	struct str service = wire_get_str(in);
	char address_text[128];
	char service_text[128];

	if (!wire_end(in) || in->fd < 0)
		return false;
	if (child->hooks->listen == NULL)
		return true;
	child->hooks->listen(
		child->arg, log_clean(address, address_text, sizeof(address_text)),
		log_clean(service, service_text, sizeof(service_text)), in->fd);
	in->fd = -1;
	return true;
}

static void begin_stop(struct child *child)
{
	child->is_stopping = true;
	if (child->generation != NULL && child->hooks->stop != NULL)
		child->hooks->stop(child->arg);
	else
		loop_stop(child->loop);
}

static bool on_parent_packet(void *arg, struct wire_in *in)
{
	struct child *child = arg;

	/* The rest is for a child that is up; see child_start(). */
	switch ((int)in->type) {
	case WIRE_GENERATION:
		return on_generation(child, in);
	case WIRE_GENERATION_SWITCH:
		return on_switch(child, in);
	case WIRE_GENERATION_DROP:
		return on_drop(child, in);
	case WIRE_PEER:
		return on_peer(child, in);
	case WIRE_LISTEN:
		return on_listen(child, in);
	case WIRE_CONTROL:
		return child->hooks->control == NULL ||
		       child->hooks->control(child->arg, in);
	case WIRE_STOP:
		begin_stop(child);
		return true;
	default:
		return false;
	}
}

static void on_parent_gone(void *arg)
{
	begin_stop(arg);
}

int child_start(struct child *child, const struct run_options *options, int parent_sock,
		const struct child_hooks *hooks, void *arg)
{
	int status;

	child->options = options;
	child->hooks = hooks;
	child->arg = arg;
	child->loop = loop_new();
	if (child->loop == NULL)
		return MCC_ENOMEM;
	child->parent.loop = child->loop;
	child->parent.name = "parent";
	child->parent.packet = on_parent_packet;
	child->parent.gone = on_parent_gone;
	child->parent.arg = child;
	status = peer_open(&child->parent, parent_sock);
	if (status == 0)
		status = loop_run(child->loop);
	if (status == 0 && child->generation == NULL)
		status = MCC_EUNAVAIL;
	return status;
}

int child_run(struct child *child)
{
	int status = loop_run(child->loop);

	if (status < 0)
		log_error("event loop: %s", mcc_status_text(status));
	/* The queue's last answers to the operator. */
	(void)peer_drain(&child->parent, 1000);
	return status < 0 ? CHILD_FAILED : 0;
}

void child_fini(struct child *child)
{
	retire(child->pending);
	retire(child->generation);
	child->pending = NULL;
	child->generation = NULL;
	peer_close(&child->parent);
	loop_free(child->loop);
	child->loop = NULL;
}
