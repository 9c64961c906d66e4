/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postconf's view of main.cf: every name it can account for, sorted in byte
 * order, one line each. Names that nothing reads are left out, as there.
 */
#include "mcc/model/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "grammar/cf.h"
#include "mcc/model/conf_private.h"

static const char blanks[] = " \t\r\n";

enum { LINE_LIMIT = 80, INDENT = 4 };

void conf_tell(struct conf *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(c->talk->lines, fmt, ap);
	va_end(ap);
	strbuf_addc(c->talk->lines, '\n');
}

static void say(struct conf *c, struct diag proto, const char *fmt, va_list ap)
	MCC_PRINTF(3, 0);

static void say(struct conf *c, struct diag proto, const char *fmt, va_list ap)
{
	const char *message = arena_vprintf(c->m->site.arena, fmt, ap);

	diag_add_as(c->talk->diags, proto.rule, proto.severity, proto.span, "%s",
		    message);
}

void conf_warn(struct conf *c, enum rule rule, struct span span, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, (struct diag){.rule = rule, .severity = DIAG_WARNING, .span = span}, fmt,
	    ap);
	va_end(ap);
}

void conf_fail(struct conf *c, enum rule rule, struct span span, const char *fmt, ...)
{
	va_list ap;

	c->failed = true;
	va_start(ap, fmt);
	say(c, (struct diag){.rule = rule, .severity = DIAG_ERROR, .span = span}, fmt,
	    ap);
	va_end(ap);
}

/* Once: postconf ends at the first one. */
static void fail_expansion(struct conf *c, struct str name)
{
	if (!c->failed)
		conf_tell(c,
			  "%.*s cannot be expanded: postconf and whoever reads it end "
			  "here",
			  STR_ARG(name));
	c->failed = true;
}

struct text conf_expand(struct conf *c, const struct scope *scope, struct text raw)
{
	struct text text;

	if (!model_expand_sound(c->m, scope, raw, &text))
		fail_expansion(c, raw.str);
	return text;
}

struct text conf_expand_cell(struct conf *c, struct conf_service *service,
			     struct cell *cell)
{
	struct text text =
		model_expand(c->m, service ? &service->scope : &c->m->main, cell);

	if (cell->broken)
		fail_expansion(c, cell->setting->name);
	return text;
}

void conf_print_origin(const struct conf *c, struct span span, const char *otherwise)
{
	const struct source *src;

	if (!(c->request->flags & CONF_ORIGIN))
		return;
	if (!span.file) {
		strbuf_addf(c->out, "%s: ", otherwise);
		return;
	}
	src = source_get(c->m->site.sources, span.file);
	if (src->fs_path)
		strbuf_addf(c->out, "%s:%u: ", src->path,
			    source_position(src, span.lo).line);
	else
		strbuf_addf(c->out, "%s: ", src->path);
}

void conf_print_words(const struct conf *c, struct str line)
{
	struct str word;
	size_t len = 0;

	while (str_token(&line, blanks, &word)) {
		if (len > 0 &&
		    (!(c->request->flags & CONF_FOLD) || len + word.len < LINE_LIMIT)) {
			strbuf_addc(c->out, ' ');
			len++;
		} else if (len > 0) {
			strbuf_adds(c->out, "\n    ");
			len = INDENT;
		}
		strbuf_addstr(c->out, word);
		len += word.len;
	}
	strbuf_addc(c->out, '\n');
}

/* postscreen expanded this one itself until 3.4. */
static bool is_unexpanded(const struct model *m, const struct setting *s)
{
	return s->param && s->param->id == PARAM_postscreen_command_time_limit &&
	       pf_version_cmp(m->site.options.version, (struct pf_version){3, 4, 0}) < 0;
}

static bool is_set(const struct cell *cell)
{
	const struct setting *s = cell->setting;

	return s->entry && !(s->param && model_is_fixed(s->param));
}

/* config_directory counts as set: -C says it. */
static bool is_shown(const struct conf *c, const struct conf_name *n)
{
	const struct param *p = n->param;

	if (!n->cell)
		return false;
	return !(c->request->flags & CONF_SET) || is_set(n->cell) ||
	       (p && p->id == PARAM_config_directory);
}

static const char *kind_of_default(const struct conf *c, const struct conf_name *n)
{
	const struct site_options *o = &c->m->site.options;

	if (n->param && n->param->id == PARAM_config_directory && o->config_directory)
		return "-C";
	if (n->param && platform_default(o->platform, n->param->id))
		return arena_printf(c->m->site.arena, "default of %s",
				    platform_name(o->platform));
	if (n->param && param_default(n->param, o->version)[0] == '@')
		return "computed default";
	return n->param ? "default" : "default of the service";
}

static struct str value_of(struct conf *c, const struct conf_name *n)
{
	const struct setting *s = n->cell->setting;
	bool is_raw = n->param && n->param->type == PARAM_TYPE_RAW;

	/* postconf takes an old name that is not set for an empty one. */
	if (n->param && model_is_legacy(c->m, n->param) && !is_set(n->cell))
		return STR_LIT("");

	if (!(c->request->flags & CONF_EXPAND) || is_raw || is_unexpanded(c->m, s))
		return s->raw.str;
	return conf_expand_cell(c, NULL, n->cell).str;
}

