/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a generation. Nothing in it is used before the manifest and, against
 * it, every artefact has been verified: a daemon that runs half of one
 * configuration and half of another is worse than one that refuses.
 */
#include "runtime/generation.h"

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
#include "runtime/config.h"
#include "runtime/generation_check.h"
#include "runtime/manifest.h"

static int report(char *err, size_t err_size, int status, const char *file,
		  const char *what)
{
	snprintf(err, err_size, "%s: %s", file, what);
	return status;
}

static int open_artefact(int dirfd, const char *path, int *out_fd)
{
	struct stat st;
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return mcc_status_from_errno(errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return MCC_ENOTREG;
	}
	*out_fd = fd;
	return MCC_OK;
}

static int check_artefact(int dirfd, const struct manifest_file *want, char *err,
			  size_t err_size)
{
	char digest[DIGEST_HEX_SIZE];
	size_t size = 0;
	int fd = -1;
	int status = open_artefact(dirfd, want->path, &fd);

	if (status == MCC_OK)
		status = digest_fd(fd, &size, digest);
	if (fd >= 0)
		close(fd);
	if (status != MCC_OK)
		return report(err, err_size, status == MCC_EIO ? MCC_EIO : MCC_EFORMAT,
			      want->path, mcc_status_text(status));
	if (size != want->size)
		return report(err, err_size, MCC_EFORMAT, want->path,
			      "damaged: its size is not the one in the manifest");
	if (strcmp(digest, want->sha256) != 0)
		return report(err, err_size, MCC_EFORMAT, want->path,
			      "damaged: its digest is not the one in the manifest");
	return MCC_OK;
}

int generation_check(struct arena *arena, int dirfd, struct manifest **out_manifest,
		     char *err, size_t err_size)
{
	struct manifest *manifest = NULL;
	struct str text;
	char why[256];
	int status = fs_read_file(arena, dirfd, MANIFEST_NAME, LIMIT_RUNTIME_JSON, &text);

	if (status != MCC_OK)
		return report(err, err_size, status == MCC_EIO ? MCC_EIO : MCC_EFORMAT,
			      MANIFEST_NAME, mcc_status_text(status));
	status = manifest_read(arena, text, &manifest, why, sizeof(why));
	if (status != MCC_OK)
		return report(err, err_size, status, MANIFEST_NAME ": damaged", why);
	for (size_t i = 0; i < manifest->artefact_count; i++) {
		status = check_artefact(dirfd, &manifest->artefacts[i], err, err_size);
		if (status != MCC_OK)
			return status;
	}
	*out_manifest = manifest;
	return MCC_OK;
}

/* Each table that the configuration names is one that was verified. */
static int check_maps(const struct rt_config *config, const struct manifest *manifest,
		      char *err, size_t err_size)
{
	for (size_t i = 0; i < config->map_count; i++) {
		const struct rt_map_ref *ref = &config->maps[i];
		const struct manifest_file *file;

		if (!ref->path)
			continue;
		file = manifest_find(manifest, ref->path);
		if (!file || strcmp(file->sha256, ref->sha256) != 0)
			return report(err, err_size, MCC_EFORMAT, ref->path,
				      "is not the table that " RUNTIME_NAME " names");
	}
	return MCC_OK;
}

int generation_load(struct arena *arena, int dirfd, struct rt_config **out_config,
		    char *err, size_t err_size)
{
	struct manifest *manifest = NULL;
	struct rt_config *config = NULL;
	struct str text;
	char why[512];
	int status = generation_check(arena, dirfd, &manifest, err, err_size);

	if (status != MCC_OK)
		return status;
	status = fs_read_file(arena, dirfd, RUNTIME_NAME, LIMIT_RUNTIME_JSON, &text);
	if (status != MCC_OK)
		return report(err, err_size, status, RUNTIME_NAME,
			      mcc_status_text(status));
	status = rt_config_read(arena, text, &config, why, sizeof(why));
	if (status != MCC_OK)
		return report(err, err_size, status, RUNTIME_NAME, why);
	status = check_maps(config, manifest, err, err_size);
	if (status == MCC_OK)
		*out_config = config;
	return status;
}

/* The name of the folder that `path` leads to, through symlinks. */
static const char *real_name(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *slash = real ? strrchr(real, '/') : NULL;
	const char *name = arena_strdup(arena, slash ? slash + 1 : path);

	free(real);
	return name;
}

int generation_open(struct arena *arena, const char *path, int *out_dirfd,
		    struct rt_config **out_config, const char **out_name, char *err,
		    size_t err_size)
{
	char why[512];
	int dirfd = -1;
	int status = fs_open_dir(AT_FDCWD, path, false, &dirfd);

	if (status != MCC_OK)
		return report(err, err_size, status, path, mcc_status_text(status));
	status = generation_load(arena, dirfd, out_config, why, sizeof(why));
	if (status != MCC_OK) {
		close(dirfd);
		return report(err, err_size, status, path, why);
	}
	*out_name = real_name(arena, path);
	*out_dirfd = dirfd;
	return MCC_OK;
}
