"""What checking a long sheet costs: `python -m tests.bench.sheets --against WHEEL [--rows 100000] [--rounds 5]`, from the top folder.

The same rows as CSV, xlsx, ods and xls (65,000 rows, more do not fit in). Each measurement is a process of its own, from its
start to its end. The builds take turns, so that a busy machine slows both: `--against` is a wheel of the other build, which is
installed into an environment of its own, or the Python of one that has it. Beside them stand pandas with calamine, polars and
openpyxl, which only read: they judge nothing, and tell neither types, formulas nor hidden rows. CPU seconds (user and
system) and peak memory, medians. Exits with 1 where a bound is missed.
"""

import argparse
import csv
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
BOUNDS = {".csv": 0.5, ".xlsx": 1.1, ".ods": 1.1, ".xls": 1.1}  # of the other build's CPU
MOST_MEMORY = 1.0  # likewise, of its memory
HEADINGS = ["Course ID", "Course name", "Owner", "Department", "Notify"]
MOST_XLS_ROWS = 65_000
ODS_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
PANDAS = """
import sys, pandas as pd
file = sys.argv[1]
print(len(pd.read_csv(file, dtype=str) if file.endswith(".csv") else pd.read_excel(file, dtype=str, engine="calamine")))
"""
POLARS = """
import sys, polars as pl
file = sys.argv[1]
print(len(pl.read_csv(file, infer_schema=False) if file.endswith(".csv") else pl.read_excel(file, infer_schema_length=0)))
"""
OPENPYXL = """
import sys, openpyxl
print(sum(1 for _ in openpyxl.load_workbook(sys.argv[1])["Courses"].iter_rows()))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    seconds: float
    megabytes: float


def make_rows(count):
    """Make distinct rows as staff have them."""
    chosen = random.Random(1)
    for number in range(count):
        identity = str(478346000000000001 + 7919 * number)
        yield [identity, f"Course {number}", chosen.choice(["ann", "bob"]), "Safety & health", "no"]


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_xlsx(path, rows):
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Courses")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value)


def write_ods(path, rows):
    """Write what LibreOffice does for text; odfpy would take minutes."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ("".join(cell.format(escape(value)) for value in row) for row in rows)
    table = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        package.writestr(
            "content.xml",
            f"<office:document-content {ODS_SPACES}><office:body><office:spreadsheet>"
            f'<table:table table:name="Courses">{table}</table:table></office:spreadsheet></office:body></office:document-content>',
        )


def write_xls(path, rows):
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Courses")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.save(str(path))


WRITERS = {".csv": write_csv, ".xlsx": write_xlsx, ".ods": write_ods, ".xls": write_xls}


def write_files(folder, count, kinds):
    """Write the same rows in each format."""
    for kind in kinds:
        rows = min(count, MOST_XLS_ROWS) if kind == ".xls" else count
        path = folder / f"{rows}{kind}"
        # In a process of its own: what this one holds would count as the peak of all that it starts.
        writing = multiprocessing.Process(target=lambda: WRITERS[kind](path, [HEADINGS, *make_rows(rows)]))  # noqa: B023
        writing.start()
        writing.join()
        assert writing.exitcode == 0, kind
        yield path


def run_once(command, folder):
    """Run a command to its end; give what the kernel says it cost, None where it could not do it.

    Not here, where `-m batchpub` would always be this checkout.
    """
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # 1: some rows are invalid, one in a thousand ends in 000
        return None
    return Cost(seconds=used.ru_utime + used.ru_stime, megabytes=used.ru_maxrss / 1024)


def measure(commands, folder, rounds):
    """Run each command in turn, so many rounds; give the medians by name."""
    costs = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(run_once(command, folder))
    return {
        name: Cost(
            seconds=statistics.median(cost.seconds for cost in several),
            megabytes=statistics.median(cost.megabytes for cost in several),
        )
        for name, several in costs.items()
        if None not in several
    }


def install(against, folder):
    """Give the Python of the other build; a wheel is installed first, with what it needs."""
    if against.suffix != ".whl":
        return against
    python = folder / "other" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "other"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", against], check=True)
    return python


def list_commands(file, folder, other):
    """Name what reads a file: both builds, and what people use instead."""
    check = ["-m", "batchpub", "check", "--state", f"{folder}/none.db", "--max-rows", "1000000", str(file)]
    commands = {"batchpub check": [sys.executable, *check]}
    if other:
        commands["the other build"] = [str(other), *check]
    commands["pandas, calamine"] = [sys.executable, "-c", PANDAS, str(file)]
    if file.suffix != ".xls":
        commands["polars"] = [sys.executable, "-c", POLARS, str(file)]
    if file.suffix == ".xlsx":
        commands["openpyxl"] = [sys.executable, "-c", OPENPYXL, str(file)]
    return commands


def show(file, costs):
    """Print a table; say which bounds are missed."""
    print(f"\n{file.name}\n{'':>20} {'cpu s':>7} {'MB':>5}")
    for name, cost in costs.items():
        print(f"{name:>20} {cost.seconds:7.2f} {cost.megabytes:5.0f}")
    ours, other = costs["batchpub check"], costs.get("the other build")
    if other is None:
        return []
    ratios = (
        ("CPU", ours.seconds / other.seconds, BOUNDS[file.suffix]),
        ("memory", ours.megabytes / other.megabytes, MOST_MEMORY),
    )
    for what, ratio, bound in ratios:
        print(f"{what:>20} {ratio:7.2f} of the other build's; at most {bound}")
    return [f"{file.name}: {what} {ratio:.2f}, at most {bound}" for what, ratio, bound in ratios if ratio > bound]


def main():
    """Measure, print a table a file, and say what missed its bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="a wheel of the other build, or the Python of its environment")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=sorted(WRITERS), action="append", help="only files of this kind")
    asked = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top)
        other = install(asked.against.absolute(), folder) if asked.against else None
        for file in write_files(folder, asked.rows, asked.only or WRITERS):
            missed += show(file, measure(list_commands(file, folder, other), folder, asked.rounds))
    print("\n" + ("\n".join(["missed:", *missed]) if missed else "every bound is kept"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
