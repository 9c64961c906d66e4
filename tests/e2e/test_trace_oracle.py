# SPDX-License-Identifier: BSD-2-Clause
"""mcc trace against recorded sessions, routes and deliveries of the real
Postfix 3.7: every answer of every case. The judge is the reference's own
oracle; its questions are collected first and asked in one run of
`mcc trace --script` for each case."""
import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest
from programs import MCC, ROOT

pytestmark = pytest.mark.beside
REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))
ORACLE = REFERENCE / "check/session_oracle.py"
CASES = REFERENCE / "behaviour/cases"

# permit_inet_interfaces means the other end of the connection. The recordings
# gave their clients by XCLIENT over loopback, which has to be said.
PEER = {"relay-permit-inet-interfaces": "127.0.0.1"}


def cases():
    if not ORACLE.exists():
        return []
    return sorted(p.name for p in CASES.iterdir() if (p / "main.cf").exists())


def session_of(args):
    """Options of a command line as a line of a script."""
    session, words = {}, list(args)
    while words:
        word = words.pop(0)
        if word == "--":
            continue
        if not word.startswith("--") or not words:
            session["rcpt"] = word
        else:
            value = words.pop(0)
            session[word[2:]] = int(value) if word == "--size" else value
    return session


class Collector:
    """Stands in for the oracle's runner: notes questions, then has answers."""

    def __init__(self):
        self.asked, self.answers = [], {}

    def trace(self, _case, args):
        key = tuple(args)
        if key not in self.answers and key not in self.asked:
            self.asked.append(key)
        return self.answers.get(key, {})

    def ask(self, case):
        command = [MCC, "-C", case, "--postfix", "3.7", "--platform", "debian",
                   "--hostname", "mail.example.com", "trace", "--script", "-"]
        if case.name in PEER:
            command += ["--peer", PEER[case.name]]
        if (case / "answers.txt").exists():
            command += ["--answers", case / "answers.txt"]
        lines = "\n".join(json.dumps(session_of(a)) for a in self.asked) + "\n"
        done = subprocess.run(command, input=lines, capture_output=True, text=True,
                              errors="surrogateescape", timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        self.answers = dict(zip(self.asked, map(json.loads, done.stdout.splitlines())))
        assert len(self.answers) == len(self.asked)


def judge(oracle, runner, case):
    results = []
    for name, check in (("sessions", oracle.check_session), ("routes", oracle.check_route),
                        ("expand", oracle.check_expand)):
        for item in json.loads((case / f"{name}.json").read_text()):
            results += check(runner, str(case), item)
    return results


@pytest.fixture(scope="module")
def oracle():
    spec = importlib.util.spec_from_file_location("session_oracle", ORACLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not ORACLE.exists(), reason="no recorded sessions beside the repository")
@pytest.mark.parametrize("name", cases())
def test_recorded_answers(oracle, name):
    runner = Collector()
    judge(oracle, runner, CASES / name)
    runner.ask(CASES / name)
    results = judge(oracle, runner, CASES / name)
    wrong = [what for ok, _text, what in results if not ok]
    assert not wrong, f"{len(wrong)} of {len(results)} answers differ:\n" + "\n".join(wrong[:20])
