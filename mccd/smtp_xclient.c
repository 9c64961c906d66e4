/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XCLIENT: a trusted peer (smtpd_authorized_xclient_hosts) says for whom it
 * speaks, and the session starts anew as if that client had connected. Used by
 * content filters in front of the daemon and by tests.
 */
#include "mccd/smtp_command.h"

#include <string.h>

#include "base/arena.h"

struct attribute {
	const char *name;
	size_t member; /* offset in struct smtp_xclient; (size_t)-1: ignored */
};

static const struct attribute attributes[] = {
	{"NAME", offsetof(struct smtp_xclient, name)},
	{"ADDR", offsetof(struct smtp_xclient, address)},
	{"REVERSE_NAME", offsetof(struct smtp_xclient, reverse_name)},
	{"HELO", offsetof(struct smtp_xclient, helo)},
	{"LOGIN", offsetof(struct smtp_xclient, login)},
	{"PROTO", offsetof(struct smtp_xclient, protocol)},
	{"PORT", (size_t)-1},
	{"DESTADDR", (size_t)-1},
	{"DESTPORT", (size_t)-1},
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* xtext of RFC 3461 4; NULL: not well-formed. */
static const char *decode_xtext(struct arena *arena, struct str text)
{
	char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		int high;
		int low;

		if (text.ptr[i] != '+') {
			out[len++] = text.ptr[i];
			continue;
		}
		high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
		low = i + 2 < text.len ? hex_digit(text.ptr[i + 2]) : -1;
		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return NULL;
		out[len++] = (char)(high * 16 + low);
		i += 2;
	}
	return out;
}

static const struct attribute *find_attribute(struct str name)
{
	size_t i;

	for (i = 0; i < array_len(attributes); i++)
		if (str_caseeqc(name, attributes[i].name))
			return &attributes[i];
	return NULL;
}

/* Stores one NAME=VALUE; false: replied. */
static bool set_attribute(struct smtp *s, struct arena *arena, struct str word,
			  struct smtp_xclient *x)
{
	ptrdiff_t at = str_chr(word, '=');
	struct str name = str_slice(word, 0, at < 0 ? 0 : (size_t)at);
	const struct attribute *attribute = find_attribute(name);
	const char *value;

	if (at < 0) {
		smtp_error(s, "501 5.5.4 Error: attribute=value expected");
		return false;
	}
	if (attribute == NULL) {
		smtp_error(s, "501 5.5.4 Bad XCLIENT attribute name: %.*s",
			   STR_ARG(str_slice(name, 0, 100)));
		return false;
	}
	value = decode_xtext(arena, str_slice(word, (size_t)at + 1, word.len));
	if (value == NULL || strlen(value) > 255) {
		smtp_error(s, "501 5.5.4 Bad XCLIENT attribute value: %.*s",
			   STR_ARG(str_slice(word, 0, 100)));
		return false;
	}
	if (attribute->member != (size_t)-1)
		memcpy((char *)x + attribute->member, &value, sizeof(value));
	return true;
}

void smtp_command_xclient(struct smtp *s, struct arena *arena, struct str args,
			  struct smtp_event *event)
{
	struct smtp_xclient x = {0};
	struct str word;

	if (s->has_mail) {
		smtp_error(s, "503 5.5.1 Error: MAIL transaction in progress");
		return;
	}
	if (args.len == 0) {
		smtp_error(s, "501 5.5.4 Syntax: XCLIENT attribute=value...");
		return;
	}
	if (!s->params.xclient_allowed) {
		smtp_error(s, "550 5.7.0 Error: insufficient authorization");
		return;
	}
	while (str_token(&args, " \t", &word))
		if (!set_attribute(s, arena, word, &x))
			return;
	s->is_denied = false;
	s->is_esmtp = x.protocol != NULL && str_caseeqc(str_of(x.protocol), "ESMTP");
	/* "[UNAVAILABLE]" and "[TEMPUNAVAIL]" are no names. */
	smtp_set_helo(s,
		      x.helo != NULL && x.helo[0] != '[' ? str_of(x.helo) : STR_LIT(""));
	event->xclient = x;
	event->type = SMTP_EVENT_XCLIENT;
	s->pending = SMTP_EVENT_XCLIENT;
}
