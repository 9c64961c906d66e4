/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Publishing a generation. Order is everything: files are written and synced
 * in a staging folder, the manifest last, then the folder gets its name by
 * rename, then `current` is switched by rename. Before the last step the old
 * generation is in force, after it the new one; a crash in between leaves a
 * folder that no reader looks at and the next writer removes or outlives.
 */
#include "runtime/generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/generation_check.h"
#include "runtime/generation_store.h"
#include "runtime/manifest.h"

#define STAGING_NAME ".staging"

enum { NAME_DIGEST = 12 }; /* digits of the digest in a generation's name */

struct generation_writer {
	struct arena *arena;
	struct store store;
	int staging_fd;
	int maps_fd;
};

static int report(const struct generation_writer *w, char *err, size_t err_size,
		  int status, const char *what)
{
	snprintf(err, err_size, "%s: %s: %s", w->store.out_dir, what,
		 mcc_status_text(status));
	return status;
}

static int make_staging(struct generation_writer *w, char *err, size_t err_size)
{
	int status = MCC_OK;

	/* Left by a writer that crashed: the lock says nobody uses it. */
	if (fs_exists(w->store.generations_fd, STAGING_NAME))
		status = fs_remove_tree(w->store.generations_fd, STAGING_NAME);
	if (status == MCC_OK)
		status = fs_open_dir(w->store.generations_fd, STAGING_NAME, true,
				     &w->staging_fd);
	if (status == MCC_OK)
		status = fs_open_dir(w->staging_fd, MAPS_NAME, true, &w->maps_fd);
	if (status != MCC_OK)
		report(w, err, err_size, status, "cannot make a generation");
	return status;
}

int generation_begin(struct arena *arena, const char *out_dir,
		     struct generation_writer **out_writer, char *err, size_t err_size)
{
	struct generation_writer *w = arena_alloc(arena, sizeof(*w));
	int status;

	w->arena = arena;
	w->staging_fd = -1;
	w->maps_fd = -1;
	status = store_open(&w->store, out_dir, true, err, err_size);
	if (status != MCC_OK)
		return status;
	status = make_staging(w, err, err_size);
	if (status != MCC_OK) {
		generation_abort(w);
		return status;
	}
	*out_writer = w;
	return MCC_OK;
}

int generation_dirfd(const struct generation_writer *writer)
{
	return writer->staging_fd;
}

int generation_maps_dirfd(const struct generation_writer *writer)
{
	return writer->maps_fd;
}

/* Ends the writer; the staging folder goes when it is still there. */
static void close_writer(struct generation_writer *w)
{
	if (w->maps_fd >= 0)
		close(w->maps_fd);
	if (w->staging_fd >= 0)
		close(w->staging_fd);
	w->maps_fd = -1;
	w->staging_fd = -1;
	store_close(&w->store);
}

/* Best effort: the next writer removes what remains. */
static void discard(const struct store *store, const char *name)
{
	if (fs_exists(store->generations_fd, name) &&
	    fs_remove_tree(store->generations_fd, name) != MCC_OK)
		return;
}

void generation_abort(struct generation_writer *writer)
{
	if (!writer || writer->store.out_fd < 0)
		return;
	discard(&writer->store, STAGING_NAME);
	close_writer(writer);
}

/* ---- artefacts ---- */

struct artefacts {
	struct manifest_file *files;
	size_t count;
	size_t room;
};

