"""A run in numbers, made from its record when it is over: a Prometheus textfile, and OpenTelemetry's metrics and traces."""

from batchpub.telemetry.figures import Figures, measure
from batchpub.telemetry.prometheus import format_textfile, write_textfile
from batchpub.telemetry.wanted import Signal, wanted_signals

__all__ = ["Figures", "Signal", "format_textfile", "measure", "wanted_signals", "write_textfile"]
