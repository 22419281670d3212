"""A run in numbers, made from its record when it is over: a Prometheus textfile, and OpenTelemetry's metrics and traces."""

from batchpub.telemetry.figures import Figures, measure
from batchpub.telemetry.prometheus import format_textfile, write_textfile

__all__ = ["Figures", "format_textfile", "measure", "write_textfile"]
