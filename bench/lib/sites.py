#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""sites.py FOLDER COUNT: small sites 0, 1, ... below the folder, always the same.

Each is what a hosting company has many of: some thirty parameters in main.cf,
the services of a small server in master.cf, aliases, and one or two tables.
One in ten has a fault.
"""
import random
import sys
from pathlib import Path

MASTER = """\
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable={sasl}
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       y       -       -       trivial-rewrite
bounce    unix  -       -       y       -       0       bounce
defer     unix  -       -       y       -       0       bounce
trace     unix  -       -       y       -       0       bounce
verify    unix  -       -       y       -       1       verify
flush     unix  n       -       y       1000?   0       flush
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
error     unix  -       -       y       -       -       error
retry     unix  -       -       y       -       -       error
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       y       -       -       lmtp
anvil     unix  -       -       y       -       1       anvil
"""
FAULTS = ("mydomian = x.example\n", "relayhost = 192.0.2.1\n", "message_size_limit = 20M\n",
          "biff = maybe\n", "smtpd_helo_required = yes\nsmtpd_helo_required = no\n")


def main_cf(rng, name):
    yield f"# {name}"
    yield "compatibility_level = 3.6"
    yield f"myhostname = mail.{name}"
    yield f"mydomain = {name}"
    yield "myorigin = $mydomain"
    yield "mydestination = $myhostname, localhost.$mydomain, localhost, $mydomain"
    yield f"mynetworks = 127.0.0.0/8, [::1]/128, 10.{rng.randrange(256)}.0.0/16"
    yield "inet_interfaces = all"
    yield "inet_protocols = " + rng.choice(("all", "ipv4"))
    yield "alias_maps = hash:/etc/postfix/aliases"
    yield "alias_database = $alias_maps"
    yield "home_mailbox = Maildir/"
    yield "recipient_delimiter = +"
    yield "biff = no"
    yield "append_dot_mydomain = no"
    yield f"message_size_limit = {rng.randrange(10, 50)}000000"
    yield "smtpd_banner = $myhostname ESMTP"
    yield "smtpd_helo_required = yes"
    yield "disable_vrfy_command = yes"
    yield "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination"
    yield ("smtpd_recipient_restrictions = permit_mynetworks,\n"
           "    reject_non_fqdn_recipient, reject_unlisted_recipient")
    if rng.random() < 0.5:
        yield (f"virtual_alias_domains = {name.replace('site', 'also')}\n"
               "virtual_alias_maps = hash:/etc/postfix/virtual")
    if rng.random() < 0.3:
        yield "smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/senders"
    if rng.random() < 0.3:
        yield f"relayhost = [smarthost{rng.randrange(9)}.example.net]:587"
    yield f"maximal_queue_lifetime = {rng.randrange(2, 6)}d"


def write(folder, number, rng):
    name = f"site{number}.example"
    site = folder / str(number)
    site.mkdir(parents=True)
    text = "\n".join(main_cf(rng, name)) + "\n"
    if rng.random() < 0.1:
        text += rng.choice(FAULTS)
    users = [f"user{rng.randrange(1000)}" for _ in range(rng.randrange(3, 12))]
    files = {
        "main.cf": text,
        "master.cf": MASTER.format(sasl=rng.choice(("yes", "no"))),
        "aliases": "postmaster: root\n" + "".join(f"a{i}: {u}\n" for i, u in enumerate(users)),
        "virtual": "".join(f"v{i}@{name.replace('site', 'also')} {u}@{name}\n"
                           for i, u in enumerate(users)),
        "senders": "spam.example REJECT\nfriend.example OK\n",
    }
    for file, content in files.items():
        (site / file).write_text(content, encoding="ascii")


def main():
    rng = random.Random(20240229)
    for number in range(int(sys.argv[2])):
        write(Path(sys.argv[1]), number, rng)


main()
