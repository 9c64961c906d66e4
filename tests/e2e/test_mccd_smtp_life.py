# SPDX-License-Identifier: BSD-2-Clause
"""The daemon's life: start, damaged generations, reload under load, deaths of
its processes, stop in the middle of things. Whatever happens, a message that
got its 250 is delivered."""
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from mccd_daemon import IS_ROOT, Daemon, Dialogue, Site, until
from programs import MCCD

ROLES = ("net", "queue", "send", "deliver")


@pytest.fixture
def site():
    s = Site()
    s.build()
    yield s
    s.remove()


class Load:
    """Clients that send numbered messages until told to stop."""

    def __init__(self, daemon, clients=4):
        self.daemon = daemon
        self.accepted, self.refused = [], []
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.client, args=(n,)) for n in range(clients)]
        for t in self.threads:
            t.start()

    def send_one(self, mark):
        with Dialogue(self.daemon) as d:
            if not d.greeting.startswith("220"):
                return d.greeting or "closed at greeting"
            for line in ("EHLO c", "MAIL FROM:<s@c.example>", "RCPT TO:<u@v.example>", "DATA",
                         f"Subject: {mark}\r\n\r\nx\r\n."):
                reply = d.ask(line)
                if reply[:3] not in ("250", "354"):
                    return f"{line[:20]!r}: {reply or 'closed'}"
            d.ask("QUIT")
        return None

    def client(self, n):
        i = 0
        while not self.over.is_set():
            mark, i = f"load-{n}-{i}-", i + 1
            try:
                problem = self.send_one(mark)
            except OSError as e:
                problem = str(e)
            with self.lock:
                if problem is None:
                    self.accepted.append(mark)
                else:
                    self.refused.append(problem)

    def finish(self):
        self.over.set()
        for t in self.threads:
            t.join(30)

    def check(self, seconds=30):
        """Every accepted message in the Maildir, exactly once."""
        until(self.daemon.queue_is_empty, seconds)
        got = b"".join(self.daemon.site.delivered())
        counts = {mark: got.count(b"Subject: " + mark.encode()) for mark in self.accepted}
        assert set(counts.values()) <= {1}, {m: c for m, c in counts.items() if c != 1}
        assert self.accepted


def test_status_and_unknown_command(site):
    with Daemon(site) as daemon:
        text = daemon.control("status").stdout
        assert text.startswith(f"generation {os.readlink(site.out / 'current').split('/')[1]}\n")
        assert f"listening 127.0.0.1:{daemon.port} smtp/inet" in text
        for role in ROLES:
            assert daemon.pid_of(role)
        assert daemon.control("queue", "list").returncode == 0
        done = daemon.control("queue", "show", "NOSUCHID")
        assert done.returncode != 0 and done.stderr
        assert daemon.stop() == 0


def test_no_daemon(site):
    done = subprocess.run([MCCD, "status", "--spool", site.spool], capture_output=True, text=True,
                          timeout=20, check=False)
    assert done.returncode == 3 and "no mccd is running here" in done.stderr


def test_second_daemon_on_the_spool(site):
    with Daemon(site) as daemon:
        second = subprocess.run(daemon.argv(), capture_output=True, text=True, timeout=30,
                                check=False)
        assert second.returncode == 3
        assert "another mccd uses this spool" in second.stderr
        with Dialogue(daemon) as d:
            d.hello()
        assert daemon.stop() == 0


