#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One trace, from main.cf to the answer. First a site of ten tables: the peer is
# what one does without a trace, `postmap -q` in each of the ten. Then a site
# whose aliases are a hash table of a million rows (ROWS), which has to be looked
# up in its database: one look-up with `postmap -q` is the peer. ROUNDS (11)
# from the environment.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
mcc=${MCC:-build/bin/mcc}
rows=${ROWS:-1000000}
rounds=${ROUNDS:-11}
command -v postmap >/dev/null || { echo "trace_one: no postmap here; skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tables='virtual canonical sender_canonical recipient_canonical transport relocated
	client_access helo_access sender_access recipient_access'

# Postfix waits when a source is younger than a second.
compile() {
	touch -d '2020-01-01' "$1"
	postmap -c "$(dirname "$1")" "hash:$1"
}

few_site() {
	cat >"$1/main.cf" <<-EOF
		compatibility_level = 3.6
		myhostname = mail.example.jp
		mydestination = \$myhostname, example.jp
		virtual_alias_maps = hash:$1/virtual
		canonical_maps = hash:$1/canonical
		sender_canonical_maps = hash:$1/sender_canonical
		recipient_canonical_maps = hash:$1/recipient_canonical
		transport_maps = hash:$1/transport
		relocated_maps = hash:$1/relocated
		smtpd_client_restrictions = check_client_access hash:$1/client_access
		smtpd_helo_restrictions = check_helo_access hash:$1/helo_access
		smtpd_sender_restrictions = check_sender_access hash:$1/sender_access
		smtpd_recipient_restrictions = reject_unauth_destination,
		 check_recipient_access hash:$1/recipient_access
	EOF
	for t in $tables; do
		awk -v t="$t" 'BEGIN { for (i = 0; i < 100; i++)
			printf "%s%d@other.example  DUNNO\n", t, i }' >"$1/$t"
		compile "$1/$t"
	done
}

large_site() {
	cat >"$1/main.cf" <<-EOF
		compatibility_level = 3.6
		myhostname = mail.example.jp
		mydestination = \$myhostname, example.jp
		virtual_alias_maps = hash:$1/virtual
	EOF
	awk -v n="$rows" 'BEGIN { for (i = 0; i < n; i++)
		printf "user%07d@example.jp  box%07d@example.jp\n", i, i }' >"$1/virtual"
	compile "$1/virtual"
}

# The command line of a trace of one site.
one_trace() {
	echo "$mcc -C $1 --root / --hostname mail.example.jp trace --format json"
}

mkdir "$work/few" "$work/large"
few_site "$work/few"
large_site "$work/large"
for t in $tables; do
	echo "postmap -c $work/few -q alice@example.jp hash:$work/few/$t || :"
done >"$work/by_hand"
few=$(one_trace "$work/few")
large=$(one_trace "$work/large")
key=user0004711@example.jp

# shellcheck disable=SC2086 # words of a command
python3 bench/lib/ratio.py "one trace, ten tables" "$rounds" \
	-- $few --from bob@client.example alice@example.jp -- sh "$work/by_hand"
# shellcheck disable=SC2086
python3 bench/lib/ratio.py "one trace, a table of $rows rows" "$rounds" \
	-- $large "$key" -- postmap -c "$work/large" -q "$key" "hash:$work/large/virtual"
# shellcheck disable=SC2086
$large "$key" | grep -q '"final":\["box0004711@example.jp"\]' ||
	{ echo "one trace: the row was not found"; exit 1; }
[ -x /usr/bin/time ] || exit 0
# shellcheck disable=SC2086
/usr/bin/time -o "$work/used" -f "one trace, a table of $rows rows: CPU %U + %S s, %M KiB" \
	$large "$key" >/dev/null
cat "$work/used"
