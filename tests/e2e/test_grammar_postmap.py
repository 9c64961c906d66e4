# SPDX-License-Identifier: BSD-2-Clause
"""Keys and values of nasty table and alias sources equal those that the real
postmap and postalias take from the same bytes."""
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from programs import MCC

DATA = Path(__file__).resolve().parent / "data"
PATH = os.environ["PATH"] + ":/usr/sbin"
OLD = (1600000000, 1600000000)  # Postfix waits while a file is brand new
TOOLS = {"table": shutil.which("postmap", path=PATH), "aliases": shutil.which("postalias", path=PATH)}

pytestmark = pytest.mark.skipif(not all(TOOLS.values()) or not MCC.exists(),
                                reason="postmap, postalias or mcc is missing")


def site(folder, source):
    folder.mkdir()
    (folder / "main.cf").write_text("compatibility_level = 3.6\nsmtputf8_enable = no\n")
    (folder / "t").write_bytes(source)
    for f in folder.iterdir():
        os.utime(f, OLD)
    return folder


def run(folder, *command):
    return subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, timeout=60,
                          check=False)


def dump(folder, kind):
    done = run(folder, TOOLS[kind], "-c", folder, "-s", "hash:t")
    # Marks that postalias adds for NIS and for Sendmail.
    return sorted(x for x in done.stdout.split(b"\n") if not x.startswith((b"YP_", b"@:\t@")))


def compare(tmp_path, kind, source):
    want = site(tmp_path / "want", source)
    run(want, TOOLS[kind], "-c", want, "hash:t")
    got = site(tmp_path / "got", source)
    words = ["--aliases"] if kind == "aliases" else []
    done = run(got, MCC, "--postfix", "3.7", "-C", got, "map", *words, "hash:t")
    assert done.returncode in (0, 1), done.stderr
    assert dump(got, kind) == dump(want, kind), done.stderr


@pytest.mark.parametrize("path", sorted(DATA.glob("table-*")), ids=lambda p: p.name)
def test_table(tmp_path, path):
    compare(tmp_path, "table", path.read_bytes())


@pytest.mark.parametrize("path", sorted(DATA.glob("aliases-*")), ids=lambda p: p.name)
def test_aliases(tmp_path, path):
    compare(tmp_path, "aliases", path.read_bytes())


COMMON = ["a", "b", '"', "\\", " ", "\t", "\n", "\n ", "#", "\r\n", "\v", "\f", ":", "\\\"", "\n\n", "\n#c\n"]
PIECES = {
    "table": COMMON + ["x y", "k v\n", '"a b" c\n', "\n\t", "@", ".", ","],
    "aliases": COMMON + [": ", ", ", "@", ".", "(", ")", "[", "]", "|", "%", "!", ";", "\nx: ", "\ny: ",
                         '\n"q r": ', '"c d"', "(co mm)", '|"/bin/x y"', ":include:/f", "/file", "\\ "],
}


@pytest.mark.parametrize("kind", ["table", "aliases"])
@pytest.mark.parametrize("seed", range(15))
def test_random(tmp_path, kind, seed):
    dice = random.Random(f"{kind}{seed}")
    source = "".join(dice.choice(PIECES[kind]) for _ in range(dice.randint(5, 80)))
    compare(tmp_path, kind, source.encode())
