# SPDX-License-Identifier: BSD-2-Clause
"""mcc conf against postconf: the installed one for `$` forms and defaults, and
its recorded answers for real configurations where the reference data is here.
"""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT / "../shared"))
CORPUS = REFERENCE / "corpus"
POSTCONF = shutil.which("postconf") or shutil.which("postconf", path="/usr/sbin")

needs_postconf = pytest.mark.skipif(not POSTCONF, reason="postconf is not installed")


def installed_version():
    done = subprocess.run([POSTCONF, "-h", "mail_version"], capture_output=True,
                          text=True, check=True)
    return done.stdout.strip()


def site(folder, main, master="smtp inet n - y - - smtpd\nrelay unix - - y - - smtp\n"):
    for name, text in (("main.cf", main), ("master.cf", master)):
        (folder / name).write_text(text)
        # Postfix waits while a file is younger than a second.
        os.utime(folder / name, (1600000000, 1600000000))


def host_name():
    name = os.uname().nodename
    return name if "." in name else name + ".localdomain"


def ask_mcc(folder, *args):
    done = subprocess.run(
        [MCC, "-C", folder, "--postfix", installed_version(), "--platform", "debian",
         "--hostname", host_name(), "conf", *args],
        capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def ask_postconf(folder, *args):
    done = subprocess.run([POSTCONF, "-c", folder, *args], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout


# The value of mail_name, which nothing else refers to.
FORMS = [
    "plain", "$mail_owner", "${mail_owner}", "$(mail_owner)", "$$x", "a$$$mail_owner",
    "$mail_owner.x $mail_owner-x $mail_owner_x", "$(mail_owner?yes)",
    "[${mail_owner?a}][${mail_owner:b}][${one?c}][${one:d}]",
    "[${mail_owner?{a}:{b}}][${one?{a}:{b}}][${mail_owner?{a}:b}]",
    "[${ mail_owner ? { a b } : { c } }]", "[${mail_owner?x:y}][${mail_owner? x}]",
    "[${mail_owner?}][${mail_owner:}][${mail_owner?{}}]",
    "[${empty?a}][${empty:b}][${hides?a}][${hides:b}]",
    "[${{x} == {x}}][${{x} != {x}}][${{} == {}}]",
    "[${{ x } == {x} ? {a} : {b}}][${{x} == {x}? y }]",
    "[${{10} > {9}}][${{ 10 } > { 9 }}][${{-3} < {2}}][${{1x} < {2}}]",
    "[${{3.10} < {3.9}}][${{3.10} <level {3.9}}][${{3.10} >=level {3}}]",
    "[${{007} == {7}}][${{b} >= {a}}][${{b} <= {a}}]",
    "${{$mail_owner} == {postfix} ? {${one?{x}:{$mail_owner}}} : {no}}",
    "a}b{c)d", "$1a x", "${one?$two}", "${", "${mail_owner", "$", "$-a", "a$", "${}",
    "${a b}", "${mail_owner?{a}b}", "${{a} == {a} ? {x} y}", "${{a} = {a}}",
    "${{3.x} <level {3.9}}", "$mail_name", "${mail_owner?$mail_name}",
    "$loop", "${mail_owner?{" * 100 + "a" + "}}" * 100,
    "${mail_owner?{" * 101 + "a" + "}}" * 101,
]


@needs_postconf
@pytest.mark.parametrize("form", FORMS, ids=lambda f: f[:40])
def test_expansion(form, tmp_path):
    site(tmp_path, f"empty =\nhides = $empty\nloop = x$pool\npool = $loop\n"
                   f"mail_name = {form}\n")
    want_rc, want = ask_postconf(tmp_path, "-x", "mail_name")
    rc, got = ask_mcc(tmp_path, "-x", "mail_name")
    assert bool(rc) == bool(want_rc)
    if not want_rc:
        assert got == want


@needs_postconf
@pytest.mark.parametrize("length", [98, 99, 100, 101])
def test_nesting(length, tmp_path):
    chain = "".join(f"c{i} = $c{i - 1}\n" for i in range(1, length + 1))
    site(tmp_path, f"c0 = x\n{chain}mail_name = $c{length}\n")
    want_rc, want = ask_postconf(tmp_path, "-x", "mail_name")
    rc, got = ask_mcc(tmp_path, "-x", "mail_name")
    assert bool(rc) == bool(want_rc)
    if not want_rc:
        assert got == want


@needs_postconf
@pytest.mark.parametrize("level", ["", "0", "1", "2", "3.6", "3.10"])
def test_defaults(level, tmp_path):
    """Every default, as it stands and expanded at a compatibility level."""
    site(tmp_path, f"compatibility_level = {level}\n" if level else "")
    # Ids of processes and the time of the build are nobody's configuration.
    skip = re.compile(r"^(process_id|process_name|debugger_command|mail_release_date)\b")

    def lines(answer):
        # Two ways to write the same condition.
        text = re.sub(r"\$\{(\w+)\?\{\$\1\}:\{(\$?\w+)\}\}", r"${\1:\2}", answer[1])
        return [x for x in text.split("\n") if not skip.match(x)]

    for flags in (["-d"], ["-x"], []):
        want, got = lines(ask_postconf(tmp_path, *flags)), lines(ask_mcc(tmp_path, *flags))
        only_want = [x for x in want if x not in got]
        only_got = [x for x in got if x not in want]
        assert (only_want, only_got) == ([], []), flags
        assert got == want


def recorded():
    if not (CORPUS / "oracle").is_dir():
        return []
    return sorted(p.name[:-3] for p in (CORPUS / "main").glob("*.cf")
                  if (CORPUS / "oracle" / (p.name[:-3] + ".rc")).exists())


@pytest.mark.beside
@pytest.mark.skipif(not recorded(), reason="no reference data beside the repository")
@pytest.mark.parametrize("name", recorded())
def test_recorded(name, tmp_path):
    status = (CORPUS / "oracle" / (name + ".rc")).read_text()
    own = CORPUS / "sites" / name.split("-", 1)[1] / "master.cf"
    master = own if "master=own" in status else CORPUS / "stock-master.cf"
    if not master.exists():
        pytest.skip("its master.cf is not among the data")
    shutil.copy(CORPUS / "main" / (name + ".cf"), tmp_path / "main.cf")
    shutil.copy(master, tmp_path / "master.cf")
    for flag, ext in (("-n", "n"), ("-nx", "nx")):
        done = subprocess.run(
            [MCC, "-C", tmp_path, "--postfix", "3.7", "--platform", "debian", "--hostname",
             "vm.localdomain", "conf", flag], capture_output=True, timeout=60, check=False)
        if f"{ext}=0" not in status.split():
            assert done.returncode != 0
            continue
        want = (CORPUS / "oracle" / f"{name}.{ext}").read_text(errors="replace")
        got = done.stdout.decode(errors="replace").replace(str(tmp_path), "@DIR@")
        # mynetworks depends on the machine, debugger_command on the process.
        drop = re.compile(r"^debugger_command|192\.0\.2\.")
        pairs = [(w, g) for w, g in zip(want.split("\n"), got.split("\n"))
                 if not drop.search(w)]
        assert [g for _, g in pairs] == [w for w, _ in pairs]
        assert want.count("\n") == got.count("\n")
