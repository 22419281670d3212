"""The law of poolers: one that hides what is asked of a session is noticed, named and refused (78)."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess

import pytest
from support.waiting import wait_until

from batchpub.errors import SettingsWrong
from batchpub.store.database import open_database

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HIDES = (
    "ignore_startup_parameters = extra_float_digits, synchronous_commit, default_transaction_isolation, "
    "default_transaction_read_only, idle_in_transaction_session_timeout, lock_timeout, statement_timeout, "
    "tcp_keepalives_idle, tcp_keepalives_interval, tcp_keepalives_count"
)

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no PgBouncer on this machine")


def listens(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def pooler(folder, server, mode, *settings):
    """PgBouncer before a server, on loopback; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.chmod(0o777)
    (folder / "users.txt").write_text('"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.folder} port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = trust\nauth_file = {folder}/users.txt\npool_mode = {mode}\nunix_socket_dir =\n"
        f"logfile = {folder}/log\n" + "\n".join(settings)
    )
    who = {"user": pwd.getpwnam("postgres").pw_uid, "extra_groups": []} if os.getuid() == 0 else {}
    for parent in folder.parents:
        if parent.stat().st_uid == os.getuid() and parent != parent.parent:
            with contextlib.suppress(OSError):
                parent.chmod(parent.stat().st_mode | 0o011)
    with subprocess.Popen([PROGRAM, folder / "pgbouncer.ini"], stdout=-3, stderr=-3, **who) as running:
        try:
            wait_until(lambda: listens(port), "the pooler listens", alive=lambda: running.poll() is None)
            yield port
        finally:
            running.terminate()
            running.wait(20)


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "told"), [((), "refuses what batchpub asks"), ((HIDES,), "does not pass on")])
@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_a_pooler_is_named_and_refused(server, tmp_path, mode, settings, told):
    """
    Whether it refuses our session's settings or hides them: 78 with the remedy, and nothing is written through it.
    """
    database = server.make_database().partition("@/")[2].partition("?")[0]

    with pooler(tmp_path, server, mode, *settings) as port, pytest.raises(SettingsWrong, match=told) as caught:
        async with open_database(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/{database}"):
            pass

    assert "Name the server itself in BATCHPUB_STATE." in str(caught.value)
    assert "0" == server.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=database)
