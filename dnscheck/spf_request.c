/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The identity that is checked: RFC 7208 2.3, 2.4 and 4.3. Names come in as
 * the client said them and are A-labels from here on.
 */
#include <idn2.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "dnscheck/name.h"
#include "dnscheck/spf_eval.h"

/* RFC 8616 4: U-labels of the request count as their A-labels. */
static const char *to_ascii(struct spf_eval *e, struct str domain)
{
	char *raw = str_dup0(e->arena, domain), *ascii = NULL;
	const char *p = raw;

	while (*p != '\0' && (unsigned char)*p < 0x80)
		p++;
	if (*p == '\0' || domain.len >= DNS_NAME_TEXT ||
	    idn2_to_ascii_8z(raw, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
		    IDN2_OK)
		return raw;
	raw = arena_strdup(e->arena, ascii);
	idn2_free(ascii);
	return raw;
}

static void take_identity(struct spf_eval *e, const struct spf_request *request)
{
	struct str sender = str_of(request->sender);
	ptrdiff_t at = str_rchr(sender, '@');

	e->helo = to_ascii(e, str_of(request->helo));
	e->receiver = arena_strdup(e->arena, request->receiver != NULL ? request->receiver
								       : "unknown");
	e->local_part = "postmaster"; /* 2.4, 4.3 */
	if (sender.len == 0) {
		e->sender_domain = e->helo;
		return;
	}
	if (at > 0)
		e->local_part = str_dup0(e->arena, str_slice(sender, 0, (size_t)at));
	e->sender_domain = to_ascii(e, str_slice(sender, (size_t)(at + 1), sender.len));
}

/* IPv4 in IPv6 clothes is IPv4 (RFC 7208 5). */
static void take_address(struct spf_eval *e, const struct spf_request *request)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	e->family = request->family;
	memcpy(e->address, request->address, sizeof(e->address));
	if (e->family != AF_INET6 || memcmp(e->address, mapped, sizeof(mapped)) != 0)
		return;
	e->family = AF_INET;
	memmove(e->address, e->address + 12, 4);
}

/* RFC 7208 4.3: well-formed, more than one label, no address literal. */
bool spf_is_checkable(const char *domain)
{
	struct dns_name name;

	return domain[0] != '[' && strchr(domain, '\\') == NULL &&
	       dns_name_parse(domain, &name) && dns_name_labels(&name) > 1;
}

void spf_take_request(struct spf_eval *e, const struct spf_request *request)
{
	take_identity(e, request);
	take_address(e, request);
}
