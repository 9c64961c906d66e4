/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What postmap(1) reads of main.cf: the type of tables that are named without
 * one, and whether keys and values are UTF-8. A folder without main.cf is no
 * reason to stop, its tables are taken as those of a new site.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/status.h"
#include "mcc/cli.h"
#include "mcc/map_table.h"

/* Postfix 3.0 brought SMTPUTF8 and, from compatibility level 1, enabled it. */
static bool knows_utf8(struct pf_version version)
{
	return version.major >= 3;
}

void map_settings_load(struct cli *cli, struct map_settings *out_settings)
{
	struct diag_queue *ignored = diag_queue_new(cli->arena);
	const char *path = arena_printf(cli->arena, "%s/main.cf", cli->site.dir);
	const struct source *src = NULL;
	struct str type;
	struct site *site;

	*out_settings = (struct map_settings){"hash", knows_utf8(cli->site.version)};
	if (source_add_config(cli->sources, path, NULL, &src) != MCC_OK)
		return;
	site_load_single(cli->arena, cli->sources, ignored, &cli->site, src, &site);
	type = site_setting(site, PARAM_default_database_type)->value.str;
	if (type.len)
		out_settings->default_type = str_dup0(cli->arena, type);
	out_settings->is_utf8 = out_settings->is_utf8 &&
				site_setting(site, PARAM_smtputf8_enable)->boolean;
}
