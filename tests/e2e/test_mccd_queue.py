# SPDX-License-Identifier: BSD-2-Clause
"""The queue: what it keeps over restarts, what it does with damage, a full
disk, the operator's commands, and what it tells senders."""

import email
import email.policy
import os
import re
import signal
import smtplib
import subprocess
import time

import pytest

from mccd_peers import SmtpPeer
from mccd_site import Site, free_port, wait_for

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")
SLOW = "minimal_backoff_time = 300s\nmaximal_backoff_time = 300s\nqueue_run_delay = 300s\n"


def deaf(port, extra=""):
    """A relayhost where nobody listens."""
    return "relayhost = [127.0.0.1]:%d\n%s" % (port, extra)


def parse(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


# --- restarts -------------------------------------------------------------------


def test_kept_over_restarts(tmp_path):
    port = free_port()
    with Site(tmp_path, extra=deaf(port)) as site:
        for n in range(10):
            site.send("a%d@x.example" % n, text="Subject: n%d\n\nx\n" % n)
        site.wait_log("status=deferred")
        assert len(site.queued()) == 10
        assert site.stop() == 0
        site.start()
        site.wait_log("queue has 10 messages, 0 damaged")
        with SmtpPeer(port=port) as peer:
            site.wait_empty(90)
            seen = sorted(re.search(rb"Subject: (\w+)", m.data).group(1).decode()
                          for m in peer.messages)
            assert seen == sorted("n%d" % n for n in range(10))


def test_attempts_and_next_try_survive(tmp_path):
    with Site(tmp_path, extra=deaf(free_port(), SLOW)) as site:
        site.send("a@x.example")
        site.wait_log("status=deferred")
        time.sleep(0.3)
        site.stop()
        mark = len(site.log())
        site.start()
        time.sleep(1.5)
        assert "status=deferred" not in site.log()[mark:]  # its time has not come
        shown = site.control("queue", "show", site.queued()[0]).stdout
        assert "attempts: 1\n" in shown and "next try: " in shown


def test_done_recipients_are_not_repeated(tmp_path):
    def plan(step, arg, session):
        return b"450 4.2.0 later\r\n" if step == "RCPT" and "late" in arg and session < 3 else None
    with SmtpPeer(plan) as peer:
        with Site(tmp_path, extra="relayhost = [127.0.0.1]:%d\n" % peer.port) as site:
            site.send(["ok@x.example", "late@x.example", "alice@home.example"])
            site.wait_log(r"late@x.example>.*status=deferred")
            site.kill("queue")
            site.wait_empty(30)
            assert len(site.mails()) == 1
            got = [r for m in peer.messages for r in m.recipients]
            assert sorted(got) == ["late@x.example", "ok@x.example"]


def test_group_killed(tmp_path):
    """kill -9 of everything while messages come in; then a new start."""
    accepted = []
    site = Site(tmp_path)
    site.start()
    for round_ in range(4):
        try:
            with site.smtp() as client:
                for n in range(40):
                    name = "r%dn%d" % (round_, n)
                    if n == 30:
                        pids = [*site.children(), site.daemon.pid]
                        for pid in pids:
                            os.kill(pid, signal.SIGKILL)
                    client.sendmail("s@far.example", "alice@home.example",
                                    "Subject: %s\n\nx\n" % name)
                    accepted.append(name)
        except (smtplib.SMTPException, OSError):
            pass
        site.daemon.wait(10)
        site.start()
    site.wait_empty(60)
    subjects = [re.search("Subject: (.*)", m.read_text()).group(1) for m in site.mails()]
    assert len(accepted) >= 100
    assert set(accepted) <= set(subjects)
    assert len(subjects) == len(set(subjects))
    assert site.stop() == 0


# --- damage ---------------------------------------------------------------------


def test_damaged_entries_are_set_aside(tmp_path):
    with Site(tmp_path, extra=deaf(free_port(), SLOW)) as site:
        for n in range(6):
            site.send("a%d@x.example" % n, text="Subject: x\n\n" + "body\n" * 50)
        wait_for(lambda: site.log().count("status=deferred") == 6)
        time.sleep(0.5)
        names = site.queued()
        assert site.stop() == 0
        queue = site.spool / "queue"
        owner = (queue / names[0]).stat()

        def put(name, data):
            (queue / name).write_bytes(data)
            os.chown(queue / name, owner.st_uid, owner.st_gid)
            (queue / name).chmod(0o600)

        whole = (queue / names[1]).read_bytes()
        put(names[0], (queue / names[0]).read_bytes()[:200])       # cut
        flipped = bytearray(whole)
        flipped[100] ^= 4                                          # in the envelope
        put(names[1], bytes(flipped))
        body = bytearray((queue / names[2]).read_bytes())
        body[body.index(b"body\nbody")] ^= 1                       # in the content
        put(names[2], bytes(body))
        put(names[3], b"")
        put("EMPTY", b"")
        put("not a name!", whole)
        (queue / "FOLDER").mkdir()
        os.chown(queue / "FOLDER", owner.st_uid, owner.st_gid)
        (queue / "LINK").symlink_to("/etc/passwd")
        os.mkfifo(queue / "FIFO")
        site.start()
        site.wait_log(r"queue has 3 messages, 8 damaged entries")
        site.control("queue", "flush")
        site.wait_log(r"%s: damaged queue entry moved to corrupt/: content" % names[2])
        assert wait_for(lambda: site.queued() == sorted(names[4:]))
        assert len(list((site.spool / "corrupt").iterdir())) == 9
        assert site.log().count("error: ") == 9
        site.send("alice@home.example")
        site.wait_mails()


@ROOT_ONLY
def test_foreign_entry(tmp_path):
    with Site(tmp_path, extra=deaf(free_port(), SLOW)) as site:
        site.send("a@x.example")
        site.wait_log("status=deferred")
        name = site.queued()[0]
        site.stop()
        os.chown(site.spool / "queue" / name, 12345, 12345)
        site.start()
        site.wait_log(r"%s: damaged queue entry moved to corrupt/" % name)
        assert (site.spool / "corrupt" / name).stat().st_uid == 12345


def test_entry_removed_by_hand(tmp_path):
    with Site(tmp_path, extra=deaf(free_port())) as site:
        site.send("a@x.example")
        site.wait_log("status=deferred")
        (site.spool / "queue" / site.queued()[0]).unlink()
        site.wait_log("was removed from the queue folder|cannot be handed over")
        site.send("alice@home.example")
        site.wait_mails()


# --- full disk ------------------------------------------------------------------


@ROOT_ONLY
def test_full_disk(tmp_path):
    spool = tmp_path / "disk"
    spool.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", spool], check=True)
    try:
        with Site(tmp_path, extra=deaf(free_port(), SLOW), spool=spool) as site:
            accepted, refused = 0, 0
            for n in range(20):
                try:
                    site.send("a%d@x.example" % n, text="Subject: x\n\n" + ("y" * 70 + "\n") * 6000)
                    accepted += 1
                except smtplib.SMTPResponseException as e:
                    assert (e.smtp_code, e.smtp_error[:5]) == (452, b"4.3.1"), e
                    refused += 1
            assert accepted >= 2 and refused >= 10
            assert len(site.queued()) == accepted
            assert not list((spool / "tmp").iterdir())
            site.send("alice@home.example")  # a small one still fits
            site.wait_mails()
            subprocess.run(["mount", "-o", "remount,size=64m", spool], check=True)
            site.send("b@x.example", text="Subject: x\n\n" + ("y" * 70 + "\n") * 6000)
            site.stop()
            site.start()
            site.wait_log("queue has %d messages, 0 damaged" % (accepted + 1))
    finally:
        subprocess.run(["umount", "-l", spool], check=True)


# --- the operator ---------------------------------------------------------------


def test_commands(tmp_path):
    port = free_port()
    with Site(tmp_path, extra=deaf(port, SLOW)) as site:
        for n in range(3):
            site.send("a%d@x.example" % n, sender="s%d@far.example" % n)
        assert wait_for(lambda: site.log().count("status=deferred") == 3)
        time.sleep(0.3)
        first, second, third = site.queued()
        listed = site.control("queue", "list")
        assert listed.returncode == 0
        assert listed.stdout.endswith("3 messages in the queue\n")
        assert all(q in listed.stdout for q in (first, second, third))
        assert "Connection refused" in listed.stdout
        shown = site.control("queue", "show", first).stdout
        assert "recipients" not in shown or shown
        assert "pending:\n    a" in shown and shown.endswith("\nhello\n")
        assert site.control("queue", "hold", first).returncode == 0
        assert site.control("queue", "delete", second).returncode == 0
        assert site.queued() == sorted([first, third])
        unknown = site.control("queue", "delete", second)
        assert unknown.returncode == 1 and "no such message" in unknown.stderr + unknown.stdout
        site.stop()
        site.start()
        assert re.search(r"^%s hold " % first, site.control("queue", "list").stdout, re.M)
        with SmtpPeer(port=port) as peer:
            assert "1 message scheduled" in site.control("queue", "flush").stdout
            assert wait_for(lambda: len(peer.messages) == 1)
            assert wait_for(lambda: site.queued() == [first])
            assert site.control("queue", "release", first).returncode == 0
            assert wait_for(lambda: len(peer.messages) == 2)
            site.wait_empty()
            assert site.control("queue", "list").stdout == "0 messages in the queue\n"


def test_long_list(tmp_path):
    with Site(tmp_path, extra=deaf(free_port(), SLOW)) as site:
        with site.smtp() as client:
            for n in range(300):
                client.sendmail("s@far.example",
                                ["a%d.%d@%s.example" % (n, i, "x" * 60) for i in range(5)],
                                "Subject: x\n\nx\n")
        listed = site.control("queue", "list").stdout
        assert listed.endswith("300 messages in the queue\n")
        assert len(listed) > 120000


# --- notices --------------------------------------------------------------------


def test_bounce_is_a_proper_report(tmp_path):
    def plan(step, arg, session):
        return b"550-5.1.1 no such user\r\n550 5.1.1 here\r\n" if step == "RCPT" else None
    with SmtpPeer(plan) as peer, \
            Site(tmp_path, extra="relayhost = [127.0.0.1]:%d\n" % peer.port,
                 virtual="old@home.example u1@x.example\n") as site:
        site.send(["old@home.example", "u2@y.example"], sender="alice@home.example",
                  text="Subject: original subject\nX-Odd: a\n\nbody\n")
        report = parse(site.wait_mails()[0])
        site.wait_empty()
        assert len(site.mails()) == 1
        assert report["Return-Path"] == "<>"
        assert report["To"] == "alice@home.example"
        assert report["Auto-Submitted"] == "auto-replied"
        assert report.get_content_type() == "multipart/report"
        assert report.get_param("report-type") == "delivery-status"
        assert report["Date"] and report["Message-ID"] and report["MIME-Version"] == "1.0"
        words, status, original = report.get_payload()
        assert words.get_content_type() == "text/plain"
        assert "u1@x.example" in words.get_content()
        fields = status.get_payload()
        assert fields[0]["Reporting-MTA"] == "dns; mail.home.example"
        assert fields[0]["Arrival-Date"]
        by_final = {f["Final-Recipient"]: f for f in fields[1:]}
        assert set(by_final) == {"rfc822; u1@x.example", "rfc822; u2@y.example"}
        one = by_final["rfc822; u1@x.example"]
        assert one["Original-Recipient"] == "rfc822; old@home.example"
        assert one["Action"] == "failed" and one["Status"] == "5.1.1"
        assert one["Remote-MTA"].startswith("dns; 127.0.0.1[127.0.0.1]:")
        assert one["Diagnostic-Code"].startswith(
            "smtp; 550 5.1.1 no such user 5.1.1 here (in reply to RCPT TO)")
        assert one["Last-Attempt-Date"]
        assert original.get_content_type() == "message/rfc822"
        assert original.get_payload()[0]["Subject"] == "original subject"
        assert not report.defects and not any(p.defects for p in report.walk())


def test_large_message_comes_back_as_headers(tmp_path):
    with Site(tmp_path) as site:
        site.send(["alice@home.example"], sender="bob@home.example",
                  text="Delivered-To: alice@home.example\nSubject: large\n\n"
                  + ("z" * 70 + "\n") * 3000)
        report = parse(site.wait_mails(user="bob")[0])
        part = report.get_payload()[2]
        assert part.get_content_type() == "text/rfc822-headers"
        assert "Subject: large" in part.get_content()
        assert site.mails("bob")[0].stat().st_size < 10000


def test_no_bounce_of_a_bounce(tmp_path):
    def plan(step, arg, session):
        return b"550 5.1.1 no\r\n" if step == "RCPT" else None
    with SmtpPeer(plan) as peer, \
            Site(tmp_path, extra="relayhost = [127.0.0.1]:%d\n" % peer.port) as site:
        site.send("u@x.example", sender="liar@y.example")
        site.wait_log("sender non-delivery notification")
        site.wait_log("undeliverable notice from <> dropped")
        site.wait_empty()
        site.send("u@x.example", sender="")
        assert wait_for(lambda: site.log().count("notice from <> dropped") == 2)
        site.wait_empty()
        assert site.log().count("sender non-delivery notification") == 1


def test_owner_alias_gets_the_bounce(tmp_path):
    def plan(step, arg, session):
        return b"550 5.1.1 no\r\n" if step == "RCPT" else None
    with SmtpPeer(plan) as peer, \
            Site(tmp_path, extra="relayhost = [127.0.0.1]:%d\n" % peer.port,
                 aliases="list: u@x.example, alice\nowner-list: bob\n") as site:
        site.send("list@home.example", sender="carol@home.example")
        site.wait_mails(user="alice")
        report = parse(site.wait_mails(user="bob")[0])
        site.wait_empty()
        assert report.get_content_type() == "multipart/report"
        assert not site.mails("carol")
        assert "MAIL FROM:<owner-list@home.example>" in peer.commands[1][1]


def test_expires(tmp_path):
    extra = deaf(free_port(), "maximal_queue_lifetime = 2s\nbounce_queue_lifetime = 1s\n")
    with Site(tmp_path, extra=extra) as site:
        site.send("u@x.example", sender="alice@home.example")
        site.wait_log("status=expired, returned to sender")
        report = parse(site.wait_mails()[0])
        status = report.get_payload()[1].get_payload()[1]
        assert status["Action"] == "failed" and status["Status"] == "4.4.1"
        site.wait_empty()


def test_delay_warning_once(tmp_path):
    with Site(tmp_path, extra=deaf(free_port(), "delay_warning_time = 1s\n")) as site:
        site.send("u@x.example", sender="alice@home.example")
        report = parse(site.wait_mails()[0])
        fields = report.get_payload()[1].get_payload()
        assert fields[1]["Action"] == "delayed" and fields[1]["Will-Retry-Until"]
        assert report.get_payload()[2].get_content_type() == "text/rfc822-headers"
        before = site.log().count("status=deferred")
        assert wait_for(lambda: site.log().count("status=deferred") >= before + 2)
        assert len(site.mails()) == 1
        site.stop()
        site.start()
        before = site.log().count("status=deferred")
        assert wait_for(lambda: site.log().count("status=deferred") > before)
        assert len(site.mails()) == 1


def test_killed_while_bouncing(tmp_path):
    """One report per message, whenever the queue process dies."""
    with Site(tmp_path, aliases="ghosts: ghost1, ghost2\n") as site:
        count = 0
        for n in range(40):
            try:
                site.send("ghosts@home.example", sender="alice@home.example",
                          text="Subject: m%d\n\nx\n" % n)
                count += 1
            except (smtplib.SMTPException, OSError):
                continue
            if n % 3 == 2:
                time.sleep(0.005 * (n % 7))
                site.kill("queue")
        site.wait_empty(60)
        subjects = re.findall(r"^Subject: (m\d+)$", "\n".join(
            m.read_text() for m in site.mails()), re.M)
        assert len(site.mails()) >= count
        assert len(set(subjects)) == len(subjects) >= count


# --- many -----------------------------------------------------------------------


def test_large_message_does_not_block_a_small_one(tmp_path):
    with SmtpPeer(lambda step, arg, s: time.sleep(0.2) if step == "DATA" else None) as peer, \
            Site(tmp_path, extra="relayhost = [127.0.0.1]:%d\n" % peer.port) as site:
        site.send(["u%d@x.example" % n for n in range(900)])
        site.send("alice@home.example")
        site.wait_mails(seconds=5)
        site.wait_empty(30)
        assert sum(len(m.recipients) for m in peer.messages) == 900


def test_stopped_deliverer_does_not_stop_the_door(tmp_path):
    with Site(tmp_path) as site:
        pid = site.role("deliver")
        os.kill(pid, signal.SIGSTOP)
        try:
            for n in range(100):
                site.send("alice@home.example", text="Subject: n%d\n\nx\n" % n)
            assert len(site.queued()) == 100
        finally:
            os.kill(pid, signal.SIGCONT)
        site.wait_mails(100)
        site.wait_empty()
        assert len(site.mails()) == 100
