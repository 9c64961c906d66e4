# SPDX-License-Identifier: BSD-2-Clause
"""Random sites that rewrite, redirect and route, and addresses for them.

Addresses are in internal form (no quotes) unless a function says otherwise.
Small pools of names, so that keys, aliases and addresses meet."""

MINE = ["example.com", "mail.example.com", "localhost", "sub.example.com"]
FAR = ["virt.example", "box.example", "relay.example", "b.relay.example", "far.example", "a.far.example",
       "other.example", "x.y.virt.example"]
ODD_DOMAINS = ["EXAMPLE.com", "Virt.Example", "example.com.", "far.example.", "far.example..", ".far.example", "",
               ".", "..", "nodots", "mail", "corp", "[127.0.0.1]", "[192.0.2.1]", "[192.0.2.9]", "[10.0.0.9]",
               "[IPv6:::1]", "[IPv6:2001:db8::1]", "[ipv6:2001:DB8::1]", "[IPv6:2001:db8:0:0::1]", "[]", "[x]",
               "[1.2.3", "[127.0.0.1].", "127.0.0.1", "192.0.2.1", "2001:db8::1", "1.2.3", "0.0.0.0", "[0.0.0.0]",
               "-x.example", "x-.example", "a..b.example", "exa_mple.com", "far.example ", "f(c)ar.example",
               "b\u00fccher.example", "a" * 64 + ".example", "l." * 40 + "example", "a" * 300, "[IPv6:127.0.0.1]",
               "[::1]", "[127.0.0.001]", "[2130706433]", "localhost.example.com", "localhost.", "123", "x.123",
               "\"far.example\"", "fa\\r.example", "far.exam\tple", "[10.0.0.9]x", "x[10.0.0.9]", "mail.", "%", "!"]
LOCALS = ["alice", "bob", "carol", "dave", "list", "nosuch", "Alice", "BOB", "alice+x", "alice+x+y", "bob-x",
          "carol+", "+x", "-dave", "postmaster", "Postmaster+x", "mailer-daemon", "MAILER-DAEMON", "double-bounce",
          "owner-list", "list-request", "owner-list+x", "alice-x+y", "root+x", "plain", "list+x", "list2", "catchall",
          "bob+a/b", "loop1", "selfie", "selfie+x", "chain1", "chain3", "group"]
ODD_LOCALS = ["", ".", "a b", "a..b", ".alice", "alice.", "al,ice", "al:ice", "al;ice", "a<b", "a>b", "a\"b", "a\\b",
              "a(b)", "a(b", "a)b", "[x]", "a[b", "user%far.example", "%", "a%", "%far.example", "u%far.example%x",
              "far.example!u", "!", "a!", "!b", "a!b!c", "x!y%z", "u%[10.0.0.9]", "u@far.example", "@far.example",
              "u@", "@", "a@b@c", "@a.example,@b.example:u", "@a:u", "a:b", "u%far.example!x", "u%EXAMPLE.com",
              "far.example!u+x", "u+x%far.example", "\u00fcser", "a\tb", "a\rb", "a\x01b", "\x7f", " ", " alice", "alice ",
              "a" * 70, "b+" + "c" * 300, "''", "a'b", "a|b", "|true", "/tmp/x", "~alice", ":include:/x", "a{b}", "$user",
              "${x}", "a=b", "a/b", "u%sub.example.com@", "u%u%u%u", "far.example!", "u%.", "u%far.example.", "\\", "\"",
              "mail!alice", "mail.example.com!alice", "alice%mail", "\"q u\"", "example.com!virt.example!u", "-", "+",
              "alice+x%far.example", "\\\"", "owner-", "-request", "a\u0130b", "\u212a", "(", "<>", "u%<x>"]
