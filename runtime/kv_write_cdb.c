/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cdb files, written here: the format is a list of records and 256 tables of
 * their places, and laying it out at once takes a fraction of what the library
 * needs record by record. https://cr.yp.to/cdb/cdb.txt: a table of pointers
 * (256 times offset and slots), records (length of key and data, both), then
 * the tables (hash and offset of the record); numbers are 32 bits,
 * little-endian. Records stand in the order of the rows. Unlike the other types
 * Postfix writes cdb without NULs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/bdb_build.h"
#include "runtime/kv_write.h"

enum { CDB_TABLES = 256, CDB_HEADER = CDB_TABLES * 8, CDB_START = 5381 };
enum { BUFFER_SIZE = 1 << 20 };

struct cdb_record {
	uint32_t hash;
	uint32_t at;
};

struct cdb_build {
	int fd;
	int status; /* the first failure */
	uint8_t *buffer;
	size_t len;
	uint64_t at; /* offset of the next byte in the file */
	struct cdb_record *records;
	uint32_t *rows; /* row of each record */
	uint32_t count;
	uint32_t *seen; /* by key: number of a record + 1, 0: none */
	size_t seen_mask;
	uint8_t header[CDB_HEADER];
};

static uint32_t cdb_row_hash(struct str key)
{
	uint32_t h = CDB_START;

	for (size_t i = 0; i < key.len; i++)
		h = (h + (h << 5)) ^ (unsigned char)key.ptr[i];
	return h;
}

static void flush(struct cdb_build *build)
{
	if (build->status == MCC_OK)
		build->status = fs_write_all(build->fd, build->buffer, build->len);
	build->len = 0;
}

static void emit(struct cdb_build *build, const void *data, size_t len)
{
	if (build->at + len > UINT32_MAX) {
		build->status = build->status ? build->status : MCC_ETOOBIG;
		return;
	}
	build->at += len;
	if (len > BUFFER_SIZE - build->len)
		flush(build);
	if (len > BUFFER_SIZE) {
		if (build->status == MCC_OK)
			build->status = fs_write_all(build->fd, data, len);
		return;
	}
	if (len)
		memcpy(build->buffer + build->len, data, len);
	build->len += len;
}

static void emit_pair(struct cdb_build *build, uint32_t a, uint32_t b)
{
	uint8_t bytes[8];

	bdb_put32(bytes, a);
	bdb_put32(bytes + 4, b);
	emit(build, bytes, sizeof(bytes));
}

static void emit_record(struct cdb_build *build, const struct bdb_row *row)
{
	emit_pair(build, (uint32_t)row->key.len, (uint32_t)row->value.len);
	emit(build, row->key.ptr, row->key.len);
	emit(build, row->value.ptr, row->value.len);
}

/* The slot of the key: its record + 1, or 0 where it may go. */
static uint32_t *find(struct cdb_build *build, const struct bdb_row *rows, size_t row,
		      uint32_t hash)
{
	size_t i = (hash ^ hash >> 16) * (size_t)0x9e3779b1u & build->seen_mask;

	for (; build->seen[i]; i = (i + 1) & build->seen_mask) {
		uint32_t number = build->seen[i] - 1;

		if (build->records[number].hash == hash &&
		    str_eq(rows[build->rows[number]].key, rows[row].key))
			break;
	}
	return &build->seen[i];
}

static void emit_records(struct cdb_build *build, const struct bdb_row *rows,
			 size_t count, struct bdb_duplicates *duplicates)
{
	for (size_t i = 0; i < count && build->status == MCC_OK; i++) {
		uint32_t hash = cdb_row_hash(rows[i].key);
		uint32_t *slot = find(build, rows, i, hash);

		if (*slot) {
			if (duplicates)
				duplicates->found(duplicates, build->rows[*slot - 1], i);
			continue;
		}
		build->records[build->count] =
			(struct cdb_record){hash, (uint32_t)build->at};
		build->rows[build->count] = (uint32_t)i;
		*slot = ++build->count;
		emit_record(build, &rows[i]);
	}
}

