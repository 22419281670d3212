"""Workbooks: what the type of a cell, its row, its sheet and the package around it do to an id."""

import zipfile

import pytest
from sheet_files import A, B, C, D, data_xml, messages, plan_file, row_xml, see, text_cell, write_xlsx

from batchpub.errors import SheetRefused

STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"


def write(path, *rows, **parts):
    """Write one sheet under the usual heading."""
    return write_xlsx(path / "a.xlsx", {"Courses": data_xml(*rows)}, **parts)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (f'<c r="A2"><v>{A}</v></c>', "stored as a number. Spreadsheets keep only 15 digits"),
        (f'<c r="A2" t="n"><v>{A}</v></c>', "it now reads 478346000019582000"),
        ('<c r="A2"><v>4.7834600001958208E+17</v></c>', "stored as a number"),
        ('<c r="A2"><v>12345</v></c>', "stored as a number (12345)"),
        ('<c r="A2" s="1"><v>45000</v></c>', "stored as a date (2023-03-15)"),
        ('<c r="A2" t="d"><v>2023-03-15</v></c>', "stored as a date"),
        ('<c r="A2" t="b"><v>1</v></c>', "holds TRUE"),
        ('<c r="A2" t="e"><v>#N/A</v></c>', "A2 shows #N/A"),
        (f'<c r="A2" t="str"><f>VLOOKUP(1,2,3)</f><v>{A}</v></c>', "A2 contains a formula (=VLOOKUP(1,2,3))"),
        (
            f'<c r="A2" t="str"><f>"{A}"</f></c>',
            "), whose result the file does not hold, so it is not taken as a Course ID.",
        ),
        ('<c r="A2"><f>VLOOKUP(1,2,3)</f></c>', "(=VLOOKUP(1,2,3)); its result may change or be rounded, so"),
        (f'<c r="A2" t="str"><f>"{A}"</f><v>{B}</v></c>', "contains a formula"),
        (f'<c r="A2"><f>{A}</f><v>{A}</v></c>', "contains a formula"),
        (f'<c r="A2" t="str"><f t="shared" si="0"/><v>{A}</v></c>', "contains a formula"),
        (text_cell("A2", "\u202e" + A[::-1]), "turns the digits"),
        (text_cell("A2", f"{A} {B}"), "2 ids in this cell"),
        (text_cell("A2", f"https://example.com/x/{A}"), "is a link"),
        (text_cell("A2", f"={A}"), "is a formula, not text"),
        ("", 'A2: no Course ID, but "Fire" is on this row'),
    ],
)
def test_what_is_not_text_is_refused(tmp_path, cell, said):
    """
    Only text is an id: numbers are refused whatever their digits, so are dates, truth values, errors and formulas.
    """
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    file = write(tmp_path, f'<row r="2">{cell}{text_cell("B2", "Fire")}</row>', row_xml(3, B, "Aid"), styles=styles)

    assert {2: "invalid", 3: B} == see(file)
    assert said in messages(file)[2]


@pytest.mark.parametrize(
    "cell",
    [
        f'<c r="A2" t="str"><v>{A}</v></c>',
        '<c r="A2" t="s"><v>0</v></c>',
        '<c r="A2" t="s"><v>1</v></c>',
        '<c r="A2" t="s"><v>2</v></c>',
        f'<c r="A2" t="inlineStr"><is><r><t>{A[:9]}</t></r><r><rPr><b/></rPr><t>{A[9:]}</t></r><rPh sb="0" eb="1"><t>9</t></rPh></is></c>',
        f'<c r="A2" t="str"><f>"{A}"</f><v>{A}</v></c>',
        text_cell("A2", f"'{A}"),
        text_cell("A2", f'="{A}"'),
        f'<c t="str"><v>{A}</v></c>',
    ],
)
def test_text_is_read_digit_for_digit(tmp_path, cell):
    """
    Shared, inline and rich text, with or without cell names, and a literal formula are the text a person sees.
    """
    strings = (
        f"<si><t>{A}</t></si><si><r><t>{A[:5]}</t></r><r><t>{A[5:]}</t></r></si>"
        f'<si><t>{A}_x000D_</t><rPh sb="0" eb="1"><t>123</t></rPh></si>'
    )

    assert {2: A} == see(write(tmp_path, f'<row r="2">{cell}</row>', strings=strings))


