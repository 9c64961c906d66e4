/* SPDX-License-Identifier: BSD-2-Clause */
/* Maildir delivery into a folder of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "mccd/maildir.h"

struct fixture {
	char dir[64];
	int base;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/test_maildir.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->base = open(f->dir, O_RDONLY | O_DIRECTORY);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->base);
	assert_int_equal(fs_remove_tree(AT_FDCWD, f->dir), 0);
	free(f);
	return 0;
}

/* The content in an unlinked file, behind 5 bytes that are not of it. */
static struct maildir_job job_of(const char *content, size_t len)
{
	struct maildir_job job = {
		.text.content_fd = memfd_create("content", 0),
		.text.content_at = 5,
		.text.content_size = len,
		.text.sender = "s@z.example",
		.text.recipient = "u@x.example",
		.text.original = "alias@x.example",
		.queue_id = "Q1",
		.hostname = "mail.example",
		.arrived = 1700000000,
	};

	assert_int_equal(write(job.text.content_fd, "junk\n", 5), 5);
	assert_int_equal(write(job.text.content_fd, content, len), (ssize_t)len);
	return job;
}

static int open_maildir(struct fixture *f, const char *path)
{
	struct deliver_result result;
	int fd = -1;

	if (!maildir_open(f->base, path, &fd, &result))
		fail_msg("%s: %s", path, result.text);
	return fd;
}

static unsigned count_files(int dirfd, const char *folder, char last[256])
{
	DIR *dir = fdopendir(openat(dirfd, folder, O_RDONLY | O_DIRECTORY));
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(last, 256, "%s/%.240s", folder, entry->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

static void expect_file(int dirfd, const char *path, const char *want)
{
	char buf[8192] = "";
	int fd = openat(dirfd, path, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	assert_true(n >= 0);
	assert_string_equal(buf, want);
}

static void test_delivers(void **state)
{
	struct fixture *f = *state;
	struct maildir_job job = job_of(STR_LIT("Subject: x\n\nbody\n").ptr, 17);
	struct deliver_result result;
	struct stat st;
	char last[256];
	int fd = open_maildir(f, "x.example/u/");

	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DONE);
	assert_string_equal(result.dsn, "2.0.0");
	assert_int_equal(count_files(fd, "tmp", last), 0);
	assert_int_equal(count_files(fd, "cur", last), 0);
	assert_int_equal(count_files(fd, "new", last), 1);
	expect_file(fd, last,
		    "Return-Path: <s@z.example>\nX-Original-To: alias@x.example\n"
		    "Delivered-To: u@x.example\nSubject: x\n\nbody\n");
	assert_int_equal(fstatat(fd, last, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fstatat(f->base, "x.example/u/new", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(job.text.content_fd);
	close(fd);
}

static void test_repeated_delivery_makes_one_copy(void **state)
{
	struct fixture *f = *state;
	struct maildir_job job = job_of("Subject: x\n\n", 12);
	struct deliver_result result;
	char last[256];
	char seen[300];
	int fd = open_maildir(f, "u/");

	maildir_deliver(fd, &job, &result);
	maildir_deliver(fd, &job, &result); /* EEXIST in new/ */
	assert_int_equal(result.outcome, DELIVER_DONE);
	assert_int_equal(count_files(fd, "new", last), 1);
	/* The user has seen it and filed it; the crash comes to light later. */
	snprintf(seen, sizeof(seen), "cur/%s:2,S", last + 4);
	assert_int_equal(renameat(fd, last, fd, seen), 0);
	job.replay = true;
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DONE);
	assert_int_equal(count_files(fd, "new", last), 0);
	assert_int_equal(count_files(fd, "cur", last), 1);
	/* Another recipient or message is another file. */
	job.text.recipient = "v@x.example";
	maildir_deliver(fd, &job, &result);
	job.queue_id = "Q2";
	maildir_deliver(fd, &job, &result);
	assert_int_equal(count_files(fd, "new", last), 2);
	close(job.text.content_fd);
	close(fd);
}

static void test_leftover_in_tmp_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct maildir_job job = job_of("Subject: x\n\nwhole\n", 18);
	struct deliver_result result;
	char name[MAILDIR_NAME_SIZE];
	char path[300];
	char last[256];
	int fd = open_maildir(f, "u/");
	int left;

	maildir_name(&job, name);
	snprintf(path, sizeof(path), "tmp/%s", name);
	left = openat(fd, path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(left, "half", 4), 4);
	close(left);
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DONE);
	assert_int_equal(count_files(fd, "tmp", last), 0);
	assert_int_equal(count_files(fd, "new", last), 1);
	close(job.text.content_fd);
	close(fd);
}

static void test_headers(void **state)
{
	struct fixture *f = *state;
	static const char content[] =
		"return-path: <fake@x>\n\tfolded\nDelivered-To: other@x\n"
		"Return-Path-Not: kept\n\nReturn-Path: body\n";
	struct maildir_job job = job_of(content, sizeof(content) - 1);
	struct deliver_result result;
	char last[256];
	int fd = open_maildir(f, "u/");

	job.text.original = "";
	job.text.sender = "";
	job.text.recipient = "u\nEvil: 1@x";
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DONE);
	assert_int_equal(count_files(fd, "new", last), 1);
	expect_file(fd, last,
		    "Return-Path: <>\nDelivered-To: u?Evil: 1@x\nDelivered-To: other@x\n"
		    "Return-Path-Not: kept\n\nReturn-Path: body\n");
	close(job.text.content_fd);
	close(fd);
}

static void test_loop(void **state)
{
	struct fixture *f = *state;
	static const char content[] = "Received: x\nDELIVERED-TO:  U@x.Example \n\nx\n";
	struct maildir_job job = job_of(content, sizeof(content) - 1);
	struct deliver_result result;
	char last[256];
	int fd = open_maildir(f, "u/");

	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_FAILED);
	assert_string_equal(result.dsn, "5.4.6");
	assert_int_equal(count_files(fd, "new", last) + count_files(fd, "tmp", last), 0);
	close(job.text.content_fd);
	close(fd);
}

