"""The service without its network: a call arrives at a moment, and this says what becomes of it.

Times are service seconds since the sandbox started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from batchpub.sandbox.config import SandboxConfig
from batchpub.sandbox.courses import CourseBook, course_key, published_reply
from batchpub.sandbox.faults import Delivery, Fault, FaultPlan, Scene
from batchpub.sandbox.meter import Episode, Meter, largest_window
from batchpub.sandbox.replies import Reply, throttle_reply
from batchpub.sandbox.tokens import TokenBook

READ_LIMIT = 30
GRACE_SECONDS = 0.05
"""Real time after a refusal is written in which a further call is taken as already on its way; `speed` does not divide it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as far as the service looks at it. `operation` is "publish", "read" or "token"."""

    operation: str
    path: str
    received_at: float
    course_id: str = ""
    batch_id: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    is_batch_page: bool = False
    """Whether a read asks for a batch at its own page."""

    @property
    def course(self) -> str:
        """The identity of what it is about, "" for a token."""
        return course_key(self.course_id, self.batch_id)

    @property
    def notify(self) -> str | None:
        """The notify parameter as it came, None where it was left out."""
        return self.query.get("notifyApplicableUsers")

    @property
    def authorization(self) -> str:
        """The header that has the token, "" without one."""
        return self.headers.get("Authorization", "")

    @property
    def cookie(self) -> str:
        """The header that a browser's session has, "" without one."""
        return self.headers.get("Cookie", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a call: the reply, what the connection does with it, and the lock that refused it, if one did."""

    reply: Reply
    meaning: str
    delivery: Delivery = Delivery.ANSWER
    fault: Fault | None = None
    refused_by: Episode | None = None


class Service:
    """Zoho's side of everything: limits, courses, tokens, faults, and the memory of all of it."""

    def __init__(self, config: SandboxConfig) -> None:
        """Begin empty: nothing has arrived, nothing is locked."""
        self.config = config
        self.publishes, self.reads = self.make_meter(config.limit), self.make_meter(READ_LIMIT)
        self.plan = FaultPlan(config.faults, seed=config.seed)
        self.courses = CourseBook(known=config.courses)
        self.tokens = TokenBook(speed=config.speed, random=Random(config.seed))  # noqa: S311 - of a sandbox
        self.grace = GRACE_SECONDS * config.speed
        self._arrivals: dict[str, list[float]] = {"publish": [], "read": [], "token": []}
        self._accepted = dict.fromkeys(self._arrivals, 0)
        self._without_notify = self._secrets_in_url = 0

    def make_meter(self, calls: int) -> Meter:
        """Give a budget of so many calls."""
        return Meter(calls=calls, period_seconds=self.config.period_seconds, lock_seconds=self.config.lock_seconds)

    def arrive(self, call: Call, now: float) -> Verdict:
        """Count the call, refuse or execute it, and say what is answered."""
        self._arrivals[call.operation].append(now)
        self._secrets_in_url += bool({"client_secret", "refresh_token", "code"} & call.query.keys())
        refusal = self.refuse(call, now) if call.operation != "token" else None
        if refusal is not None:
            return refusal
        self._accepted[call.operation] += 1
        fault = self.choose_fault(call, now)
        if fault is None:
            return Verdict(reply=self.execute(call, now), meaning="true answer")
        return self.play(fault, call, now)

    def refusal_written(self, episode: Episode, now: float) -> None:
        """Remember when the caller could first know of a lock."""
        if episode.first_refusal_written_at is None:
            episode.first_refusal_written_at = now

    def stats(self, now: float) -> dict[str, Any]:
        """Give everything that was counted; the keys are told in the sandbox's help."""
        config, courses = self.config, self.courses.records
        meters = [self.publishes] if self.reads is self.publishes else [self.publishes, self.reads]
        episodes = [episode for meter in meters for episode in meter.episodes]
        return {
            "schema_version": 1,
            "limit": config.limit,
            "period_seconds": config.period_seconds,
            "lock_seconds": config.lock_seconds,
            "speed": config.speed,
            "uptime_seconds": round(now, 3),
            "arrivals": {
                "total": sum(map(len, self._arrivals.values())),
                **{operation: len(times) for operation, times in self._arrivals.items()},
            },
            "accepted": dict(self._accepted),
            "faults": self.plan.played(),
            "largest_window": largest_window(self._arrivals["publish"], period_seconds=config.period_seconds),
            "locks": len(episodes),
            "calls_during_lock": sum(episode.calls_during for episode in episodes),
            "sent_after_refusal": sum(episode.sent_after_refusal for episode in episodes),
            "courses": {key: record.as_json() for key, record in courses.items()},
            "published": sum(record.published > 0 for record in courses.values()),
            "published_twice": [key for key, record in courses.items() if record.published > 1],
            "mailed": sum(record.mailed > 0 for record in courses.values()),
            "mailed_twice": [key for key, record in courses.items() if record.mailed > 1],
            "without_notify": self._without_notify,
            "tokens_issued": self.tokens.issued,
            "secrets_in_url": self._secrets_in_url,
        }

    def choose_fault(self, call: Call, now: float) -> Fault | None:
        """Give what goes wrong with a call that the limit let through."""
        return self.plan.choose(call.operation, call.course, now)

    def play(self, fault: Fault, call: Call, now: float) -> Verdict:
        """Do what a fault says: to the course, to the account, and to the answer."""
        episode = self.touch_account(fault, call, now)
        is_true = fault.executes
        scene = Scene(
            true_reply=self.execute(call, now) if is_true else published_reply(call.course_id, call.batch_id),
            path=call.path,
            speed=self.config.speed,
            lock_wait_seconds=self.config.lock_seconds if episode is None else episode.ends_at - now,
        )
        return Verdict(
            reply=fault.reply(scene), meaning=fault.kind, delivery=fault.delivery, fault=fault, refused_by=episode
        )

    def touch_account(self, fault: Fault, call: Call, now: float) -> Episode | None:
        """Lock the account or publish behind the caller's back, where the fault is about that. Gives the lock."""
        if fault.kind == "throttle" and call.operation != "token":
            return self.meter_of(call).lock(now)
        if fault.kind == "already_published":
            self.courses.publish_elsewhere(call.course_id, call.batch_id)
        return None

    def execute(self, call: Call, now: float) -> Reply:
        """Do what a call asks for, and give the true answer."""
        if call.operation == "token":
            return self.tokens.grant(call.form, now)
        refusal = self.tokens.check(call.authorization, call.cookie, now)
        if refusal is not None:
            return refusal
        return self.publish(call) if call.operation == "publish" else self.read(call)

    def publish(self, call: Call) -> Reply:
        """Publish for a caller who is let in."""
        self._without_notify += call.notify is None
        return self.courses.publish(call.course_id, call.batch_id, call.notify)

    def read(self, call: Call) -> Reply:
        """Read for a caller who is let in."""
        read = self.courses.read_batch if call.is_batch_page else self.courses.read
        return read(call.course_id, call.batch_id)

    def meter_of(self, call: Call) -> Meter:
        """Give the budget of a call's operation."""
        return self.publishes if call.operation == "publish" else self.reads

    def refuse(self, call: Call, now: float) -> Verdict | None:
        """Count the call against its limit; give the refusal, or None when it may pass."""
        meter = self.meter_of(call)
        held = meter.locked_by(now)
        episode = meter.arrive(now)
        if episode is None:
            return None
        if held is not None:
            episode.calls_during += 1
            episode.sent_after_refusal += episode.could_be_known(call.received_at, grace_seconds=self.grace)
        reply = self.throttled((episode.ends_at - now) / self.config.speed)
        return Verdict(reply=reply, meaning="locked" if held else "limit", refused_by=episode)

    def throttled(self, _wait_seconds: float) -> Reply:
        """Give the answer to a call over the limit; the lock ends after so many real seconds."""
        return throttle_reply()
