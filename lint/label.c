/* SPDX-License-Identifier: BSD-2-Clause */
/* Syntax of host names. Underscores pass: Postfix only warns about them. */
#include "lint/label.h"

#include <ctype.h>

enum { LABEL_MAX = 63, NAME_MAX_LEN = 255 };

static const char *one_label_problem(struct str label)
{
	if (label.len == 0)
		return "a label between its dots is empty";
	if (label.len > LABEL_MAX)
		return "a label is longer than 63 bytes";
	if (label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return "a label begins or ends with '-'";
	for (size_t i = 0; i < label.len; i++) {
		unsigned char c = (unsigned char)label.ptr[i];

		if (!isalnum(c) && c != '-' && c != '_' && c < 0x80)
			return "it holds a character other than letters, digits and '-'";
	}
	return NULL;
}

static bool is_numeric(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!isdigit((unsigned char)name.ptr[i]) && name.ptr[i] != '.')
			return false;
	return true;
}

const char *label_problem(struct str name)
{
	struct str rest = name;

	if (name.len > NAME_MAX_LEN)
		return "it is longer than 255 bytes";
	if (is_numeric(name))
		return "it has only digits";
	for (;;) {
		ptrdiff_t dot = str_chr(rest, '.');
		const char *why = one_label_problem(
			dot < 0 ? rest : str_slice(rest, 0, (size_t)dot));

		if (why || dot < 0)
			return why;
		rest = str_slice(rest, (size_t)dot + 1, rest.len);
	}
}
