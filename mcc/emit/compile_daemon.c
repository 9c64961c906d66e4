/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a site says and mccd does not do, parameter by parameter. Only what is
 * set counts here, and only when it differs from the default; what follows
 * from tables, aliases and transports is in compile_daemon_mail.c.
 */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "grammar/master.h"
#include "mcc/emit/compile_daemon.h"
#include "runtime/config_rows.h"

enum when { WHEN_SET, WHEN_YES, WHEN_NO, WHEN_TLS, WHEN_ANY };
enum verdict { VERDICT_ERROR, VERDICT_NOTE, VERDICT_QUIET };

struct daemon_row {
	const char *name; /* or prefix */
	bool is_family;
	enum when when;
	enum verdict verdict;
	const char *why;
};

static const struct daemon_row daemon_rows[] = {
#define DAEMON(name, when, verdict, why) \
	{#name, false, WHEN_##when, VERDICT_##verdict, why},
#define DAEMON_FAMILY(prefix, verdict, why) \
	{prefix, true, WHEN_ANY, VERDICT_##verdict, why},
#include "mcc/emit/daemon.def"
#undef DAEMON
#undef DAEMON_FAMILY
};

/* Each row of the table names a parameter: a misspelt one does not compile. */
enum {
#define DAEMON(name, when, verdict, why) CHECKED_##name##_##when = PARAM_##name,
#define DAEMON_FAMILY(prefix, verdict, why)
#include "mcc/emit/daemon.def"
#undef DAEMON
#undef DAEMON_FAMILY
	CHECKED_END
};

/* A smtp(d)_tls_security_level that does not go on without TLS. */
static bool demands_tls(struct str level)
{
	return level.len && !str_eqc(level, "none") && !str_eqc(level, "may");
}

static bool applies(const struct daemon_row *row, const struct setting *s)
{
	struct str value = s->value.str;

	switch (row->when) {
	case WHEN_SET:
		return value.len > 0;
	case WHEN_YES:
		return str_caseeqc(value, "yes");
	case WHEN_NO:
		return str_caseeqc(value, "no");
	case WHEN_TLS:
		return demands_tls(value);
	case WHEN_ANY:
		return true;
	}
	return true;
}

static const struct daemon_row *find_row(const struct setting *s)
{
	for (size_t i = 0; i < array_len(daemon_rows); i++) {
		const struct daemon_row *row = &daemon_rows[i];
		bool is_it = row->is_family ? str_starts(s->name, row->name)
					    : str_eqc(s->name, row->name);

		if (is_it && applies(row, s))
			return row;
	}
	return NULL;
}

static bool is_default(const struct site *site, const struct setting *s)
{
	const char *text = param_default(s->param, site->options.version);

	return !strchr(text, '$') && text[0] != '@' && str_eqc(s->value.str, text);
}

static void report(const struct daemon_run *run, const struct setting *s, enum rule rule,
		   const char *where, const char *why)
{
	diag_add(run->diags, rule, s->name_span, "mccd does not honour %.*s%s: %s",
		 STR_ARG(s->name), where, why);
}

static void check_setting(const struct daemon_run *run, const struct setting *s,
			  const char *where)
{
	const struct daemon_row *row;

	/* Set to nothing: nothing is asked for. */
	if (!s->param || !s->value.str.len ||
	    !param_in_version(s->param, run->site->options.version) ||
	    is_default(run->site, s))
		return;
	row = find_row(s);
	/* A generation may carry it for traces and proofs all the same. */
	if (!row && rt_setting_row_find(s->param->name))
		return;
	if (!row)
		report(run, s, RULE_MC1301, where,
		       "what Postfix would do with it is left out");
	else if (row->verdict != VERDICT_QUIET)
		report(run, s, row->verdict == VERDICT_ERROR ? RULE_MC1302 : RULE_MC1301,
		       where, row->why);
}

/* ---- services ---- */

static struct str field(const struct site_service *service, enum master_field which)
{
	return service->node->fields[which];
}

static bool is_program(const struct site_service *service, const char *program)
{
	struct str command = field(service, MASTER_COMMAND);

	return str_eqc(
		str_slice(command, (size_t)(str_rchr(command, '/') + 1), command.len),
		program);
}

static bool is_yes(const struct site *site, const struct site_service *service,
		   enum param_id id)
{
	return site_service_setting(site, service, id)->boolean;
}

bool daemon_leaves_out(const struct site *site, const struct site_service *service)
{
	const struct setting *level =
		site_service_setting(site, service, PARAM_smtpd_tls_security_level);

	/* Port 25 is not left out: that would turn all mail away. */
	if (str_eqc(service->key, "smtp/inet") || str_eqc(service->key, "25/inet"))
		return false;
	return is_yes(site, service, PARAM_smtpd_tls_wrappermode) ||
	       is_yes(site, service, PARAM_smtpd_enforce_tls) ||
	       demands_tls(level->value.str);
}

static void check_service(const struct daemon_run *run,
			  const struct site_service *service)
{
	bool is_server = is_program(service, "smtpd") &&
			 str_eqc(field(service, MASTER_TYPE), "inet");
	const char *where;

	if (is_server && daemon_leaves_out(run->site, service)) {
		diag_add(
			run->diags, RULE_MC1301, service->node->field_spans[MASTER_NAME],
			"mccd leaves %.*s out: it demands TLS, which mccd does not speak",
			STR_ARG(service->key));
		return;
	}
	if (is_program(service, "postscreen"))
		diag_add(
			run->diags, RULE_MC1301,
			service->node->field_spans[MASTER_COMMAND],
			"mccd has no postscreen: clients of %.*s come to the SMTP server "
			"at once",
			STR_ARG(service->key));
	if (!is_server && !is_program(service, "smtp") &&
	    !is_program(service, "cleanup") && !is_program(service, "pickup"))
		return;
	where = arena_printf(run->arena, " of %.*s", STR_ARG(service->key));
	for (size_t i = 0; i < service->override_count; i++)
		check_setting(run, &service->overrides[i], where);
}

void compile_drop_unserved(const struct site *site, struct rt_config *config)
{
	size_t kept = 0;

	for (size_t i = 0; i < config->service_count; i++) {
		const struct site_service *service =
			site_find_service(site, config->services[i].name);

		if (service && daemon_leaves_out(site, service))
			continue;
		config->services[kept++] = config->services[i];
	}
	config->service_count = kept;
}

void compile_report_daemon(const struct site *site, const struct rt_config *config,
			   struct diag_queue *diags)
{
	struct daemon_run run = {site->arena, site, config, diags};

	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (site->settings[i].entry)
			check_setting(&run, &site->settings[i], "");
	for (size_t i = 0; i < site->service_count; i++)
		check_service(&run, &site->services[i]);
	daemon_check_mail(&run);
}
