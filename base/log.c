/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line per event, put together in a bounded buffer and written with one
 * write(2), so lines of several processes do not mix. A line break or control
 * character inside the text is escaped: nobody can forge a line. The level,
 * name and descriptor are the only state of this room that outlives a call.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"

static struct {
	const char *name;
	int fd;
	enum log_level max_level;
} log_state = {"mcc", STDERR_FILENO, LOG_LEVEL_INFO};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_open(const char *name, int fd, enum log_level max_level)
{
	log_state.name = name;
	log_state.fd = fd;
	log_state.max_level = max_level;
}

const char *log_clean(struct str s, char *out, size_t size)
{
	size_t len = 0;

	MCC_ASSERT(size > 0);
	for (; len < s.len && len < size - 1; len++) {
		unsigned char c = (unsigned char)s.ptr[len];

		out[len] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	out[len] = '\0';
	return out;
}

/* "TIME NAME[PID]: level: " in UTC; the length. */
static size_t put_head(char *line, size_t size, enum log_level level)
{
	struct timespec now = {0, 0};
	struct tm tm;
	char when[32] = "";
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	len = snprintf(line, size, "%s.%03ldZ %s[%ld]: %s: ", when, now.tv_nsec / 1000000,
		       log_state.name, (long)getpid(), level_names[level]);
	return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

static void put_line(enum log_level level, const char *suffix, const char *fmt,
		     va_list ap) MCC_PRINTF(3, 0);

static void put_line(enum log_level level, const char *suffix, const char *fmt,
		     va_list ap)
{
	char text[LIMIT_LOG_LINE];
	char line[LIMIT_LOG_LINE];
	size_t head = put_head(line, sizeof(line), level);
	int len = vsnprintf(text, sizeof(text), fmt, ap);
	size_t used = len < 0 ? 0 : strnlen(text, sizeof(text));

	snprintf(text + used, sizeof(text) - used, "%s", suffix);
	log_clean(str_of(text), line + head, sizeof(line) - head - 1);
	used = strlen(line);
	line[used++] = '\n';
	/* There is nowhere to report a log that cannot be written. */
	if (write(log_state.fd, line, used) < 0)
		return;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (level > log_state.max_level)
		return;
	va_start(ap, fmt);
	put_line(level, "", fmt, ap);
	va_end(ap);
	errno = saved;
}

void log_write_errno(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	char suffix[160];
	va_list ap;

	if (level > log_state.max_level)
		return;
	snprintf(suffix, sizeof(suffix), ": %s", strerror(saved));
	va_start(ap, fmt);
	put_line(level, suffix, fmt, ap);
	va_end(ap);
	errno = saved;
}
