/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the model to the subject: the domains of the four address classes, each
 * once, with the place of the word that names it; the host's own name and
 * addresses; the next hops.
 *
 * Left out: names without a dot, names that only mean this host (localhost,
 * .localdomain), address literals, patterns, and tables whose keys are
 * patterns: none of them names a domain that the DNS could be asked about.
 */
#include "dnscheck/subject.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "dnscheck/check.h"
#include "dnscheck/name.h"
#include "grammar/list.h"
#include "grammar/table.h"
#include "mcc/model/site.h"

struct builder {
	struct site *site;
	struct dns_subject *subject;
	struct strmap *seen;
	size_t domain_room;
	size_t hop_room;
	size_t skipped_room;
	bool is_default; /* the list is not the site's own words */
	enum mail_class mail_class;
	struct span fallback; /* for words without a place of their own */
};

static const struct {
	enum param_id param;
	const char *name;
} classes[] = {
	[CLASS_LOCAL] = {PARAM_mydestination, "mydestination"},
	[CLASS_ALIAS] = {PARAM_virtual_alias_domains, "virtual_alias_domains"},
	[CLASS_VIRTUAL] = {PARAM_virtual_mailbox_domains, "virtual_mailbox_domains"},
	[CLASS_RELAY] = {PARAM_relay_domains, "relay_domains"},
};

const char *mail_class_parameter(enum mail_class mail_class)
{
	return classes[mail_class].name;
}

bool own_address_parse(const char *text, struct own_address *out)
{
	struct own_address a = {.family = AF_INET, .text = text};

	if (inet_pton(AF_INET, text, a.bytes) != 1) {
		a.family = AF_INET6;
		if (inet_pton(AF_INET6, text, a.bytes) != 1)
			return false;
	}
	*out = a;
	return true;
}

/* Names for this host alone, and top-level names kept from the DNS (RFC 6761,
 * RFC 6762, RFC 8375's parent is public). */
static bool is_local_name(struct str name)
{
	return str_caseeqc(name, "localhost") || str_starts(name, "localhost.") ||
	       str_ends(name, ".localhost") || str_ends(name, ".localdomain") ||
	       str_ends(name, ".local") || str_ends(name, ".internal");
}

/* The form in which the DNS is asked; NULL: not a domain to ask about. */
static const char *askable(struct arena *arena, struct str word)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	if (word.len == 0 || str_chr(word, '@') >= 0 || str_chr(word, '/') >= 0 ||
	    strchr("[.!", word.ptr[0]) != NULL)
		return NULL;
	if (!dns_name_parse(str_dup0(arena, word), &name) || dns_name_labels(&name) < 2)
		return NULL;
	dns_name_format(&name, text);
	return is_local_name(str_of(text)) ? NULL : arena_strdup(arena, text);
}

static void add_domain(struct builder *b, struct str word, struct span span,
		       const struct text_via *via)
{
	struct dns_subject *s = b->subject;
	const char *name = askable(b->site->arena, word);
	struct mail_domain *d;

	if (name == NULL || strmap_find(b->seen, str_of(name)) != NULL)
		return;
	d = arena_push(b->site->arena, &s->domains, s->domain_count, &b->domain_room,
		       sizeof(*d));
	d->name = name;
	d->mail_class = b->mail_class;
	d->span = span.file != 0 ? span : b->fallback;
	d->via = via;
	d->is_hostname = strcmp(name, s->hostname) == 0;
	s->domain_count++;
	(void)strmap_put(b->seen, str_of(name), b);
}

static void skip_word(struct builder *b, const struct text *text)
{
	struct dns_subject *s = b->subject;
	struct skipped_word *slot;

	if (b->is_default)
		return;
	slot = arena_push(b->site->arena, &s->skipped, s->skipped_count, &b->skipped_room,
			  sizeof(*slot));
	*slot = (struct skipped_word){str_dup0(b->site->arena, text->str),
				      text_full_span(*text)};
	s->skipped_count++;
}

static bool has_rows(const struct site_table *table)
{
	return table != NULL && table->rows != NULL &&
	       (table->type == NULL || table->type->access != MAP_SEQUENTIAL);
}

static void add_table(struct builder *b, const struct site_table *table)
{
	const struct table_file *file = table->rows;
	size_t i;

	for (i = 0; i < file->row_count; i++)
		add_domain(b, file->rows[i].key, file->rows[i].key_span, NULL);
}

