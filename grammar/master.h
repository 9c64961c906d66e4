/* SPDX-License-Identifier: BSD-2-Clause */
/* master.cf, master(5): eight columns and the program's arguments. */
#ifndef MCC_GRAMMAR_MASTER_H
#define MCC_GRAMMAR_MASTER_H

#include <stddef.h>

#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

enum master_field {
	MASTER_NAME,
	MASTER_TYPE,
	MASTER_PRIVATE,
	MASTER_UNPRIV,
	MASTER_CHROOT,
	MASTER_WAKEUP,
	MASTER_MAXPROC,
	MASTER_COMMAND,
	MASTER_FIELD_COUNT
};

/* `-o name=value` or `-o { name = value }`. */
struct master_option {
	struct str name;
	struct span name_span;
	struct text value;
	struct span span;
};

struct master_service {
	struct str fields[MASTER_FIELD_COUNT]; /* empty when missing */
	struct span field_spans[MASTER_FIELD_COUNT];
	struct text *args; /* all arguments, -o and its operand included */
	size_t arg_count;
	struct master_option *options; /* the -o ones */
	size_t option_count;
	struct text text; /* the logical line, as it stands */
	struct span span;
};

struct master_file {
	const struct source *src;
	struct master_service *services; /* in order, duplicates kept */
	size_t service_count;
	struct comments comments;
};

/* Never NULL. Reports MC105..MC107, MC1101..MC1103, MC111, MC114..MC116. */
struct master_file *master_parse(const struct parse_ctx *ctx, const struct source *src);
void master_dump(struct strbuf *out, const struct source_set *sources,
		 const struct master_file *file);

#endif
