/* SPDX-License-Identifier: BSD-2-Clause */
/* How large a POSIX expression becomes, told before the C library compiles it. */
#ifndef MCC_RUNTIME_REGEX_SIZE_H
#define MCC_RUNTIME_REGEX_SIZE_H

#include <stdbool.h>

/*
 * What is wrong with the expression's size, to go on after "the expression";
 * NULL: nothing. is_extended: as regcomp(3) with REG_EXTENDED. Whether it is an
 * expression at all is for regcomp to say.
 */
const char *regex_size_fault(const char *pattern, bool is_extended);

#endif
