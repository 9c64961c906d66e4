/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where values name tables: lists of maps, match lists, restriction lists.
 * Only what the site sets itself is looked at; the tables of defaults are
 * loaded when somebody asks for them.
 */
#include "mcc/model/private.h"

#include <string.h>

#include "base/strmap.h"
#include "grammar/list.h"

static const struct list *words_of(struct model *m, struct text text)
{
	return site_words(&m->site, text);
}

/* Databases that Postfix writes itself have no source text. */
static bool is_cache(const struct param *p)
{
	return p->kind == PARAM_KIND_map && p->id != PARAM_postscreen_dnsbl_reply_map;
}

/* `name =` of a line that was meant as one of its own: MC103 tells of it. */
static bool is_swallowed_setting(const struct list *list, size_t i)
{
	return i + 1 < list->count && str_eqc(list->items[i + 1].text.str, "=") &&
	       param_find(list->items[i].text.str);
}

static void find_in_maps(struct model *m, const struct setting *s)
{
	const struct list *list = words_of(m, s->value);
	bool is_aliases =
		s->param->id == PARAM_alias_maps || s->param->id == PARAM_alias_database;

	for (size_t i = 0; i < list->count; i++) {
		if (is_swallowed_setting(list, i))
			i++;
		else
			model_add_table(m, list->items[i].text, is_aliases);
	}
}

static bool is_letters(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 'a' || s.ptr[i] > 'z')
			return false;
	return s.len > 0;
}

/* "type:name" and not "host:port", "[::1]" or a bare IPv6 address. */
static bool is_table_word(struct str word)
{
	ptrdiff_t colon = str_chr(word, ':');
	struct str type;

	if (colon <= 0 || word.ptr[0] == '[' || word.ptr[0] == '/')
		return false;
	type = str_slice(word, 0, (size_t)colon);
	if (map_type_find(type))
		return true;
	return is_letters(type) && (size_t)colon + 1 < word.len &&
	       strchr("/{", word.ptr[colon + 1]);
}

static void find_in_match_list(struct model *m, struct text value)
{
	const struct list *list = words_of(m, value);

	for (size_t i = 0; i < list->count; i++) {
		struct text word = list->items[i].text;
		size_t from = 0;

		while (from < word.str.len && word.str.ptr[from] == '!')
			from++;
		if (from)
			word = text_slice(m->site.arena, word, from, word.str.len);
		if (is_table_word(word.str))
			model_add_table(m, word, false);
	}
}

/* The argument of check_..._access: a table or `{ table, { ... } }`. */
static void find_in_argument(struct model *m, const struct list_item *item)
{
	const struct list *inner;

	if (!item->is_group) {
		model_add_table(m, item->text, false);
		return;
	}
	inner = words_of(m, item->inner);
	if (inner->count)
		model_add_table(m, inner->items[0].text, false);
}

static void find_in_restrictions(struct model *m, struct text value)
{
	const struct list *list = words_of(m, value);

	for (size_t i = 0; i < list->count; i++) {
		const struct list_item *item = &list->items[i];
		const struct restriction *r = restriction_find(item->text.str);

		if (!r) {
			if (is_table_word(item->text.str))
				model_add_table(m, item->text, false);
			continue;
		}
		if (r->arg == RESTRICTION_ARG_NONE || r->arg == RESTRICTION_ARG_PREFIX)
			continue;
		i++;
		if (r->arg == RESTRICTION_ARG_MAP && i < list->count)
			find_in_argument(m, &list->items[i]);
	}
}

static void find_in_setting(struct model *m, const struct setting *s)
{
	if (!s->param) {
		if (strmap_find(m->classes, s->name))
			find_in_restrictions(m, s->value);
		return;
	}
	switch ((unsigned)s->param->kind) {
	case PARAM_KIND_maps:
		find_in_maps(m, s);
		break;
	case PARAM_KIND_map:
		if (!is_cache(s->param))
			find_in_maps(m, s);
		break;
	case PARAM_KIND_restriction_list:
		find_in_restrictions(m, s->value);
		break;
	case PARAM_KIND_domain_list:
	case PARAM_KIND_domain_match_list:
	case PARAM_KIND_network_list:
	case PARAM_KIND_match_list:
	case PARAM_KIND_mechanism_list:
	case PARAM_KIND_postscreen_access_list:
	case PARAM_KIND_rewrite_client_list:
		find_in_match_list(m, s->value);
		break;
	default:
		break;
	}
}

/* Aliases are read by another syntax wherever else the table is named. */
static void note_alias_tables(struct model *m, enum param_id id)
{
	const struct list *list = words_of(m, m->site.settings[id].value);

	for (size_t i = 0; i < list->count; i++)
		strmap_put(m->alias_tables, list->items[i].text.str, m);
}

void model_find_tables(struct model *m)
{
	note_alias_tables(m, PARAM_alias_maps);
	note_alias_tables(m, PARAM_alias_database);
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (m->site.settings[i].entry)
			find_in_setting(m, &m->site.settings[i]);
	for (size_t i = 0; i < m->site.own_count; i++)
		find_in_setting(m, &m->site.own[i]);
	for (size_t i = 0; i < m->site.service_count; i++) {
		const struct site_service *service = &m->site.services[i];

		for (size_t k = 0; k < service->override_count; k++)
			find_in_setting(m, &service->overrides[k]);
	}
}
