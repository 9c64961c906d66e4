# SPDX-License-Identifier: BSD-2-Clause
"""mcc trace with what is broken: each table that cannot be read has its step
with its place and the message waits; loops end; no input is too odd."""
import json
import os
import subprocess
from pathlib import Path

import pytest
from programs import MCC

MAIN = ["compatibility_level = 3.6", "myhostname = mail.example.com", "mydestination = example.com", "myorigin = example.com",
        "alias_maps = hash:/etc/postfix/aliases", "local_recipient_maps =", "smtpd_relay_restrictions = reject_unauth_destination"]


@pytest.fixture
def site(tmp_path):
    (tmp_path / "aliases").write_text("root: alice\n")
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\nlocal unix - n n - - local\nsmtp unix - - y - - smtp\n")
    return tmp_path


def write(site, *lines):
    given = {line.split(" = ")[0] for line in lines}
    (site / "main.cf").write_text("\n".join([line for line in MAIN if line.split(" = ")[0] not in given] + list(lines)) + "\n")


def run(site, *words, **more):
    return subprocess.run([MCC, "-C", site, "--postfix", "3.7", "--hostname", "mail.example.com", "trace", *words],
                          capture_output=True, timeout=120, check=False, **more)


def trace(site, *words):
    done = run(site, "--format=json", *words)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return json.loads(done.stdout)


def line_of(site, name):
    return next(n for n, text in enumerate((site / "main.cf").read_text().splitlines(), 1) if text.startswith(name))


# ---- tables ----

def missing(_path):
    pass


def folder(path):
    path.mkdir()


