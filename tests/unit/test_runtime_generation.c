/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Publishing generations: all or nothing, whatever happens in between, and
 * no damage to one goes unnoticed.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/bdb_write.h"
#include "runtime/config.h"
#include "runtime/config_rows.h"
#include "runtime/generation.h"

struct fixture {
	struct arena *arena;
	char dir[64];
	char out[96];
	char err[512];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new(0);
	snprintf(f->dir, sizeof(f->dir), "/tmp/test_generation.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->out, sizeof(f->out), "%s/out", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int status = fs_remove_tree(AT_FDCWD, f->dir);

	arena_free(f->arena);
	free(f);
	return status;
}

static const char *path_of(const struct fixture *f, const char *rest)
{
	return arena_printf(f->arena, "%s/%s", f->out, rest);
}

static void write_table(const struct generation_writer *writer)
{
	const struct bdb_row row = {STR_LIT("postmaster"), STR_LIT("alice")};
	struct bdb_target target = {.dirfd = generation_maps_dirfd(writer),
				    .name = "aliases.db",
				    .mode = 0644};

	assert_int_equal(bdb_write(&target, BDB_HASH, &row, 1), MCC_OK);
}

static void write_runtime(struct fixture *f, const struct generation_writer *writer,
			  const char *hostname)
{
	struct rt_config config = {.mcc_version = "1", .postfix = "3.11"};
	struct rt_map_ref ref = {
		.name = "hash:/etc/aliases", .type = "hash", .path = "maps/aliases.db"};
	char digest[DIGEST_HEX_SIZE];
	size_t size;
	int fd = openat(generation_maps_dirfd(writer), "aliases.db", O_RDONLY);

	assert_int_equal(digest_fd(fd, &size, digest), MCC_OK);
	close(fd);
	for (size_t i = 0; i < rt_setting_row_count(); i++)
		if (rt_setting_row(i)->kind == RT_KIND_STR)
			*(const char **)rt_setting_field(&config.settings,
							 rt_setting_row(i)) = "";
	ref.sha256 = digest;
	config.settings.myhostname = hostname;
	config.maps = &ref;
	config.map_count = 1;
	assert_int_equal(fs_write_file(generation_dirfd(writer), "runtime.json",
				       rt_config_write(f->arena, &config), 0644),
			 MCC_OK);
}

/* A whole generation; its name, or NULL when it could not be published. */
static const char *publish(struct fixture *f, const char *hostname)
{
	static const struct manifest_file sources[] = {
		{"main.cf", "00", 3}, {"aliases", "11", 4}, {"main.cf", "00", 3}};
	struct generation_writer *writer = NULL;
	const char *name = NULL;

	if (generation_begin(f->arena, f->out, &writer, f->err, sizeof(f->err)))
		return NULL;
	write_table(writer);
	write_runtime(f, writer, hostname);
	if (generation_commit(writer, "1", sources, 3, &name, f->err, sizeof(f->err)))
		return NULL;
	return name;
}

/* The current generation's host name, or NULL when it is refused. */
static const char *current_host(struct fixture *f)
{
	struct rt_config *config = NULL;
	const char *name = NULL;
	int fd = -1;

	if (generation_open(f->arena, path_of(f, "current"), &fd, &config, &name, f->err,
			    sizeof(f->err)))
		return NULL;
	close(fd);
	return config->settings.myhostname;
}

static size_t count_generations(const struct fixture *f)
{
	FILE *ls = popen(arena_printf(f->arena, "ls -A %s/generations | wc -l", f->out),
			 "r");
	unsigned long n = 0;

	assert_int_equal(fscanf(ls, "%lu", &n), 1);
	pclose(ls);
	return n;
}

static void test_publish_and_open(void **state)
{
	struct fixture *f = *state;
	const char *name = publish(f, "one.example");

	assert_non_null(name);
	assert_memory_equal(name, "000001-", 7);
	assert_int_equal(strlen(name), 7 + 12);
	assert_string_equal(current_host(f), "one.example");
	assert_memory_equal(publish(f, "two.example"), "000002-", 7);
	assert_string_equal(current_host(f), "two.example");
}

static void test_same_content_is_not_published_again(void **state)
{
	struct fixture *f = *state;
	const char *first = publish(f, "one.example");

	assert_string_equal(publish(f, "one.example"), first);
	assert_int_equal(count_generations(f), 1);
}

static void test_damaged_current_is_published_again(void **state)
{
	struct fixture *f = *state;
	int fd;

	publish(f, "one.example");
	fd = open(path_of(f, "current/maps/aliases.db"), O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, 5000), 1);
	close(fd);
	assert_null(current_host(f));
	assert_memory_equal(publish(f, "one.example"), "000002-", 7);
	assert_string_equal(current_host(f), "one.example");
}

