"""Text files: encodings, delimiters, quotation marks, and ids as people's programs leave them."""

import codecs
import re

import pytest
from sheet_files import A, B, C, messages, plan_file, see, write_csv

from batchpub.errors import SheetMissing, SheetRefused
from batchpub.plan.vocabulary import LANGUAGES
from batchpub.sheet import SheetOptions, load_sheet

HEADING = ["Course ID", "Course name"]
ROWS = [HEADING, [A, "Feuer & Öl"], [B, "Datenschutz"]]
READ = {2: A, 3: B}


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("cp1252", b""),
        ("cp850", b""),
        ("mac-roman", b""),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_ids_are_exact_in_every_encoding(tmp_path, encoding, bom, delimiter):
    """
    Whatever the encoding and the delimiter, the ids come back digit for digit.
    """
    file = write_csv(tmp_path / "a.csv", ROWS, encoding=encoding, bom=bom, delimiter=delimiter)

    assert READ == see(file)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_and_with_few_latin_letters(tmp_path, encoding):
    """
    Long Japanese names leave few NUL bytes in UTF-16; where all stand in one half of the places, it is no damage.
    """
    rows = [["Course ID", "名"], [A, "漢字" * 300], [B, "表計算" * 300]]

    assert READ == see(write_csv(tmp_path / "a.csv", rows, encoding=encoding))


def test_shift_jis_is_read_with_a_warning_about_names(tmp_path):
    """
    An old Japanese code page garbles names, and the person is told; the ids are exact.
    """
    file = write_csv(tmp_path / "a.csv", [HEADING, [A, "安全教育ソ能"], [B, "表計算"]], encoding="shift-jis")

    plan = plan_file(file)

    assert READ == see(file)
    assert [
        "The file is in an old code page, not in UTF-8: names with special letters may look wrong. The ids are exact."
    ] == list(
        plan.sheets[0].notes,
    )


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_line_ends(tmp_path, end):
    """
    CR, LF and CRLF end a line.
    """
    assert READ == see(write_csv(tmp_path / "a.csv", ROWS, lineterminator=end))


def test_only_line_ends_end_a_line(tmp_path):
    """
    A form feed or a Unicode line separator inside a name does not begin a new row.
    """
    file = write_csv(tmp_path / "a.csv", [HEADING, [A, f"Fire\u2028{C},x\x0b\x0c\x85"], [B, "Aid"]])

    assert READ == see(file)


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
def test_sep_line_is_not_counted(tmp_path, line):
    """
    Excel does not show the line that tells it the delimiter.
    """
    file = tmp_path / "a.csv"
    file.write_text(f"{line}\r\nCourse ID;Course name\r\n{A};Fire, Oil\r\n{B};Aid\r\n", encoding="utf-8", newline="")

    assert READ == see(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'Course ID,Course name\n{A},"Fire\n{B},Aid\n', "opened in row 2"),
        (f'Course ID,Course name\n{A},"Fire\n{B},"Aid"\n', "opened in row 2"),
        (f'"Course ID,Course name"\n"{A},Fire"\n', "one pair of quotation marks"),
        (f"Course ID,Course name\n{A},Fi\0re\n", "NUL bytes"),
        ("Course ID,Course ID\n1,2\n", 'A ("Course ID") and B ("Course ID")'),
        ("Old Course ID,Name\n1,2\n", 'no column headed "Course ID"'),
        ("Course ID,Notify,Notify Users\n1,2,3\n", "both read as Notify"),
        ("Course ID\n\n , \n", "no rows under the heading"),
        ("%PDF-1.7\n", "a PDF document"),
        (
            f'TABLE\n0,1\n"x"\nDATA\n0,0\n""\n-1,0\nBOT\n1,0\n"Course ID"\n-1,0\nBOT\n1,0\n"{A}"\n',
            "old format (DIF)",
        ),
        ('ID;PCALCOOO32\nB;Y2;X1\nC;Y1;X1;K"Course ID"\n', "old format (SYLK)"),
        ("<html><body>Sign in</body></html>", "web page"),
        ("<?xml version='1.0'?><feed/>", "none of the spreadsheets"),
    ],
)
def test_whole_file_is_refused(tmp_path, content, said):
    """
    Where it is uncertain what the rows are, the file is refused with its own sentence.
    """
    file = tmp_path / "a.csv"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(SheetRefused) as refusal:
        plan_file(file)

    assert said in refusal.value.message
    assert "save as .xlsx" not in refusal.value.message


