# SPDX-License-Identifier: BSD-2-Clause
"""mcc map against the real postmap and postalias, where they are installed."""
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))
POSTMAP = shutil.which("postmap", path=os.environ["PATH"] + ":/usr/sbin")
VERIFY = shutil.which("db5.3_verify") or shutil.which("db_verify")
OLD = (1600000000, 1600000000)  # Postfix waits while a file is brand new

needs_postmap = pytest.mark.skipif(not POSTMAP, reason="postmap is not installed")


@pytest.fixture
def site(tmp_path):
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    os.utime(tmp_path / "main.cf", OLD)
    return tmp_path


def mcc(site, *words, stdin=None):
    return subprocess.run([MCC, "-C", site, "map", *words], input=stdin, cwd=site,
                          capture_output=True, timeout=60, check=False)


def real(site, *words, tool="postmap", stdin=None):
    for f in site.iterdir():
        os.utime(f, OLD)
    return subprocess.run([str(Path(POSTMAP).with_name(tool)), "-c", site, *words], cwd=site,
                          input=stdin, capture_output=True, timeout=60, check=False)


def rows(text):
    return sorted(text.splitlines())


TABLE = b"""# comment
Alice@Example.COM   bob@example.com
 , carol@example.com
alice@example.com   ignored: the first row wins
@example.net        everybody

"quoted key"@x      value with  blanks
back\\ slash@x       v
postmaster          root
"""


@needs_postmap
@pytest.mark.parametrize("kind", ["hash", "btree"])
def test_compiles_as_postmap(site, kind):
    (site / "t").write_bytes(TABLE)
    done = mcc(site, f"{kind}:t")
    assert done.returncode == 0, done.stderr
    assert b"MC901" in done.stderr
    ours = real(site, "-s", f"{kind}:t").stdout
    assert rows(ours) == rows(mcc(site, "-s", f"{kind}:t").stdout)
    if VERIFY:
        subprocess.run([VERIFY, site / "t.db"], check=True, capture_output=True)
    assert real(site, f"{kind}:t").returncode == 0
    assert rows(real(site, "-s", f"{kind}:t").stdout) == rows(ours)
    assert rows(mcc(site, "-s", f"{kind}:t").stdout) == rows(ours)
    for key in ("ALICE@example.com", "@example.net", "nobody"):
        want = real(site, "-q", key, f"{kind}:t")
        got = mcc(site, "-q", key, f"{kind}:t")
        assert (got.returncode, got.stdout) == (want.returncode, want.stdout)


@needs_postmap
def test_compiles_aliases_as_postalias(site):
    (site / "a").write_bytes(b"Root: alice, \"|/bin/x y\", :include:/list\n"
                             b"\"odd name\": /var/mail/odd\npostmaster:\n  root\n")
    assert mcc(site, "--aliases", "hash:a").returncode == 0
    ours = mcc(site, "--aliases", "-s", "hash:a").stdout
    assert rows(real(site, "-s", "hash:a", tool="postalias").stdout) == rows(ours)
    real(site, "hash:a", tool="postalias")
    # NIS entries: the time of the run and the host have no place in a build.
    want = [r for r in rows(real(site, "-s", "hash:a", tool="postalias").stdout)
            if not r.startswith((b"YP_", b"@:"))]
    assert rows(ours) == want


RULES = {
    "regexp": (b"/^(.*)@example\\.com$/ ${1}@$(1).example $$5\n!/@/ no at\nif /^list-/\n"
               b"/-owner@/ owner\n/^list-(a|b)?/i group [$1]\nendif\n/x/!/y/ x without y\n"
               b"/(/ broken\n/z/ $1\n!/(q)/ $1\n/open\n/w/q flag\nif /never closed/\n",
               ["Joe@EXAMPLE.com", "plain", "list-owner@x", "list-a@x", "LIST-c@x", "xy@",
                "list-@y", "never closed@"]),
    "pcre": (b"/^(?<user>\\w+)\\+\\d+@(.*)$/ $1@$2\n/CASE/i with case\nif !/@/\n/^a.b$/ dot\n"
             b"endif\n/^c.d$/s line\n/ e f /x extended\n/g/Z flag\n",
             ["joe+12@x.example", "CASE", "case", "axb", "cxd", "ef", "a.b@x"]),
    "cidr": (b"192.0.2.1\n   one address\n!192.0.2.0/24 elsewhere\n192.0.2.129/25 bad\n"
             b"if 192.0.2.128/25\n192.0.2.200 in the block\nendif\n192.0.2.0/24\n"
             b"192.0.2.0/33 x\nendif\n0.0.0.0/0 rest\n2001:db8::/32 documents\n",
             ["192.0.2.1", "192.0.2.200", "192.0.2.201", "10.0.0.1", "2001:db8::1",
              "2001:DB8::1", "::1", "example.com", "[192.0.2.1]", "192.0.2", ""]),
    "texthash": (TABLE, ["ALICE@example.com", "@example.net", "postmaster", "x"]),
}


