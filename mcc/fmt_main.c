/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layout of main.cf and of client files: `name = value`. Where a value is a
 * list - which the kind of its parameter tells - its words are set anew:
 * restriction lists of more than one step with one step a line, other lists on
 * one line when that fits and one word a line when not. Commas are left alone:
 * postconf(1) shows them, so they are part of what the file says. White space
 * inside any other value is part of the value.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "base/text.h"
#include "grammar/cf.h"
#include "grammar/vocabulary.h"
#include "mcc/fmt_private.h"

/* The names of a file that hold restriction lists of its own. */
struct fmt_lists {
	struct strmap *classes;
};

static bool is_list_kind(enum param_kind kind)
{
	switch ((unsigned)kind) {
	case PARAM_KIND_dnsbl_domain_list:
	case PARAM_KIND_dnsbl_list:
	case PARAM_KIND_domain_list:
	case PARAM_KIND_domain_match_list:
	case PARAM_KIND_enum_list:
	case PARAM_KIND_environ_list:
	case PARAM_KIND_interface_list:
	case PARAM_KIND_macro_list:
	case PARAM_KIND_macro_map:
	case PARAM_KIND_map_ref_list:
	case PARAM_KIND_maps:
	case PARAM_KIND_masquerade_list:
	case PARAM_KIND_match_list:
	case PARAM_KIND_mechanism_list:
	case PARAM_KIND_milter_list:
	case PARAM_KIND_network_list:
	case PARAM_KIND_nexthop_list:
	case PARAM_KIND_path_list:
	case PARAM_KIND_postscreen_access_list:
	case PARAM_KIND_restriction_class_list:
	case PARAM_KIND_restriction_list:
	case PARAM_KIND_rewrite_client_list:
	case PARAM_KIND_service_match_list:
	case PARAM_KIND_tls_fingerprint_list:
	case PARAM_KIND_tls_match_list:
	case PARAM_KIND_tls_protocols:
	case PARAM_KIND_transport_list:
	case PARAM_KIND_word_list:
		return true;
	default:
		return false;
	}
}

const struct fmt_lists *fmt_lists_of(const struct parse_ctx *ctx,
				     const struct cf_file *file)
{
	struct fmt_lists *lists = arena_alloc(ctx->arena, sizeof(*lists));

	lists->classes = strmap_new(ctx->arena);
	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *e = &file->entries[i];
		struct str rest = e->value.str;
		struct str word;

		if (!str_eqc(e->name, "smtpd_restriction_classes"))
			continue;
		while (str_token(&rest, ", \t\r\n", &word))
			strmap_put(lists->classes, word, lists);
	}
	return lists;
}

static bool is_restrictions(const struct fmt_lists *lists, struct str name)
{
	const struct param *param = param_find(name);

	return param ? param->kind == PARAM_KIND_restriction_list
		     : strmap_find(lists->classes, name) != NULL;
}

/* The end of the word at `at`; SIZE_MAX: a brace has no other one. */
static size_t word_end(struct str s, size_t at)
{
	size_t depth = 0;

	for (; at < s.len && (depth || !memchr(" \t\r\n", s.ptr[at], 4)); at++) {
		if (s.ptr[at] == '{')
			depth++;
		else if (s.ptr[at] == '}' && depth)
			depth--;
	}
	return depth ? SIZE_MAX : at;
}

const struct fmt_words *fmt_words_of(const struct parse_ctx *ctx,
				     const struct fmt_lists *lists, struct str name,
				     struct text value)
{
	const struct param *param = param_find(name);
	struct fmt_words *words = arena_alloc(ctx->arena, sizeof(*words));
	size_t room = 0;
	size_t end;

	/* Whether these are blanks depends on what reads them. */
	if (str_chr(value.str, '\v') >= 0 || str_chr(value.str, '\f') >= 0)
		return NULL;
	if (!lists || !(param ? is_list_kind(param->kind) : is_restrictions(lists, name)))
		return NULL;
	for (size_t at = 0; at < value.str.len; at = end) {
		if (memchr(" \t\r\n", value.str.ptr[at], 4)) {
			end = at + 1;
			continue;
		}
		end = word_end(value.str, at);
		/* A word that would begin a comment on a line of its own. */
		if (end == SIZE_MAX || value.str.ptr[at] == '#')
			return NULL;
		*(struct text *)arena_push(ctx->arena, &words->items, words->count, &room,
					   sizeof(struct text)) =
			text_slice(ctx->arena, value, at, end);
		words->count++;
	}
	return words;
}