# Complete addresses, external form, as a client may write them.
RAW = ["@far.example:alice@example.com", "@a.example,@b.example:bob@far.example", "far.example!user", "alice", "", " ",
       "alice@example.com@", "user@far.example@example.com", "\"user@far.example\"@example.com", "@", "@example.com",
       "\"alice\"@example.com", "\"\"@example.com", "\"a\\\"b\"@example.com", "alice (x)@example.com",
       "alice@exam ple.com", "alice@example.com (c)", "al\\ice@example.com", "alice@@example.com",
       "alice,bob@example.com", "alice bob@example.com", "<alice@example.com>", "Alice <alice@example.com>",
       "group: alice@example.com;", "alice:bob@example.com", "(c)alice@example.com", "alice.@example.com",
       "a b@example.com", "\"a b\"@example.com", "\"a b\"", "alice@[127.0.0.1", "alice@[127.0.0.1]x",
       "\"a\"b@example.com", "a\"b\"@example.com", "\"alice\".\"x\"@example.com", "alice@\"example.com\"",
       "postmaster", "\\", "alice\\", "\"alice", "alice@example.com;", "alice@example.com,", ",alice@example.com",
       "alice@exam\\ple.com", "\"@a:b\"@example.com", "@a:@b:c@example.com", "@:alice@example.com", "a@b:c@example.com",
       "alice . x@example . com", "u%far.example%example.com", "\"u%far.example\"@example.com", "alice@example.com.",
       "\"far.example!u\"@virt.example", "[x]@example.com", "alice@()example.com", "alice@[ 127.0.0.1 ]",
       "alice@[\\127.0.0.1]", "\"\\a\\l\\ice\"@example.com", "\"alice\"", "\"a@b\"", "\"a@b\"@", "<>", "<@a:b@c>",
       "a<b@c", "b@c>", "alice@example.com>", "\u00fcser@example.com", "u@b\u00fccher.example", "a%b@c%d@example.com"]

DOMAINS = MINE + FAR


def quote(address):
    """External form of an address in internal form, as a program writes it."""
    route = ""
    if address[:1] == "@" and ":" in address:
        route, address = address[:address.index(":") + 1], address[address.index(":") + 1:]
    local, at, domain = address.rpartition("@") if "@" in address else (address, "", "")
    plain = local and not local.startswith(".") and not local.endswith(".") and ".." not in local and \
        not any(c in "()<>@,;:\\\"[]" or ord(c) <= 32 or ord(c) == 127 for c in local)
    if plain or not route + address:
        return route + address
    return route + '"' + "".join("\\" + c if c in "\"\\\r" else c for c in local) + '"' + at + domain


def escape_pattern(key):
    return "".join("\\" + c if c in ".+[]()*?^$|{}\\/-" else c for c in key)


class Addresses:
    """The pools, with a site's random numbers."""

    def __init__(self, rng):
        self.rng = rng

    def local(self, odd=0.0):
        return self.rng.choice(ODD_LOCALS if self.rng.random() < odd else LOCALS)

    def literal(self):
        groups = ["", "", "0", "00", "127", "001", "0000", "2001", "db8", "1.2.3.4", "127.0.0.1", "fffff", "g", "255"]
        if self.rng.random() < 0.5:
            return "[" + ".".join(self.rng.choice(["0", "1", "10", "127", "00", "001", "256", "255", ""])
                                  for _ in range(self.rng.choice([4, 4, 4, 3, 5]))) + "]"
        return "[IPv6:" + ":".join(self.rng.choice(groups) for _ in range(self.rng.randint(1, 9))) + "]"

    def domain(self, odd=0.0):
        if self.rng.random() < odd / 10:
            return self.literal()
        return self.rng.choice(ODD_DOMAINS if self.rng.random() < odd else DOMAINS)

    def address(self, odd=0.0):
        if self.rng.random() < odd / 10:
            return self.soup()
        bare = self.rng.random() < 0.12
        return self.local(odd) + ("" if bare else "@" + self.domain(odd))

    def soup(self):
        words = ["a", "far", ".", ".", "@", "@", "%", "!", "example", "com", "\"", "\\", " ", "(", ")", "<", ">", "[", "]",
                 ":", ",", ";", "+", "-", "example.com", "1", "127.0.0.1", "\u00e9"]
        return "".join(self.rng.choice(words) for _ in range(self.rng.randint(1, 9)))

    def sender(self):
        return self.rng.choice(["", "", "u@client.example", self.address(0.1), self.address(), "alice@example.com"])


