# SPDX-License-Identifier: BSD-2-Clause
"""Random small sites, sessions and addresses that touch what Postfix's
evaluation rules speak of. Nothing here needs the DNS."""

DOMAINS = ["example.com", "sub.example.com", "virt.example", "box.example", "relay.example",
           "far.example", "a.far.example", "mail.example.com", "localhost", "b.relay.example",
           "VIRT.example", "Example.COM", "other.example"]
LOCALS = ["alice", "bob", "nosuch", "Alice", "alice+x", "alice-x", "postmaster", "user%far.example",
          "\"a b\"", "crew", "bob+a+b", "root+x", "MAILER-DAEMON", "carol", "alice+", "+x", "owner-crew"]
ODD = ["@far.example:alice@example.com", "@a.example,@b.example:bob@far.example", "far.example!user",
       "far.example!user@example.com", "user%far.example@example.com", "user%far.example%x@localhost",
       "user@far.example@example.com", "\"user@far.example\"@example.com", "\"far.example!u\"@virt.example",
       "alice@", "@example.com", "alice@example.com.", "alice@far.example..", "alice@[127.0.0.1]",
       "alice@[192.0.2.1]", "alice@[IPv6:::1]", "alice@[IPv6:2001:db8::1]", "alice@127.0.0.1",
       "alice@1.2.3.4", "alice@[1.2.3.4", "\"alice\"@example.com", "\"al.ice\"@example.com",
       "\"alice+x\"@example.com", "\"\"@example.com", "alice@nodots", "alice@-bad-.example", "alice@exa_mple.com",
       "alice@mail", "a..b@example.com", ".alice@example.com", "alice.@example.com", "-alice@example.com",
       "alice (x)@example.com", "alice@exam ple.com", "alice@example.com (c)", "al\\ice@example.com",
       "alice@@example.com", "alice,bob@example.com", "alice:bob@example.com", "<alice@example.com>",
       "postmaster", "Postmaster", "POSTMASTER@example.com", "postmaster@[127.0.0.1]", "user!x%y@example.com",
       "x%y@far.example", "x!y@far.example", "u%[192.0.2.1]@example.com", "alice@.example.com",
       "alice@far.example.", "\"a\\\"b\"@example.com", "alice@[]", "alice@[x]", "%", "!", "a%", "!b", "%far.example"]
CLIENTS = [("203.0.113.9", "mx.client.example"), ("192.168.1.20", "pc.lan.example"),
           ("198.51.100.7", "[UNAVAILABLE]"), ("127.0.0.1", "localhost"), ("10.1.2.3", "a.b.client.example"),
           ("2001:db8::7", "v6.client.example"), ("203.0.113.77", "[TEMPUNAVAIL]"), ("::1", "localhost"),
           ("203.0.113.9", "relay.example"), ("192.168.1.20", "[UNAVAILABLE]")]
HELOS = ["mx.client.example", "[203.0.113.9]", "localhost", "bad_name", "nodots", "mail.example.com",
         "203.0.113.9", "[IPv6:2001:db8::7]", "a.b.client.example", "MX.Client.Example", "-x.example",
         "mx.client.example.", "x..y", "[nonsense]", "::1", "1.2.3", "client.example"]
SENDERS = ["", "u@client.example", "alice@example.com", "nosuch@example.com", "bob@far.example",
           "plain", "u@nodots", "alice@virt.example", "alice+x@example.com", "Alice@Example.com",
           "bob@box.example", "nosuch@box.example", "x@relay.example", "MAILER-DAEMON",
           "\"q u\"@example.com", "alice@sub.example.com", "nosuch@virt.example", "u@[203.0.113.9]"]
