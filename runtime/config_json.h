/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading JSON that nobody vouches for. The first thing that is wrong is kept
 * as a text that names the member ("services[0].port: must be a number"); from
 * then on every call gives a harmless value, so readers need no checks of
 * their own between the first line and the last.
 */
#ifndef MCC_RUNTIME_CONFIG_JSON_H
#define MCC_RUNTIME_CONFIG_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;

struct json_reader {
	struct arena *arena;
	char *err;
	size_t err_size;
	bool failed;
};

/* A place in the document; chained on the stack of the reading functions. */
struct json_at {
	const struct json_at *up;
	const char *member; /* NULL: an element */
	size_t index;
	const json_t *value; /* NULL: missing */
};

/* `arena` has no cap; `err` is borrowed. */
void json_reader_init(struct json_reader *reader, struct arena *arena, char *err,
		      size_t err_size);

/*
 * Parses the text; duplicates of a member and bytes behind the value are
 * refused. NULL when it is no JSON (the reader has failed). The caller owns
 * the result.
 */
json_t *json_read_document(struct json_reader *reader, struct str text);

void json_fail(struct json_reader *reader, const struct json_at *at, const char *fmt, ...)
	MCC_PRINTF(3, 4);

/* Member of an object, element of an array; value NULL when it is not there. */
struct json_at json_member(const struct json_at *at, const char *name);
struct json_at json_element(const struct json_at *at, size_t index);

/* Each fails when the value is missing or of another type. */
const char *json_read_text(struct json_reader *reader, const struct json_at *at);
bool json_read_bool(struct json_reader *reader, const struct json_at *at);
int64_t json_read_number(struct json_reader *reader, const struct json_at *at,
			 int64_t min, int64_t max);
/* Number of elements; 0 after a failure. */
size_t json_read_array(struct json_reader *reader, const struct json_at *at);
/* Fails when it is no object or has a member that `names` (NULL-terminated)
 * does not list. */
void json_read_object(struct json_reader *reader, const struct json_at *at,
		      const char *const *names);

#endif
