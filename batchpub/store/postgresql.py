"""PostgreSQL: many processes on many machines, one clock, and locks that end with whoever held them."""

import importlib
import ssl
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import ColumnElement, Double, cast, extract, func
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.store.store import NotNow, Store

SCHEMES = ("postgresql+asyncpg", "postgresql", "postgres")
EXAMPLE = "postgresql+asyncpg://USER:PASSWORD@HOST:5432/DATABASE"
UNREADABLE = f"The state's URL cannot be read. Write it as {EXAMPLE}, and / ? # @ in a password as %2F %3F %23 %40, % itself as %25."
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
"""Parameters that name a file."""

OLDEST = 13
"""The oldest major version that is tested and documented."""

PATIENCE = 60.0
"""Seconds: a restart and most failovers are over by then; later answers of calls would come from runs given up."""

CONNECT_SECONDS, STATEMENT_SECONDS = 10.0, 15.0

AT_ONCE = 2
"""Connections of one process: an answer is written down while another call waits for its slot."""

SESSION = {
    "application_name": "batchpub",
    "synchronous_commit": "on",  # written before a call means on the disk
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    # A process that is frozen, or on a dead machine, must not keep the portal from all others.
    "idle_in_transaction_session_timeout": "5s",
    "lock_timeout": "10s",
    "statement_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

SESSION_LOST = "BP001"
"""Our own SQLSTATE; its class is nobody's ("Error Codes", PostgreSQL's manual)."""
KEEPS_SESSION = """
DO $$ BEGIN
    IF (SELECT count(*) FROM pg_catalog.pg_settings WHERE source = 'client' AND name IN
        ('idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout')) < 3
    THEN RAISE EXCEPTION 'the settings of the session are lost' USING ERRCODE = 'BP001';
    END IF;
END $$
"""
"""Of what is asked of a session, the settings that no pooler keeps track of by itself."""

PASSING = (
    "08",  # the connection broke
    "40001",  # two transactions met
    "40P01",  # two transactions met
    "25006",  # this server only reads: a primary that a failover made a standby
    "25P03",  # the transaction stood still for too long
    "53300",  # too many connections
    "55P03",  # somebody held the portal for too long
    "57014",  # a statement took too long
    "57P",  # the server is stopping or starting
)
"""SQLSTATEs, or their beginnings, after which the same transaction may succeed in a moment. Appendix A of the manual."""

RIGHTS = ("permission denied", "must be owner", "no schema has been selected")
"""What a message says where waiting or making room does not help."""

SERVER_NOW: ColumnElement[float] = cast(extract("epoch", func.clock_timestamp()), Double)
"""The moment at the server, in seconds; unlike now() it goes on inside a transaction."""


def make_store(url: str) -> Store:
    """Make the store for a URL.

    Raises:
        SettingsWrong: the URL is none of PostgreSQL's, or its driver is not installed.

    """
    dsn, name = _read_url(url)
    driver = _find_driver()

    was_let_in = False

    async def connect() -> Any:
        nonlocal was_let_in
        try:
            connection = await _connect(driver, dsn, name)
        except SettingsWrong as error:
            if was_let_in:  # a password was changed, say, in the middle of a run: it ends as where a state is gone
                raise CannotWrite(f"{error} What was sent is in the log.") from None
            raise
        was_let_in = True
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=AT_ONCE,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=PATIENCE,
    )
    return Store(
        engine=engine,
        name=name,
        say_trouble=_say_trouble,
        is_passing=_is_passing,
        patience=PATIENCE,
        at_once=AT_ONCE,
        now=SERVER_NOW,
        reads={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    )


def _read_url(url: str) -> tuple[str, str]:
    """Give the URL as PostgreSQL's own programs write it, and a name for people."""
    try:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        for host in place.split(","):  # several are tried in turn
            urlsplit(f"//{host}").port  # noqa: B018 - what is no number raises
    except ValueError:
        raise SettingsWrong(UNREADABLE) from None
    if parts.scheme not in SCHEMES:
        raise SettingsWrong(
            f"The state's URL begins with {parts.scheme}://. Name a file, or a PostgreSQL as {EXAMPLE}."
        )
    # What follows a bare / ? or # of a password is no database and no parameter; it must not become the state's name.
    if parts.fragment or "@" in parts.path or not all("=" in part for part in parts.query.split("&") if part):
        raise SettingsWrong(UNREADABLE)
    asked = [("sslmode" if key == "ssl" else key, value) for key, value in parse_qsl(parts.query)]
    _find_files(asked)
    dsn = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(asked), ""))
    folder = next((value for key, value in asked if key == "host" and not place), "")
    return dsn, f"{parts.path.strip('/') or 'of the user'} at {folder or place or 'this host'}"