ACTIONS = ["OK", "REJECT", "REJECT no thanks", "DUNNO", "550 5.7.9 go away", "450 later", "DEFER",
           "permit_mynetworks", "reject_unauth_destination", "DEFER_IF_PERMIT wait",
           "DEFER_IF_REJECT wait", "HOLD", "PREPEND X-A: b", "WARN", "reject", "guests", "250 fine",
           "554 text", "FILTER smtp:[127.0.0.1]", "REDIRECT x@far.example", "BCC y@example.com",
           "INFO x", "DISCARD", "permit_auth_destination, reject", "oops", "521 bye", "421 bye", "RELAY",
           "REJECT 5.1.1 no such", "DEFER 4.1.8 hm", "REJECT 4.7.1 odd", "450", "550", "12345", "1",
           "FILTER nocolon", "REDIRECT nobody", "PREPEND nocolon", "ok", "Reject lower", "reject_unlisted_recipient",
           "warn_if_reject reject, permit", "warn_if_reject reject_unauth_destination",
           "reject_non_fqdn_sender, DEFER_IF_PERMIT", "check_sender_access hash:/x", "staff", "5 x",
           "450 4.7.0", "550 5.1.3 x", "DEFER_IF_REJECT", "DEFER_IF_PERMIT 4.1.2 x", "BCC nobody", "WARN x y",
           "defer_if_permit", "defer_if_reject", "sleep 0", "REJECT\tTab", "550-5.7.1 x", "guests staff",
           "permit", "defer", "reject_unlisted_sender", "permit_sasl_authenticated", "DISCARD x",
           "reject_invalid_helo_hostname", "reject_sender_login_mismatch", "permit_auth_destination",
           "warn_if_reject guests", "REJECT <a> & \"b\"", "DUNNO reject", "HOLD x", "reject_rbl_client"]
KEYS = ["example.com", ".example.com", "client.example", ".client.example", "far.example", "alice@",
        "alice@example.com", "203.0.113.9", "203.0.113", "198.51", "mx.client.example", "nodots",
        "localhost", "<>", "sub.example.com", "2001:db8", "bob@", "unknown", "192.168.1.20", "10",
        "alice+x@", "alice+x@example.com", "[203.0.113.9]", "mail.example.com", "127.0.0.1", "127",
        "u@client.example", "example", ".example", "virt.example", "nosuch@example.com", "plain@",
        "nosuch@", "box.example", "2001:db8::7", "2001:db8:0", "relay.example", ".far.example", "192.168",
        "\"q u\"@example.com", "lan.example", "bad_name", "client", "postmaster@"]
CIDRS = ["203.0.113.0/24", "198.51.100.0/22", "192.168.1.20", "10.0.0.0/8", "2001:db8::/32", "::1",
         "127.0.0.0/8", "0.0.0.0/0", "!203.0.113.0/24"]
PLAIN = ["permit_mynetworks", "reject_unauth_destination", "permit_auth_destination", "reject",
         "reject_non_fqdn_sender", "reject_non_fqdn_recipient", "reject_unlisted_recipient",
         "reject_unlisted_sender", "reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname",
         "reject_unknown_reverse_client_hostname", "reject_unknown_client_hostname", "permit", "defer",
         "defer_if_permit", "defer_if_reject", "warn_if_reject reject_unlisted_recipient",
         "permit_naked_ip_address", "guests", "staff", "defer_unauth_destination", "reject_multi_recipient_bounce",
         "reject_plaintext_session", "warn_if_reject reject", "reject_sender_login_mismatch",
         "reject_authenticated_sender_login_mismatch", "reject_unauthenticated_sender_login_mismatch",
         "reject_known_sender_login_mismatch", "permit_sasl_authenticated", "sleep 0", "check_relay_domains",
         "reject_unauth_pipelining", "warn_if_reject defer_if_permit", "permit_tls_clientcerts",
         "permit_tls_all_clientcerts", "reject_unknown_client", "reject_invalid_hostname",
         "reject_non_fqdn_hostname", "check_recipient_maps", "warn_if_reject guests", "warn_if_reject",
         "warn_if_reject permit_mynetworks", "REJECT", "Permit_MyNetworks", "mistake", "warn_if_reject mistake"]
CHECKS = ["client", "helo", "sender", "recipient", "reverse_client_hostname", "sasl", "etrn"]
KINDS = ["hash", "hash", "btree", "texthash", "inline", "regexp", "pcre", "lmdb", "cdb"]
STAGES = ("client", "helo", "sender", "recipient", "data")


def quote_pattern(key):
    return "".join("\\" + c if c in ".+[]()*?^$|{}\\/" else c for c in key)


