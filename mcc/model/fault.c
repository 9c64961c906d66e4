/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complaints about values. A wrong text is reported once, where it was
 * written, however many parameters refer to it; a default never is.
 */
#include "mcc/model/private.h"

#include <stdarg.h>

#include "base/arena.h"
#include "base/strmap.h"

struct value_fault model_whole_value(const struct setting *s, enum rule rule)
{
	return (struct value_fault){rule, rule_info(rule)->severity, 0,
				    s->written.str.len};
}

struct diag *model_fault(struct model *m, const struct setting *s,
			 struct value_fault fault, const char *fmt, ...)
{
	struct span span = text_span(s->written, fault.from, fault.to);
	const char *key;
	const char *message;
	struct diag *d;
	va_list ap;

	/* An empty value has no byte to point to, but a name. */
	if (span.file && span.lo == span.hi)
		span = s->name_span;
	if (s->origin == ORIGIN_DEFAULT || !span.file)
		return NULL;
	key = arena_printf(m->site.arena, "%u %u %u %u", (unsigned)fault.rule, span.file,
			   span.lo, span.hi);
	if (strmap_put(m->reported, str_of(key), m))
		return NULL;
	va_start(ap, fmt);
	message = arena_vprintf(m->site.arena, fmt, ap);
	va_end(ap);
	d = diag_add_as(m->site.diags, fault.rule, fault.severity, span, "%s", message);
	diag_relate_via(m->site.diags, d, text_via_at(s->written, fault.from));
	return d;
}

void model_fault_edit(struct model *m, struct diag *d, const struct setting *s,
		      struct value_fault fault, const char *text)
{
	struct span span = text_span(s->written, fault.from, fault.to);

	if (!d)
		return;
	diag_fix(m->site.diags, d, "write '%s'", text);
	if (!text_via_at(s->written, fault.from) && span.file &&
	    span.hi - span.lo == fault.to - fault.from && span.hi > span.lo)
		diag_edit(m->site.diags, d, span, text);
}

const char *model_readers(struct model *m, const struct param *p)
{
	struct str rest = str_of(p->programs);
	struct str first;
	struct str second;
	struct str more;

	if (!str_token(&rest, ",", &first))
		return "the program that reads it";
	if (str_eqc(first, "all"))
		return "every Postfix program";
	if (!str_token(&rest, ",", &second))
		return arena_printf(m->site.arena, "%.*s", STR_ARG(first));
	if (str_token(&rest, ",", &more))
		return arena_printf(m->site.arena, "%.*s, %.*s and others",
				    STR_ARG(first), STR_ARG(second));
	return arena_printf(m->site.arena, "%.*s and %.*s", STR_ARG(first),
			    STR_ARG(second));
}
