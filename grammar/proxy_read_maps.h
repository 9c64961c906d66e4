/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Growth of proxy_read_maps' default, in pieces that keep its order. Security
 * patches added pieces to older lines in an order of their own, see the row
 * in parameters.def.
 */
#ifndef MCC_GRAMMAR_PROXY_READ_MAPS_H
#define MCC_GRAMMAR_PROXY_READ_MAPS_H

#define PROXY_READ_FIRST                                                 \
	"$local_recipient_maps $mydestination $virtual_alias_maps"       \
	" $virtual_alias_domains $virtual_mailbox_maps"                  \
	" $virtual_mailbox_domains $relay_recipient_maps $relay_domains" \
	" $canonical_maps $sender_canonical_maps"                        \
	" $recipient_canonical_maps $relocated_maps $transport_maps"     \
	" $mynetworks"
#define PROXY_READ_LOGIN_2_10 " $smtpd_sender_login_maps"
#define PROXY_READ_REWRITE                                         \
	" $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps" \
	" $lmtp_generic_maps"
#define PROXY_READ_ALIAS_2_9 " $alias_maps"
#define PROXY_READ_LISTS_3_0                                    \
	" $smtpd_client_restrictions $smtpd_helo_restrictions"  \
	" $smtpd_sender_restrictions $smtpd_relay_restrictions" \
	" $smtpd_recipient_restrictions"
#define PROXY_READ_MAPS_3_3                                              \
	" $address_verify_sender_dependent_default_transport_maps"       \
	" $address_verify_sender_dependent_relayhost_maps"               \
	" $address_verify_transport_maps $fallback_transport_maps"       \
	" $lmtp_discard_lhlo_keyword_address_maps"                       \
	" $lmtp_pix_workaround_maps $lmtp_sasl_password_maps"            \
	" $lmtp_tls_policy_maps $mailbox_command_maps"                   \
	" $mailbox_transport_maps"                                       \
	" $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps" \
	" $sender_dependent_default_transport_maps"                      \
	" $sender_dependent_relayhost_maps"                              \
	" $smtp_discard_ehlo_keyword_address_maps"                       \
	" $smtp_pix_workaround_maps $smtp_sasl_password_maps"            \
	" $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps"
#define PROXY_READ_MILTER " $smtpd_milter_maps"
#define PROXY_READ_IDS_3_3 " $virtual_gid_maps $virtual_uid_maps"
#define PROXY_READ_LOGIN " $local_login_sender_maps"
#define PROXY_READ_FOOTER                                           \
	" $postscreen_reject_footer_maps $smtpd_reject_footer_maps" \
	" $tls_server_sni_maps"
#define PROXY_READ_POLICY_3_7 " $tlsproxy_client_policy_maps"
#define PROXY_READ_FILTER                                                 \
	" $default_delivery_status_filter $lmtp_delivery_status_filter"   \
	" $lmtp_dns_reply_filter $lmtp_reply_filter"                      \
	" $local_delivery_status_filter $pipe_delivery_status_filter"     \
	" $postscreen_command_filter $smtp_delivery_status_filter"        \
	" $smtp_dns_reply_filter $smtp_reply_filter"                      \
	" $smtpd_command_filter $smtpd_dns_reply_filter"                  \
	" $virtual_delivery_status_filter $body_checks $header_checks"    \
	" $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks" \
	" $lmtp_nested_header_checks $milter_header_checks"               \
	" $mime_header_checks $nested_header_checks $smtp_body_checks"    \
	" $smtp_header_checks $smtp_mime_header_checks"                   \
	" $smtp_nested_header_checks"
#define PROXY_READ_MATCH_3_11                                           \
	" $smtpd_reject_filter_maps $debug_peer_list"                   \
	" $smtpd_etrn_restrictions $fast_flush_domains"                 \
	" $authorized_flush_users $lmtp_connection_cache_destinations"  \
	" $local_header_rewrite_clients $masquerade_exceptions"         \
	" $postscreen_access_list $postscreen_allowlist_interfaces"     \
	" $postscreen_forbidden_commands $qmqpd_authorized_clients"     \
	" $authorized_mailq_users $smtp_connection_cache_destinations"  \
	" $smtpd_log_access_permit_actions $smtpd_forbidden_commands"   \
	" $smtpd_client_event_limit_exceptions"                         \
	" $smtpd_sasl_exceptions_networks $smtpd_sasl_mechanism_filter" \
	" $smtp_requiretls_policy $smtp_sasl_mechanism_filter"          \
	" $authorized_submit_users $smtpd_authorized_verp_clients"      \
	" $smtpd_authorized_xclient_hosts"                              \
	" $smtpd_authorized_xforward_hosts"
#define PROXY_READ_LOGLEVEL_3_12                                 \
	" $lmtp_tls_loglevel_maps $postscreen_tls_loglevel_maps" \
	" $smtp_tls_loglevel_maps $smtpd_tls_loglevel_maps"

/* The whole up to a release, as far as only main lines count. */
#define PROXY_READ_TO_2_6 PROXY_READ_FIRST PROXY_READ_REWRITE
#define PROXY_READ_TO_2_9 PROXY_READ_TO_2_6 PROXY_READ_ALIAS_2_9
#define PROXY_READ_TO_2_10 \
	PROXY_READ_FIRST PROXY_READ_LOGIN_2_10 PROXY_READ_REWRITE PROXY_READ_ALIAS_2_9
#define PROXY_READ_TO_3_0 PROXY_READ_TO_2_10 PROXY_READ_LISTS_3_0
/* 3.0.13 and 3.1.9 have no smtpd_milter_maps. */
#define PROXY_READ_TO_3_1 PROXY_READ_TO_3_0 PROXY_READ_MAPS_3_3 PROXY_READ_IDS_3_3
#define PROXY_READ_TO_3_3 \
	PROXY_READ_TO_3_0 PROXY_READ_MAPS_3_3 PROXY_READ_MILTER PROXY_READ_IDS_3_3

#endif
