"""A value that nobody sees by accident: not in a log line, a traceback or the text of an object, and in no pickle.

Workflow engines pickle the arguments of their tasks, to disks and databases that many can read.
"""

from typing import NoReturn, Self


class Secret:
    """Shows itself only to who asks for `get_secret_value()`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep the value."""
        self._value = value

    def get_secret_value(self) -> str:
        """Give the value."""
        return self._value

    def __repr__(self) -> str:
        """Show that there is one."""
        return "Secret('**********')"

    def __str__(self) -> str:
        """Show that there is one."""
        return "**********"

    def __eq__(self, other: object) -> bool:
        """Compare values, not places in memory."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Allow secrets in sets and frozen dataclasses."""
        return hash(self._value)

    def __deepcopy__(self, _memo: object) -> Self:
        """Give itself: it never changes."""
        return self

    def __reduce__(self) -> NoReturn:
        """Refuse to be written down, wherever a pickle ends up."""
        raise TypeError("A Secret cannot be pickled. Make it where it is used, as with account_from_environment().")
