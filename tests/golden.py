#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Golden cases: tests/golden/CASE/ holds `cmd` and what it must print.

cmd   one shell script, run by sh in a copy of the case's folder
out   expected standard output (required)
err   expected standard error (absent: nothing may be printed there)
rc    expected exit status (absent: 0)

The environment is small and fixed: MCC and MCCD (the programs), MCC_ROOT (the
repository), PATH, LC_ALL=C, TZ=UTC, HOME (the copy). Where the system lets
us, the command runs without any network. The path of the copy is replaced by
@DIR@ and that of the repository by @ROOT@ before comparing.

    golden.py [CASE...]            compare, exit 1 on a difference
    golden.py --rewrite [CASE...]  show the difference and accept it
"""
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "golden"
EXPECTATIONS = ("out", "err", "rc")
TIMEOUT = 60


def no_network():
    """The prefix that cuts the network off, or none where it is refused."""
    for prefix in (["unshare", "-n"], ["unshare", "-rn"]):
        try:
            if subprocess.run(prefix + ["true"], stderr=subprocess.DEVNULL,
                              check=False).returncode == 0:
                return prefix
        except OSError:
            pass
    return []


def case_names():
    return sorted(p.name for p in CASES.glob("*") if p.is_dir())


def run_case(name, bin_dir, prefix):
    """What the case prints: {"out": bytes, "err": bytes, "rc": bytes}."""
    with tempfile.TemporaryDirectory(prefix="mcc-golden-") as temp:
        work = os.path.join(os.path.realpath(temp), name)
        shutil.copytree(CASES / name, work, symlinks=True,
                        ignore=lambda folder, _: EXPECTATIONS + ("cmd",)
                        if folder == str(CASES / name) else ())
        env = {
            "MCC": str(bin_dir / "mcc"), "MCCD": str(bin_dir / "mccd"),
            "MCC_ROOT": str(ROOT), "LC_ALL": "C", "TZ": "UTC", "HOME": work,
            "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin",
        }
        for name_of in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name_of in os.environ:
                env[name_of] = os.environ[name_of]
        cmd = (CASES / name / "cmd").read_text()
        try:
            done = subprocess.run(prefix + ["sh", "-c", cmd], cwd=work, env=env,
                                  stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=TIMEOUT, check=False)
            got = {"out": done.stdout, "err": done.stderr, "rc": done.returncode}
        except subprocess.TimeoutExpired:
            got = {"out": b"", "err": b"", "rc": f"longer than {TIMEOUT} s"}
        got["rc"] = f"{got['rc']}\n".encode()
        for key in ("out", "err"):
            got[key] = got[key].replace(work.encode(), b"@DIR@")
            got[key] = got[key].replace(str(ROOT).encode(), b"@ROOT@")
        return got


def expected(name):
    want = {"out": None, "err": b"", "rc": b"0\n"}
    for key in EXPECTATIONS:
        path = CASES / name / key
        if path.exists():
            want[key] = path.read_bytes()
    return want


def difference(want, got):
    lines = []
    for key in EXPECTATIONS:
        if want[key] == got[key]:
            continue
        if want[key] is None:
            lines.append(f"no expectation: {key}\n")
        old = (want[key] or b"").decode("utf-8", "backslashreplace")
        new = got[key].decode("utf-8", "backslashreplace")
        for line in difflib.unified_diff(old.splitlines(True), new.splitlines(True),
                                         f"{key} (expected)", f"{key} (got)"):
            lines.append(line if line.endswith("\n") else line + "\n\\ no newline\n")
    return "".join(lines)


def check_case(name, bin_dir, prefix):
    """The difference as text; empty when the case passes."""
    if not (CASES / name / "cmd").exists():
        return "no file `cmd`\n"
    return difference(expected(name), run_case(name, bin_dir, prefix))


def rewrite(name, got):
    for key, default in (("out", None), ("err", b""), ("rc", b"0\n")):
        path = CASES / name / key
        if got[key] != default:
            path.write_bytes(got[key])
        elif path.exists():
            path.unlink()


def main(argv):
    accept = "--rewrite" in argv
    names = [a for a in argv if not a.startswith("--")] or case_names()
    bin_dir = Path(os.environ.get("MCC_BIN_DIR", ROOT / "build" / "bin")).resolve()
    prefix = no_network()
    failed = 0
    for name in names:
        if not (CASES / name / "cmd").exists():
            print(f"{name}: no file tests/golden/{name}/cmd")
            failed += 1
            continue
        got = run_case(name, bin_dir, prefix)
        diff = difference(expected(name), got)
        if diff:
            failed += 1
            print(f"--- {name}\n{diff}", end="")
            if accept:
                rewrite(name, got)
    if accept:
        print(f"{len(names)} cases, {failed} rewritten: read the difference above")
        return 0
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
