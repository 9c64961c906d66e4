# SPDX-License-Identifier: BSD-2-Clause
"""A whole site with a running mccd for the tests of delivery: main.cf and its
tables are written, compiled with mcc, run on free loopback ports, and ended by
their own process ids."""

import os
import pathlib
import re
import signal
import smtplib
import socket
import subprocess
import time

from programs import MCC, MCCD

MAIN_CF = """\
compatibility_level = 3.6
myhostname = mail.home.example
mydomain = home.example
myorigin = $mydomain
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination = $myhostname, $mydomain, localhost
mynetworks = 127.0.0.0/8
home_mailbox = Maildir/
alias_maps = hash:/etc/postfix/aliases
recipient_delimiter = +
virtual_alias_maps = hash:/etc/postfix/virtual
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""
MASTER_CF = """\
smtp      inet  n       -       n       -       -       smtpd
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
"""
USERS = ("alice", "bob", "carol")
UID = 4000


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds=20, step=0.02):
    """Value of what() as soon as it is true; None when the time is over."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            return None
        time.sleep(step)


class Site:
    """with Site(tmp_path, extra="relayhost = …") as site: …"""

    def __init__(self, tmp_path, extra="", aliases="", virtual="", smtp_port=None,
                 resolver=None, options=(), spool=None):
        self.dir = tmp_path
        self.conf = tmp_path / "etc"
        self.root = tmp_path / "root"
        self.spool = pathlib.Path(spool) if spool else tmp_path / "spool"
        self.log_path = tmp_path / "log"
        self.port = free_port()
        self.daemon = None
        self.options = list(options)
        if smtp_port:
            self.options += ["--smtp-port", str(smtp_port)]
        if resolver:
            self.options += ["--resolver", resolver]
        self.write(extra, aliases, virtual)
        self.make_root()

    def write(self, extra, aliases, virtual):
        self.conf.mkdir(exist_ok=True)
        (self.conf / "main.cf").write_text(MAIN_CF + extra)
        (self.conf / "master.cf").write_text(MASTER_CF)
        (self.conf / "aliases").write_text(aliases or "# none\n")
        (self.conf / "virtual").write_text(virtual or "# none\n")

    def make_root(self):
        self.tmp_open(self.dir)
        (self.root / "etc").mkdir(parents=True, exist_ok=True)
        lines = ["root:x:0:0:root:/root:/bin/sh"]
        for n, user in enumerate(USERS):
            home = self.root / "home" / user
            home.mkdir(parents=True, exist_ok=True)
            if os.getuid() == 0:
                os.chown(home, UID + n, UID + n)
            lines.append("%s:x:%d:%d::/home/%s:/bin/sh" % (user, UID + n, UID + n, user))
        (self.root / "etc" / "passwd").write_text("\n".join(lines) + "\n")

    @staticmethod
    def tmp_open(path):
        """As root the daemon's users must be able to reach pytest's folders."""
        if os.getuid() != 0:
            return
        for p in (path, *path.parents):
            if p in (pathlib.Path("/"), pathlib.Path("/tmp")):
                break
            p.chmod(p.stat().st_mode | 0o011)

    def virtual_base(self):
        """The folder of virtual mailboxes, made, and its user's when root asks."""
        base = self.root / "var" / "vmail"
        base.mkdir(parents=True)
        if os.getuid() == 0:
            os.chown(base, 5000, 5000)
        return base

    def build(self):
        return subprocess.run([MCC, "-C", self.conf, "--hostname", "mail.home.example",
                               "build", "-o", self.dir / "gen"],
                              capture_output=True, text=True, timeout=60)

    def start(self):
        built = self.build()
        assert built.returncode == 0, built.stdout + built.stderr
        user = ["--user", "nobody"] if os.getuid() == 0 else []
        log = open(self.log_path, "ab")
        self.daemon = subprocess.Popen(
            [MCCD, "run", "-g", self.dir / "gen" / "current", "--spool", self.spool,
             "--root", self.root, "--listen", "127.0.0.1:%d" % self.port,
             "--control", self.dir / "control", *user, *self.options],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        assert wait_for(self.answers, 15), "does not start:\n" + self.log()

    def answers(self):
        if self.daemon.poll() is not None:
            return False
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as s:
                return s.recv(4) == b"220 "
        except OSError:
            return False

    def stop(self):
        if not self.daemon:
            return None
        if self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(15)
            except subprocess.TimeoutExpired:
                for pid in self.children():
                    os.kill(pid, signal.SIGKILL)
                self.daemon.kill()
                self.daemon.wait(5)
                raise AssertionError("does not stop:\n" + self.log())
        status, self.daemon = self.daemon.returncode, None
        return status

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *rest):
        status = self.stop()
        if kind is None:
            assert status in (0, None), self.log()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_log(self, pattern, seconds=20):
        found = wait_for(lambda: re.search(pattern, self.log()), seconds)
        assert found, "no %r in:\n%s" % (pattern, self.log()[-4000:])
        return found

    def children(self):
        """Ids of the daemon's living child processes."""
        parent = self.daemon.pid if self.daemon else 0
        alive = []
        for p in pathlib.Path("/proc").iterdir():
            if p.name.isdigit():
                try:
                    stat = (p / "stat").read_text()
                except OSError:
                    continue
                if int(stat.rsplit(")", 1)[1].split()[1]) == parent:
                    alive.append(int(p.name))
        return alive

    def role(self, name):
        """Id of the living process of that name ("queue"), or None."""
        status = self.control("status").stdout
        found = re.search(r"\b%s\b\D*(\d+)" % name, status)
        return int(found.group(1)) if found else None

    def kill(self, name):
        """kill -9; whether there was one to kill."""
        pid = self.role(name)
        if not pid or pid not in self.children():
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    def smtp(self):
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example",
                            timeout=30)

    def send(self, to, sender="sender@far.example", text="Subject: test\n\nhello\n",
             **options):
        to = [to] if isinstance(to, str) else to
        with self.smtp() as s:
            s.sendmail(sender, to, text, **options)

    def maildir(self, user="alice"):
        return self.root / "home" / user / "Maildir"

    def mails(self, user="alice", folder="new"):
        new = self.maildir(user) / folder
        return sorted(new.iterdir()) if new.is_dir() else []

    def wait_mails(self, count=1, user="alice", seconds=20):
        got = wait_for(lambda: len(self.mails(user)) >= count and self.mails(user), seconds)
        assert got, "%d mails, wanted %d:\n%s" % (len(self.mails(user)), count,
                                                  self.log()[-4000:])
        return got

    def queued(self):
        folder = self.spool / "queue"
        return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []

    def wait_empty(self, seconds=20):
        assert wait_for(lambda: not self.queued(), seconds), \
            "still queued: %s\n%s" % (self.queued()[:5], self.log()[-4000:])

    def control(self, *words):
        return subprocess.run([MCCD, *words, "--control", self.dir / "control"],
                              capture_output=True, text=True, timeout=30)
