"""Rounds of `tests.bench.kills --mixed`: two processes on one state, frozen, slowed and blocked at random."""

import asyncio
import contextlib
import csv
import json
import os
import random
import select
import signal
import socket
import ssl
import threading
import time
import urllib.request
from copy import copy

import trustme

COURSES = 90
SERVICE = ("sandbox", "--speed", "60", "--period", "30", "--lock", "60", "--latency", "0-3", "--token-life", "900")
FAST = ("--period", "0.5", "--lock", "1", "--guard", "0.05", "--settle", "1")
ACCESS = {
    "BATCHPUB_CLIENT_ID": "1000.client",
    "BATCHPUB_CLIENT_SECRET": "secret-of-the-client",
    "BATCHPUB_REFRESH_TOKEN": "1000.refresh-token",
}
ENVIRON = {
    "BATCHPUB_LEASE": "1.5",
    "BATCHPUB_TOTAL_TIMEOUT": "1",
    "BATCHPUB_CONNECT_TIMEOUT": "0.5",
    "BATCHPUB_LOCK_MARGIN": "0.1",
}
TROUBLES = ("frozen", "slow token", "slow connect", "blocked pipe")
SLOW_TOKEN = """
[[fault]]
kind = "slow_body"
on = "token"
probability = 0.4
seconds = {seconds}
"""
LOST = """
[[fault]]
kind = "reset_after"
probability = 0.03
[[fault]]
kind = "late_reset"
probability = 0.02
seconds = 15
"""


class SlowRelay:
    """Listens with TLS for a sandbox that has none; lets each connection wait before its handshake."""

    def __init__(self, port, folder, delay):
        self.delay, self._to = delay, port
        authority = trustme.CA()
        self.authority = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.authority)
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(self._tls)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def close(self):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
            listening.settimeout(0)
            self.port = listening.getsockname()[1]
            self._ready.set()
            accepting = asyncio.ensure_future(self._accept(listening))
            await self._end.wait()
            accepting.cancel()

    async def _accept(self, listening):
        relaying = set()
        while True:
            client, _ = await self._loop.sock_accept(listening)
            relaying.add(asyncio.ensure_future(self._relay(client)))

    async def _relay(self, client):
        with contextlib.suppress(OSError):
            await asyncio.sleep(self.delay())  # nothing is read meanwhile: the handshake waits
            reader = asyncio.StreamReader()
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, client, ssl=self._tls)
            writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
            there, to_there = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(_pour(reader, to_there), _pour(there, writer))


