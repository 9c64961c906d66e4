/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.def as data: name, kind and place of every field of struct
 * rt_settings. Writer, reader and emitter walk over these rows, so a new
 * parameter is one row of settings.def and nothing else.
 */
#ifndef MCC_RUNTIME_CONFIG_ROWS_H
#define MCC_RUNTIME_CONFIG_ROWS_H

#include <stddef.h>

#include "runtime/config.h"

enum rt_kind {
	RT_KIND_STR,
	RT_KIND_BOOL,
	RT_KIND_INT,
	RT_KIND_TIME,
	RT_KIND_WORDS,
	RT_KIND_MATCH,
	RT_KIND_NETS,
	RT_KIND_MAPS
};

struct rt_setting_row {
	const char *name;
	enum rt_kind kind;
	size_t offset; /* in struct rt_settings */
};

size_t rt_setting_row_count(void);
const struct rt_setting_row *rt_setting_row(size_t i);
/* NULL when no row has that name. */
const struct rt_setting_row *rt_setting_row_find(const char *name);

/* The field of a row; its type follows from the row's kind. */
void *rt_setting_field(struct rt_settings *settings, const struct rt_setting_row *row);
const void *rt_setting_value(const struct rt_settings *settings,
			     const struct rt_setting_row *row);

/* "permit", "check_client_access", ...; "client", "helo", ... */
const char *rt_op_word(enum rt_op op);
enum rt_arg rt_op_arg(enum rt_op op);
const char *rt_stage_word(enum rt_stage stage);
/* The parameter that holds the stage's list: "smtpd_client_restrictions". */
const char *rt_stage_parameter(enum rt_stage stage);
const char *rt_match_kind_word(enum rt_match_kind kind);

#endif
