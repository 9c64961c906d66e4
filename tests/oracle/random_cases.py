# SPDX-License-Identifier: BSD-2-Clause
"""What the random oracles share: making a difference smaller, and one report."""
import argparse
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import forks

MCC = str(Path(__file__).resolve().parents[2] / "build/bin/mcc")


def parser(text, count, what="cases"):
    made = argparse.ArgumentParser(description=text)
    made.add_argument("-n", type=int, default=count, help=f"number of {what}")
    made.add_argument("--seed", type=int, default=int(time.time()))
    made.add_argument("--mcc", type=os.path.abspath, default=MCC)
    return made


def beside_parser(text, count, what):
    """Of those that ask many small cases, some at a time."""
    made = parser(text, count, what)
    made.add_argument("--seconds", type=float, default=0, help="stop asking after that long")
    made.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="cases at a time")
    made.add_argument("--most", type=int, default=10, help="differences to show")
    return made


def judge_all(args, work, judge, report, differing=lambda result: result):
    """What judge() says of each, in their order whatever the jobs, until it is
    time; exit status. differing() takes from that what is to be reported.
    Temporary files of all go with the folder of this run."""
    end, wrong, asked = time.monotonic() + (args.seconds or 1e9), 0, 0
    with tempfile.TemporaryDirectory(prefix="mcc-oracle-") as scratch, forks.Built(), \
            multiprocessing.get_context("fork").Pool(args.jobs, begin, (scratch,)) as pool:
        for result in pool.imap(judge, work):
            asked += 1
            result = differing(result)
            if result:
                wrong += 1
                report(result)
            if time.monotonic() > end or wrong >= args.most:
                break
    print(f"{asked} cases asked, {wrong} differ")
    return 1 if wrong else 0


def begin(scratch):
    tempfile.tempdir = scratch


def ask(script, cases, seed, seconds, mcc):
    """Runs one of them for a test: no difference, and some cases at least."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name(script), "-n", str(cases), "--seed", str(seed),
         "--seconds", str(seconds), "--most", "3", "--mcc", mcc], capture_output=True, text=True,
        errors="replace", timeout=10 * seconds + 60, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) cases asked", done.stdout).group(1)) >= min(cases, 40)


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
