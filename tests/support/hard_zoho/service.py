"""The service with every choice: other ways to count and to refuse, quotas, neighbours, and a memory of requests."""

from collections import deque
from random import Random

from batchpub.sandbox.courses import CourseBook, CourseState, already_published_reply, describe_course
from batchpub.sandbox.faults import DAY_SECONDS
from batchpub.sandbox.replies import error_reply, page_reply, quota_reply
from batchpub.sandbox.service import Service, Verdict

from .faults import split_plans
from .meter import make_meter
from .replies import shaped_reply
from .tokens import HardTokenBook

KEPT_REQUESTS = 1_000


class HardCourseBook(CourseBook):
    """Courses of a service that may refuse a second publish, and have the state elsewhere."""

    def __init__(self, config):
        super().__init__(known=config.courses)
        self._config = config

    def publish(self, course_id, batch_id, notify):
        course = self.find(course_id, batch_id)
        is_published = course is not None and self.record_of(course, batch_id).state is CourseState.PUBLISHED
        if self._config.republish_error and is_published:
            return already_published_reply()
        return super().publish(course_id, batch_id, notify)

    def describe(self, course, batch_id, state):
        *path, name = self._config.state_field.split(".")
        told, described = {} if name == "none" else {name: state}, describe_course(course, batch_id)
        return {"course": {**described, **told}} if path else {"course": described, **told}


class HardService(Service):
    def __init__(self, config):
        super().__init__(config)
        self.reads = self.make_meter(config.read_limit) if config.read_limit else self.publishes
        self.late_plan, self.plan = split_plans(config.faults, config.seed)
        self.courses = HardCourseBook(config)
        self.tokens = HardTokenBook(
            secrets=config.secrets,
            strict=config.strict_tokens,
            speed=config.speed,
            random=Random(config.seed),
            lifetime_seconds=config.token_life,
            api_domain=config.api_domain,
        )
        self.grace = config.grace_seconds * config.speed
        self.newest = deque(maxlen=KEPT_REQUESTS)
        self._late_fault = None
        self._neighbour_at = 0.0
        self._quota_day = self._quota_used = self._quota_refusals = self._other_after_refusal = self._late = 0

    def make_meter(self, calls):
        return make_meter(self.config, calls)

    def receive(self, call):
        """Take note of a request as it comes in; give the fault that makes it arrive late, if one does."""
        return self.late_plan.choose(call.operation, call.course, call.received_at)

    def arrive_late(self, call, now, late):
        """Count and execute a call whose caller has gone."""
        self._late += 1
        self._late_fault = late
        self.arrive(call, now)
        self._late_fault = None

    def choose_fault(self, call, now):
        return self._late_fault or super().choose_fault(call, now)

    def arrive(self, call, now):
        verdict = super().arrive(call, now)
        self.newest.append(_describe(call, verdict, now))
        return verdict

    def stats(self, now):
        return {
            **super().stats(now),
            "faults": {**self.late_plan.played(), **self.plan.played()},
            "arrived_late": self._late,
            "quota_refusals": self._quota_refusals,
            "other_operation_sent_after_refusal": self._other_after_refusal,
        }

    def play(self, fault, call, now):
        verdict = super().play(fault, call, now)
        if fault.kind == "scheduler":  # behind the back of whoever has just read that it is drafted
            self.courses.publish_elsewhere(call.course_id, call.batch_id)
        return verdict

    def touch_account(self, fault, call, now):
        if fault.kind == "expire_tokens":
            self.tokens.expire_all(call.authorization, now)
        return None if fault.kind == "throttle" and not fault.lock else super().touch_account(fault, call, now)

    def publish(self, call):
        if self.config.needs_csrf and call.cookie and not _shows_csrf(call):
            return page_reply(403, "Invalid request")
        return super().publish(call)

    def read(self, call):
        if not self.config.read_scope:
            return error_reply("INVALID_OAUTHSCOPE", "Invalid OAuth scope", status=403)
        if call.is_batch_page and not self.config.batch_pages:
            return error_reply("URL_RULE_NOT_CONFIGURED", f"No such address: {call.path}", status=404)
        return super().read(call)

    def refuse(self, call, now):
        refusal = self._refuse_for_quota(now)
        if refusal is None:
            self._let_neighbour_call(now)
            self._watch_other_operation(call, now)
            refusal = super().refuse(call, now)
        return refusal

    def throttled(self, wait_seconds):
        shape, offset = self.config.throttle_shape, self.config.clock_offset_seconds
        return shaped_reply(shape, wait_seconds=wait_seconds, clock_offset=offset)

    def _watch_other_operation(self, call, now):
        """Count calls that a lock of the other budget should have stopped, though that lock does not refuse them."""
        for meter in (self.publishes, self.reads):
            episode = meter.locked_by(now)
            if meter is not self.meter_of(call) and episode is not None:
                self._other_after_refusal += episode.could_be_known(call.received_at, grace_seconds=self.grace)

    def _let_neighbour_call(self, now):
        if not self.config.neighbour:
            return
        every = 60.0 / self.config.neighbour
        while self._neighbour_at + every <= now:
            self._neighbour_at += every
            if self.publishes.locked_by(self._neighbour_at) is None:
                self.publishes.arrive(self._neighbour_at)

    def _refuse_for_quota(self, now):
        if self.config.daily_quota is None:
            return None
        day = int(now // DAY_SECONDS)
        if day != self._quota_day:
            self._quota_day, self._quota_used = day, 0
        self._quota_used += 1
        if self._quota_used <= self.config.daily_quota:
            return None
        self._quota_refusals += 1
        wait = ((day + 1) * DAY_SECONDS - now) / self.config.speed
        return Verdict(reply=quota_reply(wait_seconds=wait), meaning="daily quota")


def _shows_csrf(call):
    """Tell whether a session shows the CSRF token of its cookie again, in the form and in a header."""
    parts = (part.strip().partition("=") for part in call.cookie.split(";"))
    token = next((value for name, _, value in parts if name == "CSRF_TOKEN"), "")
    shown = {call.headers.get(name, "") for name in ("CSRF_TOKEN", "X-ZCSRF-TOKEN")}
    return bool(token) and call.form.get("conreqcsr") == token and bool({token, f"conreqcsr={token}"} & shown)


def _describe(call, verdict, now):
    """Give a request without its secrets."""
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
        "connection": call.headers.get("Connection", ""),
        "meaning": verdict.meaning,
        "status": verdict.reply.status,
        "delivery": verdict.delivery.name.lower(),
    }
