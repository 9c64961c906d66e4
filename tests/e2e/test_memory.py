# SPDX-License-Identifier: BSD-2-Clause
"""Memory by size of input: no site needs more than FACTOR times its bytes and BASE.

Each case is what makes some part of the compiler keep much for few bytes: short
words, references that double, services that each see the whole main.cf. The
factor is the one that docs/decisions.md states.
"""
import subprocess

import pytest
from programs import MCC

pytestmark = pytest.mark.beside
FACTOR = 400
BASE = 96 << 20
HEAD = "compatibility_level = 3.6\nmyhostname = h.example\n"
SIZE = 150_000


def lines(row, size=SIZE):
    """row(0), row(1), ... up to about `size` bytes."""
    out, length, i = [], 0, 0
    while length < size:
        out.append(row(i))
        length += len(out[-1])
        i += 1
    return "".join(out)


def smtpd(i, options):
    return f"s{i} inet n - n - - smtpd {options}\n"


def table(rows, parameter="virtual_alias_maps = hash:"):
    return {"main.cf": f"{HEAD}{parameter}/etc/postfix/table\n", "table": rows}


def aliases(rows):
    return {"main.cf": f"{HEAD}alias_maps = hash:/etc/postfix/aliases\n", "aliases": rows}


def doubling(count):
    return "b0 = 0123456789\n" + "".join(f"b{i + 1} = $b{i} $b{i}\n" for i in range(count))


