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
#include "dnscheck/entries.h"
#include "dnscheck/record.h"
#include "dnscheck/source.h"

enum {
	DEFAULT_IN_FLIGHT = 2000,
	DEFAULT_CACHE = 100000,
	/* RFC 2308 5: a negative answer is kept for hours at most. */
	NEGATIVE_TTL_MAX = 3 * 3600,
	/* RFC 2308 7.2, RFC 9520 3.2: failures are kept too, but briefly. */
	FAILURE_TTL = 5,
	TTL_MAX = 7 * 86400,
	DETAIL_SIZE = 128
};

struct resolver {
	struct dns_source *source;
	struct recording *recording; /* or NULL */
	struct dns_entries entries;
	size_t cache_max;
	struct dns_entry *backlog_first;
	struct dns_entry *backlog_last;
	size_t in_flight;
	size_t in_flight_max;
	bool is_pumping;
	struct dns_waiters ready;
	size_t pending; /* callbacks owed */
	struct dns_closer *closers;
};

struct resolver *resolver_new(struct dns_source *source, const struct resolver_options *o)
{
	struct resolver *r = dns_alloc(sizeof(*r));

	r->source = source;
	dns_entries_init(&r->entries);
	r->cache_max =
		o != NULL && o->cache_entries != 0 ? o->cache_entries : DEFAULT_CACHE;
	r->in_flight_max =
		o != NULL && o->max_in_flight != 0 ? o->max_in_flight : DEFAULT_IN_FLIGHT;
	return r;
}

/* --- questions under way ------------------------------------------------ */

static void backlog_append(struct resolver *r, struct dns_entry *e)
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
	struct dns_entry *e;

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
		e->question->started_ms = dns_now_ms();
		r->source->ops->start(r->source, e->question);
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

static void entry_finish(struct dns_entry *e, const struct dns_answer *answer)
{
	struct resolver *r = e->question->resolver;
	struct dns_answer full = *answer;
	struct dns_name name;
	char qname[DNS_NAME_TEXT];
	uint32_t ttl = answer_ttl(answer);
	uint64_t now = dns_now_ms();
	struct dns_waiter *w;

	(void)dns_name_of_wire(e->name, e->name_len, &name);
	dns_name_format(&name, qname);
	full.qname = qname;
	full.qtype = e->type;
	if (full.server == NULL)
		full.server = "";
	if (e->chain != NULL) {
		if (full.cname == NULL)
			full.cname = e->chain->target;
		full.authenticated = full.authenticated && e->chain->authenticated;
		full.is_insecure = full.is_insecure || e->chain->is_insecure;
		ttl = e->chain->ttl < ttl ? e->chain->ttl : ttl;
	}
	e->block = dns_block_new(&full);
	free(e->chain);
	e->chain = NULL;
	free(e->question);
	e->question = NULL;
	e->expires_ms = now + (uint64_t)ttl * 1000;
	for (w = e->waiters.first; w != NULL; w = w->next)
		w->block = dns_block_ref(e->block);
	if (e->waiters.first != NULL) {
		if (r->ready.last != NULL)
			r->ready.last->next = e->waiters.first;
		else
			r->ready.first = e->waiters.first;
		r->ready.last = e->waiters.last;
		e->waiters = (struct dns_waiters){NULL, NULL};
	}
	dns_entries_link(&r->entries, e);
	if (r->entries.cached > r->cache_max)
		dns_entries_evict(&r->entries, r->entries.oldest);
	r->in_flight--;
	pump(r);
}

static void finish_failed(struct dns_entry *e, enum dns_status status, const char *detail)
{
	struct dns_answer a = {.status = status, .server = "", .detail = detail};

	entry_finish(e, &a);
}

/*
 * Goes on with the CNAME's target. It is asked for this entry alone instead of
 * joining a question under way: two names that point at each other would wait
 * for one another for ever. A cached answer is taken.
 */
