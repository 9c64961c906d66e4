# SPDX-License-Identifier: BSD-2-Clause
"""mcc fmt: what the real postconf, postmap and postalias say of a file is the
same before and after; twice is once; white space that means nothing makes no
difference; files are replaced whole, with their mode, or not at all."""
import os
import random
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))
CORPUS = REFERENCE / "corpus"
PATH = os.environ["PATH"] + ":/usr/sbin"
TOOLS = {name: shutil.which(name, path=PATH) for name in ("postconf", "postmap", "postalias")}
OLD = (1600000000, 1600000000)  # Postfix waits while a file is brand new

needs_postfix = pytest.mark.skipif(not all(TOOLS.values()), reason="Postfix's tools are missing")
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference configurations here")


def corpus(folder, pattern="*"):
    return sorted(p for p in (CORPUS / folder).glob(pattern)) if CORPUS.is_dir() else []


def run(*command, cwd=None, data=None):
    return subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, timeout=120, input=data,
                          check=False)


def fmt(data, kind):
    """The layout, or None for a file that is refused."""
    done = run(MCC, "fmt", "--kind", kind, "-", data=data)
    assert done.returncode in (0, 1), done.stderr
    assert (done.returncode == 1) == (done.stdout == b"" and data.strip() != b""), done.stderr
    return done.stdout if done.returncode == 0 else None


def twice(data, kind):
    once = fmt(data, kind)
    if once is not None:
        assert fmt(once, kind) == once
        assert b"\n\n\n" not in once and not once.startswith(b"\n") and not once.endswith(b"\n\n")
    return once


def comments(data):
    return [x.strip() for x in data.split(b"\n") if x.strip().startswith(b"#")]


def folder(tmp_path, name, **files):
    place = tmp_path / name
    place.mkdir()
    for base, data in {"main_cf": b"compatibility_level = 3.6\nsmtputf8_enable = no\n", **files}.items():
        (place / base.replace("_", ".")).write_bytes(data)
        os.utime(place / base.replace("_", "."), OLD)
    return place


# ---- the real programs ----


def stock_master():
    return (CORPUS / "stock-master.cf").read_bytes()


@pytest.mark.beside
@needs_postfix
@pytest.mark.parametrize("path", corpus("main"), ids=lambda p: p.stem)
def test_main_reads_the_same(tmp_path, path):
    old = path.read_bytes()
    new = twice(old, "main")
    if new is None:
        place = folder(tmp_path, "old", main_cf=old, master_cf=stock_master())
        assert run(TOOLS["postconf"], "-c", place, "-n").returncode != 0
        return
    assert comments(new) == comments(old)
    said = []
    for name, data in (("old", old), ("new", new)):
        place = folder(tmp_path, name, main_cf=data, master_cf=stock_master())
        # Expanded, too, but for the id of each process.
        said.append([re.sub(rb"(?m)^.*process_id.*\n|^debugger_command = .*\n", b"", out).replace(bytes(place), b"DIR")
                     for out in (run(TOOLS["postconf"], "-c", place, flag).stdout for flag in ("-n", "-nx"))])
    assert said[0] == said[1]


@pytest.mark.beside
@needs_postfix
@pytest.mark.parametrize("path", corpus("master"), ids=lambda p: p.stem)
def test_master_reads_the_same(tmp_path, path):
    old = path.read_bytes()
    new = twice(old, "master")
    assert new is not None and comments(new) == comments(old)
    said = []
    for name, data in (("old", old), ("new", new)):
        place = folder(tmp_path, name, master_cf=data)
        said.append([run(TOOLS["postconf"], "-c", place, flag).stdout for flag in ("-M", "-P")])
    assert said[0] == said[1]


def dump(tmp_path, name, data, tool):
    place = folder(tmp_path, name, t=data)
    run(TOOLS[tool], "-c", place, "hash:t", cwd=place)
    done = run(TOOLS[tool], "-c", place, "-s", "hash:t", cwd=place)
    return sorted(x for x in done.stdout.split(b"\n") if not x.startswith((b"YP_", b"@:\t@")))


