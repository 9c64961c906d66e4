# SPDX-License-Identifier: BSD-2-Clause
"""The rule documents are tests: what docs/rules/ID.md shows as bad raises
exactly that rule on the marked line, what it shows as good does not raise it.

A sample is one or more fenced blocks below `## Bad` and `## Good`, each with a
file name, then words:  line=N (the marked line; default 1 of the first file),
repeat=N (of the body), postfix=V, platform=P, hostname=H, command=check|build, escape (\\xNN and \\r are bytes),
no-final-newline. Blocks of other languages (text, dns) are not run.
"""
import json
import re
import subprocess
from pathlib import Path

import pytest
from programs import MCC, ROOT

DOCS = sorted((ROOT / "docs/rules").glob("MC*.md"))
# What no text shows; the test that does is named.
ELSEWHERE = {"MC001": "test_bad_input.py"}
HEADINGS = ["Why", "Bad", "Good", "Fix", "References"]
FENCE = re.compile(r"^```(\S+)([^\n]*)\n(.*?)^```$", re.M | re.S)


def sections(text):
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    return parts[0], dict(zip(parts[1::2], parts[2::2]))


def blocks(section):
    """-> [(file name, {word: value}, bytes)]"""
    found = []
    for name, words, body in FENCE.findall(section):
        if name in ("text", "dns", "sh"):
            continue
        options = dict((w.split("=", 1) + ["yes"])[:2] for w in words.split())
        data = body.encode() * int(options.get("repeat", 1))
        if "escape" in options:
            data = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), data)
            data = data.replace(b"\\r", b"\r")
        if "no-final-newline" in options:
            data = data.rstrip(b"\n")
        found.append((name, options, data))
    return found


def findings(folder, files):
    options = {}
    for name, words, data in files:
        # Samples are about one thing; the level keeps old defaults out of them.
        if name == "main.cf" and b"compatibility_level" not in data \
                and "no-final-newline" not in words:
            data += b"compatibility_level = 3.6\n"
        (folder / name).write_bytes(data)
        options.update(words)
    if not (folder / "main.cf").exists():
        (folder / "main.cf").write_bytes(b"compatibility_level = 3.6\n")
    cmd = [MCC, "-C", folder, "--hostname", options.get("hostname", "mail.example.com")]
    for word in ("postfix", "platform"):
        if word in options:
            cmd += ["--" + word, options[word]]
    if options.get("command") == "build":
        cmd += ["build", "-o", folder / "out", "--format", "json"]
    else:
        cmd += ["check", "--format", "json", "--fail-on", "never"]
    done = subprocess.run(cmd, capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    text = done.stdout if options.get("command") != "build" else done.stderr
    return json.loads(text)["diagnostics"]


@pytest.mark.parametrize("doc", DOCS, ids=lambda p: p.stem)
def test_document(doc, tmp_path):
    rule = doc.stem
    head, parts = sections(doc.read_text(encoding="utf-8"))
    assert re.match(rf"# {rule} [a-z0-9-]+\n\n\S", head), "title and summary"
    assert list(parts) == HEADINGS
    bad, good = blocks(parts["Bad"]), blocks(parts["Good"])
    if rule in ELSEWHERE:
        assert not bad and rule in (Path(__file__).parent / ELSEWHERE[rule]).read_text()
        return
    assert bad and good

    folder = tmp_path / "bad"
    folder.mkdir()
    got = findings(folder, bad)
    marked = next(((n, w) for n, w, _ in bad if "line" in w), (bad[0][0], {}))
    line = int(marked[1].get("line", 1))
    here = {d["rule"] for d in got if d.get("file") == marked[0] and d.get("line") == line}
    assert here == {rule}, [(d["rule"], d.get("file"), d.get("line"), d["message"]) for d in got]

    folder = tmp_path / "good"
    folder.mkdir()
    got = findings(folder, good)
    assert not [d for d in got if d["rule"] == rule or d["severity"] == "error"], got