def test_one_bad_quotation_mark_refuses_one_row(tmp_path):
    """
    A quotation mark out of place on one line leaves the other rows alone.
    """
    file = tmp_path / "a.csv"
    file.write_text(f'Course ID,Course name\n{A},"Fire" safety\n{B},Aid\n', encoding="utf-8")

    assert {2: "invalid", 3: B} == see(file)


def test_rows_swallowed_by_a_quotation_mark_do_not_vanish_in_silence(tmp_path):
    """
    A value that holds what looks like further rows refuses its row; a note with an old id on a line of its own does not.
    """
    file = tmp_path / "a.csv"
    file.write_text(f'Course ID,Course name\n{A},"Fire\n{B},Data\n{C},Aid"\n{C},"note:\n{B}\nend"\n', encoding="utf-8")

    assert {2: "invalid", 3: C} == see(file)
    assert "holds what looks like further rows" in messages(file)[2]


def test_ragged_rows(tmp_path):
    """
    Missing cells at the end are fine, so is a comma too many; a value beyond the headings refuses its row.
    """
    file = write_csv(
        tmp_path / "a.csv",
        [["Course ID", "Course name", "Owner", ""], [A], [B, "Data", "", "", ""], [C, "x", "y", "z"]],
    )

    assert {2: A, 3: B, 4: "invalid"} == see(file)


PREREQUISITE = "478346000019111111"
FOUR = ["Course name", "Prerequisite", "Course ID", "Notes"]


@pytest.mark.parametrize(
    "moved",
    [
        f"Fire, Oil,{PREREQUISITE},{C}",
        f"Fire, Oil,{PREREQUISITE},{C},",
        f"Fire,Oil,{PREREQUISITE},{C},",
        f"Fire,, Oil,{PREREQUISITE},{C}",
    ],
)
@pytest.mark.parametrize("end", ["", ",", ",note"])
def test_a_comma_inside_a_title_moves_no_neighbour_under_course_id(tmp_path, moved, end):
    """
    Where the last column is empty, a comma in a title leaves nothing beyond the headings; the row is refused all the same.
    """
    (tmp_path / "a.csv").write_text(
        f"{','.join(FOUR)}\nAid,{PREREQUISITE},{A}{end}\n{moved}\nData,,{B}{end}\n", encoding="utf-8"
    )

    assert {2: A, 3: "invalid", 4: B} == see(tmp_path / "a.csv")
    assert re.search("moved the cells to the right|may have moved to the right", messages(tmp_path / "a.csv")[3])


def test_a_title_that_ends_in_an_id(tmp_path):
    """
    In a row with too many values the id of a title is none of the two ids that the row should have.
    """
    rows = f"Aid,{A},\nSafety, {PREREQUISITE},{B},\nLifting,{C},\n"
    (tmp_path / "a.csv").write_text(f"Name,Course ID,Prerequisite\n{rows}", encoding="utf-8")

    assert {2: A, 3: "invalid", 4: C} == see(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "rows",
    [
        f"Fire, {PREREQUISITE}, {A}, x\nAid, , {B},\n",
        f"Fire, {PREREQUISITE}, {A}\nAid, , {B}\n",
        f"Fire,{PREREQUISITE},{A},,\nAid,{PREREQUISITE},{B},,\n",
        f"Fire,{PREREQUISITE},{A}, a note\nAid,{PREREQUISITE},{B}\n",
        f'"Fire, Oil",{PREREQUISITE},{A},x\nAid,none,{B},,\n',
    ],
)
def test_spaces_and_commas_that_move_nothing(tmp_path, rows):
    """
    A space after every comma, a comma at the end of every row, a note that begins with a space: the rows are published.
    """
    (tmp_path / "a.csv").write_text(f"{','.join(FOUR)}\n{rows}", encoding="utf-8")

    assert {2: A, 3: B} == see(tmp_path / "a.csv")


PAGES = {
    "cp1252": "de fr es it pt nl sv da", "cp850": "de fr es it pt nl sv da", "mac_roman": "de fr es it pt nl sv da", "cp1250": "de pl",
    "mac_latin2": "de pl", "cp852": "de pl", "cp1254": "de tr", "cp857": "de tr", "mac_turkish": "tr", "cp1251": "ru", "cp866": "ru",
    "mac_cyrillic": "ru", "koi8_r": "ru", "cp1256": "ar", "cp932": "ja", "euc_jp": "ja", "gb18030": "zh", "cp950": "zh", "cp949": "ko",
}  # fmt: skip


