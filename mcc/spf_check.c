/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc spf check: RFC 7208's check_host() for one client, or for each line of a
 * file, many of them under way at once.
 *
 * Exit status: 0 for pass, neutral, none and softfail; 1 for fail and
 * permerror; 3 for temperror, where the DNS did not say. Of a batch: the
 * highest.
 */
#include "mcc/spf_command.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"
#include "base/source.h"
#include "base/status.h"
#include "dnscheck/resolver.h"
#include "dnscheck/spf.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"
#include "mcc/json_line.h"

enum {
	OPT_IP = DNS_OPT_OWN,
	OPT_FROM,
	OPT_HELO,
	OPT_RECEIVER,
	OPT_FORMAT,
	OPT_BATCH,
	OPT_HELP,
	/* Evaluations of a batch under way at once: what hides the way to a
	 * server, and what stays in the processor's cache without one. */
	BATCH_AT_ONCE = 1000,
	BATCH_AT_ONCE_LOCAL = 32,
	TEXT_MAX = 1 << 20,
	/* Of a batch: its texts are bounded by what a record can hold. */
	LINE_MAX_BYTES = 16 << 20
};

static const struct option spf_options[] = {
	DNS_OPTION_ROWS,
	{"ip", required_argument, NULL, OPT_IP},
	{"from", required_argument, NULL, OPT_FROM},
	{"helo", required_argument, NULL, OPT_HELO},
	{"receiver", required_argument, NULL, OPT_RECEIVER},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"batch", required_argument, NULL, OPT_BATCH},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct spf_run {
	struct cli *cli;
	struct dns_options dns;
	struct spf_request request;
	bool has_ip;
	bool json;
	bool verbose;
	const char *batch;
	struct resolver *resolver;
	size_t under_way;
	int exit;
};

/* --- output ------------------------------------------------------------- */

static void put_line(const char *label, const char *text)
{
	struct strbuf out;

	strbuf_init(&out, TEXT_MAX);
	escape_add(&out, str_of(text));
	printf("%s%s\n", label, out.ptr != NULL ? out.ptr : "");
	strbuf_fini(&out);
}

static void print_human(const struct spf_run *run, const struct spf_outcome *o)
{
	size_t i;

	printf("%s\n", spf_result_name(o->result));
	put_line("mechanism: ", o->mechanism != NULL ? o->mechanism : "(none: default)");
	put_line("domain: ", o->domain);
	if (o->record != NULL)
		put_line("record: ", o->record);
	if (o->problem != NULL)
		put_line("problem: ", o->problem);
	if (o->explanation != NULL)
		put_line("explanation: ", o->explanation);
	printf("lookups: %u of %d, void: %u of %d\n", o->lookups, LIMIT_SPF_LOOKUPS,
	       o->void_lookups, LIMIT_SPF_VOID);
	for (i = 0; run->verbose && i < o->trace_count; i++)
		put_line("  ", o->trace[i]);
}

static json_t *json_text(const char *text)
{
	struct strbuf out;
	json_t *json;

	if (text == NULL)
		return json_null();
	strbuf_init(&out, TEXT_MAX);
	escape_add_utf8(&out, str_of(text));
	json = json_string(out.ptr != NULL ? out.ptr : "");
	strbuf_fini(&out);
	return json != NULL ? json : json_null();
}

static void print_json(const struct spf_outcome *o)
{
	json_t *json = json_object(), *trace = json_array();
	size_t i;

	for (i = 0; i < o->trace_count; i++)
		json_array_append_new(trace, json_text(o->trace[i]));
	json_object_set_new(json, "result", json_text(spf_result_name(o->result)));
	json_object_set_new(json, "explanation", json_text(o->explanation));
	json_object_set_new(json, "mechanism", json_text(o->mechanism));
	json_object_set_new(json, "domain", json_text(o->domain));
	json_object_set_new(json, "record", json_text(o->record));
	json_object_set_new(json, "problem", json_text(o->problem));
	json_object_set_new(json, "lookups", json_integer(o->lookups));
	json_object_set_new(json, "void_lookups", json_integer(o->void_lookups));
	json_object_set_new(json, "trace", trace);
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
}

