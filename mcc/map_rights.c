/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The effective user and groups, there and back. A change that fails half way
 * would leave rights that nobody meant to give: an assertion.
 */
#include "mcc/map_rights.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "mcc/map_table.h"

static void become(uid_t uid, gid_t gid)
{
	MCC_ASSERT(seteuid(0) == 0 && setegid(gid) == 0 && setgroups(1, &gid) == 0 &&
		   seteuid(uid) == 0);
}

void map_rights_drop(struct map_rights *out_rights, const struct map_table *table)
{
	struct stat st;

	out_rights->is_dropped = getuid() == 0 && geteuid() == 0 && !table->is_as_root &&
				 stat(table->file, &st) == 0 && S_ISREG(st.st_mode) &&
				 (st.st_uid != 0 || st.st_gid != getegid());
	if (out_rights->is_dropped)
		become(st.st_uid, st.st_gid);
}

void map_rights_restore(const struct map_rights *rights)
{
	if (rights->is_dropped)
		become(0, getgid());
}
