"""How long a lock is waited for: a pure decision."""

import math

from hypothesis import given
from hypothesis import strategies as st

from batchpub.store.limits import LONGEST_STATED, Limits, lock_wait

LIMITS = Limits()
NONSENSE = st.sampled_from([math.inf, -math.inf, math.nan, -1.0, 1_795_000_000.0, 10.0**30, LONGEST_STATED + 1])


@given(NONSENSE, st.integers(1, 40))
def test_a_senseless_wait_counts_as_none(stated, level):
    """
    An epoch, thirty digits, a negative number: the documented lock is waited for, and what follows from that.
    """
    assert lock_wait(LIMITS, None, level) == lock_wait(LIMITS, stated, level)


@given(st.none() | st.floats(0, LONGEST_STATED), st.integers(2, 40))
def test_whoever_was_refused_again_never_waits_less_than_a_lock(stated, level):
    """
    Told 1 s in a lock of 300: the second refusal is believed no more. Nobody waits less than told or than before.
    """
    waits = [lock_wait(LIMITS, stated, one) for one in (level - 1, level)]

    assert waits[0] <= waits[1]
    assert waits[1] >= max(LIMITS.lock, stated or 0)
    assert waits[1] <= max(LIMITS.max_lock, stated or 0)


def test_waits_double_up_to_the_longest():
    """
    What nobody stated begins with the documented lock; what was stated too short is a lock, then twice that.
    """
    assert [300, 600, 900, 900] == [lock_wait(LIMITS, None, level) for level in range(1, 5)]
    assert [1, 300, 600, 900] == [lock_wait(LIMITS, 1, level) for level in range(1, 5)]
    assert [2000, 2000] == [lock_wait(LIMITS, 2000, level) for level in (1, 2)]
