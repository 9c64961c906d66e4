/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The typed, resolved model of one site: every parameter with its value, its
 * type and the place where it was set; the services of master.cf with their
 * overrides; the tables that the values name. Read-only once loaded.
 */
#ifndef MCC_MODEL_SITE_H
#define MCC_MODEL_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "grammar/vocabulary.h"

struct alias_file;
struct arena;
struct cf_entry;
struct cf_file;
struct diag_queue;
struct list;
struct master_file;
struct master_service;
struct source_set;
struct source;
struct table_file;

enum platform {
	PLATFORM_UPSTREAM,
	PLATFORM_DEBIAN,
	PLATFORM_RHEL9,
	PLATFORM_RHEL10,
	PLATFORM_ALPINE,
	PLATFORM_OPENSUSE,
	PLATFORM_FREEBSD,
	PLATFORM_NETBSD
};

bool platform_parse(const char *word, enum platform *out_platform);
const char *platform_name(enum platform platform);
/* Compiled-in default that differs from upstream's there, or NULL. */
const char *platform_default(enum platform platform, enum param_id id);
/* The release with the patch that the platform ships when none is named. */
struct pf_version platform_version(enum platform platform, struct pf_version version);

struct site_options {
	const char *dir;  /* -C: folder with main.cf */
	const char *root; /* --root, or NULL: paths outside -C are not evaluated */
	struct pf_version version;
	enum platform platform;
	const char *hostname; /* fully qualified; never NULL */
	/* What $config_directory is where main.cf does not say; NULL: the
	 * platform's own. `mcc conf` gives the folder, as postconf -c does. */
	const char *config_directory;
	/* Addresses of the host with their prefix lengths, "127.0.0.1/8
	 * [::1]/128", for mynetworks where main.cf does not set it; NULL: only
	 * the loopback ones, so that a build depends on no machine. */
	const char *interfaces;
	/* `name=value` texts that count as if they stood at the end of
	 * main.cf (postconf -o), ended by NULL; NULL: none. */
	char *const *settings;
	/* Take main.cf as empty: `mcc conf -d`. */
	bool defaults_only;
	/* What postconf shows, not what daemons use: up to 2.10 it took a
	 * domain of one label, "com", for none when it derived mydomain. */
	bool as_postconf;
	/* A larger text of a table stays unread where a database beside it is
	 * not older: bytes; 0: every text is read. */
	size_t text_max;
};

/*
 * A value typed by its parameter's table row. A wrong value has been reported
 * and holds the default; `written` is the expanded text all the same.
 */
enum setting_origin { ORIGIN_DEFAULT, ORIGIN_MAIN, ORIGIN_SERVICE };

struct setting {
	const struct param *param; /* NULL: a name of the site's own */
	struct str name;
	enum setting_origin origin;
	const struct cf_entry *entry; /* the last assignment; NULL: default */
	struct span name_span;	      /* SPAN_NONE for defaults */
	struct text raw;	      /* before expansion of `$` */
	struct text written;	      /* expanded, also when it is wrong */
	struct text value;	      /* expanded; the default when `written` is wrong */
	bool is_valid;		      /* typed without complaint */
	bool boolean;		      /* bool, nbool */
	int64_t number;		      /* int, long, nint; time: seconds */
	/* What a program that reads it logs instead of starting; NULL: fine. */
	const char *fatal;
};

/* A table that a value names: `type:name`. One per distinct type and path. */
enum table_state {
	TABLE_LOADED,  /* source text parsed: rows or aliases */
	TABLE_MISSING, /* under -C or --root, but not there */
	TABLE_OUTSIDE, /* path lies outside -C and no --root: not evaluated */
	TABLE_UNREADABLE,
	TABLE_NOT_FILE /* static:, inline:, ldap:, ...: no source text */
};

struct site_table {
	const struct map_type *type; /* NULL: unknown type (reported) */
	struct str type_name;
	struct str name;     /* argument after `type:` (expanded) */
	struct text text;    /* first mention, with its place */
	const char *fs_path; /* where the source text was looked for, or NULL */
	enum table_state state;
	bool is_aliases;		  /* read by aliases(5) syntax */
	const struct source *src;	  /* TABLE_LOADED: the text */
	const struct table_file *rows;	  /* TABLE_LOADED, key and value */
	const struct alias_file *aliases; /* TABLE_LOADED, is_aliases */
	/* regexp, pcre and cidr texts have neither: runtime/ reads them. */
	struct site_table **parts; /* tables inside pipemap:{...}, unionmap:{...} */
	size_t part_count;
	bool is_proxied; /* first mentioned as proxy:type:name */
	bool is_unread;	 /* TABLE_MISSING because of site_options.text_max */
};

