/* SPDX-License-Identifier: BSD-2-Clause */
/* Macro expansion of RFC 7208 section 7: pure, no DNS. */
#ifndef MCC_DNSCHECK_SPF_MACRO_H
#define MCC_DNSCHECK_SPF_MACRO_H

#include <stdbool.h>
#include <stdint.h>

struct spf_macro;
struct strbuf;

/* What the letters stand for. Text is raw: nothing in it is escaped. */
struct spf_macro_env {
	const char *local_part;	   /* l */
	const char *sender_domain; /* o */
	const char *domain;	   /* d */
	const char *helo;	   /* h */
	const char *validated;	   /* p: "unknown" when there is none */
	const char *receiver;	   /* r */
	int family;		   /* i, c, v */
	const uint8_t *address;
	int64_t now; /* t */
};

/* True when the letter occurs. */
bool spf_macro_uses(const struct spf_macro *macro, char letter);

/*
 * Appends the expansion. False: a local part that is not ASCII was needed
 * (RFC 8616 4: such a term never matches); `out` is then unfinished.
 */
bool spf_macro_expand(const struct spf_macro *macro, const struct spf_macro_env *env,
		      struct strbuf *out);

#endif
