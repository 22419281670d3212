"""What a collector of OpenTelemetry is sent."""

from dataclasses import replace

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.made_runs import COURSE, OTHER

from batchpub.telemetry.otel import export_run


class KeptMetrics(MetricExporter):
    """Keeps the points by metric, and says what it is told to."""

    def __init__(self, result=MetricExportResult.SUCCESS):
        super().__init__()
        self.points, self.result, self.resource = {}, result, None

    def export(self, metrics_data, timeout_millis=10_000, **_):
        (of_resource,) = metrics_data.resource_metrics
        self.resource = of_resource.resource
        for scope in of_resource.scope_metrics:
            for metric in scope.metrics:
                self.points[metric.name] = (metric.unit, list(metric.data.data_points))
        return self.result

    def force_flush(self, timeout_millis=10_000):
        return True

    def shutdown(self, timeout_millis=30_000, **_): ...


def test_metrics_have_conventional_names_and_units(run):
    """
    Counters count rows and calls, histograms have seconds; what has a semantic convention has its name.
    """
    kept = KeptMetrics()

    assert () == export_run(run, {}, metrics=kept, spans=InMemorySpanExporter())

    assert {
        "batchpub.rows": "{row}",
        "batchpub.calls": "{call}",
        "http.client.request.duration": "s",
        "batchpub.wait.duration": "s",
        "batchpub.lock.duration": "s",
        "batchpub.run.duration": "s",
    } == {name: unit for name, (unit, _) in kept.points.items()}
    rows = {point.attributes["batchpub.outcome"]: point.value for point in kept.points["batchpub.rows"][1]}
    assert (1, 1, 1, 0) == tuple(rows[name] for name in ("published", "unknown", "invalid", "failed"))
    calls = {
        point.attributes.get("http.response.status_code"): point
        for point in kept.points["http.client.request.duration"][1]
    }
    assert {200, 429} == set(calls)
    assert "429" == calls[429].attributes["error.type"]
    assert "batchpub" == kept.resource.attributes["service.name"]


def test_trace_is_run_then_course_then_call(run):
    """
    Every call is a child of its course, every course one of the run, with the record's own times.
    """
    kept = InMemorySpanExporter()

    export_run(run, {}, metrics=KeptMetrics(), spans=kept)

    spans = kept.get_finished_spans()
    names = {span.context.span_id: span.name for span in spans}
    told = sorted((span.name, names.get(span.parent.span_id) if span.parent else None) for span in spans)
    assert [
        ("GET read", "batchpub course"),
        ("POST publish", "batchpub course"),
        ("POST publish", "batchpub course"),
        ("POST publish", "batchpub course"),
        ("batchpub course", "batchpub run"),
        ("batchpub course", "batchpub run"),
        ("batchpub run", None),
    ] == told
    assert {COURSE, OTHER} == {
        span.attributes["batchpub.course_id"] for span in spans if span.name == "batchpub course"
    }
    whole = next(span for span in spans if span.name == "batchpub run")
    assert 400_000_000_000 == whole.end_time - whole.start_time
    assert all(whole.start_time <= span.start_time <= span.end_time <= whole.end_time for span in spans)


def test_pipeline_can_be_the_parent(run):
    """
    TRACEPARENT, which CI servers and `otel-cli` set, puts the run under the pipeline's span.
    """
    kept = InMemorySpanExporter()
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    export_run(run, {"TRACEPARENT": parent}, metrics=KeptMetrics(), spans=kept)

    whole = next(span for span in kept.get_finished_spans() if span.name == "batchpub run")
    assert (0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331) == (whole.context.trace_id, whole.parent.span_id)


def test_a_name_of_the_environment_stays(run, monkeypatch):
    """
    OTEL_SERVICE_NAME names the service.
    """
    monkeypatch.setenv("OTEL_SERVICE_NAME", "lms-publisher")
    kept = KeptMetrics()

    export_run(run, {}, metrics=kept, spans=InMemorySpanExporter())

    assert "lms-publisher" == kept.resource.attributes["service.name"]


class Full(SpanExporter):
    def export(self, spans):
        return SpanExportResult.FAILURE

    def shutdown(self): ...


def test_what_was_not_taken_is_said(run):
    """
    Each of the two that the collector does not take is one sentence, and nothing is raised.
    """
    warnings = export_run(run, {}, metrics=KeptMetrics(MetricExportResult.FAILURE), spans=Full())

    assert (
        "The collector of OpenTelemetry did not take the metrics. The run itself is not affected.",
        "The collector of OpenTelemetry did not take the traces. The run itself is not affected.",
    ) == warnings


def test_a_long_run_is_sent_in_several_requests(run):
    """
    No request has more spans than a collector takes by default.
    """
    sizes = []

    class Counting(InMemorySpanExporter):
        def export(self, spans):
            sizes.append(len(spans))
            return super().export(spans)

    export_run(replace(run, calls=run.calls * 300), {}, metrics=KeptMetrics(), spans=Counting())

    assert 1203 == sum(sizes)
    assert max(sizes) <= 512