static void test_keeps_a_few(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= LIMIT_GENERATIONS + 1; i++) {
		assert_non_null(publish(f, arena_printf(f->arena, "h%u.example", i)));
		assert_int_equal(count_generations(f),
				 i < LIMIT_GENERATIONS ? i : LIMIT_GENERATIONS);
	}
	assert_string_equal(current_host(f), "h6.example");
}

static void test_rollback(void **state)
{
	struct fixture *f = *state;
	const char *name = NULL;
	const char *first = publish(f, "one.example");

	assert_int_equal(generation_rollback(f->arena, f->out, &name, f->err, 512),
			 MCC_ENOENT);
	assert_non_null(strstr(f->err, "there is no generation before"));
	publish(f, "two.example");
	assert_int_equal(generation_rollback(f->arena, f->out, &name, f->err, 512),
			 MCC_OK);
	assert_string_equal(name, first);
	assert_string_equal(current_host(f), "one.example");
	assert_memory_equal(publish(f, "three.example"), "000003-", 7);
}

static void test_rollback_refuses_damage(void **state)
{
	struct fixture *f = *state;
	const char *name = NULL;
	const char *first = publish(f, "one.example");

	publish(f, "two.example");
	assert_int_equal(
		truncate(path_of(f, arena_printf(f->arena, "generations/%s/runtime.json",
						 first)),
			 10),
		0);
	assert_int_equal(generation_rollback(f->arena, f->out, &name, f->err, 512),
			 MCC_EFORMAT);
	assert_non_null(strstr(f->err, "runtime.json"));
	assert_string_equal(current_host(f), "two.example");
}

static void test_abort_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct generation_writer *writer = NULL;

	publish(f, "one.example");
	assert_int_equal(generation_begin(f->arena, f->out, &writer, f->err, 512),
			 MCC_OK);
	write_table(writer);
	generation_abort(writer);
	generation_abort(NULL);
	assert_int_equal(count_generations(f), 1);
	assert_string_equal(current_host(f), "one.example");
}

/* A writer that died: its staging folder, a half-made link. */
static void test_survives_a_crash(void **state)
{
	struct fixture *f = *state;

	publish(f, "one.example");
	assert_int_equal(mkdir(path_of(f, "generations/.staging"), 0755), 0);
	assert_int_equal(mkdir(path_of(f, "generations/.staging/maps"), 0755), 0);
	assert_int_equal(close(open(path_of(f, "generations/.staging/maps/old.db"),
				    O_CREAT | O_WRONLY, 0600)),
			 0);
	assert_int_equal(symlink("nowhere", path_of(f, ".current-new")), 0);
	assert_string_equal(current_host(f), "one.example");
	assert_memory_equal(publish(f, "two.example"), "000002-", 7);
	assert_string_equal(current_host(f), "two.example");
	assert_int_equal(count_generations(f), 2);
	assert_int_not_equal(access(path_of(f, "current/maps/old.db"), F_OK), 0);
}

static void test_one_writer_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct generation_writer *writer = NULL;
	struct generation_writer *second = NULL;

	assert_int_equal(generation_begin(f->arena, f->out, &writer, f->err, 512),
			 MCC_OK);
	assert_int_equal(generation_begin(f->arena, f->out, &second, f->err, 512),
			 MCC_EUNAVAIL);
	assert_non_null(strstr(f->err, "another mcc build"));
	generation_abort(writer);
	assert_non_null(publish(f, "one.example"));
}

