# SPDX-License-Identifier: BSD-2-Clause
"""Dialogues with a real mccd: replies, limits, smuggling, relay, XCLIENT, real
clients (swaks, smtplib, our own sendmail)."""
import contextlib
import re
import shutil
import smtplib
import socket
import subprocess
import time

import pytest

from mccd_daemon import Daemon, Dialogue, Site, until
from programs import MCCD


@pytest.fixture(scope="module")
def served():
    site = Site("message_size_limit = 20000\nsmtpd_soft_error_limit = 1000\n"
                "smtpd_hard_error_limit = 1000\nsmtpd_recipient_limit = 5\n")
    site.build()
    with Daemon(site) as daemon:
        yield daemon
        assert daemon.stop() == 0
    site.remove()


@pytest.fixture
def dlg(served):
    with Dialogue(served) as d:
        yield d


def test_greeting_and_ehlo(dlg):
    assert dlg.greeting == "220 mx.example.com ESMTP Postfix"
    assert dlg.ask("EHLO c.example").splitlines() == [
        "250-mx.example.com", "250-PIPELINING", "250-SIZE 20000",
        "250-XCLIENT NAME ADDR PORT PROTO HELO REVERSE_NAME LOGIN DESTADDR DESTPORT",
        "250-ENHANCEDSTATUSCODES", "250 8BITMIME"]
    assert dlg.ask("QUIT") == "221 2.0.0 Bye"
    assert dlg.closed()


M, R, D = "MAIL FROM:<s@c.example>", "RCPT TO:<u@v.example>", "DATA"


@pytest.mark.parametrize("commands, last", [
    ([R], "503 5.5.1 Error: need MAIL command"),
    ([D], "503 5.5.1 Error: need RCPT command"),
    ([M, D], "554 5.5.1 Error: no valid recipients"),
    ([M, M], "503 5.5.1 Error: nested MAIL command"),
    ([M, R, M], "503 5.5.1 Error: nested MAIL command"),
    ([M, "RSET", R], "503 5.5.1 Error: need MAIL command"),
    ([M, "EHLO c", R], "503 5.5.1 Error: need MAIL command"),
    ([M, R, "EHLO c", D], "503 5.5.1 Error: need RCPT command"),
    ([M, R, "RSET", D], "503 5.5.1 Error: need RCPT command"),
    ([M, "HELO c", M], "250 2.1.0 Ok"),
    ([M, "NOOP", R], "250 2.1.5 Ok"),
    ([M, R, D], "354 End data with <CR><LF>.<CR><LF>"),
])
def test_orders(dlg, commands, last):
    dlg.hello()
    assert [dlg.ask(c) for c in commands][-1] == last


def test_content_arrives_byte_exact(served, dlg):
    body = "".join(f"line {n} ..  \t\r\n" for n in range(50)) + "..\r\n.x\r\n\r\n"
    # Nothing is missing that would be added.
    head = "From: s@client.example\r\nDate: x\r\nMessage-Id: <x@y>\r\nX-Long: " + "a " * 300 + "\r\n\r\n"
    stuffed = re.sub(r"(?m)^\.", "..", head + body)
    dlg.hello().begin()
    dlg.send(stuffed + ".\r\n")
    queue_id = re.match(r"250 2\.0\.0 Ok: queued as (\S+)$", dlg.reply()).group(1)
    message = until(lambda: [m for m in served.site.delivered() if queue_id.encode() in m])[0]
    assert message.endswith((head + body).replace("\r\n", "\n").encode())
    received = re.search(rb"^Received: (.*(?:\n[ \t].*)*)", message, re.M).group(0).decode()
    assert re.fullmatch(
        r"Received: from client\.example \(localhost \[127\.0\.0\.1\]\)\n"
        r"\tby mx\.example\.com \(Postfix\) with ESMTP id " + queue_id +
        r"\n\tfor <u@v\.example>; \w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4} \(\w+\)", received)


def test_pipelined_group_in_one_write(dlg):
    dlg.hello()
    dlg.send("MAIL FROM:<s@c.example>\r\nRCPT TO:<u@v.example>\r\nRCPT TO:<nobody@v.example>\r\n"
             "RCPT TO:<w@v.example>\r\nDATA\r\n")
    assert [dlg.reply()[:3] for _ in range(5)] == ["250", "250", "550", "250", "354"]
    dlg.send("Subject: x\r\n\r\nx\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<u@v.example>\r\nQUIT\r\n")
    assert [dlg.reply()[:3] for _ in range(4)] == ["250", "250", "250", "221"]
    assert dlg.closed()


