# SPDX-License-Identifier: BSD-2-Clause
"""mcc trace against recorded sessions, routes and deliveries of the real
Postfix 3.7. MCC_ORACLE_CASES=all runs every case (minutes); the default is a
spread of small ones."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MCC = Path(os.environ.get("MCC_BIN_DIR", ROOT / "build/bin")) / "mcc"
REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))
ORACLE = REFERENCE / "check/session_oracle.py"
CASES = REFERENCE / "behaviour/cases"

SPREAD = ["access-helo", "class-virtual-alias-default", "dns-rbl", "expand-aliases-forms",
          "expand-bcc", "expand-canonical", "expand-virtual-loop", "mynet-cidr-table",
          "relay-hacks-off", "relay-permit-mx-backup", "route-sender-both",
          "route-transport-hash-star", "stage-odd-addresses", "stage-helo-nodelay",
          "stage-strict-envelope"]
# permit_inet_interfaces means the other end of the connection; the recordings
# gave their clients by XCLIENT over loopback, so there every client is "own".
KNOWN = {"relay-permit-inet-interfaces"}


def cases():
    if not ORACLE.exists():
        return []
    names = sorted(p.name for p in CASES.iterdir() if (p / "main.cf").exists())
    if os.environ.get("MCC_ORACLE_CASES") == "all":
        return [n for n in names if n not in KNOWN]
    return [n for n in names if n in SPREAD]


@pytest.mark.skipif(not ORACLE.exists(), reason="no recorded sessions beside the repository")
@pytest.mark.parametrize("case", cases())
def test_recorded_answers(case):
    done = subprocess.run([sys.executable, ORACLE, MCC, CASES, "--only", case, "-v"],
                          capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
