/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message text of `sendmail`. Header addresses are read by the grammar of RFC
 * 5322 3.4 with its comments, quoted strings and groups; what does not parse
 * is refused, never guessed: a wrong guess is a stranger's mailbox.
 */
#include "mccd/submit_message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"

enum { SUBMIT_MESSAGE_MAX = 100 << 20, SUBMIT_COMMENT_DEPTH = 32 };

/* Whether the bytes read so far end with the line "."; *len loses it then. */
static bool strip_final_dot(const char *buf, size_t *len, size_t *scanned)
{
	size_t at = *scanned;

	while (at < *len) {
		const char *lf = memchr(buf + at, '\n', *len - at);
		size_t end = lf == NULL ? *len : (size_t)(lf - buf);

		if (lf == NULL)
			break;
		if (buf[at] == '.' &&
		    (end - at == 1 || (end - at == 2 && buf[at + 1] == '\r'))) {
			*len = at;
			return true;
		}
		at = end + 1;
	}
	*scanned = at;
	return false;
}

static size_t drop_cr(char *buf, size_t len)
{
	size_t out = 0;
	size_t i;

	for (i = 0; i < len; i++)
		if (buf[i] != '\r' || i + 1 == len || buf[i + 1] != '\n')
			buf[out++] = buf[i];
	return out;
}

int submit_read_all(struct arena *arena, int fd, bool dot_ends, struct str *out_text)
{
	struct strbuf buf;
	char block[65536];
	size_t scanned = 0;
	bool is_over = false;
	int status = 0;

	strbuf_init(&buf, SUBMIT_MESSAGE_MAX);
	while (!is_over) {
		ssize_t n = read(fd, block, sizeof(block));

		if (n < 0)
			status = MCC_EIO;
		if (n <= 0)
			break;
		/* CR LF may be cut by a block: both are seen again below. */
		strbuf_add(&buf, block, (size_t)n);
		if (buf.failed)
			break;
		if (dot_ends)
			is_over = strip_final_dot(buf.ptr, &buf.len, &scanned);
	}
	if (buf.failed)
		status = MCC_ETOOBIG;
	if (status == 0) {
		buf.len = buf.len > 0 ? drop_cr(buf.ptr, buf.len) : 0;
		if (buf.len > 0 && buf.ptr[buf.len - 1] != '\n')
			strbuf_addc(&buf, '\n');
		*out_text = (struct str){
			arena_memdup0(arena, buf.len ? buf.ptr : "", buf.len), buf.len};
	}
	strbuf_fini(&buf);
	return status;
}

bool submit_next_header(struct str *rest, struct str *out_field, struct str *out_name)
{
	size_t end = 0;
	ptrdiff_t colon;

	if (rest->len == 0)
		return false;
	do {
		ptrdiff_t lf = str_chr(str_slice(*rest, end, rest->len), '\n');

		end = lf < 0 ? rest->len : end + (size_t)lf + 1;
	} while (end < rest->len && (rest->ptr[end] == ' ' || rest->ptr[end] == '\t'));
	*out_field = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end, rest->len);
	colon = str_chr(*out_field, ':');
	*out_name = str_trim(str_slice(*out_field, 0, colon < 0 ? 0 : (size_t)colon));
	if (out_name->len == 0 || out_field->ptr[0] == ' ' || out_field->ptr[0] == '\t' ||
	    str_chr(*out_name, ' ') >= 0)
		*out_name = STR_LIT("");
	return true;
}

void submit_split(struct arena *arena, struct str text,
		  struct submit_message *out_message)
{
	struct str rest = text;
	struct str field;
	struct str name;
	size_t headers = 0;

	(void)arena;
	while (rest.len > 0 && rest.ptr[0] != '\n') {
		struct str before = rest;

		if (!submit_next_header(&rest, &field, &name) || name.len == 0) {
			rest = before; /* a body without an empty line above it */
			break;
		}
		headers += field.len;
	}
	*out_message = (struct submit_message){.added = STR_LIT(""),
					       .headers = str_slice(text, 0, headers),
					       .body = rest};
	if (rest.len > 0 && rest.ptr[0] == '\n')
		out_message->body = str_slice(rest, 1, rest.len);
}

/* ---- addresses ---- */

struct address_reader {
	struct arena *arena;
	struct str rest;
	struct strbuf words; /* outside of <> */
	struct strbuf route; /* inside */
	bool has_route;
	bool is_group;
};

/* Over a comment, nested; false: it does not end. */
static bool skip_comment(struct str *rest)
{
	unsigned depth = 0;
	size_t i;

	for (i = 0; i < rest->len; i++) {
		char c = rest->ptr[i];

		if (c == '\\')
			i++;
		else if (c == '(' && ++depth > SUBMIT_COMMENT_DEPTH)
			return false;
		else if (c == ')' && --depth == 0) {
			*rest = str_slice(*rest, i + 1, rest->len);
			return true;
		}
	}
	return false;
}

/* A quoted string with its quotes, copied as it is. */
static bool copy_quoted(struct str *rest, struct strbuf *out)
{
	size_t i;

	for (i = 1; i < rest->len; i++) {
		if (rest->ptr[i] == '\\') {
			i++;
		} else if (rest->ptr[i] == '"') {
			strbuf_addstr(out, str_slice(*rest, 0, i + 1));
			*rest = str_slice(*rest, i + 1, rest->len);
			return true;
		}
	}
	return false;
}

