"""Everything an operator can set: each setting's name, default, meaning and right values, in one table.

Light on purpose: `--help` and shell completion read this table, and it imports no more than the standard library.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from batchpub.course import NamesRule, NotifyPolicy
from batchpub.masking import secrets_of_address, secrets_of_cookie
from batchpub.report import FILE_NAMES, STAFF
from batchpub.secret import Secret
from batchpub.services.zoho.hosts import Endpoint, find_hosts
from batchpub.services.zoho.meanings import WORDS
from batchpub.settings.readers import (
    DIGITS,
    FAILURES,
    LONG,
    SECONDS,
    SECRET,
    SWITCH,
    Setting,
    ids,
    member,
    number,
    one_of,
    pairs,
    setting,
    some_of,
    text,
    texts,
    whole,
)

PREFIX = "BATCHPUB_"
REFRESH = ("client_id", "client_secret", "refresh_token")
CREDENTIALS = ("access_token", *REFRESH, "cookie", "grant_code")
"""What lets us into Zoho."""
SECRETS = (*CREDENTIALS, "notify_url", "smtp_url")
FROM_FILES = (*SECRETS, "state")
"""What `BATCHPUB_…_FILE` may hold: the secrets, and a state URL, which may have a password in it."""
SCALED = (
    "period", "lock", "guard", "settle", "lock_margin", "max_lock", "connect_timeout", "total_timeout", "lease",
    "backoff", "max_backoff", "course_time",
)  # fmt: skip
"""Times of the service and of the calls to it: what the setting speed divides. The deadline of a run is a person's own time."""
OF_THE_MACHINE = frozenset({"connect_timeout", "total_timeout", "lease"})
"""Those that this machine itself needs for a call, however fast the sandbox's clock runs."""
FASTEST_MACHINE = 60
"""How much faster at most they are. At 1000 a time-out would be 30 ms, and a busy machine would send everything again."""
PATHS = ("sheets", "state", "out", "log_file", "metrics_file")
"""Settings that name files or folders."""
PASSWORDS = ("password", "sslpassword")
"""Parameters of a PostgreSQL URL that hold one, besides the place before its host."""
REPORTS = (*FILE_NAMES, STAFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set. Times are in seconds."""

    sheets: tuple[str, ...] = setting(
        texts("a list of paths, each in quotes"),
        default=(),
        title="the files to read, or folders of them; on the command line they stand without a flag",
    )
    state: str | None = setting(
        text("the path of a file, or a URL such as postgresql+asyncpg://batchpub@HOST/DATABASE"),
        title="journal, slots and lock: a file on a local disk, by default in the user's state folder, or a PostgreSQL by its URL",
        hidden=True,
    )
    portal: str | None = setting(text(), title="what shares one limit; by default the API host")
    rate: int = setting(whole(1, 1000), default=30, title="calls in a period")
    period: float = setting(SECONDS, default=60.0, title="seconds in which `rate` calls may happen")
    lock: float = setting(SECONDS, default=300.0, title="wait after a throttle answer that gives no time, in seconds")
    guard: float = setting(SECONDS, default=1.0, title="seconds a slot rests beyond the period")
    settle: float = setting(SECONDS, default=60.0, title="seconds after which a lost call cannot arrive any more")
    burst: int | None = setting(whole(1, 1000), title="calls at once; by default the rate")
    workers: int = setting(whole(1, 1000), default=8, title="calls in flight at once")
    lock_margin: float = setting(SECONDS, default=5.0, title="seconds waited beyond a lock")
    max_lock: float = setting(
        SECONDS,
        default=900.0,
        title="the longest wait for a lock, in seconds; a longer one, or a lock again after it, ends the run with 75",
    )
    connect_timeout: float = setting(SECONDS, default=10.0, title="seconds until a connection stands")
    total_timeout: float = setting(SECONDS, default=30.0, title="seconds of one call")
    attempts: int = setting(whole(1, 100), default=5, title="attempts of one course")
    backoff: float = setting(
        SECONDS, default=2.0, title="seconds before a second attempt; twice as long before each further one"
    )
    max_backoff: float = setting(SECONDS, default=60.0, title="the longest of these waits, in seconds")
    course_time: float = setting(
        SECONDS,
        default=1200.0,
        title="seconds that one course's calls and own waits may take in all; lines and locks do not count",
    )
    answers: dict[str, str] = setting(
        pairs(*WORDS), default={}, title="what further codes of Zoho mean, such as `7300=refused`"
    )
    lease: float = setting(SECONDS, default=45.0, title="seconds a process holds a course; longer than `total_timeout`")
    notify: NotifyPolicy = setting(
        member(NotifyPolicy),
        default=NotifyPolicy.SHEET,
        title="who is mailed: never; sheet, rows whose Notify says yes; all, every row except a no",
    )
    verify: Literal["auto", "always", "never"] = setting(
        one_of("auto", "always", "never"),
        default="auto",
        title="read a course before it is sent: auto (one that mails and that this state has no answer about), always, never",
    )
    names: NamesRule = setting(
        member(NamesRule),
        default=NamesRule.AUTO,
        title="a name on the sheet that differs from Zoho's: auto (hold rows that mail, warn of others), hold, warn, or ignore",
    )
    max_duration: float | None = setting(LONG, title="stop after this long, such as 50m, and exit with 75")
    max_calls: int | None = setting(
        whole(1, right="a number of calls, 1 or more"),
        title="stop after so many calls, reads too, and exit with 75: a guard of the daily quota",
    )
    max_failures: str | None = setting(
        FAILURES,
        title="stop after so many rows failed at the service, not counting invalid ones: a number, or a percentage such as 10%",
    )
    expect: int | None = setting(
        whole(0, right="a number of courses, 0 or more"),
        title="send nothing unless exactly so many courses are to be published",
    )
    strict: bool = setting(SWITCH, default=False, title="send nothing when any row is invalid")
    name: str | None = setting(text(), title="what the sheet is called that comes from standard input (`-`)")
    keep_going: bool = setting(
        SWITCH, default=False, title="publish what is readable where a file is refused; the run then ends with 65"
    )
    max_rows: int = setting(
        whole(1, 1_048_576), default=20_000, title="refuse longer sheets: a guard against a wrong file"
    )
    id_digits: tuple[int, int] = setting(
        DIGITS,
        default=(16, 19),
        title="digits of a course id, where not every length of Zoho's is right: 18, or 17-18",
    )
    confirm_id: tuple[str, ...] = setting(ids(), default=(), title="ids that look rounded and are right")
    include_hidden: bool = setting(SWITCH, default=False, title="publish hidden and filtered rows too")
    sheet: str | None = setting(text(), title="the worksheet to read, where a workbook offers several")
    column: str | None = setting(text(), title="the heading of the id column, where it is not 'Course ID'")
    again: tuple[str, ...] = setting(
        ids("all"), default=(), title="ids to publish again although an earlier run did; or `all`"
    )
    again_id: str | None = setting(
        text("a name for the repetition"),
        title="with the setting again: what names the repetition; processes that share it publish each course once more in all; by default "
        "the pipeline's run",
    )
    out: str | None = setting(
        text("the path of a folder"), title="folder of the reports; by default batchpub-reports/RUN"
    )
    report: tuple[str, ...] = setting(
        some_of(*REPORTS),
        default=REPORTS,
        title="which reports are written; staff: each file handed in, as a workbook with its results",
    )
    log_format: Literal["json", "console"] | None = setting(
        one_of("json", "console"),
        title="how the log looks; by default console on a terminal, json elsewhere",
    )
    log_file: str | None = setting(text("the path of a file"), title="a file that gets the log as JSON lines, besides")
    notify_format: Literal["auto", "json", "slack", "teams"] = setting(
        one_of("auto", "json", "slack", "teams"),
        default="auto",
        title="what BATCHPUB_NOTIFY_URL is sent; auto knows Slack and Teams by their hosts, and sends others plain JSON",
    )
    mail_from: str | None = setting(text("a mail address"), title="the sender of the mail at the end")
    mail_to: tuple[str, ...] = setting(
        texts("a list of mail addresses"), default=(), title="who gets a mail at the end, through BATCHPUB_SMTP_URL"
    )
    metrics_file: str | None = setting(
        text("the path of a file that ends in .prom"),
        title="a file that gets the run's figures for Prometheus (node-exporter's textfile collector)",
    )
    quiet: bool = setting(
        SWITCH, default=False, title="warnings and errors only, and on a terminal neither bar nor summary"
    )
    verbose: bool = setting(
        SWITCH, default=False, title="every event, on a terminal too, and what only debugging needs"
    )
    progress_every: float = setting(SECONDS, default=30.0, title="seconds between run.progress events")
    data_center: str = setting(
        text("a Zoho data centre such as com, eu or in"),
        default="com",
        title="where the account lives: com, eu, in, com.au, jp, com.cn, sa, ca, sg, ae or uk",
    )
    api_url: str | None = setting(
        text("the url of a host"), title="another API host than the data centre's", hidden=True
    )
    accounts_url: str | None = setting(
        text("the url of a host"), title="another accounts host than the data centre's", hidden=True
    )
    speed: float = setting(
        number(1, 1000, "a number from 1 to 1000; only a rehearsal uses it"),
        default=1.0,
        title="in a rehearsal: divide the service's times and the waits by this",
    )
    access_token: Secret | None = setting(SECRET, title="an access token, good for an hour")
    client_id: Secret | None = setting(SECRET, title="a self client's id")
    client_secret: Secret | None = setting(SECRET, title="a self client's secret")
    refresh_token: Secret | None = setting(SECRET, title="a self client's refresh token: the kind for pipelines")
    cookie: Secret | None = setting(SECRET, title="the Cookie header of a session")
    grant_code: Secret | None = setting(SECRET, title="a grant code, for `batchpub login` only")
    notify_url: Secret | None = setting(
        SECRET,
        title="an address that is told how each run ended: a webhook of your own, of Slack or Teams, or one of Apprise",
    )
    smtp_url: Secret | None = setting(
        SECRET, title="the mail server: smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465"
    )

    def secrets(self) -> tuple[str, ...]:
        """Give every value that must not be seen: the credentials, and the passwords in a state's URL."""
        held = {name: text for name in SECRETS if (text := self.reveal(name))}
        return (
            *held.values(),
            *find_passwords(self.state),
            *find_passwords(held.get("smtp_url")),
            *(secret for sheet in self.sheets for secret in secrets_of_address(sheet)),
            *(secrets_of_cookie(held["cookie"]) if "cookie" in held else ()),
        )

    def reveal(self, name: str) -> str:
        """Give a secret's value, "" where there is none."""
        held: Secret | None = getattr(self, name)
        return held.get_secret_value() if held is not None else ""

    def endpoint(self) -> Endpoint:
        """Give the hosts, and how long they may take. Raise SettingsWrong for a URL that must not be called."""
        accounts_url, api_url = find_hosts(self.data_center)
        return Endpoint(
            accounts_url=self.accounts_url or accounts_url,
            api_url=self.api_url or api_url,
            connect_seconds=self.connect_timeout,
            total_seconds=self.total_timeout,
        )

    def scaled(self, speed: float) -> Self:
        """Give the same settings in a world whose clock runs `speed` times as fast."""
        speeds = {name: min(speed, FASTEST_MACHINE) if name in OF_THE_MACHINE else speed for name in SCALED}
        return dataclasses.replace(self, **{name: getattr(self, name) / speeds[name] for name in SCALED})


SETTINGS: Mapping[str, Setting] = {one.name: one.metadata["setting"] for one in dataclasses.fields(Settings)}
"""Every setting by its name, in the order of the reference."""


def is_url(state: str) -> bool:
    """Tell a server's URL from the path of a file, also where a slash was forgotten."""
    return "://" in state or state.startswith(("postgresql:", "postgresql+", "postgres:"))


def find_passwords(state: object) -> tuple[str, ...]:
    """Give a state URL's passwords, as they are written and as they are meant."""
    if not isinstance(state, str) or not is_url(state):
        return ()
    try:
        parts = urlsplit(state)
    except ValueError:
        return (state,)
    asked = (part.partition("=") for part in parts.query.split("&"))
    passwords = [parts.password, *(value for key, _, value in asked if unquote(key) in PASSWORDS)]
    return tuple(dict.fromkeys(form for one in passwords if one for form in (one, unquote(one))))


def show_default(name: str) -> str:
    """Show a setting's default as a person writes it; "" where there is none, or a plain no."""
    default = SETTINGS[name].default
    match default:
        case None | False | ():
            return ""
        case (int(least), int(most)):
            return f"{least}-{most}"
        case tuple():
            return ",".join(default)
        case dict():
            return ""
        case float():
            return f"{default:g}"
        case _:
            return str(default)
