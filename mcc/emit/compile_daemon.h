/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the daemon report share. Private to mcc/emit/. */
#ifndef MCC_MCC_EMIT_COMPILE_DAEMON_H
#define MCC_MCC_EMIT_COMPILE_DAEMON_H

#include <stdbool.h>

#include "base/diag.h"
#include "mcc/emit/compile.h"
#include "mcc/model/site.h"
#include "runtime/config.h"

struct daemon_run {
	struct arena *arena;
	const struct site *site;
	const struct rt_config *config;
	struct diag_queue *diags;
};

/* A listener that demands TLS and is not the one for mail from the world. */
bool daemon_leaves_out(const struct site *site, const struct site_service *service);

/* Tables, mailboxes, aliases, transports, restrictions. */
void daemon_check_mail(const struct daemon_run *run);

#endif
