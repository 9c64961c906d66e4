/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of answers, and the names of statuses and types.
 *
 * A block is sized in one pass and filled in a second one; the order of the
 * strings is the same in both, and an assertion at the end holds them to it.
 */
#include "dnscheck/answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const struct {
	enum dns_status status;
	const char *name;
	bool is_final;
} statuses[] = {
	{DNS_ANSWER, "NOERROR", true},	  {DNS_NODATA, "NODATA", true},
	{DNS_NXDOMAIN, "NXDOMAIN", true}, {DNS_SERVFAIL, "SERVFAIL", false},
	{DNS_REFUSED, "REFUSED", false},  {DNS_TIMEOUT, "TIMEOUT", false},
	{DNS_LAME, "LAME", false},	  {DNS_BOGUS, "BOGUS", false},
	{DNS_BAD_NAME, "BADNAME", true},  {DNS_UNVERIFIED, "UNVERIFIED", false},
};

static const struct {
	enum dns_type type;
	const char *name;
} types[] = {
	{DNS_A, "A"},	  {DNS_NS, "NS"}, {DNS_CNAME, "CNAME"}, {DNS_SOA, "SOA"},
	{DNS_PTR, "PTR"}, {DNS_MX, "MX"}, {DNS_TXT, "TXT"},	{DNS_AAAA, "AAAA"},
	{DNS_SRV, "SRV"}, {DNS_DS, "DS"}, {DNS_TLSA, "TLSA"},	{DNS_SPF, "SPF"},
	{DNS_CAA, "CAA"},
};

bool dns_status_is_final(enum dns_status status)
{
	return statuses[status].is_final;
}

const char *dns_status_name(enum dns_status status)
{
	MCC_ASSERT(statuses[status].status == status);
	return statuses[status].name;
}

bool dns_status_parse(const char *word, enum dns_status *out_status)
{
	size_t i;

	for (i = 0; i < array_len(statuses); i++) {
		if (strcmp(statuses[i].name, word) == 0) {
			*out_status = statuses[i].status;
			return true;
		}
	}
	return false;
}

const char *dns_type_name(enum dns_type type)
{
	size_t i;

	for (i = 0; i < array_len(types); i++) {
		if (types[i].type == type)
			return types[i].name;
	}
	return "TYPE?";
}

bool dns_type_parse(const char *word, enum dns_type *out_type)
{
	size_t i;

	for (i = 0; i < array_len(types); i++) {
		if (strcasecmp(types[i].name, word) == 0) {
			*out_type = types[i].type;
			return true;
		}
	}
	return false;
}

void *dns_alloc(size_t size)
{
	void *p = calloc(1, size);

	MCC_ASSERT(p != NULL);
	return p;
}

uint64_t dns_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static size_t size_of_cstr(const char *s)
{
	return s == NULL ? 0 : strlen(s) + 1;
}

static size_t size_of_answer(const struct dns_answer *a)
{
	size_t size = size_of_cstr(a->qname) + size_of_cstr(a->cname) +
		      size_of_cstr(a->server) + size_of_cstr(a->detail);
	size_t i;

	for (i = 0; i < a->rr_count; i++)
		size += sizeof(a->rrs[i]) + size_of_cstr(a->rrs[i].name) +
			(a->rrs[i].text.ptr == NULL ? 0 : a->rrs[i].text.len + 1);
	return size;
}

static const char *put_bytes(char **at, const char *data, size_t len)
{
	char *copy = *at;

	if (data == NULL)
		return NULL;
	memcpy(copy, data, len);
	copy[len] = '\0';
	*at = copy + len + 1;
	return copy;
}

static const char *put_cstr(char **at, const char *s)
{
	return s == NULL ? NULL : put_bytes(at, s, strlen(s));
}

struct dns_block *dns_block_new(const struct dns_answer *answer)
{
	size_t size = sizeof(struct dns_block) + size_of_answer(answer), i;
	struct dns_block *block = dns_alloc(size);
	struct dns_rr *rrs = (struct dns_rr *)(block + 1);
	char *at = (char *)(rrs + answer->rr_count);

	block->refs = 1;
	block->answer = *answer;
	block->answer.rrs = rrs;
	for (i = 0; i < answer->rr_count; i++) {
		rrs[i] = answer->rrs[i];
		rrs[i].name = put_cstr(&at, rrs[i].name);
		rrs[i].text.ptr = put_bytes(&at, rrs[i].text.ptr, rrs[i].text.len);
	}
	block->answer.qname = put_cstr(&at, answer->qname);
	block->answer.cname = put_cstr(&at, answer->cname);
	block->answer.server = put_cstr(&at, answer->server);
	block->answer.detail = put_cstr(&at, answer->detail);
	MCC_ASSERT(at == (char *)block + size);
	return block;
}

struct dns_block *dns_block_ref(struct dns_block *block)
{
	block->refs++;
	return block;
}

void dns_block_unref(struct dns_block *block)
{
	if (block != NULL && --block->refs == 0)
		free(block);
}
