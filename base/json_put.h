/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON that is written bit by bit: values and members that stand deeper in a
 * document which is never in memory as a whole.
 */
#ifndef MCC_BASE_JSON_PUT_H
#define MCC_BASE_JSON_PUT_H

#include <stddef.h>
#include <stdio.h>

struct json_t;

/* The value, indented by `indent`; every line but the first has `margin` in
 * front. The first line's place is the caller's. */
void json_put(FILE *out, const struct json_t *value, size_t indent, const char *margin);
/* The members of an object whose brace the document has open, and the brace
 * that closes it. Begins with a line end. */
void json_put_members(FILE *out, const struct json_t *object, size_t indent,
		      const char *margin);

#endif
