/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator's socket, served by the parent. Only root and the user that
 * runs the daemon may use it (the kernel says who asks), a request is one
 * packet, and the number of clients and their time are bounded. What concerns
 * the queue goes to the queue process and its answers come back.
 */
#include "mccd/parent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "mccd/control.h"

enum {
	/* A flush of a long queue, a reload with large tables. */
	CONTROL_TIMEOUT_MS = 60000,
	CONTROL_STATUS_MAX = 16 << 10
};

static void client_close(struct control_client *client)
{
	if (client->parent->reload_client == client)
		client->parent->reload_client = NULL;
	loop_timer_cancel(client->parent->loop, &client->timeout);
	peer_close(&client->peer);
	client->id = 0;
}

static void send_reply(struct control_client *client, uint64_t status, struct str text,
		       uint64_t more)
{
	struct wire_out out;

	wire_begin(&out, WIRE_CONTROL_REPLY);
	wire_put_u64(&out, 0);
	wire_put_u64(&out, status);
	wire_put_str(&out, text);
	wire_put_u64(&out, more);
	if (peer_send(&client->peer, &out, -1) < 0)
		client_close(client);
}

void control_reply(struct control_client *client, int status, const char *text)
{
	send_reply(client, (uint64_t)status, str_of(text), 0);
}

/* ---- commands ---- */

static void status_of_child(struct strbuf *text, const struct parent_child *child)
{
	uint64_t now = loop_now(child->parent->loop);

	if (child->pid == 0)
		strbuf_addf(text, "%-8s down", parent_role_name(child->role));
	else
		strbuf_addf(text, "%-8s pid %d, %s %llu s", parent_role_name(child->role),
			    (int)child->pid, child->is_up ? "up" : "starting",
			    (unsigned long long)((now - child->started) / 1000));
	strbuf_addf(text, ", restarts %u\n", child->restarts);
}

static void reply_status(struct control_client *client)
{
	struct parent *parent = client->parent;
	struct strbuf text;
	size_t i;

	strbuf_init(&text, CONTROL_STATUS_MAX);
	strbuf_addf(&text, "generation %s\n", parent->current.name);
	strbuf_addf(
		&text, "uptime %llu s\n",
		(unsigned long long)((loop_now(parent->loop) - parent->began) / 1000));
	for (i = 0; i < parent->listener_count; i++)
		strbuf_addf(&text, "listening %s %s\n", parent->listeners[i].address,
			    parent->listeners[i].service);
	for (i = 0; i < PARENT_ROLES; i++)
		status_of_child(&text, &parent->children[i]);
	send_reply(client, 0, strbuf_view(&text), 0);
	strbuf_fini(&text);
}

static void forward(struct control_client *client, struct str command, struct str arg)
{
	struct parent *parent = client->parent;
	struct wire_out out;

	client->id = ++parent->last_id;
	wire_begin(&out, WIRE_CONTROL);
	wire_put_u64(&out, client->id);
	wire_put_str(&out, command);
	wire_put_str(&out, arg);
	if (!parent->children[PARENT_QUEUE].is_up ||
	    peer_send(&parent->children[PARENT_QUEUE].peer, &out, -1) < 0) {
		client->id = 0;
		control_reply(client, PARENT_FAILED, "the queue process is not running");
	}
}

static bool is_queue_command(struct str command)
{
	static const char *const known[] = {"list", "show",    "flush",
					    "hold", "release", "delete"};
	size_t i;

	for (i = 0; i < array_len(known); i++)
		if (str_eqc(command, known[i]))
			return true;
	return false;
}

static bool on_request(void *arg, struct wire_in *in)
{
	struct control_client *client = arg;
	struct str command;
	struct str argument;

	(void)wire_get_u64(in);
	command = wire_get_str(in);
	argument = wire_get_str(in);
	if (in->type != WIRE_CONTROL || !wire_end(in) || argument.len > CONTROL_TEXT_MAX)
		return false;
	if (client->id != 0 || client->parent->reload_client == client)
		return false; /* one at a time */
	if (str_eqc(command, "status")) {
		reply_status(client);
	} else if (str_eqc(command, "reload")) {
		parent_reload(client->parent, client);
	} else if (str_eqc(command, "stop")) {
		/* Its end is told by the socket's. */
		loop_timer_cancel(client->parent->loop, &client->timeout);
		parent_stop(client->parent);
	} else if (is_queue_command(command)) {
		forward(client, command, argument);
	} else {
		control_reply(client, 2, "unknown command");
	}
	return true;
}

