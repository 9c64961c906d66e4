/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which servers to ask: named on the command line, or resolv.conf(5). Nothing
 * is guessed: a missing file is an error with its name, not 127.0.0.1.
 */
#include "dnscheck/live.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"

enum { DNS_PORT = 53, TIMEOUT_MAX = 30, ATTEMPTS_MAX = 5, RESOLV_CONF_MAX = 1 << 20 };

static bool fill_address(const char *host, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	char plain[INET6_ADDRSTRLEN];
	const char *zone = strchr(host, '%');
	size_t len = zone == NULL ? strlen(host) : (size_t)(zone - host);

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &in4.sin_addr) == 1) {
		memcpy(out, &in4, sizeof(in4));
		return true;
	}
	if (len >= sizeof(plain))
		return false;
	memcpy(plain, host, len);
	plain[len] = '\0';
	if (inet_pton(AF_INET6, plain, &in6.sin6_addr) != 1)
		return false;
	if (zone != NULL)
		in6.sin6_scope_id = if_nametoindex(zone + 1);
	if (zone != NULL && in6.sin6_scope_id == 0)
		return false;
	memcpy(out, &in6, sizeof(in6));
	return true;
}

/* Splits "[IP]:PORT", "IP@PORT" or "IP"; false when a bracket is unpaired. */
static bool split_server(struct str word, struct str *host, struct str *port)
{
	ptrdiff_t at;

	*port = STR_LIT("");
	if (str_starts(word, "[")) {
		at = str_chr(word, ']');
		if (at < 0)
			return false;
		*host = str_slice(word, 1, (size_t)at);
		*port = str_slice(word, (size_t)at + 1, word.len);
		if (port->len == 0)
			return true;
		if (port->len == 1 || port->ptr[0] != ':')
			return false;
		*port = str_slice(*port, 1, port->len);
		return true;
	}
	at = str_rchr(word, '@');
	*host = at < 0 ? word : str_slice(word, 0, (size_t)at);
	if (at >= 0)
		*port = str_slice(word, (size_t)at + 1, word.len);
	return at < 0 || port->len != 0;
}

bool resolver_parse_server(const char *word, struct sockaddr_storage *out_addr)
{
	char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
	struct str host, port;
	uint64_t number = DNS_PORT;

	if (!split_server(str_of(word), &host, &port) || host.len >= sizeof(text))
		return false;
	if (port.len != 0 &&
	    (!str_to_u64(port, &number) || number == 0 || number > 65535))
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	return fill_address(text, (uint16_t)number, out_addr);
}

static void add_server(struct live *live, const struct sockaddr_storage *addr)
{
	struct server *s = &live->servers[live->server_count++];
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	char host[INET6_ADDRSTRLEN];
	unsigned port;

	s->addr = *addr;
	if (addr->ss_family == AF_INET) {
		memcpy(&in4, addr, sizeof(in4));
		s->addr_len = sizeof(in4);
		s->is_loopback = ntohl(in4.sin_addr.s_addr) >> 24 == 127;
		port = ntohs(in4.sin_port);
		(void)inet_ntop(AF_INET, &in4.sin_addr, host, sizeof(host));
	} else {
		memcpy(&in6, addr, sizeof(in6));
		s->addr_len = sizeof(in6);
		s->is_loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
		port = ntohs(in6.sin6_port);
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
	}
	snprintf(s->name, sizeof(s->name), "%s@%u", host, port);
}

/* `timeout:N` and `attempts:N`, bounded as resolv.conf(5) says; what the caller
 * wants goes before. */
static void read_conf_options(struct live *live, const struct resolver_options *options,
			      struct str words)
{
	struct str word, key;
	ptrdiff_t colon;
	uint64_t n;

	while (str_token(&words, " \t\r", &word)) {
		colon = str_chr(word, ':');
		if (colon < 0 ||
		    !str_to_u64(str_slice(word, (size_t)colon + 1, word.len), &n) ||
		    n == 0)
			continue;
		key = str_slice(word, 0, (size_t)colon);
		if (str_eqc(key, "timeout") && options->timeout_ms == 0)
			live->timeout_ms =
				(unsigned)(n > TIMEOUT_MAX ? TIMEOUT_MAX : n) * 1000;
		else if (str_eqc(key, "attempts") && options->tries == 0)
			live->tries = (unsigned)(n > ATTEMPTS_MAX ? ATTEMPTS_MAX : n);
	}
}

/* `nameserver ADDRESS` and `options`. */
static void read_conf_line(struct live *live, const struct resolver_options *options,
			   struct str line)
{
	struct sockaddr_storage addr;
	struct str key, word;
	char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];

	if (!str_token(&line, " \t\r", &key))
		return;
	if (str_eqc(key, "options")) {
		read_conf_options(live, options, line);
		return;
	}
	if (!str_eqc(key, "nameserver") || !str_token(&line, " \t\r", &word) ||
	    word.len >= sizeof(text) || live->server_count == LIMIT_DNS_SERVERS)
		return;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	if (fill_address(text, DNS_PORT, &addr))
		add_server(live, &addr);
}

static int read_conf(struct live *live, const struct resolver_options *options, char *err,
		     size_t err_size)
{
	const char *path =
		options->resolv_conf != NULL ? options->resolv_conf : "/etc/resolv.conf";
	struct arena *arena = arena_new(0);
	struct str text, line;
	int status = fs_read_file(arena, AT_FDCWD, path, RESOLV_CONF_MAX, &text);

	if (status != 0) {
		snprintf(err, err_size, "%s: %s: no resolver is known", path,
			 mcc_status_text(status));
	} else {
		while (str_token(&text, "\n", &line))
			read_conf_line(live, options, line);
		if (live->server_count == 0) {
			status = MCC_EFORMAT;
			snprintf(err, err_size, "%s: no usable \"nameserver\" line",
				 path);
		}
	}
	arena_free(arena);
	return status;
}

int live_configure(struct live *live, const struct resolver_options *options, char *err,
		   size_t err_size)
{
	size_t i;

	if (options->server_count > LIMIT_DNS_SERVERS) {
		snprintf(err, err_size, "more than %d resolvers", LIMIT_DNS_SERVERS);
		return MCC_EINVAL;
	}
	if (options->server_count == 0)
		return read_conf(live, options, err, err_size);
	for (i = 0; i < options->server_count; i++)
		add_server(live, &options->servers[i]);
	return 0;
}