@pytest.mark.beside
@needs_postfix
@pytest.mark.parametrize("kind,tool,path", [("aliases", "postalias", p) for p in corpus("aliases")] +
                         [("table", "postmap", p) for p in corpus("tables")], ids=lambda v: getattr(v, "name", v))
def test_rows_read_the_same(tmp_path, kind, tool, path):
    old = path.read_bytes()
    new = twice(old, kind)
    assert comments(new) == comments(old)
    assert dump(tmp_path, "old", old, tool) == dump(tmp_path, "new", new, tool)


def answers(tmp_path, name, kind, data, keys):
    place = folder(tmp_path, f"{kind}-{name}", t=data)
    return run(TOOLS["postmap"], "-c", place, "-q", "-", f"{kind}:{place}/t", data=keys).stdout


@pytest.mark.beside
@needs_postfix
@pytest.mark.parametrize("path", [p for p in corpus("tables") if (CORPUS / f"oracle/table-{p.name}.q").exists()],
                         ids=lambda p: p.name)
def test_patterns_answer_the_same(tmp_path, path):
    old = path.read_bytes()
    types = run(TOOLS["postconf"], "-m").stdout.decode().split()
    for kind in ("regexp", "pcre", "cidr"):
        new = twice(old, kind)
        assert comments(new) == comments(old)
        if kind not in types:
            continue
        keys = (CORPUS / ("queries.cidr" if kind == "cidr" else "queries.regexp")).read_bytes()
        assert answers(tmp_path, "old", kind, old, keys) == answers(tmp_path, "new", kind, new, keys)


@needs_corpus
@pytest.mark.parametrize("path", corpus("tables", "*_cf-*") + corpus("tables", "*_conf-*"), ids=lambda p: p.name)
def test_client_files(path):
    old = path.read_bytes()
    new = twice(old, "client")
    if new is not None:
        assert comments(new) == comments(old)


# ---- variants ----

LISTS = re.compile(rb"smtpd_\w+_restrictions|mynetworks|mydestination|relay_domains|\w+_maps|inet_protocols|"
                   rb"smtpd_milters|notify_classes|postscreen_dnsbl_sites|smtpd_restriction_classes")
BLANKS = re.compile(rb"[ \t\r]+")


def logical(data):
    """-> [[physical line, ...]]: each a comment, an empty line or a logical line."""
    found = []
    for line in data.split(b"\n"):
        if line[:1] in (b" ", b"\t") and line.strip() and not line.strip().startswith(b"#") and found:
            last = max((i for i, x in enumerate(found) if x[0].strip() and x[0][:1] != b"#"), default=None)
            if last is None:
                found.append([line])
                continue
            found[last] += [y for x in found[last + 1:] for y in x] + [line]
            del found[last + 1:]
        else:
            found.append([line])
    return found


def some_blanks(dice, may_fold):
    if may_fold and dice.random() < 0.3:
        return dice.choice([b"\n ", b"\n\t", b"\n      ", b" \n\n  ", b"\t\n    "])
    return dice.choice([b" ", b"  ", b"\t", b"   \t "])


def vary_words(dice, text, may_fold=True):
    return b"".join(some_blanks(dice, may_fold) if BLANKS.fullmatch(x) else x
                    for x in re.split(rb"([ \t\r]+)", text) if x)


def vary_main(dice, text):
    name, rest = text.split(b"=", 1)
    if LISTS.fullmatch(name.strip()) and b"{" not in rest and b"#" not in rest:
        rest = vary_words(dice, rest.strip())
    else:
        rest = rest.strip()
    return name.strip() + some_blanks(dice, False) + b"=" + dice.choice([b"", b" ", b"\t"]) + rest


def vary_master(dice, text):
    return text if b"{" in text or b"#" in text else vary_words(dice, text.strip())


