/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields and records of a spool file, for the files spool_*.c only. */
#ifndef MCC_MCCD_SPOOL_FIELD_H
#define MCC_MCCD_SPOOL_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

/* Appends one field. */
void field_put(struct strbuf *out, char tag, struct str value);
void field_puts(struct strbuf *out, char tag, const char *value);
void field_putn(struct strbuf *out, char tag, int64_t n);
/* Takes the first field off *rest; false (and nothing taken): not a field. */
bool field_take(struct str *rest, char *out_tag, struct str *out_value);
bool field_number(struct str value, int64_t *out_n);
/* Copy in the arena; false when longer than `max` or with a NUL inside. */
bool field_text(struct arena *arena, struct str value, size_t max, const char **out);

/* The same for records: fields with a checksum. */
void record_put(struct strbuf *out, char tag, struct str fields);
/* Whether lengths and the final line feed fit, the checksum unseen. */
bool record_has_shape(struct str rest);
bool record_take(struct str *rest, char *out_tag, struct str *out_fields);

#endif
