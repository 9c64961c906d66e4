# SPDX-License-Identifier: BSD-2-Clause
"""mcc spf explain, flatten and lint: trees, networks, lock files, drift (DN068)."""
import ipaddress
import json
import re
import subprocess

import pytest

from dns_servers import Scripted, question, record, reply
from programs import MCC


ZONE = """$ORIGIN x.test.
@ 300 SOA ns h 1 2 3 4 5
@ TXT "v=spf1 mx include:big.x.test include:dyn.x.test -all"
@ MX 10 mail
mail A 192.0.2.1
big TXT "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -ip4:198.51.100.7 ip4:198.51.100.0/28 include:more.x.test ?all"
more TXT "v=spf1 a:mail.x.test ip6:2001:db8::/33 ip6:2001:db8:8000::/33 -all"
dyn TXT "v=spf1 exists:%{i}.x.test -all"
loop TXT "v=spf1 include:loop2.x.test -all"
loop2 TXT "v=spf1 include:loop.x.test -all"
red TXT "v=spf1 redirect=base.x.test"
base TXT "v=spf1 a/28 include:more.x.test -all"
base A 192.0.2.99
gone TXT "v=spf1 include:nothing.x.test -all"
void TXT "v=spf1 a:n1.x.test a:n2.x.test mx:n3.x.test -all"
two TXT "v=spf1 -all"
two TXT "v=spf1 ~all"
eleven TXT "v=spf1 """ + " ".join(f"a:h{i}.x.test" for i in range(11)) + """ -all"
*.h A 192.0.2.7
""" + "".join(f"h{i} A 192.0.2.{i}\n" for i in range(11)) + """wide TXT "v=spf1 include:net.x.test -all"
net TXT """ + " ".join(f'"{"v=spf1" if i == 0 else ""} ip4:10.{i}.1.0/24 ip4:10.{i}.3.0/24"'
                       for i in range(60)) + """
only TXT "v=spf1 ip4:203.0.113.9 include:more.x.test ~include:big.x.test -all"
wild TXT "v=spf1 include:out.elsewhere.test -all"
"""


def spf(folder, *words, seconds=60):
    done = subprocess.run([MCC, "spf", *map(str, words)], capture_output=True, timeout=seconds,
                          check=False, cwd=folder)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def site(tmp_path):
    (tmp_path / "zone").write_text(ZONE)
    return tmp_path


def tree(site, domain):
    status, out, err = spf(site, "explain", "--zone", "zone", "--format", "json", domain)
    assert out, err
    return status, json.loads(out)


# --- explain ---------------------------------------------------------------

def test_counts_and_networks(site):
    status, got = tree(site, "x.test")
    assert status == 0 and got["lookups"] == 6 and got["dynamic"] and got["complete"]
    assert got["networks"] == ["192.0.2.0/24", "198.51.100.0/30", "198.51.100.4/31",
                               "198.51.100.6", "198.51.100.8/29", "2001:db8::/32"]
    terms = got["tree"]["terms"]
    assert [(t["term"], t["lookups"]) for t in terms] == [
        ("mx", 1), ("include:big.x.test", 3), ("include:dyn.x.test", 2), ("-all", 0)]
    assert terms[0]["networks"] == ["192.0.2.1"]
    assert terms[1]["record"]["domain"] == "big.x.test"


def test_human_tree(site):
    status, out, _ = spf(site, "explain", "--zone", "zone", "x.test")
    assert status == 0 and out.startswith("x.test: 6 of 10 lookups, 0 of 2 void\n")
    assert re.search(r"^    include:big\.x\.test  \(3 lookups\)$", out, re.M)
    assert re.search(r"^            a:mail\.x\.test  \(1 lookup\)  = 192\.0\.2\.1$", out, re.M)


def test_dot(site):
    status, out, _ = spf(site, "explain", "--zone", "zone", "--format", "dot", "x.test")
    assert status == 0 and out.startswith("digraph spf {") and out.endswith("}\n")
    ids = set(re.findall(r"^\t(n\d+) \[", out, re.M))
    ends = set(re.findall(r"\b(n\d+) -> (n\d+)", out))
    assert ids == {"n0"} | {b for _, b in ends} and {a for a, _ in ends} <= ids


