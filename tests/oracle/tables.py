#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random tables and aliases: mcc map beside the real postmap and postalias.

    tables.py [-n CASES] [--seed N] [--seconds S] [--jobs J] [--mcc build/bin/mcc]
              [--kind KIND]

Kinds of case: `rows`, `aliases` and `files` (-F) are compiled, listed, changed
and listed again, in each type of database, what one program has written by the
other too; `rules` (regexp, pcre, cidr, texthash) and `names` (inline, static,
unionmap, pipemap, ...) are asked. Compared are what is printed, exit statuses
and which rows are complained about. A difference is made smaller, printed, and
gives exit status 1."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import forks
from random_cases import beside_parser, judge_all, shrink

PATH = os.environ["PATH"] + ":/usr/sbin"
POSTMAP = shutil.which("postmap", path=PATH)
VERIFY = shutil.which("db5.3_verify", path=PATH)
OLD = (1600000000, 1600000000)  # Postfix waits while a file is brand new
TYPES = ["hash", "btree", "lmdb", "cdb"]
SUFFIX = {"hash": "db", "btree": "db", "lmdb": "lmdb", "cdb": "cdb"}

# What Postfix says about a row, and which rule that is.
COMPLAINTS = [(r"non-UTF-8 input", "MC117"), (r"unbalanced '\"'", "MC903"),
              (r"expected format: key whitespace value", "MC902"),
              (r"record is in \"key: value\" format", "MC904"),
              (r"need name:value pair", "MC1005"), (r"name must be local", "MC1004")]
FAILED = "both failed"
ORPHAN = b"logical line must not start with whitespace"
ROWS = {"MC117", "MC903", "MC902", "MC904"}
ALIASES = {"MC117", "MC1005", "MC1004"}


# ---- text ----

WORDS = [b"alice", b"Bob", b"alice@example.com", b"@example.net", b"A", b"a", b"x", b"STRASSE",
         "straße".encode(), "Müller".encode(), "MÜLLER".encode(), "ΣΊΣΥΦΟΣ".encode(),
         "σίσυφος".encode(), "İx".encode(), "ﬁn".encode(), b"m\xfcller", b"\xc3", b"\xed\xa0\x80",
         b"\xf0\x9f\x98\x80", b"\xc0\xaf", b"192.0.2.1", b"postmaster", b"user+ext", b"a,b", b"a:b",
         b"#x", b"x#y", b"x=y", b"[1.2.3.4]", b"$1", b"${1}", b"%", b"*", b"<>", b"<a>"]
GLUE = [b" ", b" ", b"\t", b"  ", b" \t ", b"\v", b"\f", b"\r", b"\xc2\xa0"]
QUOTED = [b'"a b"', b'"A b"@x', b'"q\\"t"', b'"q\\\\"', b'"', b'""', b'"open', b'clo"se', b'\\"x',
          b'\\', b'"x"y', b'"a\\', b'"a" "b"', b'"\xff"', b"'a b'"]


def word(rng):
    roll = rng.random()
    if roll < 0.72:
        return rng.choice(WORDS)
    if roll < 0.86:
        return rng.choice(QUOTED)
    if roll < 0.9:
        return rng.choice(WORDS) + rng.choice(QUOTED + WORDS)
    if roll < 0.97:
        return bytes(rng.choice(b'abcXYZ"\\:#@ \t,;()<>[]%!\'') for _ in range(rng.randint(1, 8)))
    if roll < 0.98:
        return bytes(rng.randrange(1, 256) for _ in range(rng.randint(1, 12))).replace(b"\n", b"n")
    return rng.choice(b"kKv").to_bytes(1, "big") * rng.choice([255, 508, 509, 510, 511, 600, 1022, 3000, 5000, 70000])


