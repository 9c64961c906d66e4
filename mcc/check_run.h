/* SPDX-License-Identifier: BSD-2-Clause */
/* One PATH of `mcc check`, looked at by itself: in, options; out, its part. */
#ifndef MCC_CHECK_RUN_H
#define MCC_CHECK_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "grammar/parse.h"
#include "mcc/cli.h"
#include "mcc/dump.h"
#include "mcc/render.h"

struct baseline;

/* --enable and --disable, in the order of the command line. */
struct check_choice {
	enum rule rule;
	bool enable;
};

struct check_options {
	const struct cli *cli; /* what was given before the command */
	const struct render_format *format;
	enum file_kind kind; /* FILE_KIND_UNKNOWN: told by name */
	enum dump_what dump;
	struct check_choice *choices;
	size_t choice_count;
	size_t choice_room;
	const struct baseline *baseline; /* NULL: none */
	bool records_findings;		 /* for --write-baseline */
	bool fix;
	bool colour;
	struct render *product; /* where findings go; NULL: into a part */
};

struct check_target {
	const char *path;  /* NULL: the site of -C */
	const char *label; /* how it is called in the product; NULL: the only one */
	const char *below; /* in front of names in a site: "", "sites/a/" */
	const char *shown; /* the name of a single file */
};

/* Everything on the heap: a result may come from another process. */
struct check_result {
	struct render_part part;
	struct strbuf records; /* baseline_record()s of the findings */
	struct strbuf talk;    /* for standard error */
	bool failed;	       /* something could not be read or written */
};

/* Never fails: what goes wrong is in the result. check_result_free() later. */
void check_run(const struct check_options *options, const struct check_target *target,
	       struct check_result *out_result);
void check_result_free(struct check_result *result);

/* To a text and back, between processes of the same program. */
void check_result_pack(const struct check_result *result, struct strbuf *out);
void check_result_unpack(struct str text, struct check_result *out_result);

#endif
