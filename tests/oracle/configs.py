#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random configurations: mcc conf beside the installed postconf.

    configs.py [-n CASES] [--seed N] [--seconds S] [--jobs J] [--keep DIR]
               [--mcc build/bin/mcc] [CASE-FOLDER...]

From the seed of a case come a main.cf, a master.cf and some ways to ask for
them. What both programs print is compared whole, what they warn of by kind and
subject, and whether they give up. A difference is made smaller, first by lines
and then by bytes, as long as it stays, and printed; exit status 1. Folders
(main.cf, master.cf, args) are asked instead of random cases when given."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import forks
from random_cases import beside_parser, judge_all

POSTCONF = shutil.which("postconf") or shutil.which("postconf", path="/usr/sbin")

BUILTIN = ["mydestination", "mynetworks", "mail_name", "relayhost", "smtpd_banner",
           "smtpd_recipient_restrictions", "virtual_alias_maps", "mydomain", "myhostname",
           "myorigin", "inet_protocols", "compatibility_level", "relay_domains",
           "smtpd_relay_restrictions", "alias_maps", "transport_maps", "import_environment",
           "export_environment", "command_directory", "smtpd_tls_security_level",
           "smtp_tls_security_level", "queue_directory", "mailbox_size_limit", "luser_relay",
           "default_destination_recipient_limit", "smtp_destination_recipient_limit",
           "forward_path", "debugger_command", "smtpd_restriction_classes", "header_checks",
           "local_recipient_maps", "smtpd_milters", "milter_macro_daemon_name", "stress",
           "virtual_maps", "fallback_relay", "lmtp_per_record_deadline", "config_directory",
           "postscreen_dnsbl_ttl", "process_name", "process_id", "service_name",
           "mail_version", "2bounce_notice_recipient", "default_process_limit",
           "postscreen_command_time_limit", "smtpd_reject_footer", "multi_instance_name",
           "local_destination_recipient_limit", "alternate_config_directories"]
# Without those that show the id of a process.
PLAIN = [n for n in BUILTIN if n not in ("process_id", "process_name", "debugger_command")]
OWN = ["a", "b", "c1", "my_nets", "Foo", "class_a", "class_b", "x-y", "über", "t_timeout",
       "tab_search_base", "tab_result_format", "my_hosts", "my_user", "db_query", "slow_time_limit",
       "slow_destination_recipient_limit", "slow_destination_rate_delay",
       "relay_destination_concurrency_limit", "mydestinaton", "smtpd_recipient_restriction",
       "policy_time_limit", "smtp_transport_rate_delay", "1", "_", "a.b", "name:colon", "#x"]
WORDS = ["permit_mynetworks", "reject", "hash:/etc/postfix/x", "class_a", "class_b", "192.0.2.0/24",
         "!10.0.0.1", "[::1]/128", "example.com", ".example.com", "/etc/postfix/nets", "no", "yes",
         "3.6", "5s", "0", "10", "static:{a b, c}", "inline:{ x=y, {k = v w} }", "#comment",
         "pcre:{{/a#b/ x}}", "proxy:ldap:tab", "ldap:tab", "mysql:my", "pgsql:db", "sqlite:db",
         "memcache:t", "ldap:/no/such/file", "unionmap:{ldap:tab, static:x}", "{ a, b }", "{x", "y}",
         "check_client_access", "inet:127.0.0.1:1", "{ inet:localhost:1, timeout=3 }", "\"q q\"", "'",
         "\\", "a=b", "=", "$$", "$$$$x", "ä€", "\x01", "%s", "unix:private/x", "TZ=", "MAIL_CONFIG",
         "LANG=C", "{ A = b c }", "a,,b", ";", "ldap:", ":", "::", "a:b:c", "proxy:proxy:mysql:my",
         "regexp:{ {/^x/ ldap:tab} }", "\x7f", "tab", "very_" * 20, "http://x/#y"]
SERVICES = ["smtp", "relay", "slow", "submission", "policy", "local", "127.0.0.1:25", "lmtp",
            "pickup", "dovecot", "a{b", "[::1]:26", "qmgr", "x/y"]
