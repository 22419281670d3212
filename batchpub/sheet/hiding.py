"""What a web page hides: by an attribute, by an element's own style, or by a rule in the page's style sheet."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_FOR_PAPER = re.compile(r"@media[^{]*\bprint\b[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_PLAIN = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_MOST_RULES = 200  # that hide something


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


class Hiding:
    """Says which elements of one page a person does not see."""

    def __init__(self, page: etree._Element) -> None:
        """Read the page's style sheets."""
        sheets = [_COMMENT.sub(" ", "".join(style.itertext())) for style in page.iter("style")]
        self._rules = [rule for sheet in sheets for rule in _read_rules(_FOR_PAPER.sub(" ", sheet))][:_MOST_RULES]

    def hides(self, element: etree._Element) -> bool:
        """Say whether an element is hidden by itself."""
        if "hidden" in element.attrib or _HIDING.search(element.get("style", "")):
            return True
        return any(_meets(element, rule) for rule in self._rules)

    def hides_around(self, element: etree._Element) -> bool:
        """Say whether an element is hidden by itself or by what it lies in."""
        return self.hides(element) or any(map(self.hides, element.iterancestors()))


def _read_rules(sheet: str) -> Iterable[Sequence[_Simple]]:
    """Give the selectors that hide something, as steps from the element upwards. What is no plain selector is passed over."""
    for selectors, declarations in _RULE.findall(sheet):
        if not _HIDING.search(declarations):
            continue
        for selector in selectors.split(","):
            steps = [_read_step(step) for step in reversed(selector.replace(">", " ").split())]
            if steps and None not in steps:
                yield [step for step in steps if step is not None]


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


def _meets(element: etree._Element, rule: Sequence[_Simple]) -> bool:
    """Match the first step on the element and the others, in order, somewhere above it."""
    if not rule[0].meets(element):
        return False
    above = iter(element.iterancestors())
    return all(any(step.meets(ancestor) for ancestor in above) for step in rule[1:])