/* ---- answers of the queue ---- */

static struct control_client *find_client(struct parent *parent, uint64_t id)
{
	size_t i;

	for (i = 0; i < PARENT_CLIENTS_MAX && id != 0; i++)
		if (parent->clients[i].peer.is_open && parent->clients[i].id == id)
			return &parent->clients[i];
	return NULL;
}

bool control_on_queue_reply(struct parent *parent, struct wire_in *in)
{
	uint64_t id = wire_get_u64(in);
	uint64_t status = wire_get_u64(in);
	struct str text = wire_get_str(in);
	uint64_t more = wire_get_u64(in);
	struct control_client *client = find_client(parent, id);

	if (!wire_end(in) || status > 255 || more > 1)
		return false;
	if (client == NULL)
		return true; /* it did not wait */
	if (more == 0)
		client->id = 0;
	send_reply(client, status, text, more);
	return true;
}

void control_queue_gone(struct parent *parent)
{
	size_t i;

	for (i = 0; i < PARENT_CLIENTS_MAX; i++) {
		struct control_client *client = &parent->clients[i];

		if (!client->peer.is_open || client->id == 0)
			continue;
		client->id = 0;
		control_reply(client, PARENT_FAILED, "the queue process has ended");
	}
}

/* ---- connections ---- */

static void on_client_gone(void *arg)
{
	client_close(arg);
}

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	log_warn("control: user %u refused", (unsigned)peer.uid);
	return false;
}

static struct control_client *free_client(struct parent *parent)
{
	size_t i;

	for (i = 0; i < PARENT_CLIENTS_MAX; i++)
		if (!parent->clients[i].peer.is_open)
			return &parent->clients[i];
	return NULL;
}

static void on_connection(void *arg, uint32_t events)
{
	struct parent *parent = arg;
	struct control_client *client = free_client(parent);
	int fd = accept4(parent->control.fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	if (client == NULL || !may_ask(fd)) {
		close(fd);
		return;
	}
	client->parent = parent;
	client->id = 0;
	client->timeout.expired = on_client_gone;
	client->timeout.arg = client;
	client->peer.loop = parent->loop;
	client->peer.name = "control";
	client->peer.packet = on_request;
	client->peer.gone = on_client_gone;
	client->peer.arg = client;
	if (peer_open(&client->peer, fd) < 0) {
		close(fd);
		return;
	}
	loop_timer_set(parent->loop, &client->timeout, CONTROL_TIMEOUT_MS);
}

static int bind_control(struct parent *parent, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	mode_t old;
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return MCC_ETOOBIG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	(void)unlink(path);
	old = umask(0177);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, PARENT_CLIENTS_MAX) != 0) {
		int status = mcc_status_from_errno(errno);

		(void)umask(old);
		close(fd);
		return status;
	}
	(void)umask(old);
	parent->control.fd = fd;
	return 0;
}

int control_open(struct parent *parent)
{
	const struct run_options *options = parent->options;
	char path[64];
	int status;

	/* A spool may lie deeper than a socket address can say. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/control", options->spool_fd);
	status = bind_control(parent, options->control ? options->control : path);
	if (status < 0) {
		log_error("control socket %s: %s",
			  options->control ? options->control : "in the spool",
			  mcc_status_text(status));
		return status;
	}
	parent->control.events = EPOLLIN;
	parent->control.ready = on_connection;
	parent->control.arg = parent;
	return loop_watch(parent->loop, &parent->control);
}

void control_close(struct parent *parent)
{
	size_t i;

	for (i = 0; i < PARENT_CLIENTS_MAX; i++)
		if (parent->clients[i].peer.is_open)
			client_close(&parent->clients[i]);
	if (parent->control.fd < 0)
		return;
	loop_unwatch(parent->loop, &parent->control);
	close(parent->control.fd);
	parent->control.fd = -1;
}
