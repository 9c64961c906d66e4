/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash table of a resolver's entries and the list of their last use.
 *
 * Invariants: every entry is in the table; exactly the answered ones are in
 * the list, newest first, and only those are evicted.
 */
#include "dnscheck/entries.h"

#include <stdlib.h>
#include <string.h>

#include "dnscheck/answer.h"

enum { TABLE_FIRST = 256 };

void dns_waiters_append(struct dns_waiters *list, struct dns_waiter *w)
{
	w->next = NULL;
	if (list->last != NULL)
		list->last->next = w;
	else
		list->first = w;
	list->last = w;
}

void dns_waiters_free(struct dns_waiters *list)
{
	struct dns_waiter *w, *next;

	for (w = list->first; w != NULL; w = next) {
		next = w->next;
		dns_block_unref(w->block);
		free(w);
	}
	*list = (struct dns_waiters){NULL, NULL};
}

struct dns_entry *dns_entries_find(const struct dns_entries *t,
				   const struct dns_name *name, enum dns_type type,
				   uint32_t hash)
{
	struct dns_entry *e = t->table[hash & (t->size - 1)];

	while (e != NULL &&
	       (e->hash != hash || e->type != type || e->name_len != name->len ||
		memcmp(e->name, name->wire, name->len) != 0))
		e = e->hash_next;
	return e;
}

static void table_grow(struct dns_entries *t)
{
	size_t size = t->size * 2, i;
	struct dns_entry **table = dns_alloc(size * sizeof(struct dns_entry *));
	struct dns_entry *e, *next;

	for (i = 0; i < t->size; i++) {
		for (e = t->table[i]; e != NULL; e = next) {
			next = e->hash_next;
			e->hash_next = table[e->hash & (size - 1)];
			table[e->hash & (size - 1)] = e;
		}
	}
	free(t->table);
	t->table = table;
	t->size = size;
}

struct dns_entry *dns_entries_add(struct dns_entries *t, const struct dns_name *name,
				  enum dns_type type, uint32_t hash)
{
	struct dns_entry *e = dns_alloc(sizeof(*e) + name->len);
	struct dns_entry **slot;

	if (t->count >= t->size)
		table_grow(t);
	slot = &t->table[hash & (t->size - 1)];
	e->type = type;
	e->name_len = name->len;
	memcpy(e->name, name->wire, name->len);
	e->hash = hash;
	e->question = dns_alloc(sizeof(*e->question));
	e->question->entry = e;
	e->question->name = *name;
	e->question->type = type;
	e->hash_next = *slot;
	*slot = e;
	t->count++;
	return e;
}

void dns_entries_unlink(struct dns_entries *t, struct dns_entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &t->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &t->oldest) = e->newer;
	e->newer = e->older = NULL;
	t->cached--;
}

void dns_entries_link(struct dns_entries *t, struct dns_entry *e)
{
	e->older = t->newest;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
	t->cached++;
}

static void entry_free(struct dns_entry *e)
{
	dns_waiters_free(&e->waiters);
	dns_block_unref(e->block);
	free(e->chain);
	free(e->question);
	free(e);
}

void dns_entries_evict(struct dns_entries *t, struct dns_entry *e)
{
	struct dns_entry **slot = &t->table[e->hash & (t->size - 1)];

	dns_entries_unlink(t, e);
	while (*slot != e)
		slot = &(*slot)->hash_next;
	*slot = e->hash_next;
	t->count--;
	entry_free(e);
}

void dns_entries_init(struct dns_entries *t)
{
	*t = (struct dns_entries){.size = TABLE_FIRST};
	t->table = dns_alloc(t->size * sizeof(struct dns_entry *));
}

void dns_entries_fini(struct dns_entries *t)
{
	struct dns_entry *e, *next;
	size_t i;

	for (i = 0; i < t->size; i++) {
		for (e = t->table[i]; e != NULL; e = next) {
			next = e->hash_next;
			entry_free(e);
		}
	}
	free(t->table);
}