def test_dialogue_byte_by_byte(served):
    with Dialogue(served) as d:
        for b in b"EHLO c\r\n":
            d.send(bytes([b]))
        assert d.reply().startswith("250-")
        for b in b"MAIL FROM:<s@c.example>\r\nRCPT TO:<u@v.example>\r\n":
            d.send(bytes([b]))
        assert [d.reply(), d.reply()] == ["250 2.1.0 Ok", "250 2.1.5 Ok"]


def test_early_talker(served):
    # XCLIENT restarts the session, so only the very first greeting counts.
    hits = 0
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", served.port), 10) as s:
            s.sendall(b"EHLO c\r\n")
            first = s.makefile("rb").readline()
            assert first[:3] in (b"220", b"554")
            hits += first.startswith(b"554 5.5.0")
    # Bytes that arrive with the connection are seen nearly always.
    assert hits >= 1


def test_pipelining_where_it_is_forbidden(served):
    for text in ("EHLO c\r\nMAIL FROM:<>\r\n", "HELO c\r\nMAIL FROM:<>\r\n"):
        with Dialogue(served) as d:
            d.send(text)
            assert d.reply() == "554 5.5.0 Error: SMTP protocol synchronization"
            assert d.closed()
    with Dialogue(served) as d:
        d.hello()
        d.send("MAIL FROM:<>\r\nRCPT TO:<u@v.example>\r\nDATA\r\nSubject: x\r\n")
        assert [d.reply()[:3] for _ in range(3)] == ["250", "250", "554"]
        assert d.closed()


FAKE_ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r",
             b"\r\r\n.\r\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n"]


@pytest.mark.parametrize("fake", FAKE_ENDS, ids=lambda f: f.hex())
def test_smuggling(served, fake):
    """CVE-2023-51764: one message goes in, one comes out or none."""
    mark = b"smuggle-" + fake.hex().encode()
    with Dialogue(served) as d:
        d.hello().begin()
        d.send(b"Subject: " + mark + b"\r\n\r\nx" + fake +
               b"MAIL FROM:<evil@c.example>\r\nRCPT TO:<w@v.example>\r\nDATA\r\n"
               b"Subject: " + mark + b"\r\n\r\nevil\r\n.\r\n")
        reply = d.reply()
        assert reply.startswith("550 5.6.0" if b"\x00" in fake else "250 2.0.0"), reply
        assert d.ask("NOOP") == "250 2.0.0 Ok"
    if b"\x00" not in fake:
        until(lambda: [m for m in served.site.delivered() if mark in m])
    until(served.queue_is_empty)
    assert not [m for m in served.site.delivered("w") if mark in m]
    for message in served.site.delivered():
        assert b"\r" not in message


def test_long_command_line(dlg):
    dlg.hello()
    dlg.send(b"x" * (1 << 20) + b"\r\n")
    assert dlg.reply() == "500 5.5.2 Error: line too long"
    assert dlg.ask("NOOP") == "250 2.0.0 Ok"


def test_odd_bytes_in_commands(dlg):
    dlg.hello()
    assert dlg.ask(b"MAIL FROM:<a\x00@b.example>") == "500 5.5.2 Error: bad syntax"
    assert dlg.ask(b"MAIL FROM:<a\xff@b.example>").startswith("553 5.6.7")
    assert dlg.ask(b"\x01\x02").startswith("500 5.5.2")


def test_size(dlg):
    dlg.hello()
    assert dlg.ask("MAIL FROM:<> SIZE=20001") == "552 5.3.4 Message size exceeds fixed limit"
    dlg.begin()
    dlg.send(b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 50000 + b".\r\n")
    assert dlg.reply() == "552 5.3.4 Error: message file too big"
    assert dlg.ask("NOOP") == "250 2.0.0 Ok"


