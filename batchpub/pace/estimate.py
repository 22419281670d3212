"""How long a number of calls takes at best, inside the limit."""

import heapq
import math

from batchpub.store.limits import Limits, Outlook


def estimate_seconds(calls: int, limits: Limits, outlook: Outlook) -> float:
    """Give the seconds until the last of `calls` can start, from what is known now.

    A place serves one call every period + guard, from when it is free and no lock holds. With a burst below the rate,
    calls are also spaced by period / rate.
    """
    if calls <= 0:
        return 0.0
    pace = outlook.pace
    taken = sorted(outlook.taken)[-pace.rate :]
    places = [max(wait, outlook.lock_seconds) for wait in (*[0.0] * (pace.rate - len(taken)), *taken)]
    first, last = places[0], places[-1]
    # Once all places have served, each serves once a round; before, whichever is free first serves next.
    rounds = max(0, (calls - 1) // pace.rate - math.ceil((last - first) / limits.rest))
    for _ in range(calls - rounds * pace.rate - 1):
        heapq.heapreplace(places, places[0] + limits.rest)
    # Each round is spaced, and begins a guard later than the one before ended.
    spaced = max(0, calls - pace.burst) * limits.period / pace.rate + (calls - 1) // pace.rate * limits.guard
    return max(places[0] + rounds * limits.rest, first + spaced)
