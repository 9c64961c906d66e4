/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of master.cf: whether the fields suit the program, and what pipe(8)
 * and spawn(8) read from their arguments. The programs end with an error where
 * these do not hold, each time that the service is asked for.
 */
#include <ctype.h>
#include <string.h>

#include "base/diag.h"
#include "grammar/master.h"
#include "grammar/vocabulary.h"
#include "lint/checks.h"
#include "lint/lint_file.h"
#include "mcc/model/site.h"

/* ---- fields ---- */

struct process_limit {
	const char *program;
	const char *limit; /* the only one with which it starts */
};

static const struct process_limit process_limits[] = {
	{"pickup", "1"},   {"qmgr", "1"},    {"oqmgr", "1"},   {"tlsmgr", "1"},
	{"verify", "1"},   {"anvil", "1"},   {"scache", "1"},  {"postscreen", "1"},
	{"bounce", "0"},   {"cleanup", "0"}, {"dnsblog", "0"}, {"flush", "0"},
	{"tlsproxy", "0"},
};

static const char *required_limit(struct str program)
{
	for (size_t i = 0; i < array_len(process_limits); i++)
		if (str_eqc(program, process_limits[i].program))
			return process_limits[i].limit;
	return NULL;
}

/* '-' is default_process_limit, which is how the program is told apart. */
static void check_limit(struct diag_queue *diags, const struct master_service *service)
{
	struct str program = service->fields[MASTER_COMMAND];
	const char *limit = required_limit(program);
	struct diag *d;

	if (!limit || str_eqc(service->fields[MASTER_MAXPROC], limit))
		return;
	d = diag_add(diags, RULE_MC1118, service->field_spans[MASTER_MAXPROC],
		     "%.*s requires a process limit of %s, not '%.*s': it ends with an "
		     "error each time that it is started",
		     STR_ARG(program), limit, STR_ARG(service->fields[MASTER_MAXPROC]));
	diag_fix(diags, d, "write %s", limit);
	diag_edit(diags, d, service->field_spans[MASTER_MAXPROC], limit);
}

static void check_private(struct diag_queue *diags, const struct master_service *service)
{
	struct str value = service->fields[MASTER_PRIVATE];
	struct diag *d;

	if (!str_eqc(service->fields[MASTER_TYPE], "inet") || str_eqc(value, "n"))
		return;
	d = diag_add(diags, RULE_MC1104, service->field_spans[MASTER_PRIVATE],
		     "an inet service cannot be private%s: Postfix does not start",
		     str_eqc(value, "-") ? ", and '-' means y" : "");
	diag_fix(diags, d, "write n");
	diag_edit(diags, d, service->field_spans[MASTER_PRIVATE], "n");
}

/* ---- arguments of pipe(8) and spawn(8) ---- */

struct command_args {
	struct diag_queue *diags;
	struct str mail_owner;
	const struct master_service *service;
	bool is_pipe;
	bool has_user;
	bool has_argv;
};

static const char *const pipe_attributes[] = {
	"user=",   "argv=", "flags=",	    "directory=",
	"chroot=", "eol=",  "null_sender=", "size=",
};

/* Names of attributes are of any letter case. */
static bool is_named(struct str arg, const char *name)
{
	size_t len = strlen(name);

	return arg.len >= len && str_caseeqc(str_slice(arg, 0, len), name);
}

static bool is_attribute(const struct command_args *c, struct str arg)
{
	size_t count = c->is_pipe ? array_len(pipe_attributes) : 2;

	for (size_t i = 0; i < count; i++)
		if (is_named(arg, pipe_attributes[i]))
			return true;
	return false;
}

static void fault(const struct command_args *c, struct text arg, const char *what)
{
	diag_add(c->diags, RULE_MC1125, text_full_span(arg),
		 "'%.*s' %s: %.*s ends with an error each time that it is asked for",
		 STR_ARG(arg.str), what, STR_ARG(c->service->fields[MASTER_COMMAND]));
}

