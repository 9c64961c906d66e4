# SPDX-License-Identifier: BSD-2-Clause
"""Recorded sessions of the real Postfix, played against mccd: the same reply
codes. The names of a case are served by a small DNS server of the test."""
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mccd_daemon import Daemon, Site
from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))
ORACLE = REFERENCE / "check/daemon_oracle.py"
CASES = sorted((REFERENCE / "behaviour/cases").glob("*")) if ORACLE.exists() else []

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def wire_name(name):
    labels = [part for part in name.rstrip(".").split(".") if part]
    return b"".join(bytes([len(p)]) + p.encode() for p in labels) + b"\0"


def wire_data(kind, text):
    if kind == "A":
        return socket.inet_aton(text)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, text)
    if kind == "MX":
        preference, host = text.split()
        return struct.pack(">H", int(preference)) + wire_name(host)
    if kind == "TXT":
        data = text.strip('"').encode()
        return bytes([len(data)]) + data
    return wire_name(text)


class Dns(threading.Thread):
    """Answers from a case's answers.txt; every other name does not exist."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.facts, self.names, self.broken = {}, set(), set()
        for line in path.read_text().splitlines() if path.exists() else []:
            if not line.strip() or line.startswith("#"):
                continue
            name, kind, text = line.split(None, 2)
            name = name.rstrip(".").lower()
            self.names.add(name)
            if text == "SERVFAIL":
                self.broken.add((name, kind))
            elif text != "-":
                self.facts.setdefault((name, kind), []).append(text)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.start()

    def records(self, name, kind):
        for _ in range(8):
            found = [(name, kind, t) for t in self.facts.get((name, kind), [])]
            alias = self.facts.get((name, "CNAME"))
            if found or not alias or kind == "CNAME":
                yield from found
                return
            yield name, "CNAME", alias[0]
            name = alias[0].rstrip(".").lower()

    def answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        number = struct.unpack(">H", query[at + 1:at + 3])[0]
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        kind = {v: k for k, v in TYPES.items()}.get(number, "?")
        rrs = list(self.records(name, kind))
        rcode = 2 if (name, kind) in self.broken else 0 if name in self.names else 3
        body = b"".join(
            wire_name(n) + struct.pack(">HHIH", TYPES[k], 1, 60, len(wire_data(k, t))) +
            wire_data(k, t) for n, k, t in rrs)
        return query[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1, len(rrs), 0, 0) + question + body

    def run(self):
        while True:
            try:
                query, peer = self.sock.recvfrom(2048)
                self.sock.sendto(self.answer(query), peer)
            except OSError:
                return


@pytest.mark.skipif(not CASES, reason="no recorded sessions here (MCC_REFERENCE)")
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_oracle(case):
    site = Site()
    shutil.rmtree(site.etc)
    shutil.copytree(case, site.etc)
    site.etc.chmod(0o755)
    (site.etc / "main.cf").chmod(0o644)
    with open(site.etc / "main.cf", "a", encoding="utf-8") as f:
        f.write("\nsmtpd_authorized_xclient_hosts = 127.0.0.1\nhome_mailbox = Maildir/\n")
    built = subprocess.run(
        [MCC, "-C", site.etc, "--root", site.top / "root", "--hostname", "mail.example.com",
         "--postfix", "3.7", "--platform", "debian", "build", "--force", "-o", site.out],
        capture_output=True, text=True, timeout=60, check=False)
    if built.returncode != 0:
        reason = re.search(r"error: .*", built.stdout + built.stderr)
        site.remove()
        pytest.skip("not built: " + (reason.group(0) if reason else built.stderr)[:200])
    dns = Dns(case / "answers.txt")
    daemon = Daemon(site, start=False)
    plain = daemon.argv
    daemon.argv = lambda: [a if a != "127.0.0.1@9" else f"127.0.0.1@{dns.port}" for a in plain()]
    with daemon:
        daemon.start()
        played = subprocess.run([sys.executable, ORACLE, f"127.0.0.1:{daemon.port}", case],
                                capture_output=True, text=True, timeout=240, check=False)
        assert played.returncode == 0, played.stdout + played.stderr
    dns.sock.close()
    site.remove()


CLIENTS = {
    # address, what the DNS knows, the client's name as the log shows it
    "127.0.0.2": ("good.example", "127.0.0.2", "good.example"),
    "127.0.0.3": ("forged.example", "127.0.0.9", "unknown"),
    "127.0.0.4": ("nowhere.example", None, "unknown"),
    "127.0.0.5": (None, None, "unknown"),
    "127.0.0.6": ("bad_name.example", "127.0.0.6", None),
    "127.0.0.7": ("SERVFAIL", None, "unknown"),
    "127.0.0.1": (None, None, "localhost"),  # etc/hosts
}


def test_client_names(tmp_path):
    """A PTR name counts when it leads back to the address."""
    facts = []
    for address, (name, forward, _) in CLIENTS.items():
        reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        if name:
            facts.append(f"{reverse} PTR {name}")
        if forward:
            facts.append(f"{name} A {forward}")
    (tmp_path / "answers.txt").write_text("\n".join(facts) + "\n")
    dns = Dns(tmp_path / "answers.txt")
    site = Site("smtpd_delay_reject = no\n"
                "smtpd_client_restrictions = reject_unknown_client_hostname\n"
                "unknown_client_reject_code = 550\n")
    site.build()
    daemon = Daemon(site, start=False)
    plain = daemon.argv
    daemon.argv = lambda: [a if a != "127.0.0.1@9" else f"127.0.0.1@{dns.port}" for a in plain()]
    with daemon:
        daemon.start()
        for address, (name, _, shown) in CLIENTS.items():
            with socket.create_connection(("127.0.0.1", daemon.port), 20, (address, 0)) as s:
                greeting = s.makefile("rb").readline().decode()
            if shown == "unknown":
                code = "450 4.7.25" if name == "SERVFAIL" else "550 5.7.25"
                assert greeting.startswith(code), (address, greeting)
            elif shown is not None:
                assert greeting.startswith("220 "), (address, greeting)
            if shown is not None:
                assert f"connect from {shown}[{address}]" in daemon.log()
        assert daemon.stop() == 0
    dns.sock.close()
    site.remove()
