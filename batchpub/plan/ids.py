r"""Is this cell an id, digit for digit as the person meant it? If not: the sentence that says why and what to do.

Nothing is converted and nothing is guessed. Only text can be an id; a number is refused whatever its digits, because a
spreadsheet keeps 15 of them. Digits are compared as the ASCII characters 0-9: `str.isdigit`, `int` and the pattern
`\\d` accept full-width and Arabic digits too.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from string import ascii_uppercase
from urllib.parse import unquote

from batchpub.cells import Cell, CellKind
from batchpub.plan.options import say_digits
from batchpub.plan.rounding import EXACT_DIGITS
from batchpub.plan.text import fold_name, is_invisible, quote, trim

_DIGITS = frozenset("0123456789")
_RIGHT_TO_LEFT_OVERRIDE = "\u202e"  # shows the digits after it in reverse
_LITERAL = re.compile(r'=\s*"([^"]*)"')
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?[eE]\s?[+-]?[0-9]+")
_SEPARATED = re.compile(r"[0-9][0-9.,'’`´_\s\-\u2010-\u2015\u066b\u066c]*[0-9]|[0-9]+[.,]")
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9]+(?![0-9A-Za-z])")
_DIGITS_IN_A_ROW = re.compile(r"[0-9]+")
# A page of Zoho's: its host is zoho.com, people.zoho.eu, people.zohocloud.ca or the like.
_ADDRESS = re.compile(r"https?://(?:[a-z0-9-]+\.)*zoho(?:cloud)?(?:\.[a-z]{2,3}){1,2}(?::[0-9]+)?(/\S*)", re.IGNORECASE)
_TRIMMED = "{}: spaces or invisible characters around the id were left out."
_ERROR_VALUES = frozenset({
    "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#spill!", "#calc!", "#getting_data", "#field!",
    "#blocked!", "err:502", "err:508", "#nv", "#bezug!", "#wert!",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadId:
    """An id as text, and the sentence about what was left out around it, or ""."""

    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoId:
    """A cell that is no id, with the sentence why.

    `length` is the number of digits where the cell holds a clean number of another length, else 0.
    `blank` says that nothing is there at all.
    """

    sentence: str
    length: int = 0
    blank: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdRule:
    """What an id of this column must look like: its name in sentences, and the least and the most digits."""

    noun: str
    digits: tuple[int, int]


def read_id(cell: Cell, rule: IdRule) -> ReadId | NoId:
    """Read one id cell, or say in one sentence (cell, what, why, remedy) why it is none."""
    if cell.merged:
        return NoId(sentence=_say_merged(cell, rule))
    if cell.formula and cell.kind is not CellKind.ERROR and cell.formula != f'="{cell.text}"':
        return NoId(sentence=_say_formula(cell, rule))
    match cell.kind:
        case CellKind.TEXT:
            return _read_text(cell, rule)
        case CellKind.EMPTY:
            return _read_empty(cell, rule)
        case CellKind.NUMBER:
            return NoId(sentence=_say_number(cell, rule))
        case CellKind.DATE:
            return NoId(
                sentence=f"{cell.ref}: this {rule.noun} is stored as a date ({_clip(cell.text)}). "
                f"Format column {_column(cell)} as Text, then copy the id from Zoho again.",
            )
        case CellKind.BOOLEAN:
            return NoId(sentence=f"{cell.ref} holds {_clip(cell.text)} instead of a {rule.noun}. {_copy_again(rule)}")
        case CellKind.ERROR:
            return NoId(sentence=f"{cell.ref} shows {_clip(cell.text)} instead of a {rule.noun}. {_copy_again(rule)}")


def _read_text(cell: Cell, rule: IdRule) -> ReadId | NoId:
    if is_id(cell.text, digits=rule.digits):
        return ReadId(value=cell.text)
    value = _unwrap(cell.text)
    if is_id(value, digits=rule.digits):
        return ReadId(value=value, note=_TRIMMED.format(cell.ref) if trim(cell.text) != cell.text else "")
    if not value:
        return _read_empty(cell, rule)
    if (found := _ADDRESS.fullmatch(value)) and (only := _find_only_id(unquote(found[1]), rule)):
        return ReadId(value=only, note=f"{cell.ref}: the {rule.noun} {only} was taken from the address in this cell.")
    length = len(value) if _DIGITS.issuperset(value) and value[0] != "0" else 0
    return NoId(sentence=f"{cell.ref}: {_say_text(value, rule)}", length=length)


def is_id(value: str, *, digits: tuple[int, int]) -> bool:
    """Say whether text is so many ASCII digits and nothing else, the first 1-9."""
    return digits[0] <= len(value) <= digits[1] and value.isascii() and value.isdigit() and value[0] != "0"


def _find_ids(text: str, rule: IdRule) -> list[str]:
    """Give the runs of digits of the right length, those that are part of a longer word aside."""
    return [run for run in _RUN.findall(text) if is_id(run, digits=rule.digits)]


def _find_only_id(path: str, rule: IdRule) -> str:
    """Give the one id of an address, "" where it has none, several, or another number as long, perhaps two ids run together."""
    ids, others = _find_ids(path, rule), [run for run in _DIGITS_IN_A_ROW.findall(path) if len(run) >= rule.digits[0]]
    return ids[0] if ids == others and len(ids) == 1 else ""


def _unwrap(text: str) -> str:
    """Take off what people and programs put around an id to keep it text: blanks, a leading ', ="…"."""
    if _RIGHT_TO_LEFT_OVERRIDE in text:
        return text
    value = trim(trim(text).removeprefix("'"))
    literal = _LITERAL.fullmatch(value)
    return trim(literal[1]) if literal else value


