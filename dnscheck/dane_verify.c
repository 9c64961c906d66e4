/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates against TLSA records, each record for itself: ldns (and OpenSSL
 * below it) says whether it fits; the name is compared here, because ldns does
 * not do that. With DANE-EE neither name nor date counts (RFC 7672 3.1.1).
 */
#include "dnscheck/dane.h"

#include <ldns/ldns.h>
#include <limits.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/attr.h"

enum { CHAIN_MAX = 16 };

struct presented {
	X509 *own;
	STACK_OF(X509) * others;
};

static X509 *read_certificate(const struct dane_certificate *c)
{
	const unsigned char *at = c->der;

	return c->len > LONG_MAX ? NULL : d2i_X509(NULL, &at, (long)c->len);
}

static void presented_free(struct presented *p)
{
	X509_free(p->own);
	sk_X509_pop_free(p->others, X509_free);
}

/* What cannot be read ends the chain. */
static bool presented_read(struct presented *out, const struct dane_certificate *chain,
			   size_t count)
{
	X509 *next;
	size_t i;

	*out = (struct presented){.own = count != 0 ? read_certificate(chain) : NULL,
				  .others = sk_X509_new_null()};
	MCC_ASSERT(out->others != NULL);
	for (i = 1; out->own != NULL && i < count && i < CHAIN_MAX; i++) {
		next = read_certificate(&chain[i]);
		if (next == NULL)
			break;
		MCC_ASSERT(sk_X509_push(out->others, next) > 0);
	}
	return out->own != NULL;
}

static ldns_rr *rr_of(const struct dane_record *r)
{
	ldns_rr *rr = ldns_rr_new_frm_type(LDNS_RR_TYPE_TLSA);
	uint8_t octets[] = {(uint8_t)r->usage, r->selector, r->matching};
	size_t i;

	MCC_ASSERT(rr != NULL);
	ldns_rr_set_owner(rr, ldns_dname_new_frm_str("."));
	for (i = 0; i < sizeof(octets); i++)
		(void)ldns_rr_set_rdf(
			rr, ldns_native2rdf_int8(LDNS_RDF_TYPE_INT8, octets[i]), i);
	(void)ldns_rr_set_rdf(
		rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_HEX, r->len, r->data), i);
	return rr;
}

static bool fits(const struct dane_record *r, const struct presented *p)
{
	ldns_rr *rr = rr_of(r);
	ldns_status status = ldns_dane_verify_rr(rr, p->own, p->others, NULL);

	ldns_rr_free(rr);
	return status == LDNS_STATUS_OK;
}

static bool has_name(const struct presented *p, const char *const *names,
		     size_t name_count)
{
	size_t i;

	for (i = 0; i < name_count; i++) {
		if (X509_check_host(p->own, names[i], 0,
				    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1)
			return true;
	}
	return false;
}

enum dane_verdict dane_verify(const struct dane_policy *policy,
			      const struct dane_certificate *chain, size_t count,
			      const char *const *names, size_t name_count)
{
	enum dane_verdict verdict = DANE_NO_MATCH;
	struct presented p;
	size_t i;

	if (!presented_read(&p, chain, count))
		verdict = DANE_NO_CERTIFICATE;
	for (i = 0; p.own != NULL && verdict != DANE_MATCHES && i < policy->count; i++) {
		if (!fits(&policy->records[i], &p))
			continue;
		verdict = policy->records[i].usage == DANE_EE ||
					  has_name(&p, names, name_count)
				  ? DANE_MATCHES
				  : DANE_WRONG_NAME;
	}
	presented_free(&p);
	return verdict;
}
