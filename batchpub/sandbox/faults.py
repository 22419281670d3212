"""What goes wrong, and when: the fault plan.

A plan is a TOML file of `[[fault]]` tables. For each call that the limit lets through the first rule that fires is played.
A rule:

    [[fault]]
    kind = "reset_after"    # what happens, see below
    on = "publish"          # publish (default), read, token or any
    course = "2192…"        # only this course ("id" or "id/batch"), or a list of them; default: every course
    nth = 3                 # only the 3rd call that the lines above let through, or a list; default: every call
    probability = 0.05      # only so often (drawn from the seed of the sandbox)
    times = 2               # at most so often in all

All seconds are service seconds: `--speed` divides them.

Kinds, each with the fields that shape it:

    401 403 404 422 500             such a status; code, message
    502 503                         such a status and a page of HTML
    error                           an error of your choice; code, message, status (400)
    already_published               "already published", by somebody else
    throttle                        refused for the limit, and the account is locked
    quota                           refused for the daily quota; seconds told (default: a day)
    reset_before, reset_after       the connection is reset before or after the call is executed
    timeout_before, timeout_after   no answer ever, before or after executing; seconds: reset it after that long
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import Any, ClassVar

from batchpub.sandbox.courses import already_published_reply
from batchpub.sandbox.replies import Reply, error_reply, page_reply, quota_reply, throttle_reply

DAY_SECONDS = 86_400.0
OPERATIONS = ("publish", "read", "token", "any")


class Delivery(Enum):
    """What the connection does with the reply."""

    ANSWER = auto()
    RESET = auto()
    SILENCE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a fault may need to know to build its reply."""

    true_reply: Reply
    path: str
    speed: float
    lock_wait_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind of fault answers, and whether the call is executed although its true answer is not given."""

    reply: Callable[[Any, Scene], Reply]
    executed: bool = False
    delivery: Delivery = Delivery.ANSWER


def true_reply(_fault: Any, scene: Scene) -> Reply:
    """Answer as if nothing were wrong."""
    return scene.true_reply


def _error(code: str, message: str, status: int) -> Kind:
    def reply(fault: "Fault", _scene: Scene) -> Reply:
        return error_reply(fault.code or code, fault.message or message, status=fault.status or status)

    return Kind(reply=reply)


def _page(status: int, text: str) -> Kind:
    return Kind(reply=lambda fault, _scene: page_reply(fault.status or status, text))


def _quota(fault: "Fault", scene: Scene) -> Reply:
    return quota_reply(wait_seconds=(DAY_SECONDS if fault.seconds is None else fault.seconds) / scene.speed)


KINDS: dict[str, Kind] = {
    "401": _error("INVALID_OAUTHTOKEN", "Invalid OAuth token", 401),
    "403": _error("403", "You are not authorized to perform this operation", 403),
    "404": _error("404", "Not found", 404),
    "422": _error("422", "Maximum limit exceeded", 422),
    "500": _error("500", "Internal server error", 500),
    "502": _page(502, "Bad Gateway"),
    "503": _page(503, "Service Temporarily Unavailable"),
    "error": _error("NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "The course has no content", 400),
    "already_published": Kind(reply=lambda _fault, _scene: already_published_reply()),
    "throttle": Kind(reply=lambda _fault, _scene: throttle_reply()),
    "quota": Kind(reply=_quota),
    "reset_before": Kind(reply=true_reply, delivery=Delivery.RESET),
    "reset_after": Kind(reply=true_reply, delivery=Delivery.RESET, executed=True),
    "timeout_before": Kind(reply=true_reply, delivery=Delivery.SILENCE),
    "timeout_after": Kind(reply=true_reply, delivery=Delivery.SILENCE, executed=True),
}
"""Every kind of fault, by name."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One rule of the plan; the module says what each field means. Raises ValueError for what could never be played."""

    kinds: ClassVar[Mapping[str, Kind]] = KINDS
    kind: str
    on: str = "publish"
    course: str | Sequence[str] = ()
    nth: int | Sequence[int] = ()
    probability: float = 1.0
    times: int | None = None
    seconds: float | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could never be played."""
        check_choice(self.kind, self.kinds, "kind")
        check_choice(self.on, OPERATIONS, "on")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability must be between 0 and 1")

    @property
    def executes(self) -> bool:
        """Whether the operation happens although its true answer is not given."""
        return self.kinds[self.kind].executed

    @property
    def delivery(self) -> Delivery:
        """What becomes of the connection."""
        return self.kinds[self.kind].delivery

    def reply(self, scene: Scene) -> Reply:
        """Build what is answered instead of the truth."""
        return self.kinds[self.kind].reply(self, scene)

    def concerns(self, operation: str, course: str) -> bool:
        """Whether a call is counted by this rule at all."""
        wanted = (self.course,) if isinstance(self.course, str) else self.course
        return self.on in {"any", operation} and (not wanted or course in wanted)

    def falls_on(self, number: int, _now: float) -> bool:
        """Whether the rule is meant for the call of this number, at this moment."""
        wanted = (self.nth,) if isinstance(self.nth, int) else self.nth
        return not wanted or number in wanted


def check_choice(value: str, allowed: Mapping[str, Any] | Sequence[str], name: str) -> None:
    """Raise ValueError with a sentence for a word that is none of those allowed."""
    if value not in allowed:
        raise ValueError(f"no such {name}: {value!r}; there are {', '.join(allowed)}")


@dataclass(slots=True)
class _Rule:
    fault: Fault
    random: Random
    met: int = 0
    played: int = 0

    def fires(self, now: float) -> bool:
        """Count one more call; say whether the rule is for it."""
        self.met += 1
        # Drawn for every call, so that one rule's luck does not depend on another rule's conditions.
        lucky = self.random.random() < self.fault.probability
        left = self.fault.times is None or self.played < self.fault.times
        return lucky and left and self.fault.falls_on(self.met, now)


class FaultPlan:
    """The rules, with the memory of what they have met and played."""

    def __init__(self, faults: Sequence[Fault], *, seed: int = 0) -> None:
        """Begin at the beginning: nothing met, nothing played. Each rule draws from the seed on its own."""
        self._rules = [_Rule(fault, Random(f"{seed}:{number}")) for number, fault in enumerate(faults)]  # noqa: S311

    def choose(self, operation: str, course: str, now: float) -> Fault | None:
        """Give the fault for one call: every rule that it concerns counts it, and the first that fires is played."""
        concerned = [rule for rule in self._rules if rule.fault.concerns(operation, course)]
        firing = [rule for rule in concerned if rule.fires(now)]
        if not firing:
            return None
        firing[0].played += 1
        return firing[0].fault

    def played(self) -> dict[str, int]:
        """Give how often each kind was played."""
        counts: dict[str, int] = {}
        for rule in self._rules:
            counts[rule.fault.kind] = counts.get(rule.fault.kind, 0) + rule.played
        return counts
