/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes and reads manifest.json. The digest member is the SHA-256 of the
 * text that the same manifest has without it. Paths of artefacts are checked
 * here, so nobody who walks over them can be led out of the generation.
 */
#include "runtime/manifest.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/config_json.h"

static void put(json_t *object, const char *key, json_t *value)
{
	MCC_ASSERT(json_object_set_new(object, key, value) == 0);
}

/* A name of a file may hold any bytes; those that are no UTF-8 are shown as
 * the replacement character: the digest next to it is what counts. */
static json_t *path_json(const char *path)
{
	json_t *value = json_string(path);
	struct strbuf shown;

	if (value)
		return value;
	strbuf_init(&shown, LIMIT_RUNTIME_JSON);
	for (; *path; path++) {
		if ((unsigned char)*path < 0x80)
			strbuf_addc(&shown, *path);
		else
			strbuf_adds(&shown, "\xef\xbf\xbd");
	}
	value = json_stringn(shown.ptr, shown.len);
	strbuf_fini(&shown);
	return value;
}

static json_t *files_json(const struct manifest_file *files, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *file = json_object();

		put(file, "path", path_json(files[i].path));
		put(file, "sha256", json_string(files[i].sha256));
		put(file, "size", json_integer((json_int_t)files[i].size));
		MCC_ASSERT(json_array_append_new(list, file) == 0);
	}
	return list;
}

static int add_bytes(const char *bytes, size_t len, void *arg)
{
	strbuf_add(arg, bytes, len);
	return 0;
}

static struct str dump(struct arena *arena, const json_t *root)
{
	struct strbuf buf;
	struct str out;

	strbuf_init(&buf, LIMIT_RUNTIME_JSON);
	json_dump_callback(root, add_bytes, &buf, JSON_INDENT(1));
	strbuf_addc(&buf, '\n');
	out = (struct str){arena_memdup0(arena, buf.ptr, buf.len), buf.len};
	strbuf_fini(&buf);
	return out;
}

struct str manifest_write(struct arena *arena, const struct manifest *manifest,
			  char out_digest[DIGEST_HEX_SIZE])
{
	json_t *root = json_object();
	struct str out;

	put(root, "format", json_integer(MANIFEST_FORMAT_VERSION));
	put(root, "mcc", json_string(manifest->mcc_version));
	put(root, "sources", files_json(manifest->sources, manifest->source_count));
	put(root, "artefacts", files_json(manifest->artefacts, manifest->artefact_count));
	digest_hex(dump(arena, root), out_digest);
	put(root, "digest", json_string(out_digest));
	out = dump(arena, root);
	json_decref(root);
	return out;
}

/* ---- reading ---- */

/* "runtime.json" or "maps/NAME"; no way out of the folder. */
static bool is_artefact_path(const char *path)
{
	const char *name = path + strlen(MAPS_NAME "/");

	if (strcmp(path, RUNTIME_NAME) == 0)
		return true;
	return strncmp(path, MAPS_NAME "/", strlen(MAPS_NAME "/")) == 0 && *name &&
	       *name != '.' && !strchr(name, '/');
}

static void read_file_entry(struct json_reader *r, const struct json_at *at,
			    struct manifest_file *out)
{
	static const char *const names[] = {"path", "sha256", "size", NULL};
	struct json_at path = json_member(at, "path");
	struct json_at sha256 = json_member(at, "sha256");
	struct json_at size = json_member(at, "size");

	json_read_object(r, at, names);
	out->path = json_read_text(r, &path);
	out->sha256 = json_read_text(r, &sha256);
	out->size = (size_t)json_read_number(r, &size, 0, INT64_MAX);
}

static struct manifest_file *read_files(struct json_reader *r, const struct json_at *at,
					size_t *out_count)
{
	size_t count = json_read_array(r, at);
	struct manifest_file *files =
		arena_array(r->arena, count ? count : 1, sizeof(*files));

	for (size_t i = 0; i < count && !r->failed; i++) {
		struct json_at file = json_element(at, i);

		read_file_entry(r, &file, &files[i]);
	}
	*out_count = count;
	return files;
}

static void read_manifest(struct json_reader *r, const struct json_at *root,
			  struct manifest *out)
{
	static const char *const names[] = {"format",	 "mcc",	   "sources",
					    "artefacts", "digest", NULL};
	struct json_at format = json_member(root, "format");
	struct json_at version = json_member(root, "mcc");
	struct json_at sources = json_member(root, "sources");
	struct json_at artefacts = json_member(root, "artefacts");

	json_read_number(r, &format, MANIFEST_FORMAT_VERSION, MANIFEST_FORMAT_VERSION);
	json_read_object(r, root, names);
	out->mcc_version = json_read_text(r, &version);
	out->sources = read_files(r, &sources, &out->source_count);
	out->artefacts = read_files(r, &artefacts, &out->artefact_count);
	for (size_t i = 0; i < out->artefact_count && !r->failed; i++) {
		struct json_at at = json_element(&artefacts, i);

		if (!is_artefact_path(out->artefacts[i].path))
			json_fail(r, &at, "path is not one of a generation");
	}
	if (!r->failed && !manifest_find(out, RUNTIME_NAME))
		json_fail(r, &artefacts, "has no " RUNTIME_NAME);
}

int manifest_read(struct arena *arena, struct str json, struct manifest **out_manifest,
		  char *err, size_t err_size)
{
	struct json_reader r;
	struct manifest *manifest = arena_alloc(arena, sizeof(*manifest));
	struct json_at root = {NULL, "", 0, NULL};
	char digest[DIGEST_HEX_SIZE];
	json_t *document;

	json_reader_init(&r, arena, err, err_size);
	root.value = document = json_read_document(&r, json);
	if (document)
		read_manifest(&r, &root, manifest);
	json_decref(document);
	if (!r.failed && !str_eq(json, manifest_write(arena, manifest, digest)))
		json_fail(&r, &root, "its digest is not that of its content");
	if (r.failed)
		return MCC_EFORMAT;
	*out_manifest = manifest;
	return MCC_OK;
}

const struct manifest_file *manifest_find(const struct manifest *manifest,
					  const char *path)
{
	for (size_t i = 0; i < manifest->artefact_count; i++)
		if (strcmp(manifest->artefacts[i].path, path) == 0)
			return &manifest->artefacts[i];
	return NULL;
}
