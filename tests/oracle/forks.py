# SPDX-License-Identifier: BSD-2-Clause
"""Many short runs of one program: from copies of a process that has loaded its
libraries already (forks.c), or, where that cannot be had, in the plain way."""
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import weakref
from pathlib import Path

SOURCE = Path(__file__).with_name("forks.c")
LIBRARY = "MCC_FORKS_LIBRARY"


class Built:
    """The library, for this process and those that it starts."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="mcc-forks-")
        library = f"{self.dir}/forks.so"
        done = subprocess.run(["cc", "-std=c17", "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"],
                              capture_output=True, check=False) if shutil.which("cc") else None
        os.environ[LIBRARY] = library if done and done.returncode == 0 else ""
        return self

    def __exit__(self, *_):
        del os.environ[LIBRARY]
        shutil.rmtree(self.dir, ignore_errors=True)


class Program:
    """Runs of `path`, each in its own process."""

    def __init__(self, path):
        self.path, self.server = str(path), None
        self.scratch = tempfile.TemporaryDirectory(prefix="mcc-forks-", dir=shm())
        self.end = weakref.finalize(self, lambda: None)
        if os.environ.get(LIBRARY):
            self.start()

    def start(self):
        there, self.requests = os.pipe()
        self.answers, back = os.pipe()
        self.server = subprocess.Popen(
            [self.path], pass_fds=(there, back), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, LC_ALL="C", NO_COLOR="1", LD_PRELOAD=os.environ[LIBRARY],
                     MCC_FORKS=f"{there} {back}"))
        os.close(there)
        os.close(back)
        self.end = weakref.finalize(self, finish, self.server, self.requests, self.answers)
        # Of a program that the library does not get into nothing comes back.
        if self.ask("/", self.file("in"), ["--no-such-option"], 5) is None:
            self.end()
            self.server = None

    def file(self, name):
        path = Path(self.scratch.name, name)
        if not path.exists():
            path.write_bytes(b"")
        return str(path)

    def answer(self, seconds):
        ready, _, _ = select.select([self.answers], [], [], seconds)
        said = os.read(self.answers, 4) if ready else b""
        return struct.unpack("i", said)[0] if len(said) == 4 else None

    def ask(self, folder, stdin, words, seconds):
        texts = [folder, stdin, self.file("out"), self.file("err"), self.path, *words]
        request = b"".join(os.fsencode(t) + b"\0" for t in texts)
        try:
            os.write(self.requests, struct.pack("I", len(request)) + request)
        except BrokenPipeError:
            return None
        child = self.answer(seconds)
        status = self.answer(seconds) if child else None
        if child and status is None:
            os.kill(child, signal.SIGKILL)
            self.answer(5)
        return status

    def run(self, words, folder="/", stdin=b"", seconds=60):
        """(status as subprocess has it, standard output, standard error)"""
        if not self.server:
            done = subprocess.run([self.path, *words], input=stdin, cwd=folder, capture_output=True, check=False,
                                  timeout=seconds, env=dict(os.environ, LC_ALL="C", NO_COLOR="1"))
            return done.returncode, done.stdout, done.stderr
        if stdin:
            Path(self.file("in")).write_bytes(stdin)
        status = self.ask(str(folder), self.file("in") if stdin else os.devnull, words, seconds)
        if status is None:
            raise subprocess.TimeoutExpired([self.path, *words], seconds)
        return (os.waitstatus_to_exitcode(status), Path(self.file("out")).read_bytes(),
                Path(self.file("err")).read_bytes())


def shm():
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def finish(server, *pipes):
    for pipe in pipes:
        os.close(pipe)
    server.wait(10)


PROGRAMS = {}


def run(command, **more):
    """One run of command[0], which is kept ready for the next one."""
    if command[0] not in PROGRAMS:
        PROGRAMS[command[0]] = Program(command[0])
    return PROGRAMS[command[0]].run(list(command[1:]), **more)
