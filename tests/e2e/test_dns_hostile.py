# SPDX-License-Identifier: BSD-2-Clause
"""The resolver against servers that drop, delay, truncate, lie and loop."""
import struct
import subprocess

import pytest

from dns_servers import Scripted, framed, free_port, question, record, reply
from programs import MCC


def query(*words, seconds=30):
    done = subprocess.run([MCC, "dns", "query", *words], capture_output=True, text=True,
                          errors="replace", timeout=seconds, check=False)
    assert done.returncode in (0, 1, 3), done.stderr
    return done


def ask(server, name="a.test", rtype="A", more=()):
    done = query("--resolver", server.where, *more, name, rtype)
    return done.stdout.split(": ", 1)[1].split(",")[0].split(" ")[0], done.stdout


def good(q):
    return reply(q, [record(question(q)[0], "A", "192.0.2.1")])


def test_wrong_id_question_and_kind_are_dropped():
    def script(q, is_tcp, number):
        name = question(q)[0]
        ident = struct.unpack("!H", q[:2])[0]
        evil = [record(name, "A", "203.0.113.66")]
        return [reply(q, evil, ident=ident ^ 1),
                reply(q, evil, quest=question(q)[2][:-4] + b"\0\x0f\0\1"),
                reply(q, evil, flags=0x0100),
                reply(q, evil)[:11], b"",
                reply(q, evil)[:-3],
                0.05, good(q)]
    with Scripted(script) as server:
        status, out = ask(server)
    assert status == "NOERROR" and "192.0.2.1" in out and "203.0.113.66" not in out


def test_wrong_case_is_asked_again_by_tcp():
    """A forger cannot know the case of the letters; TCP settles it."""
    def script(q, is_tcp, number):
        if is_tcp:
            return [framed(good(q))]
        lower = reply(q, [record(question(q)[0], "A", "203.0.113.66")],
                      quest=question(q)[2].lower())
        return [lower]
    with Scripted(script) as server:
        status, out = ask(server, name="abcdefghijklmnop.qrstuvwxyz.test")
        assert server.seen[-1][1], "no TCP query"
    assert status == "NOERROR" and "192.0.2.1" in out


def test_names_carry_random_case_ids_and_ports():
    with Scripted(lambda q, t, n: [good(q)]) as server:
        for _ in range(12):
            ask(server, name="abcdefghijklmnopqrstuvwxyz.example.test")
        names = {question(q)[0] for q, _, _ in server.seen}
        idents = {q[:2] for q, _, _ in server.seen}
        ports = {source[1] for _, _, source in server.seen}
    assert len(names) == 12 and len(idents) >= 11 and len(ports) >= 10


def test_lost_queries_are_repeated():
    with Scripted(lambda q, t, n: [good(q)] if n >= 2 else []) as server:
        status, out = ask(server, more=("--timeout", "1"))
        assert len(server.seen) == 3
        assert len({q[:2] for q, _, _ in server.seen}) == 3, "a try has its own id"
    assert status == "NOERROR"


def test_silence_is_a_timeout():
    with Scripted(lambda q, t, n: []) as server:
        status, out = ask(server, more=("--timeout", "1"))
    assert status == "TIMEOUT"


def test_late_answers_are_taken_within_the_try():
    with Scripted(lambda q, t, n: [0.8, good(q)]) as server:
        assert ask(server)[0] == "NOERROR"


def test_truncated_goes_to_tcp():
    def script(q, is_tcp, number):
        return [framed(good(q))] if is_tcp else [reply(q, flags=0x8380)]
    with Scripted(script) as server:
        assert ask(server)[0] == "NOERROR"
        assert [t for _, t, _ in server.seen] == [False, True]


@pytest.mark.parametrize("answer", [
    lambda q: [framed(reply(q, flags=0x8380))],  # truncated again
    lambda q: [framed(good(q))[:20]],  # cut, then closed
    lambda q: [b"\0\0"],
    lambda q: [framed(reply(q, ident=1))],
    lambda q: [framed(good(q)[:-2])],
    lambda q: [],
], ids=["truncated", "cut", "empty", "wrong-id", "malformed", "closed"])
def test_bad_tcp_is_a_failure_not_an_answer(answer):
    def script(q, is_tcp, number):
        return answer(q) if is_tcp else [reply(q, flags=0x8380)]
    with Scripted(script) as server:
        assert ask(server, more=("--timeout", "1"))[0] == "SERVFAIL"


def test_malformed_answers_only():
    def script(q, is_tcp, number):
        # The record says 200 octets and has four.
        bad = reply(q, [record(question(q)[0], "A", "192.0.2.1")])
        return [bad[:-6] + b"\0\xc8" + bad[-4:]]
    with Scripted(script) as server:
        status, out = ask(server, more=("--timeout", "1"))
    assert status == "SERVFAIL" and "malformed" in out


