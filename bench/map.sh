#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compiling one large table: mcc map beside postmap, and the same dump of both.
# ROWS (1000000) and ROUNDS (3) from the environment; GROWTH=1 adds the table of
# time and memory up to ten million rows, of mcc alone.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
rows=${ROWS:-1000000}
command -v postmap >/dev/null || { echo "map: no postmap here; skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'compatibility_level = 3.6' >"$work/main.cf"

# N rows, the same every time, in an order that is not the databases' own.
rows_of() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) {
		k = (i * 7919) % n
		printf "user%07d@domain%05d.example  mailbox%07d@store.example\n", k, k % 9973, k
	} }'
}

rows_of "$rows" >"$work/ours"
cp "$work/ours" "$work/peer"
# Postfix waits when a source is younger than a second.
touch -d '2020-01-01' "$work/ours" "$work/peer"
for type in hash lmdb cdb; do
	postconf -m | grep -qx "$type" || continue
	# Both wall clock and processor time, which other work disturbs less.
	python3 bench/lib/ratio.py "map $type" "${ROUNDS:-3}" \
		--units "$rows" "$rows" \
		-- build/bin/mcc -C "$work" map "$type:$work/ours" \
		-- postmap -c "$work" "$type:$work/peer"
done
postmap -c "$work" -s "hash:$work/ours" | sort | cksum >"$work/a"
postmap -c "$work" -s "hash:$work/peer" | sort | cksum >"$work/b"
cmp -s "$work/a" "$work/b" || { echo "map: the dumps differ"; exit 1; }

[ "${GROWTH:-}" ] && [ -x /usr/bin/time ] || exit 0
for n in 10000 100000 1000000 3000000 10000000; do
	rows_of "$n" >"$work/grown"
	for type in hash btree lmdb cdb; do
		/usr/bin/time -f "map $type, $n rows: %e s, CPU %U + %S s, %M KiB" \
			build/bin/mcc -C "$work" map "$type:$work/grown" 2>&1
		rm -f "$work"/grown.*
	done
done
