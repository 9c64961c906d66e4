# SPDX-License-Identifier: BSD-2-Clause
"""Endpoints, next hops and arguments of pipe(8): what the real Postfix cannot
use is what mcc check complains about, and nothing else."""
import json
import os
import re
import smtplib
import subprocess
import time

import pytest

import postfix
from mccd_daemon import MCC
from test_rule_services import free_ports, touch

HOPS = ["[x", "x:99999", "[x]y", ":1", "[]", "[127.0.0.1]:1", "[127.0.0.1]:0", "a,[b", "127.0.0.1:1", "-x", "x..y",
        "[ipv6:1.2.3.4]", "[1.2.3.4.5]", "x:y:z", "[::1]:1", "[127.0.0.1]:1, [127.0.0.1]:2", "localhost:1"]
PIPES = ["argv=/bin/true " + a for a in (
    "${foo}", "$recipient", "$(user)", "${recipient:x}", "$$x", "$ x", "${}", "$SENDER", "x$user.y${size}z", "$1")] + [
    "argv=$foo", "argv=", "USER=nobody argv=/bin/true", "size=-1 argv=/bin/true", "size= argv=/bin/true",
    "Flags=DR argv=/bin/true", "foo=x argv=/bin/true"]
BOTH = ["inet:localhost", "unix:", "foo:bar", "inet:10.1", "inet:1", "inet:[::1:25", "inet:[::1]:1", "inet:[::1]",
        "inet:127.0.0.1:", "unix:/no/such", "local:/no/such", "foo", "{inet:127.0.0.1:1, foo=bar}", "inet::1",
        "{inet:127.0.0.1:1, default_action}", "inet:127.0.0.1:smtp", "INET:127.0.0.1:1", "inet:smtp", "inet:"]
MILTERS = BOTH + ["{inet:127.0.0.1:1, connect_timeout = 5s}", "{inet:127.0.0.1:1, {connect_timeout = 5s}}"]
POLICIES = BOTH + ["{inet:127.0.0.1:1, timeout=1s, policy_context=x, try_limit=1}", "{inet:127.0.0.1:1, timeout = 1s}"]
FAULT = re.compile(r"fatal: |unknown macro|empty macro|invalid transport name|needs? .*transport:endpoint|"
                   r"host or service \S+ not found")


def agents():
    found = [f"h{i} unix - - n - - smtp -o syslog_name=h{i}" for i in range(len(HOPS))]
    found += [f"p{i} unix - n n - - pipe -o syslog_name=p{i} {'' if 'USER' in p else 'user=nobody '}{p}"
              for i, p in enumerate(PIPES)]
    return found + ["qmgr unix n - n 300 1 qmgr"] + [f"{b} unix - - n - 0 bounce" for b in ("bounce", "defer", "trace")]


def servers(ports):
    found = [f"127.0.0.1:{port} inet n - n - - smtpd -o {{smtpd_milters={m}}} -o syslog_name=m{i}"
             for i, (port, m) in enumerate(zip(ports, MILTERS))]
    return found + [
        f"127.0.0.1:{port} inet n - n - - smtpd -o smtpd_delay_reject=no -o syslog_name=c{i} "
        f"-o smtpd_policy_service_try_limit=1 -o {{smtpd_client_restrictions=check_policy_service {p}}}"
        for i, (port, p) in enumerate(zip(ports[len(MILTERS):], POLICIES))]


def send(port, names):
    for name in names:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as server:
            server.sendmail("a@b.example", [f"u@{name}.example"], "x\r\n")


def heard(real, names, seconds=60):
    """Who was complained about, once each has said something."""
    end, told = time.time() + seconds, set()
    while time.time() < end and not set(names) <= told:
        time.sleep(0.2)
        lines = [(name, line) for line in real.log().splitlines() for name in re.findall(r" ([hpmc]\d+)/\w+\[", line)
                 if "dict_nis_init" not in line and not re.search(r"(dis)?connect(ed)? from", line)]
        told = {name for name, _ in lines}
    assert set(names) <= told
    return {name for name, line in lines if FAULT.search(line)}


def said(folder, rules):
    """The lines of `folder`, by file, where mcc check finds one of the rules."""
    done = subprocess.run([MCC, "-C", folder, "--postfix", "3.7", "check", "--format=json", "--fail-on=never"],
                          capture_output=True, text=True, timeout=60, check=True)
    return {(os.path.basename(d["file"]), d["line"]) for d in json.loads(done.stdout)["diagnostics"]
            if d["rule"] in rules}


def of_master(real, found):
    lines = (real.etc / "master.cf").read_text().splitlines()
    return {re.search(r"syslog_name=(\w+)", lines[n - 1])[1] for file, n in found if file == "master.cf"}


def same(mine, refused, asked):
    assert {n: asked[n] for n in mine} == {n: asked[n] for n in refused}


needs_postfix = pytest.mark.skipif(os.geteuid() != 0 or not postfix.SBIN, reason="needs root and an installed Postfix")


@pytest.mark.beside
@needs_postfix
def test_hops_and_commands_that_postfix_cannot_use():
    names = [f"h{i}" for i in range(len(HOPS))] + [f"p{i}" for i in range(len(PIPES))]
    table = "".join(f"h{i}.example h{i}:{hop}\n" for i, hop in enumerate(HOPS)) + \
        "".join(f"p{i}.example p{i}:\n" for i in range(len(PIPES)))
    lines = ["compatibility_level = 3.6", "mydestination =", "transport_maps = texthash:$config_directory/transport"]
    with postfix.Postfix(lines, {"transport": ("texthash", table)}, agents()) as real:
        send(real.port, names)
        refused = heard(real, names)
        found = said(real.etc, {"MC1044", "MC1125"})
        mine = of_master(real, found) | {names[n - 1] for file, n in found if file == "transport"}
    same(mine, refused, dict(zip(names, HOPS + PIPES)))


@pytest.mark.beside
@needs_postfix
def test_endpoints_that_postfix_cannot_use():
    ports = free_ports(len(MILTERS) + len(POLICIES))
    names = [f"m{i}" for i in range(len(MILTERS))] + [f"c{i}" for i in range(len(POLICIES))]
    with postfix.Postfix(["compatibility_level = 3.6"], {}, servers(ports)) as real:
        for port in ports:
            touch(port)
        refused = heard(real, names)
        mine = of_master(real, said(real.etc, {"MC1141", "MC657"}))
    same(mine, refused, dict(zip(names, MILTERS + POLICIES)))
