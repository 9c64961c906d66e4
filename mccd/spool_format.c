/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a spool file. A field is `TAG LENGTH ':' BYTES '\n'`, binary-safe
 * and readable with a pager. A record is `TAG LENGTH ':' FIELDS CRC8 '\n'`:
 * the checksum covers everything before it. Every reader here meets hostile
 * or damaged bytes; none of them trusts a length or an index.
 */
#include "mccd/spool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "mccd/crc32c.h"
#include "mccd/spool_field.h"

#define HEAD_FORMAT "mccd-spool %u %08x %08x %016" PRIx64 " %08x"

void spool_head_write(const struct spool_head *head, char out[SPOOL_HEAD_SIZE])
{
	char text[SPOOL_HEAD_SIZE];
	int len = snprintf(text, sizeof(text), HEAD_FORMAT, SPOOL_VERSION,
			   head->envelope_size, head->envelope_crc, head->content_size,
			   head->content_crc);

	MCC_ASSERT(len > 0 && len < SPOOL_HEAD_SIZE - 1);
	memset(out, ' ', SPOOL_HEAD_SIZE);
	memcpy(out, text, (size_t)len);
	out[SPOOL_HEAD_SIZE - 1] = '\n';
}

/* The next blank and hexadecimal number of a head; what is none gives 0. */
static uint64_t next_hex(const char **at)
{
	char *end;
	uint64_t value = strtoull(*at, &end, 16);

	*at = end;
	return value;
}

/* Compares with what would have been written, so that any flipped bit shows
 * and nothing here needs to check what it reads. */
bool spool_head_read(const char in[SPOOL_HEAD_SIZE], struct spool_head *out_head)
{
	char text[SPOOL_HEAD_SIZE + 1];
	char again[SPOOL_HEAD_SIZE];
	struct spool_head head;
	const char *at;
	memcpy(text, in, SPOOL_HEAD_SIZE);
	text[SPOOL_HEAD_SIZE] = '\0';
	at = text + snprintf(NULL, 0, "mccd-spool %u", SPOOL_VERSION);
	head.envelope_size = (uint32_t)next_hex(&at);
	head.envelope_crc = (uint32_t)next_hex(&at);
	head.content_size = next_hex(&at);
	head.content_crc = (uint32_t)next_hex(&at);
	spool_head_write(&head, again);
	if (memcmp(in, again, SPOOL_HEAD_SIZE) != 0)
		return false;
	if (head.envelope_size > SPOOL_ENVELOPE_MAX || head.content_size > INT64_MAX / 2)
		return false;
	*out_head = head;
	return true;
}

/* ---- fields ---- */

void field_put(struct strbuf *out, char tag, struct str value)
{
	strbuf_addf(out, "%c%zu:", tag, value.len);
	strbuf_addstr(out, value);
	strbuf_addc(out, '\n');
}

void field_puts(struct strbuf *out, char tag, const char *value)
{
	field_put(out, tag, str_of(value));
}

void field_putn(struct strbuf *out, char tag, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	field_puts(out, tag, text);
}

/* `TAG LENGTH ':'`; leaves *rest behind the colon. */
static bool take_head(struct str *rest, char *out_tag, size_t *out_len)
{
	size_t i = 1;
	size_t len = 0;

	if (rest->len < 3)
		return false;
	for (; i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9'; i++) {
		len = len * 10 + (size_t)(rest->ptr[i] - '0');
		if (len > SPOOL_RECORDS_MAX)
			return false;
	}
	if (i == 1 || i == rest->len || rest->ptr[i] != ':')
		return false;
	*out_tag = rest->ptr[0];
	*out_len = len;
	*rest = str_slice(*rest, i + 1, rest->len);
	return true;
}

bool field_take(struct str *rest, char *out_tag, struct str *out_value)
{
	struct str r = *rest;
	char tag;
	size_t len;

	if (!take_head(&r, &tag, &len) || r.len < len + 1 || r.ptr[len] != '\n')
		return false;
	*out_tag = tag;
	*out_value = str_slice(r, 0, len);
	*rest = str_slice(r, len + 1, r.len);
	return true;
}

bool field_number(struct str value, int64_t *out_n)
{
	bool is_negative = str_starts(value, "-");
	uint64_t n;

	if (!str_to_u64(is_negative ? str_slice(value, 1, value.len) : value, &n) ||
	    n > INT64_MAX)
		return false;
	*out_n = is_negative ? -(int64_t)n : (int64_t)n;
	return true;
}

bool field_text(struct arena *arena, struct str value, size_t max, const char **out)
{
	if (value.len > max || memchr(value.ptr, '\0', value.len))
		return false;
	*out = str_dup0(arena, value);
	return true;
}

/* ---- records ---- */

void record_put(struct strbuf *out, char tag, struct str fields)
{
	size_t at = out->len;
	uint32_t crc;

	strbuf_addf(out, "%c%zu:", tag, fields.len);
	strbuf_addstr(out, fields);
	if (out->failed)
		return;
	crc = crc32c(0, out->ptr + at, out->len - at);
	strbuf_addf(out, "%08x\n", crc);
}

