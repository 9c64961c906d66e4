#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random zones, records and clients: mcc spf check beside pyspf.

    spf_checks.py [-n ZONES] [--seed N] [--seconds S] [--jobs J] [--mcc build/bin/mcc]

Each zone is asked by some twenty clients: by mcc from the zone file, by pyspf
from the same data in memory. Result and explanation must be the same but where
RFC 7208 is on one side; each such case has its reason in known(). Needs
python3-spf. A difference is printed with the zone; exit status 1."""
import collections
import ipaddress
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from random_cases import beside_parser, judge_all

try:
    import spf
except ImportError:
    sys.exit("oracle-spf: no python3-spf here; skipped")

DOMAINS = ["a.test", "b.test", "sub.a.test", "x.y.b.test", "c.test", "_spf.a.test", "e.test", "LongName.c.test"]
HOSTS = ["h1.test", "h2.test", "mail.a.test", "mx.b.test", "alias.test", "alias2.test", "none.test", "empty.test"]
ADDRESSES = ["192.0.2.1", "192.0.2.77", "192.0.3.1", "198.51.100.7", "203.0.113.200"]
ADDRESSES6 = ["2001:db8::1", "2001:db8:1::2", "fe80::1", "2001:DB8:ffff::abcd"]
LOCALS = ["user", "postmaster", "a.b.c", "strong-bad", "u+x", "a=b_c/d", "", "lots.of.dots-and-dashes", "Q%R", "sp ace"]
HELOS = ["mail.a.test", "h1.test", "nodots", "[192.0.2.1]", "b.test", "x..y", "OEMCOMPUTER"]


class Made:
    """A zone: name -> list of (TYPE, value); text is bytes."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.records = {}
        for host in HOSTS[:4]:
            self.hosts(host)
        self.add("alias.test", "CNAME", rnd.choice(HOSTS[:4] + ["alias2.test", "none.test"]))
        self.add("alias2.test", "CNAME", rnd.choice(["h1.test", "h2.test", "none.test"]))
        self.add("empty.test", "HINFO", "x")
        for domain in DOMAINS:
            if rnd.random() < 0.9:
                self.domain(domain)
        for address in ADDRESSES + ADDRESSES6:
            if rnd.random() < 0.6:
                name = ipaddress.ip_address(address).reverse_pointer
                for host in rnd.sample(HOSTS + DOMAINS, rnd.choice([1, 1, 2, 3])):
                    self.add(name, "PTR", host)

    def add(self, name, kind, value):
        rows = self.records.setdefault(name.lower(), [])
        if (kind, value) not in rows:
            rows.append((kind, value))

    def hosts(self, name):
        for address in self.rnd.sample(ADDRESSES, self.rnd.choice([0, 1, 1, 2])):
            self.add(name, "A", address)
        for address in self.rnd.sample(ADDRESSES6, self.rnd.choice([0, 0, 1, 2])):
            self.add(name, "AAAA", address)
        if name.lower() not in self.records:
            self.add(name, "HINFO", "x")

    def domain(self, name):
        rnd = self.rnd
        self.hosts(name)
        for host in rnd.sample(HOSTS, rnd.choice([0, 1, 1, 2])):
            self.add(name, "MX", (rnd.randrange(30), host))
        if rnd.random() < 0.04:
            for i in range(rnd.choice([10, 11])):
                self.add(name, "MX", (i, f"many{i}.test"))
        if rnd.random() < 0.3:
            self.add(name, "TXT", b"something else")
        for _ in range(rnd.choices([0, 1, 2], [1, 20, 1])[0]):
            self.add(name, "TXT", record(rnd))
        self.add("exp." + name, "TXT", explanation(rnd))
        if rnd.random() < 0.05:
            self.add("exp." + name, "TXT", b"second")

    def text(self):
        out = ["$TTL 300", *(f"{z}. SOA ns.test. h.test. 1 2 3 4 60" for z in ("",))]
        for name, rows in self.records.items():
            for kind, value in rows:
                if kind == "TXT":
                    chunks = [value[i:i + 200] for i in range(0, len(value), 200)] or [b""]
                    value = " ".join('"' + "".join(quoted(c) for c in chunk) + '"' for chunk in chunks)
                elif kind == "MX":
                    value = f"{value[0]} {value[1]}."
                elif kind in ("CNAME", "PTR"):
                    value += "."
                elif kind == "HINFO":
                    value = "x y"
                out.append(f"{name}. {kind} {value}")
        return "\n".join(out) + "\n"

    def lookup(self, name, qtype, strict=True, timeout=20):
        """As pyspf's DNSLookup: the chain of aliases is its own to follow."""
        out = []
        for kind, value in self.records.get(str(name).lower().rstrip("."), []):
            if kind != qtype and kind != "CNAME":
                continue
            if kind == "TXT":
                value = [value[i:i + 200] for i in range(0, len(value), 200)] or [b""]
            if kind == "AAAA":
                value = ipaddress.ip_address(value).packed
            if kind == "MX":
                value = (value[0], value[1])
            out.append(((str(name), kind), value))
        return out


