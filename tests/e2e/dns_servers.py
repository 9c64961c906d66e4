# SPDX-License-Identifier: BSD-2-Clause
"""DNS servers on loopback for tests: a scripted one that may misbehave, and
NSD and Unbound as children with a configuration of their own folder."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def free_port():
    """A port that is free for UDP and TCP just now."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def pack_name(text):
    out = b""
    for label in text.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def question(query):
    """-> (name as text, type number, question section)"""
    pos, labels = 12, []
    while query[pos]:
        labels.append(query[pos + 1:pos + 1 + query[pos]].decode("latin-1"))
        pos += 1 + query[pos]
    return (".".join(labels), struct.unpack("!H", query[pos + 1:pos + 3])[0],
            query[12:pos + 5])


def record(owner, rtype, data, ttl=300):
    rdata = {"A": lambda d: socket.inet_aton(d),
             "AAAA": lambda d: socket.inet_pton(socket.AF_INET6, d),
             "TXT": lambda d: bytes([len(d)]) + d.encode(),
             "MX": lambda d: struct.pack("!H", d[0]) + pack_name(d[1]),
             "RAW": lambda d: d}.get(rtype[0] if isinstance(rtype, tuple) else rtype, pack_name)(data)
    number = rtype[1] if isinstance(rtype, tuple) else TYPES[rtype]
    return pack_name(owner) + struct.pack("!HHIH", number, 1, ttl, len(rdata)) + rdata


def reply(query, answers=(), rcode=0, flags=0x8180, authority=(), ident=None, quest=None):
    head = struct.pack("!H", struct.unpack("!H", query[:2])[0] if ident is None else ident)
    head += struct.pack("!HHHHH", flags | rcode, 1, len(answers), len(authority), 0)
    return head + (question(query)[2] if quest is None else quest) + b"".join(answers) + \
        b"".join(authority)


class Scripted:
    """`script(query, is_tcp, number)` -> messages to send; a float is a pause.

    number counts the queries from 0; `seen` keeps them with their source port.
    """

    def __init__(self, script):
        self.script, self.seen = script, []

    def __enter__(self):
        self.port = free_port()
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen(64)
        self.is_open = True
        self.threads = [threading.Thread(target=t, daemon=True)
                        for t in (self.serve_udp, self.serve_tcp)]
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *exc):
        self.is_open = False
        # Wakes the threads, which then see that it is over.
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            s.sendto(b"", ("127.0.0.1", self.port))
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            pass
        for t in self.threads:
            t.join(5)
        self.udp.close()
        self.tcp.close()

    @property
    def where(self):
        return f"127.0.0.1@{self.port}"

    def play(self, query, is_tcp, source, send):
        number = len(self.seen)
        self.seen.append((query, is_tcp, source))
        for message in self.script(query, is_tcp, number) or ():
            if isinstance(message, float):
                time.sleep(message)
            else:
                send(message)

    def serve_udp(self):
        while True:
            query, source = self.udp.recvfrom(4096)
            if not self.is_open:
                return
            self.play(query, False, source, lambda m, s=source: self.udp.sendto(m, s))

    def serve_tcp(self):
        while True:
            conn, source = self.tcp.accept()
            with conn:
                if not self.is_open:
                    return
                conn.settimeout(5)
                try:
                    size = struct.unpack("!H", conn.recv(2, socket.MSG_WAITALL))[0]
                    query = conn.recv(size, socket.MSG_WAITALL)
                    self.play(query, True, source, conn.sendall)
                except (OSError, struct.error):
                    pass


def framed(message):
    return struct.pack("!H", len(message)) + message


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Child:
    """A server in the foreground; ended by its pid."""

    def __init__(self, argv, port, folder):
        self.argv, self.port, self.folder = argv, port, folder

    def __enter__(self):
        self.log = open(self.folder / "server.log", "wb")
        self.child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=self.log,
                                      stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                assert self.child.poll() is None, (self.folder / "server.log").read_text()
                time.sleep(0.05)
        self.__exit__()
        raise AssertionError("the server does not come up")

    @property
    def where(self):
        return f"127.0.0.1@{self.port}"

    def __exit__(self, *exc):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(10)
        self.log.close()


def nsd(folder, zones):
    """zones: {name: text}"""
    port = free_port()
    conf = ["server:", f" ip-address: 127.0.0.1@{port}", ' username: ""', ' chroot: ""',
            f' zonesdir: "{folder}"', ' database: ""', f' pidfile: "{folder}/nsd.pid"',
            f' xfrdfile: "{folder}/xfrd"', f' zonelistfile: "{folder}/zonelist"',
            f' xfrdir: "{folder}"', " server-count: 1", " rrl-ratelimit: 0",
            "remote-control:", " control-enable: no"]
    for i, (name, text) in enumerate(zones.items()):
        (folder / f"z{i}").write_text(text)
        conf += ["zone:", f' name: "{name}"', f' zonefile: "z{i}"']
    (folder / "nsd.conf").write_text("\n".join(conf) + "\n")
    return Child([find("nsd"), "-d", "-c", str(folder / "nsd.conf")], port, folder)


def unbound(folder, lines):
    """A resolver without root hints; `lines` stand in its server clause."""
    port = free_port()
    conf = ["server:", f" interface: 127.0.0.1@{port}", ' username: ""', ' chroot: ""',
            f' directory: "{folder}"', ' pidfile: ""', " do-daemonize: no", " num-threads: 1",
            " do-not-query-localhost: no", " use-syslog: no", " module-config: \"validator iterator\"",
            *lines, "remote-control:", " control-enable: no"]
    (folder / "unbound.conf").write_text("\n".join(conf) + "\n")
    return Child([find("unbound"), "-d", "-c", str(folder / "unbound.conf")], port, folder)
