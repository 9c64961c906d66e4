/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc spf explain: the tree of a domain's SPF record, for people, for programs
 * (JSON) and as a picture (Graphviz).
 *
 * Exit status: 1 when something is wrong with it, 3 when the DNS did not say
 * enough to tell; the tree is printed in any case.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"
#include "base/limits.h"
#include "dnscheck/resolver.h"
#include "dnscheck/spf_map.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"
#include "mcc/spf_command.h"
#include "mcc/spf_json.h"

enum { OPT_FORMAT = DNS_OPT_OWN, OPT_HELP, TEXT_MAX = 1 << 20, NETS_SHOWN = 4 };

static const struct option explain_options[] = {
	DNS_OPTION_ROWS,
	{"format", required_argument, NULL, OPT_FORMAT},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* --- for people ----------------------------------------------------------- */

static void put_text(const char *text)
{
	struct strbuf out;

	strbuf_init(&out, TEXT_MAX);
	escape_add(&out, str_of(text));
	fputs(out.ptr != NULL ? out.ptr : "", stdout);
	strbuf_fini(&out);
}

static const char *state_of(const struct spf_node *node)
{
	if (node->unknown != NULL)
		return "could not be verified";
	return node->record_count == 0 ? "no SPF record" : "more than one SPF record";
}

static void print_nets(const struct spf_nets *nets)
{
	char text[SPF_NET_TEXT];
	size_t i;

	for (i = 0; i < nets->count && i < NETS_SHOWN; i++) {
		spf_net_format(&nets->items[i], text);
		printf("%s%s", i == 0 ? "  = " : ", ", text);
	}
	if (nets->count > NETS_SHOWN)
		printf(", and %zu more", nets->count - NETS_SHOWN);
}

static void print_remarks(const struct spf_branch *b)
{
	bool resolves = b->term->kind == SPF_TERM_A || b->term->kind == SPF_TERM_MX;

	if (b->lookups != 0)
		printf("  (%u %s)", b->lookups, b->lookups == 1 ? "lookup" : "lookups");
	if (b->is_void)
		fputs("  void: the name does not exist", stdout);
	if (b->is_loop)
		fputs("  loop", stdout);
	if (b->is_ignored)
		fputs("  never looked at", stdout);
	if (b->is_dynamic && b->term->kind != SPF_TERM_EXP &&
	    b->term->kind != SPF_TERM_MODIFIER)
		fputs("  depends on the message", stdout);
	if (b->unknown != NULL)
		fputs("  could not be verified", stdout);
	if (resolves)
		print_nets(&b->nets);
}

static void print_node(const struct spf_node *node, int depth)
{
	const struct spf_branch *b;
	size_t i;

	if (node->record == NULL) {
		printf("%*s%s\n", depth * 4, "", state_of(node));
		return;
	}
	for (i = 0; i < node->branch_count; i++) {
		b = &node->branches[i];
		printf("%*s", depth * 4, "");
		put_text(b->text);
		print_remarks(b);
		putchar('\n');
		if (b->child != NULL)
			print_node(b->child, depth + 1);
	}
}

static void print_findings(const struct spf_map *map)
{
	const struct spf_map_finding *f;
	size_t i;

	printf("\nproblems: %zu\n", map->finding_count);
	for (i = 0; i < map->finding_count; i++) {
		f = &map->findings[i];
		printf("    %s %s ", diag_severity_name(f->finding->severity),
		       rule_info(f->finding->rule)->id);
		put_text(f->node->domain);
		if (f->finding->hi != 0)
			printf(", column %zu", f->finding->lo + 1);
		fputs(": ", stdout);
		put_text(f->finding->message);
		putchar('\n');
	}
}

static void print_human(const struct spf_map *map)
{
	const struct spf_node *root = map->root;
	char text[SPF_NET_TEXT];
	size_t i;

	put_text(root->domain);
	printf(": %u of %d lookups, %u of %d void\n", root->lookups, LIMIT_SPF_LOOKUPS,
	       root->void_lookups, LIMIT_SPF_VOID);
	print_node(root, 1);
	printf("\nnetworks that pass: %zu%s\n", root->nets.count,
	       root->is_dynamic ? ", and what depends on the message" : "");
	for (i = 0; i < root->nets.count; i++) {
		spf_net_format(&root->nets.items[i], text);
		printf("    %s\n", text);
	}
	if (map->is_cut)
		puts("    (the tree is too large: not all of it was looked at)");
	print_findings(map);
}

/* --- for programs --------------------------------------------------------- */

static json_t *json_text(const char *text)
{
	struct strbuf out;
	json_t *json;

	strbuf_init(&out, TEXT_MAX);
	escape_add_utf8(&out, str_of(text));
	json = json_string(out.ptr != NULL ? out.ptr : "");
	strbuf_fini(&out);
	return json != NULL ? json : json_null();
}

static json_t *json_node(const struct spf_node *node);

static json_t *json_branch(const struct spf_branch *b)
{
	json_t *json = json_object();

	json_object_set_new(json, "term", json_text(b->text));
	json_object_set_new(json, "lookups", json_integer(b->lookups));
	json_object_set_new(json, "void_lookups", json_integer(b->void_lookups));
	json_object_set_new(json, "ignored", json_boolean(b->is_ignored));
	json_object_set_new(json, "dynamic", json_boolean(b->is_dynamic));
	json_object_set_new(json, "loop", json_boolean(b->is_loop));
	json_object_set_new(json, "unverified",
			    b->unknown != NULL ? json_text(b->unknown) : json_null());
	json_object_set_new(json, "networks", spf_json_nets(&b->nets));
	json_object_set_new(json, "record",
			    b->child != NULL ? json_node(b->child) : json_null());
	return json;
}

static json_t *json_node(const struct spf_node *node)
{
	json_t *json = json_object(), *terms = json_array();
	size_t i;

	for (i = 0; i < node->branch_count; i++)
		json_array_append_new(terms, json_branch(&node->branches[i]));
	json_object_set_new(json, "domain", json_text(node->domain));
	json_object_set_new(json, "text",
			    node->record != NULL ? json_text(node->text.ptr)
						 : json_null());
	json_object_set_new(json, "status", json_text(dns_status_name(node->status)));
	json_object_set_new(json, "lookups", json_integer(node->lookups));
	json_object_set_new(json, "void_lookups", json_integer(node->void_lookups));
	json_object_set_new(json, "terms", terms);
	return json;
}

static json_t *json_findings(const struct spf_map *map)
{
	json_t *list = json_array(), *item;
	const struct spf_finding *f;
	size_t i;

	for (i = 0; i < map->finding_count; i++) {
		f = map->findings[i].finding;
		item = json_object();
		json_object_set_new(item, "rule", json_string(rule_info(f->rule)->id));
		json_object_set_new(item, "name", json_string(rule_info(f->rule)->name));
		json_object_set_new(item, "severity",
				    json_string(diag_severity_name(f->severity)));
		json_object_set_new(item, "domain",
				    json_text(map->findings[i].node->domain));
		json_object_set_new(item, "column",
				    f->hi != 0 ? json_integer((json_int_t)f->lo + 1)
					       : json_null());
		json_object_set_new(item, "message", json_text(f->message));
		json_array_append_new(list, item);
	}
	return list;
}

static void print_json(const struct spf_map *map)
{
	const struct spf_node *root = map->root;
	json_t *json = json_object();

	json_object_set_new(json, "schema", json_string("mcc-spf-tree/1"));
	json_object_set_new(json, "domain", json_text(root->domain));
	json_object_set_new(json, "lookups", json_integer(root->lookups));
	json_object_set_new(json, "void_lookups", json_integer(root->void_lookups));
	json_object_set_new(json, "dynamic", json_boolean(root->is_dynamic));
	json_object_set_new(json, "complete",
			    json_boolean(!map->is_cut && !root->is_uncertain));
	json_object_set_new(json, "networks", spf_json_nets(&root->nets));
	json_object_set_new(json, "problems", json_findings(map));
	json_object_set_new(json, "tree", json_node(root));
	json_dumpf(json, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(json);
}

/* --- as a picture --------------------------------------------------------- */

/* A quoted string of the dot language; what is not printable is escaped. */
static void put_dot(const char *text)
{
	struct strbuf out;
	size_t i;

	strbuf_init(&out, TEXT_MAX);
	escape_add(&out, str_of(text));
	for (i = 0; i < out.len; i++) {
		if (out.ptr[i] == '"' || out.ptr[i] == '\\')
			putchar('\\');
		putchar(out.ptr[i]);
	}
	strbuf_fini(&out);
}

static unsigned print_dot_node(const struct spf_node *node, unsigned id)
{
	const struct spf_branch *b;
	unsigned next = id + 1;
	size_t i;

	printf("\tn%u [label=\"", id);
	put_dot(node->domain);
	if (node->record == NULL)
		printf("\\n%s", state_of(node));
	printf("\\n%u lookups, %zu networks\"];\n", node->lookups, node->nets.count);
	for (i = 0; i < node->branch_count; i++) {
		b = &node->branches[i];
		if (b->term->kind == SPF_TERM_ALL || b->term->kind == SPF_TERM_EXP ||
		    b->term->kind == SPF_TERM_MODIFIER)
			continue;
		printf("\tn%u -> n%u [label=\"", id, next);
		put_dot(b->child != NULL ? b->text : "");
		printf("\"%s];\n", b->is_ignored ? ", style=dotted" : "");
		if (b->child != NULL) {
			next = print_dot_node(b->child, next);
			continue;
		}
		printf("\tn%u [shape=plaintext, label=\"", next++);
		put_dot(b->text);
		puts("\"];");
	}
	return next;
}

static void print_dot(const struct spf_map *map)
{
	puts("digraph spf {\n\trankdir=LR;\n\tnode [shape=box];");
	(void)print_dot_node(map->root, 0);
	puts("}");
}

/* --- the command ---------------------------------------------------------- */

typedef void print_function(const struct spf_map *map);

static print_function *format_find(const char *name)
{
	static const struct {
		const char *name;
		print_function *print;
	} formats[] = {{"human", print_human}, {"json", print_json}, {"dot", print_dot}};
	size_t i;

	for (i = 0; i < array_len(formats); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].print;
	}
	return NULL;
}

static int exit_for(const struct spf_map *map)
{
	size_t i;

	for (i = 0; i < map->finding_count; i++) {
		if (map->findings[i].finding->severity == DIAG_ERROR)
			return EXIT_FINDINGS;
	}
	return map->root->is_uncertain || map->is_cut ? EXIT_CANNOT : EXIT_CLEAN;
}

int spf_explain_command(struct cli *cli, int argc, char **argv)
{
	struct dns_options dns = {.server_count = 0};
	print_function *print = print_human;
	const struct spf_map *map;
	struct resolver *r;
	int opt, status;

	while ((opt = getopt_long(argc, argv, "", explain_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc spf explain [--format human|json|dot] "
			     "[--resolver IP[@PORT]]... DOMAIN");
			return EXIT_CLEAN;
		}
		if (opt == OPT_FORMAT) {
			print = format_find(optarg);
			if (print == NULL)
				return cli_usage_error(
					"spf", "--format takes human, json or dot");
			continue;
		}
		status = dns_options_set(&dns, "spf", opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	if (argc - optind != 1)
		return cli_usage_error("spf", "explain needs one DOMAIN");
	status = dns_options_open(&dns, "spf", &r);
	if (status != EXIT_CLEAN)
		return status;
	map = spf_map_build(cli->arena, r, argv[optind], NULL);
	status = dns_options_close(r);
	print(map);
	return status != EXIT_CLEAN ? status : exit_for(map);
}
