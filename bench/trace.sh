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

run() {
	before=$(date +%s%N)
	"$mcc" -C "$root/samples/textbook" --hostname mail.example.jp trace "$@" \
		--answers "$work/answers" --script "$work/sessions" >/dev/null
	after=$(date +%s%N)
	echo "trace $*: $((count * 1000000 / ((after - before) / 1000))) sessions/s"
}

run
run --no-steps
