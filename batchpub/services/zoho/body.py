"""A body taken apart: every code and message of the envelopes Zoho uses, also where only its beginning arrived."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from batchpub.services.zoho.meanings import CODE_KEYS, ENVELOPE_KEYS, ERROR_KEYS, MESSAGE_KEYS, SUCCESS_CODE, TITLE_KEY

DEEPEST_ENVELOPE = 6
LONGEST_CODE = 120
LONGEST_MESSAGE = 500

TOKEN = re.compile(
    r'"(?P<text>(?:[^"\\]++|\\.)*+)(?P<end>"|\\?\Z)|(?P<number>-?[0-9][-+.0-9eE]*+)(?!\Z)|[:,{}\[\]]', re.DOTALL
)
"""What JSON is made of, as far as a beginning of it can be told; a number that nothing follows may be cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a body says, outermost first. `parsed` is None where it is no JSON; `whole`: it arrived to its end."""

    parsed: Any
    codes: tuple[str, ...]
    messages: tuple[str, ...]
    whole: bool = True

    @property
    def message(self) -> str:
        """Every message in one line."""
        return clean_text(" ".join(dict.fromkeys(self.messages)), longest=LONGEST_MESSAGE)

    @property
    def other_codes(self) -> tuple[str, ...]:
        """The codes that are not the one of success."""
        return tuple(code for code in self.codes if code != SUCCESS_CODE)

    @property
    def first_code(self) -> str:
        """The outermost of them, fit for a report; "" where there is none."""
        return clean_text(next(iter(self.other_codes), ""), longest=LONGEST_CODE)

    @property
    def is_of_an_api(self) -> bool:
        """Tell whether it is the JSON of an API, whole: not a page, not nothing, not half an answer."""
        return self.whole and self.parsed is not None and bool(self.codes or self.messages)


def take_apart(body: bytes, *, whole: bool) -> Said:
    """Read a body as JSON if it is JSON, as the beginning of some if it looks like that, or else as one message."""
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    parsed = parse_json(text)
    if parsed is not None:
        pairs = list(_walk(parsed, depth=0))
    elif text.lstrip().startswith(("{", "[")):
        pairs = list(_scan(text))
    else:
        pairs = [(False, text)] if text.strip() else []
    return Said(
        parsed=parsed,
        codes=tuple(text for is_code, text in pairs if is_code),
        messages=tuple(text for is_code, text in pairs if not is_code),
        whole=whole,
    )


def parse_json(text: str) -> Any:
    """Give what the JSON says; None for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def clean_text(text: str, *, longest: int) -> str:
    """Make a stranger's text fit for one line: control and unpaired characters go, white space shrinks, and it ends."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:longest]


def texts_of(thing: dict[str, Any], keys: tuple[str, ...], *, fold: bool = True) -> tuple[str, ...]:
    """Give what these keys hold as text, without the blank ones."""
    found = (text_of(thing.get(key)).strip() for key in keys)
    return tuple(text.casefold() if fold else text for text in found if text)


def text_of(value: Any) -> str:
    """Give strings and whole numbers as text, anything else as "": codes and ids come as both."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def is_dict(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether it is an object of JSON."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether it is a list of JSON."""
    return isinstance(value, list)


def _walk(node: Any, *, depth: int, in_error: bool = False) -> Iterator[tuple[bool, str]]:
    """Give (is it a code, text) for every code and message of the envelopes Zoho uses.

    `title` is a code only inside an error: elsewhere it is what a course is called.
    """
    if depth > DEEPEST_ENVELOPE:
        return
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, depth=depth + 1, in_error=in_error)
    if not is_dict(node):
        return
    for text in texts_of(node, (*CODE_KEYS, TITLE_KEY) if in_error else CODE_KEYS, fold=False):
        yield True, text
    for key in MESSAGE_KEYS:
        if isinstance(node.get(key), str) and node[key].strip():
            yield False, node[key]
    for key in ENVELOPE_KEYS:
        inner = node.get(key)
        if key in ERROR_KEYS and isinstance(inner, str):
            yield True, inner  # {"error": "invalid_code"}, as accounts does
        else:
            yield from _walk(inner, depth=depth + 1, in_error=in_error or key in ERROR_KEYS)


def _scan(text: str) -> Iterator[tuple[bool, str]]:
    """Give codes and messages of JSON that does not end as it should. A code that is cut is none; a message may be."""
    key, is_value = "", False
    for token in TOKEN.finditer(text):
        if token[0] == ":":
            is_value = True
            continue
        if is_value and token["number"] is not None and key in CODE_KEYS:
            yield True, token["number"]
        elif is_value and token["text"] is not None:
            yield from _scan_text(key, token["text"], is_whole=token["end"] == '"')
        is_value, key = False, token["text"] or ""


def _scan_text(key: str, raw: str, *, is_whole: bool) -> Iterator[tuple[bool, str]]:
    value = parse_json(f'"{raw}"') if is_whole else raw
    if isinstance(value, str) and value.strip():
        if key in MESSAGE_KEYS:
            yield False, value
        elif is_whole and key in (*CODE_KEYS, TITLE_KEY, *ERROR_KEYS):
            yield True, value
