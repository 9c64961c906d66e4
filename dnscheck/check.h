/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The site against the DNS: subject (what the model says) -> facts (all
 * questions put at once, answers kept) -> rules (pure, over finished facts).
 */
#ifndef MCC_DNSCHECK_CHECK_H
#define MCC_DNSCHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag_queue;
struct resolver;
struct site;

struct dns_check_options {
	/* Addresses that mail leaves from and arrives at, as text; none: the
	 * addresses of myhostname. */
	const char *const *public_addresses;
	size_t public_address_count;
};

/* NULL, or the address that is none. */
const char *dns_check_bad_address(const struct dns_check_options *options);

/*
 * Asks everything the rules need (blocks until all answers are there or their
 * budgets are spent) and queues what is wrong. What could not be told is
 * DN000, what lacks facts DN998. The model loads tables that only the domain
 * lists name. False: not one question had a certain answer.
 */
bool dns_check_run(struct site *site, struct resolver *r,
		   const struct dns_check_options *options, struct diag_queue *diags);

#endif
