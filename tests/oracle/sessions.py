#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random small sites and sessions: mcc trace beside the real smtpd.

    sessions.py [-n SESSIONS] [--seed N] [--mcc build/bin/mcc]

Each site gets a private Postfix instance (its own configuration, queue and
data folders, one smtpd on a free loopback port, clients by XCLIENT). Needs
root and an installed Postfix; /etc/postfix is neither read nor written. A
difference is made smaller by leaving out lines of main.cf as long as it stays,
then printed; exit status 1. Nothing here asks the DNS."""
import argparse
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SBIN = next((p for p in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix") if Path(p).is_dir()), None)
QUEUES = ("active bounce corrupt defer deferred flush hold incoming private public maildrop "
          "saved trace").split()
DOMAINS = ["example.com", "sub.example.com", "virt.example", "box.example", "relay.example",
           "far.example", "a.far.example", "mail.example.com", "localhost"]
LOCALS = ["alice", "bob", "nosuch", "Alice", "alice+x", "postmaster", "user%far.example", "\"a b\""]
CLIENTS = [("203.0.113.9", "mx.client.example"), ("192.168.1.20", "pc.lan.example"),
           ("198.51.100.7", "[UNAVAILABLE]"), ("127.0.0.1", "localhost"),
           ("2001:db8::7", "v6.client.example"), ("203.0.113.77", "[TEMPUNAVAIL]")]
HELOS = ["mx.client.example", "[203.0.113.9]", "localhost", "bad_name", "nodots", "mail.example.com"]
ACTIONS = ["OK", "REJECT", "REJECT no thanks", "DUNNO", "550 5.7.9 go away", "450 later", "DEFER",
           "permit_mynetworks", "reject_unauth_destination", "DEFER_IF_PERMIT wait",
           "DEFER_IF_REJECT wait", "HOLD", "PREPEND X-A: b", "WARN", "reject", "guests", "250 fine",
           "554 text", "FILTER smtp:[127.0.0.1]", "REDIRECT x@far.example", "BCC y@example.com",
           "INFO x", "DISCARD", "permit_auth_destination, reject", "oops", "521 bye"]
KEYS = ["example.com", ".example.com", "client.example", ".client.example", "far.example", "alice@",
        "alice@example.com", "203.0.113.9", "203.0.113", "198.51", "mx.client.example", "nodots",
        "localhost", "<>", "sub.example.com", "2001:db8", "bob@", "unknown", "192.168.1.20"]
PLAIN = ["permit_mynetworks", "reject_unauth_destination", "permit_auth_destination", "reject",
         "reject_non_fqdn_sender", "reject_non_fqdn_recipient", "reject_unlisted_recipient",
         "reject_unlisted_sender", "reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname",
         "reject_unknown_reverse_client_hostname", "reject_unknown_client_hostname", "permit", "defer",
         "defer_if_permit", "defer_if_reject", "warn_if_reject reject_unlisted_recipient",
         "permit_naked_ip_address", "guests", "defer_unauth_destination", "reject_multi_recipient_bounce",
         "reject_plaintext_session", "warn_if_reject reject", "reject_sender_login_mismatch"]
CHECKS = ["client", "helo", "sender", "recipient"]


# Lines of main.cf without which the machine itself would decide.
KEPT = 6


class Made:
    """A site: lines of main.cf and tables."""

    def __init__(self, rng):
        self.tables = {"access%d" % i: self.table(rng, KEYS, ACTIONS, 6) for i in range(4)}
        self.tables["aliases_v"] = self.table(
            rng, ["alice@virt.example", "@virt.example", "bob", "bob@example.com", "virt.example"],
            ["alice@example.com", "bob@far.example", "anything"], 3)
        self.tables["boxes"] = self.table(rng, ["alice@box.example", "@box.example", "bob@box.example"],
                                          ["x/"], 2)
        self.tables["users"] = "alice x\nbob x\npostmaster x\n"
        self.tables["transport"] = self.table(rng, ["far.example", ".far.example", "alice@example.com",
                                                    "relay.example", "*"],
                                              ["smtp:[127.0.0.1]", "error:gone away", "error:5.1.6 moved",
                                               "discard:", ":", "retry:4.7.1 later"], 2)
        self.lines = ["compatibility_level = %s" % rng.choice(["0", "2", "3.6"]),
                      "mynetworks = 127.0.0.0/8, 192.168.1.0/24",
                      "mydestination = $myhostname, localhost, example.com",
                      "local_recipient_maps = hash:$config_directory/users",
                      "alias_maps =", "smtpd_restriction_classes = guests",
                      "smtpd_relay_restrictions = " + rng.choice(
                          ["permit_mynetworks, reject_unauth_destination", "reject_unauth_destination",
                           "permit_mynetworks, defer_unauth_destination"]),
                      "guests = " + self.restrictions(rng, 2, False)]
        for stage in ("client", "helo", "sender", "recipient", "data"):
            if rng.random() < 0.6:
                self.lines.append(f"smtpd_{stage}_restrictions = {self.restrictions(rng, 4, True)}")
        for line, chance in (("virtual_alias_maps = hash:$config_directory/aliases_v", 0.6),
                             ("virtual_alias_domains = virt.example", 0.6),
                             ("virtual_mailbox_domains = box.example", 0.6),
                             ("virtual_mailbox_maps = hash:$config_directory/boxes", 0.6),
                             ("relay_domains = relay.example", 0.6),
                             ("relay_recipient_maps = hash:$config_directory/users", 0.3),
                             ("transport_maps = hash:$config_directory/transport", 0.4),
                             ("recipient_delimiter = +", 0.5), ("smtpd_delay_reject = no", 0.3),
                             ("smtpd_helo_required = yes", 0.3), ("soft_bounce = yes", 0.15),
                             ("strict_rfc821_envelopes = yes", 0.2), ("allow_percent_hack = no", 0.2),
                             ("smtpd_reject_unlisted_sender = yes", 0.2),
                             ("smtpd_reject_unlisted_recipient = no", 0.2),
                             ("unverified_recipient_reject_code = 550", 0.1), ("reject_code = 504", 0.1),
                             ("append_dot_mydomain = yes", 0.2), ("myorigin = example.com", 0.3),
                             ("parent_domain_matches_subdomains =", 0.3),
                             ("smtpd_null_access_lookup_key = unknown", 0.1),
                             ("message_size_limit = 5000", 0.2), ("resolve_dequoted_address = no", 0.1),
                             ("smtpd_reject_footer = \\c. For help call us", 0.05)):
            if rng.random() < chance:
                self.lines.append(line)

    @staticmethod
    def table(rng, keys, values, most):
        chosen = rng.sample(keys, min(len(keys), rng.randint(1, most)))
        return "".join(f"{k} {rng.choice(values)}\n" for k in chosen)

    @staticmethod
    def restrictions(rng, most, classes):
        words = []
        for _ in range(rng.randint(1, most)):
            if rng.random() < 0.5:
                words.append(f"check_{rng.choice(CHECKS)}_access "
                             f"hash:$config_directory/access{rng.randrange(4)}")
            else:
                words.append(rng.choice([w for w in PLAIN if classes or w != "guests"]))
        return ", ".join(words)


def make_session(rng):
    address, name = rng.choice(CLIENTS)
    sender = rng.choice(["", "u@client.example", "alice@example.com", "nosuch@example.com", "bob@far.example",
                         "plain", "u@nodots", "alice@virt.example"])
    recipient = rng.choice(LOCALS) + rng.choice(["", "@" + rng.choice(DOMAINS), "@" + rng.choice(DOMAINS)])
    return {"client": address, "client-name": name, "helo": rng.choice(HELOS), "from": sender,
            "rcpt": recipient, "size": rng.choice([0, 0, 100, 100000])}


class Postfix:
    """A private instance that serves one site."""

    def __init__(self, lines, tables, more=()):
        self.top = Path(tempfile.mkdtemp(prefix="mcc-oracle-"))
        self.top.chmod(0o755)
        self.etc = self.top / "etc"
        for name in ("etc", "spool", "lib"):
            (self.top / name).mkdir()
        owner = pwd.getpwnam("postfix")
        for name in QUEUES:
            (self.top / "spool" / name).mkdir(mode=0o755)
            os.chown(self.top / "spool" / name, owner.pw_uid, owner.pw_gid)
        (self.top / "spool/pid").mkdir()
        os.chown(self.top / "lib", owner.pw_uid, owner.pw_gid)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        (self.etc / "main.cf").write_text("\n".join(lines + [
            "myhostname = mail.example.com", "inet_interfaces = loopback-only",
            f"queue_directory = {self.top}/spool", f"data_directory = {self.top}/lib",
            f"maillog_file = {self.top}/log", f"maillog_file_prefixes = {self.top}",
            "smtpd_authorized_xclient_hosts = 127.0.0.1", "smtpd_error_sleep_time = 0",
            "smtpd_client_connection_count_limit = 0", "smtpd_tls_security_level =", ""]))
        services = ["rewrite unix - - n - - trivial-rewrite", "cleanup unix n - n - 0 cleanup",
                    "proxymap unix - - n - - proxymap", "anvil unix - - n - 1 anvil",
                    "postlog unix-dgram n - n - 1 postlogd",
                    "smtp unix - - n - - smtp", "error unix - - n - - error",
                    "retry unix - - n - - error", "discard unix - - n - - discard",
                    "local unix - n n - - local", "virtual unix - n n - - virtual",
                    "relay unix - - n - - smtp", *more]
        (self.etc / "master.cf").write_text(
            "\n".join([f"127.0.0.1:{self.port} inet n - n - - smtpd"] + services) + "\n")
        for name, text in tables.items():
            (self.etc / name).write_text(text)
            subprocess.run(["postmap", "-c", self.etc, f"hash:{self.etc}/{name}"], check=True,
                           capture_output=True)
        self.master = subprocess.Popen([f"{SBIN}/master", "-c", str(self.etc), "-d"],
                                       env=dict(os.environ, MAIL_CONFIG=str(self.etc)),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("Postfix does not start: " + self.log())

    def log(self):
        path = self.top / "log"
        return path.read_text()[-2000:] if path.exists() else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.master.send_signal(signal.SIGTERM)
        self.master.wait(20)
        shutil.rmtree(self.top, ignore_errors=True)

    def ask_bounded(self, session):
        """A daemon that dies at start is throttled by master: it gave up too."""
        try:
            return self.ask(session)
        except OSError:
            return None

    def ask(self, session):
        """Replies by stage, as (code, dsn); None: smtpd gave up."""
        replies = {}
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
            stream = sock.makefile("rwb")

            def command(text):
                if text is not None:
                    stream.write(text.encode() + b"\r\n")
                    stream.flush()
                while True:
                    line = stream.readline().decode(errors="replace")
                    if len(line) < 4 or line[3] != "-":
                        break
                words = line.split()
                return (int(words[0]) if words else 0,
                        words[1] if len(words) > 1 and words[1].count(".") == 2 and
                        words[1].replace(".", "").isdigit() else None)

            if command(None)[0] != 220:
                return None
            address = ("IPV6:" if ":" in session["client"] else "") + session["client"]
            steps = [("connect", f"XCLIENT ADDR={address} NAME={session['client-name']} "
                                 f"REVERSE_NAME={session['client-name']}"),
                     ("helo", f"EHLO {session['helo']}"),
                     ("mail", f"MAIL FROM:<{session['from']}>" +
                      (f" SIZE={session['size']}" if session["size"] else "")),
                     ("rcpt", f"RCPT TO:<{session['rcpt']}>")]
            command("EHLO start")
            for stage, text in steps:
                replies[stage] = command(text)
                if replies[stage][0] == 0:
                    return None
                if replies[stage][0] >= 400:
                    break
        return replies


def ask_mcc(mcc, postfix, sessions):
    done = subprocess.run(
        [mcc, "-C", postfix.etc, "--postfix", VERSION, "--platform", "debian", "--hostname",
         "mail.example.com", "trace", "--no-steps", "--peer", "127.0.0.1", "--service",
         f"127.0.0.1:{postfix.port}/inet", "--script", "-"],
        input="".join(json.dumps(s) + "\n" for s in sessions), capture_output=True, text=True,
        timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    answers = []
    for line in done.stdout.splitlines():
        trace = json.loads(line)
        answers.append(None if trace.get("fatal") else
                       {k: (v["code"], v.get("dsn")) for k, v in trace["replies"].items()})
    return answers


def compare(mcc, lines, tables, sessions):
    """(session, Postfix's replies, mcc's) of those that differ."""
    with Postfix(lines, tables) as postfix:
        ours = ask_mcc(mcc, postfix, sessions)
        theirs = [postfix.ask_bounded(s) for s in sessions]
    return [(s, real, mine) for s, real, mine in zip(sessions, theirs, ours)
            if (real is None) != (mine is None) or
            real is not None and any(real[k] != mine.get(k) for k in real
                                     if k in ("mail", "rcpt") or real[k][0] >= 400)]


def shrink(mcc, lines, tables, session, budget=12):
    at = KEPT
    while at < len(lines) and budget > 0:
        fewer = lines[:at] + lines[at + 1:]
        budget -= 1
        try:
            differs = compare(mcc, fewer, tables, [session])
        except RuntimeError:
            differs = []
        if differs:
            lines = fewer
        else:
            at += 1
    return lines


def report(lines, tables, difference):
    session, real, mine = difference
    print("---- difference\n" + "\n".join(lines))
    for name, text in tables.items():
        if any(name in line for line in lines):
            print(f"# {name}:\n{text}", end="")
    print(f"session: {json.dumps(session)}\nPostfix: {real}\nmcc:     {mine}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--mcc", default=str(Path(__file__).resolve().parents[2] / "build/bin/mcc"))
    args = parser.parse_args()
    if os.geteuid() != 0 or SBIN is None:
        print("sessions.py: needs root and an installed Postfix", file=sys.stderr)
        return 2
    print(f"seed {args.seed}", flush=True)
    rng, asked, wrong = random.Random(args.seed), 0, 0
    while asked < args.n:
        site = Made(rng)
        sessions = [make_session(rng) for _ in range(20)]
        differences = compare(args.mcc, site.lines, site.tables, sessions)
        asked += len(sessions)
        wrong += len(differences)
        for session, real, mine in differences:
            print(f"{json.dumps(session)}\n  Postfix {real}\n  mcc     {mine}", flush=True)
        if differences:
            report(shrink(args.mcc, site.lines, site.tables, differences[0][0]), site.tables,
                   differences[0])
    print(f"{asked} sessions, {wrong} differ")
    return 1 if wrong else 0


VERSION = ".".join(subprocess.run(["postconf", "-dh", "mail_version"], capture_output=True, text=True,
                                  check=False).stdout.strip().split(".")[:2]) or "3.7"

if __name__ == "__main__":
    sys.exit(main())
