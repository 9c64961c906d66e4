# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of envelope and headers on the way in: canonical tables,
masquerading, copies, missing headers. Each case goes through mccd and through
the real Postfix, both relay to the same peer, and the peer must get the same."""
import email
import email.utils
import os
import smtplib

import pytest

import sessions
from mccd_peers import SmtpPeer
from mccd_site import Site, wait_for

NEEDS_POSTFIX = pytest.mark.skipif(os.geteuid() != 0 or sessions.SBIN is None,
                                   reason="needs root and an installed Postfix")
SERVICES = ["qmgr unix n - n 300 1 qmgr", "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce"]
COMMON = """myhostname = mail.home.example
mydomain = home.example
myorigin = $mydomain
inet_protocols = ipv4
mydestination =
local_recipient_maps =
mynetworks = 127.0.0.0/8
alias_maps =
recipient_delimiter = +
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtp_tls_security_level =
disable_dns_lookups = yes
compatibility_level = 3.6
enable_original_recipient = yes
"""
ADDRESSES = ("from", "to", "cc", "reply-to", "sender", "resent-from", "resent-to", "return-receipt-to",
             "mail-followup-to", "subject", "errors-to", "disposition-notification-to")
PLAIN = "From: a@host.home.example\nTo: b@far.example\nSubject: x\n\nhi\n"

# settings, tables, envelope sender, recipients, text
CASES = {
    "plain": ("", {}, "a@host.home.example", ["b@far.example"], PLAIN),
    "canonical": ("canonical_maps = hash:$config_directory/t\n",
                  {"t": "a@host.home.example first.last@home.example\nb@far.example c@far.example\n"},
                  "a@host.home.example", ["b@far.example", "b+ext@far.example"],
                  "From: \"A, B\" <a@host.home.example>\nReply-To: a@host.home.example (me), z@z.example\n"
                  "To: List: b@far.example, d@d.example;\nCc: <b@far.example>\n\nhi\n"),
    "canonical-classes": ("canonical_maps = hash:$config_directory/t\n"
                          "canonical_classes = envelope_sender, header_recipient\n",
                          {"t": "a@host.home.example x@home.example\nb@far.example c@far.example\n"},
                          "a@host.home.example", ["b@far.example"], PLAIN),
    "sender-canonical": ("sender_canonical_maps = hash:$config_directory/t\n"
                         "canonical_maps = hash:$config_directory/u\n",
                         {"t": "a@host.home.example x@home.example\n@far.example y@home.example\n",
                          "u": "x@home.example z@home.example\n"},
                         "a@host.home.example", ["b@far.example"], PLAIN),
    "sender-classes": ("sender_canonical_maps = hash:$config_directory/t\n"
                       "sender_canonical_classes = header_sender\n",
                       {"t": "a@host.home.example x@home.example\n"},
                       "a@host.home.example", ["b@far.example"], PLAIN),
    "recipient-canonical": ("recipient_canonical_maps = hash:$config_directory/t\n",
                            {"t": "b@far.example c@else.example\n@old.example @new.example\n"},
                            "a@host.home.example", ["b@far.example", "u@old.example"],
                            "From: b@far.example\nTo: b@far.example, u@old.example\n\nhi\n"),
    "masquerade": ("masquerade_domains = !deep.home.example home.example\n"
                   "masquerade_exceptions = root\n", {},
                   "a@host.home.example", ["b@x.home.example"],
                   "From: a@host.home.example\nSender: root@host.home.example\n"
                   "Reply-To: a@x.deep.home.example\nTo: b@x.home.example\n\nhi\n"),
    "masquerade-recipient": ("masquerade_domains = home.example\nmasquerade_classes = envelope_recipient, "
                             "header_recipient\n", {}, "a@host.home.example", ["b@x.home.example"],
                             "From: a@host.home.example\nTo: b@x.home.example\n\nhi\n"),
    "bcc": ("always_bcc = keep@arch.example\nsender_bcc_maps = hash:$config_directory/t\n"
            "recipient_bcc_maps = hash:$config_directory/u\n",
            {"t": "a@host.home.example out@arch.example\n", "u": "b@far.example in@arch.example\n"},
            "a@host.home.example", ["b@far.example", "c@far.example"], PLAIN),
    "bcc-canonical": ("always_bcc = b@far.example\nrecipient_canonical_maps = hash:$config_directory/t\n",
                      {"t": "b@far.example archive@far.example\n"},
                      "a@host.home.example", ["c@far.example"], PLAIN),
    "virtual-and-bcc": ("virtual_alias_domains = v.example\nvirtual_alias_maps = hash:$config_directory/t\n"
                        "recipient_bcc_maps = hash:$config_directory/u\n",
                        {"t": "list@v.example one@far.example, two@far.example\n",
                         "u": "list@v.example copy@far.example\none@far.example no@far.example\n"},
                        "a@host.home.example", ["list@v.example"], PLAIN),
    "no-mappings": ("receive_override_options = no_address_mappings\nalways_bcc = keep@arch.example\n"
                    "canonical_maps = hash:$config_directory/t\nmasquerade_domains = home.example\n",
                    {"t": "b@far.example c@far.example\n"},
                    "a@host.home.example", ["b@far.example"], PLAIN),
    "incomplete": ("", {}, "a", ["b@far.example"],
                   "From: a\nTo: b@host, c, \"Some one\" <d>\nSubject: e\n\nhi\n"),
    "append-dot": ("append_dot_mydomain = yes\n", {}, "a@host", ["b@far.example"],
                   "From: a@host\nTo: b@far.example, c@relay\n\nhi\n"),
    "hacks": ("", {}, "a@host.home.example", ["b%x.example@mail.home.example"],
              "From: host!user\nTo: c%d.example\n\nhi\n"),
    "not-local": ("local_header_rewrite_clients =\nmasquerade_domains = home.example\n", {},
                  "a@host.home.example", ["b@far.example"], "From: a\nTo: x@h.home.example\n\nhi\n"),
    "remote-domain": ("local_header_rewrite_clients =\nremote_header_rewrite_domain = invalid.example\n"
                      "append_dot_mydomain = yes\n", {},
                      "a@host.home.example", ["b@far.example"], "From: a\nTo: x@h, y@z.example\n\nhi\n"),
    "mynetworks": ("local_header_rewrite_clients = permit_mynetworks\n", {},
                   "a@host.home.example", ["b@far.example"], "From: a\n\nhi\n"),
    "missing": ("", {}, "a", ["b@far.example"], "Subject: x\n\nhi\n"),
    "missing-resent": ("", {}, "a", ["b@far.example"],
                       "Resent-From: r@far.example\nSubject: x\n\nhi\n"),
    "missing-always": ("local_header_rewrite_clients =\nalways_add_missing_headers = yes\n", {},
                       "a@host.home.example", ["b@far.example"], "Subject: x\n\nhi\n"),
    "undisclosed": ("undisclosed_recipients_header = To: nobody:;\n", {}, "a@host.home.example",
                    ["b@far.example"], "From: a@host.home.example\n\nhi\n"),
    "dropped": ("", {}, "a@host.home.example", ["b@far.example"],
                "From: a@host.home.example\nBcc: secret@far.example,\n more@far.example\n"
                "Return-Path: <z@z.example>\nContent-Length: 3\nResent-Bcc: q@q.example\nSubject: x\n\nhi\n"),
    "drop-other": ("message_drop_headers = x-internal\n", {}, "a@host.home.example", ["b@far.example"],
                   "From: a@host.home.example\nX-Internal: 1\nBcc: c@far.example\nSubject: x\n\nhi\n"),
    "no-header": ("", {}, "a@host.home.example", ["b@far.example"], "this is no header\nFrom: x@y\n"),
    "header-only": ("", {}, "a@host.home.example", ["b@far.example"], "From: a@host.home.example\n"),
    "mailbox-line": ("", {}, "a@host.home.example", ["b@far.example"],
                     "From a@x Mon Jan 1\nFrom: a@host.home.example\nSubject: x\n\nhi\n"),
    "odd-blank": ("", {}, "a@host.home.example", ["b@far.example"], " leading\nFrom: x@y\n"),
}


def send(port, sender, recipients, text):
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=60) as s:
        s.sendmail(sender, recipients, text)


def seen(messages):
    """What must be equal: envelope, and of the first copy headers and body."""
    message = email.message_from_bytes(messages[0].data.replace(b"\r\n", b"\n"))
    headers = {}
    for name in ADDRESSES:
        values = message.get_all(name, [])
        headers[name] = [" ".join(v.split()) for v in values] if name == "subject" else \
            email.utils.getaddresses(values)
    names = sorted(n.lower() for n in message.keys() if n.lower() != "received")
    senders = {m.sender.split("<")[1].split(">")[0] for m in messages}
    return {"sender": senders, "recipients": sorted(r for m in messages for r in m.recipients),
            "names": names, "headers": headers, "body": message.get_payload().rstrip(".\n")}


def through_postfix(case, peer, lines):
    _, tables, sender, recipients, text = case
    with sessions.Postfix(lines, tables, SERVICES) as postfix:
        send(postfix.port, sender, recipients, text)
        # Copies may take transactions of their own: nothing is left of them.
        assert wait_for(lambda: peer.messages and not postfix.queued(), 60), postfix.log()
    return seen(peer.messages)


@pytest.mark.beside
@NEEDS_POSTFIX
@pytest.mark.parametrize("name", CASES)
def test_same_as_postfix(tmp_path, name):
    case = CASES[name]
    extra, tables, sender, recipients, text = case
    with SmtpPeer() as peer:
        relay = f"relayhost = [127.0.0.1]:{peer.port}\n"
        lines = (COMMON + relay + extra).splitlines()
        theirs = through_postfix(case, peer, [x for x in lines if not x.startswith("myhostname")] +
                                 ["myhostname = mail.home.example"])
        peer.messages.clear()
        site = Site(tmp_path)
        (site.conf / "main.cf").write_text(COMMON + relay + extra.replace("$config_directory", "/etc/postfix"))
        for table, rows in tables.items():
            (site.conf / table).write_text(rows)
        with site:
            send(site.port, sender, recipients, text)
            assert wait_for(lambda: peer.messages, 60), site.log()
            site.wait_empty()
        assert seen(peer.messages) == theirs


def test_notices_get_no_copies(tmp_path):
    with SmtpPeer(lambda step, arg, n: b"550 5.1.1 no\r\n" if step == "RCPT" and "no@" in arg else None) as peer:
        with Site(tmp_path, extra=f"relayhost = [127.0.0.1]:{peer.port}\nalways_bcc = keep@arch.example\n") as site:
            site.send("no@far.example", sender="me@far.example")
            site.wait_empty(60)
            notices = [m for m in peer.messages if m.sender.startswith("MAIL FROM:<>")]
            assert [m.recipients for m in notices] == [["me@far.example"]]
            assert ["keep@arch.example"] in [m.recipients for m in peer.messages]


def test_long_header_section(tmp_path):
    with Site(tmp_path, extra="header_size_limit = 10000000\nmessage_size_limit = 10000000\n") as site:
        text = "".join(f"X-{n}: {'y' * 900}\n" for n in range(1300)) + "\nhi\n"
        with pytest.raises(smtplib.SMTPResponseException) as error:
            site.send("alice@home.example", text=text)
        assert error.value.smtp_code == 552
        site.send("alice@home.example", text="".join(f"X-{n}: {'y' * 900}\n" for n in range(900)) + "\nhi\n")
        assert site.wait_mails(1)[0].read_text().count("yy\n") == 900


def test_content_filter(tmp_path):
    """Out to the filter, back by a service without it, aliases only then."""
    with SmtpPeer() as peer:
        extra = f"content_filter = smtp:[127.0.0.1]:{peer.port}\n"
        with Site(tmp_path, extra=extra, aliases="team: alice, bob\n") as site:
            site.send("team@home.example")
            assert wait_for(lambda: peer.messages, 30)
            site.wait_empty()
            assert [m.recipients for m in peer.messages] == [["team@home.example"]]
            assert not site.mails()


def test_filter_action(tmp_path):
    with SmtpPeer() as peer:
        site = Site(tmp_path, extra="smtpd_recipient_restrictions = check_recipient_access "
                                    "hash:/etc/postfix/filter\n")
        (site.conf / "filter").write_text(f"alice@home.example FILTER smtp:[127.0.0.1]:{peer.port}\n")
        with site:
            site.send("alice@home.example")
            site.send("bob@home.example")
            assert wait_for(lambda: peer.messages, 30)
            site.wait_mails(1, "bob")
            site.wait_empty()
            assert [m.recipients for m in peer.messages] == [["alice@home.example"]]
            assert not site.mails()


def test_reinjection_service(tmp_path):
    """The way back from a filter: a service of its own that maps nothing."""
    site = Site(tmp_path, extra="always_bcc = carol@home.example\n", aliases="team: alice\n",
                virtual="alice@home.example bob@home.example\n")
    master = (site.conf / "master.cf").read_text()
    (site.conf / "master.cf").write_text(master.replace(
        "smtpd\n", "smtpd\n  -o receive_override_options=no_address_mappings\n", 1))
    with site:
        site.send("alice@home.example")
        site.wait_mails(1, "alice")
        site.send("team@home.example")
        site.wait_mails(2, "alice")
        site.wait_empty()
        assert not site.mails("bob") and not site.mails("carol")