def table_line(rng):
    roll = rng.random()
    if roll < 0.05:
        return rng.choice([b"", b"   ", b"\t", b"\r", b"\f"])
    if roll < 0.1:
        return rng.choice([b"", b" ", b"\t"]) + b"#" + word(rng) + b" " + word(rng)
    if roll < 0.16:
        return word(rng)
    if roll < 0.24:
        return rng.choice(GLUE) + word(rng) + rng.choice(GLUE) + word(rng)
    if roll < 0.26:
        return word(rng) + b": " + word(rng)
    if roll < 0.27:
        return word(rng) + b" " + word(rng) + b"\0 x"
    line = word(rng) + rng.choice(GLUE) + word(rng)
    while rng.random() < 0.2:
        line += rng.choice(GLUE) + word(rng)
    return line + (rng.choice(GLUE) if rng.random() < 0.1 else b"")


NAMES = [b"root", b"Root", b"postmaster", b"alice", b"bob", b'"odd name"', b'"odd  Name"', b"a.b", b"a-b",
         b"owner-list", b"user%x", b"user@x", b"a b", b'"a@b"', b'"q\\"q"', b"x\\ y", b"(c) x", b"x (c)",
         b"a,b", b"", b'""', b":include:/x", b"[x]", "müller".encode(), b"m\xfcller", b"<x>", b"x;y",
         b"(open", b'"open', "MÜLLER".encode(), b"!x", b"x!y"]
MEMBERS = [b"alice", b"Bob@Example.COM", b"/var/mail/x", b'"|/bin/x a b"', b"|/bin/x", b":include:/etc/l",
           b'":include:/etc/l m"', b"\\alice", b'"a b"@x', b"Name <a@b>", b'"N, M" <a@b>', b"<a@b>",
           b"a (comment) b", b"(only)", b"(nested (c) d)", b"(open", b'"open', b"[1.2.3.4]", b"u@[1.2.3.4]",
           b"group: a, b;", b"a;b", b"", b'""', b"a@b@c", b"@route:x@y", b"<@r:x@y>", b"\xff", "ü@x".encode(),
           b"a . b @ c", b"a\\,b", b'"x\\"y"', b"x\\", b"#no", b"a\tb", b"|", b"/", b"[open", b"a:b", b"%", b"!",
           b'"a "b" c"@x', b"(c (n\\) x", b"x (c)(d) y", b"<a@b", b"a>", b"a@[ipv6:::1]", b'"a\tb"', b'"", x',
           b"a\r", b"a\0b", b"|\"x y\"", b'"|x \\"y\\""', b'":include:/x', b"N <a> <b>", b"a <b> c", b"g:;"]


def alias_line(rng):
    roll = rng.random()
    if roll < 0.04:
        return rng.choice([b"", b"  ", b"\t"])
    if roll < 0.1:
        return rng.choice([b"", b" "]) + b"# " + word(rng)
    if roll < 0.2:
        return rng.choice([b" ", b"\t"]) + rng.choice(MEMBERS) + rng.choice([b"", b","])
    if roll < 0.25:
        return word(rng) + b" " + word(rng)
    name = rng.choice(NAMES) if rng.random() < 0.9 else word(rng)
    members = [rng.choice(MEMBERS) for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 5]))]
    if rng.random() < 0.05:
        members.append(word(rng))
    return (name + rng.choice([b":", b": ", b":\t", b" : ", b" ", b"::"]) +
            rng.choice([b", ", b",", b" , ", b" ", b",,"]).join(members) + rng.choice([b"", b"", b",", b" "]))


CONTENTS = {"f1": b"one\n", "f2": bytes(range(256)), "f3": b"", "f4": "straße".encode()}


def file_line(rng):
    """-F: the values name files."""
    if rng.random() < 0.2:
        return table_line(rng)
    names = [rng.choice(["f1", "f2", "f3", "f4", "f1", "no-such", "./f1", "."]) for _ in range(rng.choice([1, 1, 2, 3]))]
    return rng.choice(WORDS + QUOTED) + rng.choice(GLUE[:5]) + rng.choice([", ", ",", " ", ",,"]).join(names).encode()


def lines_of(rng, make, most=14):
    """Some of them again, in other letters."""
    lines = [make(rng) for _ in range(rng.randint(0, most))]
    while lines and rng.random() < 0.2:
        again = rng.choice(lines)
        lines.insert(rng.randint(0, len(lines)), rng.choice([again, again.swapcase(), again.upper(), again + b"x"]))
    return lines


