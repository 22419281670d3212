"""How the played service behaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batchpub.sandbox.courses import KnownCourse
from batchpub.sandbox.faults import Fault
from batchpub.sandbox.latency import Latency, parse_latency
from batchpub.sandbox.meter import Limit, Window
from batchpub.sandbox.replies import DEFAULT_THROTTLE_SHAPE, THROTTLE_SHAPES
from batchpub.sandbox.tokens import TOKEN_SECONDS, Secrets

NO_SECRETS = Secrets()  # anything that is not empty is right
LOOPBACK = ("127.0.0.1", "::1")
STATE_FIELDS = tuple(f"{place}{name}" for place in ("course.", "") for name in ("status", "courseStatus", "state"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Everything that can be chosen about the service. Raises ValueError with a sentence when it makes no sense.

    All seconds are service seconds: `speed` divides every one of them on the real clock (60: a minute is a second).
    Only the grace of `sent_after_refusal` is real time, because it stands for this machine's own delays.
    """

    port: int = 0
    """0: any free port."""
    host: str = "127.0.0.1"
    speed: float = 1.0
    seed: int = 0

    limit: int = 30
    """Publish calls in a period, courses and batches together ("threshold limit 30 requests")."""
    period_seconds: float = 60.0
    lock_seconds: float = 300.0
    window: Window | str = Window.ROLLING
    trips_at: int | None = None
    """Which call of a window starts the lock; None: the one over the limit. `trips_at=limit` trips one earlier."""
    throttle_shape: str = DEFAULT_THROTTLE_SHAPE
    refused_calls_count: bool = False
    early_calls_lengthen_lock: bool = False
    repeat_lock_factor: float = 1.0
    """A lock that begins within a lock's length of the last one is so many times as long."""
    read_limit: int | None = 30
    """The budget of reading; None: reads are counted together with publishes."""
    neighbour_calls_per_minute: float = 0.0
    """Publish calls that somebody else makes on the same account; they pause while it is locked."""
    daily_quota: int | None = None
    """Calls of all kinds in a day that begins when the sandbox does."""

    clock_offset_seconds: float = 0.0
    """How far the service's clock is ahead of this machine's: its `Date`, and the dates it tells to wait for."""

    latency_seconds: float | str = 0.2
    """There and back together; half of it passes before the call arrives. Also "0-5" and "lognormal:0.4"."""

    courses: Mapping[str, KnownCourse] | None = None
    """None: every id of digits is a drafted self-paced course, and every batch of digits a batch."""
    republish_error: bool = False
    """Whether publishing twice is an error. Otherwise it succeeds and mails again: the worst that may be."""
    state_field: str = "course.status"
    """Where a read answer has the state, or "" for nowhere."""
    batch_pages: bool = True
    """Whether a batch has a page of its own; otherwise only its course's page with `?batchId=`."""
    read_scope: bool = True
    """Whether the token may read courses."""
    page_size: int = 200

    strict_tokens: bool = False
    """Only tokens issued here, and `access_tokens`, are let in."""
    access_tokens: Sequence[str] = ()
    accept_cookies: bool = True
    needs_csrf: bool = False
    """A browser's session must show its CSRF_TOKEN again, as the field `conreqcsr` and in a header."""
    token_seconds: float = TOKEN_SECONDS
    api_domain: str = "https://www.zohoapis.com"
    """What the token answer says of the account's data centre."""
    secrets: Secrets = NO_SECRETS

    faults: Sequence[Fault] = ()
    grace_seconds: float = 0.05
    """Real time after a refusal is written in which a further call is taken as already on its way."""
    keep_requests: int = 1_000
    """How many of the newest requests `/_sandbox/requests` can tell."""

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if self.host not in LOOPBACK:
            raise ValueError(f"host {self.host!r}: the sandbox listens on this machine only ({' or '.join(LOOPBACK)})")
        for name in ("speed", "period_seconds", "lock_seconds", "token_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0")
        if self.limit < 1 or (self.read_limit is not None and self.read_limit < 1):
            raise ValueError("a limit must be at least 1 call")
        if self.trips_at is not None and self.trips_at < 1:
            raise ValueError("trips_at must be at least 1")
        if self.throttle_shape not in THROTTLE_SHAPES:
            raise ValueError(f"no such throttle shape: {self.throttle_shape!r}; there are {', '.join(THROTTLE_SHAPES)}")
        if self.state_field not in {"", *STATE_FIELDS}:
            raise ValueError(f"no such state field: {self.state_field!r}; there are {', '.join(STATE_FIELDS)}")
        Window(self.window)
        parse_latency(self.latency_seconds)

    @property
    def latency(self) -> Latency:
        """The way there and back, as a distribution."""
        return parse_latency(self.latency_seconds)

    def limit_of(self, calls: int) -> Limit:
        """Give the rules of one budget, in service seconds."""
        earlier = 0 if self.trips_at is None else self.limit + 1 - self.trips_at
        return Limit(
            calls=calls,
            trips_at=max(1, calls + 1 - earlier),
            period_seconds=self.period_seconds,
            lock_seconds=self.lock_seconds,
            frame_seconds=1.0,  # "it is counted in frames of about a second"
            window=Window(self.window),
            refused_calls_count=self.refused_calls_count,
            early_calls_lengthen_lock=self.early_calls_lengthen_lock,
            repeat_lock_factor=self.repeat_lock_factor,
        )
