/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP client of `sendmail`. One dialogue, no pipelining: the daemon is on
 * this machine. A recipient that is refused does not keep the others from
 * their mail, but the exit status tells of it.
 */
#include "mccd/submit_smtp.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "mccd/submit_message.h"

enum { SUBMIT_TIMEOUT_S = 300, SUBMIT_REPLY_MAX = 1024, SUBMIT_REPLY_LINES = 100 };

struct dialogue {
	int sock;
	char buf[SUBMIT_REPLY_MAX];
	size_t len;
	char last[SUBMIT_REPLY_MAX]; /* last line of the last reply */
};

static int connect_to(const char *server)
{
	const struct timeval timeout = {.tv_sec = SUBMIT_TIMEOUT_S};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	const char *colon = strrchr(server, ':');
	struct str host = str_of(server);
	char name[256];
	int sock = -1;

	host.len = colon == NULL ? host.len : (size_t)(colon - server);
	if (host.len >= 2 && host.ptr[0] == '[')
		host = str_slice(host, 1, host.len - 1);
	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(host));
	/* A daemon that listens everywhere is also here. */
	if (strcmp(name, "0.0.0.0") == 0 || strcmp(name, "::") == 0)
		(void)snprintf(name, sizeof(name), "%s",
			       name[0] == '0' ? "127.0.0.1" : "::1");
	if (getaddrinfo(name, colon ? colon + 1 : "25", &hints, &list) != 0)
		return -1;
	sock = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock >= 0 && connect(sock, list->ai_addr, list->ai_addrlen) != 0) {
		close(sock);
		sock = -1;
	}
	freeaddrinfo(list);
	if (sock >= 0) {
		(void)setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout,
				 sizeof(timeout));
		(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &timeout,
				 sizeof(timeout));
	}
	return sock;
}

/* One line without its end; false: connection lost, line too long. */
static bool read_line(struct dialogue *d, char *out)
{
	for (;;) {
		char *lf = memchr(d->buf, '\n', d->len);
		ssize_t n;

		if (lf != NULL) {
			size_t len = (size_t)(lf - d->buf);

			memcpy(out, d->buf, len);
			out[len > 0 && out[len - 1] == '\r' ? len - 1 : len] = '\0';
			d->len -= len + 1;
			memmove(d->buf, lf + 1, d->len);
			return true;
		}
		if (d->len == sizeof(d->buf))
			return false;
		n = recv(d->sock, d->buf + d->len, sizeof(d->buf) - d->len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		d->len += (size_t)n;
	}
}

/* Code of the next reply; 0: connection lost or no reply of SMTP. */
static int read_reply(struct dialogue *d)
{
	int lines;

	for (lines = 0; lines < SUBMIT_REPLY_LINES; lines++) {
		const char *l = d->last;

		if (!read_line(d, d->last) || l[0] < '2' || l[0] > '5' || l[1] < '0' ||
		    l[1] > '9' || l[2] < '0' || l[2] > '9')
			return 0;
		if (l[3] != '-')
			return (l[0] - '0') * 100 + (l[1] - '0') * 10 + (l[2] - '0');
	}
	return 0;
}

static int command(struct dialogue *d, const char *text)
{
	if (fs_write_all(d->sock, text, strlen(text)) != 0)
		return 0;
	return read_reply(d);
}

static int status_of(const struct dialogue *d, int code, const char *what)
{
	char text[512];

	if (code == 0) {
		log_error("sendmail: %s: the connection was lost", what);
		return EX_TEMPFAIL;
	}
	if (code < 400)
		return EX_OK;
	log_error("sendmail: %s: %s", what,
		  log_clean(str_of(d->last), text, sizeof(text)));
	return code < 500 ? EX_TEMPFAIL : EX_UNAVAILABLE;
}

/* CR LF, dots doubled. */
static void add_text(struct strbuf *out, struct str text)
{
	while (text.len > 0) {
		ptrdiff_t lf = str_chr(text, '\n');
		struct str line = lf < 0 ? text : str_slice(text, 0, (size_t)lf);

		if (line.len > 0 && line.ptr[0] == '.')
			strbuf_addc(out, '.');
		strbuf_addstr(out, line);
		strbuf_adds(out, "\r\n");
		text = str_slice(text, lf < 0 ? text.len : (size_t)lf + 1, text.len);
	}
}

static bool send_content(struct dialogue *d, const struct submit_job *job)
{
	struct str rest = job->message->headers;
	struct strbuf out;
	struct str field;
	struct str name;
	bool is_good;

	strbuf_init(&out, (size_t)512 << 20);
	add_text(&out, job->message->added);
	while (submit_next_header(&rest, &field, &name))
		if (!job->drop_bcc || !str_caseeqc(name, "Bcc"))
			add_text(&out, field);
	strbuf_adds(&out, "\r\n");
	add_text(&out, job->message->body);
	strbuf_adds(&out, ".\r\n");
	is_good = !out.failed && fs_write_all(d->sock, out.ptr, out.len) == 0;
	strbuf_fini(&out);
	return is_good;
}

/* Worst status of the recipients; *out_accepted: how many were taken. */
static int send_recipients(struct arena *arena, struct dialogue *d,
			   const struct submit_job *job, size_t *out_accepted)
{
	int worst = EX_OK;
	size_t i;

	*out_accepted = 0;
	for (i = 0; i < job->recipient_count; i++) {
		const char *line =
			arena_printf(arena, "RCPT TO:<%s>\r\n", job->recipients[i]);
		int status = status_of(d, command(d, line), job->recipients[i]);

		if (status == EX_OK)
			++*out_accepted;
		else if (worst == EX_OK || status == EX_TEMPFAIL)
			worst = status;
	}
	return worst;
}

static int talk(struct arena *arena, struct dialogue *d, const struct submit_job *job)
{
	const char *mail = arena_printf(arena, "MAIL FROM:<%s>\r\n", job->sender);
	size_t accepted = 0;
	int worst;
	int status = status_of(d, read_reply(d), "greeting");

	if (status == EX_OK)
		status = status_of(d, command(d, "EHLO localhost\r\n"), "EHLO");
	if (status == EX_OK)
		status = status_of(d, command(d, mail), "MAIL");
	if (status != EX_OK)
		return status;
	worst = send_recipients(arena, d, job, &accepted);
	if (accepted == 0)
		return worst;
	status = status_of(d, command(d, "DATA\r\n"), "DATA");
	if (status == EX_OK && !send_content(d, job))
		status = status_of(d, 0, "message");
	if (status == EX_OK)
		status = status_of(d, read_reply(d), "message");
	if (status == EX_OK)
		(void)command(d, "QUIT\r\n");
	return status == EX_OK ? worst : status;
}

int submit_send(struct arena *arena, const char *server, const struct submit_job *job)
{
	struct dialogue d = {.sock = connect_to(server)};
	int status;

	if (d.sock < 0) {
		log_error("sendmail: %s: no daemon answers", server);
		return EX_TEMPFAIL;
	}
	status = talk(arena, &d, job);
	close(d.sock);
	return status;
}
