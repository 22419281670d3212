"""The accounts server's rules, over real HTTP."""

from support.hard_zoho import Secrets


def bearer(answer):
    return {"Authorization": f"Zoho-oauthtoken {answer['access_token']}"}


async def test_a_refresh_gives_an_access_token(play):
    """
    A refresh is answered as documented, and the refresh token does not change.
    """
    async with play() as caller:
        answer = await caller.token()

    assert {"access_token", "scope", "api_domain", "token_type", "expires_in"} == set(answer)
    assert ("Bearer", 3600) == (answer["token_type"], answer["expires_in"])


async def test_errors_come_with_status_200(play):
    """
    Each wrong secret has its own error, and all come with HTTP 200.
    """
    secrets = Secrets(client_id="i", client_secret="s", refresh_token="r", code="g")
    async with play(secrets=secrets) as caller:
        errors = [
            (await caller.token(**wrong)).get("error")
            for wrong in (
                {},
                {"client_id": "x"},
                {"client_secret": "x"},
                {"refresh_token": "x"},
                {"grant_type": "password"},
                {"grant_type": "authorization_code", "code": "x"},
            )
        ]

    expected = [
        None,
        "invalid_client",
        "invalid_client_secret",
        "invalid_code",
        "unsupported_grant_type",
        "invalid_code",
    ]
    assert expected == errors


async def test_a_grant_code_works_once(play):
    """
    A grant code becomes a refresh token once; the second time it is invalid.
    """
    async with play() as caller:
        first = await caller.token(grant_type="authorization_code", code="g")
        second = await caller.token(grant_type="authorization_code", code="g")
        again = await caller.token(refresh_token=first["refresh_token"])

    assert ({"error": "invalid_code"}, True) == (second, "access_token" in again)


async def test_secrets_belong_into_the_form(play):
    """
    Secrets in the address are not read, and are counted.
    """
    async with play() as caller:
        query = "?grant_type=refresh_token&refresh_token=r&client_id=i&client_secret=s"
        answer = await caller.call("POST", f"/oauth/v2/token{query}")
        stats = caller.sandbox.stats()

    assert ({"error": "invalid_client"}, 1) == (answer.json, stats["secrets_in_url"])


async def test_the_eleventh_token_within_ten_minutes_is_denied(play):
    """
    Ten access tokens in ten minutes, then "Access Denied", until the first of them is ten minutes old.
    """
    async with play(speed=600) as caller:
        answers = [await caller.token() for _ in range(11)]
        while "access_token" not in (later := await caller.token()):
            pass
        stats = caller.sandbox.stats()

    assert [True] * 10 + [False] == ["access_token" in answer for answer in answers]
    assert ("Access Denied", True) == (answers[-1]["error"], "access_token" in later)
    assert 11 <= stats["tokens_issued"]


async def test_only_the_newest_ten_tokens_are_valid(play):
    """
    The eleventh token makes the first one invalid.
    """
    async with play(speed=4000, token_life=10_000_000) as caller:
        answers = []
        while len(answers) < 11:
            answer = await caller.token()
            answers += [answer] if "access_token" in answer else []
        first, second, last = [(await caller.publish(headers=bearer(answers[number]))).status for number in (0, 1, 10)]

    assert (401, 200, 200) == (first, second, last)


async def test_a_token_ends(play):
    """
    A token that was issued here is refused after its life, with the code for that.
    """
    async with play(token_life=100, speed=1000, read_limit=10_000) as caller:
        headers = bearer(await caller.token())
        while (answer := await caller.read(headers=headers)).status == 200:
            pass

    assert (401, 7213) == (answer.status, answer.json["response"]["errors"]["code"])


async def test_who_is_let_in(play):
    """
    Without strictness any token is; with it only what was issued here. A cookie is enough in either case.
    """
    cookie, strange, none = {"Cookie": "CSRF_TOKEN=1"}, {"Authorization": "Zoho-oauthtoken x"}, {}
    wrong_scheme = {"Authorization": "Bearer x"}
    async with play() as caller:
        lenient = [(await caller.read(headers=each)).status for each in (cookie, strange, none, wrong_scheme)]
    async with play(strict_tokens=True) as caller:
        issued = bearer(await caller.token())
        strict = [(await caller.read(headers=each)).status for each in (cookie, strange, none, issued)]

    assert ([200, 200, 400, 401], [200, 401, 400, 200]) == (lenient, strict)


async def test_missing_and_dead_tokens_are_told_apart(play):
    """
    As measured on the live service: no header, or a blank one, is a 400; a token that is none is a 401.
    """
    async with play(strict_tokens=True) as caller:
        answers = [
            await caller.read(headers=h)
            for h in ({}, {"Authorization": "Zoho-oauthtoken "}, bearer({"access_token": "x"}))
        ]

    assert [(400, 7202), (400, 7202), (401, 7213)] == [
        (answer.status, answer.json["response"]["errors"]["code"]) for answer in answers
    ]


async def test_session_may_have_to_show_its_csrf_token(play):
    """
    In the form and in a header of either name, and only for what changes something.
    """
    cookie = {"Cookie": "a=b; CSRF_TOKEN=xyz"}
    form = {"data": {"conreqcsr": "xyz"}}
    async with play(needs_csrf=True) as caller:
        statuses = [
            (await caller.publish(headers=cookie)).status,
            (await caller.publish(headers=cookie, **form)).status,
            (await caller.publish(headers={**cookie, "CSRF_TOKEN": "other"}, **form)).status,
            (await caller.publish(headers={**cookie, "CSRF_TOKEN": "xyz"}, **form)).status,
            (await caller.publish(headers={**cookie, "X-ZCSRF-TOKEN": "conreqcsr=xyz"}, **form)).status,
            (await caller.publish(headers={"Cookie": "a=b", "CSRF_TOKEN": "xyz"}, **form)).status,
            (await caller.read(headers=cookie)).status,
            (await caller.publish()).status,
        ]

    assert [403, 403, 403, 200, 200, 403, 200, 200] == statuses


async def test_reading_may_need_a_scope_that_is_missing(play):
    """
    A token without the reading scope publishes, and is refused a read with the code for that.
    """
    async with play(read_scope=False) as caller:
        published, read = await caller.publish(), await caller.read()

    assert (200, 403, "INVALID_OAUTHSCOPE") == (published.status, read.status, read.json["code"])