class Site:
    """Lines of main.cf, tables (name -> (type, text)), other files."""

    # Lines without which the machine itself would decide.
    kept = ("compatibility_level", "alias_maps", "local_recipient_maps")

    def __init__(self, rng):
        self.rng, self.tables, self.files, self.lines = rng, {}, {}, []

    def pick(self, items, most):
        return self.rng.sample(items, min(len(items), self.rng.randint(1, most)))

    def table(self, name, rows, kinds=KINDS):
        """rows: [(key, value)]; the name as main.cf writes it."""
        kind = self.rng.choice(kinds)
        if kind == "cidr":
            rows = [(self.rng.choice(CIDRS), v) for _, v in rows]
        if kind in ("regexp", "pcre"):
            rows = [(f"/{self.rng.choice(['^', ''])}{quote_pattern(k)}{self.rng.choice(['$', ''])}/", v)
                    for k, v in rows]
        if kind == "inline" and any(c in k + v for k, v in rows for c in "{},="):
            kind = "hash"
        self.tables[name] = (kind, "".join(f"{k} {v}\n" for k, v in rows))
        if kind == "inline":
            return "inline:{" + ", ".join("{" + f"{k} = {v}" + "}" for k, v in rows) + "}"
        return f"{kind}:$config_directory/{name}"

    def rows(self, keys, values, most):
        return [(k, self.rng.choice(values)) for k in self.pick(keys, most)]

    def maybe(self, *rows):
        for line, chance in rows:
            if self.rng.random() < chance:
                self.lines.append(line)

    def set_domains(self):
        rng = self.rng
        words = self.rows(["virt.example"], ["x"], 1)
        self.lines += [
            "compatibility_level = %s" % rng.choice(["0", "1", "2", "3.5", "3.6"]),
            "mynetworks = " + rng.choice(
                ["127.0.0.0/8, 192.168.1.0/24", "127.0.0.0/8, 192.168.1.0/24", "192.168.1.20, !127.0.0.1, 127.0.0.0/8",
                 "127.0.0.0/8 [::1]/128 [2001:db8::]/32", "cidr:$config_directory/nets 127.0.0.0/8"]),
            "mydestination = " + rng.choice(
                ["$myhostname, localhost, example.com", "$myhostname localhost.$mydomain localhost example.com",
                 "", "example.com", "!sub.example.com, example.com, .example.com", "$mydomain, $myhostname",
                 "hash:$config_directory/dests, localhost", "regexp:$config_directory/dests_re"])]
        self.tables["nets"] = ("cidr", "192.168.1.0/24 OK\n10.0.0.0/8 x\n")
        self.tables["dests"] = ("hash", "example.com x\nmail.example.com y\n")
        self.tables["dests_re"] = ("regexp", "/^(.*\\.)?example\\.com$/ x\n/^localhost$/ y\n")
        self.maybe(
            ("virtual_alias_domains = " + rng.choice(["virt.example", self.table("vdoms", words)]), 0.6),
            ("virtual_mailbox_domains = box.example", 0.6),
            ("relay_domains = " + rng.choice(["relay.example", "relay.example", "!b.relay.example, relay.example",
                                              ".relay.example", "$mydestination relay.example"]), 0.6),
            ("recipient_delimiter = " + rng.choice(["+", "+", "-", "+-"]), 0.6),
            ("allow_percent_hack = no", 0.15), ("swap_bangpath = no", 0.15),
            ("append_dot_mydomain = " + rng.choice(["yes", "no"]), 0.3),
            ("myorigin = " + rng.choice(["example.com", "$mydomain", "other.example"]), 0.3),
            ("mydomain = " + rng.choice(["example.com", "corp.example"]), 0.15),
            ("parent_domain_matches_subdomains =" + rng.choice(
                ["", " relay_domains", " smtpd_access_maps", " transport_maps, mynetworks"]), 0.35),
            ("resolve_dequoted_address = no", 0.1), ("resolve_null_domain = yes", 0.1),
            ("resolve_numeric_domain = yes", 0.15), ("allow_min_user = yes", 0.1),
            ("proxy_interfaces = 192.0.2.1", 0.15), ("relayhost = [smart.example]:587", 0.15),
            ("show_user_unknown_table_name = no", 0.1), ("empty_address_recipient = bob", 0.05),
            ("local_transport = " + rng.choice(["local:$myhostname", "error:no local mail here", "lmtp:unix:x"]), 0.1),
            ("virtual_transport = lmtp:unix:private/x", 0.1), ("relay_transport = relay:[10.0.0.1]", 0.1),
            ("default_transport = " + rng.choice(["smtp:[10.0.0.2]", "error:5.7.1 not us", "retry:wait"]), 0.1),
            ("propagate_unmatched_extensions =" + rng.choice(
                ["", " canonical", " virtual", " canonical, virtual, alias, forward, include"]), 0.25))

    def set_tables(self, simple):
        rng = self.rng
        addresses = ["alice@example.com", "bob@far.example", "crew@example.com", "nosuch", "carol@box.example"]
        box = self.table("boxes", self.rows(["alice@box.example", "@box.example", "bob@box.example",
                                             "carol", "alice+x@box.example"], ["x/"], 3))
        users = self.table("users", [("alice", "x"), ("bob", "x")] +
                           self.rows(["postmaster", "crew", "carol@example.com", "@sub.example.com", "root"],
                                     ["y"], 3))
        relay = self.table("relayed", self.rows(["alice@relay.example", "@b.relay.example", "bob",
                                                 "bob@relay.example"], ["x"], 3))
        virtual = self.table("virtuals", self.rows(
            ["alice@virt.example", "@virt.example", "bob", "bob@example.com", "virt.example", "carol@far.example",
             "crew+x@example.com", "crew", "@other.example", "nosuch@example.com", "alice+x@virt.example"],
            [*addresses, "alice@example.com, bob@far.example", "anything", "@example.com", "bob", "nosuch+y@virt.example",
             "alice@virt.example"], 5))
        transport = self.table("transport", self.rows(
            ["far.example", ".far.example", "alice@example.com", "relay.example", "*", "example.com", "box.example",
             "bob@", "alice+x@example.com", "mail.example.com", "virt.example"],
            ["smtp:[127.0.0.1]", "error:gone away", "error:5.1.6 moved", "discard:", ":", "retry:4.7.1 later",
             "error:", "slow:", ":[10.0.0.9]:26", "lmtp:unix:/x", "special:next.example", "error:4.2.2 full",
             "local:"], 4))
        relocated = self.table("moved", self.rows(["bob@example.com", "carol", "@a.far.example", "nosuch@box.example"],
                                                  ["new@elsewhere.example"], 2))
        self.lines.append("local_recipient_maps = " + rng.choice([users, users, users, ""]))
        self.maybe((f"virtual_mailbox_maps = {box}", 0.6),
                   (f"relay_recipient_maps = {relay}", 0.35), (f"virtual_alias_maps = {virtual}", 0.65),
                   (f"transport_maps = {transport}", 0.4), (f"relocated_maps = {relocated}", 0.15))
        for name, chance in (("canonical", 0.2), ("sender_canonical", 0.15), ("recipient_canonical", 0.15)):
            rows = self.rows(["alice@example.com", "bob", "@sub.example.com", "carol@far.example", "plain",
                              "nosuch@example.com", "alice+x@example.com"],
                             ["bob@example.com", "Alice.Smith@example.com", "@example.com", "carol", "alice@virt.example"], 3)
            self.maybe((f"{name}_maps = " + self.table(name, rows), chance if simple else chance / 2))
        for name, values in (("sender_dependent_relayhost", ["[rel.example]", "rel.example:26", "DUNNO"]),
                             ("sender_dependent_default_transport", ["slow:", "smtp:[10.0.0.3]", "special", "DUNNO"])):
            rows = self.rows(["alice@example.com", "@far.example", "@client.example", "<>", "bob", "@example.com"], values, 3)
            self.maybe((f"{name}_maps = " + self.table(name, rows), 0.15))


