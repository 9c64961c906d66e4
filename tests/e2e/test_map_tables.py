# SPDX-License-Identifier: BSD-2-Clause
"""mcc map: readers beside a writer, folding of keys, files as values."""
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

import random_cases
from programs import MCC

POSTMAP = shutil.which("postmap", path=os.environ["PATH"] + ":/usr/sbin")
needs_postmap = pytest.mark.skipif(not POSTMAP, reason="postmap is not installed")


def mcc(site, *words, stdin=None):
    return subprocess.run([MCC, "-C", site, "map", *words], cwd=site, capture_output=True,
                          input=stdin, timeout=120, check=False)


@pytest.mark.beside
@needs_postmap
@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
def test_readers_see_the_old_or_the_new(tmp_path, kind):
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    known = subprocess.run([str(Path(POSTMAP).with_name("postconf")), "-m"], capture_output=True,
                           text=True, check=False).stdout.split()
    if kind not in known:
        pytest.skip("this Postfix has no such tables")
    versions = ["".join(f"key{i} {v}\n" for i in range(3000)) for v in ("old", "new")]
    (tmp_path / "t").write_text(versions[0])
    assert mcc(tmp_path, f"{kind}:t").returncode == 0
    stop, wrong = threading.Event(), []

    def write():
        for i in range(8):
            (tmp_path / "t").write_text(versions[i % 2])
            done = mcc(tmp_path, f"{kind}:t")
            if done.returncode:
                wrong.append(done.stderr)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    keys = "".join(f"key{i}\n" for i in range(0, 3000, 100))
    while not stop.is_set():
        done = subprocess.run([POSTMAP, "-c", tmp_path, "-q", "-", f"{kind}:t"], cwd=tmp_path, input=keys,
                              capture_output=True, text=True, timeout=60, check=False)
        values = {line.split("\t")[1] for line in done.stdout.splitlines()}
        if done.returncode or len(done.stdout.splitlines()) != 30 or len(values) != 1:
            wrong.append((done.returncode, values, done.stderr))
    writer.join()
    assert not wrong


def test_key_folding_and_files(tmp_path):
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    (tmp_path / "t").write_bytes("MÜLLER 1\nm".encode() + b"\xfc 2\nSTRASSE 3\n")
    done = mcc(tmp_path, "hash:t")
    assert done.returncode == 0 and b"MC117" in done.stderr
    assert mcc(tmp_path, "-q", "müller", "hash:t").stdout == b"1\n"
    assert mcc(tmp_path, "-q", "straße", "hash:t").stdout == b"3\n"
    (tmp_path / "one").write_bytes(b"first")
    (tmp_path / "two").write_bytes(b"second\n")
    (tmp_path / "f").write_text("k one, two\nnone missing\n")
    assert mcc(tmp_path, "-F", "hash:f").returncode == 0
    assert mcc(tmp_path, "-F", "-q", "k", "hash:f").stdout == b"first\nsecond\n\n"
    assert mcc(tmp_path, "-q", "none", "hash:f").returncode == 1
    # Postfix ends a value at its first NUL.
    (tmp_path / "two").write_bytes(b"sec\0ond\n")
    assert mcc(tmp_path, "-F", "hash:f").returncode == 0
    assert mcc(tmp_path, "-F", "-q", "k", "hash:f").stdout == b"first\nsec\n"
    # Also before an empty file there is a line end, and nothing is a value.
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "f").write_text("a empty, empty\nb empty\nc ,\n")
    assert mcc(tmp_path, "-F", "hash:f").returncode == 0
    assert sorted(mcc(tmp_path, "-s", "hash:f").stdout.splitlines()) == [b"a\tCg==", b"b\t"]


@needs_postmap
@pytest.mark.parametrize("kind", ["regexp", "pcre"])
def test_what_begins_with_a_letter_or_digit_is_no_expression(tmp_path, kind):
    (tmp_path / "main.cf").write_text("")
    (tmp_path / "t").write_text("1x1 no\nxyx no\nif xyx\n/y/ yes\nendif\n!1z1 yes\n")
    for name in ("t", "main.cf"):
        os.utime(tmp_path / name, (1600000000, 1600000000))
    for key in ("x", "y", "xy", "z", "1z1"):
        done = mcc(tmp_path, "-q", key, f"{kind}:t")
        real = subprocess.run([POSTMAP, "-c", ".", "-q", key, f"{kind}:t"], cwd=tmp_path, capture_output=True)
        assert (done.returncode, done.stdout) == (real.returncode, real.stdout)
        assert re.findall(rb"line \d+: ", done.stderr) == re.findall(rb"line \d+: ", real.stderr)


@needs_postmap
@pytest.mark.parametrize("key", ["a", "b", "g", "k"])
def test_buckets_that_postmap_never_touched(tmp_path, key):
    """libdb leaves their pages zero."""
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    (tmp_path / "t").write_text(f"{key} 1\n")
    for name in ("t", "main.cf"):
        os.utime(tmp_path / name, (1600000000, 1600000000))
    subprocess.run([POSTMAP, "-c", tmp_path, f"hash:{tmp_path}/t"], check=True)
    assert mcc(tmp_path, "-s", "hash:t").stdout == f"{key}\t1\n".encode()
    for other in "abcdefghijk":
        done = mcc(tmp_path, "-q", other, "hash:t")
        assert (done.returncode, done.stdout) == ((0, b"1\n") if other == key else (1, b"")), done


@pytest.mark.beside
@needs_postmap
def test_random_tables():
    random_cases.ask("tables.py", 500, 20, 45, MCC)
