/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole tree below one domain's SPF record: every include and redirect
 * followed, every host looked up, whoever sends. For people who want to see
 * what a record comes to; check_host() (spf.h) is what receivers do.
 */
#ifndef MCC_DNSCHECK_SPF_MAP_H
#define MCC_DNSCHECK_SPF_MAP_H

#include "dnscheck/resolver.h"
#include "dnscheck/spf_lint.h"
#include "dnscheck/spf_net.h"
#include "grammar/spf.h"

struct arena;
struct spf_node;

/* One term, in the order of the record. */
struct spf_branch {
	const struct spf_term *term;
	const char *text;
	const char *target;	/* NULL: it has a macro, or none is needed */
	bool is_ignored;	/* behind all, or a redirect beside it */
	bool is_dynamic;	/* what it matches depends on the message */
	bool is_void;		/* its names do not exist */
	bool is_loop;		/* its target is one of the records above it */
	bool is_wide;		/* more than 10 MX records */
	const char *unknown;	/* a question without a certain answer, or NULL */
	struct spf_node *child; /* include, redirect; NULL: not followed */
	struct spf_nets nets;	/* addresses of the term itself */
	unsigned lookups;	/* of the term and everything below it */
	unsigned void_lookups;
};

struct spf_node {
	const struct spf_node *up;
	const char *domain;
	enum dns_status status;		 /* of the TXT question */
	const char *unknown;		 /* why there is no certain answer, or NULL */
	size_t record_count;		 /* SPF records found: 1 is right */
	size_t txt_size;		 /* octets of all TXT records there */
	struct str text;		 /* of the first SPF record */
	const struct spf_record *record; /* NULL: none */
	bool has_errors;		 /* of syntax */
	struct spf_branch *branches;
	size_t branch_count;
	unsigned lookups;
	unsigned void_lookups;
	bool is_dynamic;      /* this or a record below it depends on the message */
	bool is_uncertain;    /* something below has no certain answer */
	struct spf_nets nets; /* who passes, minimal */
};

struct spf_map_finding {
	const struct spf_node *node;
	const struct spf_finding *finding;
};

struct spf_map {
	struct arena *arena;
	struct resolver *resolver;
	struct spf_node *root;
	size_t node_count;
	bool is_cut; /* a limit was reached: the tree is not whole */
	struct spf_map_finding *findings;
	size_t finding_count;
	size_t finding_room;
};

/*
 * Asks everything and waits for it. `text` stands for the domain's own record
 * (NULL: it is asked for). Everything lives in the arena; the map borrows it
 * and the resolver.
 */
struct spf_map *spf_map_build(struct arena *arena, struct resolver *r, const char *domain,
			      const char *text);

/* spf_map_judge.c: counts, networks and findings of a gathered map. */
void spf_map_judge(struct spf_map *map);

#endif