static int exit_of(enum spf_result result)
{
	switch (result) {
	case SPF_FAIL:
	case SPF_PERMERROR:
		return EXIT_FINDINGS;
	case SPF_TEMPERROR:
		return EXIT_CANNOT;
	case SPF_NONE:
	case SPF_NEUTRAL:
	case SPF_PASS:
	case SPF_SOFTFAIL:
		break;
	}
	return EXIT_CLEAN;
}

static void on_outcome(const struct spf_outcome *outcome, void *arg)
{
	struct spf_run *run = arg;

	run->under_way--;
	if (exit_of(outcome->result) > run->exit)
		run->exit = exit_of(outcome->result);
	if (run->json)
		print_json(outcome);
	else
		print_human(run, outcome);
}

/* --- batches ------------------------------------------------------------ */

/* The lines' outcomes come in any order; each is printed in its turn. */
struct batch {
	struct spf_run *run;
	struct batch_item *items;
	size_t count;
	size_t room;
	size_t printed;
	struct strbuf line;
};

struct batch_item {
	struct batch *batch;
	struct spf_request request;
	const char *ip;
	char *line; /* JSON, when it is there and has to wait */
};

static void format_line(struct strbuf *out, const struct batch_item *item,
			const struct spf_outcome *o)
{
	strbuf_clear(out);
	json_line_begin(out);
	json_line_text(out, "ip", item->ip);
	json_line_text(out, "from", item->request.sender);
	json_line_text(out, "helo", item->request.helo);
	json_line_text(out, "result", spf_result_name(o->result));
	json_line_text(out, "explanation", o->explanation);
	json_line_text(out, "mechanism", o->mechanism);
	json_line_text(out, "domain", o->domain);
	json_line_text(out, "problem", o->problem);
	json_line_number(out, "lookups", o->lookups);
	json_line_number(out, "void_lookups", o->void_lookups);
	json_line_end(out);
	strbuf_addc(out, '\n');
	MCC_ASSERT(!out->failed);
}

static void flush_batch(struct batch *b)
{
	struct batch_item *item;

	while (b->printed < b->count && b->items[b->printed].line != NULL) {
		item = &b->items[b->printed++];
		fputs(item->line, stdout);
		free(item->line);
	}
}

static void on_batch_outcome(const struct spf_outcome *o, void *arg)
{
	struct batch_item *item = arg;
	struct batch *b = item->batch;

	format_line(&b->line, item, o);
	b->run->under_way--;
	if (exit_of(o->result) > b->run->exit)
		b->run->exit = exit_of(o->result);
	if (item != &b->items[b->printed]) {
		item->line = strdup(b->line.ptr);
		MCC_ASSERT(item->line != NULL);
		return;
	}
	fwrite(b->line.ptr, 1, b->line.len, stdout);
	b->printed++;
	flush_batch(b);
}

static bool parse_ip(const char *word, struct spf_request *out)
{
	if (inet_pton(AF_INET, word, out->address) == 1) {
		out->family = AF_INET;
		return true;
	}
	out->family = AF_INET6;
	return inet_pton(AF_INET6, word, out->address) == 1;
}

/* "IP FROM HELO"; the null sender is "<>". Empty lines and `#` are skipped. */
static int read_batch_line(struct batch *b, struct str line, size_t number)
{
	struct arena *arena = b->run->cli->arena;
	struct str ip, from, helo;
	struct batch_item *item;

	line = str_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return EXIT_CLEAN;
	item = arena_push(arena, &b->items, b->count, &b->room, sizeof(*item));
	if (!str_token(&line, " \t", &ip) || !str_token(&line, " \t", &from) ||
	    !str_token(&line, " \t", &helo) || str_trim(line).len != 0)
		return cli_cannot("%s:%zu: a line is IP FROM HELO", b->run->batch,
				  number);
	item->ip = str_dup0(arena, ip);
	if (!parse_ip(item->ip, &item->request))
		return cli_cannot("%s:%zu: no IP address: %s", b->run->batch, number,
				  item->ip);
	item->request.sender = str_eqc(from, "<>") ? "" : str_dup0(arena, from);
	item->request.helo = str_dup0(arena, helo);
	item->request.receiver = b->run->request.receiver;
	b->count++;
	return EXIT_CLEAN;
}

