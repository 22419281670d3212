"""Every code and phrase of Zoho that means something to us, with its standing; change it here after a first real run.

D: on a public page of Zoho's documentation. S: seen in public code or posts. I: inferred, nobody outside Zoho knows.
"""

from dataclasses import dataclass
from enum import StrEnum


class Sign(StrEnum):
    """What a code or a phrase says about the call."""

    THROTTLE = "throttle"
    TOKEN = "token"  # noqa: S105 - a meaning, no secret
    SCOPE = "scope"
    FINAL = "final"
    ALREADY = "already"
    UNCLEAR = "unclear"


WORDS = {
    "refused": Sign.FINAL,
    "already_published": Sign.ALREADY,
    "throttled": Sign.THROTTLE,
    "expired": Sign.TOKEN,
    "denied": Sign.SCOPE,
    "unclear": Sign.UNCLEAR,
}
"""What an operator may say that a new code means. There is no word for success: no setting makes one."""


class Match(StrEnum):
    """How the text is looked for: a whole code, a part of a code, or a part of a message. Case never matters."""

    CODE = "code"
    IN_CODE = "in_code"
    IN_MESSAGE = "in_message"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One line of the table."""

    sign: Sign
    match: Match
    text: str
    standing: str
    note: str = ""


MEANINGS = (
    # The lock. 7209 only as a whole code: ids contain digits.
    Meaning(Sign.THROTTLE, Match.CODE, "429", "S", "as a code in the body of another status"),
    Meaning(Sign.THROTTLE, Match.CODE, "7209", "S", "older People API: access blocked"),
    Meaning(Sign.THROTTLE, Match.CODE, "request_limit_exceeded", "S", "Cliq, with 400"),
    Meaning(Sign.THROTTLE, Match.CODE, "TOO_MANY_REQUESTS", "S"),
    Meaning(Sign.THROTTLE, Match.IN_CODE, "THROTTLES_LIMIT_EXCEEDED", "S", "Projects, with 400"),
    Meaning(Sign.THROTTLE, Match.IN_MESSAGE, "threshold limit exceeded", "S"),
    Meaning(Sign.THROTTLE, Match.IN_MESSAGE, "too many requests", "S"),
    # The access token.
    Meaning(Sign.TOKEN, Match.CODE, "401", "I", "as a code in the body of another status"),
    Meaning(Sign.TOKEN, Match.CODE, "INVALID_OAUTHTOKEN", "S"),
    Meaning(Sign.TOKEN, Match.CODE, "OAUTHTOKEN_EXPIRED", "S"),
    # The scope: a new token does not help.
    Meaning(Sign.SCOPE, Match.CODE, "7103", "S"),
    Meaning(Sign.SCOPE, Match.CODE, "7218", "S"),
    Meaning(Sign.SCOPE, Match.CODE, "INVALID_OAUTHSCOPE", "S"),
    # Final for the course: the LMS codes of the documented list.
    Meaning(Sign.FINAL, Match.CODE, "INVALID_INPUT", "D"),
    Meaning(Sign.FINAL, Match.CODE, "INPUT_PARAMETER_MISSING", "D"),
    Meaning(Sign.FINAL, Match.CODE, "UNSUPPORTED_OPERATION", "D"),
    Meaning(Sign.FINAL, Match.CODE, "NO_SESSION_FOUND_TO_PUBLISH", "D"),
    Meaning(Sign.FINAL, Match.CODE, "NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "D", "the course is empty"),
    Meaning(Sign.FINAL, Match.CODE, "UNSUPPORTED_OPERATION_BL_COURSE_PUBLISH_VIA_COURSE_API", "D", "needs a batch id"),
    Meaning(Sign.FINAL, Match.CODE, "UNSUPPORTED_OPERATION_EL_COURSE_PUBLISH", "D", "e-material"),
    Meaning(Sign.FINAL, Match.CODE, "UNABLE_TO_UNPUBLISH_WITH_MEMBERS", "D"),
    Meaning(Sign.FINAL, Match.CODE, "COURSE_ALREADY_COMPLETED", "D"),
    Meaning(Sign.FINAL, Match.CODE, "BATCH_DATE_AND_SESSION_DATE_MISMATCH", "D"),
    # Never taken at its word: the course is read, and only that makes it published.
    Meaning(Sign.ALREADY, Match.IN_CODE, "ALREADY_PUBLISHED", "I", "whether there is such a code is not known"),
    # Final although they come with a 5xx.
    *(
        Meaning(Sign.FINAL, Match.CODE, code, "S", "seen with 5xx")
        for code in ("7012", "7042", "7150", "9001", "9002", "9004", "9006", "9007", "9009")
    ),
)

QUOTA_PHRASES = ("daily", "per day", "for the day", "for today")
"""In the message of a throttled answer: the day's quota is used up, not the minute's (I)."""

QUOTA_WAIT_SECONDS = 600.0
"""A longer wait than this is no lock of five minutes: it smells of the daily quota (I)."""

LONGEST_WAIT_SECONDS = 86_400.0
"""No lock or quota outlasts a day (D: the quota is daily); a longer wait is taken as this."""

SUCCESS_CODE = "200"  # Publish Course API page (D); a string there, a number on a sibling page
PUBLISHED_STATUS = "published"  # Publish Course API page (D)

STATE_KEYS = ("status", "courseStatus", "batchStatus", "state")  # I
STATE_WORDS = {  # `state` values: D on /courses/mycourses
    "published": "published",
    "draft": "draft",
    "drafted": "draft",
    "disabled": "disabled",
}
NAME_KEYS = ("courseName", "batchName", "name", "title")  # I
KIND_KEYS = ("courseType", "type")  # I
COURSE_TYPES = {"1": "self-paced", "2": "blended", "3": "e-material"}  # D

CODE_KEYS = ("code", "errorcode", "errorCode", "error_code", "title", "status_code")  # D/S
MESSAGE_KEYS = ("message", "error_description", "details")  # D/S
ENVELOPE_KEYS = ("response", "errors", "error", "details")  # D/S: where an error may hide inside another object


def known_sign(code: str) -> Sign | None:
    """Say what the table makes of a whole code; None for one that it does not know."""
    return next((sign for sign in Sign if find_sign(sign, (code,), ()) is not None), None)


def find_sign(sign: Sign, codes: tuple[str, ...], messages: tuple[str, ...]) -> str | None:
    """Give the code that carries this sign (for a phrase: the phrase), or None."""
    for meaning in MEANINGS:
        if meaning.sign is not sign:
            continue
        text = meaning.text.casefold()
        for code in codes:
            folded = code.strip().casefold()
            if (meaning.match is Match.CODE and folded == text) or (meaning.match is Match.IN_CODE and text in folded):
                return code.strip()
        if meaning.match is Match.IN_MESSAGE and any(text in message.casefold() for message in messages):
            return meaning.text
    return None
