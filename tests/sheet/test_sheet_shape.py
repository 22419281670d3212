"""Rows that do not fit their heading, records that were broken in two, and tables in markup: no neighbour's id is published."""

import csv
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sheet_files import A, B, C, messages, see

from batchpub.errors import SheetRefused
from batchpub.sheet.heading import is_possible_heading

P, Q, R = "478346000019111111", "478346000019111113", "478346000019111117"


def publish(tmp_path, text, name="a.csv"):
    """Give the ids that a text would publish; none where the file is refused."""
    file = tmp_path / name
    file.write_text(text, encoding="utf-8", newline="")
    try:
        return [value for value in see(file).values() if value.isdigit()]
    except SheetRefused:
        return []


@pytest.mark.parametrize(
    ("text", "published"),
    [
        # R's write.table: no heading over the row names
        (f'"Old ID","Course ID","Remarks"\n"1","{P}","{A}",""\n"2","{Q}","{B}",""\n', []),
        (f'"Old ID","Course ID","Remarks"\n"1","{P}","{A}",""\n"2","{Q}","",""\n', []),
        (f"Course ID,Prerequisite\n1,{A},{P}\n2,{B},{Q}\n", []),
        (f'"Old ID","Course ID","Remarks"\n"{P}","{P}","{A}",""\n"{Q}","{Q}","{B}",""\n', []),
        (f"Course name,Parent,Course ID,Note\n{P},Aid,{P},{A},\n{Q},Fire,{Q},{B},\n", []),
        (f"Course ID,Course name,Note\n{P},{A},Aid,\n{Q},{B},Fire,\n", []),
        # a comma at the end of every row moves nothing
        (f"Course ID,Prerequisite,Course name\n{A},{P},Aid,\n{B},{Q},Fire,\n", [A, B]),
        (f"Course name,Course ID,Prerequisite\nAid,{A},{P},\nFire,{B},{Q},\n", [A, B]),
        # a comma in a title moves the id of this row only
        (f"Course name,Prerequisite,Course ID,Note\nFire,Oil,{P},{A},\nAid,{Q},{B},\n", [B]),
        # a heading over an index that the rows do not have
        (f"No,Course name,Course ID,Prerequisite\nFire,{A},{P}\nAid,{B},{Q}\n", []),
        (f"No,Course name,Teacher,Course ID,Prerequisite\nFire,Bob,{A},{P}\nAid,Ann,{B},{Q}\n", []),
        # what is missing at the end is fine
        (f"Course name,Course ID,Prerequisite,Note,Notify\nFire,{A},{P}\nAid,{B}\n", [A, B]),
        (f"Prerequisite,Course ID,Course name,Remarks\n{P},{A},Fire\n{Q},{B},Aid\n", [A, B]),
        (f"Prerequisite,Course ID,Course name\n{P},{A},Fire\n{Q},{B}\n", [A, B]),
        # a name that is missing with its comma, where other rows are whole
        (f"Course name,Course ID,Prerequisite\nFire,{A},{P}\n{B},{Q}\n", [A]),
        # a no that stands where none belongs
        (f"Course ID,Course name,Publish\n{A},no\n{B},Fire,\n", [B]),
    ],
)
def test_rows_of_another_shape_than_the_heading(tmp_path, text, published):
    """
    Where values may have moved, no row that they may have moved on is published, also when all rows agree with each other.
    """
    assert published == publish(tmp_path, text)


def test_the_sentence_says_where_the_ids_seem_to_be(tmp_path):
    """
    The column is named, and what to do.
    """
    publish(tmp_path, f'"Old ID","Course ID","Remarks"\n"1","{P}","{A}",""\n')

    said = messages(tmp_path / "a.csv")[2]

    assert "it has 4 and the heading has 3. The ids seem to be those in column C, not in B." in said
    assert "write.csv" in said


@pytest.mark.parametrize(
    "text",
    [
        f"Course ID,Course name,Publish\n{A}\n,Fire,no\n{B}\n,Aid,no\n",
        f"Course ID,Course name,Publish\n{A}\n,Fire, Oil,no\n",
        f"Course ID,Course name,Publish\n{A},Fire\nand oil,no\n",
        f"Course ID,Prerequisite,Publish\n{A}\n,{P},no\n",
        f"Course name,Course ID,Prerequisite,Publish\nFire,{A}\n,{P},no\nAid,{B}\n,{Q},no\n",
        f"Course name,Publish,Course ID\nFire,no\n{A}\n",
        f"Name,Course ID,Title,Prerequisite,Publish\nx,{A},Fire\noil,{P},no\nx,{B},Aid,{Q},no\n",
    ],
)
def test_a_record_that_a_line_end_broke(tmp_path, text):
    """
    An id on one line and its no on the next: neither half is published.
    """
    assert [] == publish(tmp_path, text)


