/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks, one per subject, each in lint/<subject>.c. */
#ifndef MCC_LINT_CHECKS_H
#define MCC_LINT_CHECKS_H

struct diag_queue;
struct site;

#define CHECK(function) void function(const struct site *site, struct diag_queue *diags);
#include "lint/checks.def"
#undef CHECK

#endif