def quoted(byte):
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte < 0x7f else f"\\{byte:03d}"


def macro(rnd, letters):
    letter = rnd.choice(letters)
    letter = letter.upper() if rnd.random() < 0.2 else letter
    return ("%{" + letter + rnd.choice(["", "", "", "1", "2", "3", "9", "128"]) + rnd.choice(["", "", "r"])
            + rnd.choice(["", "", "", "-", "+", ".", "=/", "_,", "-+."]) + "}")


def domain_spec(rnd):
    roll = rnd.random()
    if roll < 0.55:
        return rnd.choice(DOMAINS + HOSTS)
    if roll < 0.8:
        return "".join(macro(rnd, "slodivhp") + rnd.choice([".", "", "-", "_", "%%", "%-", "%_"])
                       for _ in range(rnd.choice([1, 1, 2]))) + rnd.choice([".a.test", ".test", "%{d}", "%{o}", "."])
    if roll < 0.9:
        return rnd.choice(["%{d}", "%{d2}", "%{d1r}.test", "%{o}", "%{h}", "exp.%{d}", "%{p}", "%{l}.%{d}"])
    if not rnd.damaged:
        return rnd.choice(["a.test.", "l" * 64 + ".test", "%{l}" + "x" * 240 + ".a.test", "a_b.test", "!x.test", "a..test", ".a.test",
                           "%{d}.", "a.%{d}", "%{l}.test", "a.b-c", "%{d}%-.test", "%{d}%{d2}.test", "%{l}.%{d}", "a.test.%{d1}"])
    return rnd.choice(["", "test", "test.", "a..test", ".a.test", "a.test.", "a.t3st", "a.123", "a.-x", "a.x-", "a.b-c",
                       "192.0.2.1", "%{x}", "%{", "%", "%{d", "%(d)", "%{d0}", "%{c}.test", "a:b.test", "a/b.test",
                       "l" * 64 + ".test", "%{l}" + "x" * 240 + ".a.test", "a_b.test", "!x.test", "a b.test", "a.test/",
                       "%{d}.", "%%.test", "x%-.test", "%{d}x", "a.%{d}test"])


def cidr(rnd):
    if not rnd.damaged:
        return rnd.choice([""] * 5 + ["/24", "/32", "/0", "//64", "//128", "/24//64", "/8//0", "/0//0", "/31", "//127"])
    return rnd.choice([""] * 5 + ["/24", "/32", "/0", "//64", "//128", "/24//64", "/8//0", "/33", "//129", "/", "//", "/024",
                                  "/-1", "/24/64", "/0//0", "/x"])