@pytest.mark.parametrize("domain,rules", [
    ("loop.x.test", {"DN051"}), ("gone.x.test", {"DN050"}), ("void.x.test", {"DN048"}),
    ("two.x.test", {"DN042"}), ("none.x.test", {"DN041"}), ("eleven.x.test", {"DN046", "DN047"})])
def test_faults(site, domain, rules):
    status, got = tree(site, domain)
    assert status == 1
    assert {p["rule"] for p in got["problems"]} == rules, got["problems"]


def test_what_the_dns_does_not_say_is_no_fault(site):
    status, got = tree(site, "wild.x.test")
    assert status == 3 and not got["complete"]
    assert [(p["rule"], p["severity"]) for p in got["problems"]] == [("DN000", "unverified")]


def test_networks_are_those_that_pass(site):
    """Every network shown passes by check_host(), its neighbours do not."""
    nets = [ipaddress.ip_network(n) for n in tree(site, "only.x.test")[1]["networks"]]
    probes = {n.network_address for n in nets} | {n.broadcast_address for n in nets}
    probes |= {a + d for a in list(probes) for d in (-1, 1)}
    (site / "batch").write_text("".join(f"{a} u@only.x.test h\n" for a in probes))
    out = spf(site, "check", "--zone", "zone", "--batch", "batch")[1]
    for line in map(json.loads, out.splitlines()):
        inside = any(ipaddress.ip_address(line["ip"]) in n for n in nets)
        assert (line["result"] == "pass") == inside, line


def test_a_tree_that_doubles_ends(tmp_path):
    names = [f"{c}{i}.x.test" for i in range(30) for c in "ab"]
    texts = {"x.test": "v=spf1 include:a0.x.test include:b0.x.test -all"}
    for i in range(29):
        for c in "ab":
            texts[f"{c}{i}.x.test"] = f"v=spf1 include:a{i+1}.x.test include:b{i+1}.x.test -all"
    zone = "$ORIGIN x.test.\n@ 300 SOA ns h 1 2 3 4 5\n" + "".join(
        f'{n}. TXT "{t}"\n' for n, t in texts.items())
    assert names and (tmp_path / "zone").write_text(zone)
    status, out, _ = spf(tmp_path, "explain", "--zone", "zone", "x.test")
    assert status == 1 and "DN046" in out


# --- flatten ---------------------------------------------------------------

def strings(line):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', line))


def test_flatten_all(site):
    status, out, err = spf(site, "flatten", "--zone", "zone", "x.test")
    assert status == 0 and "include:dyn.x.test" in err
    assert strings(out) == ("v=spf1 mx include:dyn.x.test ip4:192.0.2.0/24 ip4:198.51.100.0/30 "
                            "ip4:198.51.100.4/31 ip4:198.51.100.6 ip4:198.51.100.8/29 "
                            "ip6:2001:db8::/32 -all")
    lock = json.loads((site / "x.test.spf.lock").read_text())
    assert lock["schema"] == "mcc-spf-lock/1" and lock["source"].startswith("v=spf1 mx include:big")


def test_flatten_named(site):
    status, out, _ = spf(site, "flatten", "--zone", "zone", "--include", "more.x.test",
                         "only.x.test")
    assert status == 0
    assert strings(out) == ("v=spf1 ip4:203.0.113.9 ip4:192.0.2.1 ip6:2001:db8::/32 "
                            "~include:big.x.test -all")
    assert spf(site, "flatten", "--zone", "zone", "--include", "no.x.test", "x.test")[0] == 2


def test_flatten_follows_a_redirect(site):
    status, out, _ = spf(site, "flatten", "--zone", "zone", "red.x.test")
    assert status == 0
    assert strings(out) == "v=spf1 a:base.x.test/28 ip4:192.0.2.1 ip6:2001:db8::/32 -all"