class Tables:
    """Tables of a site: name -> (type, text)."""

    KINDS = ["hash", "hash", "texthash", "btree", "inline", "regexp", "pcre", "lmdb", "cdb"]

    def __init__(self, rng):
        self.rng, self.tables = rng, {}

    def add(self, name, rows, kinds=None, wrap=True):
        """rows: [(key, value)]; returns the table as main.cf writes it."""
        kind = self.rng.choice(kinds or self.KINDS)
        if kind in ("regexp", "pcre"):
            return self.pattern(name, kind, rows)
        if kind == "inline" and any(c in k + v for k, v in rows for c in "{}=,"):
            kind = "hash"
        if kind == "inline":
            return "inline:{" + ", ".join("{" + f"{k} = {v}" + "}" for k, v in rows) + "}"
        self.tables[name] = (kind, "".join(f"{self.key(k)} {v}\n" for k, v in rows))
        plain = f"{kind}:$config_directory/{name}"
        return self.composed(plain, rows) if wrap and self.rng.random() < 0.06 else plain

    @staticmethod
    def key(key):
        return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' if " " in key else key

    def pattern(self, name, kind, rows):
        lines = []
        for key, value in rows:
            start, end = self.rng.choice(["^", "^", ""]), self.rng.choice(["$", "$", ""])
            pattern, value = escape_pattern(key), value.replace("$", "$$")
            if self.rng.random() < 0.15 and "+" not in key:
                pattern, value = f"({pattern})(.*)", self.rng.choice([value, "x$2@far.example", "$1"])
                start, end = "^", "$"
            flags = self.rng.choice(["", "", "", "i", "x" if kind == "pcre" and " " not in key else ""])
            bang = "!" if self.rng.random() < 0.02 and "$" not in value else ""
            lines.append(f"{bang}/{start}{pattern}{end}/{flags} {value}\n")
        if self.rng.random() < 0.1:
            lines = ["if /example/\n", *lines, "endif\n"]
        self.tables[name] = (kind, "".join(lines))
        return f"{kind}:$config_directory/{name}"

    def composed(self, plain, rows):
        value = self.rng.choice([v for _, v in rows] or ["x"])
        if any(c in value for c in "{}, "):     # two values to a randmap
            return plain
        return self.rng.choice([f"unionmap:{{{plain}}}", f"pipemap:{{{plain}}}", f"unionmap:{{{plain}, static:{{{value}}}}}",
                                f"pipemap:{{{plain}, inline:{{ {{{value} = alice@far.example}} }}}}",
                                f"randmap:{{{value}}}", f"static:{{{value}}}" if value else plain,
                                f"fail:{plain.rpartition('/')[2]}", f"proxy:{plain}", f"{plain} {plain}"])


