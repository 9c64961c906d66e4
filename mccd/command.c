/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The environment is made here and nothing is inherited. The shell is used only
 * for what needs one. no_new_privs of the deliverer stays: programs with a
 * set-user-id bit get no rights by it.
 */
#include "mccd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "runtime/address.h"

#define COMMAND_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

/* What command_expansion_filter has by default; and what needs no shell. */
static const char harmless[] = "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

enum { WORDS_MAX = 100, ENVIRONMENT_MAX = 20 };

/* ---- environment ---- */

static char *variable(struct arena *arena, const char *name, struct str value)
{
	size_t skip = strlen(name) + 1;
	char *text = arena_printf(arena, "%s=%.*s", name, STR_ARG(value));

	for (char *p = text + skip; *p; p++) {
		if (!strchr(harmless, *p))
			*p = '_';
	}
	return text;
}

/* NAME=VALUE, with a NULL at the end; in the arena. */
static char **environment(struct arena *arena, const struct command_job *job)
{
	char **env = arena_array(arena, ENVIRONMENT_MAX + 1, sizeof(*env));
	struct str local = address_local(str_of(job->recipient));
	struct str user;
	struct str extension = STR_LIT("");
	const struct {
		const char *name;
		struct str value;
	} rows[] = {
		{"SENDER", str_of(job->sender)},
		{"RECIPIENT", str_of(job->recipient)},
		{"ORIGINAL_RECIPIENT", str_of(job->original)},
		{"USER", str_of(job->user)},
		{"LOGNAME", str_of(job->user)},
		{"HOME", str_of(job->home)},
		{"LOCAL", local},
		{"DOMAIN", address_domain(str_of(job->recipient))},
		{"CLIENT_ADDRESS", str_of(job->client_address)},
		{"CLIENT_HOSTNAME", str_of(job->client_name)},
		{"CLIENT_HELO", str_of(job->helo)},
	};
	size_t n = 0;

	if (job->delimiters[0])
		(void)!address_split_extension(local, job->delimiters, &user, &extension);
	env[n++] = arena_strdup(arena, "PATH=" COMMAND_PATH);
	env[n++] = arena_strdup(arena, "SHELL=/bin/sh");
	env[n++] = variable(arena, "EXTENSION", extension);
	for (size_t i = 0; i < array_len(rows); i++)
		env[n++] = variable(arena, rows[i].name, rows[i].value);
	return env;
}

/* ---- running ---- */

/* Said by way of the output, which the parent reads. */
static int give_up(const char *what)
{
	char text[200];
	int len = snprintf(text, sizeof(text), "4.3.0 cannot run the command: %s: %s\n",
			   what, strerror(errno));

	if (len > 0)
		(void)!fs_write_all(STDERR_FILENO, text,
				    (size_t)len < sizeof(text) ? (size_t)len
							       : sizeof(text) - 1);
	return EX_TEMPFAIL;
}

static bool take_rights(const struct command_job *job)
{
	struct rlimit none = {0, 0};
	struct rlimit file = {job->file_limit, job->file_limit};

	(void)setrlimit(RLIMIT_CORE, &none);
	if (job->file_limit > 0)
		(void)setrlimit(RLIMIT_FSIZE, &file);
	if (getuid() != 0)
		return true;
	errno = EPERM;
	return job->uid != 0 && setgroups(1, &job->gid) == 0 &&
	       setresgid(job->gid, job->gid, job->gid) == 0 &&
	       setresuid(job->uid, job->uid, job->uid) == 0 && setuid(0) != 0;
}