def test_rows_and_cells_without_names_count_from_where_they_stand(tmp_path):
    """
    Names of rows and cells are optional; an empty cell still takes its place.
    """
    body = (
        "<sheetData><row><c/><c t='str'><v>Course ID</v></c></row>"
        f"<row r='4'><c r='A4' s='1'/><c t='str'><v>{A}</v></c></row><row><c/><c t='str'><v>{B}</v></c></row></sheetData>"
    )

    assert {2: "skipped", 3: "skipped", 4: A, 5: B} == see(write_xlsx(tmp_path / "a.xlsx", {"S": body}))


@pytest.mark.parametrize("attributes", ['hidden="1"', 'hidden="true"', 'ht="0" customHeight="1"'])
def test_hidden_rows(tmp_path, attributes):
    """
    A hidden, filtered or flattened row is refused, and read with --include-hidden.
    """
    file = write(tmp_path, row_xml(2, A, "x"), row_xml(3, B, "y", attributes=attributes))

    assert {2: A, 3: "invalid"} == see(file)
    assert {2: A, 3: B} == see(file, include_hidden=True)


def test_merged_cells_with_meaning(tmp_path):
    """
    An id, Notify or Publish cell that is merged over rows belongs to none for certain; within its row it does, and other merges do not matter.
    """
    heading = row_xml(1, "Course ID", "Course name", "Publish", "Notify")
    rows = [
        row_xml(n, i, "x", "no" if n == 4 else None, "no" if n == 6 else None)
        for n, i in enumerate([A, B, C, D, str(int(D) + 34)], start=2)
    ]
    merges = '<mergeCells><mergeCell ref="B2:B6"/><mergeCell ref="A2:A2"/><mergeCell ref="C4:C5"/><mergeCell ref="D6:E6"/></mergeCells>'
    file = write_xlsx(tmp_path / "a.xlsx", {"S": f"<sheetData>{heading}{''.join(rows)}</sheetData>{merges}"})

    assert {2: A, 3: B, 4: "invalid", 5: "invalid", 6: str(int(D) + 34)} == see(file, notify="all")
    assert not plan_file(file, notify="all").rows[-1].notify


def test_hidden_sheets_are_never_read(tmp_path):
    """
    Hidden and very hidden sheets are not read and not chosen, but they are named.
    """
    sheets = {
        "Now": data_xml(row_xml(2, A)),
        "Old": (data_xml(row_xml(2, B)), "hidden"),
        "Older": (data_xml(row_xml(2, C)), "veryHidden"),
    }
    file = write_xlsx(tmp_path / "a.xlsx", sheets)

    assert {2: A} == see(file)
    assert ('Hidden sheets are never read: "Old" and "Older" also have a heading for course ids.',) == plan_file(
        file
    ).sheets[0].notes
    with pytest.raises(SheetRefused, match='"Old" is hidden'):
        see(file, sheet="Old")


def test_sheet_option(tmp_path):
    """
    --sheet chooses between visible sheets; a name that is not there is answered with those that are.
    """
    file = write_xlsx(
        tmp_path / "a.xlsx", {"Notes": "<sheetData/>", "One": data_xml(row_xml(2, A)), "Two": data_xml(row_xml(2, B))}
    )

    assert {2: B} == see(file, sheet="two")
    with pytest.raises(SheetRefused, match='2 sheets have a heading for course ids: "One" and "Two"'):
        see(file)
    with pytest.raises(SheetRefused, match='no sheet named "Three".*"Notes", "One" and "Two"'):
        see(file, sheet="Three")


def test_wrong_dimension_loses_no_rows(tmp_path):
    """
    What a sheet claims about its size is not believed.
    """
    file = write_xlsx(
        tmp_path / "a.xlsx", {"S": f'<dimension ref="A1:B2"/>{data_xml(row_xml(2, A), row_xml(3, B), row_xml(4, C))}'}
    )

    assert {2: A, 3: B, 4: C} == see(file)


def test_stray_cell_in_the_last_corner(tmp_path):
    """
    A value at XFD1048576 is a row of its own, told in one line; the million blank rows before it are one note.
    """
    file = write(tmp_path, row_xml(2, A, "x"), f'<row r="1048576">{text_cell("XFD1048576", "stray")}</row>')

    plan = plan_file(file)

    assert {2: A, 1048576: "invalid"} == see(file)
    assert messages(file)[1048576] == (
        'A1048576: no Course ID, but "stray" in XFD1048576 is on this row. Write the id, or delete the row.'
    )
    assert ("These rows are blank and not listed one by one: 3 to 1048575.",) == plan.sheets[0].notes
    assert (A, "x") == plan.rows[0].values


