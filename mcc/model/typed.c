/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From expanded text to a typed value. What Postfix's own conversion refuses
 * is reported where it was written; the setting then holds the default, so
 * that everybody who reads the model finds a value that can be worked with.
 */
#include "mcc/model/private.h"

#include "base/arena.h"
#include "base/attr.h"

static bool parse_bool(struct str text, bool *out_value)
{
	*out_value = str_caseeqc(text, "yes");
	return *out_value || str_caseeqc(text, "no");
}

/* What people write for yes and no elsewhere. */
static const char *meant_bool(struct str text)
{
	static const char *const yes[] = {"true",   "1",       "on",	 "y",
					  "enable", "enabled", "\"yes\""};
	static const char *const no[] = {"false",   "0",	"off",	 "n",
					 "disable", "disabled", "\"no\""};

	for (size_t i = 0; i < array_len(yes); i++) {
		if (str_caseeqc(text, yes[i]))
			return "yes";
		if (str_caseeqc(text, no[i]))
			return "no";
	}
	return NULL;
}

static bool type_bool(struct model *m, struct setting *s, const struct param *p)
{
	struct value_fault fault = model_whole_value(s, RULE_MC301);
	const char *meant = meant_bool(s->written.str);
	struct diag *d;

	if (parse_bool(s->written.str, &s->boolean))
		return true;
	s->fatal = arena_printf(m->site.arena, "bad boolean configuration: %s = %.*s",
				p->name, STR_ARG(s->written.str));
	d = model_fault(m, s, fault,
			"%s wants yes or no, not '%.*s': %s will refuse to start",
			p->name, STR_ARG(s->written.str), model_readers(m, p));
	if (meant)
		model_fault_edit(m, d, s, fault, meant);
	return false;
}

/* What Postfix logs of a text that is too short or too long; NULL: neither. */
static const char *length_fault(struct model *m, const struct setting *s,
				const struct param *p)
{
	size_t len = s->written.str.len;
	uint64_t limit;
	char sign;
	const char *bound;

	if (str_to_u64(str_of(p->min), &limit) && len < limit) {
		sign = '<';
		bound = p->min;
	} else if (str_to_u64(str_of(p->max), &limit) && len > limit) {
		sign = '>';
		bound = p->max;
	} else {
		return NULL;
	}
	return arena_printf(m->site.arena, "bad string length %zu %c %s: %s = %.*s", len,
			    sign, bound, p->name, STR_ARG(s->written.str));
}

static bool type_text(struct model *m, struct setting *s, const struct param *p)
{
	struct value_fault fault = model_whole_value(s, RULE_MC305);
	struct diag *d;

	s->fatal = length_fault(m, s, p);
	if (!s->fatal)
		return model_type_words(m, s, p);
	if (s->written.str.len)
		d = model_fault(m, s, fault,
				"%s must have %s%s%s characters, not '%.*s': %s will "
				"refuse to start",
				p->name, p->min, *p->min && *p->max ? " to " : "", p->max,
				STR_ARG(s->written.str), model_readers(m, p));
	else
		d = model_fault(m, s, fault,
				"%s must not be empty: %s will refuse to start", p->name,
				model_readers(m, p));
	if (d && s->entry) {
		diag_fix(m->site.diags, d, "remove the line to get the default");
		diag_edit(m->site.diags, d, model_whole_lines(m, s->entry), "");
	}
	return false;
}

static bool type_value(struct model *m, struct setting *s, const struct param *p)
{
	switch (p->type) {
	case PARAM_TYPE_BOOL:
	case PARAM_TYPE_NBOOL:
		return type_bool(m, s, p);
	case PARAM_TYPE_INT:
	case PARAM_TYPE_NINT:
	case PARAM_TYPE_LONG:
		return model_type_int(m, s, p);
	case PARAM_TYPE_TIME:
		return model_type_time(m, s, p);
	case PARAM_TYPE_STR:
	case PARAM_TYPE_RAW:
		return type_text(m, s, p);
	}
	return true;
}

/* A row like that of a parameter for "dovecot_destination_recipient_limit". */
static const struct param *service_row(struct model *m, const struct setting *s)
{
	const struct service_param *sp = model_service_param(m, s->name);
	struct param *p;

	if (!sp)
		return NULL;
	p = arena_alloc(m->site.arena, sizeof(*p));
	MCC_ASSERT(p);
	*p = *param_get(PARAM_default_recipient_limit);
	p->name = str_dup0(m->site.arena, s->name);
	p->type = sp->type;
	p->kind = sp->kind;
	p->default_value = sp->default_value;
	p->unit = sp->unit;
	p->min = sp->min;
	p->max = sp->max;
	return p;
}

static struct text default_text(struct model *m, const struct setting *s,
				const struct param *p)
{
	return s->param ? model_default_text(m, p)
			: text_of_builtin(m->site.arena, str_of(p->default_value));
}

static void take_default(struct model *m, const struct scope *scope, struct setting *s,
			 const struct param *p)
{
	struct setting fallback = {.param = s->param, .name = s->name};

	fallback.written = model_expand_text(m, scope, default_text(m, s, p));
	type_value(m, &fallback, p);
	s->value = fallback.written;
	s->boolean = fallback.boolean;
	s->number = fallback.number;
}

void model_type(struct model *m, const struct scope *scope, struct cell *c,
		const struct param *p)
{
	struct setting *s = c->setting;

	if (!p)
		p = service_row(m, s);
	/* Nobody sets these, and they have no default. */
	if (p && p->status == PARAM_READONLY)
		p = NULL;
	/* Of a copy of main.cf's, for a service. */
	s->fatal = NULL;
	s->is_valid = !c->broken && (!p || type_value(m, s, p));
	s->value = s->written;
	if (!s->is_valid && p)
		take_default(m, scope, s, p);
}

/*
 * A default that refers to a wrong value is wrong itself. It gets what it
 * would be if the other one were not set.
 */
bool model_type_again(struct model *m, struct setting *s)
{
	struct setting again = {.param = s->param, .name = s->name};

	again.written = model_expand_values(m, model_default_text(m, s->param));
	if (!type_value(m, &again, s->param))
		return false;
	s->value = again.written;
	s->boolean = again.boolean;
	s->number = again.number;
	s->is_valid = true;
	return true;
}
