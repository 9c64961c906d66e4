/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front of every resolver: one entry per name and type, which is first a
 * question under way and then a cached answer. Whoever asks the same while it
 * is under way joins it.
 *
 * Invariants: a callback never runs from inside dns_ask(); each runs once. An
 * entry is in the hash table from the moment it is asked until it is evicted;
 * only answered entries are in the list of last use and can be evicted. An
 * answer given to a callback is referenced, so the entry may go meanwhile.
 *
 * The front knows nothing of packets, files or time-outs: that is the source.
 */
#include "dnscheck/resolver.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/answer.h"
#include "dnscheck/record.h"
#include "dnscheck/source.h"

enum {
	TABLE_FIRST = 256,
	DEFAULT_IN_FLIGHT = 2000,
	DEFAULT_CACHE = 100000,
	/* RFC 2308 5: a negative answer is kept for hours at most. */
	NEGATIVE_TTL_MAX = 3 * 3600,
	/* RFC 2308 7.2, RFC 9520 3.2: failures are kept too, but briefly. */
	FAILURE_TTL = 5,
	TTL_MAX = 7 * 86400
};

struct waiter {
	struct waiter *next;
	dns_callback *callback;
	void *arg;
	struct dns_block *block; /* set once the answer is there */
	bool from_cache;
};

struct waiters {
	struct waiter *first;
	struct waiter *last;
};

/* The answers of a CNAME chain so far. */
struct chain {
	unsigned links;
	uint32_t ttl;
	bool authenticated;
	char target[DNS_NAME_TEXT];
};

struct entry {
	struct dns_question question; /* first: sources hand it back */
	struct entry *hash_next;
	struct entry *newer; /* by last use */
	struct entry *older;
	struct entry *backlog_next;
	struct dns_name name;
	uint32_t hash;
	struct waiters waiters; /* while under way */
	struct chain *chain;
	struct dns_block *block; /* NULL: under way */
	uint64_t expires_ms;
};

struct resolver {
	struct dns_source *source;
	struct recording *recording; /* or NULL */
	struct entry **table;
	size_t table_size; /* a power of two */
	size_t entry_count;
	size_t cached;
	size_t cache_max;
	struct entry *newest;
	struct entry *oldest;
	struct entry *backlog_first;
	struct entry *backlog_last;
	size_t in_flight;
	size_t in_flight_max;
	bool is_pumping;
	struct waiters ready;
	size_t pending; /* callbacks owed */
};

struct resolver *resolver_new(struct dns_source *source, const struct resolver_options *o)
{
	struct resolver *r = dns_alloc(sizeof(*r));

	r->source = source;
	r->table_size = TABLE_FIRST;
	r->table = dns_alloc(r->table_size * sizeof(struct entry *));
	r->cache_max =
		o != NULL && o->cache_entries != 0 ? o->cache_entries : DEFAULT_CACHE;
	r->in_flight_max =
		o != NULL && o->max_in_flight != 0 ? o->max_in_flight : DEFAULT_IN_FLIGHT;
	return r;
}

static void waiters_append(struct waiters *list, struct waiter *w)
{
	w->next = NULL;
	if (list->last != NULL)
		list->last->next = w;
	else
		list->first = w;
	list->last = w;
}

static void waiters_free(struct waiters *list)
{
	struct waiter *w, *next;

	for (w = list->first; w != NULL; w = next) {
		next = w->next;
		dns_block_unref(w->block);
		free(w);
	}
	*list = (struct waiters){NULL, NULL};
}

/* --- the table ---------------------------------------------------------- */

static struct entry *table_find(const struct resolver *r, const struct dns_name *name,
				enum dns_type type, uint32_t hash)
{
	struct entry *e = r->table[hash & (r->table_size - 1)];

	while (e != NULL && (e->hash != hash || e->question.type != type ||
			     !dns_name_equal(&e->name, name)))
		e = e->hash_next;
	return e;
}

