"""Zoho People as a service: one call in, one reply out. It never tries again by itself."""

import asyncio
import functools
import re
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from batchpub.clock import Clock, SystemClock
from batchpub.course import Course
from batchpub.errors import SettingsWrong
from batchpub.masking import Mask, secrets_of
from batchpub.services.interface import (
    Access,
    Answer,
    MaySend,
    NotSent,
    Refused,
    Reply,
    Unclear,
    Withheld,
)
from batchpub.services.zoho.access import Credentials, FixedAccess, RefreshCredentials
from batchpub.services.zoho.answers import NONE_ADDED, Added, HttpAnswer, read_answer
from batchpub.services.zoho.body import clean_text
from batchpub.services.zoho.handover import HandOver, watched
from batchpub.services.zoho.hosts import Endpoint, find_hosts
from batchpub.services.zoho.line import make_timeout, make_tls, open_session, proxy_for, read_body
from batchpub.services.zoho.portal import name_portal
from batchpub.services.zoho.reading import read_course_state
from batchpub.services.zoho.token import TokenSource
from batchpub.services.zoho.waits import read_date

NOT_FOUND = 404
LARGEST_BODY = 1_048_576
EXCERPT_CHARACTERS = 200
NO_SECRETS = Mask(())
DIGITS = re.compile(r"[0-9]+")


class ZohoPeople:
    """The LMS of one Zoho People account. Use it as an async context manager; nothing is sent before it is asked to."""

    def __init__(
        self,
        credentials: Credentials,
        endpoint: Endpoint | str = "com",
        *,
        token_file: Path | None = None,
        added: Added = NONE_ADDED,
        clock: Clock | None = None,
    ) -> None:
        """Say whose account it is and how to get in.

        Args:
            credentials: `RefreshCredentials`, an `AccessToken` or a `Cookie`.
            endpoint: the data centre where the account lives, such as "eu", or an `Endpoint`.
            token_file: where the access token rests between runs, readable by its owner only; None keeps it in memory.
            added: what further codes in answers mean.
            clock: time; by default the machine's.

        Raises:
            SettingsWrong: there is no such data centre, no header can hold the credentials, or the proxy or the
                authorities that the environment names are none.

        """
        if isinstance(endpoint, str):
            accounts_url, api_url = find_hosts(endpoint)
            endpoint = Endpoint(accounts_url=accounts_url, api_url=api_url)
        self._api_url = endpoint.api_url
        proxy_for(self._api_url)
        self._tls = make_tls(self._api_url)
        self._clock = clock or SystemClock()
        self._token = (
            TokenSource(credentials, endpoint, clock=self._clock, token_file=token_file)
            if isinstance(credentials, RefreshCredentials)
            else FixedAccess(credentials)
        )
        self._added = added
        self._timeout = make_timeout(endpoint)
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._users = 0
        self._without_page: set[Course] = set()
        """Batches whose own page was not found."""
        self._behind_seconds: float | None = None
        self.portal = name_portal(self._api_url)
        """What shares the account's limit."""

    async def __aenter__(self) -> Self:
        """Open the session. Several runs in one event loop may use one account at once.

        Raises:
            SettingsWrong: another event loop, such as another thread's, uses it.

        """
        loop = asyncio.get_running_loop()
        if self._session is not None and self._loop is not loop:
            raise SettingsWrong("Two event loops use one account at once. Make an account for each of them.")
        self._session, self._loop = self._session or open_session(self._timeout, self._tls), loop
        self._users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session when nobody uses it any more."""
        self._users -= 1
        if self._users == 0 and self._session is not None:
            session, self._session = self._session, None
            await session.close()

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

        `may_send` is asked once, when the connection stands, by the very call that writes the request to the socket.
        After its no the answer is `Withheld`.
        """
        path = f"{_page_of(course)}/publish?notifyApplicableUsers={notify}"
        http = await self._call("POST", path, access, may_send)
        if isinstance(http, Reply):
            return http
        return _make_reply(read_answer(http, course, added=self._added), http)

    async def read_state(self, course: Course, *, access: Access, may_send: MaySend) -> Reply:
        """Read what state a course or a batch is in; otherwise as `publish`.

        A batch has a page of its own. Where that is not found, the answer is `Unclear`, and the next reading asks the
        course's page: a second call in this one would be one that nobody counted.
        """
        has_no_page = course in self._without_page
        path = (
            f"{_page_of(Course(course_id=course.course_id))}?batchId={course.batch_id}"
            if has_no_page
            else _page_of(course)
        )
        http = await self._call("GET", path, access, may_send)
        if isinstance(http, Reply):
            return http
        answer = read_course_state(http, course, added=self._added)
        is_unknown = http.status == NOT_FOUND and isinstance(answer, Refused | Unclear)
        if is_unknown and course.batch_id and not has_no_page:
            self._without_page.add(course)
            answer = Unclear(reason="The batch has no page of its own. Its course's page is read next.")
        return _make_reply(answer, http)

    @property
    def behind_seconds(self) -> float | None:
        """How far the service's clock is behind ours, as the last answer showed; None before the first."""
        return self._behind_seconds

    async def _call(self, method: str, path: str, access: Access, may_send: MaySend) -> Reply | HttpAnswer:
        """Make one call: give what came back, or the reply where nothing did."""
        if self._session is None:
            raise RuntimeError("ZohoPeople is used outside its `async with`")
        hand_over = HandOver(may_send)
        try:
            with watched(hand_over):
                async with self._session.request(
                    method,
                    f"{self._api_url}{path}",
                    headers=access.headers,
                    data=access.form if method == "POST" and access.form else None,
                    allow_redirects=False,
                    trace_request_ctx=hand_over,
                    **proxy_for(self._api_url),
                ) as response:
                    return await self._receive(response, access)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            if hand_over.is_withheld:
                return _make_reply(Withheld())
            hand_over.give_up()
            return _make_reply(_explain(error, access, was_sent=hand_over.is_done))

    async def _receive(self, response: aiohttp.ClientResponse, access: Access) -> HttpAnswer:
        """Take what arrives, with our own secrets out of it, and look at the service's clock."""
        now = self._clock.now()
        behind = self._behind_seconds or 0.0
        sent = read_date(response.headers.get("Date", ""))
        if sent is not None:
            self._behind_seconds = (now - sent).total_seconds()
        body = await read_body(response, largest=LARGEST_BODY)
        return HttpAnswer(
            status=response.status,
            headers=response.headers,
            body=_mask(body.content.decode("utf-8", errors="replace"), access).encode(),
            now=now,
            whole=body.whole,
            behind_seconds=behind,
        )


