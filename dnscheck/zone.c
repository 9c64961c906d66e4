/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zones as a source. Every owner name and every name above one is a node, so
 * that empty non-terminals exist as RFC 4592 2.2.2 wants. A lookup walks from
 * the zone's apex down to the name, at most 127 labels, one hash look a label.
 *
 * What the file does not hold (names outside its zones, below a delegation)
 * is DNS_UNVERIFIED, never "does not exist".
 */
#include "dnscheck/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/strmap.h"
#include "dnscheck/answer.h"
#include "dnscheck/source.h"

enum {
	LABELS_MAX = DNS_NAME_WIRE / 2 + 1,
	/* Records of one name and type: more do not fit into an answer. */
	RRSET_MAX = 5000
};

struct rrset {
	struct rrset *next;
	enum dns_type type;
	struct dns_rr *rrs;
	size_t count;
	size_t room;
	struct dns_rr first; /* most have no other */
};

struct zone_node {
	const uint8_t *wire; /* its name */
	uint8_t len;
	struct rrset *rrsets;
	const struct dns_name *dname; /* or NULL */
	uint32_t dname_ttl;
	bool is_apex;
	uint32_t negative_ttl;
};

struct zone_set {
	struct arena *arena;
	struct strmap *nodes;	/* by wire name */
	struct zone_node *last; /* files hold a name's records side by side */
	size_t apex_count;
};

struct zone_set *zone_set_new(struct arena *arena)
{
	struct zone_set *set = arena_alloc(arena, sizeof(*set));

	set->arena = arena;
	set->nodes = strmap_new(arena);
	return set;
}

static struct zone_node *find(const struct zone_set *set, const uint8_t *wire, size_t len)
{
	return strmap_find(set->nodes, (struct str){(const char *)wire, len});
}

static struct zone_node *node_add(struct zone_set *set, const uint8_t *wire, size_t len)
{
	struct zone_node *node = arena_alloc(set->arena, sizeof(*node));
	char *copy = arena_memdup0(set->arena, wire, len);

	node->wire = (const uint8_t *)copy;
	node->len = (uint8_t)len;
	(void)strmap_put(set->nodes, (struct str){copy, len}, node);
	return node;
}

/* The node of a name, made with all nodes above it when it is new. */
static struct zone_node *node_get(struct zone_set *set, const struct dns_name *name)
{
	struct zone_node *node = set->last;
	size_t at = 0;

	if (node != NULL && node->len == name->len &&
	    memcmp(node->wire, name->wire, name->len) == 0)
		return node;
	node = find(set, name->wire, name->len);
	if (node == NULL)
		node = node_add(set, name->wire, name->len);
	else
		at = name->len; /* and so has all above it */
	set->last = node;
	while (at < name->len && name->wire[at] != 0) {
		at += (size_t)name->wire[at] + 1;
		if (find(set, name->wire + at, name->len - at) != NULL)
			break;
		(void)node_add(set, name->wire + at, name->len - at);
	}
	return node;
}

const uint8_t *zone_owner_wire(struct zone_set *set, const struct dns_name *owner)
{
	return node_get(set, owner)->wire;
}

static struct rrset *rrset_find(const struct zone_node *node, enum dns_type type)
{
	struct rrset *s = node->rrsets;

	while (s != NULL && s->type != type)
		s = s->next;
	return s;
}

static bool same_data(const struct dns_rr *a, const struct dns_rr *b)
{
	if (a->preference != b->preference || a->weight != b->weight ||
	    a->port != b->port ||
	    memcmp(a->address, b->address, sizeof(a->address)) != 0 ||
	    !str_eq(a->text, b->text))
		return false;
	return a->name == NULL || b->name == NULL ? a->name == b->name
						  : strcmp(a->name, b->name) == 0;
}

