/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads, writes and compares lock files. */
#include "mcc/spf_lock.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "base/strmap.h"
#include "dnscheck/spf_flat.h"
#include "mcc/spf_json.h"

enum { LOCK_MAX = 16 << 20 };

static const char schema[] = "mcc-spf-lock/1";

/* --- reading -------------------------------------------------------------- */

static const char *get_text(struct arena *arena, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? NULL : arena_strdup(arena, text);
}

/* Strings of a list; false when it is none. */
static bool get_list(struct arena *arena, const json_t *object, const char *key,
		     const char *const **out_items, size_t *out_count)
{
	const json_t *list = json_object_get(object, key);
	size_t count = json_array_size(list), i;
	const char **items = arena_array(arena, count + 1, sizeof(*items));

	for (i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			return false;
		items[i] = arena_strdup(arena, text);
	}
	*out_items = items;
	*out_count = count;
	return json_is_array(list);
}

static const char *record_line(struct arena *arena, const char *name, const char *text)
{
	return arena_printf(arena, "%s %s", name, text);
}

static bool get_records(struct arena *arena, const json_t *object, struct spf_lock *out)
{
	const json_t *list = json_object_get(object, "records");
	size_t count = json_array_size(list), i;
	const char **lines = arena_array(arena, count + 1, sizeof(*lines));

	for (i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		const char *name = get_text(arena, item, "name");
		const char *text = get_text(arena, item, "text");

		if (name == NULL || text == NULL)
			return false;
		lines[i] = record_line(arena, name, text);
		if (i == 0)
			out->product = text;
	}
	out->records = lines;
	out->record_count = count;
	return count != 0;
}

static bool take(struct arena *arena, const json_t *json, struct spf_lock *out)
{
	const char *said = json_string_value(json_object_get(json, "schema"));

	if (said == NULL || strcmp(said, schema) != 0)
		return false;
	out->source = get_text(arena, json, "source");
	return out->source != NULL && get_records(arena, json, out) &&
	       get_list(arena, json, "includes", &out->names, &out->name_count) &&
	       get_list(arena, json, "networks", &out->networks, &out->network_count) &&
	       out->name_count <= SPF_LOCK_NAMES;
}

int spf_lock_read(struct arena *arena, const char *path, struct spf_lock *out, char *err,
		  size_t err_size)
{
	struct spf_lock lock = {.source = NULL};
	json_error_t error = {.line = 0};
	struct str text;
	json_t *json;
	int status = fs_read_file(arena, AT_FDCWD, path, LOCK_MAX, &text);
	bool ok;

	if (status != 0) {
		snprintf(err, err_size, "%s: %s", path, mcc_status_text(status));
		return status;
	}
	json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		snprintf(err, err_size, "%s:%d:%d: %s", path, error.line, error.column,
			 error.text);
		return MCC_EFORMAT;
	}
	ok = take(arena, json, &lock);
	json_decref(json);
	if (!ok) {
		snprintf(err, err_size, "%s: not a lock file of mcc spf flatten", path);
		return MCC_EFORMAT;
	}
	*out = lock;
	return 0;
}

/* --- writing -------------------------------------------------------------- */

static json_t *json_records(const struct spf_flat *flat)
{
	json_t *list = json_array(), *item;
	size_t i;

	for (i = 0; i < flat->record_count; i++) {
		item = json_object();
		json_object_set_new(item, "name", json_string(flat->records[i].name));
		json_object_set_new(item, "text", json_string(flat->records[i].text));
		json_array_append_new(list, item);
	}
	return list;
}

int spf_lock_write(struct arena *arena, const char *path, const char *domain,
		   const char *source, const char *const *names, size_t name_count,
		   const struct spf_flat *flat)
{
	json_t *json = json_object(), *includes = json_array();
	char *text;
	size_t i;
	int status;

	for (i = 0; i < name_count; i++)
		json_array_append_new(includes, json_string(names[i]));
	json_object_set_new(json, "schema", json_string(schema));
	json_object_set_new(json, "domain", json_string(domain));
	json_object_set_new(json, "source", json_string(source));
	json_object_set_new(json, "includes", includes);
	json_object_set_new(json, "networks", spf_json_nets(&flat->nets));
	json_object_set_new(json, "records", json_records(flat));
	text = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	if (text == NULL)
		return MCC_EINVAL;
	status = fs_write_file(AT_FDCWD, path, str_of(arena_printf(arena, "%s\n", text)),
			       0644);
	free(text);
	return status;
}

/* --- comparing ------------------------------------------------------------ */

static struct strmap *set_of(struct arena *arena, const char *const *items, size_t count)
{
	struct strmap *set = strmap_new(arena);
	size_t i;

	for (i = 0; i < count; i++)
		(void)strmap_put(set, str_of(items[i]), (void *)set);
	return set;
}

/* Prints those of `items` that the set does not hold. */
static bool print_missing(char sign, const char *const *items, size_t count,
			  const struct strmap *set)
{
	bool any = false;
	size_t i;

	for (i = 0; i < count; i++) {
		if (strmap_find(set, str_of(items[i])) != NULL)
			continue;
		printf("%c %s\n", sign, items[i]);
		any = true;
	}
	return any;
}

static bool print_difference(struct arena *arena, const char *const *then, size_t then_n,
			     const char *const *now, size_t now_n)
{
	bool gone = print_missing('-', then, then_n, set_of(arena, now, now_n));
	bool come = print_missing('+', now, now_n, set_of(arena, then, then_n));

	return gone || come;
}

bool spf_lock_print_changes(struct arena *arena, const struct spf_lock *lock,
			    const struct spf_flat *flat)
{
	const char **nets = arena_array(arena, flat->nets.count + 1, sizeof(*nets));
	const char **records =
		arena_array(arena, flat->record_count + 1, sizeof(*records));
	char text[SPF_NET_TEXT];
	size_t i;

	for (i = 0; i < flat->nets.count; i++) {
		spf_net_format(&flat->nets.items[i], text);
		nets[i] = arena_strdup(arena, text);
	}
	for (i = 0; i < flat->record_count; i++)
		records[i] =
			record_line(arena, flat->records[i].name, flat->records[i].text);
	if (print_difference(arena, lock->networks, lock->network_count, nets,
			     flat->nets.count))
		return true;
	return print_difference(arena, lock->records, lock->record_count, records,
				flat->record_count);
}
