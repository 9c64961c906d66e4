/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postconf -m: types of tables. What a build has follows from the release and
 * from the libraries that the platform's packages are linked with; types in
 * packages of their own are named in dynamicmaps.cf.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "mcc/model/conf_private.h"

/* Types that need a library, by platform: linked, and packaged apart. */
struct build {
	enum platform platform;
	const char *linked;
	const char *apart;
};

static const struct build builds[] = {
	{PLATFORM_UPSTREAM, "btree,hash", ""},
	{PLATFORM_DEBIAN, "btree,hash,nis",
	 "cdb,ldap,lmdb,mongodb,mysql,pcre,pgsql,sqlite"},
	{PLATFORM_RHEL9, "btree,hash", "cdb,ldap,lmdb,mysql,pcre,pgsql,sqlite"},
	{PLATFORM_RHEL10, "lmdb", "cdb,ldap,mysql,pcre,pgsql,sqlite"},
	{PLATFORM_ALPINE, "lmdb", "ldap,mysql,pcre,pgsql,sqlite"},
	{PLATFORM_OPENSUSE, "cdb,lmdb,pcre", "ldap,mysql,pgsql"},
	{PLATFORM_FREEBSD, "btree,hash,pcre", ""},
	{PLATFORM_NETBSD, "btree,hash", "cdb,ldap,lmdb,mysql,pcre,pgsql,sqlite"},
};

static bool has_word(const char *list, const char *word)
{
	return str_has_token(str_of(list), ",", str_of(word));
}

static const struct build *build_of(enum platform platform)
{
	for (size_t i = 0; i < array_len(builds); i++)
		if (builds[i].platform == platform)
			return &builds[i];
	return &builds[0];
}

/* Types that every build has, if its release has them. */
static bool is_common(const struct map_type *type)
{
	static const char common[] =
		"cidr,debug,environ,fail,inline,internal,memcache,pipemap,proxy,randmap,"
		"regexp,socketmap,static,tcp,texthash,unionmap,unix";

	return has_word(common, type->name);
}

/* The first word of each line of dynamicmaps.cf is a type. */
static bool is_listed(struct str rest, const char *name)
{
	struct str line;
	struct str word;

	while (str_token(&rest, "\n", &line))
		if (line.ptr[0] != '#' && str_token(&line, " \t", &word) &&
		    str_eqc(word, name))
			return true;
	return false;
}

static bool has_type(const struct site_options *o, const struct map_type *type,
		     const struct str *dynamic)
{
	const struct build *build = build_of(o->platform);

	if (!pf_version_reached(o->version, type->since))
		return false;
	if (is_common(type) || has_word(build->linked, type->name))
		return true;
	return dynamic ? is_listed(*dynamic, type->name)
		       : has_word(build->apart, type->name);
}

void conf_print_map_types(struct strbuf *out, struct arena *arena,
			  const struct site_options *options)
{
	const char *path = arena_printf(arena, "%s/dynamicmaps.cf", options->dir);
	struct source_set *sources = source_set_new(arena);
	const struct source *src;
	bool is_there = source_add_config(sources, path, NULL, &src) == 0;

	/* The table is in the order of the names. */
	for (size_t i = 0; i < map_type_count(); i++) {
		const struct map_type *type = map_type_at(i);

		if (has_type(options, type, is_there ? &src->text : NULL))
			strbuf_addf(out, "%s\n", type->name);
	}
}