static void table_grow(struct resolver *r)
{
	size_t size = r->table_size * 2, i;
	struct entry **table = dns_alloc(size * sizeof(struct entry *));
	struct entry *e, *next;

	for (i = 0; i < r->table_size; i++) {
		for (e = r->table[i]; e != NULL; e = next) {
			next = e->hash_next;
			e->hash_next = table[e->hash & (size - 1)];
			table[e->hash & (size - 1)] = e;
		}
	}
	free(r->table);
	r->table = table;
	r->table_size = size;
}

static struct entry *table_add(struct resolver *r, const struct dns_name *name,
			       enum dns_type type, uint32_t hash)
{
	struct entry *e = dns_alloc(sizeof(*e));
	struct entry **slot;

	if (r->entry_count >= r->table_size)
		table_grow(r);
	slot = &r->table[hash & (r->table_size - 1)];
	e->name = *name;
	e->hash = hash;
	e->question.resolver = r;
	e->question.name = *name;
	e->question.type = type;
	e->hash_next = *slot;
	*slot = e;
	r->entry_count++;
	return e;
}

static void use_unlink(struct resolver *r, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &r->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &r->oldest) = e->newer;
	e->newer = e->older = NULL;
	r->cached--;
}

static void use_link_newest(struct resolver *r, struct entry *e)
{
	e->older = r->newest;
	*(r->newest != NULL ? &r->newest->newer : &r->oldest) = e;
	r->newest = e;
	r->cached++;
}

static void entry_free(struct entry *e)
{
	waiters_free(&e->waiters);
	dns_block_unref(e->block);
	free(e->chain);
	free(e);
}

static void entry_evict(struct resolver *r, struct entry *e)
{
	struct entry **slot = &r->table[e->hash & (r->table_size - 1)];

	use_unlink(r, e);
	while (*slot != e)
		slot = &(*slot)->hash_next;
	*slot = e->hash_next;
	r->entry_count--;
	entry_free(e);
}

/* --- questions under way ------------------------------------------------ */

static void backlog_append(struct resolver *r, struct entry *e)
{
	if (r->backlog_last != NULL)
		r->backlog_last->backlog_next = e;
	else
		r->backlog_first = e;
	r->backlog_last = e;
}

/* Starts what may start. A source that answers at once comes back in here by
 * way of entry_finish(); the flag turns that recursion into the loop. */
static void pump(struct resolver *r)
{
	struct entry *e;

	if (r->is_pumping)
		return;
	r->is_pumping = true;
	while (r->backlog_first != NULL && r->in_flight < r->in_flight_max) {
		e = r->backlog_first;
		r->backlog_first = e->backlog_next;
		if (r->backlog_first == NULL)
			r->backlog_last = NULL;
		e->backlog_next = NULL;
		r->in_flight++;
		e->question.started_ms = dns_now_ms();
		r->source->ops->start(r->source, &e->question);
	}
	r->is_pumping = false;
}

static uint32_t answer_ttl(const struct dns_answer *a)
{
	uint32_t ttl = TTL_MAX;
	size_t i;

	if (a->status == DNS_NODATA || a->status == DNS_NXDOMAIN)
		return a->negative_ttl < NEGATIVE_TTL_MAX ? a->negative_ttl
							  : NEGATIVE_TTL_MAX;
	if (a->status != DNS_ANSWER)
		return FAILURE_TTL;
	for (i = 0; i < a->rr_count; i++) {
		if (a->rrs[i].ttl < ttl)
			ttl = a->rrs[i].ttl;
	}
	return ttl;
}

