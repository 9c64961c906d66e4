# SPDX-License-Identifier: BSD-2-Clause
"""mcc dns dane: policies from a signed zone, and certificates made by openssl
against them. What is not validated is no policy; what fails is not "none"."""
import hashlib
import subprocess

import pytest

from dns_servers import find, nsd
from test_dnssec import HEAD, keygen, run, sign
from programs import MCC

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def certificates(folder):
    """A root, a leaf for mx.dane.test that it signed, and one that is by itself."""
    run(folder, "openssl", "req", "-x509", *KEY, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=root")
    run(folder, "openssl", "req", *KEY, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=x",
        "-addext", "subjectAltName=DNS:mx.dane.test")
    run(folder, "openssl", "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key",
        "-CAcreateserial", "-copy_extensions", "copyall", "-out", "leaf.pem")
    run(folder, "openssl", "req", "-x509", *KEY, "-keyout", "own.key", "-out", "own.pem", "-subj", "/CN=own",
        "-days", "1")
    (folder / "chain.pem").write_text((folder / "leaf.pem").read_text() + (folder / "root.pem").read_text())
    (folder / "empty.pem").write_text("nothing\n")


def der(folder, name, selector):
    words = ["openssl", "x509", "-in", name, "-outform", "DER"]
    if selector == 1:
        pem = run(folder, "openssl", "x509", "-in", name, "-noout", "-pubkey")
        return subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem.encode(),
                              check=True, capture_output=True).stdout
    return subprocess.run(words, cwd=folder, check=True, capture_output=True).stdout


def tlsa(folder, name, usage, selector, matching):
    data = der(folder, name, selector)
    data = [data, hashlib.sha256(data).digest(), hashlib.sha512(data).digest()][matching]
    return f"TLSA {usage} {selector} {matching} {data.hex()}"


def zone(folder):
    records = {
        "mx": [tlsa(folder, "leaf.pem", 3, 1, 1)],
        "ta": [tlsa(folder, "root.pem", 2, 0, 1)],
        "whole": [tlsa(folder, "own.pem", 3, 0, 0), tlsa(folder, "leaf.pem", 3, 0, 2)],
        "pkix": [tlsa(folder, "leaf.pem", 1, 1, 1), "TLSA 3 1 1 00ff"],
        "some": [tlsa(folder, "leaf.pem", 0, 1, 1), tlsa(folder, "own.pem", 3, 1, 2)],
        "none": [],
        "broken": ["TLSA 3 1 1 " + "00112233" * 8],
    }
    text = HEAD.format("dane.test")
    for host, rows in records.items():
        text += f"{host} A 192.0.2.1\n" + "".join(f"_25._tcp.{host} {row}\n" for row in rows)
    text += f"six AAAA 2001:db8::1\n_26._tcp.six {tlsa(folder, 'own.pem', 3, 1, 1)}\n"
    text += f"_27._tcp.mx {tlsa(folder, 'root.pem', 2, 1, 2)}\n"
    # The records are the alias's own when its target has none.
    text += f"alias CNAME mx\nback CNAME none\n_25._tcp.back {tlsa(folder, 'own.pem', 3, 1, 1)}\n"
    return text + "uns NS ns\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not all(find(p) for p in ("nsd", "ldns-signzone", "ldns-keygen", "openssl")):
        pytest.skip("nsd, ldnsutils or openssl are not installed")
    folder = tmp_path_factory.mktemp("dane")
    certificates(folder)
    key = keygen(folder, "dane.test")
    signed = sign(folder, "dane.test", zone(folder), key)
    (folder / "anchor").write_text((folder / f"{key}.ds").read_text())
    unsigned = HEAD.format("uns.dane.test") + f"mx A 192.0.2.1\n_25._tcp.mx {tlsa(folder, 'leaf.pem', 3, 1, 1)}\n"
    # Another digest than the one that was signed.
    signed = signed.replace("00112233" * 8, "99112233" * 8)
    with nsd(folder, {"dane.test": signed, "uns.dane.test": unsigned}) as child:
        yield child


