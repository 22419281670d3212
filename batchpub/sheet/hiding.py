"""What a web page hides: by an attribute, by an element's own style, or by a rule in the page's style sheet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from lxml import etree

from batchpub.sheet.grid import TOO_MANY_CELLS, Unreadable

_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE)
_PLAIN = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_MOST_RULES = 200  # that hide something
_MAX_WORK = 1_000_000  # elements held against a step of a rule: about a second; a page for people needs a thousandth


@dataclass(frozen=True, slots=True, kw_only=True)
class _Simple:
    """One step of a selector: tr.old#x. An empty tag stands for any."""

    tag: str
    classes: frozenset[str]
    identity: str

    def meets(self, element: etree._Element) -> bool:
        return (
            self.tag in ("", "*", element.tag)
            and self.identity in ("", element.get("id", ""))
            and self.classes <= set(element.get("class", "").split())
        )


_Rule = tuple[_Simple, ...]


class Hiding:
    """Says which elements of one page a person does not see."""

    def __init__(self, page: etree._Element) -> None:
        """Read the page's style sheets."""
        sheets = ["".join(style.itertext()) for style in page.iter("style")]
        self._rules = list(dict.fromkeys(islice(chain.from_iterable(map(_read_rules, sheets)), _MOST_RULES)))
        self._around: dict[etree._Element, bool] = {}
        self._work = 0

    def hides(self, element: etree._Element) -> bool:
        """Say whether an element is hidden by itself. Raises Unreadable for a page made to take forever."""
        if "hidden" in element.attrib or _HIDING.search(element.get("style", "")):
            return True
        return any(self._meets(element, rule) for rule in self._rules)

    def hides_around(self, element: etree._Element) -> bool:
        """Say whether an element is hidden by itself or by what it lies in."""
        return self.hides(element) or self._is_inside_hidden(element)

    def _is_inside_hidden(self, element: etree._Element) -> bool:
        parent = element.getparent()
        if parent is None:
            return False
        if parent not in self._around:  # many rows lie in one table
            self._around[parent] = any(map(self.hides, chain([parent], parent.iterancestors())))
        return self._around[parent]

    def _meets(self, element: etree._Element, rule: _Rule) -> bool:
        """Match the first step on the element and the others, in order, somewhere above it."""
        if not self._meets_step(element, rule[0]):
            return False
        above = element.iterancestors()
        return all(any(self._meets_step(ancestor, step) for ancestor in above) for step in rule[1:])

    def _meets_step(self, element: etree._Element, step: _Simple) -> bool:
        self._work += 1
        if self._work > _MAX_WORK:
            raise Unreadable(TOO_MANY_CELLS)
        return step.meets(element)


def _read_rules(sheet: str) -> Iterator[_Rule]:
    """Give the selectors that hide something, as steps from the element upwards. What is no plain selector is passed over."""
    for selectors, declarations in _split_rules(_drop_comments(sheet)):
        if not _HIDING.search(declarations):
            continue
        for selector in selectors.split(","):
            steps = [_read_step(step) for step in reversed(selector.replace(">", " ").split())]
            if steps and None not in steps:
                yield tuple(step for step in steps if step is not None)


def _drop_comments(sheet: str) -> str:
    first, *others = sheet.replace("<!--", " ").replace("-->", " ").split("/*")
    return " ".join([first, *(other.partition("*/")[2] for other in others)])


def _split_rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Give the selectors and the declarations of every rule, but not of those for paper. In one pass: pages can be hostile."""
    preludes: list[tuple[str, bool]] = []
    text = ""
    for piece in re.split(r"([{}])", sheet):
        if piece == "{":
            folded = text.strip().lower()
            paper = bool(preludes and preludes[-1][1]) or (folded.startswith("@media") and "print" in folded)
            preludes.append((text, paper))
        elif piece == "}" and preludes:
            prelude, paper = preludes.pop()
            if not paper:
                yield prelude, text
        text = piece if piece not in ("{", "}") else ""


def _read_step(step: str) -> _Simple | None:
    found = _PLAIN.fullmatch(step)
    if found is None:
        return None
    marks = re.findall(r"[.#][\w-]+", found[2])
    return _Simple(
        tag=(found[1] or "").lower(),
        classes=frozenset(mark[1:] for mark in marks if mark[0] == "."),
        identity="".join(mark[1:] for mark in marks if mark[0] == "#"),
    )
