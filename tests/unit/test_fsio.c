/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing: whole or not at all. Failures are real ones: a file system that is
 * full (/dev/full, and a small tmpfs when we may mount one), a folder without
 * write permission, a name that is taken by a folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "dir_case.h"

static const char *content(struct dir_case *f, const char *name)
{
	struct str text;

	if (fs_read_file(f->arena, f->fd, name, 1 << 20, &text))
		return "<none>";
	return text.ptr;
}

/* Entries of a folder, without "." and "..". */
static int entries_of(int dirfd)
{
	DIR *dir = fdopendir(dup(dirfd));
	int count = -2;

	rewinddir(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static mode_t mode_of(struct dir_case *f, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static void test_new_and_replaced(void **state)
{
	struct dir_case *f = *state;

	assert_int_equal(fs_write_file(f->fd, "a", STR_LIT("one"), 0644), MCC_OK);
	assert_string_equal(content(f, "a"), "one");
	assert_int_equal(fs_write_file(f->fd, "a", STR_LIT(""), 0600), MCC_OK);
	assert_string_equal(content(f, "a"), "");
	assert_int_equal(mode_of(f, "a"), 0600);
	assert_int_equal(entries_of(f->fd), 1);
}

static void test_mode_ignores_umask(void **state)
{
	struct dir_case *f = *state;
	mode_t old = umask(077);

	assert_int_equal(fs_write_file(f->fd, "a", STR_LIT("x"), 0664), MCC_OK);
	umask(old);
	assert_int_equal(mode_of(f, "a"), 0664);
}

static void test_names(void **state)
{
	struct dir_case *f = *state;
	char longest[NAME_MAX + 2];
	int sub = -1;

	memset(longest, 'n', sizeof(longest));
	longest[NAME_MAX + 1] = '\0';
	assert_int_equal(fs_write_file(f->fd, "", STR_LIT("x"), 0644), MCC_EINVAL);
	assert_int_equal(fs_write_file(f->fd, ".", STR_LIT("x"), 0644), MCC_EINVAL);
	assert_int_equal(fs_write_file(f->fd, "..", STR_LIT("x"), 0644), MCC_EINVAL);
	assert_int_equal(fs_write_file(f->fd, "d/", STR_LIT("x"), 0644), MCC_EINVAL);
	assert_int_equal(fs_write_file(f->fd, "no/x", STR_LIT("x"), 0644), MCC_ENOENT);
	assert_int_equal(fs_write_file(f->fd, longest, STR_LIT("x"), 0644), MCC_EINVAL);
	assert_int_equal(entries_of(f->fd), 0);
	longest[NAME_MAX] = '\0';
	assert_int_equal(fs_write_file(f->fd, longest, STR_LIT("x"), 0644), MCC_OK);
	assert_int_equal(fs_write_file(f->fd, "b", STR_LIT("short"), 0644), MCC_OK);
	assert_int_equal(fs_open_dir(f->fd, "d", true, &sub), MCC_OK);
	assert_int_equal(fs_write_file(f->fd, "d/c", STR_LIT("deep"), 0644), MCC_OK);
	assert_string_equal(content(f, "d/c"), "deep");
	close(sub);
	assert_int_equal(entries_of(f->fd), 3);
}

static void test_absolute_path(void **state)
{
	struct dir_case *f = *state;
	char *path = arena_printf(f->arena, "%s/abs", f->dir);

	assert_int_equal(fs_write_file(AT_FDCWD, path, STR_LIT("x"), 0644), MCC_OK);
	assert_string_equal(content(f, "abs"), "x");
}

static void test_paths_without_an_entry(void **state)
{
	char path[6000];

	(void)state;
	memset(path, 'd', sizeof(path));
	path[sizeof(path) - 2] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(fs_write_file(AT_FDCWD, "/", STR_LIT("x"), 0644), MCC_EINVAL);
	assert_int_equal(fs_write_file(AT_FDCWD, "/..", STR_LIT("x"), 0644), MCC_EINVAL);
	assert_int_equal(fs_write_file(AT_FDCWD, path, STR_LIT("x"), 0644), MCC_EINVAL);
	path[sizeof(path) - 3] = '/'; /* the folder's name alone is too long */
	path[sizeof(path) - 2] = 'x';
	assert_int_equal(fs_write_file(AT_FDCWD, path, STR_LIT("x"), 0644), MCC_EINVAL);
}

static void test_unreadable_folder_is_removed_when_empty(void **state)
{
	struct dir_case *f = *state;
	uid_t uid = geteuid();
	int status;

	assert_int_equal(fchmod(f->fd, 0777), 0);
	if (uid == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(mkdirat(f->fd, "d", 0), 0);
	status = fs_remove_tree(f->fd, "d");
	if (uid == 0)
		assert_int_equal(seteuid(uid), 0);
	assert_int_equal(status, MCC_OK);
	assert_false(fs_exists(f->fd, "d"));
}

static void test_symlink_is_replaced_not_followed(void **state)
{
	struct dir_case *f = *state;
	struct stat st;

	assert_int_equal(fs_write_file(f->fd, "target", STR_LIT("keep"), 0644), MCC_OK);
	assert_int_equal(symlinkat("target", f->fd, "link"), 0);
	assert_int_equal(fs_write_file(f->fd, "link", STR_LIT("new"), 0644), MCC_OK);
	assert_string_equal(content(f, "target"), "keep");
	assert_string_equal(content(f, "link"), "new");
	assert_int_equal(fstatat(f->fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void test_symlink_in_the_way_of_the_temporary(void **state)
{
	struct dir_case *f = *state;
	char *trap = arena_printf(f->arena, ".mcc-%ld-0.tmp", (long)getpid());

	/* A name that somebody guessed: its target must stay as it is. */
	assert_int_equal(fs_write_file(f->fd, "victim", STR_LIT("keep"), 0644), MCC_OK);
	assert_int_equal(symlinkat("victim", f->fd, trap), 0);
	assert_int_equal(fs_write_file(f->fd, "a", STR_LIT("new"), 0644), MCC_OK);
	assert_string_equal(content(f, "victim"), "keep");
	assert_string_equal(content(f, "a"), "new");
}

static void test_name_taken_by_a_folder(void **state)
{
	struct dir_case *f = *state;

	assert_int_equal(mkdirat(f->fd, "d", 0755), 0);
	assert_int_equal(mkdirat(f->fd, "d/sub", 0755), 0);
	assert_int_not_equal(fs_write_file(f->fd, "d", STR_LIT("x"), 0644), MCC_OK);
	assert_true(fs_exists(f->fd, "d/sub"));
	assert_int_equal(entries_of(f->fd), 1); /* no temporary file is left */
}

static void test_unwritable_folder(void **state)
{
	struct dir_case *f = *state;
	uid_t uid = geteuid();
	int status;

	assert_int_equal(fs_write_file(f->fd, "a", STR_LIT("old"), 0644), MCC_OK);
	assert_int_equal(fchmod(f->fd, 0555), 0);
	if (uid == 0)
		assert_int_equal(seteuid(65534), 0);
	status = fs_write_file(f->fd, "a", STR_LIT("new"), 0644);
	if (uid == 0)
		assert_int_equal(seteuid(uid), 0);
	assert_int_equal(fchmod(f->fd, 0755), 0);
	assert_int_equal(status, MCC_EACCES);
	assert_string_equal(content(f, "a"), "old");
}

static void test_full_device(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(fs_write_all(fd, "x", 1), MCC_ENOSPC);
	close(fd);
}

static void test_pipe_writes_all(void **state)
{
	char big[200000];
	char got[4096];
	size_t sum = 0;
	int fds[2];
	pid_t pid;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		/* Far more than a pipe holds: write(2) is short many times. */
		close(fds[0]);
		_exit(fs_write_all(fds[1], big, sizeof(big)) ? 1 : 0);
	}
	close(fds[1]);
	for (ssize_t n; (n = read(fds[0], got, sizeof(got))) > 0;)
		sum += (size_t)n;
	close(fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(sum, sizeof(big));
}

#ifdef __linux__
/* In a process and mount namespace of its own: nothing to clean up. */
static int fill_small_disk(const char *dir)
{
	static const char big[200000];
	struct str text;
	int fd = -1;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", dir, "tmpfs", 0, "size=65536") < 0)
		return 77;
	if (fs_open_dir(AT_FDCWD, dir, false, &fd) ||
	    fs_write_file(fd, "a", STR_LIT("old"), 0644))
		return 1;
	if (fs_write_file(fd, "a", (struct str){big, sizeof(big)}, 0644) != MCC_ENOSPC)
		return 2;
	if (entries_of(fd) != 1)
		return 3;
	if (fs_read_file(arena_new(0), fd, "a", 100, &text) || !str_eqc(text, "old"))
		return 4;
	/* The room that the failed write took has been given back. */
	if (fs_write_file(fd, "b", (struct str){big, 40000}, 0644))
		return 5;
	return 0;
}

static void test_full_disk_changes_nothing(void **state)
{
	struct dir_case *f = *state;
	int wstatus = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fill_small_disk(f->dir));
	assert_int_equal(waitpid(pid, &wstatus, 0), pid);
	assert_true(WIFEXITED(wstatus));
	if (WEXITSTATUS(wstatus) == 77)
		skip(); /* may not mount */
	assert_int_equal(WEXITSTATUS(wstatus), 0);
}
#endif

static void test_open_dir(void **state)
{
	struct dir_case *f = *state;
	int fd = -1;

	assert_int_equal(fs_open_dir(f->fd, "d", false, &fd), MCC_ENOENT);
	assert_int_equal(fd, -1);
	assert_int_equal(fs_open_dir(f->fd, "d", true, &fd), MCC_OK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fs_sync_dir(fd), MCC_OK);
	close(fd);
	assert_int_equal(fs_open_dir(f->fd, "d/", true, &fd), MCC_OK);
	close(fd);
	assert_int_equal(fs_open_dir(f->fd, "x/y", true, &fd), MCC_ENOENT);
	assert_int_equal(fs_write_file(f->fd, "file", STR_LIT(""), 0644), MCC_OK);
	assert_int_equal(fs_open_dir(f->fd, "file", true, &fd), MCC_ENOENT);
	assert_int_equal(fs_sync_dir(AT_FDCWD), MCC_OK);
}

static void test_remove_tree(void **state)
{
	struct dir_case *f = *state;

	assert_int_equal(mkdirat(f->fd, "out", 0755), 0);
	assert_int_equal(fs_write_file(f->fd, "out/keep", STR_LIT("x"), 0644), MCC_OK);
	assert_int_equal(mkdirat(f->fd, "t", 0755), 0);
	assert_int_equal(mkdirat(f->fd, "t/sub", 0755), 0);
	assert_int_equal(fs_write_file(f->fd, "t/sub/a", STR_LIT("x"), 0644), MCC_OK);
	assert_int_equal(symlinkat("../out", f->fd, "t/link"), 0);
	assert_int_equal(fs_remove_tree(f->fd, "t"), MCC_OK);
	assert_false(fs_exists(f->fd, "t"));
	assert_true(fs_exists(f->fd, "out/keep"));
	assert_int_equal(fs_remove_tree(f->fd, "t"), MCC_ENOENT);
	assert_int_equal(fs_remove_tree(f->fd, "out/keep"), MCC_OK);
	assert_false(fs_exists(f->fd, "out/keep"));
}

/* `levels` folders below the first one. */
static int remove_nested(struct dir_case *f, int levels)
{
	int fd = f->fd;

	for (int i = 0; i <= levels; i++) {
		int next = -1;

		assert_int_equal(fs_open_dir(fd, "n", true, &next), MCC_OK);
		if (fd != f->fd)
			close(fd);
		fd = next;
	}
	close(fd);
	return fs_remove_tree(f->fd, "n");
}

static void test_remove_tree_at_its_limit(void **state)
{
	struct dir_case *f = *state;
	char *path = arena_strdup(f->arena, "n");

	assert_int_equal(remove_nested(f, LIMIT_TREE_DEPTH), MCC_OK);
	assert_int_equal(remove_nested(f, LIMIT_TREE_DEPTH + 1), MCC_ETOOBIG);
	/* For the teardown: one level less. */
	for (int i = 0; i <= LIMIT_TREE_DEPTH; i++)
		path = arena_printf(f->arena, "%s/n", path);
	assert_int_equal(unlinkat(f->fd, path, AT_REMOVEDIR), 0);
	assert_int_equal(fs_remove_tree(f->fd, "n"), MCC_OK);
}

static void test_errno(void **state)
{
	(void)state;
	assert_int_equal(mcc_status_from_errno(ENOSPC), MCC_ENOSPC);
	assert_int_equal(mcc_status_from_errno(EDQUOT), MCC_ENOSPC);
	assert_int_equal(mcc_status_from_errno(EPERM), MCC_EACCES);
	assert_int_equal(mcc_status_from_errno(EPROTO), MCC_EIO);
	assert_int_equal(mcc_status_from_errno(0), MCC_EIO);
	assert_string_equal(mcc_status_text(MCC_ENOTREG), "not a regular file");
	assert_string_equal(mcc_status_text(MCC_OK), "success");
	assert_string_equal(mcc_status_text(-999), "unknown error");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, dir_case_setup, dir_case_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_and_replaced),
		TEST(test_mode_ignores_umask),
		TEST(test_names),
		TEST(test_absolute_path),
		cmocka_unit_test(test_paths_without_an_entry),
		TEST(test_unreadable_folder_is_removed_when_empty),
		TEST(test_symlink_is_replaced_not_followed),
		TEST(test_symlink_in_the_way_of_the_temporary),
		TEST(test_name_taken_by_a_folder),
		TEST(test_unwritable_folder),
		cmocka_unit_test(test_full_device),
		cmocka_unit_test(test_pipe_writes_all),
#ifdef __linux__
		TEST(test_full_disk_changes_nothing),
#endif
		TEST(test_open_dir),
		TEST(test_remove_tree),
		TEST(test_remove_tree_at_its_limit),
		cmocka_unit_test(test_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
