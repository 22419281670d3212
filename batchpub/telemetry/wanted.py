"""Whether the environment asks for OpenTelemetry at all; looked at without importing it."""

from collections.abc import Mapping
from enum import StrEnum


class Signal(StrEnum):
    """What a collector can be sent, as the OTEL_* variables name it."""

    METRICS = "METRICS"
    TRACES = "TRACES"


def wanted_signals(environ: Mapping[str, str]) -> frozenset[Signal]:
    """Give what the environment has an endpoint for and does not switch off (OTEL_SDK_DISABLED, OTEL_…_EXPORTER=none)."""
    if environ.get("OTEL_SDK_DISABLED", "").casefold() == "true":
        return frozenset()
    common = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    return frozenset(
        signal
        for signal in Signal
        if (common or environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
        and environ.get(f"OTEL_{signal}_EXPORTER", "otlp").casefold() != "none"
    )
