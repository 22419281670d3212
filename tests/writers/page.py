"""The page for staff and their IT: what every program made of the ids, and what batchpub says to it."""

from collections import Counter, defaultdict

from tests.writers.job import IDS, JOB, meant
from tests.writers.judge import shape_of
from tests.writers.surprises import SURPRISES

NUMBERS = ("integer", "decimal", "float", "gap")
SHAPES = ("hidden", "filter", "merged", "formula")
HEAD = """\
# What programs do to ids

A course id has 18 digits. A spreadsheet, and many a program, keeps 15 to 17 of a number, and nobody sees the difference.
This page shows what {programs} programs really do: each was given the same list of {ids} ids, as text and as a number, and what
it wrote was handed to batchpub's check. It is written by `python -m tests.writers` from the {files} files that they wrote;
**{wrong} of them would publish an id that nobody meant.**

## Which export is safe

| from | safe | not safe |
| --- | --- | --- |
| Zoho, a database, a script | CSV with the ids as text or whole numbers, never opened in Excel on the way | a number that went through JavaScript, R's double, or an Excel cell |
| Excel, LibreOffice, Gnumeric | .xlsx, .ods or .xls whose id column was text **before** the ids were put in | a column of numbers; formatting it as text afterwards brings no digit back |
| a script that writes .xlsx | ids handed over as text | ids handed over as numbers, whatever the type: the file holds a double |
| a script that reads CSV | a reader told that the column is text | a reader that guesses types: it makes a number of the id |
| anything with hidden rows | .xlsx, .ods, .xls: the hidden rows are left out and named | CSV and text: a hidden row is a row like any other |

## What surprised us

Each line is tried again whenever this page is written.

| program | what happens | what batchpub says |
| --- | --- | --- |
{surprises}

## Every program

In the columns for ids: whether they are *whole* in the file, digit for digit, or *lost*, and what batchpub makes of them. *taken*: all that
were meant would be published. *refused*: none; the row or the file is named with its reason. "n of m": so many of those that were meant
are taken, the others named. A number that is whole in the file is refused in a workbook all the same, for no
spreadsheet program shows all its digits; in a text file nobody can tell it from text, and it is taken.
*Whole number* is the biggest integer type that the program has, *with a gap* a column of whole numbers in which one is missing.

{tables}
## What batchpub says

The first sentence about each file that is not taken whole, by how often it was said; N and … stand for what differs.

| files | sentence |
| ---: | --- |
{sentences}

## Not tried

{missing}
"""
GROUPS = (
    ("Libraries of Python", "pypi"),
    ("Packages of JavaScript", "npm"),
    ("R", "r"),
    ("Perl", "perl"),
    ("PHP", "php"),
    ("Ruby", "ruby"),
    ("Java", "java"),
    ("Programs of the command line, LibreOffice, Gnumeric", "command"),
)


def write_page(verdicts):
    """Write the page as Markdown."""
    written = [one for one in verdicts if one.file]
    numbers = {
        "programs": len({one.program for one in written}),
        "ids": len(IDS),
        "files": len(written),
        "wrong": sum(bool(one.wrong) for one in written),
        "surprises": "\n".join(_say_surprise(one, verdicts) for one in SURPRISES),
        "tables": "".join(_write_group(title, [v for v in verdicts if v.group == group]) for title, group in GROUPS),
        "sentences": "\n".join(_count_sentences(written)),
        "missing": _list_missing(verdicts),
    }
    return HEAD.format(**numbers)


def _write_group(title, verdicts):
    by_call = defaultdict(dict)
    for one in verdicts:
        by_call[one.program, one.version, one.call][one.kind] = one
    lines = [f"### {title}\n"]
    lines.append("| program | how | text id | whole number | float | with a gap | hidden, merged, formula |")
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for (program, version, call), kinds in by_call.items():
        if not any(one.file for one in kinds.values()):
            continue
        ids = [
            _say(kinds.get("text")),
            _say(kinds.get("integer") or kinds.get("decimal")),
            _say(kinds.get("float")),
            _say(kinds.get("gap")),
        ]
        shapes = "; ".join(f"{kind}: {_say_shape(kinds[kind])}" for kind in SHAPES if kind in kinds)
        lines.append(f"| {plain(program)} {plain(version)} | {plain(call)} | {' | '.join(ids)} | {shapes} |")
    return "\n".join(lines) + "\n\n"


def _say(verdict):
    """Say in two words what became of the ids, and what batchpub makes of them."""
    if verdict is None:
        return ""
    if not verdict.file:
        return "the program refuses"
    wanted = len(IDS) - (verdict.kind == "gap")
    fate = "whole" if verdict.whole >= wanted else "lost" if not verdict.whole else f"{verdict.whole} of {wanted} whole"
    return f"{fate}, {_take(verdict)}"


def _take(verdict):
    meant_here = meant(verdict.kind)
    taken = len(meant_here & set(verdict.published))
    if verdict.wrong:
        return f"**{len(verdict.wrong)} wrong**"
    return "taken" if taken == len(meant_here) else f"{taken} of {len(meant_here)} taken" if taken else "refused"


def _say_shape(verdict):
    if not verdict.file:
        return "the program refuses"
    if verdict.wrong:
        return f"**{len(verdict.wrong)} wrong**"
    if verdict.revived:
        return "ordinary rows in the file"
    extra = set(verdict.published) - meant(verdict.kind)
    if extra:
        return "only values in the file"
    left = [place for place in JOB.get(verdict.kind, ()) if IDS[place] not in verdict.published]
    if verdict.kind == "formula" or not verdict.published:
        return "refused"
    return "left out" if left else "taken"


def _count_sentences(written):
    counts = Counter(shape_of(one.sentence) for one in written if one.sentence)
    seen = defaultdict(int)
    for sentence, count in counts.items():
        seen[sentence.split(" The first row reads")[0].split(". ")[0].rstrip(".") + "."] += count
    return [
        f"| {count} | {plain(sentence)} |" for sentence, count in sorted(seen.items(), key=lambda one: -one[1])[:40]
    ]


def _say_surprise(surprise, verdicts):
    program, call, kind, holds, what, said = surprise
    found = [one for one in verdicts if (one.program, one.call, one.kind) == (program, call, kind)]
    if not found or not holds(found[0]):
        state = vars_of(found[0]) if found else "it was not tried"
        raise SystemExit(f"surprises.py says of {program} {call} ({kind}) what is no longer so: {state}")
    return f"| {plain(program)} {plain(found[0].version)}, {plain(call)} | {what} | {said} |"


def vars_of(verdict):
    """Show what counts of a verdict."""
    return {name: getattr(verdict, name) for name in ("file", "whole", "published", "revived", "sentence", "error")}


def _list_missing(verdicts):
    failed = defaultdict(set)
    for one in verdicts:
        if not one.file:
            failed[one.program, one.call].add((one.kind, one.error))
    written = {(one.program, one.call) for one in verdicts if one.file}
    lines = []
    for (program, call), errors in failed.items():
        if (program, call) not in written:
            lines.append(f"- {plain(program)}, {plain(call)}: {plain(min(errors)[1].splitlines()[0][:110])}")
    return "\n".join(lines) or "Everything in the table of programs was there."


def plain(text):
    """Keep a text from being read as Markdown or HTML."""
    told = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    for mark in "|*_`[]":
        told = told.replace(mark, f"\\{mark}")
    return told
