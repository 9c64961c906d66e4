# SPDX-License-Identifier: BSD-2-Clause
"""Input that nobody should have: each gets a message with its place, the
documented exit status, and leaves what was there as it was."""
import json
import os
import shutil
import subprocess

import pytest

from programs import MCC, MCCD

GOOD = """compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com, mail.example.com
home_mailbox = Maildir/
alias_maps = hash:/etc/postfix/aliases
"""


@pytest.fixture(name="site")
def site_fixture(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "main.cf").write_text(GOOD)
    (folder / "aliases").write_text("postmaster: alice\n")
    return folder


def run(*args, **options):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=120,
                          check=False, errors="replace", **options)


def check(folder, *args):
    return run(MCC, "-C", folder, "--hostname", "mail.example.com", "check", *args)


def findings(folder):
    done = check(folder, "--format", "json", "--fail-on", "never")
    assert done.returncode in (0, 3), done.stderr
    return done.returncode, json.loads(done.stdout)["diagnostics"]


def build(folder, out):
    return run(MCC, "-C", folder, "--hostname", "mail.example.com", "build", "-o", out)


def test_missing_main_cf(tmp_path):
    status, got = findings(tmp_path)
    assert status == 3 and [d["rule"] for d in got] == ["MC001"]
    assert "main.cf" in got[0]["message"]


