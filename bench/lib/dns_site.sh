# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced: dns_site FOLDER DOMAINS writes a zone of so many domains, each with
# A, MX, TXT and the mail host, and `questions` (four for each); nsd_start FOLDER
# [PORT] serves it on $port; nsd_stop ends it.
dns_site() {
	awk -v n="$2" -v zone="$1/zone" -v questions="$1/questions" 'BEGIN {
		print "$ORIGIN bench.test.\n$TTL 300\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A 127.0.0.1" >zone
		for (i = 0; i < n; i++) {
			printf "d%d A 192.0.2.%d\nd%d MX 10 mx.d%d\n", i, i % 256, i, i >zone
			printf "d%d TXT \"v=spf1 mx a:mx.d%d.bench.test ip4:198.51.100.%d -all\"\n", i, i, i % 256 >zone
			printf "mx.d%d A 192.0.2.%d\n", i, i % 256 >zone
			printf "d%d.bench.test A\nd%d.bench.test MX\n", i, i >questions
			printf "d%d.bench.test TXT\nmx.d%d.bench.test A\n", i, i >questions
		}
	}'
}

nsd_start() {
	port=${2:-$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
	cat >"$1/nsd.conf" <<EOF
server:
 ip-address: 127.0.0.1@$port
 username: ""
 chroot: ""
 zonesdir: "$1"
 database: ""
 pidfile: "$1/nsd.pid"
 xfrdfile: "$1/xfrd"
 zonelistfile: "$1/zonelist"
 xfrdir: "$1"
 server-count: 1
 rrl-ratelimit: 0
remote-control:
 control-enable: no
zone:
 name: bench.test
 zonefile: zone
EOF
	nsd -d -c "$1/nsd.conf" >"$1/nsd.log" 2>&1 &
	nsd_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		drill -p "$port" @127.0.0.1 ns.bench.test A 2>/dev/null | grep -q NOERROR && return
		sleep 0.5
	done
	cat "$1/nsd.log"
	return 1
}

nsd_stop() {
	[ -z "${nsd_pid:-}" ] && return
	kill "$nsd_pid" 2>/dev/null || :
	wait "$nsd_pid" 2>/dev/null || :
}
