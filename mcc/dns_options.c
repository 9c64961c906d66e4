/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One of three sources: live servers (with or without a recording of what they
 * say), a zone file, a recording. `mcc dns` and `mcc spf` share it.
 */
#include "mcc/dns_options.h"

#include <string.h>

#include "dnscheck/resolver.h"
#include "mcc/cli.h"

enum { MESSAGE_SIZE = 1024, SECONDS_MAX = 60 };

static int add_server(struct dns_options *o, const char *command, const char *value)
{
	if (o->server_count == LIMIT_DNS_SERVERS)
		return cli_usage_error(command, "more than %d times --resolver",
				       LIMIT_DNS_SERVERS);
	if (!resolver_parse_server(value, &o->servers[o->server_count]))
		return cli_usage_error(command,
				       "--resolver takes IP or IP@PORT, not '%s'", value);
	o->server_count++;
	return EXIT_CLEAN;
}

static int set_timeout(struct dns_options *o, const char *command, const char *value)
{
	uint64_t seconds;

	if (!str_to_u64(str_of(value), &seconds) || seconds == 0 || seconds > SECONDS_MAX)
		return cli_usage_error(command, "--timeout takes 1 to %d seconds",
				       SECONDS_MAX);
	o->timeout_ms = (unsigned)seconds * 1000;
	return EXIT_CLEAN;
}

int dns_options_set(struct dns_options *o, const char *command, int opt,
		    const char *value)
{
	switch (opt) {
	case DNS_OPT_RESOLVER:
		return add_server(o, command, value);
	case DNS_OPT_ZONE:
		o->zone = value;
		return EXIT_CLEAN;
	case DNS_OPT_ORIGIN:
		o->origin = value;
		return EXIT_CLEAN;
	case DNS_OPT_RECORD:
		o->record = value;
		return EXIT_CLEAN;
	case DNS_OPT_REPLAY:
		o->replay = value;
		return EXIT_CLEAN;
	case DNS_OPT_ANCHOR:
		o->anchor = value;
		return EXIT_CLEAN;
	case DNS_OPT_TIMEOUT:
		return set_timeout(o, command, value);
	default:
		return cli_usage_error(command, "see mcc(1)");
	}
}

static int open_live(const struct dns_options *o, struct resolver **out_r, char *err)
{
	struct resolver_options live = {.servers = o->servers,
					.server_count = o->server_count,
					.record_file = o->record,
					.anchor_file = o->anchor,
					.timeout_ms = o->timeout_ms,
					/* Time for every try of a long time-out. */
					.budget_ms = o->timeout_ms * 4};

	return resolver_open_live(&live, out_r, err, MESSAGE_SIZE);
}

int dns_options_open(const struct dns_options *o, const char *command,
		     struct resolver **out_r)
{
	int sources = (o->zone != NULL) + (o->replay != NULL) +
		      (o->server_count != 0 || o->record != NULL);
	char err[MESSAGE_SIZE];
	int status;

	if (sources > 1)
		return cli_usage_error(command,
				       "--zone, --replay and --resolver (with or without "
				       "--record) exclude each other");
	if (o->anchor != NULL && (o->zone != NULL || o->replay != NULL))
		return cli_usage_error(command,
				       "--anchor goes with servers: a zone file or a "
				       "recording has no signatures to check");
	if (o->origin != NULL && o->zone == NULL)
		return cli_usage_error(command, "--origin goes with --zone");
	if (o->zone != NULL)
		status = resolver_open_zone(o->zone, o->origin, out_r, err, sizeof(err));
	else if (o->replay != NULL)
		status = resolver_open_replay(o->replay, out_r, err, sizeof(err));
	else
		status = open_live(o, out_r, err);
	return status == 0 ? EXIT_CLEAN : cli_cannot("%s", err);
}

int dns_options_close(struct resolver *r)
{
	char err[MESSAGE_SIZE];
	int status = resolver_save_recording(r, err, sizeof(err));

	resolver_close(r);
	return status == 0 ? EXIT_CLEAN : cli_cannot("%s", err);
}