def text_of(lines, end=b"\n"):
    return b"\n".join(lines) + (end if lines else b"")


# ---- the two programs ----

class GaveUp(Exception):
    """Postfix ends when LMDB is asked for an empty key; mcc does not find it."""


class Place:
    """A folder with a table for each program."""

    def __init__(self, mcc, settings):
        self.dir = Path(tempfile.mkdtemp(prefix="mcc-tables-"))
        self.mcc = mcc
        self.write("main.cf", settings.encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def write(self, name, data):
        (self.dir / name).write_bytes(data)
        os.utime(self.dir / name, OLD)

    def run(self, command, words, stdin):
        return forks.run([*command, *words], folder=self.dir, stdin=stdin or b"")

    def ours(self, *words, stdin=None):
        return self.run([self.mcc, "-C", ".", "--postfix", "3.7", "map"], words, stdin)

    def real(self, *words, tool="postmap", stdin=None):
        words = ["-o" if w == "--as-root" else w for w in words]
        done = self.run([str(Path(POSTMAP).with_name(tool)), "-c", "."], words, stdin)
        if b"MDB_BAD_VALSIZE" in done[2]:
            raise GaveUp
        return done


def outcome(done):
    """found/done, not found, failed."""
    if done[0] == 0:
        return "ok"
    return "none" if done[0] == 1 and b"fatal:" not in done[2] else "failed"


def answer(done):
    """What was printed does not count when Postfix gives up: its buffer is lost."""
    return outcome(done), done[1] if outcome(done) != "failed" else b""


def real_complaints(err):
    found = set()
    for line in err.decode("latin-1").split("\n"):
        match = re.search(r"line (\d+)", line)
        for pattern, rule in COMPLAINTS:
            if match and re.search(pattern, line):
                found.add((int(match[1]), rule))
    return found


def our_complaints(err, rules):
    found = set()
    for line in err.decode("latin-1").split("\n"):
        match = re.match(r"[^ ]*?:(\d+):\d+: \w+: .*\[(MC\d+) ", line)
        if match and match[2] in rules:
            found.add((int(match[1]), match[2]))
    return found


def rows(out):
    """Without the marks that postalias adds, which tell the time and the host."""
    return sorted(r for r in out.split(b"\n") if not r.startswith((b"YP_LAST_MODIFIED", b"YP_MASTER_NAME", b"@:\t@")))


# ---- cases ----

class Case:
    """Lines that can be left out, and a comparison."""
    settings = "compatibility_level = 3.6\n"

    def __init__(self, rng):
        self.lines = []
        if rng.random() < 0.25:
            self.settings = rng.choice(["compatibility_level = 0\n", "smtputf8_enable = no\n",
                                        "compatibility_level = 3.6\nsmtputf8_enable = no\n"])

    def difference(self, mcc, lines):
        with Place(mcc, self.settings) as place:
            try:
                return self.compare(place, lines)
            except GaveUp:
                return None


class RowsCase(Case):
    tool, flags, rules, make = "postmap", [], ROWS, staticmethod(table_line)

    def __init__(self, rng):
        super().__init__(rng)
        self.type = rng.choice(TYPES)
        self.options = [o for o in ("-f", "-u", "-w", "-r", "-N", "-p", "--as-root") if rng.random() < 0.12]
        # With -w Postfix keeps rows in a cdb file that no question finds.
        if self.type == "cdb" and "-w" in self.options:
            self.options.remove("-w")
        self.lines = lines_of(rng, self.make)
        self.end = rng.choice([b"\n", b"\n", b"\n", b"", b" ", b"\r\n"])
        self.changes = []
        if self.type != "cdb":  # which Postfix cannot change
            for _ in range(rng.choice([0, 0, 1, 2, 3])):
                self.changes.append(self.make_change(rng))
        self.keys = [rng.choice(WORDS + QUOTED + NAMES) for _ in range(4)]

    def make_change(self, rng):
        if rng.random() < 0.5:
            more = rng.choice([[], [], ["-r"], ["-w"], ["-f"], ["-f", "-r"], ["-u"]])
            return ["-i", *more], text_of(lines_of(rng, self.make, 6))
        keys = [k for k in (rng.choice(WORDS + NAMES + QUOTED) for _ in range(3)) if b"\0" not in k]
        if rng.random() < 0.5:
            return ["-d", "-"], text_of(keys)
        return ["-d", os.fsdecode(keys[0]) or "x"], b""

    def both(self, place, words, stdin=None):
        ours = place.ours(*self.flags, *words, f"{self.type}:ours", stdin=stdin)
        real = place.real(*words, f"{self.type}:real", tool=self.tool, stdin=stdin)
        return ours, real

    def compare(self, place, lines):
        for name in ("ours", "real"):
            place.write(name, text_of(lines, self.end))
        for words, stdin in [(self.options, None)] + self.changes:
            why = self.compare_step(place, words, stdin)
            if why == FAILED:
                return None
            if why:
                return f"{' '.join(words)} {stdin!r}: {why}" if words else why
        return self.compare_across(place) or self.compare_answers(place)

    def compare_answers(self, place):
        fold = [o for o in self.options if o in ("-f", "-u")]
        for words, stdin in ((["-q", os.fsdecode(self.keys[0].replace(b"\0", b"")) or "x"], None),
                             (["-q", "-"], text_of(self.keys))):
            ours, real = self.both(place, [*fold, *words], stdin)
            if answer(ours) != answer(real):
                return f"{fold} {words} {stdin!r}: ours {ours} real {real}"
        return None

    def compare_step(self, place, words, stdin):
        ours, real = self.both(place, words, stdin)
        # To Postfix a key that cannot be in a table was deleted.
        if words[0:1] == ["-d"] and b"non-UTF-8 key" in real[2]:
            return self.compare_dumps(place)
        if outcome(ours) != outcome(real):
            return f"exit ours {ours} real {real}"
        if outcome(real) == "failed":
            return FAILED
        said, heard = our_complaints(ours[2], self.rules), real_complaints(real[2])
        # Of a line that is not UTF-8 nothing else is said, of one that is taken more.
        wrong = {line for line, rule in heard if rule == "MC117"}
        said = {(line, "MC117" if line in wrong else rule) for line, rule in said}
        # Ours may point at a line that continues the one that Postfix counts.
        missed = {h for h in heard if not {(h[0] + i, h[1]) for i in range(4)} & said}
        if missed or {s for s in said if s[1] != "MC1005" and
                      not {(s[0] - i, s[1]) for i in range(4)} & heard}:
            return f"complaints ours {sorted(said)} real {sorted(heard)}\n{real[2].decode('latin-1')}"
        twice = len(re.findall(rb"duplicate entry: ", real[2])), len(re.findall(rb"\[MC901 ", ours[2]))
        if twice[0] != twice[1]:
            return f"duplicates real {twice[0]} ours {twice[1]}"
        if (ORPHAN in real[2]) != (b"[MC105 " in ours[2]):
            return f"a line of nothing to continue: ours {ours[2]} real {real[2]}"
        return self.compare_dumps(place)

    def compare_dumps(self, place):
        """What Postfix sees in either file; cdb it does not list."""
        if self.type != "cdb":
            ours, real = (place.real("-s", f"{self.type}:{n}", tool=self.tool) for n in ("ours", "real"))
            if rows(ours[1]) != rows(real[1]):
                return f"dumps ours {ours[1][:600]} {ours[2][:200]} real {real[1][:600]}"
        elif self.tool == "postmap" and len({(place.dir / f"{n}.cdb").read_bytes() for n in ("ours", "real")}) > 1:
            return "bytes of the cdb files"
        return self.compare_files(place)

    def compare_across(self, place):
        """What mcc sees in them."""
        seen = [place.ours(*self.flags, "-s", f"{self.type}:{n}") for n in ("ours", "real")]
        if self.type != "cdb":
            seen.append(place.real("-s", f"{self.type}:real", tool=self.tool))
        for done in seen[1:]:
            if rows(done[1]) != rows(seen[0][1]):
                return f"-s ours {seen[0][1][:600]} other {done[1][:600]}"
        return None

    def compare_files(self, place):
        names = [place.dir / f"{n}.{SUFFIX[self.type]}" for n in ("ours", "real")]
        modes = [oct(n.stat().st_mode) for n in names]
        if modes[0] != modes[1]:
            return f"modes {modes}"
        if VERIFY and SUFFIX[self.type] == "db":
            done = subprocess.run([VERIFY, names[0]], capture_output=True, check=False)
            if done.returncode:
                return f"verify {done.stderr[:300]}"
        return None

    def show(self, lines):
        return (f"{self.tool} {self.type} {' '.join(self.options)} main.cf: {self.settings!r}\n"
                f"changes {self.changes} keys {self.keys}\n{text_of(lines, self.end)!r}")


class AliasesCase(RowsCase):
    tool, flags, rules, make = "postalias", ["--aliases"], ALIASES, staticmethod(alias_line)


class FilesCase(RowsCase):
    make = staticmethod(file_line)

    def __init__(self, rng):
        super().__init__(rng)
        self.options.append("-F")
        self.changes = [c for c in self.changes if c[0][0] != "-i"]

    def compare(self, place, lines):
        for name, content in CONTENTS.items():
            place.write(name, content)
        return super().compare(place, lines)

    def compare_answers(self, place):
        for key in self.keys:
            words = ["-F", "-q", os.fsdecode(key.replace(b"\0", b"")) or "x"]
            ours, real = self.both(place, words)
            if answer(ours) != answer(real):
                return f"{words}: ours {ours} real {real}"
        return super().compare_answers(place)


REGEX_PIECES = [r"^", r"$", r"a", r"b", r".", r".*", r"(.*)", r"([a-z]+)", r"@", r"example\.com", r"|", r"[0-9]+",
                r"(a|b)", r"\.", r"(x)?", r"\/", r"a{2}", r"[[:digit:]]", r"(", r")", r"[", r"*", r"?", r"+", r"\1",
                r"ä", r"  ", r"-", r"^list-(.*)"]
PCRE_PIECES = [r"\d+", r"\w", r"(?i)a", r"(?:x)", r"(?=a)", r"\b", r"(?<n>a)", r"a+?", r"\x61", r"\p{L}", r"(?#c)"]
RESULTS = ["ok", "$1", "${1}", "$(2)x", "$$", "$0", "$3", "$", "$a", "${1", "x $1 y", "", "REJECT  two  blanks", "\xe4",
           "$1$1", "text # no comment", "${10}", "$1}"]
FLAGS = ["", "", "", "i", "m", "x", "ix", "q", "ii", "s", "A", "E", "U", "X", "g "]
ADDRESSES = ["192.0.2.1", "192.0.2.0/24", "192.0.2.0/25", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1",
             "::/0", "192.0.2.1/24", "192.0.2.0/33", "300.1.1.1", "192.0.2", "[192.0.2.1]", "::ffff:192.0.2.1",
             "2001:DB8::/32", "!192.0.2.0/24", "192.0.2.0/", "x", "192.0.02.1", "2001:db8::/129", "1.2.3.4/0",
             "!  10.0.0.0/8", "192.0.2.0 /24", "fe80::1%eth0", "::1", "1:2:3:4:5:6:7:8", "12345::"]
ADDRESS_KEYS = ["192.0.2.1", "192.0.2.200", "10.1.2.3", "2001:db8::1", "2001:DB8::5", "::1", "1.2.3.4", "x",
                "192.0.2", "::ffff:192.0.2.1", "192.0.2.1 ", "300.1.1.1", "1:2:3:4:5:6:7:8", "[::1]", "0.0.0.0"]
KEYS = ["a", "b", "ab", "aab", "joe@example.com", "Joe@EXAMPLE.com", "x", "list-a", "a.b", "1234", "ä", "A", "a/b",
        "x y", "", "aa", "-", "list-"]


def pattern(rng, is_pcre):
    pieces = REGEX_PIECES + (PCRE_PIECES * 2 if is_pcre else [])
    return "".join(rng.choice(pieces) for _ in range(rng.randint(0, 4)))


def rule_line(rng, kind):
    roll = rng.random()
    if roll < 0.06:
        return rng.choice(["", "# comment", "  # comment", "   ", "\t"])
    if roll < 0.1:
        return rng.choice([" ", "\t"]) + rng.choice(RESULTS)
    if kind == "cidr":
        if roll < 0.2:
            return rng.choice(["if ", "if !", "if  ", "IF "]) + rng.choice(ADDRESSES)
        if roll < 0.3:
            return rng.choice(["endif", "endif x", "ENDIF", "endif  "])
        return rng.choice(ADDRESSES) + rng.choice([" ", "\t", "  ", ""]) + rng.choice(RESULTS)
    slash = rng.choice("////!|")
    body = slash + pattern(rng, kind == "pcre") + slash + rng.choice(FLAGS)
    if roll < 0.22:
        return rng.choice(["if ", "if !", "IF ", "if", "if  "]) + body + rng.choice(["", "", " x"])
    if roll < 0.34:
        return rng.choice(["endif", "endif", "endif x", "Endif"])
    if roll < 0.38:
        return rng.choice(["/open", "no slash", "/a", "! /a/ x", "//", "/a/", "a b"])
    not_ = "!" if rng.random() < 0.12 else ""
    return not_ + body + rng.choice([" ", "\t", "  ", ""]) + rng.choice(RESULTS)


class RulesCase(Case):
    def __init__(self, rng):
        super().__init__(rng)
        self.kind = rng.choice(["regexp", "pcre", "cidr", "texthash"])
        if self.kind == "texthash":
            self.lines = lines_of(rng, table_line)
        else:
            self.lines = [rule_line(rng, self.kind).encode() if rng.random() < 0.97 else table_line(rng)
                          for _ in range(rng.randint(1, 10))]
        keys = [k.encode() for k in (ADDRESS_KEYS if self.kind == "cidr" else KEYS)]
        self.keys = [rng.choice(keys) if self.kind != "texthash" else rng.choice(WORDS + QUOTED) for _ in range(8)]
        self.keys.append(rng.choice([b"\xff", b"a\0b", b"x" * 3000, " ä ".encode()]))
        self.options = rng.choice([[], [], [], ["-f"], ["-u"]])

    def compare(self, place, lines):
        place.write("t", text_of(lines))
        name = f"{self.kind}:t"
        ours = place.ours(*self.options, "-q", "-", name, stdin=text_of(self.keys))
        real = place.real(*self.options, "-q", "-", name, stdin=text_of(self.keys))
        if answer(ours) != answer(real):
            return f"ours {ours} real {real}"
        # The same lines are complained about, in whatever words.
        said = {int(n) for n in re.findall(rb"^mcc: t: line (\d+): (?!begins with white)", ours[2], re.M)}
        heard = {int(n) for n in re.findall(rb"line (\d+): (?!ignoring obsolete regexp option)", real[2])}
        if self.kind != "texthash" and said != heard:
            return f"lines ours {sorted(said)} real {sorted(heard)}\n{ours[2].decode('latin-1')}\n" \
                   f"{real[2].decode('latin-1')}"
        return None

    def show(self, lines):
        return f"{self.kind} {self.options} main.cf: {self.settings!r} keys {self.keys}\n{text_of(lines)!r}"


ATOMS = ["static:x", "static:{a b}", "static:{ a }", "static:A,b", "inline:{x=y}", "inline:{ x = y }", "inline:{{x = y z}, a=b}",
         "inline:{a=1, A=2}", "inline:{x}", "inline:{=x}", "inline:{x=}", "inline:{ {x=1 2} }", "inline:{}", "inline:x",
         "inline:{ä=ö, Ä=2}", "fail:x", "static:", "environ:x", "randmap:{one}", "randmap:{ {a b} }", "randmap:{}",
         "randmap:x", "hash:h", "texthash:h", "hash:none", "cidr:{{1.2.3.4/32 x}}", "regexp:{{/a/ b}}",
         "regexp:{{/^(.)$/ $1$1}, {/x/ y}}", "pcre:{{/a/i b}}", "cidr:{{1.2.3.4/33 x}}", "texthash:none", "nosuch:x",
         "btree:h", "lmdb:h", "cdb:h", "environ:y", "randmap:{ x }", "inline:{a=b,c=d}", "inline:{ a=b c=d }", "static:{{a}}", "inline:{{a=b}", "inline:{{ a = }, b=c}"]


def name_of(rng, depth=0):
    roll = rng.random()
    if depth > 2 or roll < 0.6:
        return rng.choice(ATOMS)
    parts = [name_of(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 2, 3]))]
    parts = ["{" + p + "}" if " " in p or rng.random() < 0.1 else p for p in parts]
    inner = rng.choice([", ", ",", " ", " , "]).join(parts)
    return rng.choice(["unionmap:", "pipemap:"]) + rng.choice(["{%s}", "{ %s }", "{%s}", "%s"]) % inner