/* `user=name` or `user=name:group`, names or numbers. */
static void check_user(const struct command_args *c, struct text arg)
{
	struct str value = str_slice(arg.str, strlen("user="), arg.str.len);
	ptrdiff_t colon = str_chr(value, ':');
	struct str user = str_slice(value, 0, colon < 0 ? value.len : (size_t)colon);
	struct str group =
		colon < 0 ? STR_LIT("") : str_slice(value, (size_t)colon + 1, value.len);

	if (!user.len || (colon >= 0 && !group.len))
		fault(c, arg, "names nobody");
	else if (str_eqc(user, "root") || str_eqc(user, "0"))
		fault(c, arg, "asks for the rights of root, which are refused");
	else if (str_eq(user, c->mail_owner))
		fault(c, arg, "asks for the rights of Postfix itself, which are refused");
	else if (str_eqc(group, "root") || str_eqc(group, "0"))
		fault(c, arg, "asks for the group of root, which is refused");
}

static void check_flags(const struct command_args *c, struct text arg)
{
	for (size_t i = strlen("flags="); i < arg.str.len; i++)
		if (!strchr("BDFORXhqu.>", arg.str.ptr[i]))
			diag_add(c->diags, RULE_MC1126, text_span(arg, i, i + 1),
				 "pipe has no flag '%c': it ends with an error each time "
				 "that it is asked for",
				 arg.str.ptr[i]);
}

static void check_size(const struct command_args *c, struct text arg)
{
	uint64_t size;

	if (arg.str.len > strlen("size=") &&
	    !str_to_u64(str_slice(arg.str, strlen("size="), arg.str.len), &size))
		fault(c, arg, "is no number of bytes");
}

static const char *const pipe_macros[] = {
	"client_address",
	"client_helo",
	"client_hostname",
	"client_port",
	"client_protocol",
	"domain",
	"envid",
	"extension",
	"mailbox",
	"nexthop",
	"original_recipient",
	"queue_id",
	"recipient",
	"sasl_method",
	"sasl_sender",
	"sasl_username",
	"sender",
	"size",
	"user",
};

static bool is_name_char(unsigned char c)
{
	return isalnum(c) || c == '_';
}

static bool is_macro(struct str name)
{
	for (size_t i = 0; i < array_len(pipe_macros); i++)
		if (str_eqc(name, pipe_macros[i]))
			return true;
	return false;
}

/* The end of the name in ${name}, $(name) or $name at `at`, whose start it
 * sets; `at` itself where there is none. */
static size_t macro_name(struct str s, size_t at, size_t *out_from)
{
	size_t end = at + 1;
	char close = 0;

	if (end < s.len && (s.ptr[end] == '{' || s.ptr[end] == '('))
		close = s.ptr[end++] == '{' ? '}' : ')';
	*out_from = end;
	while (end < s.len &&
	       (close ? s.ptr[end] != close : is_name_char((unsigned char)s.ptr[end])))
		end++;
	return end;
}

/* An argument of the command that pipe(8) cannot make. */
static void check_macros(const struct command_args *c, struct text arg)
{
	for (size_t at = 0; at < arg.str.len; at++) {
		size_t from;
		size_t end;
		struct str name;

		if (arg.str.ptr[at] != '$')
			continue;
		if (at + 1 < arg.str.len && arg.str.ptr[at + 1] == '$') {
			at++;
			continue;
		}
		end = macro_name(arg.str, at, &from);
		name = str_slice(arg.str, from, end);
		if (!is_macro(name))
			diag_add(
				c->diags, RULE_MC1125, text_span(arg, at, end),
				"pipe knows no '$%.*s': mail that goes this way stays in the "
				"queue",
				STR_ARG(name));
		at = end > at ? end - 1 : at;
	}
}

/* What follows argv= is the command's own. */
static void check_argument(struct command_args *c, struct text arg)
{
	if (!is_attribute(c, arg.str)) {
		fault(c, arg, "is no attribute of this program");
	} else if (is_named(arg.str, "argv=")) {
		c->has_argv = true;
		if (arg.str.len == strlen("argv="))
			fault(c, arg, "names no command");
		if (c->is_pipe)
			check_macros(c, arg);
	} else if (is_named(arg.str, "user=")) {
		c->has_user = true;
		check_user(c, arg);
	} else if (is_named(arg.str, "flags=")) {
		check_flags(c, arg);
	} else if (is_named(arg.str, "size=")) {
		check_size(c, arg);
	}
}

