"""Write the state diagrams of docs/architecture.md from what the program does: `python -m tests.docs.write_diagrams`."""

from itertools import product
from pathlib import Path

from batchpub.course import Course
from batchpub.lifecycle.moves import Send
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.weighing import weigh
from batchpub.lifecycle.work import Rules, Work
from batchpub.services import interface as answers
from batchpub.services.interface import CourseState, Meaning, Reply
from batchpub.standing import CourseStatus, Rest

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
BEGIN, END = "<!-- diagrams -->\n", "<!-- end of diagrams -->"
ANSWERS = {
    Meaning.PUBLISHED: answers.Published(),
    Meaning.SAID_PUBLISHED: answers.SaidPublished(code="c", message="m"),
    Meaning.REFUSED: answers.Refused(code="c", message="m"),
    Meaning.THROTTLED: answers.Throttled(wait_seconds=None, cause="429"),
    Meaning.EXPIRED: answers.Expired(code="c", message="m"),
    Meaning.DENIED: answers.Denied(code="c", message="m"),
    Meaning.UNCLEAR: answers.Unclear(reason="r"),
    Meaning.NOT_SENT: answers.NotSent(reason="r"),
    Meaning.WITHHELD: answers.Withheld(),
    Meaning.STATE_READ: answers.StateRead(state=CourseState.CANNOT_TELL),
}
"""One answer of every meaning; a test sees that none is missing."""
NEWLINE = "\n"
UNSENT = (Meaning.NOT_SENT, Meaning.WITHHELD, Meaning.UNCLEAR)
BEFORE = (CourseStatus.FREE, CourseStatus.DRAFT, CourseStatus.UNCLEAR)
COURSE = Course(course_id="478346000019582101")
"""What a course can be before it is sent."""
RESTS = {
    Rest.ANSWERED: "answered, rests for period and guard",
    Rest.UNANSWERED: "given up, rests for period, guard and settle",
    Rest.UNUSED: "not sent, rests not at all",
}


def course_edges():
    """Give (before, after, meanings): what each answer to a call makes of a course."""
    found = {}
    for before, (meaning, answer) in product(BEFORE, ANSWERS.items()):
        reply = Reply(answer=answer, http_status=None if meaning in UNSENT else 400)
        work = Work(position=0, course=COURSE, notify=False, is_lost=before is CourseStatus.UNCLEAR)
        verdict = weigh(Send(version=1, before=before), work, reply, Signs(), Rules())
        found.setdefault((before, verdict.status), []).append(meaning.value)
    return found


def draw_course():
    lines = ["stateDiagram-v2", "    [*] --> free"]
    for (before, after), meanings in course_edges().items():
        lines.append(f"    {before.value} --> {after.value}: {', '.join(meanings)}")
    lines += [
        "    unclear --> draft: read, and seen to be a draft",
        "    unclear --> published: read, and seen to be published",
        "    asking --> published: read, and seen to be published",
        "    asking --> free: read, and not confirmed",
        "    free --> published: read before it is sent, and seen to be published",
        "    published --> [*]",
    ]
    return lines


def draw_slot():
    return [
        "stateDiagram-v2",
        "    [*] --> free",
        "    free --> taken: at the gate, in one transaction",
        "    taken --> sending: with the claim of a course",
        *(f"    sending --> resting: {meaning}" for rest, meaning in RESTS.items() if rest is not Rest.UNUSED),
        f"    sending --> free: {RESTS[Rest.UNUSED]}",
        "    taken --> resting: its process died, the lease ends by itself",
        "    sending --> resting: its process died, as if it had been given up",
        "    resting --> free: the service cannot count it any more",
    ]


def draw_lock():
    return [
        "stateDiagram-v2",
        "    [*] --> open",
        "    open --> locked: throttled, for the time it states or else for lock, and a margin",
        "    locked --> locked: throttled, a call that was under way, counted from the latest answer",
        "    locked --> probing: the time is over, one call goes first",
        "    probing --> open: the service let it pass",
        "    probing --> locked: throttled again, twice as long, up to max_lock",
        "    probing --> probing: its process died, the next one goes first",
    ]


def make_diagrams():
    """Give the text between the marks."""
    drawn = (
        ("A course in the journal. Each line has the answers to one call that take it there:", draw_course()),
        ("A slot:", draw_slot()),
        ("The lock of a portal:", draw_lock()),
    )
    return "".join(f"\n{told}\n\n```mermaid\n{NEWLINE.join(lines)}\n```\n" for told, lines in drawn) + "\n"


def main():
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{make_diagrams()}{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
