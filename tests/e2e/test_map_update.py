# SPDX-License-Identifier: BSD-2-Clause
"""mcc map -i, -d, -r, -w, -f and every type of database, beside the real postmap."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from programs import MCC

POSTMAP = shutil.which("postmap", path=os.environ["PATH"] + ":/usr/sbin")
TYPES = ("hash", "btree", "lmdb", "cdb")
SUFFIX = {"hash": "db", "btree": "db", "lmdb": "lmdb", "cdb": "cdb"}
OLD = (1600000000, 1600000000)  # Postfix waits while a file is brand new
START = "a 1\nB 2\na 3\nc 4\nlong " + "x" * 3000 + "\n"


def known():
    if not POSTMAP:
        return set()
    return set(subprocess.run([str(Path(POSTMAP).with_name("postconf")), "-m"],
                              capture_output=True, text=True, check=False).stdout.split())


def run(site, who, *words, stdin=None):
    command = [MCC, "-C", site, "map"] if who == "mcc" else [POSTMAP, "-c", site]
    return subprocess.run([*command, *words], cwd=site, input=stdin, capture_output=True,
                          text=True, timeout=60, check=False)


@pytest.fixture(params=TYPES)
def pair(request, tmp_path):
    """One table twice: for mcc and for the real thing."""
    kind = request.param
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    for name in ("ours", "peer"):
        (tmp_path / name).write_text(START)
        os.utime(tmp_path / name, OLD)
    assert run(tmp_path, "mcc", f"{kind}:ours").returncode == 0
    if kind in known():
        assert run(tmp_path, "peer", f"{kind}:peer").returncode == 0
    return tmp_path, kind


def dump(site, kind, name="ours"):
    done = run(site, "mcc", "-s", f"{kind}:{name}")
    assert done.returncode == 0, done.stderr
    return sorted(done.stdout.splitlines())


STEPS = [
    (["-i"], "B 9\nD 5\nd 6\n"),
    (["-i", "-r"], "b 10\ne 1\ne 2\n"),
    (["-i", "-w"], "B 11\nnew 1\n"),
    (["-d", "C"], None),
    (["-d", "C"], None),
    (["-d", "-"], "new\nnothing\n"),
    (["-i", "-f"], "Upper 1\n"),
    (["-r"], None),
    (["-f"], None),
]


def test_changes_as_postmap_makes_them(pair):
    site, kind = pair
    if kind not in known() or kind == "cdb":
        pytest.skip("Postfix changes no tables of this type here")
    for words, text in STEPS:
        ours = run(site, "mcc", *words, f"{kind}:ours", stdin=text)
        peer = run(site, "peer", *words, f"{kind}:peer", stdin=text)
        assert ours.returncode == peer.returncode, (words, ours.stderr, peer.stderr)
        real = run(site, "peer", "-s", f"{kind}:peer").stdout
        assert dump(site, kind) == sorted(real.splitlines()), words
        theirs = run(site, "peer", "-s", f"{kind}:ours").stdout
        assert sorted(theirs.splitlines()) == sorted(real.splitlines()), words


def test_changes(pair):
    site, kind = pair
    for words, text in STEPS:
        assert run(site, "mcc", *words, f"{kind}:ours", stdin=text).returncode in (0, 1)
    assert "B\t2" in dump(site, kind)
    assert not [p for p in site.iterdir() if p.name.endswith(".tmp")]


def test_reads_what_postmap_wrote(pair):
    site, kind = pair
    if kind not in known():
        pytest.skip("this Postfix has no such tables")
    assert dump(site, kind, "peer") == dump(site, kind)
    for key in ("a", "B", "long", "nothing"):
        ours = run(site, "mcc", "-q", key, f"{kind}:peer")
        peer = run(site, "peer", "-q", key, f"{kind}:ours")
        assert (ours.returncode, ours.stdout) == (peer.returncode, peer.stdout)


def test_same_bytes_each_time(pair):
    site, kind = pair
    path = site / f"ours.{SUFFIX[kind]}"
    first = path.read_bytes()
    assert run(site, "mcc", f"{kind}:ours").returncode == 0
    assert path.read_bytes() == first
    if kind == "cdb" and kind in known():
        assert (site / "peer.cdb").read_bytes() == first


def test_a_damaged_database_is_left_alone(pair):
    site, kind = pair
    path = site / f"ours.{SUFFIX[kind]}"
    path.write_bytes(b"\x00\xff" * 700)
    done = run(site, "mcc", "-i", f"{kind}:ours", stdin="a 1\n")
    assert done.returncode == 3
    assert done.stderr
    assert path.read_bytes() == b"\x00\xff" * 700


@pytest.mark.parametrize("words", [["-q", "a", "-s"], ["-i", "-d", "a"], ["-n"], ["-s", "-o", "x"]])
def test_wrong_usage(tmp_path, words):
    assert run(tmp_path, "mcc", *words, "hash:x").returncode == 2
