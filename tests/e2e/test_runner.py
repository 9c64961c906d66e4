# SPDX-License-Identifier: BSD-2-Clause
"""The runners themselves: what must not count as passed does not."""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(name="tree")
def make_tree(tmp_path):
    (tmp_path / "tests/golden/case").mkdir(parents=True)
    (tmp_path / "build/bin").mkdir(parents=True)
    shutil.copy(ROOT / "tests/golden.py", tmp_path / "tests")
    return tmp_path


def golden(tree, *args, **files):
    for name, text in files.items():
        (tree / "tests/golden/case" / name).write_text(text)
    done = subprocess.run([sys.executable, "tests/golden.py", *args], cwd=tree,
                          capture_output=True, text=True, timeout=60, check=False,
                          env={k: v for k, v in os.environ.items() if k != "MCC_BIN_DIR"})
    return done.returncode, done.stdout


@pytest.mark.parametrize("files, status, text", [
    ({"cmd": "echo a", "out": "a\n"}, 0, "1 passed, 0 failed"),
    ({"cmd": "echo a", "out": "b\n"}, 1, "-b\n+a\n"),
    ({"cmd": "echo a"}, 1, "no expectation: out"),
    ({"out": "a\n"}, 1, "no file tests/golden/case/cmd"),
    ({"cmd": "echo a >&2", "out": ""}, 1, "err (got)"),
    ({"cmd": "echo a >&2", "out": "", "err": "a\n"}, 0, "1 passed"),
    ({"cmd": "exit 3", "out": ""}, 1, "-0\n+3\n"),
    ({"cmd": "exit 3", "out": "", "rc": "3\n"}, 0, "1 passed"),
    ({"cmd": "true", "out": "", "rc": "3\n"}, 1, "-3\n+0\n"),
    ({"cmd": "pwd", "out": "@DIR@\n"}, 0, "1 passed"),
    ({"cmd": "ls", "out": "main.cf\n", "main.cf": "x"}, 0, "1 passed"),
    ({"cmd": "echo $MCC $MCC_ROOT $LC_ALL $TZ",
      "out": "@ROOT@/build/bin/mcc @ROOT@ C UTC\n"}, 0, "1 passed"),
    ({"cmd": "printf 'a\\377'", "out": "a"}, 1, "a\\xff"),
])
def test_golden(tree, files, status, text):
    code, out = golden(tree, **files)
    assert (code, text in out) == (status, True), out


def test_golden_leaves_the_case_alone(tree):
    golden(tree, cmd="echo b > main.cf; rm -f cmd", out="", **{"main.cf": "a"})
    assert (tree / "tests/golden/case/main.cf").read_text() == "a"
    assert (tree / "tests/golden/case/cmd").exists()


def test_golden_has_no_network(tree):
    code = "import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
    listener = subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True)
    if listener.returncode:
        pytest.skip("may not cut off the network here")
    import socket
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = code.format(port=server.getsockname()[1])
        subprocess.run([sys.executable, "-c", code], check=True, timeout=10)
        status, _ = golden(tree, cmd=f'{sys.executable} -c "{code}" 2>/dev/null || echo none',
                           out="none\n")
    assert status == 0


def test_golden_rewrite(tree):
    code, out = golden(tree, "--rewrite", cmd="echo a; echo b >&2; exit 1", out="z\n")
    case = tree / "tests/golden/case"
    assert code == 0 and "-z\n+a\n" in out
    assert (case / "out").read_text() == "a\n"
    assert (case / "err").read_text() == "b\n"
    assert (case / "rc").read_text() == "1\n"
    assert golden(tree)[0] == 0
    golden(tree, "--rewrite", cmd="echo a")
    assert not (case / "err").exists() and not (case / "rc").exists()


