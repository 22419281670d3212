"""One call in, one reply out: the thin road between a course and Zoho's answer. It never tries again by itself."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

from batchpub.clock import Clock
from batchpub.course import Course
from batchpub.zoho.access import Access
from batchpub.zoho.answers import (
    NONE_ADDED,
    Added,
    Answer,
    NotSent,
    Unclear,
    Withheld,
    clean_text,
    code_of,
    read_answer,
    read_course_state,
)
from batchpub.zoho.hosts import DATA_CENTERS, check_api_url
from batchpub.zoho.line import HandOver, NotHandedOver, make_timeout, open_session, proxy_for, read_body
from batchpub.zoho.token import TokenSource

__all__ = ["DATA_CENTERS", "Reply", "ZohoClient", "check_api_url"]

LARGEST_BODY = 1_048_576
EXCERPT_CHARACTERS = 200
MASK = "***"
SHORTEST_SECRET = 6
DIGITS = re.compile(r"[0-9]+")
SECRET_SHAPES = re.compile(
    r"(?P<before>(?:access_token|refresh_token|client_secret|oauthtoken|cookie)[\"']?\s*[:=\s]\s*[\"']?)[^\s\"',;&<>}]+"
    r"|1000\.[0-9a-f]{8,}(?:\.[0-9a-f]+)*",
    re.IGNORECASE,
)

MaySend = Callable[[], bool]
"""The last look before a call: is its claim still held, and has neither a lock nor a stop come in between?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one call came to. `http_status` is None where no reply came."""

    answer: Answer
    http_status: int | None
    code: str
    excerpt: str


class ZohoClient:
    """Publishes and reads single courses. Use it as an async context manager."""

    def __init__(  # noqa: PLR0913 - settings stop at the command line
        self,
        *,
        api_url: str,
        token: TokenSource,
        clock: Clock,
        connect_seconds: float = 10.0,
        total_seconds: float = 30.0,
        added: Added = NONE_ADDED,
    ) -> None:
        """Remember where to call. Raise SettingsWrong for a url that would leak the token, or a proxy that is none."""
        self._api_url = check_api_url(api_url)
        proxy_for(self._api_url)
        self._token = token
        self._clock = clock
        self._added = added
        self._timeout = make_timeout(connect_seconds=connect_seconds, total_seconds=total_seconds)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._session = open_session(self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get_access(self) -> Access:
        """Have the access for a call before it is decided on. Raise AccessRefused or ServiceUnreachable."""
        return await self._token.get_access()

    async def renew(self, stale: Access) -> bool:
        """Renew the access of a call that was answered `Expired`; False where a person must.

        Raise AccessRefused or ServiceUnreachable.
        """
        return await self._token.renew(stale)

    async def publish(self, course: Course, *, notify: bool, access: Access, may_send: MaySend) -> Reply:
        """Publish a course or a batch. Network trouble is an answer; nothing is raised.

        `may_send` is asked once, when the connection stands; nothing is awaited between its yes and the request's first
        byte. After its no the answer is `Withheld`.
        """
        path = f"{_path_of(course)}/publish?notifyApplicableUsers={notify}"
        return await self._call("POST", path, course, access, may_send)

    async def read_state(self, course: Course, *, access: Access, may_send: MaySend) -> Reply:
        """Read what state a course or a batch is in; otherwise as `publish`."""
        path = f"/api/v1/courses/{_digits(course.course_id)}"
        if course.batch_id:
            path += f"?batchId={_digits(course.batch_id)}"
        return await self._call("GET", path, course, access, may_send)

    async def _call(self, method: str, path: str, course: Course, access: Access, may_send: MaySend) -> Reply:
        if self._session is None:
            raise RuntimeError("ZohoClient is used outside its `async with`")
        header, hand_over = access.headers, HandOver(may_send)
        try:
            async with self._session.request(
                method,
                f"{self._api_url}{path}",
                headers=header,
                allow_redirects=False,
                trace_request_ctx=hand_over,
                **proxy_for(self._api_url),
            ) as response:
                body = _mask_header(await read_body(response, largest=LARGEST_BODY), header)
                status, headers = response.status, response.headers
        except NotHandedOver:
            return _reply_without_status(Withheld())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return _reply_without_status(_explain(error, header, was_sent=hand_over.is_done))
        now = self._clock.now()
        if method == "GET":
            answer = read_course_state(
                status,
                headers,
                body,
                now=now,
                course_id=course.course_id,
                batch_id=course.batch_id,
                added=self._added,
            )
        else:
            answer = read_answer(status, headers, body, course_id=course.course_id, now=now, added=self._added)
        return Reply(answer=answer, http_status=status, code=code_of(answer), excerpt=make_excerpt(body))


def make_excerpt(body: bytes) -> str:
    """Give the beginning of a body, fit for a log: one line, and nothing that looks like a secret."""
    text = body.decode("utf-8", errors="replace")
    masked = SECRET_SHAPES.sub(lambda found: f"{found['before'] or ''}{MASK}", text)
    return clean_text(masked, longest=EXCERPT_CHARACTERS)


def _path_of(course: Course) -> str:
    path = f"/api/v1/courses/{_digits(course.course_id)}"
    return f"{path}/batches/{_digits(course.batch_id)}" if course.batch_id else path


def _digits(text: str) -> str:
    """Let only digits into a url. Anything else is a bug above: the plan lets no other id through."""
    if not DIGITS.fullmatch(text):
        raise ValueError(f"not an id of digits: {text!r}")
    return text


def _secrets_of(header: Mapping[str, str]) -> list[str]:
    """Give the values that must never be written down, longest first."""
    values = [header.get("Cookie", ""), header.get("Authorization", "").removeprefix("Zoho-oauthtoken ")]
    values += [part.partition("=")[2].strip() for part in header.get("Cookie", "").split(";")]
    return sorted({value for value in values if len(value) >= SHORTEST_SECRET}, key=len, reverse=True)


def _mask_header(body: bytes, header: Mapping[str, str]) -> bytes:
    """Take our own secrets out of a body that echoes them, before anything is read from it."""
    for secret in _secrets_of(header):
        body = body.replace(secret.encode(), MASK.encode())
    return body


def _name(error: BaseException, header: Mapping[str, str]) -> str:
    text = _mask_header(f"{type(error).__name__} {error}".encode(errors="replace"), header).decode(errors="replace")
    return clean_text(text, longest=EXCERPT_CHARACTERS)


def _explain(error: Exception, header: Mapping[str, str], *, was_sent: bool) -> NotSent | Unclear:
    """Say what an error means: before the first byte of the request the call was certainly not sent."""
    if was_sent:
        return Unclear(reason=f"no answer after sending: {_name(error, header)}")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        ca = "If your network has a CA of its own, name its file in SSL_CERT_FILE"
        return NotSent(reason=f"{_name(error, header)}. {ca}")
    return NotSent(reason=f"could not connect: {_name(error, header)}")


def _reply_without_status(answer: Answer) -> Reply:
    return Reply(answer=answer, http_status=None, code=code_of(answer), excerpt="")
