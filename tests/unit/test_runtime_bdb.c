/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Database files: what is written reads back, is the same bytes everywhere,
 * passes libdb's own verifier and is what the real postmap(1) reads; what the
 * real postmap(1) writes is read; damaged files are refused or answer wrongly
 * at worst, but never crash.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "runtime/bdb_format.h"
#include "runtime/bdb_read.h"
#include "runtime/bdb_write.h"
#include "runtime/config.h"
#include "runtime/map.h"
#include "dir_case.h"

/* Exit status of a shell command in the fixture's folder. */
static int shell(const struct dir_case *f, const char *command)
{
	char *line = arena_printf(f->arena, "cd %s && { %s; } >/dev/null 2>&1", f->dir,
				  command);

	return system(line);
}

static bool have(const struct dir_case *f, const char *tool)
{
	return shell(f, arena_printf(f->arena, "command -v %s", tool)) == 0;
}

static struct str text(struct arena *arena, const char *prefix, size_t len, size_t i)
{
	char *s = arena_alloc(arena, len + 32);
	int n = snprintf(s, 32, "%s%zu", prefix, i * 2654435761u % 1000003);

	if (len > (size_t)n)
		memset(s + n, 'a' + (int)(i % 26), len - (size_t)n);
	return str_of(s);
}

/* Sizes of rows: small ones, and some about every threshold of the formats. */
static struct bdb_row *make_rows(struct arena *arena, size_t count)
{
	static const size_t sizes[] = {1,    1000, 1005, 1010, 1011, 1012, 1013,
				       1020, 1023, 1024, 1025, 3000, 4069, 4070,
				       4071, 8000, 8140, 8141, 20000};
	struct bdb_row *rows = arena_array(arena, count + 1, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		size_t key_len = i % 97 == 5 ? sizes[i / 97 % array_len(sizes)] : 0;
		size_t value_len = i % 31 == 3 ? sizes[i / 31 % array_len(sizes)] : 0;

		rows[i].key = text(arena, "key", key_len, i);
		rows[i].value = text(arena, "value", value_len, i);
	}
	return rows;
}

static void write_rows(const struct dir_case *f, const char *name, enum bdb_type type,
		       const struct bdb_row *rows, size_t count)
{
	struct bdb_target target = {.dirfd = f->fd, .name = name, .mode = 0644};

	assert_int_equal(bdb_write(&target, type, rows, count), MCC_OK);
}

static struct rt_map *open_map(const struct dir_case *f, const char *name,
			       enum bdb_type type)
{
	struct rt_map_ref ref = {.name = name,
				 .type = type == BDB_HASH ? "hash" : "btree",
				 .path = name,
				 .fold_keys = true};
	struct rt_map *map = NULL;
	char err[256] = "";

	if (rt_map_open_database(f->arena, f->fd, &ref, &map, err, sizeof(err)))
		fail_msg("%s", err);
	return map;
}

static void check_lookups(const struct dir_case *f, const char *name, enum bdb_type type,
			  const struct bdb_row *rows, size_t count)
{
	struct rt_map *map = open_map(f, name, type);
	struct str value = {NULL, 0};

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rt_map_lookup(map, rows[i].key, f->arena, &value, NULL),
				 RT_FOUND);
		assert_true(str_eq(value, rows[i].value));
	}
	assert_int_equal(rt_map_lookup(map, str_of("nosuchkey"), f->arena, &value, NULL),
			 RT_NOT_FOUND);
	assert_int_equal(rt_map_lookup(map, str_of(""), f->arena, &value, NULL),
			 RT_NOT_FOUND);
	rt_map_close(map);
}

static bool count_row(struct str key, struct str value, void *arg)
{
	size_t *count = arg;

	assert_true(key.len > 0 && key.ptr[key.len - 1] == '\0');
	assert_true(value.len > 0 && value.ptr[value.len - 1] == '\0');
	(*count)++;
	return true;
}

static void check_walk(const struct dir_case *f, const char *name, enum bdb_type type,
		       size_t count)
{
	struct bdb_file *file = NULL;
	char err[256] = "";
	size_t seen = 0;

	assert_int_equal(bdb_open(f->arena, f->fd, name, type == BDB_HASH, &file, err,
				  sizeof(err)),
			 MCC_OK);
	assert_int_equal(bdb_each(file, count_row, &seen), MCC_OK);
	assert_int_equal(seen, count);
	bdb_close(file);
}

