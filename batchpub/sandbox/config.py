"""How the played service behaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batchpub.sandbox.courses import KnownCourse
from batchpub.sandbox.faults import Fault
from batchpub.sandbox.latency import parse_latency

LOOPBACK = ("127.0.0.1", "::1")
ABOVE_NOTHING = ("limit", "period_seconds", "lock_seconds", "speed")


@dataclass(frozen=True, kw_only=True)
class SandboxConfig:
    """Everything that can be chosen about the service. Raises ValueError with a sentence when it makes no sense.

    All seconds are service seconds: `speed` divides every one of them on the real clock (60: a minute is a second).
    """

    port: int = 0
    """0: any free one."""
    host: str = "127.0.0.1"
    limit: int = 30
    """Publish calls in a period, courses and batches together."""
    period_seconds: float = 60.0
    lock_seconds: float = 300.0
    latency_seconds: float | str = "0.2"
    """There and back: "0.2", "0-5" (evenly between) or "lognormal:0.4" (median)."""
    speed: float = 1.0
    seed: int = 0
    """Of latency, faults and tokens."""
    courses: Mapping[str, KnownCourse] | None = None
    """None: every id of digits is a drafted self-paced course, and every batch of digits a batch."""
    faults: Sequence[Fault] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if self.host not in LOOPBACK:
            raise ValueError(f"host {self.host!r}: the sandbox listens on this machine only ({' or '.join(LOOPBACK)})")
        for name in ABOVE_NOTHING:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} cannot be {getattr(self, name)!r}")
        parse_latency(self.latency_seconds)
