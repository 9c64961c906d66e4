/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of the statuses and the way from errno to them. Several errno values
 * share a status: callers act on the status and print its text, nobody needs
 * to tell EPERM from EACCES.
 */
#include "base/status.h"

#include <errno.h>
#include <stddef.h>

#include "base/attr.h"

static const struct {
	int status;
	const char *text;
} status_rows[] = {
#define X(name, value, text) {name, text},
	MCC_STATUS_LIST(X)
#undef X
};

static const struct {
	int errnum;
	int status;
} errno_rows[] = {
	{ENOENT, MCC_ENOENT},	      {ENOTDIR, MCC_ENOENT},
	{EACCES, MCC_EACCES},	      {EPERM, MCC_EACCES},
	{EROFS, MCC_EACCES},	      {EISDIR, MCC_EISDIR},
	{EFBIG, MCC_ETOOBIG},	      {EOVERFLOW, MCC_ETOOBIG},
	{ENOSPC, MCC_ENOSPC},	      {EDQUOT, MCC_ENOSPC},
	{ENOMEM, MCC_ENOMEM},	      {ENOTSUP, MCC_EUNSUPPORTED},
	{ENOSYS, MCC_EUNSUPPORTED},   {ETIMEDOUT, MCC_ETIMEOUT},
	{EAGAIN, MCC_EUNAVAIL},	      {EBUSY, MCC_EUNAVAIL},
	{EMFILE, MCC_EUNAVAIL},	      {ENFILE, MCC_EUNAVAIL},
	{ECONNREFUSED, MCC_EUNAVAIL}, {EINVAL, MCC_EINVAL},
	{ENAMETOOLONG, MCC_EINVAL},   {ELOOP, MCC_EINVAL},
	{EEXIST, MCC_EEXIST},	      {ENOTEMPTY, MCC_EEXIST},
	{ENXIO, MCC_ENOTREG},
};

const char *mcc_status_text(int status)
{
	for (size_t i = 0; i < array_len(status_rows); i++) {
		if (status_rows[i].status == status)
			return status_rows[i].text;
	}
	return "unknown error";
}

int mcc_status_of_errno(int errnum)
{
	for (size_t i = 0; i < array_len(errno_rows); i++) {
		if (errno_rows[i].errnum == errnum)
			return errno_rows[i].status;
	}
	return MCC_EIO;
}
