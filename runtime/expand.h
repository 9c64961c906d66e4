/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by runtime/expand*.c; private. */
#ifndef MCC_RUNTIME_EXPAND_H
#define MCC_RUNTIME_EXPAND_H

#include "runtime/resolve.h"

struct strmap;

/* Appends; the item is zeroed but for its kind and text. */
struct rt_final *finals_add(const struct rt_context *ctx, struct rt_finals *finals,
			    enum rt_final_kind kind, const char *text);
/* A recipient that fails, with its enhanced code and the reason. */
void finals_add_error(const struct rt_context *ctx, struct rt_finals *finals,
		      struct str recipient, const char *dsn, const char *why);
/* The same with the place that it is decided by, if the error's route has one. */
void finals_put_error(const struct rt_context *ctx, struct rt_finals *finals,
		      const struct rt_final *error);
/* Some of the items from `from` on fails for now only. */
bool finals_have_temporary(const struct rt_finals *finals, size_t from);
/* The word stands in a list such as allow_mail_to_commands. */
bool words_have(const struct rt_words *words, const char *word);
/* In lower case, with smtputf8_enable that of Unicode. */
struct str expand_folded(const struct rt_context *ctx, struct str text);
/* True the first time that a key is seen (without regard to case). */
bool first_time(const struct rt_context *ctx, struct strmap *seen, struct str key);

/* ---- expand.c ---- */

/* A table of addresses that is asked for what an address becomes. */
struct expand_mapping {
	const struct rt_context *ctx;
	const struct rt_maps *maps;
	const char *what;
	bool propagate; /* the unmatched extension goes to the results */
};

/* The addresses that an address maps to, internal form and qualified; count > 0. */
enum rt_found expand_map_address(const struct expand_mapping *mapping, struct str address,
				 struct str **out_items, size_t *out_count);
/* Qualified, canonical, masqueraded, in place; false: a table has no answer. */
bool expand_clean_recipient(const struct rt_context *ctx, struct str *address);

/* ---- expand_envelope.c ---- */

/* rt_expand_envelope() of one more recipient of a message; `seen` holds those
 * that are written already. */
void expand_envelope_seen(const struct rt_context *ctx, struct str recipient,
			  struct str sender, struct strmap *seen,
			  struct rt_finals *out_finals);

/* ---- expand_local.c ---- */

/* rt_expand_local() with the addresses that the message has been at before. */
struct delivered {
	const char *address;
	const struct delivered *before;
};
void expand_local_delivered(const struct rt_context *ctx, struct str recipient,
			    struct str sender, const struct delivered *delivered,
			    struct rt_finals *out_finals);

#endif
