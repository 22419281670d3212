"""Good files that once were refused, and faults that once were called by the wrong name: the kinds, not the files."""

import gzip
import struct
import zipfile
from pathlib import Path

import pytest
from sheet_files import A, B, C, data_xml, messages, ods_row, plan_file, row_xml, see, text_cell, write_ods, write_xlsx

from batchpub.errors import SheetRefused

MADE = Path(__file__).parent.parent / "data" / "made"
STRUCK = "<fonts><font/><font><strike/></font><font><strike val='0'/></font></fonts><cellXfs><xf/><xf fontId='1'/><xf fontId='2'/></cellXfs>"


def record(kind, body):
    """Give one record of a binary workbook."""
    return struct.pack("<HH", kind, len(body)) + body


def label(row, column, text, *, style=0, codec="cp1252"):
    """Give a cell as hand-written exporters do."""
    body = text.encode(codec)
    return record(0x204, struct.pack("<HHHH", row, column, style, len(body)) + body)


def bare(*cells, version=0, size=8, end=True):
    """Give a bare stream: the first record, cells, the end."""
    first = record(0x809, struct.pack("<HH", version, 0x10).ljust(size, b"\0"))
    return first + b"".join(cells) + (record(0x0A, b"") if end else b"")


def old_label(row, column, text):
    """Give a cell of Excel 2."""
    return record(0x04, struct.pack("<HH3xB", row, column, len(text)) + text.encode())


def write_file(path, data):
    """Write bytes and give the path."""
    path.write_bytes(data)
    return path


def write_xml(path, encoding, name, *, rows="", change=lambda text: text):
    """Write an XML spreadsheet of 2003 in the encoding that its declaration names; `encoding` may be (codec, name)."""
    codec, declared = encoding if isinstance(encoding, tuple) else (encoding, encoding)
    text = (
        f'<?xml version="1.0" encoding="{declared}"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles><Style ss:ID="s"><Font ss:StrikeThrough="1"/></Style></Styles>'
        '<Worksheet ss:Name="S"><Table><Row><Cell><Data ss:Type="String">Course ID</Data></Cell><Cell><Data ss:Type="String">Course name'
        f'</Data></Cell></Row><Row><Cell><Data ss:Type="String">{A}</Data></Cell><Cell><Data ss:Type="String">{name}</Data></Cell></Row>'
        f"{rows}</Table></Worksheet></Workbook>"
    )
    return write_file(path, change(text).encode(codec))


@pytest.mark.parametrize("version", [0, 0x0200, 0x0300, 0x0400, 0x0500, 0x0600])
@pytest.mark.parametrize("size", [6, 8, 16])
@pytest.mark.parametrize("codec", ["cp1252", "utf-8"])
def test_bare_records_of_exporters(tmp_path, version, size, codec):
    """
    The records that PHP exporters write without a container are read, whatever version they claim and whatever style they name.
    """
    cells = [label(0, 0, "Course ID"), label(0, 1, "Course name"), label(1, 0, A, style=15, codec=codec)]
    cells += [label(1, 1, "Café", codec=codec), record(0x203, struct.pack("<HHHd", 2, 0, 0, 4.78e17)), label(3, 0, B)]
    file = write_file(tmp_path / "a.xls", bare(*cells, version=version, size=size))

    assert {2: A, 3: "invalid", 4: B} == see(file)
    assert "Café" == plan_file(file).rows[0].values[1]


def test_cells_of_a_bare_stream_may_come_column_by_column(tmp_path):
    """
    What says no in the last column counts, however late it comes.
    """
    ids = [str(int(A) + 34 * row) for row in range(100)]
    names = [label(0, 0, "Course ID"), *(label(row + 1, 0, one) for row, one in enumerate(ids))]
    words = [label(0, 1, "Publish"), *(label(row + 1, 1, "no" if row == 50 else "yes") for row in range(100))]
    file = write_file(tmp_path / "a.xls", bare(*names, *words))

    assert {row + 2: "skipped" if row == 50 else one for row, one in enumerate(ids)} == see(file)


