/* SPDX-License-Identifier: BSD-2-Clause */
/* aliases(5): `name: member, member ...`, with quoting as in RFC 822. */
#ifndef MCC_GRAMMAR_ALIASES_H
#define MCC_GRAMMAR_ALIASES_H

#include <stddef.h>

#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

enum alias_member_kind {
	ALIAS_ADDRESS,
	ALIAS_COMMAND, /* |command; text is without the bar */
	ALIAS_FILE,    /* /file */
	ALIAS_INCLUDE  /* :include:/file; text is the file */
};

struct alias_member {
	enum alias_member_kind kind;
	struct str text; /* quotes resolved */
	struct span span;
};

struct alias_entry {
	struct str name;	  /* quotes resolved, case as written */
	struct str name_external; /* as Postfix 3.12 stores it: with quotes */
	struct span name_span;
	struct text value; /* everything after the colon, blanks trimmed */
	/* The bytes that postalias stores: put together anew from the value's
	 * words, comments included. NUL-terminated. */
	struct str stored;
	struct alias_member *members;
	size_t member_count;
	struct span span;
};

struct alias_file {
	const struct source *src;
	struct alias_entry *entries;
	size_t entry_count;
	struct comments comments;
};

/* Whether name, as it is and as it was written, and value are UTF-8. */
bool alias_entry_is_utf8(const struct alias_file *file, const struct alias_entry *entry);

/* Never NULL. Reports MC105, MC1004, MC1005, MC114..MC116. */
struct alias_file *aliases_parse(const struct parse_ctx *ctx, const struct source *src);
/*
 * Only the right-hand side: members of `text` (a value found in a table, an
 * :include: file's line). Returns the count, members in *out_members.
 */
size_t aliases_parse_members(const struct parse_ctx *ctx, struct text text,
			     struct alias_member **out_members);
void aliases_dump(struct strbuf *out, const struct source_set *sources,
		  const struct alias_file *file);

#endif
