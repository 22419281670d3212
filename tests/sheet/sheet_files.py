"""Small spreadsheet files of every kind, written by hand where a hazard needs it, and what they are read as."""

import csv
import io
import zipfile
from html import escape

from batchpub.course import Pile
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions, load_sheet

A, B, C, D = "478346000019582101", "478346000019582357", "478346000019582943", "478346000019583217"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def text_cell(ref, text):
    """Give a cell with its text inside."""
    return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def row_xml(number, *texts, attributes=""):
    """Give a row of text cells from column A."""
    cells = "".join(
        text_cell(f"{chr(65 + index)}{number}", text) for index, text in enumerate(texts) if text is not None
    )
    return f'<row r="{number}" {attributes}>{cells}</row>'


def write_xlsx(path, sheets, *, strings=None, styles=None, main=_MAIN, relations=_RELATIONS, extra=()):
    """Write a workbook of raw parts: `sheets` maps a name to the XML inside `<worksheet>`, or to (XML, state)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE_RELATIONS}"><Relationship Id="rId1" Type="{relations}/officeDocument" '
            f'Target="xl/workbook.xml"/></Relationships>',
        )
        entries, targets = [], []
        for index, (name, body) in enumerate(sheets.items(), start=1):
            xml, state = body if isinstance(body, tuple) else (body, "visible")
            entries.append(f'<sheet name="{escape(name)}" sheetId="{index}" state="{state}" r:id="rId{index}"/>')
            targets.append(
                f'<Relationship Id="rId{index}" Type="{relations}/worksheet" Target="worksheets/sheet{index}.xml"/>'
            )
            package.writestr(
                f"xl/worksheets/sheet{index}.xml", f'<worksheet xmlns="{main}" xmlns:r="{relations}">{xml}</worksheet>'
            )
        if strings is not None:
            targets.append(f'<Relationship Id="s" Type="{relations}/sharedStrings" Target="/xl/sharedStrings.xml"/>')
            package.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{strings}</sst>')
        if styles is not None:
            targets.append(f'<Relationship Id="t" Type="{relations}/styles" Target="styles.xml"/>')
            package.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}">{styles}</styleSheet>')
        package.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{"".join(entries)}</sheets></workbook>',
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE_RELATIONS}">{"".join(targets)}</Relationships>',
        )
        for name, data in extra:
            package.writestr(name, data)
    return path


def data_xml(*rows):
    """Give sheetData of rows under the usual heading."""
    return f"<sheetData>{row_xml(1, 'Course ID', 'Course name')}{''.join(rows)}</sheetData>"


def write_ods(path, body, *, name="Courses", styles="", manifest=""):
    """Write an OpenDocument spreadsheet around the raw XML of one table."""
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
        for prefix, full in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("style", "style"),
            ("draw", "drawing"),
        )
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
        package.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
            f'<table:table table:name="{name}" table:style-name="ta1">{body}</table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return path


def ods_row(*texts, attributes=""):
    """Give a row of text cells."""
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
        if text
        else "<table:table-cell/>"
        for text in texts
    )
    return f"<table:table-row {attributes}>{cells}</table:table-row>"


def write_csv(path, rows, *, encoding="utf-8", bom=b"", **dialect):
    """Write rows as delimited text."""
    text = io.StringIO()
    csv.writer(text, **dialect).writerows(rows)
    path.write_bytes(bom + text.getvalue().encode(encoding))
    return path


def plan_file(*paths, sheet=None, column=None, max_rows=20_000, **options):
    """Load files and plan them."""
    asked = SheetOptions(sheet=sheet, column=column, max_rows=max_rows)
    return make_plan([load_sheet(str(path), asked) for path in paths], PlanOptions(**options))


def see(*paths, **options):
    """Give what becomes of every row: row number → the id to publish, or the pile."""
    return see_plan(plan_file(*paths, **options))


def see_plan(plan):
    """Give row number → the id to publish, or the pile."""
    return {row.row: str(row.course) if row.pile is Pile.TO_PUBLISH else str(row.pile) for row in plan.rows}


def messages(*paths, **options):
    """Give row number → the sentence, where there is one."""
    return {row.row: row.message for row in plan_file(*paths, **options).rows if row.message}