class NamesCase(Case):
    def __init__(self, rng):
        super().__init__(rng)
        self.lines = [name_of(rng) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        self.keys = [rng.choice(["x", "X", "a", "A", "ä", "Ä", "1.2.3.4", "PATH", "LC_ALL", "k", "K", "", "none", "ẞ"])
                     for _ in range(8)]
        self.options = [o for o in ("-f", "-u") if rng.random() < 0.1]
        self.is_own = rng.random() < 0.5  # who makes the databases

    def compare(self, place, lines):
        place.write("h", "k v\nx 1\nA a\nÄ ß\n".encode())
        for kind in TYPES:
            if f"{kind}:h" in "".join(lines):
                place.ours(f"{kind}:h") if self.is_own else place.real(f"{kind}:h")
        for words, stdin in [(["-q", self.keys[0]], None),
                             (["-q", "-"], "".join(k + "\n" for k in self.keys).encode()), (["-s"], None)]:
            # Of those that Postfix does not list mcc lists cdb.
            if words == ["-s"] and (len(lines) != 1 or lines[0].startswith("cdb:")):
                continue
            ours = place.ours(*self.options, *words, *lines, stdin=stdin)
            real = place.real(*self.options, *words, *lines, stdin=stdin)
            if not lines:
                continue
            if words == ["-s"] and outcome(ours) == outcome(real) and rows(ours[1]) == rows(real[1]):
                continue
            if answer(ours) != answer(real):
                return f"{words}: ours {ours} real {real}"
        return None

    def show(self, lines):
        return f"names {self.options} own databases: {self.is_own} main.cf: {self.settings!r} keys {self.keys}\n{lines}"


CASES = {"rows": RowsCase, "aliases": AliasesCase, "files": FilesCase, "rules": RulesCase, "names": NamesCase}
SHARES = ["rows", "rows", "aliases", "aliases", "rules", "rules", "names", "names", "files"]


def judge_one(args):
    """The text to print about a case that differs; None of another."""
    mcc, kind, seed = args
    rng = random.Random(seed)
    case = CASES[kind or rng.choice(SHARES)](rng)
    if not case.difference(mcc, case.lines):
        return None
    lines = shrink(case.lines, lambda fewer: case.difference(mcc, fewer))
    return f"---- difference (case {seed})\n{case.show(lines)}\n{case.difference(mcc, lines)}"


def main():
    options = beside_parser(__doc__.splitlines()[0], 200, "tables")
    options.add_argument("--kind", choices=sorted(CASES))
    args = options.parse_args()
    if POSTMAP is None:
        print("tables.py: needs an installed Postfix", file=sys.stderr)
        return 2
    print(f"seed {args.seed}", flush=True)
    work = [(args.mcc, args.kind, f"{args.seed}/{i}") for i in range(args.n)]
    return judge_all(args, work, judge_one, lambda text: print(text, flush=True))


if __name__ == "__main__":
    sys.exit(main())
