/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard input as a source. */
#include <stdio.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "mcc/cli.h"

int cli_read_stdin(struct cli *cli, const struct source **out_src)
{
	struct strbuf buf;
	char chunk[8192];
	size_t n;
	char *text = NULL;

	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	while (!buf.failed && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		strbuf_add(&buf, chunk, n);
	if (!buf.failed && !ferror(stdin))
		text = arena_memdup0(cli->arena, buf.ptr ? buf.ptr : "", buf.len);
	if (text)
		*out_src = source_add_text(cli->sources, "<stdin>",
					   (struct str){text, buf.len});
	n = buf.failed;
	strbuf_fini(&buf);
	if (!text)
		return cli_cannot("standard input: %s",
				  mcc_status_text(n ? MCC_ETOOBIG : MCC_EIO));
	return EXIT_CLEAN;
}
