/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * New messages. A small one is written as a file without a sync and appended
 * to the journal, which makes it durable together with others; a large one, or
 * one that the journal does not take, is synced as a file. Either way the file
 * is whole below tmp/ before it gets its name below queue/, and nobody hears
 * that the message is accepted before spool_sync() has returned 0. A sync that
 * fails once is final for that file: the kernel may have dropped the pages and
 * the next sync would lie.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/crc32c.h"
#include "mccd/spool.h"
#include "mccd/spool_private.h"

/* From this many files on the whole file system is asked to write them out
 * first; each is then synced all the same, for its errors. */
#define SETTLE_TOGETHER 8

/* Shorter than was said is the sender's fault, not the disk's format. */
static int read_content(int from, char *buf, size_t size, uint64_t at)
{
	int status = fs_read_at(from, buf, size, at);

	return status == MCC_EFORMAT ? MCC_EIO : status;
}

static int copy_content(int from, uint64_t size, int to, uint32_t *out_crc)
{
	char buf[65536];
	uint64_t at = 0;
	uint32_t crc = 0;

	while (at < size) {
		size_t want = size - at < sizeof(buf) ? (size_t)(size - at) : sizeof(buf);
		int status = read_content(from, buf, want, at);

		if (status == 0)
			status = fs_write_all(to, buf, want);
		if (status != 0)
			return status;
		crc = crc32c(crc, buf, want);
		at += want;
	}
	*out_crc = crc;
	return 0;
}

/* ---- names ---- */

