"""How many rows ended how, in numbers and in sentences."""

from collections import Counter
from enum import StrEnum

from batchpub.course import Outcome
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.sentences.events import say_duration

DONE = (Outcome.PUBLISHED, Outcome.ALREADY_PUBLISHED)
"""The outcomes after which the course is published."""

PROBLEMS = (Outcome.INVALID, Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_ATTEMPTED)
"""The outcomes after which somebody has something to do, in the order to look at them."""

ORDER = (*PROBLEMS, *(outcome for outcome in Outcome if outcome not in PROBLEMS))
"""All outcomes as people want to see them: problems first."""


class Tone(StrEnum):
    """How an outcome is to be taken; every report has a colour for it."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    QUIET = "quiet"


TONES = {
    Outcome.PUBLISHED: Tone.GOOD,
    Outcome.ALREADY_PUBLISHED: Tone.GOOD,
    Outcome.REFUSED: Tone.BAD,
    Outcome.FAILED: Tone.BAD,
    Outcome.UNKNOWN: Tone.WATCH,
    Outcome.NOT_ATTEMPTED: Tone.WATCH,
    Outcome.INVALID: Tone.BAD,
    Outcome.DUPLICATE: Tone.QUIET,
    Outcome.SKIPPED: Tone.QUIET,
}
_ADVICE = {
    Outcome.PUBLISHED: "Nothing to do.",
    Outcome.ALREADY_PUBLISHED: "Nothing to do: it was published before.",
    Outcome.REFUSED: "Zoho said no for good. Read the message, mend the course or the id, then retry.",
    Outcome.FAILED: "Trouble outlasted the attempts. Retry later.",
    Outcome.UNKNOWN: "Sent, but the answer never came. Look at the course in Zoho, or run again to find out.",
    Outcome.NOT_ATTEMPTED: "The run stopped first. Run the same command again.",
    Outcome.INVALID: "The row itself is wrong. Correct the cell the message names, then run again.",
    Outcome.DUPLICATE: "Nothing to do: an earlier row stands for the same course.",
    Outcome.SKIPPED: "Nothing to do: the row is blank or says not to publish.",
}


def count_outcomes(run: RunRecord) -> dict[Outcome, int]:
    """Count the rows of every outcome, in the order of the outcomes; those that did not occur count 0."""
    counted = Counter(row.outcome for row in run.rows)
    return {outcome: counted[outcome] for outcome in Outcome}


def name_outcome(outcome: Outcome) -> str:
    """Name an outcome as people read it."""
    return outcome.value.replace("_", " ")


def count_problems(run: RunRecord) -> int:
    """Count the rows that need attention."""
    totals = count_outcomes(run)
    return sum(totals[outcome] for outcome in PROBLEMS)


def summary_sentence(run: RunRecord) -> str:
    """Say in one sentence what became of the rows, and before it that it was a sandbox or has no end."""
    sentence = f"{_say_unread(run)}{_say_rows(run)}"
    if run.finished_at is None:
        sentence = f"This run has not ended, or died; so far: {sentence}"
    return f"Sandbox, nothing was really published. {sentence}" if run.sandbox else sentence


def _say_unread(run: RunRecord) -> str:
    unread = len({sheet.file for sheet in run.sheets if sheet.refused})
    return f"{unread:,} {'file was' if unread == 1 else 'files were'} not read. " if unread else ""


def say_end(run: RunRecord) -> str:
    """Give the sentence why it stopped early or could not begin, with the words before it; "" where it did neither."""
    if not run.stop_reason:
        return ""
    return f"{'It stopped early' if run.rows or run.planned_rows != 0 else 'It could not begin'}: {run.stop_reason}"


def say_plan(*, to_send: int, mailing: int, host: str, eta: float, attention: int) -> str:
    """Say in one sentence what a run will do: how many courses, where, whom it mails, how long, and what is wrong."""
    mails = f"{mailing:,} {'mails' if mailing == 1 else 'mail'} learners" if mailing else "none mails learners"
    took = f", about {say_duration(eta)}" if eta >= 1 else ""
    look = f"; {say_count(attention, 'row')} {'needs' if attention == 1 else 'need'} attention" if attention else ""
    return f"{say_count(to_send, 'course')} to publish in {host}, {mails}{took}{look}."


def advice(outcome: Outcome) -> str:
    """Say what to do about rows with this outcome."""
    return _ADVICE[outcome]


def _say_rows(run: RunRecord) -> str:
    if not run.rows and not run.stop_reason:
        return "There were no rows."
    if not run.rows:
        return "Nothing was sent." if run.planned_rows == 0 else "It broke off; the log has what became of the rows."
    totals = count_outcomes(run)
    problems = count_problems(run)
    quiet = totals[Outcome.DUPLICATE] + totals[Outcome.SKIPPED]
    parts = [_say_published(totals, len(run.rows))]
    if quiet:
        parts.append(f"{quiet:,} {'is a duplicate or was' if quiet == 1 else 'are duplicates or were'} skipped")
    if problems:
        parts.append(f"{problems:,} {'needs' if problems == 1 else 'need'} attention: {_list_problems(totals)}")
    return "; ".join(parts) + "."


def _say_published(totals: dict[Outcome, int], rows: int) -> str:
    done, earlier = sum(totals[outcome] for outcome in DONE), totals[Outcome.ALREADY_PUBLISHED]
    if done == 0:
        return "The row is not published" if rows == 1 else f"None of the {rows:,} rows is published"
    before = "" if not earlier else " (since before)" if earlier == done else f" ({earlier:,} of them since before)"
    if done == rows:
        return f"The row is published{before}" if rows == 1 else f"All {rows:,} rows are published{before}"
    return f"{done:,} of {rows:,} rows {'is' if done == 1 else 'are'} published{before}"


def _list_problems(totals: dict[Outcome, int]) -> str:
    return ", ".join(f"{totals[outcome]:,} {name_outcome(outcome)}" for outcome in PROBLEMS if totals[outcome])
