/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which site a command works on: the folder, the release, the platform and
 * the host name, from the options, from mcc.cf, and from defaults, in that
 * order.
 */
#include "mcc/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/fsio.h"

#define SYSTEM_FOLDER "/etc/postfix"

static const char *default_dir(void)
{
	return access("main.cf", F_OK) == 0 ? "." : SYSTEM_FOLDER;
}

static const char *first_given(const char *option, const char *project)
{
	return option ? option : project;
}

static bool is_system_folder(const char *dir)
{
	static const char *const folders[] = {SYSTEM_FOLDER, "/usr/local/etc/postfix",
					      "/usr/pkg/etc/postfix"};

	for (size_t i = 0; i < array_len(folders); i++)
		if (strcmp(folders[i], dir) == 0)
			return true;
	return false;
}

static int set_version(struct cli *cli, const char *word)
{
	cli->site.version = pf_version_newest();
	if (!word)
		return EXIT_CLEAN;
	if (!pf_version_parse(word, &cli->site.version) ||
	    !pf_version_is_known(cli->site.version))
		return cli_usage_error(
			NULL, "'%s' is no Postfix release that mcc knows (2.6 to 3.12)",
			word);
	return EXIT_CLEAN;
}

static int set_platform(struct cli *cli, const char *word)
{
	cli->site.platform = PLATFORM_UPSTREAM;
	if (word && !platform_parse(word, &cli->site.platform))
		return cli_usage_error(
			NULL,
			"there is no platform '%s': upstream, debian, rhel9, "
			"rhel10, alpine, opensuse, freebsd, netbsd",
			word);
	return EXIT_CLEAN;
}

int cli_check_given(const struct cli *cli)
{
	struct cli probe = *cli;
	int status = set_version(&probe, cli->given.postfix);

	return status == EXIT_CLEAN ? set_platform(&probe, cli->given.platform) : status;
}

int cli_load_options(struct cli *cli, const char *dir)
{
	const struct project_options *project;
	const char *hostname;
	int status;

	if (!dir)
		dir = cli->given.dir ? cli->given.dir : default_dir();
	cli->site.dir = dir;
	project = project_load(cli->arena, cli->sources, cli->diags, dir);
	cli->project = project;
	cli->site.root = cli->given.root;
	if (!cli->site.root && is_system_folder(dir))
		cli->site.root = "/";
	status = set_version(cli,
			     first_given(cli->given.postfix, project->postfix_version));
	if (status == EXIT_CLEAN)
		status = set_platform(
			cli, first_given(cli->given.platform, project->platform));
	hostname = first_given(cli->given.hostname, project->hostname);
	cli->site.hostname = site_qualify_hostname(cli->arena, hostname);
	return status;
}

int cli_load_site(struct cli *cli, struct site **out_site)
{
	int status = cli_load_options(cli, NULL);

	if (status != EXIT_CLEAN)
		return status;
	if (site_load(cli->arena, cli->sources, cli->diags, &cli->site, out_site) != 0) {
		cli_report_human(cli);
		return EXIT_CANNOT;
	}
	return EXIT_CLEAN;
}

void cli_apply_project(struct cli *cli)
{
	for (size_t i = 0; i < cli->project->severity_count; i++)
		diag_set_severity(cli->diags, cli->project->severities[i].rule,
				  cli->project->severities[i].severity);
}