def test_a_workbook_of_excel_2(tmp_path):
    """
    The oldest records have other layouts; a row without height is hidden there too.
    """
    first = record(0x09, struct.pack("<HH", 2, 0x10))
    cells = old_label(0, 0, "Course ID") + old_label(1, 0, A) + record(0x02, struct.pack("<HH3xH", 2, 0, 7))
    hidden = record(0x08, struct.pack("<HHHH5x", 3, 0, 1, 0)) + old_label(3, 0, B)
    file = write_file(tmp_path / "a.xls", first + cells + hidden + record(0x0A, b""))

    assert {2: A, 3: "invalid", 4: "invalid"} == see(file)
    assert "Row 4 is hidden" in messages(file)[4]


@pytest.mark.parametrize("version", [2, 3, 4, 5, 8])
def test_workbooks_of_every_age_written_by_sheetjs(version):
    """
    Excel 2, 3, 4, 5 and 97 give the same ids.
    """
    seen = see(MADE / f"sheetjs_biff{version}.xls")

    assert {3: "478346000019582238", 4: "478346000019582357", 5: "invalid"} == {row: seen[row] for row in (3, 4, 5)}


def test_more_or_fewer_shared_texts_than_stated(tmp_path):
    """
    How many shared texts a binary workbook says it has does not matter; how many are there does.
    """
    whole = (MADE / "libreoffice.xls").read_bytes()
    expected = see(MADE / "libreoffice.xls")
    place = whole.index(b"\xfc\x00", 512)

    for stated in (0, 1, 5_000):
        counts = struct.pack("<II", stated, stated)
        assert expected == see(write_file(tmp_path / "a.xls", whole[: place + 4] + counts + whole[place + 12 :])), (
            stated
        )


def test_a_container_with_another_header(tmp_path):
    """
    WPS writes a class id into the container's header where there should be none: nobody's cell.
    """
    data = bytearray((MADE / "libreoffice.xls").read_bytes())
    data[8:24] = b"\x20\x08\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"

    assert see(MADE / "libreoffice.xls") == see(write_file(tmp_path / "a.xls", data))


def test_a_container_that_is_whole_around_records_that_are_not(tmp_path):
    """
    A container that is complete was no incomplete download, whatever its records say.
    """
    data = (MADE / "libreoffice.xls").read_bytes()
    place = data.index(b"\xfc\x00", 512)

    with pytest.raises(SheetRefused, match="its records end too early|a record of it is too short") as refused:
        see(write_file(tmp_path / "a.xls", data[: place + 2] + b"\xff\xff" + data[place + 4 :]))
    assert "download" not in refused.value.message


def test_a_cell_with_an_inline_text_and_a_value(tmp_path):
    """
    Some exporters write both: the same twice is no doubt; nobody can know which of two is meant.
    """
    cell = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is><v>{2}</v></c></row>'
    file = write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(cell.format(2, A, A), cell.format(3, B, C))})

    assert {2: A, 3: "invalid"} == see(file)
    assert f"A3 shows {B} / {C}" in messages(file)[3]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bare(label(0, 0, "Course ID"), label(1, 0, A))[:-9], "cut short (perhaps an incomplete download)"),
        (bare(label(0, 0, "Course ID"), label(1, 0, A), end=False), "cut short (perhaps an incomplete download)"),
        (b"\r\n" + bare(label(0, 0, "Course ID")), "Something stands before the workbook in this file (a blank line"),
        (
            bare(label(0, 0, "Course ID"), label(1, 0, A), label(1, 0, B)),
            "two cells in row 2 are stored under one name",
        ),
        (bare(record(0x2F, b"\0" * 6)), "The file is encrypted"),
        (
            gzip.compress(b'<?xml version="1.0"?><gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd"/>', mtime=0),
            "Gnumeric",
        ),
        (b'<?xml version="1.0"?><gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd"/>', "Gnumeric"),
    ],
)
def test_sentences_about_bytes(tmp_path, data, said):
    """
    Each fault has its own sentence.
    """
    with pytest.raises(SheetRefused) as refused:
        see(write_file(tmp_path / "a.xls", data))

    assert said in refused.value.message


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        (("gb18030", "GB2312"), "课程镕"),
        ("gbk", "课程"),
        ("big5", "課程"),
        (("cp932", "Shift_JIS"), "①研修"),
        ("euc-jp", "研修"),
        (("cp949", "EUC-KR"), "과정"),
        ("windows-1251", "Курс"),
        (("cp1252", "ISO-8859-1"), "“Café”"),
        (("utf-8", "utf-16"), "Café"),
        ("utf-16", "Café"),
        (("utf-8", "x-unknown"), "Café"),
        ("utf-8-sig", "Café"),
    ],
)
def test_xml_2003_in_the_encoding_that_its_declaration_names(tmp_path, encoding, name):
    """
    A family's larger set is read under the smaller one's name, as programs write it.
    """
    file = write_xml(tmp_path / "a.xml", ("utf-8-sig", "utf-8") if encoding == "utf-8-sig" else encoding, name)

    assert [(A, name)] == [row.values for row in plan_file(file).rows]
    assert () == plan_file(file).sheets[0].notes


