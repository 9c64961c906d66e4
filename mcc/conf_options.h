/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of mcc conf, which are postconf's. */
#ifndef MCC_MCC_CONF_OPTIONS_H
#define MCC_MCC_CONF_OPTIONS_H

#include <stdbool.h>

#include "mcc/model/conf.h"

struct conf_options {
	struct conf_request request;
	bool map_types; /* -m */
	bool help;
	char **settings; /* of -o, ended by NULL; NULL: none */
};

/* EXIT_CLEAN, or EXIT_USAGE with a message on standard error. */
int conf_options_parse(struct arena *arena, int argc, char **argv,
		       struct conf_options *out_options) MCC_MUST_CHECK;
void conf_options_help(void);

#endif
