"""A finished run to an OpenTelemetry collector: its figures as metrics; run, courses and calls as one trace.

The standard OTEL_* variables say where and how; nothing here is a setting of ours. All is made from the record with the
record's own times, so a run that was killed and is reported later looks the same. Names are semantic conventions where there
are any (`http.client.request.duration`, `http.response.status_code`, `error.type`), else they begin with `batchpub.`.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Histogram, Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExporter, MetricExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from batchpub.course import Outcome
from batchpub.record import CallRecord, RowRecord, RunRecord
from batchpub.telemetry.figures import UNANSWERED, last_moment, measure
from batchpub.telemetry.wanted import Signal

METHODS = {"publish": "POST", "read": "GET"}
BATCH = 512  # spans in one request: the SDK's own default
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Upper bounds in seconds: from a quick answer to a wait behind several locks."""
BAD = (Outcome.FAILED, Outcome.REFUSED, Outcome.UNKNOWN)


def export_run(
    run: RunRecord,
    environ: Mapping[str, str],
    *,
    wanted: frozenset[Signal] = frozenset(Signal),
    metrics: MetricExporter | None = None,
    spans: SpanExporter | None = None,
) -> tuple[str, ...]:
    """Send a run to the collector that the environment names; give a sentence for what was not taken.

    TRACEPARENT in the environment makes the run a part of the pipeline's own trace. `metrics` and `spans` replace the
    exporters that the environment configures. Only the `wanted` signals are sent.
    """
    quiet = logging.getLogger("opentelemetry")  # stderr belongs to our own log; the sentences say what it would say
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    resource = Resource.create({"service.version": run.batchpub_version, "service.instance.id": run.run})
    # The SDK's own name for a program that nobody named, be it by OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES.
    if str(resource.attributes.get("service.name")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "batchpub"}))
    lost = []
    if Signal.METRICS in wanted and not _export_metrics(run, resource, metrics or OTLPMetricExporter()):
        lost.append("metrics")
    if Signal.TRACES in wanted and not _export_trace(run, resource, environ, spans or OTLPSpanExporter()):
        lost.append("traces")
    return tuple(
        f"The collector of OpenTelemetry did not take the {name}. The run itself is not affected." for name in lost
    )


def _export_trace(run: RunRecord, resource: Resource, environ: Mapping[str, str], exporter: SpanExporter) -> bool:
    found = _make_spans(run, resource, environ)
    taken = [exporter.export(part) is SpanExportResult.SUCCESS for part in _batches(found)]
    exporter.shutdown()
    return all(taken)


