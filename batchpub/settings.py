"""Settings: flags > BATCHPUB_* environment > job file > defaults, under one name everywhere."""

import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from batchpub.course import NotifyPolicy
from batchpub.errors import SettingsWrong

PREFIX = "BATCHPUB_"
SECRETS = ("access_token", "client_id", "client_secret", "refresh_token", "cookie")
REFRESH = ("client_id", "client_secret", "refresh_token")
FORMATS = ("csv", "xlsx", "html", "junit", "json")
SCALED = ("period", "lock", "guard", "settle", "lock_margin", "max_lock", "connect_timeout", "total_timeout", "lease")
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Settings(BaseSettings):
    """Everything an operator may set. Seconds where nothing else is said."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, hide_input_in_errors=True)

    state: str | None = None
    portal: str | None = None
    rate: int = Field(default=30, ge=1, le=1000)
    period: float = Field(default=60.0, gt=0, le=86_400)
    lock: float = Field(default=300.0, gt=0, le=86_400)
    guard: float = Field(default=1.0, ge=0, le=3600)
    settle: float = Field(default=60.0, ge=0, le=3600)
    burst: int | None = Field(default=None, ge=1)
    workers: int = Field(default=8, ge=1, le=200)
    lock_margin: float = Field(default=5.0, ge=0, le=3600)
    max_lock: float = Field(default=900.0, gt=0, le=86_400)
    connect_timeout: float = Field(default=10.0, gt=0, le=600)
    total_timeout: float = Field(default=30.0, gt=0, le=600)
    lease: float = Field(default=45.0, gt=0, le=3600)
    attempts: int = Field(default=5, ge=1, le=50)
    notify: NotifyPolicy = NotifyPolicy.SHEET
    verify: Literal["auto", "always", "never"] = "auto"
    max_duration: float | None = Field(default=None, gt=0)
    max_failures: str | None = None
    expect: int | None = Field(default=None, ge=0)
    strict: bool = False
    max_rows: int = Field(default=20_000, ge=1)
    id_digits: int = Field(default=18, ge=1, le=30)
    confirm_id: tuple[str, ...] = ()
    include_hidden: bool = False
    sheet: str | None = None
    column: str | None = None
    again: tuple[str, ...] = ()
    out: str | None = None
    report: tuple[str, ...] = FORMATS
    log_format: Literal["json", "console"] | None = None
    progress_every: float = Field(default=30.0, gt=0)
    data_center: str = "com"
    api_url: str | None = None
    accounts_url: str | None = None
    access_token: SecretStr | None = None
    client_id: SecretStr | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    cookie: SecretStr | None = None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, **_: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load_settings` alone, which says where each came from."""
        _ = settings_cls
        return (init_settings,)

    @field_validator("confirm_id", "again", "report", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part for part in re.split(r"[,\s]+", value) if part) if isinstance(value, str) else value

    @field_validator("report")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in value if name not in FORMATS]
        if unknown:
            raise ValueError(f"no report named {unknown[0]!r}; known: {', '.join(FORMATS)}")
        return value

    @field_validator("max_duration", mode="before")
    @classmethod
    def _duration(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh]?)", value.strip())
        if not found:
            raise ValueError("write a time such as 90s, 50m or 2h")
        return float(found[1]) * UNITS[found[2]]

    @field_validator("max_failures", mode="before")
    @classmethod
    def _failures(cls, value: object) -> object:
        text = str(value) if isinstance(value, int) else value
        if text is not None and not (isinstance(text, str) and re.fullmatch(r"[0-9]{1,6}|[0-9]{1,2}%|100%", text)):
            raise ValueError("write a number of rows, or a share such as 10%")
        return text

    @field_validator("*")
    @classmethod
    def _finite(cls, value: object) -> object:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("must be a finite number")
        return value

    def secrets(self) -> tuple[str, ...]:
        """Give all secret values, for masking."""
        told = (getattr(self, name) for name in SECRETS)
        return tuple(secret.get_secret_value() for secret in told if secret)

    def scaled(self, speed: float) -> "Settings":
        """Give the same settings with every wait and time-out divided: a sandbox's minute is shorter too."""
        return self.model_copy(update={name: getattr(self, name) / speed for name in SCALED})


def load_settings(*, flags: Mapping[str, object], environ: Mapping[str, str], job_file: Path | None) -> Settings:
    """Merge flags, environment and job file.

    Raises:
        SettingsWrong: naming the setting, where it was set, and what to do.

    """
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    sources = (
        _read_job(job_file) if job_file else [],
        _read_environment(environ),
        [(name, value, f"--{name.replace('_', '-')}") for name, value in flags.items() if value is not None],
    )
    for source in sources:
        for name, value, where in source:
            merged[name], origin[name] = value, where
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        told = [f"{origin.get(str(e['loc'][0]), e['loc'][0])}: {e['msg']}" for e in error.errors()]
        raise SettingsWrong(". ".join(told) + ".") from None
    _check_credentials(settings)
    if settings.lease <= settings.total_timeout:
        raise SettingsWrong("lease must be longer than total_timeout: a claim outlives its call.")
    return settings


def _read_environment(environ: Mapping[str, str]) -> list[tuple[str, Any, str]]:
    found: list[tuple[str, Any, str]] = []
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        value, file = environ.get(variable), environ.get(f"{variable}_FILE")
        if value is not None and file is not None:
            raise SettingsWrong(f"Both {variable} and {variable}_FILE are set. Keep one.")
        if file is not None and name in (*SECRETS, "state"):
            value = _read_secret(f"{variable}_FILE", file)
        if value:
            found.append((name, value, variable))
    return found


def _read_secret(variable: str, file: str) -> str:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SettingsWrong(f"{variable} names {file}, which cannot be read: {error}.") from None
    return text.removesuffix("\n").removesuffix("\r")


def _read_job(path: Path) -> list[tuple[str, Any, str]]:
    try:
        text = path.read_text(encoding="utf-8")
        told = tomllib.loads(text)
    except OSError as error:
        raise SettingsWrong(f"The job file {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsWrong(f"The job file {path} is no TOML: {error}.") from error
    lines = text.splitlines()
    found: list[tuple[str, Any, str]] = []
    for key, value in told.items():
        line = next((n for n, text in enumerate(lines, 1) if re.match(rf"\s*\[?\s*[\"']?{re.escape(key)}\b", text)), 1)
        where = f"{path}, line {line}: {key}"
        if key in SECRETS:
            raise SettingsWrong(f"{where} is a secret; it belongs into the environment ({PREFIX}{key.upper()}).")
        if key not in Settings.model_fields:
            raise SettingsWrong(
                f"{where} is no setting. Known: {', '.join(n for n in Settings.model_fields if n not in SECRETS)}."
            )
        found.append((key, tuple(value) if isinstance(value, list) else value, where))
    return found


def _check_credentials(settings: Settings) -> None:
    refresh = [name for name in REFRESH if getattr(settings, name)]
    kinds = [bool(settings.access_token), bool(refresh), bool(settings.cookie)]
    if sum(kinds) > 1:
        raise SettingsWrong(
            "More than one kind of credentials is set. Keep one: BATCHPUB_ACCESS_TOKEN, BATCHPUB_COOKIE, or "
            "BATCHPUB_CLIENT_ID with BATCHPUB_CLIENT_SECRET and BATCHPUB_REFRESH_TOKEN."
        )
    if refresh and len(refresh) < len(REFRESH):
        missing = ", ".join(PREFIX + name.upper() for name in REFRESH if name not in refresh)
        raise SettingsWrong(f"{missing} is missing; the three refresh credentials work together.")
