/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which domains and numeric addresses are the site itself: mydestination,
 * inet_interfaces and proxy_interfaces. A numeric destination counts only in
 * the form of an address literal, "[192.0.2.1]" or "[IPv6:2001:db8::1]".
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "runtime/address.h"
#include "runtime/resolve.h"
#include "runtime/resolve_find.h"

/* As getaddrinfo() reads a number: "010.0.0.1" is octal. */
static bool read_address(int family, const char *text, unsigned char *out)
{
	struct in_addr address;

	if (family == AF_INET6)
		return inet_pton(AF_INET6, text, out) == 1;
	if (inet_aton(text, &address) == 0)
		return false;
	memcpy(out, &address, sizeof(address));
	return true;
}

static bool same_address(struct str a, const char *b)
{
	unsigned char x[16], y[16];
	char buf[INET6_ADDRSTRLEN];
	int family = str_chr(a, ':') >= 0 ? AF_INET6 : AF_INET;

	if (a.len >= sizeof(buf))
		return false;
	memcpy(buf, a.ptr, a.len);
	buf[a.len] = '\0';
	return read_address(family, buf, x) && read_address(family, b, y) &&
	       memcmp(x, y, family == AF_INET6 ? 16 : 4) == 0;
}

/* The addresses that the loopback interface has; the rest of 127/8 is foreign. */
static bool is_loopback(struct str address)
{
	return same_address(address, "127.0.0.1") || same_address(address, "::1");
}

static bool is_host_address(const struct rt_context *ctx, struct str address)
{
	const struct rt_host *host = ctx->host;

	if (host == NULL || host->own_addresses == NULL)
		return is_loopback(address);
	for (size_t i = 0; i < host->own_address_count; i++)
		if (same_address(address, host->own_addresses[i]))
			return true;
	return false;
}

/* "[2001:db8::1]" and "2001:db8::1" are both written in these lists. */
static bool names_address(const char *word, struct str address)
{
	struct str text = str_of(word);

	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']') {
		char buf[INET6_ADDRSTRLEN];

		text = str_slice(text, 1, text.len - 1);
		if (text.len >= sizeof(buf))
			return false;
		memcpy(buf, text.ptr, text.len);
		buf[text.len] = '\0';
		return same_address(address, buf);
	}
	return same_address(address, word);
}

static bool has_protocol(const struct rt_context *ctx, struct str address)
{
	const struct rt_words *protocols = &ctx->settings->inet_protocols;
	const char *wanted = str_chr(address, ':') >= 0 ? "ipv6" : "ipv4";

	if (protocols->count == 0)
		return true;
	for (size_t i = 0; i < protocols->count; i++)
		if (str_caseeqc(str_of(protocols->words[i]), "all") ||
		    str_caseeqc(str_of(protocols->words[i]), wanted))
			return true;
	return false;
}

static bool is_interface(const struct rt_context *ctx, struct str address)
{
	const struct rt_words *list = &ctx->settings->inet_interfaces;

	for (size_t i = 0; i < list->count; i++) {
		const char *word = list->words[i];

		if (strcmp(word, "all") == 0 && is_host_address(ctx, address))
			return true;
		if ((strcmp(word, "loopback-only") == 0 ||
		     str_caseeqc(str_of(word), "localhost")) &&
		    is_loopback(address))
			return true;
		if (names_address(word, address))
			return true;
	}
	return list->count == 0 && is_host_address(ctx, address);
}

bool rt_address_is_interface(const struct rt_context *ctx, struct str address)
{
	return hostaddr_is_valid(address) && has_protocol(ctx, address) &&
	       is_interface(ctx, address);
}

bool rt_address_is_own(const struct rt_context *ctx, struct str address)
{
	const struct rt_words *proxies = &ctx->settings->proxy_interfaces;

	if (rt_address_is_interface(ctx, address))
		return true;
	if (!hostaddr_is_valid(address) || !has_protocol(ctx, address))
		return false;
	for (size_t i = 0; i < proxies->count; i++)
		if (names_address(proxies->words[i], address))
			return true;
	return false;
}

enum rt_found rt_domain_is_local(const struct rt_context *ctx, struct str domain)
{
	size_t n = domain.len;
	enum rt_found found;

	if (n > 1 && domain.ptr[n - 1] == '.')
		domain = str_slice(domain, 0, --n);
	if (n == 0 || domain.ptr[n - 1] == '.')
		return RT_NOT_FOUND;
	found = rt_match_string(ctx, &ctx->settings->mydestination, domain);
	if (found != RT_NOT_FOUND)
		return found;
	if (n > 2 && domain.ptr[0] == '[' && domain.ptr[n - 1] == ']') {
		struct str address = hostaddr_of_literal(str_slice(domain, 1, n - 1));

		if (address.len > 0 && rt_address_is_own(ctx, address))
			return RT_FOUND;
	}
	return RT_NOT_FOUND;
}

bool rt_parent_matches(const struct rt_context *ctx, const char *list)
{
	const struct rt_words *words = &ctx->settings->parent_domain_matches_subdomains;

	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->words[i], list) == 0)
			return true;
	return false;
}
