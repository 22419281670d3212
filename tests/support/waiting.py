"""Waits that end: a condition comes true in time, or the test fails and says what it waited for."""

import time


def wait_until(condition, what, *, seconds=30, alive=None):
    """Wait until a condition is true and give what it gave.

    Fails after `seconds`, and at once when `alive` says that whoever was to make it true has ended.
    """
    ends = time.monotonic() + seconds
    while not (found := condition()):
        lives = alive is None or alive()
        if not lives and (found := condition()):  # it came true between the two looks
            return found
        assert lives, f"what it waits for has ended without it: {what}"
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return found
