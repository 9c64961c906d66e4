/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of restrictions share: a small site (rt_site.h) and whole
 * sessions before its policy. */
#ifndef MCC_TESTS_UNIT_POLICY_CASE_H
#define MCC_TESTS_UNIT_POLICY_CASE_H

#include "rt_site.h"

/* A row for cmocka: the test gets its own site, relaying as by default. */
#define POLICY_CASE(name) \
	cmocka_unit_test_setup_teardown(name, policy_case_setup, policy_case_teardown)

int policy_case_setup(void **state);
int policy_case_teardown(void **state);

/* A whole session; the first refusal, or the answer to RCPT. HELO may be NULL. */
struct policy_reply policy_case_session(struct rt_site *site, const char *helo,
					const char *sender, const char *recipient);
/* "554 5.7.1", in the arena of the site; "-" where there is no DSN. */
const char *policy_case_text(struct rt_site *site, const struct policy_reply *reply);
/* A session of mx.stranger.example must be answered so. */
void policy_case_check(struct rt_site *site, const char *sender, const char *recipient,
		       const char *want);

#endif
