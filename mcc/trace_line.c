/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One session as a line of JSON. Nearly every line is a flat object of plain
 * strings and numbers; those are read in place, without a tree. Whatever is
 * not that plain (escapes, other letters, mistakes) goes to the library, which
 * also says what is wrong.
 */
#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"
#include "base/status.h"
#include "mcc/trace.h"
#include "runtime/address.h"

struct member {
	struct str name;
	size_t offset; /* of a string in struct trace_request */
};

static const struct member texts[] = {
	{STR_LIT("client"), offsetof(struct trace_request, client_address)},
	{STR_LIT("client-name"), offsetof(struct trace_request, client_name)},
	{STR_LIT("client-reverse"), offsetof(struct trace_request, reverse_name)},
	{STR_LIT("peer"), offsetof(struct trace_request, peer_address)},
	{STR_LIT("helo"), offsetof(struct trace_request, helo)},
	{STR_LIT("sasl"), offsetof(struct trace_request, sasl_user)},
	{STR_LIT("from"), offsetof(struct trace_request, sender)},
	{STR_LIT("service"), offsetof(struct trace_request, service)},
	{STR_LIT("rcpt"), offsetof(struct trace_request, recipient)},
};

static const struct member *find_text(struct str name)
{
	for (size_t i = 0; i < array_len(texts); i++)
		if (str_eq(texts[i].name, name))
			return &texts[i];
	return NULL;
}

static void set_text(struct trace_request *request, const struct member *member,
		     const char *value)
{
	memcpy((char *)request + member->offset, &value, sizeof(value));
}

/* ---- plain lines ---- */

static char *skip_blanks(char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
		p++;
	return p;
}

/* A plain string at its opening quote; its end, or NULL: not plain. */
static char *take_string(char *p, struct str *out_text)
{
	char *end = *p == '"' ? strchr(p + 1, '"') : NULL;

	if (end == NULL)
		return NULL;
	*out_text = (struct str){p + 1, (size_t)(end - p) - 1};
	if (!escape_is_plain(*out_text))
		return NULL;
	*end = '\0';
	return end + 1;
}

static char *take_number(char *p, size_t *out_number)
{
	size_t n = 0, digits = 0;

	while (*p >= '0' && *p <= '9' && digits++ < 15)
		n = n * 10 + (size_t)(*p++ - '0');
	*out_number = n;
	return digits > 0 && digits < 15 && *p != '.' && *p != 'e' && *p != 'E' ? p
										: NULL;
}

static char *take_bool(char *p, bool *out_value)
{
	*out_value = strncmp(p, "true", 4) == 0;
	if (*out_value)
		return p + 4;
	return strncmp(p, "false", 5) == 0 ? p + 5 : NULL;
}

/* The value of a member; NULL: the library has to look at the line. */
static char *take_value(struct trace_request *request, struct str name, char *p)
{
	const struct member *text = find_text(name);
	struct str string = {NULL, 0};

	if (text != NULL) {
		p = strncmp(p, "null", 4) == 0 ? p + 4 : take_string(p, &string);
		if (p != NULL)
			set_text(request, text, string.ptr);
		return p;
	}
	if (str_eq(name, STR_LIT("tls")))
		return take_bool(p, &request->is_encrypted);
	if (str_eq(name, STR_LIT("size")))
		return take_number(p, &request->size);
	return NULL;
}

/* Reads a plain line in place. False: `line` has been changed, not plain. */
static bool read_plain(struct trace_request *request, char *line)
{
	char *p = skip_blanks(line);
	struct str name;

	if (*p != '{')
		return false;
	do {
		p = take_string(skip_blanks(p + 1), &name);
		if (p == NULL || *(p = skip_blanks(p)) != ':')
			return false;
		p = take_value(request, name, skip_blanks(p + 1));
		if (p == NULL)
			return false;
		p = skip_blanks(p);
	} while (*p == ',');
	return *p == '}' && *skip_blanks(p + 1) == '\0';
}

/* ---- all others ---- */

static const char *set_member(struct arena *arena, struct trace_request *request,
			      const char *name, json_t *value)
{
	const struct member *text = find_text(str_of(name));
	const char *string = json_string_value(value);

	if (text != NULL && (string != NULL || json_is_null(value))) {
		set_text(request, text, string ? arena_strdup(arena, string) : NULL);
		return NULL;
	}
	if (strcmp(name, "tls") == 0 && json_is_boolean(value)) {
		request->is_encrypted = json_is_true(value);
		return NULL;
	}
	if (strcmp(name, "size") == 0 && json_is_integer(value) &&
	    json_integer_value(value) >= 0) {
		request->size = (size_t)json_integer_value(value);
		return NULL;
	}
	return text != NULL || strcmp(name, "tls") == 0 || strcmp(name, "size") == 0
		       ? "has a value of the wrong kind"
		       : "is no member of a session";
}

static int read_object(struct arena *arena, struct trace_request *request, json_t *object,
		       char *err, size_t err_size)
{
	const char *name, *wrong;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		wrong = set_member(arena, request, name, value);
		if (wrong != NULL) {
			snprintf(err, err_size, "%s %s", name, wrong);
			return MCC_EFORMAT;
		}
	}
	return MCC_OK;
}

static int read_any(struct arena *arena, struct trace_request *request, const char *line,
		    char *err, size_t err_size)
{
	json_error_t error;
	json_t *object = json_loads(line, 0, &error);
	int status = MCC_EFORMAT;

	if (json_is_object(object))
		status = read_object(arena, request, object, err, err_size);
	else
		snprintf(err, err_size, "%s", object ? "want an object" : error.text);
	json_decref(object);
	return status;
}

/* What every session needs; NULL: it is there. */
static const char *find_gap(struct trace_request *request)
{
	if (request->recipient == NULL)
		return "rcpt is missing";
	if (request->client_address == NULL ||
	    !hostaddr_is_valid(str_of(request->client_address)))
		return "client is not an IP address";
	if (request->sender == NULL)
		request->sender = "";
	return NULL;
}

int trace_line_read(struct arena *arena, const char *line, struct trace_request *request,
		    char *err, size_t err_size)
{
	const struct trace_request defaults = *request;
	size_t len = strlen(line);
	char *copy = arena_memdup0(arena, line, len);
	const char *gap;
	int status;

	if (!read_plain(request, copy)) {
		*request = defaults;
		status = read_any(arena, request, line, err, err_size);
		if (status != MCC_OK)
			return status;
	}
	gap = find_gap(request);
	if (gap == NULL)
		return MCC_OK;
	snprintf(err, err_size, "%s", gap);
	return MCC_EFORMAT;
}
