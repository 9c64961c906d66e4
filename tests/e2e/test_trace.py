# SPDX-License-Identifier: BSD-2-Clause
"""mcc trace: output forms, what decided, facts from options and files, bad input."""
import json
import os
import shutil
import subprocess

import pytest

import dns_servers
from programs import MCC


MAIN_CF = """compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com, mail.example.com
mynetworks = 127.0.0.0/8, 192.168.1.0/24
alias_maps = hash:/etc/postfix/aliases
local_recipient_maps = hash:/etc/postfix/users, $alias_maps
virtual_alias_domains = va.example
virtual_alias_maps = hash:/etc/postfix/virtual
recipient_delimiter = +
smtpd_sasl_auth_enable = yes
smtpd_sender_restrictions =
    check_sender_access hash:/etc/postfix/senders,
    reject_unknown_sender_domain
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
"""
FILES = {
    "main.cf": MAIN_CF,
    "master.cf": "smtp inet n - y - - smtpd\nlocal unix - n n - - local\nsmtp unix - - y - - smtp\n",
    "aliases": "team: alice, bob, \"|/bin/vacation x\"\nlist: :include:/etc/postfix/members\n",
    "members": "# who\nalice\nx@far.example\n",
    "users": "alice x\nbob x\n",
    "virtual": "info@va.example team\nloop@va.example loop2@va.example\nloop2@va.example loop@va.example\n",
    "senders": "bad.example REJECT no thanks\nheld.example HOLD\n",
}


