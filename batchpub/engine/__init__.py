"""A run without a command line: queue, workers, stopping, and the events it tells."""

from batchpub.engine.closing import Reporting
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.engine.survey import Survey

__all__ = ["Engine", "EngineOptions", "Reporting", "Survey"]
