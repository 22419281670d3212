"""Where settings come from: flags and the environment; each value keeps where a person finds it again."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batchpub.errors import SettingsWrong
from batchpub.settings.fields import FROM_FILES, PREFIX, SECRETS, SETTINGS, find_passwords

MAX_SHOWN = 60
MOST_SECRET_BYTES = 65_536
ALIKE = 0.85  # so that BATCHPUB_PORT, which Kubernetes sets for a service named batchpub, is not taken for PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcedValue:
    """A raw value, and where a person finds it again."""

    value: object
    where: str
    lines: Mapping[str, str] = field(default_factory=dict)
    """Of a table: where each of its keys stands."""


def read_flags(flags: Mapping[str, object]) -> Iterator[tuple[str, SourcedValue]]:
    """Give the flags that were given, which are those that are not None."""
    for name, value in flags.items():
        if value is None:
            continue
        flag = "--" + name.replace("_", "-")
        refuse_secret(name, value, flag)
        if name not in SETTINGS:
            raise SettingsWrong(f"{flag} is not a setting.{suggest(name, '--')}")
        yield name, SourcedValue(value=value, where=flag)


def read_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, SourcedValue]]:
    """Give the variables that are not empty, and the content of the files that `..._FILE` names."""
    _refuse_misspelt(environ)
    for name in SETTINGS:
        variable = PREFIX + name.upper()
        file = environ.get(f"{variable}_FILE", "") if name in FROM_FILES else ""
        value = environ.get(variable, "")
        if value and file:
            raise SettingsWrong(f"Both {variable} and {variable}_FILE are set in the environment. Unset one of them.")
        if file:
            yield (
                name,
                SourcedValue(
                    value=_read_secret_file(Path(file), variable), where=f"{variable}_FILE in the environment"
                ),
            )
        elif value:
            yield name, SourcedValue(value=value, where=f"{variable} in the environment")


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """Refuse what is almost a setting: an unread BATCHPUB_MAX_FAILURE would be a guard that is not there."""
    known = {PREFIX + name.upper() for name in SETTINGS}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in FROM_FILES}
    for variable in environ:
        alike = difflib.get_close_matches(variable, known, n=1, cutoff=0) if variable.startswith(PREFIX) else []
        if alike and variable != alike[0] and _likeness(variable, alike[0]) >= ALIKE:
            raise SettingsWrong(f"{variable} in the environment is not a setting. Write {alike[0]}, or unset it.")


def _likeness(left: str, right: str) -> float:
    return difflib.SequenceMatcher(None, left.removeprefix(PREFIX), right.removeprefix(PREFIX)).ratio()


def _read_secret_file(path: Path, variable: str) -> str:
    try:
        content = read_small(path, MOST_SECRET_BYTES).decode()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text of a secret's size"
        raise SettingsWrong(f"{variable}_FILE names {path}, which cannot be read: {why}. Check the mount.") from None
    value = content.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SettingsWrong(f"{variable}_FILE names {path}, which is empty. Write the value into it.")
    return value


def read_small(path: Path, most: int) -> bytes:
    """Read a file of at most so many bytes; a device or a wrong file must not fill the memory.

    Raises:
        OSError: it cannot be read.
        ValueError: it is longer.

    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError("too long")
    return content


def refuse_secret(name: str, value: object, where: str) -> None:
    """Refuse a secret where it would be seen: in a flag or a job file."""
    bare = name.removesuffix("_file")
    if bare in SECRETS:
        kept = f"{PREFIX}{bare.upper()}"
        raise SettingsWrong(f"{where}: a secret is not taken from here. Set {kept} or {kept}_FILE in the environment.")
    if name == "state" and find_passwords(value):
        raise SettingsWrong(
            f"{where}: the URL holds a password, which is not taken from here. "
            "Set BATCHPUB_STATE or BATCHPUB_STATE_FILE in the environment."
        )


def suggest(name: str, before: str) -> str:
    """Say which setting may be meant; `before` stands before a flag's name."""
    public = [known for known in SETTINGS if known not in SECRETS]
    alike = difflib.get_close_matches(name, public, n=1)
    if not alike:
        return " Remove it."
    meant = alike[0].replace("_", "-") if before else alike[0]
    return f" Did you mean {before}{meant}?"


def show_name(text: str) -> str:
    """Give a name as it was written, or spelt out where nobody could see what it is."""
    return text if text and text.isprintable() else show_value(text)


def show_value(value: object) -> str:
    """Show a raw value within a sentence."""
    shown = ascii(", ".join(map(str, value)) if isinstance(value, tuple) else value)  # a flag given several times
    return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 3] + "..."
