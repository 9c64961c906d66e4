# SPDX-License-Identifier: BSD-2-Clause
"""The documents of the DN rules are tests: the bad sample (main.cf and its
zones) raises exactly that rule on the marked line and no other, the good one
nothing at all.

Words after `main.cf`: line=N, public=ADDRESS[,ADDRESS]. What a text alone shows
has a sample `spf` for mcc spf lint instead; with=RULE there is a rule that
cannot be avoided beside it.
"""
import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
from programs import MCC, ROOT

DOCS = sorted((ROOT / "docs/rules").glob("DN*.md"))
HEADINGS = ["Why", "Bad", "Good", "Fix", "References"]
FENCE = re.compile(r"^```(\S+)([^\n]*)\n(.*?)^```$", re.M | re.S)


def sections(text):
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    return parts[0], dict(zip(parts[1::2], parts[2::2]))


# What no sample shows; the test that does is named.
ELSEWHERE = {"DN068": "test_spf_tools.py"}


def sample(section):
    """-> (main.cf, its words, zone)"""
    files = {name: (words, body) for name, words, body in FENCE.findall(section)}
    words, main = files["main.cf"]
    return main, dict(w.split("=", 1) for w in words.split()), files["dns"][1]


def findings(folder, main, words, zone):
    folder.mkdir()
    (folder / "main.cf").write_text(main)
    (folder / "zone").write_text(zone)
    cmd = [MCC, "-C", folder, "--hostname", "unused.example", "dns", "check",
           "--zone", folder / "zone", "--format", "json"]
    for address in filter(None, words.get("public", "").split(",")):
        cmd += ["--public-address", address]
    done = subprocess.run(cmd, capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    got = json.loads(done.stdout)["diagnostics"]
    assert done.returncode == (1 if any(d["severity"] == "error" for d in got) else 0)
    return got


def lint(folder, section):
    """-> findings, and the words of the sample"""
    folder.mkdir()
    (_, words, body), = FENCE.findall(section)
    (folder / "records").write_text(body)
    done = subprocess.run([MCC, "spf", "lint", "--format", "json", "records"], cwd=folder,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)["diagnostics"], dict(w.split("=", 1) for w in words.split())


def test_there_are_documents():
    assert len(DOCS) > 30


@pytest.mark.parametrize("doc", DOCS, ids=lambda p: p.stem)
def test_document(doc, tmp_path):
    rule = doc.stem
    head, parts = sections(doc.read_text(encoding="utf-8"))
    assert re.match(rf"# {rule} [a-z0-9-]+\n\n\S", head), "title and summary"
    assert list(parts) == HEADINGS
    if rule in ELSEWHERE:
        assert rule in (Path(__file__).parent / ELSEWHERE[rule]).read_text()
        return
    if "```spf" in parts["Bad"]:
        got, words = lint(tmp_path / "bad", parts["Bad"])
        assert {d["rule"] for d in got} == {rule, words.get("with", rule)}, got
        assert {(d["file"], d["line"]) for d in got} == {("records", int(words["line"]))}
        assert lint(tmp_path / "good", parts["Good"])[0] == []
        return
    main, words, zone = sample(parts["Bad"])
    got = findings(tmp_path / "bad", main, words, zone)
    assert {d["rule"] for d in got} == {rule}, [(d["rule"], d["message"]) for d in got]
    assert {(d["file"], d["line"]) for d in got} == {("main.cf", int(words["line"]))}
    assert findings(tmp_path / "good", *sample(parts["Good"])) == []


MAIN = "compatibility_level = 3.6\nmyhostname = mail.example.org\nmydomain = example.org\n" \
    "mydestination = example.org\n"


def check(folder, *words):
    done = subprocess.run([MCC, "-C", folder, "--hostname", "unused.example", *words],
                          capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_nothing_verified_is_no_success(tmp_path):
    (tmp_path / "main.cf").write_text(MAIN)
    (tmp_path / "tape").write_text("")
    (tmp_path / "zone").write_text("$ORIGIN elsewhere.test.\n@ 300 SOA ns h 1 2 3 4 5\n")
    status, out, err = check(tmp_path, "dns", "check", "--zone", tmp_path / "zone")
    assert status == 3 and "DN000" in out and "nothing could be verified" in err
    # The resolver is a port where nobody listens.
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    status, out, err = check(tmp_path, "dns", "check", "--resolver", f"127.0.0.1@{port}",
                             "--fail-on", "never")
    assert status == 3 and "DN000" in out and "nothing could be verified" in err


def test_suppression(tmp_path):
    comment = "# mcc:ignore DN001 -- another host receives\n"
    (tmp_path / "zone").write_text("$ORIGIN example.org.\n@ 300 SOA ns h 1 2 3 4 5\n"
                                   '@ TXT "v=spf1 -all"\n')
    words = ("dns", "check", "--zone", tmp_path / "zone", "--format", "json")

    def rules(text):
        (tmp_path / "main.cf").write_text(text)
        return {d["rule"] for d in json.loads(check(tmp_path, *words)[1])["diagnostics"]}
    head, tail = MAIN[:MAIN.index("mydestination")], MAIN[MAIN.index("mydestination"):]
    loud, quiet = rules(MAIN), rules(head + comment + tail)
    assert "DN001" in loud and quiet == loud - {"DN001"}
    # mcc check cannot tell whether it has an effect, so it says nothing.
    got = json.loads(check(tmp_path, "check", "--format", "json")[1])["diagnostics"]
    assert not [d for d in got if d["rule"] in ("MC1215", "MC1217")]
