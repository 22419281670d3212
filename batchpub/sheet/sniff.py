"""What a file really is, by its content and never by its extension; and the reader for it."""

import re
import zlib
from pathlib import PurePath

from batchpub.plan.text import quote, trim
from batchpub.sheet.encoding import decode
from batchpub.sheet.grid import Book, IsHeading, Unreadable, say_damaged
from batchpub.sheet.markup import is_web_page, refuse_mail, refuse_markup
from batchpub.sheet.package import BEFORE, Package

_LOCK_FILE = (
    "This is a temporary lock file that Excel or LibreOffice keeps while a workbook is open. Close the program and choose the file "
    "without {} in its name."
)
_EMPTY = "The file is empty (0 bytes). Save or export the list again."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x14]\x00")  # a workbook's first record, of a size it can have
_ZIP = b"PK\x03\x04"
_PRINTED = re.compile(rb"[\t\n\r\x20-\xff]*")
_BEFORE = 4_096  # bytes before a workbook that are looked through for it
_OTHER = {  # signature → what to call it
    b"%PDF": "a PDF document",
    b"{\\rtf": "a text document (RTF)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"Rar!": "a compressed archive (RAR)",
    b"7z\xbc\xaf": "a compressed archive (7-Zip)",
    b"SQLite format 3": "a database",
    b"\x00\x01\x00\x00Standard ": "a database (Access)",
    b"PAR1": "a data file for programs (Parquet)",
    b"ARROW1": "a data file for programs (Arrow)",
    b"\x89HDF": "a data file for programs (HDF5)",
    b"$FL2": "a data file of SPSS",
    b"<stata_dta>": "a data file of Stata",
    b"\x00" * 12 + b"\xc2\xea\x81\x60": "a data file of SAS",
    b"\x00\x05\x16": "what a Mac puts beside a file (its name begins with ._)",
    b"L\x00\x00\x00\x01\x14\x02\x00": "only a shortcut to a file",
    b"[InternetShortcut]": "only a link",
    b"bplist00": "only a link, or settings of a program",
}
_OLD_FORMATS = {  # likewise
    b"\x00\x00\x02\x00": "Lotus 1-2-3 or Quattro Pro",
    b"\x00\x00\x1a\x00": "Lotus 1-2-3",
    b"\xff\x00\x02\x00": "Microsoft Works",
}
_DBASE = re.compile(  # its version, a date, the number of rows, two sizes, and zeros: dBase III and later, FoxPro
    rb"[\x02-\x05\x30-\x32\x43\x63\x83\x8b\x8c\xcb\xf5\xfb].[\x01-\x0c][\x01-\x1f].{3}\x00.{4}\x00\x00", re.DOTALL
)
_NO_TABLE = "This is {}, not a table. Give the spreadsheet or the CSV export itself."
_OLD = "This is an old format ({}), not a table that can be read safely. Export the list as CSV instead."
_GNUMERIC = "This is a Gnumeric workbook in Gnumeric's own format. In Gnumeric, choose File → Save As → Excel 2007 (.xlsx), and give that file."
_ARCHIVE = "This is a zip archive, not a table. Unpack it and give the spreadsheet inside."
_PARTS = {  # pattern of the name of a part → the refusal of a package with such a part, the first that fits; "" where we read it
    r"xl/workbook.*\.bin": "This is a binary workbook (.xlsb), which cannot be checked cell by cell. Open it in Excel and save it as .xlsx.",
    r".*(\.iwa|index\.zip|index\.apxl)": "This is an Apple Numbers document. In Numbers, choose File → Export To → Excel, and give that file.",
    r"word/.*": _NO_TABLE.format("a Word document"),
    r"ppt/.*": _NO_TABLE.format("a presentation"),
    r"xl/.*|content\.xml|\[content_types\]\.xml": "",
    r".*": _ARCHIVE,
}
_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(?>(<!--.*?-->\s*)*)<(!doctype\s+html|html|head|body|meta|script|style|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"\s*<\?xml|\s*<([A-Za-z]+:)?Workbook\b|\s*<office:document")
_WORKBOOK = re.compile(r"(?:<\?[^>]*>\s*)*<(?:(?:\w+:)?Workbook\b[^>]*office:spreadsheet|office:document\b)")
_PAGE_IN_XML = re.compile(r"\s*<\?xml[^>]*>.*<(?:tr|td|th)\b", re.IGNORECASE | re.DOTALL)
_FLAT_ODS = re.compile(r"\s*(?>((<\?.*?\?>|<!--.*?-->)\s*)*)<office:document\b", re.DOTALL)
_GZIP = b"\x1f\x8b"
_SAMPLE = 8192


