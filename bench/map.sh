#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compiling one large table: mcc map beside postmap, and the same dump of both.
# ROWS (1000000) and ROUNDS (3) from the environment.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
rows=${ROWS:-1000000}
command -v postmap >/dev/null || { echo "map: no postmap here; skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'compatibility_level = 3.6' >"$work/main.cf"
# The same rows every time, in an order that is not the databases' own.
awk -v n="$rows" 'BEGIN { for (i = 0; i < n; i++) {
	k = (i * 7919) % n
	printf "user%07d@domain%05d.example  mailbox%07d@store.example\n", k, k % 9973, k
} }' >"$work/ours"
cp "$work/ours" "$work/peer"
# Postfix waits when a source is younger than a second.
touch -d '2020-01-01' "$work/ours" "$work/peer"
for type in hash lmdb cdb; do
	postconf -m | grep -qx "$type" || continue
	python3 bench/lib/ratio.py "map $type, $rows rows" "${ROUNDS:-3}" \
		-- build/bin/mcc -C "$work" map "$type:$work/ours" \
		-- postmap -c "$work" "$type:$work/peer"
done
postmap -c "$work" -s "hash:$work/ours" | sort | cksum >"$work/a"
postmap -c "$work" -s "hash:$work/peer" | sort | cksum >"$work/b"
cmp -s "$work/a" "$work/b" || { echo "map: the dumps differ"; exit 1; }