def mechanism(rnd):
    kind = rnd.choice(["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists", "a", "mx", "include", "ip4"])
    if kind == "all":
        return rnd.choice(["all"] * 12 + (["all:x", "all/8", "all."] if rnd.damaged else ["ALL"]))
    if kind in ("a", "mx"):
        return kind + (":" + domain_spec(rnd) if rnd.random() < 0.6 else "") + cidr(rnd)
    if kind == "ptr":
        return kind + (":" + domain_spec(rnd) if rnd.random() < 0.5 else "") + rnd.choice([""] * 9 + ["/8"] * rnd.damaged)
    if kind in ("include", "exists"):
        return kind + rnd.choice([":"] * 15 + ["", "="] * rnd.damaged) + domain_spec(rnd)
    if kind == "ip4":
        return "ip4:" + rnd.choice(ADDRESSES + ["192.0.2.0"] + rnd.damaged * ["1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "", "::1", "1.2.3.4:25"]
                                   ) + rnd.choice([""] * 3 + ["/24", "/16", "/0", "/32"] + rnd.damaged * ["/33", "/024", "//24", "/", "/8//8"])
    return "ip6:" + rnd.choice(ADDRESSES6 + ["2001:db8::", "::", "::ffff:192.0.2.1", "::1.2.3.4", "2001:db8:0:0:0:0:0:0"] + rnd.damaged * ["1:2:3", "2001:db8:::1", "1.2.3.4",
                                             "2001:db8:0:0:0:0:0:0:1"]) + rnd.choice([""] * 3 + ["/32", "/64", "/0"] + rnd.damaged * ["/129", "//64", "/032"])


def term(rnd):
    roll = rnd.random()
    if roll < 0.80:
        text = rnd.choice([""] * 4 + ["+", "-", "~", "?"]) + mechanism(rnd)
    elif roll < 0.86:
        text = "redirect=" + domain_spec(rnd)
    elif roll < 0.96:
        text = "exp=" + rnd.choice(["exp.%{d}"] * 4 + ["exp.a.test", domain_spec(rnd)])
    elif not rnd.damaged:
        text = rnd.choice(["x=y", "unknown=%{d}", "default=pass", "op=helo", "m.o-d_1=", "match_subdomains=yes", "a=b.test", "x=%%%_%-", "y=%{i}"])
    else:
        text = rnd.choice(["x=y", "unknown=%{d}", "bad=%{", "moo", "=x", "-x=y", "default=pass", "op=helo", "m.o-d_1=", "1x=y",
                           "a.b", "ip4", "include", "--all", "mx mx", "y=%{c}", "match_subdomains=yes", "a=b.test"])
    return text.upper() if rnd.random() < 0.03 and not re.search("[%=]", text) else text


def record(rnd):
    rnd.damaged = rnd.random() < 0.15
    if not rnd.damaged:
        head = rnd.choices(["v=spf1", "V=SPF1"], [20, 1])[0]
    else:
        head = rnd.choices(["v=spf1", "V=SPF1", "v=spf10", "v=spf1.1", " v=spf1"], [40, 2, 1, 1, 1])[0]
    terms = [term(rnd) for _ in range(rnd.choice([0, 1, 1, 2, 2, 3, 4, 6]))]
    if rnd.random() < 0.6:
        terms.append(rnd.choice(["-all", "~all", "?all", "-all"]))
    text = head + "".join(rnd.choice([" "] * 9 + ["  "]) + t for t in terms) + rnd.choice([""] * 8 + [" "])
    raw = text.encode()
    if rnd.random() < 0.01:
        raw += rnd.choice([b" \xc3\xa9", b"\t-all", b" \x00"])
    return raw


def explanation(rnd):
    parts = [rnd.choice(["%{s}", "is not", "one of", "%{d}'s", "%%", "%_", "%-", "%{i}", "http://x/%{S}?%{C}", "%{r}", "%{h}",
                         macro(rnd, "slodivhcrp"), macro(rnd, "SLODIVHCR"), "plain text", "a/b=c"])
             for _ in range(rnd.choice([1, 2, 4]))]
    if rnd.random() < 0.1:
        parts.append(rnd.choice(["%{x}", "%", "%{d0}", "%{", "100%"]))
    return " ".join(parts).encode()


def clients(rnd):
    for _ in range(20):
        ip = rnd.choice(ADDRESSES + ADDRESSES6 + ["::ffff:192.0.2.1"])
        local = rnd.choice(LOCALS).replace(" ", "_")
        sender = rnd.choice([f"{local}@{rnd.choice(DOMAINS)}"] * 8 + ["<>", f"{rnd.choice(DOMAINS)}", "u@none.test", "u@nodots"])
        yield ip, sender, rnd.choice(HELOS + DOMAINS)


def theirs(made, ip, sender, helo):
    spf.DNSLookup = made.lookup
    spf.MAX_VOID_LOOKUPS = 1000
    q = spf.query(i=ip, s="" if sender == "<>" else sender, h=helo, receiver="unknown", strict=True)
    q.set_default_explanation("DEFAULT")
    try:
        result, _, text = q.check()
    except Exception as e:
        return f"({type(e).__name__}: {e})", None, ""
    return result, text if result == "fail" and text != "DEFAULT" else None, text


def known(made, sender, ours, theirs_said):
    """Why both may differ; None: they must not."""
    result, text, reason = theirs_said
    problem, told = ours["problem"] or "", ours["explanation"] or ""
    texts = {name: value.decode("latin-1").lower() for name, rows in made.records.items() for kind, value in rows if kind == "TXT"}
    every = "\n".join(texts.values())
    if result.startswith("("):
        return "pyspf fails"
    if "names do not exist" in problem:
        return "void lookups: a term counts once (4.6.4), pyspf counts questions"
    if "trivial recursion" in reason:
        return "a record that includes itself: pyspf refuses it before the walk comes there"
    if "c,r,t macros allowed" in reason:
        return "modifiers that are not known are ignored (6)"
    if problem and "bad=%{" in every:
        return "pyspf does not see a macro without its end"
    if result == "permerror" and re.search(r"\b(unknown|x|y|op|default|match_subdomains|a|m\.o-d_1)=.*\b\1=", every):
        return "modifiers that are not known may be repeated (6)"
    if ours["result"] == result == "fail":
        if "@" not in sender and sender != "<>":
            return "a sender without a local part is postmaster (2.4)"
        if told.endswith("%") and text is None:
            return "pyspf refuses a text that ends in %%"
        if not told and ("%{d0}" in every or re.search(r"%\{(?![^}\n]*\})", every)):
            return "an explanation with a syntax error is none (6.2)"
        if sender.startswith("@"):
            return "a sender without a local part is postmaster (2.4)"
        if re.sub("[-_.+]", "", told) == re.sub("[-_.+]", "", text or ""):
            return "parts may be empty and are joined with dots (7.3)"
    if "x" * 60 in (ours["mechanism"] or "") or "x" * 60 in every and result == "permerror":
        return "too long a name loses labels until it fits (7.3)"
    if "\t" in every and "0x09" in problem:
        return "a tab is no part of a record (12)"
    return None


def zone_of(made, *domains):
    names = {d.lower() for d in domains}
    return "\n".join(f"    {name} {kind} {value}" for name in sorted(names | {"exp." + n for n in names})
                     for kind, value in made.records.get(name, []))


def judge_one(args):
    """What differs in one zone, and how often each known reason was met."""
    mcc, seed, number = args
    rnd = random.Random(seed * 1000003 + number)
    made = Made(rnd)
    asked = list(clients(rnd))
    differences, reasons = [], collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        zone, batch = Path(folder, "zone"), Path(folder, "batch")
        zone.write_text(made.text(), encoding="latin-1")
        batch.write_text("".join(f"{ip} {s} {h}\n" for ip, s, h in asked))
        done = subprocess.run([mcc, "spf", "check", "--zone", zone, "--batch", batch], capture_output=True,
                              timeout=60, check=False)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    if len(lines) != len(asked):
        return [f"--- zone {number}: {done.stderr.decode()}\n{made.text()}"], reasons
    for (ip, sender, helo), ours in zip(asked, lines):
        reasons["asked"] += 1
        result, text, reason = theirs(made, ip, sender, helo)
        if (ours["result"], ours["explanation"] or None) == (result, text or None):
            continue
        why = known(made, sender, ours, (result, text, reason))
        if why is not None:
            reasons[why] += 1
            continue
        differences.append(f"--- zone {number}: {ip} {sender} {helo}\nmcc   {ours['result']}: "
                           f"{ours['explanation']!r} ({ours['mechanism']}; {ours['problem']})\n"
                           f"pyspf {result}: {text!r}\n" + zone_of(made, ours["domain"] or "", sender.split("@")[-1]))
    return differences, reasons


def main():
    options = beside_parser(__doc__.splitlines()[0], 200, "zones")
    args = options.parse_args()
    print(f"seed {args.seed}", flush=True)
    reasons = collections.Counter()

    def differing(result):
        reasons.update(result[1])
        return result[0]

    status = judge_all(args, [(args.mcc, args.seed, i) for i in range(args.n)], judge_one,
                       lambda texts: print("\n".join(texts), flush=True), differing)
    print(f"{reasons.pop('asked', 0)} checks; known: {dict(reasons)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