async def _pour(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()


class Reader:
    """Reads a process' log from a pipe, when it feels like it; in the end it has read all."""

    def __init__(self, path, pause):
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._pause, self._told, self._is_over = pause, [], False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            if not self._is_over:
                time.sleep(self._pause())
            if select.select([self._pipe], [], [], 0.2)[0]:
                self._told.append(os.read(self._pipe, 65536))
            elif self._is_over:
                return

    def lines(self):
        self._is_over = True
        self._thread.join(30)
        os.close(self._pipe)
        return [json.loads(line) for line in b"".join(self._told).splitlines() if line.endswith(b"}")]


class MixedRound:
    """One sheet, one state, one sandbox, two processes and a mixture of troubles."""

    def __init__(self, server, folder, rng):
        self.server, self.folder, self.rng = server, folder, rng
        self.troubles = [name for name in TROUBLES if rng.random() < 0.6] or [rng.choice(TROUBLES)]
        self.broken = []
        with (folder / "a.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["Course ID"], *([478346000019580117 + n * 137] for n in range(COURSES))])
        faults = LOST if rng.random() < 0.5 else ""
        if "slow token" in self.troubles:
            faults += SLOW_TOKEN.format(seconds=rng.choice([30, 60, 120]))
        (folder / "faults.toml").write_text(faults)
        more = ("--faults", "faults.toml") if faults else ()
        self.service = server.start(*SERVICE, *more, "--seed", str(rng.randrange(1000)), cwd=folder)
        while not (told := self.service.stdout.read_text()).endswith("\n"):
            time.sleep(0.01)
        self.url = json.loads(told)["url"]
        slow = "slow connect" in self.troubles
        dice = random.Random(rng.random())
        self.relay = SlowRelay(
            int(self.url.rsplit(":", 1)[1]),
            folder,
            lambda: 1.0 if slow and dice.random() < 0.03 else dice.uniform(0, 0.4) if slow else 0.0,
        )

    def start(self, out, *, pause=None, access=ACCESS):
        flags = ("--state", "s.db", "--notify", "all", "--report", "json", "--out", out)
        environ = {
            **ENVIRON,
            **access,
            "BATCHPUB_API_URL": f"https://localhost:{self.relay.port}",
            "BATCHPUB_ACCOUNTS_URL": self.url,
            "SSL_CERT_FILE": str(self.relay.authority),
        }
        kept = self.folder / f"{out}-told"
        kept.mkdir()
        reader = None
        if pause is not None:
            number = next(copy(self.server._numbers))  # that of the process which starts next
            reader = Reader(kept / f"stderr-{number}.txt", pause)
        running = self.server.start("publish", "a.csv", *FAST, *flags, cwd=self.folder, environ=environ, kept=kept)
        return running, reader

    def play(self):
        """Give the round's figures."""
        began = time.monotonic()
        blocked, dice = "blocked pipe" in self.troubles, random.Random(self.rng.random())
        pause = (lambda: dice.uniform(0, 1.5)) if blocked else (lambda: 0.0)
        pair = [self.start(out, pause=pause) for out in ("one", "two")]
        while any(running.is_alive() for running, _ in pair) and time.monotonic() < began + 120:
            time.sleep(self.rng.uniform(0.05, 0.5))
            if "frozen" in self.troubles:
                self.freeze(self.rng.choice(pair)[0])
        for (running, reader), out in zip(pair, ("one", "two"), strict=True):
            is_late = running.is_alive()
            if is_late:  # the ten tokens of ten minutes may be used up: then it waits, and can be stopped
                running.send(signal.SIGTERM)
            code, lines = running.wait(), reader.lines()
            if is_late and not any(line["event.action"] == "token.waiting" for line in lines):
                self.broken.append(f"{out} does not come to its end")
            told = sum(line["event.action"] in OUTCOMES for line in lines)
            if told != COURSES or lines[-1]["event.action"] != "run.finished":
                self.broken.append(f"{out} ({code}) told {told} outcomes")
            if code not in (0, 3, 69, 75, *([143] if is_late else [])):
                self.broken.append(f"{out} ended with {code}: {lines[-1] if lines else ''}")
        return self.finish(round(time.monotonic() - began, 1))

    def freeze(self, running):
        if not running.is_alive():
            return
        with contextlib.suppress(ProcessLookupError):
            running.send(signal.SIGSTOP)
            time.sleep(self.rng.choice([0.05, 0.3, 1.0, 3.0]))
            running.send(signal.SIGCONT)

    def finish(self, seconds):
        last, _ = self.start("last", access={"BATCHPUB_ACCESS_TOKEN": "1000.x"})
        try:
            code = last.wait(120)
        except AssertionError:  # told below, with what it said last
            last.send(signal.SIGKILL)
            code = last.wait()
        with urllib.request.urlopen(f"{self.url}/_sandbox/stats") as reply:
            stats = json.load(reply)
        self.service.send(signal.SIGKILL)
        self.service.wait()
        self.relay.close()
        results = self.folder / "last" / "run_results.json"
        rows = json.loads(results.read_text())["rows"] if results.exists() else []
        unknown = {row["course_id"] for row in rows if row["outcome"] == "unknown"}
        published = {course for course, told in stats["courses"].items() if told.get("published", 1)}
        forgotten = COURSES - len(published | unknown)
        if code not in (0, 3):
            self.broken.append(f"the last run ended with {code}: {last.stderr.read_text()[-500:]}")
        if stats["published_twice"] or stats["mailed_twice"] or forgotten:
            self.broken.append("twice or forgotten")
        if stats["largest_window"] > 30:
            self.broken.append("more than 30 calls in a period")
        return {
            "troubles": self.troubles,
            "seconds": seconds,
            "published_twice": len(stats["published_twice"]),
            "mailed_twice": len(stats["mailed_twice"]),
            "forgotten": forgotten,
            "unknown": len(unknown),
            "locks": stats["locks"],
            "largest_window": stats["largest_window"],
            "tokens": stats["tokens_issued"],
            "broken": self.broken,
        }


OUTCOMES = {
    f"course.{name}"
    for name in ("published", "already_published", "refused", "failed", "unknown", "not_attempted", "invalid")
}