def test_long_ones_are_split(site):
    status, out, err = spf(site, "flatten", "--zone", "zone", "wide.x.test")
    lines = out.splitlines()
    assert status == 0, err
    names = [line.split()[0] for line in lines]
    assert names == ["wide.x.test."] + [f"_spf{i}.wide.x.test." for i in range(1, len(lines))]
    for line in lines:
        assert all(len(s) <= 255 for s in re.findall(r'"([^"]*)"', line))
        assert len(line.split()[0]) - 1 + len(strings(line)) <= 450
    top = strings(lines[0]).split()
    assert top == ["v=spf1"] + [f"include:{n[:-1]}" for n in names[1:]] + ["-all"]
    # The same senders pass before and after.
    flat = "$ORIGIN x.test.\n@ 300 SOA ns h 1 2 3 4 5\n" + out
    (site / "flat").write_text(flat)
    after = json.loads(spf(site, "explain", "--zone", "flat", "--format", "json", "wide.x.test")[1])
    assert after["networks"] == tree(site, "wide.x.test")[1]["networks"]


def test_too_many_parts_are_refused(site):
    text = "v=spf1" + "".join(f" ip4:10.{i}.{j}.0/24" for i in range(20) for j in range(1, 60, 2))
    quoted = " ".join(f'"{text[i:i + 200]}"' for i in range(0, len(text), 200))
    with open(site / "zone", "a", encoding="ascii") as f:
        f.write(f'huge TXT {quoted}\nhuger TXT "v=spf1 include:huge.x.test -all"\n')
    status, out, err = spf(site, "flatten", "--zone", "zone", "huger.x.test")
    assert status == 1 and out == "" and "lookups of 10" in err
    assert not (site / "huger.x.test.spf.lock").exists()


def test_drift(site):
    assert spf(site, "flatten", "--zone", "zone", "x.test")[0] == 0
    assert spf(site, "flatten", "--zone", "zone", "--check", "x.test") == (0, "", "")
    (site / "zone").write_text(ZONE.replace("198.51.100.0/28", "198.51.100.0/27"))
    status, out, err = spf(site, "flatten", "--zone", "zone", "--check", "x.test")
    assert status == 1 and out == "+ 198.51.100.16/28\n" and "DN068" in err


def test_drift_once_it_is_published(site):
    lock = site / "my.lock"
    product = strings(spf(site, "flatten", "--zone", "zone", "--lock", lock, "x.test")[1])
    published = ZONE.replace("v=spf1 mx include:big.x.test include:dyn.x.test -all", product)
    (site / "zone").write_text(published)
    assert spf(site, "flatten", "--zone", "zone", "--lock", lock, "--check", "x.test")[:2] == (0, "")
    # Made anew from the source, not from the product.
    before = lock.read_text()
    assert strings(spf(site, "flatten", "--zone", "zone", "--lock", lock, "x.test")[1]) == product
    assert lock.read_text() == before
    (site / "zone").write_text(published.replace(product, "v=spf1 ip4:192.0.2.1 -all"))
    status, out, _ = spf(site, "flatten", "--zone", "zone", "--lock", lock, "--check", "x.test")
    assert status == 1 and "neither" in out


@pytest.mark.parametrize("domain,status", [
    ("loop.x.test", 1), ("gone.x.test", 1), ("two.x.test", 1), ("none.x.test", 1),
    ("wild.x.test", 3)])
def test_what_cannot_be_flattened(site, domain, status):
    got = spf(site, "flatten", "--zone", "zone", domain)
    assert got[:2] == (status, "") and "cannot be flattened" in got[2]
    assert not list(site.glob("*.lock"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "mcc-spf-lock/1"}',
                                  '{"schema": "mcc-spf-lock/1", "source": 1, "records": [1]}'])
def test_broken_lock(site, text):
    (site / "lock").write_text(text)
    for more in ((), ("--check",)):
        status, out, err = spf(site, "flatten", "--zone", "zone", "--lock", "lock", *more, "x.test")
        assert status == 3 and out == "" and "lock" in err
    assert (site / "lock").read_text() == text


def test_check_without_a_lock(site):
    assert spf(site, "flatten", "--zone", "zone", "--check", "x.test")[0] == 3


def test_recorded(site, tmp_path):
    texts = {"x.test": "v=spf1 include:i.x.test -all", "i.x.test": "v=spf1 a:h.x.test -all"}

    def script(q, is_tcp, number):
        name, rtype, _ = question(q)
        if rtype == 16 and name.lower() in texts:
            return [reply(q, [record(name, "TXT", texts[name.lower()])])]
        return [reply(q, [record(name, "A", "192.0.2.1")])] if rtype == 1 else [reply(q)]
    with Scripted(script) as server:
        live = spf(tmp_path, "explain", "--resolver", server.where, "--record", "tape", "x.test")
    assert live[0] == 0 and "192.0.2.1" in live[1]
    assert spf(tmp_path, "explain", "--replay", "tape", "x.test") == live


