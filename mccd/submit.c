/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sendmail`: a client of the daemon's SMTP port, so it needs no rights and no
 * access to the spool, and the message meets the same policy as any other from
 * this machine. Options of the original that make no sense here are accepted
 * and ignored, as in every other sendmail.
 */
#include "mccd/submit.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/submit_message.h"
#include "mccd/submit_smtp.h"

enum { SUBMIT_LISTEN_MAX = 8192 };

struct submit_options {
	const char *sender; /* NULL: the user */
	const char *server; /* "ADDR:PORT" */
	const char *spool;
	bool from_headers; /* -t */
	bool ignore_dots;  /* -i, -oi */
	struct submit_list recipients;
};

static int wrong(const char *what)
{
	log_error("sendmail: %s", what);
	return EX_USAGE;
}

/* Options whose value may stand in the next word. */
static bool takes_value(char letter)
{
	return strchr("fFrBCDdNoORVXhpL", letter) != NULL;
}

static int set_option(struct submit_options *o, char letter, const char *value)
{
	switch (letter) {
	case 'f':
	case 'r':
		o->sender = value;
		return EX_OK;
	case 'o':
		if (strcmp(value, "i") == 0)
			o->ignore_dots = true;
		return EX_OK;
	case 'b':
		return value[0] == 'm' || value[0] == '\0'
			       ? EX_OK
			       : wrong("only mode -bm is supported");
	default:
		return EX_OK;
	}
}

/* One word that begins with '-'; *i moves over a value in the next word. */
static int read_word(struct submit_options *o, int argc, char **argv, int *i)
{
	const char *word = argv[*i] + 1;

	if (strcmp(word, "-server") == 0 || strcmp(word, "-spool") == 0) {
		if (*i + 1 >= argc)
			return wrong("a value is missing");
		*(word[2] == 'e' ? &o->server : &o->spool) = argv[++*i];
		return EX_OK;
	}
	if (*word == '-')
		return wrong("unknown option");
	if (*word == 'b')
		return set_option(o, 'b', word + 1);
	for (; *word != '\0'; word++) {
		if (takes_value(*word)) {
			const char *value = word + 1;

			if (*value == '\0' && *i + 1 >= argc)
				return wrong("a value is missing");
			return set_option(o, *word, *value ? value : argv[++*i]);
		}
		if (*word == 't')
			o->from_headers = true;
		else if (*word == 'i')
			o->ignore_dots = true;
		else if (strchr("vUnGAm", *word) == NULL)
			return wrong("unknown option");
	}
	return EX_OK;
}

static int read_options(struct arena *arena, int argc, char **argv,
			struct submit_options *o)
{
	bool is_over = false;
	int i;

	for (i = 1; i < argc; i++) {
		int status = EX_OK;

		if (!is_over && strcmp(argv[i], "--") == 0)
			is_over = true;
		else if (!is_over && argv[i][0] == '-' && argv[i][1] != '\0')
			status = read_word(o, argc, argv, &i);
		else if (!submit_parse_addresses(arena, str_of(argv[i]), &o->recipients))
			status = wrong("a recipient is no address");
		if (status != EX_OK)
			return status;
	}
	return EX_OK;
}

/* Where the daemon listens: it says so in its spool, when that can be read. */
static const char *find_server(struct arena *arena, const struct submit_options *o)
{
	const char *spool = o->spool ? o->spool : "/var/spool/postfix/mccd";
	struct str text;
	struct str line;

	if (o->server != NULL)
		return o->server;
	if (getenv("MCCD_SERVER") != NULL)
		return getenv("MCCD_SERVER");
	if (fs_read_file(arena, AT_FDCWD, arena_printf(arena, "%s/listen", spool),
			 SUBMIT_LISTEN_MAX, &text) == 0 &&
	    str_token(&text, "\n", &line))
		return str_dup0(arena, line);
	return "127.0.0.1:25";
}

static const char *user_name(struct arena *arena)
{
	const struct passwd *pw = getpwuid(getuid());

	if (pw == NULL)
		return arena_printf(arena, "uid%u", (unsigned)getuid());
	return arena_strdup(arena, pw->pw_name);
}

static const char *sender_of(struct arena *arena, const struct submit_options *o)
{
	struct submit_list list = {0};

	if (o->sender == NULL)
		return user_name(arena);
	if (o->sender[0] == '\0' || strcmp(o->sender, "<>") == 0)
		return "";
	if (!submit_parse_addresses(arena, str_of(o->sender), &list) || list.count != 1)
		return NULL;
	return list.items[0];
}

static int submit(struct arena *arena, struct submit_options *o)
{
	struct submit_message message;
	struct submit_job job = {0};
	struct str text;
	int status;

	job.sender = sender_of(arena, o);
	if (job.sender == NULL)
		return wrong("the sender is no address");
	status = submit_read_all(arena, STDIN_FILENO, !o->ignore_dots, &text);
	if (status < 0) {
		log_error("sendmail: standard input: %s", mcc_status_text(status));
		return status == MCC_ETOOBIG ? EX_DATAERR : EX_IOERR;
	}
	submit_split(arena, text, &message);
	if (o->from_headers && !submit_header_recipients(arena, &message, &o->recipients))
		return wrong("a recipient in the message is no address");
	if (o->recipients.count == 0)
		return wrong("no recipient");
	if (o->recipients.count > LIMIT_RECIPIENTS)
		return wrong("too many recipients");
	submit_complete(arena, &message, job.sender);
	job.recipients = o->recipients.items;
	job.recipient_count = o->recipients.count;
	job.message = &message;
	job.drop_bcc = o->from_headers;
	return submit_send(arena, find_server(arena, o), &job);
}

int submit_main(int argc, char **argv)
{
	struct arena *arena = arena_new(0);
	struct submit_options o = {0};
	int status = read_options(arena, argc, argv, &o);

	if (status == EX_OK)
		status = submit(arena, &o);
	arena_free(arena);
	return status;
}
