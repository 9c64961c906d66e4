/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terms of the new record are first a list of tokens: words that stay, and
 * sets of networks. Networks that pass may trade places with one another but
 * not with a term that does not pass, so a set is closed before such a term.
 * Only when the list is whole is it known whether it fits into one record.
 */
#include "dnscheck/spf_flat.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/limits.h"

enum {
	/* RFC 7208 3.4: name and text of one record. */
	RECORD_MAX = 450,
	RECORD_TEXT = 1 << 16,
	PARTS_MAX = 1000
};

static const char version[] = "v=spf1";
static const char ending[] = " -all";

struct token {
	const char *word; /* NULL: a set */
	struct spf_nets nets;
};

struct flatten {
	const struct spf_map *map;
	struct arena *arena;
	const char *const *names;
	size_t name_count;
	struct spf_flat *out;
	struct token *tokens;
	size_t count;
	size_t room;
	struct spf_nets open; /* networks not yet in a token */
	struct strbuf kept;
};

/* --- what is to be replaced ----------------------------------------------- */

static bool is_selected(const struct flatten *f, const struct spf_branch *b)
{
	size_t i;

	if (b->is_ignored || b->term->kind != SPF_TERM_INCLUDE ||
	    b->term->qualifier != SPF_QUAL_PASS)
		return false;
	for (i = 0; i < f->name_count; i++) {
		if (b->target != NULL && strcasecmp(f->names[i], b->target) == 0)
			return true;
	}
	return f->name_count == 0;
}

static bool is_below(const struct spf_node *node, const struct spf_node *top)
{
	while (node != NULL && node != top)
		node = node->up;
	return node != NULL;
}

/* A fault of the included record: whoever flattens it would hide it. */
static const char *fault_of(const struct flatten *f, const struct spf_branch *b)
{
	const struct spf_finding *finding;
	size_t i;

	if (b->is_loop || (b->child != NULL && b->child->record_count != 1))
		return "it has not exactly one SPF record, or leads back to itself";
	for (i = 0; i < f->map->finding_count; i++) {
		finding = f->map->findings[i].finding;
		if (b->child != NULL && finding->severity == DIAG_ERROR &&
		    is_below(f->map->findings[i].node, b->child))
			return finding->message;
	}
	return NULL;
}

static void fail(struct flatten *f, const char *problem, bool is_uncertain)
{
	if (f->out->problem == NULL)
		f->out->problem = problem;
	f->out->is_uncertain = f->out->is_uncertain || is_uncertain;
}

/* --- tokens --------------------------------------------------------------- */

static void add_token(struct flatten *f, struct token token)
{
	struct token *slot =
		arena_push(f->arena, &f->tokens, f->count, &f->room, sizeof(*slot));

	*slot = token;
	f->count++;
}

static void close_set(struct flatten *f)
{
	if (f->open.count == 0)
		return;
	spf_nets_minimise(&f->open);
	spf_nets_add_set(f->arena, &f->out->nets, &f->open);
	add_token(f, (struct token){.nets = f->open});
	f->open = (struct spf_nets){.count = 0};
}

/* In another domain's record `a` and `mx` mean that domain. */
static const char *word_of(struct flatten *f, const struct spf_node *node,
			   const struct spf_branch *b)
{
	const char *slash = strchr(b->text, '/');
	int len = slash != NULL ? (int)(slash - b->text) : (int)strlen(b->text);

	if (node->up == NULL || b->term->has_domain ||
	    (b->term->kind != SPF_TERM_A && b->term->kind != SPF_TERM_MX &&
	     b->term->kind != SPF_TERM_PTR))
		return b->text;
	return arena_printf(f->arena, "%.*s:%s%s", len, b->text, node->domain,
			    slash != NULL ? slash : "");
}

static void keep(struct flatten *f, const struct spf_node *node,
		 const struct spf_branch *b)
{
	if (b->term->kind < SPF_TERM_REDIRECT &&
	    (b->term->qualifier != SPF_QUAL_PASS || b->term->kind == SPF_TERM_ALL))
		close_set(f);
	f->out->lookups += b->lookups;
	add_token(f, (struct token){.word = word_of(f, node, b)});
}

static void replace(struct flatten *f, const struct spf_node *node,
		    const struct spf_branch *b)
{
	const char *fault = fault_of(f, b);

	f->out->selected++;
	if (b->target == NULL || (b->child != NULL && b->child->is_dynamic)) {
		strbuf_addf(&f->kept, " %s", b->text);
		keep(f, node, b);
	} else if (b->child == NULL || b->child->is_uncertain) {
		fail(f, arena_printf(f->arena, "%s could not be verified", b->text),
		     true);
	} else if (fault != NULL) {
		fail(f, arena_printf(f->arena, "%s: %s", b->text, fault), false);
	} else {
		spf_nets_add_set(f->arena, &f->open, &b->child->nets);
	}
}

/* Whether the record behind a redirect takes its place. */
static bool is_inlined(const struct flatten *f, const struct spf_branch *b)
{
	const struct spf_node *child = b->child;
	bool has_one = false;
	size_t i;

	if (b->term->kind != SPF_TERM_REDIRECT || b->is_ignored || child == NULL ||
	    child->record_count != 1 || child->has_errors)
		return false;
	for (i = 0; i < child->branch_count; i++) {
		/* %{d} would mean another domain. */
		if (spf_term_has_macro(child->branches[i].term))
			return false;
		has_one = has_one || is_selected(f, &child->branches[i]) ||
			  is_inlined(f, &child->branches[i]);
	}
	return has_one;
}

