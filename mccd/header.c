/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header by header. Which ones hold senders and which recipients is what
 * cleanup(8) says (header_opts.c lists them by kind). Addresses are replaced in
 * place, so that names, comments and folding of what is not changed survive.
 */
#include "mccd/header.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "mccd/header_address.h"
#include "runtime/address.h"
#include "runtime/config.h"
#include "runtime/resolve.h"

enum kind { OTHER, SENDER, RECIPIENT };

static const struct {
	const char *name;
	enum kind kind;
} known[] = {
	{"apparently-to", RECIPIENT},
	{"bcc", RECIPIENT},
	{"cc", RECIPIENT},
	{"disposition-notification-to", SENDER},
	{"errors-to", SENDER},
	{"from", SENDER},
	{"mail-followup-to", SENDER},
	{"reply-to", SENDER},
	{"resent-bcc", RECIPIENT},
	{"resent-cc", RECIPIENT},
	{"resent-from", SENDER},
	{"resent-reply-to", SENDER},
	{"resent-sender", SENDER},
	{"resent-to", RECIPIENT},
	{"return-path", SENDER},
	{"return-receipt-to", SENDER},
	{"sender", SENDER},
	{"to", RECIPIENT},
};

/* Of a resent message, RESENT_SHIFT higher. */
enum seen {
	SEEN_FROM = 1,
	SEEN_DATE = 2,
	SEEN_ID = 4,
	SEEN_TO = 8,
	RESENT_SHIFT = 8,
	SEEN_RESENT = 1 << 7
};

/* Of a header line: its name, and where the value begins. False: no header. */
static bool split(struct str line, struct str *out_name, size_t *out_value)
{
	size_t len = 0;
	size_t at;

	while (len < line.len && line.ptr[len] > ' ' && line.ptr[len] < 0x7f &&
	       line.ptr[len] != ':')
		len++;
	at = len;
	while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
		at++;
	if (len == 0 || at >= line.len || line.ptr[at] != ':')
		return false;
	*out_name = str_slice(line, 0, len);
	*out_value = at + 1;
	return true;
}

/* The line at the beginning of `text`, with its line feed. */
static bool next_line(struct str text, struct str *out_line)
{
	const char *eol = memchr(text.ptr, '\n', text.len);

	if (!eol)
		return false;
	*out_line = str_slice(text, 0, (size_t)(eol - text.ptr) + 1);
	return true;
}

/* A line that mailbox files have on top; smtpd(8) makes a header of it. */
static bool is_mailbox_line(struct str line)
{
	while (line.len > 0 && line.ptr[0] == '>')
		line = str_slice(line, 1, line.len);
	return line.len >= 5 && str_caseeqc(str_slice(line, 0, 5), "From ");
}

bool header_find_end(struct str text, size_t *at)
{
	struct str line;
	struct str name;
	size_t value;

	while (next_line(str_slice(text, *at, text.len), &line)) {
		bool is_more = *at > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');

		if (!is_more && !split(line, &name, &value) &&
		    (*at > 0 || !is_mailbox_line(line)))
			return true;
		*at += line.len;
	}
	return false;
}

static bool is_dropped(const struct rt_settings *settings, struct str name)
{
	const struct rt_words *words = &settings->message_drop_headers;

	for (size_t i = 0; i < words->count; i++) {
		if (str_caseeqc(name, words->words[i]))
			return true;
	}
	return false;
}

static unsigned seen_by_name(struct str name)
{
	static const struct {
		const char *name;
		unsigned seen;
	} rows[] = {{"from", SEEN_FROM}, {"date", SEEN_DATE}, {"message-id", SEEN_ID},
		    {"to", SEEN_TO},	 {"cc", SEEN_TO},     {"bcc", SEEN_TO},
		    {"reply-to", 0},	 {"sender", 0}};
	bool is_resent = name.len > 7 && str_caseeqc(str_slice(name, 0, 7), "resent-");

	if (is_resent)
		name = str_slice(name, 7, name.len);
	for (size_t i = 0; i < array_len(rows); i++) {
		if (str_caseeqc(name, rows[i].name))
			return is_resent ? SEEN_RESENT | rows[i].seen << RESENT_SHIFT
					 : rows[i].seen;
	}
	return 0;
}

