"""What `check` and `publish` say in the end, to a person or into a CI server's log: one look for both. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.attention import Spot, find_spots, group_spots, say_message, say_places
from batchpub.report.text import fit_encoding, make_plain
from batchpub.report.totals import Tone, say_end, summary_sentence

MOST_GROUPS = 20
MOST_COLUMNS = 100
"""Of text on a terminal; longer lines are hard to read. Off a terminal nothing is wrapped: whoever shows it wraps."""
_LONGEST_MESSAGE = 600  # the reports have the whole of it
_COLOURS = {Tone.GOOD: "32", Tone.WATCH: "33", Tone.BAD: "31", Tone.QUIET: "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A headline, sentences, rows worth a word (the worst first), and what comes last."""

    headline: str
    sentences: tuple[str, ...] = ()
    spots: tuple[Spot, ...] = ()
    last: tuple[str, ...] = ()
    command: str = ""
    """To go on; on a line of its own, never wrapped, so that it can be copied."""


def summarise(run: RunRecord, last: str = "") -> Summary:
    """Give the summary of a run, with a sentence of the caller's behind it."""
    unread = tuple(f"Not read: {sheet.file}: {sheet.refused}" for sheet in run.sheets if sheet.refused)
    return Summary(
        headline=summary_sentence(run),
        sentences=(*filter(None, [say_end(run)]), *unread),
        spots=find_spots(run),
        last=(last,) if last else (),
        command=run.resume_command,
    )


def make_summary_text(run: RunRecord, last: str = "") -> str:
    """Give the summary of a run as it stands in a log: not wrapped, no markup."""
    return render(summarise(run, last))


def render(summary: Summary, *, columns: int = 0, colours: bool = False, encoding: str | None = None) -> str:
    """Write a summary as text. `columns` is a terminal's width, 0 where nothing is to be wrapped.

    Whatever comes from sheets and the service stays words: nothing in it steers a terminal or a CI server.
    """
    width = min(columns, MOST_COLUMNS)
    lines = [(make_plain(summary.headline), "1", ""), *((make_plain(one), "", "") for one in summary.sentences)]
    groups = group_spots(summary.spots)
    for spots in groups[:MOST_GROUPS]:
        first = spots[0]
        lines.append((make_plain(f"{first.word}  {_say_where(spots)}"), _COLOURS[first.tone], ""))
        message = say_message(spots, longest=_LONGEST_MESSAGE)
        lines += [(make_plain(message), "", "  ")] if message.strip() else []
    if rest := sum(map(len, groups[MOST_GROUPS:])):
        lines.append((f"and {say_count(rest, 'row')} more", "", ""))
    text = "\n".join(_paint(line, code if colours else "", indent, width) for line, code, indent in lines)
    text += "".join(f"\n{make_plain(one)}" for one in summary.last)  # may hold a path: not wrapped either
    if summary.command:
        text += f"\nTo go on, run:\n{make_plain(summary.command)}"
    return fit_encoding(text, encoding) + "\n"


def wrap(text: str, width: int) -> Iterator[str]:
    """Give the lines of a text that fit a width in columns of a terminal; 0 is a width for everything."""
    for line in text.split("\n"):
        held, used = "", 0
        for word in line.split(" ") if width > 0 else [line]:
            room = width_of(word)
            if width > 0 and used and used + 1 + room > width:
                yield held
                held, used = "", 0
            held, used = (f"{held} {word}", used + 1 + room) if held else (word, room)
            while width > 0 and used > width:
                cut = _find_cut(held, width)
                yield held[:cut]
                held = held[cut:]
                used = width_of(held)
        yield held


def _find_cut(text: str, width: int) -> int:
    used = 0
    for place, character in enumerate(text):
        used += width_of(character)
        if used > width:
            return max(1, place)
    return len(text)


def width_of(text: str) -> int:
    """Count the columns that a text takes: two for a wide letter, none for what is drawn over another."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def _paint(text: str, code: str, indent: str, width: int) -> str:
    lines = wrap(text, max(1, width - len(indent)) if width else 0)
    return "\n".join(f"{indent}\x1b[{code}m{line}\x1b[0m" if code and line else f"{indent}{line}" for line in lines)


def _say_where(spots: Sequence[Spot]) -> str:
    """Name a row with its course, or many rows by their ranges, each sheet once."""
    if len(spots) == 1:
        return " ".join(part for part in (spots[0].sheet, spots[0].place, spots[0].course) if part)
    return f"{say_places(spots)} ({say_count(len(spots), 'row')})"
