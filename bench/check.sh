#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checking 10,000 small sites in one run of mcc check, beside a loop of
# postconf -n over sites of the same set. The loop is given PEER of them, as it
# takes minutes for all; compared are sites per second. Twenty times the loop's
# rate is the least: a lower one fails.
# SITES (10000), PEER (500), ROUNDS (3) and LEAST (20) from the environment.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
sites=${SITES:-10000}
peer=${PEER:-500}
command -v postconf >/dev/null || { echo "check: no postconf here; skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 bench/lib/sites.py "$work" "$sites"
cat >"$work/loop" <<'SH'
#!/bin/sh
i=0
while [ $i -lt "$2" ]; do
	postconf -c "$1/$i" -n || exit 1
	i=$((i + 1))
done
SH
cat >"$work/ours" <<'SH'
#!/bin/sh
cd "$1"
exec "$2" --hostname mail.example.com check --fail-on never --format gcc [0-9]*
SH
chmod +x "$work/loop" "$work/ours"
python3 bench/lib/ratio.py "check, $sites sites" "${ROUNDS:-3}" \
	--units "$sites" "$peer" --least "${LEAST:-20}" \
	-- "$work/ours" "$work" "$PWD/build/bin/mcc" -- "$work/loop" "$work" "$peer"
