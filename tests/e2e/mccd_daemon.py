# SPDX-License-Identifier: BSD-2-Clause
"""A running mccd for tests: a site in a temporary folder, built by mcc, served
on a free loopback port. No test module itself."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from mccd_site import wait_for
from programs import MCC, MCCD

IS_ROOT = os.geteuid() == 0
# Whose mailboxes the test site has: anyone but root.
MAIL_UID = 65534 if IS_ROOT else os.geteuid()
MAIL_GID = 65534 if IS_ROOT else os.getegid()

MAIN_CF = f"""
compatibility_level = 3.6
myhostname = mx.example.com
mydomain = example.com
myorigin = $mydomain
mydestination = $mydomain
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
alias_maps = hash:/etc/aliases
alias_database = $alias_maps
local_recipient_maps = $alias_maps
home_mailbox = Maildir/
virtual_mailbox_domains = v.example
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_mailbox_base = /vmail
virtual_minimum_uid = 1
virtual_uid_maps = static:{MAIL_UID}
virtual_gid_maps = static:{MAIL_GID}
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""
MASTER_CF = """smtp      inet  n       -       y       -       -       smtpd
virtual   unix  -       n       n       -       -       virtual
local     unix  -       n       n       -       -       local
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
error     unix  -       -       y       -       -       error
"""


def until(what, seconds=20, step=0.02):
    """Waits until what() is true; fails when it does not become so."""
    got = wait_for(what, seconds, step)
    assert got, f"waited {seconds} s for {what}"
    return got


class Site:
    """Folders of one site: etc/postfix, etc/aliases, out, spool, vmail."""

    def __init__(self, main_cf="", files=None):
        self.top = Path(tempfile.mkdtemp(prefix="mccd-test-"))
        self.top.chmod(0o755)
        self.etc = self.top / "root/etc/postfix"
        self.etc.mkdir(parents=True)
        self.write("main.cf", MAIN_CF + main_cf)
        self.write("master.cf", MASTER_CF)
        self.write("vmailbox", "u@v.example  u/\nw@v.example  w/\n")
        (self.top / "root/etc/aliases").write_text("postmaster: u@v.example\nu: u@v.example\n")
        for name, text in (files or {}).items():
            self.write(name, text)
        (self.top / "root/etc/hosts").write_text("127.0.0.1 localhost\n")
        self.vmail = self.top / "root/vmail"
        self.vmail.mkdir()
        os.chown(self.vmail, MAIL_UID, MAIL_GID)
        self.out = self.top / "out"
        self.spool = self.top / "spool"

    def write(self, name, text):
        (self.etc / name).write_text(text)

    def build(self):
        done = subprocess.run(
            [MCC, "-C", self.etc, "--root", self.top / "root", "--hostname",
             "mx.example.com", "build", "-o", self.out],
            capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return os.readlink(self.out / "current")

    def delivered(self, user="u"):
        """Texts of the messages in a Maildir."""
        new = self.vmail / user / "new"
        return [p.read_bytes() for p in sorted(new.iterdir())] if new.is_dir() else []

    def remove(self):
        shutil.rmtree(self.top, ignore_errors=True)


class Daemon:
    """mccd over a site. Use as a context manager."""

    def __init__(self, site, *options, listen="127.0.0.1:0", start=True):
        self.site = site
        self.options = options
        self.listen = listen
        self.child = None
        self.log_file = site.top / "log"
        if start:
            self.start()

    def argv(self):
        return [MCCD, "run", "-g", self.site.out / "current", "--spool", self.site.spool,
                "--root", self.site.top / "root", "--listen", self.listen,
                # Nobody answers there: no test may ask the world.
                "--resolver", "127.0.0.1@9", *self.options]

    def start(self):
        seen = len(self.log())
        with open(self.log_file, "ab") as log:
            self.child = subprocess.Popen(self.argv(), stderr=log, stdin=subprocess.DEVNULL)
        until(lambda: "listening on" in self.log()[seen:] or self.child.poll() is not None)
        assert self.child.poll() is None, self.log()
        address = (self.site.spool / "listen").read_text().splitlines()[0]
        self.port = int(address.rsplit(":", 1)[1])

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def pid_of(self, role):
        """Process of a child, as `mccd status` says; None: not up."""
        m = re.search(rf"^{role} +pid (\d+), up", self.control("status").stdout, re.M)
        return int(m.group(1)) if m else None

    def control(self, *words):
        return subprocess.run([MCCD, *words, "--spool", self.site.spool],
                              capture_output=True, text=True, timeout=90, check=False)

    def stop(self):
        """SIGTERM; the exit status."""
        if self.child is None:
            return 0
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise
        self.child = None
        return status

    def queue_is_empty(self):
        queue = self.site.spool / "queue"
        return not queue.is_dir() or not any(p.is_file() for p in queue.rglob("*"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        if kind is not None:
            print(self.log()[-8000:])
        assert "AddressSanitizer" not in self.log(), self.log()
        assert "runtime error" not in self.log(), self.log()


class Dialogue:
    """Raw SMTP: bytes out, replies in."""

    def __init__(self, daemon, greet=True, timeout=20):
        self.sock = socket.create_connection(("127.0.0.1", daemon.port), timeout)
        self.file = self.sock.makefile("rb")
        self.greeting = self.reply() if greet else None

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self):
        """One reply, lines joined by a line feed; '' when the server has closed."""
        lines = []
        while True:
            try:
                line = self.file.readline()
            except ConnectionResetError:
                return ""
            if not line:
                return "\n".join(lines)
            assert line.endswith(b"\r\n") and len(line) <= 512, line
            lines.append(line[:-2].decode("latin-1"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def ask(self, line):
        self.send(line + "\r\n" if isinstance(line, str) else line + b"\r\n")
        return self.reply()

    def hello(self):
        assert self.ask("EHLO client.example").startswith("250")
        return self

    def begin(self, *recipients, sender="s@client.example"):
        """Up to 354."""
        assert self.ask(f"MAIL FROM:<{sender}>").startswith("250")
        for rcpt in recipients or ("u@v.example",):
            assert self.ask(f"RCPT TO:<{rcpt}>").startswith("250")
        assert self.ask("DATA").startswith("354")
        return self

    def closed(self):
        """The server has nothing more to say and has closed."""
        return self.reply() == ""

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()
