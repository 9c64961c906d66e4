# SPDX-License-Identifier: BSD-2-Clause
"""Where the programs under test lie: build/bin, or the folder that the runner names."""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("MCC_BIN_DIR", ROOT / "build/bin"))
MCC, MCCD = BIN / "mcc", BIN / "mccd"