CASES = {
    "parameters": lambda n: {"main.cf": HEAD + lines(lambda i: f"p{i} = v\n", n)},
    "one parameter": lambda n: {"main.cf": HEAD + "biff = no\n" * (n // 10)},
    "references": lambda n: {"main.cf": HEAD + lines(lambda i: f"p{i + 1} = $p{i}\n", n)},
    "references to nothing": lambda n: {"main.cf": HEAD + "x = " + lines(lambda i: f"$p{i} ", n)},
    "references to themselves": lambda n: {"main.cf": HEAD + lines(lambda i: f"a{i}=$a{i}\n", n)},
    "references that double": lambda n: {"main.cf": HEAD + doubling(60)},
    "many that double": lambda n: {
        "main.cf": HEAD + doubling(13) + lines(lambda i: f"c{i} = $b12\n", n)},
    "services that double": lambda n: {
        "main.cf": HEAD + doubling(13) + "smtpd_banner = $b12\n",
        "master.cf": lines(lambda i: smtpd(i, f"-o b0=x{i}"), n)},
    "short words": lambda n: {"main.cf": HEAD + "mydestination = " + "a," * (n // 2)},
    "networks": lambda n: {"main.cf": HEAD + "mynetworks = " + "10.0.0.1/8 " * (n // 11)},
    "restrictions": lambda n: {
        "main.cf": HEAD + "smtpd_recipient_restrictions = " + "permit, " * (n // 8)},
    "no restrictions": lambda n: {
        "main.cf": HEAD + "smtpd_recipient_restrictions = " + lines(lambda i: f"x{i}, ", n)},
    "classes": lambda n: {
        "main.cf": HEAD + "smtpd_restriction_classes = " + lines(lambda i: f"c{i} ", n // 2)
                   + "\n" + lines(lambda i: f"c{i} = permit\n", n // 2)},
    "maps": lambda n: {
        "main.cf": HEAD + "virtual_alias_maps = " + lines(lambda i: f"hash:/etc/postfix/m{i} ", n)},
    "maps in maps": lambda n: {"main.cf": HEAD + "virtual_alias_maps = " + "pipemap:{" * (n // 9)},
    "braces": lambda n: {
        "main.cf": HEAD + "smtpd_recipient_restrictions = " + "{" * n},
    "conditions": lambda n: {"main.cf": HEAD + "x = " + "${a?{b}:{c}}" * (n // 12)},
    "open conditions": lambda n: {"main.cf": HEAD + "x = " + "${a?{" * (n // 5)},
    "one long line": lambda n: {"main.cf": HEAD + "x = " + "y" * n},
    "continuations": lambda n: {"main.cf": HEAD + "x = y\n" + " z\n" * (n // 3)},
    "suppressions": lambda n: {"main.cf": HEAD + "#mcc:ignore MC101 -- x\n" * (n // 23)},
    "no syntax": lambda n: {"main.cf": HEAD + "x\n" * (n // 2)},
    "services": lambda n: {
        "main.cf": HEAD, "master.cf": lines(lambda i: f"s{i} unix - - n - - smtp\n", n)},
    "options": lambda n: {
        "main.cf": HEAD, "master.cf": "smtp unix - - n - - smtp\n"
                                      + lines(lambda i: f" -o a{i}=b\n", n)},
    "services with options": lambda n: {
        "main.cf": HEAD, "master.cf": lines(lambda i: smtpd(i, "-o myhostname=a"), n)},
    "services beside a large list": lambda n: {
        "main.cf": HEAD + "mynetworks = " + "10.0.0.0/8," * (n // 22) + "\n",
        "master.cf": lines(lambda i: smtpd(i, "-o smtpd_client_restrictions="), n // 2)},
    "services beside large restrictions": lambda n: {
        "main.cf": HEAD + "smtpd_recipient_restrictions = " + "permit," * (n // 14)
                   + "reject_unauth_destination\n",
        "master.cf": lines(lambda i: smtpd(i, "-o smtpd_client_restrictions="), n // 2)},
    "services beside many values": lambda n: {
        "main.cf": HEAD + lines(lambda i: f"u{i} = $myhostname\n", n // 2),
        "master.cf": lines(lambda i: f"s{i} unix - - n - - smtp -o myhostname=a{i}\n", n // 2)},
    "aliases": lambda n: aliases(lines(lambda i: f"a{i}: b\n", n)),
    "one alias": lambda n: aliases("x: y\n" * (n // 5)),
    "members": lambda n: aliases("a: " + "b," * (n // 2) + "b\n"),
    "alias loops": lambda n: aliases(lines(lambda i: f"a{i}: a{i ^ 1}\n", n)),
    "a chain of aliases": lambda n: aliases(lines(lambda i: f"a{i}: a{i + 1}\n", n)),
    "included aliases": lambda n: {
        **aliases(lines(lambda i: f"a{i}: :include:/etc/postfix/i{i % 7}\n", n)),
        **{f"i{k}": f":include:/etc/postfix/i{(k + 1) % 7}\n" for k in range(7)}},
    "rows": lambda n: table(lines(lambda i: f"a{i} b\n", n)),
    "one row": lambda n: table("a b\n" * (n // 4)),
    "rows without a value": lambda n: table("a\n" * (n // 2)),
    "virtual loops": lambda n: table(
        lines(lambda i: f"a{i}@h.example a{i ^ 1}@h.example\n", n)),
    "unknown actions": lambda n: table(
        lines(lambda i: f"a{i} x{i}\n", n),
        "smtpd_recipient_restrictions = check_recipient_access hash:"),
    "patterns": lambda n: table(lines(lambda i: f"/a{i}/ OK\n", n),
                                "smtpd_client_restrictions = check_client_access regexp:"),
    "patterns that repeat": lambda n: table("/(((a{1,200}){1,200}){1,200})/ OK\n" * (n // 34),
                                            "smtpd_client_restrictions = check_client_access pcre:"),
    "cidr rows": lambda n: table(lines(lambda i: f"10.0.{i // 256 % 256}.{i % 256} OK\n", n),
                                 "smtpd_client_restrictions = check_client_access cidr:"),
}

MEASURE = ("import resource, subprocess, sys; status = subprocess.run(sys.argv[1:], "
           "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode; "
           "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)")


def peak(tmp_path, files):
    """Bytes of the site and the most memory that its check needed."""
    size = 0
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="ascii")
        size += len(text)
    done = subprocess.run(["/usr/bin/python3", "-c", MEASURE, MCC, "--hostname", "h.example",
                           "check", "--fail-on", "never", "--format", "json", tmp_path],
                          capture_output=True, check=True, timeout=120)
    status, rss = map(int, done.stdout.split())
    assert status == 0
    return size, rss


@pytest.mark.parametrize("case", CASES)
def test_memory_by_size(tmp_path, case):
    size, rss = peak(tmp_path, CASES[case](SIZE))
    assert rss <= BASE + FACTOR * size, f"{rss} bytes for {size}"


@pytest.mark.parametrize("case", ["short words", "services beside a large list", "one alias",
                                  "services with options", "references to nothing", "maps"])
def test_memory_stays_in_proportion(tmp_path, case):
    """The worst ones, eight times as large."""
    size, rss = peak(tmp_path, CASES[case](8 * SIZE))
    assert rss <= BASE + FACTOR * size, f"{rss} bytes for {size}"
