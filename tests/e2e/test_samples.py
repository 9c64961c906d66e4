# SPDX-License-Identifier: BSD-2-Clause
"""Every sample is a whole site: it checks clean, builds, its databases are read
by the real Postfix, its zone satisfies the DNS rules, and mail goes through it
as its README says."""
import json
import os
import shutil
import smtplib
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from mccd_daemon import Daemon, until
from programs import MCC, ROOT

SAMPLES = sorted(p.name for p in (ROOT / "samples").iterdir() if p.is_dir())
# (table, key, value) that `postmap -q` must find in the built databases.
ROWS = {
    "textbook": [("aliases", "postmaster", "root"), ("virtual", "sales@example.jp", "info@example.jp"),
                 ("client_access", "203.0.113.66",
                  "REJECT you have been refused; write to postmaster@example.jp")],
    "satellite": [("virtual", "root@example.com", "operations@example.com")],
    "hosting": [("vmailbox", "alice@example.com", "example.com/alice/"),
                ("virtual", "sales@example.com", "alice@example.com, bob@example.com")],
    "backup-mx": [("transport", "example.com", "relay:[mx1.example.com]")],
}
POSTMAP = shutil.which("postmap", path=os.environ.get("PATH", "") + ":/usr/sbin")


def mcc(sample, *args):
    return subprocess.run([MCC, "-C", ROOT / "samples" / sample, *args], capture_output=True,
                          text=True, timeout=60, check=False)


def build(sample, out):
    done = mcc(sample, "build", "-o", out)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_every_sample_is_known():
    assert SAMPLES == sorted(ROWS)


@pytest.mark.parametrize("sample", SAMPLES)
def test_check_is_clean(sample):
    done = mcc(sample, "check", "--fail-on", "note", "--format", "json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["diagnostics"] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_same_bytes_each_time(sample, tmp_path):
    first, second = build(sample, tmp_path / "a"), build(sample, tmp_path / "longer-name")
    assert first.name == second.name
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    for name in files:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


@pytest.mark.skipif(not POSTMAP, reason="Postfix is not installed")
@pytest.mark.parametrize("sample", SAMPLES)
def test_postmap_reads_the_databases(sample, tmp_path):
    generation = build(sample, tmp_path / "out")
    runtime = json.loads((generation / "runtime.json").read_text())
    paths = {m["name"].rsplit("/", 1)[1]: m["path"] for m in runtime["maps"] if m.get("path")}
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    for table, key, value in ROWS[sample]:
        base = str(generation / paths[table]).removesuffix(".db")
        done = subprocess.run([POSTMAP, "-c", tmp_path, "-q", key, "hash:" + base],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == value + "\n", (table, done.stderr)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if (ROOT / "samples" / s / "zone").exists()])
def test_zone_satisfies_the_rules(sample):
    done = mcc(sample, "dns", "check", "--zone", ROOT / "samples" / sample / "zone",
               "--fail-on", "warning")
    assert done.returncode == 0, done.stdout + done.stderr


# ---- mail through the samples ----

class Peer:
    """A mail server that takes one session at a time and keeps what it got."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(20)
        self.port = self.listener.getsockname()[1]

    def take(self):
        """-> (envelope lines, content lines) of the next message."""
        conn, _ = self.listener.accept()
        conn.settimeout(20)
        envelope, content = [], []
        with conn, conn.makefile("rwb") as f:

            def say(text):
                f.write(text + b"\r\n")
                f.flush()

            say(b"220 peer.example ESMTP")
            while True:
                line = f.readline().rstrip(b"\r\n")
                verb = line[:4].upper()
                if verb == b"DATA":
                    say(b"354 go on")
                    while (row := f.readline()) not in (b".\r\n", b""):
                        content.append(row)
                    say(b"250 2.0.0 taken")
                    return envelope, content
                if verb in (b"MAIL", b"RCPT"):
                    envelope.append(line.decode())
                say(b"250 2.1.0 fine")


@pytest.fixture(name="folders")
def folders_fixture(tmp_path):
    """What Daemon wants of a site: top, out, spool; root/ with accounts."""
    top = tmp_path
    for p in (top, *top.parents[:-1]):
        if os.geteuid() == 0 and str(p) != "/tmp":
            p.chmod(p.stat().st_mode | 0o011)
    (top / "root/etc").mkdir(parents=True)
    shutil.copy(ROOT / "samples/textbook/passwd", top / "root/etc/passwd")
    for uid, user in ((2001, "hanako"), (2002, "taro")):
        home = top / "root/home" / user
        home.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(home, uid, uid)
    vmail = top / "root/var/vmail"
    vmail.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(vmail, 5000, 5000)
    return SimpleNamespace(top=top, out=top / "out", spool=top / "spool")


def send(daemon, rcpt, sender="friend@example.edu"):
    with smtplib.SMTP("127.0.0.1", daemon.port, local_hostname="client.example.edu",
                      timeout=20) as s:
        return s.sendmail(sender, rcpt, "Subject: hello\n\nbody\n")


def new_mail(folder):
    return list((folder / "new").iterdir()) if (folder / "new").is_dir() else []


def test_textbook_delivers_to_a_team(folders):
    build("textbook", folders.out)
    with Daemon(folders) as daemon:
        send(daemon, ["sales@example.jp"])
        for user in ("hanako", "taro"):
            until(lambda u=user: new_mail(folders.top / "root/home" / u / "Maildir"))
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(daemon, ["nobody@example.jp"])
        assert refused.value.recipients["nobody@example.jp"][0] == 550
        assert daemon.stop() == 0


def test_hosting_delivers_to_virtual_mailboxes(folders):
    if os.geteuid() != 0:
        pytest.skip("virtual mailboxes of another user need root")
    build("hosting", folders.out)
    with Daemon(folders) as daemon:
        send(daemon, ["info@example.org"])
        until(lambda: new_mail(folders.top / "root/var/vmail/example.net/carol"))
        owner = new_mail(folders.top / "root/var/vmail/example.net/carol")[0].stat()
        assert (owner.st_uid, owner.st_gid) == (5000, 5000)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(daemon, ["nobody@example.com"])
        assert daemon.stop() == 0


def site_with_peer(sample, folders, changes):
    """The sample with its next hop replaced by a port of the loopback address."""
    site = folders.top / "site"
    shutil.copytree(ROOT / "samples" / sample, site)
    for name, old, new in changes:
        text = (site / name).read_text()
        assert old in text
        (site / name).write_text(text.replace(old, new))
    done = subprocess.run([MCC, "-C", site, "build", "-o", folders.out], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_satellite_hands_everything_to_its_relay_host(folders):
    peer = Peer()
    site_with_peer("satellite", folders, [
        ("main.cf", "[smtp.provider.example]:587", f"[127.0.0.1]:{peer.port}")])
    with Daemon(folders) as daemon:
        send(daemon, ["root@example.com", "someone@far.example"])
        envelope, content = peer.take()
        assert {line.split(":")[1].split(">")[0] for line in envelope[1:]} == {
            "<operations@example.com", "<someone@far.example"}
        assert b"Subject: hello\r\n" in content


def test_backup_mx_relays_what_exists_and_nothing_else(folders):
    peer = Peer()
    site_with_peer("backup-mx", folders, [
        ("transport", "relay:[mx1.example.com]", f"relay:[127.0.0.1]:{peer.port}")])
    with Daemon(folders) as daemon:
        send(daemon, ["alice@example.com"])
        envelope, _ = peer.take()
        assert "<alice@example.com>" in envelope[1]
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(daemon, ["nobody@example.com"])
