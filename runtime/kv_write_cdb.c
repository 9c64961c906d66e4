/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cdb files, written here: the format is a list of records and 256 tables of
 * their places, and laying it out at once takes a fraction of what the library
 * needs record by record. https://cr.yp.to/cdb/cdb.txt: a table of pointers
 * (256 times offset and slots), records (length of key and data, both), then
 * the tables (hash and offset of the record); numbers are 32 bits,
 * little-endian. Records stand in the order of the rows: sorting tells only
 * which of equal keys is kept. Unlike the other types
 * Postfix writes cdb without NULs, unless it is told to (-N).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/bdb_page.h"
#include "runtime/cdb_format.h"
#include "runtime/database.h"
#include "runtime/kv_write.h"

enum { BUFFER_SIZE = 1 << 20 };
/* Records whose places are held in memory; of more, a file has them. */
enum { RECORDS_HELD = 4 << 20 };

struct cdb_record {
	uint32_t hash;
	uint32_t at;
};

struct cdb_build {
	const struct bdb_target *target;
	int fd;
	int status; /* the first failure */
	uint8_t *buffer;
	size_t len;
	uint64_t at;   /* offset of the next byte in the file */
	uint8_t *kept; /* a bit per row: is not left out */
	struct cdb_record *records;
	size_t held; /* of them */
	int scratch; /* the records before them; -1: none */
	size_t spilled;
	uint32_t counts[CDB_TABLES];
	uint8_t header[CDB_HEADER];
};

/* Duplicates on their way to who is told of them. */
struct cdb_duplicates {
	struct row_duplicates base;  /* first member: passed on as the whole */
	struct row_duplicates *told; /* or NULL */
	uint8_t *kept;
};

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

static void hold_record(struct cdb_build *build, struct cdb_record record)
{
	build->counts[record.hash & 0xff]++;
	if (build->held == RECORDS_HELD && build->scratch < 0)
		build->status = fs_scratch_open(build->target->dirfd, build->target->name,
						&build->scratch);
	if (build->held == RECORDS_HELD && build->status == MCC_OK) {
		build->status = fs_write_all(build->scratch, build->records,
					     build->held * sizeof(record));
		build->spilled += build->held;
		build->held = 0;
	}
	if (build->status == MCC_OK)
		build->records[build->held++] = record;
}

static int emit_row(const struct stored_row *row, void *arg)
{
	struct cdb_build *build = arg;
	size_t nul = build->target->is_cdb_with_nul;
	uint32_t hash = cdb_key_hash(row->key);

	if (nul) /* a round of the hash with 0 */
		hash += hash << 5;
	if (!(build->kept[row->number / 8] >> row->number % 8 & 1))
		return MCC_OK;
	hold_record(build, (struct cdb_record){hash, (uint32_t)build->at});
	emit_pair(build, (uint32_t)(row->key.len + nul),
		  (uint32_t)(row->value.len + nul));
	emit(build, row->key.ptr, row->key.len);
	emit(build, "", nul);
	emit(build, row->value.ptr, row->value.len);
	emit(build, "", nul);
	return build->status;
}

static uint32_t order_number(MCC_UNUSED const struct row_order *order, struct str key)
{
	return cdb_key_hash(key);
}

static void leave_out(struct row_duplicates *d, const struct stored_row *kept,
		      const struct stored_row *dropped)
{
	struct cdb_duplicates *ours = (struct cdb_duplicates *)d;

	ours->kept[dropped->number / 8] &= (uint8_t) ~(1u << dropped->number % 8);
	if (ours->told)
		ours->told->found(ours->told, kept, dropped);
}

/* Which rows of equal keys stay. */
static int mark_kept(struct cdb_build *build, struct row_store *rows,
		     const struct row_order *order)
{
	size_t size = row_store_count(rows) / 8 + 1;
	struct cdb_duplicates duplicates = {{leave_out}, order->duplicates, NULL};
	struct row_order marking = *order;

	build->kept = duplicates.kept = malloc(size);
	if (!build->kept)
		return MCC_ENOMEM;
	memset(build->kept, 0xff, size);
	marking.number = order_number;
	marking.duplicates = &duplicates.base;
	return row_store_find_duplicates(rows, &marking);
}

/* ---- tables ---- */

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

/* Tables `from` to before `to`, whose records are picked from all there are. */
struct cdb_group {
	uint32_t from;
	uint32_t to;
	uint32_t ends[CDB_TABLES];
	struct cdb_record *sorted;
};

