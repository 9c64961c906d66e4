# SPDX-License-Identifier: BSD-2-Clause
"""regexp:, pcre: and cidr: tables: the lines that the real postmap warns of are
those that mcc check calls errors."""
import json
import os
import random
import re
import shutil
import subprocess

import pytest

from programs import MCC

PATH = os.environ["PATH"] + ":/usr/sbin"
POSTMAP = shutil.which("postmap", path=PATH)
OLD = (1600000000, 1600000000)

pytestmark = pytest.mark.skipif(not POSTMAP, reason="postmap is missing")

# What postmap says without refusing anything.
HARMLESS = re.compile(r"using empty string|ignoring obsolete")
RULES = {"MC917", "MC921", "MC922", "MC925"}


def postmap_lines(folder, kind):
    done = subprocess.run([POSTMAP, "-c", folder, "-q", "key", f"{kind}:{folder}/t"], capture_output=True, timeout=60,
                          check=False)
    text = done.stderr.decode("utf-8", "replace")
    lines = set()
    for line in text.splitlines():
        # "regexp map t, line 3: ...", "cidr map t, line 3-4: ..."
        found = re.search(r", line (\d+)(?:-\d+)?: (.*)", line)
        if found and not HARMLESS.search(found[2]):
            lines.add(int(found[1]))
    return lines, text


def mcc_lines(folder, kind):
    done = subprocess.run([MCC, "check", "--kind", kind, "--format", "json", "--fail-on", "never", folder / "t"],
                          capture_output=True, timeout=60, check=False)
    found = [d for d in json.loads(done.stdout)["diagnostics"] if d["severity"] == "error" and d["rule"] in RULES]
    return {d["line"] for d in found}, [(d["line"], d["rule"], d["message"]) for d in found]


def compare(tmp_path, kind, text):
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    (tmp_path / "t").write_text(text)
    for name in ("main.cf", "t"):
        os.utime(tmp_path / name, OLD)
    want, said = postmap_lines(tmp_path, kind)
    got, ours = mcc_lines(tmp_path, kind)
    rows = text.split("\n")
    if any(re.match(r"(?i)if\b", rows[n - 1]) for n in want):
        # The `endif` of a block whose `if` is refused: once is enough for us.
        want = {n for n in want if not re.match(r"(?i)endif", rows[n - 1])}
        got = {n for n in got if not re.match(r"(?i)endif", rows[n - 1])}
    assert got == want, f"{text}\n{said}\n{ours}"


ROWS = {
    "regexp": ["/a/ X", "/a(/ X", "/a", "a/b/ X", "/a/q X", "!/a/ X", "! /a/ X", "!!/a/ X", "/(a)/ $1", "/(a)/ $2",
               "!/(a)/ $1", "/a/!/b/ X", "/(a)/!/b/ $1", "/a/!b X", "|a| X", "/a\\/b/ X", "if /a/", "if !/a/", "if",
               "if /a/ x", "endif", "endif x", "IF /a/", "ENDIF", "ifx", "endifx", "/a/", "!", "/[/ X", "/(a)/ ${1}x",
               "/(a)/ ${1", "/(a)/ $x", "/(a)/ $$1", "/(a)/ $(1)", "/a/ix X", "/a/m X", "if/a/", "/a{2,1}/ X", "\\a\\ X"],
    "pcre": ["/a/ X", "/a(/ X", "/a", "a/b/ X", "/a/q X", "!/a/ X", "/(a)/ $1", "/(a)/ $2", "!/(a)/ $1", "/a/!/b/ X",
             "if /a/", "if !/a/", "if", "if /a/ x", "endif", "endif x", "/a/imsxAEUX X", "/(?<n>a)/ $1", "/(?i)a/ X",
             "/a\\/b/ X", "!", "/a{2,1}/ X", "/(a)/ ${1}x", "/(a)/ $x", "if/a/", "ifx", "/\\d+/ X"],
    "cidr": ["10.0.0.0/8 X", "10.0.0.1/8 X", "10.0.0.1 X", "10.0.0.0/33 X", "10.0.0.0/x X", "::/0 X", "::1 X",
             "2001:db8::/32 X", "2001:db8::1/32 X", "[::1] X", "[2001:db8::]/32 X", "10.0.0.0/8", "x X", "10.0.0 X",
             "!10.0.0.0/8 X", "! 10.0.0.0/8 X", "if 10.0.0.0/8", "if !10.0.0.0/8", "if", "if 10.0.0.1/8", "if x",
             "endif", "endif x", "if 10.0.0.0/8 x", "10.0.0.0/ X", "10.0.0.0/8/9 X", "0.0.0.0/0 X", "/8 X"],
}

# What stands behind the words of a block, and after how much of a line they end.
BLOCKS = ["if\r10.0.0.0/8\nendif", "if\v10.0.0.0/8\nendif\r", "if!10.0.0.0/8\nendif", "if\r\n 10.0.0.0/8\nendif",
          "if 10.0.0.0/8\r\n10.1.0.0/16 X\r\nendif\r", "if:x\nendif", "if1 X", "ifx X", "endif\rx", "endif.x",
          "endifx X", "if 10.0.0.0/8 x\n10.1.0.0/16 X", "if 10.0.0.0/8\nendif x\n10.1.0.0/16 X",
          "if 10.0.0.0/8\nif 10.0.0.0/9\nendif x\nendif"]


@pytest.mark.parametrize("text", BLOCKS)
def test_words_of_blocks(tmp_path, text):
    compare(tmp_path, "cidr", text + "\n12.0.0.0/8 Y\n")
    for key in ("10.1.2.3", "12.0.0.1"):
        asked = [subprocess.run([*program, "-q", key, f"cidr:{tmp_path}/t"], capture_output=True, timeout=60, check=False)
                 for program in ([POSTMAP, "-c", tmp_path], [MCC, "-C", tmp_path, "map"])]
        assert asked[0].stdout == asked[1].stdout and asked[0].returncode == asked[1].returncode, key


@pytest.mark.parametrize("kind,row", [(k, r) for k, rows in ROWS.items() for r in rows])
def test_row(tmp_path, kind, row):
    closing = "\nendif" if re.match(r"(?i)if\b", row) and len(row) > 3 else ""
    compare(tmp_path, kind, f"# a comment\n{row}{closing}\n")


@pytest.mark.beside
@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("seed", range(12))
def test_random(tmp_path, kind, seed):
    dice = random.Random(f"{kind}{seed}")
    text = ""
    for _ in range(dice.randint(3, 15)):
        text += dice.choice(ROWS[kind]) + dice.choice(["\n", "\n", "\n\n", "\n# c\n", "  \n"])
    compare(tmp_path, kind, text)
