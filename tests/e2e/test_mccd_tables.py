# SPDX-License-Identifier: BSD-2-Clause
"""mccd serves from every type of database that a generation may hold: aliases,
virtual aliases and mailboxes, and routes are looked up in it."""

import json
import smtplib

import pytest

from mccd_site import Site, wait_for

EXTRA = """\
virtual_alias_domains = alias.example
virtual_mailbox_domains = virt.example
virtual_mailbox_base = /var/vmail
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
transport_maps = hash:/etc/postfix/transport
"""
# Enough for trees of several pages, and one value that no page holds.
MANY = "".join(f"user{i}@alias.example nobody-{i}@home.example\n" for i in range(2000))
LARGE = "large@alias.example bob@home.example" + ", bob@home.example" * 500 + "\n"
LAST = "zoe@alias.example carol@home.example\n"


def site_of(tmp_path, kind):
    site = Site(tmp_path, extra=EXTRA, aliases="sales: alice\n", virtual=MANY + LARGE + LAST)
    main_cf = site.conf / "main.cf"
    main_cf.write_text(main_cf.read_text().replace("hash:", f"{kind}:"))
    (site.conf / "vmailbox").write_text("u@virt.example virt.example/u/\n")
    (site.conf / "transport").write_text("away.example error:5.7.1 moved away\n"
                                         ".away.example discard:\n")
    return site, site.virtual_base()


def kinds_of(site):
    runtime = json.loads((site.dir / "gen" / "current" / "runtime.json").read_text())
    return {ref["type"] for ref in runtime["maps"] if "path" in ref}


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
def test_routes_and_aliases_from_databases(tmp_path, kind):
    site, base = site_of(tmp_path, kind)
    with site:
        assert kinds_of(site) == {kind}
        site.send(["Sales@home.example", "large@alias.example", "zoe@alias.example",
                   "u@virt.example", "x@mx.away.example"])
        for user in ("alice", "bob", "carol"):
            site.wait_mails(user=user)
        new = base / "virt.example" / "u" / "new"
        assert wait_for(lambda: new.is_dir() and list(new.iterdir())), site.log()
        site.wait_log(r"to=<x@mx\.away\.example>.*status=sent \(discarded\)")
        for absent in ("user2000@alias.example", "v@virt.example", "ghost@home.example",
                       "x@away.example"):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                site.send(absent)
            assert refused.value.recipients[absent][0] == 550