def open_book(file: str, data: bytes, is_heading: IsHeading) -> Book:
    """Open a file with the reader for what it really is. Raises Unreadable with the sentence for what it is instead."""
    refuse_lock_file(file)
    if not data:
        raise Unreadable(_EMPTY)
    if called := _name_other(data):
        raise Unreadable(called)
    if data.startswith(b"PK"):
        return _open_package(data)
    if data.startswith(_OLE) or _BARE_BIFF.match(data):
        from batchpub.sheet.xls import open_xls  # noqa: PLC0415 - each format's library only when it is met

        return open_xls(data)
    if _BARE_BIFF.match(data.lstrip(b"\xef\xbb\xbf \r\n")):
        raise Unreadable(BEFORE.format(_describe(b"")))
    for signature in (_ZIP, _OLE):
        if (place := data.find(signature, 0, _BEFORE)) > 0 and _PRINTED.fullmatch(data[:place]):
            raise Unreadable(BEFORE.format(_describe(data[:place])))
    return _open_text(data, is_heading)


def _name_other(data: bytes) -> str:
    """Give the refusal of a file of another program, known by its first bytes, or ""."""
    if _is_gnumeric(data):
        return _GNUMERIC
    for sentence, names in ((_NO_TABLE, _OTHER), (_OLD, _OLD_FORMATS)):
        if called := next((name for signature, name in names.items() if data.startswith(signature)), ""):
            return sentence.format(called)
    return _OLD.format("dBase") if _DBASE.match(data) else ""


def _describe(before: bytes) -> str:
    """Say what stands before a workbook, for whoever mends the program that writes it."""
    shown = trim(before.decode("utf-8", "replace"))
    return quote(shown) if shown else "a blank line or an invisible mark"


def _is_gnumeric(data: bytes) -> bool:
    """Say whether this is Gnumeric's own format: XML, mostly packed with gzip."""
    sample = data[:_SAMPLE]
    if sample.startswith(_GZIP):
        try:
            sample = zlib.decompressobj(wbits=31).decompress(sample, _SAMPLE)
        except zlib.error:
            return False
    return sample.lstrip().startswith(b"<") and b"//www.gnumeric.org/" in sample


def refuse_lock_file(file: str) -> None:
    """Refuse what is known by its name alone: nobody's table is called so."""
    name = PurePath(file.replace("\\", "/")).name
    for prefix in ("~$", ".~lock."):
        if name.startswith(prefix):
            raise Unreadable(_LOCK_FILE.format(prefix))


def _open_package(data: bytes) -> Book:
    package = Package(data)
    names = package.names()
    if not names:
        raise Unreadable(say_damaged("there is nothing in it"))
    for pattern, refusal in _PARTS.items():
        if any(re.fullmatch(pattern, name, re.DOTALL) for name in names):
            if refusal:
                raise Unreadable(refusal)
            break
    package.verify()
    if "content.xml" in package:
        from batchpub.sheet.ods import open_package  # noqa: PLC0415

        return open_package(package)
    from batchpub.sheet.xlsx import XlsxBook  # noqa: PLC0415

    workbook = XlsxBook(package)
    return Book(tabs=workbook.tabs, read=workbook.read)


def _open_text(data: bytes, is_heading: IsHeading) -> Book:
    text, note = decode(data)
    text = text.removeprefix("\ufeff")
    sample = text[:_SAMPLE]
    if _FLAT_ODS.match(sample):
        from batchpub.sheet.ods import open_flat  # noqa: PLC0415

        return open_flat(text, note)
    is_page = bool(_HTML.match(sample)) or bool(_PAGE_IN_XML.match(sample) and not _WORKBOOK.search(sample))
    if _XML.match(sample) and not is_page:
        from batchpub.sheet.xml2003 import open_xml  # noqa: PLC0415

        return open_xml(text, note)
    if workbook := _WORKBOOK.search(sample):
        raise Unreadable(BEFORE.format(_describe(sample[: workbook.start()].encode())))
    is_page = is_page or is_web_page(text)
    if refusal := refuse_mail(text) or ("" if is_page else refuse_markup(text)):
        raise Unreadable(refusal)
    if is_page:
        from batchpub.sheet.html import open_page  # noqa: PLC0415

        return open_page(text, note)
    from batchpub.sheet.textfile import open_text  # noqa: PLC0415

    return open_text(text, note, is_heading)
