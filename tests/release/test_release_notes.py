"""The law of a release: tag, version and a dated section of the changelog agree, or there is none."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHANGES = (
    "# Changelog\n\n## 1.1.0 - unreleased\n\n- b\n\n## 1.0.0 - 2026-12-01\n\n- a\n\n## 0.9.0 - 2026-11-01\n\n- z\n"
)


@pytest.fixture(scope="module")
def find_notes():
    return runpy.run_path(str(ROOT / ".ci" / "release_notes.py"))["find_notes"]


def program(version):
    return f'"""batchpub."""\n\n__version__ = "{version}"\n'


def test_notes_are_the_versions_own_section(find_notes):
    """
    What stands under the version's heading, and nothing of its neighbours.
    """
    assert "- a\n" == find_notes("v1.0.0", CHANGES, program("1.0.0"))


@pytest.mark.parametrize(
    ("tag", "version", "sentence"),
    [
        ("v1.0.1", "1.0.0", "The tag is v1.0.1, and batchpub/__init__.py says 1.0.0."),
        ("1.0.0", "1.0.0", "The tag is 1.0.0"),
        ("v1.1.0", "1.1.0", 'CHANGELOG.md has no section "## 1.1.0 - YYYY-MM-DD".'),
        ("v2.0.0", "2.0.0", 'CHANGELOG.md has no section "## 2.0.0 - YYYY-MM-DD".'),
    ],
)
def test_what_does_not_agree_is_no_release(find_notes, tag, version, sentence):
    """
    Another tag than the version, a section without a date, or none: a sentence, and no release.
    """
    with pytest.raises(ValueError, match=re.escape(sentence)):
        find_notes(tag, CHANGES, program(version))


def test_the_programs_version_stands_in_the_changelog():
    """
    The file as it is has a section for the version, dated or still unreleased.
    """
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = next(line for line in changelog.splitlines() if line.startswith("## ")).split()[1]

    assert f'__version__ = "{version}"' in (ROOT / "batchpub" / "__init__.py").read_text(encoding="utf-8")
