/* SPDX-License-Identifier: BSD-2-Clause */
/* postconf's view of master.cf: -M and -P. */
#include "mcc/model/conf.h"

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

static void print_service(struct strbuf *out, const struct master_service *node)
{
	size_t start = out->len;

	for (size_t i = 0; i < MASTER_FIELD_COUNT; i++)
		print_field(out, start, columns[i], node->fields[i]);
	for (size_t i = 0; i < node->arg_count; i++) {
		strbuf_addc(out, ' ');
		strbuf_addstr(out, node->args[i].str);
	}
	strbuf_addc(out, '\n');
}

void conf_print_services(struct strbuf *out, const struct site *site)
{
	for (size_t i = 0; site->master && i < site->master->service_count; i++)
		print_service(out, &site->master->services[i]);
}

void conf_print_overrides(struct strbuf *out, const struct site *site, unsigned flags)
{
	for (size_t i = 0; i < site->service_count; i++) {
		const struct site_service *service = &site->services[i];

		for (size_t k = 0; k < service->override_count; k++) {
			const struct setting *s = &service->overrides[k];

			strbuf_addf(out, "%.*s/%.*s =", STR_ARG(service->key),
				    STR_ARG(s->name));
			conf_add_words(out,
				       flags & CONF_EXPAND ? s->written.str : s->raw.str);
			strbuf_addc(out, '\n');
		}
	}
}
