/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Servers' health: round-trip times as TCP keeps them (RFC 6298), a window of
 * queries under way as TCP has for segments, and a rest for a server that has
 * stopped answering. The order in which servers were named is the order in
 * which healthy ones are preferred, as resolv.conf(5) promises.
 */
#include "dnscheck/live.h"

enum {
	/* A datagram of the smallest size counts several hundred bytes in the
	 * receiver's buffer; Linux's default holds a little under 300. */
	WINDOW_START = 100,
	WINDOW_MIN = 8,
	WINDOW_MAX = 2000,
	THRESHOLD_START = 200,
	/* Lost datagrams are sent again after this at the earliest. */
	TIMEOUT_MIN = 200,
	DOWN_AFTER = 3, /* time-outs in a row */
	DOWN_FIRST_MS = 1000,
	DOWN_MAX_MS = 10000,
	DEAD_AFTER = 24 /* time-outs in a row */
};

void live_server_init(struct server *server, uint64_t now)
{
	server->window = WINDOW_START;
	server->threshold = THRESHOLD_START;
	server->last_answer_ms = now;
}

int live_choose_server(struct live *live, const struct live_query *query, uint64_t now,
		       bool *out_room)
{
	unsigned i, at, best_at = 0;
	int best = -1;
	const struct server *s;
	bool down;

	/* A repeated try goes to the next server in turn. */
	for (i = 0; i < live->server_count; i++) {
		at = (query->backoff + i) % live->server_count;
		s = &live->servers[at];
		if ((query->failed_servers >> at & 1) != 0)
			continue;
		down = s->down_until_ms > now;
		if (best < 0 || (best_at == 1 && !down)) {
			best = (int)at;
			best_at = down ? 1 : 0;
		}
	}
	if (best >= 0)
		*out_room = live->servers[best].in_flight <
			    (unsigned)live->servers[best].window;
	return best;
}

void live_server_answered(struct server *server, uint64_t rtt_ms, uint64_t now)
{
	double rtt = (double)rtt_ms, delta;

	if (!server->has_rtt) {
		server->has_rtt = true;
		server->rtt_ms = rtt;
		server->rtt_var_ms = rtt / 2;
	} else {
		delta = server->rtt_ms > rtt ? server->rtt_ms - rtt
					     : rtt - server->rtt_ms;
		server->rtt_var_ms += (delta - server->rtt_var_ms) / 4;
		server->rtt_ms += (rtt - server->rtt_ms) / 8;
	}
	server->failures = 0;
	server->down_until_ms = 0;
	server->last_answer_ms = now;
	if (server->window < WINDOW_MAX)
		server->window +=
			server->window < server->threshold ? 1 : 1 / server->window;
}

void live_server_timed_out(struct server *server, uint64_t now)
{
	uint64_t rest = DOWN_FIRST_MS;
	unsigned i;

	/* Once per round trip: one burst lost is one sign of congestion. */
	if (now - server->last_cut_ms >= TIMEOUT_MIN) {
		server->last_cut_ms = now;
		server->window /= 2;
		if (server->window < WINDOW_MIN)
			server->window = WINDOW_MIN;
		server->threshold = server->window;
	}
	server->failures++;
	if (server->failures < DOWN_AFTER)
		return;
	for (i = DOWN_AFTER; i < server->failures && rest < DOWN_MAX_MS; i++)
		rest *= 2;
	server->down_until_ms = now + (rest < DOWN_MAX_MS ? rest : DOWN_MAX_MS);
}

void live_server_refused(struct server *server, uint64_t now)
{
	server->down_until_ms = now + DOWN_FIRST_MS;
}

bool live_all_dead(const struct live *live, uint64_t now)
{
	const struct server *s;
	unsigned i;

	for (i = 0; i < live->server_count; i++) {
		s = &live->servers[i];
		if (s->failures < DEAD_AFTER || now - s->last_answer_ms < live->budget_ms)
			return false;
	}
	return true;
}

unsigned live_try_timeout(const struct live *live, const struct server *server,
			  unsigned backoff)
{
	double ms = server->has_rtt ? server->rtt_ms + 4 * server->rtt_var_ms
				    : (double)live->timeout_ms;

	if (ms < TIMEOUT_MIN)
		ms = TIMEOUT_MIN;
	while (backoff-- != 0 && ms < live->timeout_ms)
		ms *= 2;
	return ms < live->timeout_ms ? (unsigned)ms : live->timeout_ms;
}
