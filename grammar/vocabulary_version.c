/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Releases. Security fixes bring parameters and defaults to older lines, so
 * "has it" is never a plain comparison: a list "3.5.20,3.6.10,3.9" names the
 * patch of each older line and the first line that had it from the start.
 */
#include "grammar/vocabulary.h"

#include <limits.h>

struct release {
	int major;
	int minor;
	int patch;
};

static const struct release releases[] = {
#define RELEASE(major, minor, patch) {major, minor, patch},
#include "grammar/releases.def"
#undef RELEASE
};

enum {
	RELEASE_COUNT = sizeof(releases) / sizeof(releases[0]),
	/* More digits are no release and would overflow. */
	VERSION_PART_MAX = 1000
};

static bool parse_part(struct str *rest, int *out_part)
{
	int n = 0;
	size_t i = 0;

	while (i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9') {
		n = n * 10 + (rest->ptr[i] - '0');
		if (n >= VERSION_PART_MAX)
			return false;
		i++;
	}
	if (i == 0)
		return false;
	rest->ptr += i;
	rest->len -= i;
	*out_part = n;
	return true;
}

static bool skip_dot(struct str *rest)
{
	if (rest->len == 0 || rest->ptr[0] != '.')
		return false;
	rest->ptr++;
	rest->len--;
	return true;
}

static bool parse_version(struct str text, struct pf_version *out_version)
{
	struct pf_version v = {0, 0, -1};

	if (!parse_part(&text, &v.major) || !skip_dot(&text) ||
	    !parse_part(&text, &v.minor))
		return false;
	if (skip_dot(&text) && !parse_part(&text, &v.patch))
		return false;
	if (text.len > 0)
		return false;
	*out_version = v;
	return true;
}

bool pf_version_parse(const char *text, struct pf_version *out_version)
{
	return parse_version(str_of(text), out_version);
}

static int patch_rank(int patch)
{
	return patch < 0 ? INT_MAX : patch;
}

static int compare(int a, int b)
{
	return a < b ? -1 : a > b;
}

int pf_version_cmp(struct pf_version a, struct pf_version b)
{
	if (a.major != b.major)
		return compare(a.major, b.major);
	if (a.minor != b.minor)
		return compare(a.minor, b.minor);
	return compare(patch_rank(a.patch), patch_rank(b.patch));
}

struct pf_version pf_version_newest(void)
{
	return (struct pf_version){3, 11, -1};
}

static const struct release *find_release(struct pf_version v)
{
	for (size_t i = 0; i < RELEASE_COUNT; i++)
		if (releases[i].major == v.major && releases[i].minor == v.minor)
			return &releases[i];
	return NULL;
}

bool pf_version_is_known(struct pf_version v)
{
	return find_release(v) != NULL;
}

struct pf_version pf_version_concrete(struct pf_version v)
{
	const struct release *r = find_release(v);

	if (v.patch < 0)
		v.patch = r ? r->patch : 0;
	return v;
}

bool pf_version_reached(struct pf_version v, const char *list)
{
	struct str rest = str_of(list);
	struct str item;
	struct pf_version r;

	while (str_token(&rest, ",", &item)) {
		if (!parse_version(item, &r))
			continue;
		if (r.patch < 0) {
			if (v.major > r.major ||
			    (v.major == r.major && v.minor >= r.minor))
				return true;
		} else if (v.major == r.major && v.minor == r.minor &&
			   patch_rank(v.patch) >= r.patch) {
			return true;
		}
	}
	return false;
}
