#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs everything and ends with one line: N passed, N failed[, N skipped].

    run.py                        all phases
    run.py --only PHASE [...]     build unit golden e2e asan fuzz tools

Phases with a program to test run it from build/bin and, in phase `asan`, from
build/asan/bin, where every memory error and undefined operation is fatal.
What cannot run because a tool is missing counts as skipped, with the reason.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import golden

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
CORES = os.cpu_count() or 2
PHASES = ("build", "unit", "golden", "e2e", "asan", "fuzz", "tools")

UNIT_SECONDS = 300
E2E_SECONDS = 1200  # of one file
E2E_WORKERS = 3 * CORES
# More failures than these are no accident of timing.
RETRIED_AT_MOST = 8
TOOL_SECONDS = 300
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "10"))

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


class Tally:
    """Counts of the whole run; prints as it goes."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.start = time.monotonic()

    def add(self, what, passed, failed, skipped=0, output=""):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        if failed or skipped or passed > 1:
            skips = f", {skipped} skipped" if skipped else ""
            print(f"[{time.monotonic() - self.start:6.1f} s] {what}: "
                  f"{passed} passed, {failed} failed{skips}")
        if output and (failed or skipped or "second try" in output):
            print("    " + output.rstrip().replace("\n", "\n    "))
        sys.stdout.flush()

    def last_line(self):
        skips = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skips}"


def run(argv, seconds, env=None, cwd=ROOT):
    """(exit status, output); a status of None means that the time ran out.

    A file takes the output, not a pipe: a child that outlives the command
    would hold a pipe open and with it the whole run.
    """
    full = dict(os.environ, LC_ALL="C", TZ="UTC", **(env or {}))
    # The flags of the make that called us are not for the ones we call.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        full.pop(name, None)
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(argv, cwd=cwd, env=full, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT,
                                 start_new_session=True)
        try:
            status = child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            status = None
        # What it left behind goes too; it has a process group of its own.
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()
        out.seek(0)
        return status, out.read().decode("utf-8", "backslashreplace")


def tail(text, lines=60):
    return "\n".join(text.rstrip().splitlines()[-lines:])


def in_parallel(function, items, workers=CORES):
    with concurrent.futures.ThreadPoolExecutor(max_workers=workers) as pool:
        yield from zip(items, pool.map(function, items))


# --- build --------------------------------------------------------------------

def build(tally, what, variables, targets):
    status, out = run(["make", "-k", f"-j{CORES}", *variables, *targets], 1800)
    shown = []
    per_file = {}
    for line in out.splitlines():
        if not re.search(r"error|\*\*\*|undefined reference", line):
            continue
        name = line.split(":", 1)[0]
        per_file[name] = per_file.get(name, 0) + 1
        if per_file[name] <= 4 or "***" in line:
            shown.append(line)
    tally.add(f"build {what}", int(status == 0), int(status != 0),
              output="\n".join(shown[:60]))


# --- unit tests ---------------------------------------------------------------

def unit_counts(status, out):
    """From the TAP that cmocka prints; a crash is a failure of its own."""
    failed = len(re.findall(r"^not ok (?!.*# SKIP)", out, re.M))
    skipped = len(re.findall(r"# SKIP", out))
    passed = len(re.findall(r"^ok (?!.*# SKIP)", out, re.M))
    planned = sum(int(n) for n in re.findall(r"^1\.\.(\d+)", out, re.M))
    if status != 0 and not failed:
        failed = 1
    if planned > passed + failed + skipped:
        failed += planned - passed - failed - skipped
    if not passed + failed + skipped:
        failed = 1
    return passed, failed, skipped


def unit(tally, what, bin_dir):
    names = sorted(p.stem for p in (ROOT / "tests/unit").glob("test_*.c"))
    env = dict(SANITIZER_ENV, CMOCKA_MESSAGE_OUTPUT="TAP", MCC_BIN_DIR=str(bin_dir),
               MCC_ROOT=str(ROOT))

    def one(name):
        program = bin_dir / name
        if not program.exists():
            return 1, "not built\n"
        return run([str(program)], UNIT_SECONDS, env)

    for name, (status, out) in in_parallel(one, names):
        passed, failed, skipped = unit_counts(status, out)
        if status is None:
            out += f"\nlonger than {UNIT_SECONDS} s"
        shown = tail(out) if failed else "\n".join(re.findall(r".*# SKIP.*", out))
        tally.add(f"{what} {name}", passed, failed, skipped, shown)


# --- golden cases -------------------------------------------------------------

def golden_cases(tally, what, bin_dir):
    prefix = golden.no_network()
    os.environ.update(SANITIZER_ENV)  # one of the few names that reach a case
    names = golden.case_names()
    passed = failed = 0
    output = ""
    for name, diff in in_parallel(lambda n: golden.check_case(n, bin_dir, prefix), names):
        passed += not diff
        failed += bool(diff)
        if diff:
            output += f"--- {name}\n{diff}"
    tally.add(what, passed, failed, output=output)


# --- end to end ---------------------------------------------------------------

def junit_counts(path):
    """(passed, failed, skipped, {reason of a skip: how many})"""
    passed = failed = skipped = 0
    reasons = {}
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" in kinds:
            skipped += 1
            reason = case.find("skipped").get("message", "")
            reasons[reason] = reasons.get(reason, 0) + 1
        else:
            passed += 1
    return passed, failed, skipped, reasons


# Tests of scripts, not of the programs: once is enough.
NO_PROGRAM = {"test_runner.py", "test_source_checks.py"}
# They take longest; the other files fill the time beside them.
FIRST = ("test_fmt.py", "test_conf_oracle.py", "test_mccd_smtp_oracle.py",
         "test_routes_oracle.py", "test_memory.py", "test_mccd_cleanup.py", "test_conf.py",
         "test_map_tables.py", "test_map.py", "test_mccd_queue.py")


class PytestFile:
    """One test file with the programs of one folder; reports of its own."""

    def __init__(self, temp, bin_dir, path):
        self.temp, self.bin_dir, self.path = temp, bin_dir, path
        self.counts, self.output = (0, 1, 0, {}), ""

    def pytest(self, name, *arguments):
        """The counts and what it printed; no counts when it did not come that far."""
        report = os.path.join(self.temp, name)
        os.makedirs(self.temp, exist_ok=True)
        some = [] if self.bin_dir == BUILD / "bin" else ["-m", "not beside"]
        status, out = run(
            [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={self.temp}/cache",
             f"--junitxml={report}", f"--basetemp={self.temp}/t", *some, *arguments,
             str(self.path)], E2E_SECONDS,
            dict(SANITIZER_ENV, MCC_BIN_DIR=str(self.bin_dir), MCC_ROOT=str(ROOT),
                 PYTHONDONTWRITEBYTECODE="1"))
        if not os.path.exists(report):
            late = f"\nlonger than {E2E_SECONDS} s" if status is None else ""
            return None, out + late
        passed, failed, skipped, reasons = junit_counts(report)
        # 5: nothing was selected, as all of a file may be left out
        if status not in ((0, 1, 5) if some else (0, 1)) and not failed:
            failed = 1
        return (passed, failed, skipped, reasons), out

    def first(self):
        counts, self.output = self.pytest("junit.xml")
        if counts:
            self.counts = counts
        elif "No module named pytest" in self.output:
            self.counts = 0, 0, 1, {"pytest is not installed": 1}
        return self

    def again(self):
        """Those that failed, once more; what passed now is said."""
        passed, failed, skipped, reasons = self.counts
        counts, self.output = self.pytest("again.xml", "--last-failed", "-rA")
        if counts:
            mended = min(counts[0], failed)
            self.counts = passed + mended, failed - mended, skipped, reasons
        return [f"passed at the second try: {name}" for name in
                re.findall(r"^PASSED (.*)$", self.output, re.M)]


def e2e_jobs(runs):
    """(program folder, test file), those first that take longest."""
    jobs = [(bin_dir, path) for _, bin_dir in runs
            for path in sorted((ROOT / "tests/e2e").glob("test_*.py"))
            if bin_dir == BUILD / "bin" or path.name not in NO_PROGRAM]
    return sorted(jobs, key=lambda j: FIRST.index(j[1].name) if j[1].name in FIRST else len(FIRST))


def told_of(files, late):
    reasons = {}
    for file in files:
        for reason, count in file.counts[3].items():
            reasons[reason] = reasons.get(reason, 0) + count
    return "\n".join([f"{n} skipped: {reason}" for reason, n in reasons.items()] + late +
                     [tail(file.output, 200) for file in files if file.counts[1]])


def e2e(tally, runs):
    """All files of all runs, several at the same time: the tests mostly wait.

    Some wait for real daemons, with a time limit. Of a few that failed beside all
    the others each has a second try, alone, and the output says which; a fault of
    the program fails again."""
    # A short name: sockets have their paths below it, of 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="mcc-") as temp:
        files = [PytestFile(os.path.join(temp, str(n)), *job)
                 for n, job in enumerate(e2e_jobs(runs))]
        done = [file for _, file in in_parallel(PytestFile.first, files, E2E_WORKERS)]
        for what, bin_dir in runs:
            mine = [file for file in done if file.bin_dir == bin_dir]
            failed = sum(file.counts[1] for file in mine)
            late = []
            if failed <= RETRIED_AT_MOST:
                late = [name for file in mine if file.counts[1] for name in file.again()]
            tally.add(what, *[sum(file.counts[i] for file in mine) for i in range(3)],
                      told_of(mine, late))


# --- fuzzing ------------------------------------------------------------------

def fuzz_one(source):
    name = source.stem
    what = name[len("fuzz_"):]
    program = BUILD / "fuzz/bin" / name
    if not program.exists():
        return 1, "not built"
    corpus = BUILD / "fuzz/corpus" / what
    corpus.mkdir(parents=True, exist_ok=True)
    argv = [str(program), f"-max_total_time={FUZZ_SECONDS}", "-timeout=10",
            "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1",
            f"-artifact_prefix={BUILD}/fuzz/{name}-"]
    dictionary = ROOT / f"tests/fuzz/{what}.dict"
    if dictionary.exists():
        argv.append(f"-dict={dictionary}")
    argv.append(str(corpus))
    seeds = ROOT / "tests/fuzz/seeds" / what
    if seeds.is_dir():
        argv.append(str(seeds))
    # Relative paths that a target may use lead into an empty folder.
    with tempfile.TemporaryDirectory(prefix="mcc-fuzz-") as work:
        status, out = run(argv, FUZZ_SECONDS + 120, SANITIZER_ENV, work)
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", out)
    if status == 0 and not (runs and int(runs.group(1)) > 0):
        return 1, "nothing was executed\n" + tail(out)
    return status, out


def fuzz(tally):
    sources = sorted((ROOT / "tests/fuzz").glob("fuzz_*.c"))
    if not sources:
        return
    if not shutil.which("clang"):
        tally.add("fuzz", 0, 0, len(sources), "clang is not installed")
        return
    build(tally, "fuzz", ["FUZZ=1"], ["fuzz-programs"])
    passed = failed = 0
    output = ""
    for source, (status, out) in in_parallel(fuzz_one, sources, 2):
        passed += status == 0
        failed += status != 0
        if status != 0:
            output += f"--- {source.stem}\n{tail(out)}\n"
    tally.add(f"fuzz, {FUZZ_SECONDS} s each", passed, failed, output=output)


# --- checks of the sources ----------------------------------------------------

def tools(tally):
    scripts = sorted((ROOT / "tests/tools").glob("check-*.sh"))
    passed = failed = 0
    output = ""
    for script, (status, out) in in_parallel(
            lambda s: run(["sh", str(s)], TOOL_SECONDS), scripts):
        passed += status == 0
        failed += status != 0
        if status != 0:
            output += f"--- {script.name}\n{tail(out)}\n"
    tally.add("checks of the sources", passed, failed, output=output)


# --- all ----------------------------------------------------------------------

def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", nargs="+", choices=PHASES, default=PHASES)
    phases = set(parser.parse_args().only)
    tally = Tally()
    programs = ["programs", "unit-programs"]
    asan_bin = BUILD / "asan/bin"

    if phases & {"build", "unit", "golden", "e2e", "tools"}:
        build(tally, "programs and unit tests", [], programs)
    if "unit" in phases:
        unit(tally, "unit", BUILD / "bin")
    if "golden" in phases:
        golden_cases(tally, "golden", BUILD / "bin")
    if "tools" in phases:
        tools(tally)
    if "asan" in phases:
        build(tally, "with ASan and UBSan", ["SAN=1"], programs)
        unit(tally, "unit, ASan", asan_bin)
        golden_cases(tally, "golden, ASan", asan_bin)
    runs = []
    if "e2e" in phases:
        runs.append(("end to end", BUILD / "bin"))
    if "asan" in phases:
        runs.append(("end to end, ASan", asan_bin))
    e2e(tally, runs)
    if "fuzz" in phases:
        fuzz(tally)
    print(tally.last_line())
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
