"""One step of one course, driven with a scripted journal, gate and service: what is asked of each, as a line of text."""

import asyncio
import itertools
from datetime import UTC, datetime

from batchpub.course import Course
from batchpub.services.interface import Access, Reply, Withheld
from batchpub.standing import Claimed, LostSlot
from batchpub.store.limits import Lock, Pace, Slot

COURSE = Course(course_id="478346000019580117")
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def reply(answer, status):
    return Reply(answer=answer, http_status=status)


class Clock:
    boot_id, is_host_wide = "boot", True

    def now(self):
        return NOW

    def boot_seconds(self):
        return 1000.0

    async def sleep(self, seconds):
        """No time passes."""


class Gate:
    def __init__(self, trace):
        self.trace, self.stop, self.numbers = trace, None, itertools.count(1)

    async def acquire(self, operation):
        return Slot(slot=next(self.numbers), operation=operation, pace=Pace(rate=30, burst=30))

    async def unless_closed(self, waiting):
        return await waiting

    async def give_back(self, slot):
        self.trace.append(f"give back {slot.operation}")

    async def hand_on(self, slot):
        self.trace.append(f"hand on {slot.operation}")

    def may_send(self, _send_before):
        return True

    def notice_lock(self, _seconds):
        """Every call is held."""

    def notice_change(self, *, freed=False):
        """Somebody may look again."""

    def close(self, stop):
        self.trace.append(f"close {int(stop.exit_code)} {stop.reason.value} {stop.said}".rstrip())
        self.stop = stop


class Journal:
    """Says how the course stands; `claims` is what claiming it gives."""

    run, has_company = "mine", False

    def __init__(self, trace, standing, work, claims=None):
        self.trace, self.standing, self.claims, self.work = trace, standing, claims, work
        self.written = ""

    def relative(self, attempts):
        """Count from what the course came with: "+0" is as many."""
        return f"{attempts - self.work.attempts:+}"

    def version(self, version):
        """Name the version that the course had when it was looked at."""
        return "v" if version == getattr(self.standing, "version", None) else f"v{version}"

    def row(self, result):
        """Give what the row says: outcome, attempts, the reason, and what was answered."""
        checked = "/verified" if result.verified else ""
        said = " ".join(str(one) for one in (result.http_status, result.code) if one)
        return f"{result.outcome.value} {self.relative(result.attempts)}{checked} ({result.message})" + (
            said and f" {said}"
        )

    async def look(self, _course, *, again=False):
        self.trace.append("look again" if again else "look")
        return self.standing

    async def claim(self, claim, slot):
        words = [f"claim {self.relative(claim.attempt)} {self.version(claim.version)}"]
        words += [*(["again"] if claim.again else []), *(["evidence"] if claim.evidence else [])]
        self.trace.append(" ".join(words))
        return self.claims or Claimed(call=slot.slot, send_before=2000.0)

    async def begin_reading(self, claim, slot):
        self.trace.append(f"read {claim.attempt - self.work.reads:+}")
        return self.claims if isinstance(self.claims, LostSlot) else Claimed(call=slot.slot, send_before=2000.0)

    async def record(self, _claim, answered):
        note, rest, status = answered.note, answered.rest, answered.status
        result, through, lock = answered.result, answered.through, answered.lock
        told = [f"{note.meaning} {note.http_status or ''} {note.code}".rstrip(), rest.value]
        told += [*(["through"] if through else [])]
        if status is not None:
            told.append(f"now {status}")
        if result is not None:
            self.written = self.row(result)
            told.append(self.written)
        if lock is not None:
            told.append(f"lock {lock.stated} {lock.cause}{' quota' if lock.is_quota else ''}")
        self.trace.append(", ".join(told))
        if lock is None:
            return None
        return Lock(seconds=300.0, ends_at=NOW, is_new=True, gentler=None)

    async def settle(self, _course, *, status, result, version=None, **_):
        now = [f"now {status}"] if status is not None else []
        where = [self.version(version)] if version is not None else []
        self.written = self.row(result)
        self.trace.append(", ".join(["settle", *where, *now, self.written]))


class Service:
    """Gives one answer to each operation; `asked` tells which were asked for."""

    def __init__(self, trace, publishes, reads):
        self.trace, self.publishes, self.reads = trace, publishes, reads
        self.asked = set()

    async def get_access(self):
        return Access(headers={})

    async def renew(self, _stale):
        self.trace.append("renew")
        return True

    async def publish(self, _course, *, notify, access, may_send):
        return self._answer("publish", may_send, self.publishes)

    async def read_state(self, _course, *, access, may_send):
        return self._answer("read", may_send, self.reads)

    def _answer(self, operation, may_send, answer):
        self.asked.add(operation)
        if not isinstance(answer.answer, Withheld):
            may_send()
        return answer


def run_at_once(main):
    """Run to the end without a loop: nothing that is scripted ever waits."""
    try:
        main.send(None)
    except StopIteration as end:
        return end.value
    finally:
        main.close()
    raise AssertionError("something waited")


def run(main):
    return asyncio.run(main)
