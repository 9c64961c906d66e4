/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compound messages of wire.h, each written and read beside the other so
 * that the order of the fields can be compared at a glance. Readers check
 * counts against the limits before they allocate.
 */
#include "mccd/wire.h"

#include "base/arena.h"

static const char *get_cstr(struct wire_in *in, struct arena *arena)
{
	return str_dup0(arena, wire_get_str(in));
}

static bool get_bool(struct wire_in *in)
{
	uint64_t n = wire_get_u64(in);

	if (n > 1)
		in->bad = true;
	return n == 1;
}

static void put_list(struct wire_out *out, const char *const *items, size_t count)
{
	size_t i;

	wire_put_u64(out, count);
	for (i = 0; i < count; i++)
		wire_put_cstr(out, items[i]);
}

static const char *const *get_list(struct wire_in *in, struct arena *arena,
				   size_t *out_count)
{
	uint64_t count = wire_get_u64(in);
	const char **items;
	size_t i;

	*out_count = 0;
	if (in->bad || count > WIRE_RECIPIENTS_MAX) {
		in->bad = true;
		return NULL;
	}
	items = arena_array(arena, (size_t)count + 1, sizeof(*items));
	for (i = 0; i < count && !in->bad; i++)
		items[i] = get_cstr(in, arena);
	*out_count = in->bad ? 0 : (size_t)count;
	return items;
}

void wire_put_submission(struct wire_out *out, const struct wire_submission *s)
{
	wire_put_cstr(out, s->sender);
	put_list(out, s->recipients, s->recipient_count);
	wire_put_cstr(out, s->client_address);
	wire_put_cstr(out, s->client_name);
	wire_put_cstr(out, s->helo);
	wire_put_cstr(out, s->queue_id);
	wire_put_u64(out, s->eight_bit);
	wire_put_u64(out, s->hold);
	wire_put_u64(out, s->discard);
	wire_put_cstr(out, s->redirect);
	wire_put_cstr(out, s->filter);
	wire_put_u64(out, s->unmapped);
}

bool wire_get_submission(struct wire_in *in, struct arena *arena,
			 struct wire_submission *out)
{
	struct wire_submission s = {0};

	s.sender = get_cstr(in, arena);
	s.recipients = get_list(in, arena, &s.recipient_count);
	s.client_address = get_cstr(in, arena);
	s.client_name = get_cstr(in, arena);
	s.helo = get_cstr(in, arena);
	s.queue_id = get_cstr(in, arena);
	s.eight_bit = get_bool(in);
	s.hold = get_bool(in);
	s.discard = get_bool(in);
	s.redirect = get_cstr(in, arena);
	s.filter = get_cstr(in, arena);
	s.unmapped = get_bool(in);
	*out = s;
	return !in->bad;
}

void wire_put_delivery(struct wire_out *out, const struct wire_delivery *d)
{
	wire_put_u64(out, d->place);
	wire_put_cstr(out, d->queue_id);
	wire_put_cstr(out, d->sender);
	wire_put_cstr(out, d->recipient);
	wire_put_cstr(out, d->original);
	wire_put_cstr(out, d->user);
	wire_put_cstr(out, d->mailbox);
	wire_put_cstr(out, d->base);
	wire_put_u64(out, d->uid);
	wire_put_u64(out, d->gid);
	wire_put_u64(out, d->size_limit);
	wire_put_u64(out, d->arrived);
	wire_put_u64(out, d->replay);
	wire_put_u64(out, d->content_at);
	wire_put_u64(out, d->content_size);
	wire_put_cstr(out, d->client_address);
	wire_put_cstr(out, d->client_name);
	wire_put_cstr(out, d->helo);
}

bool wire_get_delivery(struct wire_in *in, struct arena *arena, struct wire_delivery *out)
{
	struct wire_delivery d = {0};
	uint64_t place = wire_get_u64(in);

	if (place < WIRE_MAILDIR || place > WIRE_COMMAND)
		in->bad = true;
	d.place = (enum wire_place)place;
	d.queue_id = get_cstr(in, arena);
	d.sender = get_cstr(in, arena);
	d.recipient = get_cstr(in, arena);
	d.original = get_cstr(in, arena);
	d.user = get_cstr(in, arena);
	d.mailbox = get_cstr(in, arena);
	d.base = get_cstr(in, arena);
	d.uid = wire_get_u64(in);
	d.gid = wire_get_u64(in);
	d.size_limit = wire_get_u64(in);
	d.arrived = wire_get_u64(in);
	d.replay = get_bool(in);
	d.content_at = wire_get_u64(in);
	d.content_size = wire_get_u64(in);
	d.client_address = get_cstr(in, arena);
	d.client_name = get_cstr(in, arena);
	d.helo = get_cstr(in, arena);
	*out = d;
	return !in->bad;
}

void wire_put_sending(struct wire_out *out, const struct wire_sending *s)
{
	wire_put_cstr(out, s->queue_id);
	wire_put_cstr(out, s->sender);
	put_list(out, s->recipients, s->recipient_count);
	wire_put_cstr(out, s->nexthop);
	wire_put_u64(out, s->eight_bit);
	wire_put_u64(out, s->is_lmtp);
	wire_put_u64(out, s->content_at);
	wire_put_u64(out, s->content_size);
}

bool wire_get_sending(struct wire_in *in, struct arena *arena, struct wire_sending *out)
{
	struct wire_sending s = {0};

	s.queue_id = get_cstr(in, arena);
	s.sender = get_cstr(in, arena);
	s.recipients = get_list(in, arena, &s.recipient_count);
	s.nexthop = get_cstr(in, arena);
	s.eight_bit = get_bool(in);
	s.is_lmtp = get_bool(in);
	s.content_at = wire_get_u64(in);
	s.content_size = wire_get_u64(in);
	*out = s;
	return !in->bad;
}

void wire_put_result(struct wire_out *out, const struct wire_result *r)
{
	wire_put_u64(out, r->outcome);
	wire_put_cstr(out, r->dsn);
	wire_put_cstr(out, r->text);
	wire_put_cstr(out, r->remote);
}

bool wire_get_result(struct wire_in *in, struct arena *arena, struct wire_result *out)
{
	struct wire_result r = {0};
	uint64_t outcome = wire_get_u64(in);

	if (outcome < WIRE_DONE || outcome > WIRE_FAILED)
		in->bad = true;
	r.outcome = (enum wire_outcome)outcome;
	r.dsn = get_cstr(in, arena);
	r.text = get_cstr(in, arena);
	r.remote = get_cstr(in, arena);
	*out = r;
	return !in->bad;
}
