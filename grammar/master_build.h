/* SPDX-License-Identifier: BSD-2-Clause */
/* What master.l and master.y share. */
#ifndef MCC_GRAMMAR_MASTER_BUILD_H
#define MCC_GRAMMAR_MASTER_BUILD_H

#include <stddef.h>

#include "grammar/line.h"
#include "grammar/list.h"
#include "grammar/master.h"
#include "grammar/master.tab.h"
#include "grammar/scan.h"

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE MASTER_YYSTYPE
#define YYLTYPE MASTER_YYLTYPE
#endif

struct master_builder {
	struct scan scan; /* first: flex's yyextra */
	struct line_reader reader;
	struct line line; /* in hand */
	struct scan_loc fields[MASTER_FIELD_COUNT];
	size_t field_count;
	struct master_file *file;
	size_t service_room;
};

/* Notes a field; returns how many there are now. */
size_t master_scan_field(struct master_builder *b, struct scan_loc loc);
void master_build_service(struct master_builder *b, struct scan_loc all,
			  struct scan_loc arguments);
void master_build_failed(struct master_builder *b, struct scan_loc loc, const char *why);

/* Checks the fields that are there: MC1101, MC1102, MC1103. */
void master_check_fields(struct master_builder *b, const struct master_service *service);
/* Finds the `-o` options among the arguments. */
void master_find_options(struct master_builder *b, struct master_service *service,
			 const struct list *arguments);

#endif
