/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files spool*.c only. */
#ifndef MCC_MCCD_SPOOL_PRIVATE_H
#define MCC_MCCD_SPOOL_PRIVATE_H

struct spool;

int spool_queue_fd(const struct spool *spool);

#endif
