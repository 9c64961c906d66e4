/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 against FIPS 180-4's examples; from a file, whatever its offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/status.h"

static const char abc[] =
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char million[] =
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void test_examples(void **state)
{
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	digest_hex(STR_LIT("abc"), hex);
	assert_string_equal(hex, abc);
	digest_hex(str_of(NULL), hex);
	assert_string_equal(
		hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_file(void **state)
{
	char path[] = "/tmp/mcc-digest-XXXXXX";
	int fd = mkstemp(path);
	char *text = malloc(1000000);
	char hex[DIGEST_HEX_SIZE];
	size_t size = 0;

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	memset(text, 'a', 1000000);
	/* The offset is at the end after this. */
	assert_int_equal(fs_write_all(fd, text, 1000000), MCC_OK);
	free(text);
	assert_int_equal(digest_fd(fd, &size, hex), MCC_OK);
	assert_int_equal(size, 1000000);
	assert_string_equal(hex, million);
	close(fd);
}

static void test_no_file(void **state)
{
	char hex[DIGEST_HEX_SIZE] = "untouched";
	size_t size = 7;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_not_equal(digest_fd(fds[0], &size, hex), MCC_OK);
	assert_int_not_equal(digest_fd(-1, &size, hex), MCC_OK);
	assert_int_equal(size, 7);
	assert_string_equal(hex, "untouched");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