/* postmap -s of the file, sorted, is exactly the rows. */
static void check_with_postmap(const struct dir_case *f, const char *type,
			       const struct bdb_row *rows, size_t count)
{
	struct strbuf want;

	strbuf_init(&want, 1 << 30);
	for (size_t i = 0; i < count; i++)
		strbuf_addf(&want, "%.*s\t%.*s\n", STR_ARG(rows[i].key),
			    STR_ARG(rows[i].value));
	assert_int_equal(fs_write_file(f->fd, "want", strbuf_view(&want), 0644), 0);
	strbuf_fini(&want);
	assert_int_equal(
		shell(f,
		      arena_printf(f->arena,
				   "touch main.cf && touch -d 2020-01-01 t main.cf t.db"
				   " && postmap -c . -s %s:t >got"
				   " && LC_ALL=C sort got >a && LC_ALL=C sort want >b"
				   " && cmp a b",
				   type)),
		0);
	if (count)
		assert_int_equal(
			shell(f, arena_printf(f->arena,
					      "test \"$(postmap -c . -q '%.*s' %s:t)\" ="
					      " '%.*s'",
					      STR_ARG(rows[0].key), type,
					      STR_ARG(rows[0].value))),
			0);
}

static void check_table(struct dir_case *f, enum bdb_type type, size_t count)
{
	const char *word = type == BDB_HASH ? "hash" : "btree";
	struct bdb_row *rows = make_rows(f->arena, count);

	write_rows(f, "t.db", type, rows, count);
	check_lookups(f, "t.db", type, rows, count);
	check_walk(f, "t.db", type, count);
	if (have(f, "db5.3_verify"))
		assert_int_equal(shell(f, "db5.3_verify t.db"), 0);
	assert_int_equal(shell(f, "echo >t"), 0);
	if (have(f, "postmap"))
		check_with_postmap(f, word, rows, count);
}

static void test_reads_back(void **state)
{
	static const size_t counts[] = {0, 1, 2, 3, 40, 500, 20000};

	for (size_t i = 0; i < array_len(counts); i++) {
		check_table(*state, BDB_HASH, counts[i]);
		check_table(*state, BDB_BTREE, counts[i]);
	}
}

/* Separators of a thousand bytes and more: inner pages with overflow keys. */
static void test_long_common_prefixes(void **state)
{
	struct dir_case *f = *state;
	enum { COUNT = 300, LENGTH = 3000 };
	struct bdb_row *rows = arena_array(f->arena, COUNT, sizeof(*rows));

	for (size_t i = 0; i < COUNT; i++) {
		char *key = arena_alloc(f->arena, LENGTH + 32);

		memset(key, 'k', LENGTH);
		snprintf(key + LENGTH, 32, "%zu", i);
		rows[i] = (struct bdb_row){str_of(key), str_of(key + LENGTH)};
	}
	for (int type = BDB_HASH; type <= BDB_BTREE; type++) {
		write_rows(f, "t.db", (enum bdb_type)type, rows, COUNT);
		check_lookups(f, "t.db", (enum bdb_type)type, rows, COUNT);
		if (have(f, "db5.3_verify"))
			assert_int_equal(shell(f, "db5.3_verify t.db"), 0);
	}
}

static void test_first_of_equal_keys_wins(void **state)
{
	struct dir_case *f = *state;
	const struct bdb_row rows[] = {{STR_LIT("b"), STR_LIT("1")},
				       {STR_LIT("a"), STR_LIT("2")},
				       {STR_LIT("b"), STR_LIT("3")},
				       {STR_LIT("a"), STR_LIT("4")}};

	for (int type = BDB_HASH; type <= BDB_BTREE; type++) {
		write_rows(f, "t.db", (enum bdb_type)type, rows, array_len(rows));
		check_lookups(f, "t.db", (enum bdb_type)type, rows, 2);
		check_walk(f, "t.db", (enum bdb_type)type, 2);
	}
}

static void test_same_bytes_in_any_folder(void **state)
{
	struct dir_case *f = *state;
	struct bdb_row *rows = make_rows(f->arena, 3000);

	assert_int_equal(mkdirat(f->fd, "sub", 0755), 0);
	for (int type = BDB_HASH; type <= BDB_BTREE; type++) {
		write_rows(f, "one.db", (enum bdb_type)type, rows, 3000);
		sleep(1);
		write_rows(f, "sub/two.db", (enum bdb_type)type, rows, 3000);
		assert_int_equal(shell(f, "cmp one.db sub/two.db"), 0);
	}
}

/* Tables that libdb has grown bucket by bucket. */
static void test_reads_postmaps_files(void **state)
{
	struct dir_case *f = *state;
	struct bdb_row *rows = make_rows(f->arena, 5000);
	struct strbuf source;

	if (!have(f, "postmap"))
		skip();
	strbuf_init(&source, 1 << 30);
	for (size_t i = 0; i < 5000; i++)
		strbuf_addf(&source, "%.*s %.*s\n", STR_ARG(rows[i].key),
			    STR_ARG(rows[i].value));
	assert_int_equal(fs_write_file(f->fd, "t", strbuf_view(&source), 0644), 0);
	strbuf_fini(&source);
	for (int type = BDB_HASH; type <= BDB_BTREE; type++) {
		assert_int_equal(shell(f, type == BDB_HASH
						  ? "touch main.cf; postmap -c . hash:t"
						  : "rm t.db; postmap -c . btree:t"),
				 0);
		check_lookups(f, "t.db", (enum bdb_type)type, rows, 5000);
		check_walk(f, "t.db", (enum bdb_type)type, 5000);
	}
}

