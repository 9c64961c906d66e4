/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions and tables from hostile bytes. Input: two bytes of choices, then
 * lines: HELO name, client name, sender, recipient, and rows "key<TAB>value"
 * of the one table that all access checks, aliases and maps use. Whatever the
 * table says, a reply is well formed: a code, an enhanced code of its class, a
 * text without control characters.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "runtime/policy.h"

enum { INPUT_MAX = 8192, ROWS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum rt_op client_ops[] = {RT_OP_CHECK_CLIENT_ACCESS,
					RT_OP_CHECK_REVERSE_CLIENT_HOSTNAME_ACCESS,
					RT_OP_REJECT_UNKNOWN_CLIENT_HOSTNAME};
static const enum rt_op helo_ops[] = {
	RT_OP_CHECK_HELO_ACCESS, RT_OP_REJECT_INVALID_HELO_HOSTNAME,
	RT_OP_CHECK_HELO_MX_ACCESS, RT_OP_REJECT_UNKNOWN_HELO_HOSTNAME};
static const enum rt_op sender_ops[] = {
	RT_OP_CHECK_SENDER_ACCESS, RT_OP_REJECT_NON_FQDN_SENDER,
	RT_OP_REJECT_UNLISTED_SENDER, RT_OP_REJECT_UNKNOWN_SENDER_DOMAIN,
	RT_OP_CHECK_SENDER_NS_ACCESS};
static const enum rt_op relay_ops[] = {RT_OP_PERMIT_MYNETWORKS, RT_OP_PERMIT_MX_BACKUP,
				       RT_OP_REJECT_UNAUTH_DESTINATION};
static const enum rt_op recipient_ops[] = {
	RT_OP_CHECK_RECIPIENT_ACCESS, RT_OP_REJECT_NON_FQDN_RECIPIENT,
	RT_OP_REJECT_UNKNOWN_RECIPIENT_DOMAIN, RT_OP_REJECT_UNLISTED_RECIPIENT};

static void fill_stage(struct arena *arena, struct rt_program *program,
		       const enum rt_op *ops, size_t count)
{
	struct rt_insn *insns = arena_array(arena, count, sizeof(*insns));

	for (size_t i = 0; i < count; i++)
		insns[i] = (struct rt_insn){.op = ops[i], .text = policy_op_word(ops[i])};
	*program = (struct rt_program){.name = "list", .insns = insns, .count = count};
}

static void fill_settings(struct rt_settings *s, unsigned choices)
{
	static const size_t table = 0;
	static const struct rt_maps maps = {.maps = &table, .count = 1};
	static const struct rt_match_item own[] = {
		{.kind = RT_MATCH_WORD, .text = "example.com"},
	};
	static const char *const words[] = {"alias", "virtual", "canonical",
					    "envelope_recipient", "envelope_sender"};
	const struct rt_words all = {.words = words, .count = array_len(words)};

	s->myhostname = "mail.example.com";
	s->mydomain = "example.com";
	s->myorigin = "example.com";
	s->recipient_delimiter = choices & 1 ? "+" : "";
	s->append_at_myorigin = s->swap_bangpath = s->allow_percent_hack = true;
	s->resolve_dequoted_address = s->owner_request_special = true;
	s->empty_address_recipient = "MAILER-DAEMON";
	s->double_bounce_sender = "double-bounce";
	s->mydestination = (struct rt_match){.items = own, .count = 1};
	s->local_transport = "local:mail.example.com";
	s->virtual_transport = "virtual";
	s->relay_transport = "relay";
	s->default_transport = "smtp";
	s->relayhost = "";
	s->always_bcc = "";
	s->luser_relay = choices & 2 ? "${user?$user}@far.example" : "";
	s->smtpd_delay_reject = (choices & 4) != 0;
	s->soft_bounce = (choices & 8) != 0;
	s->smtpd_reject_unlisted_recipient = s->smtpd_reject_unlisted_sender = true;
	s->smtpd_null_access_lookup_key = "<>";
	s->smtpd_banner = "mail.example.com";
	s->default_rbl_reply = "$rbl_code $rbl_class";
	s->maps_rbl_domains = "";
	s->access_map_reject_code = s->reject_code = s->relay_domains_reject_code = 554;
	s->access_map_defer_code = s->defer_code = 450;
	s->virtual_alias_recursion_limit = s->virtual_alias_expansion_limit = 20;
	s->virtual_alias_address_length_limit = 1000;
	s->propagate_unmatched_extensions = s->canonical_classes = all;
	s->recipient_canonical_classes = s->allow_mail_to_commands = all;
	s->alias_maps = s->virtual_alias_maps = s->transport_maps = maps;
	if (choices & 16)
		s->canonical_maps = s->local_recipient_maps = maps;
}

static const struct policy_answer *answer(void *state, const char *name, const char *type)
{
	static const char *const values[] = {"10 mx.example", "192.0.2.1"};
	static const struct policy_answer found = {
		.status = POLICY_ANSWER_FOUND, .values = values, .value_count = 2};
	static const struct policy_answer none = {.status = POLICY_ANSWER_NXDOMAIN};
	static const struct policy_answer fails = {.status = POLICY_ANSWER_FAIL};
	const unsigned *choices = state;
	size_t n = strlen(name) + strlen(type) + (*choices >> 5);

	return n % 3 == 0 ? &found : n % 3 == 1 ? &none : &fails;
}

static void check_reply(const struct policy_reply *reply)
{
	MCC_ASSERT(reply->verdict != POLICY_NEED);
	MCC_ASSERT(reply->code >= 200 && reply->code <= 599);
	MCC_ASSERT((reply->code < 400) ==
		   (reply->verdict == POLICY_PERMIT || reply->verdict == POLICY_DISCARD));
	MCC_ASSERT(reply->text != NULL && strlen(reply->text) <= 512);
	for (const char *p = reply->text; *p; p++)
		MCC_ASSERT(!iscntrl((unsigned char)*p));
	if (reply->dsn != NULL)
		MCC_ASSERT(reply->dsn[0] - '0' == reply->code / 100 &&
			   reply->dsn[1] == '.');
}

static const char *next_line(struct arena *arena, struct str *rest)
{
	ptrdiff_t end = str_chr(*rest, '\n');
	size_t len = end < 0 ? rest->len : (size_t)end;
	const char *line = str_dup0(arena, str_slice(*rest, 0, len));

	*rest = str_slice(*rest, len + 1, rest->len);
	return line;
}

static struct rt_map *read_table(struct arena *arena, struct str rest)
{
	struct rt_row *rows = arena_array(arena, ROWS_MAX, sizeof(*rows));
	size_t count = 0;

