/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dot-stuffing (RFC 5321 4.5.2) over chunks of any size: the state between two
 * calls is one held-back CR and whether a line begins.
 */
#include "mccd/client_content.h"

#include <string.h>

void client_dots_init(struct client_dots *dots)
{
	dots->at_line_start = true;
	dots->has_cr = false;
}

static void put_run(struct client_dots *dots, struct strbuf *out, struct str run)
{
	if (run.len == 0)
		return;
	if (dots->at_line_start && run.ptr[0] == '.')
		strbuf_addc(out, '.');
	strbuf_addstr(out, run);
	dots->at_line_start = false;
}

static void release_cr(struct client_dots *dots, struct strbuf *out)
{
	if (!dots->has_cr)
		return;
	dots->has_cr = false;
	put_run(dots, out, STR_LIT(" "));
}

void client_dots_put(struct client_dots *dots, struct strbuf *out, struct str bytes)
{
	while (bytes.len > 0) {
		size_t run = 0;

		while (run < bytes.len && bytes.ptr[run] != '\n' &&
		       bytes.ptr[run] != '\r')
			run++;
		if (run > 0) {
			release_cr(dots, out);
			put_run(dots, out, str_slice(bytes, 0, run));
		}
		if (run == bytes.len)
			return;
		if (bytes.ptr[run] == '\n') {
			strbuf_adds(out, "\r\n");
			dots->has_cr = false;
			dots->at_line_start = true;
		} else {
			release_cr(dots, out);
			dots->has_cr = true;
		}
		bytes = str_slice(bytes, run + 1, bytes.len);
	}
}

void client_dots_end(struct client_dots *dots, struct strbuf *out)
{
	release_cr(dots, out);
	strbuf_adds(out, dots->at_line_start ? ".\r\n" : "\r\n.\r\n");
}
