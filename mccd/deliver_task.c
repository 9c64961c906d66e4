/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process for each: its end is seen by a descriptor of the process, or where
 * the system has none by asking from time to time. A mailbox delivery writes
 * its result into the pipe; of a command the pipe holds the output, of which
 * the beginning is kept and the rest thrown away, so it never waits for us.
 */
#include "mccd/deliver_task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/status.h"
#include "mccd/loop.h"

enum {
	OUTPUT_MAX = 4096,
	ASK_MS = 50,
	/* A lock is waited for 20 seconds, and a disk may be slow. */
	MBOX_LIMIT_MS = 600000
};

struct deliver_task {
	struct deliver_tasks *tasks;
	struct deliver_task *next;
	struct deliver_task **back;
	uint64_t job;
	pid_t pid;
	bool is_command;
	bool was_timeout;
	struct loop_watch end;	  /* pidfd; -1: none */
	struct loop_watch output; /* pipe */
	struct loop_timer ask;
	struct loop_timer limit;
	size_t len;
	char text[OUTPUT_MAX];
};

static void unlink_task(struct deliver_task *task)
{
	struct loop *loop = task->tasks->loop;

	*task->back = task->next;
	if (task->next)
		task->next->back = task->back;
	loop_timer_cancel(loop, &task->ask);
	loop_timer_cancel(loop, &task->limit);
	if (task->output.is_on)
		loop_unwatch(loop, &task->output);
	close(task->output.fd);
	if (task->end.fd >= 0) {
		loop_unwatch(loop, &task->end);
		close(task->end.fd);
	}
}

static void read_output(struct deliver_task *task)
{
	char rest[OUTPUT_MAX];

	for (unsigned n = 0; n < 64; n++) {
		bool has_room = task->len < sizeof(task->text);
		char *to = has_room ? task->text + task->len : rest;
		ssize_t got =
			read(task->output.fd, to,
			     has_room ? sizeof(task->text) - task->len : sizeof(rest));

		if (got < 0 && errno == EINTR)
			continue;
		/* It closed its output and may go on for a long time. */
		if (got == 0 && task->output.is_on)
			loop_unwatch(task->tasks->loop, &task->output);
		if (got <= 0)
			return;
		if (has_room)
			task->len += (size_t)got;
	}
}

static void judge(const struct deliver_task *task, int status,
		  struct deliver_result *result)
{
	if (task->is_command) {
		command_judge(status, task->was_timeout,
			      (struct str){task->text, task->len}, result);
	} else if (task->len == sizeof(*result)) {
		memcpy(result, task->text, sizeof(*result));
	} else {
		deliver_fail(result, DELIVER_DEFERRED, "4.3.0",
			     "the process of the delivery died");
	}
}

static void check_end(struct deliver_task *task)
{
	struct deliver_tasks *tasks = task->tasks;
	struct deliver_result result;
	int status = 0;
	pid_t pid = waitpid(task->pid, &status, WNOHANG);

	if (pid == 0 || (pid < 0 && errno == EINTR)) {
		loop_timer_set(tasks->loop, &task->ask, ASK_MS);
		return;
	}
	read_output(task);
	judge(task, status, &result);
	unlink_task(task);
	tasks->done(tasks->arg, task->job, &result);
	free(task);
}

static void on_end(void *arg, uint32_t events)
{
	(void)events;
	check_end(arg);
}

static void on_ask(void *arg)
{
	check_end(arg);
}

static void on_output(void *arg, uint32_t events)
{
	(void)events;
	read_output(arg);
}

static void on_limit(void *arg)
{
	struct deliver_task *task = arg;

	task->was_timeout = true;
	/* Its session, with whatever it has started. */
	if (kill(-task->pid, SIGKILL) != 0)
		(void)kill(task->pid, SIGKILL);
}

/* ---- starting ---- */

