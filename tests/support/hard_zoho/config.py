"""How the service may behave, beyond what the shipped sandbox does."""

from dataclasses import dataclass
from enum import StrEnum

from batchpub.sandbox.config import SandboxConfig

from .tokens import Secrets

NO_SECRETS = Secrets()  # anything that is not empty is right


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


@dataclass(frozen=True, kw_only=True)
class HardConfig(SandboxConfig):
    """Everything that can be chosen. Seconds are service seconds, but for the grace."""

    window: str = Window.ROLLING.value
    trips_at: int | None = None
    """Which call starts the lock; None: the one over the limit."""
    throttle_shape: str = "429"
    """How a refusal looks: a name of THROTTLE_SHAPES."""
    refused_calls_count: bool = False
    """Refused calls use budget too."""
    early_calls_lengthen_lock: bool = False
    """Each call in a lock begins it again."""
    repeat_lock_factor: float = 1.0
    """A lock within a lock's length of the last is so much longer."""
    read_limit: int = 30
    """Reads in a period; 0: they are counted together with publishes."""
    neighbour: float = 0.0
    """Somebody else's publish calls in a minute; they pause in a lock."""
    daily_quota: int | None = None
    """Calls of all kinds in a day from the start."""
    republish_error: bool = False
    """Publishing twice is an error; otherwise it mails again."""
    state_field: str = "course.status"
    """Where a read answer has the state: "course.status", "status", "course.courseStatus" and the like, or "none"."""
    batch_pages: bool = True
    """False: a batch is read at its course's page only."""
    read_scope: bool = True
    """False: the token may not read courses."""
    strict_tokens: bool = False
    """Only access tokens issued here are let in."""
    needs_csrf: bool = False
    """A cookie's CSRF_TOKEN must be sent again, in the form and a header."""
    clock_offset_seconds: float = 0.0
    """How far the service's clock is ahead of this machine's."""
    token_life: float = 3600.0
    grace_seconds: float = 0.05
    """Real time after a refusal is written in which a further call is taken as already on its way."""
    api_domain: str = "https://www.zohoapis.com"
    """In the token answer."""
    secrets: Secrets = NO_SECRETS

    def __post_init__(self):
        super().__post_init__()
        Window(self.window)