def test_port_in_use(site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        daemon = Daemon(site, listen=f"127.0.0.1:{taken.getsockname()[1]}", start=False)
        done = subprocess.run(daemon.argv(), capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 3 and "127.0.0.1" in done.stderr


def generation_files(site):
    folder = site.out / "current"
    return sorted(p for p in folder.resolve().rglob("*") if p.is_file())


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def test_damaged_generation_is_refused_at_start(site):
    for path in generation_files(site):
        size = path.stat().st_size
        for at in sorted({0, size // 2, size - 1}):
            flip(path, at)
            daemon = Daemon(site, start=False)
            done = subprocess.run(daemon.argv(), capture_output=True, text=True, timeout=30,
                                  check=False)
            assert done.returncode == 3, (path, at, done.stderr)
            assert path.name in done.stderr, (path, at, done.stderr)
            flip(path, at)
    with Daemon(site) as daemon:
        assert daemon.stop() == 0


def test_missing_generation(site):
    daemon = Daemon(site, start=False)
    os.remove(site.out / "current")
    done = subprocess.run(daemon.argv(), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3 and "current" in done.stderr


def test_reload_switches(site):
    with Daemon(site) as daemon, Dialogue(daemon) as old:
        old.hello()
        assert old.ask("MAIL FROM:<s@c.example>").startswith("250")
        site.write("vmailbox", "u@v.example  u/\nnew@v.example  new/\n")
        site.build()
        assert daemon.control("reload").returncode == 0
        # One generation from MAIL to the end of the message.
        assert old.ask("RCPT TO:<new@v.example>").startswith("550")
        assert old.ask("RSET").startswith("250")
        assert old.ask("MAIL FROM:<s@c.example>").startswith("250")
        assert old.ask("RCPT TO:<new@v.example>").startswith("250")
        assert daemon.stop() == 0


def test_sighup_switches(site):
    with Daemon(site) as daemon:
        site.write("vmailbox", "new@v.example  new/\n")
        name = site.build().split("/")[1]
        daemon.child.send_signal(signal.SIGHUP)
        until(lambda: f"generation {name} in force in 4 of 4" in daemon.log())
        with Dialogue(daemon) as d:
            d.hello()
            d.ask("MAIL FROM:<>")
            assert d.ask("RCPT TO:<new@v.example>").startswith("250")
        assert daemon.stop() == 0


def test_damaged_generation_is_refused_at_reload(site):
    with Daemon(site) as daemon:
        site.write("vmailbox", "new@v.example  new/\n")
        site.build()
        victim = next(p for p in generation_files(site) if "vmailbox" in p.name)
        flip(victim, 5000 % victim.stat().st_size)
        done = daemon.control("reload")
        assert done.returncode == 3
        assert victim.name in done.stderr and "stays in force" in done.stderr
        with Dialogue(daemon) as d:
            d.hello()
            d.ask("MAIL FROM:<>")
            assert d.ask("RCPT TO:<u@v.example>").startswith("250")
            assert d.ask("RCPT TO:<new@v.example>").startswith("550")
        assert daemon.stop() == 0


def test_reload_under_load(site):
    with Daemon(site) as daemon:
        load = Load(daemon)
        reloads = 0
        end = time.monotonic() + 6
        while time.monotonic() < end:
            site.write("vmailbox", f"u@v.example  u/\nx{reloads}@v.example  x/\n")
            site.build()
            assert daemon.control("reload").returncode == 0
            reloads += 1
        load.finish()
        assert load.refused == []
        load.check()
        assert reloads >= 3
        assert daemon.stop() == 0


def test_deleted_generation_keeps_working(site):
    with Daemon(site) as daemon:
        for path in generation_files(site):
            path.unlink()
        with Dialogue(daemon) as d:
            d.hello().begin()
            assert d.ask("Subject: gone\r\n\r\nx\r\n.").startswith("250")
        until(site.delivered)
        assert daemon.control("reload").returncode == 3
        assert daemon.stop() == 0


@pytest.mark.parametrize("role", ROLES)
def test_death_of_a_process(site, role):
    with Daemon(site) as daemon:
        load = Load(daemon)
        for _ in range(3):
            pid = until(lambda: daemon.pid_of(role))
            time.sleep(0.4)
            os.kill(pid, signal.SIGKILL)
            until(lambda: daemon.pid_of(role) not in (None, pid))
        time.sleep(0.5)
        load.finish()
        if role in ("send", "deliver"):
            assert load.refused == []
        load.check(60)
        assert daemon.stop() == 0


def test_kill_of_all_loses_nothing(site):
    daemon = Daemon(site)
    with daemon:
        load = Load(daemon)
        time.sleep(1.0)
        pids = [daemon.pid_of(r) for r in ROLES]
        for pid in [daemon.child.pid, *pids]:
            os.kill(pid, signal.SIGKILL)
        daemon.child.wait()
        load.finish()
        # The lock goes with the last process.
        until(lambda: all(not os.path.exists(f"/proc/{p}") for p in pids))
        daemon.start()
        load.check(60)
        assert daemon.stop() == 0


def test_children_end_with_the_parent(site):
    with Daemon(site) as daemon:
        pids = [daemon.pid_of(r) for r in ROLES]
        daemon.child.kill()
        daemon.child.wait()
        until(lambda: all(not os.path.exists(f"/proc/{p}") for p in pids))


def test_stop_during_data(site):
    with Daemon(site) as daemon, Dialogue(daemon) as mid, Dialogue(daemon) as idle:
        idle.hello()
        mid.hello().begin()
        mid.send("Subject: half\r\n\r\nhal")
        daemon.child.send_signal(signal.SIGTERM)
        assert mid.reply().startswith("421 4.3.2 ")
        assert idle.reply().startswith("421 4.3.2 ")
        assert daemon.child.wait(20) == 0
        assert not site.delivered()
        assert daemon.queue_is_empty()


def test_stop_under_load_loses_nothing(site):
    with Daemon(site) as daemon:
        load = Load(daemon)
        time.sleep(1.0)
        assert daemon.stop() == 0
        load.finish()
        daemon.start()
        load.check()
        assert daemon.control("stop").returncode == 0
        assert daemon.child.wait(5) == 0


def test_stopped_queue_process_delays_but_keeps(site):
    """SIGSTOP: clients wait, nothing else; SIGCONT: all is accepted."""
    with Daemon(site) as daemon:
        pid = daemon.pid_of("queue")
        with Dialogue(daemon) as d:
            d.hello().begin()
            os.kill(pid, signal.SIGSTOP)
            d.send("Subject: patience\r\n\r\nx\r\n.\r\n")
            with Dialogue(daemon) as other:
                other.hello()
                assert other.ask("NOOP").startswith("250")
            os.kill(pid, signal.SIGCONT)
            assert d.reply().startswith("250 2.0.0")
        until(site.delivered)
        assert daemon.stop() == 0


def test_control_socket_takes_no_nonsense(site):
    with Daemon(site) as daemon:
        path = site.spool / "control"
        assert (path.stat().st_mode & 0o777) == 0o600
        for data in (b"", b"x", b"\0" * 100, os.urandom(2000), b"1ccm" + os.urandom(60)):
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.settimeout(10)
                s.connect(str(path))
                if data:
                    s.send(data)
                    assert s.recv(100) == b""
        idle = []
        for _ in range(20):  # more than are served at once
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.setblocking(False)
            idle.append(s)
            try:
                s.connect(str(path))
            except BlockingIOError:
                break  # the backlog is full too
        for s in idle:
            s.close()
        until(lambda: daemon.control("status").returncode == 0)
        assert daemon.stop() == 0


def test_spool_is_private(site):
    with Daemon(site) as daemon:
        assert (site.spool.stat().st_mode & 0o7777) == 0o700
        assert daemon.stop() == 0


@pytest.mark.skipif(not IS_ROOT, reason="needs root")
def test_rights_are_given_up(site):
    def ids(pid):
        text = open(f"/proc/{pid}/status", encoding="ascii").read()
        return {line.split(":")[0]: line.split()[1:] for line in text.splitlines()}

    with Daemon(site) as daemon:
        for role in ("net", "queue", "send"):
            status = ids(daemon.pid_of(role))
            assert "0" not in status["Uid"] and "0" not in status["Gid"], role
            assert status.get("Groups", []) == [], role
            assert status["NoNewPrivs"] == ["1"], role
            assert int(status["CapEff"][0], 16) == 0 and int(status["CapPrm"][0], 16) == 0
            assert os.readlink(f"/proc/{daemon.pid_of(role)}/cwd") == "/"
        status = ids(daemon.pid_of("deliver"))
        assert status["NoNewPrivs"] == ["1"]
        # CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, SETGID, SETUID
        assert int(status["CapPrm"][0], 16) & ~0xef == 0
        with Dialogue(daemon) as d:
            d.hello().begin()
            assert d.ask("Subject: x\r\n\r\nx\r\n.").startswith("250")
        until(site.delivered)
        assert site.spool.stat().st_uid != 0
        assert daemon.stop() == 0


def test_reload_that_would_listen_elsewhere(tmp_path):
    """Refused with a word; the generation in force stays."""
    site = Site("inet_interfaces = 127.0.0.1\n")
    with socket.socket() as s, socket.socket() as t:
        s.bind(("127.0.0.1", 0))
        t.bind(("127.0.0.1", 0))
        first, second = s.getsockname()[1], t.getsockname()[1]
    site.write("master.cf", (site.etc / "master.cf").read_text().replace("smtp      inet", f"{first} inet"))
    site.build()
    daemon = Daemon(site, start=False)
    plain = daemon.argv
    daemon.argv = lambda: [a for a in plain() if a not in ("--listen", daemon.listen)]
    with daemon:
        daemon.start()
        assert daemon.port == first
        before = daemon.control("status").stdout
        site.write("master.cf", (site.etc / "master.cf").read_text().replace(str(first), str(second)))
        site.build()
        done = daemon.control("reload")
        assert done.returncode == 3
        assert "would listen elsewhere" in done.stdout + done.stderr
        assert daemon.control("status").stdout.split("\n")[0] == before.split("\n")[0]
        with Dialogue(daemon) as dlg:
            assert dlg.greeting.startswith("220 ")
        assert daemon.stop() == 0
    site.remove()


def test_processes_are_confined(tmp_path):
    """No new rights, no programs, no processes."""
    site = Site()
    site.build()
    with Daemon(site) as daemon:
        for role in ("net", "queue", "send"):
            until(lambda: daemon.pid_of(role))
            status = Path(f"/proc/{daemon.pid_of(role)}/status").read_text()
            assert "NoNewPrivs:\t1" in status
            limits = Path(f"/proc/{daemon.pid_of(role)}/limits").read_text()
            assert re.search(r"Max processes +0 +0", limits) or "asan" in str(MCCD)
        assert daemon.stop() == 0
    site.remove()
