/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small site for tests of the evaluator, made by hand: no file, no compiler.
 * Settings have Postfix's defaults where the tests depend on them.
 */
#ifndef MCC_TESTS_UNIT_RT_SITE_H
#define MCC_TESTS_UNIT_RT_SITE_H

#include "base/arena.h"
#include "runtime/policy.h"
#include "runtime/resolve.h"

enum { RT_SITE_MAPS = 16 };

struct rt_site {
	struct arena *arena;
	struct rt_config config;
	struct rt_service service;
	struct rt_map_ref maps[RT_SITE_MAPS];
	struct rt_context ctx;
	struct policy policy;
	struct policy_session session;
};

/* mail.example.com, mydestination example.com, stranger 203.0.113.9. */
void rt_site_init(struct rt_site *site);
void rt_site_fini(struct rt_site *site);

/* A table of rows "key", "value", ..., NULL; its index. */
size_t rt_site_table(struct rt_site *site, const char *name, const char *const *rows);
/* A list of tables with just that one. */
struct rt_maps rt_site_maps(struct rt_site *site, const char *const *rows);
/* A match list of words; "/bits" behind an address makes a network. */
struct rt_match rt_site_match(struct rt_site *site, const char *words);
struct rt_words rt_site_words(struct rt_site *site, const char *words);
/*
 * Restrictions as main.cf has them; "check_x_access #N" names table N.
 * Unknown words become RT_OP_BROKEN.
 */
void rt_site_stage(struct rt_site *site, enum rt_stage stage, const char *words);

#endif
