"""One row by itself: which pile it belongs to and why. All its problems at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from batchpub.cells import Cell, CellKind, Sheet, SheetRow
from batchpub.course import Course, NotifyPolicy, Pile
from batchpub.plan.draft import Draft
from batchpub.plan.ids import IdRule, NoId, ReadId, read_id
from batchpub.plan.options import PlanOptions
from batchpub.plan.rounding import looks_rounded
from batchpub.plan.seen import ROLES as SEEN_ROLES
from batchpub.plan.seen import say_seen
from batchpub.plan.text import fold, quote, trim
from batchpub.plan.words import Word, read_word

OUR_PREFIX = "bp_"  # headings that begin so are written by our own reports and are no part of the person's table
_TRUE = ("=TRUE()", "=TRUE")  # LibreOffice saves a typed TRUE as this formula
_NOTHING = Cell(ref="", kind=CellKind.EMPTY, text="")
_NO_BATCH = NoId(sentence="", blank=True)
_HIDDEN = (
    "Row {} is hidden or filtered out, so it was left out. Unhide it or delete it (or use the setting include_hidden)."
)
_STRUCK = "{} is struck out, so this row was left out. Take the line through it away if the course is to be published, or delete the row."


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Where the cells of one sheet are that mean something to us, and which cells are the person's own."""

    columns: dict[str, int]
    own: tuple[int, ...]
    id_heading: str
    words: tuple[tuple[str, str], ...]
    course_rule: IdRule
    batch_rule: IdRule

    def cell(self, row: SheetRow, role: str) -> Cell:
        """Give a row's cell for a role; an empty one where the sheet has no such column."""
        index = self.columns.get(role)
        return _NOTHING if index is None else row.cells[index]

    def own_cells(self, row: SheetRow) -> Sequence[Cell]:
        """Give the person's own cells of a row."""
        return row.cells if len(self.own) == len(row.cells) else [row.cells[index] for index in self.own]


def find_roles(sheet: Sheet, options: PlanOptions) -> Roles:
    """Look up once per sheet what every row of it needs."""
    return Roles(
        columns=sheet.columns,
        own=tuple(index for index, heading in enumerate(sheet.headings) if not is_ours(heading)),
        id_heading=fold(sheet.headings[sheet.columns["course_id"]]),
        words=tuple(word for word in (("publish", "Publish"), ("notify", "Notify")) if word[0] in sheet.columns),
        course_rule=IdRule(noun="Course ID", digits=options.id_digits),
        batch_rule=IdRule(noun="Batch ID", digits=options.id_digits),
    )


def is_ours(heading: str) -> bool:
    """Say whether a heading was written by our reports."""
    return heading.strip().casefold().startswith(OUR_PREFIX)


def judge_row(row: SheetRow, roles: Roles, options: PlanOptions, *, position: int, sheet_index: int) -> Draft:
    """Judge one row by what it says itself."""
    draft = Draft(
        position=position,
        sheet_index=sheet_index,
        row=row.number,
        cell=roles.cell(row, "course_id").ref,
        pile=Pile.SKIPPED,
        course=None,
        name=trim(roles.cell(row, "name").text),
        notify=False,
        values=tuple([cell.text if not cell.formula else _write_back(cell) for cell in roles.own_cells(row)]),
    )
    return _judge(draft, row, roles, options)


def _judge(draft: Draft, row: SheetRow, roles: Roles, options: PlanOptions) -> Draft:
    """Look first at what keeps a row out whatever its id is."""
    id_cell = roles.cell(row, "course_id")
    if is_blank(id_cell) and not row.extra and all(is_blank(row.cells[index]) for index in roles.own):
        return replace(draft, message="This row is blank.")
    if (
        "bp_outcome" in roles.columns
        and fold(roles.cell(row, "bp_outcome").text) == Pile.INVALID
        and not _is_corrected(row, roles)
    ):
        return replace(draft, pile=Pile.INVALID, message=_say_still_invalid(row, roles))
    publish = roles.cell(row, "publish")
    if read_word(publish) is Word.NO and not publish.merged:
        course = _read_course(row, roles)[0]
        return replace(draft, message="The Publish column says no.", course=course, said_no=True)
    if id_cell.kind is CellKind.TEXT and not id_cell.text.isdigit() and fold(id_cell.text) == roles.id_heading:
        return replace(draft, message="This row repeats the heading.")
    return _judge_course(draft, row, roles, options)