static void take_node(struct flatten *f, const struct spf_node *node)
{
	const struct spf_branch *b, *inlined = NULL;
	size_t i;

	for (i = 0; i < node->branch_count; i++) {
		if (is_inlined(f, &node->branches[i]))
			inlined = &node->branches[i];
	}
	for (i = 0; i < node->branch_count; i++) {
		b = &node->branches[i];
		/* The explanation is then the other record's (6.2). */
		if (b->is_ignored || b == inlined ||
		    (inlined != NULL && b->term->kind == SPF_TERM_EXP))
			continue;
		if (is_selected(f, b))
			replace(f, node, b);
		else
			keep(f, node, b);
	}
	if (inlined != NULL)
		take_node(f, inlined->child);
}

/* --- records -------------------------------------------------------------- */

static void add_record(struct flatten *f, const char *name, struct strbuf *text)
{
	struct spf_flat_record *slot =
		arena_push(f->arena, &f->out->records, f->out->record_count,
			   &f->out->record_room, sizeof(*slot));

	slot->name = name;
	slot->text = str_dup0(f->arena, strbuf_view(text));
	f->out->record_count++;
}

static void net_word(const struct spf_net *net, char *out, size_t size)
{
	char text[SPF_NET_TEXT];

	spf_net_format(net, text);
	snprintf(out, size, " %s:%s", net->is_v6 ? "ip6" : "ip4", text);
}

static void put_nets(struct strbuf *out, const struct spf_nets *nets)
{
	char word[SPF_NET_TEXT + 8];
	size_t i;

	for (i = 0; i < nets->count; i++) {
		net_word(&nets->items[i], word, sizeof(word));
		strbuf_adds(out, word);
	}
}

/* The record as one; false: too long. */
static bool write_whole(struct flatten *f, struct strbuf *text)
{
	const char *domain = f->map->root->domain;
	size_t i;

	strbuf_adds(text, version);
	for (i = 0; i < f->count; i++) {
		if (f->tokens[i].word != NULL)
			strbuf_addf(text, " %s", f->tokens[i].word);
		else
			put_nets(text, &f->tokens[i].nets);
	}
	if (text->failed || strlen(domain) + text->len > RECORD_MAX)
		return false;
	add_record(f, domain, text);
	return true;
}

static void end_part(struct flatten *f, const char *name, struct strbuf *part,
		     struct strbuf *top)
{
	strbuf_adds(part, ending);
	add_record(f, name, part);
	strbuf_addf(top, " include:%s", name);
	f->out->lookups++;
	strbuf_clear(part);
}

/* Networks over as many records as they need, each at most RECORD_MAX. */
static void write_parts(struct flatten *f, const struct spf_nets *nets,
			struct strbuf *top)
{
	const char *domain = f->map->root->domain, *name = "";
	char word[SPF_NET_TEXT + 8];
	struct strbuf part;
	size_t i;

	strbuf_init(&part, RECORD_TEXT);
	for (i = 0; i < nets->count && f->out->record_count < PARTS_MAX; i++) {
		net_word(&nets->items[i], word, sizeof(word));
		if (part.len != 0 &&
		    strlen(name) + part.len + strlen(word) + strlen(ending) > RECORD_MAX)
			end_part(f, name, &part, top);
		if (part.len == 0) {
			name = arena_printf(f->arena, "_spf%zu.%s", f->out->record_count,
					    domain);
			strbuf_adds(&part, version);
		}
		strbuf_adds(&part, word);
	}
	if (part.len != 0)
		end_part(f, name, &part, top);
	strbuf_fini(&part);
}

static void write_split(struct flatten *f, struct strbuf *text)
{
	const char *domain = f->map->root->domain;
	size_t i;

	strbuf_clear(text);
	/* Its place; the text comes when it is whole. */
	add_record(f, domain, text);
	strbuf_adds(text, version);
	for (i = 0; i < f->count; i++) {
		if (f->tokens[i].word != NULL)
			strbuf_addf(text, " %s", f->tokens[i].word);
		else
			write_parts(f, &f->tokens[i].nets, text);
	}
	f->out->records[0].text = str_dup0(f->arena, strbuf_view(text));
}

static void write_records(struct flatten *f)
{
	struct strbuf text;

	strbuf_init(&text, RECORD_TEXT);
	if (!write_whole(f, &text))
		write_split(f, &text);
	if (f->out->lookups > LIMIT_SPF_LOOKUPS)
		fail(f,
		     arena_printf(f->arena,
				  "the flattened record needs %u lookups of %d allowed "
				  "(%zu records of at most %d octets)",
				  f->out->lookups, LIMIT_SPF_LOOKUPS,
				  f->out->record_count, RECORD_MAX),
		     false);
	strbuf_fini(&text);
}

const struct spf_flat *spf_flatten(const struct spf_map *map, const char *const *names,
				   size_t name_count)
{
	struct spf_flat *out = arena_alloc(map->arena, sizeof(*out));
	struct flatten f = {.map = map,
			    .arena = map->arena,
			    .names = names,
			    .name_count = name_count,
			    .out = out};

	strbuf_init(&f.kept, RECORD_TEXT);
	if (map->root->unknown != NULL)
		fail(&f, map->root->unknown, true);
	else if (map->root->record_count != 1 || map->root->has_errors)
		fail(&f, "the domain has not exactly one valid SPF record", false);
	else if (map->is_cut)
		fail(&f, "the tree is too large", false);
	if (out->problem == NULL) {
		take_node(&f, map->root);
		close_set(&f);
		spf_nets_minimise(&out->nets);
	}
	if (out->problem == NULL)
		write_records(&f);
	out->kept = str_dup0(map->arena, strbuf_view(&f.kept));
	strbuf_fini(&f.kept);
	return out;
}
