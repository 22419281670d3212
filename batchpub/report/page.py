"""report.html: one page that needs no network and no other file."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from batchpub.course import NotifyPolicy, Outcome
from batchpub.plural import say_count
from batchpub.record import RowRecord, RunRecord
from batchpub.report.attention import Spot, find_spots, group_spots, name_sheet, say_message, say_places
from batchpub.report.rows import describe_row
from batchpub.report.table import find_own_columns, pick_own
from batchpub.report.text import replace_unshowable, show_time
from batchpub.report.timeline import COLUMNS, HEIGHT, draw_timeline
from batchpub.report.totals import (
    DONE,
    ORDER,
    PROBLEMS,
    TONES,
    Tone,
    advice,
    count_outcomes,
    count_problems,
    name_outcome,
    say_end,
    summary_sentence,
)
from batchpub.sentences.events import say_duration

if TYPE_CHECKING:
    from jinja2 import Template

MOST_PROBLEMS = 8  # of one outcome before "and n more"; the table below has them all
_MAILED = {
    NotifyPolicy.NEVER: "learners are not mailed",
    NotifyPolicy.SHEET: "learners are mailed where the sheet says so",
    NotifyPolicy.ALL: "learners are mailed unless the sheet says no",
}
_FIELDS = (
    "sheet_index", "row", "cell", "course_id", "batch_id", "name", "outcome", "message", "attempts", "notify",
    "http_status", "code", "first_sent_at", "finished_at",
)  # fmt: skip
"""What the table of all rows knows of each; the person's own cells stand behind them."""
_HTML_IN_JSON = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def write_html(run: RunRecord) -> bytes:
    """Write the page: what happened, what needs a person, calls against the limit, and a table of all rows.

    The script, the style and the data stand in the page itself. The policy in it names the two by their hashes and
    forbids everything else, so that nothing from a sheet could run even if it came through unescaped.
    """
    totals = count_outcomes(run)
    page = _load_template().render(
        run=run,
        sentence=summary_sentence(run),
        stopped=say_end(run),
        tone=_judge_tone(run),
        totals=[(outcome, totals[outcome]) for outcome in ORDER if totals[outcome]],
        shares=_share_out(totals),
        problems=_problem_sections(run),
        problem_count=count_problems(run),
        spots=find_spots(run),
        timeline=draw_timeline(run),
        size=(COLUMNS, HEIGHT),
        data=_write_data(run),
        script=_read("report.js"),
        style=_read("report.css"),
        policy=_write_policy(),
    )
    return replace_unshowable(page).encode()


def _judge_tone(run: RunRecord) -> Tone:
    found = {TONES[row.outcome] for row in run.rows}
    if any(sheet.refused for sheet in run.sheets):
        found.add(Tone.BAD)
    if run.finished_at is None or not run.rows:
        found.add(Tone.WATCH)
    return next((tone for tone in (Tone.BAD, Tone.WATCH) if tone in found), Tone.GOOD)


def _share_out(totals: dict[Outcome, int]) -> list[tuple[Outcome, float, float]]:
    """Give each outcome its part of a bar: (outcome, left, width) in percent. What is done stands first."""
    whole = sum(totals.values()) or 1
    shares = []
    left = 0
    for outcome in (*DONE, Outcome.DUPLICATE, Outcome.SKIPPED, *reversed(PROBLEMS)):
        if count := totals[outcome]:
            shares.append((outcome, round(100 * left / whole, 3), round(100 * count / whole, 3)))
            left += count
    return shares


def _problem_sections(run: RunRecord) -> list[tuple[Outcome, int, list[list[Spot]]]]:
    """Give the problems by outcome: (outcome, rows, rows with one sentence), those that concern most rows first."""
    groups = sorted(group_spots(find_spots(run)), key=lambda spots: -len(spots))
    totals = count_outcomes(run)
    return [
        (outcome, totals[outcome], [spots for spots in groups if spots[0].word == name_outcome(outcome)])
        for outcome in PROBLEMS
        if totals[outcome]
    ]


def _write_data(run: RunRecord) -> str:
    """Write all rows as JSON that can stand inside a script element: nothing in it ends the element."""
    columns = [find_own_columns(sheet) for sheet in run.sheets]
    data = {
        "outcomes": [
            {"value": o.value, "words": name_outcome(o), "tone": TONES[o], "problem": o in PROBLEMS} for o in ORDER
        ],
        "sheets": [
            {
                "place": _clean(name_sheet(run, index)),
                "headings": [_clean(sheet.headings[column]) for column in columns[index]],
            }
            for index, sheet in enumerate(run.sheets)
        ],
        "fields": (*_FIELDS, "values"),
        "rows": [_describe_row(run, row, columns[row.sheet_index]) for row in run.rows],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_HTML_IN_JSON)


def _describe_row(run: RunRecord, row: RowRecord, columns: tuple[int, ...]) -> list[Any]:
    named = {**describe_row(run, row), "outcome": ORDER.index(row.outcome)}
    facts = (named[name] for name in _FIELDS)
    return [
        *(_clean(fact) if isinstance(fact, str) else fact for fact in facts),
        [_clean(value) for value in pick_own(row, columns)],
    ]


def _clean(text: str) -> str:
    return text if text.isprintable() else replace_unshowable(text)


def _show_moment(moment: datetime | None) -> str:
    """Write a moment for people: to the second, in UTC."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _show_duration(run: RunRecord) -> str:
    return "" if run.finished_at is None else say_duration((run.finished_at - run.started_at).total_seconds())


@cache
def _write_policy() -> str:
    allowed = {"script-src": "report.js", "style-src": "report.css"}
    named = "; ".join(f"{kind} 'sha256-{_hash(_read(name))}'" for kind, name in allowed.items())
    return f"default-src 'none'; {named}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _read(name: str) -> str:
    return files("batchpub.report").joinpath(name).read_text("utf-8")


@cache
def _load_template() -> "Template":
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - `--help` and `check` draw no page

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "instant": show_time,
        "moment": _show_moment,
        "words": name_outcome,
        "tone": TONES.__getitem__,
        "advice": advice,
        "places": say_places,
        "sentence": say_message,
        "rows": lambda number: say_count(number, "row"),
        "duration": _show_duration,
    }
    environment.globals |= {
        "MAILED": _MAILED,
        "MOST_PROBLEMS": MOST_PROBLEMS,
    }
    return environment.from_string(_read("report.html.j2"))
