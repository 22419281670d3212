"""Runs as the journal gives them: small ones with any text in them, and one like a Tuesday in November."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from batchpub.course import Outcome, PlannedSheet
from batchpub.record import CallRecord, LockRecord, RowRecord, RunRecord

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COURSE = "478346000019582101"
OTHER = "478346000019582102"
ONE_SHEET = (PlannedSheet(file="a.xlsx", sheet="Sheet1", headings=("Course ID", "Note")),)
NASTY = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "]]>",
    "<!-- --> <svg onload=alert(1)>",
    "=cmd|' /C calc'!A0",
    "-1+1",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "[bold red]loud[/bold red]",
    "\u202etxt.exe",
    "\u0627\u0644\u0633\u0644\u0627\u0645\u0629",
    "\ud800",
    "\x00\x01\x7f\x85\ufffe",
    "one\r\ntwo\nthree\ttabs",
    "::error file=x::gone ##[add-mask]y",
    "100% a,b:c",
    "a | b `c` *d* @e #1",
    "_x000D_",
    "😀" * 20,
    "478346000019582101",
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(NASTY)
IDS = st.from_regex(r"[1-9][0-9]{15,18}", fullmatch=True)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def make_row(position=0, *, text="", course_id=COURSE, sheet_index=0, outcome=Outcome.REFUSED, **others):
    return replace(
        RowRecord(
            position=position,
            sheet_index=sheet_index,
            row=position + 2,
            cell=f"A{position + 2}",
            course_id=course_id,
            batch_id="",
            name=text,
            notify=False,
            values=(course_id, text),
            outcome=outcome,
            message=text,
            attempts=1,
            first_sent_at=BEGAN,
        ),
        **others,
    )


def make_call(second=0.0, *, operation="publish", text=""):
    return CallRecord(
        operation=operation,
        course_id=COURSE,
        batch_id="",
        attempt=1,
        sent_at=BEGAN + timedelta(seconds=second),
        answered_at=None,
        http_status=None,
        code=text,
        meaning="",
        excerpt=text,
    )


def make_run(*rows, sheets=ONE_SHEET, text="", **others):
    return replace(
        RunRecord(
            run="r1",
            batchpub_version="0.1.0",
            portal="people.zoho.com",
            sandbox=False,
            rate=30,
            period_seconds=60.0,
            notify_policy="sheet",
            started_at=BEGAN,
            finished_at=BEGAN + timedelta(seconds=5),
            exit_code=1,
            stop_reason=text,
            resume_command=text,
            sheets=sheets,
            rows=rows,
            calls=(make_call(text=text),),
            locks=(LockRecord(began_at=BEGAN, ends_at=BEGAN + timedelta(minutes=5), cause=text),),
        ),
        **others,
    )


def _two_sheets(told, text, ended):
    """Two sheets with other columns each: a doubled heading, one without a name, one that a formula could be."""
    sheets = (
        PlannedSheet(file="a.xlsx", sheet="Sheet1", headings=("Course ID", "Note", "Note", "", "=1+1")),
        PlannedSheet(file="b.csv", sheet="", headings=("Kurs-ID", "Town"), notes=(text,)),
    )
    rows = tuple(
        make_row(
            position,
            sheet_index=min(position // 2, 1),
            course_id=course_id,
            text=its,
            outcome=outcome,
            batch_id=batch,
            values=(course_id, its, *([text, its, "x"] if position < 2 else [])),
        )
        for position, (course_id, batch, its, outcome) in enumerate(told)
    )
    return make_run(*rows, sheets=sheets, text=text, finished_at=BEGAN + timedelta(hours=1) if ended else None)


RUNS = st.builds(
    _two_sheets,
    st.lists(st.tuples(IDS, st.just("") | IDS, ANY_TEXT, st.sampled_from(Outcome)), min_size=1, max_size=5),
    ANY_TEXT,
    st.booleans(),
)

_NAMES = (
    "Fire Safety",
    "First Aid Basics",
    "Arbeitsschutz für Führungskräfte",
    "Ladders & <b>steps</b>",
    "Code of Conduct",
)
_MESSAGES = {
    Outcome.REFUSED: "Zoho does not know this course id.",
    Outcome.INVALID: "{cell}: this Course ID is stored as a number.",
    Outcome.UNKNOWN: "Sent, but no answer within 30 seconds.",
    Outcome.NOT_ATTEMPTED: "Stopped by SIGTERM. Run the same command again.",
}
_CYCLE = (*[Outcome.PUBLISHED] * 12, Outcome.INVALID, Outcome.DUPLICATE, *[Outcome.PUBLISHED] * 5, Outcome.REFUSED)


def make_november(rows):
    """Make a run like a real one: 30 calls a minute, a lock after a third, stopped by a signal near its end."""
    sheets = (
        PlannedSheet(file="lists/november.xlsx", sheet="Sheet1", headings=("Course name", "Course ID", "Notify")),
    )
    records, calls = [], []
    lock = LockRecord(began_at=BEGAN, ends_at=BEGAN + timedelta(minutes=5), cause="429")
    for position in range(rows):
        outcome = Outcome.NOT_ATTEMPTED if position > rows * 0.97 else _CYCLE[position % len(_CYCLE)]
        second = position * 2.05 + (305 if position > rows // 3 else 0)
        if position == rows // 3:
            lock = replace(
                lock, began_at=BEGAN + timedelta(seconds=second), ends_at=BEGAN + timedelta(seconds=second + 305)
            )
        is_sent = outcome in (Outcome.PUBLISHED, Outcome.REFUSED)
        if is_sent:
            calls.append(make_call(second))
        course_id, name, cell = f"4783460000{19_580_000 + 7 * position:08d}", _NAMES[position % 5], f"B{position + 2}"
        records.append(
            make_row(
                position,
                course_id="" if outcome is Outcome.INVALID else course_id,
                outcome=outcome,
                cell=cell,
                name=name,
                values=(name, "4.78346E+17" if outcome is Outcome.INVALID else course_id, ("yes", "no")[position % 2]),
                message=_MESSAGES.get(outcome, "").format(cell=cell),
                attempts=int(is_sent),
                first_sent_at=BEGAN + timedelta(seconds=second) if is_sent else None,
            )
        )
    return make_run(
        *records,
        sheets=sheets,
        calls=tuple(calls),
        locks=(lock,),
        finished_at=BEGAN + timedelta(seconds=rows * 2.05 + 310),
        stop_reason="Stopped by SIGTERM.",
        resume_command="batchpub publish lists/november.xlsx",
    )
