/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parameters: the table and the questions that one row answers. Rows are
 * sorted by name, so that the row's number, its place and its id are one.
 */
#include "grammar/vocabulary.h"

#include <string.h>

#include "base/attr.h"
#include "grammar/proxy_read_maps.h"

/* Groups of a row in parameters.def, in the order of struct param. */
#define ANY "", "", ""
#define RANGE(unit, min, max) unit, min, max
#define FREE "", "", ""
#define WORDS(words, since, with_case) words, since, with_case
#define SINCE(since) since, "", "", ""
#define LIFE(since, backports, removed, deprecated) since, backports, removed, deprecated
#define SAME "", no_changes
#define CHANGED(...)                      \
	"", (const struct param_change[]) \
	{                                 \
		__VA_ARGS__,              \
		{                         \
			NULL, NULL        \
		}                         \
	}
#define LEVELS(levels, changes) LEVELS_OF(levels, changes)
#define LEVELS_OF(levels, none, ...) levels, __VA_ARGS__

static const struct param_change no_changes[] = {{NULL, NULL}};

static const struct param table[] = {
#define PARAM(name, type, kind, dflt, range, words, life, programs, changes, status) \
	{PARAM_##name,                                                               \
	 #name,                                                                      \
	 sizeof(#name) - 1,                                                          \
	 PARAM_TYPE_##type,                                                          \
	 PARAM_KIND_##kind,                                                          \
	 dflt,                                                                       \
	 range,                                                                      \
	 words,                                                                      \
	 life,                                                                       \
	 programs,                                                                   \
	 changes,                                                                    \
	 PARAM_##status},
#include "grammar/parameters.def"
#undef PARAM
};

const struct param *param_get(enum param_id id)
{
	MCC_ASSERT(id < PARAM_COUNT);
	return &table[id];
}

const struct param *param_find(struct str name)
{
	size_t lo = 0;
	size_t hi = PARAM_COUNT;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = str_cmp(name, str_of(table[mid].name));

		if (order == 0)
			return &table[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

bool param_in_version(const struct param *p, struct pf_version v)
{
	if (!pf_version_reached(v, p->since) && !pf_version_reached(v, p->backports))
		return false;
	return !pf_version_reached(v, p->removed);
}

/* Changes are in order of time: the first one to come tells the value. */
const char *param_default(const struct param *p, struct pf_version v)
{
	const struct param_change *c = p->changes;

	for (; c->releases; c++)
		if (!pf_version_reached(v, c->releases))
			return c->old_default;
	return p->default_value;
}

/* As many edits as their lengths differ by are needed at least. */
static bool is_far(size_t a, size_t b, unsigned edits)
{
	return (a > b ? a - b : b - a) > edits;
}

const struct param *param_nearest(struct str name, struct pf_version v)
{
	const struct param *best = NULL;
	unsigned best_distance = 3;

	for (size_t i = 0; i < PARAM_COUNT && best_distance > 0; i++) {
		struct str candidate = {table[i].name, table[i].name_len};
		unsigned d;

		if (is_far(name.len, candidate.len, best_distance - 1))
			continue;
		d = str_distance(name, candidate, best_distance - 1);
		if (d >= best_distance || !param_in_version(&table[i], v))
			continue;
		best = &table[i];
		best_distance = d;
	}
	/* Two edits turn any three letters into a short name. */
	if (best && best->name_len <= best_distance * 2)
		return NULL;
	return best;
}

bool param_is_deprecated(const struct param *p, struct pf_version v,
			 const char **out_instead)
{
	const char *arrow = strstr(p->deprecated, "->");
	char release[16];
	size_t len;

	if (p->deprecated[0] == '\0')
		return false;
	len = arrow ? (size_t)(arrow - p->deprecated) : strlen(p->deprecated);
	if (len >= sizeof(release))
		return false;
	memcpy(release, p->deprecated, len);
	release[len] = '\0';
	if (!pf_version_reached(v, release))
		return false;
	*out_instead = arrow ? arrow + 2 : "";
	return true;
}

/*
 * "word=3.9(3.5.24/3.6.14),...": true when v lacks the word, that is when a
 * row names it and neither its release nor a backport has come.
 */
static bool word_is_too_new(const struct param *p, struct str word, struct pf_version v)
{
	struct str rest = str_of(p->word_since);
	struct str item;

	while (str_token(&rest, ",", &item)) {
		ptrdiff_t eq = str_chr(item, '=');
		struct str list;
		struct str release;
		char text[16];

		if (eq < 0 || !str_caseeq(str_slice(item, 0, (size_t)eq), word))
			continue;
		list = str_slice(item, (size_t)eq + 1, item.len);
		while (str_token(&list, "(/)", &release)) {
			if (release.len >= sizeof(text))
				continue;
			memcpy(text, release.ptr, release.len);
			text[release.len] = '\0';
			if (pf_version_reached(v, text))
				return false;
		}
		return true;
	}
	return false;
}

bool param_has_word(const struct param *p, struct str word, struct pf_version v)
{
	bool exact = strcmp(p->word_case, "sensitive") == 0;
	struct str rest = str_of(p->words);
	struct str item;

	while (str_token(&rest, ",", &item)) {
		if (exact ? !str_eq(item, word) : !str_caseeq(item, word))
			continue;
		return !word_is_too_new(p, item, v);
	}
	return false;
}
