# SPDX-License-Identifier: BSD-2-Clause
"""Real configurations: no crash, no hang, and an answer for each. They lie in a
reference folder beside the repository and are not part of it."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))
CORPUS = REFERENCE / "corpus"
OPTIONS = ["--postfix", "3.7", "--platform", "debian", "--hostname", "vm.localdomain"]

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference configurations here")
SITES = sorted((CORPUS / "sites").iterdir()) if CORPUS.is_dir() else []
MAINS = sorted((CORPUS / "main").glob("*.cf")) if CORPUS.is_dir() else []


def run(folder, *args):
    return subprocess.run([MCC, "-C", folder, *OPTIONS, *args], capture_output=True, timeout=60,
                          check=False)


def check_and_build(folder, tmp_path):
    checked = run(folder, "check", "--format", "json", "--fail-on", "never")
    assert checked.returncode in (0, 3), checked.stderr
    assert json.loads(checked.stdout)["schema"] == "mcc-diagnostics/1"
    built = run(folder, "build", "-o", tmp_path / "out")
    assert built.returncode in (0, 1, 3), built.stderr
    # A site that is not built is told why; one that is has a generation.
    if built.returncode == 0:
        assert (tmp_path / "out/current/manifest.json").is_file()
    else:
        assert b"error" in built.stderr and not (tmp_path / "out/current").exists()


@pytest.mark.parametrize("site", SITES, ids=lambda p: p.name)
def test_site(site, tmp_path):
    check_and_build(site, tmp_path)


@pytest.mark.parametrize("main_cf", MAINS, ids=lambda p: p.stem)
def test_main_cf(main_cf, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(main_cf, folder / "main.cf")
    check_and_build(folder, tmp_path)
