/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS facts from a file: `NAME TYPE ANSWER` a line. `-` means that the name
 * has no such record, `SERVFAIL` that the question fails. A name that is in
 * the file has no records but those; any other name does not exist.
 */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/strmap.h"
#include "mcc/trace.h"

struct record {
	struct record *next; /* of the same name and type */
	const char *value;
	bool is_none;
	bool fails;
	struct policy_answer answer; /* of the first one: what all say together */
};

struct trace_answers {
	struct arena *arena;
	struct strmap *records; /* "name type" -> struct record, first first */
	struct strmap *names;
};

static struct str without_final_dot(struct str name)
{
	if (name.len > 1 && name.ptr[name.len - 1] == '.')
		name.len--;
	return name;
}

static struct str key_of(struct arena *arena, struct str name, struct str type)
{
	const char *key;

	name = without_final_dot(name);
	key = arena_printf(arena, "%.*s %.*s", STR_ARG(name), STR_ARG(type));
	return str_lower(arena, str_of(key));
}

static void add_record(struct trace_answers *answers, struct str name, struct str type,
		       struct str value)
{
	struct record *record = arena_alloc(answers->arena, sizeof(*record));
	struct str key = key_of(answers->arena, name, type);
	struct record *first = strmap_find(answers->records, key);

	if (value.len > 1 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
		value = str_slice(value, 1, value.len - 1);
	record->value = str_dup0(answers->arena, value);
	record->is_none = str_eqc(value, "-");
	record->fails = str_eqc(value, "SERVFAIL");
	strmap_put(answers->names, key_of(answers->arena, name, STR_LIT("")), answers);
	if (first == NULL) {
		strmap_put(answers->records, key, record);
		return;
	}
	while (first->next != NULL)
		first = first->next;
	first->next = record;
}

static bool parse_line(struct trace_answers *answers, struct str line)
{
	struct str name, type;

	line = str_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return true;
	if (!str_token(&line, " \t", &name) || !str_token(&line, " \t", &type))
		return false;
	line = str_trim(line);
	if (line.len == 0)
		return false;
	add_record(answers, name, type, line);
	return true;
}

static struct policy_answer make_answer(struct arena *arena, const struct record *records)
{
	struct policy_answer answer = {.status = POLICY_ANSWER_FOUND};
	const char **values;
	size_t count = 0;

	for (const struct record *r = records; r != NULL; r = r->next) {
		if (r->fails)
			answer.status = POLICY_ANSWER_FAIL;
		else if (r->is_none)
			answer.status = POLICY_ANSWER_NODATA;
		count++;
	}
	if (answer.status != POLICY_ANSWER_FOUND)
		return answer;
	values = arena_array(arena, count, sizeof(*values));
	for (const struct record *r = records; r != NULL; r = r->next)
		values[answer.value_count++] = r->value;
	answer.values = values;
	return answer;
}

/* The answers are put together once, not for every question. */
static void finish_record(MCC_UNUSED struct str key, void *value, void *arg)
{
	struct record *first = value;

	first->answer = make_answer(arg, first);
}

int trace_answers_load(struct arena *arena, const char *path,
		       struct trace_answers **out_answers, char *err, size_t err_size)
{
	struct trace_answers *answers = arena_alloc(arena, sizeof(*answers));
	struct str text;
	unsigned line = 0;
	int status = fs_read_file(arena, AT_FDCWD, path, LIMIT_CONFIG_FILE, &text);

	if (status != MCC_OK) {
		snprintf(err, err_size, "%s: %s", path, mcc_status_text(status));
		return status;
	}
	answers->arena = arena;
	answers->records = strmap_new(arena);
	answers->names = strmap_new(arena);
	while (text.len > 0) {
		ptrdiff_t end = str_chr(text, '\n');
		size_t len = end < 0 ? text.len : (size_t)end;

		line++;
		if (!parse_line(answers, str_slice(text, 0, len))) {
			snprintf(err, err_size, "%s:%u: want NAME TYPE ANSWER", path,
				 line);
			return MCC_EFORMAT;
		}
		text = str_slice(text, len + 1, text.len);
	}
	strmap_each(answers->records, finish_record, arena);
	*out_answers = answers;
	return MCC_OK;
}

enum { KEY_MAX = 300 };

/* A name and a type in lower case in `buf`; empty: longer than any name. */
static struct str question_key(char buf[KEY_MAX], struct str name, const char *type)
{
	size_t type_len = strlen(type), len = name.len + 1 + type_len;

	if (len > KEY_MAX)
		return (struct str){"", 0};
	for (size_t i = 0; i < name.len; i++)
		buf[i] = (char)tolower((unsigned char)name.ptr[i]);
	buf[name.len] = ' ';
	for (size_t i = 0; i < type_len; i++)
		buf[name.len + 1 + i] = (char)tolower((unsigned char)type[i]);
	return (struct str){buf, len};
}

static const struct policy_answer *find_answer(void *state, const char *name,
					       const char *type)
{
	static const struct policy_answer nodata = {.status = POLICY_ANSWER_NODATA};
	static const struct policy_answer nxdomain = {.status = POLICY_ANSWER_NXDOMAIN};
	const struct trace_answers *answers = state;
	struct str at = str_of(name);
	char buf[KEY_MAX];

	for (unsigned i = 0; i < LIMIT_CNAME_CHAIN; i++) {
		const struct record *records;

		records = strmap_find(answers->records, question_key(buf, at, type));
		if (records != NULL)
			return &records->answer;
		records = strmap_find(answers->records, question_key(buf, at, "CNAME"));
		if (records == NULL)
			return strmap_find(answers->names, question_key(buf, at, ""))
				       ? &nodata
				       : &nxdomain;
		at = without_final_dot(str_of(records->value));
	}
	return &nxdomain;
}

static const struct policy_answer *assume_nothing(MCC_UNUSED void *state,
						  MCC_UNUSED const char *name,
						  MCC_UNUSED const char *type)
{
	static const struct policy_answer assumed = {.status = POLICY_ANSWER_NXDOMAIN,
						     .is_assumed = true};

	return &assumed;
}

/* A name that exists: an address that lists answer with, a mail exchanger, a
 * name server, all of them names that exist in the same way. */
const struct policy_answer *trace_answer_assumed(const char *type)
{
	static const char *const addresses[] = {"127.0.0.2"};
	static const char *const exchangers[] = {"10 assumed.invalid"};
	static const char *const names[] = {"assumed.invalid"};
	static const struct policy_answer none = {.status = POLICY_ANSWER_NODATA,
						  .is_assumed = true};
	static const struct policy_answer address = {POLICY_ANSWER_FOUND, true, addresses,
						     1};
	static const struct policy_answer exchanger = {POLICY_ANSWER_FOUND, true,
						       exchangers, 1};
	static const struct policy_answer server = {POLICY_ANSWER_FOUND, true, names, 1};

	if (strcmp(type, "A") == 0)
		return &address;
	if (strcmp(type, "MX") == 0)
		return &exchanger;
	return strcmp(type, "NS") == 0 || strcmp(type, "PTR") == 0 ? &server : &none;
}

static const struct policy_answer *
assume_found(MCC_UNUSED void *state, MCC_UNUSED const char *name, const char *type)
{
	return trace_answer_assumed(type);
}

struct policy_answers trace_answers_source(struct trace_answers *answers, bool found)
{
	if (answers == NULL)
		return (struct policy_answers){found ? assume_found : assume_nothing,
					       NULL};
	return (struct policy_answers){find_answer, answers};
}