	while (rest.len > 0 && count < ROWS_MAX) {
		struct str line = str_of(next_line(arena, &rest));
		ptrdiff_t tab = str_chr(line, '\t');

		if (tab < 0)
			continue;
		rows[count].key = str_slice(line, 0, (size_t)tab);
		rows[count++].value = str_slice(line, (size_t)tab + 1, line.len);
	}
	return rt_map_of_rows(arena, "hash:fuzz", rows, count,
			      (struct rt_keys){true, false});
}

struct lines {
	const char *helo;
	const char *sender;
	const char *recipient;
};

static void run_session(const struct policy *policy, const struct lines *lines)
{
	struct policy_reply reply = policy_connect(policy);

	check_reply(&reply);
	if (reply.code < 400 && *lines->helo) {
		reply = policy_helo(policy, lines->helo);
		check_reply(&reply);
	}
	if (reply.code >= 400)
		return;
	reply = policy_mail(policy, lines->sender, 0);
	check_reply(&reply);
	if (reply.code >= 400)
		return;
	reply = policy_rcpt(policy, lines->recipient);
	check_reply(&reply);
	policy->session->recipient_count = 1;
	reply = policy_data(policy);
	check_reply(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rt_config config;
	static struct rt_map_ref ref = {.name = "hash:fuzz"};
	struct rt_service service = {.name = "smtp/inet", .settings = &config.settings};
	struct policy_session session = {.client_address = "203.0.113.9"};
	unsigned choices;
	struct policy_answers answers = {answer, &choices};
	struct rt_context ctx = {.config = &config, .settings = &config.settings};
	struct policy policy = {&ctx, &service, &answers, &session};
	struct rt_finals finals;
	struct lines lines;
	struct str rest;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	choices = data[0] | (unsigned)data[1] << 8;
	rest = (struct str){(const char *)data + 2, size - 2};
	ctx.arena = arena_new(0);
	fill_settings(&config.settings, choices);
	fill_stage(ctx.arena, &service.stages[RT_STAGE_CLIENT], client_ops, 3);
	fill_stage(ctx.arena, &service.stages[RT_STAGE_HELO], helo_ops, 4);
	fill_stage(ctx.arena, &service.stages[RT_STAGE_SENDER], sender_ops, 5);
	fill_stage(ctx.arena, &service.stages[RT_STAGE_RELAY], relay_ops, 3);
	fill_stage(ctx.arena, &service.stages[RT_STAGE_RECIPIENT], recipient_ops, 4);
	fill_stage(ctx.arena, &service.stages[RT_STAGE_DATA], recipient_ops, 2);
	lines.helo = next_line(ctx.arena, &rest);
	session.client_name = session.reverse_name = next_line(ctx.arena, &rest);
	lines.sender = next_line(ctx.arena, &rest);
	lines.recipient = next_line(ctx.arena, &rest);
	config.maps = &ref;
	config.map_count = 1;
	ref.map = read_table(ctx.arena, rest);
	run_session(&policy, &lines);
	rt_expand_all(&ctx, str_of(lines.recipient), str_of(lines.sender), &finals);
	arena_free(ctx.arena);
	return 0;
}
