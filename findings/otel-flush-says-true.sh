#!/usr/bin/env bash
# OpenTelemetry for Python: a meter provider's force_flush() says True although nobody took the metrics.
#
# Guess, written down first: force_flush() returns False when the export fails, since the specification wants a flush to tell
# "whether it succeeded, failed or timed out", and the tracer provider's batch processor is asked in the same words.
# Seen (opentelemetry-sdk 1.45.2, Python 3.11): with no collector listening, MeterProvider.force_flush() is True, after the
# exporter has logged that it failed. The exporter itself knows: its export() returns MetricExportResult.FAILURE.
# What follows: a batch job that wants to know collects with InMemoryMetricReader and calls the exporter itself.
# Source: opentelemetry/sdk/metrics/_internal/export, PeriodicExportingMetricReader.force_flush ends in `return True`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2
cat > "$folder/show.py" <<'PY'
import logging
import socket

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader

logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
with socket.socket() as held:  # a port that nobody listens on
    held.bind(("127.0.0.1", 0))
    endpoint = f"http://127.0.0.1:{held.getsockname()[1]}/v1/metrics"

    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=endpoint, timeout=2))
    provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    provider.get_meter("m").create_counter("c").add(1)
    flushed = provider.force_flush(5_000)

    by_hand = InMemoryMetricReader()
    other = MeterProvider(metric_readers=[by_hand], shutdown_on_exit=False)
    other.get_meter("m").create_counter("c").add(1)
    exported = OTLPMetricExporter(endpoint=endpoint, timeout=2).export(by_hand.get_metrics_data())

print(f"force_flush: {flushed}; export by hand: {exported.name}")
PY
seen=$(timeout 60 "$folder/venv/bin/python" "$folder/show.py" 2>/dev/null | head -1)
echo "$seen"
[ "$seen" = "force_flush: True; export by hand: FAILURE" ]
