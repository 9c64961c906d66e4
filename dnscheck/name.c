/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domain names. Every name from a user, an SPF macro or a packet passes here
 * once and is from then on a length-checked, folded wire name; nothing else
 * counts labels or octets.
 *
 * Folding is ASCII only (RFC 4343); a length octet is below 64 and therefore
 * never taken for a letter, so the whole wire form can be folded bytewise.
 */
#include "dnscheck/name.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/attr.h"

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One byte of text, escapes resolved; false for a broken escape. */
static bool next_byte(const char **at, uint8_t *out, bool *out_quoted)
{
	const char *p = *at;
	unsigned value;

	*out_quoted = *p == '\\';
	if (*p != '\\') {
		*out = (uint8_t)*p;
		*at = p + 1;
		return true;
	}
	p++;
	if (!is_digit(*p)) {
		*out = (uint8_t)*p;
		*at = p + 1;
		return *p != '\0';
	}
	if (!is_digit(p[1]) || !is_digit(p[2]))
		return false;
	value = (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
	if (value > 255)
		return false;
	*out = (uint8_t)value;
	*at = p + 3;
	return true;
}

static bool parse_ascii(const char *text, struct dns_name *out)
{
	size_t len = 1, label = 0; /* label: index of its length octet */
	uint8_t byte;
	bool quoted;

	if (text[0] == '.' && text[1] == '\0')
		text++;
	out->wire[0] = 0;
	while (*text != '\0') {
		if (!next_byte(&text, &byte, &quoted))
			return false;
		if (byte == '.' && !quoted) {
			if (out->wire[label] == 0)
				return false;
			label = len++;
			if (len > DNS_NAME_WIRE)
				return false;
			out->wire[label] = 0;
			continue;
		}
		if (out->wire[label] == DNS_LABEL || len >= DNS_NAME_WIRE)
			return false;
		out->wire[len++] = fold(byte);
		out->wire[label]++;
	}
	if (out->wire[label] != 0) {
		if (len >= DNS_NAME_WIRE)
			return false;
		out->wire[len++] = 0;
	}
	out->len = (uint8_t)len;
	return true;
}

bool dns_name_parse(const char *text, struct dns_name *out)
{
	const char *p = text;
	char *ascii = NULL;
	struct dns_name parsed;
	bool ok;

	while (*p != '\0' && (uint8_t)*p < 0x80)
		p++;
	if (*p != '\0') {
		if (strlen(text) >= DNS_NAME_TEXT)
			return false;
		if (idn2_to_ascii_8z(text, &ascii,
				     IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
			return false;
		text = ascii;
	}
	ok = parse_ascii(text, &parsed);
	if (ascii != NULL)
		idn2_free(ascii);
	if (ok)
		*out = parsed;
	return ok;
}

/* The first label that is none, counted from 1; false: all are. */
static bool explain_labels(const char *text, char *out, size_t size)
{
	size_t number = 1, len = 0;
	uint8_t byte;
	bool quoted, more;

	do {
		more = *text != '\0';
		if (more && !next_byte(&text, &byte, &quoted)) {
			snprintf(out, size,
				 "no domain name: a broken escape in label %zu", number);
			return true;
		}
		if (more && (byte != '.' || quoted)) {
			len++;
			continue;
		}
		if (len > DNS_LABEL || (len == 0 && more)) {
			snprintf(out, size,
				 len == 0 ? "no domain name: label %zu is empty"
					  : "no domain name: label %zu has %zu octets, "
					    "63 are allowed",
				 number, len);
			return true;
		}
		number++;
		len = 0;
	} while (more);
	return false;
}

void dns_name_explain(const char *text, char *out, size_t size)
{
	struct dns_name ignored;
	const char *p = text;

	out[0] = '\0';
	if (dns_name_parse(text, &ignored))
		return;
	while (*p != '\0' && (uint8_t)*p < 0x80)
		p++;
	if (explain_labels(text, out, size))
		return;
	if (*p != '\0')
		snprintf(out, size,
			 "no domain name: from byte %zu on it is no internationalised "
			 "name (UTF-8, RFC 5891)",
			 (size_t)(p - text) + 1);
	else
		snprintf(out, size, "no domain name: longer than 255 octets");
}

bool dns_name_of_wire(const uint8_t *wire, size_t len, struct dns_name *out)
{
	size_t at = 0;

	if (len == 0 || len > DNS_NAME_WIRE)
		return false;
	while (wire[at] != 0) {
		if (wire[at] > DNS_LABEL)
			return false;
		at += (size_t)wire[at] + 1;
		if (at >= len)
			return false;
	}
	if (at + 1 != len)
		return false;
	for (at = 0; at < len; at++)
		out->wire[at] = fold(wire[at]);
	out->len = (uint8_t)len;
	return true;
}

static char *format_byte(char *out, uint8_t c)
{
	if (c == '.' || c == '\\' || c == '"' || c == ';' || c == '(' || c == ')' ||
	    c == '@' || c == '$') {
		*out++ = '\\';
		*out++ = (char)c;
	} else if (c > 0x20 && c < 0x7f) {
		*out++ = (char)c;
	} else {
		*out++ = '\\';
		*out++ = (char)('0' + c / 100);
		*out++ = (char)('0' + c / 10 % 10);
		*out++ = (char)('0' + c % 10);
	}
	return out;
}

void dns_name_format(const struct dns_name *name, char *out)
{
	size_t at = 0, end;

	while (name->wire[at] != 0) {
		if (at != 0)
			*out++ = '.';
		end = at + 1 + name->wire[at];
		for (at++; at < end; at++)
			out = format_byte(out, name->wire[at]);
	}
	*out = '\0';
}

void dns_name_reverse(int family, const uint8_t *address, struct dns_name *out)
{
	char text[80];
	size_t at = 0;
	int i;
	bool ok;

	if (family == AF_INET) {
		snprintf(text, sizeof(text), "%u.%u.%u.%u.in-addr.arpa", address[3],
			 address[2], address[1], address[0]);
	} else {
		for (i = 15; i >= 0; i--) {
			snprintf(text + at, sizeof(text) - at, "%x.%x.", address[i] & 15u,
				 address[i] >> 4);
			at += 4;
		}
		snprintf(text + at, sizeof(text) - at, "ip6.arpa");
	}
	ok = dns_name_parse(text, out);
	MCC_ASSERT(ok);
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

/* FNV-1a; names are bounded, and the tables that use it are seeded by size
 * only: a flood of chosen names costs one evaluation's budget, not more. */
uint32_t dns_name_hash(const struct dns_name *name, unsigned type)
{
	uint32_t hash = 2166136261u;
	size_t i;

	for (i = 0; i < name->len; i++)
		hash = (hash ^ name->wire[i]) * 16777619u;
	hash = (hash ^ type) * 16777619u;
	return hash ^ hash >> 15;
}

bool dns_name_parent(const struct dns_name *name, struct dns_name *out)
{
	size_t skip = (size_t)name->wire[0] + 1;
	size_t len = name->len;

	if (name->wire[0] == 0)
		return false;
	memmove(out->wire, name->wire + skip, len - skip);
	out->len = (uint8_t)(len - skip);
	return true;
}

bool dns_name_is_under(const struct dns_name *name, const struct dns_name *top)
{
	size_t at = 0;

	if (top->len > name->len)
		return false;
	while (at + top->len < name->len)
		at += (size_t)name->wire[at] + 1;
	return at + top->len == name->len &&
	       memcmp(name->wire + at, top->wire, top->len) == 0;
}

unsigned dns_name_labels(const struct dns_name *name)
{
	size_t at = 0;
	unsigned labels = 0;

	for (; name->wire[at] != 0; at += (size_t)name->wire[at] + 1)
		labels++;
	return labels;
}
