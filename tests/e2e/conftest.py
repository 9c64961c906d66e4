# SPDX-License-Identifier: BSD-2-Clause
"""What all end-to-end tests share."""
import sys
from pathlib import Path

# The comparisons with other programs are programs of their own, which tests run
# and read: their folder is searched as this one is.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "beside: compares a great many answers with another program's, or measures; "
        "not repeated with the sanitizers, where the same code has tests of its own")
