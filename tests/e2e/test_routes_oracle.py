# SPDX-License-Identifier: BSD-2-Clause
"""Where random sites send mail: mcc trace beside the real Postfix. The seeds
are fixed, so that a failure can be looked at again; `make oracle-routes` goes
on from other ones."""
import os
import subprocess
import sys
from types import SimpleNamespace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
import routes  # noqa: E402
from programs import MCC, ROOT

pytestmark = pytest.mark.beside
INSTALLED = any(Path(p).is_dir() for p in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix"))


needs_postfix = pytest.mark.skipif(os.geteuid() != 0 or not INSTALLED, reason="needs root and an installed Postfix")


@needs_postfix
@pytest.mark.parametrize("part, sites", [("routes", 6), ("cleaned", 6), ("smtp", 3)])
def test_random_sites(part, sites):
    done = subprocess.run([sys.executable, ROOT / "tests/oracle/routes.py", "-n", str(sites), "--seed", "3", "--part", part,
                           "--no-shrink", "--seconds", "20", "--mcc", MCC],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


# What random sites have shown once. Lines of main.cf, tables, files; recipients.
HERE = ["compatibility_level = 3.6", "myorigin = example.com", "mydestination = example.com, localhost",
        "recipient_delimiter = +", "alias_maps = hash:$config_directory/aliases"]
INC = ":include:$INC/"
ALIASES = f"""inside: {INC}members
team: alice, bob
missing: {INC}missing
nested: {INC}nested
relative: :include:relative
bad: bob@far..example, carol
home: ~alice/x
null: ""@example.com
list: later, alice@far.example
owner-list: carol
later: alice@slow.example
loop: again@far.example
waits: x@later.example, y@far.example
nobody: ,
twice: list, inside, bob@far.example, inside
"""
FILES = {"members": "alice\nteam\n", "nested": f"carol\n{INC}missing\ndave\n"}
KNOWN = {
    "members": (["virtual_alias_maps = inline:{{bob@example.com = bob@far.example}}"], None,
                ["inside", "twice", "team", "missing", "nested", "relative", "bad", "home", "null", "list", "nobody", "\\",
                 "mailer-daemon", "double-bounce", "double-bounce@far.example"]),
    "union": (["alias_maps = unionmap:{hash:$config_directory/aliases}"], None, ["team", "list"]),
    "luser": (["luser_relay = $recipient"], None, ["nosuch1", "nosuch1+x"]),
    "luser-other": (["luser_relay = nosuch2"], None, ["nosuch1", "nosuch2", "team"]),
    "luser-tokens": (["luser_relay = $user.x@far.example"], None, ["[x]", "a<b", "[a]b", 'a"b', "(a)", "a%b", "\u212aelvin"]),
    "luser-silent": (["luser_relay = $user@localhost"], None, ["nosuch1"]),
    "transports": (["transport_maps = inline:{{x@far.example = error:4.2.2 full}, {y@far.example = retry:5.1.1 no}}",
                    "mailbox_transport = box:"], None, ["x@far.example", "y@far.example", "alice", "team"]),
    "mailbox-error": (["mailbox_transport = error:no box"], None, ["alice", "list"]),
    "texthash": (["virtual_alias_maps = texthash:$config_directory/twice"], "bob x\nAlice y\nalice z\n", ["bob", "carol@far.example"]),
    "inline": (['virtual_alias_maps = inline:{{"a b"@example.com = alice}, {= x}, {bob = carol}}'], None, ["bob", "a b@example.com"]),
    "null-sender": (["canonical_maps = regexp:$config_directory/null"], '/^""$/ nobody@example.com\n', ["bob@far.example"]),
    "copies": (["recipient_bcc_maps = static:Copy@far.example", "sender_bcc_maps = inline:{{@client.example = copy@far.example}}",
                "always_bcc = bob@far.example"], None, ["bob@far.example", "list"]),
    "copies-without-original": (["enable_original_recipient = no", "recipient_bcc_maps = static:copy@example.com",
                                 "always_bcc = copy", "fallback_transport = box:"], None, ["bob@far.example"]),
    "copies-once": (["recipient_bcc_maps = pcre:$config_directory/copies"], "!/list|later|copy/ copy@box.example\n", ["list", "bob@far.example"]),
    "user-as-written": (["fallback_transport_maps = inline:{{Bob = box:}, {carol = box:}}"], None, ["bob", "Carol"]),
    "length": (["virtual_alias_address_length_limit = 15", "virtual_alias_maps = inline:{{@far.example = @a.example}}"], None,
               ["a bcd@far.example", "a bcdefg@far.example", "@bcde@far.example"]),
    "no-such-transport": (["transport_maps = inline:{{far.example = nosuch:x}, {alice@example.com = nosuch}}"], None,
                          ["bob@far.example", "alice", "list"]),
    "forwarded-sender": (["masquerade_domains = example", "masquerade_classes = envelope_sender",
                          "relocated_maps = inline:{{alice@example.com = x@y.example}}"], None, ["team"]),
    "delimiters": (["recipient_delimiter = /+", "propagate_unmatched_extensions = alias", "fallback_transport = box:"], None,
                   ["team+x", "team/x"]),
    "no-part-of-the-sender": (["sender_dependent_relayhost_maps = regexp:$config_directory/hosts"], "/(client)/ [$1]\n",
                              ["bob@far.example"]),
    "own-bounce": (["local_transport = error:no local"], None, ["double-bounce", "bob"]),
    "masquerade": (["masquerade_domains = Far.Example", "masquerade_classes = envelope_sender, envelope_recipient"], None,
                   ["bob@A.FAR.example"]),
    "refused": (["always_bcc = alice", "transport_maps = inline:{{example.com = error:gone}}", "virtual_alias_recursion_limit = 1",
                 "virtual_alias_maps = inline:{{x@far.example = y@far.example}, {y@far.example = z@far.example}}"], None, ["x@far.example"]),
}


# Paths as a client may write them, with words behind them that are no options.
PATHS = ["1<!@", "a]@example.com>( @:", ">) com.>(a@", "bob@example.com> x", "bob@example.com>x", "postmaster> y", "<> -\\aa[", "<<a>> b> c", "a<b> x"]


class Counting(routes.Asked):
    """How many questions the real one has answered in time."""

    told = 0

    def compare_deliver(self, postfix, question, real, mine):
        self.told += real is not None
        return super().compare_deliver(postfix, question, real, mine)


@needs_postfix
@pytest.mark.parametrize("name", KNOWN)
def test_ends_that_were_wrong_once(name):
    lines, text, recipients = KNOWN[name]
    given = {line.split(" = ")[0] for line in lines}
    lines = [line for line in HERE if line.split(" = ")[0] not in given] + lines
    tables = {"aliases": ("hash", ALIASES)}
    if text:
        tables[lines[-1].rpartition("/")[2]] = (lines[-1].split(" = ")[1].partition(":")[0], text)
    site = SimpleNamespace(lines=lines, tables=tables, files=FILES, has_local=True)
    asked = Counting(MCC, site)
    questions = [(r, s) for r in recipients for s in ("s@client.example", "")]
    assert asked.differences(lines, tables, "deliver", questions) == []
    assert asked.told == len(questions)


@needs_postfix
def test_paths():
    site = SimpleNamespace(lines=HERE, tables={"aliases": ("hash", ALIASES)}, files=FILES, has_local=True)
    assert routes.Asked(MCC, site).differences(HERE, site.tables, "smtp", [(p, "s@client.example") for p in PATHS]) == []