/* Every byte of the JSON files and a sample of the database's. */
static void test_one_flipped_bit(void **state)
{
	static const char *const files[] = {"manifest.json", "runtime.json",
					    "maps/aliases.db"};
	struct fixture *f = *state;

	publish(f, "one.example");
	for (size_t i = 0; i < array_len(files); i++) {
		const char *path =
			path_of(f, arena_printf(f->arena, "current/%s", files[i]));
		int fd = open(path, O_RDWR);
		off_t size = lseek(fd, 0, SEEK_END);
		unsigned char byte;

		for (off_t at = 0; at < size; at += i == 0 ? 1 : 13) {
			unsigned char flipped;

			assert_int_equal(pread(fd, &byte, 1, at), 1);
			flipped = (unsigned char)(byte ^ (1u << (at % 8)));
			assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
			assert_null(current_host(f));
			assert_non_null(strstr(f->err, files[i]));
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		}
		close(fd);
		assert_string_equal(current_host(f), "one.example");
	}
}

static void test_missing_and_replaced_files(void **state)
{
	struct fixture *f = *state;
	const char *table;

	publish(f, "one.example");
	table = path_of(f, "current/maps/aliases.db");
	assert_int_equal(rename(table, path_of(f, "kept")), 0);
	assert_null(current_host(f));
	assert_non_null(strstr(f->err, "maps/aliases.db: no such file"));
	/* The right bytes behind a symlink are not part of the generation. */
	assert_int_equal(symlink(path_of(f, "kept"), table), 0);
	assert_null(current_host(f));
	assert_int_equal(unlink(table), 0);
	assert_int_equal(mkdir(table, 0755), 0);
	assert_null(current_host(f));
	assert_int_equal(rmdir(table), 0);
	assert_int_equal(mkfifo(table, 0644), 0);
	assert_null(current_host(f));
	assert_int_equal(unlink(path_of(f, "current/manifest.json")), 0);
	assert_null(current_host(f));
	assert_non_null(strstr(f->err, "manifest.json: no such file"));
}

/* On a file system of 64 KiB: a clear error, and the old one in force. */
static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	const char *name;

	assert_int_equal(mkdir(f->out, 0755), 0);
	if (geteuid() != 0 || mount("tmpfs", f->out, "tmpfs", 0, "size=128k") != 0)
		skip();
	name = publish(f, "one.example");
	if (name) {
		int fd = open(path_of(f, "ballast"), O_CREAT | O_WRONLY, 0600);
		static const char block[4096];

		while (write(fd, block, sizeof(block)) > 0)
			;
		close(fd);
		struct generation_writer *writer = NULL;
		const struct bdb_row row = {STR_LIT("a"), STR_LIT("b")};
		int status = generation_begin(f->arena, f->out, &writer, f->err, 512);

		if (status == MCC_OK) {
			struct bdb_target target = {.dirfd =
							    generation_maps_dirfd(writer),
						    .name = "a.db",
						    .mode = 0644};

			status = bdb_write(&target, BDB_HASH, &row, 1);
			generation_abort(writer);
		}
		if (status == MCC_OK || strcmp(current_host(f), "one.example") != 0)
			name = NULL;
		assert_int_equal(status, MCC_ENOSPC);
	}
	assert_int_equal(umount(f->out), 0);
	assert_non_null(name);
}

static void test_out_is_no_folder(void **state)
{
	struct fixture *f = *state;
	struct generation_writer *writer = NULL;

	assert_int_equal(close(open(f->out, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_not_equal(generation_begin(f->arena, f->out, &writer, f->err, 512),
			     MCC_OK);
	assert_non_null(strstr(f->err, f->out));
	assert_int_not_equal(
		generation_begin(f->arena, "/none/at/all", &writer, f->err, 512), MCC_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_publish_and_open),
		CASE(test_same_content_is_not_published_again),
		CASE(test_damaged_current_is_published_again),
		CASE(test_keeps_a_few),
		CASE(test_rollback),
		CASE(test_rollback_refuses_damage),
		CASE(test_abort_leaves_nothing),
		CASE(test_survives_a_crash),
		CASE(test_one_writer_at_a_time),
		CASE(test_one_flipped_bit),
		CASE(test_missing_and_replaced_files),
		CASE(test_full_disk),
		CASE(test_out_is_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