@pytest.mark.parametrize("pointer", [b"\xc0\x0c", b"\xc0\xff", b"\xff\xff"])
def test_compression_loops(pointer):
    def script(q, is_tcp, number):
        at = 12 + len(question(q)[2])
        name = struct.pack("!H", 0xc000 | at) if pointer == b"\xc0\x0c" else pointer
        body = name + struct.pack("!HHIH", 1, 1, 60, 4) + b"\1\2\3\4"
        return [reply(q, [body])]
    with Scripted(script) as server:
        assert ask(server, more=("--timeout", "1"))[0] == "SERVFAIL"


def test_cname_loop_across_questions():
    def script(q, is_tcp, number):
        name = question(q)[0].lower()
        target = "b.test" if name == "a.test" else "a.test"
        return [reply(q, [record(question(q)[0], "CNAME", target)])]
    with Scripted(script) as server:
        status, out = ask(server)
        assert len(server.seen) <= 14
    assert status == "SERVFAIL" and "loop" in out


def test_cname_loop_within_a_message():
    def script(q, is_tcp, number):
        return [reply(q, [record("a.test", "CNAME", "b.test"),
                          record("b.test", "CNAME", "a.test")])]
    with Scripted(script) as server:
        assert ask(server, more=("--timeout", "1"))[0] == "SERVFAIL"


def test_records_of_other_names_do_not_count():
    def script(q, is_tcp, number):
        return [reply(q, [record("victim.test", "A", "203.0.113.66")])]
    with Scripted(script) as server:
        status, out = ask(server)
    assert status == "NODATA" and "203.0.113.66" not in out


@pytest.mark.parametrize("rcode,status", [(2, "SERVFAIL"), (3, "NXDOMAIN"), (5, "REFUSED"),
                                          (9, "LAME"), (4, "SERVFAIL")])
def test_rcodes(rcode, status):
    with Scripted(lambda q, t, n: [reply(q, rcode=rcode)]) as server:
        assert ask(server)[0] == status


def test_referral_is_lame():
    def script(q, is_tcp, number):
        return [reply(q, flags=0x8000, authority=[record("test", "NS", "ns.test")])]
    with Scripted(script) as server:
        assert ask(server)[0] == "LAME"


def test_failed_validation_is_bogus():
    """SERVFAIL that goes away when checking is disabled."""
    def script(q, is_tcp, number):
        return [good(q)] if q[3] & 0x10 else [reply(q, rcode=2)]
    with Scripted(script) as server:
        assert ask(server)[0] == "BOGUS"


def test_server_without_edns():
    def script(q, is_tcp, number):
        has_opt = struct.unpack("!H", q[10:12])[0] != 0
        return [reply(q, rcode=1)] if has_opt else [good(q)]
    with Scripted(script) as server:
        assert ask(server)[0] == "NOERROR"
        assert len(server.seen) == 2


def test_the_next_server_is_asked():
    with Scripted(lambda q, t, n: [reply(q, rcode=5)]) as refusing, \
            Scripted(lambda q, t, n: [good(q)]) as good_one:
        done = query("--resolver", f"127.0.0.1@{free_port()}", "--resolver", refusing.where,
                     "--resolver", good_one.where, "a.test", "A")
    assert "NOERROR" in done.stdout and good_one.where in done.stdout


def test_nothing_listens():
    done = query("--resolver", f"127.0.0.1@{free_port()}", "a.test", "A")
    assert done.returncode == 3 and "UNVERIFIED" in done.stdout


def test_ad_bit_counts_from_loopback():
    with Scripted(lambda q, t, n: [reply(q, [record(question(q)[0], "A", "192.0.2.1")],
                                         flags=0x81a0)]) as server:
        assert ", validated" in ask(server)[1]
    with Scripted(lambda q, t, n: [good(q)]) as server:
        assert "not validated" in ask(server)[1]


def test_the_same_question_is_asked_once():
    with Scripted(lambda q, t, n: [0.1, good(q)]) as server:
        done = query("--resolver", server.where, "a.test", "A", "A", "A")
        assert len(server.seen) == 1
    assert done.stdout.count("192.0.2.1") == 3


def test_bad_names_are_not_asked():
    with Scripted(lambda q, t, n: [good(q)]) as server:
        for name in ("a..b", "x" * 64 + ".test", ".".join(["abcdefg"] * 40), "\udcff.test"):
            done = query("--resolver", server.where, name, "A")
            assert ": BADNAME (no domain name: " in done.stdout and "not asked" in done.stdout
            assert done.returncode == 3
        assert not server.seen


def test_missing_recording_is_an_error(tmp_path):
    done = query("--replay", tmp_path / "none", "a.test", "A")
    assert done.returncode == 3 and "no such file" in done.stderr


def test_options_exclude_each_other(tmp_path):
    done = subprocess.run([MCC, "dns", "query", "--zone", "z", "--replay", "r", "a.test", "A"],
                          capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
