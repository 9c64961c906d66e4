/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing recordings. The answers are kept while the run lasts and written at
 * its end, sorted by question: two runs that saw the same answers give the
 * same bytes whatever the order of arrival, and a run that died leaves an
 * older recording as it was.
 */
#include "dnscheck/record.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "dnscheck/answer.h"

struct recorded {
	struct dns_name name;
	enum dns_type type;
	struct dns_block *block;
	bool is_open;
	size_t order;
};

struct recording {
	char *path;
	struct recorded *items;
	size_t count;
	size_t room;
};

struct recording *recording_new(const char *path)
{
	struct recording *rec = dns_alloc(sizeof(*rec));

	rec->path = strdup(path);
	MCC_ASSERT(rec->path != NULL);
	return rec;
}

void recording_free(struct recording *rec)
{
	size_t i;

	if (rec == NULL)
		return;
	for (i = 0; i < rec->count; i++)
		dns_block_unref(rec->items[i].block);
	free(rec->items);
	free(rec->path);
	free(rec);
}

void recording_add(struct recording *rec, const struct dns_name *name, enum dns_type type,
		   const struct dns_answer *answer, bool is_open)
{
	struct recorded *item;

	if (rec->count == rec->room) {
		rec->room = rec->room == 0 ? 64 : rec->room * 2;
		rec->items = reallocarray(rec->items, rec->room, sizeof(*rec->items));
		MCC_ASSERT(rec->items != NULL);
	}
	item = &rec->items[rec->count];
	item->name = *name;
	item->type = type;
	item->block = dns_block_new(answer);
	item->is_open = is_open;
	item->order = rec->count++;
}

static int compare_items(const void *pa, const void *pb)
{
	const struct recorded *a = pa, *b = pb;
	size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
	int c = memcmp(a->name.wire, b->name.wire, len);

	if (c == 0)
		c = (int)a->name.len - (int)b->name.len;
	if (c == 0)
		c = (int)a->type - (int)b->type;
	if (c == 0)
		c = a->order < b->order ? -1 : 1;
	return c;
}

static void write_quoted(struct strbuf *out, struct str text)
{
	size_t i;
	unsigned char c;

	strbuf_addc(out, '"');
	for (i = 0; i < text.len; i++) {
		c = (unsigned char)text.ptr[i];
		if (c == '"' || c == '\\')
			strbuf_addf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			strbuf_addf(out, "\\%03u", c);
		else
			strbuf_addc(out, (char)c);
	}
	strbuf_addc(out, '"');
}

static void write_rr(struct strbuf *out, const struct dns_rr *rr)
{
	char address[INET6_ADDRSTRLEN];

	strbuf_addf(out, "rr %u %s ", rr->ttl, dns_type_name(rr->type));
	switch (rr->type) {
	case DNS_A:
	case DNS_AAAA:
		strbuf_adds(out, inet_ntop(rr->type == DNS_A ? AF_INET : AF_INET6,
					   rr->address, address, sizeof(address)));
		break;
	case DNS_MX:
		strbuf_addf(out, "%u %s.", rr->preference, rr->name);
		break;
	case DNS_SRV:
		strbuf_addf(out, "%u %u %u %s.", rr->preference, rr->weight, rr->port,
			    rr->name);
		break;
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
		strbuf_addf(out, "%s.", rr->name);
		break;
	case DNS_SOA:
	case DNS_TXT:
	case DNS_SPF:
	case DNS_DS:
	case DNS_TLSA:
	case DNS_CAA:
		write_quoted(out, rr->text);
		break;
	}
	strbuf_addc(out, '\n');
}

static void write_item(struct strbuf *out, const struct recorded *item)
{
	const struct dns_answer *a = &item->block->answer;
	char name[DNS_NAME_TEXT];
	size_t i;

	dns_name_format(&item->name, name);
	strbuf_addf(out, "ask %s. %s %s negative=%u ad=%d ms=%u server=", name,
		    dns_type_name(item->type), dns_status_name(a->status),
		    a->negative_ttl,
		    a->authenticated ? 1
		    : a->is_insecure ? 2
				     : 0,
		    a->elapsed_ms);
	write_quoted(out, str_of(a->server));
	if (a->cname != NULL)
		strbuf_addf(out, " cname=%s.", a->cname);
	if (item->is_open)
		strbuf_adds(out, " open");
	if (a->detail != NULL) {
		strbuf_adds(out, " detail=");
		write_quoted(out, str_of(a->detail));
	}
	strbuf_addc(out, '\n');
	for (i = 0; i < a->rr_count; i++)
		write_rr(out, &a->rrs[i]);
}

/* The same question twice (its answer had expired): the last one stays. */
static bool is_last_of_its_kind(const struct recording *rec, size_t i)
{
	return i + 1 == rec->count || rec->items[i].type != rec->items[i + 1].type ||
	       !dns_name_equal(&rec->items[i].name, &rec->items[i + 1].name);
}

int recording_save(struct recording *rec, char *err, size_t err_size)
{
	struct strbuf out;
	size_t i, kept = 0;
	int status = MCC_ETOOBIG;

	strbuf_init(&out, LIMIT_DNS_RECORDING);
	strbuf_adds(&out, RECORDING_MAGIC "\n");
	if (rec->count != 0)
		qsort(rec->items, rec->count, sizeof(*rec->items), compare_items);
	for (i = 0; i < rec->count; i++) {
		if (is_last_of_its_kind(rec, i)) {
			write_item(&out, &rec->items[i]);
			kept++;
		}
	}
	strbuf_addf(&out, "end %zu\n", kept);
	if (!out.failed)
		status = fs_write_file(AT_FDCWD, rec->path, strbuf_view(&out), 0644);
	if (status != 0)
		snprintf(err, err_size, "%s: %s", rec->path, mcc_status_text(status));
	strbuf_fini(&out);
	return status;
}
