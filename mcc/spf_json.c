/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks as JSON, for lock files and the tree of a record. */
#include "mcc/spf_json.h"

#include "dnscheck/spf_net.h"

json_t *spf_json_nets(const struct spf_nets *nets)
{
	json_t *list = json_array();
	char text[SPF_NET_TEXT];

	for (size_t i = 0; i < nets->count; i++) {
		spf_net_format(&nets->items[i], text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}
