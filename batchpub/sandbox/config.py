"""How the played service behaves: each choice with its flag, its meaning and its right values, in one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from batchpub.sandbox.courses import KnownCourse
from batchpub.sandbox.faults import Fault
from batchpub.sandbox.latency import parse_latency
from batchpub.sandbox.replies import DEFAULT_THROTTLE_SHAPE, THROTTLE_SHAPES
from batchpub.sandbox.tokens import TOKEN_SECONDS, Secrets

NO_SECRETS = Secrets()  # anything that is not empty is right
LOOPBACK = ("127.0.0.1", "::1")
NOWHERE = "none"
STATE_FIELDS = (
    *(f"{place}{name}" for place in ("course.", "") for name in ("status", "courseStatus", "state")),
    NOWHERE,
)


class Window(StrEnum):
    """How the service may count "30 calls within a minute". Zoho does not say which."""

    ROLLING = "rolling"
    """Any period, both ends included: a call exactly one period old still counts. The strictest."""
    FIXED = "fixed"
    """Periods one after the other since the sandbox started."""
    FIRST_CALL = "first-call"
    """A period starts with the first call after the last period ended."""
    FRAMES = "frames"
    """Rolling, but in whole frames of a second: a call may count almost a second longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the command line is told of a field. `above` and `least` bound a number, `words` are all there is to choose."""

    flag: str
    meaning: str
    default: Any
    least: float | None = None
    above: float | None = None
    words: tuple[str, ...] = ()

    def fits(self, value: Any) -> bool:
        """Tell whether a value can be played; None stands for what the service does by itself."""
        if value is None:
            return True
        if self.words:
            return value in self.words
        return (self.least is None or value >= self.least) and (self.above is None or value > self.above)


def choice(flag: str, meaning: str, **about: Any) -> Any:
    """Declare a field that has a flag of this name; that of a yes which is usual begins with `no-`, and says no."""
    one = Choice(flag=flag, meaning=meaning, **about)
    return field(default=one.default, metadata={"choice": one})


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Everything that can be chosen about the service. Raises ValueError with a sentence when it makes no sense.

    All seconds are service seconds: `speed` divides every one of them on the real clock (60: a minute is a second).
    Only the grace of `sent_after_refusal` is real time, because it stands for this machine's own delays.
    """

    port: int = choice("port", "0: any free port.", default=0, least=0)
    host: str = choice("host", "Loopback only: 127.0.0.1 or ::1.", default="127.0.0.1")
    limit: int = choice("limit", "Publish calls in a period, courses and batches together.", default=30, least=1)
    period_seconds: float = choice("period", "Seconds.", default=60.0, above=0)
    lock_seconds: float = choice("lock", "Seconds.", default=300.0, above=0)
    latency_seconds: float | str = choice(
        "latency", "Seconds there and back: 0.2, 0-5 (evenly between) or lognormal:0.4 (median).", default="0.2"
    )
    speed: float = choice("speed", "Divides all seconds: 60 makes a minute 1 s.", default=1.0, above=0)
    seed: int = choice("seed", "Of latency and faults.", default=0)
    window: str = choice(
        "window", "How the period is counted.", default=Window.ROLLING.value, words=tuple(map(str, Window))
    )
    trips_at: int | None = choice(
        "trips-at", "Which call starts the lock; default: the one over the limit.", default=None, least=1
    )
    throttle_shape: str = choice(
        "throttle-shape", "How a refusal looks.", default=DEFAULT_THROTTLE_SHAPE, words=tuple(THROTTLE_SHAPES)
    )
    refused_calls_count: bool = choice("refused-calls-count", "Refused calls use budget too.", default=False)
    early_calls_lengthen_lock: bool = choice(
        "early-calls-lengthen-lock", "Each call in a lock begins it again.", default=False
    )
    repeat_lock_factor: float = choice(
        "repeat-lock-factor", "A lock within a lock's length of the last is so much longer.", default=1.0, above=0
    )
    read_limit: int | None = choice("read-limit", "Reads in a period.", default=30, least=1)
    """None: reads are counted together with publishes."""
    neighbour_calls_per_minute: float = choice(
        "neighbour", "Somebody else's publish calls in a minute; they pause in a lock.", default=0.0, least=0
    )
    daily_quota: int | None = choice(
        "daily-quota", "Calls of all kinds in a day from the start.", default=None, least=1
    )
    republish_error: bool = choice(
        "republish-error", "Publishing twice is an error; otherwise it mails again.", default=False
    )
    state_field: str = choice(
        "state-field", "Where a read answer has the state.", default="course.status", words=STATE_FIELDS
    )
    batch_pages: bool = choice("no-batch-pages", "A batch is read at its course's page only.", default=True)
    read_scope: bool = choice("no-read-scope", "The token may not read courses.", default=True)
    strict_tokens: bool = choice("strict-tokens", "Only access tokens issued here are let in.", default=False)
    needs_csrf: bool = choice(
        "needs-csrf", "A cookie's CSRF_TOKEN must be sent again, in the form and a header.", default=False
    )
    api_domain: str = choice("api-domain", "In the token answer.", default="https://www.zohoapis.com")
    clock_offset_seconds: float = choice(
        "clock-offset", "How far the service's clock is ahead of this machine's.", default=0.0
    )
    token_seconds: float = choice("token-life", "Seconds.", default=TOKEN_SECONDS, above=0)

    courses: Mapping[str, KnownCourse] | None = None
    """None: every id of digits is a drafted self-paced course, and every batch of digits a batch."""
    faults: Sequence[Fault] = ()
    secrets: Secrets = NO_SECRETS
    grace_seconds: float = 0.05
    """Real time after a refusal is written in which a further call is taken as already on its way."""

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if self.host not in LOOPBACK:
            raise ValueError(f"host {self.host!r}: the sandbox listens on this machine only ({' or '.join(LOOPBACK)})")
        for name, about in CHOICES.items():
            if not about.fits(getattr(self, name)):
                raise ValueError(f"{name} cannot be {getattr(self, name)!r}")
        parse_latency(self.latency_seconds)


CHOICES: dict[str, Choice] = {
    one.name: one.metadata["choice"] for one in fields(SandboxConfig) if "choice" in one.metadata
}
"""What the command line can choose, by the fields' names."""
