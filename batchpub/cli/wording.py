"""How a sentence names a setting: below the command line by its name alone, on it as the flag that sets it.

A sentence of the core says "the setting max_lock", or "the setting column = ID" where it knows the value. A program and a job
file use that very name. Whoever sits at a command line is told the flag.
"""

import re

from batchpub.settings.fields import SECRETS, SETTINGS

_NAMED = re.compile(r"the setting ([a-z]+(?:_[a-z]+)*)(?: = (\"[^\"]*\"|[^\s,;:)]*[^\s,.;:)]))?")


def with_flags(text: str) -> str:
    """Name every setting in a sentence by its flag: "--max-lock", "--column ID"."""
    return _NAMED.sub(_flag, text) if "the setting " in text else text


def _flag(found: re.Match[str]) -> str:
    name, value = found[1], found[2]
    if name not in SETTINGS or name in SECRETS:
        return found[0]
    flag = "--" + name.replace("_", "-")
    return f"{flag} {value}" if value else flag
