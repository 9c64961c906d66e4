/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS settings that are legal words in the wrong place: files and folders,
 * lists of ciphers, demands that the other side cannot meet.
 */
#include <ctype.h>
#include <string.h>

#include "base/attr.h"
#include "lint/checks.h"
#include "lint/say.h"

/* ---- files ---- */

static void check_folder(const struct lint_run *run, const struct setting *setting)
{
	struct str path = setting->value.str;

	if ((setting->param->id == PARAM_smtp_tls_CApath ||
	     setting->param->id == PARAM_smtpd_tls_CApath) &&
	    (str_caseends(path, ".pem") || str_caseends(path, ".crt") ||
	     str_caseends(path, ".cer")))
		lint_say(run, RULE_MC739, lint_place_of(setting),
			 "%s is a folder of hashed certificates (c_rehash); a file of CA "
			 "certificates goes into %.*sCAfile",
			 setting->param->name, (int)strlen(setting->param->name) - 6,
			 setting->param->name);
	else if ((setting->param->id == PARAM_smtp_tls_CAfile ||
		  setting->param->id == PARAM_smtpd_tls_CAfile) &&
		 (str_ends(path, "/") || str_eqc(path, "/etc/ssl/certs")))
		lint_say(
			run, RULE_MC739, lint_place_of(setting),
			"%s is one file with CA certificates; a folder goes into %.*sCApath",
			setting->param->name, (int)strlen(setting->param->name) - 6,
			setting->param->name);
}

struct role {
	enum param_id wrong;
	enum param_id cert;
	enum param_id key; /* another file: then `cert` holds no key */
	const char *what;
};

static const struct role roles[] = {
	{PARAM_smtpd_tls_CAfile, PARAM_smtpd_tls_cert_file, PARAM_smtpd_tls_key_file,
	 "the certificate of this host is no list of authorities"},
	{PARAM_smtp_tls_CAfile, PARAM_smtpd_tls_cert_file, PARAM_smtpd_tls_key_file,
	 "the certificate of this host is no list of authorities"},
	{PARAM_smtpd_tls_key_file, PARAM_smtp_tls_cert_file, PARAM_smtp_tls_key_file,
	 "smtp_tls_key_file names another file for the key of this certificate"},
	{PARAM_smtp_tls_key_file, PARAM_smtpd_tls_cert_file, PARAM_smtpd_tls_key_file,
	 "smtpd_tls_key_file names another file for the key of this certificate"},
	{PARAM_smtpd_tls_dcert_file, PARAM_smtpd_tls_cert_file, PARAM_smtpd_tls_key_file,
	 "one certificate cannot be the RSA and the DSA one"},
};

static void check_roles(const struct lint_run *run)
{
	for (size_t i = 0; i < array_len(roles); i++) {
		const struct setting *wrong = site_setting(run->site, roles[i].wrong);
		const struct setting *cert = site_setting(run->site, roles[i].cert);
		struct str key = lint_value(run->site, roles[i].key);
		struct diag *d;

		if (wrong->origin != ORIGIN_MAIN || cert->origin != ORIGIN_MAIN ||
		    !wrong->value.str.len || !str_eq(wrong->value.str, cert->value.str) ||
		    str_eq(key, cert->value.str) || !key.len)
			continue;
		d = lint_say(run, RULE_MC740, lint_place_of(wrong),
			     "%s is the same file as %s: %s", wrong->param->name,
			     cert->param->name, roles[i].what);
		lint_relate_setting(run, d, cert);
	}
}

static void check_certificate(const struct lint_run *run)
{
	const struct setting *level =
		site_setting(run->site, PARAM_smtpd_tls_security_level);
	struct str word = level->value.str;

	if (level->origin != ORIGIN_MAIN || !word.len || str_caseeqc(word, "none") ||
	    lint_value(run->site, PARAM_smtpd_tls_cert_file).len ||
	    lint_value(run->site, PARAM_smtpd_tls_eccert_file).len ||
	    lint_value(run->site, PARAM_smtpd_tls_dcert_file).len ||
	    lint_value(run->site, PARAM_smtpd_tls_chain_files).len)
		return;
	lint_say(
		run, RULE_MC703, lint_place_of(level),
		"smtpd_tls_security_level = %.*s, but there is no certificate: smtpd logs "
		"'No server certs available' and offers no TLS; set smtpd_tls_chain_files",
		STR_ARG(word));
}

/* ---- demands ---- */

static void check_demands(const struct lint_run *run)
{
	const struct site *site = run->site;
	const struct setting *in = site_setting(site, PARAM_smtpd_tls_security_level);
	const struct setting *out = site_setting(site, PARAM_smtp_tls_security_level);

	if (in->origin == ORIGIN_MAIN && str_caseeqc(in->value.str, "encrypt"))
		lint_say(
			run, RULE_MC702, lint_place_of(in),
			"'encrypt' in main.cf is for port 25, too: servers without STARTTLS "
			"cannot send mail here, which RFC 3207 forbids a public MX; write "
			"may, and demand TLS in master.cf for submission");
	if (out->origin == ORIGIN_MAIN && str_caseeqc(out->value.str, "encrypt") &&
	    !lint_value(site, PARAM_relayhost).len &&
	    !lint_value(site, PARAM_smtp_tls_policy_maps).len &&
	    !lint_value(site, PARAM_sender_dependent_relayhost_maps).len &&
	    str_starts(lint_value(site, PARAM_default_transport), "smtp"))
		lint_say(
			run, RULE_MC741, lint_place_of(out),
			"'encrypt' without a relay host: mail to servers without STARTTLS "
			"waits in the queue and then bounces; write may or dane");
}

