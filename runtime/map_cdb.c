/* SPDX-License-Identifier: BSD-2-Clause */
/* cdb: files as databases of look-up tables. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "runtime/bdb_page.h"
#include "runtime/cdb_format.h"
#include "runtime/map_database.h"

enum { HASH_START = 5381, WINDOW_MIN = 64 << 10, SLOTS_AT_ONCE = 16 };

struct cdb_database {
	struct rt_database base; /* first member */
	int fd;
	uint64_t size;
	uint64_t end; /* of the records */
	uint8_t header[CDB_HEADER];
};

struct record {
	uint64_t key; /* where it begins; the value follows it */
	uint32_t key_len;
	uint32_t value_len;
};

uint32_t cdb_key_hash(struct str key)
{
	uint32_t h = HASH_START;

	for (size_t i = 0; i < key.len; i++)
		h = (h + (h << 5)) ^ (unsigned char)key.ptr[i];
	return h;
}

/* From the pair of lengths at `at`, of which all lies before db->end. */
static bool read_record(const struct cdb_database *db, uint64_t at, const uint8_t *pair,
			struct record *out)
{
	*out = (struct record){at + CDB_PAIR, bdb_get32(pair), bdb_get32(pair + 4)};
	return out->key + out->key_len + out->value_len <= db->end;
}

/* ---- look-up ---- */

/* RT_NOT_FOUND: another key of the same hash. */
static enum rt_found get_record(const struct cdb_database *db, uint64_t at,
				struct str key, struct arena *arena,
				struct str *out_value)
{
	uint8_t pair[CDB_PAIR];
	struct record r;
	char *bytes;

	if (at < CDB_HEADER || at > db->end - CDB_PAIR ||
	    fs_read_at(db->fd, pair, sizeof(pair), at) != MCC_OK ||
	    !read_record(db, at, pair, &r))
		return RT_LOOKUP_ERROR;
	if (r.key_len != key.len)
		return RT_NOT_FOUND;
	bytes = arena_alloc(arena, key.len + r.value_len + 1);
	if (!bytes || fs_read_at(db->fd, bytes, key.len + r.value_len, r.key) != MCC_OK)
		return RT_LOOKUP_ERROR;
	if (!str_eq((struct str){bytes, key.len}, key))
		return RT_NOT_FOUND;
	*out_value = (struct str){bytes + key.len, r.value_len};
	return RT_FOUND;
}

struct slots {
	uint64_t at; /* of the table */
	uint32_t count;
	uint8_t some[SLOTS_AT_ONCE * CDB_PAIR];
	uint32_t from; /* of those in hand */
	uint32_t to;
};

/* Slot `i` of the table; NULL: it cannot be read. */
static const uint8_t *slot_at(const struct cdb_database *db, struct slots *t, uint32_t i)
{
	if (i < t->from || i >= t->to) {
		t->from = t->to = i;
		while (t->to < t->count && t->to - t->from < SLOTS_AT_ONCE)
			t->to++;
		if (fs_read_at(db->fd, t->some, (size_t)(t->to - i) * CDB_PAIR,
			       t->at + (uint64_t)i * CDB_PAIR) != MCC_OK)
			return NULL;
	}
	return t->some + (size_t)(i - t->from) * CDB_PAIR;
}

static enum rt_found get(struct rt_database *base, struct str key, struct arena *arena,
			 struct str *out_value)
{
	const struct cdb_database *db = (const struct cdb_database *)base;
	uint32_t hash = cdb_key_hash(key);
	const uint8_t *table = db->header + (size_t)(hash % CDB_TABLES) * CDB_PAIR;
	struct slots t = {.at = bdb_get32(table), .count = bdb_get32(table + 4)};

	for (uint32_t n = 0; n < t.count; n++) {
		uint64_t i = ((uint64_t)(hash / CDB_TABLES) % t.count + n) % t.count;
		const uint8_t *slot = slot_at(db, &t, (uint32_t)i);
		enum rt_found found;

		if (!slot)
			return RT_LOOKUP_ERROR;
		if (!bdb_get32(slot + 4))
			return RT_NOT_FOUND;
		if (bdb_get32(slot) != hash)
			continue;
		found = get_record(db, bdb_get32(slot + 4), key, arena, out_value);
		if (found != RT_NOT_FOUND)
			return found;
	}
	return RT_NOT_FOUND;
}

