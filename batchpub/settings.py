"""Settings: flags over environment over job file over defaults, under one name everywhere."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from batchpub.course import NotifyPolicy
from batchpub.errors import SettingsWrong
from batchpub.zoho.meanings import SUCCESS_CODE, WORDS, known_sign

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
"""Times of the service and of the calls to it: what `--speed` divides. The deadline of a run is a person's own time."""

DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)
MAX_FAILURES = re.compile(r"\d{1,9}|(?:\d{1,2}|100)%", re.ASCII)
ID_DIGITS = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", re.ASCII)
MOST_ID_DIGITS = 40
PASSWORDS = ("password", "sslpassword")
"""Parameters of a PostgreSQL URL that hold one, besides the place before its host."""

MAIL_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")

ALIKE = 0.85  # so that BATCHPUB_PORT, which Kubernetes sets for a service named batchpub, is not taken for PORTAL


def _no_bool(value: object) -> object:
    """Refuse `rate = true`, which Python would take for 1."""
    if isinstance(value, bool):
        raise ValueError("a yes or no")  # noqa: TRY004 - pydantic collects ValueError
    return value


def _read_duration(value: object) -> object:
    """Give seconds for "50m", "2h", "1h30m", "90s" and "300"."""
    if not isinstance(value, str):
        return _no_bool(value)
    found = DURATION.fullmatch(value.strip())
    if found is None or not any(found.groups()):
        raise ValueError("no duration")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _read_max_failures(value: object) -> object:
    told = str(_no_bool(value)).strip()
    if MAX_FAILURES.fullmatch(told) is None:
        raise ValueError("neither a number nor a percentage")
    return told


def _read_id_digits(value: object) -> object:
    """Give the least and the most digits for 18, "18" and "16-19"."""
    if isinstance(value, tuple | list):
        return tuple(value)
    found = ID_DIGITS.fullmatch(str(_no_bool(value)).strip())
    if found is None:
        raise ValueError("neither a number nor a range")
    least, most = int(found[1]), int(found[2] or found[1])
    if not 1 <= least <= most <= MOST_ID_DIGITS:
        raise ValueError("no such number of digits")
    return least, most


def _split_list(value: object) -> object:
    """Give the parts of "a,b": an environment variable has no other way to hold several."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _read_pairs(value: object) -> object:
    """Give the pairs of "7300=refused,7301=throttled": how an environment variable holds a table."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("no pair")
    return {code.strip(): word.strip() for code, _, word in pairs}


Number = BeforeValidator(_no_bool)
Listed = BeforeValidator(_split_list)
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Listed]
Seconds = Annotated[float, Number, Field(gt=0, le=86_400, allow_inf_nan=False)]
ReportName = Literal["csv", "xlsx", "html", "junit", "json"]

SECONDS = "a number of seconds above 0, at most a day (86400)"
TEXT = "a text; write it in quotes, and not empty"
IDS = "a list of ids, each in quotes"
ANSWERS = f"a table of codes, each with one of {', '.join(WORDS)}"
LONGEST_CODE = 120