def _find_files(asked: Iterable[tuple[str, str]]) -> None:
    """Say at once that a file is not there: the driver does not tell it from a server that is not there just now."""
    for key, value in asked:
        if key not in FILES:
            continue
        try:
            Path(value).expanduser().open("rb").close()
        except OSError as error:
            raise SettingsWrong(
                f"The state's URL names {key}={value}, which cannot be read: {error.strerror}. Check the mount."
            ) from None


def _find_driver() -> ModuleType:
    try:
        return importlib.import_module("asyncpg")
    except ImportError:
        raise SettingsWrong("A state on PostgreSQL needs asyncpg: pip install asyncpg. The image has it.") from None


async def _connect(driver: ModuleType, dsn: str, name: str) -> Any:
    """Connect, and see that the server is new enough and keeps what is asked of a session.

    A pooler may take that and keep it to itself (PgBouncer's ignore_startup_parameters). The server knows of every setting
    whether a client asked for it. In one simple statement, for behind a pooler in transaction mode a prepared one may be
    another process's.
    """
    connection: Any = None
    try:
        connection = await driver.connect(
            dsn, timeout=CONNECT_SECONDS, command_timeout=STATEMENT_SECONDS, server_settings=SESSION
        )
        await connection.execute(KEEPS_SESSION)
    except BaseException as error:
        if connection is not None:
            connection.terminate()
        if isinstance(error, driver.PostgresError):
            raise _judge_refusal(error, name) from None
        if isinstance(error, OSError | driver.InterfaceError):
            raise _judge_silence(error, name) from None
        if isinstance(error, ValueError):  # a port that is no number, behind the question mark
            raise SettingsWrong(UNREADABLE) from None
        raise
    version = connection.get_server_version().major
    if version < OLDEST:
        connection.terminate()
        raise SettingsWrong(f"The state {name} is on PostgreSQL {version}; batchpub works with {OLDEST} or newer.")
    return connection


def _judge_refusal(error: Exception, name: str) -> SettingsWrong | NotNow:
    state = getattr(error, "sqlstate", None) or ""
    if "unsupported startup parameter" in str(error):
        return SettingsWrong(
            f"The state {name} is behind a pooler that refuses what batchpub asks of a session ({error}). "
            "Name the server itself in BATCHPUB_STATE."
        )
    if state == SESSION_LOST:
        return SettingsWrong(
            f"The state {name} is behind a pooler that does not pass on what batchpub asks of a session "
            "(ignore_startup_parameters): one process could be answered by another's statement. Name the server "
            "itself in BATCHPUB_STATE."
        )
    if _is_passing_state(state):
        return NotNow(str(error))
    return SettingsWrong(f"The state {name} refuses us: {error}. Check BATCHPUB_STATE.")


def _judge_silence(error: Exception, name: str) -> SettingsWrong | NotNow:
    """Tell a URL that the driver does not understand, or a server that never speaks TLS, from one that is away."""
    text = (str(error) or "no answer in time").splitlines()[0]
    is_cut_off = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)
    if isinstance(error, ssl.SSLError) and not is_cut_off:
        return SettingsWrong(
            f"The state {name} cannot be reached safely: {getattr(error, 'verify_message', '') or error.reason or error}. "
            "Check its certificate, or the host, sslmode and sslrootcert in BATCHPUB_STATE."
        )
    if isinstance(error, ValueError):
        return SettingsWrong(f"The state's URL cannot be used: {text.rstrip('.')}. Write it as {EXAMPLE}.")
    if "rejected SSL" in text:
        return SettingsWrong(
            f"The state {name} cannot be reached safely: the server offers no TLS, and sslmode in BATCHPUB_STATE "
            "demands it. Switch it on there."
        )
    return NotNow(text)


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, NotNow | OSError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _is_passing_state(getattr(error.orig, "sqlstate", None) or "")


def _is_passing_state(state: str) -> bool:
    return any(state.startswith(known) for known in PASSING)


def _say_trouble(name: str, trouble: str) -> str:
    text = trouble.rpartition(">: ")[2]  # SQLAlchemy puts the class before it
    if "malformed" in text:
        return (
            f"The state {name} holds what batchpub does not understand ({text}). Restore it from a backup, or name another in "
            "BATCHPUB_STATE; courses that mail are then read before they are sent."
        )
    if any(sign in text for sign in RIGHTS):
        return (
            f"The state {name} cannot be used: {text}. The role lacks a right, or the schema is missing: "
            "docs/postgresql.md says what it needs. What was sent is in the log."
        )
    return (
        f"The state {name} cannot be used: {text}. See that PostgreSQL runs and has room, then run the same command again; "
        "what was sent is in the log."
    )