PROGRAMS = ["smtpd", "smtp", "lmtp", "pipe", "spawn", "local", "virtual", "error", "qmgr", "cleanup",
            "/usr/lib/postfix/sbin/smtp", "./smtpd", "discard", "x/"]
TYPES = ["inet", "unix", "fifo", "pass", "unix-dgram"]
BLANKS = [" ", "  ", "\t", " \t ", ""]
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "==level", "!=level", "<level", "<=level",
             ">level", ">=level", "=", "=~", "===", "<lev", "", "<=>"]


class Maker:
    """The texts of one case, from its own random numbers."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        # Most files are whole: a fault hides everything else.
        self.nasty = self.rng.choice([0, 0, 0, 0.002, 0.01, 0.05])

    def one(self, things):
        return self.rng.choice(things)

    def chance(self, p):
        return self.rng.random() < p

    def is_nasty(self):
        return self.rng.random() < self.nasty

    def name(self):
        return self.one(BUILTIN if self.chance(0.55) else OWN)

    def reference(self):
        name = self.one(["a", "b", "c1", "my_nets", "Foo", "class_a", "undefined_x", "mail_name",
                         "myhostname", "mydomain", "stress", "relayhost", "process_name", "service_name",
                         "virtual_maps", "compatibility_level", "tab_search_base", "smtpd_banner",
                         "slow_destination_recipient_limit", "default_destination_recipient_limit",
                         "config_directory", "mail_version", "lmtp_per_record_deadline",
                         "smtp_tls_security_level", "a_b", "1", "_", "luser_relay", "mynetworks"])
        if self.is_nasty():
            name = self.one(["a-b", "", "a b", "ä", "a.b", "$a", "{", "}", "a}", "("])
        return name

    def operand(self, depth):
        if self.chance(0.4):
            return self.one(["1", "2", "3.6", "3.10", "10", "009", "9", "3", "", "abc", "yes", "3.6.1",
                             "$compatibility_level", "$a", "x", "2.x" if self.nasty else "2", " 1", "-1",
                             "99999999999", "3.7.11.1" if self.nasty else "3.7"])
        return self.text(depth + 1, 2)

    def comparison(self, depth):
        sp = lambda: self.one(["", "", " "])
        usual = OPERATORS[:6] if self.chance(0.6) else ["==level", "<level", ">=level"]
        op = self.one(OPERATORS) if self.is_nasty() else self.one(usual)
        operand = (lambda: self.one(["1", "2", "3.6", "3.10", "0", "$compatibility_level"])) \
            if "level" in op else (lambda: self.operand(depth))
        head = "{%s%s%s}%s%s%s{%s}%s" % (sp(), operand(), sp(), sp(), op, sp(), operand(), sp())
        if self.chance(0.25):
            return head
        return head + self.choice(depth)

    def choice(self, depth):
        sp = lambda: self.one(["", "", " "])
        then, other = self.text(depth + 1, 2), self.text(depth + 1, 2)
        junk = self.one(["x", "}", "{y}", ":", "?", " z"]) if self.is_nasty() else ""
        return self.one([f"?{then}", f":{other}", f"?{sp()}{{{then}}}{sp()}{junk}",
                         f":{sp()}{{{other}}}{sp()}{junk}",
                         f"?{sp()}{{{then}}}{sp()}:{sp()}{{{other}}}{sp()}{junk}",
                         f"?{{{then}}}:{other}", f"?{then}:{other}"])

    def macro(self, depth):
        kind, sp = self.rng.random(), self.one(["", "", "", " "])
        opening, closing = ("(", ")") if self.chance(0.1) else ("{", "}")
        if self.is_nasty():
            return self.one(["$", "${", "$(", "${a", "$(a", "${}", "$()", "${a?{b}c}", "${a?$(b}c)",
                             "$(a?${b)c}", "${{a}}", "${{a} == b}", "$ ", "$-", "${a?{b}", "${a {b}}",
                             "${{a}=={a}x}", "${?b}", "${:b}", "${a?b}}", "${{a} == {a} ? {b} : {c} d}"])
        if kind < 0.35 or depth > 4:
            return "$" + self.reference()
        if kind < 0.5:
            return "$" + opening + sp + self.reference() + sp + closing
        if kind < 0.8:
            return "$" + opening + sp + self.reference() + sp + self.choice(depth) + closing
        return "${" + sp + self.comparison(depth) + "}"

    def text(self, depth, most):
        parts = []
        for _ in range(self.rng.randint(0, most)):
            kind = self.rng.random()
            if kind < (0.35 if depth < 4 else 0.05):
                parts.append(self.macro(depth))
            elif depth and not self.nasty:
                parts.append(self.one([w for w in WORDS if not set(w) & set("{}()")]))
            else:
                parts.append(self.one(WORDS))
            parts.append(self.one(["", " ", ", ", " ", "\t", ","]))
        return "".join(parts)

    def value(self, name):
        fixed = {"inet_protocols": ["all", "ipv4", "ipv6", "ipv4, ipv6", "$b"],
                 "compatibility_level": ["2", "3.6", "0", "3.10", "$compat", "9", ""],
                 "myhostname": ["mail.example.com", "host", "mail.$mydomain", "$a.example.org", "x."],
                 "mydomain": ["example.com", "$myhostname", "com", ""],
                 "smtpd_restriction_classes": ["class_a, class_b", "class_a $class_b", "class_a class_c",
                                               "$a", ""],
                 "mynetworks": ["127.0.0.0/8 [::1]/128", "$my_nets", "!10.0.0.1, 10.0.0.0/8"]}
        if name == "inet_protocols" and not self.nasty:
            return self.one(fixed[name][:4])
        if name in fixed and not (self.chance(0.1) and self.nasty):
            return self.one(fixed[name])
        return self.text(0, self.one([1, 2, 4, 8, 20]))

    def layout(self, text):
        """Continuation lines, with comments and blank lines between."""
        out = []
        for c in text:
            out.append(c)
            if c in " ,\t" and self.chance(0.12):
                out.append("\n" + self.one(["", "", "# a comment, $x {\n", "\n", " \t\n", "  # y\n",
                                            "#\n\n \n"]) + self.one([" ", "  ", "\t", "    "]))
        return "".join(out)

    def setting(self):
        name = self.name()
        equals = self.one(BLANKS) + "=" + self.one(BLANKS)
        if self.is_nasty():
            equals = self.one([" ", "==", " = =", ":", "\t", "", "\n = "])
            name = self.one([name, "", " " + name, name + " x"])
        elif self.chance(0.04):
            equals = self.one([" =\n  ", "\n =", " =\n# c\n\t"])
        return name + self.layout(equals + self.value(name)) + self.one(["", "", "", " ", "\t ", "\r"])

    def lines(self, make, most):
        out = [make() for _ in range(self.rng.randint(0, most))]
        for _ in range(self.rng.randint(0, 4)):
            out.insert(self.rng.randint(0, len(out)),
                       self.one(["", "# comment", "#", "   # indented comment", " \t", "#a = b",
                                 "#\xe4", "\f", "\v# x"]))
        if out and self.chance(0.15):
            out.insert(self.rng.randint(0, len(out)), self.one(out))
        text = "\n".join(out)
        if self.chance(0.05):
            text = " a = 1\n" + text
        if not self.chance(0.1):
            text += "\n"
        if self.chance(0.05):
            text = text.replace("\n", "\r\n")
        if self.is_nasty() and text:
            at = self.rng.randrange(len(text))
            text = text[:at] + self.one(["\0", "{", "}", "$", "\n", "=", "\r", " \n", "\x0b"]) + text[at:]
        if self.chance(0.01):
            text += "b = " + "long, " * 12000 + "$a\n"
        return text

    def option_text(self):
        name = self.one(OWN + BUILTIN if self.chance(0.8) else ["smtpd_restriction_classes", "a", "b"])
        value = self.text(0, 3)
        if self.chance(0.5):
            value = re.sub(r"[ \t,]+", ",", value)
            if not self.nasty and (value.count("{") != value.count("}")):
                value = "v"
            return f"-o{self.one([' ', ' ', ''])}{name}={value}"
        sp = lambda: self.one(["", " "])
        if not self.nasty and value.count("{") != value.count("}"):
            value = "v"
        junk = self.one(["x", "}", ""]) if self.is_nasty() else ""
        return f"-o {{{sp()}{name}{sp()}={sp()}{value}{sp()}}}{junk}"

    def argument(self):
        if self.chance(0.6):
            return self.option_text()
        return self.one(["-v", "-D", "-vv", "-vo a=b", "-v", "-Do{b = c d}", "-w"] +
                        (["-o", "--", "-n x", "-ov", "-o =x", "-o {x}", "-o a", "-o {a = {b}"]
                         if self.nasty else []))

    def service(self):
        fields = [self.one(SERVICES), self.one(TYPES), self.one("yn-"), self.one("yn-"),
                  self.one("yn-"), self.one(["-", "300", "1000?", "0", "60?"]),
                  self.one(["-", "1", "0", "100", "20"]), self.one(PROGRAMS)]
        if self.is_nasty():
            at = self.rng.randrange(8)
            fields[at] = self.one(["", "Y", "yes", "-1", "5x", "?", "-?", "tcp", "{a b}", "1 ", "x{y z"])
        fields += [self.argument() for _ in range(self.one([0, 0, 1, 2, 4]))]
        if self.chance(0.2):
            fields += [self.one(["user=nobody", "flags=DRhu", "argv=/bin/x", "${recipient}",
                                 "{ a b }", "{x}", "-o", "a=b", "{ -o x=y }", "$a"] +
                                (["{a b", "{a}b"] if self.nasty else []))
                       for _ in range(self.rng.randint(1, 4))]
        return self.layout(self.one([" ", "  ", "\t"]).join(fields))

    def ways(self):
        main = [[], ["-n"], ["-x"], ["-nx"], ["-d"], ["-dx"], ["-nf"], ["-nxf"], ["-nxh"], ["-nH"],
                ["-nx", "-o", "a=" + self.one(["1", "$b", "", "x y", "$mail_name"])],
                ["-nx", "-o", "stress=yes", "-o", "b = $stress "], ["-n", "-C", "user"],
                ["-C", "service,user"], ["-x", *self.rng.sample(BUILTIN + OWN, 4)],
                ["-h", *self.rng.sample(PLAIN, 3)], ["-n", *self.rng.sample(BUILTIN + OWN, 5)],
                ["-H", *self.rng.sample(BUILTIN, 3)]]
        pattern = lambda: "/".join(self.one(v) for v in (SERVICES[:6] + ["*"], TYPES[:2] + ["*"])[
            :self.rng.randint(1, 2)])
        master = [["-M"], ["-Mf"], ["-Mx"], ["-M", pattern(), pattern()], ["-P"], ["-Px"], ["-Pf"],
                  ["-Ph"], ["-PH"], ["-P", pattern()], ["-P", pattern() + "/a"] if self.chance(0.5) else
                  ["-Px", "*/*/" + self.one(OWN[:3])], ["-F"], ["-Fx"], ["-Ff"], ["-Fh"], ["-FH"],
                  ["-F", pattern()], ["-F", "*/*/" + self.one(["command", "type", "wakeup", "*"])],
                  ["-Mfx"], ["-Fxf"], ["-Mx", "-o", "a=$b"]]
        return [self.one(main), self.one(master)]


class Case:
    def __init__(self, main, master, ways):
        self.main, self.master, self.ways = main, master, ways

    @classmethod
    def random(cls, seed):
        maker = Maker(seed)
        ways = maker.ways()
        return cls(maker.lines(maker.setting, maker.one([2, 5, 15, 30])),
                   maker.lines(maker.service, maker.one([0, 2, 5, 10])), ways)

    @classmethod
    def load(cls, folder):
        folder = Path(folder)
        read = lambda n: (folder / n).read_bytes().decode("utf-8", "surrogateescape")
        return cls(read("main.cf"), read("master.cf"),
                   [w.split("\x1f") if "\x1f" in w else w.split() for w in read("args").splitlines()])

    def save(self, folder):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("main.cf", self.main), ("master.cf", self.master)):
            path = folder / name
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
            # Postfix waits while a file is younger than a second.
            os.utime(path, (1600000000, 1600000000))


def host_name():
    name = os.uname().nodename
    return name if "." in name else name + ".localdomain"


class Judge:
    def __init__(self, mcc):
        self.mcc = str(Path(mcc).resolve())
        done = subprocess.run([POSTCONF, "-dh", "mail_version"], capture_output=True, text=True,
                              check=True)
        self.version = done.stdout.strip()

    @staticmethod
    def run(command):
        status, out, err = forks.run(command)
        return (status, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape"))

    def ask(self, folder, way):
        real = self.run([POSTCONF, "-c", folder, *way])
        mine = self.run([self.mcc, "-C", folder, "--root", "/", "--postfix", self.version,
                         "--platform", "debian", "--hostname", host_name(), "conf", *way])
        return real, mine

    def differs(self, folder, way):
        """What differs between the two, or None."""
        difference = self.differs_once(folder, way)
        # The order in which postconf looks at names is another one each time.
        for _ in range(8):
            if difference is None:
                break
            difference = self.differs_once(folder, way)
        return difference

    def differs_once(self, folder, way):
        try:
            real, mine = self.ask(folder, way)
        except subprocess.TimeoutExpired as late:
            return f"no answer within {late.timeout} seconds: {late.cmd}"
        if mine[0] not in (0, 1, 2, 3):
            return f"mcc ends with {mine[0]}: {mine[2][-500:]}"
        if (real[0] != 0) != (mine[0] != 0):
            return f"postconf ends with {real[0]}: {real[2][-500:]}\nmcc with {mine[0]}: {mine[2][-500:]}"
        if real[0] != 0:
            return None
        if comparable(real[1]) != comparable(mine[1]):
            return first_difference(comparable(real[1]), comparable(mine[1]))
        theirs, ours = warnings_of_postconf(real[2]), warnings_of_mcc(mine[2])
        if theirs != ours:
            return (f"only postconf warns: {sorted(theirs - ours)}\n"
                    f"only mcc warns:      {sorted(ours - theirs)}")
        return None


def comparable(text):
    """Without what shows the id of a process or when a build was made, and
    with the one spelling of a condition that the vocabulary keeps."""
    lines = [x for x in text.split("\n")
             if not re.match(r"(process_id|process_name|mail_release_date|debugger_command)\b", x)]
    return re.sub(r"\$\{(\w+)\?\{\$\1\}:\{(\$?\w+)\}\}", r"${\1:\2}", "\n".join(lines))


def first_difference(real, mine):
    a, b = real.split("\n"), mine.split("\n")
    for i in range(max(len(a), len(b))):
        x, y = a[i] if i < len(a) else "<end>", b[i] if i < len(b) else "<end>"
        if x != y:
            return f"line {i + 1}\n  postconf: {x[:300]!r}\n  mcc:      {y[:300]!r}"
    return "equal"


KINDS = [("unused parameter: ", "unused"), ("undefined parameter: ", "undefined"),
         ("overriding earlier entry: ", "overriding"), ("read-only parameter assignment: ", "readonly"),
         ("unmatched request: ", "unmatched"), ("unknown parameter", "unknown"),
         ("missing '}' in ", "brace"), ("syntax error after '}' in ", "behind"),
         ("missing attribute name", "noname"), ("missing '=' after attribute name", "noequals"),
         ("logical line must not start with whitespace", "leading"),
         ("continuation", "leading"), ("configuration ", "open")]
# Faults in values: said once each by mcc, with other words.
MACRO = re.compile(r"macro (name|reference|processing|call)|expected at|unexpected input|"
                   r"attribute name syntax|unbalanced \{\}|operator suffix|malformed compat")


def subject(text):
    """Bytes that cannot be shown are, by both, in ways of their own; the end
    of very long texts is cut."""
    text = re.sub(r"\\x[0-9a-f]{2}|\\[tnr]|<U\+[0-9A-F]+>|[^ -~]", "?", text)
    return re.sub(r"\?+", "?", text)[:150].lower()


def warnings_of_postconf(text):
    found = set()
    for line in text.split("\n"):
        message = re.sub(r"^\S*postconf: (warning: )?", "", line)
        if not message or MACRO.search(message):
            continue
        for words, kind in KINDS:
            at = message.find(words)
            if at >= 0:
                rest = message[at + len(words):] if kind not in ("unknown", "leading") else \
                    message[:at] if kind == "unknown" else ""
                where = "master" if kind in ("unused", "undefined", "readonly") and \
                    "master.cf: " in message[:at] else ""
                found.add((kind, where, subject(rest)))
                break
        else:
            found.add(("?", "", message))
    return found


def warnings_of_mcc(text):
    found = set()
    for line in text.split("\n"):
        m = re.match(r"((?:\S[^:]*:\d+:\d+|mcc): )?(?:warning|error): (.*?)( \[(MC\d+) [a-z-]+\])?$",
                     line)
        if not m:
            continue
        place, message, _, rule = m.groups()
        if rule in ("MC112", "MC402"):
            continue
        if rule == "MC105":
            found.add(("leading", "", ""))
            continue
        for words, kind in KINDS:
            at = message.find(words)
            if at >= 0:
                rest = message[at + len(words):] if kind != "unknown" else message[:at]
                where = "master" if kind in ("unused", "undefined", "readonly") and \
                    (place or "").startswith("master.cf") else ""
                found.add((kind, where, subject(rest)))
                break
        else:
            found.add(("?", "", message))
    return found


class Shrinker:
    """Smaller cases with the same way to differ."""

    def __init__(self, judge, folder, way):
        self.judge, self.folder, self.way, self.left = judge, folder, way, 400

    def still(self, main, master):
        if self.left <= 0:
            return False
        self.left -= 1
        Case(main, master, []).save(self.folder)
        return self.judge.differs(self.folder, self.way) is not None

    def pieces(self, parts, join, check):
        size = max(1, len(parts) // 2)
        while size >= 1:
            at = 0
            while at < len(parts):
                fewer = parts[:at] + parts[at + size:]
                if check(join(fewer)):
                    parts = fewer
                else:
                    at += size
            size //= 2
        return join(parts)

    def run(self, case):
        main, master = case.main, case.master
        keep = lambda text: text.splitlines(keepends=True)
        main = self.pieces(keep(main), "".join, lambda t: self.still(t, master))
        master = self.pieces(keep(master), "".join, lambda t: self.still(main, t))
        words = lambda text: re.findall(r"\s+|\w+|.", text, re.S)
        main = self.pieces(words(main), "".join, lambda t: self.still(t, master))
        master = self.pieces(words(master), "".join, lambda t: self.still(main, t))
        return Case(main, master, [self.way])


def judge_one(args):
    """(what, case, way, difference) of a case that differs; None of another."""
    mcc, what, shrinks = args
    judge = Judge.known = getattr(Judge, "known", None) or Judge(mcc)
    case = Case.random(what) if isinstance(what, str) else Case.load(what)
    folder = tempfile.mkdtemp(prefix="mcc-configs-")
    try:
        case.save(folder)
        for way in case.ways:
            difference = judge.differs(folder, way)
            if difference is None:
                continue
            if shrinks:
                smaller = Shrinker(judge, folder, way).run(case)
                smaller.save(folder)
                again = judge.differs(folder, way)
                if again is not None:
                    case, difference = smaller, again
            return what, case, way, difference
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return None


def report(result):
    what, case, way, difference = result
    print(f"---- difference: case {what}, asked {' '.join(way)!r}")
    for name, text in (("main.cf", case.main), ("master.cf", case.master)):
        if text:
            print(f"{name}: {text[:2000]!r}")
    print(difference, flush=True)


def keep(folder, result):
    what, case, way, _ = result
    folder = Path(folder) / str(what).replace(":", "-")
    case.save(folder)
    (folder / "args").write_text("\x1f".join(way) + "\n")


def main():
    options = beside_parser(__doc__.splitlines()[0], 500, "configurations")
    options.add_argument("--keep", help="folder for the cases that differ")
    options.add_argument("folders", nargs="*", type=Path)
    args = options.parse_args()
    if not POSTCONF:
        print("configs.py: needs an installed Postfix", file=sys.stderr)
        return 2
    work = args.folders or [f"{args.seed}:{i}" for i in range(args.n)]
    if not args.folders:
        print(f"seed {args.seed}", flush=True)

    def tell(result):
        report(result)
        if args.keep:
            keep(args.keep, result)

    return judge_all(args, [(args.mcc, w, True) for w in work], judge_one, tell)


if __name__ == "__main__":
    sys.exit(main())