def truncated(path):
    path.write_text("bob OK\n")
    subprocess.run([MCC, "map", f"hash:{path}"], check=True, capture_output=True)
    path.unlink()
    data = Path(f"{path}.db").read_bytes()
    Path(f"{path}.db").write_bytes(data[:len(data) // 2 - 7])


def wrong_magic(path):
    truncated(path)
    Path(f"{path}.db").write_bytes(b"\0" * 8192)


def empty(path):
    Path(f"{path}.db").write_bytes(b"")


def unreadable(path):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    path.write_text("bob OK\n")
    path.chmod(0)


BROKEN = [missing, folder, truncated, wrong_magic, empty, unreadable]


@pytest.mark.parametrize("breaks", BROKEN)
@pytest.mark.parametrize("name, value", [("smtpd_recipient_restrictions", "check_recipient_access {}"), ("virtual_alias_maps", "{}"),
                                         ("transport_maps", "{}"), ("canonical_maps", "{}"), ("alias_maps", "{}")])
def test_a_table_that_cannot_be_read(site, breaks, name, value):
    write(site, f"{name} = " + value.format("hash:/etc/postfix/table"))
    breaks(site / "table")
    got = trace(site, "bob@example.com")
    steps = [s for s in got["steps"] if s.get("table") == "hash:/etc/postfix/table"]
    assert steps and all(s["result"] == "error" for s in steps)
    assert {(s["file"], s["line"]) for s in steps} == {("main.cf", line_of(site, name))}
    if name == "smtpd_recipient_restrictions":
        assert got["verdict"] == "defer" and got["replies"]["rcpt"]["code"] == 451
    elif name in ("virtual_alias_maps", "canonical_maps"):
        assert got["route"]["error"] == "queue file write error" and got["route"]["final"] == []
    else:
        assert [u["dsn"] for u in got["route"]["undelivered"]] == ["4.3.0"]


def test_a_table_of_another_host(site):
    """environ: and the like are not on the disk of the trace."""
    write(site, "virtual_alias_maps = environ:")
    assert run(site, "--format=json", "bob@example.com").returncode in (0, 1)


def test_a_database_without_its_text(site):
    write(site, "virtual_alias_maps = hash:/etc/postfix/table")
    (site / "table").write_text("bob@example.com carol@far.example\n")
    subprocess.run([MCC, "map", f"hash:{site}/table"], check=True, capture_output=True)
    (site / "table").unlink()
    got = trace(site, "bob@example.com")
    assert got["route"]["final"] == ["carol@far.example"]
    assert next(s for s in got["steps"] if s.get("result") == "carol@far.example").get("row") is None


@pytest.mark.parametrize("kind, text", [("regexp", "/(/ x\n/bob/ carol@far.example\n"), ("pcre", "/(?P<x/ x\n/bob/ carol@far.example\n"),
                                        ("regexp", "/bob/q carol@far.example\nif /x\n"), ("pcre", "/a{99999}/ x\n/bob/ carol@far.example\n"),
                                        ("cidr", "999.1.1.1 x\nbob carol\n")])
def test_patterns_with_mistakes(site, kind, text):
    """A wrong row is as if it were not there."""
    write(site, f"virtual_alias_maps = {kind}:/etc/postfix/table")
    (site / "table").write_text(text)
    want = ["carol@far.example"] if "\n/bob/ " in text else ["bob@example.com"]
    assert trace(site, "bob@example.com")["route"]["final"] == want


# ---- loops ----

@pytest.mark.parametrize("lines, files, error", [
    (["virtual_alias_maps = inline:{{a@example.com = b@example.com}, {b@example.com = a@example.com}}"], {}, "Alias expansion error"),
    ([], {"aliases": "a: b\nb: c, d\nc: a\n"}, "5.4.6"),
    ([], {"aliases": "a: :include:/etc/postfix/one\n", "one": ":include:/etc/postfix/two\n", "two": "a, :include:/etc/postfix/one\n"}, "5.4.6"),
    (["canonical_maps = regexp:/etc/postfix/canon"], {"canon": "/^(.*)@example.com/ x$1@example.com\n"}, None),
    (["virtual_alias_maps = regexp:/etc/postfix/canon"], {"canon": "/^(.*)@/ $1$1@example.com\n"}, "Alias expansion error"),
    (["luser_relay = a@far.example", "virtual_alias_maps = inline:{{@far.example = a@example.com}}"], {}, "5.4.6")])
def test_loops_of_addresses(site, lines, files, error):
    write(site, *lines)
    for name, text in files.items():
        (site / name).write_text(text)
    route = trace(site, "a@example.com")["route"]
    assert (route.get("error") or next(iter(u["dsn"] for u in route.get("undelivered", ())), None)) == error


@pytest.mark.parametrize("lines, files, name, what, text", [
    (["virtual_alias_maps = inline:{{a@example.com = b@example.com}, {b@example.com = a@example.com}}"], {}, "virtual_alias_maps",
     "virtual_alias_maps", "refused: virtual_alias_recursion_limit is 1000"),
    (["virtual_alias_expansion_limit = 1", "virtual_alias_maps = inline:{{a@example.com = b@far.example c@far.example}}"], {},
     "virtual_alias_maps", "virtual_alias_maps", "refused: virtual_alias_expansion_limit is 1"),
    ([], {"aliases": "a: b\nb: c, d\nc: a\n"}, "alias_maps", "undeliverable", "recipient nesting limit exceeded"),
    ([], {"aliases": "a: :include:relative\n"}, "alias_maps", "undeliverable", "mail system configuration error"),
    (["local_transport = nosuch:x"], {}, "local_transport", "undeliverable", "mail transport unavailable: no service nosuch in master.cf"),
    (["mailbox_transport = nosuch"], {}, "mailbox_transport", "undeliverable", "unknown mail transport error: no service nosuch in master.cf"),
    (["transport_maps = inline:{{example.com = nosuch:}}"], {}, "transport_maps", "undeliverable",
     "mail transport unavailable: no service nosuch in master.cf"),
    (["transport_maps = inline:{{example.com = error:gone}}"], {}, "transport_maps", "undeliverable", "gone")])
def test_the_step_that_fails_has_its_place(site, lines, files, name, what, text):
    write(site, *lines)
    for file, content in files.items():
        (site / file).write_text(content)
    got = trace(site, "a@example.com")
    step = next(s for s in got["steps"] if s["result"] == text)
    assert (step["what"], step["stage"], step["file"], step["line"]) == (what, "delivery", "main.cf", line_of(site, name))
    for lost in got["route"].get("undelivered", []):
        assert (lost["file"], lost["line"]) == ("main.cf", line_of(site, name))


def test_a_service_that_leaves_mappings_out(site):
    """smtpd(8) tells cleanup(8), whose tables they are."""
    write(site, "virtual_alias_maps = inline:{{bob@example.com = carol@far.example}}")
    (site / "master.cf").write_text("smtp inet n - y - - smtpd\n127.0.0.1:10025 inet n - y - - smtpd\n"
                                    "  -o receive_override_options=no_address_mappings\nlocal unix - n n - - local\nsmtp unix - - y - - smtp\n")
    assert trace(site, "bob@example.com")["route"]["final"] == ["carol@far.example"]
    assert trace(site, "--service", "127.0.0.1:10025/inet", "bob@example.com")["route"]["final"] == ["bob@example.com"]


def test_a_loop_of_classes(site):
    write(site, "smtpd_restriction_classes = one, two", "one = two", "two = warn_if_reject one, one", "smtpd_recipient_restrictions = one, permit")
    assert trace(site, "bob@example.com")["verdict"] in ("permit", "defer")


@pytest.mark.parametrize("address", ["a" * 10000 + "@example.com", "a@" + "b." * 5000 + "example", "@a:" * 3000 + "b@example.com",
                                     '"' + "\\x" * 5000 + '"@example.com', "a+" + "b+" * 5000 + "@example.com", "%" * 10000, "!" * 10000, "(" * 10000])
@pytest.mark.parametrize("lines", [[], ["recipient_delimiter = +", "virtual_alias_maps = regexp:/etc/postfix/re", "canonical_maps = pcre:/etc/postfix/re"]])
def test_addresses_of_ten_thousand_bytes(site, address, lines):
    write(site, *lines)
    (site / "re").write_text("/^(a+)+$/ x\n/(.*)@never/ $1$1$1@x\n")
    got = trace(site, "--from", address, address)
    assert got["replies"] and got["verdict"] in ("permit", "reject", "defer")


# ---- files that the command line names ----

@pytest.mark.parametrize("line", ["name", "name A", "name BAD 1", "name A x", "a A 192.0.2.999", "a MX", "\x00", "a A 1.2.3.4 5", "x" * 100000])
def test_a_wrong_line_of_answers(site, tmp_path, line):
    """Each names its line, or says what it means."""
    write(site)
    (tmp_path / "answers").write_text(f"good.example A 192.0.2.1\n{line}\n")
    done = run(site, "--format=json", "--answers", tmp_path / "answers", "bob@example.com")
    assert done.returncode in (0, 3) and (done.returncode == 0 or b"answers:2" in done.stderr)


GOOD = '{"client": "203.0.113.9", "rcpt": "bob@example.com"}'


@pytest.mark.parametrize("line", ["x", "{", '{"rcpt"', '{"client": "203.0.113.9", "rcpt": "bob', "[]", "null", '"text"', '{"client": 5, "rcpt": "a"}',
                                  '{"odd": 1}', '{"client": "nowhere", "rcpt": "a"}', '{"client": "203.0.113.9"}', "{" * 10000, "\xff\xfe", GOOD[:-1], GOOD + "x",
                                  '{"client": "203.0.113.9", "rcpt": "a", "size": -1}', '{"client": "203.0.113.9", "rcpt": "\\ud800"}'])
def test_a_wrong_line_of_a_script_is_named(site, line):
    write(site)
    done = run(site, "--script", "-", input=f"{GOOD}\n{line}\n{GOOD}\n".encode("latin-1"))
    assert done.returncode == 2 and b"-:2: " in done.stderr or done.returncode == 3, done
    assert len(done.stdout.splitlines()) == 1


def test_a_line_of_a_script_of_ten_megabytes(site):
    write(site)
    long = json.dumps({"client": "203.0.113.9", "rcpt": "a" * 10_000_000 + "@example.com"})
    done = run(site, "--no-steps", "--script", "-", input=f"{long}\n{GOOD}\n".encode())
    assert done.returncode in (0, 3) and b"Sanitizer" not in done.stderr


@pytest.mark.parametrize("tail", [b"", b"\0", b'{"client": "203.0.113.9"'])
def test_a_script_that_stops_in_a_line(site, tail):
    write(site)
    done = run(site, "--script", "-", input=GOOD.encode() + b"\n" + tail)
    assert len(done.stdout.splitlines()) == 1 and done.returncode in (0, 2, 3)
