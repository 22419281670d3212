"""Which sheet of a book holds the courses, and under which heading: never guessed, where there is a choice it is named."""

from collections.abc import Sequence

from batchpub.masking import looks_secret
from batchpub.plan.text import fold, list_names, trim
from batchpub.sheet.grid import HEAD_ROWS, Book, Grid, IsHeading, NoHeading, Tab, Unreadable, name_column
from batchpub.sheet.heading import Heading, find_heading, find_possible_heading
from batchpub.sheet.options import SheetOptions

_USUAL = "Course ID"
_SIGN_IN = (
    "If it is the page that asks you to sign in, sign in in the browser, export the list again and give that file; else write that heading over "
    "the ids."
)


def choose_table(
    book: Book, heads: Sequence[Grid], is_heading: IsHeading, options: SheetOptions
) -> tuple[int, Heading, list[str]]:
    """Choose the sheet and find its heading: the sheet's place, the heading, and notes. Raises Unreadable, NoHeading.

    `heads` are the first rows of every sheet. Where no heading is sure, the ids themselves are looked for.
    """
    headings = [find_heading(grid, is_heading) for grid in heads]
    said: dict[int, str] = {}
    if options.column is None and not any(headings):
        for tab, head in enumerate(heads):
            if not book.tabs[tab].hidden:
                grid = head if head.complete else book.read(tab, options.max_rows + HEAD_ROWS + 1)
                headings[tab], said[tab] = find_possible_heading(grid)
    hints = " ".join(sentence for tab, sentence in said.items() if headings[tab] is None and sentence)
    try:
        chosen, notes = _choose_tab(book, headings, options)
    except NoHeading as error:
        raise NoHeading(f"{error} {hints}".rstrip()) from error
    heading = headings[chosen]
    if heading is None:
        raise NoHeading(_say_no_heading(book, heads[chosen], options, said.get(chosen, "")))
    return chosen, heading, [*notes, *([said[chosen]] if chosen in said else [])]


def _choose_tab(book: Book, headings: Sequence[Heading | None], options: SheetOptions) -> tuple[int, list[str]]:
    """Choose the sheet to read: the one named, else the only visible one with the heading. Name the hidden ones that have it."""
    if options.sheet is not None:
        return _find_named_tab(book.tabs, options.sheet), []
    found = [index for index, heading in enumerate(headings) if heading is not None]
    visible = [index for index in found if not book.tabs[index].hidden]
    hidden = [_quoted(book.tabs[index]) for index in found if book.tabs[index].hidden]
    if len(visible) > 1:
        names = list_names([_quoted(book.tabs[index]) for index in visible])
        raise Unreadable(
            f"{len(visible)} sheets have a heading for course ids: {names}. Say which one to read with the setting sheet."
        )
    if not visible and hidden:
        raise Unreadable(
            f"Only hidden sheets have a heading for course ids: {list_names(hidden)}. Hidden sheets are never read. Unhide the right one.",
        )
    if not visible:
        shown = [index for index, tab in enumerate(book.tabs) if not tab.hidden]
        if len(shown) != 1:
            raise NoHeading(_say_no_tab(book, options))
        return shown[0], []
    if not hidden:
        return visible[0], []
    has = "has" if len(hidden) == 1 else "have"
    return visible[0], [f"Hidden sheets are never read: {list_names(hidden)} also {has} a heading for course ids."]


def _find_named_tab(tabs: Sequence[Tab], wanted: str) -> int:
    found = [index for index, tab in enumerate(tabs) if tab.name == wanted]
    found = found or [index for index, tab in enumerate(tabs) if fold(tab.name) == fold(wanted)]
    if len(found) != 1:
        shown = [_quoted(tab) for tab in tabs if not tab.hidden and tab.name]
        choices = f"It has {list_names(shown)}." if shown else "It has no named sheets; leave the setting sheet out."
        raise Unreadable(f'There is no sheet named "{wanted}" in this file. {choices}')
    if tabs[found[0]].hidden:
        raise Unreadable(
            f'The sheet "{wanted}" is hidden, and hidden sheets are never read. Unhide it if it is the right one.'
        )
    return found[0]


def choose_column(heading: Heading) -> int:
    """Give the only column headed as course ids. Raises Unreadable where there are several."""
    if len(heading.id_columns) > 1:
        named = [
            f'{name_column(column)} ("{trim(heading.row.cells[column].text)}")' for column in heading.id_columns[:5]
        ]
        same = len({fold(heading.row.cells[column].text) for column in heading.id_columns}) == 1
        raise Unreadable(
            f"{len(heading.id_columns)} columns in row {heading.row.number} are headed as course ids: {list_names(named)}. "
            f"Rename all but the right one{'' if same else ', or say which one to read with the setting column'}.",
        )
    return heading.id_columns[0]


def _say_no_heading(book: Book, grid: Grid, options: SheetOptions, found: str = "") -> str:
    wanted = options.column or _USUAL
    if book.is_page:
        return f'This is a web page, and no table in it has a column headed "{wanted}" in its first {HEAD_ROWS} rows. {found or _SIGN_IN}'
    seen = [trim(cell.text) for row in grid.rows[:1] for _, cell in sorted(row.cells.items())]
    reads = f" The first row reads: {', '.join(seen)[:120]}." if seen else ""
    if any(map(looks_secret, seen)):
        reads = " The first row holds what looks like a credential, which is not shown here."
    return (
        f'There is no column headed "{wanted}" in the first {HEAD_ROWS} rows.{reads} '
        f"{found or 'Write that heading over the ids, or name the column with the setting column.'}"
    )


def _say_no_tab(book: Book, options: SheetOptions) -> str:
    if book.is_page:
        return _say_no_heading(book, Grid(rows=()), options)
    names = list_names([_quoted(tab) for tab in book.tabs if not tab.hidden])
    where = f" ({names})" if names else ""
    return (
        f'No visible sheet{where} has a column headed "{options.column or _USUAL}" in its first {HEAD_ROWS} rows. '
        "Write that heading over the ids."
    )


def _quoted(tab: Tab) -> str:
    return f'"{tab.name}"' if tab.name else "the sheet without a name"
