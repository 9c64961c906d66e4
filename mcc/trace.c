/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc trace: what would Postfix do with this client, sender and recipient? The
 * site is compiled in memory, without a build; the network is not touched.
 *
 * Several recipients are several traces, each as if it was the only one; with
 * --format json one object a line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"
#include "mcc/emit/compile.h"
#include "mcc/emit/table_database.h"
#include "mcc/model/site.h"
#include "mcc/trace.h"
#include "runtime/address.h"

enum {
	OPT_CLIENT = 256,
	OPT_CLIENT_NAME,
	OPT_CLIENT_REVERSE,
	OPT_PEER,
	OPT_NO_STEPS,
	OPT_HELO,
	OPT_SASL,
	OPT_TLS,
	OPT_SIZE,
	OPT_ANSWERS,
	OPT_FROM,
	OPT_SERVICE,
	OPT_FORMAT,
	OPT_SCRIPT,
	OPT_HELP
};

enum trace_format { TRACE_HUMAN, TRACE_JSON, TRACE_DOT };

static const struct option trace_options[] = {
	{"client", required_argument, NULL, OPT_CLIENT},
	{"client-name", required_argument, NULL, OPT_CLIENT_NAME},
	{"client-reverse", required_argument, NULL, OPT_CLIENT_REVERSE},
	{"peer", required_argument, NULL, OPT_PEER},
	{"no-steps", no_argument, NULL, OPT_NO_STEPS},
	{"helo", required_argument, NULL, OPT_HELO},
	{"sasl", required_argument, NULL, OPT_SASL},
	{"tls", no_argument, NULL, OPT_TLS},
	{"size", required_argument, NULL, OPT_SIZE},
	{"answers", required_argument, NULL, OPT_ANSWERS},
	{"from", required_argument, NULL, OPT_FROM},
	{"service", required_argument, NULL, OPT_SERVICE},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"script", required_argument, NULL, OPT_SCRIPT},
	{"help", no_argument, NULL, OPT_HELP},
	DNS_OPTION_ROWS,
	{NULL, 0, NULL, 0},
};

struct trace_command {
	struct cli *cli;
	struct trace_request request;
	const char *answers_path;
	const char *script_path; /* "-": standard input; NULL: no script */
	struct dns_options dns;
	bool asks_dns; /* one of its options was given */
	enum trace_format format;
	bool help;
};

static int set_client(struct trace_command *t, const char *value)
{
	if (!hostaddr_is_valid(str_of(value)))
		return cli_usage_error("trace", "--client '%s' is not an IP address",
				       value);
	t->request.client_address = value;
	return EXIT_CLEAN;
}

static int set_size(struct trace_command *t, const char *value)
{
	uint64_t size;

	if (!str_to_u64(str_of(value), &size) || size > SIZE_MAX / 2)
		return cli_usage_error("trace", "--size '%s' is not a number of bytes",
				       value);
	t->request.size = (size_t)size;
	return EXIT_CLEAN;
}

static int set_format(struct trace_command *t, const char *value)
{
	static const char *const names[] = {"human", "json", "dot"};

	for (size_t i = 0; i < array_len(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			t->format = (enum trace_format)i;
			return EXIT_CLEAN;
		}
	}
	return cli_usage_error("trace", "--format takes human, json or dot");
}

static int set_option(struct trace_command *t, int opt, const char *value)
{
	switch (opt) {
	case OPT_CLIENT:
		return set_client(t, value);
	case OPT_CLIENT_NAME:
		t->request.client_name = value;
		return EXIT_CLEAN;
	case OPT_CLIENT_REVERSE:
		t->request.reverse_name = value;
		return EXIT_CLEAN;
	case OPT_PEER:
		t->request.peer_address = value;
		if (!hostaddr_is_valid(str_of(value)))
			return cli_usage_error("trace",
					       "--peer '%s' is not an IP address", value);
		return EXIT_CLEAN;
	case OPT_NO_STEPS:
		t->request.without_steps = true;
		return EXIT_CLEAN;
	case OPT_HELO:
		t->request.helo = value;
		return EXIT_CLEAN;
	case OPT_SASL:
		t->request.sasl_user = value;
		return EXIT_CLEAN;
	case OPT_TLS:
		t->request.is_encrypted = true;
		return EXIT_CLEAN;
	case OPT_SIZE:
		return set_size(t, value);
	case OPT_ANSWERS:
		t->answers_path = value;
		return EXIT_CLEAN;
	case OPT_FROM:
		t->request.sender = value;
		return EXIT_CLEAN;
	case OPT_SERVICE:
		t->request.service = value;
		return EXIT_CLEAN;
	case OPT_FORMAT:
		return set_format(t, value);
	case OPT_SCRIPT:
		t->script_path = value;
		return EXIT_CLEAN;
	case OPT_HELP:
		t->help = true;
		return EXIT_CLEAN;
	default:
		t->asks_dns = true;
		return dns_options_set(&t->dns, "trace", opt, value);
	}
}

