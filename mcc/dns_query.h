/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MCC_DNS_QUERY_H
#define MCC_DNS_QUERY_H

#include "base/attr.h"

enum { DNS_QUERY_TEXT_MAX = 16 << 20 };

struct dns_answer;
struct resolver;
struct strbuf;

/* `mcc dns query`; argv[0] is "query". Returns the exit status. */
int dns_query_run(int argc, char **argv);
/* `mcc dns dane`, likewise. */
int dns_dane_run(int argc, char **argv);
/* One answer: a line that says what came back, then its records. The buffer
 * has room for DNS_QUERY_TEXT_MAX bytes: any answer. */
void dns_query_print(struct strbuf *out, const struct dns_answer *answer);
/* The exit status that one answer calls for. */
int dns_query_exit(const struct dns_answer *answer);
/*
 * Asks each line "NAME TYPE" of a file, many at once, and prints the answers
 * in the order of the file as they come. The highest exit status of them.
 */
int dns_batch_run(struct resolver *r, const char *path) MCC_MUST_CHECK;

#endif
