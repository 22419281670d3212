"""A PostgreSQL of the tests' own, on a socket in a folder of its own: `with PostgresServer() as server: server.make_database()`."""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/usr/pgsql", "/opt/homebrew/opt")
CHOSEN = "TEST_POSTGRESQL"
"""Names the folder of a server's programs, where another than the newest is wanted: tests/runners/postgresql.sh."""
AS_USER = "postgres"


def find_programs():
    """Give the folder that TEST_POSTGRESQL names, or the newest that has a server in it; None where there is none."""
    if chosen := os.environ.get(CHOSEN):
        return Path(chosen)
    return find_newest()


def find_newest():
    """Give the newest folder that has a server in it; None where there is none."""
    found = [Path(folder).glob("**/bin/initdb") for folder in FOLDERS]
    beside = [Path(shutil.which("initdb") or "/nowhere")]
    programs = [path.parent for path in itertools.chain(*found, beside) if (path.parent / "postgres").exists()]
    return max(programs, key=lambda path: [int(part) for part in path.parts if part.isdigit()], default=None)


class PostgresServer:
    """One server. As root it runs as somebody else, for PostgreSQL insists."""

    def __init__(self, *settings):
        self.programs = find_programs()
        # What only asks a server comes from the newest, which can ask older ones too: some packages have a server alone.
        self.clients = self.programs if (self.programs / "psql").exists() else find_newest()
        self.settings = settings
        self._number = itertools.count()
        self._running = None
        self.port = 5432

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="batchpub-pg-"))
        self._who = {}
        if os.getuid() == 0:
            user = pwd.getpwnam(AS_USER)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        made = [
            self.programs / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        self._run(*made)
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def start(self):
        with (self.folder / "log").open("ab") as log:
            told = [
                f"-c{one}" for one in ("listen_addresses=", f"unix_socket_directories={self.folder}", *self.settings)
            ]
            self._running = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", f"-cport={self.port}", *told],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **self._who,
            )
        ends = time.monotonic() + 30
        while subprocess.run(
            [self.clients / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)], check=False
        ).returncode:
            assert time.monotonic() < ends, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)

    def stop(self, number=signal.SIGINT):
        """End it: SIGINT is its fast shutdown, SIGQUIT is as good as a crash."""
        if self._running is None:
            return
        self._running.send_signal(number)
        self._running.wait(30)
        self._running = None

    def demand_tls(self, certificate):
        """Listen on loopback too, where only TLS is let in; give the port. Holds from the next start on."""
        (self.folder / "data" / "server.crt").write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
        (self.folder / "data" / "server.key").write_bytes(certificate.private_key_pem.bytes())
        for name in ("server.crt", "server.key"):
            (self.folder / "data" / name).chmod(0o600)
            if self._who:
                os.chown(self.folder / "data" / name, self._who["user"], self._who["group"])
        (self.folder / "data" / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
        self.settings = (*self.settings, "listen_addresses=127.0.0.1", "ssl=on")
        return self._take_port()

    def listen(self):
        """Listen on loopback as well; give the port."""
        self.stop()
        self.settings = (*self.settings, "listen_addresses=127.0.0.1")
        self._take_port()
        self.start()
        return self.port

    def _take_port(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        return self.port

    def freeze(self, number=signal.SIGSTOP):
        """Let every process of it stand still: it takes connections and questions, and answers none. SIGCONT ends that."""
        running = psutil.Process(self._running.pid)
        for process in (running, *running.children(recursive=True)):
            process.send_signal(number)

    def make_database(self):
        """Make an empty one; give the URL for batchpub."""
        name = f"batchpub_{next(self._number)}"
        self.ask(f"CREATE DATABASE {name}", database="postgres")
        return self.url(name)

    def url(self, name, user="postgres"):
        return f"postgresql+asyncpg://{user}@/{name}?host={self.folder}&port={self.port}"

    def ask(self, statement, *, database):
        """Run one statement; give what psql prints of it."""
        command = [
            self.clients / "psql",
            "-h",
            self.folder,
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-d",
            database,
            "-qAtc",
            statement,
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _run(self, *command):
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.folder, **self._who)
        assert done.returncode == 0, done.stderr