static void print_help(void)
{
	fputs("usage: mcc trace [OPTION...] [--from ADDR] RCPT...\n\n"
	      "  --client IP             address of the client (default 127.0.0.1)\n"
	      "  --client-name NAME      its verified name; [UNAVAILABLE] or [TEMPUNAVAIL]\n"
	      "  --client-reverse NAME   its unverified PTR name, when it differs\n"
	      "  --peer IP               the real other end of the connection, when it\n"
	      "                          speaks for the client with XCLIENT\n"
	      "  --helo NAME             what it says in EHLO (default: nothing)\n"
	      "  --sasl USER             it has logged in\n"
	      "  --tls                   the session is encrypted\n"
	      "  --size N                SIZE= of MAIL\n"
	      "  --from ADDR             envelope sender (default: <>)\n"
	      "  --service NAME          entry of master.cf (default smtp/inet)\n"
	      "  --script FILE           sessions as JSON lines (- for standard input)\n"
	      "  --no-steps              only replies and routes, for long scripts\n"
	      "  --format human|json|dot dot: a graph for dot -Tsvg\n\n"
	      "who answers what only the DNS knows (default: nobody, \"unverified\"):\n"
	      "  --answers FILE          facts, `NAME TYPE ANSWER` a line\n"
	      "  --resolver IP[@PORT]    a server to ask; repeatable\n"
	      "  --zone FILE             a zone file; --origin NAME for its names\n"
	      "  --record FILE           asks, and keeps the answers\n"
	      "  --replay FILE           gives the same answers later\n"
	      "  --timeout SECONDS       of one try; --anchor FILE: DNSSEC trust anchor\n",
	      stdout);
}

void trace_request_complete(struct trace_request *request)
{
	const char *address = request->client_address;

	if (request->client_name == NULL)
		request->client_name =
			strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0
				? "localhost"
				: "[UNAVAILABLE]";
	if (request->reverse_name == NULL)
		request->reverse_name = request->client_name;
}

static int load_answers(struct trace_command *t)
{
	char err[256];

	if (t->answers_path == NULL)
		return EXIT_CLEAN;
	if (trace_answers_load(t->cli->arena, t->answers_path, &t->request.answers, err,
			       sizeof(err)) != 0)
		return cli_cannot("%s", err);
	return EXIT_CLEAN;
}

/* Postfix reads databases; a trace reads texts, and says when they differ. */
static void add_notes(struct trace_command *t, const struct site *site)
{
	struct arena *arena = t->cli->arena;
	struct trace_note *notes =
		arena_array(arena, site->table_count + 1, sizeof(*notes));

	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];
		const char *text = table->is_unread
					   ? "looked up in its database; its text is "
					     "large and was not read"
					   : table_difference(arena, site, table);

		if (text != NULL)
			notes[t->request.note_count++] = (struct trace_note){
				arena_printf(arena, "%.*s:%.*s",
					     STR_ARG(table->type_name),
					     STR_ARG(table->name)),
				text};
	}
	t->request.notes = notes;
}

static void trace_all(struct trace_command *t, struct site *site,
		      const struct rt_config *config, char **recipients, int count)
{
	struct cli *cli = t->cli;

	trace_request_complete(&t->request);
	add_notes(t, site);
	for (int i = 0; i < count; i++) {
		struct trace_result *result;

		t->request.recipient = recipients[i];
		result = trace_run(cli->arena, site, config, &t->request);
		if (t->format == TRACE_JSON)
			trace_print_json(stdout, cli->arena, result);
		else if (t->format == TRACE_DOT)
			trace_print_dot(stdout, cli->arena, result);
		else
			trace_print_human(stdout, cli->arena, result,
					  cli_wants_colour(STDOUT_FILENO));
	}
}

static int run_script(struct trace_command *t, struct site *site,
		      const struct rt_config *config)
{
	const struct trace_script script = {site, config, t->request, stdout};
	bool is_stdin = strcmp(t->script_path, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(t->script_path, "re");
	char err[300];
	int status;

	if (in == NULL)
		return cli_cannot("%s: %s", t->script_path, strerror(errno));
	status = trace_script_run(&script, in, t->script_path, err, sizeof(err));
	if (!is_stdin)
		fclose(in);
	return status == 0 ? EXIT_CLEAN : cli_cannot("%s", err);
}

static int load_and_run(struct trace_command *t, char **recipients, int count)
{
	struct rt_config *config;
	struct site *site;
	int status;

	t->cli->site.text_max = LIMIT_TRACE_TEXT;
	status = cli_load_site(t->cli, &site);

	if (status != EXIT_CLEAN)
		return status;
	config = compile_site(t->cli->arena, site, NULL);
	compile_open_sources(t->cli->arena, site, config);
	if (t->script_path != NULL)
		return run_script(t, site, config);
	trace_all(t, site, config, recipients, count);
	return EXIT_CLEAN;
}

/* The recording is kept even when the trace ended with an error. */
static int close_resolver(const struct trace_command *t, int status)
{
	int saved = EXIT_CLEAN;

	if (t->request.resolver != NULL)
		saved = dns_options_close(t->request.resolver);
	return status != EXIT_CLEAN ? status : saved;
}

int cmd_trace(struct cli *cli, int argc, char **argv)
{
	struct trace_command t = {.cli = cli,
				  .request = {.client_address = "127.0.0.1",
					      .sender = "",
					      .service = "smtp/inet"}};
	int opt, status;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "+:", trace_options, NULL)) != -1) {
		status = set_option(&t, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	if (t.help) {
		print_help();
		return EXIT_CLEAN;
	}
	if (optind >= argc && t.script_path == NULL)
		return cli_usage_error("trace", "a recipient is missing");
	if (t.asks_dns && t.answers_path != NULL)
		return cli_usage_error("trace", "--answers knows all there is; it "
						"excludes the options of resolvers");
	status = load_answers(&t);
	if (status == EXIT_CLEAN && t.asks_dns)
		status = dns_options_open(&t.dns, "trace", &t.request.resolver);
	if (status != EXIT_CLEAN)
		return status;
	status = load_and_run(&t, argv + optind, argc - optind);
	return close_resolver(&t, status);
}
