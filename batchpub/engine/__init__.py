"""A run without a command line: queue, workers, stopping, and what is told of it."""

from batchpub.engine.ending import Reporting
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.engine.survey import Survey
from batchpub.engine.watching import Snapshot

__all__ = ["Engine", "EngineOptions", "Reporting", "Snapshot", "Survey"]
