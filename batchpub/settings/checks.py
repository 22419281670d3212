"""Whether settings fit together, once each of them is right by itself."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from batchpub.errors import SettingsWrong
from batchpub.masking import SHORTEST_SECRET
from batchpub.services.zoho.meanings import SUCCESS_CODE, WORDS, known_sign
from batchpub.settings.fields import CREDENTIALS, PREFIX, REFRESH, Settings
from batchpub.settings.sources import SourcedValue, shorten, show_name

LONGEST_CODE = 120
LEASE_SHARE = 60
"""A lease must be longer than a call by this part of it: half a second for one of 30 s."""
MAIL_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")


def check_credentials(settings: Settings, told: Mapping[str, SourcedValue]) -> None:
    """Refuse more than one kind of credentials, and half of one."""
    for name in CREDENTIALS:
        held = getattr(settings, name)
        if held is not None and not (held.get_secret_value().isascii() and held.get_secret_value().isprintable()):
            raise SettingsWrong(
                f"{told[name].where}: it holds a line end or another character that no credential has. Copy it again."
            )
        if held is not None and len(held.get_secret_value()) < SHORTEST_SECRET:
            raise SettingsWrong(
                f"{told[name].where}: it has fewer than {SHORTEST_SECRET} characters, as no credential has. Copy it again."
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


def check_together(settings: Settings, told: Mapping[str, SourcedValue]) -> None:
    """Refuse what makes no sense together: loud and quiet, or a claim that does not outlive the call it protects."""
    if settings.quiet and settings.verbose:
        raise SettingsWrong(f"{told['quiet'].where} and {told['verbose'].where}: only one of them. Leave one out.")
    for low, high in (("connect_timeout", "total_timeout"), ("backoff", "max_backoff")):
        if getattr(settings, low) > getattr(settings, high):
            where = next(told[name].where for name in (low, high) if name in told)
            raise SettingsWrong(
                f"{where}: {low} ({getattr(settings, low):g} s) is longer than {high} ({getattr(settings, high):g} s). "
                f"Make {high} the longer one."
            )
    # What a claim lasts beyond its call is the time in which the call may start: without any, nothing is ever sent.
    least = settings.total_timeout * (1 + 1 / LEASE_SHARE)
    if settings.lease < least:
        where = next(told[name].where for name in ("lease", "total_timeout") if name in told)
        raise SettingsWrong(
            f"{where}: lease ({settings.lease:g} s) leaves no time to start a call of up to total_timeout "
            f"({settings.total_timeout:g} s). Make lease {least:g} s or more."
        )


def check_notices(settings: Settings, told: Mapping[str, SourcedValue]) -> None:
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
                    f"{told[name].where}: {shorten(address)} is no mail address such as lms@example.com."
                )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.scheme and parts.hostname and parts.port != 0) and url.isprintable() and " " not in url
    except ValueError:
        return False


def check_answers(settings: Settings, told: Mapping[str, SourcedValue]) -> None:
    """Refuse what would change an answer that the program understands already, above all the one of a success."""
    seen: set[str] = set()
    for code, word in settings.answers.items():
        where = told["answers"].lines.get(code, f"{show_name(code)} in {told['answers'].where}")
        if not (code.isprintable() and 0 < len(code) <= LONGEST_CODE and code == code.strip()):
            raise SettingsWrong(f"{where}: this is no code of an answer. Copy it from bp_code in the results.")
        if word not in WORDS:
            raise SettingsWrong(f"{where}: {shorten(word)} is no meaning. Write one of {', '.join(WORDS)}.")
        known = "success" if code == SUCCESS_CODE else known_sign(code)
        if known is not None:
            raise SettingsWrong(f"{where}: this code has a meaning already ({known}), which stays. Remove the line.")
        if code.casefold() in seen:
            raise SettingsWrong(f"{where}: the same code twice; capitals make no difference. Keep one of them.")
        seen.add(code.casefold())
