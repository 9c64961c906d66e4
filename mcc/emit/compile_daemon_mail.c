/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What mccd cannot do with the mail itself: tables that it cannot ask,
 * transports that it has not. Each would lose mail or let somebody in, so each
 * is an error.
 */
#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/attr.h"
#include "grammar/table.h"
#include "mcc/emit/compile_daemon.h"
#include "mcc/emit/compiler.h"
#include "mcc/emit/table_database.h"
#include "runtime/map.h"

/* Delivery agents that mccd stands in for. */
static const char *const honoured_programs[] = {"local", "virtual", "smtp",
						"lmtp",	 "error",   "discard"};

/* The line of an origin as a span. */
static struct span origin_span(const struct site *site, struct rt_origin origin)
{
	for (size_t id = 1; origin.line && id <= source_count(site->sources); id++) {
		const struct source *src = source_get(site->sources, (uint32_t)id);
		struct str line;
		size_t lo;

		if (strcmp(src->path, origin.file) != 0)
			continue;
		line = source_line(src, origin.line);
		while (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
			line = str_slice(line, 1, line.len);
		lo = (size_t)(line.ptr - src->text.ptr);
		return (struct span){src->id, (uint32_t)lo, (uint32_t)(lo + line.len)};
	}
	return SPAN_NONE;
}

static bool delivers_locally(const struct daemon_run *run)
{
	return run->config->settings.mydestination.count > 0;
}

/* ---- tables ---- */

static bool is_supported(const struct rt_map_ref *ref)
{
	static const char *const types[] = {"hash",    "btree",	   "lmdb",   "cdb",
					    "static",  "fail",	   "inline", "texthash",
					    "pipemap", "unionmap", "randmap"};

	for (size_t i = 0; i < array_len(types); i++)
		if (strcmp(ref->type, types[i]) == 0)
			return true;
	if (strcmp(ref->type, "unix") == 0)
		return strcmp(ref->argument, "passwd.byname") == 0;
	return rt_map_is_text_type(ref->type);
}

static struct span table_span(const struct daemon_run *run, const struct site_table *t,
			      const struct rt_map_ref *ref)
{
	struct span span = t ? text_full_span(t->text) : SPAN_NONE;

	return span.file ? span : origin_span(run->site, ref->origin);
}

/* A table that is not there was said to be missing while loading. */
static bool was_reported(const struct daemon_run *run, struct span span)
{
	for (size_t i = 0; i < diag_count(run->diags); i++) {
		const struct diag *d = diag_get(run->diags, i);

		if (d->rule == RULE_MC410 && span_eq(d->span, span))
			return true;
	}
	return false;
}

static void check_map(const struct daemon_run *run, const struct rt_map_ref *ref)
{
	const struct site_table *t = compiler_table(run->site, ref);
	struct span span = table_span(run, t, ref);

	if (!is_supported(ref)) {
		diag_add(run->diags, RULE_MC1302, span,
			 "mccd cannot ask %s: it has no tables of type %s", ref->name,
			 ref->type);
		return;
	}
	if (!t || t->state == TABLE_LOADED || t->state == TABLE_NOT_FILE)
		return;
	/* Only the aliases of a default may be missing, when nobody needs them. */
	if (!span.file && ref->is_aliases && !delivers_locally(run))
		return;
	if (t->state == TABLE_MISSING &&
	    (was_reported(run, span) ||
	     (table_has_database(ref->type) &&
	      fs_exists(AT_FDCWD,
			table_database_path(run->arena, ref->type, t->fs_path)))))
		return;
	diag_add(run->diags, RULE_MC1302, span,
		 "%s cannot be compiled: its text is not %s%s", ref->name,
		 t->state == TABLE_OUTSIDE ? "below the site's folder, and no --root was "
					     "given"
					   : "there or cannot be read",
		 span.file ? "" : ". It is a default: set alias_maps");
}

/* ---- transports ---- */

/* The program behind "transport:nexthop"; NULL: master.cf has no such one. */
static const char *program_of(const struct daemon_run *run, struct str transport)
{
	for (size_t i = 0; i < run->config->transport_count; i++)
		if (str_eqc(transport, run->config->transports[i].name))
			return run->config->transports[i].program;
	return NULL;
}

static void check_transport(const struct daemon_run *run, struct str value,
			    struct span span)
{
	ptrdiff_t colon = str_chr(value, ':');
	struct str name = str_slice(value, 0, colon < 0 ? value.len : (size_t)colon);
	const char *program;

