# SPDX-License-Identifier: BSD-2-Clause
"""Local and virtual delivery, end to end over SMTP."""

import mailbox
import os
import random
import re
import time

import pytest

from mccd_site import Site, wait_for

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def header_lines(path):
    return path.read_text().split("\n\n")[0].splitlines()


def test_alias_virtual_and_extension(tmp_path):
    with Site(tmp_path, aliases="team: alice, bob, alice@home.example\n",
              virtual="virt@home.example carol@home.example\n") as site:
        site.send(["team@home.example", "virt@home.example", "bob+lists@home.example"])
        site.wait_mails(1, "alice")
        site.wait_mails(1, "carol")
        site.wait_mails(2, "bob")
        site.wait_empty()
        time.sleep(0.2)
        assert len(site.mails("alice")) == 1
        head = header_lines(site.mails("carol")[0])
        assert head[0] == "Return-Path: <sender@far.example>"
        assert head[1] == "X-Original-To: virt@home.example"
        assert head[2] == "Delivered-To: carol@home.example"
        assert head[3].startswith("Received: ")
        assert all(m.read_text().endswith("\nhello\n") for m in site.mails("bob"))


def test_duplicate_recipients_collapse(tmp_path):
    with Site(tmp_path, aliases="a1: alice\na2: a1, alice\n",
              virtual="v@home.example alice@home.example, a2@home.example\n") as site:
        site.send(["alice@home.example", "alice@HOME.example", "a2@home.example",
                   "v@home.example"])
        site.wait_mails()
        site.wait_empty()
        assert len(site.mails()) == 1


def test_maildir_is_readable_by_a_mail_library(tmp_path):
    with Site(tmp_path) as site:
        for n in range(5):
            site.send("alice@home.example", text="Subject: number %d\n\nbody\n" % n)
        site.wait_mails(5)
        box = mailbox.Maildir(site.maildir(), create=False)
        assert sorted(m["subject"] for m in box) == ["number %d" % n for n in range(5)]


@ROOT_ONLY
def test_owner_and_modes(tmp_path):
    with Site(tmp_path) as site:
        site.send("bob@home.example")
        mail = site.wait_mails(user="bob")[0]
        assert mail.stat().st_uid == 4001 and mail.stat().st_gid == 4001
        assert mail.stat().st_mode & 0o7777 == 0o600
        for part in ("", "new", "cur", "tmp"):
            folder = site.maildir("bob") / part
            assert folder.stat().st_mode & 0o7777 == 0o700
            assert folder.stat().st_uid == 4001


@ROOT_ONLY
def test_no_delivery_as_root(tmp_path):
    with Site(tmp_path) as site:
        site.send("root@home.example")
        site.wait_log(r"to=<root@home.example>.*dsn=4\.3\.5, status=deferred .*root")
        assert not (site.root / "root").exists()


@ROOT_ONLY
def test_rights_are_the_users(tmp_path):
    """A home that only root may write stays untouched."""
    with Site(tmp_path) as site:
        home = site.root / "home" / "carol"
        os.chown(home, 0, 0)
        home.chmod(0o755)
        site.send("carol@home.example")
        site.wait_log(r"to=<carol@home.example>.*dsn=4\.2\.0, status=deferred")
        assert not list(home.iterdir())
        os.chown(home, 4002, 4002)
        site.wait_mails(user="carol")


def test_loop_by_delivered_to(tmp_path):
    with Site(tmp_path) as site:
        site.send("alice@home.example", sender="bob@home.example",
                  text="Delivered-To: alice@home.example\nSubject: x\n\nx\n")
        site.wait_log(r"to=<alice@home.example>.*dsn=5\.4\.6, status=bounced")
        bounce = site.wait_mails(user="bob")[0].read_text()
        assert "mail forwarding loop for alice@home.example" in bounce
        assert not site.mails("alice")


def test_alias_to_nobody_bounces_that_one_only(tmp_path):
    with Site(tmp_path, aliases="mixed: alice, ghost\n") as site:
        site.send("mixed@home.example", sender="bob@home.example")
        site.wait_mails(user="alice")
        bounce = site.wait_mails(user="bob")[0].read_text()
        assert re.search(r"Final-Recipient: rfc822; ghost@home\.example", bounce)
        site.wait_empty()
        assert len(site.mails("alice")) == 1


VIRTUAL = """\
virtual_mailbox_domains = virt.example
virtual_mailbox_base = /var/vmail
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
"""


