"""What a web page hides: by an attribute, by an element's own style, or by a class or an id that its style sheet hides.

No engine for selectors: of a rule that hides something, the names at its end count wherever they are used. A page can so only
be thought to hide more than it does, which a person is told.
"""

import re
from itertools import chain

from lxml import etree

_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(\*/|$)|<!--|-->", re.DOTALL)
_FOR_PAPER = re.compile(r"@media[^{}]*print[^{}]*\{(?:[^{}]*\{[^{}]*\})*", re.IGNORECASE)
_NAME = re.compile(r"[.#]([\w-]+)")


class Hiding:
    """Says which elements of one page a person does not see."""

    def __init__(self, page: etree._Element) -> None:
        """Read the page's style sheets."""
        sheets = "\n".join("".join(style.itertext()) for style in page.iter("style"))
        rules = [rule.rpartition("{") for rule in _FOR_PAPER.sub("", _COMMENT.sub(" ", sheets)).split("}")]
        hidden = [before.rpartition("{")[2] for before, _, declarations in rules if _HIDING.search(declarations)]
        steps = (selector.split()[-1:] for selectors in hidden for selector in selectors.split(","))
        self._names = frozenset(name for step in chain.from_iterable(steps) for name in _NAME.findall(step))
        self._around: dict[etree._Element, bool] = {}

    def hides(self, element: etree._Element) -> bool:
        """Say whether an element is hidden by itself."""
        if "hidden" in element.attrib or _HIDING.search(element.get("style", "")):
            return True
        if not self._names:
            return False
        return not self._names.isdisjoint([element.get("id", ""), *element.get("class", "").split()])

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
