/* SPDX-License-Identifier: BSD-2-Clause */
/* The log: one line per event whatever the text, bounded, level respected. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"

static char got[3 * LIMIT_LOG_LINE];

/* A log into a file; what it holds is in `got` after finish(). */
static int start(enum log_level level)
{
	char path[] = "/tmp/mcc-log-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	log_open("mccd/test", fd, level);
	return fd;
}

static void finish(int fd)
{
	ssize_t n = pread(fd, got, sizeof(got) - 1, 0);

	assert_true(n >= 0);
	got[n] = '\0';
	close(fd);
	log_open("mcc", STDERR_FILENO, LOG_LEVEL_INFO);
}

static void test_form(void **state)
{
	int fd = start(LOG_LEVEL_INFO);
	char expected[64];
	int year;

	(void)state;
	log_info("hello %d", 42);
	finish(fd);
	snprintf(expected, sizeof(expected), "Z mccd/test[%ld]: info: hello 42\n",
		 (long)getpid());
	assert_non_null(strstr(got, expected));
	assert_int_equal(sscanf(got, "%4d-", &year), 1);
	assert_true(year >= 2024);
	assert_int_equal(strlen(got),
			 strlen("2024-01-01T00:00:00.000") + strlen(expected));
}

static void test_level(void **state)
{
	int fd = start(LOG_LEVEL_WARN);

	(void)state;
	log_error("one");
	log_warn("two");
	log_info("three");
	log_debug("four");
	finish(fd);
	assert_non_null(strstr(got, "error: one\n"));
	assert_non_null(strstr(got, "warning: two\n"));
	assert_null(strstr(got, "three"));
	assert_null(strstr(got, "four"));
}

static void test_nobody_forges_a_line(void **state)
{
	int fd = start(LOG_LEVEL_INFO);

	(void)state;
	log_info("from=<%s>", "x>\n2026-01-01 forged\r\033[2J\x7f");
	finish(fd);
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
	assert_non_null(strstr(got, "from=<x>?2026-01-01 forged??[2J?>\n"));
}

static void test_long_text_is_cut(void **state)
{
	int fd = start(LOG_LEVEL_INFO);
	char text[2 * LIMIT_LOG_LINE];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	log_info("next");
	finish(fd);
	assert_true(strchr(got, '\n') - got < LIMIT_LOG_LINE);
	assert_true(strchr(got, '\n') - got > LIMIT_LOG_LINE - 10);
	assert_non_null(strstr(got, "info: next\n"));
}

static void test_errno(void **state)
{
	int fd = start(LOG_LEVEL_INFO);
	char expected[128];

	(void)state;
	errno = ENOSPC;
	log_write_errno(LOG_LEVEL_ERROR, "queue %s", "full");
	assert_int_equal(errno, ENOSPC);
	finish(fd);
	snprintf(expected, sizeof(expected), "error: queue full: %s\n", strerror(ENOSPC));
	assert_non_null(strstr(got, expected));
}

static void test_clean(void **state)
{
	char out[6];

	(void)state;
	assert_string_equal(log_clean(STR_LIT("a\0b\tc"), out, sizeof(out)), "a?b?c");
	assert_string_equal(log_clean(STR_LIT("abcdefgh"), out, sizeof(out)), "abcde");
	assert_string_equal(log_clean(STR_LIT("abc"), out, 1), "");
	assert_string_equal(log_clean(str_of(NULL), out, sizeof(out)), "");
	/* UTF-8 stays. */
	assert_string_equal(log_clean(STR_LIT("\xc3\xa9"), out, sizeof(out)), "\xc3\xa9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_nobody_forges_a_line),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
