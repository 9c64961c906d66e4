/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What smtpd(8) does to every refusal on its way to the client, whoever made
 * it: soft_bounce turns 5 into 4, smtpd_reject_footer adds text for people.
 *
 * The footer is a template whose lines "\\n" separates. It follows as lines of
 * its own, each with the reply's code; after "\\c" its first line continues the
 * reply's last one.
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "runtime/address.h"
#include "runtime/expand_macro.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

struct str eval_session_macro(struct policy_eval *e, struct str name)
{
	struct str sender = str_of(e->s.sender), recipient = str_of(e->recipient);

	if (str_eqc(name, "client"))
		return str_of(eval_client(e));
	if (str_eqc(name, "client_address"))
		return str_of(e->s.client_address);
	if (str_eqc(name, "client_name"))
		return str_of(e->s.client_name);
	if (str_eqc(name, "reverse_client_name"))
		return str_of(e->s.reverse_name);
	if (str_eqc(name, "helo_name"))
		return str_of(e->s.helo);
	if (str_eqc(name, "sender"))
		return sender.len > 0 ? sender : STR_LIT("<>");
	if (str_eqc(name, "sender_domain"))
		return address_domain(sender);
	if (str_eqc(name, "sender_name"))
		return sender.len > 0 ? address_local(sender) : STR_LIT("<>");
	if (str_eqc(name, "recipient"))
		return recipient;
	if (str_eqc(name, "recipient_domain"))
		return address_domain(recipient);
	if (str_eqc(name, "recipient_name"))
		return address_local(recipient);
	return (struct str){"", 0};
}

static struct str footer_macro(const void *state, struct str name)
{
	struct policy_eval e = *(const struct policy_eval *)state;

	if (str_eqc(name, "server_name"))
		return str_of(e.settings->myhostname);
	return eval_session_macro(&e, name);
}

/* A reply's own footer, or the one of all replies; empty: none. */
static struct str find_footer(const struct policy_eval *e,
			      const struct policy_reply *reply)
{
	const struct str parts[] = {
		str_of(arena_printf(e->ctx->arena, "%d", reply->code)), STR_LIT(" "),
		str_of(reply->dsn), str_of(reply->dsn != NULL ? " " : ""),
		str_of(reply->text)};
	const struct rt_maps *maps = &e->settings->smtpd_reject_footer_maps;
	struct str footer = str_of(e->settings->smtpd_reject_footer), line;

	if (maps->count == 0)
		return footer;
	line = str_join(e->ctx->arena, parts, array_len(parts));
	rt_maps_find(e->ctx, maps, "smtpd_reject_footer_maps", line, false, &footer);
	return footer;
}

/* The template's "\\n" as line ends. */
static struct str split_lines(struct arena *arena, struct str template)
{
	char *out = arena_alloc(arena, template.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < template.len; i++) {
		if (template.ptr[i] == '\\' && i + 1 < template.len &&
		    template.ptr[i + 1] == 'n') {
			out[n++] = '\n';
			i++;
		} else {
			out[n++] = template.ptr[i];
		}
	}
	return (struct str){out, n};
}

static const char *with_footer(struct policy_eval *e, const struct policy_reply *reply,
			       struct str template)
{
	const struct expand_macros macros = {footer_macro, e};
	bool continues = str_starts(template, "\\c");
	struct arena *arena = e->ctx->arena;
	struct str text;

	if (continues)
		template = str_slice(template, 2, template.len);
	text = split_lines(arena, template);
	text = expand_macro_text(arena, text.ptr, &macros);
	return arena_printf(arena, "%s%s%.*s", reply->text, continues ? "" : "\n",
			    STR_ARG(text));
}

static struct policy_reply refuse(const struct policy *policy, struct policy_reply reply)
{
	struct policy_eval e = {.ctx = policy->ctx,
				.service = policy->service,
				.settings = policy->ctx->settings,
				.s = *policy->session,
				.recipient = policy->session->recipient};
	struct str footer;

	if (e.settings->soft_bounce && reply.code >= 500) {
		reply.code -= 100;
		reply.verdict = POLICY_DEFER;
		if (reply.dsn != NULL)
			reply.dsn = arena_printf(e.ctx->arena, "4%s", reply.dsn + 1);
	}
	footer = find_footer(&e, &reply);
	if (footer.len > 0)
		reply.text = with_footer(&e, &reply, footer);
	return reply;
}

struct policy_reply policy_refusal(const struct policy *policy, struct policy_reply reply)
{
	return reply.code < 400 ? reply : refuse(policy, reply);
}