def ask(server, *words):
    done = subprocess.run([MCC, "dns", "dane", "--resolver", f"127.0.0.1@{server.port}", "--anchor",
                           server.folder / "anchor", *words], cwd=server.folder, capture_output=True,
                          text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("host,status,word", [
    ("mx.dane.test", 0, "usable: mx.dane.test, port 25"),
    ("MX.Dane.test.", 0, "usable: mx.dane.test, port 25"),
    ("alias.dane.test", 0, "usable: mx.dane.test"),
    ("back.dane.test", 0, "usable: back.dane.test"),
    ("some.dane.test", 0, "usable"),
    ("pkix.dane.test", 1, "unusable: pkix.dane.test, port 25: no record that SMTP can use"),
    ("none.dane.test", 1, "none: none.dane.test, port 25: no TLSA records"),
    ("six.dane.test", 1, "none: six.dane.test, port 25: no TLSA records"),
    ("nowhere.dane.test", 1, "none: nowhere.dane.test, port 25: the host has no address"),
    ("broken.dane.test", 3, "failed: broken.dane.test, port 25: _25._tcp.broken.dane.test TLSA: BOGUS"),
    ("mx.uns.dane.test", 1, "none: mx.uns.dane.test, port 25: the host's addresses are not validated"),
])
def test_policy(server, host, status, word):
    got = ask(server, host)
    assert got[0] == status and got[1].startswith(word), got


def test_port(server):
    status, out, _ = ask(server, "six.dane.test", "26")
    assert status == 0 and out.startswith("usable: six.dane.test, port 26")
    for bad in ("0", "65536", "smtp", "-1"):
        assert ask(server, "six.dane.test", bad)[0] == 2


@pytest.mark.parametrize("host,cert,status,word", [
    ("mx.dane.test", "leaf.pem", 0, "matches"),
    ("mx.dane.test", "chain.pem", 0, "matches"),
    ("mx.dane.test", "own.pem", 1, "matches no record"),
    # The server's own certificate is the first one.
    ("mx.dane.test", "root.pem", 1, "matches no record"),
    ("alias.dane.test", "leaf.pem", 0, "matches"),
    ("whole.dane.test", "own.pem", 0, "matches"),
    ("whole.dane.test", "leaf.pem", 0, "matches"),
    ("some.dane.test", "own.pem", 0, "matches"),
    ("some.dane.test", "leaf.pem", 1, "matches no record"),
    # A trust anchor vouches for whatever it signed: the name decides.
    ("ta.dane.test", "chain.pem", 1, "has a trust anchor that matches, but another name"),
    ("ta.dane.test", "leaf.pem", 1, "matches no record"),
])
def test_certificates(server, host, cert, status, word):
    got = ask(server, "--cert", cert, host)
    assert got[0] == status and f"{cert} {word}\n" in got[1], got


def test_trust_anchor(server):
    assert ask(server, "--cert", "chain.pem", "mx.dane.test", "27")[0] == 0
    assert ask(server, "--cert", "own.pem", "mx.dane.test", "27")[0] == 1


def test_unreadable_certificates(server):
    for name in ("empty.pem", "missing.pem"):
        status, out, err = ask(server, "--cert", name, "mx.dane.test")
        assert status == 3 and not out and name in err


def test_without_validation(server):
    """Nobody vouches for the answers: no policy."""
    done = subprocess.run([MCC, "dns", "dane", "--resolver", f"127.0.0.1@{server.port}", "mx.dane.test"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stdout.startswith("none:"), done


def test_failure_is_not_none(tmp_path):
    tape = tmp_path / "tape"
    head = "mcc-dns-recording 1\n"
    rows = ('ask _25._tcp.mx.d.test. TLSA {} negative=0 ad=0 ms=1 server="s"\n'
            'ask mx.d.test. A NOERROR negative=0 ad={} ms=1 server="s"\nrr 300 A 192.0.2.1\nend 2\n')

    def ask_tape(status, ad):
        tape.write_text(head + rows.format(status, ad))
        done = subprocess.run([MCC, "dns", "dane", "--replay", tape, "mx.d.test"],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout.split(":")[0], done.stderr
    for status in ("SERVFAIL", "BOGUS", "TIMEOUT", "REFUSED", "LAME", "UNVERIFIED"):
        assert ask_tape(status, 1)[:2] == (3, "failed"), status
        # Nobody is asked where the host itself is not validated.
        assert ask_tape(status, 0)[:2] == (1, "none"), status
    assert ask_tape("NODATA", 1)[:2] == (1, "none")