class Settings(BaseSettings):
    """Everything an operator can set. Times are in seconds.

    A field's title is its meaning for people, in the flags' help and in the reference; its description says what a right
    value is, in errors.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sheets: Texts = Field(
        (),
        title="the files to read, or folders of them; on the command line they stand without a flag",
        description="a list of paths, each in quotes",
    )
    state: Text | None = Field(
        None,
        title="journal, slots and lock: a file on a local disk, by default in the user's state folder, or a PostgreSQL by its URL",
        description="the path of a file, or a URL such as postgresql+asyncpg://batchpub@HOST/DATABASE",
        repr=False,
    )
    portal: Text | None = Field(None, title="what shares one limit; by default the API host", description=TEXT)
    rate: Annotated[int, Number] = Field(
        30, title="calls in a period", ge=1, le=1000, description="a whole number from 1 to 1000"
    )
    period: Seconds = Field(60.0, title="seconds in which `rate` calls may happen", description=SECONDS)
    lock: Seconds = Field(300.0, title="seconds of a lock that states none", description=SECONDS)
    guard: Seconds = Field(1.0, title="seconds a slot rests beyond the period", description=SECONDS)
    settle: Seconds = Field(60.0, title="seconds after which a lost call cannot arrive any more", description=SECONDS)
    burst: Annotated[int, Number] | None = Field(
        None, title="calls at once; by default the rate", ge=1, le=1000, description="a whole number from 1 to 1000"
    )
    workers: Annotated[int, Number] = Field(
        8, title="calls in flight at once", ge=1, le=1000, description="a whole number from 1 to 1000"
    )
    lock_margin: Seconds = Field(5.0, title="seconds waited beyond a lock", description=SECONDS)
    max_lock: Seconds = Field(
        900.0,
        title="the longest wait for a lock, in seconds; a longer one, or a lock again after it, ends the run with 75",
        description=SECONDS,
    )
    connect_timeout: Seconds = Field(10.0, title="seconds until a connection stands", description=SECONDS)
    total_timeout: Seconds = Field(30.0, title="seconds of one call", description=SECONDS)
    attempts: Annotated[int, Number] = Field(
        5, title="attempts of one course", ge=1, le=100, description="a whole number from 1 to 100"
    )
    backoff: Seconds = Field(
        2.0, title="seconds before a second attempt; twice as long before each further one", description=SECONDS
    )
    max_backoff: Seconds = Field(60.0, title="the longest of these waits, in seconds", description=SECONDS)
    course_time: Seconds = Field(
        1200.0,
        title="seconds that one course's calls and own waits may take in all; lines and locks do not count",
        description=SECONDS,
    )
    answers: Annotated[dict[str, str], BeforeValidator(_read_pairs)] = Field(
        {}, title="what further codes of Zoho mean, such as `7300=refused`", description=ANSWERS
    )
    lease: Seconds = Field(
        45.0, title="seconds a process holds a course; not below `total_timeout`", description=SECONDS
    )
    notify: NotifyPolicy = Field(
        NotifyPolicy.SHEET,
        title="who is mailed: nobody, whoever a row's own yes says, or all; a row's no always wins",
        description="never, sheet or all",
    )
    verify: Literal["auto", "always", "never"] = Field(
        "auto",
        title="read a course before it is sent: auto (one that mails, where the state is new), always, or never",
        description="auto, always or never",
    )
    max_duration: (
        Annotated[float, BeforeValidator(_read_duration), Field(gt=0, le=2_678_400, allow_inf_nan=False)] | None
    ) = Field(
        None,
        title="stop after this long, such as 50m, and exit with 75",
        description="a time such as 50m, 2h, 1h30m, 90s or 300, at most 31 days",
    )
    max_calls: Annotated[int, Number] | None = Field(
        None,
        title="stop after so many calls, reads too, and exit with 75: a guard of the daily quota",
        ge=1,
        description="a number of calls, 1 or more",
    )
    max_failures: Annotated[str, BeforeValidator(_read_max_failures)] | None = Field(
        None,
        title="stop after so many failed rows: a number, or a percentage such as 10%",
        description="a number of rows, or a percentage such as 10%",
    )
    expect: Annotated[int, Number] | None = Field(
        None,
        title="send nothing unless exactly so many courses are to be published",
        ge=0,
        description="a number of courses, 0 or more",
    )
    strict: bool = Field(default=False, title="send nothing when any row is invalid", description="true or false")
    max_rows: Annotated[int, Number] = Field(
        20_000,
        title="refuse longer sheets: a guard against a wrong file",
        ge=1,
        le=1_048_576,
        description="a whole number from 1 to 1048576",
    )
    id_digits: Annotated[tuple[int, int], BeforeValidator(_read_id_digits)] = Field(
        (16, 19),
        title="digits of a course id, where not every length of Zoho's is right: 18, or 17-18",
        description="a whole number from 1 to 40, or two of them such as 16-19",
    )
    confirm_id: Texts = Field((), title="ids that look rounded and are right", description=IDS)
    include_hidden: bool = Field(
        default=False, title="publish hidden and filtered rows too", description="true or false"
    )
    sheet: Text | None = Field(None, title="the worksheet to read, where a workbook offers several", description=TEXT)
    column: Text | None = Field(
        None, title="the heading of the id column, where it is not 'Course ID'", description=TEXT
    )
    again: Texts = Field(
        (), title="ids to publish again although an earlier run did; or `all`", description=IDS + ", or all"
    )
    out: Text | None = Field(
        None, title="folder of the reports; by default batchpub-reports/RUN", description="the path of a folder"
    )
    report: Annotated[tuple[ReportName, ...], Listed, Field(min_length=1)] = Field(
        ("csv", "xlsx", "html", "junit", "json"),
        title="which reports are written",
        description="one or more of csv, xlsx, html, junit, json",
    )
    log_format: Literal["json", "console"] | None = Field(
        None, title="how the log looks; by default console on a terminal, json elsewhere", description="json or console"
    )
    log_file: Text | None = Field(
        None, title="a file that gets the log as JSON lines, besides", description="the path of a file"
    )
    notify_format: Literal["auto", "json", "slack", "teams"] = Field(
        "auto",
        title="what BATCHPUB_NOTIFY_URL is sent; auto knows Slack and Teams by their hosts, and sends others plain JSON",
        description="auto, json, slack or teams",
    )
    mail_from: Text | None = Field(None, title="the sender of the mail at the end", description="a mail address")
    mail_to: Texts = Field(
        (), title="who gets a mail at the end, through BATCHPUB_SMTP_URL", description="a list of mail addresses"
    )
    metrics_file: Text | None = Field(
        None,
        title="a file that gets the run's figures for Prometheus (node-exporter's textfile collector)",
        description="the path of a file that ends in .prom",
    )
    quiet: bool = Field(
        default=False,
        title="warnings and errors only, and on a terminal neither bar nor summary",
        description="true or false",
    )
    verbose: bool = Field(
        default=False,
        title="every event, on a terminal too, and what only debugging needs",
        description="true or false",
    )
    progress_every: Seconds = Field(30.0, title="seconds between run.progress events", description=SECONDS)
    data_center: Text = Field(
        "com",
        title="where the account lives: com, eu, in, com.au, jp, com.cn, sa or ca",
        description="a Zoho data centre such as com, eu or in",
    )
    api_url: Text | None = Field(
        None, title="another API host than the data centre's", description="the url of a host", repr=False
    )
    accounts_url: Text | None = Field(
        None, title="another accounts host than the data centre's", description="the url of a host", repr=False
    )
    speed: Annotated[float, Number] = Field(
        1.0,
        title="with --sandbox: divide the service's times and the waits by this",
        ge=1,
        le=1000,
        allow_inf_nan=False,
        description="a number from 1 to 1000; only --sandbox uses it",
    )

    access_token: SecretStr | None = Field(
        None, title="an access token, good for an hour", description="an access token, good for an hour"
    )
    client_id: SecretStr | None = Field(None, title="a self client's id", description="the id of a self client")
    client_secret: SecretStr | None = Field(
        None, title="a self client's secret", description="the secret of a self client"
    )
    refresh_token: SecretStr | None = Field(
        None, title="a self client's refresh token: the kind for pipelines", description="a refresh token"
    )
    cookie: SecretStr | None = Field(
        None, title="the Cookie header of a session", description="the Cookie header of a session"
    )
    grant_code: SecretStr | None = Field(
        None, title="a grant code, for `batchpub login` only", description="a grant code of a self client"
    )

    notify_url: SecretStr | None = Field(
        None,
        title="an address that is told how each run ended: a webhook of your own, of Slack or Teams, or one of Apprise",
        description="a URL",
    )
    smtp_url: SecretStr | None = Field(
        None,
        title="the mail server: smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465",
        description="a URL that begins with smtp:// or smtps://",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is handed in and nothing else: `load_settings` reads the sources and knows where a value is from."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    def secrets(self) -> tuple[str, ...]:
        """Give every value that must not be seen: the credentials, and the passwords in a state's URL."""
        held = (getattr(self, name) for name in SECRETS)
        smtp = self.smtp_url.get_secret_value() if self.smtp_url else None
        return (
            *(secret.get_secret_value() for secret in held if secret is not None),
            *_passwords(self.state),
            *_passwords(smtp),
        )

    def scaled(self, speed: float) -> Self:
        """Give the same settings in a world whose clock runs `speed` times as fast."""
        return self.model_copy(update={name: getattr(self, name) / speed for name in SCALED})


