# ruff: noqa: ARG001, ARG005 - every writer is called alike
"""Let libraries of PyPI write the list: `python write_pypi.py JOB.json FOLDER`. Runs in an environment of its own.

Every writer is a function of rows and a path. What a row's id is (text, int, float, nothing) was decided before, in `typed`.
"""

import csv
import importlib.metadata
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

JOB = json.loads(Path(sys.argv[1]).read_text())
FOLDER = Path(sys.argv[2])
HEAD, ROWS, GAP = JOB["headings"], JOB["rows"], JOB["gap"]
KINDS = {"text": str, "integer": int, "float": float, "gap": int, "decimal": Decimal}
WRITERS = {}


def writer(package, call, ending, kinds=("text", "integer", "float", "gap"), shapes=()):
    """Enter a writer in the table."""

    def enter(function):
        WRITERS[package, call, ending] = (function, (*kinds, *shapes))
        return function

    return enter


def typed(kind):
    """Give the rows with ids of one type; with a gap, one of them is missing."""
    convert = KINDS.get(kind, str)
    return [[None if kind == "gap" and place == GAP else convert(row[0]), *row[1:]] for place, row in enumerate(ROWS)]


SHAPES = ("hidden", "filter", "merged", "formula")


@writer("openpyxl", "Workbook", "xlsx", shapes=SHAPES)
def _(rows, path, kind):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in [HEAD, *rows]:
        sheet.append(row)
    if kind == "hidden":
        old = book.create_sheet("Old")
        old.sheet_state = "hidden"
        for row in [HEAD, *([one, "old", "", "", ""] for one in JOB["old"])]:
            old.append(row)
    if kind == "filter":
        sheet.auto_filter.ref = f"A1:E{len(rows) + 1}"
        sheet.auto_filter.add_filter_column(2, ["yes"])
    for place in JOB.get(kind, ()) if kind in ("hidden", "filter") else ():
        sheet.row_dimensions[place + 2].hidden = True
    if kind == "merged":
        first, last = JOB["merged"]
        sheet.merge_cells(f"A{first + 2}:A{last + 2}")
    if kind == "formula":
        for place, row in enumerate(rows):
            sheet.cell(place + 2, 1).value = f'=CONCATENATE("{row[0][:9]}","{row[0][9:]}")'
    book.save(path)


def _xlsxwriter(options):
    def write(rows, path, kind):
        import xlsxwriter

        book = xlsxwriter.Workbook(path, options)
        sheet = book.add_worksheet("Courses")
        for place, row in enumerate([HEAD, *rows]):
            sheet.write_row(place, 0, row)
        if kind == "hidden":
            old = book.add_worksheet("Old")
            old.hide()
            for place, row in enumerate([HEAD, *([one, "old"] for one in JOB["old"])]):
                old.write_row(place, 0, row)
        if kind == "filter":
            sheet.autofilter(0, 0, len(rows), 4)
            sheet.filter_column(2, "x == yes")
        for place in JOB.get(kind, ()) if kind in ("hidden", "filter") else ():
            sheet.set_row(place + 1, None, None, {"hidden": True})
        if kind == "merged":
            first, last = JOB["merged"]
            sheet.merge_range(first + 1, 0, last + 1, 0, rows[first][0])
        if kind == "formula":
            for place, row in enumerate(rows):
                formula = f'=CONCATENATE("{row[0][:9]}","{row[0][9:]}")'
                sheet.write_formula(place + 1, 0, formula, None, row[0])
        book.close()

    return write


writer("XlsxWriter", "Workbook", "xlsx", shapes=SHAPES)(_xlsxwriter({}))
writer("XlsxWriter", "strings_to_numbers", "xlsx", ("text",))(_xlsxwriter({"strings_to_numbers": True}))


def _frame(rows):
    import pandas as pd

    return pd.DataFrame(rows, columns=HEAD)


