#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# SPF: the same checks by mcc spf check --batch, libspf2's `spfquery -f` and
# pyspf. CHECKS (10000), ROUNDS (3) from the environment.
#
# Each is one process that makes all checks in a loop, its start included, and
# prints a result for each. The peers ask a loopback NSD, as they cannot read
# zone files; mcc is measured twice: with that NSD, where the server's own speed
# is a good part of the time, and with the zone file, its reading included.
#
# libspf2 asks what resolv.conf names, always at port 53: all of it runs in
# namespaces of its own (network, mounts), where 127.0.0.1 port 53 is ours.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
for p in nsd drill unshare ip; do
	command -v "$p" >/dev/null || { echo "spf: no $p here; skipped"; exit 0; }
done
if [ -z "${SPF_INSIDE:-}" ]; then
	unshare -rmn true 2>/dev/null || { echo "spf: no namespaces here; skipped"; exit 0; }
	SPF_INSIDE=1 exec unshare -rmn sh bench/spf.sh
fi
mcc=${MCC:-build/bin/mcc}
checks=${CHECKS:-10000}
rounds=${ROUNDS:-3}
# shellcheck source=bench/lib/dns_site.sh
. bench/lib/dns_site.sh
work=$(mktemp -d)
trap 'nsd_stop; rm -rf "$work"' EXIT
ip link set lo up
echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" "$(readlink -f /etc/resolv.conf)"
dns_site "$work" "$checks"
nsd_start "$work" 53
# A third passes by mx, a third by ip4, a third fails.
awk -v n="$checks" 'BEGIN { for (i = 0; i < n; i++) {
	ip = i % 3 == 0 ? "192.0.2." i % 256 : i % 3 == 1 ? "198.51.100." i % 256 : "203.0.113.1"
	printf "%s u@d%d.bench.test h.d%d.bench.test\n", ip, i, i
} }' >"$work/batch"
# Some checks fail, as they should: status 1.
cat >"$work/ours" <<EOF
"$mcc" spf check --batch "$work/batch" >"$work/ours.out" || [ \$? = 1 ]
EOF
sed "s|spf check|spf check --zone $work/zone|; s|ours.out|zone.out|" "$work/ours" >"$work/ours.zone"
sh "$work/ours"
sh "$work/ours.zone"
cmp "$work/ours.out" "$work/zone.out"
sed -n 's/.*"result":"\([a-z]*\)".*/\1/p' "$work/ours.out" >"$work/ours.results"

same() {
	cmp -s "$work/ours.results" "$work/$1.results" && return
	echo "spf: mcc and $1 disagree"
	diff "$work/ours.results" "$work/$1.results" | head -5
	exit 1
}

# The system's own python3 has the modules that packages bring.
python=/usr/bin/python3
if "$python" -c 'import spf' 2>/dev/null; then
	cat >"$work/pyspf.py" <<EOF
import spf
for line in open("$work/batch"):
    ip, sender, helo = line.split()
    print(spf.check2(i=ip, s=sender, h=helo)[0])
EOF
	"$python" "$work/pyspf.py" >"$work/pyspf.results"
	same pyspf
	python3 bench/lib/ratio.py "spf, $checks checks from nsd, pyspf from nsd" "$rounds" \
		-- sh "$work/ours" -- "$python" "$work/pyspf.py"
else
	echo "spf: no python3-spf here; skipped"
fi

if command -v spfquery.libspf2 >/dev/null; then
	cat >"$work/libspf2" <<EOF
spfquery.libspf2 -f "$work/batch" >"$work/libspf2.out" || [ \$? -lt 10 ]
EOF
	sh "$work/libspf2"
	grep -xE 'pass|fail|softfail|neutral|none|temperror|permerror' "$work/libspf2.out" \
		>"$work/libspf2.results" || :
	same libspf2
	python3 bench/lib/ratio.py "spf, $checks checks from nsd, libspf2 from nsd" "$rounds" \
		-- sh "$work/ours" -- sh "$work/libspf2"
	python3 bench/lib/ratio.py "spf, $checks checks from the zone file, libspf2 from nsd" \
		"$rounds" -- sh "$work/ours.zone" -- sh "$work/libspf2"
else
	echo "spf: no spfquery of libspf2 here; skipped"
fi
