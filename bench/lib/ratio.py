#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ratio.py LABEL ROUNDS -- OURS... -- PEERS...

Runs two commands in turn, A B A B ..., after one warm-up of each, and prints the
medians of their wall-clock seconds and the ratio peer/ours: above 1 means that
ours is faster. A command that fails ends the comparison.
"""
import statistics
import subprocess
import sys
import time


def seconds(command):
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: status {done.returncode}: {done.stderr.decode()[-400:]}")
    return time.monotonic() - start


def main():
    label, rounds = sys.argv[1], int(sys.argv[2])
    rest = sys.argv[4:]
    ours, peer = rest[:rest.index("--")], rest[rest.index("--") + 1:]
    seconds(ours)
    seconds(peer)
    times = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    a = statistics.median(t[0] for t in times)
    b = statistics.median(t[1] for t in times)
    print(f"{label}: ours {a:.3f} s, peer {b:.3f} s, ratio {b / a:.1f} "
          f"(medians of {rounds} interleaved rounds)")


main()
