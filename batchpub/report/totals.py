"""How many rows ended how, in numbers and in sentences."""

from collections import Counter

from batchpub.course import Outcome
from batchpub.record import RunRecord

PROBLEMS = (Outcome.INVALID, Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_ATTEMPTED)
"""The outcomes after which somebody has something to do."""

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


def summary_sentence(run: RunRecord) -> str:
    """Say in one sentence what became of the rows, and that it was a sandbox where it was one."""
    parts = [f"{count:,} {name_outcome(outcome)}" for outcome, count in count_outcomes(run).items() if count]
    rows = "1 row" if len(run.rows) == 1 else f"{len(run.rows):,} rows"
    told = f"{rows}: {', '.join(parts)}." if parts else "There were no rows."
    return f"Sandbox, nothing was really published. {told}" if run.sandbox else told


def advice(outcome: Outcome) -> str:
    """Say what to do about rows with this outcome."""
    return _ADVICE[outcome]
