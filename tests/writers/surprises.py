"""What nobody would guess. Each is a claim about one file of the matrix that is tried whenever the page is written."""

REFUSED = "refused: the cell is a number"
ROUNDED = "refused: all ids look rounded"


def lost(verdict):
    """Not one id is whole in the file, and none is taken."""
    return verdict.whole == 0 and not verdict.published


def whole_but_refused(verdict):
    """Every id is in the file, and none is taken."""
    return verdict.whole >= 11 and not verdict.published


def revived(verdict):
    """Hidden rows are ordinary rows."""
    return verdict.revived > 0


SURPRISES = (
    (
        "XlsxWriter",
        "strings_to_numbers",
        "text",
        lost,
        "The option turns an id that was handed over as text into a number.",
        REFUSED,
    ),
    (
        "Spreadsheet::WriteExcel",
        "write",
        "text",
        lost,
        "write() looks at the text and stores a number; write_string() does not.",
        REFUSED,
    ),
    (
        "Excel::Writer::XLSX",
        "write",
        "text",
        whole_but_refused,
        "write() stores a number as well, with all its digits in the file: Excel drops the last three when it opens it.",
        REFUSED,
    ),
    (
        "xlsx",
        "read csv, then writeFile xlsx",
        "text",
        lost,
        "SheetJS makes numbers of the ids of a CSV file, also of quoted ones.",
        REFUSED,
    ),
    (
        "pandas",
        "read_csv, then to_excel",
        "text",
        lost,
        "read_csv keeps the whole number; the cell of the workbook cannot.",
        REFUSED,
    ),
    (
        "pandas",
        "to_csv",
        "gap",
        lost,
        "One missing id makes a column of floats of all others.",
        "refused: shortened numbers",
    ),
    ("polars", "write_excel", "integer", lost, "A 64-bit integer becomes a number in a cell, without a word.", REFUSED),
    ("d3-dsv", "csvParse(autoType), csvFormat", "text", lost, "autoType makes numbers of the ids.", ROUNDED),
    (
        "readr",
        "read_csv, then write_csv",
        "text",
        lost,
        "The ids become doubles: 478346000019582101 comes out as 478346000019582100, without a word.",
        ROUNDED,
    ),
    (
        "R",
        "read.csv, then write.csv",
        "text",
        lost,
        "The ids become doubles: 478346000019582101 comes out as 478346000019582080, without a word.",
        ROUNDED,
    ),
    (
        "data.table",
        "fread, then fwrite",
        "text",
        lambda v: v.whole == 12 and len(v.published) == 11,
        "fread makes 64-bit integers of them: the one reader of R that loses nothing.",
        "taken",
    ),
    (
        "R",
        'write.table(sep = ",")',
        "text",
        whole_but_refused,
        "The heading lacks the field of the row names: every id stands one column to the right.",
        "refused: rows and heading do not fit",
    ),
    (
        "jq",
        "@csv",
        "integer",
        lost,
        "jq 1.6 reads numbers as doubles: 478346000019582101 comes out as 478346000019582100.",
        ROUNDED,
    ),
    ("csvkit", "csvlook", "text", lost, "It shows the ids as numbers, with thousands separators.", "refused"),
    (
        "csvkit",
        "in2csv of a workbook",
        "hidden",
        revived,
        "Hidden rows come out as ordinary ones.",
        "taken: nothing in the file says that they were hidden",
    ),
    (
        "xlsx",
        "writeFile biff8",
        "hidden",
        revived,
        "SheetJS does not write hidden rows into .xls.",
        "taken: nothing in the file says that they were hidden",
    ),
    ("awk", "print $1 + 0", "text", lost, "awk's numbers are doubles.", ROUNDED),
    (
        "Commons CSV",
        "CSVPrinter MYSQL",
        "text",
        lambda v: len(v.published) == 10,
        "An empty last field is written as \\\\N.",
        "that row is refused",
    ),
    (
        "excelize",
        "StreamWriter",
        "integer",
        lambda v: v.whole == 0 and "317025429" in v.sentence,
        "The Python package keeps 32 bits of a whole number: 478346000019582101 becomes 317025429.",
        "refused: the cell is a number",
    ),
    ("texttable", "draw", "text", lost, "It draws text of digits as a float: 4.783e+17.", "refused"),
    ("pytablewriter", "excel", "text", lost, "It looks at the text and stores a number.", REFUSED),
    (
        "pyexcel-ods",
        "save_as (pyexcel-ods)",
        "integer",
        lambda v: "IntegerAccuracyLossError" in v.error,
        "The one library that refuses to write a number that it would change.",
        "",
    ),
)
