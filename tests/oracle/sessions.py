#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random small sites: mcc trace beside the real Postfix.

    sessions.py [-n SITES] [--seed N] [--kind sessions|routes|both]
                [--seconds N] [--mcc build/bin/mcc]

What smtpd(8) answers 40 random sessions of each site and 10 with five
recipients, where trivial-rewrite(8) sends 60 addresses, where 15 messages end.
Needs root and an installed Postfix (see postfix.py). A difference is made smaller by leaving out lines of main.cf
as long as it stays, then printed; exit status 1. Nothing here asks the DNS."""
import collections
import json
import os
import random
import subprocess
import sys
import time

from postfix import SBIN, Postfix
from random_cases import site_parser
from sites import RouteSite, SessionSite

SESSIONS, ROUTES, FINALS = 40, 60, 15
MESSAGES, RECIPIENTS = 10, 5
VERSION = ".".join(subprocess.run(["postconf", "-dh", "mail_version"], capture_output=True, text=True,
                                  check=False).stdout.strip().split(".")[:2]) or "3.7"


class Asked:
    """One site with its questions."""

    def __init__(self, mcc, site, kind, questions):
        self.mcc, self.site, self.kind, self.questions = mcc, site, kind, questions

    def mcc_traces(self, postfix, sessions):
        done = subprocess.run(
            [self.mcc, "-C", postfix.etc, "--postfix", VERSION, "--platform", "debian", "--hostname",
             "mail.example.com", "trace", "--no-steps", "--peer", "127.0.0.1", "--service",
             f"127.0.0.1:{postfix.port}/inet", "--script", "-"],
            input="".join(json.dumps(s) + "\n" for s in sessions), capture_output=True, text=True,
            timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def differences(self, lines, questions):
        """(question, Postfix's answer, mcc's) of those that differ."""
        with Postfix(lines, self.site.tables, (), self.site.files, True) as postfix:
            return getattr(self, "differ_" + self.kind)(postfix, questions)

    def differ_sessions(self, postfix, questions):
        ours = self.mcc_traces(postfix, questions)
        theirs = postfix.sessions(questions)
        return [(q, real, mine) for q, real, mine in
                zip(questions, theirs, map(replies_of, ours)) if not same_replies(real, mine)]

    def differ_recipients(self, postfix, questions):
        """Each recipient of a message is traced as if it were the only one."""
        found = []
        for session, recipients in questions:
            ours = self.mcc_traces(postfix, [dict(session, rcpt=r) for r in recipients])
            try:
                theirs = postfix.recipients(session, recipients)
            except OSError:
                continue
            for i, (real, mine) in enumerate(zip(theirs, map(replies_of, ours))):
                if real[0] != 0 and not same_replies({"rcpt": real}, mine):
                    found.append(((session, recipients[:i + 1]), {"rcpt": real}, mine))
        return found

    @staticmethod
    def local(address, sender):
        return {"client": "127.0.0.1", "client-name": "localhost", "helo": "localhost", "from": sender,
                "rcpt": address}

    def differ_routes(self, postfix, questions):
        ours = self.mcc_traces(postfix, [self.local(*q) for q in questions])
        theirs = postfix.routes(questions)
        return [(q, real, mine) for q, real, mine in
                zip(questions, theirs, map(route_of, ours)) if real is not None and real != mine]

    def differ_finals(self, postfix, questions):
        ours = self.mcc_traces(postfix, [self.local(*q) for q in questions])
        theirs = postfix.finals(questions)
        return [(q, real, mine) for q, real, mine in
                zip(questions, theirs, map(finals_of, ours)) if not same_finals(real, mine)]

    def shrink(self, difference, budget=25):
        lines, question, at = self.site.lines, difference[0], 0
        first = signature(difference)
        while at < len(lines) and budget > 0:
            fewer = lines[:at] + lines[at + 1:]
            if lines[at].startswith(self.site.kept):
                at += 1
                continue
            budget -= 1
            try:
                left = self.differences(fewer, [question])
            except (RuntimeError, subprocess.SubprocessError):
                left = []
            if left and signature(left[0]) == first:
                lines, difference = fewer, left[0]
            else:
                at += 1
        return lines, difference

    def report(self, lines, difference):
        question, real, mine = difference
        print(f"---- {self.kind} differ\n" + "\n".join(lines))
        for name, (kind, text) in self.site.tables.items():
            if kind != "inline" and any("/" + name in line for line in lines):
                print(f"# {kind}:{name}\n{text}", end="")
        print(f"asked:   {json.dumps(question)}\nPostfix: {real}\nmcc:     {mine}", flush=True)


def signature(difference):
    """Two differences of this kind are likely one fault."""
    _, real, mine = difference
    if isinstance(real, dict) and isinstance(mine, dict) and "connect" in real:
        last = list(real)[-1]
        return (last, real[last][:2], tuple(mine.get(last) or ())[:2])
    return (repr(real)[:40], repr(mine)[:40]) if real is None or mine is None else "differs"


def replies_of(trace):
    if trace.get("fatal"):
        return None
    return {k: (v["code"], v.get("dsn"), v.get("text", "")) for k, v in trace["replies"].items()}


def same_replies(real, mine):
    if real is None or mine is None:
        return real is None and mine is None
    for stage, reply in real.items():
        ours = mine.get(stage)
        if ours is None or reply[0] != ours[0]:
            return False
        if reply[0] >= 400 and (reply[1] != ours[1] or reply[2].rstrip() != ours[2].rstrip()):
            return False
    return True


def route_of(trace):
    route = trace["route"]
    if route.get("error") in ("bad address", "lookup failed") and "class" not in route:
        return {"error": route["error"]}
    return {"class": route.get("class"), "transport": route.get("transport"), "nexthop": route.get("nexthop"),
            "recipient": route["recipient"], "routed": route.get("routed", False)}


def finals_of(trace):
    route = trace["route"]
    if route.get("error") and not route["final"]:
        return {"error": route["error"]}
    return {"sent": route["final"], "lost": [u["recipient"] for u in route.get("undelivered", ())]}


def fold(address):
    local, at, domain = address.rpartition("@")
    return local + at + domain.lower()


def same_finals(real, mine):
    """The error transport loses what a route still leads to."""
    if real.get("error", (1,))[0] in (0, 501):
        return True                             # it never got as far as cleanup
    if "error" in real or "error" in mine:
        return "error" in real and ("error" in mine or not mine["sent"])
    sent = collections.Counter(map(fold, real["sent"]))
    lost = collections.Counter(map(fold, real["lost"]))
    have = collections.Counter(map(fold, mine["sent"]))
    return not sent - have and not (have - sent) - lost


def make(rng, kind):
    if kind == "sessions":
        site = SessionSite(rng)
        return site, [("sessions", [site.session() for _ in range(SESSIONS)]),
                      ("recipients", [(site.session(), [site.session()["rcpt"] for _ in range(RECIPIENTS)]) for _ in range(MESSAGES)])]
    site = RouteSite(rng)
    return site, [("routes", [site.route() for _ in range(ROUTES)]),
                  ("finals", [site.final() for _ in range(FINALS)])]


def run_site(args, rng, kind, seen):
    site, parts = make(rng, kind)
    asked = wrong = 0
    for part, questions in parts:
        job = Asked(args.mcc, site, part, questions)
        differences = job.differences(site.lines, questions)
        asked += len(questions)
        wrong += len(differences)
        for difference in differences:
            mark = signature(difference)
            if mark in seen and mark != "differs":
                continue
            seen.add(mark)
            job.report(*(job.shrink(difference) if args.shrink else (site.lines, difference)))
            if mark == "differs":
                break
    return asked, wrong


def main():
    options = site_parser(__doc__.splitlines()[0], "sites of each kind")
    options.add_argument("--kind", choices=["sessions", "routes", "both"], default="both")
    args = options.parse_args()
    if os.geteuid() != 0 or SBIN is None:
        print("sessions.py: needs root and an installed Postfix", file=sys.stderr)
        return 2
    end, asked, wrong, seen = time.time() + args.seconds, 0, 0, set()
    kinds = ["sessions", "routes"] if args.kind == "both" else [args.kind]
    for number in range(args.n):
        for kind in kinds:
            if time.time() > end:
                break
            print(f"site {args.seed}/{number} {kind}", flush=True)
            rng = random.Random(f"{args.seed}/{number}/{kind}")
            more, bad = run_site(args, rng, kind, seen)
            asked, wrong = asked + more, wrong + bad
    print(f"{asked} asked, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
