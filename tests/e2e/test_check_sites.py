# SPDX-License-Identifier: BSD-2-Clause
"""mcc check over many sites: names, formats, processes, failures of one of them."""
import json
import resource
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ET

import pytest
from programs import MCC, ROOT

SAMPLES = ROOT / "samples"
FAULTY = "compatibility_level = 3.6\nmyhostname = h.example\nmydomian = x.example\nbiff = no\nbiff = yes\n"
HOST = ("--hostname", "mail.example.com")


def mcc(cwd, *words, status=None, **more):
    done = subprocess.run([MCC, *HOST, *map(str, words)], cwd=cwd, capture_output=True,
                          timeout=120, check=False, **more)
    if status is not None:
        assert done.returncode == status, done.stderr.decode()
    return done


def diagnostics(done):
    return json.loads(done.stdout)["diagnostics"]


@pytest.fixture(name="sites")
def fixture_sites(tmp_path):
    """good/ and faulty/ beside each other, and 30 copies of samples in many/."""
    shutil.copytree(SAMPLES / "textbook", tmp_path / "sites" / "good")
    (tmp_path / "sites" / "faulty").mkdir()
    (tmp_path / "sites" / "faulty" / "main.cf").write_text(FAULTY, encoding="ascii")
    names = sorted(p.name for p in SAMPLES.iterdir() if p.is_dir())
    for i in range(30):
        folder = tmp_path / "many" / f"{i:02}"
        shutil.copytree(SAMPLES / names[i % len(names)], folder)
        with open(folder / "main.cf", "a", encoding="ascii") as out:
            out.write(f"no_such_name_{i} = x\n" * (i % 3))
    return tmp_path


# ---- names ----

def test_one_site_has_its_own_names(sites):
    got = diagnostics(mcc(sites, "check", "--format", "json", "sites/faulty"))
    assert {d["file"] for d in got} == {"main.cf"}
    assert "site" not in got[0]


@pytest.mark.parametrize("words, name", [
    (("check", "sites/faulty", "sites/good"), "sites/faulty/main.cf"),
    (("check", "./sites/faulty/", "sites/good"), "sites/faulty/main.cf"),
    (("-C", "sites", "check", "sites/faulty", "sites/good"), "faulty/main.cf"),
    (("-C", ".", "check", "sites/faulty"), "sites/faulty/main.cf"),
    (("-C", "sites/faulty", "check", "sites/faulty"), "main.cf"),
    (("-C", "sites/good", "check", "sites/faulty"), "sites/faulty/main.cf"),
    (("-C", "sites/faulty", "check", "sites/faulty/main.cf"), "main.cf"),
    (("check", "sites/faulty/main.cf"), "sites/faulty/main.cf"),
])
def test_names_tell_the_site(sites, words, name):
    got = diagnostics(mcc(sites, *words, "--format", "json"))
    assert {d["file"] for d in got} == {name}
    for d in got:
        for place in d.get("related", []) + d.get("fix", {}).get("edits", []):
            assert place["file"] == name


def test_related_places_and_tables_have_the_folder(sites):
    folder = sites / "sites" / "faulty"
    (folder / "aliases").write_text("info alice\n", encoding="ascii")
    with open(folder / "main.cf", "a", encoding="ascii") as out:
        out.write("alias_maps = hash:/etc/postfix/aliases\n")
    got = diagnostics(mcc(sites, "check", "--format", "json", "sites/faulty", "sites/good"))
    assert {d["file"] for d in got} == {"sites/faulty/main.cf", "sites/faulty/aliases"}


# ---- formats ----

def test_json_lists_the_sites(sites):
    done = mcc(sites, "check", "--format", "json", "sites/good", "nowhere", "sites/faulty")
    got = json.loads(done.stdout)
    assert done.returncode == 3
    assert [(s["site"], s["checked"]) for s in got["sites"]] == [
        ("sites/good", True), ("nowhere", False), ("sites/faulty", True)]
    unreadable = [d for d in got["diagnostics"] if d["rule"] == "MC001"]
    assert [(d["site"], "file" in d) for d in unreadable] == [("nowhere", False)]
    assert got["summary"]["error"] == sum(d["severity"] == "error" for d in got["diagnostics"])
    assert [d["site"] for d in got["diagnostics"]] == sorted(
        (d["site"] for d in got["diagnostics"]),
        key=["sites/good", "nowhere", "sites/faulty"].index)


def test_human_says_what_has_no_place_and_counts(sites):
    out = mcc(sites, "check", "sites/good", "nowhere", "sites/faulty", status=3).stdout.decode()
    assert "\nnowhere: error: nowhere/main.cf cannot be read" in "\n" + out \
        or "\nnowhere: error: nowhere cannot be read" in "\n" + out
    assert out.rstrip().endswith("in 2 of 3 sites")


