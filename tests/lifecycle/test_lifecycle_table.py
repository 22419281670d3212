"""The law of the table: in every combination a course's step is the one that is written down."""

import sys
from pathlib import Path

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parent))
from cases import PUBLISHES, READS, situations
from driven import drive
from write_table import (
    PUBLISHING,
    READING,
    TABLE,
    Table,
    drive_all,
    drive_publishing,
    drive_situation,
    find,
    read,
    write,
)


@pytest.fixture(autouse=True)
def _quiet():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


def test_every_situation_goes_its_way_and_every_way_on_as_written():
    """
    Each situation until it asks the service, and what follows each answer, once for all that go on alike.
    """
    ways, parts = read()
    table = Table()

    for names, values in situations():
        trace, asked = drive(*values, PUBLISHES["published"], READS["draft"])
        until = find(trace, "read" if "read" in asked else "claim")
        claims = until is not None and trace[until].startswith("claim")
        assert ways[names].partition("->")[0].strip() == "; ".join(trace[: until + 1 if claims else until])
        name = " | ".join(names)
        if name in parts[READING]:
            drive_situation(table, drive, names, values)
        elif name in parts[PUBLISHING]:
            drive_publishing(table, drive, name, values, None, trace)

    for part, firsts in table.firsts.items():
        assert {name: dict(told) for told, name in firsts.items()} == parts[part]


@pytest.mark.slow
def test_every_step_is_the_one_in_the_table():
    """
    Standing, work, rules, mails and both answers together say what is asked of the journal, the gate and the service.
    """
    expected = TABLE.read_text()

    assert expected == write(drive_all(drive))
