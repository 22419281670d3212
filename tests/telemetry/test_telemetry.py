"""A run's figures say what its record says, in both forms."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.made_runs import make_run

from batchpub.course import Outcome
from batchpub.telemetry import Signal, format_textfile, measure, wanted_signals, write_textfile


def test_figures_of_a_run(run):
    """
    Rows by outcome, calls by operation and meaning, and every time in seconds.
    """
    figures = measure(run)

    assert {Outcome.PUBLISHED: 1, Outcome.UNKNOWN: 1, Outcome.INVALID: 1} == {
        k: n for k, n in figures.rows.items() if n
    }
    assert set(Outcome) == set(figures.rows)
    assert {
        ("read", "stateread"): 1,
        ("publish", "published"): 1,
        ("publish", "throttled"): 1,
        ("publish", "unanswered"): 1,
    } == figures.calls
    assert {"publish": (0.25, 0.125), "read": (0.5,)} == figures.call_seconds
    assert (1.0, 0.5, 3.0, 306.875) == figures.wait_seconds
    assert ((305.0,), 400.0, 3) == (figures.lock_seconds, figures.run_seconds, figures.exit_code)


def test_a_run_that_died_has_figures(run):
    """
    Without an end, the run lasted until the last thing that is known of it, and its exit code is -1.
    """
    figures = measure(replace(run, finished_at=None, exit_code=None))

    assert (310.0, -1) == (figures.run_seconds, figures.exit_code)


def test_textfile_is_what_a_collector_reads(run, tmp_path):
    """
    The file is in the text format: help and type once a family, a sample a line, all with the host.
    """
    path = tmp_path / "batchpub.prom"
    write_textfile(path, measure(run), host='people."zoho"\n.com\\')

    lines = path.read_text().splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]

    sample = re.compile(r'(batchpub_[a-z_]+)\{host="people\.\\"zoho\\"\\n\.com\\\\"(?:,[a-z]+="[^"]*")*\} -?[0-9.]+')
    assert all(sample.fullmatch(line) for line in samples)
    assert families == list(
        dict.fromkeys(line.split("{")[0].removesuffix("_sum").removesuffix("_count") for line in samples)
    )
    assert len(families) == len(set(families))
    assert any(line.endswith(',outcome="published"} 1') for line in samples)
    assert [path] == list(tmp_path.iterdir())


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=50))
def test_quantiles_are_durations_that_happened(microseconds):
    """
    A quantile is one of the durations, at least its share of them is not longer, and the last one is the longest.
    """
    run_seconds = [count / 1_000_000 for count in microseconds]
    figures = replace(measure(make_run(rows=())), call_seconds={"publish": tuple(run_seconds)})

    told = re.findall(r'quantile="([0-9.]+)"\} ([0-9.e-]+)', format_textfile(figures, host="h"))

    for name, value in told:
        among = [seconds for seconds in run_seconds if abs(round(seconds, 6) - float(value)) < 1e-9]
        assert among
        assert sum(seconds <= among[0] for seconds in run_seconds) >= len(run_seconds) * float(name)
    assert round(max(run_seconds), 6) == float(told[-1][1])


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, set()),
        ({"OTEL_SERVICE_NAME": "x"}, set()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, {Signal.METRICS, Signal.TRACES}),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, {Signal.TRACES}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_METRICS_EXPORTER": "none"}, {Signal.TRACES}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, set()),
    ],
)
def test_environment_says_what_is_sent(environ, expected):
    """
    Only what has an endpoint is sent, and the standard switches turn it off.
    """
    assert expected == wanted_signals(environ)
