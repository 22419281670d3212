"""The words that people write over columns and into yes-or-no cells, in the languages that Zoho People is sold in.

One table, vocabulary.json, for readers, the template and the page of words. Headings for the ids in other languages than
English and German are taken only where no other column holds ids; of the rest a wrong guess shows itself, since a cell
that is neither yes nor no is refused.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How people of one language head the columns and say yes and no; the first word of each is what we write ourselves."""

    name: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    course_id: tuple[str, ...]
    batch_id: tuple[str, ...]
    course_name: tuple[str, ...]
    notify: tuple[str, ...]
    publish: tuple[str, ...]
    confirmed: tuple[str, ...]


def _read_languages() -> dict[str, Language]:
    languages: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("vocabulary.json").read_text("utf-8"))
    return {
        code: Language(name=words.pop("name"), **{role: tuple(listed) for role, listed in words.items()})
        for code, words in languages.items()
    }


LANGUAGES = _read_languages()

SURE = ("en", "de")
"""Languages whose headings for the ids are taken whatever else the sheet holds."""

PLAIN_ID_HEADINGS = ("ID", "IDs", "LMS ID", "Record ID", "Course", "Course No", "Course number")
"""Headings that may well stand over the ids: taken only where no other column holds ids."""


def words_of(role: str) -> tuple[str, ...]:
    """Give the words of all languages for a role or for yes and no, each once."""
    return tuple(dict.fromkeys(word for language in LANGUAGES.values() for word in getattr(language, role)))
