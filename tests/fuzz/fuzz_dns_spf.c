/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF records and everything they lead to, from anybody. Input: a recording
 * without its first and last line. Every evaluation ends, within the limits,
 * with one outcome; the tree can be judged and flattened, and a flattened
 * record is a valid one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/record.h"
#include "dnscheck/source.h"
#include "dnscheck/spf.h"
#include "dnscheck/spf_flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const struct spf_outcome *o, void *arg)
{
	unsigned *calls = arg;

	++*calls;
	if (o->lookups > LIMIT_SPF_LOOKUPS || o->void_lookups > LIMIT_SPF_VOID + 1 ||
	    o->result > SPF_PERMERROR || o->domain == NULL ||
	    (o->explanation != NULL && o->result != SPF_FAIL) ||
	    (o->result == SPF_PERMERROR && o->problem == NULL))
		abort();
}

static void evaluate(struct resolver *r)
{
	struct spf_request v4 = {.family = AF_INET,
				 .address = {192, 0, 2, 1},
				 .sender = "us-er.x@a.test",
				 .helo = "b.test"};
	struct spf_request v6 = {.family = AF_INET6,
				 .address = {0x20, 1, 0xd, 0xb8, [15] = 1},
				 .sender = "",
				 .helo = "a.test"};
	unsigned calls = 0;

	spf_check(r, &v4, take, &calls);
	spf_check(r, &v6, take, &calls);
	dns_wait_all(r);
	if (calls != 2)
		abort();
}

static void flatten(struct resolver *r)
{
	struct arena *arena = arena_new(0);
	const struct spf_map *map = spf_map_build(arena, r, "a.test", NULL);
	const struct spf_flat *flat = spf_flatten(map, NULL, 0);
	struct spf_record *record;
	size_t i;

	if (flat->problem == NULL && flat->record_count == 0)
		abort();
	for (i = 0; i < flat->record_count; i++) {
		if (spf_parse(arena, str_of(flat->records[i].text), &record, NULL, 0) !=
		    0)
			abort();
	}
	arena_free(arena);
}

/* The line "end N" with the count that the reader will find. */
static void add_end(struct strbuf *text)
{
	struct str rest = strbuf_view(text), line;
	unsigned asks = 0;

	while (str_token(&rest, "\n", &line))
		asks += str_starts(line, "ask ") ? 1 : 0;
	strbuf_addf(text, "\nend %u\n", asks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_source *source;
	struct resolver *r;
	struct strbuf text;
	char err[256];

	strbuf_init(&text, 1 << 20);
	strbuf_adds(&text, RECORDING_MAGIC "\n");
	strbuf_add(&text, data, size);
	add_end(&text);
	source = text.failed ? NULL : replay_new(strbuf_view(&text), err, sizeof(err));
	if (source != NULL) {
		r = resolver_new(source, NULL);
		evaluate(r);
		flatten(r);
		resolver_close(r);
	}
	strbuf_fini(&text);
	return 0;
}
