"""Faults that nobody rehearses, but a program must live through.

A rule of the plan may have, beside the shipped fields:

    every = 10              # only every 10th of the calls it concerns
    from_seconds = 60       # only from then on, since the sandbox started
    until_seconds = 90      # only before then

`executed = true` or `false` says whether the course is published although the answer is not the true one; the default is
in brackets. `cut_bytes` ends the answer of any kind after so many bytes, and `packed` packs it: "gzip", "gzip_cut",
"gzip_broken" or "br". `late` and `late_reset` count calls as they come in; every other kind those that the limit let through.

    page                            a page of HTML, as of a proxy or a firewall [false]; status (403), headers
    sign_in                         302 to a page that asks to sign in: the session is over [false]
    error, error_in_200             also envelope = "flat", "response", "response_list", "error", "list", ... [false]
    scope                           an OAuth scope is missing [false]; code = "INVALID_OAUTHSCOPE", "7218"
    permission_denied               response.result.code "Permission Denied" [false]
    token_expired, token_invalid    401 for this call [false]
    expire_tokens                   every access token known so far, and this call's, ends; 401 [false]
    throttle                        also shape (of THROTTLE_SHAPES), seconds told instead of the true wait, lock = false for an
                                    answer without a lock behind it [false]
    quota                           also code = "4000": as Creator [false]
    scheduler                       the true answer to a reading, and then Zoho's own scheduler publishes the batch [true]
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
from types import MappingProxyType
from typing import ClassVar

from batchpub.sandbox.faults import KINDS, Delivery, Fault, FaultPlan, Kind, check_choice, true_reply
from batchpub.sandbox.replies import JSON_HEADERS, Reply, error_reply, json_reply, page_reply

from .replies import ENVELOPES, THROTTLE_SHAPES, enveloped_reply, shaped_reply
from .tokens import token_throttled_reply

LATE_KINDS = {"late", "late_reset"}


class HardDelivery(Enum):
    """What else the connection does with the reply."""

    HEADERS_ONLY = auto()
    TRUNCATED = auto()
    SLOW = auto()


def _error(code, message, status, envelope=""):
    def reply(fault, _scene):
        return enveloped_reply(
            fault.code or code,
            fault.message or message,
            status=fault.status or status,
            envelope=envelope or fault.envelope,
        )

    return Kind(reply=reply)


def _page(status, text):
    return Kind(reply=lambda fault, _scene: page_reply(fault.status or status, text, headers=fault.headers))


def _sign_in(fault, _scene):
    return page_reply(fault.status or 302, "Sign in", headers={"Location": fault.location or "/signin?service=people"})


def _token_error(code):
    return Kind(reply=lambda fault, _scene: json_reply({"error": fault.code or code}, status=fault.status or 200))


def _throttle(fault, scene):
    wait = scene.lock_wait_seconds if fault.seconds is None else fault.seconds
    return shaped_reply(fault.shape, wait_seconds=wait / scene.speed)


def _quota(fault, scene):
    if fault.code is None:
        return KINDS["quota"].reply(fault, scene)
    return error_reply(fault.code, "Developer API limit has been reached", status=200)  # as Creator: no time


def _garbage(fault, _scene):
    body = '\x00\ufffd<!-- <<garbage>> {"code": ' if fault.body is None else fault.body
    return Reply(status=fault.status or 200, body=body.encode())


def _huge(fault, scene):
    padding = b" " * max(0, fault.size_bytes - len(scene.true_reply.body))
    return Reply(status=200, body=padding + scene.true_reply.body)


def _redirect(fault, scene):
    return Reply(status=fault.status or 307, body=b"", headers={"Location": fault.location or scene.path})


def _answer(fault, _scene):
    body = (fault.body or "").encode()
    return Reply(status=fault.status or 200, body=body, headers={**JSON_HEADERS, **fault.headers})


def _cut_gzip(body):
    return gzip.compress(body)[:-9]  # its last byte, and the checksum behind it


def _broken_gzip(body):
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

HARD_KINDS = {
    "503": _page(503, "Service Temporarily Unavailable"),
    "error": _error("NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "The course has no content", 400),
    "error_in_200": _error("NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "The course has no content", 200),
    "page": _page(403, "Forbidden"),
    "sign_in": Kind(reply=_sign_in),
    "permission_denied": _error("Permission Denied", "", 200, envelope="result"),
    "scheduler": Kind(reply=true_reply, executed=True),
    "scope": _error("INVALID_OAUTHSCOPE", "Invalid OAuth scope", 403),
    "token_expired": _error("OAUTHTOKEN_EXPIRED", "The OAuth token has expired", 401),
    "token_invalid": _error("INVALID_OAUTHTOKEN", "Invalid OAuth token", 401),
    "expire_tokens": _error("INVALID_OAUTHTOKEN", "Invalid OAuth token", 401),
    "throttle": Kind(reply=_throttle),
    "quota": Kind(reply=_quota),
    "half_open": Kind(reply=true_reply, delivery=HardDelivery.HEADERS_ONLY, executed=True),
    "late": Kind(reply=true_reply, delivery=Delivery.RESET, executed=True),
    "late_reset": Kind(reply=true_reply, delivery=Delivery.RESET, executed=True),
    "garbage": Kind(reply=_garbage, executed=True),
    "empty": Kind(reply=lambda fault, _scene: Reply(status=fault.status or 200, body=b""), executed=True),
    "truncated": Kind(reply=true_reply, delivery=HardDelivery.TRUNCATED, executed=True),
    "huge_body": Kind(reply=_huge, executed=True),
    "slow_body": Kind(reply=true_reply, delivery=HardDelivery.SLOW, executed=True),
    "redirect": Kind(reply=_redirect),
    "answer": Kind(reply=_answer),
    "invalid_code": _token_error("invalid_code"),
    "invalid_client": _token_error("invalid_client"),
    "invalid_client_secret": _token_error("invalid_client_secret"),
    "invalid_grant": _token_error("invalid_grant"),
    "token_throttled": Kind(reply=lambda _fault, _scene: token_throttled_reply()),
}


@dataclass(frozen=True, kw_only=True)
class HardFault(Fault):
    """A rule with every field; the module says what each means."""

    kinds: ClassVar[Mapping[str, Kind]] = KINDS | HARD_KINDS
    every: int = 1
    from_seconds: float = 0.0
    until_seconds: float = float("inf")
    executed: bool | None = None
    envelope: str = "flat"
    shape: str = "429"
    lock: bool = True
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: str | None = None
    location: str | None = None
    size_bytes: int = 2 * 1024 * 1024
    cut_bytes: int | None = None
    packed: str = ""

    def __post_init__(self):
        super().__post_init__()
        check_choice(self.envelope, ENVELOPES, "envelope")
        check_choice(self.shape, THROTTLE_SHAPES, "shape")
        check_choice(self.packed, PACKERS, "packed")

    @property
    def executes(self):
        return super().executes if self.executed is None else self.executed

    @property
    def delivery(self):
        usual = super().delivery
        return HardDelivery.TRUNCATED if self.cut_bytes is not None and usual is Delivery.ANSWER else usual

    @property
    def is_late(self):
        return self.kind in LATE_KINDS

    def reply(self, scene):
        reply = super().reply(scene)
        if not self.packed:
            return reply
        headers = {**reply.headers, "Content-Encoding": self.packed.partition("_")[0]}
        return replace(reply, body=PACKERS[self.packed](reply.body), headers=headers)

    def falls_on(self, number, now):
        is_time = self.from_seconds <= now < self.until_seconds
        return super().falls_on(number, now) and number % self.every == 0 and is_time


def split_plans(faults: Sequence[HardFault], seed: int) -> tuple[FaultPlan, FaultPlan]:
    """Give the plan of those that keep a request from arriving in time, and of all others."""
    late = [fault for fault in faults if fault.is_late]
    return FaultPlan(late, seed=seed), FaultPlan([fault for fault in faults if not fault.is_late], seed=seed)
