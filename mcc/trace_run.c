/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs one session through the evaluator. smtpd(8) judges with the settings of
 * its master.cf entry; rewriting, routing and delivery go by main.cf, since
 * other processes do them.
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "mcc/model/site.h"
#include "mcc/trace.h"
#include "runtime/address.h"
#include "runtime/map.h"

/* A session in which a class never ends would otherwise fill the memory. */
enum { TRACE_STEPS_MAX = 20000 };

/* Room for the steps of most sessions. */
enum { TRACE_STEPS_FIRST = 48 };

/* Of the answers of a randmap so many are followed. */
enum { TRACE_OUTCOMES_MAX = 32 };

struct recorder {
	struct rt_tracer tracer;
	struct arena *arena;
	struct trace_result *result;
	const char *stage;
	const struct site *site;
};

/* A table that nobody could look at fails here, but not on the mail server. */
static bool is_not_evaluated(const struct recorder *r, const struct rt_step *step)
{
	if (step->table == NULL || strcmp(step->result, "error") != 0)
		return false;
	for (size_t i = 0; i < r->site->table_count; i++) {
		const struct site_table *t = r->site->tables[i];

		if (t->state == TABLE_OUTSIDE &&
		    str_ends(str_of(step->table), str_dup0(r->arena, t->name)))
			return true;
	}
	return false;
}

static void record_step(struct rt_tracer *tracer, const struct rt_step *step)
{
	struct recorder *r = (struct recorder *)tracer;
	struct trace_step *slot;

	if (r->result->step_count >= TRACE_STEPS_MAX)
		return;
	if (r->result->step_room == 0) {
		r->result->steps =
			arena_array(r->arena, TRACE_STEPS_FIRST, sizeof(*slot));
		r->result->step_room = TRACE_STEPS_FIRST;
	}
	slot = arena_push(r->arena, &r->result->steps, r->result->step_count,
			  &r->result->step_room, sizeof(*slot));
	slot->step = *step;
	slot->stage = r->stage;
	if (is_not_evaluated(r, step)) {
		slot->step.result = "unverified: not evaluated";
		r->result->is_unverified = true;
	}
	r->result->step_count++;
}

const char *trace_stage_name(enum trace_stage stage)
{
	static const char *const names[TRACE_STAGE_COUNT] = {"connect", "helo", "mail",
							     "rcpt"};

	return names[stage];
}

const char *trace_verdict(const struct trace_result *result)
{
	if (result->deciding == NULL)
		return "defer";
	switch (result->deciding->verdict) {
	case POLICY_PERMIT:
		return "permit";
	case POLICY_REJECT:
		return "reject";
	case POLICY_DISCARD:
		return "discard";
	case POLICY_DEFER:
	case POLICY_NEED:
		break;
	}
	return "defer";
}

/* ---- facts ---- */

static const char *known_name(const char *given, enum policy_name_status *out_status)
{
	*out_status = POLICY_NAME_NONE;
	if (strcmp(given, "[TEMPUNAVAIL]") == 0)
		*out_status = POLICY_NAME_TEMPFAIL;
	else if (strcmp(given, "[UNAVAILABLE]") != 0 && strcmp(given, "unknown") != 0)
		*out_status = POLICY_NAME_OK;
	return *out_status == POLICY_NAME_OK ? given : "unknown";
}

static void fill_session(struct policy_session *session,
			 const struct trace_request *request)
{
	session->client_address = request->client_address;
	session->peer_address = request->peer_address;
	session->client_name =
		known_name(request->client_name, &session->client_name_status);
	session->reverse_name =
		known_name(request->reverse_name, &session->reverse_name_status);
	session->sasl_user = request->sasl_user;
	session->is_encrypted = request->is_encrypted;
}

/* Of the file system, what the trace may see. */
struct trace_files {
	const struct site *site;
	struct trace_result *result;
};

static enum rt_found read_include(void *state, const char *path, struct arena *arena,
				  struct str *out_text)
{
	struct trace_files *files = state;
	const char *fs_path = site_resolve_path(files->site, path);

	if (fs_path != NULL)
		return rt_read_include(arena, fs_path, LIMIT_CONFIG_FILE, out_text);
	files->result->is_unverified = true;
	return RT_LOOKUP_ERROR;
}

/* ---- the session ---- */

/* What a command makes of its argument before restrictions see it. */
struct path_check {
	bool is_bad;
	struct str option; /* the first word behind the path; empty: none */
};

struct run {
	struct recorder recorder;
	struct trace_result *result;
	const struct trace_request *request;
	struct rt_context ctx; /* smtpd's */
	struct rt_route_memo memo;
	struct policy policy;
	struct policy_answers answers;
	struct trace_dns dns;
	struct str sender; /* internal form */
	struct str recipient;
	struct path_check sender_path;
	struct path_check recipient_path;
};

