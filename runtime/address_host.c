/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Syntax of host names and of numeric addresses, as strict and as lenient as
 * smtpd(8): underscores are letters, a name made of digits only is no name,
 * and 0.1.2.3 is no address.
 */
#include <ctype.h>
#include <string.h>

#include "runtime/address.h"

enum { HOST_LABEL_MAX = 63, HOST_NAME_MAX_LEN = 255 };

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return (unsigned)(c | 0x20) - 'a' < 26u || c == '_' || c >= 128;
}

/* A label ends before byte `end`. */
static bool is_label(struct str name, size_t start, size_t end)
{
	return end > start && end - start <= HOST_LABEL_MAX && name.ptr[start] != '-' &&
	       name.ptr[end - 1] != '-';
}

bool hostname_is_valid(struct str name)
{
	size_t label = 0;
	bool has_letter = false;

	if (name.len == 0 || name.len > HOST_NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c == '.') {
			if (!is_label(name, label, i))
				return false;
			label = i + 1;
		} else if (is_letter(c) || c == '-') {
			has_letter = true;
		} else if (!is_digit(c)) {
			return false;
		}
	}
	return has_letter && is_label(name, label, name.len);
}

/* Digits of any number, so leading zeros, that make a byte. */
static bool is_byte(struct str digits)
{
	unsigned value = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		value = value * 10 + (unsigned)(digits.ptr[i] - '0');
		if (value > 255)
			return false;
	}
	return digits.len > 0;
}

static bool is_zero(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '0' && text.ptr[i] != '.')
			return false;
	return true;
}

static bool is_ipv4(struct str text)
{
	struct str rest = text;

	for (int i = 0; i < 4; i++) {
		ptrdiff_t dot = str_chr(rest, '.');
		struct str byte = rest;

		if ((dot >= 0) != (i < 3))
			return false;
		if (dot >= 0) {
			byte = str_slice(rest, 0, (size_t)dot);
			rest = str_slice(rest, (size_t)dot + 1, rest.len);
		}
		if (!is_byte(byte) || (i == 0 && is_zero(byte) && !is_zero(text)))
			return false;
	}
	return true;
}

static size_t hex_length(struct str text)
{
	size_t n = 0;

	while (n < text.len && isxdigit((unsigned char)text.ptr[n]))
		n++;
	return n;
}

/*
 * Groups and colons as valid_hostaddr() of Postfix counts them: no more than
 * seven colons and one "::", but fewer groups than eight will do without it.
 */
static bool is_ipv6(struct str text)
{
	size_t colons = 0, null_at = 0, len = 0, i = 0;

	while (i < text.len) {
		if (text.ptr[i] == '.')
			return colons >= 2 && colons <= 6 &&
			       is_ipv4(str_slice(text, i - len, text.len));
		if (text.ptr[i] != ':') {
			len = hex_length(str_slice(text, i, text.len));
			if (len == 0 || len > 4)
				return false;
			i += len;
			continue;
		}
		if (i == 0 && text.len > 1 && isalnum((unsigned char)text.ptr[1]))
			return false;
		if (++colons > 7)
			return false;
		i++;
		len = 0;
		if (i == text.len || text.ptr[i] != ':')
			continue;
		if (null_at > 0)
			return false;
		null_at = colons;
	}
	return colons >= 2 && (len > 0 || null_at == colons - 1);
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
