"""results.csv: the person's own sheet with our columns behind it, for spreadsheet programs, for scripts and for `retry`.

The person's ids are written as `="…"`, so that a double click opens them unharmed; `bp_course_id` and `bp_batch_id` are
plain digits, for programs. A spreadsheet program rounds those two, and nothing but them: results.xlsx is the one for people.
"""

import csv
import io

from batchpub.record import RunRecord
from batchpub.report.table import make_table
from batchpub.report.text import is_long_number, neutralise, wrap_id


def write_csv(run: RunRecord) -> bytes:
    """Write UTF-8 with a byte order mark and every field quoted."""
    table, file = make_table(run), io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(map(neutralise, table.headings))
    for cells in table.rows:
        own, ours = cells[: table.own], cells[table.own :]
        writer.writerow([*(_write_own(str(cell)) for cell in own), *(neutralise(str(cell)) for cell in ours)])
    return file.getvalue().encode("utf-8-sig")


def _write_own(text: str) -> str:
    return wrap_id(text) if is_long_number(text) else neutralise(text)
