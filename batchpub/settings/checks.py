"""Whether settings fit together, once each of them is right by itself."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from batchpub.errors import SettingsWrong
from batchpub.masking import SHORTEST_SECRET
from batchpub.services.zoho.meanings import SUCCESS_CODE, WORDS, known_sign
from batchpub.settings.fields import CREDENTIALS, PREFIX, REFRESH, Settings
from batchpub.settings.sources import SourcedValue, show_name, show_value

Sources = Mapping[str, SourcedValue]
"""The raw value of every setting that was given, with where it stands."""

LONGEST_CODE = 120
LEASE_SHARE = 60
"""A lease must be longer than a call by this part of it: half a second for one of 30 s."""
MAIL_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")


def check_credentials(settings: Settings, sources: Sources) -> None:
    """Refuse more than one kind of credentials, and half of one."""
    held = {name: text for name in CREDENTIALS if (text := settings.reveal(name))}
    for name, text in held.items():
        trouble = ""
        if not (text.isascii() and text.isprintable()):
            trouble = "it holds a line end or another character that no credential has"
        elif len(text) < SHORTEST_SECRET:
            trouble = f"it has fewer than {SHORTEST_SECRET} characters, as no credential has"
        if trouble:
            raise SettingsWrong(f"{sources[name].where}: {trouble}. Copy it again.")
    refresh = [name for name in REFRESH if name in held]
    kinds = [*(name for name in ("access_token", "cookie") if name in held), *refresh[:1]]
    if len(kinds) > 1:
        found = " and ".join(sources[name].where.removesuffix(" in the environment") for name in kinds)
        raise SettingsWrong(f"More than one kind of credential is set in the environment: {found}. Unset all but one.")
    if refresh:
        _need_all(REFRESH, refresh, sources, "Set all three, or none of them.")


def _need_all(names: tuple[str, ...], given: list[str], sources: Sources, remedy: str) -> None:
    """Refuse some of what makes sense only together."""
    missing = [f"{PREFIX}{name.upper()}" for name in names if name not in given]
    if missing:
        raise SettingsWrong(f"{sources[given[0]].where} is set, but not {' and '.join(missing)}. {remedy}")


def check_together(settings: Settings, sources: Sources) -> None:
    """Refuse what makes no sense together: loud and quiet, or a claim that does not outlive the call it protects."""
    if settings.quiet and settings.verbose:
        raise SettingsWrong(
            f"{sources['quiet'].where} and {sources['verbose'].where}: only one of them. Leave one out."
        )
    for low, high in (("connect_timeout", "total_timeout"), ("backoff", "max_backoff")):
        if getattr(settings, low) > getattr(settings, high):
            raise SettingsWrong(
                f"{_where(sources, low, high)}: {low} ({getattr(settings, low):g} s) is longer than {high} "
                f"({getattr(settings, high):g} s). Make {high} the longer one."
            )
    # What a claim lasts beyond its call is the time in which the call may start: without any, nothing is ever sent.
    least = settings.total_timeout * (1 + 1 / LEASE_SHARE)
    if settings.lease < least:
        raise SettingsWrong(
            f"{_where(sources, 'lease', 'total_timeout')}: lease ({settings.lease:g} s) leaves no time to start a call of up to "
            f"total_timeout ({settings.total_timeout:g} s). Make lease {least:g} s or more."
        )


def _where(sources: Sources, *names: str) -> str:
    """Say where the first of them stands that was given."""
    return next(sources[name].where for name in names if name in sources)


def check_notices(settings: Settings, sources: Sources) -> None:
    """Refuse what could never reach anybody: found now, not after hours of publishing."""
    if settings.notify_url and not _is_address(settings.reveal("notify_url")):
        raise SettingsWrong(f"{sources['notify_url'].where}: it is no URL such as https://HOST/PATH. Copy it again.")
    mail = ("smtp_url", "mail_from", "mail_to")
    if given := [name for name in mail if getattr(settings, name)]:
        _need_all(mail, given, sources, "A mail needs all three of them.")
    smtp = settings.reveal("smtp_url")
    if smtp and not (_is_address(smtp) and smtp.startswith(("smtp://", "smtps://"))):
        raise SettingsWrong(f"{sources['smtp_url'].where}: it must begin with smtp:// or smtps:// and name a host.")
    for name, addresses in (("mail_from", (settings.mail_from or "",)), ("mail_to", settings.mail_to)):
        for address in filter(None, addresses):
            if MAIL_ADDRESS.fullmatch(address) is None:
                raise SettingsWrong(
                    f"{sources[name].where}: {show_value(address)} is no mail address such as lms@example.com."
                )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.scheme and parts.hostname and parts.port != 0) and url.isprintable() and " " not in url
    except ValueError:
        return False


def check_answers(settings: Settings, sources: Sources) -> None:
    """Refuse what would change an answer that the program understands already, above all the one of a success."""
    seen: set[str] = set()
    for code, word in settings.answers.items():
        where = sources["answers"].lines.get(code, f"{show_name(code)} in {sources['answers'].where}")
        known = "success" if code == SUCCESS_CODE else known_sign(code)
        trouble = ""
        if not (code.isprintable() and 0 < len(code) <= LONGEST_CODE and code == code.strip()):
            trouble = "this is no code of an answer. Copy it from bp_code in the results."
        elif word not in WORDS:
            trouble = f"{show_value(word)} is no meaning. Write one of {', '.join(WORDS)}."
        elif known is not None:
            trouble = f"this code has a meaning already ({known}), which stays. Remove the line."
        elif code.casefold() in seen:
            trouble = "the same code twice; capitals make no difference. Keep one of them."
        if trouble:
            raise SettingsWrong(f"{where}: {trouble}")
        seen.add(code.casefold())
