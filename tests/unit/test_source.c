/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading sources from awkward files; lines, columns and spans. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"

struct fixture {
	struct arena *arena;
	struct source_set *set;
	char dir[64];
	int fd;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new(0);
	f->set = source_set_new(f->arena);
	snprintf(f->dir, sizeof(f->dir), "/tmp/mcc-source-XXXXXX");
	if (!mkdtemp(f->dir) || fs_open_dir(AT_FDCWD, f->dir, false, &f->fd))
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	close(f->fd);
	if (fs_remove_tree(AT_FDCWD, f->dir))
		return -1;
	free(f);
	return 0;
}

static char *path_of(struct fixture *f, const char *name)
{
	return arena_printf(f->arena, "%s/%s", f->dir, name);
}

static char *write_file(struct fixture *f, const char *name, struct str text)
{
	assert_int_equal(fs_write_file(f->fd, name, text, 0644), MCC_OK);
	return path_of(f, name);
}

static void test_reads_and_remembers(void **state)
{
	struct fixture *f = *state;
	char *path = write_file(f, "main.cf", STR_LIT("a = b\0c\n"));
	const struct source *one = NULL;
	const struct source *two = NULL;

	assert_int_equal(source_add_file(f->set, path, "main.cf", &one), MCC_OK);
	assert_string_equal(one->path, "main.cf");
	assert_string_equal(one->fs_path, path);
	assert_true(str_eq(one->text, STR_LIT("a = b\0c\n")));
	assert_int_equal(one->id, 1);
	/* Another reading gives the same source, even when it is gone. */
	assert_int_equal(unlinkat(f->fd, "main.cf", 0), 0);
	assert_int_equal(source_add_file(f->set, path, "other", &two), MCC_OK);
	assert_ptr_equal(one, two);
	assert_int_equal(source_count(f->set), 1);
	assert_ptr_equal(source_get(f->set, 1), one);
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;
	const struct source *src = NULL;

	assert_int_equal(mkfifoat(f->fd, "fifo", 0600), 0);
	assert_int_equal(symlinkat("loop", f->fd, "loop"), 0);
	/* No writer has the FIFO open: a plain open would wait forever. */
	assert_int_equal(source_add_file(f->set, path_of(f, "fifo"), NULL, &src),
			 MCC_ENOTREG);
	assert_int_equal(source_add_file(f->set, "/dev/null", NULL, &src), MCC_ENOTREG);
	assert_int_equal(source_add_file(f->set, f->dir, NULL, &src), MCC_EISDIR);
	assert_int_equal(source_add_file(f->set, path_of(f, "none"), NULL, &src),
			 MCC_ENOENT);
	assert_int_equal(source_add_file(f->set, path_of(f, "fifo/x"), NULL, &src),
			 MCC_ENOENT);
	assert_int_equal(source_add_file(f->set, path_of(f, "loop"), NULL, &src),
			 MCC_EINVAL);
	assert_null(src);
	assert_int_equal(source_count(f->set), 0);
}

static void test_unreadable(void **state)
{
	struct fixture *f = *state;
	char *path = write_file(f, "secret", STR_LIT("x"));
	const struct source *src = NULL;

	uid_t uid = geteuid();
	int status;

	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(f->dir, 0755), 0);
	/* Root reads everything, so be somebody else for a moment. */
	if (uid == 0)
		assert_int_equal(seteuid(65534), 0);
	status = source_add_file(f->set, path, NULL, &src);
	if (uid == 0)
		assert_int_equal(seteuid(uid), 0);
	assert_int_equal(status, MCC_EACCES);
}

static void test_size_zero_files_of_proc(void **state)
{
	struct fixture *f = *state;
	const struct source *src = NULL;

	if (access("/proc/self/status", R_OK) < 0)
		skip();
	assert_int_equal(source_add_file(f->set, "/proc/self/status", NULL, &src),
			 MCC_OK);
	assert_true(src->text.len > 100);
	/* Larger than the first guess, which is all that its size gives. */
	assert_int_equal(source_add_file(f->set, "/proc/self/smaps", NULL, &src), MCC_OK);
	assert_true(src->text.len > 8192);
	assert_int_equal(strlen(src->text.ptr), src->text.len);
}

static void test_cap_of_files_that_hide_their_size(void **state)
{
	struct fixture *f = *state;
	struct str text = {NULL, 0};

	if (access("/proc/self/smaps", R_OK) < 0)
		skip();
	assert_int_equal(
		fs_read_file(f->arena, AT_FDCWD, "/proc/self/smaps", 5000, &text),
		MCC_ETOOBIG);
	assert_null(text.ptr);
}

static void test_cap_of_reading(void **state)
{
	struct fixture *f = *state;
	char *path = write_file(f, "ten", STR_LIT("0123456789"));
	struct str text = {NULL, 0};

	assert_int_equal(fs_read_file(f->arena, AT_FDCWD, path, 9, &text), MCC_ETOOBIG);
	assert_null(text.ptr);
	assert_int_equal(fs_read_file(f->arena, AT_FDCWD, path, 10, &text), MCC_OK);
	assert_true(str_eqc(text, "0123456789"));
	assert_int_equal(text.ptr[10], '\0');
}