def vary_row(dice, text):
    key, rest = re.match(rb"(\S+)[ \t]+(.*)", text, re.S).groups()
    return key + some_blanks(dice, b"#" not in rest) + rest


def vary(dice, data, kind):
    turn = {"main": vary_main, "master": vary_master, "table": vary_row, "cidr": vary_row}[kind]
    out = []
    for lines in logical(data):
        if len(lines) > 1 or not lines[0].strip() or lines[0].lstrip().startswith(b"#"):
            text = b"\n".join(lines)
            if not text.strip():
                text += b"\n \t\n" * dice.randint(0, 1)
            elif len(lines) == 1:
                text += b" \t" * dice.randint(0, 1)
        else:
            text = turn(dice, lines[0]) + b" \t\r" * dice.randint(0, 1)
        out.append(text)
    return b"\n".join(out)


@pytest.mark.beside
@needs_corpus
@pytest.mark.parametrize("kind,path", [("main", p) for p in corpus("main")] + [("master", p) for p in corpus("master")],
                         ids=lambda x: getattr(x, "stem", x))
def test_variants(kind, path):
    want = fmt(path.read_bytes(), kind)
    dice = random.Random(path.name)
    if want is None or b"\r" in path.read_bytes():
        return
    for _ in range(3):
        data = vary(dice, want, kind)
        assert fmt(data, kind) == want, data.decode("utf-8", "replace")


@pytest.mark.beside
@needs_corpus
@pytest.mark.parametrize("path", [p for p in corpus("tables") if (CORPUS / f"oracle/table-{p.name}.dump").exists()],
                         ids=lambda p: p.name)
def test_table_variants(path):
    want = fmt(path.read_bytes(), "table")
    dice = random.Random(path.name)
    rows = [x for x in logical(want) if x[0].strip() and x[0][:1] != b"#"]
    if any(not re.match(rb'[^\s"\\]+[ \t]+\S', x[0]) for x in rows):
        return
    for _ in range(3):
        data = vary(dice, want, "table")
        assert fmt(data, "table") == want, data.decode("utf-8", "replace")


# ---- the layout ----

