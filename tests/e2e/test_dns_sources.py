# SPDX-License-Identifier: BSD-2-Clause
"""Real servers: NSD says what the zone file says; Unbound tells bogus from
broken; a recording says again what the servers said."""
import json
import re
import subprocess

import pytest

from dns_servers import find, nsd, unbound
from programs import MCC


ZONE = """$ORIGIN example.org.
$TTL 3600
@ IN SOA ns hostmaster ( 1 7200 900 ; refresh
   1209600 600 )
  NS ns
  MX 10 mail
  MX 20 backup.example.org.
  TXT "v=spf1 " "mx -all"
  TXT "semi;colon (paren"
ns 300 A 192.0.2.1
mail A 192.0.2.2
  AAAA 2001:db8::2
backup A 192.0.2.3
www CNAME mail
chain CNAME www
dangling CNAME nothing
*.wild A 192.0.2.4
one.wild TXT x
*.mx MX 5 mail
a.b.empty A 192.0.2.5
_sip._tcp SRV 1 2 5060 mail
ren DNAME wild
long TXT """ + " ".join('"' + c * 200 + '"' for c in "abcdefghijkl") + """
weird\\.dot A 192.0.2.6
"""
REVERSE = """$ORIGIN 2.0.192.in-addr.arpa.
@ 3600 SOA ns.example.org. hostmaster.example.org. 1 2 3 4 60
@ NS ns.example.org.
2 PTR mail.example.org.
"""
QUESTIONS = [
    "example.org MX", "example.org TXT", "example.org A", "example.org SOA", "example.org NS",
    "EXAMPLE.org. MX", "mail.example.org A", "mail.example.org AAAA", "mail.example.org MX",
    "www.example.org A", "chain.example.org AAAA", "chain.example.org CNAME",
    "dangling.example.org A", "nope.example.org A", "q.wild.example.org A",
    "a.q.wild.example.org A", "q.wild.example.org MX", "one.wild.example.org A",
    "below.one.wild.example.org A", "wild.example.org A", "q.mx.example.org MX",
    "b.empty.example.org A", "c.b.empty.example.org A", "_sip._tcp.example.org SRV",
    "x.ren.example.org A", "ren.example.org A", "long.example.org TXT",
    "weird\\.dot.example.org A", "2.2.0.192.in-addr.arpa PTR", "3.2.0.192.in-addr.arpa PTR",
]


