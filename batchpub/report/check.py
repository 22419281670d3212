"""The last look before a report is written: does every row of the run stand in it exactly once."""

from collections import Counter

from batchpub.record import RunRecord

_MOST_NAMED = 10


def check_rows(run: RunRecord) -> tuple[str, ...]:
    """Say in sentences where the rows break the promise: all of them, each once, on a sheet of the run."""
    counted = Counter(row.position for row in run.rows)
    expected = range(len(run.rows) if run.planned_rows is None else run.planned_rows)
    missing = [position for position in expected if position not in counted]
    beyond = sorted(position for position in counted if position not in expected)
    twice = sorted(position for position, count in counted.items() if count > 1)
    strays = [row.position for row in run.rows if not 0 <= row.sheet_index < len(run.sheets)]
    faults = (
        (missing, "have no outcome"),
        (beyond, "are not positions of this run"),
        (twice, "stand in the record more than once"),
        (strays, "belong to no sheet of this run"),
    )
    return tuple(f"The rows at {_name(positions)} {what}." for positions, what in faults if positions)


def _name(positions: list[int]) -> str:
    named = ", ".join(map(str, positions[:_MOST_NAMED]))
    more = len(positions) - _MOST_NAMED
    return f"{named} and {more:,} more" if more > 0 else named
