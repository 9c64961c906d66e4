/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which names postconf can account for: those of the release, those that the
 * services of master.cf make, and those of the user's own that are set and
 * that some value, or smtpd_restriction_classes, refers to. The rest is
 * "unused"; what is referred to and set nowhere is "undefined".
 *
 * Other than the checks of `mcc check` this takes every mention for a
 * reference, `${name?...}` too, for that is what is compared with.
 */
#include "base/arena.h"
#include "base/attr.h"
#include "grammar/cf.h"
#include "mcc/model/conf_private.h"

struct conf_name *conf_find(const struct conf *c, struct str name)
{
	return strmap_find(c->table, name);
}

static struct conf_name *enter(struct conf *c, struct str name, unsigned class)
{
	struct conf_name *n = arena_alloc(c->m->site.arena, sizeof(*n));
	struct conf_name **slot =
		arena_push(c->m->site.arena, &c->all, c->count, &c->room, sizeof(*slot));

	MCC_ASSERT(n && slot);
	*n = (struct conf_name){.name = name, .class = class};
	*slot = n;
	c->count++;
	strmap_put(c->table, name, n);
	return n;
}

static void enter_builtins(struct conf *c)
{
	struct model *m = c->m;

	for (size_t i = 0; i < PARAM_COUNT; i++) {
		const struct param *p = param_get((enum param_id)i);
		bool is_legacy = model_is_legacy(m, p);
		struct conf_name *n;

		if (!param_in_version(p, m->site.options.version))
			continue;
		n = enter(c, m->site.settings[i].name, is_legacy ? 0 : CONF_BUILTIN);
		n->param = p;
		n->cell = &m->main.params[i];
	}
}

static bool runs(const struct conf_service *s, const struct service_param *sp)
{
	return str_has_token(str_of(sp->programs), ",", s->args[MASTER_COMMAND].str);
}

static void enter_service_name(struct conf *c, const struct conf_service *s,
			       const struct service_param *sp)
{
	struct str name =
		str_of(arena_printf(c->m->site.arena, "%.*s_%s",
				    STR_ARG(s->args[MASTER_NAME].str), sp->suffix));
	struct conf_name *n = conf_find(c, name);

	if (n) {
		n->class = CONF_SERVICE;
		return;
	}
	n = enter(c, name, CONF_SERVICE);
	n->cell = model_lookup(c->m, &c->m->main, name);
	/* To postconf alone "{ }" is one field, and the name of a service. */
	if (!n->cell)
		n->cell = model_make_service_cell(c->m, name, sp);
}

static void enter_services(struct conf *c)
{
	for (size_t i = 0; i < c->service_count; i++)
		for (size_t k = 0; k < service_param_count(); k++) {
			const struct service_param *sp = service_param_at(k);

			if (runs(&c->services[i], sp) &&
			    pf_version_reached(c->m->site.options.version, sp->since))
				enter_service_name(c, &c->services[i], sp);
		}
}

/* What main.cf says about a name; NULL: nothing, or nothing that counts. */
static const struct cell *main_cell(const struct conf *c, struct str name)
{
	const struct param *p = param_find(name);
	const struct cell *cell =
		p ? &c->m->main.params[p->id] : strmap_find(c->m->main.names, name);

	if (!cell || !cell->setting || !cell->setting->entry ||
	    (p && model_is_fixed(p) && conf_find(c, name)))
		return NULL;
	return cell;
}

/* What has been left out as read-only is not set any more. */
static bool is_set_in(const struct conf_service *s, struct str name)
{
	const struct setting *found =
		s->space ? strmap_find(s->space->names, name) : NULL;

	return found && found->origin == ORIGIN_SERVICE;
}

static void validate(struct conf_service *s, struct str name)
{
	if (is_set_in(s, name))
		strmap_put(s->valid, name, s);
}

/* Whether the name is set where somebody in main.cf or the service sees it. */
static bool flag(struct conf *c, struct conf_service *service, struct str name)
{
	const struct cell *cell;
	bool is_set = false;

	if (service && is_set_in(service, name)) {
		validate(service, name);
		return true;
	}
	cell = main_cell(c, name);
	if (cell) {
		is_set = true;
		if (!conf_find(c, name))
			enter(c, name, CONF_USER)->cell =
				model_lookup(c->m, &c->m->main, name);
	}
	for (size_t i = 0; !service && i < c->service_count; i++) {
		is_set |= is_set_in(&c->services[i], name);
		validate(&c->services[i], name);
	}
	return is_set;
}

void conf_flag_name(struct conf *c, struct conf_service *service, struct str name,
		    struct span span, bool is_table)
{
	if (flag(c, service, name) || is_table || conf_find(c, name))
		return;
	conf_warn(c, RULE_MC401, span, "undefined parameter: %.*s", STR_ARG(name));
}

