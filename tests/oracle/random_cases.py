# SPDX-License-Identifier: BSD-2-Clause
"""What the random oracles share: making a difference smaller, and one report."""
import argparse
import os
import time
from pathlib import Path

MCC = str(Path(__file__).resolve().parents[2] / "build/bin/mcc")


def parser(text, count, what="cases"):
    made = argparse.ArgumentParser(description=text)
    made.add_argument("-n", type=int, default=count, help=f"number of {what}")
    made.add_argument("--seed", type=int, default=int(time.time()))
    made.add_argument("--mcc", type=os.path.abspath, default=MCC)
    return made


def site_parser(text, what):
    """Of those that put the same questions to whole sites."""
    made = parser(text, 10, what)
    made.add_argument("--seconds", type=int, default=3600, help="stop asking after that long")
    made.add_argument("--no-shrink", dest="shrink", action="store_false")
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
