/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A generation folder: OUT/generations/NNNNNN-DIGEST/ with runtime.json, maps/
 * and manifest.json (written last), and the symlink OUT/current. Written and
 * read here.
 */
#ifndef MCC_RUNTIME_GENERATION_H
#define MCC_RUNTIME_GENERATION_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;
struct rt_config;

/* A file named by the manifest. */
struct manifest_file {
	const char *path; /* sources: as shown; artefacts: below the generation */
	const char *sha256;
	size_t size;
};

struct manifest {
	const char *mcc_version;
	struct manifest_file *sources; /* sorted by path */
	size_t source_count;
	struct manifest_file *artefacts; /* sorted by path */
	size_t artefact_count;
};

/*
 * Publishing. The writer owns a staging folder below OUT/generations that no
 * reader looks at; commit makes it a generation and switches `current` by
 * rename; abort removes it. Old generations beyond LIMIT_GENERATIONS are
 * removed after the switch, never the current one. One writer at a time
 * (lock on OUT). A generation equal to the current one in every byte is not
 * published again: commit returns the current one.
 */
struct generation_writer;

int generation_begin(struct arena *arena, const char *out_dir,
		     struct generation_writer **out_writer, char *err,
		     size_t err_size) MCC_MUST_CHECK;
/* Folder descriptors, borrowed: the staging folder and its maps/. */
int generation_dirfd(const struct generation_writer *writer);
int generation_maps_dirfd(const struct generation_writer *writer);
/*
 * Sources are given; artefacts are found in the staging folder and hashed. The
 * writer has ended afterwards, after a failure with nothing published.
 */
int generation_commit(struct generation_writer *writer, const char *mcc_version,
		      const struct manifest_file *sources, size_t source_count,
		      const char **out_name, char *err, size_t err_size) MCC_MUST_CHECK;
void generation_abort(struct generation_writer *writer); /* NULL is allowed */
/* Points `current` at the generation before the current one. */
int generation_rollback(struct arena *arena, const char *out_dir, const char **out_name,
			char *err, size_t err_size) MCC_MUST_CHECK;

/*
 * Reading: opens the folder (through the symlink when it is one), verifies the
 * manifest and every artefact against it, reads runtime.json. Tables are not
 * opened. A damaged generation is MCC_EFORMAT with a text that names the file.
 * out_dirfd is the caller's to close.
 */
int generation_open(struct arena *arena, const char *path, int *out_dirfd,
		    struct rt_config **out_config, const char **out_name, char *err,
		    size_t err_size) MCC_MUST_CHECK;
/* The same from an open folder descriptor (borrowed). */
int generation_load(struct arena *arena, int dirfd, struct rt_config **out_config,
		    char *err, size_t err_size) MCC_MUST_CHECK;

#endif
