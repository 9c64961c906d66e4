/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes outside printable ASCII are escaped: a dump is plain text. */
#include "grammar/dump.h"

void dump_word(struct strbuf *out, const char *word)
{
	if (out->len && out->ptr[out->len - 1] != '\n')
		strbuf_addc(out, ' ');
	strbuf_adds(out, word);
}

void dump_str(struct strbuf *out, struct str s)
{
	dump_word(out, "\"");
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\')
			strbuf_addc(out, '\\');
		if (c >= 0x20 && c < 0x7f)
			strbuf_addc(out, (char)c);
		else
			strbuf_addf(out, "\\x%02x", c);
	}
	strbuf_addc(out, '"');
}

void dump_span(struct strbuf *out, const struct source_set *sources, struct span span)
{
	const struct source *src;
	struct position lo;
	struct position hi;

	dump_word(out, "");
	if (!span.file) {
		strbuf_addc(out, '-');
		return;
	}
	src = source_get(sources, span.file);
	lo = source_position(src, span.lo);
	hi = source_position(src, span.hi);
	strbuf_addf(out, "%u:%u-%u:%u", lo.line, lo.column, hi.line, hi.column);
}

void dump_text(struct strbuf *out, const struct source_set *sources, struct text t)
{
	dump_str(out, t.str);
	for (size_t i = 0; i < t.piece_count; i++)
		dump_span(out, sources, t.pieces[i].src);
}

void dump_node(struct strbuf *out, const struct source_set *sources, const char *name,
	       struct span span)
{
	dump_word(out, name);
	dump_span(out, sources, span);
}

void dump_end(struct strbuf *out)
{
	strbuf_addc(out, '\n');
}

void dump_comments(struct strbuf *out, const struct source_set *sources,
		   struct comments comments)
{
	for (size_t i = 0; i < comments.count; i++) {
		dump_node(out, sources, "comment", comments.items[i]);
		dump_end(out);
	}
}
