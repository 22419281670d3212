"""The sending itself: bounded in time, and never worth an exit code. What went wrong is a sentence without secrets."""

import json
import mimetypes
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from batchpub import __version__
from batchpub.notify.payloads import FORMATS, choose_format, list_facts
from batchpub.report.ending import Facts

SECONDS = 10.0  # of one connection or answer
MOST_SECONDS = 30.0  # of one target, however slowly it answers
MOST_ATTACHED = 10_000_000  # bytes; many mail servers refuse more than 20 MB after encoding
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Where a mail goes: the server as `smtp://user:password@host:587` or `smtps://…:465`, and who writes to whom."""

    server: str
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Who is told. `url` is a webhook's address, or one of Apprise's with another scheme; "" for none."""

    url: str = ""
    form: str = "auto"
    mail: Mail | None = None


def notify(facts: Facts, targets: Targets, attachments: Sequence[Path] = ()) -> tuple[str, ...]:
    """Tell every target; give a sentence for each that could not be told. Takes at most a minute."""
    jobs: list[tuple[str, Callable[[], None]]] = []
    if targets.url.lower().startswith(("http://", "https://")):
        jobs.append((_name(targets.url), lambda: _post(targets.url, targets.form, facts)))
    elif targets.url:
        jobs.append(("the service behind notify_url", lambda: _tell_apprise(targets.url, facts, attachments)))
    if targets.mail is not None:
        mail = targets.mail
        jobs.append((_name(mail.server), lambda: _send_mail(mail, make_mail(mail, facts, attachments))))
    return tuple(
        f"{name} could not be told how the run ended: {trouble}. The run itself is not affected."
        for name, job in jobs
        if (trouble := _try(job))
    )


def make_mail(mail: Mail, facts: Facts, attachments: Sequence[Path]) -> EmailMessage:
    """Write the mail: the sentence, the facts, and the workbooks as far as they fit."""
    message = EmailMessage()
    message["Subject"] = " ".join(facts["title"].split())
    message["From"], message["To"] = mail.sender, ", ".join(mail.to)
    message["X-Batchpub-Exit-Code"] = str(facts["exit_code"])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    lines = [f"{name}: {value}" for name, value in list_facts(facts).items()]
    link = [f"Pipeline: {facts['pipeline_url']}"] if facts["pipeline_url"] else []
    message.set_content("\n".join([facts["message"], "", *lines, *link, ""]))
    left = MOST_ATTACHED
    for path in attachments:
        data = path.read_bytes()
        left -= len(data)
        if left >= 0:
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            main, _, sub = kind.partition("/")
            message.add_attachment(data, maintype=main, subtype=sub, filename=path.name)
    return message


class _NotTold(Exception):
    """What went wrong, in words of our own: they may be shown."""


class _NoRedirect(HTTPRedirectHandler):
    """A webhook that redirects would hand the run's facts to a host that nobody named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(url: str, form: str, facts: Facts) -> None:
    body = json.dumps(FORMATS[choose_format(url, form)](facts)).encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"batchpub/{__version__}"}
    request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - http and https only, see notify
    with build_opener(_NoRedirect()).open(request, timeout=SECONDS) as answer:
        answer.read(1024)


def _send_mail(mail: Mail, message: EmailMessage) -> None:
    server = urlsplit(mail.server)
    host, context = server.hostname or "localhost", ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=SECONDS, context=context)
    else:
        connection = smtplib.SMTP(host, server.port or 587, timeout=SECONDS)
    with connection as line:
        line.ehlo()
        if server.scheme == "smtp" and line.has_extn("starttls"):
            line.starttls(context=context)
            line.ehlo()
        elif server.scheme == "smtp" and server.username and host not in LOOPBACK:
            raise _NotTold("the server offers no encryption, so the password was not sent")
        if server.username:
            line.login(unquote(server.username), unquote(server.password or ""))
        line.send_message(message)


def _tell_apprise(url: str, facts: Facts, attachments: Sequence[Path]) -> None:
    from apprise import Apprise, NotifyType  # noqa: PLC0415 - an extra; most runs do without it

    lines = [facts["message"], *(f"{name}: {value}" for name, value in list_facts(facts).items())]
    service = Apprise()
    if not service.add(url):
        raise _NotTold("Apprise does not know this kind of address")
    kind = NotifyType.WARNING if facts["exit_code"] else NotifyType.SUCCESS
    kept = [str(path) for path in attachments if path.stat().st_size <= MOST_ATTACHED]
    if not service.notify(title=facts["title"], body="\n".join(lines), notify_type=kind, attach=kept or None):
        raise _NotTold("the service did not take the message")


def _try(job: Callable[[], None]) -> str:
    """Do it within the time; give what went wrong, "" for nothing. No text of a library: it may quote the address."""
    trouble: list[str] = []

    def work() -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the run is over and stands
            trouble.append(_say(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(MOST_SECONDS)
    if thread.is_alive():
        return f"no answer within {MOST_SECONDS:g} s"
    return trouble[0] if trouble else ""


def _say(error: Exception) -> str:
    match error:
        case HTTPError(code=code):
            return f"HTTP status {code}"
        case ModuleNotFoundError():
            return "this kind of address needs the extra `apprise`: pip install 'batchpub[apprise]'"
        case smtplib.SMTPAuthenticationError():
            return "the mail server refuses the user name or the password"
        case smtplib.SMTPResponseException(smtp_code=code):
            return f"the mail server answered {code}"
        case _NotTold():
            return str(error)
        case OSError():
            reason = getattr(error, "reason", None) or error
            return getattr(reason, "strerror", None) or type(reason).__name__
        case _:
            return type(error).__name__


def _name(url: str) -> str:
    """Name a target by its host: the rest of a webhook's address is the secret."""
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"
