"""OpenDocument, HTML, XML 2003 and Excel 97: the same laws as in workbooks."""

import struct
import zipfile
from pathlib import Path

import pytest
from sheet_files import A, B, C, D, messages, ods_row, plan_file, see, write_ods

from batchpub.errors import SheetRefused
from batchpub.sheet import SheetOptions, load_sheet

SHEETS = Path(__file__).parent.parent / "data" / "sheets"
MADE = Path(__file__).parent.parent / "data" / "made"
HEADING = ods_row("Course ID", "Course name")


HIDDEN_COLUMN = "<colgroup><col><col style='display:none'></colgroup><tr><td>Name</td><td>Course ID</td></tr>"


def write_xml(path, rows, *, more="", options=""):
    """Write an XML spreadsheet of 2003 with the usual heading."""
    heading = '<Row><Cell><Data ss:Type="String">Course ID</Data></Cell><Cell><Data ss:Type="String">Course name</Data></Cell></Row>'
    path.write_text(
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel" '
        f'xmlns:h="http://www.w3.org/TR/REC-html40"><Worksheet ss:Name="S"><Table>{heading}{rows}</Table>{options}</Worksheet>{more}</Workbook>',
        encoding="utf-8",
    )
    return path


def write_html(path, rows, heading="<tr><th>Course ID</th><th>Course name</th></tr>"):
    """Write a page with one table."""
    path.write_text(
        f"<html><head><meta charset=utf-8></head><body><table>{heading}{rows}</table></body></html>", encoding="utf-8"
    )
    return path


def ods_cell(kind, value, shown="", more=""):
    """Give a typed cell."""
    return f'<table:table-cell office:value-type="{kind}" office:{value} {more}><text:p>{shown}</text:p></table:table-cell>'


NUMBER = ods_cell("float", 'value="1"', B)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (ods_cell("float", f'value="{A}"', A), "stored as a number"),
        (ods_cell("percentage", 'value="0.5"', "50%"), "stored as a number (0.5)"),
        (ods_cell("date", 'date-value="2023-03-15"', "15.03.23"), "stored as a date (2023-03-15)"),
        (ods_cell("boolean", 'boolean-value="true"', "TRUE"), "holds TRUE"),
        (
            ods_cell("string", f'string-value="{A}"', A, f"table:formula='of:=TEXT({A};\"0\")'"),
            "contains a formula (=TEXT(",
        ),
        (ods_cell("float", 'value="0"', "#N/A", 'table:formula="of:=NA()"'), "formula"),
        (ods_cell("string", 'string-value=""', "#REF!", 'table:formula="of:=A1"'), "shows #REF!"),
    ],
)
def test_ods_types(tmp_path, cell, said):
    """
    In OpenDocument too only text is an id.
    """
    file = write_ods(tmp_path / "a.ods", f"{HEADING}<table:table-row>{cell}</table:table-row>{ods_row(B)}")

    assert {2: "invalid", 3: B} == see(file)
    assert said in messages(file)[2]


def test_ods_text_without_comments_and_shapes(tmp_path):
    """
    A comment's text, a drawing and a tracked change in or before a cell are no part of it.
    """
    cell = (
        f"<table:table-cell office:value-type='string'><office:annotation><text:p>{B}</text:p></office:annotation>"
        f"<draw:frame><draw:text-box><text:p>{C}</text:p></draw:text-box></draw:frame><text:p>{A[:6]}<text:span>{A[6:]}</text:span></text:p></table:table-cell>"
    )
    before = f"<table:shapes><draw:frame><text:p>{D}</text:p></draw:frame></table:shapes>"

    assert {2: A} == see(write_ods(tmp_path / "a.ods", f"{before}{HEADING}<table:table-row>{cell}</table:table-row>"))


def test_ods_repeated_rows_and_hidden_ones(tmp_path):
    """
    A repeated row is as many rows, the first of them counts; filtered, collapsed and grouped-away rows are hidden.
    """
    body = (
        HEADING
        + ods_row(A, "x", attributes='table:number-rows-repeated="3"')
        + ods_row(B, attributes='table:visibility="filter"')
        + ods_row(C, attributes='table:visibility="collapse"')
        + f'<table:table-row-group table:display="false">{ods_row(D)}</table:table-row-group>'
        + ods_row("", "", attributes='table:number-rows-repeated="1048000"')
    )

    expected = {2: A, 3: "duplicate", 4: "duplicate", 5: "invalid", 6: "invalid", 7: "invalid"}

    assert expected == see(write_ods(tmp_path / "a.ods", body))