/* Postfix stops at the first fault; false then. */
static bool scan_tree(struct conf *c, struct conf_service *service,
		      const struct value *value)
{
	bool ok = true;

	for (size_t i = 0; value && ok && i < value->part_count; i++) {
		const struct value_part *part = &value->parts[i];

		if (part->kind == VALUE_BROKEN ||
		    (part->kind == VALUE_CALL && !model_has_function(c->m, part->name)))
			return false;
		if (part->kind == VALUE_REF || part->kind == VALUE_IF_SET)
			conf_flag_name(c, service, part->name, part->name_span, false);
		/* Both sides of a comparison are looked at whatever they hold. */
		ok &= scan_tree(c, service, part->left);
		ok &= scan_tree(c, service, part->right);
		ok = ok && scan_tree(c, service, part->then_value) &&
		     scan_tree(c, service, part->else_value);
	}
	return ok;
}

static void scan_text(struct conf *c, struct conf_service *service,
		      const struct value *tree, struct text raw)
{
	if (!tree && str_chr(raw.str, '$') >= 0)
		tree = value_parse(&c->m->parse, raw);
	scan_tree(c, service, tree);
}

static void flag_classes(struct conf *c, struct conf_service *service,
			 const struct scope *scope, struct text raw)
{
	struct text text = conf_expand(c, scope, raw);
	struct str rest = text.str;
	struct str word;

	while (str_token(&rest, ", \t\r\n", &word)) {
		size_t at = (size_t)(word.ptr - text.str.ptr);

		struct span span = text_span(text, at, at + word.len);

		if (!service)
			strmap_put(c->classes, word, c);
		conf_flag_name(c, service, word, span.file ? span : text_full_span(raw),
			       false);
	}
}

/* False: the setting does not count. */
static bool scan_setting(struct conf *c, struct conf_service *service,
			 const struct setting *s, struct cell *cell)
{
	struct conf_name *n = conf_find(c, s->name);
	const struct param *p = n ? n->param : NULL;

	if (service && !strmap_find(service->valid, s->name) &&
	    strmap_find(c->classes, s->name))
		strmap_put(service->valid, s->name, service);
	if (p && model_is_fixed(p)) {
		conf_warn(c, RULE_MC206, s->name_span,
			  "read-only parameter assignment: %.*s=%.*s", STR_ARG(s->name),
			  STR_ARG(s->entry ? s->entry->value.str : s->raw.str));
		return false;
	}
	/* An old name is shown once it is set. */
	if (n && !n->class)
		n->class = CONF_USER;
	if (p && p->type == PARAM_TYPE_RAW)
		return true;
	scan_text(c, service, cell->tree, s->raw);
	/* Only what Postfix itself reads is expanded at this point. */
	if (n && (n->class & (CONF_BUILTIN | CONF_SERVICE)))
		conf_flag_table_names(c, service, conf_expand_cell(c, service, cell));
	return true;
}

static void add_cell(struct conf *c, struct scope *scope, struct setting *setting)
{
	struct cell *cell = arena_alloc(c->m->site.arena, sizeof(*cell));

	MCC_ASSERT(cell);
	cell->setting = setting;
	model_cell_init(c->m, cell, false);
	strmap_put(scope->names, setting->name, cell);
}

/* These win over -o options of the same name. */
static void add_own(struct conf *c, struct conf_service *s, enum param_id id,
		    struct str value)
{
	struct setting *own = arena_alloc(c->m->site.arena, sizeof(*own));

	MCC_ASSERT(own);
	*own = c->m->site.settings[id];
	own->raw = text_of_builtin(c->m->site.arena, value);
	add_cell(c, &s->scope, own);
}

static void open_scope(struct conf *c, struct conf_service *s)
{
	struct str command = s->args[MASTER_COMMAND].str;
	ptrdiff_t slash = str_rchr(command, '/');

	s->valid = strmap_new(c->m->site.arena);
	s->scope = (struct scope){.parent = &c->m->main,
				  .names = strmap_new(c->m->site.arena),
				  .is_dynamic = true};
	for (size_t i = 0; s->space && i < s->space->count; i++)
		add_cell(c, &s->scope, s->space->settings[i]);
	add_own(c, s, PARAM_process_name,
		str_slice(command, (size_t)(slash + 1), command.len));
	add_own(c, s, PARAM_service_name, s->args[MASTER_NAME].str);
}

/* Classes are looked for before anything but the -o options is known. */
static void flag_service_classes(struct conf *c, struct conf_service *s)
{
	struct scope alone = {.names = strmap_new(c->m->site.arena)};
	const struct setting *classes =
		strmap_find(s->space->names, STR_LIT("smtpd_restriction_classes"));

	if (!classes)
		return;
	for (size_t i = 0; i < s->space->count; i++)
		add_cell(c, &alone, s->space->settings[i]);
	flag_classes(c, s, &alone, classes->raw);
}

