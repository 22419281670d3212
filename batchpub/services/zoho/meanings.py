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
class MeaningRow:
    """One line of the table."""

    sign: Sign
    match: Match
    text: str
    standing: str
    note: str = ""
    needs: str = ""
    """A phrase that the message must hold as well."""


MEANINGS = (
    # The lock. 7209 only as a whole code: ids contain digits.
    MeaningRow(Sign.THROTTLE, Match.CODE, "429", "S", "as a code in the body of another status"),
    MeaningRow(Sign.THROTTLE, Match.CODE, "7209", "S", "older People API: access blocked"),
    MeaningRow(Sign.THROTTLE, Match.CODE, "request_limit_exceeded", "S", "Cliq, with 400"),
    MeaningRow(Sign.THROTTLE, Match.CODE, "TOO_MANY_REQUESTS", "S"),
    MeaningRow(Sign.THROTTLE, Match.CODE, "2955", "S", "Creator: the minute's limit"),
    MeaningRow(Sign.THROTTLE, Match.CODE, "6045", "S", "Analytics"),
    MeaningRow(
        Sign.THROTTLE, Match.CODE, "4000", "S", "Creator, with 200: the day's limit", needs="limit has been reached"
    ),
    MeaningRow(Sign.THROTTLE, Match.IN_CODE, "THROTTLES_LIMIT_EXCEEDED", "S", "Projects, with 400"),
    MeaningRow(Sign.THROTTLE, Match.IN_MESSAGE, "threshold limit exceeded", "S"),
    MeaningRow(Sign.THROTTLE, Match.IN_MESSAGE, "too many requests", "S"),
    # The access token.
    MeaningRow(Sign.TOKEN, Match.CODE, "401", "I", "as a code in the body of another status"),
    MeaningRow(Sign.TOKEN, Match.CODE, "7202", "S", "People, with 400: no token, or a blank one"),
    MeaningRow(Sign.TOKEN, Match.CODE, "7213", "S", "People, with 401: a dead token"),
    MeaningRow(Sign.TOKEN, Match.CODE, "INVALID_OAUTHTOKEN", "S"),
    MeaningRow(Sign.TOKEN, Match.CODE, "OAUTHTOKEN_EXPIRED", "S"),
    # The scope or the rights: a new token does not help. (7103 is a leave type's code, D.)
    MeaningRow(Sign.SCOPE, Match.CODE, "7218", "S"),
    MeaningRow(Sign.SCOPE, Match.CODE, "INVALID_OAUTHSCOPE", "S"),
    MeaningRow(Sign.SCOPE, Match.CODE, "OAUTH_SCOPE_MISMATCH", "S"),
    MeaningRow(Sign.SCOPE, Match.CODE, "Permission Denied", "D", "another People page: response.result.code"),
    # Final for the course: the LMS codes of the documented list.
    MeaningRow(Sign.FINAL, Match.CODE, "INVALID_INPUT", "D"),
    MeaningRow(Sign.FINAL, Match.CODE, "INPUT_PARAMETER_MISSING", "D"),
    MeaningRow(Sign.FINAL, Match.CODE, "UNSUPPORTED_OPERATION", "D"),
    MeaningRow(Sign.FINAL, Match.CODE, "NO_SESSION_FOUND_TO_PUBLISH", "D"),
    MeaningRow(Sign.FINAL, Match.CODE, "NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "D", "the course is empty"),
    MeaningRow(
        Sign.FINAL, Match.CODE, "UNSUPPORTED_OPERATION_BL_COURSE_PUBLISH_VIA_COURSE_API", "D", "needs a batch id"
    ),
    MeaningRow(Sign.FINAL, Match.CODE, "UNSUPPORTED_OPERATION_EL_COURSE_PUBLISH", "D", "e-material"),
    MeaningRow(Sign.FINAL, Match.CODE, "UNABLE_TO_UNPUBLISH_WITH_MEMBERS", "D"),
    MeaningRow(Sign.FINAL, Match.CODE, "COURSE_ALREADY_COMPLETED", "D"),
    MeaningRow(Sign.FINAL, Match.CODE, "BATCH_DATE_AND_SESSION_DATE_MISMATCH", "D"),
    # Never taken at its word: the course is read, and only that makes it published.
    MeaningRow(Sign.ALREADY, Match.IN_CODE, "ALREADY_PUBLISHED", "I", "whether there is such a code is not known"),
    # Final although they come with a 5xx.
    *(
        MeaningRow(Sign.FINAL, Match.CODE, code, "S", "seen with 5xx")
        for code in ("7012", "7042", "7150", "9001", "9002", "9004", "9006", "9007", "9009")
    ),
)

QUOTA_PHRASES = ("daily", "per day", "for the day", "for today", "limit has been reached")
"""In the message of a throttled answer: the day's quota is used up, not the minute's (I; the last one S)."""

LONGEST_WAIT_SECONDS = 86_400.0
"""No lock or quota outlasts a day (D: the quota is daily); a longer wait is none, but an epoch or a mistake."""

SUCCESS_CODE = "200"  # Publish Course API page (D); a string there, a number on a sibling page
PUBLISHED_STATUS = "published"  # Publish Course API page (D)
COURSE_STATUSES = (403, 404, 422)  # D: with the JSON of an API they speak of the course (403: of who asks)

PUBLISH_STATUS_KEY = "publishStatus"  # D: fetchbatch page, and fetch_coursebatch
STATE_KEYS = (PUBLISH_STATUS_KEY, "status", "courseStatus", "batchStatus", "state")  # I but for the first
STATE_KEYS_OF_COURSES = (PUBLISH_STATUS_KEY, "courseStatus", "batchStatus")  # those that say nothing of the call itself
STATE_WORDS = {  # `state` values: D on /courses/mycourses
    "published": "published",
    "draft": "draft",
    "drafted": "draft",
    "disabled": "disabled",
}
NAME_KEYS = ("courseName", "batchName", "name", "title")  # I; `name` D for batches
KIND_KEYS = ("courseType", "type")  # I
COURSE_TYPES = {"1": "self-paced", "2": "blended", "3": "e-material"}  # D

CODE_KEYS = ("code", "errorcode", "errorCode", "error_code", "status_code")  # D/S
TITLE_KEY = "title"  # D/S: a code, but only inside an error
ERROR_KEYS = ("error", "errors")  # D/S
MESSAGE_KEYS = ("message", "error_description", "details")  # D/S
ENVELOPE_KEYS = (
    "response",
    "result",
    "errors",
    "error",
    "details",
)  # D/S: where an error may hide inside another object


def known_sign(code: str) -> Sign | None:
    """Say what the table makes of a whole code; None for one that it does not know."""
    return next((sign for sign in Sign if find_sign(sign, (code,), ()) is not None), None)


def find_sign(sign: Sign, codes: tuple[str, ...], messages: tuple[str, ...]) -> str | None:
    """Give the code that carries this sign (for a phrase: the phrase), or None."""
    for meaning in MEANINGS:
        if meaning.sign is not sign:
            continue
        text = meaning.text.casefold()
        if meaning.needs and not any(meaning.needs in message.casefold() for message in messages):
            continue
        for code in codes:
            folded = code.strip().casefold()
            if (meaning.match is Match.CODE and folded == text) or (meaning.match is Match.IN_CODE and text in folded):
                return code.strip()
        if meaning.match is Match.IN_MESSAGE and any(text in message.casefold() for message in messages):
            return meaning.text
    return None
