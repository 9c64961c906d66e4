/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual and local aliases: order, recursion and its limits, extensions,
 * owners, include files, unknown users. The rows follow recorded deliveries of
 * Postfix 3.7.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "rt_site.h"

static int setup(void **state)
{
	static struct rt_site site;

	rt_site_init(&site);
	site.config.settings.virtual_alias_domains = rt_site_match(&site, "va.example");
	*state = &site;
	return 0;
}

static int teardown(void **state)
{
	rt_site_fini(*state);
	return 0;
}

/* Finals joined by blanks: address, |command, /file, !dsn:recipient. */
static const char *join(struct rt_site *site, const struct rt_finals *finals)
{
	const char *text = "";

	if (finals->error_code != 0)
		return arena_printf(site->arena, "%d %s", finals->error_code,
				    finals->error_dsn);
	for (size_t i = 0; i < finals->count; i++) {
		const struct rt_final *f = &finals->items[i];
		const char *one = f->route.recipient;

		if (f->kind == RT_FINAL_COMMAND)
			one = arena_printf(site->arena, "|%s", f->text);
		else if (f->kind == RT_FINAL_FILE)
			one = f->text;
		else if (f->kind == RT_FINAL_ERROR)
			one = arena_printf(site->arena, "!%s:%s", f->dsn,
					   f->route.recipient);
		text = arena_printf(site->arena, "%s%s%s", text, i > 0 ? " " : "", one);
	}
	return text;
}

static void check(struct rt_site *site, const char *recipient, const char *want)
{
	struct rt_finals finals;
	const char *got;

	rt_expand_all(&site->ctx, str_of(recipient), str_of("sender@client.example"),
		      &finals);
	got = join(site, &finals);
	if (strcmp(got, want) != 0)
		fail_msg("%s: got %s, want %s", recipient, got, want);
}

static void test_virtual(void **state)
{
	static const char *const rows[] = {"ok@va.example",
					   "alice",
					   "two@va.example",
					   "alice, x@far.example",
					   "nest@va.example",
					   "two@va.example, bob",
					   "s@va.example",
					   "s@va.example",
					   "t@va.example",
					   "t@va.example, alice",
					   "@far2.example",
					   "@far.example",
					   "l1@va.example",
					   "l2@va.example",
					   "l2@va.example",
					   "l1@va.example",
					   "m@va.example",
					   "ok@va.example, l1@va.example",
					   "dup@va.example",
					   "alice, Alice@mail.example.com",
					   "root",
					   "bob",
					   "\"a b\"@va.example",
					   "alice",
					   NULL};
	struct rt_site *site = *state;

	site->config.settings.virtual_alias_maps = rt_site_maps(site, rows);
	check(site, "ok@va.example", "alice@mail.example.com");
	check(site, "two@va.example", "alice@mail.example.com x@far.example");
	check(site, "nest@va.example",
	      "alice@mail.example.com bob@mail.example.com x@far.example");
	check(site, "s@va.example", "!5.1.1:s@va.example");
	check(site, "t@va.example", "!5.1.1:t@va.example alice@mail.example.com");
	check(site, "u@far2.example", "u@far.example");
	check(site, "l1@va.example", "451 4.6.0");
	check(site, "m@va.example", "451 4.6.0");
	check(site, "dup@va.example", "alice@mail.example.com");
	check(site, "root@example.com", "bob@mail.example.com");
	check(site, "no@va.example", "!5.1.1:no@va.example");
	check(site, "a b@va.example", "alice@mail.example.com");
}

static void test_virtual_limits(void **state)
{
	static const char *const rows[] = {
		"a1@va.example", "a2@va.example", "a2@va.example",
		"a3@va.example", "a3@va.example", "alice",
		"w@va.example",	 "a, b, c, d",	  NULL};
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;

	s->virtual_alias_maps = rt_site_maps(site, rows);
	s->virtual_alias_recursion_limit = 3;
	check(site, "a2@va.example", "alice@mail.example.com");
	check(site, "a1@va.example", "451 4.6.0");
	s->virtual_alias_recursion_limit = 1000;
	s->virtual_alias_expansion_limit = 4;
	check(site, "w@va.example",
	      "a@mail.example.com b@mail.example.com c@mail.example.com d@mail.example.com");
	s->virtual_alias_expansion_limit = 3;
	check(site, "w@va.example", "451 4.6.0");
	s->virtual_alias_expansion_limit = 1000;
	s->virtual_alias_address_length_limit = 22;
	check(site, "a2@va.example", "alice@mail.example.com");
	s->virtual_alias_address_length_limit = 21;
	check(site, "a2@va.example", "451 4.6.0");
	s->virtual_alias_maps = rt_site_maps(site, NULL);
	check(site, "a2@va.example", "451 4.3.0");
}

