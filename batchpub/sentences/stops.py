"""Why a run ends early, in words. Pure."""

import re
from typing import assert_never

from batchpub.plural import say_count
from batchpub.services.interface import Refused
from batchpub.stopping import Stop, StopReason

EXCERPT_CHARACTERS = 120
TAG = re.compile(r"<[^>]*>?")  # the excerpt may end in the middle of one


def say_stop(stop: Stop) -> str:  # noqa: C901, PLR0912 - one case for every reason, and mypy sees that none is missing
    """Say why a run ends early, and what to do."""
    seconds = stop.seconds or 0.0
    match stop.reason:
        case (
            StopReason.NO_ACCESS
            | StopReason.NO_ACCESS_NOW
            | StopReason.OWN_RULE
            | StopReason.STATE_IS_GONE
            | StopReason.SHORTAGE
        ):
            return stop.said
        case StopReason.BUG:
            return f"batchpub has {stop.said}."
        case StopReason.INTERRUPTED | StopReason.TERMINATED:
            return f"Stopped by {stop.said}."
        case StopReason.ASKED:
            return "The program that runs it asked it to stop."
        case StopReason.TIME_IS_OVER:
            return f"The time of the run ({stop.most:g} s) is over."
        case StopReason.CALLS_ARE_MADE:
            return f"The run has made {say_count(stop.count, 'call')}, as many as are allowed."
        case StopReason.MANY_FAILURES:
            return f"{say_count(stop.count, 'row')} failed or stayed unknown, more than are allowed ({stop.most:g})."
        case StopReason.LONG_LOCK_STATED:
            return f"Zoho asks to wait {seconds:.0f} s, longer than is allowed ({stop.most:g} s)."
        case StopReason.LONG_LOCK_FOUND:
            return f"Zoho's lock holds for {seconds:.0f} s more, longer than is allowed ({stop.most:g} s)."
        case StopReason.LOCK_OUTLASTS_RUN:
            return f"Zoho's lock holds for {seconds:.0f} s more, and the run has {max(0, stop.most):.0f} s left."
        case StopReason.LOCKED_AGAIN:
            return (
                f"Zoho has locked the account again after every wait, the last of {seconds:.0f} s; no longer one is "
                "allowed. Look who else uses the account, and run it again later."
            )
        case StopReason.LIMIT_IS_SHARED:
            return (
                "Zoho answers 'maximum limit exceeded' to every course, however long we wait: look which limit it is."
            )
        case StopReason.QUOTA_IS_USED:
            until = f" It asks to wait {stop.seconds:.0f} s." if stop.seconds is not None else ""
            return f"Zoho's daily quota of calls is used up ({stop.said}).{until} Run it again tomorrow."
        case StopReason.FORBIDDEN:
            return "Zoho answered 403 three times in a row: this account may not publish."
        case StopReason.DENIED:
            return f"Zoho denies access ({stop.said}). The token needs ZOHOPEOPLE.training.CREATE."
        case StopReason.ACCESS_IS_INVALID:
            sentence = "Zoho refuses the access it was given. Check the token or the cookie, and its data centre."
            return f"{sentence} {stop.said}".rstrip()
        case StopReason.NOT_REACHED:
            return f"Zoho could not be reached in {say_count(stop.count, 'attempt')} ({stop.said})."
        case StopReason.OTHER_ACCOUNT:
            return (
                f"The service knows none of the first {stop.count} courses (HTTP 404), and nothing was published there "
                "before: the data centre or the account is probably another. Compare the address of the courses in a "
                "browser with BATCHPUB_DATA_CENTER, and whose token it is."
            )
        case StopReason.STRANGE_ANSWERS:
            return _say_strange(stop)
        case _ as unreachable:
            assert_never(unreachable)


def _say_strange(stop: Stop) -> str:
    reply = stop.reply
    if reply is None:
        return f"{stop.count} courses in a row were answered with what this program does not know."
    text = " ".join(TAG.sub(" ", reply.excerpt).split()) or reply.excerpt
    body = f": {text[:EXCERPT_CHARACTERS]}" if text else " and an empty body"
    remedy = (
        f'If the code is about each course, say so in the job file: [answers] "{reply.code}" = "refused". '
        if isinstance(reply.answer, Refused)
        else "A sign-in page means that the access has ended; a page of a proxy, that it is in the way. "
    )
    return (
        f"{stop.count} courses in a row were answered with what this program does not know "
        f"(HTTP {reply.http_status}{body}). {remedy}Run it again when the cause is found."
    )
