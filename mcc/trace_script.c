/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc trace --script: sessions as JSON lines in, traces as JSON lines out. A
 * line is an object with the options' names (client, client-name,
 * client-reverse, peer, helo, sasl, tls, size, from, service, rcpt); what it leaves
 * out is as the command line says. The arena is emptied after each trace, so the
 * length of a script is not bounded by memory.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "mcc/trace.h"
#include "runtime/address.h"

struct member {
	const char *name;
	size_t offset; /* of a string in struct trace_request */
};

static const struct member texts[] = {
	{"client", offsetof(struct trace_request, client_address)},
	{"client-name", offsetof(struct trace_request, client_name)},
	{"client-reverse", offsetof(struct trace_request, reverse_name)},
	{"peer", offsetof(struct trace_request, peer_address)},
	{"helo", offsetof(struct trace_request, helo)},
	{"sasl", offsetof(struct trace_request, sasl_user)},
	{"from", offsetof(struct trace_request, sender)},
	{"service", offsetof(struct trace_request, service)},
	{"rcpt", offsetof(struct trace_request, recipient)},
};

static const struct member *find_text(const char *name)
{
	for (size_t i = 0; i < array_len(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return &texts[i];
	return NULL;
}

static const char *set_member(struct trace_request *request, const char *name,
			      json_t *value)
{
	const struct member *text = find_text(name);
	const char *string = json_string_value(value);

	if (text != NULL && (string != NULL || json_is_null(value))) {
		memcpy((char *)request + text->offset, &string, sizeof(string));
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

/* NULL: fine, else what is wrong with the member *out_name. */
static const char *fill_request(struct trace_request *request, json_t *object,
				const char **out_name)
{
	const char *name, *wrong = NULL;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		*out_name = name;
		wrong = set_member(request, name, value);
		if (wrong != NULL)
			return wrong;
	}
	*out_name = "rcpt";
	if (request->recipient == NULL)
		return "is missing";
	*out_name = "client";
	if (request->client_address == NULL ||
	    !hostaddr_is_valid(str_of(request->client_address)))
		return "is not an IP address";
	if (request->sender == NULL)
		request->sender = "";
	return NULL;
}

static int run_line(const struct trace_script *script, struct arena *arena,
		    const char *line, char *err, size_t err_size)
{
	struct trace_request request = script->defaults;
	const char *name = "", *wrong;
	json_error_t error;
	json_t *object = json_loads(line, 0, &error);

	if (!json_is_object(object)) {
		snprintf(err, err_size, "%s", object ? "want an object" : error.text);
		json_decref(object);
		return MCC_EFORMAT;
	}
	wrong = fill_request(&request, object, &name);
	if (wrong != NULL) {
		snprintf(err, err_size, "%s %s", name, wrong);
		json_decref(object);
		return MCC_EFORMAT;
	}
	trace_request_complete(&request);
	trace_print_json(script->out, arena,
			 trace_run(arena, script->site, script->config, &request));
	arena_reset(arena);
	json_decref(object);
	return MCC_OK;
}

int trace_script_run(const struct trace_script *script, FILE *in, const char *name,
		     char *err, size_t err_size)
{
	struct arena *arena = arena_new(0);
	char *line = NULL, why[200];
	size_t room = 0;
	unsigned number = 0;
	int status = MCC_OK;

	while (status == MCC_OK && getline(&line, &room, in) >= 0) {
		number++;
		if (line[strspn(line, " \t\r\n")] == '\0')
			continue;
		status = run_line(script, arena, line, why, sizeof(why));
		if (status != MCC_OK)
			snprintf(err, err_size, "%s:%u: %s", name, number, why);
	}
	if (status == MCC_OK && ferror(in)) {
		status = mcc_status_from_errno(errno);
		snprintf(err, err_size, "%s: %s", name, mcc_status_text(status));
	}
	free(line);
	arena_free(arena);
	return status;
}
