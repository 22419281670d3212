"""The words of a run that ends early: every reason has its sentence, with its facts in it."""

import pytest

from batchpub.errors import AccessRefused, ExitCode, ServiceUnreachable
from batchpub.sentences.stops import say_stop
from batchpub.services.interface import Refused, Reply, Unclear
from batchpub.settings.fields import SETTINGS
from batchpub.stopping import Stop, StopReason, stop_for
from batchpub.store.row_words import not_attempted_because

NEW = Reply(answer=Refused(code="NEW", message="m", known=False), http_status=400)
PAGE = Reply(answer=Unclear(reason="a page", strange=True), http_status=200, excerpt="<html><b>Sign</b>  in<br")
SENTENCES = [
    (Stop(reason=StopReason.INTERRUPTED, said="SIGINT"), "Stopped by SIGINT."),
    (Stop(reason=StopReason.TERMINATED, said="SIGTERM"), "Stopped by SIGTERM."),
    (Stop(reason=StopReason.ASKED), "The program that runs it asked it to stop."),
    (Stop(reason=StopReason.TIME_IS_OVER, most=90.0), "The time of the run (90 s) is over."),
    (Stop(reason=StopReason.CALLS_ARE_MADE, count=1), "The run has made 1 call, as many as are allowed."),
    (
        Stop(reason=StopReason.LONG_LOCK_STATED, seconds=1200.0, most=900.0),
        "Zoho asks to wait 1200 s, longer than is allowed (900 s).",
    ),
    (
        Stop(reason=StopReason.LONG_LOCK_FOUND, seconds=1200.0, most=905.0),
        "Zoho's lock holds for 1200 s more, longer than is allowed (905 s).",
    ),
    (
        Stop(reason=StopReason.LOCKED_AGAIN, seconds=900.0),
        "Zoho has locked the account again after every wait, the last of 900 s; no longer one is allowed. Look who else uses "
        "the account, and run it again later.",
    ),
    (
        Stop(reason=StopReason.LOCK_OUTLASTS_RUN, seconds=300.0, most=-1.5),
        "Zoho's lock holds for 300 s more, and the run has 0 s left.",
    ),
    (
        Stop(reason=StopReason.QUOTA_IS_USED, said="429", seconds=40_000.0),
        "Zoho's daily quota of calls is used up (429). It asks to wait 40000 s. Run it again tomorrow.",
    ),
    (
        Stop(reason=StopReason.QUOTA_IS_USED, said="429"),
        "Zoho's daily quota of calls is used up (429). Run it again tomorrow.",
    ),
    (
        Stop(reason=StopReason.LIMIT_IS_SHARED),
        "Zoho answers 'maximum limit exceeded' to every course, however long we wait: look which limit it is.",
    ),
    (
        Stop(reason=StopReason.MANY_FAILURES, count=4, most=3),
        "4 rows failed or stayed unknown, more than are allowed (3).",
    ),
    (Stop(reason=StopReason.OWN_RULE, said="Too many rows."), "Too many rows."),
    (
        Stop(reason=StopReason.FORBIDDEN),
        "Zoho answered 403 three times in a row: this account may not publish.",
    ),
    (
        Stop(reason=StopReason.DENIED, said="SCOPE: m"),
        "Zoho denies access (SCOPE: m). The token needs ZOHOPEOPLE.training.CREATE.",
    ),
    (
        Stop(reason=StopReason.ACCESS_IS_INVALID, said="Set it."),
        "Zoho refuses the access it was given. Check the token or the cookie, and its data centre. Set it.",
    ),
    (stop_for(AccessRefused("No right.")), "No right."),
    (stop_for(ServiceUnreachable("No network.")), "No network."),
    (
        Stop(reason=StopReason.OTHER_ACCOUNT, count=10),
        "The service knows none of the first 10 courses (HTTP 404), and nothing was published there before: the data centre or "
        "the account is probably another. Compare the address of the courses in a browser with BATCHPUB_DATA_CENTER, and "
        "whose token it is.",
    ),
    (
        Stop(reason=StopReason.NOT_REACHED, count=5, said="refused"),
        "Zoho could not be reached in 5 attempts (refused).",
    ),
    (
        Stop(reason=StopReason.STRANGE_ANSWERS, count=3, reply=NEW),
        "3 courses in a row were answered with what this program does not know (HTTP 400 and an empty body). If the code is "
        'about each course, say so in the job file: [answers] "NEW" = "refused". Run it again when the cause is found.',
    ),
    (
        Stop(reason=StopReason.STRANGE_ANSWERS, count=3, reply=PAGE),
        "3 courses in a row were answered with what this program does not know (HTTP 200: Sign in). A sign-in page means that "
        "the access has ended; a page of a proxy, that it is in the way. Run it again when the cause is found.",
    ),
    (Stop(reason=StopReason.STATE_IS_GONE, said="The disk is full."), "The disk is full."),
    (Stop(reason=StopReason.SHORTAGE, said="No memory."), "No memory."),
    (Stop(reason=StopReason.BUG, said="a bug: KeyError"), "batchpub has a bug: KeyError."),
]


@pytest.mark.parametrize(("stop", "sentence"), SENTENCES)
def test_every_reason_has_its_sentence(stop, sentence):
    """
    Word for word, and no flag in any.
    """
    assert sentence == say_stop(stop)
    assert "--" not in sentence


def test_no_reason_is_forgotten_here():
    """
    mypy sees that none lacks its words; this, that each is seen above.
    """
    assert set(StopReason) == {stop.reason for stop, _ in SENTENCES}


def test_a_reason_has_its_exit_code_and_names_a_setting_that_there_is():
    """
    What the process ends with, and what cli makes a flag of.
    """
    codes = {
        ExitCode.INTERRUPTED: ["INTERRUPTED"],
        ExitCode.TERMINATED: ["TERMINATED", "ASKED"],
        ExitCode.STOPPED_EARLY: [
            *("TIME_IS_OVER", "CALLS_ARE_MADE", "LONG_LOCK_STATED", "LONG_LOCK_FOUND", "LOCKED_AGAIN"),
            *("LOCK_OUTLASTS_RUN", "QUOTA_IS_USED", "LIMIT_IS_SHARED"),
        ],
        ExitCode.OWN_RULE: ["MANY_FAILURES", "OWN_RULE"],
        ExitCode.ACCESS_REFUSED: ["FORBIDDEN", "DENIED", "ACCESS_IS_INVALID", "NO_ACCESS", "OTHER_ACCOUNT"],
        ExitCode.UNREACHABLE: ["NOT_REACHED", "NO_ACCESS_NOW", "STRANGE_ANSWERS"],
        ExitCode.CANNOT_WRITE: ["STATE_IS_GONE", "SHORTAGE"],
        ExitCode.BUG: ["BUG"],
    }

    found = {code: [one.name for one in StopReason if one.exit_code is code] for code in codes}

    assert codes == found
    assert {one.setting for one in StopReason} - {""} <= set(SETTINGS)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("It is over.", "It is over. Run the same command again."),
        ("The quota is used up. Run it again tomorrow.", "The quota is used up. Run it again tomorrow."),
    ],
)
def test_a_row_that_had_no_turn_is_told_once_what_to_do(reason, told):
    """
    A reason that says when to run it again needs no second word about it.
    """
    assert told == not_attempted_because(reason, ExitCode.STOPPED_EARLY)
