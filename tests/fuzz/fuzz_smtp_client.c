/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile SMTP server. First byte: options; the second: size of the chunks
 * in which the rest arrives. What the client says must be SMTP, and it must
 * end with a result for everybody.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "mccd/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_output(struct str out, char *last)
{
	for (size_t i = 0; i < out.len; i++) {
		MCC_ASSERT(out.ptr[i] != '\n' || *last == '\r');
		MCC_ASSERT(out.ptr[i] == '\n' || *last != '\r');
		*last = out.ptr[i];
	}
}

static void pump(struct client *client, bool odd_content, char *last)
{
	struct str out;

	while (client_wants_content(client)) {
		client_content(client, odd_content ? STR_LIT(".\r\r\n.\n..\r")
						   : STR_LIT("Subject: x\n\n.x\n"));
		client_content_end(client);
	}
	out = client_output(client);
	check_output(out, last);
	client_written(client, out.len);
}

static void check_results(struct client *client, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct client_recipient *r = client_result(client, i);

		MCC_ASSERT(r->dsn[0] == (r->outcome == CLIENT_SENT     ? '2'
					 : r->outcome == CLIENT_FAILED ? '5'
								       : '4'));
		MCC_ASSERT(r->text[0] != '\0');
		for (const char *p = r->text; *p; p++)
			MCC_ASSERT(*p >= ' ' && *p <= '~');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const recipients[] = {"a@x.example", "b@x.example",
						 "c\xff@x.example"};
	struct client_options options = {.helo = "me.example",
					 .sender = "s@z.example",
					 .recipients = recipients,
					 .size = 18,
					 .timeouts = {1, 1, 1, 1, 1, 1}};
	struct client *client;
	size_t step;
	char last = 0;

	if (size < 2)
		return 0;
	options.recipient_count = 1 + data[0] % 3;
	options.eight_bit = data[0] & 4;
	step = data[1] ? data[1] : 1;
	client = client_new(&options);
	for (size_t at = 2; at < size; at += step) {
		client_input(client, (struct str){(const char *)data + at,
						  size - at < step ? size - at : step});
		pump(client, data[0] & 8, &last);
	}
	if (data[0] & 16)
		client_timed_out(client);
	else
		client_lost(client, "gone");
	MCC_ASSERT(client_has_results(client) && client_is_over(client));
	check_results(client, options.recipient_count);
	client_free(client);
	return 0;
}
