/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restriction lists become programs. A word is looked up as Postfix does: a
 * built-in restriction in any case, a restriction class, a table (which stands
 * for the check of its stage). What Postfix would answer with a configuration
 * error becomes RT_OP_BROKEN and is reported here; what it knows and we do
 * not carry out becomes RT_OP_UNSUPPORTED.
 */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/limits.h"
#include "grammar/list.h"
#include "mcc/emit/compiler.h"
#include "runtime/config_rows.h"

/* Classes around the list that is being compiled. */
struct class_chain {
	const struct class_chain *up;
	const struct setting *setting;
};

struct program_build {
	struct compiler *c;
	const struct setting *setting;
	const struct list *list;
	size_t at; /* of the next word */
	enum rt_stage stage;
	const struct class_chain *chain;
	bool warn_only;
	bool is_staged; /* a table stands for the check of this very stage */
	const struct list_item *decided; /* word after which nothing runs */
	struct rt_insn *insns;
	size_t count;
	size_t room;
};

static void compile_list(struct program_build *b);

static const struct list_item *next_item(struct program_build *b)
{
	return b->at < b->list->count ? &b->list->items[b->at++] : NULL;
}

static struct rt_insn *add_insn(struct program_build *b, enum rt_op op, struct text at)
{
	struct rt_insn *insn =
		arena_push(b->c->arena, &b->insns, b->count++, &b->room, sizeof(*insn));

	insn->op = op;
	insn->warn_only = b->warn_only;
	insn->origin = compiler_text_origin(b->c, at, b->setting);
	return insn;
}

/* `what` is the word as the evaluator and a trace show it. */
static void add_text_insn(struct program_build *b, enum rt_op op, struct text at,
			  struct str what)
{
	add_insn(b, op, at)->text = str_dup0(b->c->arena, what);
}

static struct diag *report(struct program_build *b, enum rule rule, struct text at,
			   const char *message)
{
	struct diag *d;

	if (!b->c->diags)
		return NULL;
	d = diag_add(b->c->diags, rule, compiler_span(at, b->setting), "%s", message);
	diag_relate_via(b->c->diags, d, text_via_at(at, 0));
	return d;
}

static bool op_of_word(const char *word, enum rt_op *out_op)
{
	for (int op = 0; op < RT_OP_COUNT; op++) {
		if (strcmp(word, rt_op_word((enum rt_op)op)) != 0)
			continue;
		*out_op = (enum rt_op)op;
		return op != RT_OP_CLASS && op != RT_OP_BROKEN && op != RT_OP_UNSUPPORTED;
	}
	return false;
}

/* ---- arguments ---- */

static void missing_argument(struct program_build *b, const struct list_item *word,
			     const char *needs, const char *effect)
{
	report(b, RULE_MC606, word->text,
	       arena_printf(b->c->arena, "%.*s needs %s behind it: %s",
			    STR_ARG(word->text.str), needs, effect));
}

static bool is_table(struct str word)
{
	return str_chr(word, ':') > 0;
}

/* A table, or `{ table, { search_order = ... } }`. */
static struct text table_argument(struct program_build *b, const struct list_item *item)
{
	const struct list *inner;

	if (!item->is_group)
		return item->text;
	inner = list_parse(&b->c->parse, item->inner, true);
	return inner->count ? inner->items[0].text : item->text;
}

static const char deferred[] =
	"every mail is answered 451 4.3.5 Server configuration error";

static void add_map_check(struct program_build *b, const struct list_item *word,
			  enum rt_op op, const char *name)
{
	const struct list_item *item = next_item(b);
	struct text table = item ? table_argument(b, item) : word->text;
	struct rt_insn *insn;

	if (!item || !is_table(table.str)) {
		missing_argument(b, word, "a table (type:name)", deferred);
		add_text_insn(b, RT_OP_BROKEN, word->text, word->text.str);
		return;
	}
	insn = add_insn(b, op, word->text);
	insn->text = name;
	insn->map = compiler_map(b->c, table, b->setting, true);
}