def test_xml_2003_in_no_encoding(tmp_path):
    """
    Bytes that are in no encoding at all garble names, which is said, and no id.
    """
    file = write_xml(tmp_path / "a.xml", ("cp1252", "utf-8"), "Café")

    assert {2: A} == see(file)
    assert "old code page" in plan_file(file).sheets[0].notes[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-40], "cut short"),
        (lambda text: text.replace("</Row>", "</Rwo>", 1), "not well-formed XML in line 2"),
        (lambda text: text.replace("Fire", "Fire & Aid"), "not well-formed XML in line 2"),
        (lambda text: text.replace("Fire", "Fire\x0b"), "invisible control character (line 2)"),
        (lambda text: text.replace("Fire", "Fire&nbsp;"), "not well-formed XML in line 2"),
    ],
)
def test_xml_2003_that_breaks_its_own_rules(tmp_path, change, said):
    """
    Only a file that ends too early is called cut short; everything else is the work of the program that wrote it.
    """
    with pytest.raises(SheetRefused) as refused:
        see(write_xml(tmp_path / "a.xml", "utf-8", "Fire", change=change))

    assert said in refused.value.message
    assert ("download" in refused.value.message) is (said == "cut short")


def test_xml_2003_rows_that_span_others(tmp_path):
    """
    A row that stands for several keeps the numbers of those after it right.
    """
    cell = f'<Cell><Data ss:Type="String">{B}</Data></Cell>'
    file = write_xml(tmp_path / "a.xml", "utf-8", "x", rows=f'<Row ss:Hidden="1" ss:Span="2"/><Row>{cell}</Row>')

    assert {2: A, 3: "skipped", 4: "skipped", 5: "skipped", 6: B} == see(file)


@pytest.mark.parametrize("reference", ["D:E", "A2:XFE2", "3:4", "B2:B9999999", "#REF!", "", "$B$2:$B$3"])
def test_merges_that_do_not_matter(tmp_path, reference):
    """
    Ranges of whole columns or rows, past the end, or of no meaning do not refuse a file whose ids they leave alone.
    """
    merges = f'<mergeCells><mergeCell ref="{reference}"/></mergeCells>'
    file = write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(row_xml(2, A, "x")) + merges})

    assert {2: A} == see(file)


@pytest.mark.parametrize("reference", ["A:A", "2:3", "A2:A9999999", "a2:b3"])
def test_merges_that_do(tmp_path, reference):
    """
    The same ranges over ids of several rows leave them in doubt.
    """
    merges = f'<mergeCells><mergeCell ref="{reference}"/></mergeCells>'
    file = write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(row_xml(2, A), row_xml(3, B)) + merges})

    assert {2: "invalid", 3: "invalid"} == see(file)
    assert "nobody can see which row" in messages(file)[2]


