/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jansson indents a whole document only; here each line of what it writes gets
 * a margin. No string of a JSON text holds a line end, so lines are lines.
 */
#include "base/json_put.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

static void put_lines(FILE *out, const char *text, const char *margin)
{
	const char *nl;

	for (; (nl = strchr(text, '\n')); text = nl + 1) {
		fwrite(text, 1, (size_t)(nl + 1 - text), out);
		fputs(margin, out);
	}
	fputs(text, out);
}

static void put(FILE *out, const json_t *value, size_t indent, const char *margin,
		size_t skip)
{
	char *text = json_dumps(value, JSON_INDENT(indent) | JSON_ENCODE_ANY);

	MCC_ASSERT(text && strlen(text) >= skip);
	put_lines(out, text + skip, margin);
	free(text);
}

void json_put(FILE *out, const json_t *value, size_t indent, const char *margin)
{
	put(out, value, indent, margin, 0);
}

void json_put_members(FILE *out, const json_t *object, size_t indent, const char *margin)
{
	MCC_ASSERT(json_object_size(object) > 0);
	put(out, object, indent, margin, strlen("{"));
}