static void print_name(struct conf *c, const struct conf_name *n)
{
	struct str value;
	struct str name = n->name;
	unsigned flags = c->request->flags;

	if (!is_shown(c, n))
		return;
	value = value_of(c, n);
	conf_print_origin(c, is_set(n->cell) ? n->cell->setting->name_span : SPAN_NONE,
			  kind_of_default(c, n));
	if (flags & CONF_NAME_ONLY)
		conf_print_words(c, name);
	else if (flags & CONF_VALUE_ONLY)
		conf_print_words(c, value);
	else
		conf_print_words(c, str_of(arena_printf(c->m->site.arena, "%.*s = %.*s",
							STR_ARG(name), STR_ARG(value))));
}

static int by_name(const void *a, const void *b)
{
	const struct conf_name *x = *(const struct conf_name *const *)a;
	const struct conf_name *y = *(const struct conf_name *const *)b;

	return str_cmp(x->name, y->name);
}

static void print_all(struct conf *c)
{
	if (c->count)
		qsort(c->all, c->count, sizeof(struct conf_name *), by_name);
	for (size_t i = 0; i < c->count; i++)
		if (c->all[i]->class & c->request->flags)
			print_name(c, c->all[i]);
}

static void print_named(struct conf *c)
{
	for (char *const *name = c->request->names; *name; name++) {
		const struct conf_name *n = conf_find(c, str_of(*name));

		if (n)
			print_name(c, n);
		else
			conf_tell(c, "warning: %s: unknown parameter", *name);
	}
}

/* The last assignment wins; one that says the same is no news. */
static void check_duplicates(struct conf *c)
{
	const struct cf_file *file = c->m->site.main;
	struct strmap *seen = strmap_new(c->m->site.arena);
	const char *dir = c->m->site.options.config_directory;
	struct cf_entry given = {.name = STR_LIT("config_directory")};

	if (dir) {
		given.value = text_of_builtin(c->m->site.arena, str_of(dir));
		strmap_put(seen, given.name, &given);
	}
	for (size_t i = 0; i < file->entry_count; i++) {
		struct cf_entry *e = &file->entries[i];
		const struct cf_entry *first;

		if (e->name_span.file != file->src->id)
			continue;
		first = strmap_put(seen, e->name, e);
		if (first && !str_eq(first->value.str, e->value.str))
			conf_warn(c, RULE_MC101, e->name_span,
				  "overriding earlier entry: %.*s=%.*s", STR_ARG(e->name),
				  STR_ARG(first->value.str));
	}
}

/* What reading the files has found that postconf says as well. */
static void repeat(struct conf *c, const struct diag *d)
{
	const struct master_file *master = c->m->site.master;
	bool in_master = master && d->span.file == master->src->id;
	bool is_main_syntax =
		(d->rule == RULE_MC106 || d->rule == RULE_MC107) && !in_master;
	struct diag *copy;

	if (!is_main_syntax && d->rule != RULE_MC105 && d->rule != RULE_MC112 &&
	    d->rule != RULE_MC402 && d->rule != RULE_MC003 && d->rule != RULE_MC001)
		return;
	c->failed |= is_main_syntax;
	copy = diag_add_as(c->talk->diags, d->rule,
			   is_main_syntax ? DIAG_ERROR : DIAG_WARNING, d->span, "%s",
			   d->message);
	for (size_t i = 0; i < d->related_count; i++)
		diag_relate(c->talk->diags, copy, d->related[i].span, "%s",
			    d->related[i].message);
}

static void repeat_all(struct conf *c)
{
	for (size_t i = 0; i < diag_count(c->m->site.diags); i++)
		repeat(c, diag_get(c->m->site.diags, i));
}

static void check_unused(struct conf *c)
{
	if (c->request->flags & (CONF_DEFAULT | CONF_QUIET_NAMES))
		return;
	if (c->request->what == CONF_MAIN)
		conf_check_unused_main(c);
	conf_check_unused_services(c);
}

static void print(struct conf *c)
{
	switch (c->request->what) {
	case CONF_MAIN:
		if (c->request->names[0])
			print_named(c);
		else
			print_all(c);
		break;
	case CONF_SERVICES:
		conf_print_services(c);
		break;
	case CONF_FIELDS:
		conf_print_fields(c);
		break;
	case CONF_OVERRIDES:
		conf_print_overrides(c);
		break;
	}
}

bool conf_print(struct strbuf *out, struct site *site, const struct conf_request *request,
		const struct conf_talk *talk)
{
	struct arena *arena = site->arena;
	struct conf c = {.m = model_of(site),
			 .request = request,
			 .out = out,
			 .talk = talk,
			 .spaces = strmap_new(arena),
			 .table = strmap_new(arena),
			 .files = strmap_new(arena),
			 .classes = strmap_new(arena)};

	if (!site->master && request->what != CONF_MAIN)
		conf_fail(&c, RULE_MC001, SPAN_NONE, "there is no master.cf");
	else if (!site->master)
		conf_warn(&c, RULE_MC001, SPAN_NONE, "there is no master.cf");
	if (!c.failed && conf_read_services(&c)) {
		conf_read_names(&c);
		check_duplicates(&c);
		print(&c);
		check_unused(&c);
	}
	repeat_all(&c);
	return !c.failed;
}