def test_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "main.cf").mkdir()
    status, got = findings(tmp_path)
    assert status == 3 and "directory" in got[0]["message"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_main_cf(site):
    (site / "main.cf").chmod(0)
    status, got = findings(site)
    assert status == 3 and "permission" in got[0]["message"]


def test_pipe_in_place_of_a_file(tmp_path):
    os.mkfifo(tmp_path / "main.cf")
    status, got = findings(tmp_path)
    assert status == 3 and got[0]["rule"] == "MC001"


def test_hundred_megabytes(tmp_path):
    with open(tmp_path / "main.cf", "wb") as f:
        f.write(b"# comment\n" * 10_000_000)
    status, got = findings(tmp_path)
    assert status == 3 and "larger" in got[0]["message"]


def test_hundred_megabytes_of_a_table(site):
    (site / "main.cf").write_text(GOOD + "virtual_alias_maps = hash:/etc/postfix/virtual\n")
    row = b"user%07d@example.com   someone%07d@example.net\n"
    with open(site / "virtual", "wb") as f:
        for n in range(2_000_000):
            f.write(row % (n, n))
    status, got = findings(site)
    assert status == 0 and not [d for d in got if d["severity"] == "error"]


def test_nul_bytes(site):
    (site / "main.cf").write_bytes(GOOD.encode() + b"mydomain = exa\0mple.com\n")
    _, got = findings(site)
    assert ("MC114", 6, 15) in [(d["rule"], d["line"], d["column"]) for d in got]


def test_crlf_is_read_like_lf(site):
    (site / "main.cf").write_bytes(GOOD.replace("\n", "\r\n").encode())
    _, got = findings(site)
    assert [d["rule"] for d in got] == ["MC115"]


def test_a_swallowed_setting_is_told_of_once(site):
    (site / "main.cf").write_text(GOOD + "  virtual_alias_maps = static:a@example.com\n  maps =\n")
    _, got = findings(site)
    at_line = [d["rule"] for d in got if d["line"] == 6]
    assert at_line == ["MC103"]
    assert [d["rule"] for d in got if d["line"] == 7] == ["MC406", "MC406"]


def test_no_final_newline(site):
    (site / "main.cf").write_text(GOOD.rstrip("\n"))
    _, got = findings(site)
    assert [(d["rule"], d["line"]) for d in got] == [("MC116", 5)]


def test_ten_thousand_braces(site):
    depth = 10_000
    (site / "main.cf").write_text(GOOD + "mydomain = " + "${x?{" * depth + "}}" * depth + "\n")
    _, got = findings(site)
    assert any(d["rule"] in ("MC111", "MC112") and d["line"] == 6 for d in got)


def test_value_that_refers_to_itself(site):
    (site / "main.cf").write_text(GOOD + "mydomain = $myorigin\nmyorigin = $mydomain\n")
    _, got = findings(site)
    assert "MC402" in [d["rule"] for d in got]


def test_values_that_double_each_other(site):
    lines = ["a0 = " + "x" * 64] + [f"a{n} = $a{n - 1}$a{n - 1}" for n in range(1, 60)]
    (site / "main.cf").write_text(GOOD + "\n".join(lines) + "\nmydomain = $a59\n")
    done = check(site)
    assert done.returncode == 1 and done.stdout


@pytest.mark.parametrize("name", ["main.cf", "main.cf value", "master.cf", "aliases", "virtual", "client",
                                  "names", "networks", "a pattern"])
def test_many_nuls_take_no_longer_than_other_bytes(site, name):
    """Whatever looks at each NUL twice takes minutes."""
    nuls = "\0" * (2 << 20)
    file, text = {"main.cf": ("main.cf", nuls + "\n"), "master.cf": ("master.cf", nuls),
                  "main.cf value": ("main.cf", GOOD + f"mydomain = {nuls} $mydomain {{\n"),
                  "a pattern": ("names", f"/{nuls}/ OK\n")}.get(name, (name, nuls))
    (site / "main.cf").write_text(GOOD + "virtual_alias_maps = hash:/etc/postfix/virtual, ldap:/etc/postfix/client\n"
                                  "header_checks = pcre:/etc/postfix/names\nmynetworks = /etc/postfix/networks\n")
    (site / file).write_text(text)
    done = run(MCC, "-C", site, "--hostname", "mail.example.com", "check", "--format", "gcc")
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout


def test_alias_loop_stops_the_build_and_keeps_the_generation(site, tmp_path):
    out = tmp_path / "out"
    assert build(site, out).returncode == 0
    before = os.readlink(out / "current")
    (site / "aliases").write_text("a: b\nb: a\n")
    done = build(site, out)
    assert done.returncode == 1 and "MC1001" in done.stderr and "aliases:1:1" in done.stderr
    assert os.readlink(out / "current") == before
    assert len(os.listdir(out / "generations")) == 1


def test_all_errors_of_a_file_in_one_run(site):
    (site / "main.cf").write_text(GOOD + "no equals here\n= no name\nbiff = maybe\n"
                                         "relayhost = ${myhostname\nmessage_size_limit = 1M\n")
    _, got = findings(site)
    assert [(d["rule"], d["line"]) for d in got if d["severity"] == "error"] == [
        ("MC106", 6), ("MC107", 7), ("MC301", 8), ("MC112", 9), ("MC302", 10)]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_full_disk_while_building(site, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = run("mount", "-t", "tmpfs", "-o", "size=512k", "none", disk)
    if mounted.returncode != 0:
        pytest.skip("no mount here: " + mounted.stderr)
    try:
        assert build(site, disk / "out").returncode == 0
        before = os.readlink(disk / "out/current")
        rows = "".join(f"user{n}: someone{n}@example.net\n" for n in range(20_000))
        (site / "aliases").write_text(rows)
        done = build(site, disk / "out")
        assert done.returncode == 3 and "no space" in done.stderr.lower()
        assert os.readlink(disk / "out/current") == before
        assert len(os.listdir(disk / "out/generations")) == 1
    finally:
        run("umount", disk)


def test_one_flipped_byte_anywhere(site, tmp_path):
    """Each file of a generation, damaged at several places: refused by name."""
    out = tmp_path / "out"
    assert build(site, out).returncode == 0
    generation = (out / "current").resolve()
    for path in [p for p in generation.rglob("*") if p.is_file()]:
        good = path.read_bytes()
        for at in sorted({0, len(good) // 3, len(good) - 2}):
            path.chmod(0o644)
            path.write_bytes(good[:at] + bytes([good[at] ^ 0x04]) + good[at + 1:])
            done = run(MCCD, "run", "-g", out / "current", "--spool", tmp_path / "spool",
                       "--listen", "127.0.0.1:0")
            assert done.returncode == 3, (path.name, at, done.stderr)
            assert path.name in done.stderr, (at, done.stderr)
        path.write_bytes(good)


def test_missing_file_of_a_generation(site, tmp_path):
    out = tmp_path / "out"
    assert build(site, out).returncode == 0
    shutil.move(out / "current" / "manifest.json", tmp_path / "manifest.json")
    done = run(MCCD, "run", "-g", out / "current", "--spool", tmp_path / "spool",
               "--listen", "127.0.0.1:0")
    assert done.returncode == 3 and "manifest.json" in done.stderr


@pytest.mark.parametrize("args", [
    ["nosuchcommand"], ["check", "--format", "nosuch"], ["check", "--fail-on", "maybe"],
    ["--postfix", "1.0", "check"], ["--platform", "vms", "check"], ["build"], ["trace"],
    ["explain"], ["explain", "MC9999"], ["dns"], ["map"], ["--nosuch"], []])
def test_wrong_usage(args):
    done = run(MCC, *args)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_output_that_cannot_be_written(site):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run([MCC, "-C", site, "check", "--format", "json"], stdout=full,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 3 and b"standard output" in done.stderr
