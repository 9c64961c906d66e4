# SPDX-License-Identifier: BSD-2-Clause
"""A private Postfix for one site that routes: trivial-rewrite(8) and cleanup(8)
are asked on their own sockets, in their own form of addresses, thousands a
second; local(8) delivers in earnest, every other transport is a sink that
names its next hop in the log."""
import os
import re
import socket
import time

from postfix import Postfix
from route_sites import quote

# Flags for cleanup: header checks, on hold, copies, address mappings.
FILTER, HOLD, COPIES, MAPPINGS = 2, 4, 16, 32
# Texts of local(8)'s answers that tell where the message went.
FORWARDED = re.compile(r"forwarded as (\S+)")
COMMAND = re.compile(r"delivered to command: (.*)")
FILE = re.compile(r"delivered to file: (.*)")
DELIVERY = re.compile(r"(?P<who>\S+)\[\d+\]: (?P<id>[0-9A-F]+): to=<(?P<to>.*?)>,(?: orig_to=<.*?>,)? relay=(?P<relay>.*?),"
                      r"(?: conn_use=\d+,)? delay=.*? dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<text>.*)\)$")


class RoutePostfix(Postfix):
    def __init__(self, site, lines, tables):
        self.site, self.stream, self.done = site, None, ()
        self.files = site.files
        super().__init__(lines, tables, sinks=True)

    def make_folders(self):
        super().make_folders()
        os.chmod(self.etc, 0o755)
        self.lines_of_files()

    def lines_of_files(self):
        for name, text in self.files.items():
            (self.etc / name).write_text(text.replace("$INC", str(self.etc)))
            os.chmod(self.etc / name, 0o644)

    def write_tables(self, tables, files):
        tables = {n: (k, t.replace("$INC", str(self.etc))) for n, (k, t) in tables.items()}
        super().write_tables(tables, files)

    def write_configuration(self, lines, more, sinks):
        super().write_configuration([*lines, "smtpd_client_restrictions = check_client_access static:HOLD",
                                     "smtpd_recipient_restrictions = permit_mynetworks, reject", "mynetworks = 127.0.0.0/8",
                                     "smtpd_relay_restrictions =", "smtpd_reject_unlisted_recipient = no", "in_flow_delay = 0"], more, sinks)
        main = (self.etc / "main.cf").read_text()
        if any(l.startswith(("myhostname", "inet_interfaces")) for l in lines):
            given = {l.split(" ")[0] for l in lines}
            main = "\n".join(l for i, l in enumerate(main.split("\n"))
                             if i < len(lines) or l.split(" ")[0] not in given) + "\n"
            (self.etc / "main.cf").write_text(main)
        master = (self.etc / "master.cf").read_text().split("\n")
        master = [l.replace("mailbox_transport=discard:", "mailbox_transport=mailbox:") for l in master]
        master.append("mailbox unix - - n - - discard")
        master = [f"{l} -o syslog_name=sink/{l.split(' ')[0]}" if l.endswith("discard") else l for l in master if l]
        (self.etc / "master.cf").write_text("\n".join(master) + "\n")

    # ---- trivial-rewrite ----

    def ask_rewrite(self, **attributes):
        """The server keeps the connection; it is opened anew when it does not."""
        for _ in range(2):
            try:
                if self.stream is None:
                    sock = socket.socket(socket.AF_UNIX)
                    sock.settimeout(10)
                    sock.connect(f"{self.top}/spool/private/rewrite")
                    self.stream = sock.makefile("rwb")
                    self.read_attributes(self.stream)
                self.stream.write(b"".join(n.encode() + b"\0" + v.encode() + b"\0" for n, v in attributes.items()) + b"\0")
                self.stream.flush()
                return self.read_attributes(self.stream)
            except (OSError, ValueError):
                self.stream = None
        raise ValueError("trivial-rewrite hangs up")

    def routes(self, questions):
        """What smtpd(8) and cleanup(8) ask for these (address, sender)."""
        answers = []
        for address, sender in questions:
            try:
                answers.append(self.resolve(self.rewrite(address), sender))
            except (OSError, ValueError, KeyError):
                answers.append(None)
        return answers

    def rewrite(self, address):
        return unquote(self.ask_rewrite(request="rewrite", rule="local", address=quote(address))["address"])

    @staticmethod
    def outcome(got):
        """A bad address is told too: the trace shows what it was rewritten to."""
        found = Postfix.outcome(got)
        return {**found, "recipient": got["recipient"]} if found.get("error") == "bad address" else found

    # ---- cleanup ----

    def submit_records(self, recipient, sender, hold):
        """The queue's name of the message, or (status, reason)."""
        try:
            return self.ask_cleanup(recipient, sender, hold)
        except (OSError, ValueError, KeyError) as error:
            raise RuntimeError("cleanup hangs up: " + "\n".join(re.findall("(?:fatal|panic).*", self.log())[:2])) from error

    def ask_cleanup(self, recipient, sender, hold):
        flags = FILTER | (HOLD if hold else 0)
        if "receive_override_options = no_address_mappings" not in self.site.lines:
            flags |= COPIES | MAPPINGS
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(20)
            sock.connect(f"{self.top}/spool/public/cleanup")
            stream = sock.makefile("rwb")
            queue_id = self.read_attributes(stream).get("queue_id")
            if queue_id is None:
                queue_id = self.read_attributes(stream)["queue_id"]
            records = [("T", f"{time.time():.6f}".replace(".", " ")), ("S", sender), ("R", recipient), ("M", ""),
                       ("N", "Received: x"), ("N", ""), ("N", "x"), ("X", ""), ("E", "")]
            stream.write(b"flags\0%d\0\0" % flags + b"".join(record(k, v.encode()) for k, v in records))
            stream.flush()
            done = self.read_attributes(stream)
        return queue_id if done["status"] == "0" else (int(done["status"]), done.get("reason", ""))

    def cleaned(self, questions):
        """Envelopes as cleanup writes them: sender, recipients; a text: refused."""
        answers = []
        for recipient, sender in questions:
            queue_id = self.submit_records(recipient, sender, True)
            answers.append(self.held(queue_id) if isinstance(queue_id, str) else refusal(*queue_id))
        return answers

    def held(self, queue_id):
        path = self.top / "spool/hold" / queue_id
        if not path.exists():
            return None
        kinds = list(records_of(path.read_bytes()))
        path.unlink()
        return {"sender": next(v for k, v in kinds if k == "S"), "recipients": [v for k, v in kinds if k == "R"],
                "originals": list(dict.fromkeys(v for k, v in kinds if k == "O"))}

    def resolved(self, address, sender):
        """The recipient as qmgr(8) has it resolved."""
        return self.ask_rewrite(request="resolve", sender=sender, address=address)["recipient"]

    def smtp(self, questions):
        """The same through smtpd(8): recipients in external form. A lone postmaster
        is taken whatever restrictions say and not held: None."""
        answers = []
        for recipient, sender in questions:
            reply = self.submit(recipient, quote(sender))
            answers.append(self.held(reply) if isinstance(reply, str) else reply)
        return answers

    # ---- deliveries ----

    def deliver(self, questions):
        """Where messages end: lists of (transport, recipient, ...)."""
        queued = []
        for recipient, sender in questions:
            queued.append(self.submit_records(recipient, sender, False))
        log = self.wait_for([q for q in queued if isinstance(q, str)])
        lines = {}
        for found in filter(None, map(DELIVERY.search, log.split("\n"))):
            lines.setdefault(found["id"], []).append(found)
        senders = dict(re.findall(r": ([0-9A-F]+): from=<(.*)>, size=", log))
        self.done = done_with(log)
        answers = [self.ends(lines, senders, q, 0) if isinstance(q, str) else refusal(*q) for q in queued]
        # Users of this machine, which mcc does not look at.
        return [None if isinstance(a, list) and any(end.pop("mailbox", None) for end in a) else a for a in answers]

    def wait_for(self, queued, most=60):
        """The log when all of these have ended, and what was forwarded of them."""
        deadline, last, quiet = time.time() + most, 0, 0
        while time.time() < deadline:
            log = self.log()
            pending = {*queued, *re.findall(r"\(forwarded as (\S+)\)", log)} - done_with(log)
            quiet = quiet + 1 if len(log) == last else 0
            # A route without a transport stops the whole queue.
            if (not pending and quiet) or quiet > 100 or log.count("null transport result") > 1:
                break
            last = len(log)
            time.sleep(0.1)
        return log

    def ends(self, lines, senders, queue_id, depth):
        """None: the message is not done with."""
        if queue_id not in self.done:
            return None
        out = []
        for found in lines.get(queue_id, []) if depth < 30 else []:
            text, status = found["text"], found["status"]
            if status == "sent" and (text == "discarded" or text.endswith("notification discarded")):
                continue
            forwarded, command, file = FORWARDED.match(text), COMMAND.match(text), FILE.match(text)
            end = {"sender": senders.get(queue_id, "?"), "recipient": found["to"]}
            service = found["who"].split("/")
            if status in ("bounced", "deferred", "undeliverable"):
                end.update(lost=True, dsn=found["dsn"], text=text)
            elif forwarded:
                more = self.ends(lines, senders, forwarded[1], depth + 1)
                if more is None:
                    return None
                out += more
                continue
            elif command:
                end["recipient"] = "|" + command[1]
            elif file:
                end["recipient"] = file[1]
            elif text == "delivered to mailbox":
                end["mailbox"] = True
            elif service[0] == "sink" and service[1] != "mailbox":
                end.update(transport=service[1], nexthop=text)
            out.append(end)
        return out