def _read_empty(cell: Cell, rule: IdRule) -> NoId:
    if cell.formula:
        return NoId(sentence=_say_formula(cell, rule))
    return NoId(sentence=f"{cell.ref}: no {rule.noun}", blank=True)


def _say_merged(cell: Cell, rule: IdRule) -> str:
    first, _, last = cell.merged.partition(":")
    if first.lstrip(ascii_uppercase) == last.lstrip(ascii_uppercase):
        return f"{cell.ref} lies under the merged cells {cell.merged}, so nobody can see the {rule.noun} that is stored there. Unmerge these cells."
    return (
        f"{cell.merged} are merged, so nobody can see which row the {rule.noun} belongs to. "
        f"Unmerge these cells and write the id into every row that needs one."
    )


def _say_formula(cell: Cell, rule: IdRule) -> str:
    if cell.kind is CellKind.EMPTY and _LITERAL.fullmatch(cell.formula):
        why = ", whose result the file does not hold"
    elif cell.kind is CellKind.EMPTY or cell.text == cell.formula:
        why = "; its result may change or be rounded"
    else:
        why = f", which shows {quote(cell.text)}; its result may change or be rounded"
    return (
        f"{cell.ref} contains a formula ({_clip(cell.formula)}){why}, so it is not taken as a {rule.noun}. Copy the column, then Paste "
        f"Special → Values, and compare the ids with Zoho."
    )


def _say_number(cell: Cell, rule: IdRule) -> str:
    digits = _as_integer(cell.text)
    column = _column(cell)
    if digits is None or len(digits.lstrip("-")) <= EXACT_DIGITS:
        return (
            f"{cell.ref}: this {rule.noun} is stored as a number ({_clip(cell.text)}). Spreadsheets change long numbers, so only text is "
            f"taken as an id. Format column {column} as Text, then copy the id from Zoho again."
        )
    if cell.exact:
        return (
            f"{cell.ref}: this {rule.noun} is stored as a number. Spreadsheets keep only {EXACT_DIGITS} digits of a number: the file still holds "
            f"more, but every program shows it rounded (it now reads {digits} there), so nobody can have checked it. Whoever makes the file must "
            f"write it as text; or format column {column} as Text and copy the id from Zoho again."
        )
    return (
        f"{cell.ref}: this {rule.noun} is stored as a number. Spreadsheets keep only {EXACT_DIGITS} digits of a number, so its last digits "
        f"are already wrong (it now reads {digits}). Format column {column} as Text, then copy the id from Zoho again; changing the "
        f"format alone does not bring the digits back."
    )


def _say_text(value: str, rule: IdRule) -> str:  # noqa: C901 - one line per kind of mistake, first match wins
    seen = quote(value)
    if value.startswith("="):
        return f"{_clip(value)} is a formula, not text. Write only the digits of the {rule.noun}, in a column formatted as Text."
    if fold_name(value) in _ERROR_VALUES:
        return f"the cell shows {_clip(value)} instead of a {rule.noun}. {_copy_again(rule)}"
    if _SCIENTIFIC.fullmatch(value):
        return (
            f"{_clip(value)} is a shortened number; the real {rule.noun} cannot be recovered from it. "
            f"Export the list again and do not open it in Excel first."
        )
    if _RIGHT_TO_LEFT_OVERRIDE in value:
        return f"an invisible character turns the digits of this {rule.noun} around. Delete the cell and type the id."
    if _DIGITS.issuperset(value) and value[0] == "0":
        return f"{_clip(value)} begins with 0, which no {rule.noun} does. {_copy_again(rule)}"
    if _DIGITS.issuperset(value):
        digits = say_digits(rule.digits)
        return f"this {rule.noun} has {len(value)} digits ({_clip(value)}) instead of {digits}. {_copy_again(rule)}"
    ids = _find_ids(value, rule)
    if len(ids) > 1:
        return f"there are {len(ids)} ids in this cell ({seen}). Write one {rule.noun} into each row."
    if any(mark in value.lower() for mark in ("http:", "https:", "www.", "://", ".com")):
        return f"{seen} is a link. Write only the {rule.noun}, {say_digits(rule.digits)}."
    visible = "".join(character for character in value if not is_invisible(character))
    if visible.isascii() and visible.isdigit() and not any(character.isspace() for character in value):
        return f"there is an invisible character in the middle of this {rule.noun} ({quote(visible)}). Delete the cell and type the id."
    if _SEPARATED.fullmatch(value):
        return (
            f"{seen} has separators or decimals, so the {rule.noun} was handled as a number and may have lost digits. "
            f"{_copy_again(rule)}"
        )
    if any(character.isdigit() and character not in _DIGITS for character in value):
        return f"{seen} is not written in the plain digits 0-9. Type the {rule.noun} again with a plain keyboard."
    return f"{seen} is not a {rule.noun}, which is {say_digits(rule.digits)} and nothing else. {_copy_again(rule)}"


def _copy_again(rule: IdRule) -> str:
    return f"Copy the {rule.noun} from Zoho again, as text."


def _as_integer(text: str) -> str | None:
    """Write a number out in full, as a spreadsheet shows it with the format 0; None where it has decimals or is none."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() > 40 or number != number.to_integral_value():  # noqa: PLR2004
        return None
    return format(number.to_integral_value(), "f")


def _clip(text: str) -> str:
    return quote(text)[1:-1]


def _column(cell: Cell) -> str:
    return cell.ref.rstrip("0123456789")
