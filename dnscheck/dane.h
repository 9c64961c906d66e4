/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DANE for SMTP (RFC 6698, RFC 7671, RFC 7672): what a mail host's TLSA
 * records ask of whoever connects to it, and whether its certificates fulfil
 * it. Knows nothing of the model; the daemon may use it.
 */
#ifndef MCC_DNSCHECK_DANE_H
#define MCC_DNSCHECK_DANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resolver;

enum dane_status {
	/* No record, or none that is validated: as if there were no DANE. */
	DANE_NONE,
	/* TLS is required, and a record has to match. */
	DANE_USABLE,
	/* TLS is required, but no record can be used: nothing to check
	 * (RFC 7672 2.2). */
	DANE_UNUSABLE,
	/* A question failed: the host must not be used now (RFC 7672 2.1.2). */
	DANE_FAILED
};

/* RFC 6698 2.1; only what SMTP can use (RFC 7672 3.1). */
enum dane_usage { DANE_TA = 2, DANE_EE = 3 };

struct dane_record {
	enum dane_usage usage;
	uint8_t selector; /* 0: certificate, 1: public key */
	uint8_t matching; /* 0: all of it, 1: SHA-256, 2: SHA-512 */
	const uint8_t *data;
	size_t len;
};

/* Valid for the length of the callback. */
struct dane_policy {
	enum dane_status status;
	const struct dane_record *records; /* the usable ones */
	size_t count;
	const char *base;   /* the name below _PORT._tcp: a reference name */
	const char *detail; /* why, for people; or NULL */
};

typedef void dane_callback(const struct dane_policy *policy, void *arg);

const char *dane_status_name(enum dane_status status);

/*
 * Looks up what holds for `host` and a TCP port: its addresses first, as only a
 * validated host can have a validated policy (RFC 7672 2.2.2). The callback
 * runs once, from dns_process() or dns_wait_all(); never when the resolver is
 * closed before.
 */
void dane_ask(struct resolver *r, const char *host, uint16_t port,
	      dane_callback *callback, void *arg);

enum dane_verdict {
	DANE_MATCHES,
	DANE_NO_MATCH,	    /* no record fits */
	DANE_WRONG_NAME,    /* a trust anchor fits, but the name is another one */
	DANE_NO_CERTIFICATE /* not even one that can be read */
};

struct dane_certificate {
	const uint8_t *der;
	size_t len;
};

/*
 * Whether one of the policy's records fits the chain that a server presented,
 * its own certificate first. `names`: the policy's base and the next-hop
 * domain; they count for DANE-TA only (RFC 7672 3.1.1, 3.2.3).
 */
enum dane_verdict dane_verify(const struct dane_policy *policy,
			      const struct dane_certificate *chain, size_t count,
			      const char *const *names, size_t name_count);

#endif
