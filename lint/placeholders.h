/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that stand for something somebody should have written. */
#ifndef MCC_LINT_PLACEHOLDERS_H
#define MCC_LINT_PLACEHOLDERS_H

#include <stdbool.h>

#include "base/str.h"

/* A host, address or path such as "mail.yourdomain.com", "xxx.xxx.xxx.xxx". */
bool placeholder_is_word(struct str word);

#endif
