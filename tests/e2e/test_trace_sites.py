# SPDX-License-Identifier: BSD-2-Clause
"""Random sites beside the real Postfix: a few of them, always the same ones.
`make oracle-sessions N=60 SEED=7` goes on from here."""
import subprocess
import sys

import pytest
from programs import MCC, ROOT

pytestmark = pytest.mark.beside
PROGRAM = ROOT / "tests/oracle/sessions.py"


@pytest.mark.parametrize("kind", ["sessions", "routes"])
def test_same_as_postfix(kind):
    done = subprocess.run([sys.executable, PROGRAM, "-n", "2", "--seed", "1", "--kind", kind, "--no-shrink",
                           "--seconds", "300", "--mcc", MCC], capture_output=True, text=True, timeout=900, check=False)
    if done.returncode == 2:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    asked, differ = (int(w) for w in done.stdout.splitlines()[-1].split() if w.isdigit())
    assert asked >= 80 and differ == 0