def test_stray_cell_far_right_of_a_good_row(tmp_path):
    """
    A cell far to the right of the table does not stop its row; it is named.
    """
    file = write(tmp_path, f'<row r="2">{text_cell("A2", A)}{text_cell("XFD2", "stray")}</row>')

    assert {2: A} == see(file)
    assert ("Cells far to the right of the table were left out: XFD2.",) == plan_file(file).sheets[0].notes


def test_strict_open_xml(tmp_path):
    """
    Strict Open XML has other namespaces and the same rows.
    """
    file = write(
        tmp_path, row_xml(2, A), main=STRICT, relations="http://purl.oclc.org/ooxml/officeDocument/relationships"
    )

    assert {2: A} == see(file)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (f'<row r="2">{text_cell("A2", A)}{text_cell("A2", B)}</row>', "A2 is stored twice"),
        (row_xml(2, A) + row_xml(3, B) + row_xml(2, C), "A2 is stored twice"),
        (f'<row r="2">{text_cell("A3", A)}</row>', "Row 2 holds a cell that calls itself A3"),
        ('<row r="2"><c r="A2" t="s"><v>7</v></c></row>', "damaged"),
        ('<row r="2"><c r="A2" t="s"><v>٠</v></c></row>', "damaged"),
        ('<row r="2"><c r="A2" t="s"><v>0</v><v>0</v></c></row>', "A2 is stored twice"),
        ('<row r="1048577"><c r="A1048577"><v>7</v></c></row>', "damaged"),
        ('<row r="2"><c r="XFE2"><v>7</v></c></row>', "damaged"),
        ("</sheetData>", "not well-formed XML in line 1"),
    ],
)
def test_damage_refuses_the_file(tmp_path, rows, said):
    """
    A cell stored twice, misplaced or pointing nowhere makes every cell doubtful.
    """
    with pytest.raises(SheetRefused, match=said):
        see(write(tmp_path, rows))


def test_every_changed_byte_of_a_part_is_found(tmp_path):
    """
    A package whose content does not match its checksum is damaged, however well the XML still reads.
    """
    file = tmp_path / "a.xlsx"
    write_xlsx(file, {"S": data_xml(row_xml(2, A))})
    with zipfile.ZipFile(file) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    file.write_bytes(file.read_bytes().replace(A.encode(), B.encode()))

    with pytest.raises(SheetRefused, match="damaged"):
        see(file)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ([("xl/workbook.bin", b"")], r"\.xlsb"),
        ([("Index/Document.iwa", b"")], "Apple Numbers"),
        ([("word/document.xml", b"")], "a Word document"),
        ([("XL/WORKSHEETS/SHEET1.XML", b"<worksheet/>")], "twice"),
    ],
)
def test_packages_that_are_refused(tmp_path, extra, said):
    """
    A package that holds what no workbook should is refused with its own sentence.
    """
    with pytest.raises(SheetRefused, match=said):
        see(write(tmp_path, row_xml(2, A), extra=extra))


def test_two_workbooks_in_one_file(tmp_path):
    """
    Of two workbooks one behind the other, programs read different ones; the file is refused.
    """
    first, second = (
        write_xlsx(tmp_path / name, {"S": data_xml(row_xml(2, value))}) for name, value in (("a", A), ("b", B))
    )
    (tmp_path / "c.xlsx").write_bytes(first.read_bytes() + second.read_bytes())

    with pytest.raises(SheetRefused, match="Two zip packages"):
        see(tmp_path / "c.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entity_definitions_matter_where_they_could_become_cells(tmp_path, encoding):
    """
    A DOCTYPE in a part that is read refuses the file; in one that is no sheet it is nobody's business.
    """
    strings = f'<!DOCTYPE sst [<!ENTITY a "{A}">]><sst><si><t>&a;</t></si></sst>'.encode(encoding)
    cell = '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    harmless = [("xl/drawings/a.xml", strings), ("customXml/item1.xml", strings)]
    file = write(tmp_path, cell, strings="", extra=harmless)
    with zipfile.ZipFile(file) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
    parts["xl/sharedStrings.xml"] = strings
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)

    assert {2: A} == see(write(tmp_path, row_xml(2, A), extra=harmless))
    with pytest.raises(SheetRefused, match="DOCTYPE"):
        see(tmp_path / "b.xlsx")


