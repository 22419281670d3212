"""The log's events, as they are said."""

import pytest
import structlog


@pytest.fixture
def capture_log():
    with structlog.testing.capture_logs() as events:
        yield events
