#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random sites: where mcc trace sends mail beside where the real Postfix does.

    routes.py [-n SITES] [--seed N] [--first N] [--part PART] [--seconds N]
              [--jobs N] [--mcc build/bin/mcc]

Of each site: `routes`, what trivial-rewrite(8) makes of 150 addresses;
`cleaned`, the envelopes that cleanup(8) writes for 80 messages; `smtp`, 25
addresses as a client writes them; `deliver`, where 60 messages end and from
whom, aliases, errors with their texts and all. Needs root and Postfix. A
difference is made smaller by leaving out lines and rows as long as it stays,
then printed; exit status 1. Nothing here asks the DNS. What a site is made of
depends on its seed and number only."""
import collections
import concurrent.futures
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time

from postfix import SBIN
from route_postfix import RoutePostfix
from route_sites import RouteSite, quote
from random_cases import site_parser

SPOOL = "/dev/shm"
UNKNOWN = "unknown"
PARTS = {"routes": 150, "cleaned": 80, "smtp": 25, "deliver": 60}


class Asked:
    """One site; its differences."""

    def __init__(self, mcc, site):
        self.mcc, self.site = mcc, site

    def traces(self, postfix, questions, external=False):
        lines = [json.dumps({"client": "127.0.0.1", "client-name": "localhost", "helo": "localhost", "from": quote(sender),
                             "rcpt": rcpt if external else quote(rcpt)}) + "\n" for rcpt, sender in questions]
        done = subprocess.run(
            [self.mcc, "-C", postfix.etc, "--root", "/", "--postfix", "3.7", "--platform", "debian", "--hostname", "mail.example.com",
             "trace", "--peer", "127.0.0.1", "--service", f"127.0.0.1:{postfix.port}/inet", "--script", "-"],
            input="".join(lines), capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"mcc exits {done.returncode}: {done.stderr[-500:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def differences(self, lines, tables, part, questions):
        """(question, Postfix's answer, mcc's) of those that differ."""
        with RoutePostfix(self.site, lines, tables) as postfix:
            return self.differ(postfix, part, questions)[1]

    def differ(self, postfix, part, questions):
        """How many were compared; (question, Postfix's answer, mcc's) of those that differ."""
        mine = self.traces(postfix, questions, part == "smtp")
        if part == "routes":        # the sender as cleanup leaves it
            questions = [(rcpt, trace["route"]["sender"]) for (rcpt, _), trace in zip(questions, mine)]
        real = getattr(postfix, part)(questions)
        pairs = [getattr(self, "compare_" + part)(postfix, *item) for item in zip(questions, real, mine)]
        compared = sum(pair != UNKNOWN for pair in pairs)
        return compared, [(q, *pair) for q, pair in zip(questions, pairs) if pair not in (None, UNKNOWN)]

    # ---- None: equal; UNKNOWN: Postfix does not tell ----

    @staticmethod
    def compare_routes(_postfix, _question, real, mine):
        mine = route_of(mine)
        if real is not None and real.get("error") == mine.get("error") == "bad address":
            # Only shown; a comma in a domain may have a blank behind it.
            real, mine = ({**r, "recipient": r["recipient"].replace(", ", ",")} for r in (real, mine))
        return UNKNOWN if real is None else None if real == mine else (real, mine)

    def compare_smtp(self, postfix, question, real, mine):
        if isinstance(real, tuple):
            reply = mine["replies"].get("rcpt") or list(mine["replies"].values())[-1]
            mine = (reply["code"], reply.get("dsn"), reply.get("text", ""))
            return None if real[0] == mine[0] or real[0] >= 450 and mine[0] < 300 else (real, mine)
        if real is None or not real["originals"]:       # enable_original_recipient = no
            return UNKNOWN
        # Copies for the sender come first, others last.
        routes = postfix.routes([(original, real["sender"]) for original in real["originals"]])
        pairs = [self.compare_routes(postfix, question, route, mine) for route in routes]
        return None if None in pairs else pairs[0]

    def compare_cleaned(self, postfix, _question, real, mine):
        route = mine["route"]
        refused = "error" in route and not route["final"] and "undelivered" not in route
        if isinstance(real, str) or refused:
            mine = route.get("error") if refused else {k: route[k] for k in ("sender", "final")}
            return None if real == mine else (real, mine)
        recipients = list(map(postfix.resolved, real["recipients"], [real["sender"]] * len(real["recipients"])))
        recipients = [r for r in recipients if not self.is_own_bounce(r)]
        real = (real["sender"], sorted(map(quote, recipients)))
        mine = route["final"] + [quote(u["recipient"]) for u in route.get("undelivered", [])]
        mine = (route["sender"], sorted(m for m in mine if not self.is_own_bounce(m)))
        if self.site.has_local or any("local" in line for line in (*self.site.lines, *map(str, self.site.tables.values()))
                                      if line.startswith(("transport_maps", "('"))):
            real, mine = real[:1], mine[:1]
        return None if real == mine else (real, mine)

    def is_own_bounce(self, address):
        """qmgr(8) drops what is sent to that name here."""
        names = [l.split(" = ")[1] for l in self.site.lines if l.startswith("double_bounce_sender = ")]
        return address.rpartition("@")[0].lower() in [*names, "double-bounce"]

    @staticmethod
    def compare_deliver(_postfix, _question, real, mine):
        route = mine["route"]
        mine = route["error"] if "error" in route and not route["final"] and "undelivered" not in route else ends_of(route)
        if real is None:
            return UNKNOWN
        if not isinstance(real, str):
            real = sorted(tuple(sorted((k, shown(v)) for k, v in end.items() if k != "lost")) for end in real)
            # Queues have names in lower case; the first message's next hop is that of
            # all. The log has it without blanks at its start.
            # Nor does it tell the sender that a command gets.
            real, mine = map(with_lower_nexthop, (real, mine))
            real, mine = map(without_command_sender, (real, mine))
        return None if real == mine else (real, mine)

    # ---- smaller ----

    def shrink(self, part, question, pair, budget=40):
        first, lines, tables = signature(*pair), list(self.site.lines), dict(self.site.tables)

        def still(some_lines, some_tables):
            try:
                left = self.differences(some_lines, some_tables, part, [question])
            except (RuntimeError, subprocess.SubprocessError, OSError):
                return None
            return left[0][1:] if left and signature(*left[0][1:]) == first else None

        size = max(1, len(lines) // 2)
        while size and budget > 0:
            at = 0
            while at < len(lines) and budget > 0:
                budget -= 1
                fewer = lines[:at] + lines[at + size:]
                got = still(fewer, tables)
                lines, pair, at = (fewer, got, at) if got else (lines, pair, at + size)
            size //= 2
        for name, (kind, text) in list(tables.items()):
            rows = text.splitlines(True)
            if kind == "inline" or not any("/" + name in line for line in lines) or len(rows) < 2:
                continue
            for row in list(rows):
                fewer = [r for r in tables[name][1].splitlines(True) if r != row]
                got = still(lines, {**tables, name: (kind, "".join(fewer))}) if budget > -25 and fewer else None
                budget -= 1
                if got:
                    tables[name], pair = (kind, "".join(fewer)), got
        return lines, tables, pair

    def report(self, part, question, lines, tables, pair):
        print(f"{part} differ\n" + "\n".join(lines))
        for name, (kind, text) in tables.items():
            if any("/" + name in line for line in lines):
                print(f"# {kind}:{name}\n{text}", end="")
        for name, text in self.site.files.items():
            if "$INC/" + name in json.dumps([tables[n] for n in tables if n.startswith("aliases")]):
                print(f"# file {name}\n{text}", end="")
        print(f"asked:   {json.dumps(question)}\nPostfix: {pair[0]}\nmcc:     {pair[1]}", flush=True)


def shown(value):
    """As a log shows it."""
    return "".join(c if 32 <= ord(c) < 127 else "?" * len(c.encode(errors="surrogateescape")) for c in value)


def route_of(trace):
    route = trace["route"]
    if "class" not in route:
        return {"error": "lookup failed"} if trace_failed(route) else {"error": "bad address", "recipient": route["recipient"]}
    return {"class": route["class"], "transport": route["transport"], "nexthop": route["nexthop"],
            "recipient": route["recipient"], "routed": route.get("routed", False)}


def trace_failed(route):
    return route.get("status", route.get("error")) == "lookup failed"


def with_lower_nexthop(ends):
    return sorted(tuple((k, v.lower().strip() if k == "nexthop" else v) for k, v in end) for end in ends) if isinstance(ends, list) else ends


def without_command_sender(ends):
    if not isinstance(ends, list):
        return ends
    return sorted(tuple(pair for pair in end if pair[0] != "sender" or dict(end)["recipient"][:1] not in "|/") for end in ends)


def ends_of(route):
    out = []
    for item in route["deliveries"]:
        end = {"sender": item["sender"], "recipient": item["to"]}
        if item["transport"] != "local":
            end.update(transport=item["transport"], nexthop=item["nexthop"])
        out.append(end)
    for item in route.get("undelivered", []):
        out.append({"sender": quote(item["sender"]), "recipient": quote(item["recipient"]), "dsn": item["dsn"], "text": item["text"]})
    return sorted(tuple(sorted((k, shown(v)) for k, v in end.items())) for end in out)


def signature(real, mine):
    """Two differences of this kind are likely one fault."""
    if isinstance(real, dict) and isinstance(mine, dict):
        return tuple(sorted(k for k in {*real, *mine} if real.get(k) != mine.get(k)))
    if isinstance(real, list) and isinstance(mine, list):
        have, want = collections.Counter(real), collections.Counter(mine)
        missing, more = list((have - want).elements()), list((want - have).elements())
        fields = sorted({k for a, b in zip(missing, more) for k in {**dict(a), **dict(b)} if dict(a).get(k) != dict(b).get(k)})
        return (len(missing) - len(more) > 0, len(missing) - len(more) < 0, tuple(fields),
                tuple(dict(m).get("text", "")[:12] for m in missing[:1]))
    return (type(real).__name__, type(mine).__name__) if not isinstance(real, tuple) else tuple(
        a == b for a, b in zip(real, mine))


def site_of(args, number):
    """The site, and its questions by part."""
    site = RouteSite(random.Random(f"{args.seed}/{number}"))
    asked = {}
    for part, count in PARTS.items():
        odd = {"routes": 0.45, "cleaned": 0.3, "deliver": 0.1}.get(part, 0)
        asked[part] = [site.raw() if part == "smtp" else site.question(odd) for _ in range(count)]
    return site, asked


class Outcome:
    """Of one site: how many were compared, what differs, what failed."""

    def __init__(self, number):
        self.number, self.asked, self.differences, self.failures = number, 0, [], []


def ask_site(args, number):
    site, questions = site_of(args, number)
    job, out = Asked(args.mcc, site), Outcome(number)
    left, part = [part for part in PARTS if args.part in (None, part)], ""
    while left:         # an instance that failed once is not asked again
        try:
            with RoutePostfix(site, site.lines, site.tables) as postfix:
                while left:
                    part = left.pop(0)
                    compared, found = job.differ(postfix, part, questions[part])
                    out.asked += compared
                    out.differences += [(part, *item) for item in found]
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            out.failures.append(f"{part}: {error} {getattr(error, 'stderr', None) or ''}")
            if not part:        # it does not even start
                break
    return out


def make_smaller(args, number, part, question, pair):
    """The text to print."""
    site = site_of(args, number)[0]
    job = Asked(args.mcc, site)
    smaller = job.shrink(part, question, pair) if args.shrink else (site.lines, site.tables, pair)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        job.report(part, question, *smaller)
    return out.getvalue()


class Run:
    """All sites, some at a time; what is told is told in their order."""

    def __init__(self, args):
        self.args, self.seen, self.reports = args, set(), []
        self.sites = self.asked = self.wrong = self.failed = 0

    def run(self):
        last, end = self.args.first + self.args.n, time.monotonic() + self.args.seconds
        number, waiting = self.args.first, collections.deque()
        with concurrent.futures.ProcessPoolExecutor(self.args.jobs) as pool:
            while waiting or number < last:
                while number < last and len(waiting) < 2 * self.args.jobs and time.monotonic() < end:
                    waiting.append(pool.submit(ask_site, self.args, number))
                    number += 1
                if not waiting:
                    break
                self.take(pool, waiting.popleft().result())
            self.tell(True)

    def take(self, pool, outcome):
        args, name = self.args, f"site {self.args.seed}/{outcome.number}"
        self.sites, self.asked = self.sites + 1, self.asked + outcome.asked
        self.wrong, self.failed = self.wrong + len(outcome.differences), self.failed + len(outcome.failures)
        for failure in outcome.failures:
            print(f"{name} {failure}", flush=True)
        if outcome.differences:
            print(f"{name}: {len(outcome.differences)} of {outcome.asked} differ", flush=True)
        for part, question, *pair in outcome.differences:
            mark = (part, signature(*pair))
            if mark not in self.seen:
                self.seen.add(mark)
                self.reports.append((name, pool.submit(make_smaller, args, outcome.number, part, question, pair)))
        self.tell(False)

    def tell(self, wait):
        while self.reports and (wait or self.reports[0][1].done()):
            name, report = self.reports.pop(0)
            print(f"{name}: {report.result()}", end="", flush=True)


def main():
    options = site_parser(__doc__.splitlines()[0], "sites")
    options.add_argument("--first", type=int, default=0, help="number of the first site")
    options.add_argument("--part", choices=list(PARTS))
    options.add_argument("--jobs", type=int, default=6, help="instances at a time")
    args = options.parse_args()
    if os.geteuid() != 0 or SBIN is None:
        print("routes.py: needs root and an installed Postfix", file=sys.stderr)
        return 2
    if os.access(SPOOL, os.W_OK):
        tempfile.tempdir = SPOOL
    run = Run(args)
    run.run()
    print(f"seed {args.seed}: {run.sites} sites, {run.asked} asked, {run.wrong} differ"
          + (f", {run.failed} parts failed" if run.failed else ""))
    return 1 if run.wrong or run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
