# SPDX-License-Identifier: BSD-2-Clause
"""What the random oracles share: making a difference smaller, and one report."""
import argparse
import time
from pathlib import Path

MCC = str(Path(__file__).resolve().parents[2] / "build/bin/mcc")


def parser(text, count):
    made = argparse.ArgumentParser(description=text)
    made.add_argument("-n", type=int, default=count, help="number of cases")
    made.add_argument("--seed", type=int, default=int(time.time()))
    made.add_argument("--mcc", default=MCC)
    return made


def shrink(items, differs, budget=60):
    """Fewer items for which differs(items) still holds: halves, quarters, ..., single ones."""
    size = max(len(items) // 2, 1)
    while size and budget > 0:
        at = 0
        while at < len(items) and budget > 0:
            fewer = items[:at] + items[at + size:]
            budget -= 1
            if len(fewer) < len(items) and differs(fewer):
                items = fewer
            else:
                at += size
        size //= 2
    return items
