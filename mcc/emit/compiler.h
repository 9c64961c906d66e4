/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files that compile a site share. Nobody outside mcc/emit/ includes
 * this.
 */
#ifndef MCC_MCC_EMIT_COMPILER_H
#define MCC_MCC_EMIT_COMPILER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/parse.h"
#include "mcc/emit/compile.h"
#include "mcc/model/site.h"
#include "runtime/config.h"

struct list_item;
struct strmap;

/* A class body as it was compiled for one stage, or for any. */
struct class_entry {
	const struct setting *setting;
	enum rt_stage stage; /* RT_STAGE_COUNT: the same in every stage */
	size_t program;	     /* index into config->classes */
};

struct compiler {
	struct arena *arena;
	struct site *site;
	struct diag_queue *diags; /* NULL: nothing is reported */
	struct parse_ctx parse;	  /* with a queue of its own when diags is NULL */
	struct rt_config *config;
	const struct site_service *service; /* whose settings are compiled; NULL: main */
	/* Programs of main.cf's own lists, once they are made. */
	const struct rt_program *shared[RT_STAGE_COUNT];
	struct strmap *refs;  /* the same tables, by what tells them apart */
	struct strmap *paths; /* names in maps/ that are taken */
	size_t map_room;
	size_t class_room;
	struct class_entry *entries;
	size_t entry_count;
	size_t entry_room;
};

/* The setting of that name as the current service sees it. */
const struct setting *compiler_setting(const struct compiler *c, enum param_id id);

/* Whether the current service has main.cf's one. */
bool compiler_is_mains(const struct compiler *c, enum param_id id);
/* Whether the names in a list of restrictions mean what they mean there. */
bool compiler_has_mains_names(const struct compiler *c);

/* Place of bytes of a text, else of the setting; a default has line 0. */
struct rt_origin compiler_origin(const struct compiler *c, struct span span);
struct rt_origin compiler_setting_origin(const struct compiler *c,
					 const struct setting *setting);
struct rt_origin compiler_text_origin(const struct compiler *c, struct text text,
				      const struct setting *setting);
/* Span of a text, else of the setting's name. */
struct span compiler_span(struct text text, const struct setting *setting);

/*
 * Index of the table `type:name` in config->maps, added at its first mention.
 * A text without a type gives a table that always fails.
 */
size_t compiler_map(struct compiler *c, struct text text, const struct setting *setting,
		    bool fold_keys);
/* The site's table behind a reference, or NULL. */
const struct site_table *compiler_table(const struct site *site,
					const struct rt_map_ref *ref);

void compiler_match(struct compiler *c, const struct setting *setting, bool is_nets,
		    struct rt_match *out);
void compiler_settings(struct compiler *c, struct rt_settings *out);
/* The program of a stage of the current service. */
void compiler_program(struct compiler *c, enum rt_stage stage, struct rt_program *out);
/* The list of a stage; NULL: the release has no such list. */
const struct setting *compiler_stage_setting(const struct compiler *c,
					     enum rt_stage stage);
/* A word of smtpd_restriction_classes. */
bool compiler_is_class(const struct compiler *c, struct str word);
/* Classes that no list names: access tables may. */
void compiler_classes(struct compiler *c);
/* smtpd's start-up check: its message when it would not start, else NULL. */
const char *compiler_relay_control(struct compiler *c);
void compiler_services(struct compiler *c);

#endif
