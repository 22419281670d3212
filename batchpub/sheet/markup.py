"""Text that holds a table in markup, whatever it begins with: its lines are no records, and its bars no delimiters.

Read by lines or bars such a table shifts (`||a||b||` in Jira's heading, `|a|b|` below it) or gives up ids of other columns
(every cell of a web page on a line of its own). The kinds are what tablib, pandas (with tabulate) and pandoc write.
"""

import io
import re
from itertools import islice

from batchpub.sheet.heading import is_possible_heading

_MOST_LINES = 2_000
_LONGEST_LINE = 2_000
_MAIL_SAMPLE = 16_384
_WEB = re.compile(r"<\s*(?:table|t[rhd])\b", re.IGNORECASE)
_MAIL = re.compile(r"^(?:MIME-Version|Content-Type|Content-Transfer-Encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_MAIL_BODY = re.compile(r"multipart/|text/html|boundary[ \t]*=", re.IGNORECASE)
_GAP = re.compile(r" {2,}")
_DELIMITED = re.compile(r"[,;\t|]")

_REFUSAL = (
    "This text holds a table in markup ({}), whose columns cannot be told apart with certainty. Export the list as CSV or as a workbook, and "
    "give that file."
)
_NO_TABLE = "This is {}, not a table. Export the list as CSV or as a workbook, and give that file."
_OLD = "This is an old format ({}), not a table that can be read safely. Export the list as CSV instead."
_SAVED_PAGE = (
    "This is a saved web page or an e-mail (MHTML), not a table. Export the list as CSV or as a workbook from where the page came from, and give "
    "that file."
)
# How a text begins that is no table at all. In DIF and SYLK every line is one value, and a batch's id would pass for a course's.
_BEGINNINGS = {
    re.compile(r"\s*\[?\s*\{\s*\""): _NO_TABLE.format("JSON"),
    re.compile(
        r"\s*(?:--[^\n]*\n\s*)*(?:INSERT INTO|CREATE TABLE|BEGIN TRANSACTION|PRAGMA )", re.IGNORECASE
    ): _NO_TABLE.format("SQL"),
    re.compile(r"\s*TABLE[ \t]*\r?\n\s*0\s*,\s*1[ \t]*\r?\n"): _OLD.format("DIF"),
    re.compile(r"\s*ID;P[^\r\n]*[\r\n]+[A-Z];"): _OLD.format("SYLK"),
}
# What one line of a table in markup looks like, and whose it is: first the lines between heading and rows.
_LINES = {
    re.compile(r"[─-╿].*|(?=.*[─-╿])[─-╿|+\-=: \t]+"): "drawn with lines",
    re.compile(r"(?=.*\|)(?=.*=)[|=]+|\|\+"): "AsciiDoc or MediaWiki",
    re.compile(r"(?=.*[|+])(?=.*(?:--|==|:-))[|+\-=: \t]+"): "Markdown, org, a text grid or a database console's",
    re.compile(r"(?:--+|==+)(?:\s+(?:--+|==+))+"): "a text table with rules, such as reStructuredText",
    re.compile(r"\^[^^]*\^.*\^"): "DokuWiki",
    re.compile(r"\|_\..*|\|=.*\|"): "Textile or Creole",
    re.compile(r"\{\|.*|!.*!!.*|\|-"): "MediaWiki",
    re.compile(r".*\[/?(?:table|tr|td|th)\b[^\[\]]*\].*", re.IGNORECASE): "BBCode",
    re.compile(
        r".*\\(?:begin ?\{(?:tabular|longtable|table|array|tblr)|hline|(?:top|mid)rule)\b.*|[^&]*&.*\\\\"
    ): "LaTeX",
    re.compile(r"\.\. (?:csv-|list-)?table::.*|\.TS(?: [A-Z]+)?|#table\(.*"): "reStructuredText or a typesetter's",
}
_WIKI = "Jira, Confluence or another wiki's"


def is_web_page(text: str) -> bool:
    """Say whether a table of HTML is in the text, wherever it begins."""
    return _WEB.search(text) is not None


def refuse_mail(text: str) -> str:
    """Give the sentence that refuses a saved web page with the head of an e-mail, or ""."""
    head = text[:_MAIL_SAMPLE]
    return _SAVED_PAGE if _MAIL.search(head) and _MAIL_BODY.search(head) else ""


def refuse_markup(text: str) -> str:
    """Give the sentence that refuses a text with a table in markup, or "". HTML is not among it: it is read."""
    for beginning, refusal in _BEGINNINGS.items():
        if beginning.match(text):
            return refusal
    barred = False
    for whole in islice(io.StringIO(text, newline=""), _MOST_LINES):
        line = whole.strip() if len(whole) <= _LONGEST_LINE else ""
        if not barred and "||" in line and "|" not in line.replace("||", "") and _has_heading(line.split("||")):
            return _REFUSAL.format(_WIKI)
        if called := next((called for pattern, called in _LINES.items() if pattern.fullmatch(line)), ""):
            return _REFUSAL.format(called)
        if "  " in line and not _DELIMITED.search(line) and _has_heading(_GAP.split(line)):
            return _NO_TABLE.format("a text in which only spaces keep the columns apart")
        barred = barred or "|" in line
    return ""


def _has_heading(parts: list[str]) -> bool:
    return any(is_possible_heading(part.strip(" '*")) for part in parts)