static void test_virtual_extensions(void **state)
{
	static const char *const rows[] = {"u@va.example", "x@far.example",
					   "@cat.example", "all@far.example", NULL};
	struct rt_site *site = *state;

	site->config.settings.recipient_delimiter = "+";
	site->config.settings.virtual_alias_maps = rt_site_maps(site, rows);
	check(site, "u+tag@va.example", "x+tag@far.example");
	check(site, "who+tag@cat.example", "all@far.example");
	site->config.settings.propagate_unmatched_extensions =
		rt_site_words(site, "alias");
	check(site, "u+tag@va.example", "x@far.example");
}

static void check_sender(struct rt_site *site, const char *sender, const char *want)
{
	struct str got;

	assert_true(rt_rewrite_sender(&site->ctx, str_of(sender), &got));
	assert_string_equal(str_dup0(site->arena, got), want);
}

static void test_canonical_and_masquerade(void **state)
{
	static const char *const common[] = {
		"a@example.com", "b@example.com", "@old.example",
		"@new.example",	 "c1@x.example",  "c2@x.example",
		"c2@x.example",	 "c1@x.example",  NULL};
	static const char *const rcpt[] = {"r@far.example", "r2@far.example", NULL};
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;

	s->canonical_maps = rt_site_maps(site, common);
	s->recipient_canonical_maps = rt_site_maps(site, rcpt);
	s->masquerade_domains = rt_site_words(site, "!keep.example.com example.com");
	s->masquerade_exceptions = rt_site_words(site, "root");
	check(site, "a@example.com", "b@example.com");
	check(site, "u@old.example", "u@new.example");
	check(site, "r@far.example", "r2@far.example");
	check_sender(site, "a@example.com", "b@example.com");
	check_sender(site, "r@far.example", "r@far.example");
	check_sender(site, "u@host.example.com", "u@example.com");
	check_sender(site, "root@host.example.com", "root@host.example.com");
	check_sender(site, "u@x.keep.example.com", "u@x.keep.example.com");
	check_sender(site, "user", "user@example.com");
	check_sender(site, "", "");
	check_sender(site, "Mailer-Daemon", "");
	check_sender(site, "mailer-daemon@far.example", "mailer-daemon@far.example");
}

static void test_copies(void **state)
{
	static const char *const rcpt[] = {"bob@example.com", "copy@far.example", NULL};
	static const char *const sender[] = {"sender@client.example", "sent@far.example",
					     NULL};
	struct rt_site *site = *state;

	site->config.settings.recipient_bcc_maps = rt_site_maps(site, rcpt);
	site->config.settings.sender_bcc_maps = rt_site_maps(site, sender);
	site->config.settings.always_bcc = "archive@far.example";
	check(site, "bob@example.com",
	      "sent@far.example bob@example.com copy@far.example archive@far.example");
	/* Copies that came to be in the same way go out once. */
	site->config.settings.always_bcc = "Sent@far.example";
	check(site, "bob@example.com",
	      "sent@far.example bob@example.com copy@far.example");
}

static const char *const aliases[] = {"postmaster", "alice",
				      "team",	    "alice, bob, carol@far.example",
				      "nested",	    "team, dave@far.example, alice",
				      "vac",	    "\"|/usr/bin/vacation alice\", alice",
				      "file",	    "/srv/mail/archive",
				      "self",	    "self",
				      "selfmore",   "self, selfmore",
				      "loop1",	    "loop2",
				      "loop2",	    "loop1",
				      "list",	    ":include:/etc/list",
				      "owner-list", "bob",
				      "inc",	    ":include:/etc/list, alice",
				      "noinc",	    ":include:/etc/nothing",
				      "relinc",	    ":include:list",
				      "home",	    "~/Mail",
				      "quoted",	    "\"Some One\"@far.example",
				      "upper",	    "alice",
				      "bad",	    "u@far..example",
				      NULL};

static enum rt_found read_include(void *state, const char *path, struct arena *arena,
				  struct str *out_text)
{
	(void)state;
	(void)arena;
	if (strcmp(path, "/etc/list") != 0)
		return RT_NOT_FOUND;
	*out_text = str_of("# members\nalice\nx1@far.example, x2@far.example\n\nteam\n");
	return RT_FOUND;
}

static void test_local(void **state)
{
	static const struct rt_host host = {.read_include = read_include};
	struct rt_site *site = *state;

	site->ctx.host = &host;
	site->config.settings.alias_maps = rt_site_maps(site, aliases);
	check(site, "alice@example.com", "alice@example.com");
	check(site, "team@example.com",
	      "alice@mail.example.com bob@mail.example.com carol@far.example");
	check(site, "TEAM@example.com",
	      "alice@mail.example.com bob@mail.example.com carol@far.example");
	check(site, "nested@example.com",
	      "alice@mail.example.com bob@mail.example.com carol@far.example "
	      "dave@far.example");
	check(site, "vac@example.com", "|/usr/bin/vacation alice alice@mail.example.com");
	check(site, "file@example.com", "/srv/mail/archive");
	check(site, "self@example.com", "self@mail.example.com");
	check(site, "selfmore@example.com",
	      "self@mail.example.com selfmore@mail.example.com");
	check(site, "inc@example.com",
	      "alice@mail.example.com alice@mail.example.com x1@far.example "
	      "x2@far.example bob@mail.example.com carol@far.example");
	check(site, "list@example.com",
	      "alice@mail.example.com x1@far.example x2@far.example bob@mail.example.com "
	      "carol@far.example");
	check(site, "quoted@example.com", "Some One@far.example");
	check(site, "loop1@example.com", "!5.4.6:loop2@mail.example.com");
	check(site, "noinc@example.com", "!5.3.5:noinc@example.com");
	check(site, "relinc@example.com", "!5.3.5:relinc@example.com");
	check(site, "home@example.com", "!5.3.5:home@example.com");
	check(site, "bad@example.com", "!5.1.3:bad@example.com");
}