/* The address of a path; what is no path is taken as it stands. */
static struct path_check parse_path(struct run *run, const char *text,
				    struct str *out_address)
{
	struct path_check check = {0};
	struct arena *arena = run->recorder.arena;
	const struct str parts[] = {STR_LIT("<"), str_of(text), STR_LIT(">")};
	bool strict = run->ctx.settings->strict_rfc821_envelopes;
	struct str path, rest;

	*out_address = parts[1];
	if (address_is_plain(parts[1]))
		return check;
	path = str_join(arena, parts, array_len(parts));
	check.is_bad =
		address_parse_path(arena, path, strict, out_address, &rest) != ADDRESS_OK;
	if (check.is_bad)
		*out_address = address_unquote(arena, str_of(text));
	else
		(void)str_token(&rest, " \t", &check.option);
	return check;
}

/* Options are looked at when the address is a good one. */
static bool has_option(const struct run *run, const struct path_check *check,
		       struct str address)
{
	struct rt_context ctx = run->ctx;
	struct rt_route route;

	if (check->option.len == 0)
		return false;
	if (address.len == 0)
		return check == &run->sender_path;
	ctx.tracer = NULL;
	rt_resolve(&ctx, address_rewrite(ctx.arena, ctx.settings, address), STR_LIT(""),
		   &route);
	return route.status != RT_ROUTE_BAD_ADDRESS;
}

static struct policy_reply run_stage(struct run *run, enum trace_stage stage)
{
	struct arena *arena = run->recorder.arena;

	switch (stage) {
	case TRACE_CONNECT:
		return policy_connect(&run->policy);
	case TRACE_HELO:
		return policy_helo(&run->policy, run->request->helo);
	case TRACE_MAIL:
		if (run->sender_path.is_bad)
			return policy_bad_sender_syntax();
		if (has_option(run, &run->sender_path, run->sender))
			return policy_bad_option(arena, run->sender_path.option);
		return policy_mail(&run->policy, str_dup0(arena, run->sender),
				   run->request->size);
	case TRACE_RCPT:
	case TRACE_STAGE_COUNT:
		break;
	}
	if (run->recipient_path.is_bad)
		return policy_bad_recipient_syntax();
	if (has_option(run, &run->recipient_path, run->recipient))
		return policy_bad_option(arena, run->recipient_path.option);
	return policy_rcpt(&run->policy, str_dup0(arena, run->recipient));
}

/* The step that the reply came from: the last one of that place and name. */
static void mark_deciding(struct trace_result *result, const struct policy_reply *reply)
{
	for (size_t i = result->step_count; reply->item != NULL && i-- > 0;) {
		struct trace_step *s = &result->steps[i];

		if (s->step.table == NULL && strcmp(s->step.what, reply->item) == 0 &&
		    s->step.origin.line == reply->decided_by.line) {
			s->decided = true;
			return;
		}
	}
}

static void run_session(struct run *run)
{
	struct trace_result *result = run->result;

	for (int i = 0; i < TRACE_STAGE_COUNT; i++) {
		struct policy_reply *reply = &result->replies[i];

		if (i == TRACE_HELO && run->request->helo == NULL)
			continue;
		run->recorder.stage = trace_stage_name((enum trace_stage)i);
		*reply =
			policy_refusal(&run->policy, run_stage(run, (enum trace_stage)i));
		result->has_reply[i] = true;
		result->deciding = reply;
		result->is_unverified = result->is_unverified || reply->is_unverified;
		if (reply->verdict == POLICY_REJECT || reply->verdict == POLICY_DEFER ||
		    reply->verdict == POLICY_NEED)
			break;
	}
	if (result->deciding != NULL)
		mark_deciding(result, result->deciding);
}

/* ---- the way after the session ---- */

static void run_delivery(struct run *run, const struct rt_config *config)
{
	struct trace_result *result = run->result;
	struct rt_context ctx = run->ctx;
	struct rt_settings settings = config->settings;
	struct str sender, recipient;
	bool ok;

	/* smtpd(8) tells cleanup(8) what to leave out. */
	settings.receive_override_options = ctx.settings->receive_override_options;
	ctx.settings = &settings;
	ctx.memo = NULL;
	run->recorder.stage = "sender";
	ok = rt_rewrite_sender(&ctx, run->sender, &sender);
	result->sender = str_dup0(ctx.arena, sender);
	run->recorder.stage = "route";
	recipient = address_rewrite(ctx.arena, ctx.settings, run->recipient);
	/* smtpd(8) refuses a lone '@'; the resolver takes it for <>. */
	if (str_eqc(run->recipient, "@"))
		recipient = STR_LIT("");
	rt_resolve(&ctx, recipient, sender, &result->route);
	run->recorder.stage = "delivery";
	if (ok)
		rt_expand_all(&ctx, run->recipient, sender, &result->finals);
	else
		rt_finals_refuse(&result->finals, true);
	trace_fail_transports(&ctx, run->recorder.site, &result->finals);
}

