"""Properties: an id written as text comes back digit for digit; rows in are rows out; any bytes load or are refused."""

import csv
import io
import random
import re
from html import escape
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from sheet_files import A, B, see_plan, write_csv

from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.plan.rounding import looks_rounded, reads_like_a_double
from batchpub.sheet import SheetOptions, load_sheet
from batchpub.sheet.markup import is_web_page, refuse_mail, refuse_markup

SHEETS = Path(__file__).parent.parent / "data" / "sheets"
HEADING = ("Course ID", "Course name")
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ids = st.from_regex(r"[1-9][0-9]{17}", fullmatch=True, alphabet="0123456789").filter(
    lambda value: not looks_rounded(value) and not reads_like_a_double(value),
)
names = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20)
tables = st.lists(st.tuples(ids, names), min_size=1, max_size=8, unique_by=lambda row: row[0])


def read_back(file):
    """Give the published ids in their order."""
    plan = make_plan([load_sheet(str(file), SheetOptions())], PlanOptions())
    return [str(row.course) for row in plan.rows]


def write_openpyxl(file, rows):
    book = openpyxl.Workbook()
    for row in [HEADING, *rows]:
        book.active.append([openpyxl.cell.WriteOnlyCell(book.active, value) for value in row] and list(row))
    for cells in book.active.iter_rows():
        for cell in cells:
            cell.data_type = "s" if cell.value is not None else cell.data_type
    book.save(file)


def write_xlsxwriter(file, rows):
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet()
    for number, row in enumerate([HEADING, *rows]):
        for column, value in enumerate(row):
            sheet.write_string(number, column, value)
    book.close()


def write_odfpy(file, rows):
    document = OpenDocumentSpreadsheet()
    table = Table(name="Courses")
    for row in [HEADING, *rows]:
        line = TableRow()
        for value in row:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=value))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(file))


def write_html(file, rows):
    lines = "".join(f"<tr><td>{escape(first)}</td><td>{escape(second)}</td></tr>" for first, second in [HEADING, *rows])
    file.write_text(f"<meta charset=utf-8><table>{lines}</table>", encoding="utf-8")


def write_xml(file, rows):
    lines = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{escape(value)}</Data></Cell>' for value in row) + "</Row>"
        for row in [HEADING, *rows]
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    file.write_text(
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="S"><Table>{lines}</Table></Worksheet></Workbook>',
        encoding="utf-8",
    )


WRITERS = {
    "openpyxl": write_openpyxl,
    "xlsxwriter": write_xlsxwriter,
    "odfpy": write_odfpy,
    "html": write_html,
    "xml2003": write_xml,
}


@pytest.mark.parametrize("writer", WRITERS)
@FEW
@given(rows=tables)
def test_an_id_written_as_text_comes_back(tmp_path, writer, rows):
    """
    Whatever container an id is written into as text, it comes back digit for digit, in order, whatever the names are.
    """
    WRITERS[writer](tmp_path / "a", rows)

    assert [row[0] for row in rows] == read_back(tmp_path / "a")


def is_markup(file, encoding="utf-8"):
    """Tell whether a text could be markup, a web page or a mail: then it is refused rather than read in two ways."""
    text = file.read_bytes().decode(encoding).removeprefix("\ufeff")
    return is_web_page(text) or refuse_mail(text) or refuse_markup(text)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=tables,
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@example(rows=[(A, "0\u2028"), (B, "'=1")], delimiter=",", end="\r", quoting=csv.QUOTE_ALL, encoding="utf-16")
def test_an_id_in_delimited_text_comes_back(tmp_path, rows, delimiter, end, quoting, encoding):
    """
    In every dialect and encoding of delimited text an id comes back digit for digit, unless the text could be markup.
    """
    file = write_csv(
        tmp_path / "a", [HEADING, *rows], encoding=encoding, delimiter=delimiter, lineterminator=end, quoting=quoting
    )
    assume(not is_markup(file, encoding))

    assert [row[0] for row in rows] == read_back(file)


