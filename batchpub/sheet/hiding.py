"""What a web page hides or strikes out: by an attribute, an element's own style, or a class or an id in its style sheet.

No engine for selectors: of a rule that hides something, the names at its end count wherever they are used. A page can so only
be thought to hide more than it does, which a person is told.
"""

import re
from itertools import chain

from lxml import etree

_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE)
_STRIKING = re.compile(r"line-through", re.IGNORECASE)
_STRIKES = frozenset({"s", "strike", "del"})
_COMMENT = re.compile(r"/\*.*?(\*/|$)|<!--|-->", re.DOTALL)
_FOR_PAPER = re.compile(r"@media[^{}]*print[^{}]*\{(?:[^{}]*\{[^{}]*\})*", re.IGNORECASE)
_NAME = re.compile(r"[.#]([\w-]+)")


class Hiding:
    """Says what of one page a person does not see, or sees with a line through it."""

    def __init__(self, page: etree._Element) -> None:
        """Read the page's style sheets."""
        sheets = "\n".join("".join(style.itertext()) for style in page.iter("style"))
        rules = [rule.rpartition("{") for rule in _FOR_PAPER.sub("", _COMMENT.sub(" ", sheets)).split("}")]
        found = [(before.rpartition("{")[2], declarations) for before, _, declarations in rules]
        self._hidden = _find_names(found, _HIDING)
        self._struck = _find_names(found, _STRIKING)
        self._around: dict[etree._Element, bool] = {}

    def hides(self, element: etree._Element) -> bool:
        """Say whether an element is hidden by itself."""
        return "hidden" in element.attrib or _is_styled(element, _HIDING, self._hidden)

    def strikes(self, element: etree._Element) -> bool:
        """Say whether a line is drawn through an element, a part of it, or what it lies in."""
        return any(
            one.tag in _STRIKES or _is_styled(one, _STRIKING, self._struck)
            for one in chain(element.iter(etree.Element), element.iterancestors())
        )

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


def _find_names(rules: list[tuple[str, str]], look: re.Pattern[str]) -> frozenset[str]:
    """Give the classes and ids at the end of the selectors of rules with such a look."""
    steps = (
        step
        for selectors, declarations in rules
        if look.search(declarations)
        for selector in selectors.split(",")
        for step in selector.split()[-1:]
    )
    return frozenset(name for step in steps for name in _NAME.findall(step))


def _is_styled(element: etree._Element, look: re.Pattern[str], names: frozenset[str]) -> bool:
    if look.search(element.get("style", "")):
        return True
    return bool(names) and not names.isdisjoint([element.get("id", ""), *element.get("class", "").split()])
