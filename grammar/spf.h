/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF records, RFC 7208 section 12, as a tree. The text comes from the DNS:
 * hostile input. Knows nothing of sources or models, because the daemon uses
 * it too.
 */
#ifndef MCC_GRAMMAR_SPF_H
#define MCC_GRAMMAR_SPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct strbuf;

enum spf_qualifier { SPF_QUAL_PASS, SPF_QUAL_FAIL, SPF_QUAL_SOFTFAIL, SPF_QUAL_NEUTRAL };

enum spf_term_kind {
	SPF_TERM_ALL,
	SPF_TERM_INCLUDE,
	SPF_TERM_A,
	SPF_TERM_MX,
	SPF_TERM_PTR,
	SPF_TERM_IP4,
	SPF_TERM_IP6,
	SPF_TERM_EXISTS,
	SPF_TERM_REDIRECT,
	SPF_TERM_EXP,
	SPF_TERM_MODIFIER /* unknown: ignored */
};

enum spf_macro_kind { SPF_MACRO_TEXT, SPF_MACRO_LETTER };

struct spf_macro_part {
	enum spf_macro_kind kind;
	struct str text; /* TEXT: literal (%% %_ %- resolved) */
	char letter;	 /* LETTER: s l o d i p h c r t v, lower case */
	bool escape;	 /* upper-case letter: URL escaping */
	unsigned digits; /* 0: all parts */
	bool reverse;
	struct str delimiters; /* empty: "." */
};

struct spf_macro {
	struct spf_macro_part *parts;
	size_t part_count;
};

struct spf_term {
	enum spf_term_kind kind;
	enum spf_qualifier qualifier;
	size_t lo; /* bytes of the record */
	size_t hi;
	bool has_domain;
	struct spf_macro domain; /* domain-spec, when has_domain */
	int prefix4;		 /* -1: none given (ip4: 32, dual-cidr: 32) */
	int prefix6;
	uint8_t address[16]; /* ip4 (first 4 bytes), ip6 */
	struct str name;     /* MODIFIER: its name */
};

struct spf_record {
	struct str text;
	struct spf_term *terms; /* in order */
	size_t term_count;
};

struct spf_error {
	size_t lo; /* bytes of the record, from 0 */
	size_t hi;
	const char *message; /* in the arena */
};

/*
 * Parses a whole record, "v=spf1" included. Errors are collected, at most
 * `max_errors` of them; the count is returned (0: the record is valid). The
 * tree holds the valid terms either way. NULL errors are allowed. When an
 * arena with a cap is exhausted the count is 1 and *out_record NULL.
 */
size_t spf_parse(struct arena *arena, struct str text, struct spf_record **out_record,
		 struct spf_error *errors, size_t max_errors);
/* A deep copy of a record that had no error. */
struct spf_record *spf_record_copy(struct arena *arena, const struct spf_record *record);
/* An explain-string (RFC 7208 6.2) or a bare macro-string; false on error. */
bool spf_parse_explain(struct arena *arena, struct str text, struct spf_macro *out);
/* True when the text begins with the version section of an SPF record. */
bool spf_is_record(struct str text);
void spf_dump(struct strbuf *out, const struct spf_record *record);

#endif
