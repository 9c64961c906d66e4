# SPDX-License-Identifier: BSD-2-Clause
"""Mailboxes of one file, commands and files: what is written, with whose
rights, and what is refused."""
import fcntl
import mailbox
import os
import pwd
import re
import smtplib
import time

import pytest

import sessions
from mccd_site import UID, Site, wait_for

IS_ROOT = os.geteuid() == 0
ROOT_ONLY = pytest.mark.skipif(not IS_ROOT, reason="changes users")
NEEDS_POSTFIX = pytest.mark.skipif(not IS_ROOT or sessions.SBIN is None,
                                   reason="needs root and an installed Postfix")
NOBODY = pwd.getpwnam("nobody").pw_uid if IS_ROOT else os.getuid()
# Nothing is missing that would be added, so texts can be compared.
TEXT = "From: s@far.example\nDate: x\nMessage-Id: <x@y>\nSubject: t\n\nFrom here\n>From there\n from\nlast\n"


def make(tmp_path, extra="", aliases=""):
    site = Site(tmp_path, extra=extra, aliases=aliases)
    with open(site.root / "etc/passwd", "a", encoding="utf-8") as f:
        f.write(f"nobody:x:{NOBODY}:{NOBODY}::/nonexistent:/bin/false\n")
    drop = site.root / "drop"
    drop.mkdir()
    drop.chmod(0o777)
    return site, drop


