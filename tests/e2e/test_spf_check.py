# SPDX-License-Identifier: BSD-2-Clause
"""mcc spf check: what it prints and how it ends; the published suite of
RFC 7208, when its data is at hand."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dns_servers import Scripted, free_port, question, record, reply
from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))

ZONE = """$ORIGIN x.test.
@ 300 SOA ns h 1 2 3 4 5
@ TXT "v=spf1 ip4:192.0.2.0/24 include:inc.x.test -all exp=why.x.test"
why TXT "%{c} may not send as %{s}"
inc TXT "v=spf1 a:host.x.test ?all"
host A 198.51.100.1
soft TXT "v=spf1 ~all"
broken TXT "v=spf1 ipv4:192.0.2.1 -all"
"""


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    path = tmp_path_factory.mktemp("spf") / "zone"
    path.write_text(ZONE)
    return path


def spf(*words, seconds=60):
    done = subprocess.run([MCC, "spf", "check", *map(str, words)], capture_output=True,
                          timeout=seconds, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check(zone, ip, sender, *more):
    return spf("--zone", zone, "--ip", ip, "--from", sender, "--helo", "h.x.test", *more)


def test_first_line_is_the_result(zone):
    status, out, _ = check(zone, "192.0.2.1", "u@x.test")
    assert status == 0 and out.splitlines()[0] == "pass"
    assert "mechanism: ip4:192.0.2.0/24" in out and "lookups: 0 of 10" in out
    status, out, _ = check(zone, "203.0.113.1", "u@x.test")
    assert status == 1 and out.splitlines()[0] == "fail"
    assert "explanation: 203.0.113.1 may not send as u@x.test" in out


def test_walk(zone):
    _, brief, _ = check(zone, "198.51.100.1", "u@x.test")
    _, whole, _ = check(zone, "198.51.100.1", "u@x.test", "-v")
    assert whole.startswith(brief)
    assert re.search(r"^ +include:inc\.x\.test: looks into inc\.x\.test$", whole, re.M)
    assert re.search(r"^ +a:host\.x\.test: matches: pass$", whole, re.M)


def test_json(zone):
    status, out, _ = check(zone, "203.0.113.1", "u@x.test", "--format", "json")
    got = json.loads(out)
    assert status == 1 and list(got)[:5] == ["result", "explanation", "mechanism", "domain",
                                             "record"]
    assert got["result"] == "fail" and got["mechanism"] == "-all" and got["domain"] == "x.test"
    assert got["explanation"] == "203.0.113.1 may not send as u@x.test"
    assert got["lookups"] == 2 and got["void_lookups"] == 0 and len(got["trace"]) > 3
    got = json.loads(check(zone, "192.0.2.1", "u@x.test", "--format", "json")[1])
    assert got["explanation"] is None


@pytest.mark.parametrize("sender,status,result", [
    ("u@soft.x.test", 0, "softfail"), ("u@none.x.test", 0, "none"),
    ("u@broken.x.test", 1, "permerror"), ("u@elsewhere.test", 3, "temperror")])
def test_exit_status(zone, sender, status, result):
    got = check(zone, "192.0.2.1", sender)
    assert (got[0], got[1].splitlines()[0]) == (status, result)


def test_syntax_error_has_its_column(zone):
    out = check(zone, "192.0.2.1", "u@broken.x.test")[1]
    assert re.search(r"^problem: .*column 8\b", out, re.M), out


def test_null_sender(zone):
    for sender in ("", "<>"):
        out = spf("--zone", zone, "--ip", "192.0.2.1", "--from", sender, "--helo", "x.test")[1]
        assert out.startswith("pass\n")


@pytest.mark.parametrize("words", [
    [], ["--ip", "192.0.2.1", "--from", "u@x.test"], ["--ip", "192.0.2", "--from", "u", "--helo", "h"],
    ["--format", "xml"]])
def test_usage(words, zone):
    assert spf("--zone", zone, *words)[0] == 2


def test_batch(zone, tmp_path):
    lines = [f"192.0.2.{i % 256} u{i}@x.test h.x.test" for i in range(3000)]
    lines[10] = "203.0.113.1 <> x.test"
    (tmp_path / "batch").write_text("# IP FROM HELO\n\n" + "\n".join(lines) + "\n")
    status, out, err = spf("--zone", zone, "--batch", tmp_path / "batch")
    got = [json.loads(line) for line in out.splitlines()]
    assert status == 1 and len(got) == 3000, err
    assert [g["from"] for g in got[:3]] == ["u0@x.test", "u1@x.test", "u2@x.test"]
    assert [i for i, g in enumerate(got) if g["result"] != "pass"] == [10]
    (tmp_path / "batch").write_text("192.0.2.1 u@x.test h\n192.0.2.1 u@x.test\n")
    status, out, err = spf("--zone", zone, "--batch", tmp_path / "batch")
    assert status == 3 and "batch:2:" in err


def test_nothing_listens_is_a_temperror():
    got = spf("--resolver", f"127.0.0.1@{free_port()}", "--ip", "192.0.2.1", "--from",
              "u@x.test", "--helo", "h")
    assert got[0] == 3 and got[1].startswith("temperror\n") and "listens" in got[1]


def test_replay_equals_live(tmp_path):
    texts = {"x.test": "v=spf1 a:h.x.test -all", "h.x.test": None}

    def script(q, is_tcp, number):
        name, rtype, _ = question(q)
        text = texts.get(name.lower())
        if rtype == 16 and text:
            return [reply(q, [record(name, "TXT", text)])]
        return [reply(q, [record(name, "A", "192.0.2.1")])] if rtype == 1 else [reply(q)]
    words = ["--ip", "192.0.2.1", "--from", "u@x.test", "--helo", "h.x.test", "-v"]
    tape = tmp_path / "tape"
    with Scripted(script) as server:
        live = spf("--resolver", server.where, "--record", tape, *words)
    assert live[1].startswith("pass\n")
    assert spf("--replay", tape, *words) == live
    # A question that was not recorded is no "does not exist".
    other = spf("--replay", tape, "--ip", "192.0.2.1", "--from", "u@y.test", "--helo", "h")
    assert other[0] == 3 and other[1].startswith("temperror\n")


def test_published_suite():
    script = REFERENCE / "check/spf_suite.py"
    suite = REFERENCE / "spf/rfc7208-tests.yml"
    if not script.exists() or not suite.exists():
        pytest.skip("the suite's data is not at hand (MCC_REFERENCE)")
    pytest.importorskip("yaml")
    done = subprocess.run([sys.executable, script, MCC, suite], capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.stdout.splitlines()[-1] == "203 passed, 0 failed", done.stdout[-3000:]