def test_ods_merged_ids(tmp_path):
    """
    An id cell that spans rows belongs to no row for certain, and the value under it is not read as one.
    """
    spanned = f"<table:table-cell office:value-type='string' table:number-rows-spanned='2'><text:p>{A}</text:p></table:table-cell>"
    covered = f"<table:covered-table-cell office:value-type='string'><text:p>{B}</text:p></table:covered-table-cell>"
    body = (
        f"{HEADING}<table:table-row>{spanned}</table:table-row><table:table-row>{covered}</table:table-row>{ods_row(C)}"
    )

    assert {2: "invalid", 3: "invalid", 4: C} == see(write_ods(tmp_path / "a.ods", body))


def test_ods_hidden_sheet_and_password(tmp_path):
    """
    A hidden sheet is not read; a protected file is named as such.
    """
    styles = '<style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style>'

    with pytest.raises(SheetRefused, match="Only hidden sheets"):
        see(write_ods(tmp_path / "a.ods", HEADING + ods_row(A), styles=styles))
    with pytest.raises(SheetRefused, match="password"):
        see(write_ods(tmp_path / "b.ods", HEADING, manifest="<manifest:encryption-data xmlns:manifest='m'/>"))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("<td>4.78346E+17</td>", "shortened number"),
        (f'<td x:num="{A}">{A}</td>', "stored as a number"),
        (f"<td x:num>{A}</td>", "stored as a number"),
        (f'<td sdval="{A}" sdnum="1033;">{A}</td>', "stored as a number"),
        (f'<td data-t="n" data-v="{A}">{A}</td>', "stored as a number"),
        (f'<td data-sheets-value=\'{{"1":3,"3":{A}}}\'>{A}</td>', "stored as a number"),
        (f'<td x:fmla="=A1">{A}</td>', "contains a formula"),
        (f"<td><table><tr><td>{A}</table></td>", "no Course ID"),
        (f"<td>{A}<br>{B}</td>", "2 ids in this cell"),
        (f"<td rowspan=2>{A}</td>", "are merged"),
    ],
)
def test_html_cells_that_are_no_ids(tmp_path, cell, said):
    """
    What a page says about a cell's type counts; what it does not show does not.
    """
    file = write_html(tmp_path / "a.xls", f"<tr>{cell}<td>x</td></tr>")

    assert {2: "invalid"} == see(file)
    assert said in messages(file)[2]


@pytest.mark.parametrize(
    "cell",
    [
        f"<td>{A}",
        f"<td> <b>{A[:8]}</b>{A[8:]}\n </td>",
        f"<td>&nbsp;{A}<script>1</script><!-- 2 --><span style='display: none'>3</span></td>",
        f'<td x:str="{A}">{A}</td>',
        f"<td colspan=2>{A}</td>",
        f"<td>&#52;{A[1:]}</td>",
    ],
)
def test_html_text_is_read_as_shown(tmp_path, cell):
    """
    An id in a page is the text a person sees.
    """
    assert {2: A} == see(write_html(tmp_path / "a.xls", f"<tr>{cell}<td>x"))


def test_html_hidden_rows_and_nested_tables(tmp_path):
    """
    A hidden row is refused; a table inside another is found by its own heading; two tables with it are refused.
    """
    hidden = f"<tr style='display:none'><td>{A}</td></tr><tr hidden><td>{B}</td></tr><tr><td>{C}</td></tr>"
    inner = f"<table><tr><td>Course ID</td><td>x</td></tr><tr><td>{A}</td></tr></table>"

    assert {2: "invalid", 3: "invalid", 4: C} == see(write_html(tmp_path / "a.xls", hidden))
    assert {2: A} == see(write_html(tmp_path / "b.xls", f"<tr><td>menu</td><td>{inner}</td></tr>", heading=""))
    with pytest.raises(SheetRefused, match='"table 2" and "table 3"'):
        see(write_html(tmp_path / "c.xls", f"<tr><td>{inner}{inner}</td></tr>", heading=""))