def test_recipient_limit(dlg):
    dlg.hello()
    assert dlg.ask(M) == "250 2.1.0 Ok"
    got = [dlg.ask(R) for _ in range(7)]
    # Duplicates are one recipient for delivery, but each is counted here.
    assert got[:5] == ["250 2.1.5 Ok"] * 5
    assert got[5:] == ["452 4.5.3 Error: too many recipients"] * 2


def test_more_recipients_than_a_packet_holds():
    site = Site("smtpd_recipient_limit = 5000\n")
    site.build()
    with Daemon(site) as daemon, Dialogue(daemon) as d:
        d.hello()
        d.ask(M)
        d.send("".join(f"RCPT TO:<u+{n}@elsewhere.example>\r\n" for n in range(2010)))
        got = [d.reply() for _ in range(2010)]
        assert got == ["250 2.1.5 Ok"] * 2000 + ["452 4.5.3 Error: too many recipients"] * 10
        d.ask("DATA")
        assert d.ask("Subject: x\r\n\r\nx\r\n.").startswith("250 2.0.0")
        assert daemon.stop() == 0
    site.remove()


def test_duplicate_recipients_are_delivered_once(served, dlg):
    dlg.hello().begin("w@v.example", "W@V.example", "w@v.example")
    assert dlg.ask("Subject: once-only\r\n\r\nx\r\n.").startswith("250")
    until(served.queue_is_empty)
    got = [m for m in served.site.delivered("w") if b"once-only" in m]
    assert len(got) in (1, 2)  # the two spellings may differ in the local part


def test_hops(dlg):
    dlg.hello().begin()
    dlg.send("Received: from x\r\n" * 51 + "\r\nx\r\n.\r\n")
    assert dlg.reply() == "554 5.4.0 Error: too many hops"


def test_helo_cannot_inject(served, dlg):
    assert dlg.ask('HELO x(y)"z"<a>;').startswith("250")
    dlg.begin()
    assert dlg.ask("Subject: helo-clean\r\n\r\nx\r\n.").startswith("250")
    message = until(lambda: [m for m in served.site.delivered() if b"helo-clean" in m])[0]
    assert b"Received: from x?y??z??a?? (localhost [127.0.0.1])\n" in message
    assert b"with SMTP id" in message


RELAY = [
    # client, recipient, code, enhanced code
    ("127.0.0.1", "u@v.example", 250, "2.1.5"),
    ("127.0.0.1", "x@elsewhere.example", 250, "2.1.5"),
    ("192.0.2.1", "u@v.example", 250, "2.1.5"),
    ("192.0.2.1", "postmaster@example.com", 250, "2.1.5"),
    ("192.0.2.1", "postmaster", 250, "2.1.5"),
    ("192.0.2.1", "x@elsewhere.example", 554, "5.7.1"),
    ("192.0.2.1", "nobody@v.example", 550, "5.1.1"),
    ("192.0.2.1", "nobody@example.com", 550, "5.1.1"),
    ("192.0.2.1", "x%elsewhere.example@example.com", 554, "5.7.1"),
    ("192.0.2.1", '"x@elsewhere.example"@example.com', 554, "5.7.1"),
    ("192.0.2.1", "elsewhere.example!x@example.com", 554, "5.7.1"),
    ("192.0.2.1", "@example.com:x@elsewhere.example", 554, "5.7.1"),
    ("2001:db8::1", "x@elsewhere.example", 554, "5.7.1"),
]


@pytest.mark.parametrize("client, rcpt, code, dsn", RELAY)
def test_relay(dlg, client, rcpt, code, dsn):
    address = "IPV6:" + client if ":" in client else client
    assert dlg.ask(f"XCLIENT ADDR={address} NAME=[UNAVAILABLE]").startswith("220 ")
    dlg.hello()
    assert dlg.ask(M) == "250 2.1.0 Ok"
    assert dlg.ask(f"RCPT TO:<{rcpt}>").startswith(f"{code} {dsn} ")


def test_xclient_may_not_pass_on_its_right(served, dlg):
    assert dlg.ask("XCLIENT ADDR=192.0.2.7 NAME=spam.example HELO=h PROTO=ESMTP").startswith("220")
    dlg.hello().begin()
    assert dlg.ask("Subject: by-xclient\r\n\r\nx\r\n.").startswith("250")
    message = until(lambda: [m for m in served.site.delivered() if b"by-xclient" in m])[0]
    assert b"(spam.example [192.0.2.7])" in message
    # The peer is still 127.0.0.1, whoever it speaks for.
    assert dlg.ask("XCLIENT ADDR=192.0.2.8").startswith("220")


