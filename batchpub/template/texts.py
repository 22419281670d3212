"""What the template says, in each language it is made in: texts.json. Headings and yes or no come from the loader's vocabulary.

In every text {digits} is how many digits an id has, {yes} and {no} are the words of the language, and {course_id},
{name}, {batch_id}, {notify}, {publish}, {confirmed} are its headings.
"""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The sentences of one language. `digits` and `digits_between` say how long an id is: {least}, {most}."""

    read_me: str
    courses: str
    title: str
    digits: str
    digits_between: str
    steps: list[str]
    why: list[str]
    hints: dict[str, str]
    """By the column's role: what is shown beside a cell that is being filled in."""
    no_id: str
    no_id_message: str
    no_word: str
    page: str


TEXTS = {
    code: Texts(**texts)
    for code, texts in json.loads(Path(__file__).with_name("texts.json").read_text("utf-8")).items()
}
"""Language code, as in the vocabulary, to what the template says."""
