/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc trace --script: sessions as JSON lines in, traces as JSON lines out. A
 * line is an object with the options' names (client, client-name,
 * client-reverse, peer, helo, sasl, tls, size, from, service, rcpt); what it leaves
 * out is as the command line says. The arena is emptied after each trace, so the
 * length of a script is not bounded by memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "mcc/trace.h"
#include "mcc/trace_heads.h"

enum { FLUSH_AT = 1 << 16 };

struct run {
	const struct trace_script *script;
	struct arena *arena; /* of one trace */
	struct trace_heads *heads;
	struct strbuf out;
};

static void flush(struct run *run)
{
	if (run->out.len > 0)
		fwrite(run->out.ptr, 1, run->out.len, run->script->out);
	strbuf_clear(&run->out);
}

static int run_line(struct run *run, const char *line, char *err, size_t err_size)
{
	const struct trace_script *script = run->script;
	struct trace_request request = script->defaults;
	int status = trace_line_read(run->arena, line, &request, err, err_size);

	if (status != MCC_OK)
		return status;
	trace_request_complete(&request);
	trace_write_json(&run->out, run->arena, run->heads,
			 trace_run(run->arena, script->site, script->config, &request));
	arena_reset(run->arena);
	if (run->out.len >= FLUSH_AT)
		flush(run);
	return MCC_OK;
}

int trace_script_run(const struct trace_script *script, FILE *in, const char *name,
		     char *err, size_t err_size)
{
	struct arena *kept = arena_new(0);
	struct run run = {
		.script = script, .arena = arena_new(0), .heads = trace_heads_new(kept)};
	char *line = NULL, why[200];
	size_t room = 0;
	unsigned number = 0;
	int status = MCC_OK;

	strbuf_init(&run.out, LIMIT_RUNTIME_JSON);
	while (status == MCC_OK && getline(&line, &room, in) >= 0) {
		number++;
		if (line[strspn(line, " \t\r\n")] == '\0')
			continue;
		status = run_line(&run, line, why, sizeof(why));
		if (status != MCC_OK)
			snprintf(err, err_size, "%s:%u: %s", name, number, why);
	}
	if (status == MCC_OK && ferror(in)) {
		status = mcc_status_from_errno(errno);
		snprintf(err, err_size, "%s: %s", name, mcc_status_text(status));
	}
	flush(&run);
	strbuf_fini(&run.out);
	free(line);
	arena_free(run.arena);
	arena_free(kept);
	return status;
}
