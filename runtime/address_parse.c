/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address lists of RFC 822, and the path of MAIL and RCPT.
 *
 * A list is read from right to left, because only what stands to the right of
 * a word tells whether it is part of an address or a name before one. Nothing
 * is refused: words without a comma between them are addresses of their own.
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "runtime/address.h"
#include "runtime/address_tokens.h"

/* The addresses found so far, the last one first. */
struct list {
	const struct address_tokens *tokens;
	struct str *items;
	size_t count;
	size_t room;
	size_t others; /* tokens outside of addresses that are no brackets */
};

static void add_address(struct list *list, size_t from, size_t to)
{
	struct str *item;

	if (from >= to)
		return;
	item = arena_push(list->tokens->arena, &list->items, list->count, &list->room,
			  sizeof(*item));
	*item = address_tokens_internal(list->tokens, from, to, false);
	list->count++;
}

static bool stops_phrase(int kind)
{
	return kind == '>' || kind == ';' || kind == ',' || kind == ':';
}

/*
 * `i` is the index after a '>': the address before it, then the name before
 * its '<'. Returns the index after the token where reading goes on.
 */
static size_t read_bracketed(struct list *list, size_t i)
{
	const struct address_token *items = list->tokens->items;
	size_t closing = i - 1, open = closing;

	while (open > 0 && items[open - 1].kind != '<')
		open--;
	add_address(list, open, closing);
	for (i = open > 0 ? open - 1 : 0; i > 0 && !stops_phrase(items[i - 1].kind); i--)
		list->others++;
	return i;
}

/* A group "name: a, b;": its name is skipped. */
static size_t skip_group_name(const struct address_tokens *tokens, size_t i)
{
	while (i > 0 && tokens->items[i - 1].kind != ',')
		i--;
	return i;
}

/* What stands right of a separator is complete. */
static void end_address(struct list *list, size_t left, size_t right)
{
	add_address(list, left, right);
	list->others++;
}

static void read_list(struct list *list)
{
	const struct address_tokens *tokens = list->tokens;
	size_t right = tokens->count, i = tokens->count;
	bool word_ok = true, in_group = false;

	while (i > 0) {
		int kind = tokens->items[i - 1].kind;

		if (kind == ':' && in_group) {
			end_address(list, i, right);
			i = right = skip_group_name(tokens, i);
			continue;
		}
		if (kind == '>') {
			add_address(list, i, right);
			i = right = read_bracketed(list, i);
			word_ok = true;
			continue;
		}
		if (kind == ',' || kind == ';') {
			end_address(list, i, right);
			right = i - 1;
			word_ok = true;
			in_group = in_group || kind == ';';
		} else if (kind < ADDRESS_TOKEN_ATOM) {
			word_ok = true;
		} else if (word_ok) {
			word_ok = false;
		} else {
			/* Two words without anything between are two addresses. */
			end_address(list, i, right);
			right = i;
		}
		i--;
	}
	add_address(list, 0, right);
}

size_t address_list_parse(struct arena *arena, struct str text, struct str **out_items)
{
	struct address_tokens tokens, plain;
	struct list list = {.tokens = &plain};

	address_tokens_scan(&tokens, arena, text);
	/* Comments separate words all the same. */
	plain = address_tokens_plain(&tokens);
	read_list(&list);
	for (size_t i = 0; i < list.count / 2; i++) {
		struct str item = list.items[i];

		list.items[i] = list.items[list.count - 1 - i];
		list.items[list.count - 1 - i] = item;
	}
	*out_items = list.items;
	return list.count;
}

/* Length of the word at the start of a command's argument, brackets and
 * quotes kept together; 0 when one of them is not closed. */
static size_t path_length(struct str path)
{
	bool in_quotes = false;
	size_t i, level = 0;

	for (i = 0; i < path.len; i++) {
		char c = path.ptr[i];

		if (c == '\\' && i + 1 < path.len)
			i++;
		else if (c == '"')
			in_quotes = !in_quotes;
		else if (in_quotes)
			continue;
		else if (c == '<')
			level++;
		else if (c == '>')
			level -= level > 0;
		else if ((c == ' ' || c == '\t') && level == 0)
			break;
	}
	return in_quotes || level > 0 ? 0 : i;
}

enum address_status address_parse_path(struct arena *arena, struct str path, bool strict,
				       struct str *out_address, struct str *out_rest)
{
	size_t len = path_length(path);
	struct str text = str_slice(path, 0, len);
	struct address_tokens tokens, plain;
	struct list list = {.tokens = &plain};
	bool bracketed = len >= 2 && text.ptr[0] == '<' && text.ptr[len - 1] == '>';

	if (len == 0 || (strict && !bracketed))
		return ADDRESS_BAD_SYNTAX;
	if (len > LIMIT_SMTP_COMMAND)
		return ADDRESS_TOO_LONG;
	if (bracketed)
		text = str_slice(text, 1, len - 1);
	if (text.len > 0 && text.ptr[0] == '@' && str_chr(text, ':') >= 0)
		text = str_slice(text, (size_t)str_chr(text, ':') + 1, text.len);
	address_tokens_scan(&tokens, arena, text);
	plain = address_tokens_plain(&tokens);
	list.others = tokens.count - plain.count;
	read_list(&list);
	if (list.count > 1 || (strict && list.others > 0))
		return ADDRESS_BAD_SYNTAX;
	if (strict && list.count == 1 && list.items[0].len > 0 &&
	    list.items[0].ptr[0] == '@')
		return ADDRESS_BAD_SYNTAX;
	*out_address = list.count == 1 ? list.items[0] : (struct str){"", 0};
	*out_rest = str_slice(path, len, path.len);
	return ADDRESS_OK;
}
