"""A run with a bit of everything."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.made_runs import BEGAN, COURSE, OTHER, make_row, make_run

from batchpub.course import Outcome
from batchpub.record import CallRecord, LockRecord


def make_call(sent, answered, *, course_id=COURSE, operation="publish", status=200, meaning="published"):
    return CallRecord(
        operation=operation,
        course_id=course_id,
        batch_id="",
        attempt=1,
        sent_at=BEGAN + timedelta(seconds=sent),
        answered_at=None if answered is None else BEGAN + timedelta(seconds=answered),
        http_status=status,
        code="",
        meaning=meaning,
        excerpt="",
    )


@pytest.fixture
def run():
    """Two courses: one read and published, one refused by a lock, then lost."""
    return replace(
        make_run(
            rows=(
                make_row(0, outcome=Outcome.PUBLISHED),
                make_row(1, course_id=OTHER, outcome=Outcome.UNKNOWN),
                make_row(2, course_id="", outcome=Outcome.INVALID),
            )
        ),
        calls=(
            make_call(1, 1.5, operation="read", meaning="stateread"),
            make_call(2, 2.25),
            make_call(3, 3.125, course_id=OTHER, status=429, meaning="throttled"),
            make_call(310, None, course_id=OTHER, status=None, meaning=""),
        ),
        locks=(LockRecord(began_at=BEGAN + timedelta(seconds=4), ends_at=BEGAN + timedelta(seconds=309), cause="429"),),
        finished_at=BEGAN + timedelta(seconds=400),
        exit_code=3,
    )
