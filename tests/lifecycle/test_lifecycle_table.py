"""The law of the table: in every combination a course's step is the one that is written down."""

import sys
from pathlib import Path

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parent))
from driven import drive
from write_table import lines, read_table


@pytest.fixture(autouse=True)
def _quiet():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


def test_every_step_is_the_one_in_the_table():
    """
    Standing, work, rules, mails and both answers together say what is asked of the journal, the gate and the service.
    """
    expected = read_table()

    seen = list(lines(drive))

    assert [] == [f"{now}\n  table: {then}" for now, then in zip(seen, expected, strict=False) if now != then][:20]
    assert len(expected) == len(seen)
