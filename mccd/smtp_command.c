/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP commands (RFC 5321 4.1.1) with the checks that need nothing but the
 * session itself: order, syntax, counts. Each command either replies or leaves
 * an event for the policy.
 */
#include "mccd/smtp_command.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "runtime/address.h"

struct request {
	struct smtp *s;
	struct arena *arena;
	struct str args; /* behind the verb, trimmed */
	struct smtp_event *event;
};

enum command_flags {
	COMMAND_JUNK = 1, /* counts against smtpd_junk_command_limit */
	COMMAND_LAST = 2  /* nothing may be pipelined behind it (RFC 2920 3.1) */
};

struct command {
	const char *verb;
	unsigned flags;
	void (*run)(const struct request *r);
};

static void ask(const struct request *r, enum smtp_event_type type)
{
	r->event->type = type;
	r->s->pending = type;
}

/* HELO and EHLO end what was under way: the caller is told by RESET first. */
static void hello(const struct request *r, bool is_esmtp)
{
	struct smtp *s = r->s;

	if (r->args.len == 0) {
		smtp_error(s, "501 Syntax: %s hostname", is_esmtp ? "EHLO" : "HELO");
		return;
	}
	smtp_end_transaction(s);
	s->is_esmtp = is_esmtp;
	smtp_set_helo(s, r->args);
	r->event->text = str_dup0(r->arena, r->args);
	r->event->is_esmtp = is_esmtp;
	ask(r, SMTP_EVENT_HELO);
}

static void command_helo(const struct request *r)
{
	hello(r, false);
}

static void command_ehlo(const struct request *r)
{
	hello(r, true);
}

/* "FROM:" or "TO:" and what follows; false: not there. */
static bool take_word(struct str *args, const char *word)
{
	size_t len = strlen(word);

	if (args->len < len || !str_caseeqc(str_slice(*args, 0, len), word))
		return false;
	*args = str_trim(str_slice(*args, len, args->len));
	return args->len > 0;
}

static bool has_eight_bit(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 128)
			return true;
	return false;
}

/* The path; false: replied. */
static bool take_path(const struct request *r, struct str *args, const char *code,
		      const char *role)
{
	struct str address;
	struct str rest;
	enum address_status status;

	status = address_parse_path(r->arena, *args, r->s->params.strict_envelopes,
				    &address, &rest);
	if (status != ADDRESS_OK || address.len > LIMIT_ADDRESS ||
	    memchr(address.ptr, '\0', address.len) != NULL) {
		smtp_error(r->s, "501 %s Bad %s address syntax", code, role);
		return false;
	}
	if (has_eight_bit(address)) {
		smtp_error(r->s, "553 5.6.7 Error: SMTPUTF8 is required, not supported");
		return false;
	}
	r->event->text = str_dup0(r->arena, address);
	*args = rest;
	return true;
}

static bool mail_option(const struct request *r, struct str word)
{
	if (str_caseeqc(word, "BODY=8BITMIME")) {
		r->event->eight_bit = true;
	} else if (str_caseeqc(word, "BODY=7BIT")) {
		r->event->eight_bit = false;
	} else if (word.len > 5 && str_caseeqc(str_slice(word, 0, 5), "SIZE=")) {
		if (word.len > 5 + 20 ||
		    !str_to_u64(str_slice(word, 5, word.len), &r->event->size)) {
			smtp_error(r->s, "501 5.5.4 Bad message size syntax");
			return false;
		}
	} else if (word.len >= 5 && str_caseeqc(str_slice(word, 0, 5), "BODY=")) {
		smtp_error(r->s, "501 5.5.4 Bad BODY value");
		return false;
	} else {
		smtp_error(r->s, "555 5.5.4 Unsupported option: %.*s", STR_ARG(word));
		return false;
	}
	return true;
}

static void command_mail(const struct request *r)
{
	struct smtp *s = r->s;
	struct str args = r->args;
	struct str word;

	if (s->params.helo_required && !s->has_helo) {
		smtp_error(s, "503 5.5.1 Error: send HELO/EHLO first");
		return;
	}
	if (s->has_mail) {
		smtp_error(s, "503 5.5.1 Error: nested MAIL command");
		return;
	}
	if (!take_word(&args, "FROM:")) {
		smtp_error(s, "501 5.5.4 Syntax: MAIL FROM:<address>");
		return;
	}
	if (!take_path(r, &args, "5.1.7", "sender"))
		return;
	while (str_token(&args, " \t", &word))
		if (!mail_option(r, word))
			return;
	if (s->params.message_limit != 0 && r->event->size > s->params.message_limit) {
		smtp_error(s, "552 5.3.4 Message size exceeds fixed limit");
		return;
	}
	ask(r, SMTP_EVENT_MAIL);
}

static void command_rcpt(const struct request *r)
{
	struct smtp *s = r->s;
	struct str args = r->args;
	struct str word;

	if (!s->has_mail) {
		smtp_error(s, "503 5.5.1 Error: need MAIL command");
		return;
	}
	if (!take_word(&args, "TO:")) {
		smtp_error(s, "501 5.5.4 Syntax: RCPT TO:<address>");
		return;
	}
	if (!take_path(r, &args, "5.1.3", "recipient"))
		return;
	if (str_token(&args, " \t", &word)) {
		smtp_error(s, "555 5.5.4 Unsupported option: %.*s", STR_ARG(word));
		return;
	}
	if (s->params.recipient_limit != 0 &&
	    s->recipients >= s->params.recipient_limit) {
		/* A client that goes on once too often makes errors; as many as
		 * fit into one more message are forgiven. */
		if (s->overshoot++ < s->params.recipient_limit)
			smtp_reply(s, "452 4.5.3 Error: too many recipients");
		else
			smtp_error(s, "452 4.5.3 Error: too many recipients");
		return;
	}
	ask(r, SMTP_EVENT_RCPT);
}

