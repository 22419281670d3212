"""The laws of counting and locking, without a network."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hard_zoho import HardConfig, Window
from support.hard_zoho.meter import make_meter

from batchpub.sandbox.meter import largest_window

# Whole quarters of a second: exact in binary, so that "exactly one period apart" happens and means it.
TIMES = st.lists(st.integers(0, 40), max_size=60).map(lambda gaps: [quarter / 4 for quarter in accumulate(gaps)])


def meter_of(**changes):
    rules = HardConfig(**{"limit": 3, "period_seconds": 10.0, "lock_seconds": 20.0} | changes)
    return make_meter(rules, rules.limit)


def passed(times, **changes):
    meter = meter_of(**changes)
    return [time for time in times if meter.arrive(time) is None]


@given(TIMES, st.integers(1, 50))
def test_largest_window_is_what_counting_by_hand_gives(times, period):
    """
    The largest window is the most arrivals in any closed interval as long as the period.
    """
    by_hand = max((sum(start <= time <= start + period for time in times) for start in times), default=0)

    assert by_hand == largest_window(times, period_seconds=period)


@given(TIMES, st.sampled_from([Window.ROLLING, Window.FRAMES]))
def test_rolling_windows_never_let_more_than_the_limit_pass(times, window):
    """
    Of the calls that a rolling window lets pass, no period holds more than the limit.
    """
    assert largest_window(passed(times, window=window), period_seconds=10) <= 3


@given(TIMES, st.sampled_from(list(Window)))
def test_a_caller_that_keeps_to_the_strictest_window_is_never_locked(times, window):
    """
    Calls that keep to the limit in every closed period and frame pass, however the service counts.
    """
    kept = []
    for time in times:
        if largest_window([*kept, time], period_seconds=11) <= 3:
            kept.append(time)

    assert kept == passed(kept, window=window)


@given(TIMES, st.booleans(), st.booleans())
def test_nothing_passes_a_lock(times, lengthen, count):
    """
    Between the beginning and the end of a lock no call passes, and the call that starts it does not either.
    """
    meter = meter_of(early_calls_lengthen_lock=lengthen, refused_calls_count=count)

    through = [time for time in times if meter.arrive(time) is None]

    assert not [t for t in through for lock in meter.episodes if lock.began_at < t < lock.ends_at]


def test_a_call_exactly_one_period_old_still_counts():
    """
    A rolling window is closed: the fourth call within exactly ten seconds is one too many.
    """
    assert [0, 0, 0] == passed([0, 0, 0, 10])
    assert [0, 0, 0, 10.25] == passed([0, 0, 0, 10.25])


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window.ROLLING, [9, 9, 9]),
        (Window.FIXED, [9, 9, 9, 10, 10, 10]),
        (Window.FIRST_CALL, [9, 9, 9]),
        (Window.FRAMES, [9, 9, 9]),
    ],
)
def test_windows_differ_where_they_should(window, expected):
    """
    Only fixed periods let twice the limit pass around their border.
    """
    assert expected == passed([9, 9, 9, 10, 10, 10], window=window)


def test_the_limit_may_trip_one_call_earlier():
    """
    With trips_at equal to the limit the last allowed call already starts the lock.
    """
    assert [0, 1] == passed([0, 1, 2, 3], trips_at=3)


def test_early_calls_lengthen_a_lock():
    """
    Where early calls lengthen the lock, whoever knocks before its end never gets out.
    """
    times = [0, 0, 0, 0, 15, 30, 45, 65]

    assert [0, 0, 0, 30, 45, 65] == passed(times)
    assert [0, 0, 0, 65] == passed(times, early_calls_lengthen_lock=True)


def test_a_repeated_lock_may_be_longer():
    """
    A lock that begins soon after another one lasts the factor times as long.
    """
    meter = meter_of(limit=1, repeat_lock_factor=2.0)

    for time in (0, 1, 22, 23, 100, 101):
        meter.arrive(time)

    assert [(1, 21), (23, 63), (101, 141 - 20)] == [(lock.began_at, lock.ends_at) for lock in meter.episodes]


def test_refused_calls_may_use_budget():
    """
    Where refused calls count, a lock shorter than the period ends in the next one.
    """
    assert [0, 0, 0, 11] == passed([0, 0, 0, 0, 11], lock_seconds=5.0)
    assert [0, 0, 0] == passed([0, 0, 0, 5, 5, 5, 11], lock_seconds=5.0, refused_calls_count=True)