def _enter_pandas():
    calls = {
        ("to_csv", "csv"): lambda frame, path: frame.to_csv(path, index=False),
        ("to_csv with its index", "csv"): lambda frame, path: frame.to_csv(path),
        ("to_csv(sep=';', decimal=',')", "csv"): lambda frame, path: frame.to_csv(
            path, sep=";", decimal=",", index=False
        ),
        ("to_excel, openpyxl", "xlsx"): lambda frame, path: frame.to_excel(path, index=False, engine="openpyxl"),
        ("to_excel, xlsxwriter", "xlsx"): lambda frame, path: frame.to_excel(path, index=False, engine="xlsxwriter"),
        ("to_excel, odf", "ods"): lambda frame, path: frame.to_excel(path, index=False, engine="odf"),
        ("to_html", "html"): lambda frame, path: frame.to_html(path, index=False),
        ("to_html with its index", "html"): lambda frame, path: frame.to_html(path),
        ("to_markdown", "md"): lambda frame, path: frame.to_markdown(path, index=False),
        ("to_latex", "tex"): lambda frame, path: frame.to_latex(path, index=False),
        ("to_string", "txt"): lambda frame, path: frame.to_string(path, index=False),
        ("to_xml", "xml"): lambda frame, path: frame.rename(columns=lambda c: c.replace(" ", "_")).to_xml(path),
        ("to_json", "json"): lambda frame, path: frame.to_json(path, orient="records"),
    }
    for (call, ending), save in calls.items():
        writer("pandas", call, ending)(lambda rows, path, kind, save=save: save(_frame(rows), path))

    @writer("pandas", "read_csv, then to_csv", "csv", ("text", "gap"))
    def _(rows, path, kind):
        import pandas as pd

        _frame(typed("text") if kind == "text" else rows).to_csv(path, index=False)
        pd.read_csv(path).to_csv(path, index=False)

    @writer("pandas", "read_csv, then to_excel", "xlsx", ("text", "gap"))
    def _(rows, path, kind):
        import io

        import pandas as pd

        told = "\n".join([",".join(HEAD), *(f"{row[0] or ''},x,,,{row[4]}" for row in rows)])
        pd.read_csv(io.StringIO(told)).to_excel(path, index=False)


_enter_pandas()


@writer("xlwt", "Workbook", "xls", shapes=("hidden", "merged", "formula"))
def _(rows, path, kind):
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Courses")
    for place, row in enumerate([HEAD, *rows]):
        for column, value in enumerate(row):
            merged = kind == "merged" and column == 0 and place - 1 in range(JOB["merged"][0], JOB["merged"][1] + 1)
            if value is not None and not merged and not (kind == "formula" and column == 0 and place):
                sheet.write(place, column, value)
    if kind == "hidden":
        old = book.add_sheet("Old")
        old.visibility = 1
        for place, value in enumerate([HEAD[0], *JOB["old"]]):
            old.write(place, 0, value)
        for place in JOB["hidden"]:
            sheet.row(place + 1).hidden = True
    if kind == "merged":
        first, last = JOB["merged"]
        sheet.write_merge(first + 1, last + 1, 0, 0, rows[first][0])
    if kind == "formula":
        for place, row in enumerate(rows):
            sheet.write(place + 1, 0, xlwt.Formula(f'CONCATENATE("{row[0][:9]}";"{row[0][9:]}")'))
    book.save(str(path))


@writer("odfpy", "opendocument", "ods", ("text", "integer"), shapes=("hidden",))
def _(rows, path, kind):
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    table = Table(name="Courses")
    for place, row in enumerate([HEAD, *rows]):
        line = TableRow(visibility="collapse") if kind == "hidden" and place - 1 in JOB["hidden"] else TableRow()
        for value in row:
            told = {"valuetype": "float", "value": value} if isinstance(value, int) else {"valuetype": "string"}
            cell = TableCell(**told)
            cell.addElement(P(text=str(value)))
            line.addElement(cell)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    book.save(str(path))


