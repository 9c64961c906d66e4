/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One tidy layout for each kind of file. Only white space changes, and only
 * where Postfix makes no difference between one white space and another: what
 * the files say stays as it is, comments stay where they are.
 */
#ifndef MCC_MCC_FMT_LAYOUT_H
#define MCC_MCC_FMT_LAYOUT_H

#include <stdbool.h>

#include "base/attr.h"
#include "grammar/parse.h"

struct source;
struct strbuf;

/* Whether files of that kind have a layout. */
bool fmt_has_layout(enum file_kind kind);

/*
 * Appends the file laid out anew to `out`. Diagnostics of the parser are
 * queued in ctx->diags. Status: MCC_EINVAL when Postfix would not read the
 * file (or would read it otherwise than it looks: NUL bytes), which the
 * diagnostics say; MCC_ETOOBIG when `out` has no room; MCC_EFORMAT when the
 * result would mean something else - a fault of this program's, and the reason
 * why the result is read back.
 */
int fmt_layout(const struct parse_ctx *ctx, const struct source *src, enum file_kind kind,
	       struct strbuf *out) MCC_MUST_CHECK;

#endif
