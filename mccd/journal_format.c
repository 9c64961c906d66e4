/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Head and records of a journal segment; numbers are little-endian.
 *
 *	head	"mccd journal\0\0\0\0", u32 version, u32 0, u64 epoch, u64 order
 *	record	"MCJR", u32 type, u64 epoch, u32 length, u32 CRC-32C of all but
 *		itself; then `length` bytes: the id, a NUL, the message
 *
 * Nothing here trusts a byte: what a power cut has left may be anything.
 */
#include "mccd/journal_private.h"

#include <string.h>

#include "base/status.h"
#include "mccd/crc32c.h"
#include "mccd/spool.h"

static const char head_magic[16] = "mccd journal";
static const char record_magic[4] = {'M', 'C', 'J', 'R'};

enum { AT_CRC = 20 };

static void put32(char *out, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (char)(n >> (8 * i) & 0xff);
}

static void put64(char *out, uint64_t n)
{
	put32(out, (uint32_t)n);
	put32(out + 4, (uint32_t)(n >> 32));
}

static uint32_t get32(const char *in)
{
	uint32_t n = 0;

	for (unsigned i = 4; i-- > 0;)
		n = n << 8 | (unsigned char)in[i];
	return n;
}

static uint64_t get64(const char *in)
{
	return (uint64_t)get32(in + 4) << 32 | get32(in);
}

size_t journal_align(size_t at)
{
	return (at + JOURNAL_BLOCK - 1) / JOURNAL_BLOCK * JOURNAL_BLOCK;
}

void journal_head_write(const struct journal_head *head, char out[JOURNAL_HEAD_SIZE])
{
	memset(out, 0, JOURNAL_HEAD_SIZE);
	memcpy(out, head_magic, sizeof(head_magic));
	put32(out + 16, JOURNAL_VERSION);
	put64(out + 24, head->epoch);
	put64(out + 32, head->order);
}

int journal_head_read(const char in[JOURNAL_HEAD_SIZE], struct journal_head *out_head)
{
	if (memcmp(in, head_magic, sizeof(head_magic)) != 0)
		return MCC_EFORMAT;
	if (get32(in + 16) > JOURNAL_VERSION)
		return MCC_EUNSUPPORTED;
	*out_head = (struct journal_head){get64(in + 24), get64(in + 32)};
	return 0;
}

void journal_record_write(const struct journal_record *record, uint64_t epoch,
			  char out[JOURNAL_RECORD_SIZE])
{
	uint32_t crc;

	memcpy(out, record_magic, sizeof(record_magic));
	put32(out + 4, (uint32_t)record->type);
	put64(out + 8, epoch);
	put32(out + 16, (uint32_t)(record->id.len + 1 + record->image.len));
	crc = crc32c(0, out, AT_CRC);
	crc = crc32c(crc, record->id.ptr, record->id.len);
	crc = crc32c(crc, "", 1);
	crc = crc32c(crc, record->image.ptr, record->image.len);
	put32(out + AT_CRC, crc);
}

static bool split(struct str payload, struct journal_record *out)
{
	size_t len = strnlen(payload.ptr, payload.len);

	if (len == 0 || len > SPOOL_ID_MAX || len == payload.len)
		return false;
	out->id = str_slice(payload, 0, len);
	out->image = str_slice(payload, len + 1, payload.len);
	return true;
}

size_t journal_record_read(struct str in, uint64_t epoch, struct journal_record *out,
			   bool *out_is_torn)
{
	uint32_t type;
	uint32_t crc;
	size_t len;

	*out_is_torn = false;
	if (in.len < JOURNAL_RECORD_SIZE ||
	    memcmp(in.ptr, record_magic, sizeof(record_magic)) != 0 ||
	    get64(in.ptr + 8) != epoch)
		return 0;
	*out_is_torn = true;
	type = get32(in.ptr + 4);
	len = get32(in.ptr + 16);
	if ((type != JOURNAL_MESSAGE && type != JOURNAL_DONE) ||
	    len > in.len - JOURNAL_RECORD_SIZE)
		return 0;
	crc = crc32c(0, in.ptr, AT_CRC);
	crc = crc32c(crc, in.ptr + JOURNAL_RECORD_SIZE, len);
	if (crc != get32(in.ptr + AT_CRC))
		return 0;
	out->type = (enum journal_type)type;
	if (!split(str_slice(in, JOURNAL_RECORD_SIZE, JOURNAL_RECORD_SIZE + len), out))
		return 0;
	*out_is_torn = false;
	return JOURNAL_RECORD_SIZE + len;
}
