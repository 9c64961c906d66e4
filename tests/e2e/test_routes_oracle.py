# SPDX-License-Identifier: BSD-2-Clause
"""Where random sites send mail: mcc trace beside the real Postfix. The seeds
are fixed, so that a failure can be looked at again; `make oracle-routes` goes
on from other ones."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.beside
ROOT = Path(__file__).resolve().parents[2]
MCC = Path(os.environ.get("MCC_BIN_DIR", ROOT / "build/bin")) / "mcc"
INSTALLED = any(Path(p).is_dir() for p in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix"))


@pytest.mark.skipif(os.geteuid() != 0 or not INSTALLED, reason="needs root and an installed Postfix")
@pytest.mark.parametrize("part, sites", [("routes", 6), ("cleaned", 6), ("smtp", 3)])
def test_random_sites(part, sites):
    done = subprocess.run([sys.executable, ROOT / "tests/oracle/routes.py", "-n", str(sites), "--seed", "3", "--part", part,
                           "--no-shrink", "--seconds", "20", "--mcc", MCC],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