/* Postfix logs a missing list name and goes on to the next restriction. */
static void add_domain_check(struct program_build *b, const struct list_item *word,
			     enum rt_op op)
{
	const struct list_item *item = next_item(b);

	if (item)
		add_text_insn(b, op, word->text, item->text.str);
	else
		missing_argument(b, word, "the name of a list",
				 "the check is passed over in silence");
}

static bool is_number(struct str s)
{
	uint64_t n;

	return str_to_u64(s, &n);
}

static void add_sleep(struct program_build *b, const struct list_item *word)
{
	const struct list_item *item = next_item(b);

	if (item && is_number(item->text.str)) {
		add_text_insn(b, RT_OP_SLEEP, word->text, item->text.str);
		return;
	}
	missing_argument(b, word, "a number of seconds", deferred);
	add_text_insn(b, RT_OP_BROKEN, word->text, word->text.str);
}

/* Known to Postfix, not to us; its argument goes with it. */
static void add_unsupported(struct program_build *b, const struct list_item *word,
			    const struct restriction *r)
{
	const struct list_item *item = NULL;

	if (r->arg != RESTRICTION_ARG_NONE)
		item = next_item(b);
	if (r->arg != RESTRICTION_ARG_NONE && !item) {
		missing_argument(b, word, "an argument", deferred);
		add_text_insn(b, RT_OP_BROKEN, word->text, word->text.str);
		return;
	}
	add_text_insn(b, RT_OP_UNSUPPORTED, word->text, str_of(r->name));
}

/* ---- words ---- */

static bool in_version(const struct compiler *c, const struct restriction *r)
{
	struct pf_version v = c->site->options.version;

	if (!pf_version_reached(v, r->since))
		return false;
	return !r->removed[0] || !pf_version_reached(v, r->removed);
}

static void add_builtin(struct program_build *b, const struct list_item *word,
			const struct restriction *r)
{
	enum rt_op op;
	const char *name = r->name;

	if (!op_of_word(name, &op)) {
		name = r->replaced_by;
		if (!op_of_word(name, &op)) {
			add_unsupported(b, word, r);
			return;
		}
	}
	switch (rt_op_arg(op)) {
	case RT_ARG_MAP:
		add_map_check(b, word, op, name);
		return;
	case RT_ARG_TEXT:
		if (op == RT_OP_SLEEP)
			add_sleep(b, word);
		else
			add_domain_check(b, word, op);
		return;
	case RT_ARG_NONE:
	case RT_ARG_CLASS:
		add_insn(b, op, word->text);
		break;
	}
	if (!b->warn_only &&
	    (op == RT_OP_PERMIT || op == RT_OP_REJECT || op == RT_OP_DEFER))
		b->decided = word;
}

/* A table by itself stands for the check of what its stage is about. */
static void add_shorthand(struct program_build *b, const struct list_item *word)
{
	static const enum rt_op ops[RT_STAGE_COUNT] = {
		[RT_STAGE_CLIENT] = RT_OP_CHECK_CLIENT_ACCESS,
		[RT_STAGE_HELO] = RT_OP_CHECK_HELO_ACCESS,
		[RT_STAGE_SENDER] = RT_OP_CHECK_SENDER_ACCESS,
		[RT_STAGE_RELAY] = RT_OP_CHECK_RECIPIENT_ACCESS,
		[RT_STAGE_RECIPIENT] = RT_OP_CHECK_RECIPIENT_ACCESS,
		[RT_STAGE_DATA] = RT_OP_BROKEN,
		[RT_STAGE_END_OF_DATA] = RT_OP_BROKEN,
		[RT_STAGE_ETRN] = RT_OP_UNSUPPORTED,
	};
	enum rt_op op = ops[b->stage];
	struct rt_insn *insn;

	b->is_staged = true;
	if (rt_op_arg(op) != RT_ARG_MAP) {
		if (op == RT_OP_BROKEN)
			report(b, RULE_MC605, word->text,
			       arena_printf(b->c->arena,
					    "a table cannot stand by itself in %s: write "
					    "check_..._access before it; %s",
					    rt_stage_parameter(b->stage), deferred));
		add_text_insn(b, op, word->text, word->text.str);
		return;
	}
	insn = add_insn(b, op, word->text);
	insn->text = rt_op_word(op);
	insn->map = compiler_map(b->c, word->text, b->setting, true);
}