def test_a_merge_inside_a_row_that_hides_an_id(tmp_path):
    """
    The first cell of a merge is what everybody sees; what is stored under the others nobody does, and which row it is is clear.
    """
    heading = row_xml(1, "Course name", "Course ID")
    merges = '<mergeCells><mergeCell ref="A2:B2"/><mergeCell ref="B3:C3"/></mergeCells>'
    rows = heading + row_xml(2, "Fire", A) + row_xml(3, "Aid", B, "C")
    file = write_xlsx(tmp_path / "a.xlsx", {"S": f"<sheetData>{rows}</sheetData>{merges}"})

    assert {2: "invalid", 3: B} == see(file)
    assert "B2 lies under the merged cells A2:B2" in messages(file)[2]
    assert "which row" not in messages(file)[2]


def test_rows_and_cells_by_whatever_name(tmp_path):
    """
    Rows without numbers take them from their cells; small letters and dollar signs name the same cells.
    """
    rows = f"<row>{text_cell('a1', 'Course ID')}</row><row>{text_cell('$A$2', A)}</row><row>{text_cell('A5', B)}</row><row><c t='str'><v>{C}</v></c></row>"

    assert {2: A, 3: "skipped", 4: "skipped", 5: B, 6: C} == see(
        write_xlsx(tmp_path / "a.xlsx", {"S": f"<sheetData>{rows}</sheetData>"})
    )


@pytest.mark.parametrize("kind", ["N", "S", "number", "", "bool"])
def test_a_type_of_cell_that_nobody_knows(tmp_path, kind):
    """
    In another column it is that cell's matter; as an id it is refused, digits or not.
    """
    odd = f'<row r="2">{text_cell("A2", A)}<c r="B2" t="{kind}"><v>{B}</v></c></row><row r="3"><c r="A3" t="{kind}"><v>{B}</v></c></row>'

    assert {2: A, 3: "invalid"} == see(write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(odd)}))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (A, "the file still holds more, but every program shows it rounded (it now reads 478346000019582000 there)"),
        ("478346000019582000", "its last digits are already wrong"),
        ("4.7834600001958208E+17", "its last digits are already wrong"),
    ],
)
def test_what_is_said_of_a_number_is_true(tmp_path, value, said):
    """
    A number whose digits all stand in the file is refused for what is true of it: nobody can have checked them.
    """
    typed = '<table:table-cell office:value-type="float" office:value="{0}"><text:p>{0}</text:p></table:table-cell>'
    cell = f'<Row><Cell><Data ss:Type="Number">{value}</Data></Cell></Row>'
    files = [
        write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(f'<row r="3"><c r="A3"><v>{value}</v></c></row>')}),
        write_xml(tmp_path / "a.xml", "utf-8", "x", rows=cell),
        write_ods(
            tmp_path / "a.ods",
            f"{ods_row('Course ID')}{ods_row(B)}<table:table-row>{typed.format(value)}</table:table-row>",
        ),
    ]

    assert [True] * 3 == [said in messages(file)[3] for file in files]


def test_struck_out(tmp_path):
    """
    A line through the id, a part of it or the name keeps a row out until it is removed; a strike that is off is none.
    """
    rich = f'<row r="5"><c r="A5" t="inlineStr"><is><r><rPr><strike/></rPr><t>{A[:9]}</t></r><r><t>{A[9:]}</t></r></is></c></row>'
    cells = [
        f'<row r="{row}"><c r="A{row}" t="str" s="{style}"><v>{one}</v></c><c r="B{row}" t="str" s="{named}"><v>x</v></c></row>'
        for row, one, style, named in ((2, A, 1, 0), (3, B, 0, 1), (4, C, 2, 2))
    ]
    file = write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(*cells, rich)}, styles=STRUCK)
    struck = f'<Row><Cell ss:StyleID="s"><Data ss:Type="String">{B}</Data></Cell></Row><Row ss:StyleID="s"><Cell><Data ss:Type="String">{C}</Data></Cell></Row>'

    assert {2: "invalid", 3: "invalid", 4: C, 5: "invalid"} == see(file)
    assert messages(file)[3].startswith("B3 is struck out, so this row was left out.")
    assert {2: A, 3: "invalid", 4: "invalid"} == see(write_xml(tmp_path / "a.xml", "utf-8", "x", rows=struck))


