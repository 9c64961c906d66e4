/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens of line.l: kinds of physical lines. */
#ifndef MCC_GRAMMAR_LINE_KIND_H
#define MCC_GRAMMAR_LINE_KIND_H

enum line_kind {
	LINE_END = 0, /* of the file */
	LINE_BLANK,
	LINE_COMMENT,
	LINE_START,	    /* first of a logical line */
	LINE_START_SUSPECT, /* the same, with bytes to be looked at */
	LINE_MORE,	    /* continuation */
	LINE_MORE_SUSPECT
};

#endif
