/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to the DNS. A name that is not there and a name that has no record
 * of the type come to the same here; a failure of the DNS never does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/policy_eval.h"

static bool is_noted(const struct policy_eval *e, const char *name, const char *type)
{
	for (size_t i = 0; i < e->question_count; i++)
		if (strcmp(e->questions[i].name, name) == 0 &&
		    strcmp(e->questions[i].type, type) == 0)
			return true;
	return false;
}

static void note_question(struct policy_eval *e, const char *name, const char *type)
{
	if (e->questions == NULL)
		e->questions = arena_array(e->ctx->arena, POLICY_QUESTION_MAX,
					   sizeof(*e->questions));
	if (e->question_count < POLICY_QUESTION_MAX && !is_noted(e, name, type))
		e->questions[e->question_count++] = (struct policy_question){name, type};
}

static const char *describe(const struct policy_answer *answer)
{
	if (answer == NULL)
		return "unverified";
	switch (answer->status) {
	case POLICY_ANSWER_FOUND:
		if (answer->is_assumed)
			return "unverified: taken as existing";
		return answer->value_count > 0 ? answer->values[0] : "found";
	case POLICY_ANSWER_NODATA:
		return "no such record";
	case POLICY_ANSWER_NXDOMAIN:
		return answer->is_assumed ? "unverified: taken as not existing"
					  : "no such name";
	case POLICY_ANSWER_FAIL:
		return "failed";
	}
	return "unverified";
}

static void trace_question(struct policy_eval *e, const char *name, const char *type,
			   const struct policy_answer *answer)
{
	const struct str parts[] = {str_of(name), STR_LIT(" "), str_of(type)};
	struct rt_step step = {.what = "dns"};

	if (e->ctx->tracer == NULL)
		return;
	if (e->insn != NULL)
		step.origin = e->insn->origin;
	step.key = str_join(e->ctx->arena, parts, array_len(parts)).ptr;
	step.result = describe(answer);
	e->ctx->tracer->step(e->ctx->tracer, &step);
}

const struct policy_answer *eval_ask(struct policy_eval *e, const char *name,
				     const char *type)
{
	const struct policy_answer *answer = NULL;
	size_t n = strlen(name);

	if (n > 1 && name[n - 1] == '.')
		name = arena_memdup0(e->ctx->arena, name, n - 1);
	if (e->answers != NULL && e->answers->find != NULL)
		answer = e->answers->find(e->answers->state, name, type);
	trace_question(e, name, type, answer);
	if (answer != NULL) {
		e->is_unverified = e->is_unverified || answer->is_assumed;
		return answer;
	}
	note_question(e, name, type);
	return NULL;
}

static enum eval_dns dns_status(const struct policy_answer *answer)
{
	if (answer == NULL)
		return EVAL_DNS_UNKNOWN;
	switch (answer->status) {
	case POLICY_ANSWER_FOUND:
		return EVAL_DNS_OK;
	case POLICY_ANSWER_FAIL:
		return EVAL_DNS_RETRY;
	case POLICY_ANSWER_NODATA:
	case POLICY_ANSWER_NXDOMAIN:
		break;
	}
	return EVAL_DNS_NONE;
}

/* RFC 7505: one record "0 .". */
static bool is_null_mx(const struct policy_answer *answer)
{
	struct str value, preference, host;

	if (answer->status != POLICY_ANSWER_FOUND || answer->value_count != 1)
		return false;
	value = str_of(answer->values[0]);
	return str_token(&value, " \t", &preference) && str_token(&value, " \t", &host) &&
	       str_eqc(host, ".");
}

enum eval_dns eval_dns_exists(struct policy_eval *e, const char *name, bool mx_first)
{
	static const char *const mail_order[] = {"MX", "A", "AAAA"};
	static const char *const host_order[] = {"A", "AAAA", "MX"};
	const char *const *order = mx_first ? mail_order : host_order;
	enum eval_dns result = EVAL_DNS_NONE;

	if (!hostname_is_valid(str_of(name)))
		return EVAL_DNS_NONE;
	for (size_t i = 0; i < array_len(mail_order); i++) {
		const struct policy_answer *answer = eval_ask(e, name, order[i]);
		enum eval_dns status = dns_status(answer);

		if (status == EVAL_DNS_UNKNOWN)
			return status;
		if (mx_first && i == 0 && is_null_mx(answer))
			return EVAL_DNS_NULL_MX;
		if (status == EVAL_DNS_OK)
			return status;
		if (status == EVAL_DNS_RETRY)
			result = status;
	}
	return result;
}

enum eval_dns eval_dns_addresses(struct policy_eval *e, const char *name,
				 const char *const **out_values, size_t *out_count)
{
	const struct policy_answer *a = eval_ask(e, name, "A");
	const struct policy_answer *aaaa = eval_ask(e, name, "AAAA");
	enum eval_dns v4 = dns_status(a), v6 = dns_status(aaaa);
	const char **values;
	size_t count = 0;

	if (v4 == EVAL_DNS_UNKNOWN || v6 == EVAL_DNS_UNKNOWN)
		return EVAL_DNS_UNKNOWN;
	if (v4 != EVAL_DNS_OK && v6 != EVAL_DNS_OK)
		return v4 == EVAL_DNS_RETRY || v6 == EVAL_DNS_RETRY ? EVAL_DNS_RETRY
								    : EVAL_DNS_NONE;
	values = arena_array(e->ctx->arena, a->value_count + aaaa->value_count + 1,
			     sizeof(*values));
	for (size_t i = 0; v4 == EVAL_DNS_OK && i < a->value_count; i++)
		values[count++] = a->values[i];
	for (size_t i = 0; v6 == EVAL_DNS_OK && i < aaaa->value_count; i++)
		values[count++] = aaaa->values[i];
	*out_values = values;
	*out_count = count;
	return EVAL_DNS_OK;
}

static int compare_hosts(const void *a, const void *b)
{
	const struct eval_host *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct eval_host parse_host(struct policy_eval *e, const char *text,
				   bool has_number)
{
	struct eval_host host = {.name = ""};
	struct str value = str_of(text), word;
	uint64_t number = 0;

	if (has_number && str_token(&value, " \t", &word) && str_to_u64(word, &number))
		host.preference = number > 0xffff ? 0xffff : (unsigned)number;
	value = str_trim(value);
	if (value.len > 1 && value.ptr[value.len - 1] == '.')
		value.len--;
	host.name = str_dup0(e->ctx->arena, value);
	return host;
}

enum eval_dns eval_dns_hosts(struct policy_eval *e, const char *name, const char *type,
			     struct eval_host **out_hosts, size_t *out_count)
{
	const struct policy_answer *answer = eval_ask(e, name, type);
	enum eval_dns status = dns_status(answer);
	struct eval_host *hosts;

	if (status != EVAL_DNS_OK)
		return status;
	if (strcmp(type, "MX") == 0 && is_null_mx(answer))
		return EVAL_DNS_NULL_MX;
	hosts = arena_array(e->ctx->arena, answer->value_count + 1, sizeof(*hosts));
	for (size_t i = 0; i < answer->value_count; i++)
		hosts[i] = parse_host(e, answer->values[i], strcmp(type, "MX") == 0);
	qsort(hosts, answer->value_count, sizeof(*hosts), compare_hosts);
	*out_hosts = hosts;
	*out_count = answer->value_count;
	return EVAL_DNS_OK;
}
