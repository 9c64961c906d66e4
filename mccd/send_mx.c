/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a next hop to addresses (RFC 5321 5.1): MX hosts by preference, equal
 * ones in random order, each with its addresses; without MX the name's own.
 * One "." means that the domain takes no mail (RFC 7505). Our own name among
 * the hosts takes itself and all that are no better out: mail must not run in
 * a circle.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/log.h"
#include "dnscheck/resolver.h"
#include "mccd/send.h"
#include "runtime/config.h"
#include "runtime/resolve.h"
#include "runtime/resolve_find.h"

static const struct rt_settings *settings_of(const struct send_job *job)
{
	return &job->generation->config->settings;
}

static void end(struct send_job *job, enum wire_outcome outcome, const char *dsn,
		const char *text)
{
	send_job_fail(job, outcome, dsn, text);
	send_job_report(job);
}

static uint32_t next_random(struct send *send)
{
	send->random = send->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(send->random >> 33);
}

/* RFC 2033 5: not 25, that is SMTP. */
enum { LMTP_PORT = 24 };

static uint16_t port_of(const struct send_job *job)
{
	if (job->nexthop.port)
		return job->nexthop.port;
	if (job->w.is_lmtp)
		return LMTP_PORT;
	return job->send->child.options->smtp_port ? job->send->child.options->smtp_port
						   : 25;
}

static bool has_protocol(const struct send_job *job, const char *name)
{
	const struct rt_words *words = &settings_of(job)->inet_protocols;

	for (size_t i = 0; i < words->count; i++) {
		if (strcasecmp(words->words[i], name) == 0 ||
		    strcasecmp(words->words[i], "all") == 0)
			return true;
	}
	return words->count == 0;
}

/* ---- addresses ---- */

static void set_address(struct send_address *out, int family, const uint8_t *bytes,
			uint16_t port)
{
	if (family == AF_INET) {
		struct sockaddr_in *sin = (struct sockaddr_in *)(void *)&out->address;

		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, bytes, 4);
		out->size = sizeof(*sin);
	} else {
		struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)(void *)&out->address;

		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
		memcpy(&sin6->sin6_addr, bytes, 16);
		out->size = sizeof(*sin6);
	}
}

/* Only with the usual port: tests have several servers on one address. */
static bool is_own_address(const struct send_job *job, int family, const uint8_t *bytes)
{
	struct rt_host host = {.own_addresses = job->send->own_addresses,
			       .own_address_count = job->send->own_address_count};
	struct rt_context ctx = {.config = job->generation->config,
				 .settings = settings_of(job),
				 .arena = job->arena,
				 .host = &host};
	char text[INET6_ADDRSTRLEN];

	return port_of(job) == 25 && inet_ntop(family, bytes, text, sizeof(text)) &&
	       rt_address_is_own(&ctx, str_of(text));
}

static void add_addresses(struct send_host *host, const struct dns_answer *answer)
{
	bool is_v4 = answer->qtype == DNS_A;
	struct send_address *list = is_v4 ? host->v4 : host->v6;
	size_t *count = is_v4 ? &host->v4_count : &host->v6_count;

	for (size_t i = 0; i < answer->rr_count && *count < SEND_HOST_ADDRESSES_MAX;
	     i++) {
		set_address(&list[*count], is_v4 ? AF_INET : AF_INET6,
			    answer->rrs[i].address, port_of(host->job));
		list[*count].host = host->name;
		++*count;
	}
}

/* ---- hosts ---- */

