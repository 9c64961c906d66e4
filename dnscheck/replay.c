/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recording as a source. The file is checked as a whole when it is opened:
 * a torn or damaged one is refused with its line, because a missing answer
 * would otherwise look like a question that was never asked. A question that
 * is not in the recording is DNS_UNVERIFIED, never "does not exist".
 */
#include "dnscheck/record.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/strmap.h"
#include "dnscheck/answer.h"
#include "dnscheck/source.h"

struct replay_item {
	struct dns_answer answer;
	bool is_open;
	struct dns_rr *rrs; /* what answer.rrs shows */
	size_t rr_room;
};

struct replay {
	struct dns_source source;
	struct arena *arena;
	struct strmap *items; /* by key_of() */
};

struct reader {
	struct replay *replay;
	struct str rest; /* text after the current line */
	size_t line;
	struct replay_item *item; /* that rr lines belong to */
	size_t count;
	const char *problem;
};

/* Wire name and type as one key. */
static struct str key_of(const struct dns_name *name, enum dns_type type, char *buf)
{
	memcpy(buf, name->wire, name->len);
	buf[name->len] = (char)((unsigned)type >> 8);
	buf[name->len + 1] = (char)type;
	return (struct str){buf, (size_t)name->len + 2};
}

static bool fail(struct reader *rd, const char *problem)
{
	rd->problem = problem;
	return false;
}

/* `\"`, `\\` or `\ddd` at *i; false: none of them. */
static bool read_escape(struct str s, size_t *i, char *out)
{
	struct str digits = str_slice(s, *i + 1, *i + 4);
	uint64_t value;

	if (digits.len != 0 && (digits.ptr[0] == '"' || digits.ptr[0] == '\\')) {
		*out = digits.ptr[0];
		*i += 2;
		return true;
	}
	if (digits.len != 3 || !str_to_u64(digits, &value) || value > 255)
		return false;
	*out = (char)value;
	*i += 4;
	return true;
}

/* Quoted text at the start of *at, unescaped into the arena. */
static bool read_quoted(struct reader *rd, struct str *at, struct str *out)
{
	char *copy = arena_alloc(rd->replay->arena, at->len + 1);
	size_t i = 1, len = 0;

	if (at->len < 2 || at->ptr[0] != '"')
		return fail(rd, "quoted text expected");
	while (i < at->len && at->ptr[i] != '"') {
		if (at->ptr[i] != '\\') {
			copy[len++] = at->ptr[i++];
			continue;
		}
		if (!read_escape(*at, &i, &copy[len++]))
			return fail(rd, "broken escape in quoted text");
	}
	if (i >= at->len)
		return fail(rd, "quoted text without its end");
	*at = str_slice(*at, i + 1, at->len);
	*out = (struct str){copy, len};
	return true;
}

static bool read_word(struct reader *rd, struct str *at, struct str *out)
{
	return str_token(at, " ", out) || fail(rd, "line too short");
}

static bool read_number(struct reader *rd, struct str word, uint64_t max, uint64_t *out)
{
	if (!str_to_u64(word, out) || *out > max)
		return fail(rd, "number expected");
	return true;
}

static bool read_next_number(struct reader *rd, struct str *at, uint64_t max,
			     uint64_t *out)
{
	struct str word;

	return read_word(rd, at, &word) && read_number(rd, word, max, out);
}

static bool read_name(struct reader *rd, struct str word, struct dns_name *out)
{
	char *text = str_dup0(rd->replay->arena, word);

	return dns_name_parse(text, out) || fail(rd, "bad domain name");
}

static bool read_name_text(struct reader *rd, struct str word, const char **out)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	if (!read_name(rd, word, &name))
		return false;
	dns_name_format(&name, text);
	*out = arena_strdup(rd->replay->arena, text);
	return true;
}

static bool read_type(struct reader *rd, struct str *at, enum dns_type *out)
{
	struct str word;

	if (!read_word(rd, at, &word))
		return false;
	return dns_type_parse(str_dup0(rd->replay->arena, word), out) ||
	       fail(rd, "unknown record type");
}