static void test_refuses_other_files(void **state)
{
	struct dir_case *f = *state;
	struct bdb_file *file = NULL;
	char err[256] = "";
	const struct bdb_row row = {STR_LIT("a"), STR_LIT("b")};

	assert_int_equal(fs_write_file(f->fd, "text", str_of("hello\n"), 0644), 0);
	write_rows(f, "tree.db", BDB_BTREE, &row, 1);
	assert_int_equal(bdb_open(f->arena, f->fd, "text", true, &file, err, 256),
			 MCC_EFORMAT);
	assert_string_equal(err, "text is damaged: it is shorter than a page");
	assert_int_equal(bdb_open(f->arena, f->fd, "tree.db", true, &file, err, 256),
			 MCC_EFORMAT);
	assert_string_equal(err, "tree.db is not a Berkeley DB hash file");
	assert_int_equal(bdb_open(f->arena, f->fd, "none", true, &file, err, 256),
			 MCC_ENOENT);
	assert_int_equal(bdb_open(f->arena, f->fd, ".", true, &file, err, 256),
			 MCC_EISDIR);
}

static bool any_row(struct str key, struct str value, void *arg)
{
	(void)key;
	(void)value;
	return ++*(size_t *)arg < 10000000;
}

/* Every byte of the meta page and many others flipped, one at a time. */
static void test_survives_damage(void **state)
{
	struct dir_case *f = *state;
	struct bdb_row *rows = make_rows(f->arena, 200);
	struct str bytes = {NULL, 0};
	struct str value;
	char err[256];

	for (int type = BDB_HASH; type <= BDB_BTREE; type++) {
		struct arena *scratch = arena_new(0);
		char *copy;
		int fd;

		write_rows(f, "t.db", (enum bdb_type)type, rows, 200);
		assert_int_equal(fs_read_file(f->arena, f->fd, "t.db", 1 << 24, &bytes),
				 0);
		copy = arena_memdup0(f->arena, bytes.ptr, bytes.len);
		fd = openat(f->fd, "t.db", O_WRONLY);
		for (size_t at = 0; at < bytes.len; at += at < 256 ? 1 : 37) {
			struct bdb_file *file = NULL;
			size_t seen = 0;
			char flipped = (char)(copy[at] ^ (1 << at % 8));

			assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
			if (bdb_open(scratch, f->fd, "t.db", type == BDB_HASH, &file, err,
				     sizeof(err)) == 0) {
				(void)bdb_get(file, rows[at % 200].key, scratch, &value);
				if (bdb_each(file, any_row, &seen))
					assert_true(seen <= 10000000);
				bdb_close(file);
			}
			assert_int_equal(pwrite(fd, copy + at, 1, (off_t)at), 1);
			arena_reset(scratch);
		}
		close(fd);
		arena_free(scratch);
	}
}

/* Every bucket's chain made a circle: the walk ends, and soon. */
static void test_circular_chains(void **state)
{
	struct dir_case *f = *state;
	enum { COUNT = 20000 };
	struct bdb_row *rows = make_rows(f->arena, COUNT);
	struct bdb_file *file = NULL;
	struct str value;
	size_t seen = 0;
	char err[256];
	off_t size;
	int fd;

	write_rows(f, "t.db", BDB_HASH, rows, COUNT);
	fd = openat(f->fd, "t.db", O_RDWR);
	size = lseek(fd, 0, SEEK_END);
	for (off_t page = 1; page < size / BDB_PAGE_SIZE; page++) {
		unsigned char next[4] = {(unsigned char)page, (unsigned char)(page >> 8)};

		assert_int_equal(
			pwrite(fd, next, 4, page * BDB_PAGE_SIZE + BDB_PAGE_NEXT), 4);
	}
	close(fd);
	assert_int_equal(bdb_open(f->arena, f->fd, "t.db", true, &file, err, 256), 0);
	assert_int_equal(bdb_each(file, any_row, &seen), MCC_EFORMAT);
	assert_int_equal(bdb_get(file, STR_LIT("none"), f->arena, &value),
			 RT_LOOKUP_ERROR);
	bdb_close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads_back, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_long_common_prefixes, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_first_of_equal_keys_wins,
						dir_case_setup, dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_same_bytes_in_any_folder,
						dir_case_setup, dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_reads_postmaps_files, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_refuses_other_files, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_survives_damage, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_circular_chains, dir_case_setup,
						dir_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