def dns(*words, seconds=60):
    done = subprocess.run([MCC, "dns", *map(str, words)], capture_output=True, timeout=seconds,
                          check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def facts(text):
    """Status, alias and records of an answer, without who and how long."""
    head, *rest = text.splitlines()
    return head.split(",")[0], sorted(re.sub(r"^(\S+) \d+ ", r"\1 ", line) for line in rest)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if find("nsd") is None:
        pytest.skip("nsd is not installed")
    folder = tmp_path_factory.mktemp("nsd")
    with nsd(folder, {"example.org": ZONE, "2.0.192.in-addr.arpa": REVERSE}) as child:
        yield child


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    path = tmp_path_factory.mktemp("zone") / "zone"
    path.write_text(ZONE + REVERSE)
    return path


@pytest.mark.parametrize("text", QUESTIONS)
def test_zone_file_equals_nsd(server, zone, text):
    name, rtype = text.split()
    live = dns("query", "--resolver", server.where, name, rtype)
    file = dns("query", "--zone", zone, name, rtype)
    assert facts(file[1]) == facts(live[1])
    assert file[0] == live[0]


def test_what_the_file_does_not_hold(server, zone):
    assert "UNVERIFIED" in dns("query", "--zone", zone, "example.net", "A")[1]
    assert "REFUSED" in dns("query", "--resolver", server.where, "example.net", "A")[1]


@pytest.mark.parametrize("text", QUESTIONS)
def test_replay_equals_live(server, tmp_path, text):
    name, rtype = text.split()
    tape = tmp_path / "tape"
    live = dns("query", "--resolver", server.where, "--record", tape, name, rtype)
    assert dns("query", "--replay", tape, name, rtype) == live
    unknown = dns("query", "--replay", tape, "unknown.example", "A")
    assert unknown[0] == 3 and "UNVERIFIED" in unknown[1]


def test_torn_recordings_are_refused(server, tmp_path):
    tape = tmp_path / "tape"
    dns("query", "--resolver", server.where, "--record", tape, "example.org", "MX", "TXT", "A")
    whole = tape.read_bytes()
    assert dns("query", "--replay", tape, "example.org", "MX")[0] == 0
    for cut in range(0, len(whole), 7):
        tape.write_bytes(whole[:cut])
        status, out, err = dns("query", "--replay", tape, "example.org", "MX")
        assert status == 3 and out == "" and re.search(r"tape:\d+: ", err), whole[:cut]


def test_recording_is_the_same_whatever_the_order(server, tmp_path):
    texts = []
    for words in (["MX", "TXT", "A"], ["A", "TXT", "MX"]):
        tape = tmp_path / "tape"
        dns("query", "--resolver", server.where, "--record", tape, "example.org", *words)
        texts.append(re.sub(r"ms=\d+", "ms=0", tape.read_text()))
    assert texts[0] == texts[1]


SITE = """myhostname = mail.example.org
mydomain = example.org
myorigin = $mydomain
mydestination = example.org
"""


def check(tmp_path, *words):
    site = tmp_path / "site"
    site.mkdir(exist_ok=True)
    (site / "main.cf").write_text(SITE)
    done = subprocess.run([MCC, "-C", site, "--hostname", "h.example", "dns", "check",
                           "--format", "json", *map(str, words)], capture_output=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout


def test_check_says_the_same_from_each_source(server, zone, tmp_path):
    tape = tmp_path / "tape"
    live = check(tmp_path, "--resolver", server.where, "--record", tape,
                 "--public-address", "192.0.2.2")
    assert live == check(tmp_path, "--replay", tape, "--public-address", "192.0.2.2")
    assert live == check(tmp_path, "--zone", zone, "--public-address", "192.0.2.2")
    assert b"DN064" in live[1] and b"DN000" not in live[1]


def test_check_without_a_server_verifies_nothing(tmp_path):
    status, out = check(tmp_path, "--resolver", "127.0.0.1@1")
    assert b"DN000" in out and b"DN001" not in out and b"DN041" not in out


def test_domains_of_tables_and_what_cannot_be_read(zone, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "main.cf").write_text(SITE + "virtual_alias_domains = texthash:/etc/postfix/doms\n"
                                  "relay_domains = ldap:/etc/postfix/x, /srv/list, regexp:{/a/}\n")
    (site / "doms").write_text("gone.example.org x\nuser@other.example.org x\n")
    done = subprocess.run([MCC, "-C", site, "--hostname", "h.example", "dns", "check", "--zone",
                           zone, "--public-address", "192.0.2.2", "--format", "json"],
                          capture_output=True, timeout=60, check=False)
    got = [(d["rule"], d["file"], d["line"]) for d in json.loads(done.stdout)["diagnostics"]]
    assert done.returncode == 1
    assert ("DN001", "doms", 1) in got and ("DN041", "doms", 1) in got
    assert [g for g in got if g[1] == "doms" and g[2] == 2] == []
    assert [g for g in got if g[0] == "DN999"] == [("DN999", "main.cf", 6)] * 3


def test_unbound_tells_bogus_from_broken(server, tmp_path):
    """A trust anchor that fits no key makes the whole zone bogus."""
    if find("unbound") is None:
        pytest.skip("unbound is not installed")
    port = server.port
    lines = [' local-zone: "2.0.192.in-addr.arpa" nodefault',
             ' trust-anchor: "example.org. DS 1 8 2 ' + "00" * 32 + '"']
    tail = ["forward-zone:", ' name: "."', f" forward-addr: 127.0.0.1@{port}"]
    with unbound(tmp_path, lines + tail) as resolver:
        assert "BOGUS" in dns("query", "--resolver", resolver.where, "example.org", "MX")[1]
        insecure = dns("query", "--resolver", resolver.where, "2.2.0.192.in-addr.arpa", "PTR")
        assert "NOERROR" in insecure[1] and "not validated" in insecure[1]


def test_batch(server, tmp_path):
    """In the order of the file, the same as one by one."""
    (tmp_path / "batch").write_text("# NAME TYPE\n\n" + "\n".join(QUESTIONS * 200) + "\n")
    status, out, err = dns("query", "--resolver", server.where, "--batch", tmp_path / "batch")
    assert status == 1, err
    heads = [line.split(":")[0] for line in out.splitlines()
             if line.startswith("; ") and "alias of" not in line]
    assert len(heads) == 200 * len(QUESTIONS)
    assert heads[:len(QUESTIONS)] == ["; " + q.lower().replace(". ", " ", 1).rsplit(" ", 1)[0] + " "
                                      + q.split()[1] for q in QUESTIONS]
    (tmp_path / "batch").write_text("example.org MX\nexample.org\n")
    status, _, err = dns("query", "--resolver", server.where, "--batch", tmp_path / "batch")
    assert status == 3 and "batch:2:" in err
    assert dns("query", "--resolver", server.where, "--batch", tmp_path / "none")[0] == 3
    assert dns("query", "--batch", tmp_path / "batch", "a.test", "A")[0] == 2