static bool read_attribute(struct reader *rd, struct str *at, struct replay_item *item)
{
	struct dns_answer *a = &item->answer;
	struct str word, quoted;
	uint64_t n;

	*at = str_trim(*at);
	if (str_starts(*at, "server=") || str_starts(*at, "detail=")) {
		word = *at;
		*at = str_slice(*at, 7, at->len);
		if (!read_quoted(rd, at, &quoted))
			return false;
		*(word.ptr[0] == 's' ? &a->server : &a->detail) =
			str_dup0(rd->replay->arena, quoted);
		return true;
	}
	if (!read_word(rd, at, &word))
		return false;
	if (str_eqc(word, "open")) {
		item->is_open = true;
		return true;
	}
	if (str_starts(word, "cname="))
		return read_name_text(rd, str_slice(word, 6, word.len), &a->cname);
	if (str_eqc(word, "ad=0") || str_eqc(word, "ad=1") || str_eqc(word, "ad=2")) {
		a->authenticated = word.ptr[3] == '1';
		a->is_insecure = word.ptr[3] == '2';
		return true;
	}
	if (str_starts(word, "negative=")) {
		if (!read_number(rd, str_slice(word, 9, word.len), UINT32_MAX, &n))
			return false;
		a->negative_ttl = (uint32_t)n;
		return true;
	}
	if (str_starts(word, "ms=")) {
		if (!read_number(rd, str_slice(word, 3, word.len), UINT32_MAX, &n))
			return false;
		a->elapsed_ms = (unsigned)n;
		return true;
	}
	return fail(rd, "unknown attribute");
}

static bool read_ask(struct reader *rd, struct str at)
{
	struct arena *arena = rd->replay->arena;
	struct replay_item *item = arena_alloc(arena, sizeof(*item));
	char buf[DNS_NAME_WIRE + 2];
	struct dns_name name;
	struct str word, key;

	if (!read_word(rd, &at, &word) || !read_name(rd, word, &name) ||
	    !read_type(rd, &at, &item->answer.qtype) || !read_word(rd, &at, &word))
		return false;
	if (!dns_status_parse(str_dup0(arena, word), &item->answer.status))
		return fail(rd, "unknown status");
	while (str_trim(at).len != 0) {
		if (!read_attribute(rd, &at, item))
			return false;
	}
	if (item->is_open && item->answer.cname == NULL)
		return fail(rd, "\"open\" without \"cname\"");
	key = key_of(&name, item->answer.qtype, buf);
	if (strmap_find(rd->replay->items, key) != NULL)
		return fail(rd, "the same question twice");
	key.ptr = arena_memdup0(arena, key.ptr, key.len);
	(void)strmap_put(rd->replay->items, key, item);
	rd->item = item;
	rd->count++;
	return true;
}

static bool read_address(struct reader *rd, struct str at, struct dns_rr *rr)
{
	int family = rr->type == DNS_A ? AF_INET : AF_INET6;

	return inet_pton(family, str_dup0(rd->replay->arena, at), rr->address) == 1 ||
	       fail(rd, "bad address");
}

static bool read_rr_target(struct reader *rd, struct str *at, struct dns_rr *rr)
{
	struct str word;

	return read_word(rd, at, &word) && read_name_text(rd, word, &rr->name);
}

static bool read_rr_data(struct reader *rd, struct str at, struct dns_rr *rr)
{
	uint64_t a, b, c;

	switch (rr->type) {
	case DNS_A:
	case DNS_AAAA:
		return read_address(rd, at, rr);
	case DNS_MX:
		if (!read_next_number(rd, &at, UINT16_MAX, &a))
			return false;
		rr->preference = (uint16_t)a;
		return read_rr_target(rd, &at, rr);
	case DNS_SRV:
		if (!read_next_number(rd, &at, UINT16_MAX, &a) ||
		    !read_next_number(rd, &at, UINT16_MAX, &b) ||
		    !read_next_number(rd, &at, UINT16_MAX, &c))
			return false;
		rr->preference = (uint16_t)a;
		rr->weight = (uint16_t)b;
		rr->port = (uint16_t)c;
		return read_rr_target(rd, &at, rr);
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
		return read_rr_target(rd, &at, rr);
	case DNS_SOA:
	case DNS_TXT:
	case DNS_SPF:
	case DNS_DS:
	case DNS_TLSA:
	case DNS_CAA:
		break;
	}
	return read_quoted(rd, &at, &rr->text);
}