SAMPLES = {
    "main": (b"""\r
# one\r
myhostname=mail.example.com\r
smtpd_recipient_restrictions =   permit_mynetworks, check_client_access
   hash:/x,
# off,
   # indented
\treject_unauth_destination
   # behind it


mynetworks   = 127.0.0.0/8
   [::1]/128
smtpd_banner = a  b
mydestination = a.example.com b.example.com c.example.com d.example.com e.example.com f.example.com
milter_macro_defaults = {  a  =
    b }  c
smtp_tls_protocols = # mess
notify_classes = a # b
debugger_command =
\t  x &
\t  sleep 5""", b"""# one
myhostname = mail.example.com
smtpd_recipient_restrictions =
    permit_mynetworks,
    check_client_access hash:/x,
# off,
    # indented
    reject_unauth_destination
    # behind it

mynetworks = 127.0.0.0/8 [::1]/128
smtpd_banner = a  b
mydestination =
    a.example.com
    b.example.com
    c.example.com
    d.example.com
    e.example.com
    f.example.com
milter_macro_defaults =
    {  a  =
    b }
    c
smtp_tls_protocols = # mess
notify_classes = a # b
debugger_command =
\t  x &
\t  sleep 5
"""),
    "master": (b"""smtp inet n - y - - smtpd -v -o a=b
  -o {  c = d   e }
127.0.0.1:10025 inet n - n - - smtpd
#  -o off=1
   # too
  -o x=y
maildrop unix - n n - - pipe flags=DRXhu user=vmail argv=/usr/bin/maildrop -o -d ${recipient}
long unix - n n - - pipe flags=DRXhu user=vmail null_sender=<> argv=/usr/local/libexec/deliver -f ${sender} -d ${recipient}
odd unix - n n - - pipe # comment
""", b"""smtp      inet  n       -       y       -       -       smtpd -v
  -o a=b
  -o {  c = d   e }
127.0.0.1:10025 inet n  -       n       -       -       smtpd
#  -o off=1
  # too
  -o x=y
maildrop  unix  -       n       n       -       -       pipe
  flags=DRXhu user=vmail argv=/usr/bin/maildrop -o -d ${recipient}
long      unix  -       n       n       -       -       pipe
  flags=DRXhu user=vmail null_sender=<>
  argv=/usr/local/libexec/deliver -f ${sender} -d ${recipient}
odd       unix  -       n       n       -       -       pipe # comment
"""),
    "table": (b"""a@example.com\tx
\xc3\xa9@example.com  y   z
  w
# between
this-is-a-very-long-key-that-pushes-nothing@example.com  q

b
    c
bad
d # e
""", b"""a@example.com  x
\xc3\xa9@example.com  y   z
  w
# between
this-is-a-very-long-key-that-pushes-nothing@example.com  q

b  c
bad
d  # e
"""),
    "aliases": (b"""root   :  me,
    you
postmaster:root
"a  b"  : "|/bin/x  y"
empty:
""", b"""root:       me,
    you
postmaster: root
"a  b":     "|/bin/x  y"
empty:
"""),
    "pcre": (b"""if   !/a  b/
/x/i   REJECT   a  b
! /longer y/
   DUNNO
endif
/no end
""", b"""if !/a  b/
/x/i          REJECT   a  b
! /longer y/  DUNNO
endif
/no end
"""),
    "cidr": (b"if 10.0.0.0/8\n10.1.0.0/16   OK\n!10.2.0.0/24 REJECT  x\nENDIF\n",
             b"if 10.0.0.0/8\n10.1.0.0/16   OK\n!10.2.0.0/24  REJECT  x\nENDIF\n"),
    "client": (b"hosts=a   b\nquery =  SELECT x\n    FROM   y\n",
               b"hosts = a   b\nquery =\n    SELECT x\n    FROM   y\n"),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_sample(kind):
    data, want = SAMPLES[kind]
    assert twice(data, kind).decode() == want.decode()


@pytest.mark.parametrize("kind", SAMPLES)
def test_empty(kind):
    assert fmt(b"", kind) == b""
    assert fmt(b"\n \n\n", kind) == b""


# ---- files ----


def test_in_place_keeps_mode_and_link(tmp_path):
    real = tmp_path / "real.cf"
    real.write_bytes(b"a=b\n")
    real.chmod(0o640)
    link = tmp_path / "main.cf"
    link.symlink_to(real)
    assert run(MCC, "fmt", link).returncode == 0
    assert link.is_symlink() and real.read_bytes() == b"a = b\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(x.name for x in tmp_path.iterdir()) == ["main.cf", "real.cf"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_in_place_keeps_owner(tmp_path):
    path = tmp_path / "main.cf"
    path.write_bytes(b"a=b\n")
    os.chown(path, 12345, 54321)
    assert run(MCC, "fmt", path).returncode == 0
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


def test_tidy_file_is_not_touched(tmp_path):
    path = tmp_path / "main.cf"
    path.write_bytes(b"a = b\n")
    before = path.stat()
    assert run(MCC, "fmt", path).returncode == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_hard_links_are_refused(tmp_path):
    path = tmp_path / "main.cf"
    path.write_bytes(b"a=b\n")
    os.link(path, tmp_path / "other")
    done = run(MCC, "fmt", path)
    assert done.returncode == 3 and b"hard links" in done.stderr
    assert path.read_bytes() == b"a=b\n"


@pytest.mark.parametrize("name,data,rule", [("main.cf", b"a=b\nmyhostname mail\n", b"MC106"),
                                            ("main.cf", b"= b\n", b"MC107"),
                                            ("main.cf", b"a = b\0c\n", b"MC114"),
                                            ("master.cf", b"smtp inet n\n", b"MC1101"),
                                            ("master.cf", b"smtp  inett n - - - - smtpd\n", b"MC1102")])
def test_refused_file_stays(tmp_path, name, data, rule):
    path = tmp_path / name
    path.write_bytes(data)
    done = run(MCC, "fmt", path)
    assert done.returncode == 1 and rule in done.stderr and b"left as it is" in done.stderr
    assert path.read_bytes() == data


def test_check_and_diff_only_tell(tmp_path):
    path = tmp_path / "main.cf"
    path.write_bytes(b"a=b\nc = d\n")
    done = run(MCC, "fmt", "--check", path)
    assert (done.returncode, done.stdout) == (1, f"{path}\n".encode())
    done = run(MCC, "fmt", "--diff", path)
    assert done.returncode == 0
    assert done.stdout == f"--- {path}\n+++ {path}\n@@ -1,2 +1,2 @@\n-a=b\n+a = b\n c = d\n".encode()
    assert run(MCC, "fmt", "--check", "--diff", path).returncode == 1
    assert path.read_bytes() == b"a=b\nc = d\n"
    path.write_bytes(b"a = b\n")
    done = run(MCC, "fmt", "--check", "--diff", path)
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.beside
@needs_corpus
@pytest.mark.skipif(not shutil.which("patch"), reason="patch is missing")
@pytest.mark.parametrize("path", corpus("main")[::9], ids=lambda p: p.stem)
def test_patch_makes_the_layout(tmp_path, path):
    want = fmt(path.read_bytes(), "main")
    copy = tmp_path / "main.cf"
    shutil.copy(path, copy)
    diff = run(MCC, "fmt", "--diff", copy).stdout
    if want is None or not diff:
        return
    done = run("patch", "--binary", "-s", "-p0", copy, data=diff)
    assert done.returncode == 0, done.stdout
    assert copy.read_bytes() == want


def test_site(tmp_path):
    (tmp_path / "main.cf").write_bytes(
        b"alias_maps=hash:/etc/postfix/names\nheader_checks = pcre:/etc/postfix/hc\n"
        b"virtual_alias_maps = hash:/etc/postfix/v, mysql:/etc/postfix/sql.cf\n"
        b"transport_maps = hash:/elsewhere/transport\n")
    (tmp_path / "names").write_bytes(b"a:b\n")
    (tmp_path / "hc").write_bytes(b"/a/  X\n/longer/ Y\n")
    (tmp_path / "v").write_bytes(b"a b\n")
    (tmp_path / "sql.cf").write_bytes(b"hosts=x\n")
    (tmp_path / "unused").write_bytes(b"a b\n")
    done = run(MCC, "-C", tmp_path, "fmt")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / "main.cf").read_bytes().startswith(b"alias_maps = hash:/etc/postfix/names\n")
    assert (tmp_path / "names").read_bytes() == b"a: b\n"
    assert (tmp_path / "hc").read_bytes() == b"/a/       X\n/longer/  Y\n"
    assert (tmp_path / "v").read_bytes() == b"a  b\n"
    assert (tmp_path / "sql.cf").read_bytes() == b"hosts = x\n"
    assert (tmp_path / "unused").read_bytes() == b"a b\n"
    # Its site tells what a file is; nothing tells it of the other one.
    (tmp_path / "v").write_bytes(b"a   b\n")
    assert run(MCC, "fmt", tmp_path / "v").returncode == 0
    assert (tmp_path / "v").read_bytes() == b"a  b\n"
    done = run(MCC, "fmt", tmp_path / "unused")
    assert done.returncode == 3 and b"--kind" in done.stderr
    done = run(MCC, "fmt", cwd=tmp_path)
    assert done.returncode == 0


@pytest.mark.parametrize("words,status", [(["-"], 2), (["--kind", "spf", "-"], 2), (["--nonsense"], 2),
                                          (["/nonexistent/main.cf"], 3), ([], 2), (["--help"], 0)])
def test_usage(tmp_path, words, status):
    assert run(MCC, "fmt", *words, cwd=tmp_path, data=b"").returncode == status
