# SPDX-License-Identifier: BSD-2-Clause
"""LMTP (RFC 2033): a reply for each recipient, sockets with a path, the real
Dovecot where it is installed."""
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from mccd_site import MASTER_CF, UID, Site, wait_for

DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
TEXT = "From: s@far.example\nSubject: t\n\n.hello\n..\n"


class Lmtp(threading.Thread):
    """answers(recipient, stage): the reply to RCPT ("rcpt") and after the
    content ("end"); None: good; "close": the connection ends."""

    def __init__(self, path=None, answers=lambda recipient, stage: None, extensions=("PIPELINING",)):
        super().__init__(daemon=True)
        self.answers, self.extensions = answers, extensions
        self.commands, self.messages = [], []
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            Path(path).chmod(0o777)
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(20)
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def run(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        with conn:
            try:
                conn.settimeout(60)
                self.talk(conn)
            except (OSError, EOFError):
                pass

    def talk(self, conn):
        file, accepted = conn.makefile("rb"), []
        conn.sendall(b"220 box LMTP\r\n")
        for raw in file:
            line = raw.decode().rstrip("\r\n")
            self.commands.append(line)
            word = line.split()[0].upper()
            if word == "LHLO":
                rows = ["box", *self.extensions]
                conn.sendall("".join("250%s%s\r\n" % (" " if n == len(rows) - 1 else "-", row)
                                     for n, row in enumerate(rows)).encode())
            elif word == "MAIL":
                accepted = []
                conn.sendall(b"250 2.1.0 ok\r\n")
            elif word == "RCPT":
                who = line[line.index("<") + 1:line.rindex(">")]
                answer = self.answers(who, "rcpt")
                if answer is None:
                    accepted.append(who)
                conn.sendall((answer or "250 2.1.5 ok").encode() + b"\r\n")
            elif word == "DATA" and not accepted:
                conn.sendall(b"503 5.5.1 nobody\r\n")
            elif word == "DATA":
                conn.sendall(b"354 go\r\n")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    piece = file.readline()
                    if not piece:
                        raise EOFError
                    data += piece
                self.messages.append((accepted, data))
                for who in accepted:
                    answer = self.answers(who, "end")
                    if answer == "close":
                        raise EOFError
                    conn.sendall((answer or f"250 2.0.0 <{who}> saved").encode() + b"\r\n")
            elif word == "QUIT":
                conn.sendall(b"221 2.0.0 bye\r\n")
                return
            else:
                conn.sendall(b"500 5.5.2 what\r\n")


def make(tmp_path, nexthop, extra="", virtual=""):
    site = Site(tmp_path, extra=f"virtual_mailbox_domains = box.example\nvirtual_mailbox_maps = static:x\n"
                                f"virtual_transport = lmtp:{nexthop}\n" + extra, virtual=virtual)
    (site.conf / "master.cf").write_text(MASTER_CF + "lmtp unix - - n - - lmtp\n")
    return site


def test_results_by_recipient(tmp_path):
    def answers(who, stage):
        return {("no@box.example", "rcpt"): "550 5.1.1 unknown", ("full@box.example", "end"): "552 5.2.2 full",
                ("later@box.example", "end"): "451 4.2.0 later"}.get((who, stage))
    with Lmtp(answers=answers) as peer, make(tmp_path, f"inet:127.0.0.1:{peer.port}") as site:
        # The name of a host needs a look-up, an address does not.
        site.send([f"{who}@box.example" for who in ("a", "no", "full", "later", "b")], sender="", text=TEXT)
        log = site.wait_log(r"(?s)to=<later.*removed|to=<later@box\.example>.*deferred.*") and site.log()
        for who, result in (("a", "dsn=2.0.0, status=sent"), ("b", "dsn=2.0.0, status=sent"),
                            ("no", "dsn=5.1.1, status=bounced"), ("full", "dsn=5.2.2, status=bounced"),
                            ("later", "dsn=4.2.0, status=deferred")):
            line = next(x for x in log.splitlines() if f"to=<{who}@box.example>" in x)
            assert result in line, line
        assert wait_for(lambda: len(peer.messages) > 1, 20)
        assert peer.messages[0][0] == ["a@box.example", "full@box.example", "later@box.example", "b@box.example"]
        assert peer.messages[1][0] == ["later@box.example"]
        assert b"\r\n..hello\r\n...\r\n.\r\n" in peer.messages[0][1]
        assert peer.commands[0] == "LHLO mail.home.example"


def test_path_below_the_queue_folder(tmp_path):
    (tmp_path / "root/q/private").mkdir(parents=True)
    Site.tmp_open(tmp_path / "root/q/private")
    with Lmtp(tmp_path / "root/q/private/box") as peer:
        with make(tmp_path, "unix:private/box", "queue_directory = /q\n") as site:
            site.send("a@box.example", text=TEXT)
            site.wait_empty()
            assert len(peer.messages) == 1
            site.wait_log("relay=.*/q/private/box")


def test_mailbox_transport(tmp_path):
    Site.tmp_open(tmp_path)
    with Lmtp(tmp_path / "box") as peer:
        site = Site(tmp_path, extra=f"mailbox_transport = lmtp:unix:{tmp_path}/box\n", aliases="team: alice, bob\n",
                    options=())
        (site.conf / "master.cf").write_text(MASTER_CF + "lmtp unix - - n - - lmtp\n")
        # A socket with a path lies below --root too.
        target = site.root / str(tmp_path).lstrip("/")
        target.mkdir(parents=True)
        Site.tmp_open(target)
        os.rename(tmp_path / "box", target / "box")
        with site:
            site.send("team@home.example", text=TEXT)
            site.wait_empty()
            assert sorted(w for who, _ in peer.messages for w in who) == ["alice@home.example", "bob@home.example"]
            assert not site.mails()


def test_nobody_listens(tmp_path):
    with make(tmp_path, "unix:private/none", "queue_directory = /q\n") as site:
        site.send("a@box.example", text=TEXT)
        site.wait_log(r"to=<a@box\.example>.*dsn=4\.4\.1, status=deferred \(connect to .*private/none: No such file")


def test_server_ends_between_replies(tmp_path):
    """Who was answered is done, the others are tried again."""
    calls = []

    def answers(who, stage):
        if stage == "end":
            calls.append(who)
            if who == "b@box.example" and calls.count(who) == 1:
                return "close"
        return None
    with Lmtp(answers=answers) as peer, make(tmp_path, f"inet:[127.0.0.1]:{peer.port}") as site:
        site.send(["a@box.example", "b@box.example", "c@box.example"], text=TEXT)
        site.wait_empty(30)
        assert [who for who, _ in peer.messages] == [["a@box.example", "b@box.example", "c@box.example"],
                                                     ["b@box.example", "c@box.example"]]


def test_without_pipelining(tmp_path):
    with Lmtp(extensions=()) as peer, make(tmp_path, f"[127.0.0.1]:{peer.port}") as site:
        site.send(["a@box.example", "b@box.example"], text=TEXT)
        site.wait_empty()
        assert [c.split()[0] for c in peer.commands] == ["LHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]


def test_all_refused(tmp_path):
    with Lmtp(answers=lambda who, stage: "550 5.1.1 no") as peer, make(tmp_path, f"inet:127.0.0.1:{peer.port}") as site:
        site.send(["a@box.example", "b@box.example"], sender="", text=TEXT)
        site.wait_empty()
        assert not peer.messages
        assert site.log().count("dsn=5.1.1, status=bounced") == 2


@pytest.mark.skipif(os.geteuid() != 0 or not Path(DOVECOT).exists() or
                    not Path("/usr/lib/dovecot/lmtp").exists(), reason="needs root and dovecot-lmtpd")
def test_dovecot(tmp_path):
    top = tmp_path / "d"
    mail = top / "mail"
    mail.mkdir(parents=True)
    Site.tmp_open(mail)
    os.chown(mail, UID, UID)
    (top / "users").write_text("a@box.example:{PLAIN}x::::::\nb@box.example:{PLAIN}x::::::\n")
    (top / "conf").write_text(f"""
base_dir = {top}/run
state_dir = {top}/run
log_path = {top}/log
protocols = lmtp
ssl = no
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
mail_location = maildir:{mail}/%n
mail_uid = {UID}
mail_gid = {UID}
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {top}/users
}}
userdb {{
  driver = passwd-file
  args = {top}/users
}}
service lmtp {{
  unix_listener {top}/lmtp {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
""")
    child = subprocess.Popen([DOVECOT, "-F", "-c", top / "conf"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        if not wait_for((top / "lmtp").exists, 30):
            pytest.skip("dovecot does not start: " +
                        ((top / "log").read_text()[-500:] if (top / "log").exists() else ""))
        site = make(tmp_path, "unix:private/lmtp", "queue_directory = /q\n")
        (site.root / "q/private").mkdir(parents=True)
        Site.tmp_open(site.root / "q/private")
        os.symlink(top / "lmtp", site.root / "q/private/lmtp")
        with site:
            site.send(["a@box.example", "nosuch@box.example", "b@box.example"], sender="", text=TEXT)
            site.wait_empty(60)
            log = site.log()
            assert log.count("status=sent") == 2, log + (top / "log").read_text()
            assert "to=<nosuch@box.example>" in log and "status=bounced" in log
            for user in "ab":
                new = list((mail / user / "new").iterdir())
                assert len(new) == 1 and b".hello\n..\n" in new[0].read_bytes().replace(b"\r\n", b"\n")
    finally:
        child.terminate()
        child.wait(30)
