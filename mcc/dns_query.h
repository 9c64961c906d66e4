/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MCC_DNS_QUERY_H
#define MCC_DNS_QUERY_H

/* `mcc dns query`; argv[0] is "query". Returns an exit status. */
int dns_query_run(int argc, char **argv);

#endif