static bool read_rr(struct reader *rd, struct str at)
{
	struct dns_answer *a;
	struct dns_rr *rr;
	uint64_t ttl;

	if (rd->item == NULL)
		return fail(rd, "a record before the first question");
	a = &rd->item->answer;
	rr = arena_push(rd->replay->arena, &rd->item->rrs, a->rr_count,
			&rd->item->rr_room, sizeof(*rr));
	a->rrs = rd->item->rrs;
	if (!read_next_number(rd, &at, UINT32_MAX, &ttl) ||
	    !read_type(rd, &at, &rr->type) || !read_rr_data(rd, str_trim(at), rr))
		return false;
	if (rr->type != a->qtype)
		return fail(rd, "the record is not of the type asked for");
	rr->ttl = (uint32_t)ttl;
	a->rr_count++;
	return true;
}

static bool next_line(struct reader *rd, struct str *out)
{
	ptrdiff_t end = str_chr(rd->rest, '\n');

	rd->line++;
	if (end < 0)
		return false; /* a last line without its end is torn as well */
	*out = str_slice(rd->rest, 0, (size_t)end);
	rd->rest = str_slice(rd->rest, (size_t)end + 1, rd->rest.len);
	return true;
}

static bool read_end(struct reader *rd, struct str at)
{
	uint64_t count;

	if (!read_next_number(rd, &at, UINT32_MAX, &count))
		return false;
	if (count != rd->count)
		return fail(rd, "the number of answers is another one: damaged");
	if (rd->rest.len != 0)
		return fail(rd, "text after the end");
	return true;
}

static bool read_all(struct reader *rd)
{
	struct str line, word;

	if (!next_line(rd, &line) || !str_eqc(line, RECORDING_MAGIC))
		return fail(rd, "not a recording of DNS answers");
	while (next_line(rd, &line)) {
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		word = STR_LIT("");
		(void)str_token(&line, " ", &word);
		if (str_eqc(word, "end"))
			return read_end(rd, line);
		if (str_eqc(word, "ask") ? !read_ask(rd, line)
		    : str_eqc(word, "rr")
			    ? !read_rr(rd, line)
			    : !fail(rd, "\"ask\", \"rr\" or \"end\" expected"))
			return false;
	}
	return fail(rd, "the recording is cut off: no \"end\" line");
}

static void replay_start(struct dns_source *source, struct dns_question *q)
{
	const struct replay *replay = (const struct replay *)source;
	char buf[DNS_NAME_WIRE + 2];
	const struct replay_item *item =
		strmap_find(replay->items, key_of(&q->name, q->type, buf));

	if (item == NULL)
		dns_question_fail(q, DNS_UNVERIFIED, "", "not in the recording");
	else
		dns_question_done(q, &item->answer, item->is_open);
}

static void replay_close(struct dns_source *source)
{
	struct replay *replay = (struct replay *)source;

	arena_free(replay->arena);
	free(replay);
}

static const struct dns_source_ops replay_ops = {.start = replay_start,
						 .close = replay_close};

struct dns_source *replay_new(struct str text, char *err, size_t err_size)
{
	struct replay *replay = dns_alloc(sizeof(*replay));
	struct reader rd = {.replay = replay, .rest = text};

	replay->source.ops = &replay_ops;
	replay->arena = arena_new(0);
	replay->items = strmap_new(replay->arena);
	if (read_all(&rd))
		return &replay->source;
	snprintf(err, err_size, "%zu: %s", rd.line, rd.problem);
	replay_close(&replay->source);
	return NULL;
}

int resolver_open_replay(const char *path, struct resolver **out_r, char *err,
			 size_t err_size)
{
	struct arena *arena = arena_new(0);
	struct dns_source *source = NULL;
	struct str text;
	char problem[256];
	int status = fs_read_file(arena, AT_FDCWD, path, LIMIT_DNS_RECORDING, &text);

	if (status != 0) {
		snprintf(err, err_size, "%s: %s", path, mcc_status_text(status));
	} else {
		source = replay_new(text, problem, sizeof(problem));
		if (source == NULL) {
			status = MCC_EFORMAT;
			snprintf(err, err_size, "%s:%s", path, problem);
		} else {
			*out_r = resolver_new(source, NULL);
		}
	}
	arena_free(arena);
	return status;
}
