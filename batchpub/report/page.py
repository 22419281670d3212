"""report.html: one page that needs no network and no other file."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from batchpub.record import RunRecord
from batchpub.report.text import replace_unshowable, show_time
from batchpub.report.timeline import HEIGHT, WIDTH, draw_timeline
from batchpub.report.totals import advice, count_outcomes, name_outcome, summary_sentence


def write_html(run: RunRecord) -> bytes:
    """Write the page: totals, what to do, calls against the limit, and a table of all rows that can be filtered."""
    page = _load_template().render(
        run=run,
        timeline=draw_timeline(run),
        size=(WIDTH, HEIGHT),
        sentence=summary_sentence(run),
        totals=[(outcome, count, advice(outcome)) for outcome, count in count_outcomes(run).items() if count],
    )
    return replace_unshowable(page).encode()


@cache
def _load_template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"moment": show_time, "words": name_outcome}
    return environment.from_string(files("batchpub.report").joinpath("report.html.j2").read_text("utf-8"))
