/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each reply means. With PIPELINING the commands MAIL to DATA leave
 * together and the steps only read; without, each step sends the next command.
 */
#include "mccd/client_private.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"

static const char *const step_names[] = {
	[STEP_GREETING] = "the greeting",
	[STEP_EHLO] = "EHLO",
	[STEP_HELO] = "HELO",
	[STEP_MAIL] = "MAIL FROM",
	[STEP_RCPT] = "RCPT TO",
	[STEP_DATA] = "DATA",
	[STEP_CONTENT] = "the content",
	[STEP_DOT] = "the end of DATA",
	[STEP_QUIT] = "QUIT",
	[STEP_OVER] = "the end",
};

static void take_keyword(void *arg, struct str text);

const char *client_step_name(const struct client *client)
{
	return step_names[client->step];
}

/* ---- results ---- */

struct verdict {
	enum client_outcome outcome;
	bool may_try_next;
	const char *dsn;
	const char *text;
};

static void set_result(struct client *client, size_t i, const struct verdict *v)
{
	struct client_recipient *r = &client->recipients[i];

	if (client->has_result[i] || client->mail_failed)
		return;
	client->has_result[i] = true;
	r->outcome = v->outcome;
	r->may_try_next = v->may_try_next;
	r->dsn = v->dsn;
	r->text = v->text;
	if (client->accepted[i]) {
		client->accepted[i] = false;
		client->accepted_count--;
	}
}

static void set_all(struct client *client, const struct verdict *v)
{
	for (size_t i = 0; i < client->options->recipient_count; i++)
		set_result(client, i, v);
}

static struct verdict verdict_of_reply(struct client *client,
				       const struct client_reply *reply)
{
	struct verdict v = {CLIENT_DEFERRED, true, NULL, NULL};

	if (reply->code / 100 == 5) {
		v.outcome = CLIENT_FAILED;
		v.may_try_next = false;
	} else if (reply->code / 100 == 2) {
		v.outcome = CLIENT_SENT;
		v.may_try_next = false;
	}
	v.dsn = arena_strdup(client->arena, reply->dsn);
	v.text = v.outcome == CLIENT_SENT
			 ? arena_strdup(client->arena, reply->text)
			 : arena_printf(client->arena, "%s (in reply to %s)", reply->text,
					step_names[client->step]);
	return v;
}

/* ---- ending ---- */

static void say_quit(struct client *client)
{
	client->results_known = true;
	strbuf_adds(&client->out, "QUIT\r\n");
	client->step = STEP_QUIT;
}

static void end_now(struct client *client)
{
	client->results_known = true;
	client->step = STEP_OVER;
}

void client_step_fail(struct client *client, const char *dsn, const char *text)
{
	struct verdict v = {CLIENT_DEFERRED, true, dsn, text};

	/* The server may have the message: asking another host now would more
	 * likely make a second copy than asking this one later. */
	if (client->step == STEP_DOT && client->accepted_count > 0) {
		v.may_try_next = false;
		v.text = arena_printf(client->arena, "%s; the message may have arrived",
				      text);
	}
	set_all(client, &v);
	end_now(client);
}

void client_step_garbage(struct client *client)
{
	client_step_fail(client, "4.5.0",
			 arena_printf(client->arena, "reply to %s is not SMTP",
				      step_names[client->step]));
}

/* ---- commands ---- */

static bool is_sendable(const char *address)
{
	size_t len = strlen(address);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)address[i];

		if (c < 0x20 || c >= 0x7f)
			return false;
	}
	return len <= LIMIT_ADDRESS;
}

static void say_mail(struct client *client)
{
	const struct client_options *o = client->options;

	strbuf_addf(&client->out, "MAIL FROM:<%s>", o->sender);
	if (client->has_size)
		strbuf_addf(&client->out, " SIZE=%" PRIu64, o->size);
	if (client->has_8bitmime && o->eight_bit)
		strbuf_adds(&client->out, " BODY=8BITMIME");
	strbuf_adds(&client->out, "\r\n");
}

static void say_rcpt(struct client *client, size_t i)
{
	strbuf_addf(&client->out, "RCPT TO:<%s>\r\n", client->options->recipients[i]);
}

/* The next recipient from `from` on that may be named, or the count. */
static size_t next_recipient(const struct client *client, size_t from)
{
	while (from < client->options->recipient_count && client->has_result[from])
		from++;
	return from;
}

