"""What Zoho's reply to reading a course or a batch means."""

from collections.abc import Iterator
from typing import Any

from batchpub.course import Course
from batchpub.services.interface import Answer, CourseState, SaidPublished, StateRead
from batchpub.services.zoho.answers import NONE_ADDED, Added, HttpAnswer, is_2xx, read_no, unclear
from batchpub.services.zoho.body import LONGEST_MESSAGE, clean_text, is_dict, is_list, take_apart, texts_of
from batchpub.services.zoho.meanings import (
    COURSE_TYPES,
    KIND_KEYS,
    NAME_KEYS,
    PUBLISH_STATUS_KEY,
    STATE_KEYS,
    STATE_WORDS,
)


def read_course_state(http: HttpAnswer, course: Course, *, added: Added = NONE_ADDED) -> Answer:
    """Say what Zoho's reply to reading a course means. Total; tolerant, since not all fields are documented.

    For a batch only what is said about that batch counts: its course may well be published without it.
    An answer about another course or batch than asked for is "cannot tell".
    """
    said = take_apart(http.body, whole=http.whole)
    refusal = read_no(http, said, added=added)
    if isinstance(refusal, SaidPublished):
        return unclear(http, said)
    if refusal is not None:
        return refusal
    if not is_2xx(http.status) or not said.whole or not is_dict(said.parsed) or said.other_codes:
        return unclear(http, said)
    return _read_state(said.parsed, course)


def _read_state(parsed: dict[str, Any], course: Course) -> StateRead:
    """Find the state in the object that speaks about what was asked for; several words that disagree say nothing."""
    owner = parsed.get("course")
    things = list(_batches(parsed, course.batch_id)) if course.batch_id else [t for t in (owner, parsed) if is_dict(t)]
    states = {state for thing in things for state in _states(thing)}
    ids = {text for thing in (*things, owner) if is_dict(thing) for text in texts_of(thing, ("courseId",))}
    is_other = bool(ids - {course.course_id})
    state = states.pop() if len(states) == 1 and not is_other else None
    everything = [thing for thing in (*things, owner, parsed) if is_dict(thing)]
    kind = _first_text(everything, KIND_KEYS)
    return StateRead(
        state=CourseState(state) if state else CourseState.CANNOT_TELL,
        name=_first_text(everything, NAME_KEYS),
        kind=COURSE_TYPES.get(kind, kind),
    )


def _states(thing: dict[str, Any]) -> Iterator[str | None]:
    """Give the states one object names; None for a word that is none.

    Where `publishStatus` is there, the other keys may be about something else ("ongoing"): of them only states count.
    """
    documented = texts_of(thing, (PUBLISH_STATUS_KEY,))
    yield from (STATE_WORDS.get(word) for word in documented)
    for word in texts_of(thing, STATE_KEYS):
        if _is_state_word(word) and (not documented or word in STATE_WORDS):
            yield STATE_WORDS.get(word)


def _is_state_word(word: str) -> bool:
    """Leave out what only says how the call went: `status` is also where other Zoho answers say "success"."""
    return word not in {"success", "0", "200"}


def _batches(parsed: dict[str, Any], batch_id: str) -> Iterator[dict[str, Any]]:
    """Give the objects about this batch, wherever an answer may hold them."""
    for holder in (parsed, parsed.get("course")):
        if not is_dict(holder):
            continue
        one, many = holder.get("batch"), holder.get("batches")
        for thing in (holder, one, *(many if is_list(many) else ())):
            if is_dict(thing) and batch_id in texts_of(thing, ("batchId",)):
                yield thing


def _first_text(things: list[dict[str, Any]], keys: tuple[str, ...]) -> str:
    texts = (text for thing in things for text in texts_of(thing, keys, fold=False))
    return clean_text(next(texts, ""), longest=LONGEST_MESSAGE)
