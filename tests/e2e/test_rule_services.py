# SPDX-License-Identifier: BSD-2-Clause
"""master.cf: what the programs of the real Postfix refuse when they are started
is what mcc check calls an error."""
import json
import os
import re
import socket
import subprocess
import time

import pytest

import postfix
from programs import MCC

ONE = "tlsmgr verify anvil scache postscreen".split()
NONE = "cleanup bounce flush dnsblog tlsproxy".split()
ANY = "showq discard smtpd".split()
LIMITS = [(program, limit) for program in ONE + NONE + ANY for limit in ("0", "1", "7", "-")]
# pipe(8) reads its arguments when it has a message, spawn(8) with each connection.
SPAWNS = ["user=nobody argv=/bin/true", "argv=/bin/true", "user=nobody", "user=root argv=/bin/true",
          "user=postfix argv=/bin/true", "user=nobody:root argv=/bin/true", "user=nobody size=1 argv=/bin/true",
          "user=nobody foo argv=/bin/true"]
FATAL = re.compile(r"requires a process limit|missing \w+= attribute|request to (deliver|use)|unknown attribute")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def touch(port):
    """One connection, which starts the program; master(8) opens one service after the other."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}")


def refused(real, ports, want, seconds=40):
    """Ports whose program ended, once all of `want` have or the time is up."""
    end, found = time.time() + seconds, set()
    while time.time() < end and not want <= found:
        time.sleep(0.2)
        found = {int(port) for port, text in re.findall(r" s(\d+)/\S+\[\d+\]: fatal: (.*)", real.log())
                 if FATAL.search(text)}
    return found & set(ports)


@pytest.mark.beside
@pytest.mark.skipif(os.geteuid() != 0 or not postfix.SBIN, reason="needs root and an installed Postfix")
def test_what_programs_refuse():
    ports = free_ports(len(LIMITS) + len(SPAWNS))
    services = [f"127.0.0.1:{port} inet n - n - {limit} {program} -o syslog_name=s{port}"
                for port, (program, limit) in zip(ports, LIMITS)]
    services += [f"127.0.0.1:{port} inet n n n - - spawn -o syslog_name=s{port} {args}"
                 for port, args in zip(ports[len(LIMITS):], SPAWNS)]
    names = dict(zip(ports, services))
    with postfix.Postfix(["compatibility_level = 3.6"], {}, services) as real:
        done = subprocess.run([MCC, "-C", real.etc, "--root", "/", "check", "--format", "json", "--fail-on", "never"],
                              capture_output=True, text=True, timeout=60, check=False)
        lines = (real.etc / "master.cf").read_text().split("\n")
        said = {lines[d["line"] - 1] for d in json.loads(done.stdout)["diagnostics"]
                if d["rule"] in ("MC1118", "MC1125")}
        for port in ports:
            touch(port)
        want = {port for port in ports if names[port] in said}
        got = refused(real, ports, want)
    assert {names[p] for p in got} == {names[p] for p in want}
    assert len(want) == 4 * len(ONE + NONE) - len(ONE + NONE) + len(SPAWNS) - 1


ARGUMENTS = {
    "user=vmail argv=/bin/x ${recipient}": [],
    "flags=DRhu user=vmail:vmail null_sender= size=0 directory=/ eol=\\r\\n argv=/bin/x flags=Z": [],
    "-o x=y user=vmail argv=/bin/x": [], "user=vmail": ["MC1125"], "": ["MC1125"],
    "user=0 argv=/bin/x": ["MC1125"], "user=vmail:0 argv=/bin/x": ["MC1125"], "user= argv=/bin/x": ["MC1125"],
    "user=vmail: argv=/bin/x": ["MC1125"], "user=vmail bar=1 argv=/bin/x": ["MC1125"],
    "user=vmail size=ten argv=/bin/x": ["MC1125"], "flags=Z user=vmail argv=/bin/x": ["MC1126"],
}


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_arguments_of_pipe(tmp_path, arguments):
    (tmp_path / "master.cf").write_text(f"filter unix - n n - 10 pipe\n  {arguments}\n")
    done = subprocess.run([MCC, "check", "--format", "json", "--fail-on", "never", tmp_path / "master.cf"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert [d["rule"] for d in json.loads(done.stdout)["diagnostics"]] == ARGUMENTS[arguments], done.stdout


# Rows of an access table, and what is said of each.
ROWS = {
    "OK": None, "RELAY": None, "DUNNO": None, "12345": None, "REJECT": None, "reject go away": None,
    "550 5.7.1 no": None, "421 later": None, "permit_mynetworks, reject": None, "own_class": None,
    "sleep 0 reject": None, "FILTER smtp:[127.0.0.1]:10025": None, "PREPEND X-Seen: yes": None,
    "REDIRECT a@example.jp": None, "550": "MC624", "250 welcome": "MC625", "299 x": "MC625", "45 x": "MC623",
    "5501 x": "MC623", "REJCT": "MC623", "permit_mynetworks, reject_foo": "MC623", "FILTER smtp": "MC627",
    "check_sender_access hash:/x": "MC626", "REDIRECT postmaster": "MC627", "BCC": "MC627", "PREPEND text": "MC627",
}


@pytest.mark.parametrize("row", ROWS)
def test_rows_of_access_tables(tmp_path, row):
    (tmp_path / "main.cf").write_text(
        "compatibility_level = 3.6\nmydestination = example.jp\nsmtpd_restriction_classes = own_class\n"
        "own_class = reject\nsmtpd_client_restrictions = check_client_access hash:/etc/postfix/clients\n")
    (tmp_path / "clients").write_text(f"192.0.2.1 {row}\n")
    done = subprocess.run([MCC, "-C", tmp_path, "check", "--format", "json", "--fail-on", "never"],
                          capture_output=True, text=True, timeout=60, check=False)
    found = [d["rule"] for d in json.loads(done.stdout)["diagnostics"] if d["file"] == "clients"]
    assert found == ([ROWS[row]] if ROWS[row] else []), done.stdout
    done = subprocess.run([MCC, "-C", tmp_path, "trace", "--format", "json", "--client", "192.0.2.1", "--client-name",
                           "a.example", "--helo", "a.example", "--from", "a@b.example", "x@example.jp"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert ('"code":451,"dsn":"4.3.5"' in done.stdout) == (ROWS[row] in ("MC623", "MC625", "MC626")), done.stdout
