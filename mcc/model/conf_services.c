/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postconf -M, -F and -P: services of master.cf in columns, their fields, and
 * their -o options. Folded lines begin anew before and behind an option with
 * an argument, which stay together.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "mcc/model/conf_private.h"

enum { LINE_LIMIT = 80, INDENT = 4 };

/* Where each column but the first begins. */
static const size_t columns[MASTER_FIELD_COUNT] = {0, 11, 17, 25, 33, 41, 49, 57};

static const char *const field_names[MASTER_FIELD_COUNT] = {
	"service", "type",   "private",	      "unprivileged",
	"chroot",  "wakeup", "process_limit", "command",
};

/* A line on its way. */
struct line {
	struct conf *c;
	struct conf_service *service;
	size_t len;
	/* -M counts a blank and two braces for an option that have no place. */
	size_t option_extra;
};

static void add(struct line *l, struct str text)
{
	strbuf_addstr(l->c->out, text);
	l->len += text.len;
}

static void adds(struct line *l, const char *text)
{
	add(l, str_of(text));
}

static void begin_word(struct line *l, size_t len)
{
	if (l->len <= INDENT)
		return;
	if (!(l->c->request->flags & CONF_FOLD) || l->len + 1 + len < LINE_LIMIT) {
		adds(l, " ");
		return;
	}
	strbuf_adds(l->c->out, "\n    ");
	l->len = INDENT;
}

static bool has_blank(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (strchr(" \t\r\n", s.ptr[i]))
			return true;
	return false;
}

/* Braces are put around what has blanks, and only there. */
static void add_braced(struct line *l, struct str text, bool braces)
{
	if (braces)
		adds(l, "{");
	add(l, text);
	if (braces)
		adds(l, "}");
}

static void print_option(struct line *l, struct str option, struct text value)
{
	bool braces;

	if (str_eqc(option, "-o") && (l->c->request->flags & CONF_EXPAND))
		value = conf_expand(l->c, &l->service->scope, value);
	braces = conf_has_braces(l->c) && has_blank(value.str);
	l->len = LINE_LIMIT;
	begin_word(l, option.len + value.str.len + l->option_extra + (braces ? 2 : 0));
	add(l, option);
	adds(l, " ");
	add_braced(l, value.str, braces);
	l->len = LINE_LIMIT;
}

static void print_arguments(struct line *l)
{
	const struct conf_service *s = l->service;
	bool in_options = true;

	for (size_t i = MASTER_FIELD_COUNT; i < s->arg_count; i++) {
		struct str arg = s->args[i].str;
		bool braces = false;

		if (in_options && (!str_starts(arg, "-") || str_eqc(arg, "--"))) {
			in_options = false;
		} else if (in_options && str_starts(arg, "-o") && i + 1 < s->arg_count) {
			print_option(l, arg, s->args[++i]);
			continue;
		} else if (!in_options) {
			braces = conf_has_braces(l->c) && has_blank(arg);
		}
		begin_word(l, arg.len);
		add_braced(l, arg, braces);
	}
}

static void print_service(struct conf *c, struct conf_service *s)
{
	struct line l = {.c = c, .service = s, .option_extra = 3};

	conf_print_origin(c, s->node->span, NULL);
	for (size_t i = 0; i < MASTER_FIELD_COUNT; i++) {
		if (l.len)
			do
				adds(&l, " ");
			while (l.len < columns[i]);
		add(&l, s->args[i].str);
	}
	print_arguments(&l);
	strbuf_addc(c->out, '\n');
}

void conf_print_services(struct conf *c)
{
	size_t count;
	struct conf_pattern *patterns = conf_patterns(c, 2, &count);

	for (size_t i = 0; patterns && i < c->service_count; i++) {
		if (!count)
			print_service(c, &c->services[i]);
		for (size_t k = 0; k < count; k++) {
			if (!conf_matches(&patterns[k], &c->services[i]))
				continue;
			patterns[k].matches++;
			print_service(c, &c->services[i]);
		}
	}
	conf_tell_unmatched(c, patterns, count);
}

