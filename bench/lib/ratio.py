#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ratio.py LABEL ROUNDS [--units OURS PEER] [--least RATIO] -- OURS... -- PEERS...

Runs two commands in turn, A B A B ..., after one warm-up of each, and prints the
medians of their wall-clock seconds and the ratio peer/ours: above 1 means that
ours is faster. A command that fails ends the comparison.

With --units the commands do different amounts of work (the numbers), and what is
compared is units per second; the same for processor time is printed too, since
other work on the machine disturbs that less. With --least a lower ratio fails.
"""
import argparse
import resource
import statistics
import subprocess
import sys
import time


def measure(command):
    """(wall-clock, processor) seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: status {done.returncode}: {done.stderr.decode()[-400:]}")
    return wall, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def compare(times, column, units):
    a = statistics.median(t[0][column] for t in times)
    b = statistics.median(t[1][column] for t in times)
    return a, b, (units[0] / a) / (units[1] / b)


def main():
    words = sys.argv[1:]
    at = words.index("--")
    rest = words[at + 1:]
    ours, peer = rest[:rest.index("--")], rest[rest.index("--") + 1:]
    parser = argparse.ArgumentParser()
    parser.add_argument("label")
    parser.add_argument("rounds", type=int)
    parser.add_argument("--units", type=int, nargs=2)
    parser.add_argument("--least", type=float)
    args = parser.parse_args(words[:at])
    measure(ours)
    measure(peer)
    times = [(measure(ours), measure(peer)) for _ in range(args.rounds)]
    a, b, ratio = compare(times, 0, args.units or (1, 1))
    if not args.units:
        print(f"{args.label}: ours {a:.3f} s, peer {b:.3f} s, ratio {ratio:.1f} "
              f"(medians of {args.rounds} interleaved rounds)")
    else:
        for name, column in (("wall clock", 0), ("processor time", 1)):
            a, b, of_column = compare(times, column, args.units)
            print(f"{args.label}, {name}: ours {a:.3f} s ({args.units[0] / a:.0f}/s), "
                  f"peer {b:.3f} s for {args.units[1]} ({args.units[1] / b:.0f}/s), "
                  f"ratio {of_column:.1f} (medians of {args.rounds} interleaved rounds)")
    if args.least is not None and ratio < args.least:
        sys.exit(f"{args.label}: ratio {ratio:.1f} is below {args.least:g}")


main()