/* ---- all records ---- */

/* A part of the file, which grows only for a record that is larger. */
struct window {
	uint64_t from;
	size_t len;
	size_t room;
	uint8_t *bytes;
};

/* `len` bytes before db->end, from `at` on. */
static int look(const struct cdb_database *db, struct window *w, uint64_t at, size_t len)
{
	if (at >= w->from && at + len <= w->from + w->len)
		return MCC_OK;
	if (len > w->room) {
		size_t room = len < WINDOW_MIN ? WINDOW_MIN : len;
		uint8_t *bytes = realloc(w->bytes, room);

		if (!bytes)
			return MCC_ENOMEM;
		w->bytes = bytes;
		w->room = room;
	}
	w->from = at;
	w->len = db->end - at < w->room ? (size_t)(db->end - at) : w->room;
	return fs_read_at(db->fd, w->bytes, w->len, at);
}

static int look_at_record(const struct cdb_database *db, struct window *w, uint64_t at,
			  struct record *out)
{
	int status;

	if (db->end - at < CDB_PAIR)
		return MCC_EFORMAT;
	status = look(db, w, at, CDB_PAIR);
	if (status != MCC_OK)
		return status;
	if (!read_record(db, at, w->bytes + (at - w->from), out))
		return MCC_EFORMAT;
	return look(db, w, out->key, (size_t)out->key_len + out->value_len);
}

static int each(struct rt_database *base, rt_row_fn *fn, void *arg)
{
	const struct cdb_database *db = (const struct cdb_database *)base;
	struct window w = {0, 0, 0, NULL};
	int status = MCC_OK;

	for (uint64_t at = CDB_HEADER; at < db->end;) {
		struct record r;
		const char *key;

		status = look_at_record(db, &w, at, &r);
		if (status != MCC_OK)
			break;
		key = (const char *)w.bytes + (r.key - w.from);
		if (!fn((struct str){key, r.key_len},
			(struct str){key + r.key_len, r.value_len}, arg))
			break;
		at = r.key + r.key_len + r.value_len;
	}
	free(w.bytes);
	return status;
}

/* ---- the file ---- */

static void close_file(struct rt_database *base)
{
	close(((struct cdb_database *)base)->fd);
}

static const char *check_header(struct cdb_database *db)
{
	if (db->size < CDB_HEADER || db->size > UINT32_MAX ||
	    fs_read_at(db->fd, db->header, CDB_HEADER, 0) != MCC_OK)
		return "is no cdb file";
	db->end = bdb_get32(db->header);
	if (db->end < CDB_HEADER || db->end > db->size)
		return "is damaged: its first table lies outside of it";
	for (size_t i = 0; i < CDB_HEADER; i += CDB_PAIR) {
		uint64_t at = bdb_get32(db->header + i);
		uint64_t count = bdb_get32(db->header + i + 4);

		if (count && (at < db->end || at + count * CDB_PAIR > db->size))
			return "is damaged: a table lies outside of it";
	}
	return NULL;
}

int cdb_database_open(const struct rt_database_file *file, struct rt_database **out_db)
{
	struct cdb_database *self = arena_alloc(file->arena, sizeof(*self));
	const char *wrong;
	int status;

	if (!self)
		return rt_database_refuse(file, MCC_ENOMEM, NULL);
	status = fs_open_regular(file->dirfd, file->path, &self->size, &self->fd);
	if (status != MCC_OK)
		return rt_database_refuse(file, status, NULL);
	wrong = check_header(self);
	if (wrong) {
		close(self->fd);
		return rt_database_refuse(file, MCC_EFORMAT, wrong);
	}
	self->base = (struct rt_database){.get = get, .each = each, .close = close_file};
	*out_db = &self->base;
	return MCC_OK;
}
