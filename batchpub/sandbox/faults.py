"""What goes wrong, and when: the fault plan.

A plan is a TOML file of `[[fault]]` tables, or a JSON file with `{"fault": [...]}` or just the list. For each call the
first rule that fires is played. A rule:

    [[fault]]
    kind = "reset_after"    # what happens, see below
    on = "publish"          # publish (default), read, token or any
    course = "2192…"        # only this course ("id" or "id/batch"), or a list of them; default: every course
    nth = 3                 # only the 3rd call that the lines above let through, or a list; default: every call
    every = 10              # only every 10th of them
    probability = 0.05      # only so often (drawn from the seed of the sandbox)
    times = 2               # at most so often in all
    from_seconds = 60       # only from then on, since the sandbox started
    until_seconds = 90      # only before then

`late` and `late_reset` count calls as they come in; every other kind counts the calls that the limit let through.
`cut_bytes` ends the answer of any kind after so many bytes, and `packed` packs it: "gzip", "gzip_cut", "gzip_broken" or "br".
All seconds are service seconds: `--speed` divides them.

Kinds, each with the fields that shape it. `executed = true` or `false` says whether the course is published although
the answer is not the true one; the default is in brackets.

    401 403 404 422 500             such a status [false]; code, message, envelope
    502 503                         such a status and a page of HTML [false]
    page                            a page of HTML, as of a proxy or a firewall [false]; status (403), headers
    sign_in                         302 to a page that asks to sign in: the session is over [false]
    error, error_in_200             an error of your choice [false]; code, message, status, envelope = "flat",
                                    "response", "response_list", "error" or "list"
    already_published               "already published", by somebody else [false]
    scope                           an OAuth scope is missing [false]; code = "INVALID_OAUTHSCOPE", "7218"
    permission_denied               response.result.code "Permission Denied" [false]
    token_expired, token_invalid    401 for this call [false]
    expire_tokens                   every access token known so far, and this call's, ends; 401 [false]
    throttle                        refused for the limit [false]; shape (see --throttle-shape), seconds told instead of
                                    the true wait, lock = false for an answer without a lock behind it
    quota                           refused for the daily quota [false]; seconds told (default: a day); code = "4000": as Creator
    scheduler                       the true answer to a reading, and then Zoho's own scheduler publishes the batch [true]
    reset_before, reset_after       the connection is reset before or after executing
    timeout_before, timeout_after   no answer ever, before or after executing; seconds: reset it after that long
    half_open                       a status line and headers, then silence for ever [true]
    late, late_reset                silence, or a reset at once; executed after seconds (default 45), answer lost
    garbage, empty                  a 200 that is no JSON, or nothing at all [true]; body
    truncated                       half of the true answer, or cut_bytes of it, then the end of the connection [true]
    huge_body                       the true answer within size_bytes (default 2 MiB) of padding [true]
    slow_body                       the true answer, dripping for seconds (default 60) [true]
    redirect                        307 to the same address [false]; location
    answer                          whatever you write [false]: status, headers, body
    invalid_code invalid_client invalid_client_secret invalid_grant
                                    for on = "token": such an error in a 200 [false]
    token_throttled                 for on = "token": "Access Denied" [false]
"""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from random import Random
from types import MappingProxyType
from typing import Any

from batchpub.sandbox.courses import already_published_reply
from batchpub.sandbox.replies import (
    DEFAULT_THROTTLE_SHAPE,
    ENVELOPES,
    JSON_HEADERS,
    THROTTLE_SHAPES,
    Reply,
    error_reply,
    json_reply,
    page_reply,
    quota_reply,
    throttle_reply,
)
from batchpub.sandbox.tokens import token_throttled_reply

DAY_SECONDS = 86_400.0
OPERATIONS = ("publish", "read", "token", "any")


