/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of runtime.json's parts share. Private to them. */
#ifndef MCC_RUNTIME_CONFIG_READER_H
#define MCC_RUNTIME_CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/config.h"
#include "runtime/config_json.h"

struct config_reader {
	struct json_reader json;
	size_t map_count;	       /* set before anything that refers to maps */
	const struct rt_map_ref *maps; /* their places */
	size_t class_count;	       /* those that may be named now */
};

/* Zeroed; never NULL, also for no elements. */
void *config_new_array(struct config_reader *r, size_t count, size_t size);
/* A number below `count`. */
size_t config_read_index(struct config_reader *r, const struct json_at *at, size_t count);
/* The member "at": ["main.cf", 12]; absent: a default. */
struct rt_origin config_read_origin(struct config_reader *r,
				    const struct json_at *parent);
const char *config_read_member_text(struct config_reader *r, const struct json_at *parent,
				    const char *name);
/* False when the member is absent. */
bool config_read_flag(struct config_reader *r, const struct json_at *parent,
		      const char *name);
void config_read_match(struct config_reader *r, const struct json_at *at,
		       struct rt_match *out);

#endif