def test_second_message_has_its_own_envelope(served, dlg):
    dlg.hello().begin("u@v.example")
    first = dlg.ask("Subject: first\r\n\r\nsecond-env\r\n.")
    dlg.begin("w@v.example")
    second = dlg.ask("Subject: second\r\n\r\nsecond-env\r\n.")
    assert first.startswith("250") and second.startswith("250") and first != second
    until(served.queue_is_empty)
    assert len([m for m in served.site.delivered("u") if b"second-env" in m]) == 1
    assert len([m for m in served.site.delivered("w") if b"second-env" in m]) == 1


def test_enhanced_codes_everywhere(dlg):
    dlg.hello()
    for line in (M, R, "RCPT TO:<nobody@v.example>", "RCPT", "VRFY x", "EXPN x", "FOO", "HELP",
                 "RSET", "NOOP", "DATA", "XCLIENT", "MAIL FROM:<a@b.example> FOO", "AUTH PLAIN"):
        reply = dlg.ask(line)
        assert re.match(r"([245])\d\d[ -]\1\.\d{1,3}\.\d{1,3} ", reply), (line, reply)


def test_clients(served):
    swaks = shutil.which("swaks")
    assert swaks, "swaks is one of the packages of `make deps-test`"
    subprocess.run([swaks, "--server", "127.0.0.1", "--port", str(served.port), "--to",
                    "u@v.example", "--from", "s@c.example", "--pipeline", "--header",
                    "Subject: by-swaks"], check=True, capture_output=True, timeout=30)
    with smtplib.SMTP("127.0.0.1", served.port, timeout=20) as client:
        client.sendmail("s@c.example", ["u@v.example", "w@v.example"],
                        b"Subject: by-smtplib\r\n\r\n.\r\n..\r\nx\r\n")
    for mark in (b"by-swaks", b"by-smtplib"):
        until(lambda m=mark: [t for t in served.site.delivered() if m in t])


def sendmail(served, *args, text):
    return subprocess.run([MCCD, "sendmail", "--spool", served.site.spool, *args], input=text,
                          capture_output=True, timeout=30, check=False)


def test_sendmail(served):
    done = sendmail(served, "-f", "s@c.example", "-i", "u@v.example",
                    text=b"Subject: by-sendmail\n\n.\n..\nFrom x\n")
    assert done.returncode == 0, done.stderr
    message = until(lambda: [m for m in served.site.delivered() if b"by-sendmail" in m])[0]
    assert message.endswith(b"Subject: by-sendmail\n\n.\n..\nFrom x\n")
    for name in (b"Date: ", b"From: <s@c.example>", b"Message-ID: <", b"Return-Path: <s@c.example>"):
        assert b"\n" + name in b"\n" + message

    done = sendmail(served, "-t", "-oi", text=b"To: \"U, the\" <u@v.example> (x)\nBcc: w@v.example\n"
                    b"Subject: by-sendmail-t\n\nx\n")
    assert done.returncode == 0, done.stderr
    message = until(lambda: [m for m in served.site.delivered("w") if b"by-sendmail-t" in m])[0]
    assert b"Bcc" not in message

    # A lone dot ends the text without -i.
    done = sendmail(served, "u@v.example", text=b"Subject: dot\n\nshown\n.\nhidden\n")
    assert done.returncode == 0
    message = until(lambda: [m for m in served.site.delivered() if b"Subject: dot\n" in m])[0]
    assert b"shown" in message and b"hidden" not in message


@pytest.mark.parametrize("args, text, status", [
    (["nobody@v.example"], b"x\n", 69),
    ([], b"x\n", 64),
    (["-t"], b"Subject: x\n\nx\n", 64),
    (["-t"], b"To: <u@v.example\n\nx\n", 64),
    (["-Z", "u@v.example"], b"x\n", 64),
    (["--server", "127.0.0.1:1", "u@v.example"], b"x\n", 75),
])
def test_sendmail_failures(served, args, text, status):
    done = sendmail(served, *args, text=text)
    assert done.returncode == status, done.stderr
    assert done.stderr


