/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What trivial-rewrite(8) answers: class, transport, next hop of an address;
 * and what cleanup(8) and local(8) make of it: virtual and local aliases.
 */
#ifndef MCC_RUNTIME_RESOLVE_H
#define MCC_RUNTIME_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "runtime/config.h"
#include "runtime/map.h"

struct arena;

enum rt_class {
	RT_CLASS_LOCAL,
	RT_CLASS_ALIAS,
	RT_CLASS_VIRTUAL,
	RT_CLASS_RELAY,
	RT_CLASS_DEFAULT
};

const char *rt_class_name(enum rt_class class); /* "local", "alias", ... */

enum rt_route_status { RT_ROUTE_OK, RT_ROUTE_BAD_ADDRESS, RT_ROUTE_LOOKUP_FAILED };

struct rt_route {
	enum rt_route_status status;
	enum rt_class class;
	const char *transport; /* "local", "smtp", "virtual", "error", ... */
	const char *nexthop;
	const char *recipient; /* as resolved */
	bool routed; /* user%host@local, "user@remote"@local: sender-specified routing */
	struct rt_origin decided_by; /* what chose the class, or a table's row */
	const char *chosen_by;	     /* parameter that names the transport, or NULL */
};

/*
 * A record of what happened, for `mcc trace`. NULL hooks are allowed
 * everywhere; the daemon has none.
 */
struct rt_step {
	const char *what; /* "check_client_access", "virtual_alias_maps", ... */
	struct rt_origin origin;
	const char *table;  /* name, or NULL */
	unsigned row;	    /* line of the table's row that answered; 0: not known */
	const char *key;    /* or NULL */
	const char *result; /* "none", a value, a verdict */
};

struct rt_tracer {
	void (*step)(struct rt_tracer *tracer, const struct rt_step *step);
};

/*
 * What only the host knows. `user_exists`: a name of the password file; NULL:
 * every name counts as a user, unless the site says what becomes of unknown
 * ones (mailbox_transport, fallback_transport, luser_relay). `read_include`:
 * text of an :include: file, RT_NOT_FOUND when local(8) takes none of that name;
 * NULL: such a member fails for now. `own_addresses`:
 * numeric addresses of the host's interfaces; NULL: the loopback ones.
 */
struct rt_host {
	void *state;
	enum rt_found (*user_exists)(void *state, const char *name);
	enum rt_found (*read_include)(void *state, const char *path, struct arena *arena,
				      struct str *out_text);
	const char *const *own_addresses;
	size_t own_address_count;
};

/* A text of at most `cap` bytes for read_include; path as the host has it. */
enum rt_found rt_read_include(struct arena *arena, const char *path, size_t cap,
			      struct str *out_text);

/*
 * Routes that one message has asked for: the same address is resolved by
 * smtpd(8), by cleanup(8) and for the queue. For a caller to whom tables do not
 * change meanwhile; with a tracer each route is found anew, since its steps are
 * wanted. The addresses live as long as the context's arena.
 */
enum { RT_ROUTE_MEMO = 4 };
struct rt_route_memo {
	struct {
		const struct rt_settings *settings;
		struct str address;
		struct str sender;
		struct rt_route route;
	} items[RT_ROUTE_MEMO];
	size_t count; /* of all that came; the oldest went */
};

/* The arena must have no cap: results are never NULL. */
struct rt_context {
	const struct rt_config *config;
	const struct rt_settings *settings; /* of the service, or config->settings */
	struct arena *arena;
	struct rt_tracer *tracer;   /* or NULL */
	struct rt_route_memo *memo; /* or NULL */
	const struct rt_host *host; /* or NULL */
};

/* Class of a domain ("" is the site itself). RT_LOOKUP_ERROR: a table failed. */
enum rt_found rt_domain_class(const struct rt_context *ctx, struct str domain,
			      enum rt_class *out_class);
