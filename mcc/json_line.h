/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One flat JSON object a line, for output of many thousands of lines: written
 * straight into a buffer, byte for byte as jansson's compact form.
 */
#ifndef MCC_MCC_JSON_LINE_H
#define MCC_MCC_JSON_LINE_H

#include "base/str.h"

/* `{`; then members, in the order of the calls; then `}`. */
void json_line_begin(struct strbuf *out);
void json_line_end(struct strbuf *out);
/* A string; NULL is null. Bytes that are not UTF-8 become \xHH in the text. */
void json_line_text(struct strbuf *out, const char *key, const char *text);
void json_line_number(struct strbuf *out, const char *key, unsigned long number);

#endif