def _enter_pyexcel():
    for package, ending in (
        ("pyexcel-xls", "xls"), ("pyexcel-xlsx", "xlsx"), ("pyexcel-ods", "ods"), ("pyexcel-ods3", "ods"), ("pyexcel-io", "csv"),
        ("pyexcel-io", "tsv"), ("pyexcel-text", "rst"), ("pyexcel-text", "mediawiki"), ("pyexcel-text", "html"),
    ):  # fmt: skip

        @writer(package, "save_as" if ending != "ods" else f"save_as ({package})", ending)
        def _(rows, path, kind, package=package):
            import pyexcel

            library = {"library": package} if package.startswith("pyexcel-ods") else {}
            pyexcel.save_as(array=[HEAD, *rows], dest_file_name=str(path), **library)


_enter_pyexcel()


def _enter_tablib():
    for ending in ("csv", "tsv", "html", "xls", "xlsx", "ods", "latex", "rst", "jira", "json", "yaml", "cli"):

        @writer("tablib", f"export {ending}", ending)
        def _(rows, path, kind, ending=ending):
            import tablib

            data = tablib.Dataset(*rows, headers=HEAD)
            told = data.export(ending, tablefmt="github") if ending == "cli" else data.export(ending)
            path.write_bytes(told if isinstance(told, bytes) else told.encode())


_enter_tablib()


@writer("PyExcelerate", "new_sheet", "xlsx")
def _(rows, path, kind):
    from pyexcelerate import Workbook

    book = Workbook()
    book.new_sheet("Courses", data=[HEAD, *rows])
    book.save(str(path))


def _polars(rows):
    import polars as pl

    return pl.DataFrame(rows, schema=HEAD, orient="row", infer_schema_length=None)


@writer("polars", "write_csv", "csv")
def _(rows, path, kind):
    _polars(rows).write_csv(path)


@writer("polars", "write_excel", "xlsx")
def _(rows, path, kind):
    _polars(rows).write_excel(path)


@writer("polars", "read_csv, then write_csv", "csv", ("text",))
def _(rows, path, kind):
    import polars as pl

    _polars(rows).write_csv(path)
    pl.read_csv(path).write_csv(path)


@writer("pyarrow", "csv.write_csv", "csv")
def _(rows, path, kind):
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    columns = dict(zip(HEAD, map(list, zip(*rows, strict=True)), strict=True))
    arrow_csv.write_csv(pa.table(columns), str(path))


def _duckdb(rows, copy):
    import duckdb

    kind = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE"}[type(rows[0][0])]
    link = duckdb.connect()
    link.execute(
        f'CREATE TABLE t ("Course ID" {kind}, "Course name" TEXT, "Notify" TEXT, "Publish" TEXT, "Replaces" TEXT)'
    )
    link.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
    link.execute(copy)


@writer("duckdb", "COPY … TO csv", "csv")
def _(rows, path, kind):
    _duckdb(rows, f"COPY t TO '{path}' (HEADER)")


def _enter_petl():
    for call, ending in (
        ("tocsv", "csv"),
        ("totsv", "tsv"),
        ("toxlsx", "xlsx"),
        ("tohtml", "html"),
        ("tojson", "json"),
    ):

        @writer("petl", call, ending)
        def _(rows, path, kind, call=call):
            import petl

            getattr(petl, call)([HEAD, *rows], str(path))


_enter_petl()


@writer("agate", "Table.to_csv", "csv", ("text", "decimal", "gap"))
def _(rows, path, kind):
    import agate

    shown = [
        [None if one is None else Decimal(one) if not isinstance(one, str) else one for one in row] for row in rows
    ]
    types = [agate.Text() if kind == "text" else agate.Number(), *[agate.Text()] * 4]
    agate.Table(shown, HEAD, types).to_csv(str(path))