def is_url(state: str) -> bool:
    """Tell a server's URL from the path of a file, also where a slash was forgotten."""
    return "://" in state or state.startswith(("postgresql:", "postgresql+", "postgres:"))


def show_default(name: str) -> str:
    """Show a setting's default as a person writes it; "" where there is none, or a plain no."""
    default = Settings.model_fields[name].default
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A value, and where a person finds it again."""

    value: object
    where: str
    lines: Mapping[str, str] = field(default_factory=dict)
    """Of a table: where each of its keys stands."""


def load_settings(
    *,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    job_file: Path | None,
    needs_credentials: bool = True,
) -> Settings:
    """Merge flags, environment and job file, in this order of weight.

    A flag that is None and an environment variable that is empty count as not given. Without `needs_credentials` it
    does not matter which of them are set, or how many kinds.

    Raises:
        SettingsWrong: with one sentence that names the setting, where it was set, what is wrong and what is right.

    """
    told = _read_job_file(job_file) | dict(_read_environment(environ)) | dict(_read_flags(flags))
    try:
        settings = Settings(**{name: one.value for name, one in told.items()})  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsWrong(_explain(error, told)) from None  # the cause would show the value, which may be a secret
    if needs_credentials:
        _check_credentials(settings, told)
    _check_together(settings, told)
    _check_notices(settings, told)
    _check_answers(settings, told)
    return settings


def _read_flags(flags: Mapping[str, object]) -> Iterator[tuple[str, Told]]:
    for name, value in flags.items():
        if value is None:
            continue
        flag = "--" + name.replace("_", "-")
        _refuse_secret(name, value, flag)
        if name not in Settings.model_fields:
            raise SettingsWrong(f"{flag} is not a setting.{_suggest(name, '--')}")
        yield name, Told(value=value, where=flag)


def _read_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    _refuse_misspelt(environ)
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        file = environ.get(f"{variable}_FILE", "") if name in FROM_FILES else ""
        value = environ.get(variable, "")
        if value and file:
            raise SettingsWrong(f"Both {variable} and {variable}_FILE are set in the environment. Unset one of them.")
        if file:
            yield name, Told(value=_read_secret_file(Path(file), variable), where=f"{variable}_FILE in the environment")
        elif value:
            yield name, Told(value=value, where=f"{variable} in the environment")


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """Refuse what is almost a setting: an unread BATCHPUB_MAX_FAILURE would be a guard that is not there."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in FROM_FILES}
    for variable in environ:
        alike = difflib.get_close_matches(variable, known, n=1, cutoff=0) if variable.startswith(PREFIX) else []
        if alike and variable != alike[0] and _likeness(variable, alike[0]) >= ALIKE:
            raise SettingsWrong(f"{variable} in the environment is not a setting. Write {alike[0]}, or unset it.")


