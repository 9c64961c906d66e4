/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three parts: words for people, fields for programs, the message that came
 * back. Text from elsewhere goes through put_clean(): printable ASCII, one
 * line, folded. The boundary is chosen so that it does not occur in what is
 * returned.
 */
#include "mccd/dsn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* RFC 5322 2.1.1: no line above 998; folded lines stay well below. */
#define FOLD_AT 900
/* People read the first part; the second one names every recipient. */
#define SHOWN_RECIPIENTS 200

void dsn_date(int64_t seconds, char out[DSN_DATE_SIZE])
{
	/* strftime's names follow the locale. */
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm)) {
		t = 0;
		gmtime_r(&t, &tm);
	}
	snprintf(out, DSN_DATE_SIZE, "%s, %d %s %d %02d:%02d:%02d +0000",
		 days[tm.tm_wday % 7], tm.tm_mday, months[tm.tm_mon % 12],
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* One line's worth of foreign text; never a line break, never a control. */
static void put_clean(struct strbuf *out, const char *text)
{
	size_t column = 0;

	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (column >= FOLD_AT && c == ' ') {
			strbuf_adds(out, "\n   ");
			column = 0;
		} else if (column >= FOLD_AT + 40) {
			strbuf_adds(out, "\n    ");
			column = 0;
		}
		strbuf_addc(out, c == '\t' ? ' ' : c < 0x20 || c >= 0x7f ? '?' : (char)c);
		column++;
	}
}

static void put_field(struct strbuf *out, const char *head, const char *text)
{
	strbuf_adds(out, head);
	put_clean(out, text);
	strbuf_addc(out, '\n');
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

/* The header lines with the blank line left out, cut at a line's end. */
static struct str headers_of(struct str content)
{
	size_t end = 0;

	while (end < content.len && content.ptr[end] != '\n') {
		const char *eol = memchr(content.ptr + end, '\n', content.len - end);
		size_t next = eol ? (size_t)(eol - content.ptr) + 1 : content.len;

		if (next > DSN_RETURN_MAX)
			break;
		end = next;
	}
	return str_slice(content, 0, end);
}

static bool has_boundary(struct str content, const char *boundary)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "--%s", boundary);

	return memmem(content.ptr, content.len, line, (size_t)len) != NULL;
}

static void choose_boundary(const struct dsn_request *request, struct str returned,
			    char out[96])
{
	unsigned n = 0;

	/* Each try needs 10 bytes or more of the content to fail. */
	do {
		snprintf(out, 96, "%.40s.%" PRId64 ".%u=_mccd", request->id, request->now,
			 n++);
	} while (returned.len > 0 && has_boundary(returned, out));
}

static void put_head(struct strbuf *out, const struct dsn_request *request,
		     const char *boundary, bool is_eight_bit)
{
	char date[DSN_DATE_SIZE];

	dsn_date(request->now, date);
	strbuf_addf(out, "Received: by %s (%s) id %s; %s\n", request->hostname,
		    request->mail_name, request->id, date);
	strbuf_addf(out, "Date: %s\n", date);
	strbuf_addf(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\n",
		    request->hostname);
	put_field(out, "Subject: ",
		  request->kind == DSN_FAILED ? "Undeliverable: your message came back"
					      : "Delayed: your message is still waiting");
	put_field(out, "To: ", request->sender);
	strbuf_addf(out, "Message-ID: <%" PRId64 ".%s@%s>\n", request->now, request->id,
		    request->hostname);
	strbuf_adds(out, "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n");
	strbuf_addf(out,
		    "Content-Type: multipart/report; report-type=delivery-status;\n"
		    "\tboundary=\"%s\"\n",
		    boundary);
	if (is_eight_bit)
		strbuf_adds(out, "Content-Transfer-Encoding: 8bit\n");
	strbuf_adds(out, "\nThis is a report in MIME format.\n");
}