class SessionSite(Site):
    """A site whose smtpd has many opinions."""

    def __init__(self, rng):
        super().__init__(rng)
        self.lines += ["smtpd_restriction_classes = guests, staff"]
        self.set_domains()
        self.lines += ["alias_maps ="]
        self.set_tables(False)
        self.access = [self.table(f"access{i}", self.rows(KEYS, ACTIONS, 8), KINDS + ["cidr"]) for i in range(5)]
        self.lines += ["guests = " + self.restrictions(2, False), "staff = " + self.restrictions(2, False),
                       "smtpd_relay_restrictions = " + rng.choice(
                           ["permit_mynetworks, reject_unauth_destination", "reject_unauth_destination",
                            "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
                            "staff, reject_unauth_destination"])]
        for stage in STAGES:
            if rng.random() < 0.6:
                self.lines.append(f"smtpd_{stage}_restrictions = {self.restrictions(4, True)}")
        logins = self.table("logins", self.rows(["alice@example.com", "bob", "@far.example", "@client.example"],
                                                ["alice", "alice, bob", "Carol", "nobody"], 3))
        self.maybe(
            ("smtpd_delay_reject = no", 0.35), ("smtpd_helo_required = yes", 0.3), ("soft_bounce = yes", 0.15),
            ("strict_rfc821_envelopes = yes", 0.2), ("smtpd_reject_unlisted_sender = yes", 0.25),
            ("smtpd_reject_unlisted_recipient = no", 0.2), ("reject_code = 504", 0.1),
            ("defer_code = 451", 0.1), ("access_map_reject_code = 557", 0.1), ("access_map_defer_code = 454", 0.1),
            ("unknown_client_reject_code = 553", 0.15), ("invalid_hostname_reject_code = 450", 0.1),
            ("non_fqdn_reject_code = 550", 0.1), ("relay_domains_reject_code = 571", 0.1),
            ("unknown_local_recipient_reject_code = 450", 0.1), ("plaintext_reject_code = 523", 0.1),
            ("unknown_virtual_alias_reject_code = 571", 0.1), ("unknown_relay_recipient_reject_code = 450", 0.1),
            ("unknown_virtual_mailbox_reject_code = 555", 0.1), ("multi_recipient_bounce_reject_code = 552", 0.1),
            ("smtpd_null_access_lookup_key = " + rng.choice(["unknown", "plain@"]), 0.15),
            ("message_size_limit = 5000", 0.2), ("smtpd_reject_footer = \\c. For help call us", 0.05),
            ("smtpd_sasl_auth_enable = yes", 0.5), (f"smtpd_sender_login_maps = {logins}", 0.5),
            ("allow_untrusted_routing = yes", 0.15), ("smtpd_relay_before_recipient_restrictions = no", 0.15),
            ("receive_override_options = no_unknown_recipient_checks", 0.08),
            ("smtpd_recipient_limit = 0", 0.03), ("disable_vrfy_command = yes", 0.05),
            ("smtpd_reject_footer = maps", 0.0))

    def restrictions(self, most, classes):
        rng, words = self.rng, []
        for _ in range(rng.randint(1, most)):
            if rng.random() < 0.5:
                prefix = "warn_if_reject " if rng.random() < 0.1 else ""
                words.append(f"{prefix}check_{rng.choice(CHECKS)}_access {rng.choice(self.access)}")
            else:
                words.append(rng.choice([w for w in PLAIN
                                         if classes or not w.endswith(("guests", "staff"))]))
        return ", ".join(words)

    def session(self):
        rng = self.rng
        address, name = rng.choice(CLIENTS)
        session = {"client": address, "client-name": name, "helo": rng.choice(HELOS + [None]),
                   "from": rng.choice(SENDERS), "rcpt": address_of(rng, 0.25),
                   "size": rng.choice([0, 0, 100, 100000])}
        if rng.random() < 0.25:
            session["from"] = address_of(rng, 0.3)
        if name == "[UNAVAILABLE]" and rng.random() < 0.4:
            session["client-reverse"] = "forged.client.example"
        if any(l == "smtpd_sasl_auth_enable = yes" for l in self.lines) and rng.random() < 0.4:
            session["sasl"] = rng.choice(["alice", "bob", "Carol"])
        return session