def test_both_halves_are_named_in_one_sentence(tmp_path):
    """
    The rows that belong together are said together.
    """
    publish(tmp_path, f"Course ID,Course name\n{A}\n,Fire\n")

    assert all("rows 2 and 3 look like one row" in said for said in messages(tmp_path / "a.csv").values())


@pytest.mark.parametrize(
    "line",
    ["see below", f"{A} Fire", f"{A},Fire", "<p>", f"- {A}", f"> {B}", f'"{A}": "x"', "N/A", "Course ID:", "Total"],
)
def test_a_text_of_one_column_holds_ids_and_nothing_else(tmp_path, line):
    """
    Lines of a letter, of markup or of another list would pass for rows: such a file is refused, and the line is named.
    """
    file = tmp_path / "a.txt"
    file.write_text(f"Course ID\n{A}\n\n{line}\n{B}\n", encoding="utf-8")

    with pytest.raises(SheetRefused, match="one column, and row 4"):
        see(file)


@pytest.mark.parametrize(
    "line", ["4.78346E+17", "478.346.000.019.582.101", "478346000019582", "0", f"https://people.zoho.com/x/{C}", "#N/A"]
)
def test_what_a_program_made_of_an_id_refuses_only_its_row(tmp_path, line):
    """
    A shortened number in a list of ids says nothing about the others.
    """
    published = publish(tmp_path, f"Course ID\n{A}\n\n{line}\n{B}\n")

    assert [A, B] == [value for value in published if value != C]


MARKUP = {
    "jira": f"||Course ID||Prerequisite||\n|{A}|{P}|\n",
    "jira one": f"||Course ID||\n|{A}|\n",
    "muse": f" Course ID || Prerequisite || Publish\n {A} | {P} | no\n",
    "youtrack": f"||  Course ID  ||  Prerequisite  ||\n|  {A}  |  {P}  |\n",
    "moinmoin": f"|| ''' Course ID ''' || ''' x ''' ||\n||  {A}  ||  {P}  ||\n",
    "markdown": f"| Course ID | Prerequisite |\n|:---|---:|\n| {A} | {P} |\n",
    "markdown bare": f"Course ID | Prerequisite\n--- | ---\n{A} | {P}\n",
    "markdown one": f"| Course ID |\n|-----------|\n| {A} |\n",
    "org": f"| Course ID | x |\n|-----------+---|\n| {A} | {P} |\n",
    "psql": f" Course ID | x \n-----------+---\n {A} | {P}\n(1 row)\n",
    "mysql": f"+-----------+---+\n| Course ID | x |\n+-----------+---+\n| {A} | {P} |\n+-----------+---+\n",
    "rst grid": f"+-----------+---+\n| Course ID | x |\n+===========+===+\n| {A} | {P} |\n+-----------+---+\n",
    "rst simple": f"=========  ===\nCourse ID  x\n=========  ===\n{A}  {P}\n=========  ===\n",
    "rst directive": f".. csv-table:: x\n   :header-rows: 1\n\n   Course ID,x\n   {A},{P}\n",
    "drawn": f"│ Course ID │ x │\n├───────────┼───┤\n│ {A} │ {P} │\n",
    "mediawiki": f"{{|\n! Course ID !! x\n|-\n| {A} || {P}\n|}}\n",
    "dokuwiki": f"^ Course ID ^ x ^\n| {A} | {P} |\n",
    "textile": f"|_. Course ID |_. x |\n| {A} | {P} |\n",
    "creole": f"|=Course ID|=x|\n|{A}|{P}|\n",
    "asciidoc": f"[cols=2]\n|===\n|Course ID |x\n|{A} |{P}\n|===\n",
    "latex": f"\\begin{{tabular}}{{l}}\nCourse ID \\\\\n\\hline\n{A} \\\\\n\\end{{tabular}}\n",
    "bbcode": f"[table]\n[tr][td]\nCourse ID\n[/td][td]\n{A}\n[/td][/tr]\n[/table]\n",
    "mhtml": f"Content-Type: multipart/related; boundary=b\nMIME-Version: 1.0\n\n--b\nCourse ID\n{A}\n--b--\n",
    "e-mail": f"Subject: list\nContent-Type: text/html\n\nCourse ID\n{A}\n",
}