static void put_words(struct strbuf *out, const struct dsn_request *request)
{
	char date[DSN_DATE_SIZE];

	strbuf_addf(out, "This is the mail system at %s.\n\n", request->hostname);
	if (request->kind == DSN_FAILED) {
		strbuf_adds(out, "Your message could not be delivered to the recipients "
				 "below, and no further\nattempt will be made. It is "
				 "attached, or its headers are.\n");
	} else {
		dsn_date(request->retry_until, date);
		strbuf_addf(out,
			    "Your message has not yet reached the recipients below. "
			    "You need not send it\nagain: further attempts will be made "
			    "until %s.\n",
			    date);
	}
	for (size_t i = 0; i < request->recipient_count; i++) {
		const struct dsn_recipient *r = &request->recipients[i];

		if (i == SHOWN_RECIPIENTS) {
			strbuf_addf(out, "\n... and %zu more, see the next part.\n",
				    request->recipient_count - i);
			break;
		}
		strbuf_adds(out, "\n<");
		put_clean(out, r->final);
		strbuf_adds(out, ">");
		if (r->original[0] && strcmp(r->original, r->final) != 0) {
			strbuf_adds(out, " (written to <");
			put_clean(out, r->original);
			strbuf_adds(out, ">)");
		}
		strbuf_adds(out, ":\n    ");
		if (r->remote[0]) {
			strbuf_adds(out, "host ");
			put_clean(out, r->remote);
			strbuf_adds(out, " said: ");
		}
		put_clean(out, r->text);
		strbuf_adds(out, "\n");
	}
}

static void put_status(struct strbuf *out, const struct dsn_request *request,
		       const struct dsn_recipient *r)
{
	char date[DSN_DATE_SIZE];

	strbuf_addc(out, '\n');
	if (r->original[0])
		put_field(out, "Original-Recipient: rfc822; ", r->original);
	put_field(out, "Final-Recipient: rfc822; ", r->final);
	put_field(out, "Action: ", request->kind == DSN_FAILED ? "failed" : "delayed");
	put_field(out, "Status: ", r->status);
	if (r->remote[0])
		put_field(out, "Remote-MTA: dns; ", r->remote);
	put_field(out,
		  r->remote[0] ? "Diagnostic-Code: smtp; " : "Diagnostic-Code: x-mccd; ",
		  r->text);
	dsn_date(request->now, date);
	put_field(out, "Last-Attempt-Date: ", date);
	if (request->kind == DSN_DELAYED) {
		dsn_date(request->retry_until, date);
		put_field(out, "Will-Retry-Until: ", date);
	}
}

static void put_statuses(struct strbuf *out, const struct dsn_request *request)
{
	char date[DSN_DATE_SIZE];

	put_field(out, "Reporting-MTA: dns; ", request->hostname);
	put_field(out, "X-Mccd-Queue-ID: ", request->origin);
	dsn_date(request->arrived, date);
	put_field(out, "Arrival-Date: ", date);
	for (size_t i = 0; i < request->recipient_count; i++)
		put_status(out, request, &request->recipients[i]);
}

static void put_part(struct strbuf *out, const char *boundary, const char *description,
		     const char *type)
{
	strbuf_addf(out, "\n--%s\nContent-Description: %s\nContent-Type: %s\n", boundary,
		    description, type);
}

void dsn_write(struct strbuf *out, const struct dsn_request *request, bool *out_eight_bit)
{
	bool is_whole = request->kind == DSN_FAILED &&
			request->content_size <= DSN_RETURN_MAX &&
			request->content.len == request->content_size;
	struct str returned = is_whole ? request->content : headers_of(request->content);
	bool is_eight_bit = !is_ascii(returned);
	char boundary[96];

	choose_boundary(request, returned, boundary);
	put_head(out, request, boundary, is_eight_bit);
	put_part(out, boundary, "Notification", "text/plain; charset=us-ascii");
	strbuf_addc(out, '\n');
	put_words(out, request);
	put_part(out, boundary, "Delivery report", "message/delivery-status");
	strbuf_addc(out, '\n');
	put_statuses(out, request);
	put_part(out, boundary, is_whole ? "Undelivered message" : "Message headers",
		 is_whole ? "message/rfc822" : "text/rfc822-headers");
	if (is_eight_bit)
		strbuf_adds(out, "Content-Transfer-Encoding: 8bit\n");
	strbuf_addc(out, '\n');
	strbuf_addstr(out, returned);
	if (!str_ends(returned, "\n"))
		strbuf_addc(out, '\n');
	strbuf_addf(out, "\n--%s--\n", boundary);
	*out_eight_bit = is_eight_bit;
}