def test_html_hidden_by_its_style_sheet(tmp_path):
    """
    Rows and texts of a class or an id that the page hides are hidden; what it hides on paper only is not, and a hidden cell leaves no gap.
    """
    style = (
        "<style>tr.old, #gone { display: none } /* .new { display: none } */ .big > td i.note { visibility:hidden }\n"
        "@media print { .new { display: none } } td.aside { mso-hide: all } a:hover { display: none }</style>"
    )
    rows = (
        f"<tr class='x old'><td>{A}</td></tr><tr id=gone><td>{A}</td></tr><tr class=new><td>{B}</td></tr>"
        f"<tr class=big><td>{C}<i class=note>1</i></td></tr><tr><td class=aside>{A}</td><td>{D}</td></tr>"
    )

    assert {2: "invalid", 3: "invalid", 4: B, 5: C, 6: D} == see(write_html(tmp_path / "a.xls", style + rows))


@pytest.mark.parametrize(
    "more", [f'x:str="{B}"', f'data-t="s" data-v="{B}"', f'data-sheets-value=\'{{"1":2,"2":"{B}"}}\'']
)
def test_html_cells_that_store_another_text_than_they_show(tmp_path, more):
    """
    Nobody can know which of two texts is meant; the same text twice is no doubt.
    """
    rows = f"<tr><td {more}>{A}</td></tr><tr><td {more}> {B}</td></tr>"

    assert {2: "invalid", 3: B} == see(write_html(tmp_path / "a.xls", rows))
    assert f"A2 shows {A} / {B} instead of a Course ID" in messages(tmp_path / "a.xls")[2]


def test_html_hidden_column_is_told(tmp_path):
    """
    A hidden column that decides what is published is named.
    """
    file = write_html(tmp_path / "a.xls", f"<tr><td>x</td><td>{A}</td></tr>", heading=HIDDEN_COLUMN)

    assert ('Column B ("Course ID") is hidden; it was read all the same.',) == plan_file(file).sheets[0].notes


def test_html_in_other_encodings(tmp_path):
    """
    A page in UTF-16, or in the code page it names, is read.
    """
    page = f"<html><meta charset=shift_jis><table><tr><td>Course ID<td>Name<tr><td>{A}<td>表計算</table>"
    (tmp_path / "a.xls").write_bytes(page.encode("shift_jis"))
    (tmp_path / "b.xls").write_bytes(page.encode("utf-16"))

    for name in ("a.xls", "b.xls"):
        assert [(A, "表計算")] == [row.values for row in plan_file(tmp_path / name).rows]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (f'<Cell><Data ss:Type="Number">{A}</Data></Cell>', "stored as a number"),
        ('<Cell><Data ss:Type="DateTime">2023-03-15T00:00:00.000</Data></Cell>', "stored as a date"),
        ('<Cell><Data ss:Type="Error">#N/A</Data></Cell>', "shows #N/A"),
        ('<Cell><Data ss:Type="Boolean">1</Data></Cell>', "holds TRUE"),
        (f'<Cell ss:Formula="=RC[1]"><Data ss:Type="String">{A}</Data></Cell>', "contains a formula"),
        (f'<Cell ss:MergeDown="1"><Data ss:Type="String">{A}</Data></Cell>', "are merged"),
        (
            f'<Cell><Data ss:Type="String">4.78346E+17</Data><Comment><ss:Data>{A}</ss:Data></Comment></Cell>',
            "shortened",
        ),
    ],
)
def test_xml_2003_types(tmp_path, cell, said):
    """
    In XML spreadsheets too only text is an id.
    """
    file = write_xml(tmp_path / "a.xls", f'<Row>{cell}<Cell><Data ss:Type="String">x</Data></Cell></Row>')

    assert {2: "invalid"} == see(file)
    assert said in messages(file)[2]


def test_xml_2003_rows(tmp_path):
    """
    Rows keep the numbers they state; formatted text is joined; hidden rows and hidden sheets are not taken.
    """
    rows = (
        f'<Row ss:Index="4"><Cell><ss:Data ss:Type="String"><h:B>{A[:5]}</h:B>{A[5:]}</ss:Data></Cell></Row>'
        f'<Row ss:Hidden="1"><Cell><Data ss:Type="String">{B}</Data></Cell></Row>'
        f'<Row><Cell ss:Index="2"><Data ss:Type="String">y</Data></Cell></Row>'
    )
    hidden = "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>"

    assert {2: "skipped", 3: "skipped", 4: A, 5: "invalid", 6: "invalid"} == see(write_xml(tmp_path / "a.xls", rows))
    with pytest.raises(SheetRefused, match="Only hidden sheets"):
        see(write_xml(tmp_path / "b.xls", rows, options=hidden))