def is_blank(cell: Cell) -> bool:
    """Say whether a person sees nothing in a cell and nothing is calculated there."""
    return not cell.formula and (cell.kind is CellKind.EMPTY or not trim(cell.text))


def _judge_course(draft: Draft, row: SheetRow, roles: Roles, options: PlanOptions) -> Draft:
    """Collect all that is wrong with a row that asks to be published."""
    course, reasons, length, notes = _read_course(row, roles)
    confirmed = "confirmed" in roles.columns and _is_confirmed(roles.cell(row, "confirmed"))
    problems = [_HIDDEN.format(row.number)] if row.hidden and not options.include_hidden else []
    struck = next((cell for cell in (roles.cell(row, "course_id"), roles.cell(row, "name")) if cell.struck), None)
    if struck is not None:
        problems.append(_STRUCK.format(struck.ref))
    if row.extra:
        problems += _extra_problems(row)
    problems += reasons
    if roles.words:
        problems += _word_problems(row, roles)
    if course is not None and not confirmed:
        problems += _rounded_problems(course, row, roles, options)
    return replace(
        draft,
        pile=Pile.INVALID if problems else Pile.TO_PUBLISH,
        message=" ".join(problems or notes),
        course=course,
        notify=_is_notified(roles.cell(row, "notify"), options.notify),
        confirmed=confirmed,
        length=0 if len(problems) > 1 else length,
    )


def _read_course(row: SheetRow, roles: Roles) -> tuple[Course | None, list[str], int, list[str]]:
    """Read a row's ids: the course, or why there is none and how many digits the id has; and notes about the reading."""
    course_id = read_id(roles.cell(row, "course_id"), roles.course_rule)
    batch_id = read_id(roles.cell(row, "batch_id"), roles.batch_rule) if "batch_id" in roles.columns else _NO_BATCH
    reasons: list[str] = []
    length = 0
    if isinstance(course_id, NoId):
        length = course_id.length
        reasons.append(_say_missing(row, roles, course_id.sentence) if course_id.blank else course_id.sentence)
    if isinstance(batch_id, NoId) and not batch_id.blank:
        reasons.append(batch_id.sentence)
    if "bp_course_id" in roles.columns:
        reasons += _changed_ids(row, roles, course_id, batch_id)
    if reasons or isinstance(course_id, NoId):
        return None, reasons, length, []
    batch = "" if isinstance(batch_id, NoId) else batch_id.value
    notes = [read.note for read in (course_id, batch_id) if isinstance(read, ReadId) and read.note]
    return Course(course_id=course_id.value, batch_id=batch), [], 0, notes


def _changed_ids(row: SheetRow, roles: Roles, course_id: ReadId | NoId, batch_id: ReadId | NoId) -> list[str]:
    """Compare a results file's own columns with what the earlier run took from them: an edit there is ambiguous."""
    earlier_course = trim(roles.cell(row, "bp_course_id").text)
    if not earlier_course or not isinstance(course_id, ReadId):
        return []
    earlier_batch = trim(roles.cell(row, "bp_batch_id").text)
    batch = batch_id.value if isinstance(batch_id, ReadId) else ""
    if earlier_course == course_id.value and (earlier_batch == batch or "batch_id" not in roles.columns):
        return []
    if _is_corrected(row, roles):
        return []
    return [
        f"{roles.cell(row, 'course_id').ref} now names {course_id.value}{f' batch {batch}' if batch else ''}, but this row was run as "
        f"{quote(earlier_course)[1:-1]}{f' batch {quote(earlier_batch)[1:-1]}' if earlier_batch else ''}. "
        f"Empty the bp_course_id and bp_batch_id cells of this row if the change is meant.",
    ]


