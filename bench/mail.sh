#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Messages accepted by SMTP and delivered to a Maildir: mccd beside a private
# Postfix on the loopback address, interleaved, same disk, same generator
# (smtp-source). Needs root and Debian's postfix package, not running.
# COUNT (2000), SESSIONS (20), SIZE (4096) and ROUNDS (3) from the environment.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
count=${COUNT:-2000} sessions=${SESSIONS:-20} size=${SIZE:-4096} rounds=${ROUNDS:-3}
if [ "$(id -u)" != 0 ] || ! command -v smtp-source >/dev/null || ! command -v postfix >/dev/null; then
	echo "mail: needs root, postfix and smtp-source; skipped"
	exit 0
fi
work=$(mktemp -d)
chmod 755 "$work"
mccd_pid=

cleanup() {
	[ -z "$mccd_pid" ] || kill "$mccd_pid" 2>/dev/null || true
	postfix -c "$work/postfix" stop 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap cleanup EXIT

# One site for both: a virtual domain, one mailbox, nothing leaves.
common() {
	cat <<CF
compatibility_level = 3.6
myhostname = bench.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains =
local_transport = error:no local mail
default_transport = error:no mail leaves
virtual_mailbox_domains = box.example
virtual_mailbox_base = $1
virtual_mailbox_maps = hash:$2/vmailbox
virtual_alias_maps =
alias_maps =
virtual_minimum_uid = 100
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
home_mailbox = Maildir/
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
CF
}

make_postfix() {
	mkdir -p "$work/postfix" "$work/spool" "$work/data" "$work/p"
	chown postfix "$work/data"
	chown 65534:65534 "$work/p"
	common "$work/p" "$work/postfix" >"$work/postfix/main.cf"
	cat >>"$work/postfix/main.cf" <<CF
queue_directory = $work/spool
data_directory = $work/data
maillog_file = $work/postfix.log
maillog_file_prefixes = $work
disable_dns_lookups = yes
smtpd_peername_lookup = no
CF
	sed -e 's/^smtp  *inet/127.0.0.1:2525 inet/' -e '/^pickup/d' samples/textbook/master.cf \
		>"$work/postfix/master.cf"
	echo 'user@box.example box/' >"$work/postfix/vmailbox"
	postmap -c "$work/postfix" "hash:$work/postfix/vmailbox"
	postfix -c "$work/postfix" start 2>/dev/null
}

make_mccd() {
	mkdir -p "$work/site" "$work/m"
	chown 65534:65534 "$work/m"
	common "$work/m" /etc/postfix >"$work/site/main.cf"
	echo 'user@box.example box/' >"$work/site/vmailbox"
	build/bin/mcc -C "$work/site" --hostname bench.example build -o "$work/out" >/dev/null
	build/bin/mccd run -g "$work/out/current" --spool "$work/mspool" \
		--listen 127.0.0.1:2526 --resolver 127.0.0.1@9 2>"$work/mccd.log" &
	mccd_pid=$!
}

# one PORT MAILDIR: seconds until all messages lie in the Maildir.
one() {
	local start now
	[ ! -e "$2/box" ] || mv "$2/box" "$2/done.$(date +%s%N)"
	start=$(date +%s.%N)
	smtp-source -4 -s "$sessions" -l "$size" -m "$count" -f a@b.example -t user@box.example \
		"127.0.0.1:$1"
	for _ in $(seq 1 3000); do
		[ "$(find "$2/box/new" -type f 2>/dev/null | wc -l)" -lt "$count" ] || break
		sleep 0.02
	done
	now=$(date +%s.%N)
	echo "$now $start" | awk '{ print $1 - $2 }'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

make_postfix
make_mccd
for _ in $(seq 1 100); do
	[ ! -s "$work/mspool/listen" ] || break
	sleep 0.1
done
one 2525 "$work/p" >/dev/null
one 2526 "$work/m" >/dev/null
for _ in $(seq 1 "$rounds"); do
	one 2526 "$work/m" >>"$work/ours"
	one 2525 "$work/p" >>"$work/peers"
done
awk -v a="$(median <"$work/ours")" -v b="$(median <"$work/peers")" -v n="$count" \
	-v s="$sessions" -v r="$rounds" 'BEGIN {
	printf "mail, %d messages, %d sessions: ours %.0f/s, Postfix %.0f/s, ratio %.1f (medians of %d interleaved rounds)\n",
		n, s, n / a, n / b, b / a, r }'
