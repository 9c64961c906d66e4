/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of -M, -F and -P: service[/type[/name]], each part a word or
 * "*" for any, parts that are left out any as well.
 */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "mcc/model/conf_private.h"

bool conf_is_any(struct str part)
{
	return str_eqc(part, "*");
}

static bool parse(const char *text, size_t most, struct conf_pattern *out)
{
	struct str rest = str_of(text);
	struct str part;
	size_t count = 0;

	*out = (struct conf_pattern){.text = text};
	if (text[0] == '/')
		return false;
	while (str_token(&rest, "/", &part)) {
		if (count == most || (!conf_is_any(part) && str_chr(part, '*') >= 0))
			return false;
		out->part[count++] = part;
	}
	if (!count)
		return false;
	while (count < array_len(out->part))
		out->part[count++] = STR_LIT("*");
	return true;
}

struct conf_pattern *conf_patterns(struct conf *c, size_t most, size_t *out_count)
{
	char *const *names = c->request->names;
	struct conf_pattern *patterns;
	size_t count = 0;

	while (names[count])
		count++;
	patterns = arena_array(c->m->site.arena, count + 1, sizeof(*patterns));
	MCC_ASSERT(patterns);
	for (size_t i = 0; i < count; i++) {
		if (!parse(names[i], most, &patterns[i])) {
			conf_tell(c, "'%s' is not service_name[/type%s]", names[i],
				  most > 2 ? "[/name]" : "");
			c->failed = true;
			*out_count = 0;
			return NULL;
		}
	}
	*out_count = count;
	return patterns;
}

bool conf_matches(const struct conf_pattern *pattern, const struct conf_service *service)
{
	return (conf_is_any(pattern->part[0]) ||
		str_eq(pattern->part[0], service->args[MASTER_NAME].str)) &&
	       (conf_is_any(pattern->part[1]) ||
		str_eq(pattern->part[1], service->args[MASTER_TYPE].str));
}

void conf_tell_unmatched(struct conf *c, const struct conf_pattern *patterns,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!patterns[i].matches)
			conf_tell(c, "warning: unmatched request: \"%s\"",
				  patterns[i].text);
}