	/* DUNNO: a sender's row that decides nothing. */
	if (!name.len || str_eqc(value, "DUNNO"))
		return;
	program = program_of(run, name);
	for (size_t i = 0; program && i < array_len(honoured_programs); i++)
		if (strcmp(program, honoured_programs[i]) == 0)
			return;
	if (program)
		diag_add(run->diags, RULE_MC1302, span,
			 "mccd has no transport %.*s (%s): this mail would stay in the "
			 "queue",
			 STR_ARG(name), program);
	else
		diag_add(
			run->diags, RULE_MC1302, span,
			"master.cf has no service %.*s of type unix: this mail would stay "
			"in the queue",
			STR_ARG(name));
}

static void check_transport_setting(const struct daemon_run *run, enum param_id id)
{
	const struct setting *s = site_setting(run->site, id);

	check_transport(run, s->value.str, s->name_span);
}

static void check_transport_rows(const struct daemon_run *run, const struct rt_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++) {
		const struct rt_map_ref *ref = &run->config->maps[maps->maps[i]];
		const struct site_table *t = compiler_table(run->site, ref);

		if (strcmp(ref->type, "static") == 0)
			check_transport(run, str_of(ref->argument),
					table_span(run, t, ref));
		for (size_t k = 0; t && t->rows && k < t->rows->row_count; k++)
			check_transport(run, t->rows->rows[k].value,
					t->rows->rows[k].value_span);
	}
}

static void check_transports(const struct daemon_run *run)
{
	const struct rt_settings *s = &run->config->settings;

	if (delivers_locally(run)) {
		check_transport_setting(run, PARAM_local_transport);
		check_transport_setting(run, PARAM_mailbox_transport);
		check_transport_setting(run, PARAM_fallback_transport);
		check_transport_rows(run, &s->mailbox_transport_maps);
		check_transport_rows(run, &s->fallback_transport_maps);
	}
	if (s->virtual_mailbox_domains.count)
		check_transport_setting(run, PARAM_virtual_transport);
	if (s->relay_domains.count)
		check_transport_setting(run, PARAM_relay_transport);
	check_transport_setting(run, PARAM_default_transport);
	check_transport_setting(run, PARAM_content_filter);
	check_transport_rows(run, &s->transport_maps);
	check_transport_rows(run, &s->sender_dependent_default_transport_maps);
}

/* ---- headers ---- */

static void check_rewrite_clients(const struct daemon_run *run)
{
	static const char *const honoured[] = {"permit_inet_interfaces",
					       "permit_mynetworks",
					       "permit_sasl_authenticated"};
	const struct rt_words *words =
		&run->config->settings.local_header_rewrite_clients;
	const struct setting *s =
		site_setting(run->site, PARAM_local_header_rewrite_clients);

	for (size_t i = 0; i < words->count; i++) {
		bool is_known = false;

		for (size_t k = 0; k < array_len(honoured); k++)
			is_known = is_known || !strcmp(words->words[i], honoured[k]);
		if (!is_known)
			diag_add(run->diags, RULE_MC1301, s->name_span,
				 "mccd does not honour %s in "
				 "local_header_rewrite_clients: headers of these clients "
				 "stay as they are",
				 words->words[i]);
	}
}

/* ---- restrictions ---- */

static void check_program(const struct daemon_run *run, const struct rt_program *program)
{
	for (size_t i = 0; i < program->count; i++)
		if (program->insns[i].op == RT_OP_UNSUPPORTED)
			diag_add(run->diags, RULE_MC1302,
				 origin_span(run->site, program->insns[i].origin),
				 "mccd does not carry out %s (in %s): mail that it stops "
				 "would be taken",
				 program->insns[i].text, program->name);
}

static void check_programs(const struct daemon_run *run)
{
	for (size_t i = 0; i < run->config->service_count; i++) {
		const struct rt_service *service = &run->config->services[i];
		const struct site_service *master =
			site_find_service(run->site, service->name);

		if (master && daemon_leaves_out(run->site, master))
			continue;
		/* ETRN is not offered at all. */
		for (int s = 0; s < RT_STAGE_ETRN; s++)
			check_program(run, &service->stages[s]);
	}
	for (size_t i = 0; i < run->config->class_count; i++)
		check_program(run, &run->config->classes[i]);
}

static void check_services(const struct daemon_run *run)
{
	if (!run->config->service_count)
		diag_add(run->diags, RULE_MC1301, SPAN_NONE,
			 "master.cf has no smtpd that listens on the network: mccd takes "
			 "mail from the local sendmail only");
}

void daemon_check_mail(const struct daemon_run *run)
{
	for (size_t i = 0; i < run->config->map_count; i++)
		check_map(run, &run->config->maps[i]);
	check_transports(run);
	check_rewrite_clients(run);
	check_programs(run);
	check_services(run);
}
