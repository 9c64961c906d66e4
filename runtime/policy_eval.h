/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evaluation of one stage: state and services shared by runtime/policy*.c
 * and runtime/access*.c. Private.
 */
#ifndef MCC_RUNTIME_POLICY_EVAL_H
#define MCC_RUNTIME_POLICY_EVAL_H

#include "base/attr.h"
#include "runtime/policy.h"

/* What a restriction, or a list of them, comes to. */
enum eval { EVAL_DUNNO, EVAL_OK, EVAL_REJECT };

/* Which command is judged. */
enum eval_where {
	EVAL_AT_CONNECT,
	EVAL_AT_HELO,
	EVAL_AT_MAIL,
	EVAL_AT_RCPT,
	EVAL_AT_DATA,
	EVAL_AT_EOD
};

/* Faults of the configuration are not turned into warnings, policy is. */
enum eval_fault { EVAL_POLICY, EVAL_CONFIGURATION };

/* Who a reply speaks about: "<name>: class rejected: ...". */
struct eval_subject {
	const char *name;
	const char *class; /* one of EVAL_CLASS_... */
};

#define EVAL_CLASS_CLIENT "Client host"
#define EVAL_CLASS_REVERSE "Unverified Client host"
#define EVAL_CLASS_HELO "Helo command"
#define EVAL_CLASS_SENDER "Sender address"
#define EVAL_CLASS_RECIPIENT "Recipient address"
#define EVAL_CLASS_DATA "Data command"
#define EVAL_CLASS_EOD "End-of-data"
#define EVAL_CLASS_SASL "SASL login name"

enum { EVAL_ROUTE_CACHE = 4 };

struct policy_eval {
	const struct rt_context *ctx;
	const struct rt_service *service;
	const struct rt_settings *settings;
	const struct policy_answers *answers;
	struct policy_session s; /* copy; written back when the stage has ended */
	enum eval_where where;
	const char *recipient; /* NULL: none */
	const char *client;    /* eval_client(), once it was asked for */
	bool knows_mynetworks; /* so with what mynetworks said of the client */
	enum rt_found mynetworks;
	struct eval_subject subject; /* of the list that runs */
	/* state of the lists */
	unsigned recursion;
	unsigned warn_level; /* nesting of the warn_if_reject in force; 0: none */
	const struct policy_reply *defer_if_permit; /* NULL: none */
	const struct policy_reply *defer_if_reject;
	bool sender_checked; /* unlisted senders, recipients: once is enough */
	bool recipient_checked;
	bool is_unverified;
	const struct rt_insn *insn;	   /* the one at hand */
	struct policy_reply reply;	   /* of the last rejection */
	struct policy_question *questions; /* NULL: none yet */
	size_t question_count;
};

/* Addresses that were resolved for one sender; the oldest go first. */
struct policy_routes {
	const char *sender;
	struct {
		const char *address;
		struct rt_route route;
	} items[EVAL_ROUTE_CACHE];
	size_t count;
	size_t next;
};

/* ---- policy_reply.c ---- */

/*
 * A rejection with the text in printf form: EVAL_REJECT, or EVAL_DUNNO after
 * warn_if_reject. A pending defer_if_reject takes its place.
 */
enum eval eval_reject(struct policy_eval *e, enum eval_fault fault, int code,
		      const char *dsn, const char *fmt, ...) MCC_PRINTF(5, 6);
enum eval eval_server_error(struct policy_eval *e);		      /* 451 4.3.5 */
enum eval eval_lookup_error(struct policy_eval *e, const char *name); /* 451 4.3.0 */
/* Keeps the first reason; EVAL_DUNNO. */
enum eval eval_defer_if_reject(struct policy_eval *e, int code, const char *dsn,
			       const char *fmt, ...) MCC_PRINTF(4, 5);
/* `action` is "defer_if_permit" or "defer" (…_tempfail_action); NULL: the first. */
enum eval eval_defer_if_permit(struct policy_eval *e, const char *action, int code,
			       const char *dsn, const char *fmt, ...) MCC_PRINTF(5, 6);
/*
 * Splits "5.7.1 text": the enhanced code (default_dsn when there is none) and
 * the rest.
 */
const char *eval_split_dsn(struct policy_eval *e, const char *default_dsn,
			   struct str text, const char **out_text);
/* Codes X.1.Y speak of senders or of recipients: made to fit the class. */
const char *eval_fix_dsn(struct policy_eval *e, const char *dsn, const char *class);
/* A macro of reply templates that speaks of the session; unknown: empty. */
struct str eval_session_macro(struct policy_eval *e, struct str name);
struct policy_reply eval_positive(int code, const char *dsn, const char *text);