static void test_size_limit(void **state)
{
	struct fixture *f = *state;
	struct maildir_job job = job_of("Subject: x\n\n", 12);
	struct deliver_result result;
	int fd = open_maildir(f, "u/");

	job.size_limit = 11;
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_FAILED);
	assert_string_equal(result.dsn, "5.2.2");
	job.size_limit = 12;
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DONE);
	close(job.text.content_fd);
	close(fd);
}

static void test_content_cut_short(void **state)
{
	struct fixture *f = *state;
	struct maildir_job job = job_of("Subject: x\n\n", 12);
	struct deliver_result result;
	char last[256];
	int fd = open_maildir(f, "u/");

	job.text.content_size = 400000; /* the file has 12 */
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DEFERRED);
	assert_int_equal(count_files(fd, "new", last) + count_files(fd, "tmp", last), 0);
	close(job.text.content_fd);
	close(fd);
}

static void test_large_content(void **state)
{
	struct fixture *f = *state;
	size_t size = 1 << 20;
	char *content = malloc(size);
	struct maildir_job job;
	struct deliver_result result;
	struct stat st;
	char last[256];
	int fd = open_maildir(f, "u/");

	assert_non_null(content);
	for (size_t i = 0; i < size; i++) /* all of it headers */
		content[i] = i % 64 == 63 ? '\n' : 'h';
	job = job_of(content, size);
	job.text.original = "";
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DONE);
	assert_int_equal(count_files(fd, "new", last), 1);
	assert_int_equal(fstatat(fd, last, &st, 0), 0);
	assert_int_equal(st.st_size, size + strlen("Return-Path: <s@z.example>\n"
						   "Delivered-To: u@x.example\n"));
	free(content);
	close(job.text.content_fd);
	close(fd);
}