static void command_data(const struct request *r)
{
	struct smtp *s = r->s;

	if (s->recipients == 0 && s->has_mail)
		smtp_error(s, "554 5.5.1 Error: no valid recipients");
	else if (s->recipients == 0)
		smtp_error(s, "503 5.5.1 Error: need RCPT command");
	else if (r->args.len > 0)
		smtp_error(s, "501 5.5.4 Syntax: DATA");
	else
		ask(r, SMTP_EVENT_DATA);
}

static void command_rset(const struct request *r)
{
	if (r->args.len > 0) {
		smtp_error(r->s, "501 5.5.4 Syntax: RSET");
		return;
	}
	smtp_end_transaction(r->s);
	smtp_reply(r->s, "250 2.0.0 Ok");
	r->event->type = SMTP_EVENT_RESET;
}

static void command_noop(const struct request *r)
{
	smtp_reply(r->s, "250 2.0.0 Ok");
}

static void command_quit(const struct request *r)
{
	smtp_goodbye(r->s, "221 2.0.0 Bye");
}

static void command_vrfy(const struct request *r)
{
	struct smtp *s = r->s;

	if (s->params.vrfy_disabled)
		smtp_error(s, "502 5.5.1 VRFY command is disabled");
	else if (r->args.len == 0)
		smtp_error(s, "501 5.5.4 Syntax: VRFY address");
	else
		/* Says nothing about who exists, whatever the address. */
		smtp_reply(s, "252 2.0.0 %.*s",
			   (int)(r->args.len < 256 ? r->args.len : 256), r->args.ptr);
}

static void command_expn(const struct request *r)
{
	smtp_error(r->s, "502 5.5.1 Error: command not implemented");
}

static void command_help(const struct request *r)
{
	smtp_reply(r->s, "214 2.0.0 Commands: HELO EHLO MAIL RCPT DATA RSET NOOP QUIT "
			 "VRFY HELP");
}

static void command_xclient(const struct request *r)
{
	smtp_command_xclient(r->s, r->arena, r->args, r->event);
}

static const struct command commands[] = {
	{"HELO", COMMAND_JUNK | COMMAND_LAST, command_helo},
	{"EHLO", COMMAND_JUNK | COMMAND_LAST, command_ehlo},
	{"MAIL", 0, command_mail},
	{"RCPT", 0, command_rcpt},
	{"DATA", COMMAND_LAST, command_data},
	{"RSET", COMMAND_JUNK, command_rset},
	{"NOOP", COMMAND_JUNK | COMMAND_LAST, command_noop},
	{"QUIT", 0, command_quit},
	{"VRFY", COMMAND_JUNK | COMMAND_LAST, command_vrfy},
	{"EXPN", COMMAND_JUNK | COMMAND_LAST, command_expn},
	{"HELP", COMMAND_JUNK, command_help},
	{"XCLIENT", COMMAND_JUNK | COMMAND_LAST, command_xclient},
};

static const struct command *find_command(struct str verb)
{
	size_t i;

	for (i = 0; i < array_len(commands); i++)
		if (str_caseeqc(verb, commands[i].verb))
			return &commands[i];
	return NULL;
}

/* Browsers and proxies made to speak to us, and pieces of a message. */
static bool is_not_smtp(struct str verb)
{
	char first = verb.ptr[0];

	return !((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z')) ||
	       verb.ptr[verb.len - 1] == ':' || str_caseeqc(verb, "GET") ||
	       str_caseeqc(verb, "POST") || str_caseeqc(verb, "CONNECT");
}

/* NULL: a line that can be a command. */
static const char *line_fault(struct str line)
{
	size_t i;

	for (i = 0; i < line.len; i++) {
		unsigned char b = (unsigned char)line.ptr[i];

		if ((b < 32 && b != '\t') || b == 127)
			return "500 5.5.2 Error: bad syntax";
	}
	if (line.len == 0 || line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return "500 5.5.2 Error: bad syntax";
	return NULL;
}

/* True: the line is dealt with. */
static bool is_refused(struct smtp *s, const struct command *command, struct str verb,
		       bool has_more)
{
	bool is_quit = command != NULL && command->run == command_quit;

	if (command == NULL && is_not_smtp(verb)) {
		smtp_goodbye(s, "221 2.7.0 Error: I can break rules, too. Goodbye.");
		return true;
	}
	if (has_more && !is_quit &&
	    (!s->is_esmtp || (command != NULL && (command->flags & COMMAND_LAST) != 0))) {
		smtp_too_early(s);
		return true;
	}
	if (s->is_denied && !is_quit) {
		smtp_error(s, "503 5.7.0 Error: access denied for %s", s->params.client);
		return true;
	}
	if (command == NULL) {
		smtp_error(s, "500 5.5.2 Error: command not recognized");
		return true;
	}
	return false;
}

void smtp_command(struct smtp *s, struct arena *arena, struct str line, bool has_more,
		  struct smtp_event *event)
{
	const char *fault = line_fault(line);
	struct request r = {s, arena, line, event};
	const struct command *command;
	struct str verb;

	if (fault != NULL) {
		smtp_error(s, "%s", fault);
		return;
	}
	(void)str_token(&r.args, " \t", &verb);
	r.args = str_trim(r.args);
	command = find_command(verb);
	if (is_refused(s, command, verb, has_more))
		return;
	if ((command->flags & COMMAND_JUNK) != 0 && s->junk++ >= s->params.junk_limit &&
	    s->params.junk_limit != 0)
		s->errors++;
	command->run(&r);
}