class Delivery(Enum):
    """What the connection does with the reply."""

    ANSWER = auto()
    RESET = auto()
    SILENCE = auto()
    HEADERS_ONLY = auto()
    TRUNCATED = auto()
    SLOW = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule of the plan; the module says what each field means."""

    kind: str
    on: str = "publish"
    course: str | Sequence[str] = ()
    nth: int | Sequence[int] = ()
    every: int = 1
    probability: float = 1.0
    times: int | None = None
    from_seconds: float = 0.0
    until_seconds: float = float("inf")
    seconds: float | None = None
    executed: bool | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    envelope: str = "flat"
    shape: str = DEFAULT_THROTTLE_SHAPE
    lock: bool = True
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: str | None = None
    location: str | None = None
    size_bytes: int = 2 * 1024 * 1024
    cut_bytes: int | None = None
    packed: str = ""

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what could never be played."""
        _check(self.kind, KINDS, "kind")
        _check(self.on, OPERATIONS, "on")
        _check(self.envelope, ENVELOPES, "envelope")
        _check(self.shape, THROTTLE_SHAPES, "shape")
        _check(self.packed, PACKERS, "packed")
        if self.every < 1 or not 0 <= self.probability <= 1:
            raise ValueError("every must be at least 1, probability between 0 and 1")

    @property
    def executes(self) -> bool:
        """Whether the operation happens although its true answer is not given."""
        return KINDS[self.kind].executed if self.executed is None else self.executed

    @property
    def delivery(self) -> Delivery:
        """What becomes of the connection."""
        usual = KINDS[self.kind].delivery
        return Delivery.TRUNCATED if self.cut_bytes is not None and usual is Delivery.ANSWER else usual

    @property
    def is_late(self) -> bool:
        """Whether the request arrives only after its caller has lost it."""
        return self.kind in {"late", "late_reset"}

    def concerns(self, operation: str, course: str) -> bool:
        """Whether a call is counted by this rule at all."""
        wanted = (self.course,) if isinstance(self.course, str) else self.course
        return self.on in {"any", operation} and (not wanted or course in wanted)

    def falls_on(self, number: int) -> bool:
        """Whether the rule is meant for the call of this number."""
        wanted = (self.nth,) if isinstance(self.nth, int) else self.nth
        return (not wanted or number in wanted) and number % self.every == 0