def _likeness(left: str, right: str) -> float:
    return difflib.SequenceMatcher(None, left.removeprefix(PREFIX), right.removeprefix(PREFIX)).ratio()


def _read_secret_file(path: Path, variable: str) -> str:
    try:
        content = path.read_bytes().decode()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsWrong(f"{variable}_FILE names {path}, which cannot be read: {why}. Check the mount.") from None
    value = content.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SettingsWrong(f"{variable}_FILE names {path}, which is empty. Write the value into it.")
    return value


def _read_job_file(path: Path | None) -> dict[str, Told]:
    if path is None:
        return {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        raise SettingsWrong(f"The job file {path} cannot be read: {error.strerror}. Check --job.") from None
    except UnicodeDecodeError:
        raise SettingsWrong(f"The job file {path} is not UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong(f"The job file {path} is not TOML: {error}. Correct that line.") from None
    found: dict[str, Told] = {}
    for key, value in content.items():
        name, where = key.replace("-", "_"), f"{_name(key)} in {path}, line {_line_of(key, text)}"
        _refuse_secret(name, value, where)
        if name not in Settings.model_fields:
            raise SettingsWrong(f"{where}: there is no such setting.{_suggest(name, '')}")
        if name in found:
            raise SettingsWrong(f"{where}: the same setting as {found[name].where}. Keep one of them.")
        inner = value if isinstance(value, dict) else {}
        lines = {part: f"{_name(part)} in [{_name(key)}] of {path}, line {_line_in(key, part, text)}" for part in inner}
        found[name] = Told(value=value, where=where, lines=lines)
    return found


def _line_of(key: str, text: str) -> int:
    """Give the line where a top-level key or table begins; TOML's reader does not say."""
    begins = re.compile(rf"""\s*\[{{0,2}}\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)), 1)


def _line_in(table: str, key: str, text: str) -> int:
    """Give the line of a key inside a table; where it is written inline, the table's own line."""
    first = _line_of(table, text)
    begins = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""")
    lines = enumerate(text.splitlines()[first:], first + 1)
    return next((number for number, line in lines if begins.match(line)), first)


def _refuse_secret(name: str, value: object, where: str) -> None:
    bare = name.removesuffix("_file")
    if bare in SECRETS:
        kept = f"{PREFIX}{bare.upper()}"
        raise SettingsWrong(f"{where}: a secret is not taken from here. Set {kept} or {kept}_FILE in the environment.")
    if name == "state" and _passwords(value):
        raise SettingsWrong(
            f"{where}: the URL holds a password, which is not taken from here. "
            "Set BATCHPUB_STATE or BATCHPUB_STATE_FILE in the environment."
        )


def _passwords(state: object) -> tuple[str, ...]:
    """Give a state URL's passwords, as they are written and as they are meant."""
    if not isinstance(state, str) or not is_url(state):
        return ()
    try:
        parts = urlsplit(state)
    except ValueError:
        return (state,)
    asked = (part.partition("=") for part in parts.query.split("&"))
    told = [parts.password, *(value for key, _, value in asked if unquote(key) in PASSWORDS)]
    return tuple(dict.fromkeys(form for one in told if one for form in (one, unquote(one))))


def _suggest(name: str, before: str) -> str:
    public = [known for known in Settings.model_fields if known not in SECRETS]
    alike = difflib.get_close_matches(name, public, n=1)
    if not alike:
        return " Remove it."
    meant = alike[0].replace("_", "-") if before else alike[0]
    return f" Did you mean {before}{meant}?"


def _explain(error: ValidationError, told: Mapping[str, Told]) -> str:
    name = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
    one, right = told[name], Settings.model_fields[name].description
    shown = "" if name in FROM_FILES else f" {_shorten(one.value)}"
    return f"{one.where}:{shown} cannot be used. It must be {right}."


def _name(text: str) -> str:
    """Give a name as it was written, or spelt out where nobody could see what it is."""
    return text if text and text.isprintable() else _shorten(text)


def _shorten(value: object) -> str:
    shown = ascii(", ".join(map(str, value)) if isinstance(value, tuple) else value)  # a flag given several times
    return shown if len(shown) <= 60 else shown[:57] + "..."  # noqa: PLR2004 - what fits a line


def _check_credentials(settings: Settings, told: Mapping[str, Told]) -> None:
    for name in CREDENTIALS:
        held = getattr(settings, name)
        if held is not None and not (held.get_secret_value().isascii() and held.get_secret_value().isprintable()):
            raise SettingsWrong(
                f"{told[name].where}: it holds a line end or another character that no credential has. Copy it again."
            )
    refresh = [name for name in REFRESH if getattr(settings, name) is not None]
    kinds = [*(name for name in ("access_token", "cookie") if getattr(settings, name) is not None), *refresh[:1]]
    if len(kinds) > 1:
        found = " and ".join(told[name].where.removesuffix(" in the environment") for name in kinds)
        raise SettingsWrong(f"More than one kind of credential is set in the environment: {found}. Unset all but one.")
    missing = [f"{PREFIX}{name.upper()}" for name in REFRESH if name not in refresh]
    if refresh and missing:
        raise SettingsWrong(
            f"{told[refresh[0]].where} is set, but not {' and '.join(missing)}. Set all three, or none of them."
        )


def _check_together(settings: Settings, told: Mapping[str, Told]) -> None:
    """Refuse what makes no sense together: loud and quiet, or a claim that does not outlive the call it protects."""
    if settings.quiet and settings.verbose:
        raise SettingsWrong(f"{told['quiet'].where} and {told['verbose'].where}: only one of them. Leave one out.")
    for low, high in (("connect_timeout", "total_timeout"), ("total_timeout", "lease"), ("backoff", "max_backoff")):
        if getattr(settings, low) > getattr(settings, high):
            where = next(told[name].where for name in (low, high) if name in told)
            raise SettingsWrong(
                f"{where}: {low} ({getattr(settings, low):g} s) is longer than {high} ({getattr(settings, high):g} s). "
                f"Make {high} the longer one."
            )


def _check_notices(settings: Settings, told: Mapping[str, Told]) -> None:
    """Refuse what could never reach anybody: found now, not after hours of publishing."""
    if settings.notify_url and not _is_address(settings.notify_url.get_secret_value()):
        raise SettingsWrong(f"{told['notify_url'].where}: it is no URL such as https://HOST/PATH. Copy it again.")
    mail = {"smtp_url": settings.smtp_url, "mail_from": settings.mail_from, "mail_to": settings.mail_to or None}
    missing = [f"{PREFIX}{name.upper()}" for name, value in mail.items() if value is None]
    if missing and len(missing) < len(mail):
        given = next(told[name].where for name, value in mail.items() if value is not None)
        raise SettingsWrong(f"{given} is set, but not {' and '.join(missing)}. A mail needs all three of them.")
    smtp = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
    if smtp and not (_is_address(smtp) and smtp.startswith(("smtp://", "smtps://"))):
        raise SettingsWrong(f"{told['smtp_url'].where}: it must begin with smtp:// or smtps:// and name a host.")
    for name, addresses in (("mail_from", (settings.mail_from or "",)), ("mail_to", settings.mail_to)):
        for address in filter(None, addresses):
            if MAIL_ADDRESS.fullmatch(address) is None:
                raise SettingsWrong(
                    f"{told[name].where}: {_shorten(address)} is no mail address such as lms@example.com."
                )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.scheme and parts.hostname and parts.port != 0) and url.isprintable() and " " not in url
    except ValueError:
        return False


def _check_answers(settings: Settings, told: Mapping[str, Told]) -> None:
    """Refuse what would change an answer that the program understands already, above all the one of a success."""
    seen: set[str] = set()
    for code, word in settings.answers.items():
        where = told["answers"].lines.get(code, f"{_name(code)} in {told['answers'].where}")
        if not (code.isprintable() and 0 < len(code) <= LONGEST_CODE and code == code.strip()):
            raise SettingsWrong(f"{where}: this is no code of an answer. Copy it from bp_code in the results.")
        if word not in WORDS:
            raise SettingsWrong(f"{where}: {_shorten(word)} is no meaning. Write one of {', '.join(WORDS)}.")
        known = "success" if code == SUCCESS_CODE else known_sign(code)
        if known is not None:
            raise SettingsWrong(f"{where}: this code has a meaning already ({known}), which stays. Remove the line.")
        if code.casefold() in seen:
            raise SettingsWrong(f"{where}: the same code twice; capitals make no difference. Keep one of them.")
        seen.add(code.casefold())
