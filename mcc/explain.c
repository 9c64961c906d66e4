/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc explain: the document of a rule, which is also its page of the manual
 * and its test; or what the vocabulary knows of a parameter.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "grammar/vocabulary.h"
#include "mcc/cli.h"
#include "mcc/rule_docs.h"

static const struct option explain_options[] = {
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char *find_doc(const char *id)
{
	for (size_t i = 0; i < rule_doc_count; i++)
		if (strcmp(rule_docs[i].id, id) == 0)
			return rule_docs[i].text;
	return NULL;
}

static int explain_rule(enum rule rule)
{
	const char *doc = find_doc(rule_info(rule)->id);

	if (!doc)
		return cli_cannot("%s has no document", rule_info(rule)->id);
	fputs(doc, stdout);
	return EXIT_CLEAN;
}

static void put_fact(const char *label, const char *text)
{
	if (text && *text)
		printf("  %-12s %s\n", label, text);
}

static const char *type_word(const struct param *param)
{
	static const char *const words[] = {
		[PARAM_TYPE_BOOL] = "yes or no",
		[PARAM_TYPE_INT] = "number",
		[PARAM_TYPE_LONG] = "number",
		[PARAM_TYPE_TIME] = "time",
		[PARAM_TYPE_STR] = "text",
		[PARAM_TYPE_RAW] = "text, $ kept for run time",
		[PARAM_TYPE_NINT] = "number",
		[PARAM_TYPE_NBOOL] = "yes or no",
	};

	return words[param->type];
}

static void explain_param(const struct cli *cli, const struct param *param)
{
	const char *value = param_default(param, cli->site.version);

	printf("%s\n", param->name);
	put_fact("type", type_word(param));
	if (param_in_version(param, cli->site.version))
		printf("  %-12s %s\n", "default", *value ? value : "(empty)");
	else
		printf("  %-12s unknown to Postfix %d.%d\n", "default",
		       cli->site.version.major, cli->site.version.minor);
	put_fact("by level", param->level_defaults);
	put_fact("unit", param->unit);
	put_fact("least", param->min);
	put_fact("most", param->max);
	put_fact("words", param->words);
	put_fact("since", param->since);
	put_fact("backports", param->backports);
	put_fact("removed", param->removed);
	put_fact("deprecated", param->deprecated);
	put_fact("read by", param->programs);
}

int cmd_explain(struct cli *cli, int argc, char **argv)
{
	const struct param *param;
	enum rule rule;
	int status;

	if (getopt_long(argc, argv, "", explain_options, NULL) != -1 ||
	    argc - optind != 1)
		return cli_usage_error("explain", "one rule or parameter is needed");
	if (rule_find(str_of(argv[optind]), &rule))
		return explain_rule(rule);
	status = cli_load_options(cli, NULL);
	if (status != EXIT_CLEAN)
		return status;
	param = param_find(str_of(argv[optind]));
	if (param) {
		explain_param(cli, param);
		return EXIT_CLEAN;
	}
	param = param_nearest(str_of(argv[optind]), cli->site.version);
	if (param)
		return cli_usage_error("explain",
				       "'%s' is neither a rule nor a parameter; "
				       "did you mean %s?",
				       argv[optind], param->name);
	return cli_usage_error("explain", "'%s' is neither a rule nor a parameter",
			       argv[optind]);
}
