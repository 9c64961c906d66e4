/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to the DNS and their answers, asynchronously, behind one
 * interface with three sources: live servers, a zone file, a recording. No
 * ldns type and no model type crosses it; the daemon uses it too.
 *
 * One resolver belongs to one thread. Nothing here blocks except
 * dns_wait_all(), which is for programs without an event loop.
 */
#ifndef MCC_DNSCHECK_RESOLVER_H
#define MCC_DNSCHECK_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/str.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_DS = 43,
	DNS_TLSA = 52,
	DNS_SPF = 99,
	DNS_CAA = 257
};

/* Kept apart, because callers must never take one for the other. */
enum dns_status {
	DNS_ANSWER, /* records of the type, through CNAMEs where there are */
	DNS_NODATA, /* the name exists, the type does not */
	DNS_NXDOMAIN,
	DNS_SERVFAIL, /* the servers fail */
	DNS_REFUSED,
	DNS_TIMEOUT,
	DNS_LAME,      /* answers, but not for this zone */
	DNS_BOGUS,     /* DNSSEC validation failed */
	DNS_BAD_NAME,  /* cannot be asked: label or name too long, bad bytes */
	DNS_UNVERIFIED /* no source can tell (not in the recording, no resolver) */
};

/* True when the answer says for certain what there is. */
bool dns_status_is_final(enum dns_status status);
const char *dns_status_name(enum dns_status status);
const char *dns_type_name(enum dns_type type);
bool dns_type_parse(const char *word, enum dns_type *out_type);

struct dns_rr {
	enum dns_type type;
	uint32_t ttl;
	uint16_t preference; /* MX; SRV: priority */
	uint16_t weight;     /* SRV */
	uint16_t port;	     /* SRV */
	uint8_t address[16]; /* A: 4 bytes, AAAA: 16 */
	const char *
		name; /* MX, CNAME, NS, PTR, SRV target: lower case, no final dot; "" is the root */
	struct str
		text; /* TXT, SPF: character-strings joined; others: presentation form */
};

/* Valid for the length of the callback, unless copied. */
struct dns_answer {
	enum dns_status status;
	const char *qname; /* lower case, no final dot */
	enum dns_type qtype;
	const char *cname;	  /* last name of a CNAME chain, or NULL */
	const struct dns_rr *rrs; /* only of qtype */
	size_t rr_count;
	bool authenticated; /* DNSSEC: validated, or AD from a loopback resolver */
	/* With a trust anchor: provably in a zone that is not signed. */
	bool is_insecure;
	uint32_t negative_ttl;
	const char *server; /* who answered, for people; "" from the cache */
	unsigned elapsed_ms;
	const char *detail; /* why it failed, or NULL */
};

struct resolver;

typedef void dns_callback(const struct dns_answer *answer, void *arg);

struct resolver_options {
	const struct sockaddr_storage *servers; /* none: /etc/resolv.conf */
	size_t server_count;
	const char *resolv_conf; /* NULL: /etc/resolv.conf */
	const char *anchor_file; /* DNSSEC trust anchor, or NULL */
	const char *record_file; /* write all answers here, or NULL */
	unsigned timeout_ms;	 /* one try; 0: 2000 */
	unsigned tries;		 /* 0: 3 */
	unsigned budget_ms;	 /* all of one question; 0: 10000 */
	unsigned max_in_flight;	 /* 0: 2000 */
	size_t cache_entries;	 /* 0: 100000 */
};

/* "IP", "IP@PORT", "[IP]:PORT". */
bool resolver_parse_server(const char *word, struct sockaddr_storage *out_addr);

/*
 * Sources. On failure: status, and a message with file and line in err
 * (err_size bytes, always terminated). The caller closes.
 */
int resolver_open_live(const struct resolver_options *options, struct resolver **out_r,
		       char *err, size_t err_size) MCC_MUST_CHECK;
int resolver_open_zone(const char *path, const char *origin, struct resolver **out_r,
		       char *err, size_t err_size) MCC_MUST_CHECK;
int resolver_open_replay(const char *path, struct resolver **out_r, char *err,
			 size_t err_size) MCC_MUST_CHECK;
/*
 * Writes options.record_file, whole or not at all. Without one: 0. A message
 * in err on failure.
 */
int resolver_save_recording(struct resolver *r, char *err,
			    size_t err_size) MCC_MUST_CHECK;
/* NULL is allowed. Pending questions are dropped without their callbacks. Not
 * from inside a callback. */
void resolver_close(struct resolver *r);

/*
 * For whoever keeps memory until a callback runs: fn runs when the resolver is
 * closed first. The struct is the caller's and stays where it is until it is
 * removed, or until fn has been called, which may free it.
 */
struct dns_closer {
	void (*fn)(struct dns_closer *closer);
	struct dns_closer *next;
	struct dns_closer **back;
};

void dns_closer_add(struct resolver *r, struct dns_closer *closer);
void dns_closer_remove(struct dns_closer *closer);
/* The one with this function, or NULL: for what is kept once a resolver. */
struct dns_closer *dns_closer_find(struct resolver *r, void (*fn)(struct dns_closer *));

/*
 * Asks; the callback runs exactly once, from dns_process() or dns_wait_all(),
 * never from inside dns_ask(). `name` may carry a final dot and any case; it
 * is asked as it is (no search list).
 */
void dns_ask(struct resolver *r, const char *name, enum dns_type type,
	     dns_callback *callback, void *arg);
/* PTR of an address (AF_INET: 4 bytes, AF_INET6: 16). */
void dns_ask_ptr(struct resolver *r, int family, const uint8_t *address,
		 dns_callback *callback, void *arg);

/*
 * For event loops: an epoll descriptor that is readable when dns_process()
 * has work (-1: the source needs none), and milliseconds until a timer runs
 * out (-1: none, 0: answers are waiting).
 */
int dns_fd(const struct resolver *r);
int dns_timeout(const struct resolver *r);
void dns_process(struct resolver *r);
size_t dns_pending(const struct resolver *r);
/* Waits for something to do and does it; then returns. */
void dns_wait_once(struct resolver *r);
/* Runs until nothing is pending. */
void dns_wait_all(struct resolver *r);

#endif