static void test_local_extensions(void **state)
{
	struct rt_site *site = *state;

	site->config.settings.recipient_delimiter = "+";
	site->config.settings.alias_maps = rt_site_maps(site, aliases);
	check(site, "team+x@example.com",
	      "alice@mail.example.com bob@mail.example.com carol@far.example");
	check(site, "alice+x@example.com", "alice+x@example.com");
	site->config.settings.propagate_unmatched_extensions =
		rt_site_words(site, "alias");
	check(site, "team+x@example.com",
	      "alice+x@mail.example.com bob+x@mail.example.com carol+x@far.example");
}

static void test_owner(void **state)
{
	static const struct rt_host host = {.read_include = read_include};
	struct rt_site *site = *state;
	struct rt_finals finals;

	site->ctx.host = &host;
	site->config.settings.alias_maps = rt_site_maps(site, aliases);
	rt_expand_local(&site->ctx, str_of("list@example.com"),
			str_of("s@client.example"), &finals);
	assert_true(finals.count > 0);
	for (size_t i = 0; i < finals.count; i++) {
		assert_true(finals.items[i].is_forwarded);
		assert_string_equal(finals.items[i].owner, "owner-list@mail.example.com");
	}
	site->config.settings.expand_owner_alias = true;
	rt_expand_local(&site->ctx, str_of("list@example.com"),
			str_of("s@client.example"), &finals);
	assert_string_equal(finals.items[0].owner, "bob@mail.example.com");
}

static void test_restricted(void **state)
{
	struct rt_site *site = *state;

	site->config.settings.alias_maps = rt_site_maps(site, aliases);
	site->config.settings.allow_mail_to_commands = rt_site_words(site, "");
	site->config.settings.allow_mail_to_files = rt_site_words(site, "include");
	check(site, "vac@example.com", "!5.7.1:vac@example.com alice@mail.example.com");
	check(site, "file@example.com", "!5.7.1:file@example.com");
	site->config.settings.alias_maps = rt_site_maps(site, NULL);
	check(site, "alice@example.com", "!4.3.0:alice@example.com");
}

static enum rt_found only_alice(void *state, const char *name)
{
	(void)state;
	return strcmp(name, "alice") == 0 ? RT_FOUND : RT_NOT_FOUND;
}

static void test_unknown_users(void **state)
{
	static const struct rt_host host = {.user_exists = only_alice};
	static const char *const boxes[] = {"bob", "lmtp:unix:/s", NULL};
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;
	struct rt_finals finals;

	site->ctx.host = &host;
	s->recipient_delimiter = "+";
	check(site, "alice@example.com", "alice@example.com");
	check(site, "nobody@example.com", "!5.1.1:nobody@example.com");
	check(site, "postmaster@example.com", "");
	s->luser_relay = "$user@far.example";
	check(site, "nobody+x@example.com", "nobody@far.example");
	s->luser_relay = "${local}@far.example";
	check(site, "nobody+x@example.com", "nobody+x@far.example");
	s->luser_relay = "alice+${extension?found-$extension}";
	check(site, "nobody+x@example.com", "alice+found-x@mail.example.com");
	s->mailbox_transport_maps = rt_site_maps(site, boxes);
	rt_expand_local(&site->ctx, str_of("bob@example.com"), str_of(""), &finals);
	assert_int_equal(finals.count, 1);
	assert_string_equal(finals.items[0].route.transport, "lmtp");
	assert_string_equal(finals.items[0].route.nexthop, "unix:/s");
	assert_false(finals.items[0].is_forwarded);
	s->fallback_transport = "smtp:[fall.example]";
	rt_expand_local(&site->ctx, str_of("nobody@example.com"), str_of(""), &finals);
	assert_string_equal(finals.items[0].route.transport, "smtp");
	assert_string_equal(finals.items[0].route.nexthop, "[fall.example]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_virtual, setup, teardown),
		cmocka_unit_test_setup_teardown(test_virtual_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_virtual_extensions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_canonical_and_masquerade, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_copies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_local, setup, teardown),
		cmocka_unit_test_setup_teardown(test_local_extensions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restricted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_users, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