static void chain_follow(struct dns_entry *e, const struct dns_answer *answer)
{
	struct resolver *r = e->question->resolver;
	struct dns_name target;
	const struct dns_entry *known;
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
	e->chain->is_insecure = e->chain->is_insecure || answer->is_insecure;
	if (answer->negative_ttl < e->chain->ttl)
		e->chain->ttl = answer->negative_ttl;
	dns_name_format(&target, e->chain->target);
	known = dns_entries_find(&r->entries, &target, e->type,
				 dns_name_hash(&target, e->type));
	if (known != NULL && known->block != NULL && known->expires_ms > now) {
		entry_finish(e, &known->block->answer);
		return;
	}
	e->question->name = target;
	r->source->ops->start(r->source, e->question);
}

void dns_question_done(struct dns_question *question, const struct dns_answer *answer,
		       bool is_open)
{
	struct dns_entry *e = question->entry;
	struct resolver *r = question->resolver;

	if (question->done != NULL) {
		question->done(question, answer, is_open);
		return;
	}
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
			    struct dns_waiter *w)
{
	char detail[DETAIL_SIZE];
	struct dns_answer a = {.status = DNS_BAD_NAME,
			       .qname = name,
			       .qtype = type,
			       .server = "",
			       .detail = detail};

	dns_name_explain(name, detail, sizeof(detail));
	w->block = dns_block_new(&a);
	dns_waiters_append(&r->ready, w);
}

static void ask_parsed(struct resolver *r, const struct dns_name *name,
		       enum dns_type type, struct dns_waiter *w)
{
	uint32_t hash = dns_name_hash(name, type);
	struct dns_entry *e = dns_entries_find(&r->entries, name, type, hash);

	if (e != NULL && e->block != NULL) {
		if (e->expires_ms > dns_now_ms()) {
			dns_entries_unlink(&r->entries, e);
			dns_entries_link(&r->entries, e);
			w->block = dns_block_ref(e->block);
			w->from_cache = true;
			dns_waiters_append(&r->ready, w);
			return;
		}
		dns_entries_evict(&r->entries, e);
		e = NULL;
	}
	if (e != NULL) {
		dns_waiters_append(&e->waiters, w);
		return;
	}
	e = dns_entries_add(&r->entries, name, type, hash);
	e->question->resolver = r;
	dns_waiters_append(&e->waiters, w);
	backlog_append(r, e);
	pump(r);
}

static struct dns_waiter *waiter_new(struct resolver *r, dns_callback *callback,
				     void *arg)
{
	struct dns_waiter *w = dns_alloc(sizeof(*w));

	w->callback = callback;
	w->arg = arg;
	r->pending++;
	return w;
}

void dns_ask(struct resolver *r, const char *name, enum dns_type type,
	     dns_callback *callback, void *arg)
{
	struct dns_waiter *w = waiter_new(r, callback, arg);
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

static void waiter_call(struct resolver *r, struct dns_waiter *w)
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
	struct dns_waiters batch;
	struct dns_waiter *w;

	if (r->source->ops->process != NULL)
		r->source->ops->process(r->source);
	/* Only what is ready now: callbacks ask on, and an event loop around
	 * us wants its turn. */
	batch = r->ready;
	r->ready = (struct dns_waiters){NULL, NULL};
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

void dns_closer_add(struct resolver *r, struct dns_closer *closer)
{
	closer->back = &r->closers;
	closer->next = r->closers;
	if (closer->next != NULL)
		closer->next->back = &closer->next;
	r->closers = closer;
}

void dns_closer_remove(struct dns_closer *closer)
{
	*closer->back = closer->next;
	if (closer->next != NULL)
		closer->next->back = closer->back;
	closer->next = NULL;
	closer->back = NULL;
}

struct dns_closer *dns_closer_find(struct resolver *r, void (*fn)(struct dns_closer *))
{
	struct dns_closer *closer = r->closers;

	while (closer != NULL && closer->fn != fn)
		closer = closer->next;
	return closer;
}

void resolver_close(struct resolver *r)
{
	struct dns_closer *closer;

	if (r == NULL)
		return;
	while ((closer = r->closers) != NULL) {
		dns_closer_remove(closer);
		closer->fn(closer);
	}
	r->source->ops->close(r->source);
	recording_free(r->recording);
	dns_waiters_free(&r->ready);
	dns_entries_fini(&r->entries);
	free(r);
}
