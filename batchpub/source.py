"""A sheet from somewhere else than a file: an https address, standard input, a bucket or a drive that fsspec knows.

It is fetched whole into memory, with a bound on size and time, and no credential of Zoho's goes along. Addresses may hold
secrets (a signature, the token of a shared link): sentences and reports only ever name the host and the file.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from batchpub.errors import SettingsWrong, SheetMissing, SheetRefused
from batchpub.files import read_bounded
from batchpub.sheet.load import MAX_BYTES

STDIN = "-"
MOST_SECONDS = 120.0  # for one file, whatever it is fetched by
EXTRA = "remote"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)(?:://|::)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was fetched: `file` is what people call it, `notes` say what they should know of the way."""

    file: str
    data: bytes
    notes: tuple[str, ...] = ()


def is_elsewhere(address: str) -> bool:
    """Say whether a sheet is no path: standard input, or an address with a scheme of more than one letter."""
    return address == STDIN or _SCHEME.match(address) is not None


def fetch(address: str, *, name: str | None, stdin: BinaryIO) -> Source:
    """Fetch a sheet; `name` is what standard input is called.

    Raises:
        SheetMissing: it is not there, or cannot be fetched.
        SheetRefused: it is larger than any list of courses, or the address is one that is not followed.
        SettingsWrong: the library for this kind of address is not installed.

    """
    if address == STDIN:
        return _read_stdin(name or "standard input", stdin)
    found = _SCHEME.match(address)
    scheme = found[1].lower() if found else ""
    if "::" in address or scheme in ("file", "local"):
        raise SheetRefused(show_address(address), "This is no address of a sheet. Give the path of the file itself.")
    return _within(MOST_SECONDS, address, _fetch_https if scheme in ("https", "http") else _fetch_with_fsspec)


def show_address(address: str) -> str:
    """Name an address without what may be secret in it: host, port and file, nothing between or behind them."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return "the address"
    last = PurePosixPath(unquote(parts.path)).name
    short = last if "." in last else ""  # a shared link's last part is its token
    return f"{parts.scheme}://{host}/{'…/' if parts.path.count('/') > 1 else ''}{short}"


def _read_stdin(name: str, stdin: BinaryIO) -> Source:
    if stdin.isatty():
        raise SheetMissing(name, "Standard input is a terminal. Pipe the sheet into the command: … | batchpub check -")
    return Source(file=name, data=read_bounded(stdin, name, MAX_BYTES))


def _within(seconds: float, address: str, get: Callable[[str], Source]) -> Source:
    """Fetch on a thread, so that nothing a server or a library does can take longer than the bound."""
    done: list[Source | BaseException] = []

    def run() -> None:
        try:
            done.append(get(address))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            done.append(error)

    thread = threading.Thread(target=run, daemon=True, name="batchpub-fetch")
    thread.start()
    thread.join(seconds)
    if not done:
        raise SheetMissing(
            show_address(address), f"It did not arrive within {seconds:g} seconds. Try again, or download it."
        )
    if isinstance(done[0], BaseException):
        raise done[0]
    return done[0]


def _fetch_https(address: str) -> Source:
    from batchpub.download import download  # noqa: PLC0415 - TLS and HTTP are loaded where they are needed

    shown = show_address(address)
    found = download(address, shown=shown, most_bytes=MAX_BYTES)
    hosts = [show_address(address) for address in found.redirects]
    notes = (f"Fetched by way of {', '.join(hosts)}.",) if hosts else ()
    return Source(file=_name_after(shown, found.name), data=found.data, notes=notes)


def _name_after(shown: str, name: str) -> str:
    """Add the name that the server gives the file, where the address shows none."""
    return shown + PurePosixPath(name.replace("\\", "/")).name if name and shown.endswith("/") else shown


def _fetch_with_fsspec(address: str) -> Source:
    """Fetch with whatever fsspec has for the scheme; credentials are the ones its library finds by itself."""
    shown, scheme = show_address(address), address.partition("://")[0]
    needed = f'Addresses that begin with {scheme}:// need a library: pip install "batchpub[{EXTRA}]"'
    try:
        import fsspec  # noqa: PLC0415 - an extra

        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise SettingsWrong(f"{needed}, and the one that fsspec names for it. ({type(error).__name__})") from None
    except ValueError:
        raise SheetRefused(shown, f"No library knows addresses that begin with {scheme}://.") from None
    try:
        system, path = fsspec.core.url_to_fs(address)
        with system.open(path, "rb") as stream:
            return Source(file=shown, data=read_bounded(stream, shown, MAX_BYTES))
    except SheetRefused:
        raise
    except FileNotFoundError:
        raise SheetMissing(shown, "There is no such file. Check the address.") from None
    except PermissionError:
        raise SheetMissing(shown, "Reading it is not allowed. Check the credentials of the storage.") from None
    except Exception as error:  # noqa: BLE001 - every library has errors of its own, and their texts may hold anything
        raise SheetMissing(
            shown, f"It cannot be fetched ({type(error).__name__}). Check address and credentials."
        ) from None
