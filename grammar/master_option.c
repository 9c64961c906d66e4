/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `-o` options of a service. They are read as the program's own getopt would:
 * only before the first argument that is no option, so that a pipe(8) command
 * may have an -o of its own.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/cf.h"
#include "grammar/master_build.h"

/* Options of Postfix's daemons that take an argument, besides -o. */
static const char with_argument[] = "imnst";

static void report_operand(struct master_builder *b, enum rule rule, struct text text,
			   const char *why)
{
	line_report(&b->reader, rule, text_full_span(text),
		    "%s: the service ends as soon as it is started", why);
}

/* False when reported. */
static bool split_operand(struct master_builder *b, struct text text,
			  struct master_option *option)
{
	struct cf_parts parts;
	size_t lo;

	switch (text.str.len ? cf_split(text.str, &parts) : CF_PARTS_NO_EQUALS) {
	case CF_PARTS_NO_EQUALS:
		report_operand(b, RULE_MC106, text, "-o needs name=value");
		return false;
	case CF_PARTS_NO_NAME:
		report_operand(b, RULE_MC107, text, "the name before '=' is missing");
		return false;
	case CF_PARTS_OK:
		break;
	}
	lo = (size_t)(parts.name.ptr - text.str.ptr);
	option->name = parts.name;
	option->name_span = text_span(text, lo, lo + parts.name.len);
	lo = (size_t)(parts.value.ptr - text.str.ptr);
	option->value = text_slice(b->reader.ctx->arena, text, lo, lo + parts.value.len);
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

/*
 * Where in "-vo" the letter stands that takes an argument; the length where
 * none does.
 */
static size_t find_letter(struct str arg)
{
	size_t at = 1;

	while (at < arg.len && arg.ptr[at] != 'o' && !strchr(with_argument, arg.ptr[at]))
		at++;
	return at;
}

/* The operand of the `-o` in items[i], whose letter stands at `at`; *used:
 * how many items it takes. */
static struct text find_operand(struct master_builder *b, const struct list *arguments,
				size_t i, size_t at, size_t *used)
{
	const struct list_item *item = &arguments->items[i];

	*used = 1;
	if (item->text.str.len > at + 1 || i + 1 == arguments->count)
		return text_slice(b->reader.ctx->arena, item->text, at + 1,
				  item->text.str.len);
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
		size_t at = find_letter(arg);

		used = 1;
		if (!str_starts(arg, "-") || str_eqc(arg, "--"))
			return;
		if (at >= arg.len || arg.ptr[at] != 'o') {
			used = at + 1 == arg.len ? 2 : 1;
			continue;
		}
		operand = find_operand(b, arguments, i, at, &used);
		option.span = span_join(text_full_span(item->text),
					text_full_span(item[used - 1].text));
		if (split_operand(b, operand, &option))
			add_option(b, service, &room, option);
	}
}
