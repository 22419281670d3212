"""What every test needs."""

import asyncio

import pytest
from server import Server, find_programs

# pytest-asyncio leaves the main thread's first loop unclosed when a sync test comes before an async one; there is none.
asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL of the tests' own; without one on the machine, what needs it is seen to be skipped."""
    if find_programs() is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    with Server("fsync=off") as running:
        yield running


@pytest.fixture
def own_server():
    """One that a test may stop, start and change."""
    if find_programs() is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    with Server() as running:
        yield running
