/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Syntax of host names and of numeric addresses, as strict and as lenient as
 * smtpd(8): underscores are letters, a name made of digits only is no name,
 * and 0.1.2.3 is no address.
 */
#include <arpa/inet.h>
#include <string.h>

#include "runtime/address.h"

enum { HOST_LABEL_MAX = 63, HOST_NAME_MAX_LEN = 255 };

static bool is_label_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c >= 128;
}

bool hostname_is_valid(struct str name)
{
	size_t label = 0;
	bool has_letter = false;

	if (name.len == 0 || name.len > HOST_NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		bool is_last = i + 1 == name.len;

		if (c == '.') {
			if (label == 0 || is_last)
				return false;
			label = 0;
			continue;
		}
		if (!is_label_byte(c) || ++label > HOST_LABEL_MAX)
			return false;
		if (c == '-' && (label == 1 || is_last || name.ptr[i + 1] == '.'))
			return false;
		if (c < '0' || c > '9')
			has_letter = true;
	}
	return has_letter;
}

/* inet_pton() of a view; false also when it holds a NUL or is too long. */
static bool parse_address(int family, struct str text, unsigned char *out)
{
	char buf[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof(buf))
		return false;
	memcpy(buf, text.ptr, text.len);
	buf[text.len] = '\0';
	return strlen(buf) == text.len && inet_pton(family, buf, out) == 1;
}

static bool is_ipv4(struct str text)
{
	unsigned char a[4];

	if (!parse_address(AF_INET, text, a))
		return false;
	return a[0] != 0 || (a[1] == 0 && a[2] == 0 && a[3] == 0);
}

static bool is_ipv6(struct str text)
{
	unsigned char a[16];

	return parse_address(AF_INET6, text, a);
}

bool hostaddr_is_valid(struct str name)
{
	return str_chr(name, ':') >= 0 ? is_ipv6(name) : is_ipv4(name);
}

struct str hostaddr_of_literal(struct str inside)
{
	struct str prefix = STR_LIT("IPv6:");

	if (str_caseeq(str_slice(inside, 0, prefix.len), prefix)) {
		inside = str_slice(inside, prefix.len, inside.len);
		return is_ipv6(inside) ? inside : (struct str){"", 0};
	}
	return is_ipv4(inside) ? inside : (struct str){"", 0};
}

bool hostaddr_is_literal(struct str name)
{
	if (name.len < 3 || name.ptr[0] != '[' || name.ptr[name.len - 1] != ']')
		return false;
	return hostaddr_of_literal(str_slice(name, 1, name.len - 1)).len > 0;
}