def virtual_site(tmp_path, rows, extra=""):
    site = Site(tmp_path, extra=VIRTUAL + extra)
    (site.conf / "vmailbox").write_text(rows)
    return site, site.virtual_base()


def test_virtual_mailbox(tmp_path):
    site, base = virtual_site(tmp_path, "u@virt.example virt.example/u/\n")
    with site:
        site.send(["u@virt.example", "u+ext@virt.example"])
        new = base / "virt.example" / "u" / "new"
        assert wait_for(lambda: new.is_dir() and len(list(new.iterdir())) == 2), site.log()
        if os.getuid() == 0:
            assert all(p.stat().st_uid == 5000 for p in new.iterdir())
        site.wait_log("relay=virtual")


@ROOT_ONLY
def test_virtual_minimum_uid(tmp_path):
    site, base = virtual_site(tmp_path, "u@virt.example u/\n",
                              "virtual_minimum_uid = 6000\n")
    with site:
        site.send("u@virt.example")
        site.wait_log(r"dsn=4\.3\.5, status=deferred .*virtual_minimum_uid")
        assert not list(base.iterdir())


def test_symlink_in_the_mailbox_path(tmp_path):
    site, base = virtual_site(tmp_path, "u@virt.example d/u/\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (base / "d").symlink_to(outside)
    with site:
        site.send("u@virt.example")
        site.wait_log(r"to=<u@virt.example>.*dsn=4\.2\.0, status=deferred")
        assert not list(outside.iterdir())


def test_mailbox_limit(tmp_path):
    with Site(tmp_path, extra="mailbox_size_limit = 5000\nmessage_size_limit = 5000\n"
              ) as site:
        # Received counts for the mailbox, not at the door. The bounce is larger
        # still and goes nowhere.
        site.send("alice@home.example", sender="bob@home.example",
                  text="Subject: big\n\n" + ("y" * 69 + "\n") * 70)
        site.wait_log(r"to=<alice@home.example>.*dsn=5\.2\.2, status=bounced")
        site.wait_empty()
        assert not site.mails()


def test_deferred_until_the_home_is_there(tmp_path):
    with Site(tmp_path) as site:
        home = site.root / "home" / "alice"
        home.rename(site.root / "home" / "away")
        site.send("alice@home.example")
        site.wait_log(r"to=<alice@home.example>.*status=deferred")
        (site.root / "home" / "away").rename(home)
        site.wait_mails()
        site.wait_empty()


@pytest.mark.parametrize("victim", ["deliver", "queue", "net"])
def test_killed_again_and_again(tmp_path, victim):
    """Every message that was answered with 250 arrives; no second copies."""
    rng = random.Random(7)
    accepted, kills = [], 0
    with Site(tmp_path, aliases="both: alice, bob\n") as site:
        for n in range(60):
            try:
                site.send("both@home.example", text="Subject: number %d\n\nx\n" % n)
                accepted.append("number %d" % n)
            except Exception:  # noqa: any refusal is allowed, silence is not
                pass
            if n % 20 == 19:  # as soon as the one before has been replaced
                time.sleep(rng.random() * 0.03)
                kills += bool(wait_for(lambda: site.kill(victim), 30))
        assert kills == 3 and len(accepted) > 5
        site.wait_empty(60)
        for user in ("alice", "bob"):
            subjects = [re.search(r"Subject: (.*)", m.read_text()).group(1)
                        for m in site.mails(user)]
            missing = set(accepted) - set(subjects)
            assert not missing, site.log()[-3000:]
            assert len(subjects) == len(set(subjects)), "copies: %s" % subjects
            assert not list((site.maildir(user) / "tmp").iterdir())


@ROOT_ONLY
def test_full_mailbox_disk(tmp_path):
    import subprocess
    site = Site(tmp_path)
    home = site.root / "home" / "alice"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,uid=4000,gid=4000,mode=700",
                    "none", home], check=True)
    try:
        with site:
            site.send("alice@home.example", text="Subject: fits\n\nx\n")
            site.wait_mails()
            site.send("alice@home.example", text="Subject: big\n\n" + ("z" * 70 + "\n") * 6000)
            site.wait_log(r"dsn=4\.2\.2, status=deferred")
            assert len(site.mails()) == 1
            assert not list((site.maildir() / "tmp").iterdir())
            subprocess.run(["mount", "-o", "remount,size=4m", home], check=True)
            site.wait_mails(2)
            site.wait_empty()
    finally:
        subprocess.run(["umount", "-l", home], check=True)
