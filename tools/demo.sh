#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# From a site's files to a delivered message, in front of your eyes: checks and
# builds samples/textbook, runs mccd on a free loopback port as an ordinary
# user would, sends a message to an alias by SMTP, and shows where it ended.
# Everything happens in one temporary folder, which is removed at the end.
set -eu

cd "$(dirname "$0")/.."
mcc=build/bin/mcc
mccd=build/bin/mccd
site=samples/textbook
# Not below the checkout: as root the daemon's processes are other users, who
# may not be able to enter it.
demo=$(mktemp -d "${TMPDIR:-/tmp}/mcc-demo.XXXXXX")
wait_seconds=20
pid=

say() {
	printf '\n=== %s\n' "$*"
}

fail() {
	printf 'demo: %s\n' "$*" >&2
	[ -f "$demo"/log ] && sed 's/^/    /' "$demo"/log >&2
	exit 1
}

stop() {
	[ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	pid=
}
finish() {
	stop
	rm -rf "$demo"
}
trap finish EXIT
trap 'exit 130' INT TERM

# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
	what=$1
	shift
	tries=$((wait_seconds * 10))
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "no $what within $wait_seconds seconds"
		kill -0 "$pid" 2>/dev/null || fail "mccd has ended"
		sleep 0.1
	done
}

has_mail() {
	[ -n "$(find "$demo"/root/home/hanako/Maildir/new -type f 2>/dev/null)" ]
}

chmod 755 "$demo"
mkdir -p "$demo"/root/etc "$demo"/root/home/hanako "$demo"/root/home/taro "$demo"/spool
# The people of the sample, with homes in the demo's own folder. As root the
# homes must be theirs, because the deliverer becomes the recipient.
cp $site/passwd "$demo"/root/etc/passwd
if [ "$(id -u)" = 0 ]; then
	chown 2001:2001 "$demo"/root/home/hanako
	chown 2002:2002 "$demo"/root/home/taro
fi

say "mcc check: what is wrong with $site?"
$mcc -C $site check

say "mcc build: a generation"
$mcc -C $site build -o "$demo"/site
find "$demo"/site/ -type f -printf '%P  %s bytes\n' -o -type l -printf '%P -> %l\n' | sort

say "mcc trace: what will happen to a message for postmaster@example.jp?"
$mcc -C $site trace --client 192.0.2.5 --helo pc.example.jp --from friend@example.org postmaster@example.jp

say "mccd run: the daemon, on a free port of the loopback address"
$mccd run -g "$demo"/site/current --spool "$demo"/spool --root "$demo"/root \
	--listen 127.0.0.1:0 2>"$demo"/log &
pid=$!
wait_for "listening port" test -s "$demo"/spool/listen
address=$(head -n 1 "$demo"/spool/listen)
echo "listening on $address"

say "SMTP: a message from friend@example.org to postmaster@example.jp"
python3 - "$address" <<'PY'
import smtplib
import sys
from email.message import EmailMessage

host, port = sys.argv[1].rsplit(":", 1)
message = EmailMessage()
message["From"] = "friend@example.org"
message["To"] = "postmaster@example.jp"
message["Subject"] = "the first message"
message.set_content("postmaster is an alias of root, and root of hanako.\n")
with smtplib.SMTP(host, int(port), timeout=20) as server:
    server.set_debuglevel(1)
    server.send_message(message)
PY

say "the delivered file"
wait_for "message in hanako's Maildir" has_mail
for file in "$demo"/root/home/hanako/Maildir/new/*; do
	echo "$file"
	cat "$file"
done

say "its way, in the log"
stop
cat "$demo"/log
