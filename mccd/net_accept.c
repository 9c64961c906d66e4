/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * New connections. Who comes when there is no room gets a 421 at once instead
 * of silence. A spare descriptor is kept for the moment when the process has
 * none left: without it the connection could be neither taken nor refused, and
 * the loop would spin on it.
 */
#include "mccd/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"

enum { NET_ACCEPT_BURST = 64, NET_PAUSE_MS = 100 };

/* ---- no descriptors ---- */

static void pause_all(struct net *net, bool paused)
{
	size_t i;

	net->is_paused = paused;
	for (i = 0; i < net->listener_count; i++)
		loop_watch_events(net->child.loop, &net->listeners[i].watch,
				  paused ? 0 : EPOLLIN);
}

static void on_pause_over(void *arg)
{
	struct net *net = arg;

	if (net->spare_fd < 0)
		net->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pause_all(net, false);
}

static void refuse_with_spare(struct net *net, int listen_fd)
{
	static const char text[] = "421 4.3.2 All server ports are busy\r\n";
	int fd;

	log_warn("out of descriptors");
	if (net->spare_fd >= 0)
		close(net->spare_fd);
	net->spare_fd = -1;
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		(void)!write(fd, text, sizeof(text) - 1);
		close(fd);
	}
	net->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pause_all(net, true);
	net->pause.expired = on_pause_over;
	net->pause.arg = net;
	loop_timer_set(net->child.loop, &net->pause, NET_PAUSE_MS);
}

/* ---- limits ---- */

static void refuse(int fd, const char *text)
{
	(void)!write(fd, text, strlen(text));
	close(fd);
}

/* mynetworks is exempt, as by smtpd_client_event_limit_exceptions' default. */
static bool is_exempt(struct net *net, const struct rt_settings *settings,
		      const char *address)
{
	struct arena *arena = arena_new(0);
	struct rt_context ctx = {.config = net->child.generation->config,
				 .settings = settings,
				 .arena = arena};
	bool is_own = rt_match_host(&ctx, &settings->mynetworks, STR_LIT("unknown"),
				    str_of(address)) == RT_FOUND;

	arena_free(arena);
	return is_own;
}

static bool is_over_limit(struct net *net, struct net_listener *listener,
			  const struct sockaddr_storage *peer, int fd)
{
	const struct rt_service *service =
		rt_config_service(net->child.generation->config, listener->service);
	int64_t limit = service->settings->smtpd_client_connection_count_limit;
	char address[INET6_ADDRSTRLEN] = "unknown";
	const void *bytes = &((const struct sockaddr_in *)peer)->sin_addr;
	struct net_count *count;
	char text[512];
	unsigned sessions;

	if (net->session_count >= net->session_max) {
		refuse(fd, "421 4.3.2 All server ports are busy\r\n");
		return true;
	}
	count = net_count_get(net, peer);
	sessions = count == NULL ? 0 : count->sessions - 1;
	net_count_release(net, count);
	if (limit <= 0 || sessions < (uint64_t)limit)
		return false;
	if (peer->ss_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)peer)->sin6_addr;
	(void)inet_ntop(peer->ss_family, bytes, address, sizeof(address));
	if (is_exempt(net, service->settings, address))
		return false;
	log_warn("too many connections from %s", address);
	(void)snprintf(text, sizeof(text),
		       "421 4.7.0 %.255s Error: too many connections from %s\r\n",
		       service->settings->myhostname, address);
	refuse(fd, text);
	return true;
}

/* An IPv4 client of an IPv6 socket is an IPv4 client. */
static void unmap(struct sockaddr_storage *peer)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;
	struct sockaddr_in in = {.sin_family = AF_INET};

	if (peer->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return;
	memcpy(&in.sin_addr, in6->sin6_addr.s6_addr + 12, 4);
	memset(peer, 0, sizeof(*peer));
	memcpy(peer, &in, sizeof(in));
}

/* False: nothing more to accept now. */
static bool accept_one(struct net *net, struct net_listener *listener)
{
	struct sockaddr_storage peer = {0};
	socklen_t len = sizeof(peer);
	const int on = 1;
	int fd = accept4(listener->watch.fd, (struct sockaddr *)&peer, &len,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			refuse_with_spare(net, listener->watch.fd);
		/* Others are troubles of that one connection. */
		return errno == ECONNABORTED || errno == EINTR;
	}
	unmap(&peer);
	if (is_over_limit(net, listener, &peer, fd))
		return true;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	net_session_new(net, listener, fd, &peer);
	return true;
}

static void on_connection(void *arg, uint32_t events)
{
	struct net_listener *listener = arg;
	int burst = NET_ACCEPT_BURST;

	(void)events;
	while (burst-- > 0 && accept_one(listener->net, listener))
		;
}

/* ---- listeners ---- */

/* Takes fd. */
void net_listen(struct net *net, const char *service, int fd)
{
	struct net_listener *listener = &net->listeners[net->listener_count];

	if (net->listener_count == NET_LISTEN_MAX) {
		close(fd);
		return;
	}
	listener->net = net;
	listener->watch = (struct loop_watch){
		.fd = fd, .events = EPOLLIN, .ready = on_connection, .arg = listener};
	(void)snprintf(listener->service, sizeof(listener->service), "%s", service);
	if (loop_watch(net->child.loop, &listener->watch) < 0) {
		log_error("cannot listen");
		close(fd);
		return;
	}
	net->listener_count++;
}

void net_listen_close(struct net *net)
{
	size_t i;

	loop_timer_cancel(net->child.loop, &net->pause);
	for (i = 0; i < net->listener_count; i++) {
		loop_unwatch(net->child.loop, &net->listeners[i].watch);
		close(net->listeners[i].watch.fd);
	}
	net->listener_count = 0;
}