static int by_preference(const void *a, const void *b)
{
	const struct send_host *x = a;
	const struct send_host *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Drops hosts that are no better than us; false: we are the best. */
static bool drop_from_own(struct send_job *job,
			  bool (*is_own)(const struct send_host *host))
{
	for (size_t i = 0; i < job->host_count; i++) {
		if (!is_own(&job->hosts[i]))
			continue;
		while (i > 0 && job->hosts[i - 1].preference == job->hosts[i].preference)
			i--;
		job->host_count = i;
		return i > 0;
	}
	return true;
}

static bool is_own_name(const struct send_host *host)
{
	const struct rt_settings *s = settings_of(host->job);

	return strcasecmp(host->name, s->myhostname) == 0 ||
	       strcasecmp(host->name, s->smtp_helo_name) == 0;
}

static bool has_own_address(const struct send_host *host)
{
	for (size_t i = 0; i < host->v4_count; i++) {
		const struct sockaddr_in *sin =
			(const struct sockaddr_in *)(const void *)&host->v4[i].address;

		if (is_own_address(host->job, AF_INET, (const uint8_t *)&sin->sin_addr))
			return true;
	}
	for (size_t i = 0; i < host->v6_count; i++) {
		const struct sockaddr_in6 *sin6 =
			(const struct sockaddr_in6 *)(const void *)&host->v6[i].address;

		if (is_own_address(host->job, AF_INET6,
				   (const uint8_t *)&sin6->sin6_addr))
			return true;
	}
	return false;
}

static void end_loop(struct send_job *job)
{
	end(job, WIRE_FAILED, "5.4.6",
	    arena_printf(job->arena, "mail for %s loops back to myself",
			 job->nexthop.host));
}

/* ---- the list ---- */

static void append(struct send_job *job, const struct send_address *address, size_t *room)
{
	struct send_address *slot = arena_push(job->arena, &job->addresses,
					       job->address_count, room, sizeof(*slot));

	*slot = *address;
	job->address_count++;
}

/* Hosts in order, of each IPv6 and IPv4 in turn. */
static void list_addresses(struct send_job *job)
{
	int64_t limit = settings_of(job)->smtp_mx_address_limit;
	size_t room = 0;

	for (size_t h = 0; h < job->host_count; h++) {
		const struct send_host *host = &job->hosts[h];

		for (size_t i = 0; i < SEND_HOST_ADDRESSES_MAX; i++) {
			if (i < host->v6_count)
				append(job, &host->v6[i], &room);
			if (i < host->v4_count)
				append(job, &host->v4[i], &room);
		}
	}
	if (limit > 0 && job->address_count > (size_t)limit)
		job->address_count = (size_t)limit;
}

/* All questions are answered. */
static void resolved(struct send_job *job)
{
	const char *host = job->nexthop.host;

	if (job->is_dropped) {
		send_job_report(job);
		return;
	}
	if (!job->nexthop.is_bracketed && !drop_from_own(job, has_own_address)) {
		end_loop(job);
		return;
	}
	list_addresses(job);
	if (job->address_count > 0)
		send_job_try(job);
	else if (job->dns_failed)
		end(job, WIRE_DEFERRED, "4.4.3",
		    arena_printf(job->arena, "no address of %s can be looked up now",
				 host));
	else
		end(job, WIRE_FAILED, "5.4.4",
		    arena_printf(job->arena, "no host for %s has an address", host));
}

/* ---- questions ---- */

static void on_address(const struct dns_answer *answer, void *arg)
{
	struct send_host *host = arg;
	struct send_job *job = host->job;

	if (answer->status == DNS_ANSWER)
		add_addresses(host, answer);
	else if (!dns_status_is_final(answer->status))
		job->dns_failed = true;
	if (--job->questions == 0)
		resolved(job);
}

static void ask_addresses(struct send_job *job)
{
	struct send *send = job->send;

	/* Callbacks come only later, so the count may grow here. */
	for (size_t i = 0; i < job->host_count; i++) {
		struct send_host *host = &job->hosts[i];

		if (has_protocol(job, "ipv4")) {
			job->questions++;
			dns_ask(send->resolver, host->name, DNS_A, on_address, host);
		}
		if (has_protocol(job, "ipv6")) {
			job->questions++;
			dns_ask(send->resolver, host->name, DNS_AAAA, on_address, host);
		}
	}
	if (job->questions == 0)
		resolved(job);
}

static struct send_host *new_hosts(struct send_job *job, size_t count)
{
	job->hosts = arena_array(job->arena, count, sizeof(*job->hosts));
	job->host_count = count;
	for (size_t i = 0; i < count; i++)
		job->hosts[i].job = job;
	return job->hosts;
}

static void use_name(struct send_job *job)
{
	new_hosts(job, 1)->name = job->nexthop.host;
	ask_addresses(job);
}

static void use_mx(struct send_job *job, const struct dns_answer *answer)
{
	size_t count = answer->rr_count < SEND_MX_MAX ? answer->rr_count : SEND_MX_MAX;
	struct send_host *hosts = new_hosts(job, count);

	for (size_t i = 0; i < count; i++) {
		hosts[i].name = arena_strdup(job->arena, answer->rrs[i].name);
		hosts[i].preference = answer->rrs[i].preference;
		hosts[i].order = next_random(job->send);
	}
	qsort(hosts, count, sizeof(*hosts), by_preference);
	if (!drop_from_own(job, is_own_name)) {
		end_loop(job);
		return;
	}
	ask_addresses(job);
}

static void on_mx(const struct dns_answer *answer, void *arg)
{
	struct send_job *job = arg;
	const char *host = job->nexthop.host;

	job->questions--;
	if (job->is_dropped) {
		send_job_report(job);
	} else if (answer->status == DNS_ANSWER && answer->rr_count == 1 &&
		   answer->rrs[0].name[0] == '\0') {
		end(job, WIRE_FAILED, "5.1.10",
		    arena_printf(job->arena, "domain %s does not accept mail (null MX)",
				 host));
	} else if (answer->status == DNS_ANSWER && answer->rr_count > 0) {
		use_mx(job, answer);
	} else if (answer->status == DNS_NODATA || answer->status == DNS_ANSWER) {
		use_name(job);
	} else if (answer->status == DNS_NXDOMAIN || answer->status == DNS_BAD_NAME) {
		end(job, WIRE_FAILED, "5.1.2",
		    arena_printf(job->arena, "domain %s does not exist", host));
	} else {
		end(job, WIRE_DEFERRED, "4.4.3",
		    arena_printf(job->arena, "MX of %s cannot be looked up: %s", host,
				 answer->detail ? answer->detail
						: dns_status_name(answer->status)));
	}
}

/* ---- what needs none, and the first one ---- */

static void use_literal(struct send_job *job)
{
	struct send_host *host = new_hosts(job, 1);
	uint8_t bytes[16];
	int family = strchr(job->nexthop.host, ':') ? AF_INET6 : AF_INET;

	host->name = job->nexthop.host;
	if (inet_pton(family, job->nexthop.host, bytes) != 1) {
		end(job, WIRE_FAILED, "5.1.2", "bad address literal");
		return;
	}
	if (family == AF_INET) {
		set_address(&host->v4[0], family, bytes, port_of(job));
		host->v4[0].host = host->name;
		host->v4_count = 1;
	} else {
		set_address(&host->v6[0], family, bytes, port_of(job));
		host->v6[0].host = host->name;
		host->v6_count = 1;
	}
	resolved(job);
}

/* A path that is not absolute lies below queue_directory, as with Postfix. */
static void use_path(struct send_job *job)
{
	const char *queue = job->generation->config->settings.queue_directory;
	const char *root = job->send->child.options->root;
	const char *path = job->nexthop.host;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	path = path[0] == '/' ? arena_printf(job->arena, "%s%s", root, path)
			      : arena_printf(job->arena, "%s%s/%s", root, queue, path);
	if (strlen(path) >= sizeof(sun.sun_path)) {
		end(job, WIRE_DEFERRED, "4.3.5", "path of the socket is too long");
		return;
	}
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	job->addresses = arena_array(job->arena, 1, sizeof(*job->addresses));
	memcpy(&job->addresses[0].address, &sun, sizeof(sun));
	job->addresses[0].size = sizeof(sun);
	job->addresses[0].host = arena_strdup(job->arena, path);
	job->address_count = 1;
	send_job_try(job);
}

void send_job_resolve(struct send_job *job)
{
	if (job->nexthop.is_path) {
		use_path(job);
	} else if (job->nexthop.is_address) {
		use_literal(job);
	} else if (job->nexthop.is_bracketed) {
		use_name(job);
	} else {
		job->questions = 1;
		dns_ask(job->send->resolver, job->nexthop.host, DNS_MX, on_mx, job);
	}
}