# --- lint ------------------------------------------------------------------

def lint(folder, *words):
    status, out, err = spf(folder, "lint", "--format", "json", *words)
    assert out, err
    return status, [(d["rule"], d["line"], d["column"]) for d in json.loads(out)["diagnostics"]]


@pytest.mark.parametrize("text,status,found", [
    ("v=spf1 ip4:192.0.2.1 -all", 0, []),
    ('"v=spf1 ip4:192.0.2.1 " "-all"', 0, []),
    (" v=spf1 -all", 1, [("DN044", 1, 1)]),
    ("'v=spf1 -all'", 1, [("DN044", 1, 1)]),
    ('"v=spf1 -all', 1, [("DN044", 1, 1)]),
    ('" v=spf1 -all"', 1, [("DN044", 1, 2)]),
    ("v=spf1;a -all", 1, [("DN044", 1, 1)]),
    ("v = spf1 -all", 1, [("DN044", 1, 1)]),
    ("v=spf2 -all", 1, [("DN044", 1, 1)]),
    ("v=spf1 include: a.test -all", 1, [("DN043", 1, 16), ("DN043", 1, 17)]),
    ("v=spf1 ipv4:192.0.2.1 -all", 1, [("DN043", 1, 8)]),
    ("v=spf1 ip4:192.0.2.1,ip4:192.0.2.2 -all", 1, [("DN043", 1, 12)]),
    ('"v=spf1 " "ipv4:192.0.2.1 -all"', 1, [("DN043", 1, 12)]),
    ("v=spf1 ip4:0.0.0.0/0 -all", 1, [("DN057", 1, 8)]),
    ("v=spf1 +all", 1, [("DN052", 1, 8)]),
    ("v=spf1 all", 1, [("DN052", 1, 8)]),
    ("v=spf1 ip4:192.0.2.1", 0, [("DN053", 1, 21)]),
    ("v=spf1 ?all", 0, [("DN053", 1, 8)]),
    ("v=spf1 -all a", 0, [("DN054", 1, 13)]),
    ("v=spf1 -all redirect=a.test", 0, [("DN055", 1, 13)]),
    ("v=spf1 ptr -all", 0, [("DN056", 1, 8)]),
    ("v=spf1 include:a.test ip6:2001:db8::1 -all", 0, [("DN067", 1, 23)]),
    ("v=spf1 a a -all", 0, [("DN060", 1, 10)]),
    ("spf2.0/pra,mfrom -all", 0, [("DN069", 1, 1)]),
    ("v=spf1 " + " ".join(f"a:h{i}.x.test" for i in range(9)) + " -all", 0, [("DN046", 1, 1)]),
])
def test_lint_text(tmp_path, text, status, found):
    assert lint(tmp_path, text) == (status, found)


def test_lint_zone_file(tmp_path):
    (tmp_path / "zone").write_text("""$ORIGIN x.test.
; a comment about "v=spf1 +all"
@ SOA ns h 1 2 3 4 5
@ IN TXT ( "v=spf1 " ; first
           "mx +all" )
@ IN TXT "google-site-verification=x"
a IN TXT "v=spf1 -all"
""")
    assert lint(tmp_path, "zone") == (1, [("DN052", 5, 16)])


def test_lint_other_words(tmp_path):
    assert spf(tmp_path, "lint", "no-such-file")[0] == 3
    assert spf(tmp_path, "lint")[0] == 2
    (tmp_path / "file").write_text("hello\n")
    assert lint(tmp_path, "file") == (1, [("DN044", 1, 1)])
    (tmp_path / "file").write_bytes(bytes(range(256)) * 3)
    assert spf(tmp_path, "lint", "file")[0] in (0, 1)


@pytest.mark.parametrize("words", [
    [], ["nothing"], ["explain"], ["explain", "a", "b"], ["explain", "--format", "xml", "a"],
    ["flatten"], ["flatten", "--frob", "a"], ["lint", "--format", "xml", "v=spf1 -all"]])
def test_usage(tmp_path, words):
    assert spf(tmp_path, *words)[0] == 2
