/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc spf lint: finds the records in a text and judges each by itself.
 *
 * A record in quotes is the join of its character-strings, so every byte of it
 * keeps the place in the source that it came from: messages point at the text
 * as it was written.
 */
#include "mcc/spf_lint.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/status.h"
#include "dnscheck/spf_lint.h"
#include "mcc/cli.h"
#include "mcc/render.h"
#include "mcc/spf_command.h"

enum { OPT_FORMAT = 256, OPT_FAIL_ON, OPT_HELP, STRING_MAX = 255 };

static const struct option lint_options[] = {
	{"format", required_argument, NULL, OPT_FORMAT},
	{"fail-on", required_argument, NULL, OPT_FAIL_ON},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct reader {
	struct arena *arena;
	struct diag_queue *diags;
	const struct source *src;
	size_t at;
	/* The record in hand, and where each byte of it stands. */
	char *text;
	uint32_t *places;
	size_t len;
	bool is_quoted;
	size_t found;
};

static struct span span_of(const struct reader *r, size_t lo, size_t hi)
{
	uint32_t from = r->places[lo], to = hi > lo ? r->places[hi - 1] + 1 : from;

	return (struct span){r->src->id, from, to};
}

static void take_byte(struct reader *r, char c, size_t place)
{
	r->text[r->len] = c;
	r->places[r->len++] = (uint32_t)place;
}

/* --- quoted strings ------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* `\ddd` or `\c` at r->at; RFC 1035 5.1. */
static void take_escape(struct reader *r, struct str text)
{
	size_t place = r->at++;
	unsigned value = 0, i;

	if (r->at + 2 < text.len && is_digit(text.ptr[r->at]) &&
	    is_digit(text.ptr[r->at + 1]) && is_digit(text.ptr[r->at + 2])) {
		for (i = 0; i < 3; i++)
			value = value * 10 + (unsigned)(text.ptr[r->at++] - '0');
		take_byte(r, (char)(value & 0xff), place);
	} else if (r->at < text.len) {
		take_byte(r, text.ptr[r->at++], place);
	}
}

/* One string; r->at is behind its first quote, afterwards behind its last. */
static void take_string(struct reader *r, struct str text)
{
	size_t from = r->len, open = r->at;

	while (r->at < text.len && text.ptr[r->at] != '"' && text.ptr[r->at] != '\n') {
		if (text.ptr[r->at] == '\\') {
			take_escape(r, text);
		} else {
			take_byte(r, text.ptr[r->at], r->at);
			r->at++;
		}
	}
	if (r->len - from > STRING_MAX)
		diag_add(r->diags, RULE_DN058,
			 (struct span){r->src->id, (uint32_t)open, (uint32_t)r->at},
			 "a character-string of %zu octets: the DNS holds %d in one, "
			 "split it (RFC 7208 3.3)",
			 r->len - from, STRING_MAX);
	if (r->at < text.len && text.ptr[r->at] == '"')
		r->at++;
}

/* The strings up to the end of the line, or of the parentheses. */
static void take_strings(struct reader *r, struct str text)
{
	unsigned depth = 0;
	char c;

	r->is_quoted = true;
	for (; r->at < text.len; r->at++) {
		c = text.ptr[r->at];
		if (c == '"') {
			r->at++;
			take_string(r, text);
			r->at--;
		} else if (c == '(') {
			depth++;
		} else if (c == ')') {
			depth -= depth != 0;
		} else if (c == ';') {
			while (r->at + 1 < text.len && text.ptr[r->at + 1] != '\n')
				r->at++;
		} else if (c == '\n' && depth == 0) {
			break;
		}
	}
}

/* --- lines ---------------------------------------------------------------- */

static struct str line_at(const struct reader *r, struct str text)
{
	struct str rest = str_slice(text, r->at, text.len);
	ptrdiff_t end = str_chr(rest, '\n');
	struct str line = end < 0 ? rest : str_slice(rest, 0, (size_t)end);

	if (line.len != 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* A pair of quotes, and no plain record before it. */
static bool has_strings(struct str line)
{
	ptrdiff_t first = str_chr(line, '"');

	return first >= 0 && str_rchr(line, '"') != first &&
	       !spf_is_meant(str_slice(line, 0, (size_t)first));
}

/* Reads one record into r->text; false: the line holds none. */
static bool read_line(struct reader *r, struct str text)
{
	struct str line = line_at(r, text), trimmed = str_trim(line);
	size_t i;

	r->len = 0;
	r->is_quoted = false;
	if (trimmed.len == 0 || trimmed.ptr[0] == '#' || trimmed.ptr[0] == ';') {
		r->at += line.len;
		return false;
	}
	if (has_strings(line)) {
		take_strings(r, text);
		return true;
	}
	for (i = 0; i < line.len; i++)
		take_byte(r, line.ptr[i], r->at + i);
	r->at += line.len;
	return true;
}

/* --- one record ----------------------------------------------------------- */

static void report(const struct reader *r, const struct spf_findings *set)
{
	const struct spf_finding *f;
	size_t i, lo, hi;

	for (i = 0; i < set->count; i++) {
		f = &set->items[i];
		lo = f->lo < r->len ? f->lo : r->len;
		hi = f->hi < r->len ? f->hi : r->len;
		diag_add_as(r->diags, f->rule, f->severity, span_of(r, lo, hi), "%s",
			    f->message);
	}
}

static void lint_record(struct reader *r)
{
	struct spf_findings set = {.arena = r->arena};
	struct str text = {r->text, r->len};
	const struct spf_record *record;

	/* Blanks at the end of a line are the editor's. */
	while (!r->is_quoted && text.len != 0 &&
	       (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
		text.len--;
	r->found++;
	/* The place behind the last byte, for what is missing there. */
	r->places[r->len] = r->len != 0 ? r->places[r->len - 1] + 1 : (uint32_t)r->at;
	record = spf_lint_record(&set, text);
	if (record != NULL) {
		spf_lint_lookups(&set, record);
		spf_lint_size(&set, 0, text.len);
	}
	if (!r->is_quoted && text.len > STRING_MAX)
		spf_finding_add(&set, RULE_DN058, DIAG_NOTE, 0, text.len,
				"%zu octets: a zone file needs it in strings of at most "
				"%d (RFC 7208 3.3)",
				text.len, STRING_MAX);
	report(r, &set);
}

void spf_lint_source(struct arena *arena, struct diag_queue *diags,
		     const struct source *src)
{
	struct reader r = {.arena = arena, .diags = diags, .src = src};
	struct str text = src->text;
	struct span first = {src->id, 0, 0};
	size_t start;

	r.text = arena_alloc(arena, text.len + 1);
	r.places = arena_array(arena, text.len + 1, sizeof(*r.places));
	for (r.at = 0; r.at < text.len; r.at++) {
		start = r.at;
		if (!read_line(&r, text))
			continue;
		if (first.hi == 0)
			first = (struct span){src->id, (uint32_t)start, (uint32_t)r.at};
		if (spf_is_meant((struct str){r.text, r.len}))
			lint_record(&r);
	}
	if (r.found == 0)
		diag_add(diags, RULE_DN044, first,
			 "no SPF record here: one begins with exactly 'v=spf1' and a "
			 "blank");
}

/* --- the command ---------------------------------------------------------- */

struct lint_run {
	struct cli *cli;
	const struct render_format *format;
	enum cli_fail_on fail_on;
};

/* A file when there is one of that name, unless it can only be a record. */
static int open_word(struct cli *cli, const char *word, const struct source **out_src)
{
	struct str text = str_of(word);
	int status;

	if (spf_is_meant(text) || (access(word, F_OK) != 0 && str_chr(text, '=') >= 0) ||
	    (str_chr(text, '"') >= 0 && access(word, F_OK) != 0)) {
		*out_src = source_add_text(cli->sources, "<record>", text);
		return EXIT_CLEAN;
	}
	status = source_add_file(cli->sources, word, NULL, out_src);
	return status == 0 ? EXIT_CLEAN
			   : cli_cannot("%s: %s", word, mcc_status_text(status));
}

static int set_option(struct lint_run *run, int opt, const char *value)
{
	switch (opt) {
	case OPT_FORMAT:
		run->format = render_format_find(value);
		return run->format != NULL
			       ? EXIT_CLEAN
			       : cli_usage_error("spf", "there is no format '%s' (%s)",
						 value, render_format_names());
	case OPT_FAIL_ON:
		return cli_fail_on_parse(value, &run->fail_on)
			       ? EXIT_CLEAN
			       : cli_usage_error("spf",
						 "--fail-on takes error, warning, note "
						 "or never");
	default:
		return cli_usage_error("spf", "see mcc(1)");
	}
}

static int lint_words(struct lint_run *run, int count, char **words)
{
	struct cli *cli = run->cli;
	const struct source *src;
	char release[32];
	int status = cli_load_options(cli, cli->given.dir != NULL ? NULL : "."), i;

	if (status != EXIT_CLEAN)
		return status;
	cli_apply_project(cli);
	for (i = 0; i < count; i++) {
		status = open_word(cli, words[i], &src);
		if (status != EXIT_CLEAN)
			return status;
		spf_lint_source(cli->arena, cli->diags, src);
	}
	diag_sort(cli->diags);
	snprintf(release, sizeof(release), "%d.%d", cli->site.version.major,
		 cli->site.version.minor);
	render_all(run->format, stdout, cli->diags, cli->sources, release);
	return cli_exit_for(cli->diags, run->fail_on);
}

int spf_lint_command(struct cli *cli, int argc, char **argv)
{
	struct lint_run run = {.cli = cli,
			       .format = render_format_find("human"),
			       .fail_on = FAIL_ON_ERROR};
	int opt, status;

	while ((opt = getopt_long(argc, argv, "", lint_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc spf lint [--format FORMAT] [--fail-on SEVERITY] "
			     "TEXT|FILE...");
			return EXIT_CLEAN;
		}
		status = set_option(&run, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	if (argc == optind)
		return cli_usage_error("spf", "lint needs a record or a file");
	return lint_words(&run, argc - optind, argv + optind);
}