const char *zone_add_rr(struct zone_set *set, const struct dns_name *owner,
			const struct dns_rr *rr)
{
	struct zone_node *node = node_get(set, owner);
	struct rrset *s = rrset_find(node, rr->type);
	struct dns_rr *slot;
	size_t i;

	if (s == NULL) {
		if (node->rrsets != NULL &&
		    (rr->type == DNS_CNAME || rrset_find(node, DNS_CNAME) != NULL))
			return "a CNAME and other records at the same name";
		s = arena_alloc(set->arena, sizeof(*s));
		s->type = rr->type;
		s->rrs = &s->first;
		s->room = 1;
		s->next = node->rrsets;
		node->rrsets = s;
	}
	for (i = 0; i < s->count; i++) {
		if (same_data(&s->rrs[i], rr))
			return NULL;
	}
	if (s->count == RRSET_MAX)
		return "too many records of one name and type";
	if (rr->type == DNS_CNAME && s->count != 0)
		return "two CNAME records at the same name";
	slot = arena_push(set->arena, &s->rrs, s->count, &s->room, sizeof(*slot));
	*slot = *rr;
	s->count++;
	return NULL;
}

void zone_add_dname(struct zone_set *set, const struct dns_name *owner,
		    const struct dns_name *target, uint32_t ttl)
{
	struct zone_node *node = node_get(set, owner);
	struct dns_name *copy = arena_alloc(set->arena, sizeof(*copy));

	*copy = *target;
	node->dname = copy;
	node->dname_ttl = ttl;
}

void zone_add_apex(struct zone_set *set, const struct dns_name *apex,
		   uint32_t negative_ttl)
{
	struct zone_node *node = node_get(set, apex);

	node->is_apex = true;
	node->negative_ttl = negative_ttl;
	set->apex_count++;
}

bool zone_has_apex(const struct zone_set *set)
{
	return set->apex_count != 0;
}

/* The deepest zone that speaks for the name; DS records are the parent's. */
static const struct zone_node *apex_of(const struct zone_set *set, const uint8_t *wire,
				       size_t len, enum dns_type type)
{
	const struct zone_node *node, *own = NULL;
	size_t at = 0;

	for (;;) {
		node = find(set, wire + at, len - at);
		if (node != NULL && node->is_apex) {
			if (at != 0 || type != DNS_DS)
				return node;
			own = node;
		}
		if (wire[at] == 0)
			return own;
		at += (size_t)wire[at] + 1;
	}
}

bool zone_covers(const struct zone_set *set, const uint8_t *wire, size_t len)
{
	return apex_of(set, wire, len, DNS_A) != NULL;
}

/* --- lookup ------------------------------------------------------------- */

struct lookup {
	const struct zone_set *set;
	struct arena *scratch;
	const struct zone_node *apex;
	const struct dns_name *name;
	enum dns_type type;
	struct dns_answer *out;
	bool is_open;
};

static void answer_negative(struct lookup *l, enum dns_status status)
{
	l->out->status = status;
	l->out->negative_ttl = l->apex->negative_ttl;
}

static void answer_alias(struct lookup *l, const char *target, uint32_t ttl)
{
	l->out->status = DNS_NODATA;
	l->out->cname = target;
	l->out->negative_ttl = ttl;
	l->is_open = true;
}

static void answer_from_node(struct lookup *l, const struct zone_node *node)
{
	const struct rrset *s = rrset_find(node, l->type);
	const struct rrset *alias = rrset_find(node, DNS_CNAME);

	if (s != NULL) {
		l->out->status = DNS_ANSWER;
		l->out->rrs = s->rrs;
		l->out->rr_count = s->count;
	} else if (alias != NULL) {
		answer_alias(l, alias->rrs[0].name, alias->rrs[0].ttl);
	} else {
		answer_negative(l, DNS_NODATA);
	}
}

/* RFC 6672 3.1: the labels below the owner, put before the target. */
static void answer_dname(struct lookup *l, const struct zone_node *node)
{
	struct dns_name name;
	size_t kept = (size_t)l->name->len - node->len;
	char text[DNS_NAME_TEXT];

	if (kept + node->dname->len > DNS_NAME_WIRE) {
		l->out->status = DNS_SERVFAIL;
		l->out->detail = "the DNAME makes the name too long";
		return;
	}
	memcpy(name.wire, l->name->wire, kept);
	memcpy(name.wire + kept, node->dname->wire, node->dname->len);
	name.len = (uint8_t)(kept + node->dname->len);
	dns_name_format(&name, text);
	answer_alias(l, arena_strdup(l->scratch, text), node->dname_ttl);
}

