/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of mcc conf. Which ones exclude each other, and which ones mean
 * something together, is as with postconf: a mistake that it refuses is
 * refused here. Options that edit the files are not among them.
 */
#include "mcc/conf_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "mcc/cli.h"

enum { OPT_ORIGIN = 256, OPT_HELP };

static const struct option long_options[] = {
	{"origin", no_argument, NULL, OPT_ORIGIN},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* What is asked for: at most one; and the options that go with it. */
struct mode {
	char letter;
	const char *with;
	enum conf_what what;
};

static const struct mode modes[] = {
	{'p', "dnfxhHo", CONF_MAIN}, {'M', "fxo", CONF_SERVICES},
	{'F', "fxohH", CONF_FIELDS}, {'P', "fxohH", CONF_OVERRIDES},
	{'m', "", CONF_MAIN},
};

static const char *const exclusive[] = {"pMFPm", "dn", "do", "hH"};

struct parser {
	struct arena *arena;
	struct conf_options *options;
	char given[32]; /* each letter once */
	size_t setting_count;
	size_t setting_room;
};

static bool is_given(const struct parser *p, char letter)
{
	return strchr(p->given, letter) != NULL;
}

static void note(struct parser *p, char letter)
{
	size_t len = strlen(p->given);

	if (!is_given(p, letter) && len + 1 < sizeof(p->given))
		p->given[len] = letter;
}

static void add_setting(struct parser *p, char *setting)
{
	char ***settings = &p->options->settings;
	char **slot;

	for (size_t i = 0; i < 2; i++) {
		slot = arena_push(p->arena, settings, p->setting_count + i,
				  &p->setting_room, sizeof(*slot));
		MCC_ASSERT(slot);
		*slot = i ? NULL : setting;
	}
	p->setting_count++;
}

static bool set_classes(struct conf_options *o, const char *words)
{
	static const struct {
		const char *word;
		unsigned flag;
	} classes[] = {{"builtin", CONF_BUILTIN},
		       {"service", CONF_SERVICE},
		       {"user", CONF_USER},
		       {"all", CONF_CLASSES}};
	struct str rest = str_of(words);
	struct str word;
	unsigned flags = 0;
	size_t i;

	while (str_token(&rest, ", \t\r\n", &word)) {
		for (i = 0; i < array_len(classes); i++)
			if (str_caseeqc(word, classes[i].word))
				break;
		if (i == array_len(classes))
			return false;
		flags |= classes[i].flag;
	}
	o->request.flags = (o->request.flags & ~(unsigned)CONF_CLASSES) | flags;
	return true;
}

static unsigned flag_of(char letter)
{
	switch (letter) {
	case 'n':
		return CONF_SET;
	case 'd':
		return CONF_DEFAULT;
	case 'x':
		return CONF_EXPAND;
	case 'h':
		return CONF_VALUE_ONLY;
	case 'H':
		return CONF_NAME_ONLY;
	case 'f':
		return CONF_FOLD;
	case 'q':
		return CONF_QUIET_NAMES;
	default:
		return 0;
	}
}

/* Options of postconf that are not here on purpose. */
static int refuse(int letter)
{
	if (letter && strchr("eX#", letter))
		return cli_usage_error("conf", "-%c edits files: conf changes none",
				       letter);
	if (letter && strchr("aAlbtTc", letter))
		return cli_usage_error("conf",
				       "-%c asks what is installed, which is postconf's "
				       "business (-C DIR before 'conf' names the site)",
				       letter);
	return cli_usage_error("conf", "unknown option or missing argument");
}

static int take(struct parser *p, int c)
{
	struct conf_options *o = p->options;

	switch (c) {
	case '?':
	case ':':
		return refuse(optopt);
	case OPT_ORIGIN:
		o->request.flags |= CONF_ORIGIN;
		return EXIT_CLEAN;
	case OPT_HELP:
		o->help = true;
		return EXIT_CLEAN;
	case 'o':
		add_setting(p, optarg);
		break;
	case 'C':
		if (!set_classes(o, optarg))
			return cli_usage_error("conf",
					       "-C takes builtin, service, user and all");
		break;
	default:
		o->request.flags |= flag_of((char)c);
		break;
	}
	/* These two go with everything. */
	if (c != 'q' && c != 'C')
		note(p, (char)c);
	return EXIT_CLEAN;
}

static int check_exclusive(const struct parser *p)
{
	for (size_t i = 0; i < array_len(exclusive); i++) {
		char both[32];
		size_t count = 0;

		for (const char *c = exclusive[i]; *c; c++)
			if (is_given(p, *c))
				both[count++] = *c;
		if (count > 1)
			return cli_usage_error("conf", "-%c and -%c exclude each other",
					       both[0], both[1]);
	}
	return EXIT_CLEAN;
}

static int check_mode(struct parser *p)
{
	const struct mode *mode = &modes[0];

	for (size_t i = 0; i < array_len(modes); i++)
		if (is_given(p, modes[i].letter))
			mode = &modes[i];
	for (const char *c = p->given; *c; c++)
		if (*c != mode->letter && !strchr(mode->with, *c))
			return cli_usage_error("conf", "-%c does not go with -%c", *c,
					       mode->letter);
	p->options->request.what = mode->what;
	p->options->map_types = mode->letter == 'm';
	return EXIT_CLEAN;
}

int conf_options_parse(struct arena *arena, int argc, char **argv,
		       struct conf_options *out_options)
{
	struct parser p = {.arena = arena, .options = out_options};
	int status = EXIT_CLEAN;
	int c;

	*out_options = (struct conf_options){.request = {.flags = CONF_CLASSES}};
	opterr = 0; /* the message is ours */
	/* "+": names are names, also when they begin with a hyphen. */
	while (status == EXIT_CLEAN && !out_options->help &&
	       (c = getopt_long(argc, argv, "+C:dfFhHmMno:pPqx", long_options, NULL)) !=
		       -1)
		status = take(&p, c);
	if (status == EXIT_CLEAN)
		status = check_exclusive(&p);
	if (status == EXIT_CLEAN)
		status = check_mode(&p);
	out_options->request.names = argv + optind;
	if (status == EXIT_CLEAN && !out_options->map_types && argv[optind] &&
	    strchr(argv[optind], '='))
		status = cli_usage_error("conf",
					 "'%s': mcc changes no files (-o sets a "
					 "parameter for this run)",
					 argv[optind]);
	return status;
}

void conf_options_help(void)
{
	fputs("usage: mcc conf [OPTION...] [NAME...]\n"
	      "       mcc conf -M|-F|-P [OPTION...] [SERVICE[/TYPE[/NAME]]...]\n\n"
	      "  -n            only what main.cf sets\n"
	      "  -d            the defaults instead of what is in force\n"
	      "  -x            with $name expanded\n"
	      "  -h, -H        values only, names only\n"
	      "  -f            fold lines that are longer than 80 columns\n"
	      "  -C CLASS,...  builtin, service, user: what makes the names\n"
	      "  -o NAME=VALUE as if main.cf said so\n"
	      "  -p            parameters of main.cf (this is the default)\n"
	      "  -M            services of master.cf\n"
	      "  -F            their fields, one a line\n"
	      "  -P            their -o options, one a line\n"
	      "  -m            types of tables of the release and platform\n"
	      "  -q            no word about unused and outdated names\n"
	      "  --origin      file and line where each value comes from\n",
	      stdout);
}
