/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layout of master.cf: fields in the columns of Postfix's own file, every -o
 * option and the other arguments on lines of their own below. A field that is
 * too long moves only its neighbours: the others are back in their columns.
 */
#include "base/arena.h"
#include "base/text.h"
#include "grammar/master.h"
#include "mcc/fmt_private.h"

static const unsigned char columns[MASTER_FIELD_COUNT] = {0, 10, 16, 24, 32, 40, 48, 56};

void fmt_bind_master(struct fmt *f)
{
	const struct master_file *file = master_parse(f->ctx, f->src);
	size_t at = 0;

	for (size_t i = 0; i < file->service_count; i++) {
		const struct master_service *s = &file->services[i];
		struct fmt_item *item = fmt_find_block(f, &at, s->span.lo);

		if (item && s->fields[MASTER_COMMAND].len)
			item->entry = s;
	}
}

static void put_fields(struct fmt *f, const struct master_service *s)
{
	for (size_t i = 0; i < MASTER_FIELD_COUNT; i++) {
		if (i > 0)
			fmt_pad(f, columns[i]);
		fmt_token(f, s->field_spans[i], FMT_GAP_NONE);
	}
}

/* `-v` and its like, before anything else, stay beside the command. */
static size_t put_flags(struct fmt *f, const struct master_service *s)
{
	size_t i = 0;

	while (i < s->arg_count && str_starts(s->args[i].str, "-") &&
	       !str_starts(s->args[i].str, "-o"))
		fmt_token(f, text_full_span(s->args[i++]), FMT_GAP_BLANK);
	return i;
}

/* Columns that the arguments from i up to the next option take. */
static size_t run_width(const struct fmt *f, const struct master_service *s, size_t i)
{
	size_t width = f->indent.len;
	bool in_argv = false;

	for (; i < s->arg_count; i++) {
		in_argv = in_argv || str_starts(s->args[i].str, "argv=");
		if (!in_argv && str_starts(s->args[i].str, "-o"))
			break;
		width += 1 + fmt_width(s->args[i].str);
	}
	return width;
}

static void put_arguments(struct fmt *f, const struct master_service *s, size_t i)
{
	bool is_operand = false; /* of a `-o` that stands alone */
	bool in_run = false;	 /* behind an argument that is no option */
	bool in_argv = false;	 /* from there on all belongs to the command */
	bool is_wide = false;

	for (; i < s->arg_count; i++) {
		struct str arg = s->args[i].str;
		bool is_option = !in_argv && str_starts(arg, "-o");
		bool begins_argv = !in_argv && str_starts(arg, "argv=");
		/* On a line of its own a `#` would begin a comment. */
		bool joins = is_operand || str_starts(arg, "#") ||
			     (in_run && !is_option && !(begins_argv && is_wide));

		if (!is_operand && !is_option && !in_run)
			is_wide = run_width(f, s, i) > FMT_WIDTH;
		fmt_token(f, text_full_span(s->args[i]),
			  joins ? FMT_GAP_BLANK : FMT_GAP_LINE);
		in_argv = in_argv || (begins_argv && !is_operand);
		in_run = !is_operand && !is_option;
		is_operand = !is_operand && is_option && arg.len == 2;
	}
}

void fmt_put_master(struct fmt *f, const struct fmt_item *item)
{
	const struct master_service *s = item->entry;

	put_fields(f, s);
	put_arguments(f, s, put_flags(f, s));
}
