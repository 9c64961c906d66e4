/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records: from ldns's typed fields to struct dns_rr. The records come from
 * packets and zone files alike, both hostile; ldns has checked their framing,
 * here each field is checked for the type and size that is read.
 */
#include "dnscheck/rr.h"

#include <string.h>

#include "base/arena.h"

enum {
	/* Joined character-strings of one TXT record: RDATA's own bound. */
	TXT_MAX = 65535
};

bool dns_rr_name(const ldns_rr *rr, size_t field, struct dns_name *out)
{
	const ldns_rdf *rdf =
		field < ldns_rr_rd_count(rr) ? ldns_rr_rdf(rr, field) : NULL;

	return rdf != NULL && ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME &&
	       dns_name_of_wire(ldns_rdf_data(rdf), ldns_rdf_size(rdf), out);
}

bool dns_rr_owner(const ldns_rr *rr, struct dns_name *out)
{
	const ldns_rdf *rdf = ldns_rr_owner(rr);

	return rdf != NULL && ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME &&
	       dns_name_of_wire(ldns_rdf_data(rdf), ldns_rdf_size(rdf), out);
}

static const ldns_rdf *field_of_size(const ldns_rr *rr, size_t field, size_t size)
{
	const ldns_rdf *rdf =
		field < ldns_rr_rd_count(rr) ? ldns_rr_rdf(rr, field) : NULL;

	return rdf != NULL && ldns_rdf_size(rdf) == size ? rdf : NULL;
}

static bool read_u16(const ldns_rr *rr, size_t field, uint16_t *out)
{
	const ldns_rdf *rdf = field_of_size(rr, field, 2);
	const uint8_t *data;

	if (rdf == NULL)
		return false;
	data = ldns_rdf_data(rdf);
	*out = (uint16_t)(data[0] << 8 | data[1]);
	return true;
}

static bool read_target(struct arena *arena, const ldns_rr *rr, size_t field,
			struct dns_rr *out)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	if (!dns_rr_name(rr, field, &name))
		return false;
	dns_name_format(&name, text);
	out->name = arena_strdup(arena, text);
	return out->name != NULL;
}

static bool read_address(const ldns_rr *rr, size_t size, struct dns_rr *out)
{
	const ldns_rdf *rdf = field_of_size(rr, 0, size);

	if (rdf == NULL)
		return false;
	memcpy(out->address, ldns_rdf_data(rdf), size);
	return true;
}

/* RFC 7208 3.3: the strings of one record are joined without blanks. */
static bool read_strings(struct arena *arena, const ldns_rr *rr, struct dns_rr *out)
{
	size_t count = ldns_rr_rd_count(rr), len = 0, i;
	const ldns_rdf *rdf;
	const uint8_t *data;
	char *text;

	for (i = 0; i < count; i++) {
		rdf = ldns_rr_rdf(rr, i);
		if (rdf == NULL || ldns_rdf_size(rdf) == 0 ||
		    ldns_rdf_data(rdf)[0] != ldns_rdf_size(rdf) - 1)
			return false;
		len += ldns_rdf_size(rdf) - 1;
	}
	if (len > TXT_MAX)
		return false;
	text = arena_alloc(arena, len + 1);
	if (text == NULL)
		return false;
	out->text = (struct str){text, len};
	for (i = 0; i < count; i++) {
		data = ldns_rdf_data(ldns_rr_rdf(rr, i));
		memcpy(text, data + 1, data[0]);
		text += data[0];
	}
	return true;
}

/* Names are folded like all others: a server that compresses may have taken
 * their case from our question. */
static bool print_field(ldns_buffer *buf, const ldns_rr *rr, size_t field)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	if (dns_rr_name(rr, field, &name)) {
		dns_name_format(&name, text);
		return ldns_buffer_printf(buf, "%s.", text) >= 0;
	}
	return ldns_rr_rdf(rr, field) != NULL &&
	       ldns_rdf2buffer_str(buf, ldns_rr_rdf(rr, field)) == LDNS_STATUS_OK;
}

/* The data as it would stand in a zone file. */
static bool read_presentation(struct arena *arena, const ldns_rr *rr, struct dns_rr *out)
{
	ldns_buffer *buf = ldns_buffer_new(512);
	size_t i;
	char *text;
	bool ok = buf != NULL;

	for (i = 0; ok && i < ldns_rr_rd_count(rr); i++) {
		if (i != 0)
			ldns_buffer_printf(buf, " ");
		ok = print_field(buf, rr, i);
	}
	if (ok) {
		out->text.len = ldns_buffer_position(buf);
		text = arena_memdup0(arena, ldns_buffer_begin(buf), out->text.len);
		out->text.ptr = text;
		ok = text != NULL;
	}
	if (buf != NULL)
		ldns_buffer_free(buf);
	return ok;
}

bool dns_rr_read(struct arena *arena, const ldns_rr *rr, struct dns_rr *out)
{
	struct dns_rr r = {.type = (enum dns_type)ldns_rr_get_type(rr),
			   .ttl = ldns_rr_ttl(rr)};
	bool ok;

	/* RFC 2181 8: a TTL with the top bit set counts as zero. */
	if (r.ttl > INT32_MAX)
		r.ttl = 0;
	switch ((unsigned)ldns_rr_get_type(rr)) {
	case LDNS_RR_TYPE_A:
		ok = read_address(rr, 4, &r);
		break;
	case LDNS_RR_TYPE_AAAA:
		ok = read_address(rr, 16, &r);
		break;
	case LDNS_RR_TYPE_MX:
		ok = read_u16(rr, 0, &r.preference) && read_target(arena, rr, 1, &r);
		break;
	case LDNS_RR_TYPE_CNAME:
	case LDNS_RR_TYPE_NS:
	case LDNS_RR_TYPE_PTR:
		ok = read_target(arena, rr, 0, &r);
		break;
	case LDNS_RR_TYPE_SRV:
		ok = read_u16(rr, 0, &r.preference) && read_u16(rr, 1, &r.weight) &&
		     read_u16(rr, 2, &r.port) && read_target(arena, rr, 3, &r);
		break;
	case LDNS_RR_TYPE_TXT:
	case LDNS_RR_TYPE_SPF:
		ok = read_strings(arena, rr, &r);
		break;
	default:
		ok = read_presentation(arena, rr, &r);
		break;
	}
	if (ok)
		*out = r;
	return ok;
}
