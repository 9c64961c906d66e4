/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words inside values: restrictions, table types, results of access and
 * header_checks tables. The tables are short; they are searched in order.
 */
#include "grammar/vocabulary.h"

#include <string.h>

#include "base/attr.h"
#include "base/limits.h"

#define EVERYWHERE "client,helo,sender,relay,recipient,data,end_of_data,etrn"
#define FROM_HELO "helo,sender,relay,recipient,data,end_of_data,etrn"
#define FROM_SENDER "sender,relay,recipient,data,end_of_data"
#define FROM_RCPT "relay,recipient,data,end_of_data"
#define FROM_DATA "data,end_of_data"

static const struct restriction restrictions[] = {
#define RESTRICTION(name, arg, effect, prevents, since, removed, instead, stages) \
	{#name,                                                                   \
	 RESTRICTION_ARG_##arg,                                                   \
	 RESTRICTION_##effect,                                                    \
	 prevents,                                                                \
	 since,                                                                   \
	 removed,                                                                 \
	 instead,                                                                 \
	 stages},
#include "grammar/restrictions.def"
#undef RESTRICTION
};

static const struct map_type map_types[] = {
#define MAP_TYPE(name, access, has_file, suffix, compiled, since) \
	{#name, MAP_##access, has_file, suffix, compiled, since},
#include "grammar/map_types.def"
#undef MAP_TYPE
};

static const struct access_action access_actions[] = {
#define ACCESS_ACTION(name, arg, effect, since)                                         \
	{#name, ACTION_ARG_##arg != ACTION_ARG_NONE, ACTION_ARG_##arg, ACTION_##effect, \
	 since},
#include "grammar/access_actions.def"
#undef ACCESS_ACTION
};

static const struct header_action header_actions[] = {
#define HEADER_ACTION(name, arg, where, since) {#name, ACTION_ARG_##arg, where, since},
#include "grammar/header_actions.def"
#undef HEADER_ACTION
};

/* Keeps the nearer of what was found and candidate `i`. */
struct nearest {
	struct str word;
	size_t at;
	unsigned distance; /* above 2: none */
};

static struct nearest nearest_start(struct str word)
{
	/* A short word is near to everything: allow one edit below 5 letters. */
	return (struct nearest){word, 0, word.len < 5 ? 2 : 3};
}

static void nearest_try(struct nearest *n, const char *candidate, size_t i)
{
	unsigned d;

	if (n->word.len > LIMIT_SUGGEST_LENGTH || n->distance == 0)
		return;
	d = str_distance(n->word, str_of(candidate), n->distance - 1);
	if (d >= n->distance)
		return;
	n->distance = d;
	n->at = i + 1;
}

const struct restriction *restriction_find(struct str name)
{
	for (size_t i = 0; i < array_len(restrictions); i++)
		if (str_caseeqc(name, restrictions[i].name))
			return &restrictions[i];
	return NULL;
}

size_t restriction_count(void)
{
	return array_len(restrictions);
}

const struct restriction *restriction_nearest(struct str name)
{
	struct nearest n = nearest_start(name);

	for (size_t i = 0; i < array_len(restrictions); i++)
		nearest_try(&n, restrictions[i].name, i);
	return n.at ? &restrictions[n.at - 1] : NULL;
}

size_t map_type_count(void)
{
	return array_len(map_types);
}

const struct map_type *map_type_at(size_t i)
{
	MCC_ASSERT(i < array_len(map_types));
	return &map_types[i];
}

const struct map_type *map_type_find(struct str name)
{
	for (size_t i = 0; i < array_len(map_types); i++)
		if (str_eqc(name, map_types[i].name))
			return &map_types[i];
	return NULL;
}

const struct map_type *map_type_nearest(struct str name)
{
	struct nearest n = nearest_start(name);

	for (size_t i = 0; i < array_len(map_types); i++)
		nearest_try(&n, map_types[i].name, i);
	return n.at ? &map_types[n.at - 1] : NULL;
}

static const char *number_action(struct str word)
{
	if (word.len == 3 && word.ptr[0] == '4')
		return "4NN";
	if (word.len == 3 && word.ptr[0] == '5')
		return "5NN";
	return "DIGITS";
}

const struct access_action *access_action_find(struct str name)
{
	if (str_is_digits(name))
		name = str_of(number_action(name));
	else if (str_caseeqc(name, "DIGITS"))
		return NULL;
	for (size_t i = 0; i < array_len(access_actions); i++)
		if (str_caseeqc(name, access_actions[i].name))
			return &access_actions[i];
	return NULL;
}

const struct access_action *access_action_nearest(struct str name)
{
	struct nearest n = nearest_start(name);

	for (size_t i = 0; i < array_len(access_actions); i++)
		nearest_try(&n, access_actions[i].name, i);
	return n.at ? &access_actions[n.at - 1] : NULL;
}

const struct header_action *header_action_find(struct str name)
{
	for (size_t i = 0; i < array_len(header_actions); i++)
		if (str_caseeqc(name, header_actions[i].name))
			return &header_actions[i];
	return NULL;
}