static void check_addresses(struct client *client)
{
	struct verdict v = {CLIENT_FAILED, false, "5.6.7",
			    "address needs SMTPUTF8, which is not supported"};

	if (!is_sendable(client->options->sender))
		set_all(client, &v);
	for (size_t i = 0; i < client->options->recipient_count; i++) {
		if (!is_sendable(client->options->recipients[i]))
			set_result(client, i, &v);
	}
}

/* Content grows by a CR per line; the server counts those (RFC 1870 5). */
static bool is_too_large(const struct client *client)
{
	return client->has_size && client->size_limit > 0 &&
	       client->options->size > client->size_limit;
}

static void begin_mail(struct client *client)
{
	check_addresses(client);
	if (is_too_large(client)) {
		struct verdict v = {CLIENT_FAILED, false, "5.3.4", NULL};

		v.text = arena_printf(
			client->arena,
			"message of %" PRIu64
			" bytes is larger than the server's limit of %" PRIu64,
			client->options->size, client->size_limit);
		set_all(client, &v);
	}
	if (next_recipient(client, 0) == client->options->recipient_count) {
		say_quit(client);
		return;
	}
	client->step = STEP_MAIL;
	say_mail(client);
	if (!client->is_pipelining)
		return;
	for (size_t i = 0; i < client->options->recipient_count; i++) {
		if (!client->has_result[i])
			say_rcpt(client, i);
	}
	strbuf_adds(&client->out, "DATA\r\n");
}

/* The reply of the recipient before `from` is in. */
static void go_on_with_rcpt(struct client *client, size_t from)
{
	size_t i = next_recipient(client, from);

	if (i < client->options->recipient_count) {
		client->step = STEP_RCPT;
		client->at = i;
		if (!client->is_pipelining)
			say_rcpt(client, i);
		return;
	}
	if (client->is_pipelining) {
		client->step = STEP_DATA;
	} else if (client->accepted_count > 0) {
		strbuf_adds(&client->out, "DATA\r\n");
		client->step = STEP_DATA;
	} else {
		say_quit(client);
	}
}

/* ---- replies ---- */

static void on_greeting(struct client *client, const struct client_reply *reply)
{
	if (reply->code / 100 != 2) {
		struct verdict v = verdict_of_reply(client, reply);

		/* A host that turns us away at the door says nothing about the
		 * recipients: they wait (Postfix: smtp_skip_5xx_greeting). */
		v.outcome = CLIENT_DEFERRED;
		v.may_try_next = true;
		v.dsn = "4.3.0";
		set_all(client, &v);
		say_quit(client);
		return;
	}
	strbuf_addf(&client->out, "%s %s\r\n", client->options->is_lmtp ? "LHLO" : "EHLO",
		    client->options->helo);
	client->step = STEP_EHLO;
	client->parser.line_hook = take_keyword;
	client->parser.arg = client;
}

static void take_keyword(void *arg, struct str text)
{
	struct client *client = arg;
	struct str word;

	if (!str_token(&text, " ", &word))
		return;
	if (str_caseeqc(word, "PIPELINING")) {
		client->is_pipelining = true;
	} else if (str_caseeqc(word, "8BITMIME")) {
		client->has_8bitmime = true;
	} else if (str_caseeqc(word, "SIZE")) {
		client->has_size = true;
		if (str_token(&text, " ", &word) &&
		    !str_to_u64(word, &client->size_limit))
			client->size_limit = 0;
	}
}

static void on_hello(struct client *client, const struct client_reply *reply)
{
	struct verdict v;

	client->parser.line_hook = NULL;
	if (reply->code / 100 == 2) {
		begin_mail(client);
		return;
	}
	client->is_pipelining = client->has_8bitmime = client->has_size = false;
	if (client->step == STEP_EHLO && reply->code / 100 == 5 &&
	    !client->options->is_lmtp) {
		strbuf_addf(&client->out, "HELO %s\r\n", client->options->helo);
		client->step = STEP_HELO;
		return;
	}
	v = verdict_of_reply(client, reply);
	v.may_try_next = true;
	set_all(client, &v);
	say_quit(client);
}