def make_excerpt(body: bytes) -> str:
    """Give the beginning of a body, fit for a log: one line, and nothing that looks like a secret."""
    return clean_text(NO_SECRETS(body.decode("utf-8", errors="replace")), longest=EXCERPT_CHARACTERS)


def _page_of(course: Course) -> str:
    page = f"/api/v1/courses/{_digits(course.course_id)}"
    return f"{page}/batches/{_digits(course.batch_id)}" if course.batch_id else page


def _digits(text: str) -> str:
    """Let only digits into a url. Anything else is a bug above: the plan lets no other id through."""
    if not DIGITS.fullmatch(text):
        raise ValueError(f"not an id of digits: {text!r}")
    return text


@functools.lru_cache(maxsize=8)
def _mask_for(secrets: tuple[str, ...]) -> Mask:
    return Mask(secrets)


def _mask(text: str, access: Access) -> str:
    """Take our own secrets out of what echoes them, before anything is read from it."""
    return _mask_for(tuple(secrets_of(access.headers)))(text)


def _name(error: BaseException, access: Access) -> str:
    return clean_text(_mask(f"{type(error).__name__} {error}", access), longest=EXCERPT_CHARACTERS)


def _explain(error: Exception, access: Access, *, was_sent: bool) -> NotSent | Unclear:
    """Say what an error means: before the first byte of the request the call was certainly not sent."""
    if was_sent:
        return Unclear(reason=f"no answer after sending: {_name(error, access)}")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        ca = "If your network has a CA of its own, name its file in SSL_CERT_FILE"
        return NotSent(reason=f"{_name(error, access)}. {ca}")
    return NotSent(reason=f"could not connect: {_name(error, access)}")


def _make_reply(answer: Answer, http: HttpAnswer | None = None) -> Reply:
    if http is None:
        return Reply(answer=answer)
    return Reply(answer=answer, http_status=http.status, excerpt=make_excerpt(http.body))
