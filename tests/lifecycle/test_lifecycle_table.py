"""The law of the table: in every combination a course's step is the one that is written down."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parent))
from cases import PUBLISHES, READS, RULES, STANDINGS, WORKS
from driven import drive
from write_table import lines, read_table


@pytest.fixture(autouse=True)
def _quiet():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


def drive_again(line):
    """Drive the combination that a line of the table is about; give the line as it is now."""
    names, _ = line.split(" => ")
    standing, work, rules, mails, read, publish = names.split(" | ")
    course = replace(WORKS[work], notify=mails == "mails")
    trace, _ = drive(STANDINGS[standing], course, RULES[rules], PUBLISHES.get(publish), READS.get(read))
    return f"{names} => {'; '.join(trace)}"


def test_each_kind_of_step_is_the_one_in_the_table():
    """
    One combination for every work and every step that differs from all others: what the next law says of all, in a moment.
    """
    kinds = {(line.split(" | ")[1], line.split(" => ")[1]): line for line in read_table()}

    assert [] == [line for line in kinds.values() if drive_again(line) != line]


@pytest.mark.slow
def test_every_step_is_the_one_in_the_table():
    """
    Standing, work, rules, mails and both answers together say what is asked of the journal, the gate and the service.
    """
    expected = read_table()

    seen = list(lines(drive))

    assert [] == [f"{now}\n  table: {then}" for now, then in zip(seen, expected, strict=False) if now != then][:20]
    assert len(expected) == len(seen)
