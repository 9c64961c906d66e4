/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's log: one line per event to standard error (or the file given),
 * `TIME NAME[PID]: level: text`. Bytes from the network are escaped by
 * log_clean. Library code below the daemon does not log; it returns statuses.
 */
#ifndef MCC_BASE_LOG_H
#define MCC_BASE_LOG_H

#include "base/attr.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `name` is shown in each line ("mccd/net"); borrowed for the program's life. */
void log_open(const char *name, int fd, enum log_level max_level);
void log_write(enum log_level level, const char *fmt, ...) MCC_PRINTF(2, 3);
/* With ": " and the text of errno. */
void log_write_errno(enum log_level level, const char *fmt, ...) MCC_PRINTF(2, 3);
/* Copy without control characters and at most size - 1 bytes; returns out. */
const char *log_clean(struct str s, char *out, size_t size);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