/* One table of twice as many slots as it has records. */
static void emit_table(struct cdb_build *build, const struct cdb_record *records,
		       uint32_t count, struct cdb_record *slots)
{
	uint32_t size = count * 2;

	memset(slots, 0, size * sizeof(*slots));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t s = (records[i].hash >> 8) % size;

		while (slots[s].at)
			s = s + 1 == size ? 0 : s + 1;
		slots[s] = records[i];
	}
	for (uint32_t s = 0; s < size; s++)
		emit_pair(build, slots[s].hash, slots[s].at);
}

static bool emit_tables(struct cdb_build *build)
{
	uint32_t ends[CDB_TABLES] = {0};
	uint32_t start = 0;
	struct cdb_record *sorted = malloc((build->count + 1) * sizeof(*sorted));
	struct cdb_record *slots;

	slots = malloc((build->count + (size_t)1) * 2 * sizeof(*slots));
	for (uint32_t i = 0; i < build->count; i++)
		ends[build->records[i].hash & 0xff]++;
	for (size_t t = 0; t < CDB_TABLES; t++) {
		uint32_t here = ends[t];

		ends[t] = start;
		start += here;
	}
	for (uint32_t i = 0; sorted && i < build->count; i++)
		sorted[ends[build->records[i].hash & 0xff]++] = build->records[i];
	for (size_t t = 0; sorted && slots && t < CDB_TABLES; t++) {
		uint32_t from = t ? ends[t - 1] : 0;

		bdb_put32(build->header + 8 * t, (uint32_t)build->at);
		bdb_put32(build->header + 8 * t + 4, 2 * (ends[t] - from));
		emit_table(build, sorted + from, ends[t] - from, slots);
	}
	free(sorted);
	free(slots);
	return sorted && slots;
}

static int write_file(struct cdb_build *build, const struct bdb_row *rows, size_t count,
		      struct bdb_duplicates *duplicates)
{
	emit(build, build->header, CDB_HEADER);
	emit_records(build, rows, count, duplicates);
	if (build->status == MCC_OK && !emit_tables(build))
		return MCC_ENOMEM;
	flush(build);
	if (build->status == MCC_OK && lseek(build->fd, 0, SEEK_SET) != 0)
		return mcc_status_from_errno(errno);
	if (build->status == MCC_OK)
		build->status = fs_write_all(build->fd, build->header, CDB_HEADER);
	return build->status;
}

static int build_file(struct cdb_build *build, const struct bdb_row *rows, size_t count,
		      struct bdb_duplicates *duplicates)
{
	size_t slots = 4;
	int status = MCC_ENOMEM;

	while (slots < count * 2)
		slots *= 2;
	build->seen_mask = slots - 1;
	build->seen = calloc(slots, sizeof(*build->seen));
	build->records = malloc((count + 1) * sizeof(*build->records));
	build->rows = malloc((count + 1) * sizeof(*build->rows));
	build->buffer = malloc(BUFFER_SIZE);
	if (build->seen && build->records && build->rows && build->buffer)
		status = write_file(build, rows, count, duplicates);
	free(build->seen);
	free(build->records);
	free(build->rows);
	free(build->buffer);
	return status;
}

int cdb_write(const struct bdb_target *target, const struct bdb_row *rows, size_t count,
	      struct bdb_duplicates *duplicates)
{
	struct cdb_build build = {.status = MCC_OK};
	struct fs_temp temp;
	int status;

	if (count >= UINT32_MAX)
		return MCC_ETOOBIG;
	status = fs_temp_open(target->dirfd, target->name, &temp);
	if (status != MCC_OK)
		return status;
	build.fd = temp.fd;
	status = build_file(&build, rows, count, duplicates);
	if (status == MCC_OK)
		return fs_temp_commit(&temp, target->mode);
	fs_temp_drop(&temp);
	return status;
}