static int process_descriptor(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

/* A process that only writes a mailbox holds nothing else of ours open. */
static void close_others(int a, int b)
{
	for (int fd = 3; fd < 4096; fd++) {
		if (fd != a && fd != b)
			close(fd);
	}
}

static int run_mbox(const struct mbox_job *mbox, int output)
{
	struct deliver_result result = {.outcome = DELIVER_DEFERRED};

	close_others(mbox->text.content_fd, output);
	mbox_deliver(mbox, &result);
	return fs_write_all(output, &result, sizeof(result)) == 0 ? 0 : 1;
}

static int watch(struct deliver_task *task, int pipe_fd)
{
	struct loop *loop = task->tasks->loop;
	int status;

	task->output = (struct loop_watch){
		.fd = pipe_fd, .events = EPOLLIN, .ready = on_output, .arg = task};
	task->end = (struct loop_watch){.fd = process_descriptor(task->pid),
					.events = EPOLLIN,
					.ready = on_end,
					.arg = task};
	task->ask.expired = on_ask;
	task->limit.expired = on_limit;
	task->ask.arg = task->limit.arg = task;
	status = loop_watch(loop, &task->output);
	if (status == 0 && task->end.fd >= 0 && loop_watch(loop, &task->end) != 0) {
		close(task->end.fd);
		task->end.fd = -1;
	}
	if (task->end.fd < 0)
		loop_timer_set(loop, &task->ask, ASK_MS);
	return status;
}

/* Forks. In the child out_task is NULL and out_pipe the end to write to. */
static int start(struct deliver_tasks *tasks, uint64_t job, uint64_t limit_ms,
		 struct deliver_task **out_task, int *out_pipe)
{
	struct deliver_task *task = calloc(1, sizeof(*task));
	int ends[2];
	int status;

	if (!task)
		return MCC_ENOMEM;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		status = mcc_status_from_errno(errno);
		free(task);
		return status;
	}
	task->pid = fork();
	if (task->pid == 0) {
		free(task);
		*out_task = NULL;
		*out_pipe = ends[1];
		return 0;
	}
	status = task->pid < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0
			 ? mcc_status_from_errno(errno)
			 : 0;
	close(ends[1]);
	task->tasks = tasks;
	task->job = job;
	if (status == 0)
		status = watch(task, ends[0]);
	if (status != 0) {
		close(ends[0]);
		if (task->pid > 0)
			(void)kill(task->pid, SIGKILL);
		free(task);
		return status;
	}
	task->next = tasks->first;
	task->back = &tasks->first;
	if (task->next)
		task->next->back = &task->next;
	tasks->first = task;
	loop_timer_set(tasks->loop, &task->limit, limit_ms);
	*out_task = task;
	return 0;
}

int deliver_task_mbox(struct deliver_tasks *tasks, uint64_t job,
		      const struct mbox_job *mbox)
{
	struct deliver_task *task;
	int output;
	int status = start(tasks, job, MBOX_LIMIT_MS, &task, &output);

	if (status == 0 && !task)
		_exit(run_mbox(mbox, output));
	return status;
}

int deliver_task_command(struct deliver_tasks *tasks, uint64_t job,
			 const struct command_job *command,
			 const struct deliver_text *text, uint64_t limit_ms)
{
	struct command_job run = *command;
	struct deliver_result result;
	struct deliver_task *task;
	int output;
	int status;

	run.input = memfd_create("mccd-command", MFD_CLOEXEC);
	if (run.input < 0)
		return mcc_status_from_errno(errno);
	if (!deliver_text_write(run.input, text, "the command", &result)) {
		/* A loop, or no memory: a result like any other. */
		close(run.input);
		tasks->done(tasks->arg, job, &result);
		return 0;
	}
	status = start(tasks, job, limit_ms, &task, &output);
	if (status == 0 && !task)
		_exit(command_exec(&run, output));
	if (status == 0)
		task->is_command = true;
	close(run.input);
	return status;
}

void deliver_tasks_free(struct deliver_tasks *tasks)
{
	struct deliver_task *task, *next;

	for (task = tasks->first; task; task = next) {
		next = task->next;
		unlink_task(task);
		free(task);
	}
}
