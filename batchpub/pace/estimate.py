"""How long a number of calls takes at best, inside the limit."""

from batchpub.store import Limits, Outlook


def estimate_seconds(calls: int, limits: Limits, outlook: Outlook) -> float:
    """Give the seconds until the last of `calls` can start, from what is known now.

    A place serves one call every period + guard, from when it is free and no lock holds. With a burst below the rate,
    calls are also spaced by period / rate.
    """
    if calls <= 0:
        return 0.0
    pace, lock = outlook.pace, outlook.lock_seconds
    waits = sorted(outlook.taken)[-pace.rate :]
    waits = [0.0] * (pace.rate - len(waits)) + waits
    round_, place = divmod(calls - 1, pace.rate)
    by_slots = max(waits[place], lock) + round_ * limits.rest
    if round_:  # the round before may end later, where a place comes back late
        by_slots = max(by_slots, max(waits[-1], lock) + (round_ - 1) * limits.rest)
    by_shape = 0.0
    if pace.burst < pace.rate:  # each round is spaced, and begins a guard later than the one before ended
        spacing = limits.period / pace.rate
        by_shape = max(waits[0], lock) + max(0, calls - pace.burst) * spacing + round_ * limits.guard
    return max(by_slots, by_shape)