static void pick(struct cdb_group *group, const struct cdb_record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t table = records[i].hash & 0xff;

		if (table >= group->from && table < group->to)
			group->sorted[group->ends[table]++] = records[i];
	}
}

static int pick_all(const struct cdb_build *build, struct cdb_group *group)
{
	struct cdb_record some[BUFFER_SIZE / 256];
	size_t count;

	for (size_t at = 0; at < build->spilled; at += count) {
		int status;

		count = build->spilled - at;
		if (count > array_len(some))
			count = array_len(some);
		status = fs_read_at(build->scratch, some, count * sizeof(*some),
				    at * sizeof(*some));
		if (status != MCC_OK)
			return status;
		pick(group, some, count);
	}
	pick(group, build->records, build->held);
	return MCC_OK;
}

/* As many tables from group->from on as fit; at least one. */
static size_t size_group(const struct cdb_build *build, struct cdb_group *group)
{
	uint32_t count = 0;

	for (group->to = group->from; group->to < CDB_TABLES; group->to++) {
		uint32_t here = build->counts[group->to];

		if (count && count + here > RECORDS_HELD)
			break;
		group->ends[group->to] = count;
		count += here;
	}
	return count;
}

static void emit_group(struct cdb_build *build, const struct cdb_group *group,
		       struct cdb_record *slots)
{
	for (uint32_t t = group->from; t < group->to; t++) {
		uint32_t count = build->counts[t];

		bdb_put32(build->header + 8 * t, (uint32_t)build->at);
		bdb_put32(build->header + 8 * t + 4, 2 * count);
		emit_table(build, group->sorted + group->ends[t] - count, count, slots);
	}
}

static int emit_tables(struct cdb_build *build)
{
	struct cdb_group group = {.from = 0};
	struct cdb_record *slots;
	uint32_t most = 1;

	for (size_t t = 0; t < CDB_TABLES; t++)
		if (build->counts[t] > most)
			most = build->counts[t];
	slots = malloc(2 * (size_t)most * sizeof(*slots));
	while (slots && group.from < CDB_TABLES && build->status == MCC_OK) {
		size_t count = size_group(build, &group);

		group.sorted = malloc((count + 1) * sizeof(*group.sorted));
		build->status = group.sorted ? pick_all(build, &group) : MCC_ENOMEM;
		if (build->status == MCC_OK)
			emit_group(build, &group, slots);
		free(group.sorted);
		group.from = group.to;
	}
	free(slots);
	return slots ? build->status : MCC_ENOMEM;
}

static int write_file(struct cdb_build *build, struct row_store *rows,
		      const struct row_order *order)
{
	int status = mark_kept(build, rows, order);

	emit(build, build->header, CDB_HEADER);
	if (status == MCC_OK)
		status = row_store_each(rows, emit_row, build);
	if (status == MCC_OK)
		status = emit_tables(build);
	flush(build);
	if (status == MCC_OK && lseek(build->fd, 0, SEEK_SET) != 0)
		return mcc_status_from_errno(errno);
	if (status == MCC_OK && build->status == MCC_OK)
		build->status = fs_write_all(build->fd, build->header, CDB_HEADER);
	return status == MCC_OK ? build->status : status;
}

static int build_file(struct cdb_build *build, struct row_store *rows,
		      const struct row_order *order)
{
	size_t held = row_store_count(rows) + 1;
	int status = MCC_ENOMEM;

	if (held > RECORDS_HELD)
		held = RECORDS_HELD;
	build->scratch = -1;
	build->records = malloc(held * sizeof(*build->records));
	build->buffer = malloc(BUFFER_SIZE);
	if (build->records && build->buffer)
		status = write_file(build, rows, order);
	if (build->scratch >= 0)
		close(build->scratch);
	free(build->kept);
	free(build->records);
	free(build->buffer);
	return status;
}

int cdb_write(const struct bdb_target *target, struct row_store *rows,
	      struct row_order order)
{
	struct cdb_build build = {.target = target, .status = MCC_OK};
	struct fs_temp temp;
	int status = database_open(target, &temp);

	if (status != MCC_OK)
		return status;
	build.fd = temp.fd;
	status = build_file(&build, rows, &order);
	if (status == MCC_OK)
		return fs_temp_commit(&temp, target->mode);
	fs_temp_drop(&temp);
	return status;
}