static void scan_service(struct conf *c, struct conf_service *s)
{
	size_t kept = 0;

	if (!s->space)
		return;
	flag_service_classes(c, s);
	for (size_t i = 0; i < s->space->count; i++) {
		struct setting *option = s->space->settings[i];

		if (scan_setting(c, s, option, strmap_find(s->scope.names, option->name)))
			s->space->settings[kept++] = option;
		else
			option->origin = ORIGIN_DEFAULT;
	}
	s->space->count = kept;
}

static bool has_only(struct str rest, const char *words)
{
	struct str word;

	while (str_token(&rest, ", \t\r\n", &word)) {
		struct str list = str_of(words);
		struct str known;
		bool is_known = false;

		while (!is_known && str_token(&list, " ", &known))
			is_known = str_eq(word, known);
		if (!is_known)
			return false;
	}
	return true;
}

/* mynetworks is computed when main.cf does not set it, and then its sources
 * are looked at: a word that means nothing ends it all. */
static void check_sources(struct conf *c)
{
	struct model *m = c->m;
	struct str style = model_ask(m, PARAM_mynetworks_style, PARAM_mynetworks);
	struct str protocols = model_ask(m, PARAM_inet_protocols, PARAM_mynetworks);

	if (!str_trim(style).len || !has_only(style, "class subnet host"))
		conf_fail(c, RULE_MC304,
			  m->site.settings[PARAM_mynetworks_style].name_span,
			  "unknown mynetworks_style value \"%.*s\"", STR_ARG(style));
	if (!has_only(protocols, "all ipv4 ipv6"))
		conf_fail(c, RULE_MC304, m->site.settings[PARAM_inet_protocols].name_span,
			  "unknown inet_protocols value \"%.*s\"", STR_ARG(protocols));
}

static void scan_defaults(struct conf *c)
{
	/* Names that are found on the way have no defaults to look at. */
	size_t count = c->count;

	for (size_t i = 0; i < count; i++) {
		const struct conf_name *n = c->all[i];

		if ((n->param && n->param->type == PARAM_TYPE_RAW) ||
		    main_cell(c, n->name) || !n->cell)
			continue;
		if (!n->cell->tree && n->cell->broken)
			conf_fail(c, RULE_MC112, SPAN_NONE,
				  "the default of %.*s cannot be computed",
				  STR_ARG(n->name));
		else if (n->param && n->param->id == PARAM_mynetworks)
			check_sources(c);
		/* Computed ones have no tree, but a value of main.cf in them. */
		scan_text(c, NULL, n->cell->tree, n->cell->setting->raw);
	}
}

static void scan_main(struct conf *c)
{
	struct model *m = c->m;
	const struct cell *classes = &m->main.params[PARAM_smtpd_restriction_classes];

	if (classes->setting->entry)
		flag_classes(c, NULL, &m->early, classes->setting->raw);
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (m->site.settings[i].entry)
			scan_setting(c, NULL, &m->site.settings[i], &m->main.params[i]);
	for (size_t i = 0; i < m->site.own_count; i++)
		scan_setting(c, NULL, &m->site.own[i],
			     strmap_find(m->main.names, m->site.own[i].name));
}

void conf_read_names(struct conf *c)
{
	enter_builtins(c);
	enter_services(c);
	for (size_t i = 0; i < c->service_count; i++)
		open_scope(c, &c->services[i]);
	if (c->request->flags & CONF_DEFAULT)
		return;
	for (size_t i = 0; i < c->service_count; i++)
		scan_service(c, &c->services[i]);
	scan_defaults(c);
	scan_main(c);
}

static void check_unused(struct conf *c, const struct setting *s)
{
	const struct conf_name *n = conf_find(c, s->name);
	const char *instead;

	if (!n)
		conf_warn(c, s->origin == ORIGIN_SERVICE ? RULE_MC1109 : RULE_MC201,
			  s->name_span, "unused parameter: %.*s=%.*s", STR_ARG(s->name),
			  STR_ARG(s->raw.str));
	else if (n->param && pf_version_reached(c->m->site.options.version, "3.9") &&
		 param_is_deprecated(n->param, c->m->site.options.version, &instead))
		conf_warn(c, RULE_MC501, s->name_span,
			  "support for parameter %.*s will be removed%s%s",
			  STR_ARG(s->name), instead[0] ? "; instead, specify " : "",
			  instead);
}

void conf_check_unused_main(struct conf *c)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (c->m->site.settings[i].entry &&
		    !model_is_fixed(c->m->site.settings[i].param))
			check_unused(c, &c->m->site.settings[i]);
	for (size_t i = 0; i < c->m->site.own_count; i++)
		check_unused(c, &c->m->site.own[i]);
}

void conf_check_unused_services(struct conf *c)
{
	for (size_t i = 0; i < c->service_count; i++) {
		const struct conf_service *s = &c->services[i];

		for (size_t k = 0; s->space && k < s->space->count; k++) {
			const struct setting *option = s->space->settings[k];

			if (!strmap_find(s->valid, option->name))
				check_unused(c, option);
		}
	}
}
