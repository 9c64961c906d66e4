#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Sessions a second of `mcc trace --script` on the textbook site: with every
# step, and with replies and routes only (--no-steps). One process, one core.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
mcc=${MCC:-$root/build/bin/mcc}
count=${SESSIONS:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -v n="$count" 'BEGIN {
	split("alice@example.jp postmaster@example.jp nobody@example.jp victim@far.example", to, " ")
	for (i = 0; i < n; i++)
		printf "{\"client\":\"198.51.100.%d\",\"client-name\":\"m%d.client.example\"," \
			"\"helo\":\"m%d.client.example\",\"from\":\"u%d@client.example\"," \
			"\"rcpt\":\"%s\"}\n", i % 250 + 1, i % 97, i % 97, i % 1000, to[i % 4 + 1]
}' >"$work/sessions"
echo 'client.example MX 10 mx.client.example' >"$work/answers"

# Seconds of processor time: what else the machine does is left out.
run() {
	times >"$work/before"
	"$mcc" -C "$root/samples/textbook" --hostname mail.example.jp trace "$@" \
		--answers "$work/answers" --script "$work/sessions" >/dev/null
	times >"$work/after"
	tail -qn 1 "$work/before" "$work/after" | tr 'ms\n' '   ' | awk -v n="$count" -v what="trace $*" '{
		used = ($5 - $1) * 60 + $6 - $2 + ($7 - $3) * 60 + $8 - $4
		printf "%s: %d sessions a second of processor time\n", what, n / used
	}'
}

run
run --no-steps
