/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail addresses as lexical tokens of RFC 822, with the two operators of
 * older networks, '%' and '!'. Private to runtime/address*.c and resolve*.c.
 */
#ifndef MCC_RUNTIME_ADDRESS_TOKENS_H
#define MCC_RUNTIME_ADDRESS_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

/* Any other kind is the operator character itself. */
enum address_token_kind {
	ADDRESS_TOKEN_ATOM = 256,
	ADDRESS_TOKEN_QUOTED,
	ADDRESS_TOKEN_LITERAL, /* [domain literal], brackets not in the text */
	ADDRESS_TOKEN_COMMENT  /* parentheses in the text */
};

struct address_token {
	int kind;
	struct str text; /* escapes resolved; empty for operators */
	bool is_joined;	 /* no blank comes after it */
};

struct address_tokens {
	struct arena *arena;
	struct address_token *items;
	size_t count;
	size_t room;
};

/* Tokens of text in external form. Nothing is refused. */
void address_tokens_scan(struct address_tokens *tokens, struct arena *arena,
			 struct str text);
/* The same for text that is one address: an empty one becomes a quoted "". */
void address_tokens_scan_address(struct address_tokens *tokens, struct arena *arena,
				 struct str text);

/* Back to text. `spaced`: neighbouring words are kept apart by a blank. */
struct str address_tokens_internal(const struct address_tokens *tokens, size_t from,
				   size_t to, bool spaced);
struct str address_tokens_external(const struct address_tokens *tokens);

/* Index of the first or last token of that kind, or -1. */
ptrdiff_t address_tokens_find(const struct address_tokens *tokens, int kind);
ptrdiff_t address_tokens_rfind(const struct address_tokens *tokens, int kind);

/*
 * Editing. A token that is appended is joined as the token before it is, and
 * when there is none.
 */
void address_tokens_append_operator(struct address_tokens *tokens, char kind);
void address_tokens_append(struct address_tokens *tokens,
			   const struct address_tokens *more);
void address_tokens_append_text(struct address_tokens *tokens, const char *text);
/* Keeps [from, to). */
void address_tokens_keep(struct address_tokens *tokens, size_t from, size_t to);
/* A copy of [from, to) with room of its own. */
struct address_tokens address_tokens_copy(const struct address_tokens *tokens,
					  size_t from, size_t to);
/* A copy without comments. */
struct address_tokens address_tokens_plain(const struct address_tokens *tokens);

struct rt_settings;

/* What trivial-rewrite(8) does to one address, in place. */
void address_tokens_rewrite(struct address_tokens *tokens,
			    const struct rt_settings *settings);

#endif