@pytest.mark.parametrize("kind", MARKUP)
def test_markup_is_named_and_refused(tmp_path, kind):
    """
    A table in markup is no list of lines and no table of bars; the sentence says what it is and what to do.
    """
    (tmp_path / "a.csv").write_text(MARKUP[kind], encoding="utf-8")

    with pytest.raises(SheetRefused, match=r"in markup \(|saved web page or an e-mail") as refusal:
        see(tmp_path / "a.csv")

    assert "Export the list as CSV or as a workbook" in refusal.value.message


NO_TABLES = {
    "JSON": '[\n {\n  "Course ID":"' + A + '"\n }\n]\n',
    "JSON lines": '{"Course ID":"' + A + '","Prerequisite":"' + P + '"}\n',
    "SQL": f"INSERT INTO courses VALUES('{A}','{P}');\n",
    "SQL dump": f"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nINSERT INTO courses VALUES('{A}','{P}');\n",
    "pandas to_string": f"            Course ID       Prerequisite\n0  {A} {P}\n",
    "sqlite3 column": f"Course ID           Prerequisite      \n{A}  {P}\n",
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_text_of_another_kind_is_called_what_it_is(tmp_path, kind):
    """
    Nobody is told to write a heading into a data file of programs.
    """
    (tmp_path / "a.csv").write_text(NO_TABLES[kind], encoding="utf-8")

    with pytest.raises(SheetRefused, match="This is (JSON|SQL|a text in which only spaces .*), not a table") as refused:
        see(tmp_path / "a.csv")

    assert "Write that heading" not in refused.value.message


def test_fields_filled_up_with_spaces_are_a_table(tmp_path):
    """
    Where something else keeps the columns apart, spaces may stand around it.
    """
    (tmp_path / "a.csv").write_text(f"Course ID          ;Name    \n{A} ;Ladders \n", encoding="utf-8")

    assert {2: A} == see(tmp_path / "a.csv")


@pytest.mark.parametrize("begin", ["", "<h3>Courses</h3>", "\n"])
def test_rows_without_a_table_around_them(tmp_path, begin):
    """
    `.mode html` of sqlite3 writes rows alone: browsers show their cells, one after the other.
    """
    rows = f"<TR><TH>Course ID</TH>\n<TH>Prerequisite</TH>\n</TR>\n<TR><TD>{A}</TD>\n<TD>{P}</TD>\n</TR>\n"
    (tmp_path / "a.html").write_text(begin + rows, encoding="utf-8")

    assert {2: A} == see(tmp_path / "a.html")


def test_a_page_with_another_heading_is_no_page_to_sign_in(tmp_path):
    """
    The sentence about a page names the columns that hold ids, as it does for every other file.
    """
    (tmp_path / "a.xls").write_text(
        f"<html><table><tr><th>Kursnummer</th></tr><tr><td>{A}</td></tr></table>", encoding="utf-8"
    )

    with pytest.raises(SheetRefused, match=r'Column A \("Kursnummer"\) holds 18-digit ids') as refused:
        see(tmp_path / "a.xls")

    assert "sign in" not in refused.value.message


TABLE = f"<table>\n<tr>\n<th>\nCourse ID\n</th>\n<th>\nPrerequisite\n</th>\n</tr>\n<tr>\n<td>\n{A}\n</td>\n<td>\n{P}\n</td>\n</tr>\n</table>\n"


@pytest.mark.parametrize(
    "begin",
    [
        "",
        "<br />\n<b>Notice</b>: Undefined index in <b>/x.php</b><br />\n",
        "<h3>Courses</h3>\n",
        "<font size=2>\n",
        "< div >\n",
        "Warning: something\n\n",
        "Course ID\n",
        "\ufeff\n\n<p>",
        "// a comment\n",
        "<?php ?>\n",
        "<!-- x --><span>",
        '"quoted"\n',
    ],
)
def test_a_web_page_is_read_as_one_however_it_begins(tmp_path, begin):
    """
    Text that holds a table in HTML is never a list of lines.
    """
    assert [A] == publish(tmp_path, begin + TABLE, "a.xls")


def test_a_banner_with_a_rule_is_no_markup(tmp_path):
    """
    A title underlined, a title with bars or signs in it, and rows of dashes between commas are ordinary files.
    """
    text = f"Courses of May\n==============\nCourse ID,Course name,Note\n---------,----,----\n{A},A | B || C,x=y\n{B},C++ & C#,<b>\n"

    assert [A, B] == publish(tmp_path, text)


titles = st.sampled_from(["Fire", "Aid, first", "Oil,Gas,Water", "Two\nlines", "", "Data (x)", "no", "A|B", 'Say "x"'])
FEW = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(
    order=st.permutations(["Course ID", "Prerequisite", "Course name", "Publish", "Note"]),
    rows=st.lists(st.tuples(titles, st.booleans(), st.sampled_from(["", "", "x"])), min_size=1, max_size=6),
    fault=st.sampled_from(["none", "row names", "no first heading", "line end behind the id", "trailing comma"]),
)
@example(
    order=["Prerequisite", "Course ID", "Course name", "Note", "Publish"],
    rows=[("Fire", True, "")] * 3,
    fault="row names",
)
@example(
    order=["Prerequisite", "Course ID", "Note", "Publish", "Course name"], rows=[("", True, "")], fault="row names"
)
@example(
    order=["Prerequisite", "Course ID", "Publish", "Note", "Course name"], rows=[("", False, "x")], fault="row names"
)
def test_whatever_a_program_does_to_the_shape_no_other_id_is_published(tmp_path, order, rows, fault):
    """
    Whatever a careless exporter leaves out or lets slip, what is published is an id of the id column, and its row says no to nothing.
    """
    records = [
        {
            "Course ID": str(int(A) + 2 * number),
            "Prerequisite": str(int(P) + 2 * number),
            "Course name": title,
            "Publish": "no" if says_no else "",
            "Note": note,
        }
        for number, (title, says_no, note) in enumerate(rows)
    ]
    lines = [[record[name] for name in order] for record in records]
    heading = list(order)
    if fault == "row names":
        lines = [[str(number), *line] for number, line in enumerate(lines, start=1)]
    elif fault == "no first heading":
        heading = ["No", *heading]
    elif fault == "trailing comma":
        lines = [[*line, ""] for line in lines]
    quoting = csv.QUOTE_MINIMAL
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows([heading, *lines])
    written = text.getvalue()
    if fault == "line end behind the id":
        for record in records:
            written = written.replace(record["Course ID"], record["Course ID"] + "\n")

    published = set(publish(tmp_path, written))

    assert published <= {record["Course ID"] for record in records}
    said_no = {record["Course ID"] for record in records if record["Publish"]}
    assert not published & said_no


PIECES = st.sampled_from(
    [
        A, B, P, "Course ID", "Course name", "Publish", "no", "yes", "Fire", ",", ",", ";", "|", "\t", "\n", "\n", "\r\n", '"', " ", "'",
        "=", f'="{A}"', "||", "--", "<td>", f"https://people.zoho.com/x/{B}", "4.78E+17", "\u200b", "(x)", "ID", ".", "*",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.lists(PIECES, max_size=4), body=st.lists(PIECES, max_size=40))
@example(head=[], body=[A, "\n", B])
@example(head=[], body=[f"https://people.zoho.com/x/{B}", A, ";", A])
@example(head=[], body=[f"https://people.zoho.com/x/{B}", "Fire", ";", A])
def test_a_published_id_is_a_whole_value_under_the_heading_of_its_record(tmp_path, head, body):
    """
    Whatever the text is, an id that is published stands by itself in its record, in the column that is headed as the ids.
    """
    text = "".join([*head, "Course ID,Course name\n", *body])
    file = tmp_path / "a.csv"
    file.write_text(text, encoding="utf-8", newline="")
    try:
        published = {row: value for row, value in see(file).items() if value.isdigit()}
    except SheetRefused:
        return

    for number, value in published.items():
        assert any(stands_under_a_heading(text, delimiter, number, value) for delimiter in ",;\t|"), text


def stands_under_a_heading(text, delimiter, number, value):
    """Split the text once more, by nobody's rules but those of CSV."""
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    columns = {
        column
        for record in records
        for column, field in enumerate(record)
        if is_possible_heading(field.strip(" '\u200b"))
    }
    fields = records[number - 1]
    return any(
        column < len(fields) and (fields[column].strip(" \t'\"=\u200b") == value or f"/{value}" in fields[column])
        for column in columns
    )
