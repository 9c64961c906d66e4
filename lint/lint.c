/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry of checks and its runner. */
#include "lint/lint.h"

#include "base/attr.h"
#include "lint/checks.h"

static const struct lint_check checks[] = {
#define CHECK(function) {#function, function},
#include "lint/checks.def"
#undef CHECK
};

void lint_run(const struct site *site, struct diag_queue *diags)
{
	for (size_t i = 0; i < array_len(checks); i++)
		checks[i].run(site, diags);
}
