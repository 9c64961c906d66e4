/* SPDX-License-Identifier: BSD-2-Clause */
/* A hand-made site; see rt_site.h. */
#include "rt_site.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/map.h"

static void set_codes(struct rt_settings *s)
{
	s->access_map_reject_code = 554;
	s->access_map_defer_code = 450;
	s->reject_code = 554;
	s->defer_code = 450;
	s->invalid_hostname_reject_code = 501;
	s->maps_rbl_reject_code = 554;
	s->non_fqdn_reject_code = 504;
	s->plaintext_reject_code = 450;
	s->relay_domains_reject_code = 554;
	s->unknown_address_reject_code = 450;
	s->unknown_client_reject_code = 450;
	s->unknown_hostname_reject_code = 450;
	s->unknown_local_recipient_reject_code = 550;
	s->unknown_relay_recipient_reject_code = 550;
	s->unknown_virtual_alias_reject_code = 550;
	s->unknown_virtual_mailbox_reject_code = 550;
	s->multi_recipient_bounce_reject_code = 550;
	s->unknown_address_tempfail_action = "defer_if_permit";
	s->unknown_helo_hostname_tempfail_action = "defer_if_permit";
}

static void set_names(struct rt_site *site, struct rt_settings *s)
{
	s->myhostname = "mail.example.com";
	s->mydomain = "example.com";
	s->myorigin = "mail.example.com";
	s->recipient_delimiter = "";
	s->append_at_myorigin = true;
	s->swap_bangpath = true;
	s->allow_percent_hack = true;
	s->owner_request_special = true;
	s->resolve_dequoted_address = true;
	s->empty_address_recipient = "MAILER-DAEMON";
	s->double_bounce_sender = "double-bounce";
	s->parent_domain_matches_subdomains =
		rt_site_words(site, "mynetworks relay_domains smtpd_access_maps");
	s->inet_interfaces = rt_site_words(site, "loopback-only");
	s->mydestination = rt_site_match(site, "mail.example.com localhost example.com");
	s->local_transport = "local:mail.example.com";
	s->virtual_transport = "virtual";
	s->relay_transport = "relay";
	s->default_transport = "smtp";
	s->relayhost = "";
	s->mailbox_transport = "";
	s->fallback_transport = "";
	s->luser_relay = "";
	s->always_bcc = "";
	s->show_user_unknown_table_name = true;
	s->empty_address_relayhost_maps_lookup_key = "<>";
	s->empty_address_default_transport_maps_lookup_key = "<>";
}

static void set_receiving(struct rt_site *site, struct rt_settings *s)
{
	s->smtpd_banner = "mail.example.com ESMTP";
	s->smtpd_delay_reject = true;
	s->smtpd_reject_unlisted_recipient = true;
	s->smtpd_relay_before_recipient_restrictions = true;
	s->smtpd_null_access_lookup_key = "<>";
	s->smtpd_recipient_limit = 1000;
	s->message_size_limit = 10240000;
	s->mynetworks = rt_site_match(site, "127.0.0.0/8 192.168.1.0/24");
	s->default_rbl_reply = "$rbl_code Service unavailable; $rbl_class [$rbl_what] "
			       "blocked using $rbl_domain${rbl_reason?; $rbl_reason}";
	s->maps_rbl_domains = "";
	s->virtual_alias_address_length_limit = 1000;
	s->virtual_alias_recursion_limit = 1000;
	s->virtual_alias_expansion_limit = 1000;
	s->expand_owner_alias = false;
	s->allow_mail_to_commands = rt_site_words(site, "alias forward");
	s->allow_mail_to_files = rt_site_words(site, "alias forward");
	s->propagate_unmatched_extensions = rt_site_words(site, "canonical virtual");
	s->canonical_classes = rt_site_words(site, "envelope_sender envelope_recipient");
	s->sender_canonical_classes = rt_site_words(site, "envelope_sender");
	s->recipient_canonical_classes = rt_site_words(site, "envelope_recipient");
	s->masquerade_classes = rt_site_words(site, "envelope_sender");
}

void rt_site_init(struct rt_site *site)
{
	memset(site, 0, sizeof(*site));
	site->arena = arena_new(0);
	set_codes(&site->config.settings);
	set_names(site, &site->config.settings);
	set_receiving(site, &site->config.settings);
	site->config.maps = site->maps;
	site->service.name = "smtp/inet";
	site->service.settings = &site->config.settings;
	site->ctx = (struct rt_context){.config = &site->config,
					.settings = &site->config.settings,
					.arena = site->arena};
	site->session = (struct policy_session){.client_address = "203.0.113.9",
						.client_name = "mx.stranger.example",
						.reverse_name = "mx.stranger.example"};
	site->policy = (struct policy){
		.ctx = &site->ctx, .service = &site->service, .session = &site->session};
}

