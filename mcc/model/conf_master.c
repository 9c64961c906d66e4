/* SPDX-License-Identifier: BSD-2-Clause */
/* postconf's view of master.cf: -M and -P. */
#include "mcc/model/conf.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/attr.h"
#include "grammar/master.h"
#include "mcc/model/private.h"

/* Where each column but the first begins. */
static const size_t columns[MASTER_FIELD_COUNT] = {0, 11, 17, 25, 33, 41, 49, 57};

static void print_field(struct strbuf *out, size_t start, size_t column, struct str field)
{
	size_t at = out->len - start;

	if (at)
		do
			strbuf_addc(out, ' ');
		while (out->len - start < column);
	strbuf_addstr(out, field);
}

/* Braces are put around what has blanks, and only there. */
static void print_argument(struct strbuf *out, struct str text)
{
	bool has_blank = str_chr(text, ' ') >= 0 || str_chr(text, '\t') >= 0;

	strbuf_addf(out, has_blank ? " {%.*s}" : " %.*s", STR_ARG(text));
}

static struct str without_braces(struct str text)
{
	if (text.len < 2 || text.ptr[0] != '{' || text.ptr[text.len - 1] != '}')
		return text;
	return str_trim(str_slice(text, 1, text.len - 1));
}

/* "-o { name = value }" comes out as "-o {name=value}". */
static void print_option(struct strbuf *out, const struct site *site,
			 const struct master_option *option)
{
	const char *text = arena_printf(site->arena, "%.*s=%.*s", STR_ARG(option->name),
					STR_ARG(option->value.str));

	print_argument(out, str_of(text));
}

static void print_arguments(struct strbuf *out, const struct site *site,
			    const struct master_service *node)
{
	size_t option = 0;

	for (size_t i = 0; i < node->arg_count; i++) {
		/* Before 3.0 braces were letters like others. */
		if (site->options.version.major < 3) {
			strbuf_addf(out, " %.*s", STR_ARG(node->args[i].str));
			continue;
		}
		print_argument(out, without_braces(node->args[i].str));
		if (str_eqc(node->args[i].str, "-o") && option < node->option_count &&
		    i + 1 < node->arg_count) {
			print_option(out, site, &node->options[option++]);
			i++;
		}
	}
}

static void print_service(struct strbuf *out, const struct site *site,
			  const struct master_service *node)
{
	size_t start = out->len;

	for (size_t i = 0; i < MASTER_FIELD_COUNT; i++)
		print_field(out, start, columns[i], node->fields[i]);
	print_arguments(out, site, node);
	strbuf_addc(out, '\n');
}

void conf_print_services(struct strbuf *out, const struct site *site)
{
	for (size_t i = 0; site->master && i < site->master->service_count; i++)
		print_service(out, site, &site->master->services[i]);
}

static int by_name(const void *a, const void *b)
{
	const struct setting *x = *(const struct setting *const *)a;
	const struct setting *y = *(const struct setting *const *)b;

	return str_cmp(x->name, y->name);
}

static void print_service_overrides(struct strbuf *out, const struct site *site,
				    const struct site_service *service, unsigned flags)
{
	const struct setting **sorted = arena_array(
		site->arena, service->override_count + 1, sizeof(const struct setting *));

	MCC_ASSERT(sorted);
	for (size_t i = 0; i < service->override_count; i++)
		sorted[i] = &service->overrides[i];
	qsort(sorted, service->override_count, sizeof(const struct setting *), by_name);
	for (size_t i = 0; i < service->override_count; i++) {
		strbuf_addf(out, "%.*s/%.*s =", STR_ARG(service->key),
			    STR_ARG(sorted[i]->name));
		conf_add_words(out, flags & CONF_EXPAND ? sorted[i]->written.str
							: sorted[i]->raw.str);
		strbuf_addc(out, '\n');
	}
}

void conf_print_overrides(struct strbuf *out, const struct site *site, unsigned flags)
{
	for (size_t i = 0; i < site->service_count; i++)
		print_service_overrides(out, site, &site->services[i], flags);
}