@pytest.fixture(name="runner", scope="module")
def load_runner():
    sys.path.insert(0, str(ROOT / "tests"))
    try:
        spec = importlib.util.spec_from_file_location("mcc_run", ROOT / "tests/run.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


@pytest.mark.parametrize("status, out, counts", [
    (0, "1..2\nok 1 - a\nok 2 - b\n", (2, 0, 0)),
    (1, "1..2\nok 1 - a\nnot ok 2 - b\n# x\n", (1, 1, 0)),
    (0, "1..2\nok 1 - a\nnot ok 2 # SKIP b\n", (1, 0, 1)),
    (-11, "1..3\nok 1 - a\n", (1, 2, 0)),       # a crash: what did not run failed
    (-6, "1..1\nok 1 - a\n", (1, 1, 0)),        # a crash after the last one
    (23, "1..1\nok 1 - a\nLeakSanitizer\n", (1, 1, 0)),
    (None, "1..2\nok 1 - a\n", (1, 1, 0)),      # took too long
    (0, "", (0, 1, 0)),                         # tested nothing
])
def test_counts_of_unit_programs(runner, status, out, counts):
    assert runner.unit_counts(status, out) == counts


def test_a_child_left_behind_does_not_hold_the_run(runner):
    status, out = runner.run(["sh", "-c", "sleep 60 & echo $!"], 20)
    assert status == 0
    # It is gone, or a zombie that waits for its new parent; a signal takes its
    # time on a busy machine.
    for _ in range(200):
        try:
            state = Path(f"/proc/{int(out)}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            state = "gone"
        if state in ("gone", "Z", "X"):
            return
        time.sleep(0.05)
    pytest.fail(f"process {out} is still there, in state {state}")


def test_time_limit(runner):
    assert runner.run(["sh", "-c", "echo a; sleep 60"], 1) == (None, "a\n")


def test_last_line(runner, capsys):
    tally = runner.Tally()
    tally.add("x", 3, 0)
    assert tally.last_line() == "3 passed, 0 failed"
    tally.add("y", 0, 1, 2)
    assert tally.last_line() == "3 passed, 1 failed, 2 skipped"
    assert "y: 0 passed, 1 failed, 2 skipped" in capsys.readouterr().out


@pytest.fixture(name="tests_of_two")
def make_tests_of_two(runner, tmp_path, monkeypatch):
    """Runs two test files: one has a fault and is late once, one is good."""
    e2e = tmp_path / "tests/e2e"
    e2e.mkdir(parents=True)
    (e2e / "test_a.py").write_text(f"""
from pathlib import Path
def test_good(): pass
def test_late():
    flag = Path({str(tmp_path)!r}) / "flag"
    seen = flag.exists()
    flag.touch()
    assert seen
def test_bad(): assert False
""")
    (e2e / "test_b.py").write_text("""
import pytest
def test_good(): pass
@pytest.mark.skip("no reason")
def test_left_out(): pass
@pytest.mark.beside
def test_beside(): pass
""")
    (e2e / "conftest.py").write_text((ROOT / "tests/e2e/conftest.py").read_text())
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    monkeypatch.setattr(runner, "BUILD", tmp_path / "build")

    def tests(folder="build/bin"):
        tally = runner.Tally()
        runner.e2e(tally, [("x", tmp_path / folder)])
        return tally.passed, tally.failed, tally.skipped
    return tests


def test_few_failures_have_a_second_try(tests_of_two, capsys):
    assert tests_of_two() == (4, 1, 1)
    told = capsys.readouterr().out
    assert re.search("passed at the second try: .*test_late", told) and "test_bad" in told
    assert "1 skipped: no reason" in told


def test_many_failures_have_none(tests_of_two, runner, monkeypatch):
    monkeypatch.setattr(runner, "RETRIED_AT_MOST", 1)
    assert tests_of_two() == (3, 2, 1)


def test_what_is_left_out_with_sanitizers(tests_of_two):
    assert tests_of_two("build/asan/bin") == (3, 1, 1)


@pytest.mark.parametrize("text, counts", [
    ("import os\nos._exit(0)\n", (0, 1)),         # no report: failed
    ("def test_x(:\n", (0, 1)),
    ("import pytest\npytestmark = pytest.mark.beside\ndef test_x(): pass\n", (0, 0)),
    ("def test_x():\n    import os\n    os.kill(os.getpid(), 9)\n", (0, 1)),
])
def test_files_that_come_to_nothing(runner, tmp_path, text, counts):
    (tmp_path / "test_x.py").write_text(text)
    (tmp_path / "conftest.py").write_text((ROOT / "tests/e2e/conftest.py").read_text())
    file = runner.PytestFile(str(tmp_path / "t"), tmp_path / "build/asan/bin", tmp_path / "test_x.py")
    assert file.first().counts[:2] == counts
