# SPDX-License-Identifier: BSD-2-Clause
"""Bounds of base/limits.h that a file or an option can reach: what lies at the
bound is taken, one more is refused with a word, or the program goes on."""
import json
import os
import re
import subprocess

import pytest

from limits import limit
from programs import MCC

MAIN = "compatibility_level = 3.6\nmyhostname = mail.example.com\n"


def mcc(folder, *words, status=None):
    done = subprocess.run([MCC, "--hostname", "mail.example.com", *map(str, words)], cwd=folder,
                          capture_output=True, text=True, timeout=120, check=False)
    assert status is None or done.returncode == status, done.stderr
    return done


def check(folder, main, *words):
    (folder / "main.cf").write_text(MAIN + main)
    return mcc(folder, "-C", ".", "check", "--format", "gcc", *words)


def sized(path, size, text=b""):
    """A file of that size, mostly a hole."""
    path.write_bytes(text)
    os.truncate(path, size)


# ---- files ----

@pytest.mark.parametrize("above", [0, 1])
def test_main_cf(tmp_path, above):
    sized(tmp_path / "main.cf", limit("LIMIT_CONFIG_FILE") + above, MAIN.encode())
    done = mcc(tmp_path, "-C", ".", "check", "--format", "gcc")
    assert ("larger than the limit" in done.stdout + done.stderr) == bool(above), done.stdout[:500]
    assert done.returncode == (3 if above else 1)


@pytest.mark.parametrize("above", [0, 1])
def test_file_of_a_row(tmp_path, above):
    (tmp_path / "main.cf").write_text(MAIN)
    sized(tmp_path / "file", limit("LIMIT_TABLE_FILES") + above)
    (tmp_path / "t").write_text(f"k {tmp_path}/file\n")
    done = mcc(tmp_path, "-C", ".", "map", "-F", f"cdb:{tmp_path}/t")
    assert ("larger than the limit" in done.stderr) == bool(above), done.stderr


@pytest.mark.parametrize("above", [0, 1])
def test_files_of_a_row(tmp_path, above):
    """Each is small enough; between them stands a line end."""
    (tmp_path / "main.cf").write_text(MAIN)
    half = limit("LIMIT_TABLE_FILES") // 2
    sized(tmp_path / "a", half)
    sized(tmp_path / "b", half - 1 + above)
    (tmp_path / "t").write_text(f"k {tmp_path}/a,{tmp_path}/b\n")
    done = mcc(tmp_path, "-C", ".", "map", "-F", f"cdb:{tmp_path}/t")
    assert ("too large" in done.stderr) == bool(above), done.stderr


@pytest.mark.parametrize("above", [0, 1])
def test_baseline(tmp_path, above):
    text = mcc_baseline(tmp_path, "biff = maybe\n")
    size = limit("LIMIT_BASELINE") + above
    with open(tmp_path / "accepted", "w", encoding="ascii") as out:
        out.write(text + " " * (size - len(text)))
    done = check(tmp_path, "biff = maybe\n", "--baseline", "accepted")
    assert done.returncode == (3 if above else 0), done.stderr
    assert ("larger than the limit" in done.stderr) == bool(above)


def mcc_baseline(tmp_path, main):
    check(tmp_path, main, "--write-baseline", "accepted")
    return (tmp_path / "accepted").read_text()


@pytest.mark.parametrize("above", [0, 1])
def test_count_of_a_baseline(tmp_path, above):
    data = json.loads(mcc_baseline(tmp_path, "biff = maybe\n"))
    data["findings"][0]["count"] = limit("LIMIT_BASELINE") + above
    (tmp_path / "accepted").write_text(json.dumps(data))
    done = check(tmp_path, "biff = maybe\n", "--baseline", "accepted")
    assert done.returncode == (3 if above else 0), done.stderr
    assert ("wants file, rule, line and a count" in done.stderr) == bool(above)


@pytest.mark.parametrize("beyond, known", [(0, False), (1, True)])
def test_text_of_a_baseline(tmp_path, beyond, known):
    """A change within the first bytes of the line makes another finding of it."""
    start = "biff = "
    same = "m" * (limit("LIMIT_BASELINE_TEXT") - len(start) - 1 + beyond)
    mcc_baseline(tmp_path, f"{start}{same}x\n")
    done = check(tmp_path, f"{start}{same}y\n", "--baseline", "accepted")
    assert ("[MC301 " not in done.stdout) == known, done.stdout


# ---- options ----

@pytest.mark.parametrize("above", [0, 1])
def test_jobs(tmp_path, above):
    (tmp_path / "main.cf").write_text(MAIN)
    done = mcc(tmp_path, "check", "--jobs", limit("LIMIT_CHECK_JOBS") + above, ".", ".")
    assert done.returncode == (2 if above else 0)
    assert ("takes a number from 1 to" in done.stderr) == bool(above)


@pytest.mark.parametrize("above", [0, 1])
def test_resolvers(tmp_path, above):
    (tmp_path / "zone").write_text("$ORIGIN x.test.\n@ A 192.0.2.1\n")
    words = ["--resolver", "127.0.0.1@9"] * (limit("LIMIT_DNS_SERVERS") + above)
    done = mcc(tmp_path, "dns", "query", "--timeout", "1", *words, "x.test", "A")
    assert done.returncode == (2 if above else 3)
    assert ("times --resolver" in done.stderr) == bool(above)