static void add_word(struct builder *b, const struct list_item *item)
{
	struct str word = item->text.str;
	ptrdiff_t colon = str_chr(word, ':');
	const struct site_table *table;

	if (word.len == 0 || word.ptr[0] == '!')
		return;
	if (colon > 0 && word.ptr[0] != '[') {
		table = site_table_of(b->site, item->text, false);
		if (has_rows(table))
			add_table(b, table);
		else
			skip_word(b, &item->text);
		return;
	}
	if (word.ptr[0] == '/') {
		skip_word(b, &item->text);
		return;
	}
	add_domain(b, word, text_full_span(item->text), text_via_at(item->text, 0));
}

static void add_class(struct builder *b, enum mail_class mail_class)
{
	const struct setting *setting = site_setting(b->site, classes[mail_class].param);
	const struct list *list = site_list(b->site, setting);
	size_t i;

	b->mail_class = mail_class;
	b->is_default = setting->origin == ORIGIN_DEFAULT;
	b->fallback = setting->name_span.file != 0 ? setting->name_span
						   : b->subject->hostname_span;
	for (i = 0; i < list->count; i++)
		add_word(b, &list->items[i]);
}

/* --- next hops ---------------------------------------------------------- */

/* "[host]:port", "host:port", "host"; address literals need no DNS. */
static void add_hop(struct builder *b, const struct text *text)
{
	struct str host = text->str;
	struct dns_subject *s = b->subject;
	struct next_hop *hop;
	struct own_address literal;
	bool bracketed = str_starts(host, "[");
	ptrdiff_t end;
	const char *name;

	end = bracketed ? str_chr(host, ']') : str_chr(host, ':');
	if (bracketed && end < 0)
		return;
	host = str_slice(host, bracketed ? 1 : 0, end < 0 ? host.len : (size_t)end);
	name = str_dup0(b->site->arena, host);
	if (host.len == 0 || own_address_parse(name, &literal) ||
	    str_chr(host, ':') >= 0 || str_chr(host, '/') >= 0)
		return;
	hop = arena_push(b->site->arena, &s->hops, s->hop_count, &b->hop_room,
			 sizeof(*hop));
	*hop = (struct next_hop){name, bracketed, text_full_span(*text)};
	s->hop_count++;
}

static void add_hops(struct builder *b)
{
	const struct list *list =
		site_list(b->site, site_setting(b->site, PARAM_relayhost));
	size_t i;

	for (i = 0; i < list->count; i++)
		add_hop(b, &list->items[i].text);
}

/* --- the host ----------------------------------------------------------- */

static const char *lower_value(const struct site *site, enum param_id id)
{
	struct str value = str_lower(site->arena, site_setting(site, id)->value.str);

	return str_dup0(site->arena, str_trim(value));
}

static void add_addresses(struct dns_subject *s, struct arena *arena,
			  const struct dns_check_options *options)
{
	size_t i;

	s->addresses = arena_array(arena, options->public_address_count + 1,
				   sizeof(*s->addresses));
	for (i = 0; i < options->public_address_count; i++) {
		if (own_address_parse(options->public_addresses[i],
				      &s->addresses[s->address_count]))
			s->address_count++;
	}
}

/* A default would be guessed from myhostname: it may be nobody's domain. */
static void note_parent(struct builder *b)
{
	struct dns_subject *s = b->subject;
	const struct setting *setting = site_setting(b->site, PARAM_mydomain);
	const char *name = askable(b->site->arena, str_trim(setting->value.str));

	if (setting->origin == ORIGIN_DEFAULT || name == NULL ||
	    strcmp(name, s->hostname) == 0 || strcmp(name, s->origin) == 0 ||
	    strmap_find(b->seen, str_of(name)) != NULL)
		return;
	s->parent = (struct mail_domain){.name = name,
					 .span = text_full_span(setting->value)};
}

struct dns_subject *dns_subject_of(struct site *site,
				   const struct dns_check_options *options)
{
	struct dns_subject *s = arena_alloc(site->arena, sizeof(*s));
	const struct setting *hostname = site_setting(site, PARAM_myhostname);
	struct builder b = {.site = site, .subject = s, .seen = strmap_new(site->arena)};

	s->hostname = lower_value(site, PARAM_myhostname);
	s->hostname_span = text_full_span(hostname->value);
	if (s->hostname_span.file == 0)
		s->hostname_span = hostname->name_span;
	s->origin = askable(site->arena, site_setting(site, PARAM_myorigin)->value.str);
	if (s->origin == NULL)
		s->origin = "";
	add_addresses(s, site->arena, options);
	add_class(&b, CLASS_LOCAL);
	add_class(&b, CLASS_ALIAS);
	add_class(&b, CLASS_VIRTUAL);
	add_class(&b, CLASS_RELAY);
	add_hops(&b);
	note_parent(&b);
	return s;
}