def list_old_files():
    """Give every code page with a language that is written in it, and the words of a heading and a no that it can hold."""
    for page, codes in PAGES.items():
        for code in codes.split():
            told = LANGUAGES[code]
            words = [*told.course_id, *told.publish, *told.no]
            held = {word for word in words if word.encode(page, "replace").decode(page) == word}
            for publish in filter(held.__contains__, told.publish):
                no = next((word for word in told.no if word in held), "no")
                yield page, next((word for word in told.course_id if word in held), "Course ID"), publish, no


@pytest.mark.parametrize(("page", "course_id", "publish", "no"), list(list_old_files()))
def test_a_no_under_a_heading_in_an_old_code_page(tmp_path, page, course_id, publish, no):
    """
    What Excel saves as CSV, CSV (MS-DOS) or CSV (Macintosh) is read in the page in which its headings are readable: one
    that is overlooked would publish a row that says no.
    """
    (tmp_path / "a.csv").write_bytes(f"{course_id};{publish}\r\n{A};\r\n{B};{no}\r\n".encode(page))

    assert {2: A, 3: "skipped"} == see(tmp_path / "a.csv")


@pytest.mark.parametrize("heading", ["Publish ?", "Publier ?", "¿Publicar?", "公開？", "Publish!"])
def test_headings_that_ask(tmp_path, heading):
    """
    A mark behind a heading changes nothing.
    """
    (tmp_path / "a.csv").write_text(f"Course ID,{heading}\n{A},yes\n{B},no\n", encoding="utf-8")

    assert {2: A, 3: "skipped"} == see(tmp_path / "a.csv")


def test_a_letter_of_an_old_code_page_that_holds_the_delimiter(tmp_path):
    """
    In Shift-JIS the second byte of some letters is a vertical bar, which moves the row; it is refused.
    """
    rows = [FOUR, ["安全", PREREQUISITE, A], ["ポンプ", PREREQUISITE, B], ["表", PREREQUISITE, C]]
    file = write_csv(tmp_path / "a.csv", rows, encoding="shift-jis", delimiter="|")

    assert {2: A, 3: "invalid", 4: C} == see(file)


@pytest.mark.parametrize(
    "second", [f"Old Course ID,Course ID\n{B},{C}", f"Course ID,Publish,Name\n{B},no,y", f"Course ID,Note\n{B},y"]
)
def test_a_second_table_below_is_refused(tmp_path, second):
    """
    A heading further down that puts other columns in charge would make another id of the course, or turn a no into a name.
    """
    (tmp_path / "a.csv").write_text(f"Course ID,Name,Publish\n{A},x,\n\n{second}\n", encoding="utf-8")

    with pytest.raises(SheetRefused, match="Row 4 begins a second table"):
        see(tmp_path / "a.csv")


def test_a_repeated_heading_and_a_legend_are_no_second_table(tmp_path):
    """
    The same heading once more, as printed lists have it, is passed over; so is a note about the heading at the end.
    """
    (tmp_path / "a.csv").write_text(
        f"Course ID,Name\n{A},x\nCOURSE_ID,Name\n{B},y\nCourse ID\n\nCourse ID,is in Zoho\nNotes,Course ID\n",
        encoding="utf-8",
    )

    assert {2: A, 3: "skipped", 4: B, 5: "skipped", 6: "skipped", 7: "skipped", 8: "invalid"} == see(tmp_path / "a.csv")


def test_sep_line_that_is_wrong(tmp_path):
    """
    A first line that names another delimiter than the file uses is said to be just that.
    """
    (tmp_path / "a.csv").write_text(f"sep=;\nCourse ID,Name\n{A},x\n", encoding="utf-8")

    with pytest.raises(SheetRefused, match="separated by ; .* but they are separated by ,"):
        see(tmp_path / "a.csv")


def test_index_column_without_heading_does_not_shift(tmp_path):
    """
    Where rows have one value more than there are headings, no neighbouring column is taken for the ids.
    """
    file = write_csv(tmp_path / "a.csv", [["Course ID", "Prerequisite"], ["0", A, B], ["1", B, C]])

    assert {2: "invalid", 3: "invalid"} == see(file)


