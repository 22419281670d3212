"""Count the ids wrongly published by the usual pandas loader, and by ours, over the 44 files.

    python tests/bench/naive_loader.py

The usual loader: `read_excel` or `read_csv` with `dtype=str` (by content where the extension lies), the column "Course ID",
every value that matches `\\d{18}`. Wrong is a (file, id) that cases.json does not allow.
"""

import json
import re
import sys
import warnings
from pathlib import Path

import pandas as pd

from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions, load_sheet

SHEETS = Path(__file__).parent.parent / "data" / "sheets"


def load_naively(file):
    """Load as most scripts do; what pandas cannot read publishes nothing."""
    readers = (
        [pd.read_excel, pd.read_csv] if re.search(r"\.(xlsx|xls|ods)$", file.name) else [pd.read_csv, pd.read_excel]
    )
    for read in readers:
        try:
            table = read(file, dtype=str)
            return {value for value in table["Course ID"].dropna() if re.match(r"\d{18}", value)}
        except Exception:  # noqa: BLE001 - whatever it is, the naive script goes on
            continue
    return set()


def load_ours(file):
    """Load and plan; a refused file publishes nothing."""
    try:
        plan = make_plan([load_sheet(str(file), SheetOptions())], PlanOptions())
    except SheetRefused:
        return set()
    return {str(row.course) for row in plan.to_publish()}


def list_meant(case):
    """Give the ids that a case allows to publish."""
    outcomes = [outcome for row in case["rows"] for outcome in [row["expect"], *row.get("also_ok", [])]]
    return {outcome.removeprefix("publish ") for outcome in outcomes if outcome.startswith("publish ")}


def list_required(case):
    """Give the ids that a case wants published."""
    return {row["expect"].removeprefix("publish ") for row in case["rows"] if row["expect"].startswith("publish ")}


def main():
    """Print the counts; exit 1 if ours published anything wrong."""
    warnings.simplefilter("ignore")
    cases = json.loads((SHEETS / "cases.json").read_text(encoding="utf-8"))["cases"]
    wrong = {"pandas": [], "batchpub": []}
    missed = dict.fromkeys(wrong, 0)
    for case in cases:
        for name, load in (("pandas", load_naively), ("batchpub", load_ours)):
            published = load(SHEETS / case["file"])
            wrong[name] += [(case["file"], value) for value in sorted(published - list_meant(case))]
            missed[name] += len(list_required(case) - published) if "file_outcome" not in case else 0
    print(f"{len(cases)} files, pandas {pd.__version__}")
    for name, found in wrong.items():
        print(
            f"{name}: {len(found)} ids wrongly published, in {len({file for file, _ in found})} files; {missed[name]} meant ids not published"
        )
        for file, value in found:
            print(f"    {file}: {value!r}")
    return bool(wrong["batchpub"])


if __name__ == "__main__":
    sys.exit(main())