def test_zip_of_something_else(tmp_path):
    """
    A zip archive with a CSV in it is not unpacked behind the person's back.
    """
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as package:
        package.writestr("courses.csv", f"Course ID\n{A}\n")

    with pytest.raises(SheetRefused, match="zip archive"):
        see(tmp_path / "a.xlsx")


def test_hidden_columns_that_decide_are_told(tmp_path):
    """
    Ids, Notify and Publish in a hidden or flattened column are read, and the person is told; other columns do not matter.
    """
    columns = '<cols><col min="1" max="1" hidden="1"/><col min="2" max="2" hidden="1"/><col min="3" max="3" width="0"/></cols>'
    rows = f"<sheetData>{row_xml(1, 'Course ID', 'Owner', 'Notify')}{row_xml(2, A, 'x', 'yes')}</sheetData>"
    file = write_xlsx(tmp_path / "a.xlsx", {"S": columns + rows})

    assert ('Columns A ("Course ID") and C ("Notify") are hidden; they were read all the same.',) == plan_file(
        file
    ).sheets[0].notes


def test_a_heading_merged_over_filled_columns_is_refused(tmp_path):
    """
    Where one heading spans two filled columns, nobody can know which of them holds the ids; an empty neighbour is no harm.
    """
    merge = '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'
    first, second = (
        write_xlsx(tmp_path / name, {"S": f"<sheetData>{row_xml(1, 'Course ID')}{row}</sheetData>{merge}"})
        for name, row in (("a.xlsx", row_xml(2, A, B)), ("b.xlsx", row_xml(2, A)))
    )

    with pytest.raises(SheetRefused, match="A1:B1, is merged over several columns"):
        see(first)
    assert {2: A} == see(second)


@pytest.mark.parametrize("kind", ["array", "dataTable"])
def test_cells_that_another_cells_formula_fills(tmp_path, kind):
    """
    Only the first cell of an array formula says that it is one; the others look typed, and are refused all the same.
    """
    first = f'<row r="2"><c r="A2" t="str"><f t="{kind}" ref="A2:A3">Old!A1:A2</f><v>{A}</v></c></row>'

    file = write(tmp_path, first, f'<row r="3"><c r="A3" t="str"><v>{B}</v></c></row>', row_xml(4, C))

    assert {2: "invalid", 3: "invalid", 4: C} == see(file)
    assert "A3 contains a formula (={A2:A3})" in messages(file)[3]


def test_table_in_the_middle_of_a_sheet(tmp_path):
    """
    A table below a banner and right of a margin is found, with the numbers the person sees.
    """
    body = (
        f'<sheetData><row r="5">{text_cell("C5", "Old Course ID")}{text_cell("D5", "Course ID")}</row>'
        f'<row r="6">{text_cell("B6", "note")}{text_cell("C6", B)}{text_cell("D6", A)}{text_cell("F6", "note")}</row></sheetData>'
    )
    file = write_xlsx(tmp_path / "a.xlsx", {"S": body})

    (row,) = plan_file(file).rows

    assert (6, "D6", A, ("note", B, A, "note")) == (row.row, row.cell, str(row.course), row.values)
    assert ("", "Old Course ID", "Course ID", "") == plan_file(file).sheets[0].headings


def test_dates_and_numbers_are_written_back_as_they_are_seen(tmp_path):
    """
    A report gives cells back as the person saw them, and a long number never as digits that could pass for an id.
    """
    styles = '<numFmts><numFmt numFmtId="170" formatCode="dd\\.mm\\.yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
    cells = f'<c r="B2" s="1"><v>45000.5</v></c><c r="C2"><v>{A}</v></c><c r="D2"><v>1.50</v></c><c r="E2" t="b"><v>0</v></c><c r="F2"><f>B2+1</f><v>1</v></c>'
    file = write(tmp_path, f'<row r="2">{text_cell("A2", A)}{cells}</row>', styles=styles)

    (row,) = plan_file(file).rows

    assert (A, "2023-03-15 12:00:00", "4.78346000019582E+17", "1.5", "FALSE", "=B2+1") == row.values