def test_words_that_pandas_takes_for_nothing(tmp_path):
    """
    NA, null and None are words, and a row with one of them is not blank.
    """
    file = write_csv(tmp_path / "a.csv", [HEADING, ["", "NA"], ["null", "None"], [A, "nan"]])

    assert {2: "invalid", 3: "invalid", 4: A} == see(file)


@pytest.mark.parametrize(
    "heading",
    [
        "course_id",
        "COURSE-ID",
        "Course\u00a0ID",
        "  CourseId ",
        "\ufeffCourse ID",
        "Ｃｏｕｒｓｅ　ＩＤ",
        "'Course ID"[1:],
    ],
)
def test_heading_is_folded(tmp_path, heading):
    """
    Case, width, spaces, `_` and `-` do not matter in a heading.
    """
    assert {2: A} == see(write_csv(tmp_path / "a.csv", [[heading, "x"], [A, "y"]]))


def test_column_option_names_the_heading(tmp_path):
    """
    --column chooses the column by its heading.
    """
    file = write_csv(tmp_path / "a.csv", [["Course ID", "Zoho Number"], [A, B]])

    assert {2: B} == see(file, column="zoho number")


@pytest.mark.parametrize("name", ["~$a.xlsx", ".~lock.a.ods#"])
def test_lock_files_are_named(tmp_path, name):
    """
    A lock file is known by its name, even when it is empty.
    """
    (tmp_path / name).write_bytes(b"")

    with pytest.raises(SheetRefused, match="lock file"):
        load_sheet(str(tmp_path / name), SheetOptions())


@pytest.mark.parametrize("name", ["missing.csv", ".", "a\0b", "x" * 5000])
def test_missing_file(tmp_path, name):
    """
    What is not there or is a folder is missing, exit code 66, and says so.
    """
    with pytest.raises(SheetMissing) as refusal:
        load_sheet(f"{tmp_path}/{name}", SheetOptions())

    assert refusal.value.exit_code == 66


def test_max_rows(tmp_path):
    """
    More rows than --max-rows are refused; exactly as many are not, and blank rows do not count.
    """
    file = write_csv(
        tmp_path / "a.csv", [HEADING, *([str(int(A) + 7 * n), "x"] for n in range(100)), ["", ""], ["", ""]]
    )

    assert 100 == len(see(file, max_rows=100))
    with pytest.raises(SheetRefused, match="100 rows; at most 99"):
        see(file, max_rows=99)


def test_lone_value_with_line_ends_in_quotes(tmp_path):
    """
    A file that is one quoted value with line ends in it is refused like any other without a heading (found by fuzzing).
    """
    (tmp_path / "a.csv").write_bytes(b'"Course\rID,Course Name\r\n478346000019582101,Fire"\r\n')

    with pytest.raises(SheetRefused, match="no column headed"):
        see(tmp_path / "a.csv")


def test_marks_before_a_quoted_heading(tmp_path):
    """
    Byte order marks, even two of them, are no part of a quoted heading.
    """
    (tmp_path / "a.csv").write_text(f'\ufeff\ufeff"Course ID","x"\n"{A}","y"\n', encoding="utf-8")

    assert {2: A} == see(tmp_path / "a.csv")


def test_many_blank_rows_are_counted_not_listed(tmp_path):
    """
    A list with a hundred blank rows after every row does not become a plan of a million rows.
    """
    ids = [str(int(A) + 7 * number) for number in range(1_000)]
    (tmp_path / "a.csv").write_text("Course ID\n" + ("\n" * 100).join(f"{value}\n" for value in ids), encoding="utf-8")

    plan = plan_file(tmp_path / "a.csv")

    assert ids == [row.values[0] for row in plan.rows if row.values[0]]
    assert 1_000 + 10_000 == len(plan.rows)  # the courses, and as many blank rows as are listed at most
    assert "blank and not listed one by one" in plan.sheets[0].notes[0]


@pytest.mark.parametrize(
    "content",
    ["1000.0123456789abcdef.fedcba9876543210", "CSRF_TOKEN=0123456789; b=c", "name,0123456789abcdefabcdefabcdef"],
)
def test_credential_given_as_a_sheet_is_not_quoted(tmp_path, content):
    """
    Whoever names the file of a secret by mistake does not find the secret in the log.
    """
    file = tmp_path / "token.csv"
    file.write_text(content)

    with pytest.raises(SheetRefused, match="looks like a credential") as refused:
        load_sheet(str(file), SheetOptions())

    assert "0123456789" not in str(refused.value)