/* ---- trees to items ---- */

struct main_entry {
	const struct cf_entry *entry;
	const struct fmt_words *list;
	bool is_restrictions;
};

/* Comments go before the words of a value: none may stand before the `=`, nor in
 * a value without words. */
static bool has_place(const struct fmt *f, const struct fmt_item *item,
		      const struct cf_entry *e)
{
	const char *equals = memchr(f->src->text.ptr + e->name_span.hi, '=',
				    e->span.hi - e->name_span.hi);
	struct span before = e->name_span;

	if (equals)
		before.hi = (uint32_t)(equals - f->src->text.ptr);
	return fmt_is_one_line(f, before) &&
	       (e->value.str.len || item->first == item->last);
}

void fmt_bind_main(struct fmt *f)
{
	const struct cf_file *file = cf_parse(f->ctx, f->src);
	const struct fmt_lists *lists =
		f->kind == FILE_KIND_MAIN ? fmt_lists_of(f->ctx, file) : NULL;
	struct main_entry *entries =
		arena_array(f->ctx->arena, file->entry_count + 1, sizeof(*entries));
	size_t at = 0;

	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *e = &file->entries[i];
		struct fmt_item *item = fmt_find_block(f, &at, e->span.lo);

		if (!item || !has_place(f, item, e))
			continue;
		entries[i].entry = e;
		entries[i].list = fmt_words_of(f->ctx, lists, e->name, e->value);
		entries[i].is_restrictions = lists && is_restrictions(lists, e->name);
		item->entry = &entries[i];
	}
}

/* ---- items to text ---- */

/* `check_client_access hash:/x` is one step: does a word take the next one? */
static bool takes_next(struct str word)
{
	const struct restriction *r;
	struct str bare;

	if (!str_token(&word, ",", &bare))
		return false;
	r = restriction_find(bare);
	return r && r->arg != RESTRICTION_ARG_NONE;
}

static size_t count_steps(const struct main_entry *e)
{
	size_t steps = 0;

	for (size_t i = 0; i < e->list->count; i++)
		if (i == 0 || !takes_next(e->list->items[i - 1].str))
			steps++;
	return steps;
}

static bool fits_on_a_line(const struct fmt *f, const struct main_entry *e)
{
	struct span value = text_full_span(e->entry->value);
	size_t width = fmt_width(e->entry->name) + 2;

	if (fmt_has_comment(f, e->entry->name_span.hi, value.hi))
		return false;
	for (size_t i = 0; i < e->list->count; i++) {
		if (!fmt_is_one_line(f, text_full_span(e->list->items[i])))
			return false;
		width += 1 + fmt_width(e->list->items[i].str);
	}
	return width <= FMT_WIDTH;
}

static void put_list(struct fmt *f, const struct main_entry *e)
{
	bool in_one = fits_on_a_line(f, e) && (!e->is_restrictions || count_steps(e) < 2);

	/* One word alone gains nothing from a line of its own. */
	if (e->list->count == 1)
		in_one = true;
	for (size_t i = 0; i < e->list->count; i++) {
		bool joins = in_one || (i > 0 && e->is_restrictions &&
					takes_next(e->list->items[i - 1].str));

		fmt_token(f, text_full_span(e->list->items[i]),
			  joins ? FMT_GAP_BLANK : FMT_GAP_LINE);
	}
}

/*
 * A value that is no list: one of several lines begins below its name, so that
 * its lines stand under each other, and a `#` that would begin a comment there
 * beside it.
 */
static void put_value(struct fmt *f, struct str value, struct span span)
{
	struct str indent = f->indent;
	bool is_folded = !fmt_is_one_line(f, span);

	if (is_folded)
		f->indent = fmt_second_indent(f, span);
	fmt_token(f, span,
		  is_folded && value.ptr[0] != '#' ? FMT_GAP_LINE : FMT_GAP_BLANK);
	f->indent = indent;
}

void fmt_put_main(struct fmt *f, const struct fmt_item *item)
{
	const struct main_entry *e = item->entry;
	const struct text *value = &e->entry->value;

	fmt_token(f, e->entry->name_span, FMT_GAP_NONE);
	strbuf_adds(f->out, " =");
	if (e->list && e->list->count)
		put_list(f, e);
	else if (value->str.len)
		put_value(f, value->str, text_full_span(*value));
}