/* Words of a command that means the same without a shell; 0: it does not. */
static size_t split(struct arena *arena, const char *command, char **words)
{
	char *text = arena_strdup(arena, command);
	char *save = NULL;
	size_t count = 0;

	if (strspn(command, harmless) + strspn(command, " \t") == 0)
		return 0;
	for (const char *p = command; *p; p++) {
		if (!strchr(harmless, *p) && *p != ' ' && *p != '\t')
			return 0;
	}
	for (char *word = strtok_r(text, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (count == WORDS_MAX)
			return 0;
		words[count++] = word;
	}
	/* "A=b command" sets a variable. */
	if (count == 0 || strchr(words[0], '='))
		return 0;
	words[count] = NULL;
	return count;
}

int command_exec(const struct command_job *job, int output)
{
	struct arena *arena = arena_new(0);
	char *words[WORDS_MAX + 1];
	char *shell[] = {(char[]){"/bin/sh"}, (char[]){"-c"},
			 arena_strdup(arena, job->command), NULL};
	char **env = environment(arena, job);
	sigset_t none;

	(void)setsid();
	if (dup2(job->input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		return EX_TEMPFAIL;
	(void)!lseek(STDIN_FILENO, 0, SEEK_SET);
	if (!take_rights(job))
		return give_up("rights");
	if ((!job->home[0] || chdir(job->home) != 0) && chdir("/") != 0)
		return give_up("folder");
	(void)umask(077);
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (split(arena, job->command, words) > 0) {
		environ = env;
		(void)execvpe(words[0], words, env);
		/* Perhaps a word of the shell. */
	}
	(void)execve(shell[0], shell, env);
	return give_up(shell[0]);
}

/* ---- the result ---- */

static const struct {
	int status;
	const char *dsn;
	const char *text;
} exits[] = {
	{EX_USAGE, "5.3.0", "command line usage error"},
	{EX_DATAERR, "5.6.0", "data format error"},
	{EX_NOINPUT, "5.3.0", "cannot open input"},
	{EX_NOUSER, "5.1.1", "user unknown"},
	{EX_NOHOST, "5.1.2", "host name unknown"},
	{EX_UNAVAILABLE, "5.3.0", "service unavailable"},
	{EX_SOFTWARE, "5.3.0", "internal software error"},
	{EX_OSERR, "5.3.0", "system resource problem"},
	{EX_OSFILE, "5.3.0", "critical system file missing"},
	{EX_CANTCREAT, "5.2.0", "cannot create output file"},
	{EX_IOERR, "5.3.0", "input/output error"},
	{EX_TEMPFAIL, "4.3.0", "temporary failure"},
	{EX_PROTOCOL, "5.3.0", "remote error in protocol"},
	{EX_NOPERM, "5.7.0", "permission denied"},
	{EX_CONFIG, "5.3.5", "local configuration error"},
};

/* "4.x.x" or "5.x.x" at the beginning; its length, or 0. */
static size_t dsn_length(struct str text)
{
	size_t at = 0;

	for (unsigned part = 0; part < 3; part++) {
		size_t from = at;

		while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
			at++;
		if (at == from || at - from > (part ? 3 : 1))
			return 0;
		if (part < 2 && (at >= text.len || text.ptr[at++] != '.'))
			return 0;
	}
	if (text.ptr[0] != '4' && text.ptr[0] != '5')
		return 0;
	return at == text.len || strchr(" \t\n", text.ptr[at]) ? at : 0;
}

static void judge_exit(int status, struct str output, struct deliver_result *result)
{
	const char *dsn = "5.3.0";
	const char *text = "unknown error";
	char shown[200];
	char own[12];
	size_t len = dsn_length(output);

	for (size_t i = 0; i < array_len(exits); i++) {
		if (exits[i].status == status) {
			dsn = exits[i].dsn;
			text = exits[i].text;
		}
	}
	if (len > 0 && len < sizeof(own)) {
		snprintf(own, sizeof(own), "%.*s", (int)len, output.ptr);
		dsn = own;
		output = str_trim(str_slice(output, len, output.len));
	}
	log_clean(output, shown, sizeof(shown));
	deliver_fail(result, dsn[0] == '4' ? DELIVER_DEFERRED : DELIVER_FAILED, dsn,
		     "%s (status %d)%s%s", text, status,
		     shown[0] ? ". Command output: " : "", shown);
}

void command_judge(int wait_status, bool was_timeout, struct str output,
		   struct deliver_result *result)
{
	if (was_timeout)
		deliver_fail(result, DELIVER_DEFERRED, "4.3.0",
			     "command time limit exceeded");
	else if (WIFSIGNALED(wait_status))
		deliver_fail(result, DELIVER_DEFERRED, "4.3.0",
			     "command died by signal %d", WTERMSIG(wait_status));
	else if (!WIFEXITED(wait_status))
		deliver_fail(result, DELIVER_DEFERRED, "4.3.0", "command did not end");
	else if (WEXITSTATUS(wait_status) == 0)
		deliver_fail(result, DELIVER_DONE, "2.0.0", "delivered to command");
	else
		judge_exit(WEXITSTATUS(wait_status), str_trim(output), result);
}