def test_human_shows_no_more_of_many_sites_than_of_one(sites):
    folder = sites / "sites" / "faulty"
    text = "".join(f"no_such_name_{i} = x\n" for i in range(150))
    (folder / "main.cf").write_text(text, encoding="ascii")
    shutil.copytree(folder, sites / "sites" / "again")
    out = mcc(sites, "check", "sites/faulty", "sites/again").stdout.decode()
    total = len(diagnostics(mcc(sites, "check", "--format", "json", "sites/faulty", "sites/again")))
    assert total >= 300
    assert f"... and {total - 200} more, not shown" in out
    assert len([line for line in out.splitlines() if "[MC" in line]) == 200


def test_sarif_is_one_run(sites):
    done = mcc(sites, "check", "--format", "sarif", "sites/good", "nowhere", "sites/faulty")
    run, = json.loads(done.stdout)["runs"]
    uris = {loc["physicalLocation"]["artifactLocation"]["uri"]
            for r in run["results"] for loc in r["locations"]}
    assert uris == {"nowhere", "sites/faulty/main.cf"}
    assert {r["ruleId"] for r in run["results"]} == {r["id"] for r in run["tool"]["driver"]["rules"]}
    assert run["invocations"] == [{"executionSuccessful": False}]
    fixes = [f for r in run["results"] for f in r.get("fixes", [])]
    assert fixes and all(c["replacements"] for f in fixes for c in f["artifactChanges"])


def test_sarif_of_nothing_is_whole(sites):
    done = mcc(sites, "check", "--format", "sarif", "sites/good", "sites/good", status=0)
    run, = json.loads(done.stdout)["runs"]
    assert run["results"] == [] and run["tool"]["driver"]["rules"] == []


def test_junit_has_a_suite_a_site(sites):
    done = mcc(sites, "check", "--format", "junit", "sites/good", "nowhere", "sites/faulty")
    suites = ET.fromstring(done.stdout).findall("testsuite")
    assert [s.get("name").split(",")[0] for s in suites] == [
        "mcc check sites/good", "mcc check nowhere", "mcc check sites/faulty"]
    for suite in suites:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    assert suites[2].find("testcase[@name='sites/faulty/main.cf']/failure") is not None


def test_gcc_and_github_lines(sites):
    words = ("sites/good", "nowhere", "sites/faulty")
    gcc = mcc(sites, "check", "--format", "gcc", *words).stdout.decode().splitlines()
    assert all(line.startswith(("nowhere: ", "sites/faulty/main.cf:")) for line in gcc)
    github = mcc(sites, "check", "--format", "github", *words).stdout.decode().splitlines()
    assert all("file=sites/faulty/main.cf," in line or "::nowhere: " in line for line in github)


# ---- processes ----

@pytest.mark.parametrize("fmt", ["human", "json", "sarif", "github", "gcc", "junit"])
def test_any_number_of_jobs_gives_the_same_bytes(sites, fmt):
    paths = sorted(str(p) for p in (sites / "many").iterdir()) + ["nowhere", "sites/faulty"]
    first = mcc(sites, "check", "--format", fmt, "--jobs", 1, *paths)
    assert first.stdout
    for jobs in (2, 3, 32, 256):
        again = mcc(sites, "check", "--format", fmt, "--jobs", jobs, *paths)
        assert (again.stdout, again.stderr, again.returncode) == \
            (first.stdout, first.stderr, first.returncode)


def test_order_is_the_command_lines(sites):
    paths = [f"many/{i:02}" for i in (7, 1, 4, 1)]
    got = diagnostics(mcc(sites, "check", "--format", "json", "--jobs", 4, *paths))
    assert [d["site"] for d in got] == ["many/07", "many/01", "many/04", "many/04", "many/01"] or \
        [d["site"] for d in got if d["rule"] == "MC201"][0] == "many/07"
    seen = list(dict.fromkeys(d["site"] for d in got))
    assert seen == [p for p in dict.fromkeys(paths) if p in seen]


@pytest.mark.beside
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_site_that_needs_too_much_memory_costs_only_itself(sites, jobs):
    hungry = sites / "sites" / "hungry"
    shutil.copytree(sites / "sites" / "good", hungry)
    with open(hungry / "virtual", "wb") as out:
        out.write(b"a" * 100 + b"@example.com b\n")
        out.truncate(600 << 20)

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))

    paths = ["sites/faulty", "sites/hungry", *(f"many/{i:02}" for i in range(12))]
    done = mcc(sites, "check", "--format", "json", "--jobs", jobs, *paths, preexec_fn=limit)
    got = json.loads(done.stdout)
    assert done.returncode == 3
    assert [s["site"] for s in got["sites"]] == paths
    assert [s["site"] for s in got["sites"] if not s["checked"]] == ["sites/hungry"]
    assert b"sites/hungry: not checked" in done.stderr
    rest = mcc(sites, "check", "--format", "json", *(p for p in paths if p != "sites/hungry"))
    assert got["diagnostics"] == diagnostics(rest)


