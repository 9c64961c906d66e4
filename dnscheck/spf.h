/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_host() of RFC 7208, asynchronous over a resolver: many evaluations
 * may be under way at once. Knows nothing of the model; the daemon uses it.
 */
#ifndef MCC_DNSCHECK_SPF_H
#define MCC_DNSCHECK_SPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct resolver;

enum spf_result {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR
};

const char *spf_result_name(enum spf_result result);

struct spf_request {
	int family; /* AF_INET or AF_INET6 */
	uint8_t address[16];
	const char *sender; /* MAIL FROM without <>; "": the null sender */
	const char *helo;
	const char *receiver; /* %{r}; NULL: "unknown" */
	bool wants_trace;     /* the outcome shall have the walk */
};

/* Valid for the length of the callback. */
struct spf_outcome {
	enum spf_result result;
	const char *domain;	  /* whose record decided */
	const char *record;	  /* its text, or NULL */
	const char *mechanism;	  /* the term that decided, or NULL: default */
	const char *explanation;  /* result fail with exp=; else NULL */
	const char *problem;	  /* temperror, permerror: why; else NULL */
	unsigned lookups;	  /* of LIMIT_SPF_LOOKUPS */
	unsigned void_lookups;	  /* of LIMIT_SPF_VOID */
	const char *const *trace; /* the walk, one line a step, when wanted */
	size_t trace_count;
};

typedef void spf_callback(const struct spf_outcome *outcome, void *arg);

/* The callback runs once, from dns_process() or dns_wait_all(); never when the
 * resolver is closed before. */
void spf_check(struct resolver *r, const struct spf_request *request,
	       spf_callback *callback, void *arg);

#endif