def _is_corrected(row: SheetRow, roles: Roles) -> bool:
    """Say whether a person has changed a row of a results file since it was written: then it is judged as it now stands."""
    seen = trim(roles.cell(row, "bp_seen").text)
    return seen != "" and seen != say_seen({role: roles.cell(row, role).text for role in SEEN_ROLES})


def _say_missing(row: SheetRow, roles: Roles, sentence: str) -> str:
    others = [row.cells[index] for index in roles.own if not is_blank(row.cells[index])]
    others += row.extra
    shown = roles.cell(row, "name") if trim(roles.cell(row, "name").text) else (others or [_NOTHING])[0]
    where = f" in {shown.ref}" if shown in row.extra else ""
    return (
        f"{sentence}, but {quote(shown.text or shown.formula)}{where} is on this row. Write the id, or delete the row."
    )


def _say_still_invalid(row: SheetRow, roles: Roles) -> str:
    earlier = trim(roles.cell(row, "bp_message").text)
    said = f": {earlier}" if earlier else "."
    return f"This row was invalid in the earlier run{said} Correct it here, or in your own sheet; if it is right as it stands, empty its bp_outcome cell."


def _extra_problems(row: SheetRow) -> list[str]:
    """Tell of cells beyond the last heading; the reader of a text file tells here too why it could not split the row."""
    faults = [f"Row {row.number}: {cell.text}" for cell in row.extra if cell.kind is CellKind.ERROR]
    strays = [cell for cell in row.extra if cell.kind is not CellKind.ERROR]
    if not strays or all(is_blank(cell) for cell in row.cells):
        return faults  # on a row that holds nothing else, that there is no id says it all
    return [
        *faults,
        f"{strays[0].ref}: this row has more values than there are headings (the first one too many is {quote(strays[0].text)}). Probably a "
        f"comma inside a title moved the cells to the right. Put the title into quotation marks, or export the list again.",
    ]


def _word_problems(row: SheetRow, roles: Roles) -> list[str]:
    problems = []
    for role, heading in roles.words:
        cell = roles.cell(row, role)
        if cell.merged:
            problems.append(
                f"{cell.merged} are merged, so nobody can see which {heading} this row has. Unmerge these cells."
            )
        elif read_word(cell) is Word.UNREADABLE:
            problems.append(
                f"{cell.ref}: {quote(cell.formula or cell.text)} in the {heading} column is neither yes nor no. Write yes or no.",
            )
    return problems


def _is_notified(cell: Cell, policy: NotifyPolicy) -> bool:
    """Say whether learners are mailed: a row's own no always wins. An unreadable word makes the row invalid elsewhere."""
    match policy:
        case NotifyPolicy.NEVER:
            return False
        case NotifyPolicy.SHEET:
            return read_word(cell) is Word.YES
        case NotifyPolicy.ALL:
            return read_word(cell) in (Word.YES, Word.BLANK)


def _is_confirmed(cell: Cell) -> bool:
    is_fixed = not cell.formula or cell.formula.upper() in _TRUE or cell.formula == f'="{cell.text}"'
    return is_fixed and not cell.merged and read_word(cell) is Word.YES


def _rounded_problems(course: Course, row: SheetRow, roles: Roles, options: PlanOptions) -> list[str]:
    named = (("course_id", "Course ID", course.course_id), ("batch_id", "Batch ID", course.batch_id))
    return [
        f"{roles.cell(row, role).ref}: this {noun} ({value}) ends in {'0000' if value.endswith('0000') else '000'} and looks rounded by a spreadsheet. "
        f'Compare it with Zoho. If it is right, write "yes" in a column named Confirmed (or use the setting confirm_id = {value}).'
        for role, noun, value in named
        if value and looks_rounded(value) and value not in options.confirm_ids
    ]


def _write_back(cell: Cell) -> str:
    """Give what a report writes for a cell with a formula: the formula, unless that only wraps a text."""
    return cell.text if cell.formula == f'="{cell.text}"' else cell.formula
