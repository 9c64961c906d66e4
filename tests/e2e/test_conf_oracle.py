# SPDX-License-Identifier: BSD-2-Clause
"""mcc conf beside the installed postconf: random configurations from a fixed
seed, what such runs have found before, options that exclude each other, and
the places that --origin tells."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import configs
import forks
import random_cases
from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT / "../shared"))
SEED, CASES, SECONDS = 20, 500, 45


needs_postconf = pytest.mark.skipif(not configs.POSTCONF, reason="postconf is not installed")


@pytest.mark.beside
@needs_postconf
def test_random_configurations():
    random_cases.ask("configs.py", CASES, SEED, SECONDS, MCC)


def test_a_case_is_made_of_its_seed_alone():
    """So a number from a report is the same case again, whatever the jobs."""
    show = ("import configs, json\n"
            "for i in range(20): print(json.dumps(vars(configs.Case.random(f'7:{i}'))))")
    said = {subprocess.run([sys.executable, "-c", show], cwd=ROOT / "tests/oracle", capture_output=True,
                           check=True, env=dict(os.environ, PYTHONHASHSEED=seed)).stdout for seed in "123"}
    assert len(said) == 1 and len(said.pop()) > 10000


@needs_postconf
def test_runs_of_copies_say_what_runs_say(tmp_path):
    (tmp_path / "main.cf").write_text("mail_name = ${x\nmyhostname = a.b\n")
    os.utime(tmp_path / "main.cf", (1600000000, 1600000000))
    words = [[MCC, "-C", tmp_path, "--root", "/", "conf", "-nx"], [configs.POSTCONF, "-c", tmp_path, "-nx"],
             [configs.POSTCONF, "-c", "/no/such"], [MCC, "-C", "/no/such", "conf"]]
    for command in ([str(w) for w in command] for command in words):
        plain = forks.Program(command[0]).run(command[1:])
        with forks.Built():
            copies = forks.Program(command[0])
            for _ in range(2):
                assert copies.run(command[1:]) == plain
            copies.end()


SMTP = "smtp inet n - y - - smtpd"

# main.cf, master.cf, how it is asked: one row for each kind of difference
# that there ever was.
FOUND = {
    "faults count where they are reached":
        ("mail_name = [${no?$}][${no?{$-}}]\nmydestination = ${mail_name:${}}\n", "", "-nx"),
    "a fault behind an alternative": ("mail_name = ${mail_owner?{b}c}\n", "", "-n"),
    "references before a fault": ("a = ${x?{$y}z}\nb = ${{$z} == {} w}\n", "", "-n"),
    "each bracket is counted alone": ("mail_name = [${no?$(b}c)][$(no?${b)c}]\n", "", "-nx"),
    "never closed": ("a = ${?{{}},\nb = ${x\n", "", "-n"),
    "empty names": ("mail_name = [${ }][${ :a}][${?a}][${:b}]\n", "", "-nx"),
    "no functions before 3.11": ("mail_name = ${a{}}\n", "", "-n"),
    "own names are not expanded early": ("loop = x$pool\npool = $loop\na = $\n", "", "-n"),
    "what is kept for run time, in others":
        ("luser_relay = $mail_name\nmail_name = x$mail_owner\nrelayhost = $luser_relay\n", "", "-nx"),
    "a fault in it": ("luser_relay = $\nrelayhost = $luser_relay\n", "", "-n"),
    "computed defaults in conditions":
        ("a_mydomain = ${mydomain:none}${mydomain?some}\nmail_name = $a_mydomain\n", "", "-nx"),
    "mynetworks ends in a blank": ("mail_name = ${mynetworks}x\n", "", "-nx"),
    "levels as numbers of the C library":
        ("mail_name = ${{ +1} <level {1.1023}}${{1. 2} <level {99999999999}}\n", "", "-nx"),
    "a level that is none": ("mail_name = ${{1.1024} <level {2}}\n", "", "-n"),
    "what is computed from a broken value": ("compatibility_level = x\n", "", "-n"),
    "mynetworks from words that mean nothing": ("inet_protocols = no\n", "", "-FH"),
    "a style that is none": ("mynetworks_style =\n", "", "-n"),
    "words that are not looked at": ("mynetworks_style = Host\nmynetworks =\ninet_protocols = x\n", "", "-n"),
    "dollar signs that mydomain hands on to myhostname": ("mydomain = $$Foo\n", "", "-n"),
    "myhostname knows no defaults": ("myhostname = mail.$mail_name\n", "", "-x mydomain"),
    "old names that are not set": ("", "", "-h lmtp_per_record_deadline postscreen_dnsbl_ttl"),
    "old names that are": ("lmtp_per_record_deadline = yes\nvirtual_maps =\n", "", "-n"),
    "read-only names":
        ("process_name = x\nservice_name = y\n",
         SMTP + " -o process_id=3 -o a=$process_name.$service_name\n", "-Px"),
    "config_directory": ("config_directory = /x\nmail_name = $config_directory\n", "", "-nx"),
    "classes": ("smtpd_restriction_classes = a, b $mail_name #c\na = 1\nb = 2\nc = 3\n", "", "-n"),
    "classes of a service": ("", SMTP + " -o smtpd_restriction_classes=$service_name,c -o c=1 -o d=2\n",
                             "-P"),
    "tables make names":
        ("mail_name = ldap:t, proxy:mysql:m {sqlite:s} static:{pgsql:p}\nt_timeout = 1\n"
         "m_query = 2\ns_query = 3\np_hosts = 4\nt_nonsense = 5\n", SMTP + " -o t_bind=no\n", "-n"),
    "tables of databases": ("relay_domains = ldap:/no/such mysql:/ proxy:pgsql:/no\n", "", "-n"),
    "services make names":
        ("x_time_limit = 1\n", "x unix - n n - - spawn\nx inet n n n - - lmtp\n"
                               "y unix - n n - - /usr/lib/postfix/sbin/smtp\n", "-C service"),
    "braces in every column": ("", "a{b unix - - n - - smtp} x y z\n", "-M"),
    "columns without numbers": ("", "a unix - - n ? 99999999999 smtp\nb unix - - n -? - smtp\n", "-F"),
    "options in one word": ("", SMTP + " -vo a=b -Do{ c = d e } -ox=y -o{z=w v}\n", "-P"),
    "options in braces": ("", SMTP + " {-oy} -o a=b {-v} { x }\n", "-M"),
    "only -o takes an argument": ("", SMTP + " -n x -o a=b\n", "-P"),
    "what follows braces": ("", SMTP + " -o {a=b}c {d e}f {g\n", "-Mf"),
    "services of one name":
        ("", SMTP + "\n" + SMTP + " -o a=b -o c=d\n" + SMTP + " -o a=x\n", "-P"),
    "unused names in them": ("", SMTP + " -o a=b\n" + SMTP + " -o c=$a\n", "-M"),
    "unknown types": ("", "smtp tcp n - y - - smtpd\n", "-n"),
    "long lines": ("mydestination = " + "example.com, " * 30 + "\n",
                   SMTP + "".join(f" -o long_name_{i}=value" for i in range(9)) + " x y z\n", "-nf"),
    "long options": ("", SMTP + " -v" * 10 + "".join(f" -o long_name_{i}={'v' * 30 * i}" for i in range(4)) +
                     " argument" * 9 + "\n", "-Mf"),
    "long fields": ("", "a" * 60 + " inet n - y - - " + "x" * 40 + " -o a=b\n", "-Ff"),
    "a brace that a parenthesis cuts off": ("command_directory=${?$(?{)}\n", "", "-x"),
    "a parenthesis that a brace cuts off": ("mail_name=$(a?${b?$(c})\n", "", "-x"),
    "an operand that a parenthesis cuts off": ("mail_name=${a?{$(b{)}}\n", "", "-x"),
    "an alternative that a parenthesis cuts off": ("mail_name=$(:{{)\n", "", "-Px"),
    "names in what is cut off": ("a=$(:{${_})\nb=$(stress?{${c})\nd=$(e:{$f}x{$g})\n", "", "-n -C user"),
    "a comparison that is cut off": ("a=$({$b}<{$c)\nd=$({$e)\n", "", "-n -C user"),
    "alternatives of one that are": ("a=$({$b}=={}?{$c)\n", "", "-n -C user"),
    "settings of the command line": ("a = 1\n", "", "-nx|-o|mail_name = $a |-o|a=$mail_owner"),
    "a setting without a name": ("", "", "-n|-o|=x"),
    "a setting without a value": ("", "", "-n|-o|x"),
    "patterns": ("", SMTP + " -o a=b\nrelay unix - - n - - smtp -o a=c -o d=e\n",
                 "-P */unix smtp relay/*/d nosuch smtp/inet/x"),
    "no such field": ("", SMTP + "\n", "-F smtp/inet/nosuch"),
    "patterns that are none": ("", SMTP + "\n", "-M /smtp"),
    "line ends and bytes": ("a = b\r\nc = $a \r\n\td\0e\nmail_name = $c\n", "", "-nx"),
    "a name that ends at a NUL": ("a\0 = b\n", "", "-n"),
    "a service whose name is a group": ("", "{ }\tpass\ty\tn\ty\t\n    0\t1\t\n local\n", ""),
    "parameters of such a service": ("", "{ a  b } unix - - - - - lmtp\n", "-x"),
    "a service that ends at a NUL before it began": ("", "\0smtp inet n - y - - smtpd\n", "-M"),
    "indented start": ("  x = y\n z\nmail_name = a\n", "", "-n"),
}


@pytest.mark.beside
@needs_postconf
@pytest.mark.parametrize("name", FOUND)
def test_found_before(name, tmp_path):
    main, master, way = FOUND[name]
    configs.Case(main, master, []).save(tmp_path)
    assert configs.Judge(MCC).differs(str(tmp_path), way.split("|" if "|" in way else None)) is None


REFUSED = ["-nd", "-Mn", "-Md", "-MP", "-MF", "-FP", "-hH", "-dox", "-d -o a=b", "-Mh", "-MH", "-Mx -o a=b",
           "-Pn", "-PC all", "-Cuser -x", "-C user -n", "-C nonsense", "-C BuiltIn", "-m -n", "-m -x", "-mf",
           "-pM", "-pn", "-pC service", "-nf", "-Ff", "-FhH", "-Pd", "-F -o a=b", "-n a=b", "-Cuser -h", "-Z",
           "-o", "-Cuser -f", "-M a=b"]


@pytest.mark.beside
@needs_postconf
@pytest.mark.parametrize("way", REFUSED)
def test_options(way, tmp_path):
    configs.Case("mail_name = x\n", SMTP + "\n", []).save(tmp_path)
    before = (tmp_path / "main.cf").read_bytes(), (tmp_path / "master.cf").read_bytes()
    real, mine = configs.Judge(MCC).ask(str(tmp_path), way.split())
    if "a=b" in way.split() and "-o" not in way:
        assert mine[0] == 2  # postconf would change the file
    else:
        assert (real[0] != 0) == (mine[0] != 0)
        assert real[0] != 0 or configs.comparable(real[1]) == configs.comparable(mine[1])
    assert ((tmp_path / "main.cf").read_bytes(), (tmp_path / "master.cf").read_bytes())[1] == before[1]


def ask(folder, *args):
    done = subprocess.run([MCC, "-C", folder, "--postfix", "3.7", "--platform", "debian", "--hostname",
                           "mail.example.com", "conf", *args], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


@needs_postconf
def test_map_types():
    if not Path("/etc/postfix/dynamicmaps.cf").exists():
        pytest.skip("no dynamicmaps.cf")
    done = subprocess.run([configs.POSTCONF, "-m"], capture_output=True, text=True, check=True)
    version = configs.Judge(MCC).version
    mine = subprocess.run([MCC, "-C", "/etc/postfix", "--postfix", version, "--platform", "debian", "conf",
                           "-m"], capture_output=True, text=True, check=True)
    assert mine.stdout == done.stdout


def test_map_types_follow_release_and_platform(tmp_path):
    (tmp_path / "main.cf").write_text("")

    def types(*options):
        done = subprocess.run([MCC, "-C", tmp_path, *options, "conf", "-m"], capture_output=True, text=True,
                              check=True)
        return done.stdout.split()

    assert "inline" not in types("--postfix", "2.11") and "inline" in types("--postfix", "3.0")
    assert "hash" not in types("--platform", "rhel10") and "lmdb" in types("--platform", "rhel10")
    assert "ldap" in types("--platform", "debian")
    (tmp_path / "dynamicmaps.cf").write_text("# x\npcre\tpostfix-pcre.so dict_pcre_open\n")
    found = types("--platform", "debian")
    assert "pcre" in found and "ldap" not in found and found == sorted(found)


def test_origin(tmp_path):
    configs.Case("# x\nmydomain =\n  example.com\na = $mydomain\nmydestination = $a\n",
                 SMTP + "\n -o a=b\n -o { c = $a }\n", []).save(tmp_path)
    assert ask(tmp_path, "--origin", "-n", "-o", "b=$a", "-o", "mail_name=$b")[1] == (
        "main.cf:4: a = $mydomain\n"
        "-o: b = $a\n"
        f"-C: config_directory = {tmp_path}\n"
        "-o: mail_name = $b\n"
        "main.cf:5: mydestination = $a\n"
        "main.cf:2: mydomain = example.com\n")
    assert ask(tmp_path, "--origin", "relayhost", "daemon_directory", "myhostname")[1] == (
        "default: relayhost =\n"
        "default of debian: daemon_directory = /usr/lib/postfix/sbin\n"
        "computed default: myhostname = mail.example.com\n")
    assert ask(tmp_path, "--origin", "-Px")[1] == ("master.cf:2: smtp/inet/a = b\n"
                                                  "master.cf:3: smtp/inet/c = b\n")
    assert ask(tmp_path, "--origin", "-M")[1].startswith("master.cf:1: smtp       inet")
    assert ask(tmp_path, "--origin", "-F", "smtp/*/wakeup")[1] == "master.cf:1: smtp/inet/wakeup = -\n"


def test_warnings_have_places(tmp_path):
    """Inside the right physical line, in expansions and in other files."""
    configs.Case("a = 1,\n# c\n  $none,\n\n  ${no?x}\nmydestination = $a\na = 2\n"
                 "relay_domains = x,\n  $mydestination ldap:$config_directory/l.cf\n",
                 SMTP + "\n  -o b=$nix\n  -o { unused = 1 }\n", []).save(tmp_path)
    (tmp_path / "l.cf").write_text("server_host = x\nbad = 1\n")
    status, _, said = ask(tmp_path, "-n")
    assert status == 0
    places = sorted(re.findall(r"^(\S+:\d+:\d+): warning: (.*?) \[", said, re.M))
    assert places == sorted([
        ("main.cf:7:1", "overriding earlier entry: a=1,  $none,  ${no?x}"),
        ("master.cf:2:6", "unused parameter: b=$nix"), ("master.cf:2:9", "undefined parameter: nix"),
        ("master.cf:3:8", "unused parameter: unused=1"),
        (f"{tmp_path}/l.cf:2:1", "unused parameter: bad=1")])


def test_places_of_checks(tmp_path):
    """Within a continuation line, behind `$name`s, in a file that a list names."""
    configs.Case("mynetworks = 127.0.0.0/8,\n# comment\n   $inner,\n\n  192.168.1.1/24,\n"
                 " /etc/postfix/nets, !$files\ninner = 10.0.0.0/8,\n   $deep\ndeep = 172.16.0.1/12\n"
                 "files =\n\t/etc/postfix/more\nmessage_size_limit = $size\nsize =\n# x\n  12k\n",
                 SMTP + "\n  -o { mynetworks = 127.0.0.0/8\n# c\n    ,10.1.0.0/8 }\n", []).save(tmp_path)
    (tmp_path / "nets").write_text("# c\n10.0.0.0/8 # 10.0.0.1/8\n10.0.0.9/8\n\n1.2.3.4/33 \n")
    (tmp_path / "more").write_text("2001:db8::1 [::]/0,\n  # c\n\t1.1.1.1/16")
    done = subprocess.run([MCC, "-C", tmp_path, "check", "--format", "gcc"], capture_output=True, text=True,
                          timeout=60, check=False)
    found, chain = [], []
    for line in done.stdout.splitlines():
        place, _, message = line.split(": ", 2)
        if "expanded from here" in message:
            chain.append(place)
            continue
        chain = []
        if re.search(r"\[(MC313|MC314|MC315|MC633|MC302) ", line):
            found.append((place, line.rsplit("[", 1)[1][:5], chain))
    files = ["main.cf:11:2", "main.cf:6:23"]
    assert sorted(found) == sorted([
        ("main.cf:5:3", "MC313", []),
        ("main.cf:9:8", "MC313", ["main.cf:8:5", "main.cf:3:5"]),
        ("main.cf:15:3", "MC302", ["main.cf:12:23"]),
        ("nets:3:1", "MC313", ["main.cf:6:2"]), ("nets:5:1", "MC314", ["main.cf:6:2"]),
        ("more:1:1", "MC315", files), ("more:1:13", "MC633", files), ("more:3:2", "MC313", files)])


@pytest.mark.beside
@pytest.mark.parametrize("line", ["2.10", "3.11"])
def test_recorded_of_other_releases(line):
    script = REFERENCE / "check/parse_oracle.py"
    if not (REFERENCE / "corpus" / f"oracle-{line}").is_dir() or not script.exists():
        pytest.skip("no reference data beside the repository")
    done = subprocess.run([sys.executable, script, MCC, REFERENCE / "corpus", "--postfix", line],
                          capture_output=True, text=True, timeout=600, check=False)
    said, of = map(int, re.search(r"warnings said: (\d+) of (\d+)", done.stdout).groups())
    assert done.returncode == 0 and said == of, done.stdout[-2000:]


def test_help_and_usage(tmp_path):
    (tmp_path / "main.cf").write_text("")
    status, out, _ = ask(tmp_path, "--help")
    assert status == 0 and "--origin" in out and "-F" in out
    status, _, said = ask(tmp_path, "-n", "-d")
    assert status == 2 and "exclude" in said


@pytest.mark.parametrize("option, why", [("-e", "edits files"), ("-X", "edits files"), ("-#", "edits files"),
                                         ("-a", "postconf"), ("-l", "postconf"), ("-b", "postconf"),
                                         ("-Z", "unknown option")])
def test_options_that_are_not_offered(tmp_path, option, why):
    (tmp_path / "main.cf").write_text("")
    status, out, said = ask(tmp_path, option)
    assert status == 2 and out == "" and why in said.splitlines()[0]
