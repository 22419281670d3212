"""Whom a run tells of its end, by its settings and the environment: webhook, mail, Prometheus, OpenTelemetry.

Imported when a command is over: `check --help` needs none of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from batchpub.cli.pipeline import read_pipeline
from batchpub.files import say_cause
from batchpub.notify import Mail, Targets, notify
from batchpub.record import RunRecord
from batchpub.report.ending import describe_end
from batchpub.settings.fields import Settings
from batchpub.telemetry import measure, wanted_signals, write_textfile


def tell_end_of_run(
    run: RunRecord, settings: Settings, environ: Mapping[str, str], reports: Sequence[Path]
) -> Iterator[str]:
    """Tell all of them, each by itself; give a sentence for each that could not be told. It is never an exit code."""
    if settings.metrics_file:
        yield from _write_metrics(Path(settings.metrics_file), run)
    yield from _export(run, environ)
    yield from tell_people(run, settings, environ, reports)


def tell_people(
    run: RunRecord, settings: Settings, environ: Mapping[str, str], reports: Sequence[Path]
) -> tuple[str, ...]:
    """Tell whoever the settings name, also of a command that ended before its run began."""
    url = read_pipeline(environ).get("cicd.pipeline.run.url.full", "")
    workbooks = [path for path in reports if path.suffix == ".xlsx"]
    return notify(describe_end(run, reports, pipeline_url=url), _targets(settings), workbooks)


def _targets(settings: Settings) -> Targets:
    mail = None
    if settings.smtp_url and settings.mail_from:
        mail = Mail(server=settings.reveal("smtp_url"), sender=settings.mail_from, to=settings.mail_to)
    return Targets(url=settings.reveal("notify_url"), form=settings.notify_format, mail=mail)


def _write_metrics(path: Path, run: RunRecord) -> Iterator[str]:
    try:
        write_textfile(path, measure(run), host=run.portal)
    except OSError as error:
        yield f"The metrics file {path} cannot be written: {say_cause(error)}. The run itself is not affected."


def _export(run: RunRecord, environ: Mapping[str, str]) -> Iterator[str]:
    wanted = wanted_signals(environ)
    if not wanted:
        return
    try:
        from batchpub.telemetry.otel import export_run  # noqa: PLC0415 - an extra

        yield from export_run(run, environ, wanted=wanted)
    except ModuleNotFoundError:
        yield "OTEL_… variables name a collector, but the extra is not installed: pip install 'batchpub[otel]'."
    except Exception as error:  # noqa: BLE001 - a collector's trouble, or a variable of its own, is none of the run's
        yield f"OpenTelemetry could not be used ({type(error).__name__}). Look at the OTEL_… variables."
