"""Files made to eat time and memory: each loads or is refused within 10 s and 500 MB, in a process of its own."""

import io
import resource
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sheet_files import data_xml, ods_row, row_xml, write_ods, write_xlsx

MEASURE = """
import re, sys
from pathlib import Path
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions, load_sheet
try:
    make_plan([load_sheet(sys.argv[1], SheetOptions())], PlanOptions())
except SheetRefused:
    pass
print(int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""
CELL = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
SPACE = "<text:s text:c='99999999'/>"
SPACES = f'<table:table-row><table:table-cell office:value-type="string"><text:p>{SPACE * 500_000}</text:p>'

XML_2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table>{}</Table></Worksheet></Workbook>'
)
MANY_TABLES = '<table:table table:name="S"></table:table>' * 20_000 + '<table:table table:name="T">'


def xls_record(kind, body):
    """Give one record of a binary workbook."""
    return struct.pack("<HH", kind, len(body)) + body


def sheet(inner):
    """Give a workbook of one sheet with XML under the heading."""
    return lambda path: write_xlsx(path, {"S": data_xml(inner)})


def text(content):
    """Give a file with text."""
    return lambda path: path.write_text(content, encoding="utf-8")


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
# (getrusage would count what the test itself held before the process was started)

QUICK = {
    "a million cells in a row": sheet(f"<row>{'<c><v>1</v></c>' * 1_000_000}</row>"),
    "rows without end": sheet("<row><c><v>1</v></c></row>" * 500_000),
    "elements inside each other": sheet("<a>" * 500_000),
    "an attribute without end": sheet("<row r='" + "1" * 20_000_000 + "'/>"),
    "attributes without end": sheet("<row " + " ".join(f"a{n}='1'" for n in range(300_000)) + "/>"),
    "columns without end": lambda path: write_xlsx(
        path, {"S": "<cols>" + "<col min='1' max='16384' hidden='1'/>" * 400_000 + "</cols>"}
    ),
    "merges without end": lambda path: write_xlsx(
        path, {"S": data_xml() + '<mergeCell ref="A2:XFD1048576"/>' * 400_000}
    ),
    "repeated spaces": lambda path: write_ods(path, f"{SPACES}</table:table-cell></table:table-row>"),
    "one cell of 20 MB": lambda path: write_xlsx(path, {"S": data_xml(row_xml(2, "x" * 20_000_000))}),
    "one shared text of 20 MB": lambda path: write_xlsx(
        path,
        {"S": data_xml('<row r="2"><c r="A2" t="s"><v>0</v></c></row>')},
        strings=f"<si><t>{'x' * 20_000_000}</t></si>",
    ),
    "one cell of 20 MB in ods": lambda path: write_ods(path, ods_row("Course ID") + ods_row("x" * 20_000_000)),
    "one cell of 20 MB in a page": text(f"<table><tr><td>Course ID<tr><td>{'x' * 20_000_000}</table>"),
    "one cell of 20 MB in XML 2003": text(XML_2003.format(f"<Row><Cell><Data>{'x' * 20_000_000}</Data></Cell></Row>")),
    "20,000 sheets in ods": lambda path: write_ods(path, ods_row("Course ID") + "</table:table>" + MANY_TABLES),
    "20,000 sheets in XML 2003": text(
        XML_2003.format(
            "</Table></Worksheet>" + '<Worksheet ss:Name="S"><Table/></Worksheet>' * 20_000 + "<Worksheet><Table>"
        )
    ),
    "20,000 sheets in xls": lambda path: path.write_bytes(
        xls_record(0x809, b"\0\6\5\0" + bytes(12))
        + xls_record(0x85, bytes(6) + b"\1\0S") * 20_000
        + xls_record(0x0A, b"")
    ),
    "a million columns named in ods": lambda path: write_ods(
        path, '<table:table-column table:visibility="collapse" table:number-columns-repeated="16384"/>' * 20_000
    ),
    "spans without end": text("<table><tr><td>Course ID" + "<tr><td rowspan=65534 colspan=9000>y" * 20_000),
    "one value without end": text("Course ID\n" + "\u200b" * 1_600_000),
    "quotation marks without end": text("Course ID\n" + '"' * 5_000_000),
    "rules that hide without end": text(
        "<style>"
        + ".a .b .c .d{display:none}" * 500
        + "</style><table><tr><td>Course ID"
        + "<tr class='a d'><td class=d>x" * 50_000
    ),
    "comments and braces without end": text(
        "<style>" + "/*" * 400_000 + "*/" + "@media print{" * 100_000 + "</style><table><tr><td>Course ID<tr><td>x"
    ),
    "comments before nothing": text("<!---->" * 1_000),
    "instructions before nothing": text("<??>" * 1_000),
    "comments of SQL before nothing": text("--    \n" * 40 + "x"),
    "half a row of LaTeX": text(("&" * 1_990 + "\n") * 2_000),
    "tags of BBCode that never end": text(("[td" * 660 + "\n") * 2_000),
    "carets without end": text(("^" * 1_990 + "x\n") * 2_000),
    "one id with two thousand names": text(
        "Course ID,Title\n" + "".join(f"478346000019582101,{n}\n" for n in range(20_000))
    ),
}


def write_bomb(path):
    """Write a workbook that unpacks to more than is let in."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr("[Content_Types].xml", "")
        package.writestr("xl/workbook.xml", io.BytesIO(b" " * 301 * 1024 * 1024).getvalue())


def write_blank_cells(path):
    """Write a sheet of 300 MB whose cells hold nothing."""
    write_xlsx(path, {"S": data_xml('<row><c s="1"/></row>' * 13_000_000)})


def write_shared_part(path):
    """Write a workbook of 200 sheets that are one part of 20 MB."""
    body = data_xml("<row><c/></row>" * 1_000_000)
    names = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, 200))
    write_xlsx(path, {"S": body})
    with zipfile.ZipFile(path) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"</sheets>", names.encode() + b"</sheets>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)


SLOW = {
    "a repeated row": lambda path: write_ods(
        path, f'<table:table-row table:number-rows-repeated="1048576">{CELL}</table:table-row>'
    ),
    "tables without end": text("<table><tr><td>Course ID</table>" * 50_000),
    "lines without end": text("Course ID\n" + "\n" * 5_000_000),
    "headings without end": text("Course ID,Note\n" + "Note,Course ID\n" * 19_000),
    "a zip bomb": write_bomb,
    "cells that hold nothing": write_blank_cells,
    "many sheets of one part": write_shared_part,
}


def measure(path, write):
    """Write the file, read it in a process of its own: seconds of processor, for the machine may be busy, and peak megabytes."""
    write(path)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stderr == ""
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(done.stdout)


@pytest.mark.parametrize("name", QUICK)
def test_hostile_file(tmp_path, name):
    """
    However a file of up to 5 MB is made, reading it ends within 10 s and 500 MB, and nothing is written to stderr.
    """
    seconds, megabytes = measure(tmp_path / "a", QUICK[name])

    assert (True, True) == (seconds < 10, megabytes < 500)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_hostile_file_that_is_much_work(tmp_path, name):
    """
    The same for files that unpack to hundreds of megabytes, and for small ones that are the most work.
    """
    seconds, megabytes = measure(tmp_path / "a", SLOW[name])

    assert (True, True) == (seconds < 10, megabytes < 500)
