"""How long a number of calls takes at best, inside the limit."""

from batchpub.state import Limits


def estimate_seconds(calls: int, limits: Limits, *, lock_seconds: float = 0.0) -> float:
    """Give the seconds until the last of `calls` can start: a slot serves once every period + guard.

    With a burst below the rate, calls are also spaced by period / rate. A lock that still holds comes first.
    """
    if calls <= 0:
        return 0.0
    by_slots = ((calls - 1) // limits.rate) * limits.rest
    by_shape = max(0, calls - limits.burst) * limits.period / limits.rate
    return lock_seconds + max(by_slots, by_shape)
