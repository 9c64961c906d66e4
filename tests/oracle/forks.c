/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loaded into a program before its libraries (LD_PRELOAD): instead of one run
 * of main() there is one in a child process for each request. So thousands of
 * short runs do without exec, the dynamic linker and constructors, which cost
 * more than what the programs then do; and those of Postfix do not wait their
 * second before they give up.
 *
 * A request is a length of four bytes and that many bytes of texts, each with
 * its NUL: folder, standard input, output and error, program, arguments. The
 * answer is two ints: the process id, then what waitpid(2) says of it. They go
 * through the descriptors that MCC_FORKS names: "REQUESTS ANSWERS".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20, WORDS_MAX = 256 };

typedef int main_fn(int, char **, char **);
typedef int start_fn(main_fn *, int, char **, void (*)(void), void (*)(void),
		     void (*)(void), void *);

static main_fn *real_main;
static int requests, answers;

/* As in the C library, without waiting. */
unsigned int sleep(unsigned int seconds)
{
	(void)seconds;
	return 0;
}

/* Without what libraries clean up behind themselves. */
void exit(int status)
{
	fflush(NULL);
	_exit(status);
}

static int read_all(char *to, size_t len)
{
	while (len) {
		ssize_t got = read(requests, to, len);

		if (got <= 0)
			return -1;
		to += got;
		len -= (size_t)got;
	}
	return 0;
}

static int read_request(char *words[WORDS_MAX])
{
	static char text[REQUEST_MAX + 1];
	uint32_t len;
	int count = 0;

	if (read_all((char *)&len, sizeof(len)) || len > REQUEST_MAX ||
	    read_all(text, len))
		return -1;
	text[len] = '\0';
	for (char *at = text; at < text + len && count < WORDS_MAX - 1;
	     at += strlen(at) + 1)
		words[count++] = at;
	words[count] = NULL;
	return count;
}

static int put_open(int as, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 || dup2(fd, as) < 0;
}

static int run(int count, char *words[WORDS_MAX], char **env)
{
	if (chdir(words[0]) || put_open(0, words[1], O_RDONLY) ||
	    put_open(1, words[2], O_WRONLY | O_CREAT | O_TRUNC) ||
	    put_open(2, words[3], O_WRONLY | O_CREAT | O_TRUNC))
		_exit(126);
	close(requests);
	close(answers);
	return real_main(count - 4, words + 4, env);
}

static int serve(int argc, char **argv, char **env)
{
	const char *wiring = getenv("MCC_FORKS");
	char *words[WORDS_MAX];
	int count;

	if (!wiring || sscanf(wiring, "%d %d", &requests, &answers) != 2)
		return real_main(argc, argv, env);
	unsetenv("LD_PRELOAD");
	unsetenv("MCC_FORKS");
	while ((count = read_request(words)) > 4) {
		int said[2];
		pid_t child = fork();

		if (child == 0)
			exit(run(count, words, env));
		said[0] = child;
		if (child < 0 || write(answers, said, sizeof(int)) < 0 ||
		    waitpid(child, said + 1, 0) < 0 ||
		    write(answers, said + 1, sizeof(int)) < 0)
			break;
	}
	_exit(0);
}

int __libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack)
{
	start_fn *start = (start_fn *)dlsym(RTLD_NEXT, "__libc_start_main");

	real_main = main;
	return start(serve, argc, argv, init, fini, rtld_fini, stack);
}