/* ---- ciphers ---- */

static bool is_protocol(struct str word)
{
	return str_caseeqc(str_slice(word, 0, 4), "SSLv") ||
	       str_caseeqc(str_slice(word, 0, 4), "TLSv");
}

/* The parts that names of ciphers are made of, of releases long gone too:
 * OpenSSL says nothing about a name that it does not know. */
static const char cipher_parts[] =
	"3DES 40 56 64 128 1024 256 ADH AECDH AES AES128 AES256 AESCCM "
	"AESCCM8 AESGCM ALL ARIA ARIA128 ARIA256 ARIAGCM CAMELLIA "
	"CAMELLIA128 CAMELLIA256 CBC CBC3 CCM CCM8 CHACHA20 CK "
	"COMPLEMENTOFALL COMPLEMENTOFDEFAULT DEFAULT DES DES40 DH DHE "
	"DSS ECDH ECDHE ECDSA EDH EECDH ENULL EXP EXP1024 EXPORT "
	"EXPORT40 EXPORT56 FIPS FZA GCM GOST2001 GOST89 GOST94 HIGH "
	"IDEA KRB5 LOW MD4 MD5 MEDIUM NULL POLY1305 PSK RC2 RC4 RSA "
	"RSAPSK SEED SHA SHA1 SHA256 SHA384 SRP STREEBOG256 aDH aDSS "
	"aECDH aECDSA aFZA aGOST aGOST01 aKRB5 aNULL aPSK aRSA aSRP "
	"eFZA kDH kDHE kDHEPSK kDHd kDHr kECDH kECDHE kECDHEPSK kECDHe "
	"kECDHr kEDH kEECDH kFZA kGOST kKRB5 kPSK kRSA kRSAPSK kSRP "
	"OLD";

static bool is_cipher_part(struct str part)
{
	return str_has_casetoken(str_of(cipher_parts), " ", part);
}

static bool is_misspelt(struct str word)
{
	struct str part;

	if (!isalnum((unsigned char)word.ptr[0]) || memchr(word.ptr, '_', word.len) ||
	    memchr(word.ptr, '$', word.len))
		return false; /* TLS_AES_... of TLS 1.3, a variable */
	while (str_token(&word, "-+", &part))
		if (!is_cipher_part(part))
			return true;
	return false;
}

static void check_excluded(const struct lint_run *run, const struct setting *setting)
{
	struct str rest = setting->value.str;
	struct str word;

	if (!str_caseends(str_of(setting->param->name), "exclude_ciphers"))
		return;
	while (str_token(&rest, ", \t\r\n:", &word)) {
		if (is_protocol(word))
			lint_say(
				run, RULE_MC737, lint_place_of(setting),
				"'%.*s' is a protocol: here it takes away all ciphers that "
				"came with it, those of TLS 1.0 to 1.2 among them, and the "
				"protocol stays; write it into the parameter for protocols",
				STR_ARG(word));
		else if (is_misspelt(word))
			lint_say(run, RULE_MC737, lint_place_of(setting),
				 "'%.*s' is no cipher that OpenSSL knows, and excludes "
				 "nothing; is it misspelt?",
				 STR_ARG(word));
		else
			continue;
		return;
	}
}

static bool is_in_queue(const struct setting *setting)
{
	return memmem(setting->raw.str.ptr, setting->raw.str.len, "queue_directory",
		      15) ||
	       memmem(setting->value.str.ptr, setting->value.str.len,
		      ":/var/spool/postfix/", 20);
}

static void check_setting(const struct lint_run *run, const struct setting *setting,
			  const struct site_service *service)
{
	struct str value = setting->value.str;
	(void)service;

	if (!setting->param)
		return;
	check_folder(run, setting);
	if (str_ends(str_of(setting->param->name), "_session_cache_database") &&
	    setting->origin != ORIGIN_DEFAULT && is_in_queue(setting))
		lint_say(
			run, RULE_MC748, lint_place_of(setting),
			"caches belong to $data_directory since Postfix 2.5: it warns, and "
			"puts the file there; write it so");
	check_excluded(run, setting);
	if (setting->param->kind == PARAM_KIND_openssl_cipherlist && value.len &&
	    setting->origin == ORIGIN_MAIN)
		lint_say(
			run, RULE_MC738, lint_place_of(setting),
			"a cipher list of one's own ages while OpenSSL's does not: "
			"postconf(5) advises against it; choose a grade with *_tls_ciphers");
	if (setting->param->kind == PARAM_KIND_tls_digest &&
	    (str_caseeqc(value, "sha1") || str_caseeqc(value, "md5")))
		lint_say(run, RULE_MC721, lint_place_of(setting),
			 "fingerprints by %.*s can be forged: whoever makes a second "
			 "certificate with the same one is trusted; write sha256",
			 STR_ARG(value));
	if (setting->param->kind == PARAM_KIND_mechanism_list &&
	    lint_has_word(value, "AUTH"))
		lint_say(
			run, RULE_MC729, lint_place_of(setting),
			"'AUTH' is the SMTP command, not a mechanism: write names such as "
			"plain, login");
}

void lint_tls_files(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};

	lint_each_setting(&run, check_setting);
	check_roles(&run);
	check_certificate(&run);
	check_demands(&run);
}
