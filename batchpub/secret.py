"""A value that nobody sees by accident: neither in a log line, nor in a traceback, nor in the text of an object."""


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