# ---- values and rows ----

@pytest.mark.parametrize("above", [0, 1])
def test_values_that_differ_in_services(tmp_path, above):
    values = 500
    services, rest = divmod(limit("LIMIT_DERIVED_SETTINGS"), values)
    assert not rest
    rows = [f"s{i} inet n - y - - smtpd -o x={i}\n" for i in range(services + above)]
    (tmp_path / "master.cf").write_text("".join(rows))
    out = check(tmp_path, "".join(f"v{i} = $x\n" for i in range(values))).stdout
    assert (f"master.cf:{services + 1}:1: " in out and "[MC003 " in out) == bool(above)


@pytest.mark.parametrize("above", [0, 1])
def test_rows_that_a_network_is_compared_with(tmp_path, above):
    between = limit("LIMIT_CIDR_COMPARED") - 1 + above
    rows = [f"192.0.{i >> 8}.{i & 255} OK\n" for i in range(between)]
    (tmp_path / "nets").write_text("10.0.0.0/8 OK\n" + "".join(rows) + "10.1.2.3 OK\n")
    out = check(tmp_path, "smtpd_client_restrictions = check_client_access cidr:/etc/postfix/nets\n").stdout
    assert ("[MC926 " in out) != bool(above)


def test_values_of_a_randmap(tmp_path):
    """More are there, and are never picked."""
    (tmp_path / "main.cf").write_text(MAIN)
    most = limit("LIMIT_RANDMAP_VALUES")
    words = ",".join(["good"] * most + ["beyond"] * most)
    done = subprocess.run([MCC, "-C", tmp_path, "map", "-q", "-", "randmap:{%s}" % words],
                          input="k\n" * 100, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["k", "good"] * 100


# ---- fixes ----

def fixed(folder, count):
    """(findings that --fix says it has fixed, those that stayed)"""
    nets = [f"10.{i >> 8 & 255}.{i & 255}.{1 + (i >> 16)}/24\n" for i in range(count)]
    (folder / "nets").write_text("".join(nets))
    (folder / "main.cf").write_text(MAIN + "mynetworks = /etc/postfix/nets\n")
    done = mcc(folder, "-C", ".", "check", "--fix", "--format", "gcc")
    said = re.search(r"nets: (\d+) findings fixed", done.stderr)
    assert said, done.stderr
    assert done.stdout.count("[MC313 ") == len(re.findall(r"[1-9]/24\n", (folder / "nets").read_text()))
    return int(said[1]), done.stdout.count("[MC313 ")


@pytest.mark.parametrize("above", [0, 1])
def test_edits_of_a_round(tmp_path, above):
    """What has no room in one round is done in the next."""
    count = limit("LIMIT_FIX_EDITS") + above
    assert fixed(tmp_path, count) == (count, 0)


@pytest.mark.beside
def test_rounds_of_fixes(tmp_path):
    """One edit more than all rounds have room for: it stays, and is told."""
    room = limit("LIMIT_FIX_ROUNDS") * limit("LIMIT_FIX_EDITS")
    assert fixed(tmp_path, room + 1) == (room, 1)


# ---- many sites ----

@pytest.mark.beside
@pytest.mark.parametrize("above", [0, 1])
def test_sites_that_wait_for_an_earlier_one(tmp_path, above):
    """The first takes longest; those behind it wait, or are not begun."""
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow/main.cf").write_text(MAIN + "virtual_alias_maps = hash:/etc/postfix/v\n")
    with open(tmp_path / "slow/v", "w", encoding="ascii") as out:
        out.writelines(f"u{i}@example.com x\n" for i in range(200000))
    (tmp_path / "site").mkdir()
    (tmp_path / "site/main.cf").write_text(MAIN + "biff = maybe\n")
    count = limit("LIMIT_CHECK_AHEAD") + above
    done = mcc(tmp_path, "check", "--format", "json", "--jobs", 2, "slow", *["site"] * (count - 1))
    sites = json.loads(done.stdout)["sites"]
    assert [s["site"] for s in sites] == ["slow"] + ["site"] * (count - 1)
    assert all(s["checked"] for s in sites)


@pytest.mark.beside
def test_results_that_wait_for_an_earlier_one(tmp_path):
    """More bytes of them than are kept: the rest is begun later, nothing is lost."""
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow/main.cf").write_text(MAIN + "virtual_alias_maps = hash:/etc/postfix/v\n")
    with open(tmp_path / "slow/v", "w", encoding="ascii") as out:
        out.writelines(f"u{i}@example.com x\n" for i in range(400000))
    (tmp_path / "site").mkdir()
    (tmp_path / "site/main.cf").write_text(MAIN + "".join(f"no_such_{i} = x\n" for i in range(20000)))
    one = len(mcc(tmp_path, "check", "--format", "json", "site").stdout)
    count = 2 * limit("LIMIT_CHECK_WAITING") // one + 1
    with open(tmp_path / "out", "wb") as out:
        subprocess.run([MCC, "check", "--format", "gcc", "--jobs", "2", "slow", *["site"] * count],
                       cwd=tmp_path, stdout=out, timeout=300, check=False)
    with open(tmp_path / "out", "rb") as out:
        assert sum(b"no_such_19999" in line for line in out) == count
