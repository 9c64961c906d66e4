/* SPDX-License-Identifier: BSD-2-Clause */
/* What the subcommands of mcc spf write alike in JSON. */
#ifndef MCC_SPF_JSON_H
#define MCC_SPF_JSON_H

#include <jansson.h>

struct spf_nets;

/* A list of strings, "192.0.2.0/24"; the caller's. */
json_t *spf_json_nets(const struct spf_nets *nets);

#endif
