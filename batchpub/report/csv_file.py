"""results.csv: the person's own sheet with our columns behind it, for people and for `retry`."""

import csv

from batchpub.record import RunRecord
from batchpub.report.table import IDS, OURS, build_table
from batchpub.report.text import is_id, neutralise, wrap_id


def write_csv(run: RunRecord) -> bytes:
    """Write UTF-8 with a byte order mark, every field quoted, ids as `="…"` so that no spreadsheet rounds them."""
    import pandas as pd  # noqa: PLC0415 - half a second that `check` and `--help` need not wait for

    table = build_table(run)
    own = [[_write_own(text) for text in row] for row in table.own_rows]
    ours = [
        [wrap_id(text) if heading in IDS else neutralise(text) for heading, text in zip(OURS, row, strict=True)]
        for row in table.our_rows
    ]
    # Columns by number: two may have the same heading. Text stays object; nothing is ever inferred.
    frames = (
        pd.DataFrame(own, columns=range(len(table.own_headings)), index=range(len(own)), dtype=object),
        pd.DataFrame(ours, columns=range(len(OURS)), index=range(len(ours)), dtype=object),
    )
    text = pd.concat(frames, axis="columns", ignore_index=True).to_csv(
        index=False,
        header=[neutralise(heading) for heading in (*table.own_headings, *OURS)],
        quoting=csv.QUOTE_ALL,
        lineterminator="\r\n",
    )
    return text.encode("utf-8-sig")


def _write_own(text: str) -> str:
    return wrap_id(text) if is_id(text) else neutralise(text)
