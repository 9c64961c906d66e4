/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers are forks of this process: they know everything it knows and need
 * only the numbers of their pieces. Each has a socket: numbers go to it, and
 * results, with their length in front, come from it. It holds two numbers at
 * most, so that it never waits for the next. While many results, or large ones,
 * wait for an earlier one, no new numbers are given out: the earlier one is in
 * some worker's hands already.
 */
#include "mcc/pool.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"

enum { POOL_GIVEN = 2, POOL_READ = 65536 };

struct worker {
	pid_t pid; /* 0: none */
	int fd;
	size_t given[POOL_GIVEN];
	size_t given_count;
	struct strbuf in; /* what has come of the next result */
};

/* The result of one piece while it waits for earlier ones. */
struct waiting {
	struct strbuf text;
	int lost;
	bool is_there;
};

struct run {
	const struct pool *pool;
	struct worker *workers;
	size_t jobs;
	struct waiting *waiting; /* of piece i: at i % LIMIT_CHECK_AHEAD */
	size_t waiting_bytes;
	size_t next; /* to be given */
	size_t taken;
	size_t *again; /* given, but their worker ended before */
	size_t again_count;
};

/* ---- in the worker ---- */

static bool read_whole(int fd, void *data, size_t len)
{
	char *at = data;

	while (len) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool serve(const struct pool *pool, int fd)
{
	struct strbuf out;
	size_t piece;
	bool is_sent = true;

	strbuf_init(&out, LIMIT_CHECK_RESULT);
	while (is_sent && read_whole(fd, &piece, sizeof(piece))) {
		size_t len = 0;

		strbuf_clear(&out);
		strbuf_add(&out, &len, sizeof(len));
		pool->work(pool->arg, piece, &out);
		len = out.len - sizeof(len);
		if (!out.failed)
			memcpy(out.ptr, &len, sizeof(len));
		is_sent = !out.failed && fs_write_all(fd, out.ptr, out.len) == MCC_OK;
	}
	strbuf_fini(&out);
	return is_sent;
}

/* ---- workers come and go ---- */

static void close_worker(struct worker *w)
{
	close(w->fd);
	strbuf_fini(&w->in);
	w->pid = 0;
}

/* A child must not hold the sockets of its brothers: they wait for their end. */
static void run_child(const struct run *run, int fd)
{
	for (size_t i = 0; i < run->jobs; i++)
		if (run->workers[i].pid)
			close(run->workers[i].fd);
	_exit(serve(run->pool, fd) ? 0 : 1);
}

static int start(struct run *run, struct worker *w)
{
	int status;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return mcc_status_from_errno(errno);
	fflush(NULL);
	pid = fork();
	status = pid < 0 ? mcc_status_from_errno(errno) : MCC_OK;
	if (pid == 0) {
		close(fds[0]);
		run_child(run, fds[1]);
	}
	close(fds[1]);
	*w = (struct worker){.pid = pid, .fd = fds[0]};
	strbuf_init(&w->in, LIMIT_CHECK_RESULT + sizeof(size_t));
	if (status)
		close_worker(w);
	return status;
}

static struct waiting *waiting_of(struct run *run, size_t piece)
{
	return &run->waiting[piece % LIMIT_CHECK_AHEAD];
}

/* The first piece that it held is lost; the others go to somebody else. */
static void bury(struct run *run, struct worker *w)
{
	int how = 0;

	while (waitpid(w->pid, &how, 0) < 0 && errno == EINTR)
		;
	if (w->given_count) {
		struct waiting *waiting = waiting_of(run, w->given[0]);

		strbuf_init(&waiting->text, 0);
		waiting->lost = how ? how : 1 << 8; /* exit status 1 */
		waiting->is_there = true;
	}
	for (size_t i = 1; i < w->given_count; i++)
		run->again[run->again_count++] = w->given[i];
	close_worker(w);
}

/* ---- numbers out ---- */

static bool next_piece(struct run *run, size_t *out_piece)
{
	if (run->again_count) {
		*out_piece = run->again[--run->again_count];
		return true;
	}
	if (run->next >= run->pool->count ||
	    run->next >= run->taken + LIMIT_CHECK_AHEAD ||
	    run->waiting_bytes > LIMIT_CHECK_WAITING)
		return false;
	*out_piece = run->next++;
	return true;
}

static bool is_work_left(const struct run *run)
{
	return run->again_count || run->next < run->pool->count;
}

/* A worker that has just ended is noticed when its results end. */
static void give(struct run *run, struct worker *w)
{
	while (w->given_count < POOL_GIVEN) {
		size_t piece;

		if (!next_piece(run, &piece))
			return;
		w->given[w->given_count++] = piece;
		if (send(w->fd, &piece, sizeof(piece), MSG_NOSIGNAL) < 0)
			return;
	}
}

static int give_all(struct run *run)
{
	int status = MCC_OK;
	bool any = false;

	for (size_t i = 0; i < run->jobs; i++) {
		struct worker *w = &run->workers[i];

		if (!w->pid && is_work_left(run))
			status = start(run, w);
		if (!w->pid)
			continue;
		any = true;
		give(run, w);
	}
	return any || !is_work_left(run) ? MCC_OK : status;
}

/* ---- results in ---- */

static void take_ready(struct run *run)
{
	for (;;) {
		struct waiting *waiting = waiting_of(run, run->taken);

		if (run->taken == run->pool->count || !waiting->is_there)
			return;
		run->pool->take(run->pool->arg, run->taken, strbuf_view(&waiting->text),
				waiting->lost);
		run->waiting_bytes -= waiting->text.len;
		strbuf_fini(&waiting->text);
		*waiting = (struct waiting){.is_there = false};
		run->taken++;
	}
}

/* Moves the results that have come whole from the worker to their places. */
static void sort_results(struct run *run, struct worker *w)
{
	struct str in = strbuf_view(&w->in);
	size_t len;

	while (in.len >= sizeof(len)) {
		struct waiting *waiting;

		memcpy(&len, in.ptr, sizeof(len));
		if (in.len - sizeof(len) < len)
			break;
		MCC_ASSERT(w->given_count > 0);
		waiting = waiting_of(run, w->given[0]);
		strbuf_init(&waiting->text, LIMIT_CHECK_RESULT);
		strbuf_add(&waiting->text, in.ptr + sizeof(len), len);
		MCC_ASSERT(!waiting->text.failed);
		waiting->is_there = true;
		run->waiting_bytes += len;
		w->given_count--;
		memmove(w->given, w->given + 1, w->given_count * sizeof(*w->given));
		in = str_slice(in, sizeof(len) + len, in.len);
	}
	if (in.len)
		memmove(w->in.ptr, in.ptr, in.len);
	w->in.len = in.len;
}

static void hear(struct run *run, struct worker *w)
{
	char data[POOL_READ];
	ssize_t n = read(w->fd, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		bury(run, w);
		return;
	}
	strbuf_add(&w->in, data, (size_t)n);
	MCC_ASSERT(!w->in.failed);
	sort_results(run, w);
}

static int wait_for_results(struct run *run)
{
	struct pollfd polls[LIMIT_CHECK_JOBS];
	struct worker *of[LIMIT_CHECK_JOBS];
	nfds_t count = 0;

	for (size_t i = 0; i < run->jobs; i++) {
		if (!run->workers[i].pid)
			continue;
		of[count] = &run->workers[i];
		polls[count++] =
			(struct pollfd){.fd = run->workers[i].fd, .events = POLLIN};
	}
	if (poll(polls, count, -1) < 0)
		return errno == EINTR ? MCC_OK : mcc_status_from_errno(errno);
	for (nfds_t i = 0; i < count; i++)
		if (polls[i].revents)
			hear(run, of[i]);
	return MCC_OK;
}

static int run_all(struct run *run)
{
	int status = MCC_OK;

	while (run->taken < run->pool->count && status == MCC_OK) {
		status = give_all(run);
		if (status == MCC_OK)
			status = wait_for_results(run);
		take_ready(run);
	}
	return status;
}

/* A closed socket is the sign to end. */
static void finish(struct run *run)
{
	for (size_t i = 0; i < run->jobs; i++) {
		pid_t pid = run->workers[i].pid;

		if (!pid)
			continue;
		close_worker(&run->workers[i]);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (size_t i = 0; i < LIMIT_CHECK_AHEAD; i++)
		strbuf_fini(&run->waiting[i].text);
}

int pool_run(const struct pool *pool)
{
	struct run run = {.pool = pool, .jobs = pool->jobs};
	int status = MCC_ENOMEM;

	if (run.jobs > pool->count)
		run.jobs = pool->count;
	if (run.jobs > LIMIT_CHECK_JOBS)
		run.jobs = LIMIT_CHECK_JOBS;
	run.workers = calloc(run.jobs + 1, sizeof(*run.workers));
	run.waiting = calloc(LIMIT_CHECK_AHEAD, sizeof(*run.waiting));
	run.again = calloc(LIMIT_CHECK_AHEAD, sizeof(*run.again));
	if (run.workers && run.waiting && run.again) {
		status = run_all(&run);
		finish(&run);
	}
	free(run.workers);
	free(run.waiting);
	free(run.again);
	return status;
}
