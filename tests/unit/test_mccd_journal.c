/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal: what was added is there after a crash, what is done is not; any
 * cut and any flipped bit costs the records it meets and no other; full
 * segments take turns; a sync that fails ends its use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "mccd/journal.h"
#include "mccd/journal_private.h"

/* In place of the C library's: the n-th call from now fails. */
static int failing_sync;

int fdatasync(int fd)
{
	if (failing_sync > 0 && --failing_sync == 0) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

struct fixture {
	char dir[64];
	int fd;
	struct journal *journal;
	struct strbuf settled; /* ids, each with a blank */
	int settle_status;
	struct strbuf replayed; /* "id=image " */
	size_t damaged;
};

static int settle(void *arg, const char *const *ids, size_t count)
{
	struct fixture *f = arg;

	for (size_t i = 0; i < count; i++)
		strbuf_addf(&f->settled, "%s ", ids[i]);
	return f->settle_status;
}

static int replayed(void *arg, const char *id, struct str image)
{
	struct fixture *f = arg;

	strbuf_addf(&f->replayed, "%s=%.*s ", id, (int)(image.len < 20 ? image.len : 20),
		    image.ptr);
	return 0;
}

static void reopen(struct fixture *f)
{
	const struct journal_hooks hooks = {settle, f};

	journal_close(f->journal);
	f->journal = NULL;
	assert_int_equal(journal_open(f->fd, &hooks, &f->journal), 0);
}

static const char *replay(struct fixture *f)
{
	f->replayed.len = 0;
	assert_int_equal(journal_replay(f->journal, replayed, f, &f->damaged), 0);
	strbuf_addc(&f->replayed, '\0');
	return f->replayed.ptr;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/test_journal.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY);
	strbuf_init(&f->settled, 1 << 20);
	strbuf_init(&f->replayed, 1 << 20);
	reopen(f);
	assert_string_equal(replay(f), "");
	assert_int_equal(journal_reset(f->journal), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	failing_sync = 0;
	journal_close(f->journal);
	close(f->fd);
	strbuf_fini(&f->settled);
	strbuf_fini(&f->replayed);
	assert_int_equal(fs_remove_tree(AT_FDCWD, f->dir), 0);
	free(f);
	return 0;
}

static void add(struct fixture *f, const char *id, const char *image)
{
	assert_int_equal(journal_add(f->journal, id, str_of(image)), 0);
}

static void test_round_trip(void **state)
{
	struct fixture *f = *state;

	assert_false(journal_is_dirty(f->journal));
	add(f, "A", "one");
	add(f, "B", "");
	assert_true(journal_is_dirty(f->journal));
	assert_int_equal(journal_sync(f->journal), 0);
	assert_false(journal_is_dirty(f->journal));
	add(f, "C", "three");
	assert_true(journal_has(f->journal, "B"));
	assert_int_equal(journal_done(f->journal, "B"), 0);
	assert_int_equal(journal_done(f->journal, "never"), 0);
	assert_false(journal_has(f->journal, "B"));
	/* No sync: the process has died, not the machine. */
	reopen(f);
	assert_string_equal(replay(f), "A=one C=three ");
	assert_int_equal(f->damaged, 0);
	/* Replaying changes nothing; resetting does. */
	assert_string_equal(replay(f), "A=one C=three ");
	assert_int_equal(journal_reset(f->journal), 0);
	reopen(f);
	assert_string_equal(replay(f), "");
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;
	char *large = malloc(JOURNAL_MESSAGE_MAX + 1);
	char id[64];

	memset(large, 'x', JOURNAL_MESSAGE_MAX + 1);
	memset(id, 'i', sizeof(id));
	id[41] = '\0';
	assert_int_equal(
		journal_add(f->journal, "A", (struct str){large, JOURNAL_MESSAGE_MAX}),
		0);
	assert_int_equal(journal_add(f->journal, "B",
				     (struct str){large, JOURNAL_MESSAGE_MAX + 1}),
			 MCC_ETOOBIG);
	assert_int_equal(journal_add(f->journal, id, STR_LIT("x")), MCC_ETOOBIG);
	assert_false(journal_has(f->journal, id));
	reopen(f);
	assert_string_equal(replay(f), "A=xxxxxxxxxxxxxxxxxxxx ");
	free(large);
}

/* Segments fill up in turn; the older one's messages are settled before. */
static void test_turns(void **state)
{
	struct fixture *f = *state;
	size_t size = JOURNAL_MESSAGE_MAX;
	unsigned per_segment = JOURNAL_SEGMENT_BYTES / (unsigned)size;
	char *large = malloc(size);
	unsigned turns = 0;
	char id[16];

	memset(large, 'x', size);
	for (unsigned n = 0; n < 4 * per_segment; n++) {
		snprintf(id, sizeof(id), "M%u", n);
		f->settled.len = 0;
		assert_int_equal(journal_add(f->journal, id, (struct str){large, size}),
				 0);
		/* Every other one is delivered at once. */
		if (n % 2)
			assert_int_equal(journal_done(f->journal, id), 0);
		if (f->settled.len == 0)
			continue;
		turns++;
		strbuf_addc(&f->settled, '\0');
		assert_non_null(strstr(f->settled.ptr, "M"));
		assert_null(strstr(f->settled.ptr, "M1 "));
		assert_null(strstr(f->settled.ptr, id));
	}
	assert_true(turns >= 2);
	assert_false(journal_has(f->journal, "M0"));
	reopen(f);
	assert_null(strstr(replay(f), "M0="));
	assert_non_null(strstr(replay(f), "M254="));
	assert_null(strstr(f->replayed.ptr, "M255="));
	free(large);
}

/* What cannot be settled keeps its segment: nothing is written over. */
static void test_settling_fails(void **state)
{
	struct fixture *f = *state;
	size_t size = JOURNAL_MESSAGE_MAX;
	char *large = malloc(size);
	int status = 0;
	char id[16];

	memset(large, 'x', size);
	f->settle_status = MCC_EIO;
	for (unsigned n = 0; status == 0 && n < 200; n++) {
		snprintf(id, sizeof(id), "M%u", n);
		status = journal_add(f->journal, id, (struct str){large, size});
	}
	assert_int_equal(status, MCC_EIO);
	assert_false(journal_has(f->journal, id));
	reopen(f);
	assert_non_null(strstr(replay(f), "M0="));
	assert_null(strstr(f->replayed.ptr, id));
	free(large);
}

static void test_sync_fails(void **state)
{
	struct fixture *f = *state;

	add(f, "A", "one");
	assert_int_equal(journal_sync(f->journal), 0);
	add(f, "B", "two");
	failing_sync = 1;
	assert_int_equal(journal_sync(f->journal), MCC_EIO);
	strbuf_addc(&f->settled, '\0');
	assert_string_equal(f->settled.ptr, "A B ");
	assert_int_equal(journal_add(f->journal, "C", STR_LIT("x")), MCC_EUNAVAIL);
	assert_int_equal(journal_sync(f->journal), 0);
	assert_int_equal(journal_done(f->journal, "A"), 0);
	reopen(f);
	assert_string_equal(replay(f), "");
}

static void patch(struct fixture *f, off_t at, char mask)
{
	int fd = openat(f->fd, "1", O_RDWR);
	char c;

	assert_int_equal(pread(fd, &c, 1, at), 1);
	c = (char)(c ^ mask);
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

/* Three groups of one record each; any bit of the second costs only that. */
static void test_every_flipped_bit(void **state)
{
	struct fixture *f = *state;
	size_t size = JOURNAL_RECORD_SIZE + 2 + 3;

	for (unsigned i = 0; i < 3; i++) {
		add(f, (const char *[]){"A", "B", "C"}[i], "xyz");
		assert_int_equal(journal_sync(f->journal), 0);
	}
	for (size_t at = 0; at < size; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			off_t where = 2 * JOURNAL_BLOCK + (off_t)at;

			patch(f, where, (char)(1 << bit));
			reopen(f);
			assert_string_equal(replay(f), "A=xyz C=xyz ");
			/* Magic or epoch: no record, and no sign of one. */
			assert_int_equal(f->damaged,
					 at < 4 || (at >= 8 && at < 16) ? 0 : 1);
			patch(f, where, (char)(1 << bit));
		}
	}
}

static void test_every_cut(void **state)
{
	struct fixture *f = *state;
	size_t size = JOURNAL_RECORD_SIZE + 2 + 3;
	char zeros[64] = {0};
	char bytes[64];
	int fd = openat(f->fd, "1", O_RDWR);

	add(f, "A", "xyz");
	add(f, "B", "xyz");
	assert_int_equal(journal_sync(f->journal), 0);
	assert_int_equal(pread(fd, bytes, size, JOURNAL_BLOCK + (off_t)size),
			 (ssize_t)size);
	for (size_t len = 0; len <= size; len++) {
		off_t at = JOURNAL_BLOCK + (off_t)size;

		assert_int_equal(pwrite(fd, zeros, size, at), (ssize_t)size);
		assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
		reopen(f);
		assert_string_equal(replay(f), len == size ? "A=xyz B=xyz " : "A=xyz ");
	}
	close(fd);
}

/* Content that looks like a record of this very journal, but for the number
 * that nobody outside knows. */
static void test_forged_record(void **state)
{
	struct fixture *f = *state;
	struct journal_record record = {JOURNAL_MESSAGE, STR_LIT("EVIL"),
					STR_LIT("evil")};
	char *image = calloc(1, 3 * JOURNAL_BLOCK);

	for (size_t at = 0; at + 64 < 3 * JOURNAL_BLOCK; at += 64) {
		journal_record_write(&record, 0, image + at);
		memcpy(image + at + JOURNAL_RECORD_SIZE, "EVIL\0evil", 9);
	}
	assert_int_equal(
		journal_add(f->journal, "A", (struct str){image, 3 * JOURNAL_BLOCK}), 0);
	assert_int_equal(journal_sync(f->journal), 0);
	/* Its own record is lost, so that the blocks inside it are looked at. */
	patch(f, JOURNAL_BLOCK + JOURNAL_RECORD_SIZE, 1);
	reopen(f);
	assert_string_equal(replay(f), "");
	free(image);
}

static void test_heads(void **state)
{
	struct fixture *f = *state;
	char newer[JOURNAL_HEAD_SIZE];
	struct journal_head head = {1, 2};
	size_t damaged;
	int fd;

	add(f, "A", "one");
	assert_int_equal(journal_sync(f->journal), 0);
	patch(f, 0, 1);
	reopen(f);
	assert_string_equal(replay(f), "");
	assert_int_equal(f->damaged, 1);
	journal_head_write(&head, newer);
	newer[16]++;
	fd = openat(f->fd, "1", O_RDWR);
	assert_int_equal(pwrite(fd, newer, sizeof(newer), 0), JOURNAL_HEAD_SIZE);
	assert_int_equal(journal_replay(f->journal, replayed, f, &damaged),
			 MCC_EUNSUPPORTED);
	assert_int_equal(ftruncate(fd, 100), 0);
	close(fd);
	reopen(f);
	assert_string_equal(replay(f), "");
	assert_int_equal(journal_reset(f->journal), 0);
	add(f, "B", "two");
	reopen(f);
	assert_string_equal(replay(f), "B=two ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settling_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sync_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_flipped_bit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_heads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
