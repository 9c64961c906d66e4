/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of `mccd run`. Paths are made absolute, as the processes leave the
 * folder they were started in.
 */
#include "mccd/options.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"

enum {
	OPTION_SPOOL = 256,
	OPTION_ROOT,
	OPTION_LISTEN,
	OPTION_USER,
	OPTION_CONTROL,
	OPTION_RESOLVER,
	OPTION_SMTP_PORT,
	OPTION_DEBUG
};

static const struct option long_options[] = {
	{"generation", required_argument, NULL, 'g'},
	{"spool", required_argument, NULL, OPTION_SPOOL},
	{"root", required_argument, NULL, OPTION_ROOT},
	{"listen", required_argument, NULL, OPTION_LISTEN},
	{"user", required_argument, NULL, OPTION_USER},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"resolver", required_argument, NULL, OPTION_RESOLVER},
	{"smtp-port", required_argument, NULL, OPTION_SMTP_PORT},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{NULL, 0, NULL, 0},
};

/* Growing lists of the repeated options, before they become constant. */
struct lists {
	struct arena *arena;
	const char **listen;
	size_t listen_cap;
	const char **resolvers;
	size_t resolver_cap;
};

static const char *absolute(struct arena *arena, const char *path)
{
	char folder[4096];

	if (path[0] == '/' || getcwd(folder, sizeof(folder)) == NULL)
		return path;
	return arena_printf(arena, "%s/%s", folder, path);
}

static int read_port(const char *word, uint16_t *out_port)
{
	uint64_t n;

	if (!str_to_u64(str_of(word), &n) || n == 0 || n > 65535) {
		log_error("--smtp-port: %s: a number from 1 to 65535 is expected", word);
		return MCC_EINVAL;
	}
	*out_port = (uint16_t)n;
	return 0;
}

static void add(struct arena *arena, const char ***list, unsigned *count, size_t *cap,
		const char *word)
{
	const char **slot = arena_push(arena, list, *count, cap, sizeof(**list));

	*slot = word;
	++*count;
}

static int read_one(struct lists *lists, int c, struct run_options *o)
{
	switch (c) {
	case 'g':
		o->generation = absolute(lists->arena, optarg);
		return 0;
	case OPTION_SPOOL:
		o->spool = absolute(lists->arena, optarg);
		return 0;
	case OPTION_ROOT:
		o->root = strcmp(optarg, "/") == 0 ? "" : absolute(lists->arena, optarg);
		return 0;
	case OPTION_LISTEN:
		add(lists->arena, &lists->listen, &o->listen_count, &lists->listen_cap,
		    optarg);
		return 0;
	case OPTION_USER:
		o->user = optarg;
		return 0;
	case OPTION_CONTROL:
		o->control = absolute(lists->arena, optarg);
		return 0;
	case OPTION_RESOLVER:
		add(lists->arena, &lists->resolvers, &o->resolver_count,
		    &lists->resolver_cap, optarg);
		return 0;
	case OPTION_SMTP_PORT:
		return read_port(optarg, &o->smtp_port);
	case OPTION_DEBUG:
		o->debug = true;
		return 0;
	default:
		return MCC_EINVAL; /* getopt has said why */
	}
}

/* Whom the processes that read from the network become. */
static int find_user(struct run_options *o)
{
	static const char *const defaults[] = {"mccd", "nobody"};
	const struct passwd *pw = NULL;
	size_t i;

	o->uid = geteuid();
	o->gid = getegid();
	if (geteuid() != 0)
		return 0;
	if (o->user != NULL)
		pw = getpwnam(o->user);
	for (i = 0; i < array_len(defaults) && o->user == NULL && pw == NULL; i++)
		pw = getpwnam(defaults[i]);
	if (pw == NULL || pw->pw_uid == 0 || pw->pw_gid == 0) {
		log_error("--user: %s: %s", o->user != NULL ? o->user : "mccd, nobody",
			  pw == NULL ? "no such user" : "is root");
		return MCC_EINVAL;
	}
	o->uid = pw->pw_uid;
	o->gid = pw->pw_gid;
	return 0;
}

int options_read(struct arena *arena, int argc, char **argv,
		 struct run_options *out_options)
{
	struct run_options o = {.root = "", .smtp_port = 25, .spool_fd = -1};
	struct lists lists = {.arena = arena};
	int status = 0;
	int c;

	optind = 1;
	while (status == 0 &&
	       (c = getopt_long(argc, argv, "g:", long_options, NULL)) != -1)
		status = read_one(&lists, c, &o);
	if (status == 0 && optind < argc) {
		log_error("run: %s: no argument is expected", argv[optind]);
		status = MCC_EINVAL;
	}
	if (status == 0 && o.generation == NULL) {
		log_error("run: -g GENERATION is missing");
		status = MCC_EINVAL;
	}
	if (status == 0)
		status = find_user(&o);
	if (status < 0)
		return status;
	o.listen = lists.listen;
	o.resolvers = lists.resolvers;
	*out_options = o;
	return 0;
}