static void add_unknown(struct program_build *b, const struct list_item *word,
			const struct restriction *r)
{
	const struct restriction *near = r ? NULL : restriction_nearest(word->text.str);
	const char *why = r ? "this release of Postfix has no such restriction"
			    : "there is no such restriction or class";
	struct diag *d = report(b, RULE_MC605, word->text,
				arena_printf(b->c->arena, "'%.*s': %s; %s",
					     STR_ARG(word->text.str), why, deferred));

	if (d && r && r->replaced_by[0])
		diag_fix(b->c->diags, d, "write %s", r->replaced_by);
	if (d && near) {
		diag_fix(b->c->diags, d, "write %s", near->name);
		if (!text_via_at(word->text, 0))
			diag_edit(b->c->diags, d, text_full_span(word->text), near->name);
	}
	add_text_insn(b, RT_OP_BROKEN, word->text, word->text.str);
}

/* ---- classes ---- */

bool compiler_is_class(const struct compiler *c, struct str word)
{
	const struct list *list =
		site_list(c->site, compiler_setting(c, PARAM_smtpd_restriction_classes));

	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].text.str, word))
			return true;
	return false;
}

static bool is_open(const struct class_chain *chain, const struct setting *setting)
{
	for (; chain; chain = chain->up)
		if (chain->setting == setting)
			return true;
	return false;
}

static size_t chain_depth(const struct class_chain *chain)
{
	size_t depth = 0;

	for (; chain; chain = chain->up)
		depth++;
	return depth;
}

static const struct class_entry *
find_class(const struct compiler *c, const struct setting *setting, enum rt_stage stage)
{
	for (size_t i = 0; i < c->entry_count; i++) {
		const struct class_entry *e = &c->entries[i];

		if (e->setting == setting &&
		    (e->stage == stage || e->stage == RT_STAGE_COUNT))
			return e;
	}
	return NULL;
}

/* Compiles a class once; bodies come before what refers to them. */
static const struct class_entry *add_class(struct compiler *c,
					   const struct setting *setting,
					   enum rt_stage stage,
					   const struct class_chain *up)
{
	const struct class_entry *known = find_class(c, setting, stage);
	struct class_chain here = {up, setting};
	struct program_build b = {
		.c = c, .setting = setting, .stage = stage, .chain = &here};
	struct class_entry *entry;
	struct rt_program *program;

	if (known)
		return known;
	b.list = site_list(c->site, setting);
	compile_list(&b);
	program = arena_push(c->arena, &c->config->classes, c->config->class_count,
			     &c->class_room, sizeof(*program));
	program->name = str_dup0(c->arena, setting->name);
	program->insns = b.insns;
	program->count = b.count;
	program->origin = compiler_setting_origin(c, setting);
	entry = arena_push(c->arena, &c->entries, c->entry_count++, &c->entry_room,
			   sizeof(*entry));
	entry->setting = setting;
	entry->stage = b.is_staged ? stage : RT_STAGE_COUNT;
	entry->program = c->config->class_count++;
	return entry;
}

static void add_class_call(struct program_build *b, const struct list_item *word)
{
	const struct setting *setting =
		site_service_find_own(b->c->site, b->c->service, word->text.str);
	const struct class_entry *entry;
	struct rt_insn *insn;

	if (!setting) {
		add_unknown(b, word, NULL);
		return;
	}
	if (is_open(b->chain, setting) || chain_depth(b->chain) >= LIMIT_POLICY_DEPTH) {
		report(b, RULE_MC402, word->text,
		       arena_printf(
			       b->c->arena,
			       "restriction class %.*s contains itself: smtpd crashes "
			       "when it is evaluated",
			       STR_ARG(word->text.str)));
		add_text_insn(b, RT_OP_BROKEN, word->text, word->text.str);
		return;
	}
	entry = add_class(b->c, setting, b->stage, b->chain);
	b->is_staged |= entry->stage != RT_STAGE_COUNT;
	insn = add_insn(b, RT_OP_CLASS, word->text);
	insn->program = entry->program;
	insn->text = str_dup0(b->c->arena, word->text.str);
}