@writer("agate", "from_csv, then to_csv", "csv", ("text",))
def _(rows, path, kind):
    import agate

    _plain_csv(rows, path)
    agate.Table.from_csv(str(path)).to_csv(str(path))


def _plain_csv(rows, path, dialect="excel"):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, dialect).writerows([HEAD, *rows])


for _dialect, _ending in (("excel", "csv"), ("excel-tab", "tsv"), ("unix", "csv")):
    writer("python", f"csv.writer({_dialect})", _ending)(
        lambda rows, path, kind, dialect=_dialect: _plain_csv(rows, path, dialect)
    )


@writer("clevercsv", "write_table", "csv")
def _(rows, path, kind):
    import clevercsv

    clevercsv.write_table([HEAD, *[["" if v is None else v for v in row] for row in rows]], str(path))


def _enter_commands():
    """What command-line tools make of a plain CSV file, and of openpyxl's workbook."""
    bin_folder = Path(sys.executable).parent
    from_csv = {
        ("csvkit", "csvformat -T", "tsv"): ["csvformat", "-T"],
        ("csvkit", "csvlook", "txt"): ["csvlook"],
        ("csvkit", "csvsort", "csv"): ["csvsort", "-c", "2"],
        ("csvkit", "csvcut -l", "csv"): ["csvcut", "-l"],
        ("csvkit", "csvjson", "json"): ["csvjson"],
    }
    for (package, call, ending), command in from_csv.items():

        @writer(package, call, ending, ("text", "gap"))
        def _(rows, path, kind, command=command):
            source = path.with_suffix(".source.csv")
            _plain_csv(rows, source)
            with path.open("wb") as out:
                subprocess.run([bin_folder / command[0], *command[1:], source], stdout=out, check=True, timeout=60)

    @writer("csvkit", "in2csv of a workbook", "csv", ("text", "integer", "gap"), shapes=("hidden",))
    def _(rows, path, kind):
        source = path.with_suffix(".source.xlsx")
        WRITERS["openpyxl", "Workbook", "xlsx"][0](rows, source, kind)
        with path.open("wb") as out:
            subprocess.run([bin_folder / "in2csv", source], stdout=out, check=True, timeout=60)

    for flag, ending in (
        ("--csv", "csv"),
        ("--tsv", "tsv"),
        ("--table", "txt"),
        ("--fmt=github", "md"),
        ("--fmt=html", "html"),
    ):

        @writer("sqlite-utils", f"rows {flag}", ending, ("text", "integer", "float"))
        def _(rows, path, kind, flag=flag):
            import sqlite_utils

            base = path.with_suffix(".source.db")
            base.unlink(missing_ok=True)
            sqlite_utils.Database(base)["t"].insert_all([dict(zip(HEAD, row, strict=True)) for row in rows])
            with path.open("wb") as out:
                command = [bin_folder / "sqlite-utils", "rows", base, "t", flag]
                subprocess.run(command, stdout=out, check=True, timeout=60)


_enter_commands()


@writer("styleframe", "to_excel", "xlsx")
def _(rows, path, kind):
    from styleframe import StyleFrame

    StyleFrame(_frame(rows)).to_excel(str(path), index=False).close()


@writer("ezodf", "Sheet", "ods", ("text", "integer", "float"))
def _(rows, path, kind):
    import ezodf

    book = ezodf.newdoc(doctype="ods", filename=str(path))
    sheet = ezodf.Sheet("Courses", size=(len(rows) + 1, len(HEAD)))
    book.sheets += sheet
    for place, row in enumerate([HEAD, *rows]):
        for column, value in enumerate(row):
            sheet[place, column].set_value(value)
    book.save()


@writer("pylightxl", "writexl", "xlsx")
def _(rows, path, kind):
    import pylightxl

    base = pylightxl.Database()
    base.add_ws("Courses")
    for place, row in enumerate([HEAD, *rows], 1):
        for column, value in enumerate(row, 1):
            base.ws("Courses").update_index(place, column, "" if value is None else value)
    pylightxl.writexl(base, str(path))