def _check(value: str, allowed: Mapping[str, Any] | Sequence[str], name: str) -> None:
    if value not in allowed:
        raise ValueError(f"no such {name}: {value!r}; there are {', '.join(allowed)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a fault may need to know to build its reply."""

    true_reply: Reply
    lock_wait_seconds: float
    path: str
    speed: float
    clock_offset: float = 0.0

    def told_seconds(self, fault: Fault, otherwise: float) -> float:
        """Give the wait to tell, in real seconds."""
        return (otherwise if fault.seconds is None else fault.seconds) / self.speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind of fault answers."""

    reply: Callable[[Fault, Scene], Reply]
    executed: bool = False
    delivery: Delivery = Delivery.ANSWER


def _true(_fault: Fault, scene: Scene) -> Reply:
    return scene.true_reply


def _error(code: str, message: str, status: int, envelope: str = "") -> Kind:
    def reply(fault: Fault, _scene: Scene) -> Reply:
        return error_reply(
            fault.code or code,
            fault.message or message,
            status=fault.status or status,
            envelope=envelope or fault.envelope,
        )

    return Kind(reply=reply)


def _page(status: int, text: str) -> Kind:
    return Kind(reply=lambda fault, _scene: page_reply(fault.status or status, text, headers=fault.headers))


def _sign_in(fault: Fault, _scene: Scene) -> Reply:
    return page_reply(fault.status or 302, "Sign in", headers={"Location": fault.location or "/signin?service=people"})


def _token_error(code: str) -> Kind:
    return Kind(reply=lambda fault, _scene: json_reply({"error": fault.code or code}, status=fault.status or 200))


def _throttle(fault: Fault, scene: Scene) -> Reply:
    return throttle_reply(
        fault.shape,
        wait_seconds=scene.told_seconds(fault, scene.lock_wait_seconds),
        clock_offset=scene.clock_offset,
    )


def _quota(fault: Fault, scene: Scene) -> Reply:
    return quota_reply(wait_seconds=scene.told_seconds(fault, DAY_SECONDS), code=fault.code)


def _garbage(fault: Fault, _scene: Scene) -> Reply:
    body = '\x00\ufffd<!-- <<garbage>> {"code": ' if fault.body is None else fault.body
    return Reply(status=fault.status or 200, body=body.encode())


def _huge(fault: Fault, scene: Scene) -> Reply:
    padding = b" " * max(0, fault.size_bytes - len(scene.true_reply.body))
    return Reply(status=200, body=padding + scene.true_reply.body)


def _redirect(fault: Fault, scene: Scene) -> Reply:
    return Reply(status=fault.status or 307, body=b"", headers={"Location": fault.location or scene.path})


def _answer(fault: Fault, _scene: Scene) -> Reply:
    body = (fault.body or "").encode()
    return Reply(status=fault.status or 200, body=body, headers={**JSON_HEADERS, **fault.headers})


def _cut_gzip(body: bytes) -> bytes:
    return gzip.compress(body)[:-9]  # its last byte, and the checksum behind it


def _broken_gzip(body: bytes) -> bytes:
    packed = gzip.compress(body, compresslevel=0)
    return packed[: len(packed) // 2] + b"\xff" * 20


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    "gzip": gzip.compress,
    "gzip_cut": _cut_gzip,
    "gzip_broken": _broken_gzip,
    "br": lambda body: b"\x0b\x02\x80" + body + b"\x03",
}
"""How a body may be packed, asked for or not: as it should be, cut, broken, or in a way nobody can read."""


def pack(fault: Fault, reply: Reply) -> Reply:
    """Pack a reply as the fault says."""
    if not fault.packed:
        return reply
    encoding = fault.packed.partition("_")[0]
    return replace(
        reply, body=PACKERS[fault.packed](reply.body), headers={**reply.headers, "Content-Encoding": encoding}
    )


KINDS: dict[str, Kind] = {
    "401": _error("INVALID_OAUTHTOKEN", "Invalid OAuth token", 401),
    "403": _error("403", "You are not authorized to perform this operation", 403),
    "404": _error("404", "Not found", 404),
    "422": _error("422", "Maximum limit exceeded", 422),
    "500": _error("500", "Internal server error", 500),
    "502": _page(502, "Bad Gateway"),
    "503": _page(503, "Service Temporarily Unavailable"),
    "error": _error("NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "The course has no content", 400),
    "error_in_200": _error("NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "The course has no content", 200),
    "page": _page(403, "Forbidden"),
    "sign_in": Kind(reply=_sign_in),
    "permission_denied": _error("Permission Denied", "", 200, envelope="result"),
    "scheduler": Kind(reply=_true, executed=True),
    "already_published": Kind(reply=lambda _fault, _scene: already_published_reply()),
    "scope": _error("INVALID_OAUTHSCOPE", "Invalid OAuth scope", 403),
    "token_expired": _error("OAUTHTOKEN_EXPIRED", "The OAuth token has expired", 401),
    "token_invalid": _error("INVALID_OAUTHTOKEN", "Invalid OAuth token", 401),
    "expire_tokens": _error("INVALID_OAUTHTOKEN", "Invalid OAuth token", 401),
    "throttle": Kind(reply=_throttle),
    "quota": Kind(reply=_quota),
    "reset_before": Kind(reply=_true, delivery=Delivery.RESET),
    "reset_after": Kind(reply=_true, delivery=Delivery.RESET, executed=True),
    "timeout_before": Kind(reply=_true, delivery=Delivery.SILENCE),
    "timeout_after": Kind(reply=_true, delivery=Delivery.SILENCE, executed=True),
    "half_open": Kind(reply=_true, delivery=Delivery.HEADERS_ONLY, executed=True),
    "late": Kind(reply=_true, delivery=Delivery.RESET, executed=True),
    "late_reset": Kind(reply=_true, delivery=Delivery.RESET, executed=True),
    "garbage": Kind(reply=_garbage, executed=True),
    "empty": Kind(reply=lambda fault, _scene: Reply(status=fault.status or 200, body=b""), executed=True),
    "truncated": Kind(reply=_true, delivery=Delivery.TRUNCATED, executed=True),
    "huge_body": Kind(reply=_huge, executed=True),
    "slow_body": Kind(reply=_true, delivery=Delivery.SLOW, executed=True),
    "redirect": Kind(reply=_redirect),
    "answer": Kind(reply=_answer),
    "invalid_code": _token_error("invalid_code"),
    "invalid_client": _token_error("invalid_client"),
    "invalid_client_secret": _token_error("invalid_client_secret"),
    "invalid_grant": _token_error("invalid_grant"),
    "token_throttled": Kind(reply=lambda _fault, _scene: token_throttled_reply()),
}
"""Every kind of fault, by name."""


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
        in_time = self.fault.from_seconds <= now < self.fault.until_seconds
        left = self.fault.times is None or self.played < self.fault.times
        return lucky and in_time and left and self.fault.falls_on(self.met)


class FaultPlan:
    """The rules, with the memory of what they have met and played."""

    def __init__(self, faults: Sequence[Fault], *, seed: int = 0) -> None:
        """Begin at the beginning: nothing met, nothing played. Each rule draws from the seed on its own."""
        self._rules = [_Rule(fault, Random(f"{seed}:{number}")) for number, fault in enumerate(faults)]  # noqa: S311

    def choose_late(self, operation: str, course: str, now: float) -> Fault | None:
        """Give the fault that keeps a request from arriving in time, as it comes in."""
        return self._choose(operation, course, now, late=True)

    def choose(self, operation: str, course: str, now: float) -> Fault | None:
        """Give the fault for a call that has arrived and that the limit let through."""
        return self._choose(operation, course, now, late=False)

    def played(self) -> dict[str, int]:
        """Give how often each kind was played."""
        counts: dict[str, int] = {}
        for rule in self._rules:
            counts[rule.fault.kind] = counts.get(rule.fault.kind, 0) + rule.played
        return counts

    def _choose(self, operation: str, course: str, now: float, *, late: bool) -> Fault | None:
        concerned = [r for r in self._rules if r.fault.is_late is late and r.fault.concerns(operation, course)]
        firing = [rule for rule in concerned if rule.fires(now)]
        if not firing:
            return None
        firing[0].played += 1
        return firing[0].fault