def done_with(log):
    return {*re.findall(r": ([0-9A-F]+): removed", log), *re.findall(r" ([0-9A-F]+): to=.*status=deferred", log)}


def refusal(status, reason):
    """What smtpd(8) says for a status of cleanup."""
    return "queue file write error" if status & 2 else reason.partition(" ")[2] or f"status {status}"


def unquote(address):
    """Internal form of what trivial-rewrite answers."""
    start = address.index(":") + 1 if address[:1] == "@" and ":" in address else 0
    end = address.rfind("@", start)
    end = end if end >= 0 else len(address)
    local, out, i = address[start:end], address[:start], 0
    while i < len(local):
        if local[i] == "\\":
            i += 1
            out += local[i:i + 1]
        elif local[i] != '"':
            out += local[i]
        i += 1
    return out + address[end:]


def record(kind, data):
    size, length = b"", len(data)
    while True:
        size += bytes([length & 0x7F | (0x80 if length >> 7 else 0)])
        length >>= 7
        if not length:
            return kind.encode() + size + data


def records_of(data):
    at = 0
    while at < len(data):
        kind, at, length, shift = chr(data[at]), at + 1, 0, 0
        while True:
            length |= (data[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not data[at - 1] & 0x80:
                break
        yield kind, data[at:at + length].decode(errors="surrogateescape")
        at += length