void rt_site_fini(struct rt_site *site)
{
	arena_free(site->arena);
}

size_t rt_site_table(struct rt_site *site, const char *name, const char *const *rows)
{
	struct rt_row *copies = arena_array(site->arena, 64, sizeof(*copies));
	size_t count = 0, index = site->config.map_count;

	MCC_ASSERT(index < RT_SITE_MAPS);
	for (; rows != NULL && rows[2 * count] != NULL; count++) {
		MCC_ASSERT(count < 64);
		copies[count] = (struct rt_row){.key = str_of(rows[2 * count]),
						.value = str_of(rows[2 * count + 1]),
						.line = (unsigned)count + 1};
	}
	site->maps[index] = (struct rt_map_ref){.name = name, .type = "rows"};
	site->maps[index].map = rows == NULL
					? rt_map_fail(site->arena, name)
					: rt_map_of_rows(site->arena, name, copies, count,
							 (struct rt_keys){true, false});
	site->config.map_count++;
	return index;
}

struct rt_maps rt_site_maps(struct rt_site *site, const char *const *rows)
{
	size_t *index = arena_alloc(site->arena, sizeof(*index));

	*index = rt_site_table(site, "rows:table", rows);
	return (struct rt_maps){.maps = index, .count = 1};
}

static void parse_item(struct rt_site *site, struct str word, struct rt_match_item *item)
{
	ptrdiff_t slash = str_chr(word, '/');

	item->text = str_dup0(site->arena, word);
	item->kind = str_starts(word, ".") ? RT_MATCH_DOT_DOMAIN : RT_MATCH_WORD;
	if (str_starts(word, "^")) {
		item->kind = RT_MATCH_DOMAIN_AND_SUBS;
		item->text++;
	}
	if (slash < 0)
		return;
	item->kind = RT_MATCH_NET;
	item->family = str_chr(word, ':') >= 0 ? AF_INET6 : AF_INET;
	item->prefix = (unsigned)atoi(word.ptr + slash + 1);
	inet_pton(item->family, str_dup0(site->arena, str_slice(word, 0, (size_t)slash)),
		  item->address);
}

struct rt_match rt_site_match(struct rt_site *site, const char *words)
{
	struct rt_match_item *items = arena_array(site->arena, 16, sizeof(*items));
	struct str rest = str_of(words), word;
	size_t count = 0;

	while (str_token(&rest, " ", &word)) {
		MCC_ASSERT(count < 16);
		items[count].negated = str_starts(word, "!");
		if (items[count].negated)
			word = str_slice(word, 1, word.len);
		parse_item(site, word, &items[count++]);
	}
	return (struct rt_match){.items = items, .count = count};
}

struct rt_words rt_site_words(struct rt_site *site, const char *words)
{
	const char **list = arena_array(site->arena, 16, sizeof(*list));
	struct str rest = str_of(words), word;
	size_t count = 0;

	while (str_token(&rest, " ", &word)) {
		MCC_ASSERT(count < 16);
		list[count++] = str_dup0(site->arena, word);
	}
	return (struct rt_words){.words = list, .count = count};
}

void rt_site_stage(struct rt_site *site, enum rt_stage stage, const char *words)
{
	struct rt_insn *insns = arena_array(site->arena, 16, sizeof(*insns));
	struct str rest = str_of(words), word;
	struct rt_program *program = &site->service.stages[stage];
	size_t count = 0;
	bool warn_only = false;

	while (str_token(&rest, " ", &word)) {
		struct rt_insn *insn = &insns[count];

		if (str_eqc(word, "warn_if_reject")) {
			warn_only = true;
			continue;
		}
		if (str_starts(word, "#")) {
			insns[count - 1].map = (size_t)atoi(word.ptr + 1);
			continue;
		}
		if (str_starts(word, "=")) {
			insns[count - 1].text =
				str_dup0(site->arena, str_slice(word, 1, word.len));
			continue;
		}
		MCC_ASSERT(count < 16);
		if (!policy_op_find(word, &insn->op))
			insn->op = RT_OP_BROKEN;
		insn->text = str_dup0(site->arena, word);
		insn->origin = (struct rt_origin){"main.cf", (unsigned)count + 1};
		insn->warn_only = warn_only;
		warn_only = false;
		count++;
	}
	program->name = "list";
	program->insns = insns;
	program->count = count;
}