void compiler_classes(struct compiler *c)
{
	const struct list *list = site_list(
		c->site, site_setting(c->site, PARAM_smtpd_restriction_classes));

	c->service = NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct setting *setting =
			site_find_own(c->site, list->items[i].text.str);

		if (setting)
			add_class(c, setting, RT_STAGE_RECIPIENT, NULL);
	}
}

/* ---- lists ---- */

static void report_unreachable(struct program_build *b, const struct list_item *word)
{
	struct diag *d = report(
		b, RULE_MC604, word->text,
		arena_printf(b->c->arena,
			     "'%.*s' is never reached: '%.*s' before it always decides",
			     STR_ARG(word->text.str), STR_ARG(b->decided->text.str)));
	struct span before = text_full_span(b->decided->text);

	if (d && before.file)
		diag_relate(b->c->diags, d, before, "this one decides");
}

static void compile_word(struct program_build *b, const struct list_item *word)
{
	const struct restriction *r = restriction_find(word->text.str);

	if (r && in_version(b->c, r))
		add_builtin(b, word, r);
	else if (compiler_is_class(b->c, word->text.str))
		add_class_call(b, word);
	else if (!r && is_table(word->text.str))
		add_shorthand(b, word);
	else
		add_unknown(b, word, r);
}

static void compile_list(struct program_build *b)
{
	const struct list_item *word;
	bool is_said = false;

	while ((word = next_item(b))) {
		if (b->decided && !is_said) {
			report_unreachable(b, word);
			is_said = true;
		}
		if (str_caseeqc(word->text.str, "warn_if_reject")) {
			b->warn_only = true;
			continue;
		}
		compile_word(b, word);
		b->warn_only = false;
	}
}

static enum param_id stage_parameter(enum rt_stage stage)
{
	static const enum param_id ids[RT_STAGE_COUNT] = {
		[RT_STAGE_CLIENT] = PARAM_smtpd_client_restrictions,
		[RT_STAGE_HELO] = PARAM_smtpd_helo_restrictions,
		[RT_STAGE_SENDER] = PARAM_smtpd_sender_restrictions,
		[RT_STAGE_RELAY] = PARAM_smtpd_relay_restrictions,
		[RT_STAGE_RECIPIENT] = PARAM_smtpd_recipient_restrictions,
		[RT_STAGE_DATA] = PARAM_smtpd_data_restrictions,
		[RT_STAGE_END_OF_DATA] = PARAM_smtpd_end_of_data_restrictions,
		[RT_STAGE_ETRN] = PARAM_smtpd_etrn_restrictions,
	};

	return ids[stage];
}

const struct setting *compiler_stage_setting(const struct compiler *c,
					     enum rt_stage stage)
{
	enum param_id id = stage_parameter(stage);

	if (!param_in_version(param_get(id), c->site->options.version))
		return NULL;
	return compiler_setting(c, id);
}

void compiler_program(struct compiler *c, enum rt_stage stage, struct rt_program *out)
{
	const struct setting *setting = compiler_stage_setting(c, stage);
	struct program_build b = {.c = c, .setting = setting, .stage = stage};
	bool is_shared = setting && compiler_is_mains(c, stage_parameter(stage)) &&
			 compiler_has_mains_names(c);

	if (is_shared && c->shared[stage]) {
		*out = *c->shared[stage];
		return;
	}
	out->name = rt_stage_parameter(stage);
	out->origin = (struct rt_origin){"", 0};
	if (!setting)
		return;
	b.list = site_list(c->site, setting);
	compile_list(&b);
	out->insns = b.insns;
	out->count = b.count;
	out->origin = compiler_setting_origin(c, setting);
	/* `out` is of the configuration, which outlives the compiler. */
	if (is_shared)
		c->shared[stage] = out;
}