def address_of(rng, odd):
    if rng.random() < odd:
        return rng.choice(ODD)
    return rng.choice(LOCALS) + rng.choice(["", "@" + rng.choice(DOMAINS), "@" + rng.choice(DOMAINS)])


class RouteSite(Site):
    """A site that takes everything from loopback and sends it on."""

    kept = Site.kept + ("smtpd_", "mynetworks")

    def __init__(self, rng):
        super().__init__(rng)
        self.set_domains()
        self.lines = ["smtpd_recipient_restrictions =", "smtpd_reject_unlisted_recipient = no",
                      "smtpd_relay_restrictions = permit_mynetworks, reject",
                      *[l for l in self.lines if not l.startswith("mynetworks")]]
        self.lines.append("mynetworks = 127.0.0.0/8")
        self.set_tables(True)
        self.set_aliases()
        self.maybe(
            ("masquerade_domains = " + rng.choice(["example.com", "!sub.example.com example.com",
                                                   "a.far.example far.example"]), 0.25),
            ("masquerade_classes = envelope_sender, envelope_recipient", 0.2),
            ("masquerade_exceptions = root, alice", 0.15),
            ("canonical_classes = header_sender", 0.1), ("recipient_canonical_classes = header_recipient", 0.05),
            ("always_bcc = archive@far.example", 0.1), ("expand_owner_alias = yes", 0.15),
            ("owner_request_special = no", 0.1), ("enable_original_recipient = no", 0.15),
            ("virtual_alias_recursion_limit = 3", 0.1), ("virtual_alias_expansion_limit = 2", 0.1),
            ("virtual_alias_address_length_limit = 20", 0.05), ("append_at_myorigin = no", 0.05))
        rows = self.rows(["alice@example.com", "@far.example", "bob", "carol@box.example"],
                         ["copy@far.example", "copy2", "alice@virt.example"], 2)
        self.maybe(("recipient_bcc_maps = " + self.table("rbcc", rows), 0.15),
                   ("sender_bcc_maps = " + self.table("sbcc", rows), 0.1))

    def set_aliases(self):
        rng = self.rng
        values = ["alice", "bob@far.example", "alice, bob", "\\\\alice", "\"|true x\"", "/dev/null",
                  "alice@virt.example", "crew2", "nosuch@example.com", "alice+y, carol", "\"|true z\"",
                  ":include:$INC/members", "carol, \"|true a,b\", list", "alice@example.com, dave@far.example"]
        names = ["crew", "alice", "crew2", "owner-crew", "postmaster", "carol+x", "bob", "\"a b\"", "owner-crew2",
                 "Dave"]
        rows = self.rows(names, values, 5)
        self.files["members"] = rng.choice(["alice\nbob@far.example\n", "# none\ncarol, dave@far.example\n",
                                            "crew\n", "\"|true y\"\n", "/dev/null\n", ":include:$INC/members\n"])
        kind = rng.choice(["hash", "btree", "texthash"])
        colon = "" if kind == "texthash" else ":"
        self.tables["aliases"] = (kind, "".join(f"{k}{colon} {v}\n" for k, v in rows))
        self.lines += [f"alias_maps = {kind}:$config_directory/aliases"]
        self.maybe(
            ("allow_mail_to_commands = alias, forward, include", 0.2), ("allow_mail_to_files = alias, include", 0.2),
            ("luser_relay = " + rng.choice(["$user@far.example", "catchall", "${local}@other.example",
                                            "alice+$extension"]), 0.1),
            ("mailbox_transport = box:", 0.1), ("fallback_transport = box:", 0.1),
            ("mailbox_transport_maps = " + self.table("mboxt", self.rows(["alice", "carol"], ["lmtp:unix:x", "box:"], 2),
                                                      ["hash", "inline"]), 0.08))

    def route(self):
        """An address that every parser of RFC 822 reads in one way."""
        rng = self.rng
        address = address_of(rng, 0.4)
        while any(c in address for c in "(),<>:;\\"):
            address = address_of(rng, 0.4)
        return address, rng.choice(["", "u@client.example", "w@a.client.example"])

    def final(self):
        return address_of(self.rng, 0.1), self.rng.choice(
            ["", "u@client.example", "alice@example.com", "bob@far.example", "plain@example.com"])
