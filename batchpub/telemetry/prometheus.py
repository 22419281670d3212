"""The figures as a textfile for node-exporter's textfile collector.

A batch job is over before anybody could scrape it, so it leaves a file. The format is Prometheus' text exposition format 0.0.4.
"""

import math
from collections.abc import Iterable
from pathlib import Path

from batchpub.files import replace_file
from batchpub.telemetry.figures import Figures

QUANTILES = (0.5, 0.95, 1.0)
Samples = Iterable[tuple[dict[str, str], float]]


def write_textfile(path: Path, figures: Figures, *, host: str) -> None:
    """Write the file so that no reader ever sees half of it. Raises OSError where it cannot be written."""
    replace_file(path, format_textfile(figures, host=host).encode())


def format_textfile(figures: Figures, *, host: str) -> str:
    """Give the file's text: gauges of the last run, since a counter would need to remember the runs before."""
    families: list[tuple[str, str, Samples]] = [
        ("last_run_exit_code", "Exit code of the last run; -1 where it died.", [({}, figures.exit_code)]),
        ("last_run_start_timestamp_seconds", "When the last run began.", [({}, figures.started_at.timestamp())]),
        ("last_run_duration_seconds", "How long the last run took.", [({}, figures.run_seconds)]),
        (
            "last_run_rows",
            "Rows of the last run by outcome.",
            [({"outcome": outcome.value}, count) for outcome, count in figures.rows.items()],
        ),
        (
            "last_run_calls",
            "Calls of the last run by operation and meaning of the answer.",
            [
                ({"operation": operation, "meaning": meaning}, n)
                for (operation, meaning), n in sorted(figures.calls.items())
            ],
        ),
        ("last_run_locks", "Locks that the last run met.", [({}, len(figures.lock_seconds))]),
        ("last_run_lock_seconds", "Seconds of these locks.", [({}, sum(figures.lock_seconds))]),
        (
            "last_run_wait_seconds",
            "Seconds that courses waited for their calls, in all.",
            [({}, sum(figures.wait_seconds))],
        ),
    ]
    gauges = [_family(name, meaning, samples, host) for name, meaning, samples in families]
    return "".join([*gauges, _summary(figures, host)])


def _summary(figures: Figures, host: str) -> str:
    """Give the durations of the answered calls: promtool wants quantiles in a summary and nowhere else."""
    name, lines = "batchpub_last_run_call_duration_seconds", []
    for operation, seconds in figures.call_seconds.items():
        labels = {"host": host, "operation": operation}
        for share in QUANTILES if seconds else ():
            shown = _labels({**labels, "quantile": f"{share:g}"})
            lines.append(f"{name}{{{shown}}} {_number(_quantile(seconds, share))}\n")
        lines.append(f"{name}_sum{{{_labels(labels)}}} {_number(sum(seconds))}\n")
        lines.append(f"{name}_count{{{_labels(labels)}}} {len(seconds)}\n")
    head = f"# HELP {name} Durations of the answered calls of the last run.\n# TYPE {name} summary\n"
    return head + "".join(lines) if lines else ""


def _family(name: str, meaning: str, samples: Samples, host: str) -> str:
    lines = [f"batchpub_{name}{{{_labels({'host': host, **labels})}}} {_number(value)}\n" for labels, value in samples]
    return f"# HELP batchpub_{name} {meaning}\n# TYPE batchpub_{name} gauge\n{''.join(lines)}" if lines else ""


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 6))


def _quantile(seconds: tuple[float, ...], share: float) -> float:
    """Give the smallest duration that at least this share of the calls did not exceed."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
