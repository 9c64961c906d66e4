/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a resolver knows and is asking, by name and type. An entry is first a
 * question under way with those who wait for it, then a cached answer.
 */
#ifndef MCC_DNSCHECK_ENTRIES_H
#define MCC_DNSCHECK_ENTRIES_H

#include "dnscheck/source.h"

struct dns_block;

struct dns_waiter {
	struct dns_waiter *next;
	dns_callback *callback;
	void *arg;
	struct dns_block *block; /* set once the answer is there */
	bool from_cache;
};

struct dns_waiters {
	struct dns_waiter *first;
	struct dns_waiter *last;
};

/* The answers of a CNAME chain so far. */
struct dns_chain {
	unsigned links;
	uint32_t ttl;
	bool authenticated;
	bool is_insecure;
	char target[DNS_NAME_TEXT];
};

/* Many are kept for long: the question lives only while it is under way, and
 * the name takes no more room than it needs. */
struct dns_entry {
	struct dns_question *question; /* NULL: answered; heap */
	struct dns_entry *hash_next;
	struct dns_entry *newer; /* by last use */
	struct dns_entry *older;
	struct dns_entry *backlog_next;
	uint32_t hash;
	enum dns_type type;
	struct dns_waiters waiters; /* while under way */
	struct dns_chain *chain;
	struct dns_block *block; /* NULL: under way */
	uint64_t expires_ms;
	uint8_t name_len;
	uint8_t name[]; /* wire form */
};

struct dns_entries {
	struct dns_entry **table;
	size_t size; /* a power of two */
	size_t count;
	size_t cached; /* entries in the list of last use */
	struct dns_entry *newest;
	struct dns_entry *oldest;
};

void dns_waiters_append(struct dns_waiters *list, struct dns_waiter *w);
/* Frees the waiters without calling them. */
void dns_waiters_free(struct dns_waiters *list);

void dns_entries_init(struct dns_entries *t);
void dns_entries_fini(struct dns_entries *t);
/* `hash` is dns_name_hash() of name and type. NULL: unknown. */
struct dns_entry *dns_entries_find(const struct dns_entries *t,
				   const struct dns_name *name, enum dns_type type,
				   uint32_t hash);
struct dns_entry *dns_entries_add(struct dns_entries *t, const struct dns_name *name,
				  enum dns_type type, uint32_t hash);
/* Puts an answered entry at the front of the list, takes it out again. */
void dns_entries_link(struct dns_entries *t, struct dns_entry *e);
void dns_entries_unlink(struct dns_entries *t, struct dns_entry *e);
/* Frees an answered entry. */
void dns_entries_evict(struct dns_entries *t, struct dns_entry *e);

#endif