cells = st.one_of(
    st.just(""), ids, st.sampled_from([A, "yes", "no", "4.78E+17", "=1+1", " ", "\u200b", "'=x", '="x"', "NA"]), names
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(cells, cells, cells, cells), max_size=12))
def test_rows_in_are_rows_out(tmp_path, rows):
    """
    Every row up to the last one that holds something is in the plan once, in order, with its values; nothing is added.
    """
    rows = [*rows, (A, "the end", "", "")]
    file = write_csv(tmp_path / "a", [("Course ID", "Course name", "Notify", "Publish"), *rows])
    assume(not is_markup(file))

    try:
        plan = make_plan([load_sheet(str(file), SheetOptions())], PlanOptions())
    except SheetRefused as refusal:
        assert re.search("look as if a program rounded them|begins a second table", refusal.message)
        return

    assert list(range(2, len(rows) + 2)) == [row.row for row in plan.rows]
    assert list(range(len(rows))) == [row.position for row in plan.rows]
    assert {4} == {len(row.values) for row in plan.rows}
    assert all(str(row.course) in "".join(row.values) for row in plan.to_publish())


def load_or_refuse(file, data):
    """Give whether bytes load; anything but a refusal escapes and fails the test."""
    file.write_bytes(data)
    try:
        plan = make_plan([load_sheet(str(file), SheetOptions())], PlanOptions())
    except SheetRefused as refusal:
        assert refusal.message.endswith("."), refusal.message
        return None
    return plan


SIGNATURES = [
    b"",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"<table><tr><td>Course ID",
    b"<?xml version='1.0'?>",
    b"Course ID,",
    b"\xff\xfe",
    b"\t\x08",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sampled_from(SIGNATURES), data=st.binary(max_size=400))
def test_any_bytes_load_or_are_refused(tmp_path, start, data):
    """
    Whatever the bytes, a file loads or is refused with a sentence; nothing else comes out.
    """
    load_or_refuse(tmp_path / "a", start + data)


def mutate(data, chosen):
    """Change a real file in a few places: bytes, pieces cut out, doubled or moved, the end cut off."""
    data = bytearray(data)
    for _ in range(chosen.randint(1, 4)):
        place, length = chosen.randrange(len(data) + 1), chosen.choice([1, 1, 2, 4, 16, 200])
        match chosen.randrange(5):
            case 0:
                data[place : place + length] = chosen.randbytes(length)
            case 1:
                del data[place : place + length]
            case 2:
                data[place:place] = data[place : place + length]
            case 3:
                other = chosen.randrange(len(data) + 1)
                data[place : place + length] = data[other : other + length]
            case 4:
                data[place : place + 1] = chosen.choice(
                    [b"\0", b"\xff", b'"', b"<", b">", b"&", b"\n", b"9", b"=", b"\x7f\xff\xff\xff"]
                )
    return bytes(data)


def mutate_parts(data, chosen):
    """Change one part inside a package and zip it again, so that its checksum is right."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = {info.filename: package.read(info) for info in package.infolist()}
    except (zipfile.BadZipFile, OSError):
        return mutate(data, chosen)
    name = chosen.choice(sorted(parts))
    parts[name] = mutate(parts[name], chosen)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for part, content in parts.items():
            package.writestr(part, content)
    return out.getvalue()


def fuzz(tmp_path, rounds, seed):
    chosen = random.Random(seed)
    files = sorted(
        path for path in SHEETS.iterdir() if path.suffix != ".json" and path.stat().st_size and "~" not in path.name
    )
    files += sorted((SHEETS.parent / "made").iterdir())
    meant = {path: published(load_or_refuse(tmp_path / "a", path.read_bytes())) for path in files}
    for number in range(rounds):
        file = files[number % len(files)]
        change = chosen.choice([mutate, mutate_parts]) if file.read_bytes().startswith(b"PK") else mutate
        plan = load_or_refuse(tmp_path / "a", change(file.read_bytes(), chosen))
        assert plan is None or plan.rows
    return meant


def published(plan):
    return set() if plan is None else {text for text in see_plan(plan).values() if text.isdigit()}


def test_mutated_files_load_or_are_refused(tmp_path):
    """
    Real files with a few bytes changed load or are refused; nothing else comes out.
    """
    assert fuzz(tmp_path, 400, seed=1)


@pytest.mark.slow
def test_many_mutated_files_load_or_are_refused(tmp_path):
    """
    The same for some minutes' worth of changes.
    """
    assert fuzz(tmp_path, 6_000, seed=2)


@pytest.mark.parametrize(
    ("name", "what"), [("<TR", "web page"), ("< table", "web page"), ("see <td>", "web page"), ("{|", "markup")]
)
def test_a_text_with_markup_in_a_cell_is_refused(tmp_path, name, what):
    """
    Its cells could be meant in another way.
    """
    file = write_csv(tmp_path / "a", [HEADING, (name, ""), (A, name)])

    with pytest.raises(SheetRefused, match=what):
        read_back(file)
