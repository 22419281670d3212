"""The job file: TOML that a person keeps beside the sheets, each value with the line where it stands."""

import re
import tomllib
from pathlib import Path
from typing import Any

from batchpub.errors import SettingsWrong
from batchpub.services.zoho.hosts import is_of_zoho
from batchpub.settings.fields import PATHS, SETTINGS, is_url
from batchpub.settings.sources import SourcedValue, read_small, refuse_secret, show_name, suggest

USUAL = Path("batchpub.toml")
"""The job file that is read where none is named."""

MOST_BYTES = 1_048_576


def read_job_file(path: Path | None) -> dict[str, SourcedValue]:
    """Give the settings of a job file; each table keeps the lines of its keys. Without a name: those of batchpub.toml.

    A path in it counts from the folder it lies in, from wherever the command is given.

    Raises:
        SettingsWrong: it cannot be read or understood, or says what a job file may not say.

    """
    if path is None and not USUAL.is_file():
        return {}
    path = path or USUAL
    text = _read_text(path)
    found: dict[str, SourcedValue] = {}
    for key, value in _parse(text, path).items():
        name, where = key.replace("-", "_"), f"{show_name(key)} in {path}, line {_line_of(key, text)}"
        refuse_secret(name, value, where)
        _refuse_strange_host(name, value, where)
        if name not in SETTINGS:
            raise SettingsWrong(f"{where}: there is no such setting.{suggest(name, '')}")
        if name in found:
            raise SettingsWrong(f"{where}: the same setting as {found[name].where}. Keep one of them.")
        inner = value if isinstance(value, dict) else {}
        lines = {
            part: f"{show_name(part)} in [{show_name(key)}] of {path}, line {_line_of(part, text, key)}"
            for part in inner
        }
        found[name] = SourcedValue(
            value=_place(value, path.parent) if name in PATHS else value, where=where, lines=lines
        )
    return found


def _read_text(path: Path) -> str:
    try:
        return read_small(path, MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise SettingsWrong(f"The job file {path} cannot be read: {error.strerror}. Check its path.") from None
    except UnicodeDecodeError:
        raise SettingsWrong(f"The job file {path} is not UTF-8 text. Save it as UTF-8.") from None
    except ValueError:
        raise SettingsWrong(f"{show_name(str(path))} is no job file: none is so long. Check its path.") from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong(f"The job file {path} is not TOML: {error}. Correct that line.") from None
    except ValueError:
        raise SettingsWrong(f"The job file {path} holds a number of thousands of digits. Correct it.") from None
    except RecursionError:
        raise SettingsWrong(
            f"The job file {path} has brackets within brackets, too deep to read. Correct it."
        ) from None


def _place(value: object, folder: Path) -> object:
    """Give a path, or a list of them, as seen from where we are."""
    if isinstance(value, list):
        return [_place(one, folder) for one in value]
    return str(folder / value) if isinstance(value, str) and value and not is_url(value) else value


def _line_of(key: str, text: str, table: str = "") -> int:
    """Give the line where a key or table begins; TOML's reader does not say. Of a key in an inline table, the table's own."""
    above = _line_of(table, text) if table else 0
    begins = re.compile(rf"""\s*\[{{0,2}}\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    lines = enumerate(text.splitlines()[above:], above + 1)
    return next((number for number, line in lines if begins.match(line)), above or 1)


def _refuse_strange_host(name: str, value: object, where: str) -> None:
    """Refuse a host that is not known: whoever may change a job file would have the pipeline's secrets sent there."""
    if name == "state" and isinstance(value, str) and is_url(value):
        raise SettingsWrong(
            f"{where}: a password of the environment or of ~/.pgpass would be sent to that server. Only the environment "
            "(BATCHPUB_STATE) or a flag may name one; a job file may name a file."
        )
    if name in ("api_url", "accounts_url") and not (isinstance(value, str) and is_of_zoho(value)):
        raise SettingsWrong(
            f"{where}: credentials would be sent there, and this is no host of a known data centre. Only the environment "
            f"(BATCHPUB_{name.upper()}) or a flag may name another."
        )
