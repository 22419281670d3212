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
_TAGS = re.compile(r"\[/?(?:table|tr|td|th)\b[^\]]*\]", re.IGNORECASE)
_LATEX = re.compile(r"\\(?:begin ?\{(?:tabular|longtable|table|array|tblr)|hline|(?:top|mid)rule)\b|&.*\\\\$")
_DIRECTIVE = re.compile(r"\.\. (?:csv-|list-)?table::|\.TS(?: [A-Z]+)?$|#table\(")
_JSON = re.compile(r"\s*\[?\s*\{\s*\"")
_SQL = re.compile(r"\s*(?:--.*\s*)*(?:INSERT INTO|CREATE TABLE|BEGIN TRANSACTION|PRAGMA )", re.IGNORECASE)
_GAP = re.compile(r" {2,}")
_DELIMITED = re.compile(r"[,;\t|]")
_BOX = frozenset(map(chr, range(0x2500, 0x2580)))
_RULE = frozenset("|+-=: \t")

_REFUSAL = (
    "This text holds a table in markup ({}), whose columns cannot be told apart with certainty. Export the list as CSV or as a workbook, and "
    "give that file."
)
_NO_TABLE = "This is {}, not a table. Export the list as CSV or as a workbook, and give that file."
_SAVED_PAGE = (
    "This is a saved web page or an e-mail (MHTML), not a table. Export the list as CSV or as a workbook from where the page came from, and give "
    "that file."
)


def is_web_page(text: str) -> bool:
    """Say whether a table of HTML is in the text, wherever it begins."""
    return _WEB.search(text) is not None


def refuse_mail(text: str) -> str:
    """Give the sentence that refuses a saved web page with the head of an e-mail, or ""."""
    head = text[:_MAIL_SAMPLE]
    return _SAVED_PAGE if _MAIL.search(head) and _MAIL_BODY.search(head) else ""


def refuse_markup(text: str) -> str:
    """Give the sentence that refuses a text with a table in markup, or "". HTML is not among it: it is read."""
    for pattern, called in ((_JSON, "JSON"), (_SQL, "SQL")):
        if pattern.match(text):
            return _NO_TABLE.format(called)
    barred = False
    for line in islice(io.StringIO(text, newline=""), _MOST_LINES):
        told = line.strip() if len(line) <= _LONGEST_LINE else ""
        called = _name_line(told, first=not barred) if told else ""
        if called:
            return _REFUSAL.format(called)
        if "  " in told and not _DELIMITED.search(told) and any(map(_is_heading, _GAP.split(told))):
            return _NO_TABLE.format("a text in which only spaces keep the columns apart")
        barred = barred or "|" in told
    return ""


def _name_line(line: str, *, first: bool) -> str:
    """Say what markup a line belongs to, "" for none. `first` says that no line before it has a bar."""
    if _RULE.issuperset(line) or not _BOX.isdisjoint(line):
        return _name_rule(line)
    if first and "||" in line and "|" not in line.replace("||", "") and any(map(_is_heading, line.split("||"))):
        return "Jira, Confluence or another wiki's"
    if line[0] == line[-1] == "^" and line.count("^") > 2:  # noqa: PLR2004
        return "DokuWiki"
    if line.startswith("|_.") or (line.startswith("|=") and line.endswith("|")):
        return "Textile or Creole"
    if line.startswith("{|") or (line.startswith("!") and "!!" in line) or line == "|-":
        return "MediaWiki"
    if _TAGS.search(line):
        return "BBCode"
    if _LATEX.search(line):
        return "LaTeX"
    return "reStructuredText or a typesetter's" if _DIRECTIVE.match(line) else ""


def _is_heading(part: str) -> bool:
    return is_possible_heading(part.strip(" '*"))


def _name_rule(line: str) -> str:
    """Say what a line between heading and rows belongs to: dashes with bars or crosses, several runs, drawn lines."""
    if not _BOX.isdisjoint(line):
        return "drawn with lines" if (_BOX | _RULE).issuperset(line) or line[0] in _BOX else ""
    runs = line.split()
    if set(line) == {"|", "="} or line in ("|-", "|+"):
        return "AsciiDoc or MediaWiki"
    if ("|" in line or "+" in line) and ("--" in line or "==" in line or ":-" in line):
        return "Markdown, org, a text grid or a database console's"
    if len(runs) > 1 and all(len(run) > 1 and run[0] in "-=" and set(run) == {run[0]} for run in runs):
        return "a text table with rules, such as reStructuredText"
    return ""
