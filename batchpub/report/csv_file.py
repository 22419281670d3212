"""results.csv: the person's own sheet with our columns behind it, for spreadsheet programs, for scripts and for `retry`.

The person's ids are written as `="…"`, so that a double click opens them unharmed; `bp_course_id` and `bp_batch_id` are
plain digits, for programs. A spreadsheet program rounds those two, and nothing but them: results.xlsx is the one for people.
"""

import csv

from batchpub.record import RunRecord
from batchpub.report.table import OURS, to_frame
from batchpub.report.text import is_id, neutralise, wrap_id


def write_csv(run: RunRecord) -> bytes:
    """Write UTF-8 with a byte order mark and every field quoted."""
    frame = to_frame(run)
    own, headings = len(frame.columns) - len(OURS), list(frame.columns)
    for column in range(len(headings)):  # by number: two may have the same heading
        write = _write_own if column < own else neutralise
        frame.isetitem(column, [write(str(value)) for value in frame.iloc[:, column]])
    text = frame.to_csv(
        index=False, header=list(map(neutralise, headings)), quoting=csv.QUOTE_ALL, lineterminator="\r\n"
    )
    return text.encode("utf-8-sig")


def _write_own(text: str) -> str:
    return wrap_id(text) if is_id(text) else neutralise(text)