def test_cells_that_another_cells_formula_fills(tmp_path):
    """
    In OpenDocument and XML spreadsheets too an array formula fills cells that do not say so themselves.
    """
    value = f"<Data ss:Type='String'>{B}</Data>"
    array = f'<Row><Cell ss:ArrayRange="RC:R[1]C" ss:Formula="=Old!RC"><Data ss:Type="String">{A}</Data></Cell></Row>'
    matrix = (
        "<table:table-row><table:table-cell office:value-type='string' table:formula='of:=[.C2:.C3]' "
        f"table:number-matrix-columns-spanned='1' table:number-matrix-rows-spanned='2'><text:p>{A}</text:p></table:table-cell></table:table-row>"
    )
    files = (
        write_xml(tmp_path / "a.xls", f"{array}<Row><Cell>{value}</Cell></Row><Row><Cell>{value}</Cell></Row>"),
        write_ods(tmp_path / "a.ods", HEADING + matrix + ods_row(B) + ods_row(B)),
    )

    assert [{2: "invalid", 3: "invalid", 4: B}] * 2 == list(map(see, files))


def test_xml_2003_with_two_values_in_a_cell_is_refused(tmp_path):
    """
    A number and an empty text in one cell would be a text of 18 digits.
    """
    cell = f'<Cell><Data ss:Type="Number">{A}</Data><Data ss:Type="String"></Data></Cell>'

    with pytest.raises(SheetRefused, match="A2 is stored twice"):
        see(write_xml(tmp_path / "a.xls", f"<Row>{cell}</Row>"))


def test_flat_open_document(tmp_path):
    """
    An OpenDocument spreadsheet that is one XML file is read like the packed one.
    """
    write_ods(tmp_path / "a.ods", HEADING + ods_row(A, "x") + f"<table:table-row>{NUMBER}</table:table-row>")
    with zipfile.ZipFile(tmp_path / "a.ods") as package:
        content = package.read("content.xml").decode()
    flat = content.replace("office:document-content", "office:document")
    (tmp_path / "a.fods").write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n\n{flat}', encoding="utf-8")

    assert {2: A, 3: "invalid"} == see(tmp_path / "a.fods")


@pytest.mark.parametrize("prolog", ["", "<!DOCTYPE busconfig SYSTEM 'x.dtd'>", "<!-- <Workbook> -->\n"])
def test_xml_of_another_kind_is_not_tampered_with(tmp_path, prolog):
    """
    A DOCTYPE says nothing about a file that is no spreadsheet, and neither does its end.
    """
    (tmp_path / "a.xml").write_text(f'<?xml version="1.0"?>{prolog}<p:busconfig><a>', encoding="utf-8")

    with pytest.raises(SheetRefused, match="none of the spreadsheets that are read here"):
        see(tmp_path / "a.xml")


def test_xml_2003_with_a_dtd_is_refused(tmp_path):
    """
    No entity is ever expanded.
    """
    file = tmp_path / "a.xls"
    file.write_text(f'<?xml version="1.0"?><!DOCTYPE Workbook [<!ENTITY a "{A}">]><Workbook/>', encoding="utf-8")

    with pytest.raises(SheetRefused, match="DOCTYPE"):
        see(file)


def test_tab_separated_text_named_xls(tmp_path):
    """
    The extension says nothing.
    """
    (tmp_path / "a.xls").write_bytes(f"Course ID\tCourse name\r\n{A}\tFire\r\n".encode("utf-16"))

    assert {2: A} == see(tmp_path / "a.xls")


def test_damaged_xls(tmp_path):
    """
    A compound file that is no workbook is refused without a traceback.
    """
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000)

    with pytest.raises(SheetRefused, match="damaged"):
        see(tmp_path / "a.xls")


@pytest.mark.parametrize("name", ["libreoffice.xls", "libreoffice.ods"])
def test_workbooks_written_by_libreoffice(name):
    """
    Formulas, merged cells, hidden rows, numbers, errors and truth values of a real program are all seen as what they are.
    """
    refused = dict.fromkeys([*range(4, 13), 20], "invalid")
    blank = dict.fromkeys(range(14, 20), "skipped")

    assert {2: A, 3: B, 13: "478346000019584127", **refused, **blank} == see(MADE / name)