static void on_mail(struct client *client, const struct client_reply *reply)
{
	if (reply->code / 100 != 2) {
		struct verdict v = verdict_of_reply(client, reply);

		if (!client->is_pipelining) {
			set_all(client, &v);
			say_quit(client);
			return;
		}
		/* The recipients' replies are on their way; they mean nothing. */
		client->mail_failed = true;
		for (size_t i = 0; i < client->options->recipient_count; i++) {
			if (client->has_result[i])
				continue;
			client->recipients[i] = (struct client_recipient){
				v.outcome, v.may_try_next, v.dsn, v.text};
		}
	}
	go_on_with_rcpt(client, 0);
}

static void on_rcpt(struct client *client, const struct client_reply *reply)
{
	size_t i = client->at;

	if (client->mail_failed) {
		client->has_result[i] = true; /* the verdict of MAIL stands */
	} else if (reply->code / 100 == 2) {
		client->accepted[i] = true;
		client->accepted_count++;
	} else {
		struct verdict v = verdict_of_reply(client, reply);

		set_result(client, i, &v);
	}
	go_on_with_rcpt(client, i + 1);
}

static void on_data(struct client *client, const struct client_reply *reply)
{
	if (reply->code == 354 && client->accepted_count > 0) {
		client->step = STEP_CONTENT;
		client->at = 0;
		return;
	}
	if (reply->code / 100 == 3 && reply->code != 354) {
		client_step_garbage(client);
		return;
	}
	if (reply->code == 354 && client->mail_failed) {
		/* A server that takes content for a sender it refused might
		 * also deliver it: it gets no dot. */
		end_now(client);
		return;
	}
	if (reply->code == 354 && client->options->is_lmtp) {
		/* Against RFC 2033 4.2; it owes a reply to nobody. */
		end_now(client);
		return;
	}
	if (reply->code == 354) {
		/* RFC 2920 3.1: nobody was accepted, the server waits anyway. */
		strbuf_adds(&client->out, ".\r\n");
		client->step = STEP_DOT;
		return;
	}
	if (client->accepted_count > 0) {
		struct verdict v = verdict_of_reply(client, reply);

		if (v.outcome == CLIENT_SENT) { /* 2xx to DATA: no sense in that */
			client_step_garbage(client);
			return;
		}
		set_all(client, &v);
	}
	say_quit(client);
}

static void on_dot(struct client *client, const struct client_reply *reply)
{
	struct verdict v = verdict_of_reply(client, reply);

	if (reply->code / 100 == 3) {
		client_step_garbage(client);
		return;
	}
	if (client->options->is_lmtp) {
		/* In the order of the accepted recipients (RFC 2033 4.2). */
		while (!client->accepted[client->at])
			client->at++;
		set_result(client, client->at, &v);
		if (client->accepted_count > 0)
			return;
	}
	set_all(client, &v);
	say_quit(client);
}

/* A reply in the middle of the content: the server has given up on it. */
static void on_early(struct client *client, const struct client_reply *reply)
{
	struct verdict v = verdict_of_reply(client, reply);

	if (v.outcome == CLIENT_SENT) {
		client_step_garbage(client);
		return;
	}
	set_all(client, &v);
	end_now(client);
}

void client_step_reply(struct client *client, const struct client_reply *reply)
{
	static void (*const handlers[])(struct client *, const struct client_reply *) = {
		[STEP_GREETING] = on_greeting, [STEP_EHLO] = on_hello,
		[STEP_HELO] = on_hello,	       [STEP_MAIL] = on_mail,
		[STEP_RCPT] = on_rcpt,	       [STEP_DATA] = on_data,
		[STEP_CONTENT] = on_early,     [STEP_DOT] = on_dot,
	};

	if (client->step >= STEP_QUIT) {
		client->step = STEP_OVER;
		return;
	}
	/* The server closes: nothing else it said before is of use. */
	if (reply->code == 421) {
		struct verdict v = verdict_of_reply(client, reply);

		set_all(client, &v);
		end_now(client);
		return;
	}
	if (reply->code / 100 == 3 && client->step != STEP_DATA &&
	    client->step != STEP_DOT) {
		client_step_garbage(client);
		return;
	}
	handlers[client->step](client, reply);
}

void client_step_abandon(struct client *client, const char *dsn, const char *text)
{
	struct verdict v = {CLIENT_DEFERRED, false, dsn, text};

	set_all(client, &v);
	end_now(client);
}
