/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `-o` options of a service. They are read as the program's own getopt would:
 * only before the first argument that is no option, so that a pipe(8) command
 * may have an -o of its own.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/master_build.h"

/* Options of Postfix's daemons that take an argument, besides -o. */
static const char with_argument[] = "imnst";

static void report_operand(struct master_builder *b, enum rule rule, struct text text,
			   const char *why)
{
	line_report(&b->reader, rule, text_full_span(text),
		    "%s: the service ends as soon as it is started", why);
}

/* `name = value` without the blanks around both; false when reported. */
static bool split_operand(struct master_builder *b, struct text text,
			  struct master_option *option)
{
	struct arena *arena = b->reader.ctx->arena;
	ptrdiff_t equals = str_chr(text.str, '=');
	struct str name;
	struct str value;
	size_t lo;

	if (equals < 0) {
		report_operand(b, RULE_MC106, text, "-o needs name=value");
		return false;
	}
	name = str_trim(str_slice(text.str, 0, (size_t)equals));
	if (!name.len) {
		report_operand(b, RULE_MC107, text, "the name before '=' is missing");
		return false;
	}
	lo = (size_t)(name.ptr - text.str.ptr);
	option->name = name;
	option->name_span = text_span(text, lo, lo + name.len);
	value = str_trim(str_slice(text.str, (size_t)equals + 1, text.str.len));
	lo = value.len ? (size_t)(value.ptr - text.str.ptr) : (size_t)equals + 1;
	option->value = text_slice(arena, text, lo, lo + value.len);
	return true;
}

static void add_option(struct master_builder *b, struct master_service *service,
		       size_t *room, struct master_option option)
{
	struct master_option *o;

	o = arena_push(b->reader.ctx->arena, &service->options, service->option_count,
		       room, sizeof(*o));
	*o = option;
	service->option_count++;
}

/* The operand of the `-o` in items[i]; *used: how many items it takes. */
static struct text find_operand(struct master_builder *b, const struct list *arguments,
				size_t i, size_t *used)
{
	const struct list_item *item = &arguments->items[i];

	*used = 1;
	if (item->text.str.len > 2)
		return text_slice(b->reader.ctx->arena, item->text, 2,
				  item->text.str.len);
	if (i + 1 == arguments->count)
		return text_slice(b->reader.ctx->arena, item->text, 2, 2);
	*used = 2;
	item++;
	return item->is_group ? item->inner : item->text;
}

void master_find_options(struct master_builder *b, struct master_service *service,
			 const struct list *arguments)
{
	size_t room = 0;
	size_t used;

	for (size_t i = 0; i < arguments->count; i += used) {
		const struct list_item *item = &arguments->items[i];
		struct master_option option = {0};
		struct str arg = item->text.str;
		struct text operand;

		used = 1;
		if (!str_starts(arg, "-") || str_eqc(arg, "--"))
			return;
		if (!str_starts(arg, "-o")) {
			if (arg.len == 2 && strchr(with_argument, arg.ptr[1]))
				used = 2;
			continue;
		}
		operand = find_operand(b, arguments, i, &used);
		option.span = span_join(text_full_span(item->text),
					text_full_span(item[used - 1].text));
		if (split_operand(b, operand, &option))
			add_option(b, service, &room, option);
	}
}
