# SPDX-License-Identifier: BSD-2-Clause
"""The bounds of base/limits.h by their names, so that a test stands at the bound
that is compiled in."""
import re
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "base/limits.h"
VALUES = dict(re.findall(r"^\t(LIMIT_\w+) = ([\d <*]+)", HEADER.read_text(), re.M))


def limit(name):
    """Numbers, shifts and products only."""
    return eval(VALUES[name])  # pylint: disable=eval-used