@needs_postmap
@pytest.mark.parametrize("kind", sorted(RULES))
def test_answers_as_postmap(site, kind):
    text, keys = RULES[kind]
    (site / "t").write_bytes(text)
    stdin = "".join(k + "\n" for k in keys if k).encode()
    want = real(site, "-q", "-", f"{kind}:t", stdin=stdin)
    if b"unsupported dictionary type" in want.stderr:
        pytest.skip(f"postmap has no {kind}")
    got = mcc(site, "-q", "-", f"{kind}:t", stdin=stdin)
    assert got.stdout == want.stdout
    assert got.returncode == want.returncode
    for key in keys:
        want = real(site, "-q", key, f"{kind}:t") if key else None
        got = mcc(site, "-q", key, f"{kind}:t")
        assert got.returncode in (0, 1)
        if want is not None:
            assert (got.returncode, got.stdout) == (want.returncode, want.stdout), key


@needs_postmap
@pytest.mark.parametrize("name,key", [
    ("static:value", "x"), ("static:{a b}", "x"), ("inline:{ {a = b c}, d=e }", "A"),
    ("inline:{ {a = b c}, d=e }", "d"), ("inline:{ d=e }", "f"),
    ("unix:passwd.byname", "root"), ("regexp:{{/x(.)/ $1}, {/y/ z}}", "xq"),
])
def test_tables_without_a_file(site, name, key):
    want = real(site, "-q", key, name)
    got = mcc(site, "-q", key, name)
    assert (got.returncode, got.stdout) == (want.returncode, want.stdout)


def test_same_bytes(site):
    keys = [f"user{i}@example.com v{i}\n" for i in range(5000)]
    (site / "one").write_text("".join(keys))
    random.Random(1).shuffle(keys)
    (site / "two").write_text("".join(keys))
    for kind in ("hash", "btree"):
        for name in ("one", "two"):
            assert mcc(site, f"{kind}:{name}").returncode == 0
        assert (site / "one.db").read_bytes() == (site / "two.db").read_bytes()


def test_output_and_standard_input(site):
    done = mcc(site, "-o", "out.db", "hash:-", stdin=b"a b\n")
    assert done.returncode == 0, done.stderr
    assert mcc(site, "-q", "a", "hash:out").stdout == b"b\n"
    assert mcc(site, "hash:-", stdin=b"a b\n").returncode == 2


def test_mode_follows_the_source(site):
    (site / "t").write_text("a b\n")
    (site / "t").chmod(0o600)
    assert mcc(site, "hash:t").returncode == 0
    assert (site / "t.db").stat().st_mode & 0o777 == 0o600


def test_failures_keep_the_old_database(site):
    (site / "t").write_text("a b\n")
    assert mcc(site, "hash:t").returncode == 0
    before = (site / "t.db").read_bytes()
    (site / "t").unlink()
    for words, message in ((["hash:t"], b"no such file"), (["hash:."], b"is a directory")):
        done = mcc(site, *words)
        assert done.returncode == 3
        assert message in done.stderr
    assert (site / "t.db").read_bytes() == before
    assert sorted(p.name for p in site.iterdir()) == ["main.cf", "t.db"]


@pytest.mark.parametrize("words", [
    [], [":t"], ["hash:t", "-q"], ["hash:"], ["-s", "hash:a", "hash:b"], ["-o", "x", "hash:a", "hash:b"], ["-i", "hash:a", "hash:b"], ["-o", "hash:a"], ["-h", "-q", "-", "hash:a"], ["-q", "a", "-s", "hash:t"],
    ["-x", "hash:t"], ["ldap:t"], ["-o", "x", "-q", "a", "hash:t"],
])
def test_wrong_usage(site, words):
    done = mcc(site, *words)
    assert done.returncode == 2
    assert done.stderr.startswith(b"mcc map: ")
    assert not done.stdout


@pytest.mark.parametrize("data", [
    b"", b"\0\0\0", b"a\0b c\0d\n", b"a b\r\nc d\r\n", b"no newline", b"\xff\xfe x\n",
    b"k " + b"v" * 1000000 + b"\n", b"k" * 100000 + b" v\n", b'"' * 10000 + b"\n",
    b" indented\n", bytes(range(256)) * 50,
], ids=lambda data: f"{len(data)}-bytes")
def test_odd_files(site, data):
    (site / "t").write_bytes(data)
    for kind in ("hash", "btree"):
        done = mcc(site, f"{kind}:t")
        assert done.returncode == 0, done.stderr
        assert mcc(site, "-s", f"{kind}:t").returncode == 0
        if VERIFY:
            subprocess.run([VERIFY, site / "t.db"], check=True, capture_output=True)


def test_damaged_database(site):
    (site / "t").write_text("a b\n")
    assert mcc(site, "hash:t").returncode == 0
    (site / "t.db").write_bytes((site / "t.db").read_bytes()[:5000])
    done = mcc(site, "-q", "a", "hash:t")
    assert done.returncode == 3
    assert b"t.db is damaged" in done.stderr
    done = mcc(site, "-s", "btree:t")
    assert done.returncode == 3
    assert b"not a Berkeley DB btree" in done.stderr


@pytest.mark.beside
@pytest.mark.skipif(not (REFERENCE / "check/table_oracle.py").exists(),
                    reason="reference data is absent")
def test_corpus():
    done = subprocess.run(["python3", REFERENCE / "check/table_oracle.py", MCC,
                           REFERENCE / "corpus"], capture_output=True, text=True,
                          timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