def test_help_and_usage():
    def run(*args):
        return subprocess.run([MCCD, *args], capture_output=True, text=True, timeout=20, check=False)

    assert run("--help").returncode == 0 and "usage: mccd run" in run("--help").stdout
    assert run("--version").stdout.startswith("mccd ")
    for args in ((), ("foo",), ("run",), ("run", "-g"), ("run", "-g", "x", "y"), ("queue",),
                 ("queue", "show"), ("run", "-g", "x", "--smtp-port", "0"), ("reload", "x")):
        done = run(*args)
        assert done.returncode == 2 and done.stderr, args


def test_errors_slow_down_only_their_session():
    site = Site("smtpd_soft_error_limit = 2\nsmtpd_hard_error_limit = 5\n")
    site.build()
    with Daemon(site) as daemon, Dialogue(daemon) as bad, Dialogue(daemon) as good:
        bad.hello()
        start = time.monotonic()
        for _ in range(5):
            bad.send("FOO\r\n")
        while not good.ask("NOOP").startswith("250"):
            pass
        with contextlib.suppress(BlockingIOError):
            so_far = bad.sock.recv(1 << 16, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            assert so_far.count(b"500 ") < 5
        replies = [bad.reply() for _ in range(6)]
        assert replies[:5] == ["500 5.5.2 Error: command not recognized"] * 5
        assert replies[5] == "421 4.7.0 mx.example.com Error: too many errors"
        assert time.monotonic() - start > 1.9
        assert bad.closed()
    site.remove()


def test_timeouts():
    site = Site("smtpd_timeout = 2s\n")
    site.build()
    with Daemon(site) as daemon, Dialogue(daemon) as idle, Dialogue(daemon) as drip:
        drip.hello().begin()
        assert idle.reply() == "421 4.4.2 mx.example.com Error: timeout exceeded"
        # A byte now and then does not keep a command alive for ever.
        with Dialogue(daemon) as slow:
            try:
                for b in b"NOOP xxxxxxxxxxxxxxxxx":
                    slow.send(bytes([b]))
                    time.sleep(0.25)
            except OSError:
                pass
            else:
                raise AssertionError("the session outlived its time")
        assert drip.reply().startswith("421 4.4.2")
    site.remove()


def test_bare_newline_may_be_refused():
    site = Site("smtpd_forbid_bare_newline = reject\n")
    site.build()
    text = "Subject: x\n\nbare-lf\r\n.\r\n"
    with Daemon(site) as daemon:
        with Dialogue(daemon) as d:
            assert d.ask("XCLIENT ADDR=192.0.2.1 NAME=[UNAVAILABLE]").startswith("220")
            d.hello().begin()
            d.send(text)
            assert d.reply() == "550 5.5.2 Error: bare <LF> received"
            assert d.closed()
        # Own clients are trusted: smtpd_forbid_bare_newline_exclusions.
        with Dialogue(daemon) as d:
            d.hello().begin()
            d.send(text)
            assert d.reply().startswith("250 2.0.0")
        assert daemon.stop() == 0
    site.remove()


def test_connections_per_client():
    site = Site("smtpd_client_connection_count_limit = 3\nmynetworks = 192.0.2.0/24\n")
    site.build()
    with Daemon(site) as daemon:
        open_ones = [Dialogue(daemon) for _ in range(3)]
        assert all(d.greeting.startswith("220") for d in open_ones)
        with Dialogue(daemon) as one_more:
            assert one_more.greeting == ("421 4.7.0 mx.example.com Error: too many connections "
                                         "from 127.0.0.1")
            assert one_more.closed()
        open_ones.pop().close()
        until(lambda: Dialogue(daemon).greeting.startswith("220"))
        for d in open_ones:
            d.close()
    site.remove()


def test_out_of_descriptors():
    site = Site()
    site.build()
    daemon = Daemon(site, start=False)
    plain = daemon.argv
    daemon.argv = lambda: ["prlimit", "--nofile=80:80", *plain()]
    with daemon:
        daemon.start()
        many = [Dialogue(daemon) for _ in range(60)]
        codes = {d.greeting[:3] for d in many}
        assert codes == {"220", "421"}
        for d in many:
            d.close()
        until(lambda: Dialogue(daemon).greeting.startswith("220"))
        assert daemon.stop() == 0
    site.remove()