class RouteSite:
    """lines of main.cf, tables, files that are no tables, questions."""

    def __init__(self, rng):
        self.rng, self.files, self.lines = rng, {}, []
        self.made, self.addresses = Tables(rng), Addresses(rng)
        self.has_local = rng.random() < 0.7
        self.set_host()
        self.set_domains()
        self.set_transports()
        self.set_rewriting()
        self.set_virtual()
        self.set_local()
        self.tables = self.made.tables

    def maybe(self, chance, *lines):
        for line in lines:
            if self.rng.random() < chance:
                self.lines.append(line)

    def table(self, name, keys, values, most=4, kinds=None):
        picked = self.rng.sample(keys, min(len(keys), self.rng.randint(1, most)))
        return self.made.add(name, [(k, self.rng.choice(values)) for k in picked], kinds)

    # ---- who the site is ----

    def set_host(self):
        choice = self.rng.choice
        self.lines += ["compatibility_level = " + choice(["0", "1", "2", "3.6"]),
                       "myhostname = " + choice(["mail.example.com"] * 4 + ["mx.corp.example", "localhost", "MAIL.example.com"])]
        self.maybe(0.2, "mydomain = " + choice(["example.com", "corp.example", "Example.COM", "localdomain"]))
        self.maybe(0.35, "myorigin = " + choice(["$mydomain", "example.com", "other.example", "nodots",
                                                 "virt.example", "EXAMPLE.com", "[192.0.2.1]"]))
        self.maybe(0.6, "recipient_delimiter = " + choice(["+", "+", "+", "-", "+-", "-+", "/+", "%", "_", "+=-", "=", "!", "+%"]))
        self.maybe(0.12, "allow_percent_hack = no", "swap_bangpath = no", "resolve_dequoted_address = no",
                   "resolve_null_domain = yes", "resolve_numeric_domain = yes", "allow_min_user = yes",
                   "owner_request_special = no", "append_at_myorigin = no")
        self.maybe(0.3, "append_dot_mydomain = " + choice(["yes", "no"]))
        self.maybe(0.2, "proxy_interfaces = " + choice(["192.0.2.1", "192.0.2.1, 2001:db8::1", "192.0.2.9 192.0.2.1"]))
        self.maybe(0.2, "inet_interfaces = " + choice(["127.0.0.1", "loopback-only", "all", "::1, 127.0.0.1",
                                                       "127.0.0.1 localhost"]))
        self.maybe(0.1, "inet_protocols = " + choice(["ipv4", "all"]) if not any("2001:" in l for l in self.lines) else "inet_protocols = all")
        self.maybe(0.1, "empty_address_recipient = " + choice(["alice", "bob@far.example", "carol@virt.example", "nosuch+x"]))
        self.maybe(0.3, "parent_domain_matches_subdomains = " + choice(
            ["", "transport_maps", "relay_domains", "relay_domains, transport_maps", "mydestination, relay_domains",
             "debug_peer_list, smtpd_access_maps"]))
        self.maybe(0.08, "double_bounce_sender = " + choice(["alice", "carol+x"]))
        self.maybe(0.1, "smtputf8_enable = " + choice(["yes", "no"]))
        self.maybe(0.1, "show_user_unknown_table_name = no", "enable_original_recipient = no")

    def set_domains(self):
        choice = self.rng.choice
        name = "$config_directory/"
        self.made.tables["dests"] = ("hash", "example.com x\nmail.example.com y\n.sub.example.com z\n[192.0.2.9] w\n")
        self.made.tables["dests_re"] = ("regexp", "/^(.*\\.)?example\\.com$/ x\n/^localhost$/ y\n")
        self.made.tables["vdoms"] = ("hash", "virt.example x\nother.example y\n")
        self.files["dest_list"] = choice(["example.com\n# no\nlocalhost, mail.example.com\n", "example.com x\n", "!sub.example.com\n"])
        self.lines += ["mydestination = " + choice(
            ["$myhostname, localhost, example.com", "$myhostname localhost.$mydomain localhost $mydomain", "",
             "!sub.example.com, example.com, .example.com, localhost", "example.com, [192.0.2.9], localhost",
             f"hash:{name}dests, localhost", f"regexp:{name}dests_re", f"{name}dest_list localhost", "localhost",
             f"!hash:{name}dests, mail.example.com, far.example", "EXAMPLE.com localhost. mail", "static:x",
             "inline:{{example.com = x}}, localhost", "example.com corp localhost [::1] 127.0.0.1"])]
        self.maybe(0.65, "virtual_alias_domains = " + choice(["virt.example", f"hash:{name}vdoms", "virt.example other.example",
                                                              "$virtual_alias_maps", ".virt.example", "virt.example example.com"]))
        self.maybe(0.6, "virtual_mailbox_domains = " + choice(["box.example", "box.example, virt.example", f"hash:{name}vdoms box.example",
                                                               "$virtual_mailbox_maps"]))
        self.maybe(0.6, "relay_domains = " + choice(
            ["relay.example", "!b.relay.example, relay.example", ".relay.example", "$mydestination relay.example", "example",
             f"hash:{name}vdoms", "relay.example [10.0.0.9]", "*"]))
        self.maybe(0.15, "virtual_mailbox_maps = " + self.table(
            "boxes", ["alice@box.example", "@box.example", "box.example", "bob@virt.example"], ["x", "y"]))
        self.maybe(0.08, "relay_recipient_maps = " + self.table("relayed", ["alice@relay.example", "@b.relay.example"], ["x"]))

    # ---- where mail goes ----

    def set_transports(self):
        choice = self.rng.choice
        rows = ["smtp:[127.0.0.1]", "smtp:", ":", ":[10.0.0.9]:26", ":next.example", "error:gone away", "error:", "error",
                "error:5.1.6 moved", "error:4.2.2 full", "discard:", "discard:silently", "retry:4.7.1 later", "retry:", "slow:",
                "lmtp:unix:/x", "special:next.example", "local:", "local:x", "virtual:", "relay:[a]:b:c", "special", ": ", "smtp: x y",
                "hold:no such", "local", "special:Next.Example:25", "nosuch:", "nosuch:x", "[a]", "smtp:[::1]:26", "slow:far.example, b.example",
                ":[next.example]", "error:5.2.1", "retry:5.1.1 no", "discard", "Special:x", "relay:$mydomain", "special:%x"]
        keys = ["far.example", ".far.example", "alice@example.com", "relay.example", "*", "example.com", ".example.com",
                "box.example", "bob@", "alice+x@example.com", "mail.example.com", "virt.example", "example", ".example", "alice",
                "@far.example", "a.far.example", ".relay.example", "bob@far.example", "[10.0.0.9]", "MAILER-DAEMON",
                "alice@virt.example", "nodots", "list@example.com", ".", "localhost", "a b@far.example", "\"a b\"@far.example",
                "FAR.example", "mailer-daemon@example.com", "u@[10.0.0.9]", "alice@far.example", "com", ".com", "-dave@example.com"]
        self.maybe(0.5, "transport_maps = " + self.table("transport", keys, rows, 7))
        self.maybe(0.15, "relocated_maps = " + self.table(
            "moved", ["bob@example.com", "carol", "@a.far.example", "nosuch@box.example", "@example.com", "alice", "dave@far.example"],
            ["new@elsewhere.example", "a place far away", "x"]))
        forms = ["smart.example", "[smart.example]", "[smart.example]:587", "smart.example:26", "[10.0.0.9]", "[2001:db8::9]:26", "x y",
                 "$mydomain", "10.0.0.9", "smart.example, other.example", "smart.example:smtp", "[smart.example]:submission", "[::1]",
                 "SMART.example", "smart.example.", "smart"]
        self.maybe(0.25, "relayhost = " + choice(forms[:6] + forms[7:]))
        senders = ["alice@example.com", "@far.example", "@client.example", "<>", "bob", "@example.com", "alice@", "bob@far.example",
                   "u@client.example", "alice", "root@example.com", "a b@example.com"]
        self.maybe(0.2, "sender_dependent_relayhost_maps = " + self.table("srelay", senders, forms + ["DUNNO", "dunno", "DUNNO x"]))
        self.maybe(0.2, "sender_dependent_default_transport_maps = " + self.table(
            "stransport", senders, ["slow:", "smtp:[10.0.0.3]", "special", "DUNNO", "dunno", "error:no", "retry:", *[":x"] * (self.rng.random() < 0.1),
                                    "smtp:a:b"]))
        self.maybe(0.15, "empty_address_relayhost_maps_lookup_key = " + choice(["bob", "alice@example.com"]),
                   "empty_address_default_transport_maps_lookup_key = " + choice(["bob", "alice@example.com"]))
        self.maybe(0.12, "default_transport = " + choice(["slow", "smtp:[gate.example]", "error:no mail", "slow:a:b", "error:5.7.1 no",
                                                          "retry:later", "discard:x", "relay:", "nosuch", "smtp:$mydomain",
                                                          "special:[::1]:26"]))
        self.maybe(0.1, "relay_transport = " + choice(["special", "smtp:[inner.example]:2525", "relay:", "error:no relay", "nosuch:x", "relay:$relayhost"]),
                   "virtual_transport = " + choice(["dovecot", "lmtp:unix:private/l", "virtual:x", "error", "error:no box"]))
        if not self.has_local:
            self.lines.append("local_transport = " + choice(["box", "box:x", "lmtp:unix:private/l", "error:no local", "virtual",
                                                             "box:$myhostname"]))
        else:
            self.maybe(0.1, "local_transport = " + choice(["local", "local:x"]))

    # ---- what addresses become ----

    def set_rewriting(self):
        choice = self.rng.choice
        keys = ["alice@example.com", "bob", "@sub.example.com", "carol@far.example", "plain", "nosuch@example.com", "@client.example",
                "alice+x@example.com", "alice", "bob@example.com", "@far.example", "Alice", "list", "u@client.example", "+x",
                "a b@example.com", "\"a b\"@example.com", "mailer-daemon", "@example.com", "bob+", "@virt.example", "dave@localhost"]
        values = ["bob@example.com", "Alice.Smith@example.com", "@example.com", "carol", "alice@virt.example", "@far.example",
                  "alice", "\"a b\"@far.example", "x y", "bob@example.com, carol@far.example", "alice+z@example.com", "<bob@far.example>",
                  "@", "far.example!u", "u%far.example", "carol@nodots", "@Sub.example.com", "(c) x@y.example", "list", "bob+q",
                  "\"\"", "a@b@c", ",", "alice @ far . example"]
        classes = ["envelope_sender", "envelope_recipient", "header_sender", "header_recipient", "envelope_sender, envelope_recipient"]
        for name, chance in (("canonical", 0.25), ("sender_canonical", 0.2), ("recipient_canonical", 0.2)):
            self.maybe(chance, f"{name}_maps = " + self.table(name, keys, values))
            side = name.partition("_")[0]
            mine = [c for c in classes if side == "canonical" or all(w.endswith(side) for w in c.split(", "))]
            self.maybe(0.08, f"{name}_classes = " + choice(mine))
        self.maybe(0.3, "masquerade_domains = " + choice(
            ["example.com", "!sub.example.com example.com", "a.far.example far.example", "$mydomain", "!!sub.example.com example.com",
             "far.example !example.com example", "EXAMPLE.com", "example", "!example.com, example", "com example"]))
        self.maybe(0.3, "masquerade_classes = " + choice(classes[:2] + classes[4:]))
        self.maybe(0.2, "masquerade_exceptions = " + choice(["root, alice", "ALICE", "alice+x bob", "a b"]))
        self.maybe(0.3, "propagate_unmatched_extensions = " + choice(
            ["", "canonical", "virtual", "canonical, virtual, alias, include, generic", "alias", "include", "forward"]))
        self.maybe(0.06, "receive_override_options = no_address_mappings")

    def set_virtual(self):
        choice = self.rng.choice
        keys = ["alice@virt.example", "@virt.example", "bob", "bob@example.com", "virt.example", "carol@far.example", "list+x@example.com",
                "list", "@other.example", "nosuch@example.com", "alice+x@virt.example", "loop1", "loop2", "loop1@virt.example", "selfie",
                "chain1", "chain2", "chain3@example.com", "@example.com", "alice", "group@virt.example", "mailer-daemon", "+x",
                "a b@virt.example", "\"a b\"@virt.example", "carol", "selfie+x", "dave@", "owner-list", "far.example!u", "Alice@virt.example",
                "plain@far.example", "list@far.example", "@far.example", "double-bounce@example.com"]
        values = ["alice@example.com", "alice@example.com, bob@far.example", "anything", "@example.com", "bob", "nosuch+y@virt.example",
                  "alice@virt.example", "loop2", "loop1", "selfie, copy@far.example", "chain2", "chain3", "carol, dave, list", "@virt.example",
                  "\"a b\"@far.example", "x y", "list@far.example list@far.example", "LIST@far.example, list@far.example", "@far.example",
                  "loop1@virt.example x@far.example", "Selfie", "|true", "/dev/null", "far.example!u", "u%far.example@example.com", "a@nodots",
                  ":include:/x", "(comment) bob@far.example", "Bob <bob@far.example>", "bob@far.example; carol", "group: bob, carol;",
                  "alice@example.com,, bob", ",", "\"\"", "selfie", "alice+q@example.com", "@", "postmaster@example.com",
                  "a-very-long-name-for-a-mailbox@far.example", "carol@box.example bob@relay.example", "alice\\@x@example.com", "@nodots",
                  "-dave@far.example", "bob@[10.0.0.9]", "\u00fcser@far.example"]
        self.maybe(0.7, "virtual_alias_maps = " + self.table("virtual", keys, values, 9))
        if self.rng.random() < 0.1:
            self.lines.append("virtual_alias_maps = " + " ".join(
                [self.table("virtual", keys, values, 5), self.table("virtual2", keys, values, 5)]))
        self.maybe(0.12, "virtual_alias_recursion_limit = " + choice(["1", "2", "3", "10"]),
                   "virtual_alias_expansion_limit = " + choice(["1", "2", "3", "10"]))
        self.maybe(0.06, "virtual_alias_address_length_limit = " + choice(["10", "20", "30"]))
        self.maybe(0.1, "always_bcc = " + choice(["archive@far.example", "bob", "alice@virt.example", "<x@y.example>", "selfie"]))
        bcc = ["alice@example.com", "@far.example", "bob", "carol@box.example", "@example.com", "alice", "u@client.example", "list@far.example"]
        copies = ["copy@far.example", "copy2", "alice@virt.example", "a@x.example, b@x.example", "bob", "alice+bcc@example.com", "\"c d\"@x.example"]
        self.maybe(0.15, "recipient_bcc_maps = " + self.table("rbcc", bcc, copies),
                   "sender_bcc_maps = " + self.table("sbcc", bcc, copies))

    # ---- local(8) ----

    def set_local(self):
        choice, rng = self.rng.choice, self.rng
        inc = ":include:$INC/"
        values = ["alice", "bob@far.example", "alice, bob", "\\\\alice", "\"|true x\"", "/dev/null", "alice@virt.example", "list2",
                  "nosuch@example.com", "alice+y, carol", inc + "members", "carol, \"|true a,b\", list", "\"/dev/null\"",
                  "alice@example.com, dave@far.example", inc + "nested", inc + "missing", "loop2", "loop1", "selfie", "selfie, bob@far.example",
                  "chain2", "chain3", "\"" + inc + "members\"", "|true", "dave, dave, Dave, dave@example.com", "carol@box.example", "u%far.example",
                  "\"a b\"", "\"|true \\\"q\\\"\"", "~alice/x", ":include:relative", "alice@nodots", "x y z", "(c) bob", "bob <bob@far.example>",
                  "a: b, c;", ",", "@far.example", "\"\"@far.example", "bob@", "-dave", "group, alice", "|true, |true, /dev/null, /dev/null",
                  "postmaster", "list", "alice@[127.0.0.1]", "bob@[10.0.0.9]", "\u00fcser", "owner-list", "list2, owner-list2, bob+z",
                  "far.example!u, list2", "error@relay.example"]
        names = ["list", "alice", "list2", "owner-list", "postmaster", "carol+x", "bob", "\"a b\"", "owner-list2", "Dave", "loop1", "loop2",
                 "selfie", "chain1", "chain2", "chain3", "group", "catchall", "nosuch", "owner-alice", "list-request", "+x", "mailer-daemon",
                 "alice+y", "owner-group", "anything", "list+x", "bob@example.com", "copy2", "owner-owner-list"]
        picked = rng.sample(names, rng.randint(2, 9))
        rows = [(n, choice(values)) for n in picked]
        self.files["members"] = choice(["alice\nbob@far.example\n", "# none\ncarol, dave@far.example\n", "list\n", "\"|true y\"\n",
                                        "/dev/null\n", inc + "nested\n", "  carol\n\n\tdave\n", "bob+q\nalice@virt.example\n", "",
                                        "\\alice\n", "list2, alice # x\n", "loop1\n"])
        self.files["nested"] = choice([inc + "members\n", "dave\n", "bob\n" + inc + "members\n", inc + "missing\n", "group\n"])
        kind = choice(["hash", "texthash", "btree", "lmdb"])
        colon = "" if kind == "texthash" else ":"
        self.made.tables["aliases"] = (kind, "".join(f"{k}{colon} {v}\n" for k, v in rows))
        spec = f"{kind}:$config_directory/aliases"
        if rng.random() < 0.15:
            extra = self.made.pattern("aliases_re", choice(["regexp", "pcre"]),
                                      [(n.strip('"'), choice(values).replace("$INC", "/x")) for n in rng.sample(names, 3)])
            spec += " " + extra
        self.lines.append("alias_maps = " + choice([spec] * 12 + ["", f"unionmap:{{{spec}}}" if " " not in spec else spec, "fail:aliases"]))
        self.maybe(0.12, "expand_owner_alias = yes")
        self.maybe(0.2, "allow_mail_to_commands = " + choice(["alias", "alias, forward, include", "include", ""]),
                   "allow_mail_to_files = " + choice(["alias, include", "include", ""]))
        self.maybe(0.12, "luser_relay = " + choice(
            ["$user@far.example", "catchall", "${local}@other.example", "alice+$extension", "$recipient", "${extension?{x}:{y}}@far.example",
             "\"|true $user\"", "/dev/null", "$local", "a b", "$user+${domain}@other.example", "$home$shell@x.example", "alice@virt.example",
             "nobody-here", "${user}$$x@far.example", "$unknown@far.example", "$original_recipient", "$user$recipient_delimiter@x.example"]))
        self.maybe(0.08, "mailbox_transport = " + choice(["box:", "box", "lmtp:unix:x", "box:a:b", "error:no box"]),
                   "fallback_transport = " + choice(["box:", "lmtp:unix:x", "error:5.1.1 nobody", "box:next"]))
        keys = ["alice", "carol", "bob", "nosuch", "Dave", "list", "alice+x", "alice@example.com", "plain", "postmaster"]
        self.maybe(0.08, "mailbox_transport_maps = " + self.table("mboxt", keys, ["lmtp:unix:x", "box:", "box:a:b"], 3, ["hash", "inline", "regexp"]),
                   "fallback_transport_maps = " + self.table("fbackt", keys, ["lmtp:unix:x", "box:", "error:5.1.1 no"], 3, ["hash", "inline"]))

    # ---- questions: (recipient, sender) ----

    def question(self, odd):
        return self.written(lambda: self.addresses.address(odd)), self.written(self.addresses.sender)

    @staticmethod
    def written(make):
        """An address whose domain can be written as it is."""
        while True:
            address = make()
            domain = address.rpartition("@")[2] if "@" in address else ""
            inside = domain[1:-1] if domain[:1] == "[" and domain[-1:] == "]" else domain.replace(":", "(")
            # A lone "@" is taken for "<>" by the one and refused by the other.
            # So are the colons of an address after a leading "@".
            if address != "@" and not (address[:1] == "@" and ":" in domain) and not any(c in "\"\\()<>,;[] \t" for c in inside):
                return address

    def raw(self):
        rng = self.rng
        return rng.choice(RAW) if rng.random() < 0.7 else self.addresses.soup(), self.written(self.addresses.sender)
