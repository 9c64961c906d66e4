/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of the input made fit to be shown: control characters and bytes that
 * are not UTF-8 become \xHH, characters that cannot be seen or that change
 * the direction of writing become <U+XXXX>.
 */
#ifndef MCC_BASE_ESCAPE_H
#define MCC_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* One character of the input, or one byte that is none. */
struct glyph {
	size_t len;	/* bytes of the input */
	unsigned width; /* columns on a terminal as shown */
	char shown[16]; /* NUL-terminated */
};

/* The first character of `s`, which must not be empty. A tab stays a tab of
 * width 0: only the caller knows the column. */
struct glyph escape_glyph(struct str s);

/* Appends `s` escaped, on one line: tabs and line breaks become \t and \n. */
void escape_add(struct strbuf *buf, struct str s);

/* Printable ASCII without quotes and backslashes: a JSON string as it is. */
bool escape_is_plain(struct str s);

/*
 * Appends `s` with only the bytes that are not UTF-8 escaped, for formats
 * that have escapes of their own for everything else (JSON).
 */
void escape_add_utf8(struct strbuf *buf, struct str s);

#endif