static void test_too_large_is_not_read(void **state)
{
	struct fixture *f = *state;
	char *path = write_file(f, "big", STR_LIT("x"));
	const struct source *src = NULL;

	/* Sparse: takes no room on the disk, and must take none here. */
	assert_int_equal(truncate(path, (off_t)LIMIT_SOURCE_FILE + 1), 0);
	assert_int_equal(source_add_file(f->set, path, NULL, &src), MCC_ETOOBIG);
	assert_true(arena_used(f->arena) < 1 << 20);
}

static void test_capped_arena(void **state)
{
	struct fixture *f = *state;
	char *path = write_file(f, "ten", STR_LIT("0123456789"));
	struct arena *small = arena_new(100);
	struct str text = {NULL, 0};

	assert_int_equal(fs_read_file(small, AT_FDCWD, path, 1000, &text), MCC_ENOMEM);
	assert_null(text.ptr);
	arena_free(small);
}

static void expect_position(const struct source *src, uint32_t offset, uint32_t line,
			    uint32_t column)
{
	struct position pos = source_position(src, offset);

	assert_int_equal(pos.line, line);
	assert_int_equal(pos.column, column);
}

static void test_positions(void **state)
{
	struct fixture *f = *state;
	const struct source *src =
		source_add_text(f->set, "<stdin>", STR_LIT("ab\n\ncd\r\ne"));

	assert_null(src->fs_path);
	expect_position(src, 0, 1, 1);
	expect_position(src, 2, 1, 3); /* the line end belongs to its line */
	expect_position(src, 3, 2, 1);
	expect_position(src, 4, 3, 1);
	expect_position(src, 7, 3, 4);
	expect_position(src, 8, 4, 1);
	expect_position(src, 9, 4, 2);
	expect_position(src, UINT32_MAX, 4, 2); /* past the end: the end */
	assert_true(str_eqc(source_line(src, 1), "ab"));
	assert_true(str_eqc(source_line(src, 2), ""));
	assert_true(str_eqc(source_line(src, 3), "cd"));
	assert_true(str_eqc(source_line(src, 4), "e"));
	assert_int_equal(source_line(src, 0).len, 0);
	assert_int_equal(source_line(src, 5).len, 0);
}

static void test_positions_at_ends(void **state)
{
	struct fixture *f = *state;
	const struct source *empty = source_add_text(f->set, "e", STR_LIT(""));
	const struct source *line = source_add_text(f->set, "l", STR_LIT("a\n"));
	const struct source *lone = source_add_text(f->set, "r", STR_LIT("a\rb\r"));

	expect_position(empty, 0, 1, 1);
	assert_int_equal(source_line(empty, 1).len, 0);
	expect_position(line, 2, 2, 1);
	assert_int_equal(source_line(line, 2).len, 0);
	/* A carriage return alone ends no line. */
	expect_position(lone, 3, 1, 4);
}

static void test_positions_of_many_lines(void **state)
{
	struct fixture *f = *state;
	struct strbuf buf;
	const struct source *src;
	uint32_t offset = 0;

	strbuf_init(&buf, 1 << 20);
	for (unsigned i = 0; i < 5000; i++)
		strbuf_addf(&buf, "%*s\n", (int)(i % 13), "");
	src = source_add_text(f->set, "many", strbuf_view(&buf));
	for (uint32_t i = 0; i < 5000; i++) {
		expect_position(src, offset, i + 1, 1);
		expect_position(src, offset + i % 13, i + 1, i % 13 + 1);
		offset += i % 13 + 1;
	}
	strbuf_fini(&buf);
}

static void test_spans(void **state)
{
	struct fixture *f = *state;
	const struct source *src = source_add_text(f->set, "x", STR_LIT("hello world"));
	struct span a = {src->id, 0, 5};
	struct span b = {src->id, 6, 11};
	struct span joined = span_join(b, a);

	assert_true(str_eqc(source_span_text(f->set, b), "world"));
	assert_int_equal(source_span_text(f->set, SPAN_NONE).len, 0);
	assert_int_equal(joined.lo, 0);
	assert_int_equal(joined.hi, 11);
	assert_int_equal(span_join(SPAN_NONE, b).lo, 6);
	assert_int_equal(span_join(a, SPAN_NONE).hi, 5);
	/* A span past the end is clamped, not read. */
	assert_true(str_eqc(source_span_text(f->set, (struct span){src->id, 6, 99}),
			    "world"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads_and_remembers),
		TEST(test_refusals),
		TEST(test_unreadable),
		TEST(test_size_zero_files_of_proc),
		TEST(test_cap_of_files_that_hide_their_size),
		TEST(test_cap_of_reading),
		TEST(test_too_large_is_not_read),
		TEST(test_capped_arena),
		TEST(test_positions),
		TEST(test_positions_at_ends),
		TEST(test_positions_of_many_lines),
		TEST(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
