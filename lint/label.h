/* SPDX-License-Identifier: BSD-2-Clause */
/* Syntax of host names, with words for what is wrong. */
#ifndef MCC_LINT_LABEL_H
#define MCC_LINT_LABEL_H

#include "base/str.h"

/* NULL when the name is a legal host name (RFC 1123 2.1, RFC 1035 2.3.4), else
 * a static text such as "a label is longer than 63 bytes". */
const char *label_problem(struct str name);

#endif
