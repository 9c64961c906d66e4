/* SPDX-License-Identifier: BSD-2-Clause */
/* Root works on a table of somebody else's as that user. */
#ifndef MCC_MCC_MAP_RIGHTS_H
#define MCC_MCC_MAP_RIGHTS_H

#include <stdbool.h>

struct map_table;

struct map_rights {
	bool is_dropped;
};

/*
 * Takes on the owner and group of the table's source, as postmap does, unless
 * this is not root or --as-root was given: what a row makes mcc do (-F reads
 * files) is done with its author's rights. Ends the process when it cannot.
 */
void map_rights_drop(struct map_rights *out_rights, const struct map_table *table);
void map_rights_restore(const struct map_rights *rights);

#endif
