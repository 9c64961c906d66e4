/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domain names: text to wire form and back. Text is RFC 1035 presentation
 * form without a final dot: a backslash quotes a byte (`\.`, `\032`), so any
 * name a packet can hold survives the way through text. The wire form here is
 * always folded to lower case, hence names compare by bytes.
 */
#ifndef MCC_DNSCHECK_NAME_H
#define MCC_DNSCHECK_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DNS_NAME_WIRE = 255, /* RFC 1035 2.3.4 */
	DNS_LABEL = 63,
	/* Each byte may need `\ddd`; one for the NUL. */
	DNS_NAME_TEXT = 4 * DNS_NAME_WIRE + 1
};

struct dns_name {
	uint8_t len; /* of wire, the root label counted: at least 1 */
	uint8_t wire[DNS_NAME_WIRE];
};

/*
 * Text to wire. One final dot is allowed; "" and "." are the root. UTF-8
 * becomes A-labels (IDNA 2008). False: empty or overlong label, overlong name,
 * broken escape, bytes that are no valid U-label.
 */
bool dns_name_parse(const char *text, struct dns_name *out);
/* Why a text is no name, for people: which label, and what is wrong with it. `out`
 * is always terminated; "" for a text that dns_name_parse() takes. */
void dns_name_explain(const char *text, char *out, size_t size);
/* Copies an uncompressed wire name, folding it; false when it is not one. */
bool dns_name_of_wire(const uint8_t *wire, size_t len, struct dns_name *out);
/* Wire to text; `out` holds DNS_NAME_TEXT bytes. The root gives "". */
void dns_name_format(const struct dns_name *name, char *out);
/* in-addr.arpa or ip6.arpa (RFC 1035 3.5, RFC 3596 2.5). */
void dns_name_reverse(int family, const uint8_t *address, struct dns_name *out);

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);
uint32_t dns_name_hash(const struct dns_name *name, unsigned type);
/* Drops the leftmost label; false at the root. */
bool dns_name_parent(const struct dns_name *name, struct dns_name *out);
/* True when `name` is `top` or below it. */
bool dns_name_is_under(const struct dns_name *name, const struct dns_name *top);
unsigned dns_name_labels(const struct dns_name *name);

#endif
