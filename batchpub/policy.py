"""How rows are judged and how a run behaves, for programs. What makes no sense is refused where it is made."""

import math
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any

from batchpub.errors import SettingsWrong
from batchpub.lifecycle.work import Rules, Verify
from batchpub.plan.options import PlanOptions
from batchpub.sheet.options import SheetOptions
from batchpub.store.limits import Limits

WHOLE = {
    "rate": (1, 1000),
    "burst": (1, 1000),
    "workers": (1, 1000),
    "attempts": (1, 100),
    "max_calls": (1, 1_000_000),
    "max_failures": (0, 1_000_000),
    "max_rows": (1, 1_048_576),
}
"""The least and the most of each whole number, as on the command line."""
MAY_BE_ZERO = ("guard", "settle", "lock_margin", "backoff_seconds", "max_backoff_seconds", "settle_seconds")
"""Seconds that may be none at all; every other number of seconds is above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How rows are judged and how a run behaves. The defaults are those of the command line; seconds throughout.

    Raises:
        SettingsWrong: a value makes no sense; the text names it and says what is wanted.

    """

    limits: Limits = field(default_factory=Limits)
    """What the account allows: 30 calls a minute, a lock of five minutes."""
    rules: Rules = field(default_factory=lambda: Rules(verify=Verify.MAILS))
    """How one course is tried: attempts, waits, what is read first, what is published again."""
    plan: PlanOptions = field(default_factory=PlanOptions)
    """How rows are judged: lengths of ids, confirmed ids, hidden rows, who is mailed."""
    sheet: SheetOptions = field(default_factory=SheetOptions)
    """How a table is found: which worksheet, which column, how many rows at most."""
    workers: int = 8
    """Calls under way at once."""
    portal: str = ""
    """What shares one limit; by default the service's host."""
    again_id: str = ""
    """Names one repetition where `rules.again` is set: processes with the same name publish each course once more, in all."""
    max_seconds: float | None = None
    """Ends the run in order after this long."""
    max_failures: int | None = None
    """Ends the run in order after so many failed rows."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        _check(self, "")
        limits = self.limits
        if limits.send_within <= 0:
            raise SettingsWrong(
                f"limits.lease is {limits.lease:g}, which leaves no time to start a call of up to limits.total_timeout "
                f"({limits.total_timeout:g} s). Make it longer than that."
            )


def _check(owner: Any, prefix: str) -> None:
    for each in fields(owner):
        name, value = each.name, getattr(owner, each.name)
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if value is None and default is None:
            continue
        if wanted := _name_fault(name, value, default):
            raise SettingsWrong(f"{prefix}{name} is {value!r:.60}. It must be {wanted}.")
        if is_dataclass(value):
            _check(value, f"{prefix}{name}.")


def _name_fault(name: str, value: object, default: object) -> str:
    """Say what a value must be; "" where it is that. Numbers without a default are `max_seconds` and those of `WHOLE`."""
    if name in WHOLE:
        least, most = WHOLE[name]
        is_right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return "" if is_right else f"a whole number from {least} to {most}"
    if isinstance(default, float) or name == "max_seconds":
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
        if name in MAY_BE_ZERO:
            return "" if is_number else "a number of seconds"
        return "" if is_number and value else "a number of seconds above 0"
    if isinstance(default, frozenset) and name != "uncertain":
        is_set = isinstance(value, frozenset) and all(isinstance(one, str) for one in value)
        return "" if is_set else "a frozenset of strings"
    kind = str if default is None else type(default)
    return "" if isinstance(value, kind) else f"a {kind.__name__}" if kind is not bool else "True or False"
