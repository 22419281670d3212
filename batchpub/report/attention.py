"""The rows that need a person, brought together where the same sentence is said of many."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TypeVar

from batchpub.plan.ranges import say_alike, say_ranges
from batchpub.record import RunRecord
from batchpub.report.totals import PROBLEMS, TONES, Tone, advice, name_outcome

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A row worth a word, or a whole file: what became of it, where it is, whose course it is, and the sentence.

    `message` has no place in front. `cell` is the one to blame, if one is; `row` is 0 for a whole file. `sheet` stands
    beside the row where the run has several.
    """

    word: str
    message: str
    tone: Tone = Tone.BAD
    file: str = ""
    sheet: str = ""
    row: int = 0
    cell: str = ""
    course_id: str = ""
    batch_id: str = ""
    name: str = ""

    @property
    def place(self) -> str:
        """Name the cell that a person has to look at, or the row where no cell is to blame."""
        return self.cell or (f"row {self.row}" if self.row else "")

    @property
    def course(self) -> str:
        """Name the course by all that is known of it."""
        return " ".join(filter(None, (self.course_id, self.batch_id, self.name)))


def find_spots(run: RunRecord) -> tuple[Spot, ...]:
    """Give every row that needs attention: what a person can mend first, what only time can mend last."""
    places = {outcome: place for place, outcome in enumerate(PROBLEMS)}
    found = (row for row in run.rows if row.outcome in places)
    return tuple(
        Spot(
            word=name_outcome(row.outcome),
            tone=TONES[row.outcome],
            file=run.sheets[row.sheet_index].file,
            sheet=name_sheet(run, row.sheet_index),
            row=row.row,
            cell=row.cell,
            course_id=row.course_id,
            batch_id=row.batch_id,
            name=row.name,
            message=drop_place(row.cell, row.message) or advice(row.outcome),
        )
        for row in sorted(found, key=lambda row: (places[row.outcome], row.position))
    )


def group_spots(spots: Iterable[Spot]) -> list[list[Spot]]:
    """Bring together what has the same word and alike sentences."""
    return group_alike(spots, lambda spot: (spot.word, spot.cell, spot.message))


def say_message(spots: Sequence[Spot], *, longest: int | None = None) -> str:
    """Give the one sentence of a group, cut where it is too long."""
    alike = "" if len({spot.message for spot in spots}) == 1 else " (The others are alike.)"
    return spots[0].message[:longest] + alike


def group_alike(things: Iterable[_T], key: Callable[[_T], tuple[str, str, str]]) -> list[list[_T]]:
    """Bring together what has the same word and alike sentences; `key` gives word, cell and sentence of a thing."""
    groups: dict[tuple[str, str], list[_T]] = {}
    for thing in things:
        word, cell, sentence = key(thing)
        groups.setdefault((word, say_alike(cell, sentence)), []).append(thing)
    return list(groups.values())


def drop_place(cell: str, message: str) -> str:
    """Give a sentence without the cell it begins with."""
    if cell and message.startswith(f"{cell}: "):
        rest = message.removeprefix(f"{cell}: ")
        return rest[:1].upper() + rest[1:]
    if cell and message.startswith(f"{cell} "):
        return f"The cell {message.removeprefix(f'{cell} ')}"
    return message


def name_sheet(run: RunRecord, index: int) -> str:
    """Name a sheet beside its rows: file and sheet, "" where the run has only one."""
    if len(run.sheets) == 1:
        return ""
    sheet = run.sheets[index]
    short = shorten_files(tuple(one.file for one in run.sheets))[sheet.file]
    return " · ".join(part for part in (short, sheet.sheet) if part)


@lru_cache(maxsize=4)
def shorten_files(files: tuple[str, ...]) -> dict[str, str]:
    """Give each file its name, with as many of its folders as tell it from the others: June and July may have an a.csv."""
    return {file: _shorten_file(file, {other for other in files if other != file}) for file in files}


def _shorten_file(file: str, others: set[str]) -> str:
    parts = PurePath(file).parts
    same = [PurePath(other).parts for other in others if PurePath(other).name == PurePath(file).name]
    for count in range(1, len(parts)):
        if all(other[-count:] != parts[-count:] for other in same):
            return PurePath(*parts[-count:]).as_posix()
    return file


def say_places(spots: Sequence[Spot]) -> str:
    """Name where the rows are, each sheet once, neighbours as ranges."""
    sheets: dict[str, list[str]] = {}
    for spot in spots:
        sheets.setdefault(spot.sheet, []).append(spot.place)
    return "; ".join(f"{sheet} {say_ranges(cells)}".strip() for sheet, cells in sheets.items())
