/* SPDX-License-Identifier: BSD-2-Clause */
/* A window of neighbouring pages; whatever does not join it pushes it out. */
#include "runtime/bdb_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/bdb_format.h"

enum { WINDOW_PAGES = 128 };

static void write_at(struct bdb_out *out, const uint8_t *from, size_t len, uint64_t at)
{
	if (len && out->status == MCC_OK)
		out->status = fs_write_at(out->fd, from, len, at);
}

static void flush(struct bdb_out *out)
{
	write_at(out, out->bytes, (size_t)out->count * BDB_PAGE_SIZE,
		 (uint64_t)out->first * BDB_PAGE_SIZE);
	out->count = 0;
}

void bdb_out_init(struct bdb_out *out, int fd)
{
	*out = (struct bdb_out){.fd = fd, .status = MCC_OK};
	out->bytes = malloc((size_t)WINDOW_PAGES * BDB_PAGE_SIZE);
	if (!out->bytes)
		out->status = MCC_ENOMEM;
}

void bdb_out_pages(struct bdb_out *out, uint32_t number, const uint8_t *pages,
		   uint32_t count)
{
	if (out->status != MCC_OK)
		return;
	if (number != out->first + out->count || out->count + count > WINDOW_PAGES)
		flush(out);
	if (count > WINDOW_PAGES) {
		write_at(out, pages, (size_t)count * BDB_PAGE_SIZE,
			 (uint64_t)number * BDB_PAGE_SIZE);
		return;
	}
	if (!out->count)
		out->first = number;
	memcpy(out->bytes + (size_t)out->count * BDB_PAGE_SIZE, pages,
	       (size_t)count * BDB_PAGE_SIZE);
	out->count += count;
}

int bdb_out_fini(struct bdb_out *out)
{
	if (out->status == MCC_OK)
		flush(out);
	free(out->bytes);
	out->bytes = NULL;
	return out->status;
}
