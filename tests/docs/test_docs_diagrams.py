"""The diagrams of the architecture are what the program does."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import write_diagrams

import batchpub
from batchpub.services.interface import Meaning
from batchpub.standing import CourseStatus, Rest


def test_diagrams_are_the_programs():
    """
    The page has what `python -m tests.docs.write_diagrams` writes.
    """
    page = write_diagrams.PAGE.read_text(encoding="utf-8")

    assert write_diagrams.make_diagrams() == page.split(write_diagrams.BEGIN)[1].split(write_diagrams.END)[0]


def test_diagrams_miss_nothing():
    """
    Every meaning of an answer, every status of a course and every way a slot comes back is drawn.
    """
    reached = {after for _, after in write_diagrams.course_edges()}

    assert set(Meaning) == set(write_diagrams.ANSWERS)
    assert all(meaning is answer.meaning for meaning, answer in write_diagrams.ANSWERS.items())
    assert set(CourseStatus) == reached
    assert set(Rest) == set(write_diagrams.RESTS)


def test_architecture_names_what_is_there():
    """
    Every module and folder of the program that the page names exists.
    """
    page = write_diagrams.PAGE.read_text(encoding="utf-8")
    program = Path(batchpub.__file__).parent

    named = set(re.findall(r"`([a-z_/]+(?:\.py|/))`", page))

    assert named
    assert [] == [name for name in sorted(named) if not (program / name).exists()]