static int open_tmp(struct spool *spool, const char *id, int *out_fd)
{
	int fd = openat(spool->tmp, id,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return mcc_status_from_errno(errno);
	*out_fd = fd;
	return 0;
}

/* From tmp/ to queue/. Gone from tmp/ before it is told: one link is part of
 * being whole. */
static int publish(struct spool *spool, const char *id)
{
	int status = 0;

	if (linkat(spool->tmp, id, spool->queue, id, 0) != 0)
		status = mcc_status_from_errno(errno);
	if (unlinkat(spool->tmp, id, 0) != 0 && status == 0) {
		status = mcc_status_from_errno(errno);
		(void)!unlinkat(spool->queue, id, 0);
	}
	return status;
}

static void set_layout(struct spool_message *message, const struct spool_head *head)
{
	message->content_at = (off_t)(SPOOL_HEAD_SIZE + head->envelope_size);
	message->content_size = head->content_size;
	message->content_crc = head->content_crc;
	message->end = message->content_at + (off_t)head->content_size;
}

/* ---- by the journal ---- */

struct source {
	int fd; /* negative: text */
	struct str text;
	uint64_t size;
	struct str envelope;
};

/* The whole file in memory. */
static int make_image(const struct source *source, struct spool_head *head, char *image)
{
	char *content = image + SPOOL_HEAD_SIZE + source->envelope.len;
	int status = 0;

	memcpy(image + SPOOL_HEAD_SIZE, source->envelope.ptr, source->envelope.len);
	if (source->fd < 0)
		memcpy(content, source->text.ptr, source->text.len);
	else
		status = read_content(source->fd, content, (size_t)source->size, 0);
	head->content_crc = crc32c(0, content, (size_t)source->size);
	spool_head_write(head, image);
	return status;
}

static int write_image(struct spool *spool, const char *id, struct str image, int *out_fd)
{
	int fd;
	int status = open_tmp(spool, id, &fd);

	if (status != 0)
		return status;
	status = fs_write_all(fd, image.ptr, image.len);
	if (status == 0)
		status = publish(spool, id);
	else
		(void)!unlinkat(spool->tmp, id, 0);
	if (status != 0)
		close(fd);
	else
		*out_fd = fd;
	return status;
}

static int create_small(struct spool *spool, struct spool_message *message,
			const struct source *source, struct spool_head *head)
{
	struct str image = {
		NULL, (size_t)(SPOOL_HEAD_SIZE + source->envelope.len + source->size)};
	char *bytes = malloc(image.len);
	int status = MCC_ENOMEM;
	int fd;

	image.ptr = bytes;
	if (bytes)
		status = make_image(source, head, bytes);
	if (status == 0)
		status = write_image(spool, message->id, image, &fd);
	if (status == 0 && journal_add(spool->journal, message->id, image) != 0) {
		if (fsync(fd) != 0)
			status = mcc_status_from_errno(errno);
		spool->is_dir_dirty = true;
		if (status != 0)
			(void)!unlinkat(spool->queue, message->id, 0);
		close(fd);
	} else if (status == 0) {
		close(fd);
	}
	free(bytes);
	return status;
}

/* ---- by itself ---- */

/* The head comes last: until then the file is no message whatever happens. */
static int write_large(int fd, const struct source *source, struct spool_head *head)
{
	char text[SPOOL_HEAD_SIZE] = {0};
	ssize_t n;
	int status = fs_write_all(fd, text, sizeof(text));

	if (status == 0)
		status = fs_write_all(fd, source->envelope.ptr, source->envelope.len);
	if (status == 0 && source->fd < 0) {
		head->content_crc = crc32c(0, source->text.ptr, source->text.len);
		status = fs_write_all(fd, source->text.ptr, source->text.len);
	} else if (status == 0) {
		status = copy_content(source->fd, source->size, fd, &head->content_crc);
	}
	if (status != 0)
		return status;
	spool_head_write(head, text);
	n = pwrite(fd, text, sizeof(text), 0);
	if (n != sizeof(text))
		return n < 0 ? mcc_status_from_errno(errno) : MCC_ENOSPC;
	return fsync(fd) == 0 ? 0 : mcc_status_from_errno(errno);
}

static int create_large(struct spool *spool, struct spool_message *message,
			const struct source *source, struct spool_head *head)
{
	int fd;
	int status = open_tmp(spool, message->id, &fd);

	if (status != 0)
		return status;
	status = write_large(fd, source, head);
	if (status == 0)
		status = publish(spool, message->id);
	else
		(void)!unlinkat(spool->tmp, message->id, 0);
	close(fd);
	spool->is_dir_dirty = true;
	return status;
}

int spool_create(struct spool *spool, struct spool_message *message, int content_fd,
		 uint64_t size, struct str text)
{
	struct source source = {content_fd, text, content_fd < 0 ? text.len : size,
				STR_LIT("")};
	struct spool_head head = {.content_size = source.size};
	struct strbuf envelope;
	int status = MCC_ETOOBIG;

	if (!spool_id_is_valid(message->id))
		return MCC_EINVAL;
	strbuf_init(&envelope, SPOOL_ENVELOPE_MAX);
	spool_envelope_write(&envelope, message);
	if (!envelope.failed) {
		source.envelope = strbuf_view(&envelope);
		head.envelope_size = (uint32_t)envelope.len;
		head.envelope_crc = crc32c(0, envelope.ptr, envelope.len);
		if (source.size <= JOURNAL_MESSAGE_MAX &&
		    envelope.len + source.size <= JOURNAL_MESSAGE_MAX - SPOOL_HEAD_SIZE)
			status = create_small(spool, message, &source, &head);
		else
			status = create_large(spool, message, &source, &head);
	}
	set_layout(message, &head);
	strbuf_fini(&envelope);
	return status;
}

int spool_sync(struct spool *spool)
{
	int status = journal_sync(spool->journal);

	if (spool->is_dir_dirty) {
		int one = fs_sync_dir(spool->queue);

		spool->is_dir_dirty = one != 0;
		status = status ? status : one;
	}
	return status;
}

bool spool_is_dirty(const struct spool *spool)
{
	return spool->is_dir_dirty || journal_is_dirty(spool->journal);
}

bool spool_is_journaled(const struct spool *spool, const char *id)
{
	return journal_has(spool->journal, id);
}

/* ---- out of the journal ---- */

static int sync_file(const struct spool *spool, const char *id)
{
	int fd = openat(spool->queue, id, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int status = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : mcc_status_from_errno(errno);
	if (fsync(fd) != 0)
		status = mcc_status_from_errno(errno);
	close(fd);
	return status;
}

int spool_settle(void *arg, const char *const *ids, size_t count)
{
	struct spool *spool = arg;
	int status = 0;

#ifdef __linux__
	if (count >= SETTLE_TOGETHER && syncfs(spool->queue) != 0)
		return mcc_status_from_errno(errno);
#endif
	for (size_t i = 0; status == 0 && i < count; i++)
		status = sync_file(spool, ids[i]);
	return status == 0 ? fs_sync_dir(spool->queue) : status;
}

int spool_kept(struct spool *spool, const char *id)
{
	int status;

	if (!journal_has(spool->journal, id))
		return 0;
	status = fs_sync_dir(spool->queue);
	return status == 0 ? journal_done(spool->journal, id) : status;
}

/* ---- after a crash ---- */

/* The file is there with all that the journal has of it; records may follow. */
static bool is_whole(const struct spool *spool, const char *id, struct str image)
{
	char *bytes = malloc(image.len);
	int fd = openat(spool->queue, id, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ok = bytes && fd >= 0 && fs_read_at(fd, bytes, image.len, 0) == 0 &&
		  memcmp(bytes, image.ptr, image.len) == 0;

	if (fd >= 0)
		close(fd);
	free(bytes);
	return ok;
}

static int restore(void *arg, const char *id, struct str image)
{
	struct spool *spool = arg;
	int status;
	int fd;

	if (!spool_id_is_valid(id))
		return 0;
	if (!is_whole(spool, id, image)) {
		(void)!unlinkat(spool->queue, id, 0);
		status = write_image(spool, id, image, &fd);
		if (status != 0) {
			log_error("%s: cannot be written out of the journal: %s", id,
				  mcc_status_text(status));
			return status;
		}
		close(fd);
		log_info("%s: restored from the journal", id);
	}
	return sync_file(spool, id);
}

int spool_restore(struct spool *spool)
{
	size_t damaged = 0;
	int status = journal_replay(spool->journal, restore, spool, &damaged);

	if (damaged > 0)
		log_warn("%zu records of the journal are damaged; of these, messages "
			 "that were taken are lost unless their files are whole",
			 damaged);
	return status == 0 ? fs_sync_dir(spool->queue) : status;
}
