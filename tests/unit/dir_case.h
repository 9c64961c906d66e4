/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of files share: a folder of their own, gone afterwards. */
#ifndef MCC_TESTS_UNIT_DIR_CASE_H
#define MCC_TESTS_UNIT_DIR_CASE_H

#include "base/arena.h"

struct dir_case {
	struct arena *arena;
	char dir[64]; /* below /tmp */
	int fd;	      /* of the folder */
};

/* For cmocka_unit_test_setup_teardown(); *state is the case. */
int dir_case_setup(void **state);
int dir_case_teardown(void **state);

#endif
