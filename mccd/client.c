/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's outside: bytes in, bytes out, content, time. The final dot is
 * sent only when somebody was accepted and the whole content went out before
 * it; a session that must end earlier is closed without it, so the server
 * drops what it has.
 */
#include "mccd/client.h"

#include "base/arena.h"
#include "mccd/client_private.h"

#define OUTPUT_WANTED 65536
#define OUTPUT_MAX ((size_t)4 << 20)

struct client *client_new(const struct client_options *options)
{
	struct arena *arena = arena_new(0);
	struct client *client = arena_alloc(arena, sizeof(*client));

	MCC_ASSERT(options->recipient_count > 0);
	client->arena = arena;
	client->options = options;
	client->recipients =
		arena_array(arena, options->recipient_count, sizeof(*client->recipients));
	client->accepted = arena_array(arena, options->recipient_count, sizeof(bool));
	client->has_result = arena_array(arena, options->recipient_count, sizeof(bool));
	client->step = STEP_GREETING;
	strbuf_init(&client->out, OUTPUT_MAX);
	client_dots_init(&client->dots);
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	strbuf_fini(&client->out);
	arena_free(client->arena);
}

void client_lost(struct client *client, const char *why)
{
	if (client->step == STEP_OVER)
		return;
	client_step_fail(client, "4.4.2",
			 arena_printf(client->arena, "lost connection at %s: %s",
				      client_step_name(client), why));
}

void client_timed_out(struct client *client)
{
	if (client->step == STEP_OVER)
		return;
	client_step_fail(
		client, "4.4.2",
		arena_printf(client->arena, "timed out at %s", client_step_name(client)));
}

void client_input(struct client *client, struct str bytes)
{
	while (client->step != STEP_OVER) {
		enum client_reply_status status =
			client_reply_take(&client->parser, &bytes);

		if (status == CLIENT_REPLY_MORE)
			return;
		if (status == CLIENT_REPLY_BAD) {
			client_step_garbage(client);
			return;
		}
		client->moves++;
		client_step_reply(client, &client->parser.reply);
		if (client->out.failed)
			client_step_fail(client, "4.3.0", "out of memory");
	}
}

/* ---- output ---- */

struct str client_output(const struct client *client)
{
	if (client->step == STEP_OVER)
		return STR_LIT("");
	return str_slice(strbuf_view(&client->out), client->written, client->out.len);
}

void client_written(struct client *client, size_t n)
{
	client->written += n;
	client->moves += n > 0;
	MCC_ASSERT(client->written <= client->out.len);
	if (client->written == client->out.len) {
		strbuf_clear(&client->out);
		client->written = 0;
	}
}

bool client_wants_content(const struct client *client)
{
	return client->step == STEP_CONTENT &&
	       client->out.len - client->written < OUTPUT_WANTED &&
	       client->written < OUTPUT_MAX / 2;
}

void client_content(struct client *client, struct str bytes)
{
	if (client->step != STEP_CONTENT)
		return;
	client_dots_put(&client->dots, &client->out, bytes);
	if (client->out.failed)
		client_step_fail(client, "4.3.0", "out of memory");
}

void client_content_end(struct client *client)
{
	if (client->step != STEP_CONTENT)
		return;
	client_dots_end(&client->dots, &client->out);
	client->step = STEP_DOT;
}

void client_content_failed(struct client *client)
{
	client_step_abandon(client, "4.3.0", "the queued message cannot be read");
}

int64_t client_timeout(const struct client *client)
{
	const struct client_timeouts *t = &client->options->timeouts;

	switch (client->step) {
	case STEP_GREETING:
	case STEP_EHLO:
	case STEP_HELO:
		return t->helo;
	case STEP_MAIL:
		return t->mail;
	case STEP_RCPT:
		return t->rcpt;
	case STEP_DATA:
		return t->data_init;
	case STEP_CONTENT:
		return t->data_xfer;
	case STEP_DOT:
		return t->data_done;
	case STEP_QUIT:
	case STEP_OVER:
		return CLIENT_QUIT_TIMEOUT;
	}
	return CLIENT_QUIT_TIMEOUT;
}

unsigned client_moves(const struct client *client)
{
	return client->moves;
}

bool client_has_results(const struct client *client)
{
	return client->results_known;
}

bool client_is_over(const struct client *client)
{
	return client->step == STEP_OVER;
}

const struct client_recipient *client_result(const struct client *client, size_t i)
{
	MCC_ASSERT(client->results_known && i < client->options->recipient_count);
	return &client->recipients[i];
}
