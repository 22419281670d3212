"""What every test needs."""

import asyncio
import gc
import os

import pytest
import structlog
from hypothesis import HealthCheck, settings
from support import uptime
from support.fork_server import ForkServer
from support.postgres_server import PostgresServer, find_programs

from batchpub.logger import log

# pytest-asyncio leaves the main thread's first loop unclosed when a sync test comes before an async one; there is none.
asyncio.set_event_loop(None)

# How long an example takes says how busy the machine is, and nothing of the law.
settings.register_profile("batchpub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("batchpub")


def pytest_addoption(parser):
    told = "pretend that the machine has been up for so long; all: run each test with twenty of them"
    parser.addoption("--uptime", metavar="SECONDS", help=told)


# What the CI server that runs these tests says of itself. A run that is tested has the environment which its test gives it.
OF_A_PIPELINE = (
    "CI",
    "GITHUB",
    "GITLAB",
    "JENKINS",
    "JOB_",
    "BUILD_",
    "SYSTEM_",
    "AGENT_",
    "TF_BUILD",
    "BUILDKITE",
    "BATCHPUB_",
)


def pytest_configure(config):
    for name in [name for name in os.environ if name.startswith(OF_A_PIPELINE)]:
        del os.environ[name]
    if (seconds := config.getoption("--uptime")) not in (None, "all"):
        os.environ[uptime.VARIABLE] = str(float(seconds))  # pytest-xdist's workers and forked runs have it from here
    uptime.pretend()


def pytest_generate_tests(metafunc):
    if metafunc.config.getoption("--uptime") == "all":
        metafunc.fixturenames.insert(0, "up_for")
        metafunc.parametrize("up_for", uptime.UPTIMES, indirect=True, ids="up {:.0f} s".format, scope="module")


def pytest_collection_finish():
    """Leave what was imported and collected out of every later collection: that is a twentieth of the tests' time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_log_is_left():
    """Forget the log that a test set up: what the next one tells would be written between the dots."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
    log.__init__()


@pytest.fixture(scope="module")
def up_for(request):
    """Pretend for one of all uptimes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(uptime.VARIABLE, str(request.param))
        uptime.pretend()
        yield
    uptime.pretend()


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL of the tests' own; without one on the machine, what needs it is seen to be skipped."""
    if find_programs() is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    with PostgresServer("fsync=off") as running:
        yield running


@pytest.fixture(scope="session")
def fork_server():
    """Real processes of batchpub without the second that each start takes; where they start is tried by slow tests."""
    with ForkServer() as mother:
        yield mother


@pytest.fixture
def own_server():
    """One that a test may stop, start and change."""
    if find_programs() is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    with PostgresServer() as running:
        yield running
