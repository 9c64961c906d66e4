/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the packages of an operating system change: paths that are compiled
 * in, table types that their builds lack, the patch level they ship.
 */
#include "mcc/model/site.h"

#include <string.h>

#include "base/attr.h"

static const char *const names[] = {
	[PLATFORM_UPSTREAM] = "upstream", [PLATFORM_DEBIAN] = "debian",
	[PLATFORM_RHEL9] = "rhel9",	  [PLATFORM_RHEL10] = "rhel10",
	[PLATFORM_ALPINE] = "alpine",	  [PLATFORM_OPENSUSE] = "opensuse",
	[PLATFORM_FREEBSD] = "freebsd",	  [PLATFORM_NETBSD] = "netbsd",
};

struct platform_row {
	enum platform platform;
	enum param_id param;
	const char *value;
};

static const struct platform_row defaults[] = {
#define PLATFORM_DEFAULT(platform, param, value) \
	{PLATFORM_##platform, PARAM_##param, value},
#include "mcc/model/platform_defaults.def"
#undef PLATFORM_DEFAULT
};

struct platform_release {
	enum platform platform;
	struct pf_version version;
};

/* Stable releases of the platform whose Postfix is not the line's newest. */
static const struct platform_release shipped[] = {
	{PLATFORM_DEBIAN, {3, 7, 11}}, /* Debian 12 */
};

bool platform_parse(const char *word, enum platform *out_platform)
{
	for (size_t i = 0; i < array_len(names); i++) {
		if (strcmp(word, names[i]) == 0) {
			*out_platform = (enum platform)i;
			return true;
		}
	}
	return false;
}

const char *platform_name(enum platform platform)
{
	MCC_ASSERT(platform < array_len(names));
	return names[platform];
}

const char *platform_default(enum platform platform, enum param_id id)
{
	for (size_t i = 0; i < array_len(defaults); i++)
		if (defaults[i].platform == platform && defaults[i].param == id)
			return defaults[i].value;
	return NULL;
}

struct pf_version platform_version(enum platform platform, struct pf_version version)
{
	for (size_t i = 0; i < array_len(shipped) && version.patch < 0; i++)
		if (shipped[i].platform == platform &&
		    shipped[i].version.major == version.major &&
		    shipped[i].version.minor == version.minor)
			return shipped[i].version;
	return version;
}
