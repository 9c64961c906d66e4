# SPDX-License-Identifier: BSD-2-Clause
"""Validation from an own trust anchor: NSD serves zones that ldns-signzone has
signed, with NSEC and with NSEC3, one with a broken signature, one expired, one
unsigned below a signed parent."""
import re
import subprocess

import pytest

from dns_servers import find, nsd
from programs import MCC


HEAD = "$ORIGIN {0}.\n$TTL 300\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A 127.0.0.1\n"
BODY = """@ MX 10 mail
mail A 192.0.2.1
www CNAME mail
out CNAME a.uns.test.
far CNAME mail.broken.test.
*.wild A 192.0.2.2
a.b.ent A 192.0.2.3
dn DNAME ent
@ TXT "v=spf1 mx -all"
"""
SIGNED = {"nsec.test": (), "nsec3.test": ("-n",), "broken.test": (), "expired.test": (),
          "stripped.test": (), "wrongds.test": ()}


def run(folder, *words):
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


def keygen(folder, zone):
    return run(folder, find("ldns-keygen"), "-r", "/dev/urandom", "-a", "ECDSAP256SHA256", "-k",
               zone).strip()


def sign(folder, zone, text, key, *options):
    (folder / zone).write_text(text)
    run(folder, find("ldns-signzone"), *options, zone, key)
    return (folder / f"{zone}.signed").read_text()


def zones(folder):
    served = {"uns.test": HEAD.format("uns.test") + "a A 192.0.2.9\n"}
    parent = HEAD.format("test") + "uns NS ns\n"
    for zone, options in SIGNED.items():
        key = keygen(folder, zone)
        if zone == "expired.test":
            options += ("-i", "20200101000000", "-e", "20200201000000")
        text = sign(folder, zone, HEAD.format(zone) + BODY, key, *options)
        if zone == "broken.test":
            # Another address than the one that was signed.
            text = text.replace("192.0.2.1", "192.0.2.66")
        if zone == "stripped.test":
            text = "".join(line for line in text.splitlines(True)
                           if not re.search(r"\tRRSIG\tA ", line))
        ds = (folder / f"{key}.ds").read_text()
        if zone == "wrongds.test":
            ds = re.sub(r"[0-9a-f]{8}\s*$", "deadbeef\n", ds)
        parent += f"{zone}. NS ns\n{ds}"
        served[zone] = text
    key = keygen(folder, "test")
    served["test"] = sign(folder, "test", parent, key)
    (folder / "anchor").write_text((folder / f"{key}.ds").read_text())
    (folder / "anchor.key").write_text("; as a key\n" + (folder / f"{key}.key").read_text())
    return served


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not all(find(p) for p in ("nsd", "ldns-signzone", "ldns-keygen")):
        pytest.skip("nsd or ldnsutils are not installed")
    folder = tmp_path_factory.mktemp("dnssec")
    with nsd(folder, zones(folder)) as child:
        yield child


def ask(server, name, rtype, *more, anchor="anchor"):
    """-> exit status, DNS status, state"""
    done = subprocess.run([MCC, "dns", "query", "--resolver", server.where, "--anchor",
                           server.folder / anchor, *more, name, rtype],
                          capture_output=True, timeout=60, check=False)
    head = done.stdout.decode().splitlines()[0]
    return done.returncode, re.search(r": (\w+)", head)[1], head.rsplit(", ", 1)[1]


@pytest.mark.parametrize("zone", ["nsec.test", "nsec3.test"])
@pytest.mark.parametrize("name,rtype,status", [
    ("", "MX", "NOERROR"), ("mail.", "A", "NOERROR"), ("mail.", "MX", "NODATA"),
    ("nope.", "A", "NXDOMAIN"), ("a.b.c.nope.", "A", "NXDOMAIN"), ("x.wild.", "A", "NOERROR"),
    ("x.y.wild.", "A", "NOERROR"), ("x.wild.", "MX", "NODATA"), ("www.", "A", "NOERROR"),
    ("www.", "CNAME", "NOERROR"), ("ent.", "A", "NODATA"), ("b.ent.", "A", "NODATA"),
    ("a.b.dn.", "A", "NOERROR"), ("", "DS", "NOERROR"), ("", "SOA", "NOERROR"),
    ("", "TXT", "NOERROR")])
def test_validated(server, zone, name, rtype, status):
    _, got, state = ask(server, name + zone, rtype)
    assert (got, state) == (status, "validated")


@pytest.mark.parametrize("name,rtype,status", [
    ("a.uns.test", "A", "NOERROR"), ("no.uns.test", "A", "NXDOMAIN"),
    ("out.nsec.test", "A", "NOERROR"), ("out.nsec3.test", "A", "NOERROR")])
def test_insecure(server, name, rtype, status):
    assert ask(server, name, rtype)[1:] == (status, "insecure")


@pytest.mark.parametrize("name,rtype", [
    ("mail.broken.test", "A"), ("far.nsec.test", "A"), ("mail.expired.test", "A"),
    ("expired.test", "MX"), ("nope.expired.test", "A"), ("mail.stripped.test", "A"),
    ("mail.wrongds.test", "A"), ("nope.wrongds.test", "A")])
def test_bogus(server, name, rtype):
    assert ask(server, name, rtype) == (3, "BOGUS", "bogus")


def test_rest_of_a_broken_zone(server):
    assert ask(server, "broken.test", "MX") == (0, "NOERROR", "validated")


def test_anchor_as_a_key(server):
    assert ask(server, "mail.nsec.test", "A", anchor="anchor.key")[2] == "validated"


def test_wrong_anchor(server):
    key = keygen(server.folder, "test")
    (server.folder / "other").write_text((server.folder / f"{key}.ds").read_text())
    assert ask(server, "mail.nsec.test", "A", anchor="other")[1:] == ("BOGUS", "bogus")
    (server.folder / "elsewhere").write_text(
        (server.folder / f"{key}.ds").read_text().replace("test.", "example."))
    assert ask(server, "mail.nsec.test", "A", anchor="elsewhere")[2] == "insecure"


def test_spf_takes_no_bogus_answer(server):
    words = [MCC, "spf", "check", "--resolver", server.where, "--anchor", server.folder / "anchor",
             "--helo", "h", "--ip", "192.0.2.66", "--from"]
    done = subprocess.run([*words, "u@broken.test"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 3 and done.stdout.startswith(b"temperror\n")
    done = subprocess.run([*words, "u@nsec.test"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stdout.startswith(b"fail\n")


def test_recorded(server, tmp_path):
    tape = tmp_path / "tape"
    for name in ("mail.nsec.test", "a.uns.test", "mail.broken.test"):
        live = ask(server, name, "A", "--record", tape)
        done = subprocess.run([MCC, "dns", "query", "--replay", tape, name, "A"],
                              capture_output=True, timeout=60, check=False)
        assert done.stdout.decode().splitlines()[0].endswith(", " + live[2])


@pytest.mark.parametrize("text,place", [
    ("", "no DS"), ("test. IN DS nonsense\n", ":1:"), ("\n\nmail.test. 300 IN A 192.0.2.1\n", ":")])
def test_bad_anchor_file(tmp_path, text, place):
    (tmp_path / "anchor").write_text(text)
    done = subprocess.run([MCC, "dns", "query", "--resolver", "127.0.0.1", "--anchor",
                           tmp_path / "anchor", "a.test", "A"], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 3 and place in done.stderr.decode(), done.stderr
    done = subprocess.run([MCC, "dns", "query", "--resolver", "127.0.0.1", "--anchor",
                           tmp_path / "none", "a.test", "A"], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 3
