/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of settings.def and policy_ops.def, and the words that stand for
 * enum values in runtime.json. Each word has exactly one place: here or in the
 * .def file.
 */
#include "runtime/config_rows.h"

#include <string.h>

#define ROW(name, kind) {#name, kind, offsetof(struct rt_settings, name)},

static const struct rt_setting_row rows[] = {
#define RT_STR(name) ROW(name, RT_KIND_STR)
#define RT_BOOL(name) ROW(name, RT_KIND_BOOL)
#define RT_INT(name) ROW(name, RT_KIND_INT)
#define RT_TIME(name) ROW(name, RT_KIND_TIME)
#define RT_WORDS(name) ROW(name, RT_KIND_WORDS)
#define RT_MATCH(name) ROW(name, RT_KIND_MATCH)
#define RT_NETS(name) ROW(name, RT_KIND_NETS)
#define RT_MAPS(name) ROW(name, RT_KIND_MAPS)
#include "runtime/settings.def"
};

static const struct {
	const char *word;
	enum rt_arg arg;
} ops[] = {
#define OP(id, word, arg) {word, arg},
#include "runtime/policy_ops.def"
#undef OP
};

static const struct {
	const char *word;
	const char *parameter;
} stages[RT_STAGE_COUNT] = {
	[RT_STAGE_CLIENT] = {"client", "smtpd_client_restrictions"},
	[RT_STAGE_HELO] = {"helo", "smtpd_helo_restrictions"},
	[RT_STAGE_SENDER] = {"sender", "smtpd_sender_restrictions"},
	[RT_STAGE_RELAY] = {"relay", "smtpd_relay_restrictions"},
	[RT_STAGE_RECIPIENT] = {"recipient", "smtpd_recipient_restrictions"},
	[RT_STAGE_DATA] = {"data", "smtpd_data_restrictions"},
	[RT_STAGE_END_OF_DATA] = {"end_of_data", "smtpd_end_of_data_restrictions"},
	[RT_STAGE_ETRN] = {"etrn", "smtpd_etrn_restrictions"},
};

static const char *const match_kinds[] = {
	[RT_MATCH_WORD] = "word",
	[RT_MATCH_DOT_DOMAIN] = "dot_domain",
	[RT_MATCH_DOMAIN_AND_SUBS] = "domain_and_subs",
	[RT_MATCH_NET] = "net",
	[RT_MATCH_MAP] = "map",
	[RT_MATCH_ERROR] = "error",
};

size_t rt_setting_row_count(void)
{
	return array_len(rows);
}

const struct rt_setting_row *rt_setting_row(size_t i)
{
	MCC_ASSERT(i < array_len(rows));
	return &rows[i];
}

const struct rt_setting_row *rt_setting_row_find(const char *name)
{
	for (size_t i = 0; i < array_len(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

void *rt_setting_field(struct rt_settings *settings, const struct rt_setting_row *row)
{
	return (char *)settings + row->offset;
}

const void *rt_setting_value(const struct rt_settings *settings,
			     const struct rt_setting_row *row)
{
	return (const char *)settings + row->offset;
}

const char *rt_op_word(enum rt_op op)
{
	MCC_ASSERT(op < RT_OP_COUNT);
	return ops[op].word;
}

enum rt_arg rt_op_arg(enum rt_op op)
{
	MCC_ASSERT(op < RT_OP_COUNT);
	return ops[op].arg;
}

const char *rt_stage_word(enum rt_stage stage)
{
	MCC_ASSERT(stage < RT_STAGE_COUNT);
	return stages[stage].word;
}

const char *rt_stage_parameter(enum rt_stage stage)
{
	MCC_ASSERT(stage < RT_STAGE_COUNT);
	return stages[stage].parameter;
}

const char *rt_match_kind_word(enum rt_match_kind kind)
{
	MCC_ASSERT(kind < array_len(match_kinds));
	return match_kinds[kind];
}