@pytest.mark.parametrize(
    "name", ["xlwt_struck.xls", "gnumeric_biff7.xls", "libreoffice_struck.ods", "libreoffice_struck.xlsx"]
)
def test_struck_out_by_real_programs(name):
    """
    The same rows, saved by three programs: 3 is struck out, 7 is merged within its row, of 11 a part is struck.
    """
    seen = see(MADE / name)

    assert ("478346000019582101", "478346000019582357", "478346000019582411") == (seen[2], seen[4], seen[7])
    assert {"invalid"} == {seen[row] for row in (3, 5, 8, 10, 11, 12)}
    assert "A3 is struck out" in messages(MADE / name)[3]


def test_a_line_through_text_in_open_document(tmp_path):
    """
    A style's line counts also where it comes from a parent, from the row, from the column, or on a part of the text.
    """
    line = '<style:text-properties style:text-line-through-style="solid"/>'
    styles = (
        f'<style:style style:name="a" style:family="table-cell">{line}</style:style>'
        '<style:style style:name="b" style:family="table-cell" style:parent-style-name="a"/>'
        '<style:style style:name="c" style:family="table-cell" style:parent-style-name="a"><style:text-properties style:text-line-through-style="none"/></style:style>'
        f'<style:style style:name="t" style:family="text">{line}</style:style>'
    )

    def row(one, *, cell="", row="", part=0):
        text = f'<text:span text:style-name="t">{one[:part]}</text:span>{one[part:]}'
        cell_style = f'table:style-name="{cell}"' if cell else ""
        row_style = f'table:default-cell-style-name="{row}"' if row else ""
        inner = f'<table:table-cell office:value-type="string" {cell_style}><text:p>{text if part else one}</text:p></table:table-cell>'
        return f"<table:table-row {row_style}>{inner}</table:table-row>"

    rows = [row(A, cell="a"), row(A, cell="b"), row(B, cell="c"), row(A, row="a"), row(A, part=3), row(C)]
    file = write_ods(tmp_path / "a.ods", ods_row("Course ID") + "".join(rows), styles=styles)

    assert {2: "invalid", 3: "invalid", 4: B, 5: "invalid", 6: "invalid", 7: C} == see(file)


@pytest.mark.parametrize(
    ("formula", "becomes"),
    [("TRUE()", A), ("TRUE", A), ('"yes"', A), ("FALSE()", "invalid"), ("B9=1", "invalid")],
)
def test_confirmed_as_a_formula_that_cannot_change(tmp_path, formula, becomes):
    """
    LibreOffice saves a typed TRUE as =TRUE(): that confirms; a formula that could give another result does not.
    """
    rounded = "478346000019582000"
    heading = row_xml(1, "Course ID", "Confirmed")
    kind, value = ("str", "yes") if formula == '"yes"' else ("b", "0" if formula == "FALSE()" else "1")
    cell = f'<c r="B2" t="{kind}"><f>{formula}</f><v>{value}</v></c>'
    row = f'<row r="2">{text_cell("A2", rounded)}{cell}</row>'
    file = write_xlsx(tmp_path / "a.xlsx", {"S": f"<sheetData>{heading}{row}</sheetData>"})

    assert {2: rounded if becomes == A else becomes} == see(file)


@pytest.mark.parametrize("before", [b"\n", b"\xef\xbb\xbf", b"<br />\n<b>Warning</b>: x in <b>/a.php</b>\n"])
def test_something_before_the_workbook(tmp_path, before):
    """
    What a program prints before a workbook is named, and who can mend it; nothing is said of downloads or NUL bytes.
    """
    whole = write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(row_xml(2, A))}).read_bytes()
    for data in (whole, (MADE / "libreoffice.xls").read_bytes(), (MADE / "libreoffice.ods").read_bytes()):
        with pytest.raises(
            SheetRefused, match="Something stands before the workbook.*whoever runs the export"
        ) as refused:
            see(write_file(tmp_path / "b.xlsx", before + data))
        assert not [word for word in ("download", "NUL") if word in refused.value.message]