struct site_service {
	const struct master_service *node;
	struct str key;		   /* "smtp/inet" */
	struct setting *overrides; /* the last of each name, in order */
	size_t override_count;
	/* Settings of main.cf whose value differs in this service because an
	 * override stands in it. */
	const struct setting **derived;
	size_t derived_count;
	size_t derived_room;
};

struct site {
	struct arena *arena;
	struct source_set *sources;
	struct diag_queue *diags;
	struct site_options options;
	const struct cf_file *main;	  /* never NULL */
	const struct master_file *master; /* NULL: no master.cf beside main.cf */
	struct setting *settings;	  /* PARAM_COUNT of them, by param_id */
	struct setting *own; /* names of the site's own (classes, user names) */
	size_t own_count;
	struct site_service *services; /* the last of each name/type, in order */
	size_t service_count;
	struct site_table **tables; /* in order of mention */
	size_t table_count;
};

/*
 * Loads a site: parses main.cf and master.cf, types and expands every value,
 * finds and parses the tables. Mistakes are diagnostics; a status is returned
 * only when main.cf cannot be read at all (also reported, MC001).
 */
int site_load(struct arena *arena, struct source_set *sources, struct diag_queue *diags,
	      const struct site_options *options, struct site **out_site) MCC_MUST_CHECK;

/*
 * A main.cf alone, outside a site: no master.cf is looked for and, since its
 * folder tells nothing, tables below the configuration folder are not
 * evaluated. Never fails.
 */
void site_load_single(struct arena *arena, struct source_set *sources,
		      struct diag_queue *diags, const struct site_options *options,
		      const struct source *main_cf, struct site **out_site);

/* The setting of a parameter; never NULL. */
const struct setting *site_setting(const struct site *site, enum param_id id);
/* As a service sees it: its -o override, else main.cf. NULL service: main. */
const struct setting *site_service_setting(const struct site *site,
					   const struct site_service *service,
					   enum param_id id);
/*
 * Why a program, "smtpd", does not start as this service (NULL: as one that
 * overrides nothing): what Postfix logs of the first value that the program
 * reads and cannot convert, or whose bounds it refuses. NULL: it starts.
 */
const char *site_program_fault(const struct site *site,
			       const struct site_service *service, const char *program);
/* A name of the site's own (restriction class, user-defined), or NULL. */
const struct setting *site_find_own(const struct site *site, struct str name);
/* The same as a service sees it. */
const struct setting *site_service_find_own(const struct site *site,
					    const struct site_service *service,
					    struct str name);
const struct site_service *site_find_service(const struct site *site, const char *key);
/* Effective compatibility level as major.minor.patch numbers. */
struct pf_version site_compat_level(const struct site *site);
/*
 * The domain of local addresses: myorigin, which on Debian may name a file
 * whose first line it is. Empty when that file was not evaluated.
 */
struct str site_origin(struct site *site);

/* The words of a setting's expanded value; braces by version. Never NULL. */
const struct list *site_list(const struct site *site, const struct setting *setting);
/* The same of any text that lives as long as the site; each is parsed once. */
const struct list *site_words(const struct site *site, struct text text);
/*
 * The table for `type:name` text, loading it at its first mention; NULL when
 * the text has no type. Reports MC406, MC407, MC410, MC1303 once per table.
 */
const struct site_table *site_table_of(struct site *site, struct text type_name,
				       bool is_aliases);
/*
 * Where a path of the configuration lies on this machine: under -C when it is
 * below the site's config_directory, else under --root; NULL: not evaluated.
 */
const char *site_resolve_path(const struct site *site, const char *path);
/* How such a file is shown: relative to -C where it lies there, else by the
 * name that the configuration has for it. */
const char *site_shown_path(const struct site *site, const char *fs_path,
			    const char *name);

/* Canonical text of the model with origins; for tests (`--dump=model`). */
struct strbuf;
void site_dump(struct strbuf *out, const struct site *site);

#endif