/* Options come first; `-o` has its operand in the same argument or the next. */
static size_t skip_options(const struct master_service *service)
{
	size_t i = 0;

	while (i < service->arg_count && str_starts(service->args[i].str, "-"))
		i += str_eqc(service->args[i].str, "-o") ? 2 : 1;
	return i;
}

/* ---- options ---- */

/* Programs other than pipe(8) and spawn(8) take options and nothing else. */
static void check_options(struct diag_queue *diags, const struct master_service *service)
{
	size_t i = skip_options(service);
	struct text *args = service->args;
	struct diag *d;

	if (i >= service->arg_count)
		return;
	/* `-o name = value` has been told of where options are read. */
	if (str_eqc(args[i].str, "=") || (i && str_ends(args[i - 1].str, "=")))
		return;
	if (!service->option_count) {
		diag_add(diags, RULE_MC1107, text_full_span(args[i]),
			 "'%.*s' is no option: this program takes nothing else, and ends "
			 "with 'unexpected command-line argument'",
			 STR_ARG(args[i].str));
		return;
	}
	d = diag_add(
		diags, RULE_MC1107, text_full_span(args[i]),
		"'%.*s' is an argument of its own: blanks cut the value of the option "
		"before it, and the program ends with 'unexpected command-line "
		"argument'; leave them out behind commas, or write -o { name = value }",
		STR_ARG(args[i].str));
	diag_relate(diags, d, service->options[service->option_count - 1].name_span,
		    "the option before it");
}

/* Postfix keeps the last entry of a name and type. */
static void check_duplicates(struct diag_queue *diags, const struct master_file *file,
			     size_t at)
{
	enum { COMPARED_MAX = 512 };
	const struct master_service *again = &file->services[at];

	for (size_t i = 0; i < at && i < COMPARED_MAX; i++) {
		const struct master_service *first = &file->services[i];
		struct diag *d;

		if (!str_eq(first->fields[MASTER_NAME], again->fields[MASTER_NAME]) ||
		    !str_eq(first->fields[MASTER_TYPE], again->fields[MASTER_TYPE]))
			continue;
		d = diag_add(
			diags, RULE_MC1105, again->field_spans[MASTER_NAME],
			"the service %.*s of type %.*s stands here again: this entry "
			"counts and the one above is forgotten",
			STR_ARG(again->fields[MASTER_NAME]),
			STR_ARG(again->fields[MASTER_TYPE]));
		diag_relate(diags, d, first->field_spans[MASTER_NAME], "the first one");
		return;
	}
}

static void check_command(struct command_args *c)
{
	const struct master_service *service = c->service;
	struct str program = service->fields[MASTER_COMMAND];

	c->is_pipe = str_eqc(program, "pipe");
	if (!c->is_pipe && !str_eqc(program, "spawn")) {
		check_options(c->diags, service);
		return;
	}
	for (size_t i = skip_options(service); i < service->arg_count; i++)
		if (!c->has_argv)
			check_argument(c, service->args[i]);
		else if (c->is_pipe)
			check_macros(c, service->args[i]);
	if (c->has_user && c->has_argv)
		return;
	diag_add(c->diags, RULE_MC1125, service->field_spans[MASTER_COMMAND],
		 "%.*s needs %s: it ends with an error each time that it is asked for",
		 STR_ARG(program),
		 c->has_user   ? "argv=, the command to run"
		 : c->has_argv ? "user=, whose rights the command gets"
			       : "user= and argv=");
}

/* Fields that are missing or have no form have been told of. */
static bool has_all_fields(const struct master_service *service)
{
	return service->fields[MASTER_COMMAND].len > 0;
}

static void check_services(struct diag_queue *diags, const struct master_file *file,
			   struct str mail_owner)
{
	for (size_t i = 0; i < file->service_count; i++) {
		const struct master_service *service = &file->services[i];
		struct command_args args = {diags, mail_owner, service,
					    false, false,      false};

		if (!has_all_fields(service))
			continue;
		check_duplicates(diags, file, i);
		check_private(diags, service);
		check_limit(diags, service);
		check_command(&args);
	}
}

void lint_master_file(const struct parse_ctx *ctx, const struct master_file *file)
{
	check_services(ctx->diags, file, str_of("postfix"));
}

void lint_services(const struct site *site, struct diag_queue *diags)
{
	if (site->master)
		check_services(diags, site->master,
			       site_setting(site, PARAM_mail_owner)->value.str);
}