@pytest.fixture
def site(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(site, *words):
    return subprocess.run([MCC, "-C", site, "--postfix", "3.7", "--hostname", "mail.example.com",
                           "trace", *words], capture_output=True, timeout=60, check=False)


def trace(site, *words):
    done = run(site, "--format", "json", *words)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


STRANGER = ("--client", "203.0.113.9", "--client-name", "mx.far.example", "--helo", "mx.far.example")


def test_a_refusal_names_its_line(site):
    got = trace(site, *STRANGER, "--from", "a@b.example", "victim@far.example")
    assert got["schema"] == "mcc-trace/1" and got["service"] == "smtp/inet"
    assert got["replies"]["connect"]["code"] == 220 and got["replies"]["helo"]["code"] == 250
    assert got["verdict"] == "defer"      # nobody has answered for b.example
    got = trace(site, *STRANGER, "--from", "", "victim@far.example")
    assert got["verdict"] == "reject"
    assert got["replies"]["rcpt"] == {"code": 554, "dsn": "5.7.1",
                                      "text": "<victim@far.example>: Relay access denied"}
    assert got["decided_by"] == {"file": "main.cf", "line": 14, "item": "reject_unauth_destination"}
    assert [s["what"] for s in got["steps"] if s.get("decided")] == ["reject_unauth_destination"]


def test_an_access_row_is_shown(site):
    got = trace(site, *STRANGER, "--from", "u@bad.example", "alice@example.com")
    assert got["replies"]["rcpt"]["code"] == 554
    assert got["decided_by"]["item"] == "check_sender_access" and got["decided_by"]["line"] == 12
    row = next(s for s in got["steps"] if s.get("key") == "bad.example")
    assert row["table"] == "hash:/etc/postfix/senders" and row["row"] == 1 and row["result"] == "REJECT no thanks"
    got = trace(site, *STRANGER, "--from", "u@held.example", "alice@example.com")
    assert got["effects"] == {"hold": True}


def test_route_and_finals(site):
    got = trace(site, "--from", "", "info@va.example")
    assert got["verdict"] == "permit"
    assert got["route"]["class"] == "alias" and got["route"]["transport"] == "error"
    assert got["route"]["final"] == ["alice@mail.example.com", "bob@mail.example.com",
                                     "|/bin/vacation x"]
    got = trace(site, "list@example.com")
    assert sorted(got["route"]["final"]) == ["alice@mail.example.com", "x@far.example"]
    got = trace(site, "loop@va.example")
    assert got["route"]["error"] == "Alias expansion error" and got["route"]["final"] == []
    got = trace(site, "nobody@va.example")
    assert got["route"]["undelivered"] == [{"recipient": "nobody@va.example", "dsn": "5.1.1",
                                            "text": "User unknown in virtual alias table",
                                            "sender": got["route"]["sender"], "file": "main.cf",
                                            "line": MAIN_CF.split("virtual_alias_domains")[0].count("\n") + 1}]


def test_without_answers_the_dns_is_unverified(site, tmp_path):
    words = (*STRANGER, "--from", "u@b.example", "alice@example.com")
    got = trace(site, *words)
    assert got["unverified"] is True and got["replies"]["rcpt"]["dsn"] == "4.1.8"
    facts = tmp_path / "facts"
    facts.write_text("# known\nb.example MX 10 mx.b.example\ndown.example A SERVFAIL\n"
                     "down.example MX SERVFAIL\nalias.example CNAME b.example.\n"
                     "null.example MX 0 .\nnodata.example TXT -\n")
    answers = ("--answers", str(facts))
    got = trace(site, *answers, *words)
    assert "unverified" not in got and got["verdict"] == "permit"
    for sender, code, dsn in (("u@alias.example", 250, "2.1.5"), ("u@none.example", 450, "4.1.8"),
                              ("u@down.example", 450, "4.1.8"), ("u@null.example", 550, "5.7.27"),
                              ("u@nodata.example", 450, "4.1.8")):
        reply = trace(site, *answers, *STRANGER, "--from", sender,
                      "alice@example.com")["replies"]["rcpt"]
        assert (reply["code"], reply["dsn"]) == (code, dsn), sender


def test_facts_of_the_client(site):
    relayed = ("--from", "", "victim@far.example")
    assert trace(site, "--client", "192.168.1.7", *relayed)["verdict"] == "permit"
    assert trace(site, *STRANGER, "--sasl", "alice", *relayed)["verdict"] == "permit"
    assert trace(site, *STRANGER, *relayed)["verdict"] == "reject"
    got = trace(site, "--size", "99999999999", "alice@example.com")
    assert got["replies"]["mail"]["code"] == 552 and "rcpt" not in got["replies"]


def test_services_have_their_own_lists(site):
    with (site / "master.cf").open("a") as f:
        f.write("submission inet n - y - - smtpd\n  -o smtpd_relay_restrictions=reject\n")
    got = trace(site, "--service", "submission/inet", "--from", "", "alice@example.com")
    assert got["service"] == "submission/inet"
    assert got["decided_by"] == {"file": "master.cf", "line": 5, "item": "reject"}


def test_several_recipients_are_several_objects(site):
    done = run(site, "--format", "json", "alice@example.com", "bob@example.com")
    got = [json.loads(line) for line in done.stdout.splitlines()]
    assert [g["route"]["recipient"] for g in got] == ["alice@example.com", "bob@example.com"]


def test_human_form(site):
    out = run(site, *STRANGER, "--from", "", "victim@far.example").stdout.decode()
    marked = [line for line in out.splitlines() if line.startswith("=>")]
    assert len(marked) == 1 and "reject_unauth_destination" in marked[0]
    assert "[main.cf:14]" in marked[0]
    assert "verdict: reject, by reject_unauth_destination (main.cf:14)" in out
    out = run(site, "team@example.com").stdout.decode()
    assert "  |/bin/vacation x" in out and "\033" not in out


def test_a_server_that_does_not_start_serves_nobody(site):
    (site / "main.cf").write_text(MAIN_CF.replace("reject_unauth_destination", "permit"))
    got = trace(site, "alice@example.com")
    assert "reject_unauth_destination" in got["fatal"] and got["replies"] == {}


@pytest.mark.parametrize("recipient", [
    "a" * 10000, "a@" + "b." * 5000 + "example", "\"" * 50, "@" * 300, "%" * 300 + "@example.com",
    "u@\x7f\x01.example", "caf\xe9@example.com", "(" * 200, "<>", "[", "a\\", ":;,", "!",
    "x!" * 500 + "y"])
def test_hostile_recipients(site, recipient):
    got = trace(site, "--from", recipient, recipient)
    assert got["replies"].get("rcpt", got["replies"]["mail"])["code"] >= 250


def test_bytes_that_are_no_text(site):
    done = run(site, "--format", "json", b"\xff\xfe@example.com")
    assert json.loads(done.stdout)["route"]["class"] == "local"


def test_a_class_that_names_itself_ends(site):
    (site / "main.cf").write_text(
        MAIN_CF + "smtpd_restriction_classes = again\nagain = again\n"
                  "smtpd_client_restrictions = again\n")
    assert trace(site, "alice@example.com")["replies"]["rcpt"]["code"] == 451


def test_tables_that_are_not_there(site):
    (site / "senders").unlink()
    assert trace(site, "--from", "a@b.example",
                 "alice@example.com")["replies"]["rcpt"]["dsn"] == "4.3.5"
    (site / "aliases").unlink()
    got = trace(site, "alice@example.com")
    assert got["route"]["undelivered"][0]["dsn"] == "4.3.0"


@pytest.mark.parametrize("words, status, text", [
    ((), 2, "recipient is missing"),
    (("--client", "nonsense", "a@b.c"), 2, "is not an IP address"),
    (("--size", "many", "a@b.c"), 2, "is not a number"),
    (("--format", "xml", "a@b.c"), 2, "human, json or dot"),
    (("--answers", "/nonexistent", "a@b.c"), 3, "no such file"),
    (("--nonsense", "a@b.c"), 2, "usage"),
])
def test_wrong_usage(site, words, status, text):
    done = run(site, *words)
    assert done.returncode == status and text in done.stderr.decode()


def test_an_answer_file_with_an_error_names_the_line(site, tmp_path):
    facts = tmp_path / "facts"
    facts.write_text("a.example A 192.0.2.1\nbroken\n")
    done = run(site, "--answers", str(facts), "alice@example.com")
    assert done.returncode == 3 and "facts:2:" in done.stderr.decode()


def test_tables_outside_of_the_folder_are_unverified(site):
    (site / "main.cf").write_text(MAIN_CF.replace("hash:/etc/postfix/senders", "hash:/srv/senders"))
    got = trace(site, "--from", "a@b.example", "alice@example.com")
    assert got["unverified"] is True and got["verdict"] == "defer"
    step = next(s for s in got["steps"] if s.get("table") == "hash:/srv/senders")
    assert step["result"] == "unverified: not evaluated"


def test_script(site, tmp_path):
    script = tmp_path / "script"
    sessions = [{"client": "203.0.113.9", "helo": "x.example", "from": "", "rcpt": "victim@far.example"},
                {"client": "192.168.1.7", "rcpt": "victim@far.example", "tls": True, "size": 1},
                {"rcpt": "team@example.com", "client-name": None}]
    script.write_text("\n".join(json.dumps(s) for s in sessions) + "\n\n")
    done = run(site, "--script", script)
    assert done.returncode == 0, done.stderr.decode()
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == \
        ["reject", "permit", "permit"]


@pytest.mark.parametrize("line, text", [
    ("[]", "want an object"), ("{", "script:2:"), ("{}", "rcpt is missing"),
    ('{"rcpt": 1}', "rcpt has a value of the wrong kind"),
    ('{"rcpt": "a", "who": 1}', "who is no member of a session"),
    ('{"rcpt": "a", "size": -1}', "size has a value"),
    ('{"rcpt": "a", "client": "x"}', "client is not an IP address")])
def test_a_wrong_line_of_a_script(site, tmp_path, line, text):
    script = tmp_path / "script"
    script.write_text('{"rcpt": "alice@example.com"}\n' + line + "\n")
    done = run(site, "--script", script)
    assert done.returncode == 3 and text in done.stderr.decode()
    assert len(done.stdout.splitlines()) == 1


def test_a_footer_and_soft_bounce_touch_every_refusal(site):
    more = "smtpd_reject_footer = \\c. Ask $client_address\\nor $server_name\nsoft_bounce = yes\n"
    (site / "main.cf").write_text(MAIN_CF + more)
    reply = trace(site, *STRANGER, "--from", "alice@example.com", "x@elsewhere.example")["replies"]["rcpt"]
    assert (reply["code"], reply["dsn"]) == (454, "4.7.1")
    assert reply["text"] == ("<x@elsewhere.example>: Relay access denied. Ask 203.0.113.9\n"
                             "or mail.example.com")
    reply = trace(site, *STRANGER, "--from", "u@far.example", "a,b@example.com")["replies"]["rcpt"]
    assert (reply["code"], reply["dsn"]) == (401, "4.1.3")
    assert reply["text"].startswith("Bad recipient address syntax. Ask")


def test_an_unknown_reverse_name_has_the_general_code(site):
    (site / "main.cf").write_text(MAIN_CF + "smtpd_client_restrictions = reject_unknown_reverse_client_hostname\n")
    reply = trace(site, "--client", "203.0.113.9", "--client-name", "[UNAVAILABLE]", "alice@example.com")
    assert (reply["replies"]["rcpt"]["code"], reply["replies"]["rcpt"]["dsn"]) == (450, "4.7.1")


def test_a_script_reads_plain_and_odd_lines(site):
    lines = ['{"rcpt":"alice@example.com"}', ' { "rcpt" : "b\\u006fb@example.com", "size": 12 , "sasl": null } ',
             '{"rcpt":"\u00e4@example.com","tls":true}', '{"rcpt":"bob@example.com","rcpt":"alice@example.com"}']
    done = subprocess.run([MCC, "-C", site, "--hostname", "mail.example.com", "trace", "--no-steps", "--script", "-"],
                          input="\n".join(lines), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    got = [json.loads(line)["route"]["recipient"] for line in done.stdout.splitlines()]
    assert got[:2] == ["alice@example.com", "bob@example.com"] and len(got) == 4
    assert got[3] in ("alice@example.com", "bob@example.com")
    for line, why in (('{"rcpt":1}', "wrong kind"), ('{"rcpt":"a@b.c","size":-1}', "wrong kind"),
                      ('{"rcpt":"a@b.c","size":1.5}', "wrong kind"), ('{"x":"y"}', "no member"), ('{"rcpt":"a"', ":1:"),
                      ('[]', "want an object"), ('{}', "rcpt is missing"), ('{"rcpt":"a@b.c"} x', ":1:")):
        done = subprocess.run([MCC, "-C", site, "trace", "--script", "-"], input=line, capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == 3 and why in done.stderr, (line, done.stderr)


def test_a_reverse_name_may_discard_but_not_permit(site):
    (site / "main.cf").write_text(
        MAIN_CF + "smtpd_client_restrictions = check_reverse_client_hostname_access inline:{"
        "{a.example = DISCARD}, {b.example = OK}}\n")
    for name, verdict, code in (("a.example", "discard", 250), ("b.example", "defer", 451)):
        got = trace(site, "--client", "203.0.113.9", "--client-name", name, "alice@example.com")
        assert (got["verdict"], got["replies"]["rcpt"]["code"]) == (verdict, code)


def test_a_graph_that_dot_reads(site):
    odd = "\"a\\\"b\\\\<|{}\"@example.com"
    for words in (("team@example.com",), ("loop@va.example",), ("--helo", "x\"\\\n", "x@far.example"), (odd,)):
        done = run(site, "--format", "dot", *STRANGER[:4], *words)
        assert done.returncode == 0 and done.stdout.startswith(b"digraph trace {"), done.stderr
        assert b"reply ->" in done.stdout or b"-> route" in done.stdout
        if shutil.which("dot"):
            drawn = subprocess.run(["dot", "-Tsvg"], input=done.stdout, capture_output=True, timeout=60, check=False)
            assert drawn.returncode == 0 and b"<svg" in drawn.stdout and not drawn.stderr, drawn.stderr


ZONE = "$ORIGIN client.example.\n$TTL 60\n@ SOA a. b. 1 1 1 1 1\n@ NS ns\n@ MX 10 mx\nmx A 192.0.2.1\n"


def test_a_zone_file_answers_and_the_rest_stays_unverified(site, tmp_path):
    (tmp_path / "zone").write_text(ZONE)
    got = trace(site, "--zone", str(tmp_path / "zone"), "--from", "u@client.example", "alice@example.com")
    assert got["replies"]["rcpt"]["code"] == 250 and "unverified" not in got and "alternatives" not in got
    assert any(s["what"] == "dns" and s["result"] == "10 mx.client.example" for s in got["steps"])
    got = trace(site, "--zone", str(tmp_path / "zone"), "--from", "u@gone.client.example", "alice@example.com")
    assert got["replies"]["rcpt"]["code"] == 450 and "unverified" not in got
    got = trace(site, "--zone", str(tmp_path / "zone"), "--from", "u@elsewhere.example", "alice@example.com")
    assert got["unverified"] and got["alternatives"][0]["replies"]["rcpt"]["code"] == 250


def test_a_server_is_asked_once_and_its_recording_says_the_same(site, tmp_path):
    def script(query, _tcp, _number):
        name, rtype = dns_servers.question(query)[:2]
        if rtype == 15 and name.lower() == "client.example":
            return [dns_servers.reply(query, [dns_servers.record(name, "MX", (5, "mx.client.example"))])]
        return [dns_servers.reply(query, rcode=3)]

    tape = str(tmp_path / "tape")
    with dns_servers.Scripted(script) as server:
        live = trace(site, "--resolver", server.where, "--record", tape, "--from", "u@client.example",
                     "alice@example.com")
    assert live["replies"]["rcpt"]["code"] == 250 and len(server.seen) == 1
    assert trace(site, "--replay", tape, "--from", "u@client.example", "alice@example.com") == live
    again = trace(site, "--replay", tape, "--from", "u@other.example", "alice@example.com")
    assert again["unverified"]


def test_sources_of_answers_exclude_each_other(site, tmp_path):
    (tmp_path / "zone").write_text(ZONE)
    zone = str(tmp_path / "zone")
    for words in (("--answers", zone, "--zone", zone), ("--zone", zone, "--replay", zone), ("--format", "svg")):
        done = run(site, *words, "alice@example.com")
        assert done.returncode == 2 and done.stderr
    done = run(site, "--zone", str(tmp_path / "none"), "alice@example.com")
    assert done.returncode == 3 and b"none" in done.stderr


def test_a_large_table_is_looked_up_in_its_database(site):
    rows = "".join(f"user{n}@va.example alice@example.com\n" for n in range(40000))
    (site / "virtual").write_text(rows)
    words = ("--format", "json", *STRANGER, "user39999@va.example")
    text = json.loads(run(site, *words).stdout)
    assert "notes" not in text and text["route"]["final"] == ["alice@example.com"]
    subprocess.run([MCC, "-C", site, "map", "-w", f"hash:{site}/virtual"], check=True, timeout=60)
    database = json.loads(run(site, *words).stdout)
    assert database["route"] == text["route"] and database["replies"] == text["replies"]
    assert "was not read" in database["notes"][0]["text"]
    os.utime(site / "virtual.db", (1, 1))
    assert not any("was not read" in n["text"] for n in json.loads(run(site, *words).stdout).get("notes", ()))


# What postmap read, what the text has become since, and what is said of it.
CHANGED_TEXTS = [
    ("a@b.example x\nc@d.example y\n", "a@b.example x\nc@d.example y\n", None),
    ("a@b.example x\nc@d.example y\n", "# moved\nc@d.example y\na@b.example x\n", None),
    ("a@b.example x\nc@d.example y\n", "a@b.example x\nc@d.example z\n", "does not have line 2"),
    ("a@b.example x\nc@d.example y\n", "a@b.example x\n", "still has the key 'c@d.example'"),
    ("A@b.example x\na@b.example z\n", "a@B.example x\nA@b.example u\n", None),
    ("A@b.example x\n", "a@b.example x\nf@c.example x\nA@b.example u\n", "does not have line 2"),
]


@pytest.mark.parametrize("before, now, said", CHANGED_TEXTS)
def test_a_text_is_compared_with_its_database(site, before, now, said):
    virtual = site / "virtual"
    virtual.write_text(before)
    subprocess.run([MCC, "-C", site, "map", "-w", f"hash:{virtual}"], check=True, timeout=60)
    virtual.write_text(now)
    notes = [n["text"] for n in trace(site, "alice@example.com").get("notes", ())
             if n["table"].endswith("/virtual")]
    assert bool(notes) == bool(said), notes
    assert not said or said in notes[0]
