# SPDX-License-Identifier: BSD-2-Clause
"""Peers under the tests' control: an SMTP server that follows a script and a
small DNS server. Loopback only, threads end with the `with` block."""

import socket
import struct
import threading
import time


class Message:
    def __init__(self, sender, recipients, data, session):
        self.sender = sender
        self.recipients = recipients
        self.data = data
        self.session = session


class SmtpPeer:
    """plan(step, argument, session) decides what a step is answered with:
    None: as a good server does; bytes: sent as they are; "close"; "silence";
    ("raw-close", bytes). Steps: greeting EHLO HELO MAIL RCPT DATA DOT RSET QUIT."""

    def __init__(self, plan=None, host="127.0.0.1", port=0, extensions=("PIPELINING",
                 "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES")):
        self.plan = plan or (lambda step, arg, session: None)
        self.extensions = extensions
        self.messages = []
        self.commands = []
        self.sessions = 0
        self.open_now = 0
        self.open_most = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server((host, port), backlog=200)
        self.port = self.listener.getsockname()[1]
        self.host = host
        self.stopping = False
        self.conns = set()

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *rest):
        self.stopping = True
        self.listener.close()
        for c in list(self.conns):
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self):
        while not self.stopping:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.sessions += 1
                number = self.sessions
                self.open_now += 1
                self.open_most = max(self.open_most, self.open_now)
                self.conns.add(conn)
            threading.Thread(target=self.serve, args=(conn, number), daemon=True).start()

    def serve(self, conn, number):
        try:
            conn.settimeout(60)
            self.talk(conn, number)
        except (OSError, EOFError):
            pass
        finally:
            with self.lock:
                self.open_now -= 1
                self.conns.discard(conn)
            conn.close()

    def step(self, conn, name, arg, number, default):
        """Sends the reply; its first digit, or raises EOFError."""
        action = self.plan(name, arg, number)
        if action is None:
            action = default
        if action == "close":
            raise EOFError
        if action == "silence":
            time.sleep(30)
            raise EOFError
        if isinstance(action, tuple):
            conn.sendall(action[1])
            raise EOFError
        conn.sendall(action)
        return action[:1]

    def talk(self, conn, number):
        file = conn.makefile("rb")
        if self.step(conn, "greeting", "", number, b"220 peer ESMTP\r\n") != b"2":
            pass
        sender, rcpts = None, []
        while True:
            line = file.readline()
            if not line:
                return
            text = line.decode("latin-1").rstrip("\r\n")
            word = text.split(" ")[0].split(":")[0].upper()
            with self.lock:
                self.commands.append((number, text))
            if word == "EHLO":
                rows = ["peer", *self.extensions]
                good = "".join("250%s%s\r\n" % ("-" if r is not rows[-1] else " ", r)
                               for r in rows).encode()
                self.step(conn, "EHLO", text, number, good)
            elif word == "HELO":
                self.step(conn, "HELO", text, number, b"250 peer\r\n")
            elif word == "MAIL":
                if self.step(conn, "MAIL", text, number, b"250 2.1.0 ok\r\n") == b"2":
                    sender, rcpts = text, []
            elif word == "RCPT":
                if self.step(conn, "RCPT", text, number, b"250 2.1.5 ok\r\n") == b"2":
                    rcpts.append(text[text.index("<") + 1:text.rindex(">")])
            elif word == "DATA":
                good = b"354 go\r\n" if rcpts else b"503 5.5.1 no recipients\r\n"
                if self.step(conn, "DATA", text, number, good) == b"3":
                    data = self.read_data(file)
                    if self.step(conn, "DOT", "", number, b"250 2.0.0 taken\r\n") == b"2":
                        with self.lock:
                            self.messages.append(Message(sender, rcpts, data, number))
                sender, rcpts = None, []
            elif word == "QUIT":
                self.step(conn, "QUIT", text, number, b"221 bye\r\n")
                return
            else:
                conn.sendall(b"500 what\r\n")

    @staticmethod
    def read_data(file):
        data = b""
        while not data.endswith(b"\r\n.\r\n") and data != b".\r\n":
            line = file.readline()
            if not line:
                raise EOFError
            data += line
        return data


TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "AAAA": 28}
NAMES = {v: k for k, v in TYPES.items()}


def pack_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def pack_rdata(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return struct.pack("!H", value[0]) + pack_name(value[1])
    return pack_name(value)


class Dns:
    """records: {"name": [("MX", (10, "mx.example")), ("A", "127.0.0.1"), …]};
    a value of None for a name: SERVFAIL; "silence": no answer at all."""

    def __init__(self, records):
        self.records = records
        self.queries = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.server = "127.0.0.1@%d" % self.port

    def __enter__(self):
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, *rest):
        self.sock.close()

    def run(self):
        while True:
            try:
                msg, who = self.sock.recvfrom(4096)
            except OSError:
                return
            try:
                out = self.reply(msg)
                if out:
                    self.sock.sendto(out, who)
            except (OSError, IndexError, struct.error):
                continue

    def reply(self, msg):
        ident, flags = struct.unpack("!HH", msg[:4])
        pos, labels = 12, []
        while msg[pos]:
            labels.append(msg[pos + 1:pos + 1 + msg[pos]].decode())
            pos += 1 + msg[pos]
        name = ".".join(labels).lower()
        kind = NAMES.get(struct.unpack("!H", msg[pos + 1:pos + 3])[0], "?")
        question = msg[12:pos + 5]
        self.queries.append((name, kind))
        rows = self.records.get(name, [])
        rcode = 0 if name in self.records else 3
        if rows == "silence":
            return None
        if rows is None:
            rcode, rows = 2, []
        answers = [r for r in rows if r[0] == kind]
        body = b""
        for k, value in answers:
            data = pack_rdata(k, value)
            body += b"\xc0\x0c" + struct.pack("!HHIH", TYPES[k], 1, 60, len(data)) + data
        soa = b""
        if not answers and rcode in (0, 3):
            data = pack_name("ns.test") + pack_name("h.test") + struct.pack("!5I", 1, 2, 3, 4, 5)
            soa = pack_name("") + struct.pack("!HHIH", 6, 1, 5, len(data)) + data
        return struct.pack("!HHHHHH", ident, 0x8480 | (flags & 0x100) | rcode, 1, len(answers),
                           1 if soa else 0, 0) + question + body + soa
