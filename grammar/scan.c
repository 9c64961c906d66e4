/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input and memory of the flex scanners. Blocks carry their size in front, so
 * that growing one can copy it; nothing is given back before the arena is.
 */
#include "grammar/scan.h"

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"

enum { SCAN_HEADER = alignof(max_align_t) };

void scan_init(struct scan *scan, struct arena *arena)
{
	*scan = (struct scan){.arena = arena};
}

bool scan_reserve(struct scan *scan, size_t size)
{
	scan->pool = arena_alloc(scan->arena, size);
	scan->pool_left = scan->pool ? size : 0;
	return scan->pool != NULL;
}

void scan_start(struct scan *scan, struct str text)
{
	MCC_ASSERT(text.len <= UINT32_MAX);
	scan->text = text;
	scan->read = 0;
	scan->at = 0;
}

size_t scan_read(struct scan *scan, char *buf, size_t room)
{
	size_t len = scan->text.len - scan->read;

	if (len > room)
		len = room;
	if (len)
		memcpy(buf, scan->text.ptr + scan->read, len);
	for (char *nul = memchr(buf, '\0', len); nul;
	     nul = memchr(nul, '\0', (size_t)(buf + len - nul)))
		*nul = '\1';
	scan->read += len;
	return len;
}

void *scan_alloc(struct scan *scan, size_t size)
{
	size_t need = (SCAN_HEADER + size + SCAN_HEADER - 1) / SCAN_HEADER * SCAN_HEADER;
	char *block;

	if (need <= scan->pool_left) {
		block = scan->pool;
		scan->pool += need;
		scan->pool_left -= need;
	} else {
		block = arena_alloc(scan->arena, need);
	}
	if (!block)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + SCAN_HEADER;
}

void *scan_realloc(struct scan *scan, void *old, size_t size)
{
	char *grown = scan_alloc(scan, size);
	size_t old_size = 0;

	if (!old || !grown)
		return grown;
	memcpy(&old_size, (char *)old - SCAN_HEADER, sizeof(old_size));
	memcpy(grown, old, old_size < size ? old_size : size);
	return grown;
}
