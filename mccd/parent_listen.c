/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports: bound once at the start, kept open by the parent for its whole life,
 * so that a new net process finds the connections that waited meanwhile.
 */
#include "mccd/parent.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"

enum {
	/* smtp-source opens hundreds at once; a short queue drops SYNs. */
	LISTEN_BACKLOG = 1024
};

static void print_address(int fd, char *out, size_t size)
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);
	char host[64];
	char port[8];

	if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		(void)snprintf(out, size, "?");
	else
		(void)snprintf(out, size,
			       addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
			       port);
}

static int bind_one(struct parent *parent, const struct addrinfo *ai, const char *service)
{
	struct parent_listener *l = &parent->listeners[parent->listener_count];
	const int on = 1;
	int fd;

	if (parent->listener_count == PARENT_LISTEN_MAX)
		return MCC_ETOOBIG;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(fd, LISTEN_BACKLOG) != 0) {
		int status = mcc_status_from_errno(errno);

		log_write_errno(LOG_LEVEL_ERROR, "bind");
		close(fd);
		return status;
	}
	l->fd = fd;
	print_address(fd, l->address, sizeof(l->address));
	(void)snprintf(l->service, sizeof(l->service), "%s", service);
	parent->listener_count++;
	return 0;
}

static int bind_host(struct parent *parent, const char *host, const char *port,
		     const char *service)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	struct addrinfo *ai;
	int status = 0;

	if (getaddrinfo(host, port, &hints, &list) != 0) {
		log_error("listen: %s:%s: no such address", host, port);
		return MCC_EINVAL;
	}
	for (ai = list; ai != NULL && status == 0; ai = ai->ai_next) {
		status = bind_one(parent, ai, service);
		if (status < 0)
			log_error("listen: %s:%s: %s", host, port,
				  mcc_status_text(status));
	}
	freeaddrinfo(list);
	return status;
}

/* "ADDR:PORT", "[ADDR]:PORT" */
static int bind_word(struct parent *parent, const char *word, const char *service)
{
	char host[128];
	const char *colon = strrchr(word, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - word);
	const char *from = word;

	if (len >= 2 && word[0] == '[' && word[len - 1] == ']') {
		from++;
		len -= 2;
	}
	if (colon == NULL || colon[1] == '\0' || len == 0 || len >= sizeof(host)) {
		log_error("listen: %s: ADDRESS:PORT expected", word);
		return MCC_EINVAL;
	}
	memcpy(host, from, len);
	host[len] = '\0';
	return bind_host(parent, host, colon + 1, service);
}

static bool has_word(const struct rt_words *words, const char *word)
{
	size_t i;

	for (i = 0; i < words->count; i++)
		if (str_caseeqc(str_of(words->words[i]), word))
			return true;
	return false;
}

static bool uses_protocol(const struct rt_settings *settings, const char *word)
{
	return has_word(&settings->inet_protocols, "all") ||
	       has_word(&settings->inet_protocols, word);
}

/* inet_interfaces, for a service that names no address itself. */
static int bind_interfaces(struct parent *parent, const char *port, const char *service)
{
	const struct rt_settings *settings = &parent->current.config->settings;
	const struct rt_words *names = &settings->inet_interfaces;
	bool is_all = has_word(names, "all");
	bool is_loopback = has_word(names, "loopback-only");
	int status = 0;
	size_t i;

	if (is_all || is_loopback) {
		if (uses_protocol(settings, "ipv4"))
			status = bind_host(parent, is_all ? "0.0.0.0" : "127.0.0.1", port,
					   service);
		if (status == 0 && uses_protocol(settings, "ipv6"))
			status = bind_host(parent, is_all ? "::" : "::1", port, service);
		return status;
	}
	for (i = 0; i < names->count && status == 0; i++)
		status = bind_host(parent, names->words[i], port, service);
	return status;
}

static int bind_service(struct parent *parent, const struct rt_service *service)
{
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", service->port);
	if (service->host == NULL || service->host[0] == '\0')
		return bind_interfaces(parent, port, service->name);
	return bind_host(parent, service->host, port, service->name);
}

int parent_listen_open(struct parent *parent)
{
	const struct run_options *options = parent->options;
	const struct rt_config *config = parent->current.config;
	const struct rt_service *first = rt_config_service(config, "smtp/inet");
	int status = 0;
	size_t i;

	if (first == NULL && config->service_count > 0)
		first = &config->services[0];
	if (first == NULL) {
		log_error("%s: no smtpd service", options->generation);
		return MCC_EFORMAT;
	}
	for (i = 0; i < options->listen_count && status == 0; i++)
		status = bind_word(parent, options->listen[i], first->name);
	if (options->listen_count > 0)
		return status;
	for (i = 0; i < config->service_count && status == 0; i++)
		status = bind_service(parent, &config->services[i]);
	return status;
}

static bool same_words(const struct rt_words *a, const struct rt_words *b)
{
	bool is_same = a->count == b->count;

	for (size_t i = 0; is_same && i < a->count; i++)
		is_same = strcmp(a->words[i], b->words[i]) == 0;
	return is_same;
}

static bool same_service(const struct rt_service *a, const struct rt_service *b)
{
	const char *x = a->host ? a->host : "";
	const char *y = b->host ? b->host : "";

	return strcmp(a->name, b->name) == 0 && strcmp(x, y) == 0 && a->port == b->port;
}

const char *parent_listen_change(const struct rt_config *now,
				 const struct rt_config *next)
{
	if (!same_words(&now->settings.inet_interfaces, &next->settings.inet_interfaces))
		return "inet_interfaces";
	if (!same_words(&now->settings.inet_protocols, &next->settings.inet_protocols))
		return "inet_protocols";
	for (size_t i = 0; i < next->service_count; i++) {
		if (i >= now->service_count ||
		    !same_service(&now->services[i], &next->services[i]))
			return next->services[i].name;
	}
	return next->service_count < now->service_count
		       ? now->services[next->service_count].name
		       : NULL;
}

int parent_listen_write(struct parent *parent)
{
	struct strbuf text;
	size_t i;
	int status;

	strbuf_init(&text, PARENT_LISTEN_MAX * 128);
	for (i = 0; i < parent->listener_count; i++)
		strbuf_addf(&text, "%s\n", parent->listeners[i].address);
	status = fs_write_file(parent->options->spool_fd, "listen", strbuf_view(&text),
			       0644);
	strbuf_fini(&text);
	if (status < 0)
		log_error("%s/listen: %s", parent->options->spool,
			  mcc_status_text(status));
	return status;
}
