/* SPDX-License-Identifier: BSD-2-Clause */
/* Stored content as it goes over the wire: CRLF line ends, dots doubled. */
#ifndef MCC_MCCD_CLIENT_CONTENT_H
#define MCC_MCCD_CLIENT_CONTENT_H

#include <stdbool.h>

#include "base/str.h"

struct client_dots {
	bool at_line_start;
	bool has_cr; /* a CR is held back: its fate hangs on the next byte */
};

void client_dots_init(struct client_dots *dots);
/*
 * Appends `bytes` to `out`. LF and CRLF become CRLF; a lone CR becomes a blank,
 * so that no receiver can see a line end where others see none.
 */
void client_dots_put(struct client_dots *dots, struct strbuf *out, struct str bytes);
/* Ends the last line if it is open, then the final dot. */
void client_dots_end(struct client_dots *dots, struct strbuf *out);

#endif
