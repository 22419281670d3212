"""The fields of a record of a text file, as the cells of a row."""

from collections.abc import Iterator, Mapping, Sequence

from batchpub.course import Cell, CellKind
from batchpub.sheet.grid import MAX_CHARACTERS, cut, name_column
from batchpub.sheet.values import unwrap

WRAPPED = frozenset("='")
"""What a value begins with that is not all shown."""


class FieldCells(Mapping[int, Cell]):
    """The filled fields by column, made into cells when they are asked for: most rows of a long list never are."""

    __slots__ = ("_is_plain", "fields", "number")

    def __init__(self, number: int, fields: Sequence[str], *, is_plain: bool = False) -> None:
        """Take the fields as they stand in the record; `is_plain` says that none needs a second look."""
        self.number, self.fields, self._is_plain = number, fields, is_plain

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
        value = self.fields[column] if 0 <= column < len(self.fields) else ""
        if not value:
            raise KeyError(column)
        text = unwrap(value)
        formula = value if text[:1] == "=" and text == value else ""
        return Cell(
            ref=f"{name_column(column)}{self.number}",
            kind=CellKind.TEXT if text else CellKind.EMPTY,
            text=cut(text),
            formula=cut(formula),
        )

    def __iter__(self) -> Iterator[int]:
        """Give the columns of the filled fields."""
        return (column for column, value in enumerate(self.fields) if value)

    def __len__(self) -> int:
        """Count the filled fields."""
        return len(self.fields) - self.fields.count("")
