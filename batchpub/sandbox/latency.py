"""How long the way to the service and back takes."""

from collections.abc import Callable
from math import exp, isfinite
from random import Random


def parse_latency(text: str | float) -> Callable[[Random], float]:
    """Read "0.2" (always), "0-5" (evenly between) or "lognormal:0.4" (median; sigma 0.5, or "lognormal:0.4:1").

    What it gives draws the service seconds of one way, which is half of a round trip. Each half is drawn on its own, so
    that calls overtake one another as they do on a real network. Raises ValueError with a sentence when the text is none
    of these.
    """
    given = str(text).strip()
    try:
        draw = _parse(given)
    except ValueError:
        raise ValueError(f"latency {given!r}: write seconds like 0.2, 0-5 or lognormal:0.4") from None
    return lambda random: draw(random) / 2


def _parse(text: str) -> Callable[[Random], float]:
    if text.startswith("lognormal:"):
        median, sigma = [*map(_seconds, text.split(":")[1:]), 0.5][:2]
        return lambda random: median * exp(random.gauss(0, sigma))
    if "-" in text:
        low, high = map(_seconds, text.split("-"))
        return lambda random: random.uniform(low, high)
    fixed = _seconds(text)
    return lambda _random: fixed


def _seconds(text: str) -> float:
    seconds = float(text)
    if seconds < 0 or not isfinite(seconds):
        raise ValueError(text)
    return seconds