static void test_path_vectors(void **state)
{
	static const char *const good[] = {"u/", "d/u/", "a.b/..c/", "d/u/Maildir/",
					   "...x/"};
	static const char *const bad[] = {"",	     "u",      "/etc/", "../x/",
					  "d/../x/", "d/./u/", "./",	"../",
					  "d//u/",   "/",      "d/..",	"//"};
	char path[1000];

	(void)state;
	for (size_t i = 0; i < array_len(good); i++)
		assert_true(maildir_path_is_safe(good[i]));
	for (size_t i = 0; i < array_len(bad); i++)
		assert_false(maildir_path_is_safe(bad[i]));
	memset(path, 'a', 256);
	snprintf(path + 255, 2, "/");
	assert_true(maildir_path_is_safe(path));
	path[255] = 'a';
	snprintf(path + 256, 2, "/");
	assert_false(maildir_path_is_safe(path));
	path[0] = '\0';
	for (int i = 0; i <= MAILDIR_DEPTH_MAX; i++) {
		assert_true(i == 0 || maildir_path_is_safe(path));
		snprintf(path + strlen(path), 3, "a/");
	}
	assert_false(maildir_path_is_safe(path));
}

static void test_symlinks_are_not_followed(void **state)
{
	struct fixture *f = *state;
	struct maildir_job job = job_of("Subject: x\n\n", 12);
	struct deliver_result result;
	int fd;

	assert_int_equal(mkdirat(f->base, "elsewhere", 0700), 0);
	assert_int_equal(symlinkat("elsewhere", f->base, "u"), 0);
	assert_false(maildir_open(f->base, "u/", &fd, &result));
	assert_int_equal(result.outcome, DELIVER_DEFERRED);
	/* new/ is replaced once the Maildir is open. */
	fd = open_maildir(f, "v/");
	assert_int_equal(unlinkat(fd, "new", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("../elsewhere", fd, "new"), 0);
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DEFERRED);
	assert_int_equal(unlinkat(f->base, "elsewhere", AT_REMOVEDIR), 0); /* empty */
	close(job.text.content_fd);
	close(fd);
}

static void test_folder_is_a_file(void **state)
{
	struct fixture *f = *state;
	struct deliver_result result;
	int fd = openat(f->base, "u", O_WRONLY | O_CREAT, 0600);

	close(fd);
	assert_false(maildir_open(f->base, "u/", &fd, &result));
	assert_int_equal(result.outcome, DELIVER_DEFERRED);
	assert_string_equal(result.dsn, "4.2.0");
}

static void test_errno_classes(void **state)
{
	struct deliver_result result;

	(void)state;
	deliver_fail_errno(&result, EDQUOT, "x");
	assert_string_equal(result.dsn, "4.2.2");
	assert_int_equal(result.outcome, DELIVER_DEFERRED);
	deliver_fail_errno(&result, EFBIG, "x");
	assert_string_equal(result.dsn, "5.2.2");
	assert_int_equal(result.outcome, DELIVER_FAILED);
	deliver_fail_errno(&result, EACCES, "x");
	assert_int_equal(result.outcome, DELIVER_DEFERRED);
}

/* A file system of 64 KiB, where we may mount one. */
static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	static char content[100000] = "Subject: x\n\n";
	struct maildir_job job = job_of(content, sizeof(content));
	struct deliver_result result;
	char last[256];
	int base;
	int fd;

	if (mount("none", f->dir, "tmpfs", 0, "size=64k") != 0) {
		close(job.text.content_fd);
		skip();
	}
	base = open(f->dir, O_RDONLY | O_DIRECTORY);
	assert_true(maildir_open(base, "u/", &fd, &result));
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DEFERRED);
	assert_string_equal(result.dsn, "4.2.2");
	assert_int_equal(count_files(fd, "new", last) + count_files(fd, "tmp", last), 0);
	job.text.content_size = 20000;
	maildir_deliver(fd, &job, &result);
	assert_int_equal(result.outcome, DELIVER_DONE);
	close(fd);
	close(base);
	close(job.text.content_fd);
	assert_int_equal(umount(f->dir), 0);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_delivers),
		WITH_FOLDER(test_repeated_delivery_makes_one_copy),
		WITH_FOLDER(test_leftover_in_tmp_is_replaced),
		WITH_FOLDER(test_headers),
		WITH_FOLDER(test_loop),
		WITH_FOLDER(test_size_limit),
		WITH_FOLDER(test_content_cut_short),
		WITH_FOLDER(test_large_content),
		cmocka_unit_test(test_path_vectors),
		WITH_FOLDER(test_symlinks_are_not_followed),
		WITH_FOLDER(test_folder_is_a_file),
		cmocka_unit_test(test_errno_classes),
		WITH_FOLDER(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