def test_mbox_in_the_home(tmp_path):
    site, _ = make(tmp_path, "home_mailbox = Mailbox\n")
    with site:
        site.send(["alice@home.example"], text=TEXT)
        site.wait_empty()
        site.send(["alice@home.example"], text=TEXT.replace("Subject: t", "Subject: u"))
        site.wait_empty()
    path = site.root / "home/alice/Mailbox"
    text = path.read_text()
    assert re.match(r"From sender@far\.example  \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n"
                    r"Return-Path: <sender@far\.example>\nX-Original-To: alice@home\.example\n"
                    r"Delivered-To: alice@home\.example\nReceived: ", text)
    assert text.count("\n>From here\n>From there\n from\nlast\n\n") == 2
    assert [m["Subject"] for m in mailbox.mbox(path)] == ["t", "u"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not IS_ROOT or path.stat().st_uid == UID
    assert not path.with_suffix(".lock").exists()


def test_quoting_at_the_edges_of_pieces(tmp_path):
    """A From wherever the pieces of a large message may be cut."""
    site, _ = make(tmp_path, "home_mailbox = Mailbox\nmessage_size_limit = 20000000\n")
    lines = ["".join("From %d\n" % n if n % 3 else "Fro\n" for n in range(200000))]
    with site:
        site.send("alice@home.example", text="Subject: x\n\n" + lines[0])
        site.wait_empty(60)
    text = (site.root / "home/alice/Mailbox").read_text()
    body = text.split("\n\n", 1)[1]
    assert body == lines[0].replace("From ", ">From ") + "\n"


@ROOT_ONLY
def test_mbox_in_the_spool(tmp_path):
    site, _ = make(tmp_path, "home_mailbox =\nmail_spool_directory = /var/mail\n")
    folder = site.root / "var/mail"
    folder.mkdir(parents=True)
    folder.chmod(0o755)  # nobody but root can make files there
    with site:
        site.send(["alice@home.example", "bob@home.example"], text=TEXT)
        site.wait_empty()
        stat = (folder / "alice").stat()
        assert (stat.st_uid, stat.st_gid, stat.st_mode & 0o777) == (UID, UID, 0o600)
        assert (folder / "bob").stat().st_uid == UID + 1
        assert sorted(p.name for p in folder.iterdir()) == ["alice", "bob"]


@ROOT_ONLY
@pytest.mark.parametrize("kind", ["symlink", "hard link", "folder", "pipe", "other owner"])
def test_mbox_that_is_no_mailbox(tmp_path, kind):
    site, _ = make(tmp_path, "home_mailbox =\nmail_spool_directory = /var/mail\n")
    folder = site.root / "var/mail"
    folder.mkdir(parents=True)
    secret = site.root / "secret"
    secret.write_text("secret\n")
    box = folder / "alice"
    if kind == "symlink":
        box.symlink_to(secret)
    elif kind == "hard link":
        os.chown(secret, UID, UID)
        os.link(secret, box)
    elif kind == "folder":
        box.mkdir()
    elif kind == "pipe":
        os.mkfifo(box)
        os.chown(box, UID, UID)
    else:
        box.write_text("")
    with site:
        site.send("alice@home.example", text=TEXT)
        site.wait_log(r"to=<alice@home\.example>.*status=(deferred|bounced) \(.*mailbox")
        assert secret.read_text() == "secret\n"
        assert kind != "other owner" or box.read_text() == ""
    assert not (folder / "alice.lock").exists()


def test_mbox_is_locked(tmp_path):
    site, _ = make(tmp_path, "home_mailbox = Mailbox\n")
    with site:
        site.send("alice@home.example", text=TEXT)
        site.wait_empty()
        path = site.root / "home/alice/Mailbox"
        with open(path, "r+", encoding="utf-8") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            before = path.stat().st_size
            site.send("alice@home.example", text=TEXT)
            # Another mailbox is not held up.
            site.send("bob@home.example", text=TEXT)
            assert wait_for((site.root / "home/bob/Mailbox").exists, 10)
            time.sleep(1.5)
            assert path.stat().st_size == before
        site.wait_empty(40)
        assert len(mailbox.mbox(path)) == 2


def test_mbox_at_once(tmp_path):
    """Twenty deliveries into one file: none is lost, none is torn."""
    site, _ = make(tmp_path, "home_mailbox = Mailbox\nmaximal_queue_lifetime = 1h\n")
    with site:
        for n in range(20):
            site.send("alice@home.example", text=TEXT.replace("last", "last %d" % n))
        site.wait_empty(90)
    text = (site.root / "home/alice/Mailbox").read_text()
    assert sorted(re.findall(r"\nlast (\d+)\n", text), key=int) == [str(n) for n in range(20)]
    assert len(mailbox.mbox(site.root / "home/alice/Mailbox")) == 20


def test_mbox_limit(tmp_path):
    site, _ = make(tmp_path, "home_mailbox = Mailbox\nmailbox_size_limit = 3000\nmessage_size_limit = 2000\n")
    with site:
        for _ in range(4):
            site.send("alice@home.example", text=TEXT + "x" * 500 + "\n")
            time.sleep(0.3)
        site.wait_log(r"dsn=5\.2\.2, status=bounced \(mailbox .* would be larger than 3000 bytes")
    size = (site.root / "home/alice/Mailbox").stat().st_size
    assert 1000 < size <= 3000
    assert len(mailbox.mbox(site.root / "home/alice/Mailbox")) == 3


def test_virtual_mbox(tmp_path):
    uid = UID if IS_ROOT else os.getuid()
    site, drop = make(tmp_path, "virtual_mailbox_domains = v.example\nvirtual_mailbox_base = /drop\n"
                      "virtual_mailbox_maps = inline:{ { u@v.example = box } { w@v.example = ../box } }\n"
                      f"virtual_minimum_uid = 1\nvirtual_uid_maps = static:{uid}\n"
                      f"virtual_gid_maps = static:{uid}\n")
    with site:
        site.send("u@v.example", text=TEXT)
        site.wait_empty()
        site.send("w@v.example", text=TEXT)
        site.wait_log(r"to=<w@v\.example>.*status=deferred")
    assert len(mailbox.mbox(drop / "box")) == 1
    assert (drop / "box").stat().st_uid == uid
    assert not (site.root / "box").exists()


def test_file_of_an_alias(tmp_path):
    site, drop = make(tmp_path, aliases="log: /drop/log\nfolder: /drop/folder/\nnull: /dev/null\n")
    if IS_ROOT:
        (site.root / "dev").mkdir()
        os.mknod(site.root / "dev/null", 0o20666, os.makedev(1, 3))
        os.chmod(site.root / "dev/null", 0o666)
    (drop / "x").write_text("#!/bin/sh\n")
    with site:
        site.send(["log@home.example", "folder@home.example"], text=TEXT)
        if IS_ROOT:
            site.send("null@home.example", text=TEXT)
        site.wait_empty()
        assert "\n>From here\n" in (drop / "log").read_text()
        assert (drop / "log").stat().st_uid == NOBODY
        assert len(list((drop / "folder/new").iterdir())) == 1
        # Where it went is nobody's business.
        site.wait_log("to=<log@home.example>")
        assert "to=</drop" not in site.log()


def test_command(tmp_path):
    site, drop = make(tmp_path, aliases=f'pipe: "|cat > {tmp_path}/root/drop/text; env > {tmp_path}/root/drop/env; '
                                        f'id -u > {tmp_path}/root/drop/uid; ls -l /proc/self/fd > {tmp_path}/root/drop/fds"\n')
    with site:
        site.send("\"pipe+x`$(y);|z'\"@home.example", sender="a$b@far.example", text=TEXT)
        site.wait_empty()
    text = (drop / "text").read_text()
    assert text.startswith("From a$b@far.example  ")
    assert text.endswith("\nFrom here\n>From there\n from\nlast\n")  # not quoted
    env = dict(line.split("=", 1) for line in (drop / "env").read_text().splitlines())
    assert env["SENDER"] == "a_b@far.example"
    assert env["EXTENSION"] == "x___y___z_"
    assert env["LOCAL"] == "pipe+x___y___z_"
    assert env["DOMAIN"] == "home.example"
    assert env["CLIENT_ADDRESS"] == "127.0.0.1"
    assert set(env) == {"PATH", "SHELL", "SENDER", "RECIPIENT", "ORIGINAL_RECIPIENT", "USER", "LOGNAME", "HOME",
                        "LOCAL", "DOMAIN", "EXTENSION", "CLIENT_ADDRESS", "CLIENT_HOSTNAME", "CLIENT_HELO", "PWD"}
    assert int((drop / "uid").read_text()) == NOBODY
    fds = re.findall(r" (\d+) -> (\S+)", (drop / "fds").read_text())
    assert {n for n, where in fds if not where.startswith("/proc/")} == {"0", "1", "2"}


@pytest.mark.parametrize("command, outcome", [
    ("exit 0", r"dsn=2\.0\.0, status=sent \(delivered to command"),
    ("/bin/true", r"dsn=2\.0\.0, status=sent"),
    ("exit 75", r"dsn=4\.3\.0, status=deferred \(temporary failure"),
    ("exit 67", r"dsn=5\.1\.1, status=bounced \(user unknown"),
    ("exit 77", r"dsn=5\.7\.0, status=bounced"),
    ("exit 1", r"dsn=5\.3\.0, status=bounced \(unknown error \(status 1\)"),
    ("echo 4.2.2 full; exit 77", r"dsn=4\.2\.2, status=deferred \(.*Command output: full"),
    ("echo 5.7.1 never; exit 75", r"dsn=5\.7\.1, status=bounced"),
    ("echo 2.0.0 fine; exit 1", r"dsn=5\.3\.0, status=bounced \(.*2\.0\.0 fine"),
    ("kill -9 $$", r"dsn=4\.3\.0, status=deferred \(command died by signal 9"),
    ("sleep 300", r"dsn=4\.3\.0, status=deferred \(command time limit exceeded"),
    ("exec >&- 2>&- <&-; sleep 1; exit 0", r"dsn=2\.0\.0, status=sent"),
    ("head -c 20000000 /dev/zero; exit 70", r"dsn=5\.3\.0, status=bounced \(internal software error"),
    ("(sleep 300 &); exit 0", r"dsn=2\.0\.0, status=sent"),
    ("/nonexistent/command", r"dsn=5\.3\.0, status=bounced \(.*127"),
])
def test_what_a_command_says(tmp_path, command, outcome):
    site, _ = make(tmp_path, "command_time_limit = 3s\n", aliases=f'pipe: "|{command}"\n')
    with site:
        site.send("pipe@home.example", sender="", text=TEXT)
        site.wait_log(r"to=<pipe@home\.example>, relay=local, .*" + outcome, 30)


def test_slow_commands_hold_up_nothing_else(tmp_path):
    gate = tmp_path / "gate"
    site, _ = make(tmp_path, aliases=f'pipe: "|until test -e {gate}; do sleep 0.1; done"\n')
    with site:
        for _ in range(30):
            site.send("pipe@home.example", text=TEXT)
        site.send("alice@home.example", text=TEXT)
        site.wait_mails(1)
        gate.touch()
        site.wait_empty(60)


def test_mailbox_command(tmp_path):
    site, drop = make(tmp_path, f'mailbox_command = cat > {tmp_path}/root/drop/$USER-$EXTENSION\n'
                      f'mailbox_command_maps = inline:{{ {{ bob = exit 67 }} }}\n')
    with site:
        site.send("alice+ext@home.example", text=TEXT)
        site.send("bob@home.example", text=TEXT)
        site.wait_log(r"to=<bob@home\.example>.*dsn=5\.1\.1, status=bounced")
        assert wait_for(lambda: (drop / "alice-ext").exists(), 20)
        site.wait_log(r"to=<alice\+ext@home\.example>.*status=sent")
        assert "Delivered-To: alice+ext@home.example\n" in (drop / "alice-ext").read_text()
        assert not IS_ROOT or (drop / "alice-ext").stat().st_uid == UID


def test_include(tmp_path):
    site, drop = make(tmp_path, aliases="list: :include:/drop/list\nbad: :include:/drop/bad\n")
    (drop / "list").write_text("alice, bob\n# a comment\ncarol@home.example\n")
    (drop / "bad").write_text("alice\n|cat\n/drop/file\n")
    with site:
        site.send("list@home.example", text=TEXT)
        for user in ("alice", "bob", "carol"):
            site.wait_mails(1, user)
        site.wait_empty()
        site.send("bad@home.example", text=TEXT)
        site.wait_mails(2)
        site.wait_log(r"status=bounced")
        assert not (drop / "file").exists()


def test_command_ends_with_its_daemon_and_comes_again(tmp_path):
    site, drop = make(tmp_path, aliases=f'pipe: "|echo x >> {tmp_path}/root/drop/runs; sleep 2"\n')
    with site:
        site.send("pipe@home.example", text=TEXT)
        assert wait_for(lambda: (drop / "runs").exists(), 20)
        assert wait_for(lambda: site.kill("deliver"), 20)
        site.wait_empty(60)
        assert (drop / "runs").read_text() == "x\nx\n"


@NEEDS_POSTFIX
def test_same_file_as_postfix(tmp_path):
    """The real local(8) writes the same bytes behind an alias to a file."""
    theirs = tmp_path / "theirs"
    Site.tmp_open(tmp_path)
    theirs.mkdir()
    theirs.chmod(0o777)
    lines = ["myhostname = mail.home.example", "mydestination = home.example", "compatibility_level = 3.6",
             "mynetworks = 127.0.0.0/8", "alias_maps = inline:{ log=/x }", "recipient_delimiter = +",
             "alias_maps = hash:$config_directory/a", "local_recipient_maps =", "inet_protocols = ipv4"]
    lines = [line for line in lines if "inline" not in line]
    with sessions.Postfix(lines, {}, ["qmgr unix n - n 300 1 qmgr", "bounce unix - - n - 0 bounce",
                                      "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce"]) as postfix:
        (postfix.etc / "a").write_text(f"log: {theirs}/log\n")
        os.system(f"postalias -c {postfix.etc} hash:{postfix.etc}/a")
        with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="client.example", timeout=60) as s:
            s.sendmail("sender@far.example", ["log@home.example"], TEXT)
        assert wait_for(lambda: (theirs / "log").exists() and (theirs / "log").stat().st_size, 60), postfix.log()
        time.sleep(0.5)
        real = (theirs / "log").read_text()
    (tmp_path / "ours").mkdir()
    site, drop = make(tmp_path / "ours", aliases="log: /drop/log\n")
    with site:
        site.send("log@home.example", text=TEXT)
        site.wait_empty()

    def normal(text):
        text = re.sub(r"(?m)^(From \S+  ).*", r"\1DATE", text, count=1)
        return re.sub(r"Received: .*?\)\n(?=\S)", "RECEIVED\n", text, flags=re.S)
    assert normal((drop / "log").read_text()) == normal(real)