def test_a_workbook_of_excel_95():
    """
    Before Excel 97 there was another kind of records; types, hidden rows, merged cells and array formulas are seen there too.
    """
    seen = see(MADE / "gnumeric95.xls")

    assert {2: A, 4: C, 7: "skipped", 14: "478346000019584127", 19: "478346000019584333"} == {
        row: seen[row] for row in (2, 4, 7, 14, 19)
    }
    assert "478346000019584127 batch 478346000019589999" == seen[17]
    assert {"invalid"} == {seen[row] for row in (3, 5, 6, *range(8, 14), 15, 16, 18)}


def test_a_chain_of_sectors_in_a_circle_is_refused():
    """
    Found by mutation: xlrd follows such a chain for ever; the file is refused as damaged instead.
    """
    with pytest.raises(SheetRefused):
        load_sheet(str(Path(__file__).parent.parent / "data" / "chain_in_a_circle.xls"), SheetOptions())


def test_xls_whose_sectors_run_in_a_circle(tmp_path):
    """
    A chain of sectors that leads back to itself is damage; xlrd follows it until the memory is gone (found by fuzzing).
    """
    data = bytearray((SHEETS / "xls_mixed.xls").read_bytes())
    (table,) = struct.unpack_from("<I", data, 76)
    (directory,) = struct.unpack_from("<I", data, 48)
    struct.pack_into("<I", data, (table + 1) * 512 + 4 * directory, directory)
    (tmp_path / "a.xls").write_bytes(data)

    with pytest.raises(SheetRefused, match="damaged"):
        see(tmp_path / "a.xls")


def test_xls_without_a_root_entry(tmp_path):
    """
    A container whose directory has lost its root is damage (found by fuzzing).
    """
    data = bytearray((SHEETS / "xls_mixed.xls").read_bytes())
    (directory,) = struct.unpack_from("<I", data, 48)
    data[(directory + 1) * 512 + 66] = 0
    data[56:60] = struct.pack("<I", 1 << 30)  # every stream counts as a short one, which lies inside the root's
    (tmp_path / "a.xls").write_bytes(data)

    with pytest.raises(SheetRefused, match="damaged"):
        see(tmp_path / "a.xls")


def test_ods_cell_with_two_texts_is_refused(tmp_path):
    """
    A cell that keeps another text than it shows is no id.
    """
    cell = ods_cell("string", f'string-value="{B}"', A)

    assert {2: "invalid"} == see(write_ods(tmp_path / "a.ods", f"{HEADING}<table:table-row>{cell}</table:table-row>"))


@pytest.mark.parametrize(
    "cell",
    [
        f"<td><s>{A}</s></td>",
        f"<td><del>{A}</del></td>",
        f'<td style="text-decoration:line-through">{A}</td>',
        f"<td>{A[:9]}<strike>{A[9:]}</strike></td>",
        f'<td><font style="text-decoration: underline line-through">{A}</font></td>',
        f"<style>.s1, .grid .s2 {{color: red; text-decoration: line-through}}</style><td class='x s2'>{A}</td>",
        f"<td><span id=gone>{A[:5]}</span>{A[5:]}<style>#gone{{text-decoration-line:line-through}}</style></td>",
    ],
)
def test_a_struck_id_of_a_page_is_not_published(tmp_path, cell):
    """
    A line through an id, or a part of it, says that it no longer counts, also where only the page's style sheet draws it.
    """
    (tmp_path / "a.html").write_text(f"<table><tr><td>Course ID</td></tr><tr>{cell}</tr><tr><td>{B}</td></tr></table>")

    assert {2: "invalid", 3: B} == see(tmp_path / "a.html")


def test_a_struck_row_of_a_page(tmp_path):
    """
    A struck row is struck with its id.
    """
    (tmp_path / "a.html").write_text(
        f'<table><tr><td>Course ID</td><td>Name</td></tr><tr style="text-decoration:line-through"><td>{A}</td><td>x</td></tr>'
        f"<tr><td>{B}</td><td>y</td></tr></table>"
    )

    assert {2: "invalid", 3: B} == see(tmp_path / "a.html")


def test_the_heading_of_a_page_one_cell_short(tmp_path):
    """
    Row names without a heading move a neighbour under Course ID in a page as they do in a text.
    """
    (tmp_path / "a.html").write_text(
        f"<table><tr><th>Parent</th><th>Course ID</th><th>Note</th></tr><tr><td>1</td><td>{B}</td><td>{A}</td><td></td></tr></table>"
    )

    assert {2: "invalid"} == see(tmp_path / "a.html")
