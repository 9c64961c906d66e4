/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * master.cf as postconf takes it apart. The daemons' own reading is
 * grammar/master.c; here every field may hold braces, only -o takes an
 * argument, and each argument is brought into one form before it is looked
 * at: "-vo{ a = b }" becomes -v -o a=b.
 */
#include "mcc/model/conf_private.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "grammar/cf.h"

static const char blanks[] = " \t\r\n";

bool conf_has_braces(const struct conf *c)
{
	return c->m->site.options.version.major >= 3;
}

static struct text *insert(struct conf *c, struct conf_service *s, size_t at,
			   struct text text)
{
	struct text *slot = arena_push(c->m->site.arena, &s->args, s->arg_count,
				       &s->arg_room, sizeof(*slot));

	MCC_ASSERT(slot);
	s->arg_count++;
	memmove(&s->args[at + 1], &s->args[at], (s->arg_count - 1 - at) * sizeof(*slot));
	s->args[at] = text;
	return &s->args[at];
}

/* Blanks between braces separate nothing. */
static size_t word_end(struct str s, size_t at, bool braces)
{
	size_t depth = 0;

	for (; at < s.len; at++) {
		if (braces && s.ptr[at] == '{')
			depth++;
		else if (depth > 0 && s.ptr[at] == '}')
			depth--;
		else if (!depth && strchr(blanks, s.ptr[at]))
			break;
	}
	return at;
}

static void split(struct conf *c, struct conf_service *s)
{
	struct str line = s->node->text.str;
	size_t at = 0;

	for (;;) {
		size_t from;

		while (at < line.len && strchr(blanks, line.ptr[at]))
			at++;
		if (at == line.len)
			return;
		from = at;
		at = word_end(line, at, conf_has_braces(c));
		insert(c, s, s->arg_count,
		       text_slice(c->m->site.arena, s->node->text, from, at));
	}
}

static struct str arg(const struct conf_service *s, size_t i)
{
	return s->args[i].str;
}

static struct text rest_of(struct conf *c, struct text text, size_t from)
{
	return text_slice(c->m->site.arena, text, from, text.str.len);
}

