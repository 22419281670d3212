"""The texts of a row, as the cells of a row."""

from collections.abc import Iterator, Mapping, Sequence

from batchpub.cells import Cell, CellKind
from batchpub.sheet.grid import MAX_CHARACTERS, cut, name_cell
from batchpub.sheet.values import unwrap

WRAPPED = frozenset("='")
"""What a value begins with that is not all shown."""
_MOST_BLANK = 16  # columns without a text in a row that is kept as texts


class PlainCells(Mapping[int, Cell]):
    """The texts of a row by column, made into cells when they are asked for: most rows of a long list never are."""

    __slots__ = ("fields", "number")

    def __init__(self, number: int, fields: Sequence[str]) -> None:
        """Take the texts, "" where there is none."""
        self.number, self.fields = number, fields

    @property
    def is_wrapped(self) -> bool:
        """Say whether a text needs a second look."""
        return False

    def __getitem__(self, column: int) -> Cell:
        """Make the cell of a text."""
        return Cell(ref=name_cell(self.number, column), kind=CellKind.TEXT, text=self._text_of(column))

    def _text_of(self, column: int) -> str:
        value = self.fields[column] if 0 <= column < len(self.fields) else ""
        if not value:
            raise KeyError(column)
        return value

    def __iter__(self) -> Iterator[int]:
        """Give the columns that hold a text."""
        return (column for column, value in enumerate(self.fields) if value)

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.fields) - self.fields.count("")


def make_cell(
    place: tuple[int, int], kind: CellKind, text: str, *, formula: str = "", struck: bool = False, exact: bool = False
) -> Cell | str | None:
    """Make the cell at a row and column; plain text stays a text, and what holds nothing is None."""
    if kind is CellKind.EMPTY and not formula:
        return None
    if kind is CellKind.TEXT and not formula and not struck:
        return cut(text)
    return Cell(ref=name_cell(*place), kind=kind, text=cut(text), formula=cut(formula), struck=struck, exact=exact)


def gather_cells(number: int, found: Mapping[int, Cell | str]) -> Mapping[int, Cell]:
    """Give the cells of a row of a workbook, of which the plain texts are no cells yet."""
    width = max(found) + 1
    if width <= len(found) + _MOST_BLANK and {str}.issuperset(map(type, found.values())):
        fields = [""] * width
        for column, value in found.items():
            fields[column] = str(value)
        return PlainCells(number, fields)
    return {
        column: value
        if isinstance(value, Cell)
        else Cell(ref=name_cell(number, column), kind=CellKind.TEXT, text=value)
        for column, value in found.items()
    }


class FieldCells(PlainCells):
    """The fields of a record of a text file."""

    __slots__ = ("_is_plain",)

    def __init__(self, number: int, fields: Sequence[str], *, is_plain: bool = False) -> None:
        """Take the fields as they stand in the record; `is_plain` says that none needs a second look."""
        super().__init__(number, fields)
        self._is_plain = is_plain

    @property
    def is_wrapped(self) -> bool:
        """Say whether a field needs a second look: something was put around it, or it is too long for a cell."""
        if self._is_plain:
            return False
        for value in self.fields:  # noqa: SIM110 - a generator costs more than the look
            if value and (value[0] in WRAPPED or len(value) > MAX_CHARACTERS):
                return True
        return False

    def __getitem__(self, column: int) -> Cell:
        """Make the cell of a filled field."""
        value = self._text_of(column)
        text = unwrap(value)
        formula = value if text[:1] == "=" and text == value else ""
        return Cell(
            ref=name_cell(self.number, column),
            kind=CellKind.TEXT if text else CellKind.EMPTY,
            text=cut(text),
            formula=cut(formula),
        )
