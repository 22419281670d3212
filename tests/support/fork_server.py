"""Many real processes of batchpub, each as quick as a fork: `with ForkServer() as runs: runs.start("publish", …)`.

A process of its own imports the program once and forks for every run. Killing, freezing and limiting a run is real; only
the second that Python takes to import everything is saved.
"""

import atexit
import contextlib
import gc
import importlib
import itertools
import json
import os
import random
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import partial
from pathlib import Path

from . import freezing, uptime
from .waiting import wait_until

ROOT = Path(__file__).parents[2]
WARM = (
    *(f"batchpub.cli.{name}" for name in ("check", "commands", "notices", "online", "publish", "runs")),
    *("batchpub.notify", "batchpub.sheet.xlsx", "batchpub.telemetry"),
    *(
        "aiosqlite",
        "asyncpg",
        "jinja2",
        "rich.progress",
        "sqlalchemy.dialects.postgresql.asyncpg",
        "sqlalchemy.dialects.sqlite.aiosqlite",
        "xlsxwriter",
    ),
)
"""What a run imports, at once or later on."""


class Process:
    """One run: where it writes, and how it ended."""

    def __init__(self, server, stdout, stderr):
        self._server = server
        self.pid = None
        self.stdout = stdout
        self.stderr = stderr
        self.code = None

    def send(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds=200):
        """Give the exit code, negative for a signal."""
        ends = time.monotonic() + seconds
        while self.code is None:
            self._server.hear(ends)
        return self.code

    def is_alive(self):
        self._server.hear(time.monotonic())
        return self.code is None

    def events(self):
        return [json.loads(line) for line in self.stderr.read_text().splitlines() if line.endswith("}")]

    def last(self):
        return self.events()[-1]

    def wait_for(self, text, seconds=30):
        """Wait until the log has a text."""
        wait_until(
            lambda: text in self.stderr.read_text(), f"{text} in {self.stderr}", seconds=seconds, alive=self.is_alive
        )


class ForkServer:
    def __init__(self):
        self._living = {}
        self._unborn = []
        self._numbers = itertools.count(1)
        self._rest = b""

    def __enter__(self):
        command = [sys.executable, "-m", "tests.support.fork_server"]
        self._mother = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        for pid in list(self._living):
            os.kill(pid, signal.SIGKILL)
        self._mother.stdin.close()
        self._mother.wait(10)
        self._mother.stdout.close()

    def start(self, *arguments, cwd, environ=None, limits=None, terminal=None, kept=None):
        """Start `batchpub ARGUMENTS`; `sandbox` is the hard one. `limits`: {"FSIZE": bytes, "AS": bytes more than now}.

        `terminal` is the path of one that takes the place of stdin, stdout and stderr. What is written is kept in files
        in the folder `kept`, or in `cwd`.
        """
        number = next(self._numbers)
        written = [Path(kept or cwd) / f"{name}-{number}.txt" for name in ("stdout", "stderr")]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BATCHPUB_", "CI_"))}
        order = {
            "argv": ["batchpub", *map(str, arguments)],
            "environ": {**clean, **(environ or {})},
            "cwd": str(cwd),
            "stdin": terminal or os.devnull,
            "stdout": terminal or str(written[0]),
            "stderr": terminal or str(written[1]),
            "limits": limits or {},
        }
        for path in written:
            path.touch()
        process = Process(self, *written)
        self._unborn.append(process)
        self._mother.stdin.write(json.dumps(order).encode() + b"\n")
        self._mother.stdin.flush()
        while process.pid is None:
            self.hear(time.monotonic() + 200)
        return process

    def run(self, *arguments, **more):
        process = self.start(*arguments, **more)
        process.wait()
        return process

    def call(self, *arguments, cwd, environ=None):
        """Run `batchpub ARGUMENTS` to its end, as `subprocess.run` does; its output leaves nothing in `cwd`."""
        with tempfile.TemporaryDirectory() as kept:
            process = self.start(*arguments, cwd=cwd, environ=environ, kept=kept)
            code = process.wait()
            told = process.stdout.read_text(), process.stderr.read_text()
        return subprocess.CompletedProcess(arguments, code, *told)

    @contextlib.contextmanager
    def sandbox(self, *flags, cwd=None):
        """Play the service until the block ends; give its URL."""
        with tempfile.TemporaryDirectory() as kept:
            process = self.start("sandbox", *flags, cwd=cwd or kept, kept=kept)
            wait_until(lambda: process.stdout.read_text().endswith("\n"), "the sandbox listens", alive=process.is_alive)
            try:
                yield json.loads(process.stdout.read_text())["url"]
            finally:
                if process.is_alive():
                    process.send(signal.SIGTERM)
                    process.wait()

    def hear(self, ends):
        """Take in what the mother tells of births and deaths; fail when nothing is told in time."""
        out = self._mother.stdout.fileno()
        wait = max(0.0, ends - time.monotonic())
        if not select.select([out], [], [], wait)[0]:
            assert wait == 0, "a process takes too long"
            return
        told = os.read(out, 65536)
        assert told, "the fork server died"
        *lines, self._rest = (self._rest + told).split(b"\n")
        for line in lines:
            news = json.loads(line)
            if "born" in news:  # in the order in which they were asked for; its death may be among the same lines
                process = self._unborn.pop(0)
                process.pid = news["born"]
                self._living[process.pid] = process
            elif process := self._living.pop(news["pid"], None):
                process.code = news["code"]


def _address_space():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _be_born(order):
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
    signal.set_wakeup_fd(-1)
    for number, path, flags in (
        (0, order["stdin"], os.O_RDWR),
        (1, order["stdout"], os.O_WRONLY),
        (2, order["stderr"], os.O_WRONLY | os.O_APPEND),
    ):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    for name, value in order["limits"].items():
        most = value + (_address_space() if name == "AS" else 0)
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environ"])
    sys.argv = order["argv"]
    # As a starting interpreter opens them: a terminal line by line, in the encoding that the environment names.
    encoding = order["environ"].get("PYTHONIOENCODING", "utf-8")
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115 - as long as it lives, as the next two
    sys.stdout = open(1, "w", encoding=encoding, buffering=1 if os.isatty(1) else -1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding, buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    random.seed()
    freezing.pretend()


def _live(main):
    """Run to the end and leave as an interpreter does, but for taking the imported modules apart, which takes 0.2 s."""
    code = 1
    try:
        main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _be_mother():
    """Fork for every order, and tell every death; end with stdin."""
    for module in WARM:
        importlib.import_module(module)
    uptime.pretend()
    from batchpub.cli.main import main

    from .hard_zoho.command import sandbox

    gc.collect()
    gc.freeze()  # a collection in a forked run would go through all that was imported, and copy it
    out = os.dup(1)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    rest = b""
    while True:
        ready, _, _ = select.select([0, reading], [], [])
        if reading in ready:
            os.read(reading, 4096)
            while True:
                try:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    break
                if pid == 0:
                    break
                told = {"pid": pid, "code": os.waitstatus_to_exitcode(status)}
                os.write(out, json.dumps(told).encode() + b"\n")
        if 0 in ready:
            told = os.read(0, 1 << 20)
            if not told:
                return
            *orders, rest = (rest + told).split(b"\n")
            for order in orders:
                pid = os.fork()
                if pid == 0:
                    for number in (out, reading, writing):
                        os.close(number)
                    _be_born(json.loads(order))
                    _live(partial(sandbox, sys.argv[2:]) if sys.argv[1:2] == ["sandbox"] else main)
                os.write(out, json.dumps({"born": pid}).encode() + b"\n")


if __name__ == "__main__":
    _be_mother()
