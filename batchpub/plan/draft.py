"""A row while it is judged: what it says for itself, before it is compared with the other rows."""

from batchpub.course import Course, Pile, one_of_many


@one_of_many
class Draft:
    """One row with its own verdict.

    `course` is there when the row's ids are well formed, in whatever pile the row is. `rounded` is the sentence about
    ids that look rounded, while nobody has confirmed them. `length` is the number of digits of an id that is a clean
    number of a wrong length. `said_no` means that the Publish column keeps the row back.
    """

    position: int
    sheet_index: int
    row: int
    cell: str
    pile: Pile
    message: str
    course: Course | None
    name: str
    notify: bool
    values: tuple[str, ...]
    confirmed: bool = False
    said_no: bool = False
    length: int = 0
    duplicate_of: int | None = None