static int read_batch(struct batch *b)
{
	struct spf_run *run = b->run;
	const struct source *src;
	size_t number = 0;
	struct str rest, line;
	ptrdiff_t end;
	int status = source_add_file(run->cli->sources, run->batch, NULL, &src);

	if (status != 0)
		return cli_cannot("%s: %s", run->batch, mcc_status_text(status));
	rest = src->text;
	while (rest.len != 0) {
		end = str_chr(rest, '\n');
		line = end < 0 ? rest : str_slice(rest, 0, (size_t)end);
		rest = str_slice(rest, line.len + 1, rest.len);
		status = read_batch_line(b, line, ++number);
		if (status != EXIT_CLEAN)
			return status;
	}
	return EXIT_CLEAN;
}

static int run_batch(struct spf_run *run)
{
	struct batch b = {.run = run};
	size_t i, at_once;
	int status = read_batch(&b);

	if (status != EXIT_CLEAN)
		return status;
	strbuf_init(&b.line, LINE_MAX_BYTES);
	at_once = dns_fd(run->resolver) < 0 ? BATCH_AT_ONCE_LOCAL : BATCH_AT_ONCE;
	for (i = 0; i < b.count; i++) {
		b.items[i].batch = &b;
		run->under_way++;
		spf_check(run->resolver, &b.items[i].request, on_batch_outcome,
			  &b.items[i]);
		while (run->under_way >= at_once)
			dns_wait_once(run->resolver);
	}
	dns_wait_all(run->resolver);
	strbuf_fini(&b.line);
	return EXIT_CLEAN;
}

/* --- the command -------------------------------------------------------- */

static int set_option(struct spf_run *run, int opt, char *value)
{
	switch (opt) {
	case 'v':
		run->verbose = true;
		return EXIT_CLEAN;
	case OPT_IP:
		run->has_ip = true;
		return parse_ip(value, &run->request)
			       ? EXIT_CLEAN
			       : cli_usage_error("spf", "--ip takes an address, not '%s'",
						 value);
	case OPT_FROM:
		run->request.sender = strcmp(value, "<>") == 0 ? "" : value;
		return EXIT_CLEAN;
	case OPT_HELO:
		run->request.helo = value;
		return EXIT_CLEAN;
	case OPT_RECEIVER:
		run->request.receiver = value;
		return EXIT_CLEAN;
	case OPT_BATCH:
		run->batch = value;
		return EXIT_CLEAN;
	case OPT_FORMAT:
		run->json = strcmp(value, "json") == 0;
		return run->json || strcmp(value, "human") == 0
			       ? EXIT_CLEAN
			       : cli_usage_error("spf", "--format takes human or json");
	default:
		return dns_options_set(&run->dns, "spf", opt, value);
	}
}

static int run_check(struct spf_run *run)
{
	int status, closed;

	if (run->batch == NULL &&
	    (!run->has_ip || run->request.sender == NULL || run->request.helo == NULL))
		return cli_usage_error("spf", "check needs --ip, --from and --helo");
	status = dns_options_open(&run->dns, "spf", &run->resolver);
	if (status != EXIT_CLEAN)
		return status;
	if (run->batch != NULL) {
		status = run_batch(run);
	} else {
		run->under_way++;
		run->request.wants_trace = run->json || run->verbose;
		spf_check(run->resolver, &run->request, on_outcome, run);
		dns_wait_all(run->resolver);
	}
	closed = dns_options_close(run->resolver);
	if (status != EXIT_CLEAN)
		return status;
	return closed != EXIT_CLEAN ? closed : run->exit;
}

int spf_check_command(struct cli *cli, int argc, char **argv)
{
	struct spf_run run = {.cli = cli};
	int opt, status;

	while ((opt = getopt_long(argc, argv, "v", spf_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc spf check --ip IP --from ADDR --helo NAME [-v] | "
			     "--batch FILE");
			return EXIT_CLEAN;
		}
		status = set_option(&run, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	if (argc != optind)
		return cli_usage_error("spf", "check takes no arguments");
	return run_check(&run);
}
