/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Growing buffer on the heap. The length never passes `max`; an append that
 * would is dropped whole and remembered in `failed`, so that a chain of
 * appends needs one check at its end.
 */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRBUF_ROOM_MIN = 64 };

void strbuf_init(struct strbuf *buf, size_t max)
{
	*buf = (struct strbuf){.max = max};
}

void strbuf_fini(struct strbuf *buf)
{
	free(buf->ptr);
	*buf = (struct strbuf){.max = buf->max};
}

void strbuf_clear(struct strbuf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->ptr)
		buf->ptr[0] = '\0';
}

/* Room for `more` bytes and the NUL; false sets `failed`. */
static bool reserve(struct strbuf *buf, size_t more)
{
	size_t need;
	size_t room;
	char *grown;

	if (buf->failed || buf->len > buf->max || more > buf->max - buf->len ||
	    more > PTRDIFF_MAX / 2 - buf->len) {
		buf->failed = true;
		return false;
	}
	need = buf->len + more + 1;
	if (need <= buf->room)
		return true;
	room = buf->room ? buf->room * 2 : STRBUF_ROOM_MIN;
	if (room < need)
		room = need;
	grown = realloc(buf->ptr, room);
	if (!grown) {
		buf->failed = true;
		return false;
	}
	buf->ptr = grown;
	buf->room = room;
	return true;
}

void strbuf_add(struct strbuf *buf, const void *data, size_t len)
{
	if (!reserve(buf, len))
		return;
	if (len)
		memcpy(buf->ptr + buf->len, data, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}

char *strbuf_claim_grown(struct strbuf *buf, size_t len)
{
	char *start;

	if (!reserve(buf, len))
		return NULL;
	start = buf->ptr + buf->len;
	buf->len += len;
	buf->ptr[buf->len] = '\0';
	return start;
}

void strbuf_adds(struct strbuf *buf, const char *cstr)
{
	strbuf_add(buf, cstr, strlen(cstr));
}

/* Into the room that is there, which nearly always is enough. */
void strbuf_vaddf(struct strbuf *buf, const char *fmt, va_list ap)
{
	size_t left = buf->room - buf->len;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(left ? buf->ptr + buf->len : NULL, left, fmt, ap);
	MCC_ASSERT(len >= 0);
	if (!reserve(buf, (size_t)len)) {
		/* What did not fit is dropped whole. */
		if (left)
			buf->ptr[buf->len] = '\0';
	} else {
		if ((size_t)len >= left)
			vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void strbuf_addf(struct strbuf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(buf, fmt, ap);
	va_end(ap);
}

struct str strbuf_view(const struct strbuf *buf)
{
	return buf->ptr ? (struct str){buf->ptr, buf->len} : (struct str){"", 0};
}