static void use_service(struct run *run, const struct rt_config *config)
{
	const struct rt_service *service =
		rt_config_service(config, run->request->service);

	run->policy.service = service;
	run->ctx.settings = service != NULL && service->settings != NULL
				    ? service->settings
				    : &config->settings;
	if (service == NULL)
		return;
	run->result->service = service->name;
	run->result->fatal = service->fatal;
}

static bool has_outside_tables(const struct site *site)
{
	for (size_t i = 0; i < site->table_count; i++)
		if (site->tables[i]->state == TABLE_OUTSIDE)
			return true;
	return false;
}

/* Steps cost more than the evaluation; only they tell of tables that nobody
 * could look at. */
static bool needs_steps(const struct site *site, const struct trace_request *request)
{
	return !request->without_steps || has_outside_tables(site);
}

static struct trace_result *run_once(struct arena *arena, struct site *site,
				     const struct rt_config *config,
				     const struct trace_request *request,
				     bool assume_found)
{
	struct trace_result *result = arena_alloc(arena, sizeof(*result));
	struct trace_files files = {site, result};
	const struct rt_host host = {.state = &files, .read_include = read_include};
	struct run run = {.result = result, .request = request};

	result->request = request;
	run.recorder = (struct recorder){{record_step}, arena, result, "connect", site};
	run.ctx = (struct rt_context){
		.config = config,
		.arena = arena,
		.tracer = needs_steps(site, request) ? &run.recorder.tracer : NULL,
		.memo = &run.memo,
		.host = &host};
	use_service(&run, config);
	run.dns = (struct trace_dns){request->resolver, arena, assume_found};
	run.answers = request->resolver != NULL
			      ? trace_dns_source(&run.dns)
			      : trace_answers_source(request->answers, assume_found);
	run.policy.ctx = &run.ctx;
	run.policy.answers = &run.answers;
	run.policy.session = &result->session;
	fill_session(&result->session, request);
	run.sender_path = parse_path(&run, request->sender, &run.sender);
	run.recipient_path = parse_path(&run, request->recipient, &run.recipient);
	if (run.policy.service != NULL && result->fatal == NULL)
		run_session(&run);
	run_delivery(&run, config);
	return result;
}

/* ---- what nobody knows ---- */

static void add_other(struct arena *arena, struct trace_result *result, const char *when,
		      const struct trace_result *other)
{
	*(struct trace_other *)arena_push(
		arena, &result->others, result->other_count++, &result->other_room,
		sizeof(struct trace_other)) = (struct trace_other){when, other};
}

/* Sets all randmaps to their n-th answer; the largest number of answers. */
static size_t pick_outcome(const struct rt_config *config, size_t n)
{
	size_t most = 1;

	for (size_t i = 0; i < config->map_count; i++) {
		size_t outcomes = rt_map_outcomes(config->maps[i].map);

		rt_map_pick(config->maps[i].map, n);
		most = outcomes > most ? outcomes : most;
	}
	return most;
}

static bool asked_by_chance(const struct trace_result *result)
{
	for (size_t i = 0; i < result->step_count; i++)
		if (result->steps[i].step.table != NULL &&
		    strstr(result->steps[i].step.table, "randmap:") != NULL)
			return true;
	return false;
}

struct trace_result *trace_run(struct arena *arena, struct site *site,
			       const struct rt_config *config,
			       const struct trace_request *request)
{
	size_t outcomes = pick_outcome(config, 0);
	struct trace_result *result = run_once(arena, site, config, request, false);

	if (request->without_steps)
		return result;
	for (size_t n = 1; n < outcomes && n < TRACE_OUTCOMES_MAX; n++) {
		if (!asked_by_chance(result))
			break;
		pick_outcome(config, n);
		add_other(arena, result,
			  arena_printf(arena, "randmap answers with its value %zu of %zu",
				       n + 1, outcomes),
			  run_once(arena, site, config, request, false));
	}
	pick_outcome(config, 0);
	if (result->is_unverified && request->answers == NULL)
		add_other(arena, result, "the names that were asked for exist",
			  run_once(arena, site, config, request, true));
	return result;
}
