/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc conf: parameters spelled as postconf(1) spells them. Standard output is
 * postconf's, byte for byte; the diagnostics go to standard error. The exit
 * status is not 0 where postconf itself would have given up.
 */
#include "mcc/cli.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "mcc/conf_options.h"

static unsigned prefix_bits(const unsigned char *mask, size_t len)
{
	unsigned bits = 0;

	for (size_t i = 0; i < len * 8 && mask[i / 8] & (0x80U >> (i % 8)); i++)
		bits++;
	return bits;
}

static const char *add_address(struct arena *arena, const char *text,
			       const struct ifaddrs *i)
{
	char address[INET6_ADDRSTRLEN];

	if (i->ifa_addr->sa_family == AF_INET) {
		const struct sockaddr_in *a = (const void *)i->ifa_addr;
		const struct sockaddr_in *mask = (const void *)i->ifa_netmask;

		inet_ntop(AF_INET, &a->sin_addr, address, sizeof(address));
		return arena_printf(arena, "%s %s/%u", text, address,
				    prefix_bits((const void *)&mask->sin_addr, 4));
	}
	const struct sockaddr_in6 *a = (const void *)i->ifa_addr;
	const struct sockaddr_in6 *mask = (const void *)i->ifa_netmask;

	inet_ntop(AF_INET6, &a->sin6_addr, address, sizeof(address));
	return arena_printf(arena, "%s [%s]/%u", text, address,
			    prefix_bits((const void *)&mask->sin6_addr, 16));
}

/*
 * postconf shows mynetworks as this machine's interfaces make it. Only what
 * is printed may depend on the machine: builds and checks never ask for it.
 */
static const char *own_interfaces(struct arena *arena)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct ifaddrs *all;
	const char *text = "";

	if (getifaddrs(&all) != 0)
		return NULL;
	for (size_t f = 0; f < array_len(families); f++)
		for (const struct ifaddrs *i = all; i; i = i->ifa_next)
			if (i->ifa_addr && i->ifa_netmask && (i->ifa_flags & IFF_UP) &&
			    i->ifa_addr->sa_family == families[f])
				text = add_address(arena, text, i);
	freeifaddrs(all);
	return text;
}

/* postconf -c DIR shows the folder itself as config_directory. */
static int load(struct cli *cli, const struct conf_options *o, struct site **out_site)
{
	if (o->request.flags & CONF_DEFAULT)
		cli->site.defaults_only = true;
	else
		cli->site.config_directory = cli->site.dir;
	cli->site.as_postconf = true;
	cli->site.interfaces = own_interfaces(cli->arena);
	cli->site.settings = o->settings;
	if (site_load(cli->arena, cli->sources, cli->diags, &cli->site, out_site) != 0)
		return EXIT_CANNOT;
	return EXIT_CLEAN;
}

static int print_map_types(struct cli *cli)
{
	struct strbuf out;
	bool ok;

	strbuf_init(&out, LIMIT_CONFIG_FILE);
	conf_print_map_types(&out, cli->arena, &cli->site);
	ok = !out.failed && fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout) == out.len;
	strbuf_fini(&out);
	return ok && fflush(stdout) == 0 ? EXIT_CLEAN : EXIT_CANNOT;
}

/* What postconf prints before it gives up depends on its buffers: nothing. */
static int print(struct cli *cli, struct site *site, const struct conf_options *o)
{
	struct strbuf out;
	struct strbuf lines;
	struct conf_talk talk = {diag_queue_new(cli->arena), &lines};
	struct str line;
	struct str rest;
	bool ok;

	strbuf_init(&out, LIMIT_EXPANDED_TOTAL);
	strbuf_init(&lines, LIMIT_EXPANDED_TOTAL);
	ok = conf_print(&out, site, &o->request, &talk);
	if (ok)
		fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout);
	ok &= !out.failed && fflush(stdout) == 0;
	cli->diags = talk.diags;
	cli_report_human(cli);
	rest = strbuf_view(&lines);
	while (str_token(&rest, "\n", &line))
		cli_cannot("%.*s", STR_ARG(line));
	strbuf_fini(&lines);
	strbuf_fini(&out);
	return ok ? EXIT_CLEAN : EXIT_FINDINGS;
}

int cmd_conf(struct cli *cli, int argc, char **argv)
{
	struct conf_options o;
	int status = conf_options_parse(cli->arena, argc, argv, &o);
	struct site *site;

	if (status != EXIT_CLEAN)
		return status;
	if (o.help) {
		conf_options_help();
		return EXIT_CLEAN;
	}
	status = cli_load_options(cli, NULL);
	if (status != EXIT_CLEAN)
		return status;
	if (o.map_types)
		return print_map_types(cli);
	status = load(cli, &o, &site);
	if (status == EXIT_CLEAN)
		return print(cli, site, &o);
	cli_report_human(cli);
	return status;
}
