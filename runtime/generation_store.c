/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names in OUT. Readers need only `current`, which changes by rename; writers
 * hold the lock, which goes with the process, so a crash leaves none behind.
 */
#include "runtime/generation_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"

#define LOCK_NAME ".lock"
#define NEW_LINK ".current-new"

enum { NUMBER_DIGITS = 6, NUMBER_DIGITS_MAX = 9, LINK_SIZE = 256 };

static int report(const struct store *store, char *err, size_t err_size, int status,
		  const char *name)
{
	snprintf(err, err_size, "%s%s%s: %s", store->out_dir, name ? "/" : "",
		 name ? name : "", mcc_status_text(status));
	return status;
}

static int take_lock(struct store *store, char *err, size_t err_size)
{
	store->lock_fd =
		openat(store->out_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (store->lock_fd < 0)
		return report(store, err, err_size, mcc_status_from_errno(errno),
			      LOCK_NAME);
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return MCC_OK;
	if (errno != EWOULDBLOCK)
		return report(store, err, err_size, mcc_status_from_errno(errno),
			      LOCK_NAME);
	snprintf(err, err_size, "%s: another mcc build is writing there", store->out_dir);
	return MCC_EUNAVAIL;
}

int store_open(struct store *store, const char *out_dir, bool create, char *err,
	       size_t err_size)
{
	int status;

	*store = (struct store){out_dir, -1, -1, -1};
	status = fs_open_dir(AT_FDCWD, out_dir, create, &store->out_fd);
	if (status != MCC_OK)
		return report(store, err, err_size, status, NULL);
	status = take_lock(store, err, err_size);
	if (status == MCC_OK) {
		status = fs_open_dir(store->out_fd, STORE_GENERATIONS, create,
				     &store->generations_fd);
		if (status != MCC_OK)
			report(store, err, err_size, status, STORE_GENERATIONS);
	}
	if (status != MCC_OK)
		store_close(store);
	return status;
}

void store_close(struct store *store)
{
	int *fds[] = {&store->generations_fd, &store->lock_fd, &store->out_fd};

	for (size_t i = 0; i < array_len(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* "000012-0123456789ab": the number; 0 for other names. */
static unsigned long name_number(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	if (digits < NUMBER_DIGITS || digits > NUMBER_DIGITS_MAX || name[digits] != '-' ||
	    strchr(name, '/'))
		return 0;
	return strtoul(name, NULL, 10);
}

static int compare_entries(const void *a, const void *b)
{
	const struct store_entry *x = a;
	const struct store_entry *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->name, y->name);
}

int store_list(struct arena *arena, const struct store *store,
	       struct store_entry **out_entries, size_t *out_count)
{
	struct store_entry *entries = NULL;
	size_t count = 0;
	size_t room = 0;
	const struct dirent *found;
	DIR *dir;
	int fd = openat(store->generations_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return mcc_status_from_errno(errno);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return MCC_ENOMEM;
	}
	while ((found = readdir(dir))) {
		unsigned long number = name_number(found->d_name);
		struct store_entry *entry;

		if (!number)
			continue;
		entry = arena_push(arena, &entries, count++, &room, sizeof(*entries));
		*entry = (struct store_entry){number, arena_strdup(arena, found->d_name)};
	}
	closedir(dir);
	if (count)
		qsort(entries, count, sizeof(*entries), compare_entries);
	*out_entries = entries;
	*out_count = count;
	return MCC_OK;
}

const char *store_current(struct arena *arena, const struct store *store)
{
	static const char prefix[] = STORE_GENERATIONS "/";
	char link[LINK_SIZE];
	ssize_t len = readlinkat(store->out_fd, STORE_CURRENT, link, sizeof(link) - 1);

	if (len < 0)
		return NULL;
	link[len] = '\0';
	if (strncmp(link, prefix, strlen(prefix)) != 0 ||
	    !name_number(link + strlen(prefix)))
		return NULL;
	return arena_strdup(arena, link + strlen(prefix));
}

int store_switch(struct arena *arena, const struct store *store, const char *name)
{
	const char *target = arena_printf(arena, STORE_GENERATIONS "/%s", name);
	int status;

	unlinkat(store->out_fd, NEW_LINK, 0); /* of a run that crashed here */
	if (symlinkat(target, store->out_fd, NEW_LINK) != 0)
		return mcc_status_from_errno(errno);
	if (renameat(store->out_fd, NEW_LINK, store->out_fd, STORE_CURRENT) != 0) {
		status = mcc_status_from_errno(errno);
		unlinkat(store->out_fd, NEW_LINK, 0);
		return status;
	}
	return fs_sync_dir(store->out_fd);
}

void store_prune(struct arena *arena, const struct store *store)
{
	struct store_entry *entries;
	size_t count;
	const char *current = store_current(arena, store);

	if (store_list(arena, store, &entries, &count) != MCC_OK)
		return;
	for (size_t i = 0; i + LIMIT_GENERATIONS < count; i++) {
		if (current && strcmp(entries[i].name, current) == 0)
			continue;
		/* What cannot be removed now is removed by the next build. */
		if (fs_remove_tree(store->generations_fd, entries[i].name) != MCC_OK)
			return;
	}
}