static void entry_finish(struct entry *e, const struct dns_answer *answer)
{
	struct resolver *r = e->question.resolver;
	struct dns_answer full = *answer;
	char qname[DNS_NAME_TEXT];
	uint32_t ttl = answer_ttl(answer);
	uint64_t now = dns_now_ms();
	struct waiter *w;

	dns_name_format(&e->name, qname);
	full.qname = qname;
	full.qtype = e->question.type;
	if (full.server == NULL)
		full.server = "";
	if (e->chain != NULL) {
		if (full.cname == NULL)
			full.cname = e->chain->target;
		full.authenticated = full.authenticated && e->chain->authenticated;
		ttl = e->chain->ttl < ttl ? e->chain->ttl : ttl;
	}
	e->block = dns_block_new(&full);
	free(e->chain);
	e->chain = NULL;
	e->expires_ms = now + (uint64_t)ttl * 1000;
	for (w = e->waiters.first; w != NULL; w = w->next)
		w->block = dns_block_ref(e->block);
	if (e->waiters.first != NULL) {
		if (r->ready.last != NULL)
			r->ready.last->next = e->waiters.first;
		else
			r->ready.first = e->waiters.first;
		r->ready.last = e->waiters.last;
		e->waiters = (struct waiters){NULL, NULL};
	}
	use_link_newest(r, e);
	if (r->cached > r->cache_max)
		entry_evict(r, r->oldest);
	r->in_flight--;
	pump(r);
}

static void finish_failed(struct entry *e, enum dns_status status, const char *detail)
{
	struct dns_answer a = {.status = status, .server = "", .detail = detail};

	entry_finish(e, &a);
}

/*
 * Goes on with the CNAME's target. It is asked for this entry alone instead of
 * joining a question under way: two names that point at each other would wait
 * for one another for ever. A cached answer is taken.
 */
static void chain_follow(struct entry *e, const struct dns_answer *answer)
{
	struct resolver *r = e->question.resolver;
	struct dns_name target;
	const struct entry *known;
	uint64_t now = dns_now_ms();

	if (e->chain == NULL) {
		e->chain = dns_alloc(sizeof(*e->chain));
		e->chain->ttl = TTL_MAX;
		e->chain->authenticated = true;
	}
	if (!dns_name_parse(answer->cname, &target)) {
		finish_failed(e, DNS_BAD_NAME, "the target of a CNAME is no valid name");
		return;
	}
	if (++e->chain->links > LIMIT_CNAME_CHAIN) {
		finish_failed(e, DNS_SERVFAIL, "CNAME chain too long or a loop");
		return;
	}
	e->chain->authenticated = e->chain->authenticated && answer->authenticated;
	if (answer->negative_ttl < e->chain->ttl)
		e->chain->ttl = answer->negative_ttl;
	dns_name_format(&target, e->chain->target);
	known = table_find(r, &target, e->question.type,
			   dns_name_hash(&target, e->question.type));
	if (known != NULL && known->block != NULL && known->expires_ms > now) {
		entry_finish(e, &known->block->answer);
		return;
	}
	e->question.name = target;
	r->source->ops->start(r->source, &e->question);
}

void dns_question_done(struct dns_question *question, const struct dns_answer *answer,
		       bool is_open)
{
	struct entry *e = (struct entry *)question;
	struct resolver *r = question->resolver;

	if (r->recording != NULL)
		recording_add(r->recording, &question->name, question->type, answer,
			      is_open);
	if (is_open)
		chain_follow(e, answer);
	else
		entry_finish(e, answer);
}

void dns_question_fail(struct dns_question *question, enum dns_status status,
		       const char *server, const char *detail)
{
	struct dns_answer a = {.status = status,
			       .server = server,
			       .detail = detail,
			       .elapsed_ms =
				       (unsigned)(dns_now_ms() - question->started_ms)};

	dns_question_done(question, &a, false);
}

/* --- asking ------------------------------------------------------------- */

static void answer_bad_name(struct resolver *r, const char *name, enum dns_type type,
			    struct waiter *w)
{
	struct dns_answer a = {.status = DNS_BAD_NAME,
			       .qname = name,
			       .qtype = type,
			       .server = "",
			       .detail = "no valid domain name: a label is empty or "
					 "longer than 63 octets, or the name than 255"};

	w->block = dns_block_new(&a);
	waiters_append(&r->ready, w);
}

static void ask_parsed(struct resolver *r, const struct dns_name *name,
		       enum dns_type type, struct waiter *w)
{
	uint32_t hash = dns_name_hash(name, type);
	struct entry *e = table_find(r, name, type, hash);

