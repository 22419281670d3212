#!/usr/bin/env bash
# limits and throttled-py: a "sliding window" that is a counter lets nearly twice the limit through in one window.
#
# Guess, written down first: a sliding window of 20 calls in 4 seconds is off by a few calls, 22 at most in any 4 seconds;
# the approximation is about evenly spread traffic, and a burst makes it a little worse.
# Seen (limits 5.8.0, throttled-py 3.5.0, in memory, Python 3.11): 20 calls at once shortly before the counter's own window
# ends, and the next ones as soon as it allows. The busiest 4 seconds hold 39 calls of limits'
# SlidingWindowCounterRateLimiter and 39 of throttled-py's "sliding_window". limits' MovingWindowRateLimiter, which remembers
# every call, passes 20.
# Why: both weigh the last aligned window's count by how much of it is still in sight, as if its calls had been spread over
# it. A burst at its very end is forgotten at once at a constant rate, while it is still whole in the last 4 seconds.
# What follows: for a service that punishes one call too many, "sliding window" in a name promises nothing; a log does.
# Source: limits/strategies.py, SlidingWindowCounterRateLimiter; throttled/rate_limiter/sliding_window.py.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install limits==5.8.0 throttled-py==3.5.0
cat > "$folder/show.py" <<'PY'
import datetime
import sys
import time

from limits import RateLimitItemPerSecond, storage, strategies
from throttled import Throttled, rate_limiter

CALLS, PERIOD = 20, 4


def of_limits(strategy):
    limiter = strategy(storage.MemoryStorage())
    item = RateLimitItemPerSecond(CALLS, PERIOD)
    return lambda: limiter.hit(item, "key")


def of_throttled():
    quota = rate_limiter.per_duration(datetime.timedelta(seconds=PERIOD), limit=CALLS, burst=CALLS)
    limiter = Throttled(key="key", using="sliding_window", quota=quota)
    return lambda: not limiter.limit().limited


def busiest(ask):
    """Ask without rest from 0.2 s before an aligned window ends, for two windows; give the most that passed in one."""
    time.sleep(PERIOD - 0.2 - time.time() % PERIOD if time.time() % PERIOD < PERIOD - 0.2 else PERIOD - 0.1)
    passed, ends = [], time.monotonic() + 2 * PERIOD
    while (now := time.monotonic()) < ends:
        if ask():
            passed.append(now)
        time.sleep(0.005)
    return max(sum(1 for other in passed if first <= other < first + PERIOD) for first in passed)


seen = {
    "limits, moving window": busiest(of_limits(strategies.MovingWindowRateLimiter)),
    "limits, sliding window counter": busiest(of_limits(strategies.SlidingWindowCounterRateLimiter)),
    "throttled-py, sliding_window": busiest(of_throttled()),
}
for name, most in seen.items():
    print(f"{name}: {most} calls in {PERIOD} seconds, {CALLS} are allowed")
exact, *counters = seen.values()
sys.exit(not (exact <= CALLS and all(most > 1.25 * CALLS for most in counters)))
PY
"$folder/venv/bin/python" "$folder/show.py"
