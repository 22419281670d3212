"""Time and memory of checking a long sheet, beside pandas.read_excel(dtype=str) on the same file.

    python tests/bench/sheets.py [rows ...]

Every measurement is a process of its own, from its start to its end: `batchpub check` as a person calls it, reading and
planning without the command line, and pandas. "cpu" is what the process itself used, on a busy machine less than the
seconds on the clock; memory is its peak.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OURS = """
import sys
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions, load_sheet
plan = make_plan([load_sheet(sys.argv[1], SheetOptions(max_rows=1_000_000))], PlanOptions())
print(len(plan.to_publish()))
"""
PANDAS = """
import sys
import pandas as pd
read = pd.read_csv if sys.argv[1].endswith(".csv") else pd.read_excel
print(len(read(sys.argv[1], dtype=str)))
"""
HEADINGS = ["Course ID", "Course name", "Owner", "Department", "Notify"]


def make_rows(count):
    """Make distinct rows as staff have them."""
    chosen = random.Random(1)
    for number in range(count):
        yield [
            str(478346000000000001 + 7919 * number),
            f"Course {number}",
            chosen.choice(["ann", "bob"]),
            "Safety & health",
            "no",
        ]


def write_files(folder, count):
    """Write the same rows as xlsx and as CSV."""
    import csv

    import xlsxwriter

    book = xlsxwriter.Workbook(str(folder / f"{count}.xlsx"), {"constant_memory": False})
    sheet = book.add_worksheet("Courses")
    with (folder / f"{count}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        sheet.write_row(0, 0, HEADINGS)
        for index, row in enumerate(make_rows(count), start=1):
            writer.writerow(row)
            for column, value in enumerate(row):
                sheet.write_string(index, column, value)
    book.close()
    return [folder / f"{count}.xlsx", folder / f"{count}.csv"]


def measure(program, file):
    """Run a program on a file: seconds on the clock, seconds of processor, peak megabytes."""
    began = time.perf_counter()
    done = subprocess.Popen([*program, str(file)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    assert done.returncode in (0, 1), program  # 1: some rows are invalid, one in a thousand ends in 000
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def main():
    """Measure and print a table."""
    counts = [int(argument) for argument in sys.argv[1:]] or [5_000, 100_000]
    print(f"{'file':>12} {'reader':>24} {'seconds':>8} {'cpu':>6} {'MB':>5}")
    with tempfile.TemporaryDirectory() as folder:
        check = [sys.executable, "-m", "batchpub", "check", "--state", f"{folder}/none.db", "--max-rows", "1000000"]
        readers = (
            ("batchpub check", check),
            ("batchpub load + plan", [sys.executable, "-c", OURS]),
            ("pandas dtype=str", [sys.executable, "-c", PANDAS]),
        )
        for count in counts:
            for file in write_files(Path(folder), count):
                for reader, program in readers:
                    seconds, cpu, megabytes = measure(program, file)
                    print(f"{file.name:>12} {reader:>24} {seconds:8.2f} {cpu:6.2f} {megabytes:5}")


if __name__ == "__main__":
    main()
