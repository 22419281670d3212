"""From what was handed in to rows that are judged: every file read or refused, and what the state says of their courses.

Whether a rule of the operator's own forbids what came out is said here as well: `check` and `publish` ask the same.
"""

import sys
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from batchpub.cells import Sheet
from batchpub.cli.files import Handed
from batchpub.cli.folder import ENDINGS, IF_NO_LIST, Found
from batchpub.cli.wiring import plan_options_of, sheet_options_of
from batchpub.course import Course, IdShape, Pile, Plan, PlannedSheet
from batchpub.errors import SheetRefused, refuse_all
from batchpub.logger import log
from batchpub.plan import Judged, judge_again, judge_sheets, settle_plan
from batchpub.plural import say_count
from batchpub.report.inputs import Input, hash_of
from batchpub.settings.fields import Settings
from batchpub.sheet import SheetOptions
from batchpub.sheet.load import load_bytes, read_sheet
from batchpub.source import Source, fetch, is_elsewhere

MOST_NAMED = 50
_NOT_TAKEN = (
    "Its name does not end as that of a list does ({}), so it was left alone. It could be one: give it such a name, or name "
    "it in the command."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The rows of all files that could be read, judged, and the refusals of those that could not."""

    judged: Judged
    refused: tuple[SheetRefused, ...] = ()
    inputs: tuple[Input, ...] = ()
    """What was read, to be kept beside the reports."""

    def settle(self, published: Mapping[Course, str], account: tuple[IdShape, ...] = ()) -> Plan:
        """Put every row in its pile; files that were refused are named beside the others.

        `account` is what the ids looked like that were published before.
        """
        plan = settle_plan(judge_again(self.judged, account), published)
        unread = [PlannedSheet(file=error.file, sheet="", headings=(), refused=error.message) for error in self.refused]
        return replace(plan, sheets=(*plan.sheets, *unread))


def take_in(handed: Handed, settings: Settings) -> Intake:
    """Read every file and judge its rows; if any file is refused, say so for all of them at once.

    Raises:
        SheetRefused: a file cannot be taken and `keep_going` is not set, or no file can be.

    """
    if handed.left_out:
        log.info("folder.read", files=len(handed.files), left_out=list(handed.left_out[:MOST_NAMED]))
    options = sheet_options_of(settings)
    sheets: list[Sheet] = []
    refused: list[SheetRefused] = []
    inputs: list[Input] = []
    for found in handed.files:
        try:
            source = _open(found, settings)
            inputs.append(Input(file=source.file, sha256=hash_of(source.data), data=_unless_file(found, source.data)))
            sheets.append(_load(found, source, options))
        except SheetRefused as error:
            refused.append(error)
    return replace(judge_all(sheets, settings, refused), inputs=tuple(inputs))


def judge_all(sheets: Sequence[Sheet], settings: Settings, refused: Sequence[SheetRefused] = ()) -> Intake:
    """Judge the rows of sheets that were read; a sheet that is refused for its rows as a whole joins the others."""
    good, bad = list(sheets), list(refused)
    while True:
        if bad and (not good or not settings.keep_going):
            for one in bad:
                log.error("sheet.refused", file=one.file, error=one.message)
            raise refuse_all(bad)
        try:
            judged = judge_sheets(good, plan_options_of(settings))
        except SheetRefused as error:
            bad += error.each()
            files = {one.file for one in error.each()}
            good = [sheet for sheet in good if sheet.file not in files]
        else:
            for one in bad:
                log.warning("sheet.refused", file=one.file, error=one.message)
            return Intake(judged=judged, refused=tuple(bad))


def find_broken_rule(plan: Plan, settings: Settings, *, done: AbstractSet[Course] = frozenset()) -> str:
    """Say which rule forbids this plan, or "". `done`: what other results say is published.

    What an earlier run of the same command has published counts as well: it must not lose its own guard when it goes on.
    """
    meant = {row.course for row in plan.rows if row.pile in (Pile.TO_PUBLISH, Pile.ALREADY_PUBLISHED)} - done
    invalid = sum(row.pile is Pile.INVALID for row in plan.rows)
    if settings.expect is not None and len(meant) != settings.expect:
        return f"--expect {settings.expect}, but the sheets have {say_count(len(meant), 'course')} to publish."
    if settings.strict and invalid:
        return f"--strict, and {say_count(invalid, 'row')} {'is' if invalid == 1 else 'are'} invalid; see `batchpub check`."
    return ""


def _open(found: Found, settings: Settings) -> Source:
    """Get the bytes of a sheet, wherever it is."""
    if found.refusal:
        raise SheetRefused(found.file, found.refusal)
    if is_elsewhere(found.file):
        source = fetch(found.file, name=settings.name, stdin=sys.stdin.buffer)
        log.info("sheet.fetched", file=source.file, bytes=len(source.data), notes=list(source.notes))
        return source
    return Source(file=found.file, data=read_sheet(found.file))


def _unless_file(found: Found, data: bytes) -> bytes | None:
    """Give bytes that cannot be read again; a file can, and need not be held meanwhile."""
    return data if is_elsewhere(found.file) else None


def _load(found: Found, source: Source, options: SheetOptions) -> Sheet:
    if not found.doubtful:
        sheet = load_bytes(source.file, source.data, options)
        return replace(sheet, sha256=hash_of(source.data), notes=(*source.notes, *sheet.notes))
    try:
        load_bytes(source.file, source.data, options)
    except SheetRefused as error:
        raise type(error)(error.file, f"{error.message} {IF_NO_LIST}") from error
    raise SheetRefused(found.file, f"{_NOT_TAKEN.format(', '.join(ENDINGS))} {IF_NO_LIST}")
