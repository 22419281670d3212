"""The first sheet of results.xlsx: what happened, how many rows ended how, and what to do next."""

from typing import Any

from batchpub.record import RunRecord
from batchpub.report.text import show_time
from batchpub.report.totals import (
    ORDER,
    advice,
    count_outcomes,
    count_problems,
    name_outcome,
    say_end,
    summary_sentence,
)
from batchpub.report.xlsx_look import (
    SUMMARY_WIDTHS,
    TITLE_SCALE,
    BookStyles,
    count_lines,
    prepare_print,
    set_height,
    write_text,
)

_LOOK_HERE = "filter bp_outcome on the sheet Results; bp_message says what to do in each row."


def write_summary(page: Any, run: RunRecord, styles: BookStyles) -> None:
    """Write sentences, never a stranger's text alone in a cell: a sheet named "Course ID" would read as a heading."""
    for column, width in enumerate(SUMMARY_WIDTHS):
        page.set_column(column, column, width)
    _write_across(page, 0, summary_sentence(run), styles.title, scale=TITLE_SCALE)
    end = _write_totals(page, 2, run, styles)
    for line, sentence in enumerate(_tell_run(run), start=end + 1):
        _write_across(page, line, sentence, styles.wrapped)
    prepare_print(page, landscape=False)


def _write_totals(page: Any, begin: int, run: RunRecord, styles: BookStyles) -> int:
    """Write the table of totals and give the line after it."""
    page.write_row(begin, 0, ("Outcome", "Rows"), styles.heading)
    page.write_string(begin, 2, "What to do", styles.indented_heading)
    totals = count_outcomes(run)
    line = begin + 1
    for outcome in ORDER:
        if totals[outcome]:
            page.write_string(line, 0, name_outcome(outcome), styles.outcomes[outcome])
            page.write_number(line, 1, totals[outcome], styles.plain)
            page.write_string(line, 2, advice(outcome), styles.indented)
            line += 1
    page.write_string(line, 0, "all rows", styles.bold)
    page.write_number(line, 1, len(run.rows), styles.bold)
    return line + 1


def _write_across(page: Any, line: int, sentence: str, cell_format: Any, *, scale: float = 1.0) -> None:
    """Write a sentence over all columns, in as many lines as it needs."""
    page.merge_range(line, 0, line, len(SUMMARY_WIDTHS) - 1, "", cell_format)
    write_text(page, line, 0, sentence, cell_format)
    set_height(page, line, count_lines(sentence, sum(SUMMARY_WIDTHS) / scale), scale=scale)


def _tell_run(run: RunRecord) -> list[str]:
    ended = f"finished {show_time(run.finished_at)}" if run.finished_at else "no end recorded"
    sentences = [
        f"What to do next: {_LOOK_HERE if count_problems(run) else 'nothing.'}",
        f"Run {run.run} on {run.portal}: started {show_time(run.started_at)}, {ended}.",
    ]
    if run.stop_reason:
        sentences.append(say_end(run))
    if run.resume_command:
        sentences.append(f"To go on, run: {run.resume_command}")
    for sheet in run.sheets:
        if sheet.refused:
            sentences.append(f"Not read: {sheet.file}: {sheet.refused}")
            continue
        sentences.append(f"Read from {sheet.file}" + (f", sheet {sheet.sheet}" if sheet.sheet else ""))
        sentences += [f"Note: {note}" for note in sheet.notes]
    return sentences
