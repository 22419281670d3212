"""How a setting is declared: a field of a dataclass that knows its reader and its words."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from batchpub.settings.readers import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of a setting besides its name."""

    default: Any
    reader: Reader
    title: str
    """Its meaning for people, in the flags' help and in the reference."""

    @property
    def right(self) -> str:
        """Say what a right value is."""
        return self.reader.right


def setting(reader: Reader, *, title: str, default: object = None, hidden: bool = False) -> Any:
    """Declare a setting as a field of `Settings`. A hidden one does not show in the text of the object."""
    about = {"setting": Setting(default=default, reader=reader, title=title)}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, repr=not hidden, metadata=about)
    return dataclasses.field(default=default, repr=not hidden, metadata=about)