/* Match lists: RT_FOUND, RT_NOT_FOUND, RT_LOOKUP_ERROR. */
enum rt_found rt_match_string(const struct rt_context *ctx, const struct rt_match *match,
			      struct str string);
enum rt_found rt_match_domain(const struct rt_context *ctx, const struct rt_match *match,
			      struct str domain);
enum rt_found rt_match_host(const struct rt_context *ctx, const struct rt_match *match,
			    struct str name, struct str address);

/* `address` is rewritten already; `sender` for sender-dependent tables. */
void rt_resolve(const struct rt_context *ctx, struct str address, struct str sender,
		struct rt_route *out_route);

/* Address look-up with extensions, user@domain, user, @domain as cleanup does
 * (virtual(5)); whether the recipient exists at all (smtpd's check). */
enum rt_found rt_recipient_exists(const struct rt_context *ctx, struct str address);

enum rt_final_kind { RT_FINAL_ADDRESS, RT_FINAL_COMMAND, RT_FINAL_FILE, RT_FINAL_ERROR };

struct rt_final {
	enum rt_final_kind kind;
	/* ADDRESS: internal form; command without bar; file; ERROR: why */
	const char *text;
	const char *owner;     /* owner-alias that becomes the sender, or NULL */
	const char *dsn;       /* ERROR: "5.1.1", "4.3.0" */
	struct rt_route route; /* ADDRESS; its recipient also for all others */
	/* ADDRESS from rt_expand_local: a message of its own, which takes the way
	 * of a new one (rt_expand_envelope). Else it is a mailbox of route. */
	bool is_forwarded;
};

struct rt_finals {
	struct rt_final *items;
	size_t count;
	size_t room;
	/* Cleanup refused the whole message: reply code 4xx or 5xx, else 0. */
	int error_code;
	const char *error_dsn;
	const char *error_text;
};

/* The whole message is refused for now: a limit is reached, or (is_failure) a
 * table has no answer. */
void rt_finals_refuse(struct rt_finals *finals, bool is_failure);

/*
 * The envelope sender as cleanup(8) writes it: qualified, canonical,
 * masqueraded. "" stays "", and mailer-daemon of the site becomes it. False: a
 * table has no answer, so the message is refused (451 4.3.0).
 */
bool rt_rewrite_sender(const struct rt_context *ctx, struct str sender,
		       struct str *out_sender);
/* The same for an address in a header that names senders or recipients; a
 * table without an answer leaves it as it is. */
struct str rt_rewrite_header(const struct rt_context *ctx, struct str address,
			     bool is_sender);
/*
 * The envelope that cleanup(8) makes of one recipient: qualified, canonical and
 * virtual alias expansion, bounded by virtual_alias_recursion_limit and
 * _expansion_limit, with the copies of sender_bcc_maps, recipient_bcc_maps and
 * always_bcc, duplicates removed. Items are of kind ADDRESS, with routes.
 */
void rt_expand_envelope(const struct rt_context *ctx, struct str recipient,
			struct str sender, struct rt_finals *out_finals);
/*
 * local(8): aliases of a recipient of the local transport, as far as tables
 * decide. `recipient` is qualified. Loops that only Delivered-To: headers can
 * show end as errors after LIMIT_ALIAS_DEPTH.
 */
void rt_expand_local(const struct rt_context *ctx, struct str recipient,
		     struct str sender, struct rt_finals *out_finals);
/*
 * Everything a message to one recipient ends at, its copies included: virtual
 * and local aliases again and again, until mailboxes, commands, files and
 * other transports are left. `sender` is rewritten already. Bounded by
 * LIMIT_ALIAS_DEPTH and LIMIT_ALIAS_MEMBERS.
 */
void rt_expand_all(const struct rt_context *ctx, struct str recipient, struct str sender,
		   struct rt_finals *out_finals);

/* Is the transport carried out by local(8)? */
bool rt_transport_is_local(const struct rt_config *config, const char *transport);

#endif
