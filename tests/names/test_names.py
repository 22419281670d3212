"""Names of courses: what staff would call the same is the same, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.names import is_same_name

SAME = [
    ("Fire Safety", "fire-safety (EN)"),
    ("First Aid", "First Aid – FA-101"),
    ("First Aid", "First Aid FA-101 [DE]"),
    ("First Aid", "First Aid, English"),
    ("e-learning", "eLearning"),
    ("Café basics", "Cafe  Basics"),
    ("R&D", "R and D"),
    ("Führung", "Führung [DE]"),
    ("Don't panic", "Don’t panic!"),
    ("ﬁre safety", "fire safety"),
    ("Fire Safety", ""),
]
DIFFERENT = [
    ("First Aid 1", "First Aid 2"),
    ("First Aid", "First Aid 2"),
    ("First Aid", "First Aid 2026"),
    ("First Aid", "First Aid Part 2"),
    ("First Aid", "First Aid L2"),
    ("First Aid EN", "First Aid DE"),
    ("First Aid FA-101", "First Aid FA-102"),
    ("C", "C++"),
    ("C#", "C"),
    ("Release 1.5", "Release 15"),
    ("か", "が"),
    ("First Aid", "First Aid Advanced"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_staff_call_the_same_is_the_same(one, other):
    """
    Case, blanks, accents, punctuation, and a code or a language behind one of them make no difference.
    """
    assert is_same_name(one, other)
    assert is_same_name(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_names_another_course_is_different(one, other):
    """
    Numbers, parts, levels, two codes and two languages tell courses apart.
    """
    assert not is_same_name(one, other)
    assert not is_same_name(other, one)


@given(st.text(), st.text())
def test_sameness_is_a_matter_of_both(one, other):
    """
    Every name is itself, whatever letters it is made of, and no order of the two changes the answer.
    """
    assert is_same_name(one, one)
    assert is_same_name(one, other) is is_same_name(other, one)
