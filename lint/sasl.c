/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Passwords that may cross the net in the clear: those of clients of smtpd(8),
 * and those that smtp(8) sends. Judged by main.cf; where master.cf decides for
 * each service nothing is said about clients here.
 */
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "lint/checks.h"
#include "lint/say.h"
#include "mcc/model/site.h"

static bool is_encrypted(struct str level)
{
	return level.len && !str_caseeqc(level, "none") && !str_caseeqc(level, "may");
}

/* A file on its own: master.cf may still demand TLS, so it is a note. */
static void check_clients(const struct site *site, struct diag_queue *diags)
{
	const struct setting *auth = site_setting(site, PARAM_smtpd_sasl_auth_enable);

	if (auth->origin == ORIGIN_DEFAULT || !auth->boolean || site->master ||
	    lint_is_on(site, PARAM_smtpd_tls_auth_only) ||
	    lint_is_on(site, PARAM_smtpd_tls_wrappermode) ||
	    lint_is_on(site, PARAM_smtpd_enforce_tls) ||
	    lint_has_word(lint_value(site, PARAM_smtpd_sasl_security_options),
			  "noplaintext") ||
	    is_encrypted(lint_value(site, PARAM_smtpd_tls_security_level)))
		return;
	diag_add(diags, RULE_MC704, text_full_span(auth->value),
		 "smtpd_sasl_auth_enable without smtpd_tls_auth_only: clients may send "
		 "their passwords in the clear, unless master.cf demands TLS");
}

static void check_own(const struct site *site, struct diag_queue *diags)
{
	const struct setting *auth = site_setting(site, PARAM_smtp_sasl_auth_enable);
	struct str level = lint_value(site, PARAM_smtp_tls_security_level);
	bool may = str_caseeqc(level, "may") ||
		   (!level.len && lint_is_on(site, PARAM_smtp_use_tls));

	if (auth->origin == ORIGIN_DEFAULT || !auth->boolean || is_encrypted(level) ||
	    lint_is_on(site, PARAM_smtp_enforce_tls) ||
	    lint_is_on(site, PARAM_smtp_tls_wrappermode) ||
	    lint_value(site, PARAM_smtp_tls_policy_maps).len ||
	    lint_has_word(lint_value(site, PARAM_smtp_sasl_security_options),
			  "noplaintext"))
		return;
	diag_add_as(
		diags, RULE_MC726, may ? DIAG_NOTE : DIAG_WARNING,
		text_full_span(auth->value),
		may ? "smtp_sasl_auth_enable with TLS only where the relay offers it: "
		      "whoever stands between takes the offer away and reads the "
		      "password"
		    : "smtp_sasl_auth_enable without TLS: the password for the relay "
		      "crosses the net in the clear");
}

void lint_sasl(const struct site *site, struct diag_queue *diags)
{
	check_clients(site, diags);
	check_own(site, diags);
}
