# SPDX-License-Identifier: BSD-2-Clause
"""Values with which smtpd(8) does not start: what mcc trace says beside what
the real one logs. Each value is an option of a service of its own; what all
programs read ends them before their log is open, so these stay silent."""
import json
import os
import re
import socket
import subprocess
import time

import pytest

import postfix
from programs import MCC

STARTS = ["smtpd_recipient_limit=1", "smtpd_timeout=1", "message_size_limit=0", "qmgr_message_active_limit=0",
          "virtual_alias_expansion_limit=x", "default_delivery_slot_discount=200"]
LOGGED = ["smtpd_recipient_limit=0", "smtpd_recipient_limit=x", "smtpd_recipient_limit=", "smtpd_recipient_limit=99999999999",
          "smtpd_timeout=0", "smtpd_timeout=5x", "smtpd_timeout=5 days", "smtpd_timeout=-3s", "smtpd_helo_required=maybe",
          "address_verify_poll_count=0", "smtpd_sasl_type=", "milter_connect_timeout=0"]
SILENT = ["line_length_limit=0", "ipc_timeout=0", "message_size_limit=9x", "default_verp_delimiters=+=+",
          "default_verp_delimiters=+", "hash_queue_depth=0"]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def connect(port):
    """master(8) opens one service after the other."""
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise RuntimeError(f"nobody listens on {port}")


def greets(port, seconds):
    with connect(port) as sock:
        sock.settimeout(seconds)
        try:
            return sock.recv(512).startswith(b"220")
        except OSError:
            return False


def wait_for_faults(real, ports, seconds=30):
    """What the services logged, once all of `ports` have."""
    end, faults = time.time() + seconds, {}
    while time.time() < end and not set(ports) <= set(faults):
        faults = {int(port): text for port, text in re.findall(r" s(\d+)/smtpd\[\d+\]: fatal: (.*)", real.log())}
        time.sleep(0.1)
    return faults


def fatal(folder, service):
    done = subprocess.run([MCC, "-C", folder, "--postfix", "3.7", "--platform", "debian", "trace", "--format=json",
                           "--service", service, "alice@mail.example.com"],
                          capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout).get("fatal")


@pytest.mark.beside
@pytest.mark.skipif(os.geteuid() != 0 or not postfix.SBIN, reason="needs root and an installed Postfix")
def test_values_that_smtpd_refuses():
    values = STARTS + LOGGED + SILENT
    ports = dict(zip(values, free_ports(len(values))))
    services = [f"127.0.0.1:{ports[v]} inet n - n - - smtpd -o {{{v}}} -o syslog_name=s{ports[v]}" for v in values]
    with postfix.Postfix(["compatibility_level = 3.6"], {}, services) as real:
        assert {v: greets(ports[v], 20) for v in STARTS} == dict.fromkeys(STARTS, True)
        assert {v: greets(ports[v], 0.2) for v in LOGGED + SILENT} == dict.fromkeys(LOGGED + SILENT, False)
        faults = wait_for_faults(real, [ports[v] for v in LOGGED])
        mine = {v: fatal(real.etc, f"127.0.0.1:{ports[v]}/inet") for v in values}
    assert {v: mine[v] for v in STARTS} == dict.fromkeys(STARTS)
    assert {v: mine[v] for v in LOGGED} == {v: faults.get(ports[v]) for v in LOGGED}
    assert all(mine[v] for v in SILENT)


def test_what_one_service_mends(tmp_path):
    """main.cf's value holds for the services that do not override it."""
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\nsmtpd_recipient_limit = $limit\nlimit = 0\nsmtp_helo_timeout = 0\n")
    (tmp_path / "master.cf").write_text("25 inet n - n - - smtpd\n26 inet n - n - - smtpd -o limit=5\n"
                                        "27 inet n - n - - smtpd -o smtpd_recipient_limit=7\n")
    said = [fatal(tmp_path, f"{port}/inet") for port in (25, 26, 27)]
    assert said == ["invalid smtpd_recipient_limit parameter value 0 < 1", None, None]
