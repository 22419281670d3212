"""The service without its network: a call arrives at a moment, and this says what becomes of it.

Times are service seconds since the sandbox started.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from batchpub.sandbox.config import SandboxConfig
from batchpub.sandbox.courses import CourseBook, course_key, published_reply
from batchpub.sandbox.faults import DAY_SECONDS, KINDS, Delivery, Fault, FaultPlan, Scene, pack
from batchpub.sandbox.meter import Episode, Meter, largest_window
from batchpub.sandbox.replies import Reply, error_reply, page_reply, quota_reply, throttle_reply
from batchpub.sandbox.tokens import TokenBook

KEPT_REQUESTS = 1_000
"""How many of the newest requests `/_sandbox/requests` can tell."""


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
    authorization: str = ""
    cookie: str = ""
    csrf: frozenset[str] = frozenset()
    """What came in the headers that a session shows its CSRF token in."""
    connection: str = ""
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
        self._config = config
        self._publishes = Meter(config, config.limit)
        self._reads = self._publishes if config.read_limit is None else Meter(config, config.read_limit)
        self._plan = FaultPlan(config.faults, seed=config.seed)
        self._courses = CourseBook(
            known=config.courses, republish_error=config.republish_error, state_field=config.state_field
        )
        self._tokens = TokenBook(
            secrets=config.secrets,
            strict=config.strict_tokens,
            lifetime_seconds=config.token_seconds,
            speed=config.speed,
            random=Random(config.seed),  # noqa: S311 - tokens of a sandbox
            api_domain=config.api_domain,
        )
        self._arrivals: dict[str, list[float]] = {"publish": [], "read": [], "token": []}
        self._accepted: dict[str, list[float]] = {"publish": [], "read": [], "token": []}
        self._answers: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._requests: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)
        self._grace = config.grace_seconds * config.speed
        self._neighbour_at = 0.0
        self._quota_day, self._quota_used = 0, 0
        self._late = self._without_notify = self._quota_refusals = self._secrets_in_url = 0
        self._other_after_refusal = 0

    def receive(self, call: Call) -> Fault | None:
        """Take note of a request as it comes in; give the fault that makes it arrive late, if one does."""
        self._secrets_in_url += bool({"client_secret", "refresh_token", "code"} & call.query.keys())
        return self._plan.choose_late(call.operation, call.course, call.received_at)

    def arrive(self, call: Call, now: float, *, late: Fault | None = None) -> Verdict:
        """Count the call, refuse or execute it, and say what is answered."""
        verdict = self._decide(call, now, late)
        self._arrivals[call.operation].append(now)
        self._late += late is not None
        self._seen.add(call.course_id)
        answered = verdict.delivery in {Delivery.ANSWER, Delivery.SLOW}
        self._answers[str(verdict.reply.status) if answered else verdict.delivery.name.lower()] += 1
        self._requests.append(_describe(call, verdict, now))
        return verdict

    def refusal_written(self, episode: Episode, now: float) -> None:
        """Remember when the caller could first know of a lock."""
        if episode.first_refusal_written_at is None:
            episode.first_refusal_written_at = now

    def requests(self) -> list[dict[str, Any]]:
        """Give the newest requests, oldest first, without secrets."""
        return list(self._requests)

    def stats(self, now: float) -> dict[str, Any]:
        """Give everything that was counted; the keys are told in the sandbox's help."""
        config, courses = self._config, self._courses.records
        meters = {"publish": self._publishes, "read": self._reads}
        if self._reads is self._publishes:
            del meters["read"]
        episodes = [(name, episode) for name, meter in meters.items() for episode in meter.episodes]
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
            "accepted": {operation: len(times) for operation, times in self._accepted.items()},
            "arrived_late": self._late,
            "answers": dict(sorted(self._answers.items())),
            "faults": self._plan.played(),
            "largest_window": self._largest(self._arrivals["publish"]),
            "largest_window_accepted": self._largest(self._accepted["publish"]),
            "largest_window_read": self._largest(self._arrivals["read"]),
            "locks": len(episodes),
            "lock_episodes": [
                {
                    "operation": name,
                    "began_at": round(episode.began_at, 3),
                    "ends_at": round(episode.ends_at, 3),
                    "calls_during": episode.calls_during,
                    "sent_after_refusal": episode.sent_after_refusal,
                }
                for name, episode in episodes
            ],
            "calls_during_lock": sum(episode.calls_during for _, episode in episodes),
            "sent_after_refusal": sum(episode.sent_after_refusal for _, episode in episodes),
            "other_operation_sent_after_refusal": self._other_after_refusal,
            "quota_refusals": self._quota_refusals,
            "courses": {key: record.as_json() for key, record in courses.items()},
            "published": sum(record.published > 0 for record in courses.values()),
            "published_twice": [key for key, record in courses.items() if record.published > 1],
            "mailed": sum(record.mailed > 0 for record in courses.values()),
            "mailed_twice": [key for key, record in courses.items() if record.mailed > 1],
            "never_seen": self._courses.never_seen(self._seen),
            "without_notify": self._without_notify,
            "tokens_issued": self._tokens.issued,
            "tokens_throttled": self._tokens.throttled,
            "tokens_refused": self._tokens.refused,
            "secrets_in_url": self._secrets_in_url,
        }

    def _largest(self, times: list[float]) -> int:
        return largest_window(times, period_seconds=self._config.period_seconds)

    def _decide(self, call: Call, now: float, late: Fault | None) -> Verdict:
        if call.operation != "token":
            refusal = self._refuse_for_quota(now) or self._refuse_for_limit(call, now)
            if refusal is not None:
                return refusal
        self._accepted[call.operation].append(now)
        fault = late or self._plan.choose(call.operation, call.course, now)
        if fault is None:
            return Verdict(reply=self._execute(call, now), meaning="true answer")
        return self._play(fault, call, now)

    def _play(self, fault: Fault, call: Call, now: float) -> Verdict:
        episode = self._side_effects(fault, call, now)
        true_reply = self._execute(call, now) if fault.executes else published_reply(call.course_id, call.batch_id)
        scene = Scene(
            true_reply=true_reply,
            lock_wait_seconds=self._config.lock_seconds if episode is None else episode.ends_at - now,
            path=call.path,
            speed=self._config.speed,
            clock_offset=self._config.clock_offset_seconds,
        )
        reply = pack(fault, KINDS[fault.kind].reply(fault, scene))
        if fault.kind == "scheduler":  # behind the back of whoever has just read that it is drafted
            self._courses.publish_elsewhere(call.course_id, call.batch_id)
        return Verdict(reply=reply, meaning=fault.kind, delivery=fault.delivery, fault=fault, refused_by=episode)

    def _side_effects(self, fault: Fault, call: Call, now: float) -> Episode | None:
        match fault.kind:
            case "throttle" if fault.lock and call.operation != "token":
                return self._meter(call).lock(now)
            case "expire_tokens":
                self._tokens.expire_all(call.authorization, now)
            case "already_published":
                self._courses.publish_elsewhere(call.course_id, call.batch_id)
        return None

    def _execute(self, call: Call, now: float) -> Reply:
        if call.operation == "token":
            return self._tokens.grant(call.form, now)
        refusal = self._tokens.check(call.authorization, call.cookie, now)
        if refusal is not None:
            return refusal
        if self._config.needs_csrf and call.cookie and call.operation == "publish" and not _shows_csrf(call):
            return page_reply(403, "Invalid request")
        return _OPERATIONS[call.operation](self, call)

    def _publish(self, call: Call) -> Reply:
        self._without_notify += call.notify is None
        return self._courses.publish(call.course_id, call.batch_id, call.notify)

    def _read(self, call: Call) -> Reply:
        if not self._config.read_scope:
            return error_reply("INVALID_OAUTHSCOPE", "Invalid OAuth scope", status=403)
        if call.is_batch_page:
            if not self._config.batch_pages:
                return error_reply("URL_RULE_NOT_CONFIGURED", f"No such address: {call.path}", status=404)
            return self._courses.read_batch(call.course_id, call.batch_id)
        return self._courses.read(call.course_id, call.batch_id)

    def _meter(self, call: Call) -> Meter:
        return self._publishes if call.operation == "publish" else self._reads

    def _refuse_for_limit(self, call: Call, now: float) -> Verdict | None:
        self._let_neighbour_call(now)
        self._watch_other_operation(call, now)
        meter = self._meter(call)
        held = meter.locked_by(now)
        episode = meter.arrive(now)
        if episode is None:
            return None
        if held is not None:
            episode.calls_during += 1
            episode.sent_after_refusal += episode.could_be_known(call.received_at, grace_seconds=self._grace)
        wait = (episode.ends_at - now) / self._config.speed
        offset = self._config.clock_offset_seconds
        reply = throttle_reply(self._config.throttle_shape, wait_seconds=wait, clock_offset=offset)
        return Verdict(reply=reply, meaning="locked" if held else "limit", refused_by=episode)

    def _watch_other_operation(self, call: Call, now: float) -> None:
        """Count calls that a lock of the other budget should have stopped, though that lock does not refuse them."""
        for meter in (self._publishes, self._reads):
            episode = meter.locked_by(now)
            if meter is not self._meter(call) and episode is not None:
                self._other_after_refusal += episode.could_be_known(call.received_at, grace_seconds=self._grace)

    def _let_neighbour_call(self, now: float) -> None:
        if not self._config.neighbour_calls_per_minute:
            return
        every = 60.0 / self._config.neighbour_calls_per_minute
        while self._neighbour_at + every <= now:
            self._neighbour_at += every
            if self._publishes.locked_by(self._neighbour_at) is None:
                self._publishes.arrive(self._neighbour_at)

    def _refuse_for_quota(self, now: float) -> Verdict | None:
        if self._config.daily_quota is None:
            return None
        day = int(now // DAY_SECONDS)
        if day != self._quota_day:
            self._quota_day, self._quota_used = day, 0
        self._quota_used += 1
        if self._quota_used <= self._config.daily_quota:
            return None
        self._quota_refusals += 1
        wait = ((day + 1) * DAY_SECONDS - now) / self._config.speed
        return Verdict(reply=quota_reply(wait_seconds=wait), meaning="daily quota")


_OPERATIONS: dict[str, Callable[[Service, Call], Reply]] = {"publish": Service._publish, "read": Service._read}  # noqa: SLF001


def _shows_csrf(call: Call) -> bool:
    """Tell whether a session shows the CSRF token of its cookie again, in the form and in a header."""
    parts = (part.strip().partition("=") for part in call.cookie.split(";"))
    token = next((value for name, _, value in parts if name == "CSRF_TOKEN"), "")
    return bool(token) and call.form.get("conreqcsr") == token and bool({token, f"conreqcsr={token}"} & call.csrf)


def _describe(call: Call, verdict: Verdict, now: float) -> dict[str, Any]:
    scheme, _, secret = call.authorization.partition(" ")
    return {
        "received_at": round(call.received_at, 3),
        "arrived_at": round(now, 3),
        "operation": call.operation,
        "path": call.path,
        "course": call.course,
        "notify": call.notify,
        "authorization": f"{scheme} ***" if secret else call.authorization and "***",
        "cookie": "***" if call.cookie else "",
        "connection": call.connection,
        "meaning": verdict.meaning,
        "status": verdict.reply.status,
        "delivery": verdict.delivery.name.lower(),
    }
