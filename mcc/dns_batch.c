/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc dns query --batch: questions from a file. A ring of slots holds those
 * that are under way or whose turn to be printed has not come, so memory stays
 * the same however long the file is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "dnscheck/resolver.h"
#include "mcc/cli.h"
#include "mcc/dns_query.h"

enum { SLOTS = 4096 };

struct batch;

struct slot {
	struct batch *batch;
	char *text; /* heap; NULL: under way */
};

struct batch {
	struct slot slots[SLOTS];
	size_t asked;
	size_t printed;
	struct strbuf text;
	int exit;
};

static void flush_ready(struct batch *b)
{
	struct slot *slot;

	while (b->printed < b->asked) {
		slot = &b->slots[b->printed % SLOTS];
		if (slot->text == NULL)
			return;
		fputs(slot->text, stdout);
		free(slot->text);
		slot->text = NULL;
		b->printed++;
	}
}

static void on_answer(const struct dns_answer *a, void *arg)
{
	struct slot *slot = arg;
	struct batch *b = slot->batch;

	if (dns_query_exit(a) > b->exit)
		b->exit = dns_query_exit(a);
	strbuf_clear(&b->text);
	dns_query_print(&b->text, a);
	if (slot != &b->slots[b->printed % SLOTS]) {
		slot->text = strdup(b->text.ptr);
		MCC_ASSERT(slot->text != NULL);
		return;
	}
	fwrite(b->text.ptr, 1, b->text.len, stdout);
	b->printed++;
	flush_ready(b);
}

/* False: not "NAME TYPE". */
static bool ask_line(struct batch *b, struct resolver *r, char *line)
{
	char *save = NULL, *name = strtok_r(line, " \t\r\n", &save);
	char *word = strtok_r(NULL, " \t\r\n", &save);
	struct slot *slot = &b->slots[b->asked % SLOTS];
	enum dns_type type;

	if (name == NULL || name[0] == '#')
		return true;
	if (word == NULL || strtok_r(NULL, " \t\r\n", &save) != NULL ||
	    !dns_type_parse(word, &type))
		return false;
	slot->batch = b;
	b->asked++;
	dns_ask(r, name, type, on_answer, slot);
	while (b->asked - b->printed == SLOTS)
		dns_wait_once(r);
	return true;
}

static int ask_file(struct batch *b, struct resolver *r, FILE *in, const char *path)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	int status = EXIT_CLEAN;

	while (status == EXIT_CLEAN && getline(&line, &room, in) >= 0) {
		number++;
		if (!ask_line(b, r, line))
			status = cli_cannot("%s:%zu: a line is NAME TYPE", path, number);
	}
	if (status == EXIT_CLEAN && ferror(in) != 0)
		status = cli_cannot("%s: cannot be read", path);
	free(line);
	dns_wait_all(r);
	return status;
}

int dns_batch_run(struct resolver *r, const char *path)
{
	struct batch *b = calloc(1, sizeof(*b));
	FILE *in = fopen(path, "re");
	int status;

	MCC_ASSERT(b != NULL);
	if (in == NULL) {
		free(b);
		return cli_cannot("%s: cannot be opened", path);
	}
	strbuf_init(&b->text, DNS_QUERY_TEXT_MAX);
	status = ask_file(b, r, in, path);
	strbuf_fini(&b->text);
	if (status == EXIT_CLEAN)
		status = b->exit;
	fclose(in);
	free(b);
	return status;
}
