"""A row while it is judged: what it says for itself, before it is compared with the other rows."""

from batchpub.course import PlannedRow, one_of_many


@one_of_many
class Draft(PlannedRow):
    """One row with its own verdict.

    `course` is there when the row's ids are well formed, in whatever pile the row is. `length` is the number of digits of an
    id that is a clean number of a wrong length. `said_no` means that the Publish column keeps the row back.
    """

    said_no: bool = False
    length: int = 0
