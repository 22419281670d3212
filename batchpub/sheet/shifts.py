"""Rows of a text file whose values may stand one column too far to the right.

A comma inside a title that is in no quotation marks pushes what follows it to the right. Where the last column is empty,
nothing ends up beyond the headings, and a neighbour of the id (a prerequisite's, say) stands under "Course ID". Such a
row has a sign of it, and always a second number that could be an id: the right one, further to the right.
"""

import re
from collections import Counter
from collections.abc import Sequence

_ID_LIKE = re.compile(r"[0-9]{12,}")
_WRAPPING = " \"'="
_FEWEST_IDS = 2

_MORE_VALUES = "it has more values than the other rows"
_LEADING_SPACE = 'a value begins with a space, as after a comma inside a title ("{}")'
_MOVED = (
    "its values may have moved to the right: {}. So nobody can know which number is the Course ID. Put the title into quotation marks, or "
    "export the list again."
)


def is_like_id(value: str) -> bool:
    """Say whether a value could be meant as an id, of whatever length."""
    return _ID_LIKE.fullmatch(value.strip(_WRAPPING)) is not None


class ShiftWatch:
    """Looks at every row once, and says in the end which of them are in doubt."""

    def __init__(self, *, headings: int, doubtful_delimiter: bool) -> None:
        """Remember how many headings there are, and whether the delimiter can be half a letter of an old code page."""
        self._headings = 0 if doubtful_delimiter else headings
        self._counts: Counter[int] = Counter()
        self._spaced: Counter[int] = Counter()
        self._longer: dict[int, int] = {}
        self._suspects: dict[int, tuple[int, str]] = {}

    def look(self, place: int, fields: Sequence[str]) -> None:
        """Take note of a row by its place."""
        count = len(fields)
        self._counts[count] += 1
        if count > self._headings and sum(map(is_like_id, fields)) >= _FEWEST_IDS:
            self._longer[place] = count
        for column in range(1, count):
            if fields[column][:1] == " ":
                self._look_at_spaces(place, fields)
                return

    def _look_at_spaces(self, place: int, fields: Sequence[str]) -> None:
        spaced = [column for column, value in enumerate(fields) if column and value[:1] == " " and value.strip()]
        self._spaced.update(spaced)
        if not spaced or all(value[:1] in ("", " ") for value in fields[1:]):
            return  # whoever puts a space after every comma does not tell anything by it
        if sum(map(is_like_id, fields[spaced[0] + 1 :])) >= _FEWEST_IDS:
            self._suspects[place] = spaced[0], fields[spaced[0]].strip()

    def find_doubtful(self) -> dict[int, str]:
        """Give the sentences about the rows in doubt, by their places."""
        rows = self._counts.total()
        most = max(self._counts.values(), default=0)
        usual = max(self._headings, min((count for count, seen in self._counts.items() if seen == most), default=0))
        doubtful = {place: _MOVED.format(_MORE_VALUES) for place, count in self._longer.items() if count > usual}
        for place, (column, value) in self._suspects.items():
            if 2 * self._spaced[column] <= rows or rows == 1:
                doubtful[place] = _MOVED.format(_LEADING_SPACE.format(value[:30]))
        return doubtful