XML_2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'
    f"<Row><Cell><Data>Course ID</Data></Cell></Row><Row><Cell><Data>{A}</Data></Cell></Row>"
    "</Table></Worksheet></Workbook>"
)


@pytest.mark.parametrize("before", ["<br />\n<b>Notice</b>: x in <b>/a.php</b>\n", "\nWarning: x\n", "<html>"])
def test_something_before_an_xml_workbook(tmp_path, before):
    """
    It is no web page, whatever stands before it; a blank line alone harms nobody.
    """
    with pytest.raises(SheetRefused, match="Something stands before the workbook") as refused:
        see(write_file(tmp_path / "a.xls", (before + XML_2003).encode()))

    assert "web page" not in refused.value.message
    assert {2: A} == see(write_file(tmp_path / "a.xls", ("\n\n" + XML_2003).encode()))


def test_a_page_that_begins_as_xml(tmp_path):
    """
    A table of HTML behind an XML declaration need not be well-formed.
    """
    page = f'<?xml version="1.0"?>\n<table><tr><td>Course ID<td>Name<tr><td>{A}<td>Ladders & steps</table>'

    assert {2: A} == see(write_file(tmp_path / "a.xls", page.encode()))


STRANGERS = {
    "dBase": b"\x03\x7e\x0b\x1b\x02\0\0\0\x61\0\x25\0"
    + bytes(20)
    + b"COURSE_ID\0\0C"
    + bytes(20)
    + b"\r "
    + A.encode(),
    "Lotus 1-2-3": b"\0\0\x02\0\x06\x04\x06\0\x08\0",
    "Microsoft Works": b"\xff\0\x02\0\x04\x04",
    "Access": b"\0\x01\0\0Standard Jet DB\0",
    "Parquet": b"PAR1\x15\x04\x15",
    "SPSS": b"$FL2@(#) SPSS DATA FILE",
    "only a shortcut": b"L\0\0\0\x01\x14\x02\0\0\0\0\0",
    "only a link": b"[InternetShortcut]\r\nURL=https://example.org/Course ID\r\n",
    "what a Mac puts beside a file": b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ",
}


@pytest.mark.parametrize("called", STRANGERS)
def test_files_of_other_programs_are_called_what_they_are(tmp_path, called):
    """
    A whole file of another program is not "damaged" because it holds NUL bytes.
    """
    with pytest.raises(SheetRefused, match=called) as refused:
        see(write_file(tmp_path / "a.xls", STRANGERS[called]))

    assert not [word for word in ("damaged", "NUL", "heading") if word in refused.value.message]


def test_a_zip_that_is_cut_short_or_changed(tmp_path):
    """
    A package without its end is cut short; one with a wrong checksum is damaged and nothing is said of a download.
    """
    whole = write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(row_xml(2, A))}).read_bytes()
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as package:
        package.writestr("xl/workbook.xml", "x" * 1000)
    stored = (tmp_path / "b.xlsx").read_bytes().replace(b"xxxx", b"yyyy", 1)

    with pytest.raises(SheetRefused, match="cut short"):
        see(write_file(tmp_path / "c.xlsx", whole[:-100]))
    with pytest.raises(SheetRefused, match="its part 'xl/workbook.xml' cannot be unpacked, or its checksum is wrong"):
        see(write_file(tmp_path / "c.xlsx", stored))


def test_ods_that_is_not_well_formed(tmp_path):
    """
    A part whose checksum is right is as its program wrote it: no download was incomplete.
    """
    with pytest.raises(SheetRefused, match="not well-formed XML in line 1.*whoever runs the export"):
        see(write_ods(tmp_path / "a.ods", f"{ods_row('Course ID')}<table:table-row>"))


def test_very_many_sheets(tmp_path):
    """
    20,000 sheet names are refused at once.
    """
    file = write_xlsx(tmp_path / "a.xlsx", {"S": data_xml(row_xml(2, A))})
    with zipfile.ZipFile(file) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
    more = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, 20_000))
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"</sheets>", more.encode() + b"</sheets>")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)

    with pytest.raises(SheetRefused, match="more than 1,000 sheets"):
        see(file)