@pytest.mark.beside
def test_memory_does_not_grow_with_the_number_of_sites(sites):
    def peak(times):
        paths = sorted(str(p) for p in (sites / "many").iterdir()) * times
        code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], "
                "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        done = subprocess.run(["/usr/bin/python3", "-c", code, MCC, *HOST, "check", "--format",
                               "gcc", *paths], cwd=sites, capture_output=True, check=True,
                              timeout=120)
        return int(done.stdout)

    few, many = peak(2), peak(40)
    assert many < few + 4096, (few, many)


def test_a_closed_pipe_ends_the_run(sites):
    paths = sorted(str(p) for p in (sites / "many").iterdir()) * 20
    with subprocess.Popen([MCC, "check", "--format", "json", *paths], cwd=sites,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdout.read(10)
        run.stdout.close()
        assert run.wait(timeout=60) != 0


# ---- rules ----

def test_options_win_over_mcc_cf(sites):
    folder = sites / "sites" / "faulty"
    (folder / "mcc.cf").write_text("disable = MC101\nseverity = MC201=error\n", encoding="ascii")

    def rules(*words):
        return {d["rule"] for d in diagnostics(mcc(sites, "check", "--format", "json", *words))}

    assert rules("sites/faulty") == {"MC201"}
    assert rules("--enable", "MC101", "sites/faulty") == {"MC101", "MC201"}
    assert rules("--enable", "MC101,MC116", "--disable", "unknown-parameter",
                 "sites/faulty") == {"MC101"}
    assert rules("--disable", "MC101", "--enable", "MC101", "sites/faulty") == {"MC101", "MC201"}


def test_mcc_cf_of_one_site_is_not_the_others(sites):
    folder = sites / "sites" / "faulty"
    shutil.copytree(folder, sites / "sites" / "silent")
    (sites / "sites" / "silent" / "mcc.cf").write_text(
        "disable = MC101 MC201\npostfix_version = 3.5\n", encoding="ascii")
    done = mcc(sites, "check", "--format", "json", "sites/silent", "sites/faulty")
    got = json.loads(done.stdout)
    assert {d["site"] for d in got["diagnostics"]} == {"sites/faulty"}
    assert [s["postfix"][:3] for s in got["sites"]] == ["3.5", "3.1"]


def test_mcc_cf_counts_for_single_files_too(sites):
    folder = sites / "sites" / "faulty"
    (folder / "mcc.cf").write_text("disable = MC101 MC201\n", encoding="ascii")
    done = mcc(sites, "-C", "sites/faulty", "check", "--format", "json", "sites/faulty/main.cf")
    assert diagnostics(done) == []


# ---- fixes ----

def test_fix_edits_and_reports_the_rest(sites):
    folder = sites / "sites" / "faulty"
    with open(folder / "main.cf", "a", encoding="ascii") as out:
        out.write("relayhost = 192.0.2.1\n")
    (folder / "main.cf").chmod(0o640)
    done = mcc(sites, "check", "--format", "json", "--fix", "sites/faulty", "sites/good")
    assert (folder / "main.cf").read_text(encoding="ascii") == \
        "compatibility_level = 3.6\nmyhostname = h.example\nmydomain = x.example\nbiff = yes\n" \
        "relayhost = 192.0.2.1\n"
    assert (folder / "main.cf").stat().st_mode & 0o777 == 0o640
    assert {d["rule"] for d in diagnostics(done)} == {"MC330"}
    assert done.returncode == 1
    assert done.stderr.decode() == "mcc: sites/faulty/main.cf: 2 findings fixed\n"
    again = mcc(sites, "check", "--format", "json", "--fix", "sites/faulty", "sites/good")
    assert again.stdout == done.stdout and again.stderr == b""


def test_fix_follows_a_link(sites):
    folder = sites / "sites" / "faulty"
    (folder / "main.cf").rename(sites / "shared.cf")
    (folder / "main.cf").symlink_to("../../shared.cf")
    mcc(sites, "check", "--fix", "sites/faulty", status=0)
    assert (folder / "main.cf").is_symlink()
    assert "mydomain = x.example" in (sites / "shared.cf").read_text(encoding="ascii")


def test_fix_needs_several_rounds(sites):
    """A name that is wrong hides that its value is wrong."""
    folder = sites / "sites" / "faulty"
    level = "compatibility_level = 3.6\n"
    (folder / "main.cf").write_text(level + "mesage_size_limit = 20M\n", encoding="ascii")
    mcc(sites, "check", "--fix", "sites/faulty", status=0)
    assert (folder / "main.cf").read_text(encoding="ascii") == \
        level + "message_size_limit = 20971520\n"


def test_fix_leaves_what_is_disabled_or_accepted(sites):
    folder = sites / "sites" / "faulty"
    mcc(sites, "check", "--write-baseline", "known", "sites/faulty", status=0)
    mcc(sites, "check", "--fix", "--baseline", "known", "sites/faulty", status=0)
    assert (folder / "main.cf").read_text(encoding="ascii") == FAULTY
    mcc(sites, "check", "--fix", "--disable", "MC101", "sites/faulty", status=0)
    assert (folder / "main.cf").read_text(encoding="ascii") == FAULTY.replace("domian", "domain")


def full_disk():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_fix_that_cannot_be_written_is_said(sites):
    folder = sites / "sites" / "faulty"
    done = mcc(sites, "check", "--fix", "sites/faulty", "sites/good",
               preexec_fn=full_disk)
    assert (folder / "main.cf").read_text(encoding="ascii") == FAULTY
    assert not list(folder.glob(".mcc*"))
    assert done.returncode == 3
    assert b"mcc: sites/faulty/main.cf: not fixed: " in done.stderr


# ---- baselines ----

def test_baseline_hides_what_is_known(sites):
    folder = sites / "sites" / "faulty"
    done = mcc(sites, "check", "--fail-on", "note", "--write-baseline", "known", "sites/faulty",
               status=0)
    assert done.stdout == b"" and b"2 findings written to known" in done.stderr
    done = mcc(sites, "check", "--fail-on", "note", "--baseline", "known", "sites/faulty", status=0)
    assert done.stdout == b"" and done.stderr == b""
    # Lines may move; a changed line is a new finding, and so is a second one alike.
    text = "# new first line\n\n" + FAULTY
    (folder / "main.cf").write_text(text, encoding="ascii")
    mcc(sites, "check", "--fail-on", "note", "--baseline", "known", "sites/faulty", status=0)
    (folder / "main.cf").write_text(text.replace("mydomian = x", "mydomian = y"), encoding="ascii")
    done = mcc(sites, "check", "--format", "json", "--baseline", "known", "sites/faulty")
    assert [d["rule"] for d in diagnostics(done)] == ["MC201"]
    assert b"1 of the findings in known are gone" in done.stderr


def test_baseline_of_many_sites_for_any_number_of_jobs(sites):
    paths = sorted(str(p) for p in (sites / "many").iterdir()) + ["sites/faulty"]
    for jobs in (1, 3):
        mcc(sites, "check", "--jobs", jobs, "--write-baseline", f"known{jobs}", *paths, status=0)
    assert (sites / "known1").read_bytes() == (sites / "known3").read_bytes()
    for jobs in (1, 3):
        done = mcc(sites, "check", "--fail-on", "note", "--format", "json", "--jobs", jobs,
                   "--baseline", "known1", *paths, status=0)
        assert diagnostics(done) == []


def test_what_could_not_be_read_is_not_accepted(sites):
    done = mcc(sites, "check", "--write-baseline", "known", "nowhere", "sites/faulty", status=3)
    assert b"nowhere" in done.stdout
    assert "MC001" not in (sites / "known").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [
    "", "{", "[]", "{}", '{"schema": "mcc-baseline/2", "findings": []}',
    '{"schema": "mcc-baseline/1", "findings": [{"file": "main.cf"}]}',
    '{"schema": "mcc-baseline/1", "findings": [{"file": "a", "rule": "MC101", "line": "x", '
    '"count": 0}]}',
    '{"schema": "mcc-baseline/1", "findings": [3]}',
])
def test_bad_baselines_are_refused(sites, text):
    (sites / "known").write_text(text, encoding="utf-8")
    done = mcc(sites, "check", "--baseline", "known", "sites/faulty", status=3)
    assert b"known cannot be used as a baseline" in done.stderr and done.stdout == b""


def test_missing_baseline(sites):
    done = mcc(sites, "check", "--baseline", "known", "sites/faulty", status=3)
    assert b"no such file" in done.stderr
    mcc(sites, "check", "--baseline", "known", "--write-baseline", "known", "sites/faulty",
        status=0)


# ---- wrong usage ----

@pytest.mark.parametrize("words", [
    ("--jobs", "0"), ("--jobs", "-1"), ("--jobs", "x"), ("--jobs", "257"), ("--jobs", ""),
    ("--jobs", "99999999999999999999"), ("--enable", "MC999"), ("--disable", "MC101,nosuch"),
    ("--fix", "--write-baseline", "x"), ("--dump", "ast", "--fix"), ("--nosuch",),
])
def test_wrong_usage(sites, words):
    done = mcc(sites, "check", *words, "sites/faulty", status=2)
    assert done.stdout == b"" and done.stderr.startswith(b"mcc check: ")
    assert (sites / "sites" / "faulty" / "main.cf").read_text(encoding="ascii") == FAULTY
