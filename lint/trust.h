/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of the world mynetworks trusts. */
#ifndef MCC_LINT_TRUST_H
#define MCC_LINT_TRUST_H

#include "lint/net.h"
#include "lint/say.h"

/* The list of networks: what has been said of it once is not said of each. */
struct lint_trusted {
	const struct setting *setting;
	struct diag *public_net;
	struct diag *private_net;
};

/* One network of mynetworks, well formed and not negated (MC633..MC635). */
void lint_trusted_network(const struct lint_run *run, struct lint_trusted *list,
			  const struct text *word, const struct net *net);

#endif
