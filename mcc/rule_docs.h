/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rule documents of docs/rules, made part of the program by
 * tools/embed-rules.sh. One row per file, sorted by id in byte order.
 */
#ifndef MCC_RULE_DOCS_H
#define MCC_RULE_DOCS_H

#include <stddef.h>

struct rule_doc {
	const char *id;	  /* "MC101" */
	const char *text; /* the whole document, Markdown */
};

extern const struct rule_doc rule_docs[];
extern const size_t rule_doc_count;

#endif
