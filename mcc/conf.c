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
#include "mcc/model/conf.h"

struct conf_options {
	unsigned flags;
	bool services;	/* -M */
	bool overrides; /* -P */
};

static int parse_options(int argc, char **argv, struct conf_options *o)
{
	int c;

	optind = 1;
	while ((c = getopt(argc, argv, "+ndxhHMP")) != -1) {
		switch (c) {
		case 'n':
			o->flags |= CONF_SET;
			break;
		case 'd':
			o->flags |= CONF_DEFAULT;
			break;
		case 'x':
			o->flags |= CONF_EXPAND;
			break;
		case 'h':
			o->flags |= CONF_VALUE_ONLY;
			break;
		case 'H':
			o->flags |= CONF_NAME_ONLY;
			break;
		case 'M':
			o->services = true;
			break;
		case 'P':
			o->overrides = true;
			break;
		default:
			return cli_usage_error("conf", "unknown option");
		}
	}
	if ((o->flags & CONF_SET) && (o->flags & CONF_DEFAULT))
		return cli_usage_error("conf", "-n and -d exclude each other");
	return EXIT_CLEAN;
}

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
static int load(struct cli *cli, unsigned flags, struct site **out_site)
{
	int status = cli_load_options(cli, NULL);
	char *dir;

	if (status != EXIT_CLEAN)
		return status;
	dir = realpath(cli->site.dir, NULL);
	if (flags & CONF_DEFAULT)
		cli->site.defaults_only = true;
	else
		cli->site.config_directory = arena_strdup(
			cli->arena,
			cli->site.dir[0] == '/' || !dir ? cli->site.dir : dir);
	free(dir);
	cli->site.as_postconf = true;
	cli->site.interfaces = own_interfaces(cli->arena);
	if (site_load(cli->arena, cli->sources, cli->diags, &cli->site, out_site) != 0)
		return EXIT_CANNOT;
	return EXIT_CLEAN;
}

/* What every Postfix program dies of when it reads the files. */
static bool is_fatal(const struct diag *d)
{
	switch ((unsigned)d->rule) {
	case RULE_MC106:
	case RULE_MC107:
	case RULE_MC1101:
	case RULE_MC1102:
	case RULE_MC1103:
		return true;
	default:
		return false;
	}
}

static bool has_fatal(const struct diag_queue *diags)
{
	for (size_t i = 0; i < diag_count(diags); i++)
		if (is_fatal(diag_get(diags, i)))
			return true;
	return false;
}

static bool print(struct strbuf *out, struct site *site, const struct conf_options *o,
		  char **names)
{
	const char *unknown = NULL;
	bool ok;

	if (o->services) {
		conf_print_services(out, site);
		return true;
	}
	if (o->overrides) {
		conf_print_overrides(out, site, o->flags);
		return true;
	}
	if (!names[0])
		return conf_print(out, site, o->flags);
	ok = conf_print_names(out, site, o->flags, names, &unknown);
	if (unknown)
		cli_cannot("%s: unknown parameter", unknown);
	return ok;
}

int cmd_conf(struct cli *cli, int argc, char **argv)
{
	struct conf_options o = {0};
	int status = parse_options(argc, argv, &o);
	struct site *site;
	struct strbuf out;
	bool ok;

	if (status == EXIT_CLEAN)
		status = load(cli, o.flags, &site);
	if (status != EXIT_CLEAN) {
		if (status != EXIT_USAGE)
			cli_report_human(cli);
		return status;
	}
	strbuf_init(&out, LIMIT_EXPANDED_TOTAL);
	ok = print(&out, site, &o, argv + optind);
	if (!has_fatal(cli->diags))
		fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout);
	else
		ok = false;
	ok &= !out.failed && fflush(stdout) == 0;
	strbuf_fini(&out);
	cli_report_human(cli);
	return ok ? EXIT_CLEAN : EXIT_FINDINGS;
}
