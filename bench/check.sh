#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checking many small sites in one run: mcc check beside a loop of postconf -n.
# SITES (500) and ROUNDS (3) from the environment.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
sites=${SITES:-500}
command -v postconf >/dev/null || { echo "check: no postconf here; skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
i=0
while [ $i -lt "$sites" ]; do
	for sample in textbook satellite hosting backup-mx; do
		cp -r "samples/$sample" "$work/$i"
		i=$((i + 1))
	done
done
cat >"$work/loop" <<'SH'
#!/bin/sh
for d in "$1"/[0-9]*; do
	postconf -c "$d" -n || exit 1
done
SH
chmod +x "$work/loop"
# shellcheck disable=SC2046 # one word a folder is meant
python3 bench/lib/ratio.py "check, $i sites" "${ROUNDS:-3}" \
	-- build/bin/mcc check --fail-on never $(echo "$work"/[0-9]*) \
	-- "$work/loop" "$work"
