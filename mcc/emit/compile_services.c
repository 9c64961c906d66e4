/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * master.cf: the smtpd services that listen on the network, each with its own
 * settings and programs, and the delivery agents. Without a master.cf the
 * stock one counts: smtp on port 25.
 */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "grammar/master.h"
#include "mcc/emit/compiler.h"

static const struct {
	const char *name;
	unsigned port;
} port_names[] = {
	{"smtp", 25},	{"mail", 25},	{"submission", 587}, {"submissions", 465},
	{"smtps", 465}, {"ssmtp", 465}, {"urd", 465},
};

/* Stock delivery agents, as master.cf is shipped. */
static const struct {
	const char *name;
	const char *program;
} stock_transports[] = {
	{"local", "local"}, {"virtual", "virtual"}, {"smtp", "smtp"},
	{"relay", "smtp"},  {"lmtp", "lmtp"},	    {"error", "error"},
	{"retry", "error"}, {"discard", "discard"},
};

static const char *const agents[] = {"local", "virtual", "smtp",    "lmtp",
				     "pipe",  "error",	 "discard", "spawn"};

static struct str program_of(const struct site_service *service)
{
	struct str command = service->node->fields[MASTER_COMMAND];

	return str_slice(command, (size_t)(str_rchr(command, '/') + 1), command.len);
}

static struct str type_of(const struct site_service *service)
{
	return service->node->fields[MASTER_TYPE];
}

/* 0: no number and no name that we know. */
static unsigned port_number(struct str word)
{
	uint64_t n;

	if (str_to_u64(word, &n))
		return n >= 1 && n <= 65535 ? (unsigned)n : 0;
	for (size_t i = 0; i < array_len(port_names); i++)
		if (str_caseeqc(word, port_names[i].name))
			return port_names[i].port;
	return 0;
}

/* "port", "host:port", "[address]:port". */
static void split_endpoint(struct compiler *c, struct str name, struct rt_service *out)
{
	ptrdiff_t colon = str_rchr(name, ':');
	struct str host = {"", 0};
	struct str port = name;

	if (colon >= 0) {
		host = str_slice(name, 0, (size_t)colon);
		port = str_slice(name, (size_t)colon + 1, name.len);
	}
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = str_slice(host, 1, host.len - 1);
	out->host = str_dup0(c->arena, host);
	out->port = port_number(port);
}

static void report_port(struct compiler *c, const struct site_service *service)
{
	if (c->diags)
		diag_add(
			c->diags, RULE_MC1302, service->node->field_spans[MASTER_NAME],
			"'%.*s' is no port that is known without a look at this machine: "
			"write its number",
			STR_ARG(service->node->fields[MASTER_NAME]));
}

static bool has_own_settings(const struct site_service *service)
{
	return service && (service->override_count || service->derived_count);
}

/*
 * An IPv6 address without brackets in a network list is taken for a table
 * without a type, which Postfix finds out when the list is read at start.
 */
static const char *typeless_table(const struct compiler *c, const struct rt_match *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == RT_MATCH_MAP && list->items[i].text[0] == ':')
			return arena_printf(
				c->arena,
				"open dictionary: expecting \"type:name\" form "
				"instead of \"%s\"",
				list->items[i].text);
	return NULL;
}

static void fill_service(struct compiler *c, const struct site_service *service,
			 struct rt_service *out)
{
	struct rt_settings *own;
	const char *relay_fault;

	c->service = service;
	out->settings = &c->config->settings;
	if (has_own_settings(service)) {
		own = arena_alloc(c->arena, sizeof(*own));
		compiler_settings(c, own);
		out->settings = own;
	}
	for (int s = 0; s < RT_STAGE_COUNT; s++)
		compiler_program(c, (enum rt_stage)s, &out->stages[s]);
	out->fatal = site_program_fault(c->site, service, "smtpd");
	relay_fault = compiler_relay_control(c);
	if (!out->fatal)
		out->fatal = relay_fault;
	if (!out->fatal)
		out->fatal = typeless_table(c, &out->settings->mynetworks);
	c->service = NULL;
}

/* The smtpd that postscreen hands its sessions to. */
static const struct site_service *behind_postscreen(const struct compiler *c)
{
	for (size_t i = 0; i < c->site->service_count; i++) {
		const struct site_service *s = &c->site->services[i];

		if (str_eqc(type_of(s), "pass") && str_eqc(program_of(s), "smtpd"))
			return s;
	}
	return NULL;
}

static void add_listener(struct compiler *c, const struct site_service *listener,
			 struct rt_service *out)
{
	const struct site_service *smtpd = listener;

	if (str_eqc(program_of(listener), "postscreen") && behind_postscreen(c))
		smtpd = behind_postscreen(c);
	out->name = str_dup0(c->arena, listener->key);
	out->origin = compiler_origin(c, listener->node->span);
	split_endpoint(c, listener->node->fields[MASTER_NAME], out);
	if (!out->port)
		report_port(c, listener);
	fill_service(c, smtpd, out);
}

static bool is_listener(const struct site_service *service)
{
	struct str program = program_of(service);

	return str_eqc(type_of(service), "inet") &&
	       (str_eqc(program, "smtpd") || str_eqc(program, "postscreen"));
}

static void add_stock_service(struct compiler *c)
{
	struct rt_service *service = arena_alloc(c->arena, sizeof(*service));

	service->name = "smtp/inet";
	service->host = "";
	service->port = port_names[0].port;
	service->origin = (struct rt_origin){"", 0};
	fill_service(c, NULL, service);
	c->config->services = service;
	c->config->service_count = 1;
}

/* ---- transports ---- */

static bool is_agent(struct str program)
{
	for (size_t i = 0; i < array_len(agents); i++)
		if (str_eqc(program, agents[i]))
			return true;
	return false;
}

static void add_transports(struct compiler *c)
{
	struct rt_config *config = c->config;
	size_t room =
		c->site->master ? c->site->service_count : array_len(stock_transports);
	struct rt_transport *out = arena_array(c->arena, room + 1, sizeof(*out));

	config->transports = out;
	for (size_t i = 0; !c->site->master && i < array_len(stock_transports); i++)
		out[config->transport_count++] = (struct rt_transport){
			stock_transports[i].name, stock_transports[i].program, {"", 0}};
	for (size_t i = 0; c->site->master && i < c->site->service_count; i++) {
		const struct site_service *s = &c->site->services[i];

		if (!str_eqc(type_of(s), "unix") || !is_agent(program_of(s)))
			continue;
		out[config->transport_count++] = (struct rt_transport){
			str_dup0(c->arena, s->node->fields[MASTER_NAME]),
			str_dup0(c->arena, program_of(s)),
			compiler_origin(c, s->node->span)};
	}
}

void compiler_services(struct compiler *c)
{
	const struct site *site = c->site;
	struct rt_service *services;

	add_transports(c);
	if (!site->master) {
		add_stock_service(c);
		return;
	}
	services = arena_array(c->arena, site->service_count + 1, sizeof(*services));
	c->config->services = services;
	for (size_t i = 0; i < site->service_count; i++)
		if (is_listener(&site->services[i]))
			add_listener(c, &site->services[i],
				     &services[c->config->service_count++]);
}
