#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""slow_dns.py MILLISECONDS -- COMMAND...

Answers every question on a loopback port after so many milliseconds and runs
the command with `@PORT@` replaced. Prints the command's wall-clock seconds and
its greatest resident size.
"""
import collections
import os
import select
import socket
import subprocess
import sys
import time

DATA = {1: bytes([192, 0, 2, 1]), 15: b"\0\x0a\xc0\x0c", 16: b"\x0bv=spf1 -all",
        28: bytes.fromhex("20010db8000000000000000000000001")}


def answer(query):
    end = query.index(0, 12) + 5
    rtype = query[end - 3]
    data = DATA[rtype]
    return (query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:end] + b"\xc0\x0c\0"
            + bytes([rtype]) + b"\0\1\0\0\1\x2c" + len(data).to_bytes(2, "big") + data)


def serve(sock, delay):
    queue = collections.deque()
    sock.setblocking(False)
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        if select.select([sock], [], [], wait)[0]:
            try:
                for _ in range(64):
                    query, source = sock.recvfrom(2048)
                    queue.append((time.monotonic() + delay, answer(query), source))
            except BlockingIOError:
                pass
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            _, reply, source = queue.popleft()
            sock.sendto(reply, source)


def main():
    delay = float(sys.argv[1]) / 1000
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.bind(("127.0.0.1", 0))
    command = [w.replace("@PORT@", str(sock.getsockname()[1])) for w in sys.argv[3:]]
    # A process of its own: the command's time must not wait for ours.
    server = os.fork()
    if server == 0:
        serve(sock, delay)
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    os.kill(server, 15)
    os.waitpid(server, 0)
    if status != 0:
        sys.exit(f"status {os.waitstatus_to_exitcode(status)}")
    print(f"{seconds:.2f} s, {usage.ru_maxrss / 1024:.0f} MB")


main()