/* ---- policy_run.c ---- */

enum eval eval_program(struct policy_eval *e, const struct rt_program *program);
/* A list of restriction names, the value of a row of an access table. */
enum eval eval_words(struct policy_eval *e, struct str words);
/* Route of an address, rewritten by the local rules, its recipient in lower case. */
const struct rt_route *eval_route(struct policy_eval *e, const char *address);
/* "name[address]" of the client. */
const char *eval_client(struct policy_eval *e);
/* The restriction's name as it is shown. */
const char *eval_item(const struct rt_insn *insn);
/* Reports the outcome of the instruction at hand. */
void eval_trace(const struct policy_eval *e, const char *what, const char *result);

/* ---- policy_client.c, policy_address.c, policy_login.c, policy_listed.c,
 *      policy_dnsbl.c, policy_mx.c: one function per restriction ---- */

typedef enum eval eval_fn(struct policy_eval *e, const struct rt_insn *insn);

eval_fn eval_permit_mynetworks, eval_permit_inet_interfaces, eval_permit_sasl,
	eval_reject_unknown_client, eval_reject_unknown_reverse, eval_reject_plaintext,
	eval_reject_pipelining, eval_reject_invalid_helo, eval_reject_non_fqdn_helo,
	eval_reject_unknown_helo, eval_permit_naked_ip, eval_reject_non_fqdn_sender,
	eval_reject_non_fqdn_recipient, eval_reject_unknown_sender_domain,
	eval_reject_unknown_recipient_domain, eval_permit_auth_destination,
	eval_reject_unauth_destination, eval_defer_unauth_destination,
	eval_check_relay_domains, eval_reject_multi_recipient_bounce,
	eval_reject_auth_login, eval_reject_known_login, eval_reject_unauth_login,
	eval_reject_login, eval_reject_unlisted_sender, eval_reject_unlisted_recipient,
	eval_reject_rbl_client, eval_permit_dnswl_client, eval_permit_rhswl_client,
	eval_reject_rhsbl_client, eval_reject_rhsbl_reverse, eval_reject_rhsbl_helo,
	eval_reject_rhsbl_sender, eval_reject_rhsbl_recipient, eval_reject_maps_rbl,
	eval_permit_mx_backup, eval_check_client_access, eval_check_reverse_access,
	eval_check_helo_access, eval_check_sender_access, eval_check_recipient_access,
	eval_check_sasl_access, eval_check_server_access;

/* Is the recipient's destination one that the site answers for? */
enum eval eval_auth_destination(struct policy_eval *e);

/* ---- policy_dns.c ---- */

/* The answer, or NULL: not known, and the question has been noted. */
const struct policy_answer *eval_ask(struct policy_eval *e, const char *name,
				     const char *type);
enum eval_dns {
	EVAL_DNS_OK,
	EVAL_DNS_NONE,
	EVAL_DNS_RETRY,
	EVAL_DNS_NULL_MX,
	EVAL_DNS_UNKNOWN
};
/* Has the name any address or MX? `mx_first`: null MX counts. */
enum eval_dns eval_dns_exists(struct policy_eval *e, const char *name, bool mx_first);
/* Addresses of a host (A, AAAA); values in the arena. */
enum eval_dns eval_dns_addresses(struct policy_eval *e, const char *name,
				 const char *const **out_values, size_t *out_count);
/* Host names of MX or NS records, by preference; a fraction of "10 host". */
struct eval_host {
	const char *name;
	unsigned preference;
};
enum eval_dns eval_dns_hosts(struct policy_eval *e, const char *name, const char *type,
			     struct eval_host **out_hosts, size_t *out_count);

/* ---- access.c, access_action.c ---- */

/*
 * Look-ups of access(5) in the table of the instruction. *out_found tells
 * whether some key was there, whatever its action.
 */
enum eval access_domain(struct policy_eval *e, const struct rt_insn *insn,
			const struct eval_subject *subject, const char *domain,
			bool *out_found);
enum eval access_address(struct policy_eval *e, const struct rt_insn *insn,
			 const struct eval_subject *subject, const char *address,
			 bool *out_found);
/* For tables that strangers choose the keys of: OK is a configuration error. */
enum eval eval_forbid_permit(struct policy_eval *e, enum eval status);
/* Carries out the right-hand side of a row. */
enum eval access_action(struct policy_eval *e, const struct eval_subject *subject,
			struct str value);

#endif