	if (e != NULL && e->block != NULL) {
		if (e->expires_ms > dns_now_ms()) {
			use_unlink(r, e);
			use_link_newest(r, e);
			w->block = dns_block_ref(e->block);
			w->from_cache = true;
			waiters_append(&r->ready, w);
			return;
		}
		entry_evict(r, e);
		e = NULL;
	}
	if (e != NULL) {
		waiters_append(&e->waiters, w);
		return;
	}
	e = table_add(r, name, type, hash);
	waiters_append(&e->waiters, w);
	backlog_append(r, e);
	pump(r);
}

static struct waiter *waiter_new(struct resolver *r, dns_callback *callback, void *arg)
{
	struct waiter *w = dns_alloc(sizeof(*w));

	w->callback = callback;
	w->arg = arg;
	r->pending++;
	return w;
}

void dns_ask(struct resolver *r, const char *name, enum dns_type type,
	     dns_callback *callback, void *arg)
{
	struct waiter *w = waiter_new(r, callback, arg);
	struct dns_name parsed;

	if (dns_name_parse(name, &parsed))
		ask_parsed(r, &parsed, type, w);
	else
		answer_bad_name(r, name, type, w);
}

void dns_ask_ptr(struct resolver *r, int family, const uint8_t *address,
		 dns_callback *callback, void *arg)
{
	struct dns_name name;

	dns_name_reverse(family, address, &name);
	ask_parsed(r, &name, DNS_PTR, waiter_new(r, callback, arg));
}

/* --- event loop --------------------------------------------------------- */

int dns_fd(const struct resolver *r)
{
	return r->source->ops->fd == NULL ? -1 : r->source->ops->fd(r->source);
}

int dns_timeout(const struct resolver *r)
{
	if (r->ready.first != NULL)
		return 0;
	return r->source->ops->timeout == NULL ? -1 : r->source->ops->timeout(r->source);
}

static void waiter_call(struct resolver *r, struct waiter *w)
{
	struct dns_answer answer = w->block->answer;

	if (w->from_cache) {
		answer.server = "";
		answer.elapsed_ms = 0;
	}
	r->pending--;
	w->callback(&answer, w->arg);
}

void dns_process(struct resolver *r)
{
	struct waiters batch;
	struct waiter *w;

	if (r->source->ops->process != NULL)
		r->source->ops->process(r->source);
	/* Only what is ready now: callbacks ask on, and an event loop around
	 * us wants its turn. */
	batch = r->ready;
	r->ready = (struct waiters){NULL, NULL};
	while ((w = batch.first) != NULL) {
		batch.first = w->next;
		waiter_call(r, w);
		dns_block_unref(w->block);
		free(w);
	}
}

size_t dns_pending(const struct resolver *r)
{
	return r->pending;
}

void dns_wait_once(struct resolver *r)
{
	struct pollfd p = {.fd = dns_fd(r), .events = POLLIN};
	int timeout = dns_timeout(r);

	if (r->pending != 0 && timeout != 0 && p.fd >= 0)
		(void)poll(&p, 1, timeout);
	dns_process(r);
}

void dns_wait_all(struct resolver *r)
{
	while (r->pending != 0)
		dns_wait_once(r);
}

/* --- life --------------------------------------------------------------- */

void resolver_set_recording(struct resolver *r, struct recording *recording)
{
	r->recording = recording;
}

int resolver_save_recording(struct resolver *r, char *err, size_t err_size)
{
	return r->recording == NULL ? 0 : recording_save(r->recording, err, err_size);
}

void resolver_close(struct resolver *r)
{
	struct entry *e, *next;
	size_t i;

	if (r == NULL)
		return;
	r->source->ops->close(r->source);
	recording_free(r->recording);
	waiters_free(&r->ready);
	for (i = 0; i < r->table_size; i++) {
		for (e = r->table[i]; e != NULL; e = next) {
			next = e->hash_next;
			entry_free(e);
		}
	}
	free(r->table);
	free(r);
}