@writer("odswriter", "writer", "ods", ("text", "integer", "float"))
def _(rows, path, kind):
    import odswriter

    with odswriter.writer(path.open("wb")) as book:
        for row in [HEAD, *rows]:
            book.writerow(row)


@writer("pyxlsbwriter", "XlsbWriter", "xlsb", ("text", "integer"))
def _(rows, path, kind):
    from pyxlsbwriter import XlsbWriter

    with XlsbWriter(str(path)) as book:
        book.add_sheet("Courses")
        book.write_sheet([HEAD, *rows])


@writer("excelize", "StreamWriter", "xlsx", ("text", "integer", "float"))
def _(rows, path, kind):
    import excelize

    book = excelize.new_file()
    for place, row in enumerate([HEAD, *rows], 1):
        for column, value in enumerate(row):
            book.set_cell_value("Sheet1", f"{'ABCDE'[column]}{place}", value)
    book.save_as(str(path))


@writer("pyfastexcel", "Workbook", "xlsx", ("text", "integer"))
def _(rows, path, kind):
    from pyfastexcel import Workbook

    book = Workbook()
    sheet = book["Sheet1"]
    for place, row in enumerate([HEAD, *rows]):
        sheet[place] = row
    book.save(str(path))


def _enter_text():
    for fmt in (
        "github",
        "grid",
        "pipe",
        "jira",
        "mediawiki",
        "html",
        "latex",
        "rst",
        "orgtbl",
        "tsv",
        "moinmoin",
        "plain",
    ):

        @writer("tabulate", fmt, "txt", ("text", "integer"))
        def _(rows, path, kind, fmt=fmt):
            from tabulate import tabulate

            path.write_text(tabulate(rows, HEAD, tablefmt=fmt))

    for call in ("get_csv_string", "get_html_string", "get_latex_string", "get_mediawiki_string", "get_string"):

        @writer("prettytable", call, "txt", ("text", "integer"))
        def _(rows, path, kind, call=call):
            from prettytable import PrettyTable

            table = PrettyTable(HEAD)
            table.add_rows(rows)
            path.write_text(getattr(table, call)())

    @writer("texttable", "draw", "txt", ("text", "integer"))
    def _(rows, path, kind):
        from texttable import Texttable

        table = Texttable(max_width=0)
        table.add_rows([HEAD, *rows])
        path.write_text(table.draw())

    for fmt in (
        "excel", "csv", "tsv", "ltsv", "markdown", "rst_grid", "mediawiki", "html", "latex_table",
        "space_aligned", "asciidoc", "unicode",
    ):  # fmt: skip

        @writer(
            "pytablewriter",
            fmt,
            {"excel": "xlsx", "csv": "csv"}.get(fmt, "txt"),
            ("text", "integer"),
        )
        def _(rows, path, kind, fmt=fmt):
            import pytablewriter

            table = pytablewriter.TableWriterFactory.create_from_format_name(fmt)
            table.table_name, table.headers, table.value_matrix = "courses", HEAD, rows
            if fmt.startswith("excel"):
                table.dump(str(path))
            else:
                path.write_text(table.dumps())


_enter_text()


def main():
    """Write everything, one line of JSON for each file or failure."""
    for (package, call, ending), (function, kinds) in WRITERS.items():
        version = "stdlib" if package == "python" else _version(package)
        for kind in kinds:
            path = FOLDER / f"pypi-{len(list(FOLDER.iterdir())):04d}.{ending}"
            told = {"program": package, "version": version, "call": call, "kind": kind, "file": path.name}
            try:
                function(typed(kind), path, kind)
            except BaseException as error:  # noqa: BLE001 - what a writer cannot take is a finding, whatever it raises
                told |= {"file": "", "error": f"{type(error).__name__}: {error}"[:200]}
            print(json.dumps(told), flush=True)


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main()