def _export_metrics(run: RunRecord, resource: Resource, exporter: MetricExporter) -> bool:
    """Collect once and export once: the periodic reader's flush says True also where nothing was taken."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    _record(run, provider.get_meter("batchpub", run.batchpub_version))
    data = reader.get_metrics_data()
    taken = data is None or exporter.export(data) is MetricExportResult.SUCCESS
    exporter.shutdown()
    provider.shutdown()
    return taken


def _record(run: RunRecord, meter: Meter) -> None:
    figures = measure(run)
    host = {"server.address": run.portal}
    rows = meter.create_counter("batchpub.rows", unit="{row}", description="Rows by outcome.")
    for outcome, count in figures.rows.items():
        rows.add(count, {"batchpub.outcome": outcome.value})
    calls = meter.create_counter("batchpub.calls", unit="{call}", description="Calls by operation and meaning.")
    for (operation, meaning), count in figures.calls.items():
        calls.add(count, {**host, "batchpub.operation": operation, "batchpub.meaning": meaning})
    answered = _seconds(meter, "http.client.request.duration", "Duration of the calls that were answered.")
    for call in run.calls:
        if call.answered_at is not None:
            answered.record(max(0.0, (call.answered_at - call.sent_at).total_seconds()), {**host, **_describe(call)})
    waits = _seconds(meter, "batchpub.wait.duration", "How long a course waited for each of its calls.")
    for seconds in figures.wait_seconds:
        waits.record(seconds, host)
    locks = _seconds(meter, "batchpub.lock.duration", "How long the account was locked.")
    for seconds in figures.lock_seconds:
        locks.record(seconds, host)
    whole = _seconds(meter, "batchpub.run.duration", "How long the run took.")
    whole.record(figures.run_seconds, {**host, "batchpub.exit_code": figures.exit_code})


def _seconds(meter: Meter, name: str, meaning: str) -> Histogram:
    return meter.create_histogram(name, unit="s", description=meaning, explicit_bucket_boundaries_advisory=BUCKETS)


def _make_spans(run: RunRecord, resource: Resource, environ: Mapping[str, str]) -> Sequence[ReadableSpan]:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    _trace_run(run, provider.get_tracer("batchpub", run.batchpub_version), environ)
    return kept.get_finished_spans()


def _batches(spans: Sequence[ReadableSpan]) -> Iterator[Sequence[ReadableSpan]]:
    for first in range(0, len(spans), BATCH):
        yield spans[first : first + BATCH]


def _trace_run(run: RunRecord, tracer: Tracer, environ: Mapping[str, str]) -> None:
    carrier = {name: environ[name.upper()] for name in ("traceparent", "tracestate") if name.upper() in environ}
    end = last_moment(run)
    whole = tracer.start_span(
        "batchpub run",
        TraceContextTextMapPropagator().extract(carrier),
        start_time=_nanoseconds(run.started_at),
        attributes={"batchpub.run": run.run, "server.address": run.portal, "batchpub.rows": len(run.rows)},
    )
    if run.exit_code is not None:
        whole.set_attribute("process.exit.code", run.exit_code)
    if run.exit_code != 0:
        whole.set_status(Status(StatusCode.ERROR, run.stop_reason or None))
    inside = set_span_in_context(whole)
    for row, calls in _courses(run):
        begin, finish = min(call.sent_at for call in calls), max(call.answered_at or call.sent_at for call in calls)
        course = tracer.start_span(
            "batchpub course",
            inside,
            start_time=_nanoseconds(begin),
            attributes={
                "batchpub.course_id": row.course_id,
                "batchpub.row": row.row,
                "batchpub.outcome": row.outcome.value,
                **({"batchpub.batch_id": row.batch_id} if row.batch_id else {}),
            },
        )
        if row.outcome in BAD:
            course.set_status(Status(StatusCode.ERROR, row.code or row.outcome.value))
        for call in calls:
            span = tracer.start_span(
                f"{METHODS[call.operation]} {call.operation}",
                set_span_in_context(course),
                SpanKind.CLIENT,
                {"server.address": run.portal, **_describe(call)},
                start_time=_nanoseconds(call.sent_at),
            )
            span.end(_nanoseconds(call.answered_at or call.sent_at))
        course.end(_nanoseconds(max(begin, finish)))
    whole.end(_nanoseconds(max(run.started_at, end)))


def _courses(run: RunRecord) -> Iterator[tuple[RowRecord, list[CallRecord]]]:
    """Give each row that calls were made for, with its calls in order."""
    by_course: dict[tuple[str, str], list[CallRecord]] = {}
    for call in run.calls:
        by_course.setdefault((call.course_id, call.batch_id), []).append(call)
    for row in run.rows:
        calls = by_course.pop((row.course_id, row.batch_id), None)
        if calls:
            yield row, calls


def _describe(call: CallRecord) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "http.request.method": METHODS[call.operation],
        "batchpub.operation": call.operation,
        "batchpub.meaning": call.meaning or UNANSWERED,
    }
    if call.http_status is not None:
        attributes["http.response.status_code"] = call.http_status
    if call.http_status is None or call.http_status >= 400:  # noqa: PLR2004 - the convention: errors of clients and servers
        attributes["error.type"] = str(call.http_status or call.code or UNANSWERED)
    return attributes


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