static void print_field(struct conf *c, struct conf_service *s, size_t field)
{
	struct line l = {.c = c, .service = s, .option_extra = 1};

	conf_print_origin(c, text_full_span(s->args[field]), NULL);
	if (!(c->request->flags & CONF_VALUE_ONLY)) {
		add(&l, s->key);
		adds(&l, "/");
		adds(&l, field_names[field]);
		if (c->request->flags & CONF_NAME_ONLY) {
			strbuf_addc(c->out, '\n');
			return;
		}
		adds(&l, " = ");
		if (l.len + s->args[field].str.len > LINE_LIMIT &&
		    (c->request->flags & CONF_FOLD)) {
			strbuf_adds(c->out, "\n    ");
			l.len = INDENT;
		}
	}
	add(&l, s->args[field].str);
	if (field == MASTER_COMMAND)
		print_arguments(&l);
	strbuf_addc(c->out, '\n');
}

static void print_fields(struct conf *c, struct conf_service *s, struct str field)
{
	for (size_t i = 0; i < MASTER_FIELD_COUNT; i++)
		if (conf_is_any(field) || str_eqc(field, field_names[i]))
			print_field(c, s, i);
}

static bool check_field_names(struct conf *c, const struct conf_pattern *patterns,
			      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str field = patterns[i].part[2];
		size_t k = 0;

		while (k < MASTER_FIELD_COUNT && !str_eqc(field, field_names[k]))
			k++;
		if (k < MASTER_FIELD_COUNT || conf_is_any(field))
			continue;
		conf_tell(c, "invalid service attribute name: \"%.*s\"", STR_ARG(field));
		c->failed = true;
		return false;
	}
	return true;
}

void conf_print_fields(struct conf *c)
{
	size_t count;
	struct conf_pattern *patterns = conf_patterns(c, 3, &count);

	if (!patterns || !check_field_names(c, patterns, count))
		return;
	for (size_t i = 0; i < c->service_count; i++) {
		if (!count)
			print_fields(c, &c->services[i], STR_LIT("*"));
		for (size_t k = 0; k < count; k++) {
			if (!conf_matches(&patterns[k], &c->services[i]))
				continue;
			patterns[k].matches++;
			print_fields(c, &c->services[i], patterns[k].part[2]);
		}
	}
	conf_tell_unmatched(c, patterns, count);
}

static void print_override(struct conf *c, struct conf_service *s,
			   const struct setting *option)
{
	struct text value = option->raw;
	unsigned flags = c->request->flags;
	const char *line;

	if (flags & CONF_EXPAND)
		value = conf_expand(c, &s->scope, value);
	if (flags & CONF_VALUE_ONLY)
		line = value.str.ptr;
	else if (flags & CONF_NAME_ONLY)
		line = arena_printf(c->m->site.arena, "%.*s/%.*s", STR_ARG(s->key),
				    STR_ARG(option->name));
	else
		line = arena_printf(c->m->site.arena, "%.*s/%.*s = %.*s", STR_ARG(s->key),
				    STR_ARG(option->name), STR_ARG(value.str));
	conf_print_origin(c, option->name_span, NULL);
	conf_print_words(c, str_of(line));
}

/* How many were printed. */
static size_t print_matching(struct conf *c, struct conf_service *s, struct str name)
{
	size_t count = 0;

	for (size_t i = 0; s->space && i < s->space->count; i++) {
		if (!conf_is_any(name) && !str_eq(s->space->settings[i]->name, name))
			continue;
		print_override(c, s, s->space->settings[i]);
		count++;
	}
	return count;
}

static int by_name(const void *a, const void *b)
{
	const struct setting *x = *(const struct setting *const *)a;
	const struct setting *y = *(const struct setting *const *)b;

	return str_cmp(x->name, y->name);
}

void conf_print_overrides(struct conf *c)
{
	size_t count;
	struct conf_pattern *patterns = conf_patterns(c, 3, &count);

	for (size_t i = 0; patterns && i < c->service_count; i++) {
		struct conf_service *s = &c->services[i];

		if (s->space)
			qsort(s->space->settings, s->space->count,
			      sizeof(struct setting *), by_name);
		if (!count)
			print_matching(c, s, STR_LIT("*"));
		for (size_t k = 0; k < count; k++)
			if (conf_matches(&patterns[k], s) && s->space)
				patterns[k].matches +=
					print_matching(c, s, patterns[k].part[2]) +
					conf_is_any(patterns[k].part[2]);
	}
	conf_tell_unmatched(c, patterns, count);
}