/* ---- addresses ---- */

struct mapping {
	const struct rt_context *ctx;
	bool is_sender;
};

static struct str map(void *arg, struct str address)
{
	const struct mapping *m = arg;

	return rt_rewrite_header(m->ctx, address, m->is_sender);
}

static enum kind kind_of(struct str name)
{
	for (size_t i = 0; i < array_len(known); i++) {
		if (str_caseeqc(name, known[i].name))
			return known[i].kind;
	}
	return OTHER;
}

/* The context for clients of other hosts: remote_header_rewrite_domain in
 * place of ours. NULL: their headers stay as they are. */
static const struct rt_context *context_of(const struct header_job *job,
					   struct rt_context *remote)
{
	const char *domain = job->ctx->settings->remote_header_rewrite_domain;
	struct rt_settings *settings;

	if (job->is_local)
		return job->ctx;
	if (!domain[0])
		return NULL;
	settings = arena_alloc(job->ctx->arena, sizeof(*settings));
	*settings = *job->ctx->settings;
	settings->myorigin = settings->mydomain = domain;
	*remote = *job->ctx;
	remote->settings = settings;
	return remote;
}

/* ---- missing headers ---- */

static void add_missing(const struct header_job *job, const struct rt_context *ctx,
			unsigned seen, struct strbuf *out)
{
	const struct rt_settings *settings = job->ctx->settings;
	const char *prefix = seen & SEEN_RESENT ? "Resent-" : "";
	unsigned found = seen & SEEN_RESENT ? seen >> RESENT_SHIFT : seen;
	struct str from;

	if (!ctx && !settings->always_add_missing_headers)
		return;
	if (!(found & SEEN_ID))
		strbuf_addf(out, "%sMessage-Id: <%s@%s>\n", prefix, job->id,
			    settings->myhostname);
	if (!(found & SEEN_DATE))
		strbuf_addf(out, "%sDate: %s\n", prefix, job->date);
	if (!(found & SEEN_FROM)) {
		from = job->sender[0] ? str_of(job->sender) : STR_LIT("MAILER-DAEMON");
		if (ctx)
			from = rt_rewrite_header(ctx, from, true);
		from = address_quote(job->ctx->arena, from);
		strbuf_addf(out, "%sFrom: %.*s\n", prefix, STR_ARG(from));
	}
}

void header_rewrite(const struct header_job *job, struct str text, bool has_blank,
		    struct strbuf *out)
{
	const struct rt_settings *settings = job->ctx->settings;
	struct rt_context remote;
	const struct rt_context *ctx = context_of(job, &remote);
	unsigned seen = 0;
	struct str line;

	while (text.len > 0 && next_line(text, &line)) {
		struct str name;
		struct str more;
		size_t value;
		enum kind kind;

		/* With the lines that continue it. */
		while (line.len < text.len &&
		       (text.ptr[line.len] == ' ' || text.ptr[line.len] == '\t') &&
		       next_line(str_slice(text, line.len, text.len), &more))
			line.len += more.len;
		text = str_slice(text, line.len, text.len);
		if (!split(line, &name, &value)) {
			strbuf_adds(out, "X-Mailbox-Line: ");
			strbuf_addstr(out, line);
			continue;
		}
		seen |= seen_by_name(name);
		if (is_dropped(settings, name))
			continue;
		kind = kind_of(name);
		if (kind == OTHER || !ctx) {
			strbuf_addstr(out, line);
			continue;
		}
		strbuf_addstr(out, str_slice(line, 0, value));
		header_address_rewrite(ctx->arena, str_slice(line, value, line.len), map,
				       &(struct mapping){ctx, kind == SENDER}, out);
	}
	add_missing(job, ctx, seen, out);
	if (!(seen & (SEEN_TO | SEEN_TO << RESENT_SHIFT)) && ctx &&
	    settings->undisclosed_recipients_header[0])
		strbuf_addf(out, "%s\n", settings->undisclosed_recipients_header);
	if (!has_blank)
		strbuf_addc(out, '\n');
}
