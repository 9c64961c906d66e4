# SPDX-License-Identifier: BSD-2-Clause
"""A private Postfix instance for one site: its own configuration, queue and
data folders, one smtpd on a free loopback port that takes clients by XCLIENT,
with sinks=True every transport but local(8) a sink. /etc/postfix is neither
read nor written.

sessions()  replies of smtpd(8)
routes()    answers of trivial-rewrite(8), asked on its own socket
finals()    where messages end, from the log of the sinks"""
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

SBIN = next((p for p in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix") if Path(p).is_dir()), None)
QUEUES = ("active bounce corrupt defer deferred flush hold incoming private public maildrop "
          "saved trace").split()
SINKS = ("smtp", "relay", "virtual", "lmtp", "special", "dovecot", "box", "slow", "hold")
CLASSES = {1 << 8: "local", 1 << 9: "alias", 1 << 10: "virtual", 1 << 11: "relay", 1 << 12: "default"}
# Of resolve_clnt's flags: the address has a route, is bad, or its look-up failed.
ROUTED, BAD, FAILED = 1 << 1, 1 << 2, 1 << 3


class SaslServer:
    """As much of Dovecot's authentication service as smtpd needs to start."""

    GREETING = b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n"

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.socket.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        peers = []
        while True:
            try:
                peer = self.socket.accept()[0]
                peer.sendall(self.GREETING)
                peers.append(peer)
            except OSError:
                return

    def close(self):
        self.socket.close()


class Postfix:
    """lines of main.cf; tables: name -> (type, text), or the text of a hash
    table; more lines of master.cf; files that are no tables."""

    def __init__(self, lines, tables, more=(), files=None, sinks=False):
        tables = {name: ("hash", t) if isinstance(t, str) else t for name, t in tables.items()}
        self.top = Path(tempfile.mkdtemp(prefix="mcc-oracle-"))
        self.top.chmod(0o755)
        self.etc = self.top / "etc"
        self.make_folders()
        self.sasl = SaslServer(self.top / "spool/private/auth")
        self.write_tables(tables, files or {})
        for _ in range(4):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                self.port = s.getsockname()[1]
            self.write_configuration(lines, more, sinks)
            self.compile_tables(tables)
            self.master = subprocess.Popen([f"{SBIN}/master", "-c", str(self.etc), "-d"],
                                           env=dict(os.environ, MAIL_CONFIG=str(self.etc)), start_new_session=True,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self.is_up():
                return
            self.end_master()
        text = self.log()[-2000:]
        self.clear()
        raise RuntimeError("Postfix does not start: " + text)

    def is_up(self):
        """Somebody else may have taken the port meanwhile: master(8) says that
        it runs when it has all of its own."""
        deadline = time.time() + 15
        while time.time() < deadline and self.master.poll() is None:
            if "daemon started" in self.log():
                return True
            time.sleep(0.02)
        return False

    def make_folders(self):
        owner = pwd.getpwnam("postfix")
        for name in ("etc", "spool", "lib"):
            (self.top / name).mkdir()
        for name in QUEUES:
            (self.top / "spool" / name).mkdir(mode=0o755)
            os.chown(self.top / "spool" / name, owner.pw_uid, owner.pw_gid)
        (self.top / "spool/pid").mkdir()
        os.chown(self.top / "lib", owner.pw_uid, owner.pw_gid)

    def write_configuration(self, lines, more, sinks):
        (self.etc / "main.cf").write_text("\n".join(lines + [
            "myhostname = mail.example.com", "inet_interfaces = loopback-only",
            f"queue_directory = {self.top}/spool", f"data_directory = {self.top}/lib",
            f"maillog_file = {self.top}/log", f"maillog_file_prefixes = {self.top}",
            "smtpd_authorized_xclient_hosts = 127.0.0.1", "smtpd_error_sleep_time = 0",
            "smtpd_hard_error_limit = 1000", "smtpd_soft_error_limit = 1000",
            "smtpd_sasl_type = dovecot", "smtpd_sasl_path = private/auth",
            "smtpd_client_connection_count_limit = 0", "smtpd_tls_security_level =",
            "service_throttle_time = 1s", "notify_classes =", "biff = no", ""]))
        services = ["rewrite unix - - n - - trivial-rewrite", "cleanup unix n - n - 0 cleanup",
                    "proxymap unix - - n - - proxymap", "anvil unix - - n - 1 anvil",
                    "postlog unix-dgram n - n - 1 postlogd", "error unix - - n - - error",
                    "retry unix - - n - - error", "discard unix - - n - - discard",
                    *(self.sinks(lines) if sinks else
                      ["smtp unix - - n - - smtp", "relay unix - - n - - smtp",
                       "local unix - n n - - local", "virtual unix - n n - - virtual"]), *more]
        (self.etc / "master.cf").write_text(
            "\n".join([f"127.0.0.1:{self.port} inet n - n - - smtpd"] + services) + "\n")

    @staticmethod
    def sinks(lines):
        """Where no name is looked up, each one that survives the aliases is a box."""
        known = any(re.match(r"(mailbox|fallback)_transport|luser_relay", l) for l in lines)
        return ["qmgr unix n - n 300 1 qmgr", "bounce unix - - n - 0 bounce",
                "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce",
                "local unix - n n - - local" + ("" if known else " -o mailbox_transport=discard:"),
                *(f"{s} unix - - n - - discard" for s in SINKS)]

    def write_tables(self, tables, files):
        for name, (kind, text) in tables.items():
            if kind != "inline":
                (self.etc / name).write_text(text)
        for name, text in files.items():
            (self.etc / name).write_text(text)

    def compile_tables(self, tables):
        """Each program waits for a while where a file has just been written."""
        for path in self.etc.iterdir():
            os.utime(path, (time.time() - 60,) * 2)
        compiled = [f"{kind}:{self.etc}/{name}" for name, (kind, _) in tables.items()
                    if kind in ("hash", "btree", "lmdb", "cdb") and not name.startswith("aliases")]
        aliases = [f"{kind}:{self.etc}/{name}" for name, (kind, _) in tables.items()
                   if kind in ("hash", "btree", "lmdb", "cdb") and name.startswith("aliases")]
        for program, maps in (("postmap", compiled), ("postalias", aliases)):
            if maps:
                subprocess.run([program, "-c", self.etc, *maps], check=True, capture_output=True)

    def log(self):
        path = self.top / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def queued(self):
        """Files of messages on their way, in the order that they go: one that
        moves meanwhile is seen where it comes to."""
        return [p for name in ("maildrop", "incoming", "active", "deferred")
                for p in (self.top / "spool" / name).rglob("*") if p.is_file()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end_master()
        self.clear()

    def end_master(self):
        """Its processes are a group of their own; asked to end it would wait."""
        try:
            os.killpg(self.master.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.master.wait(20)

    def clear(self):
        self.sasl.close()
        shutil.rmtree(self.top, ignore_errors=True)

    # ---- smtpd ----

    def sessions(self, sessions):
        return [self.session_bounded(s) for s in sessions]

    def session_bounded(self, session):
        """Replies by stage, as (code, dsn, text); None: smtpd gave up."""
        try:
            return self.session(session)
        except OSError:
            return None

    def session(self, session):
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
            talk = Talk(sock)
            if talk.command(None)[0] != 220:
                return None
            steps = self.commands(session)
            talk.command("EHLO start")
            replies = {}
            for stage, text in steps:
                replies[stage] = talk.command(text)
                if replies[stage][0] == 0:
                    return None
                if replies[stage][0] >= 400:
                    break
        return replies

    @staticmethod
    def commands(session):
        """(stage, text) from XCLIENT to RCPT."""
        address = ("IPV6:" if ":" in session["client"] else "") + session["client"]
        reverse = session.get("client-reverse", session["client-name"])
        xclient = f"XCLIENT ADDR={address} NAME={session['client-name']} REVERSE_NAME={reverse}"
        if session.get("sasl"):
            xclient += " LOGIN=" + session["sasl"]
        steps = [("connect", xclient)]
        if session.get("helo") is not None:
            steps.append(("helo", f"EHLO {session['helo']}"))
        size = f" SIZE={session['size']}" if session.get("size") else ""
        return [*steps, ("mail", f"MAIL FROM:<{session['from']}>{size}"), ("rcpt", f"RCPT TO:<{session['rcpt']}>")]

    def recipients(self, session, recipients):
        """Replies to RCPT, one after the other in one session."""
        replies = []
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
            talk = Talk(sock)
            for text in [None, "EHLO start", *(text for _, text in self.commands(session)[:-1])]:
                if not 0 < talk.command(text)[0] < 400:
                    return []
            for recipient in recipients:
                replies.append(talk.command(f"RCPT TO:<{recipient}>"))
                if replies[-1][0] in (0, 421, 521):
                    break
        return replies

    # ---- trivial-rewrite ----

    def routes(self, questions):
        """(address, sender) -> dict, or None: no answer."""
        answers = []
        for address, sender in questions:
            try:
                rewritten = self.rewrite(internal(address))
                answers.append(self.resolve(rewritten, sender))
            except (OSError, ValueError, KeyError):
                answers.append(None)
        return answers

    def ask_rewrite(self, **attributes):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(f"{self.top}/spool/private/rewrite")
            stream = sock.makefile("rwb")
            self.read_attributes(stream)            # the server's name comes first
            stream.write(b"".join(n.encode() + b"\0" + v.encode(errors="surrogateescape") + b"\0"
                                  for n, v in attributes.items()) + b"\0")
            stream.flush()
            return self.read_attributes(stream)

    @staticmethod
    def read_attributes(stream):
        def word():
            text = b""
            while True:
                c = stream.read(1)
                if not c:
                    raise ValueError("end of file")
                if c == b"\0":
                    return text.decode(errors="surrogateescape")
                text += c

        attributes = {}
        while True:
            name = word()
            if not name:
                return attributes
            attributes[name] = word()

    def rewrite(self, address):
        """The service takes and gives the external form, its clients the other."""
        got = self.ask_rewrite(request="rewrite", rule="local", address=external(address))
        return internal(got["address"])

    def resolve(self, address, sender):
        return self.outcome(self.ask_rewrite(request="resolve", sender=sender, address=address))

    @staticmethod
    def outcome(got):
        flags = int(got["flags"])
        if flags & FAILED:
            return {"error": "lookup failed"}
        if flags & BAD:
            return {"error": "bad address"}
        return {"class": next((c for bit, c in CLASSES.items() if flags & bit), None),
                "transport": got["transport"], "nexthop": got["nexthop"],
                "recipient": got["recipient"], "routed": bool(flags & ROUTED)}

    # ---- cleanup, local ----

    def finals(self, questions):
        """(rcpt, from) -> {"sent": [...], "lost": [...]}, or {"error": ...}."""
        queued, answers = [], []
        for rcpt, sender in questions:
            queued.append(self.submit(rcpt, sender))
        deadline = time.time() + 20
        quiet, last = 0, ""
        while time.time() < deadline and quiet < 4:
            text = self.log()
            pending = [q for q in queued if isinstance(q, str) and not self.is_done(text, q)]
            quiet = quiet + 1 if text == last and not pending else 0
            last = text
            time.sleep(0.15)
        for item in queued:
            answers.append(self.trace_log(last, item) if isinstance(item, str) else
                           {"error": item})
        return answers

    @staticmethod
    def is_done(log, queue_id):
        return f"{queue_id}: removed" in log or re.search(f" {queue_id}: to=.*status=deferred", log)

    def submit(self, rcpt, sender):
        """The queue's name of the message, or what it was answered."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
                talk = Talk(sock)
                talk.command(None)
                talk.command("EHLO localhost")
                for text in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{rcpt}>", "DATA"):
                    reply = talk.command(text)
                    if reply[0] >= 400 or reply[0] == 0:
                        return reply
                reply = talk.command("Subject: x\r\n\r\nx\r\n.")
        except OSError:
            return (0, None, "")
        found = re.search(r"queued as (\S+)", reply[2])
        return found.group(1) if found else reply

    def trace_log(self, log, queue_id, depth=0):
        out = {"sent": [], "lost": []}
        for line in re.findall(rf" {queue_id}: to=<.*", log) if depth < 20 else []:
            found = re.match(r".*?: to=<(.*?)>,(?: orig_to=<.*?>,)? relay=.*?, status=(\w+) \((.*)\)$",
                             line)
            rcpt, status, text = found.groups()
            forwarded = re.match(r"forwarded as (\S+)", text)
            command = re.match(r"delivered to command: (.*)", text)
            file = re.match(r"delivered to file: (.*)", text)
            if status in ("bounced", "deferred"):
                out["lost"].append(rcpt)
            elif forwarded:
                more = self.trace_log(log, forwarded.group(1), depth + 1)
                out["sent"] += more["sent"]
                out["lost"] += more["lost"]
            elif command:
                out["sent"].append("|" + command.group(1))
            elif file:
                out["sent"].append(file.group(1))
            else:
                out["sent"].append(rcpt)
        return out


def external(address):
    """The local part quoted where it is no dot-atom."""
    local, at, domain = address.rpartition("@") if "@" in address else (address, "", "")
    atom = r"[^\x00-\x20\x7f()<>\[\]:;@\\,.\"]+"
    if re.fullmatch(rf"{atom}(\.{atom})*", local):
        return address
    return '"' + re.sub(r'(["\\\r])', r"\\\1", local) + '"' + at + domain


def internal(address):
    """Quotes and backslashes of the local part taken off."""
    local, at, domain = address.rpartition("@") if "@" in address else (address, "", "")
    return re.sub(r'\\(.)|"', lambda m: m.group(1) or "", local) + at + domain


class Talk:
    """Commands and replies of SMTP."""

    def __init__(self, sock):
        self.stream = sock.makefile("rwb")

    def command(self, text):
        if text is not None:
            self.stream.write(text.encode(errors="surrogateescape") + b"\r\n")
            self.stream.flush()
        lines = []
        while True:
            line = self.stream.readline().decode(errors="surrogateescape").rstrip("\r\n")
            lines.append(line[4:])
            if len(line) < 4 or line[3] != "-":
                break
        if not line:
            return (0, None, "")
        found = re.match(r"([245]\.\d{1,3}\.\d{1,3})( |$)", lines[-1])
        dsn = found.group(1) if found else None
        text = "\n".join(l[len(dsn) + 1:] if dsn and l.startswith(dsn) else l for l in lines)
        return int(line[:3]), dsn, text
