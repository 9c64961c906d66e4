/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names from etc/hosts, read once at the start: the local machine and its
 * neighbours have names without any DNS, as they have for Postfix, which asks
 * the C library. A name found here counts as verified.
 */
#include "mccd/net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strmap.h"

enum { NET_HOSTS_MAX = 1 << 20 };

/* The address as the kernel's ones are printed; NULL: none. */
static const char *canonical(struct arena *arena, struct str word)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	const char *cstr = str_dup0(arena, word);
	int family = strchr(cstr, ':') != NULL ? AF_INET6 : AF_INET;

	if (inet_pton(family, cstr, address) != 1 ||
	    inet_ntop(family, address, text, sizeof(text)) == NULL)
		return NULL;
	return arena_strdup(arena, text);
}

static void add(struct net *net, const char *address, struct str name)
{
	if (address != NULL && strmap_find(net->hosts, str_of(address)) == NULL)
		strmap_put(net->hosts, str_of(address), str_dup0(net->arena, name));
}

void net_hosts_read(struct net *net)
{
	const char *path =
		arena_printf(net->arena, "%s/etc/hosts", net->child.options->root);
	struct str text = STR_LIT("");
	struct str line;
	int status;

	net->hosts = strmap_new(net->arena);
	status = fs_read_file(net->arena, AT_FDCWD, path, NET_HOSTS_MAX, &text);
	if (status < 0 && status != MCC_ENOENT)
		log_warn("%s: %s", path, mcc_status_text(status));
	while (str_token(&text, "\r\n", &line)) {
		ptrdiff_t comment = str_chr(line, '#');
		struct str address;
		struct str name;

		if (comment >= 0)
			line.len = (size_t)comment;
		if (str_token(&line, " \t", &address) && str_token(&line, " \t", &name))
			add(net, canonical(net->arena, address), name);
	}
	add(net, "127.0.0.1", STR_LIT("localhost"));
	add(net, "::1", STR_LIT("localhost"));
}

const char *net_hosts_find(const struct net *net, const char *address)
{
	return strmap_find(net->hosts, str_of(address));
}
