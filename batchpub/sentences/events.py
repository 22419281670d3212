"""An event as a sentence with its facts: what the log's `message` says to whoever reads only that. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from batchpub.events import EVENTS
from batchpub.plural import say_count

Fields = Mapping[str, Any]

WAITS = {
    "lock": "Zoho has locked the account",
    "minute": "waiting for Zoho's minute",
    "settle": "waiting until lost calls can no longer arrive",
}
"""Why nothing is sent just now, by the word that a snapshot has for it."""


def say_event(action: str, fields: Fields) -> str:
    """Say an event with the facts it came with; without them, or for another event, its sentence in the table."""
    sentence = SENTENCES.get(action)
    if sentence is not None:
        try:
            return sentence(fields)
        except (AttributeError, LookupError, TypeError, ValueError):
            pass  # a fact is missing, or not what it should be: the plain sentence is true all the same
    return EVENTS[action].message if action in EVENTS else action


def say_duration(seconds: float) -> str:
    """Say a time as people do, to the second below ten minutes."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {whole % 60} s" if whole % 60 and minutes < 10 else f"{minutes} min"  # noqa: PLR2004
    return f"{whole} s"


def _course(fields: Fields) -> str:
    """Name a course, and its row where it is known."""
    batch = f" batch {fields['batch_id']}" if fields.get("batch_id") else ""
    name = f" ({fields['name']})" if fields.get("name") else ""
    row = f", row {fields['row']}" if fields.get("row") else ""
    return f"{fields['course_id']}{batch}{name}{row}" if fields.get("course_id") else f"row {fields['row']}{name}"


def _outcome(word: str) -> Callable[[Fields], str]:
    def say(fields: Fields) -> str:
        detail = str(fields.get("detail") or "")
        return f"{word} {_course(fields)}" + (f": {detail}" if detail else "")

    return say


def _published(fields: Fields) -> str:
    return f"Published {_course(fields)}"


def _answered(fields: Fields) -> str:
    status = f"HTTP {fields['http_status']}" if fields.get("http_status") else "no answer"
    code = f", code {fields['code']}" if fields.get("code") else ""
    took = f" after {fields['duration'] / 1e9:.1f} s" if fields.get("duration") else ""
    return f"Zoho on {_course(fields)}: {fields['meaning']} ({status}{code}){took}"


def _started(fields: Fields) -> str:
    sentence = f"{say_count(fields['to_publish'], 'course')} to publish of {say_count(fields['rows'], 'row')}"
    if fields.get("sheets"):
        sentence += f" in {', '.join(fields['sheets'])}"
    if fields.get("host"):
        sentence += f"; at {fields['host']}"
    if fields.get("rate") and fields.get("period_seconds"):
        sentence += f", at most {fields['rate']} calls in {fields['period_seconds']:g} s"
    return sentence


def _made(fields: Fields) -> str:
    mails = f"{fields['mailing']} of them {'mails' if fields['mailing'] == 1 else 'mail'} learners"
    return f"{say_count(fields['rows'], 'row')}: {say_count(fields['to_publish'], 'course')} to publish, {mails}"


def _planned(fields: Fields) -> str:
    return f"About {say_duration(fields['eta_seconds'])} at {fields['rate']} calls in a period"


def _progress(fields: Fields) -> str:
    why = WAITS.get(str(fields.get("waiting") or ""), "")
    if fields.get("lock_seconds"):
        why = f"locked by Zoho, {say_duration(fields['lock_seconds'])} to go"
    left = f", {say_duration(fields['eta_seconds'])} left" if fields.get("eta_seconds") else ""
    return f"{fields['done']:,} of {fields['total']:,}{left}" + (f": {why}" if why else "")


def _locked(fields: Fields) -> str:
    until = f", until {str(fields['ends_at'])[11:19]} UTC" if fields.get("ends_at") else ""
    sign = f" (its sign: {fields['cause']})" if fields.get("cause") else ""
    return f"Zoho locked the account{sign}; no call for {say_duration(fields['seconds'])}{until}"


def _gentler(fields: Fields) -> str:
    remembered = say_duration(fields["for_seconds"])
    return (
        f"Zoho locked the account although the limit was kept: for {remembered} at most {fields['rate']} calls in a "
        f"period, {fields['burst']} at once"
    )


def _finished(fields: Fields) -> str:
    counts, code = fields.get("counts"), f"exit code {fields['exit_code']}"
    if not counts:
        how = "It broke off" if counts is None else "It ended before anything was sent"
        return f"{how}, {code}: {fields.get('error') or fields.get('stop_reason') or ''}".rstrip(": ")
    total = sum(counts.values())
    done = counts.get("published", 0) + counts.get("already_published", 0)
    look = sum(counts.get(name, 0) for name in ("invalid", "refused", "failed", "unknown", "not_attempted"))
    needs = f", {look:,} {'needs' if look == 1 else 'need'} attention" if look else ""
    stopped = f"; {fields['stop_reason']}" if fields.get("stop_reason") else ""
    return f"{done:,} of {total:,} published{needs} ({code}){stopped}"


def _differs(fields: Fields) -> str:
    return f"Zoho calls {_course(fields)} {fields['zoho_name']!r}, the sheet {fields['sheet_name']!r}"


SENTENCES: dict[str, Callable[[Fields], str]] = {
    "call.answered": _answered,
    "check.progress": lambda fields: f"{fields['done']:,} of {fields['total']:,} courses read",
    "course.already_published": _outcome("Already published:"),
    "course.duplicate": _outcome("Duplicate:"),
    "course.failed": _outcome("Failed:"),
    "course.invalid": _outcome("Invalid:"),
    "course.name_differs": _differs,
    "course.not_attempted": _outcome("Not attempted:"),
    "course.published": _published,
    "course.read": _answered,
    "course.refused": _outcome("Refused:"),
    "course.skipped": _outcome("Skipped:"),
    "course.unknown": _outcome("Unknown:"),
    "plan.made": _made,
    "portal.gentler": _gentler,
    "portal.lock_found": _locked,
    "portal.locked": _locked,
    "run.finished": _finished,
    "run.planned": _planned,
    "run.progress": _progress,
    "run.started": _started,
    "run.stopping": lambda fields: f"Stopping; calls in flight finish first: {fields['reason']}",
    "state.unwritable": lambda fields: f"The state cannot be written: {fields['error']}",
    "report.unwritable": lambda fields: f"A report cannot be written: {fields['error']}",
    "token.kept": lambda fields: (
        f"The access token could not be renewed ({fields['reason']}); it is valid for {say_duration(fields['seconds'])} more"
    ),
    "token.renewed": lambda fields: f"The access token was renewed, for {say_duration(fields['lifetime_seconds'])}",
    "token.waiting": lambda fields: (
        f"Zoho allows ten access tokens in ten minutes; the next one in {say_duration(fields['seconds'])}"
    ),
}
"""Event name to what says it."""