static int add_artefact(struct generation_writer *w, struct artefacts *list,
			const char *path)
{
	char *digest = arena_alloc(w->arena, DIGEST_HEX_SIZE);
	struct manifest_file *file;
	size_t size = 0;
	int fd = openat(w->staging_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int status;

	if (fd < 0)
		return mcc_status_from_errno(errno);
	status = digest_fd(fd, &size, digest);
	if (status == MCC_OK && fsync(fd) != 0)
		status = mcc_status_from_errno(errno);
	close(fd);
	if (status != MCC_OK)
		return status;
	file = arena_push(w->arena, &list->files, list->count++, &list->room,
			  sizeof(*file));
	*file = (struct manifest_file){path, digest, size};
	return MCC_OK;
}

static int compare_files(const void *a, const void *b)
{
	const struct manifest_file *x = a;
	const struct manifest_file *y = b;

	return strcmp(x->path, y->path);
}

static int add_maps(struct generation_writer *w, struct artefacts *list)
{
	const struct dirent *found;
	int status = MCC_OK;
	int fd = openat(w->maps_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		status = mcc_status_from_errno(errno);
		if (fd >= 0)
			close(fd);
		return status;
	}
	while (status == MCC_OK && (found = readdir(dir)))
		if (found->d_name[0] != '.')
			status = add_artefact(
				w, list,
				arena_printf(w->arena, MAPS_NAME "/%s", found->d_name));
	closedir(dir);
	return status;
}

static int collect(struct generation_writer *w, struct manifest *manifest)
{
	struct artefacts list = {NULL, 0, 0};
	int status = add_artefact(w, &list, RUNTIME_NAME);

	if (status == MCC_OK)
		status = add_maps(w, &list);
	if (status != MCC_OK)
		return status;
	if (list.count > 1)
		qsort(list.files, list.count, sizeof(*list.files), compare_files);
	manifest->artefacts = list.files;
	manifest->artefact_count = list.count;
	return MCC_OK;
}

/* Same path and digest given twice is one source. */
static void sort_sources(struct arena *arena, const struct manifest_file *sources,
			 size_t count, struct manifest *manifest)
{
	struct manifest_file *copy = arena_array(arena, count + 1, sizeof(*copy));
	size_t kept = 0;

	if (count) {
		memcpy(copy, sources, count * sizeof(*copy));
		qsort(copy, count, sizeof(*copy), compare_files);
	}
	for (size_t i = 0; i < count; i++)
		if (!kept || strcmp(copy[i].path, copy[kept - 1].path) != 0 ||
		    strcmp(copy[i].sha256, copy[kept - 1].sha256) != 0)
			copy[kept++] = copy[i];
	manifest->sources = copy;
	manifest->source_count = kept;
}

/* ---- publishing ---- */

/* The current generation's name when it is whole and has this manifest. */
static const char *same_as_current(struct generation_writer *w, struct str manifest)
{
	const char *current = store_current(w->arena, &w->store);
	struct manifest *checked;
	const char *found = NULL;
	struct str text;
	char err[256];
	int fd = -1;

	if (!current || fs_open_dir(w->store.generations_fd, current, false, &fd))
		return NULL;
	if (fs_read_file(w->arena, fd, MANIFEST_NAME, LIMIT_RUNTIME_JSON, &text) ==
		    MCC_OK &&
	    str_eq(text, manifest) &&
	    generation_check(w->arena, fd, &checked, err, sizeof(err)) == MCC_OK)
		found = current;
	close(fd);
	return found;
}

static int next_number(struct generation_writer *w, unsigned long *out_number)
{
	struct store_entry *entries;
	size_t count;
	int status = store_list(w->arena, &w->store, &entries, &count);

	if (status == MCC_OK)
		*out_number = count ? entries[count - 1].number + 1 : 1;
	return status;
}

static int give_name(struct generation_writer *w, const char *digest,
		     const char **out_name)
{
	unsigned long number = 0;
	const char *name;
	int status = next_number(w, &number);

	if (status != MCC_OK)
		return status;
	name = arena_printf(w->arena, "%06lu-%.*s", number, NAME_DIGEST, digest);
	if (renameat(w->store.generations_fd, STAGING_NAME, w->store.generations_fd,
		     name) != 0)
		return mcc_status_from_errno(errno);
	*out_name = name;
	return fs_sync_dir(w->store.generations_fd);
}

static int write_manifest(struct generation_writer *w, struct str text)
{
	int status = fs_write_file(w->staging_fd, MANIFEST_NAME, text, 0644);

	if (status == MCC_OK)
		status = fs_sync_dir(w->maps_fd);
	if (status == MCC_OK)
		status = fs_sync_dir(w->staging_fd);
	return status;
}

static int publish(struct generation_writer *w, struct str manifest, const char *digest,
		   const char **out_name)
{
	const char *name = NULL;
	const char *current;
	int status = write_manifest(w, manifest);

	if (status == MCC_OK)
		status = give_name(w, digest, &name);
	if (status == MCC_OK)
		status = store_switch(w->arena, &w->store, name);
	if (status == MCC_OK) {
		store_prune(w->arena, &w->store);
		*out_name = name;
		return MCC_OK;
	}
	/* Named but not in force: it must not be what a rollback finds. */
	current = store_current(w->arena, &w->store);
	if (name && (!current || strcmp(current, name) != 0))
		discard(&w->store, name);
	return status;
}

int generation_commit(struct generation_writer *writer, const char *mcc_version,
		      const struct manifest_file *sources, size_t source_count,
		      const char **out_name, char *err, size_t err_size)
{
	struct manifest manifest = {.mcc_version = mcc_version};
	char digest[DIGEST_HEX_SIZE];
	struct str text;
	const char *same;
	int status = collect(writer, &manifest);

	if (status == MCC_OK) {
		sort_sources(writer->arena, sources, source_count, &manifest);
		text = manifest_write(writer->arena, &manifest, digest);
		same = same_as_current(writer, text);
		if (same)
			*out_name = same;
		else
			status = publish(writer, text, digest, out_name);
	}
	if (status != MCC_OK)
		report(writer, err, err_size, status, "cannot publish a generation");
	generation_abort(writer);
	return status;
}

/* The newest generation before the current one; NULL: there is none. */
static const char *name_before(const char *current, const struct store_entry *entries,
			       size_t count)
{
	const char *before = NULL;

	for (size_t i = 0; current && i < count; i++) {
		if (strcmp(entries[i].name, current) == 0)
			return before;
		before = entries[i].name;
	}
	return NULL;
}

/* Only a generation that is whole may come into force. */
static int switch_back(struct arena *arena, const struct store *store, const char *name,
		       char *err, size_t err_size)
{
	struct manifest *manifest;
	int fd = -1;
	int status = fs_open_dir(store->generations_fd, name, false, &fd);

	if (status == MCC_OK) {
		status = generation_check(arena, fd, &manifest, err, err_size);
		close(fd);
		if (status != MCC_OK)
			return status;
		status = store_switch(arena, store, name);
	}
	if (status != MCC_OK)
		snprintf(err, err_size, "%s: %s", name, mcc_status_text(status));
	return status;
}

int generation_rollback(struct arena *arena, const char *out_dir, const char **out_name,
			char *err, size_t err_size)
{
	struct store store;
	struct store_entry *entries = NULL;
	const char *current;
	const char *before;
	size_t count = 0;
	int status = store_open(&store, out_dir, false, err, err_size);

	if (status != MCC_OK)
		return status;
	current = store_current(arena, &store);
	status = store_list(arena, &store, &entries, &count);
	before = name_before(current, entries, count);
	if (status != MCC_OK) {
		snprintf(err, err_size, "%s: %s", out_dir, mcc_status_text(status));
	} else if (!before) {
		snprintf(err, err_size, "%s: there is no generation before %s", out_dir,
			 current ? current : "the first one");
		status = MCC_ENOENT;
	} else {
		status = switch_back(arena, &store, before, err, err_size);
	}
	if (status == MCC_OK)
		*out_name = before;
	store_close(&store);
	return status;
}