static bool is_plausible(struct str address)
{
	size_t i;
	bool is_quoted = false;

	for (i = 0; i < address.len; i++) {
		unsigned char c = (unsigned char)address.ptr[i];

		if (c == '"')
			is_quoted = !is_quoted;
		if (c < 32 || c == 127 || (!is_quoted && (c == ' ' || c == '\t')))
			return false;
	}
	return address.len > 0 && address.len <= LIMIT_ADDRESS;
}

/* The end of one mailbox. */
static bool finish_one(struct address_reader *r, struct submit_list *list)
{
	struct str address = str_trim(strbuf_view(r->has_route ? &r->route : &r->words));
	const char **slot;
	bool is_good = true;

	if (r->has_route || address.len > 0) {
		is_good = is_plausible(address) && list->count <= LIMIT_RECIPIENTS;
		if (is_good) {
			slot = arena_push(r->arena, &list->items, list->count, &list->cap,
					  sizeof(*slot));
			*slot = str_dup0(r->arena, address);
			list->count++;
		}
	}
	strbuf_clear(&r->words);
	strbuf_clear(&r->route);
	r->has_route = false;
	return is_good;
}

static bool read_route(struct address_reader *r)
{
	r->rest = str_slice(r->rest, 1, r->rest.len);
	r->has_route = true;
	while (r->rest.len > 0 && r->rest.ptr[0] != '>') {
		if (r->rest.ptr[0] == '"') {
			if (!copy_quoted(&r->rest, &r->route))
				return false;
			continue;
		}
		if (r->rest.ptr[0] == '<')
			return false;
		strbuf_addc(&r->route, r->rest.ptr[0]);
		r->rest = str_slice(r->rest, 1, r->rest.len);
	}
	if (r->rest.len == 0)
		return false;
	r->rest = str_slice(r->rest, 1, r->rest.len);
	return true;
}

static bool read_piece(struct address_reader *r, struct submit_list *list)
{
	char c = r->rest.ptr[0];

	switch (c) {
	case '(':
		return skip_comment(&r->rest);
	case '"':
		return copy_quoted(&r->rest, &r->words);
	case '<':
		return !r->has_route && read_route(r);
	case ':':
		/* The name of a group. */
		if (r->is_group || r->has_route)
			return false;
		r->is_group = true;
		strbuf_clear(&r->words);
		break;
	case ';':
		if (!r->is_group)
			return false;
		r->is_group = false;
		if (!finish_one(r, list))
			return false;
		break;
	case ',':
		if (!finish_one(r, list))
			return false;
		break;
	case '>':
		return false;
	default:
		strbuf_addc(&r->words, c == '\n' ? ' ' : c);
		break;
	}
	r->rest = str_slice(r->rest, 1, r->rest.len);
	return true;
}

bool submit_parse_addresses(struct arena *arena, struct str text,
			    struct submit_list *list)
{
	struct address_reader r = {.arena = arena, .rest = text};
	bool is_good = true;

	strbuf_init(&r.words, LIMIT_ADDRESS * 2);
	strbuf_init(&r.route, LIMIT_ADDRESS * 2);
	while (is_good && r.rest.len > 0)
		is_good = read_piece(&r, list) && !r.words.failed && !r.route.failed;
	if (is_good)
		is_good = finish_one(&r, list);
	strbuf_fini(&r.words);
	strbuf_fini(&r.route);
	return is_good;
}

bool submit_header_recipients(struct arena *arena, const struct submit_message *message,
			      struct submit_list *list)
{
	struct str rest = message->headers;
	struct str field;
	struct str name;

	while (submit_next_header(&rest, &field, &name)) {
		ptrdiff_t colon = str_chr(field, ':');

		if (!str_caseeqc(name, "To") && !str_caseeqc(name, "Cc") &&
		    !str_caseeqc(name, "Bcc"))
			continue;
		if (!submit_parse_addresses(
			    arena, str_slice(field, (size_t)colon + 1, field.len), list))
			return false;
	}
	return true;
}

/* ---- missing headers ---- */

static bool has_header(const struct submit_message *message, const char *wanted)
{
	struct str rest = message->headers;
	struct str field;
	struct str name;

	while (submit_next_header(&rest, &field, &name))
		if (str_caseeqc(name, wanted))
			return true;
	return false;
}

void submit_complete(struct arena *arena, struct submit_message *message,
		     const char *sender)
{
	char host[256] = "localhost";
	char date[64] = "";
	struct timespec now;
	struct strbuf added;
	struct tm tm;

	strbuf_init(&added, 4096);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)localtime_r(&now.tv_sec, &tm);
	(void)gethostname(host, sizeof(host) - 1);
	/* The program never calls setlocale(): the names are English. */
	if (!has_header(message, "Date") &&
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", &tm) > 0)
		strbuf_addf(&added, "Date: %s\n", date);
	if (!has_header(message, "From"))
		strbuf_addf(&added, "From: <%s>\n", sender[0] ? sender : "MAILER-DAEMON");
	if (!has_header(message, "Message-ID"))
		strbuf_addf(&added, "Message-ID: <%llx.%lx.%lx@%s>\n",
			    (unsigned long long)now.tv_sec, now.tv_nsec, (long)getpid(),
			    host);
	message->added = (struct str){
		arena_memdup0(arena, added.len ? added.ptr : "", added.len), added.len};
	strbuf_fini(&added);
}
