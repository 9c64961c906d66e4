#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The resolver: 100,000 questions to a loopback NSD beside dnsperf, 1,000 beside
# drill in a loop, and 10,000 domains with four questions each when every answer
# takes 20 ms. QUESTIONS, ROUNDS (3) from the environment.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
mcc=${MCC:-build/bin/mcc}
questions=${QUESTIONS:-100000}
for p in nsd dnsperf drill; do
	command -v "$p" >/dev/null || { echo "dns: no $p here; skipped"; exit 0; }
done
# shellcheck source=bench/lib/dns_site.sh
. bench/lib/dns_site.sh
work=$(mktemp -d)
trap 'nsd_stop; rm -rf "$work"' EXIT
dns_site "$work" "$((questions / 4))"
nsd_start "$work"
python3 bench/lib/ratio.py "dns, $questions questions beside dnsperf" "${ROUNDS:-3}" \
	-- "$mcc" dns query --resolver "127.0.0.1@$port" --batch "$work/questions" \
	-- dnsperf -s 127.0.0.1 -p "$port" -d "$work/questions" -n 1 -c 1 -T 1
head -n 1000 "$work/questions" >"$work/few"
cat >"$work/loop" <<EOF
while read -r name type; do drill -p $port @127.0.0.1 "\$name" "\$type"; done <"$work/few"
EOF
python3 bench/lib/ratio.py "dns, 1000 questions beside drill in a loop" "${ROUNDS:-3}" \
	-- "$mcc" dns query --resolver "127.0.0.1@$port" --batch "$work/few" \
	-- sh "$work/loop"
awk 'BEGIN { for (i = 0; i < 10000; i++)
	printf "d%d.test A\nd%d.test AAAA\nd%d.test MX\nd%d.test TXT\n", i, i, i, i
}' >"$work/slow"
printf 'dns, 40000 questions, 20 ms each (at most 10 s and 100 MB): '
python3 bench/lib/slow_dns.py 20 \
	-- "$mcc" dns query --resolver 127.0.0.1@@PORT@ --batch "$work/slow"