bool record_has_shape(struct str rest)
{
	char tag;
	size_t len;

	return take_head(&rest, &tag, &len) && rest.len >= len + 9 &&
	       rest.ptr[len + 8] == '\n';
}

bool record_take(struct str *rest, char *out_tag, struct str *out_fields)
{
	struct str r = *rest;
	char tag;
	size_t len;
	size_t whole;
	char crc[10];

	if (!take_head(&r, &tag, &len) || r.len < len + 9)
		return false;
	whole = (size_t)(r.ptr - rest->ptr) + len;
	snprintf(crc, sizeof(crc), "%08x\n", crc32c(0, rest->ptr, whole));
	if (memcmp(r.ptr + len, crc, 9) != 0)
		return false;
	*out_tag = tag;
	*out_fields = str_slice(r, 0, len);
	*rest = str_slice(r, len + 9, r.len);
	return true;
}

/* ---- envelope ---- */

void spool_envelope_write(struct strbuf *out, const struct spool_message *message)
{
	field_puts(out, 'I', message->id);
	field_putn(out, 'T', message->arrived);
	field_puts(out, 'S', message->sender);
	field_puts(out, 'A', message->client_address);
	field_puts(out, 'N', message->client_name);
	field_puts(out, 'E', message->helo);
	field_putn(out, '8', message->eight_bit);
	field_putn(out, 'H', message->hold);
	if (message->unmapped)
		field_putn(out, 'U', 1);
	if (message->filter && message->filter[0])
		field_puts(out, 'F', message->filter);
	if (message->origin[0]) {
		field_puts(out, 'O', message->origin);
		for (size_t i = 0; i < message->cover_count; i++)
			field_putn(out, 'C', message->covers[i]);
	}
	for (size_t i = 0; i < message->recipient_count; i++)
		field_puts(out, 'R', message->recipients[i]);
}

static bool add_recipient(struct spool_message *message, struct str value, size_t *room)
{
	const char **slot;

	/* The limit of SMTP is a setting; this one bounds memory. */
	if (message->recipient_count >= SPOOL_ENVELOPE_MAX / 8)
		return false;
	slot = arena_push(message->arena, &message->recipients, message->recipient_count,
			  room, sizeof(*slot));
	if (!field_text(message->arena, value, LIMIT_ADDRESS, slot))
		return false;
	message->recipient_count++;
	return true;
}

static bool add_cover(struct spool_message *message, uint32_t **covers, size_t *room,
		      int64_t n)
{
	uint32_t *slot;

	if (n < 0 || n > UINT32_MAX)
		return false;
	slot = arena_push(message->arena, covers, message->cover_count, room,
			  sizeof(*slot));
	*slot = (uint32_t)n;
	message->covers = *covers;
	message->cover_count++;
	return true;
}

static bool envelope_text(struct spool_message *message, char tag, struct str value,
			  bool *out_known)
{
	const char **slot = tag == 'I'	 ? &message->id
			    : tag == 'S' ? &message->sender
			    : tag == 'A' ? &message->client_address
			    : tag == 'N' ? &message->client_name
			    : tag == 'E' ? &message->helo
			    : tag == 'O' ? &message->origin
			    : tag == 'F' ? &message->filter
					 : NULL;

	*out_known = slot != NULL;
	return slot && field_text(message->arena, value, LIMIT_SMTP_COMMAND, slot);
}

static bool envelope_number(struct spool_message *message, char tag, int64_t n)
{
	switch (tag) {
	case 'T':
		message->arrived = n;
		return true;
	case '8':
		message->eight_bit = n != 0;
		return true;
	case 'U':
		message->unmapped = n != 0;
		return true;
	case 'H':
		message->hold = n != 0;
		return true;
	default:
		return false;
	}
}

static void envelope_defaults(struct spool_message *message)
{
	message->id = NULL;
	message->sender = NULL;
	message->client_address = "";
	message->client_name = "";
	message->helo = "";
	message->origin = "";
	message->filter = "";
	message->recipients = NULL;
	message->recipient_count = 0;
	message->cover_count = 0;
}

bool spool_envelope_read(struct str in, struct spool_message *message)
{
	uint32_t *covers = NULL;
	size_t recipient_room = 0;
	size_t cover_room = 0;

	envelope_defaults(message);
	while (in.len > 0) {
		char tag;
		struct str value;
		int64_t n;
		bool is_known;

		if (!field_take(&in, &tag, &value))
			return false;
		if (tag == 'R') {
			if (!add_recipient(message, value, &recipient_room))
				return false;
			continue;
		}
		if (envelope_text(message, tag, value, &is_known))
			continue;
		if (is_known || !field_number(value, &n))
			return false;
		if (tag == 'C' ? !add_cover(message, &covers, &cover_room, n)
			       : !envelope_number(message, tag, n))
			return false;
	}
	if (!message->id || !spool_id_is_valid(message->id) || !message->sender ||
	    message->recipient_count == 0)
		return false;
	message->has_targets = arena_array(message->arena, message->recipient_count,
					   sizeof(*message->has_targets));
	return true;
}

bool spool_id_is_valid(const char *id)
{
	size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789-_");

	return len > 0 && len <= SPOOL_ID_MAX && id[len] == '\0';
}
