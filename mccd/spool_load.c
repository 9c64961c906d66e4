/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading messages back and appending to them. A file in queue/ may be
 * anything: what a crash, a bad disk or somebody with too many rights left
 * there. It is opened without following links and without blocking, judged
 * after it is open, and read only within the bounds that its head states.
 */
#include "mccd/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "mccd/crc32c.h"
#include "mccd/spool_field.h"
#include "mccd/spool_private.h"

static int damaged(char *err, size_t err_size, const char *why)
{
	snprintf(err, err_size, "%s", why);
	return MCC_EFORMAT;
}

static int open_entry(struct spool *spool, const char *id, int *out_fd, struct stat *st,
		      char *err, size_t err_size)
{
	int fd;

	if (!spool_id_is_valid(id))
		return damaged(err, err_size, "name is no queue id");
	if (fstatat(spool->queue, id, st, AT_SYMLINK_NOFOLLOW) != 0) {
		snprintf(err, err_size, "%s", strerror(errno));
		return mcc_status_from_errno(errno);
	}
	if (!S_ISREG(st->st_mode))
		return damaged(err, err_size, "is not a regular file");
	fd = openat(spool->queue, id, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, st) != 0) {
		int status = mcc_status_from_errno(errno);

		snprintf(err, err_size, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return status == MCC_EACCES ? MCC_EFORMAT : status;
	}
	*out_fd = fd;
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
		return damaged(err, err_size, "is not a regular file with one link");
	if (st->st_uid != geteuid())
		return damaged(err, err_size, "belongs to another user");
	return 0;
}

static int read_at(int fd, off_t at, size_t len, struct arena *arena, char **out)
{
	*out = arena_alloc(arena, len + 1);
	return fs_read_at(fd, *out, len, (uint64_t)at);
}

static int read_envelope(int fd, const struct stat *st, struct spool_message *message,
			 char *err, size_t err_size)
{
	struct spool_head head;
	char *text;
	int status;

	if (st->st_size == 0)
		return damaged(err, err_size, "is empty");
	if (st->st_size < SPOOL_HEAD_SIZE)
		return damaged(err, err_size, "is cut off");
	status = read_at(fd, 0, SPOOL_HEAD_SIZE, message->arena, &text);
	if (status != 0)
		return status;
	if (!spool_head_read(text, &head))
		return damaged(err, err_size, "head is damaged or of another version");
	if ((uint64_t)st->st_size - SPOOL_HEAD_SIZE < head.envelope_size ||
	    (uint64_t)st->st_size - SPOOL_HEAD_SIZE - head.envelope_size <
		    head.content_size)
		return damaged(err, err_size, "is cut off");
	status = read_at(fd, SPOOL_HEAD_SIZE, head.envelope_size, message->arena, &text);
	if (status != 0)
		return status;
	if (crc32c(0, text, head.envelope_size) != head.envelope_crc ||
	    !spool_envelope_read((struct str){text, head.envelope_size}, message))
		return damaged(err, err_size, "envelope is damaged");
	message->content_at = (off_t)SPOOL_HEAD_SIZE + head.envelope_size;
	message->content_size = head.content_size;
	message->content_crc = head.content_crc;
	message->end = message->content_at + (off_t)head.content_size;
	return 0;
}

static int read_records(int fd, const struct stat *st, struct spool_message *message,
			char *err, size_t err_size)
{
	uint64_t size = (uint64_t)(st->st_size - message->end);
	size_t used;
	char *text;
	int status;

	if (size > SPOOL_RECORDS_MAX)
		return damaged(err, err_size, "records are too long");
	status = read_at(fd, message->end, (size_t)size, message->arena, &text);
	if (status != 0)
		return status;
	if (!spool_records_read((struct str){text, (size_t)size}, message, &used))
		return damaged(err, err_size, "a record is damaged");
	message->end += (off_t)used;
	return 0;
}

int spool_load(struct spool *spool, struct arena *arena, const char *id,
	       struct spool_message **out_message, int *out_fd, char *err,
	       size_t err_size)
{
	struct spool_message *message = arena_alloc(arena, sizeof(*message));
	struct stat st;
	int fd = -1;
	int status = MCC_ENOMEM;

	snprintf(err, err_size, "%s", "out of memory");
	if (!message)
		return status;
	message->arena = arena;
	status = open_entry(spool, id, &fd, &st, err, err_size);
	if (status == 0)
		status = read_envelope(fd, &st, message, err, err_size);
	if (status == 0 && strcmp(message->id, id) != 0)
		status = damaged(err, err_size, "name and envelope disagree");
	if (status == 0)
		status = read_records(fd, &st, message, err, err_size);
	if (status != 0 || !out_fd) {
		if (fd >= 0)
			close(fd);
	} else {
		*out_fd = fd;
	}
	if (status == 0)
		*out_message = message;
	return status;
}

int spool_verify(int fd, const struct spool_message *message)
{
	char buf[65536];
	uint64_t at = 0;
	uint32_t crc = 0;

	while (at < message->content_size) {
		uint64_t left = message->content_size - at;
		size_t want = left < sizeof(buf) ? (size_t)left : sizeof(buf);
		int status =
			fs_read_at(fd, buf, want, (uint64_t)message->content_at + at);

		if (status != 0)
			return status;
		crc = crc32c(crc, buf, want);
		at += want;
	}
	return crc == message->content_crc ? 0 : MCC_EFORMAT;
}

int spool_open_content(struct spool *spool, const char *id, int *out_fd)
{
	int fd = openat(spool->queue, id, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return mcc_status_from_errno(errno);
	*out_fd = fd;
	return 0;
}

static int append(int fd, off_t at, struct str bytes)
{
	int status = fs_write_at(fd, bytes.ptr, bytes.len, (uint64_t)at);

	if (status == 0 && fdatasync(fd) != 0)
		status = mcc_status_from_errno(errno);
	return status;
}

int spool_flush(struct spool *spool, int fd, struct spool_message *message,
		struct spool_record *record)
{
	struct strbuf batch;
	struct stat st;
	int status = MCC_ETOOBIG;

	strbuf_init(&batch, SPOOL_RECORDS_MAX);
	record_put(&batch, 'B', strbuf_view(&record->buf));
	if (record->buf.failed || batch.failed)
		goto out;
	/* A torn record of an earlier run must not stand behind this one. */
	status = fstat(fd, &st) == 0 ? 0 : mcc_status_from_errno(errno);
	if (status == 0 && st.st_size > message->end && ftruncate(fd, message->end) != 0)
		status = mcc_status_from_errno(errno);
	if (status == 0)
		status = append(fd, message->end, strbuf_view(&batch));
	if (status == 0)
		status = spool_kept(spool, message->id);
	if (status == 0)
		message->end += (off_t)batch.len;
	else
		(void)!ftruncate(fd, message->end);
out:
	strbuf_fini(&batch);
	strbuf_fini(&record->buf);
	return status;
}