/* Where the brace that opens the text is closed; 0: nowhere. */
static size_t group_end(struct str s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '{')
			depth++;
		else if (s.ptr[i] == '}' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* What stands between the braces, without blanks around it. */
static void open_group(struct conf *c, struct conf_service *s, size_t i)
{
	struct text text = s->args[i];
	size_t end = group_end(text.str);
	struct str inner = str_slice(text.str, 1, end ? end - 1 : text.str.len);
	size_t at;

	if (!end)
		conf_warn(c, RULE_MC111, text_full_span(text), "missing '}' in \"%.*s\"",
			  STR_ARG(text.str));
	else if (end < text.str.len)
		conf_warn(c, RULE_MC111, text_full_span(text),
			  "syntax error after '}' in \"%.*s\"", STR_ARG(text.str));
	inner = str_trim(inner);
	at = inner.len ? (size_t)(inner.ptr - text.str.ptr) : 1;
	s->args[i] = text_slice(c->m->site.arena, text, at, at + inner.len);
}

static const char *what_is_missing(enum cf_parts_status status)
{
	return status == CF_PARTS_NO_NAME ? "missing attribute name"
					  : "missing '=' after attribute name";
}

/* "a = b" becomes "a=b". */
static void join_setting(struct conf *c, struct conf_service *s, size_t i)
{
	struct text text = s->args[i];
	struct cf_parts parts;
	enum cf_parts_status status = cf_split(text.str, &parts);
	struct text_builder b;
	size_t at;

	if (status != CF_PARTS_OK) {
		conf_warn(c, status == CF_PARTS_NO_NAME ? RULE_MC107 : RULE_MC106,
			  text_full_span(text), "%s: \"%.*s\"", what_is_missing(status),
			  STR_ARG(text.str));
		return;
	}
	text_builder_init(&b, c->m->site.arena);
	at = (size_t)(parts.name.ptr - text.str.ptr);
	text_builder_add_text(
		&b, text_slice(c->m->site.arena, text, at, at + parts.name.len), NULL);
	text_builder_add(&b, STR_LIT("="), text_full_span(text), NULL);
	at = (size_t)(parts.value.ptr - text.str.ptr);
	text_builder_add_text(
		&b, text_slice(c->m->site.arena, text, at, at + parts.value.len), NULL);
	s->args[i] = text_builder_done(&b);
}

static bool is_option(struct str s)
{
	return str_starts(s, "-") && !str_eqc(s, "--");
}

/* "-vo" and what follows becomes "-v" and "-o". */
static void split_letters(struct conf *c, struct conf_service *s, size_t i)
{
	ptrdiff_t at = arg(s, i).len > 2
			       ? str_chr(str_slice(arg(s, i), 2, arg(s, i).len), 'o')
			       : -1;
	struct text_builder b;

	if (at < 0)
		return;
	text_builder_init(&b, c->m->site.arena);
	text_builder_add(&b, STR_LIT("-"), text_full_span(s->args[i]), NULL);
	text_builder_add_text(&b, rest_of(c, s->args[i], (size_t)at + 2), NULL);
	insert(c, s, i + 1, text_builder_done(&b));
	s->args[i] = text_slice(c->m->site.arena, s->args[i], 0, (size_t)at + 2);
}

/* One option and its argument; returns the number of words. */
static size_t normal_option(struct conf *c, struct conf_service *s, size_t i)
{
	split_letters(c, s, i);
	if (!str_starts(arg(s, i), "-o"))
		return 1;
	if (arg(s, i).len > 2) {
		insert(c, s, i + 1, rest_of(c, s->args[i], 2));
		s->args[i] = text_slice(c->m->site.arena, s->args[i], 0, 2);
	} else if (i + 1 == s->arg_count) {
		return 1;
	}
	if (conf_has_braces(c) && str_starts(arg(s, i + 1), "{")) {
		open_group(c, s, i + 1);
		join_setting(c, s, i + 1);
	}
	return 2;
}

static void normal_arguments(struct conf *c, struct conf_service *s)
{
	size_t i = MASTER_FIELD_COUNT;

	while (i < s->arg_count && is_option(arg(s, i)))
		i += normal_option(c, s, i);
	for (; conf_has_braces(c) && i < s->arg_count; i++)
		if (str_starts(arg(s, i), "{"))
			open_group(c, s, i);
}

static bool is_type(const struct conf *c, struct str s)
{
	static const char *const types[] = {"unix", "fifo", "inet", "pass"};

	for (size_t i = 0; i < array_len(types); i++)
		if (str_eqc(s, types[i]))
			return true;
	return str_eqc(s, "unix-dgram") &&
	       pf_version_reached(c->m->site.options.version, "3.4");
}

static bool is_well_formed(const struct conf *c, size_t field, struct str s)
{
	switch (field) {
	case MASTER_TYPE:
		return is_type(c, s);
	case MASTER_PRIVATE:
	case MASTER_UNPRIV:
	case MASTER_CHROOT:
		return s.len == 1 && strchr("yn-", s.ptr[0]);
	case MASTER_WAKEUP:
		if (str_ends(s, "?"))
			s.len--;
		return !s.len || str_eqc(s, "-") || str_is_digits(s);
	case MASTER_MAXPROC:
		return str_eqc(s, "-") || str_is_digits(s);
	default:
		return true;
	}
}

static bool check_fields(struct conf *c, const struct conf_service *s)
{
	if (s->arg_count < MASTER_FIELD_COUNT) {
		conf_fail(c, RULE_MC1101, s->node->span, "bad field count");
		return false;
	}
	/* Up to 2.10 postconf did not look at them. */
	if (!pf_version_reached(c->m->site.options.version, "2.11"))
		return true;
	for (size_t i = MASTER_TYPE; i < MASTER_COMMAND; i++) {
		if (is_well_formed(c, i, arg(s, i)))
			continue;
		conf_fail(c, i == MASTER_TYPE ? RULE_MC1102 : RULE_MC1103,
			  text_full_span(s->args[i]), "invalid field \"%.*s\"",
			  STR_ARG(arg(s, i)));
		return false;
	}
	return true;
}

static struct conf_space *space_of(struct conf *c, struct str key)
{
	struct conf_space *space = strmap_find(c->spaces, key);

	if (space)
		return space;
	space = arena_alloc(c->m->site.arena, sizeof(*space));
	MCC_ASSERT(space);
	space->names = strmap_new(c->m->site.arena);
	strmap_put(c->spaces, key, space);
	return space;
}

static void set_option(struct conf *c, struct conf_space *space, struct text text,
		       const struct cf_parts *parts)
{
	struct setting *s = strmap_find(space->names, parts->name);
	struct setting **slot;
	size_t at = (size_t)(parts->name.ptr - text.str.ptr);

	if (!s) {
		slot = arena_push(c->m->site.arena, &space->settings, space->count,
				  &space->room, sizeof(*slot));
		s = arena_alloc(c->m->site.arena, sizeof(*s));
		MCC_ASSERT(slot && s);
		*slot = s;
		space->count++;
		strmap_put(space->names, parts->name, s);
	}
	s->param = param_find(parts->name);
	s->name = parts->name;
	s->origin = ORIGIN_SERVICE;
	s->name_span = text_span(text, at, at + parts->name.len);
	at = (size_t)(parts->value.ptr - text.str.ptr);
	s->raw = text_slice(c->m->site.arena, text, at, at + parts->value.len);
}

static void take_options(struct conf *c, struct conf_service *s)
{
	struct cf_parts parts;

	for (size_t i = MASTER_FIELD_COUNT; i < s->arg_count && is_option(arg(s, i));
	     i++) {
		bool is_setting = str_eqc(arg(s, i), "-o");

		/* What was in braces may still look like "-oname". */
		if (!str_starts(arg(s, i), "-o") || i + 1 == s->arg_count)
			continue;
		i++;
		if (is_setting && cf_split(arg(s, i), &parts) == CF_PARTS_OK)
			set_option(c, space_of(c, s->key), s->args[i], &parts);
	}
}

bool conf_read_services(struct conf *c)
{
	const struct master_file *file = c->m->site.master;

	if (!file)
		return true;
	c->services = arena_array(c->m->site.arena, file->service_count + 1,
				  sizeof(*c->services));
	MCC_ASSERT(c->services);
	for (size_t i = 0; i < file->service_count; i++) {
		struct conf_service *s = &c->services[i];

		s->node = &file->services[i];
		split(c, s);
		if (!check_fields(c, s))
			return false;
		normal_arguments(c, s);
		s->key = str_of(arena_printf(c->m->site.arena, "%.*s/%.*s",
					     STR_ARG(arg(s, MASTER_NAME)),
					     STR_ARG(arg(s, MASTER_TYPE))));
		take_options(c, s);
		/* What a later entry of the same name says is seen here only
		 * when one before it had options. */
		s->space = strmap_find(c->spaces, s->key);
	}
	c->service_count = file->service_count;
	return true;
}