/* RFC 4592 3.3: the asterisk directly below the closest encloser. */
static void answer_missing(struct lookup *l, const struct zone_node *encloser)
{
	uint8_t wire[DNS_NAME_WIRE + 2] = {1, '*'};
	const struct zone_node *wild;

	memcpy(wire + 2, encloser->wire, encloser->len);
	wild = find(l->set, wire, (size_t)encloser->len + 2);
	if (wild == NULL)
		answer_negative(l, DNS_NXDOMAIN);
	else if (rrset_find(wild, DNS_NS) != NULL)
		l->out->detail =
			"a wildcard delegation, whose answers the file does not hold";
	else
		answer_from_node(l, wild);
}

static bool is_delegated(const struct lookup *l, const struct zone_node *node)
{
	return node != l->apex && rrset_find(node, DNS_NS) != NULL &&
	       !(l->type == DNS_DS && node->len == l->name->len);
}

static void walk(struct lookup *l)
{
	size_t starts[LABELS_MAX], count = 0, at = 0;
	const struct zone_node *node = l->apex, *child;

	while (l->name->len - at > l->apex->len) {
		starts[count++] = at;
		at += (size_t)l->name->wire[at] + 1;
	}
	while (count != 0) {
		if (node->dname != NULL) {
			answer_dname(l, node);
			return;
		}
		at = starts[--count];
		child = find(l->set, l->name->wire + at, (size_t)l->name->len - at);
		if (child == NULL) {
			answer_missing(l, node);
			return;
		}
		if (is_delegated(l, child)) {
			l->out->detail = "delegated: the zone file does not hold it";
			return;
		}
		node = child;
	}
	answer_from_node(l, node);
}

void zone_lookup(const struct zone_set *set, struct arena *scratch,
		 const struct dns_name *name, enum dns_type type, struct dns_answer *out,
		 bool *out_is_open)
{
	struct lookup l = {.set = set,
			   .scratch = scratch,
			   .apex = apex_of(set, name->wire, name->len, type),
			   .name = name,
			   .type = type,
			   .out = out};

	*out = (struct dns_answer){.status = DNS_UNVERIFIED, .server = "zone file"};
	if (l.apex == NULL)
		out->detail = "outside of every zone in the zone file";
	else
		walk(&l);
	*out_is_open = l.is_open;
}

/* --- source ------------------------------------------------------------- */

struct zone_source {
	struct dns_source source;
	struct arena *arena;
	struct arena *scratch;
	struct zone_set *set;
};

static void zone_start(struct dns_source *source, struct dns_question *q)
{
	struct zone_source *z = (struct zone_source *)source;
	struct dns_answer answer;
	bool is_open;

	zone_lookup(z->set, z->scratch, &q->name, q->type, &answer, &is_open);
	dns_question_done(q, &answer, is_open);
	/* The answer has been copied, and with a chain the next link's. */
	if (!is_open)
		arena_reset(z->scratch);
}

static void zone_close(struct dns_source *source)
{
	struct zone_source *z = (struct zone_source *)source;

	arena_free(z->arena);
	arena_free(z->scratch);
	free(z);
}

static const struct dns_source_ops zone_ops = {.start = zone_start, .close = zone_close};

int resolver_open_zone(const char *path, const char *origin, struct resolver **out_r,
		       char *err, size_t err_size)
{
	struct zone_source *z = dns_alloc(sizeof(*z));
	struct zone_file file = {.path = path, .origin = origin, .may_include = true};
	/* The answers are at hand already. */
	struct resolver_options front = {.cache_entries = 256};
	int status;

	z->source.ops = &zone_ops;
	z->arena = arena_new(0);
	z->scratch = arena_new(0);
	z->set = zone_set_new(z->arena);
	status = fs_read_file(z->arena, AT_FDCWD, path, LIMIT_ZONE_FILE, &file.text);
	if (status != 0)
		snprintf(err, err_size, "%s: %s", path, mcc_status_text(status));
	else
		status = zone_read(z->arena, z->set, &file, err, err_size);
	if (status != 0) {
		zone_close(&z->source);
		return status;
	}
	*out_r = resolver_new(&z->source, &front);
	return 0;
}
