"""Each kind of fault once, over real HTTP."""

import asyncio
import contextlib
import zlib
from itertools import product

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hard_zoho import HardFault, load_faults
from support.hard_zoho.replies import ENVELOPES, THROTTLE_SHAPES

from batchpub.sandbox import faults as shipped_faults
from batchpub.sandbox.faults import KINDS, Fault, FaultPlan

TOKEN = {"Authorization": "Zoho-oauthtoken 1000.any"}
COURSE = "219225000000642002"  # more digits than a double holds


async def outcome(caller, *, patience=5.0):
    """Publish once: what the caller sees, and how often the course was published."""
    try:
        answer = await caller.publish(patience=patience)
        seen = (answer.status, answer.body)
    except (aiohttp.ClientError, TimeoutError) as error:
        seen = type(error).__name__
    record = caller.sandbox.stats()["courses"].get(COURSE, {"published": 0})
    return seen, record["published"]


ANSWERED = {
    "401": (401, b"INVALID_OAUTHTOKEN", 0),
    "403": (403, b"not authorized", 0),
    "404": (404, b"Not found", 0),
    "422": (422, b"Maximum limit exceeded", 0),
    "500": (500, b"Internal server error", 0),
    "502": (502, b"<html>", 0),
    "503": (503, b"<html>", 0),
    "error": (400, b"NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", 0),
    "error_in_200": (200, b"NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", 0),
    "already_published": (400, b"COURSE_ALREADY_PUBLISHED", 0),
    "scope": (403, b"INVALID_OAUTHSCOPE", 0),
    "token_expired": (401, b"OAUTHTOKEN_EXPIRED", 0),
    "token_invalid": (401, b"INVALID_OAUTHTOKEN", 0),
    "expire_tokens": (401, b"INVALID_OAUTHTOKEN", 0),
    "throttle": (429, b"", 0),
    "quota": (429, b"for the day", 0),
    "garbage": (200, b"garbage", 1),
    "empty": (200, b"", 1),
    "huge_body": (200, b'"published"', 1),
    "redirect": (307, b"", 0),
    "answer": (200, b"", 0),
    "invalid_code": (200, b'{"error": "invalid_code"}', 0),
    "invalid_client": (200, b'{"error": "invalid_client"}', 0),
    "invalid_client_secret": (200, b'{"error": "invalid_client_secret"}', 0),
    "invalid_grant": (200, b'{"error": "invalid_grant"}', 0),
    "token_throttled": (400, b"Access Denied", 0),
    "page": (403, b"<html>", 0),
    "sign_in": (302, b"Sign in", 0),
    "permission_denied": (200, b'{"response": {"result": {"code": "Permission Denied"}, "status": 0}}', 0),
    "scheduler": (200, b'"published"', 1),
}
UNANSWERED = {
    "reset_before": ("ClientOSError", 0),
    "reset_after": ("ClientOSError", 1),
    "timeout_before": ("TimeoutError", 0),
    "timeout_after": ("TimeoutError", 1),
    "half_open": ("TimeoutError", 1),
    "late": ("TimeoutError", 0),
    "late_reset": ("ClientOSError", 0),
    "truncated": ("ClientPayloadError", 1),
    "slow_body": ("TimeoutError", 1),
}


def test_every_kind_is_tried():
    """
    No kind of fault is left out below.
    """
    assert set(HardFault.kinds) == set(ANSWERED) | set(UNANSWERED)


@pytest.mark.parametrize("kind", ANSWERED)
async def test_faults_that_answer(play, kind):
    """
    The fault is played once, as it should look, executed or not; the next call is answered truly.
    """
    status, part, published = ANSWERED[kind]
    async with play(faults=[HardFault(kind=kind, nth=1, lock=False)]) as caller:
        (seen_status, body), seen_published = await outcome(caller)
        after = await caller.publish("7", headers={"Cookie": "of=somebody else"})

    assert (status, published, 200) == (seen_status, seen_published, after.status)
    assert part in body
    assert (kind == "huge_body") is (len(body) > 1024 * 1024)


@pytest.mark.parametrize("kind", KINDS)
async def test_shipped_faults_are_played_without_the_hard_ones(play, kind):
    """
    What a person can rehearse looks as it does to the tests, and is told in the help.
    """
    async with play(shipped=True, faults=[Fault(kind=kind, nth=1)]) as caller:
        seen, published = await outcome(caller, patience=0.15 if "timeout" in kind else 5)
        played = caller.sandbox.stats()["faults"]

    assert {kind: 1} == played
    assert kind in shipped_faults.__doc__
    if kind in UNANSWERED:
        assert UNANSWERED[kind] == (seen, published)
    else:
        status, part, expected = ANSWERED[kind]
        assert (status, expected, True) == (seen[0], published, part in seen[1])


@pytest.mark.parametrize("kind", UNANSWERED)
async def test_faults_that_lose_the_answer(play, kind, caplog):
    """
    The caller sees a broken or silent connection, and the course is published or not, as the kind says.
    """
    async with play(faults=[HardFault(kind=kind, nth=1)]) as caller:
        seen = await outcome(caller, patience=0.15 if UNANSWERED[kind][0] == "TimeoutError" else 5)
        after = await caller.publish("7")

    assert (UNANSWERED[kind], 200) == (seen, after.status)
    assert [] == caplog.messages


@pytest.mark.parametrize("kind", ["late", "late_reset"])
async def test_a_late_call_is_executed_after_its_caller_has_gone(play, kind):
    """
    The call arrives when the caller has long given up; it is counted then, and executed then.
    """
    async with play(faults=[HardFault(kind=kind, nth=1, seconds=30)], speed=100) as caller:
        before = await outcome(caller, patience=0.05)
        while not caller.sandbox.stats()["arrived_late"]:
            await caller.read("0")
        stats = caller.sandbox.stats()
        [arrived] = [each for each in caller.sandbox.requests() if each["operation"] == "publish"]

    assert (0, 1, 1) == (before[1], stats["courses"][COURSE]["published"], stats["arrived_late"])
    assert arrived["arrived_at"] - arrived["received_at"] >= 29.9


async def test_hanging_up_does_not_call_back(play):
    """
    A call that has come in arrives and is executed, although its caller has gone before.
    """
    async with play(latency_seconds=0.3) as caller:
        seen, _ = await outcome(caller, patience=0.05)
        while not caller.sandbox.stats()["courses"]:
            await caller.call("GET", "/_sandbox/stats")
        stats = caller.sandbox.stats()

    assert ("TimeoutError", 1) == (seen, stats["courses"][COURSE]["published"])


async def test_executing_is_a_choice_of_its_own(play):
    """
    A status can hide a success, and an unreadable answer a course that was never published.
    """
    async with play(faults=[HardFault(kind="500", executed=True, nth=1)]) as caller:
        hidden = await outcome(caller)
    async with play(faults=[HardFault(kind="garbage", executed=False, nth=1)]) as caller:
        nothing = await outcome(caller)

    assert ((500, 1), (200, 0)) == ((hidden[0][0], hidden[1]), (nothing[0][0], nothing[1]))


@pytest.mark.parametrize(("envelope", "status"), list(product(ENVELOPES, [200, 400])))
async def test_each_envelope(play, envelope, status):
    """
    An error comes in the chosen envelope with the chosen status.
    """
    fault = HardFault(kind="error", status=status, envelope=envelope, code="7012", message="No")
    expected = {
        "flat": {"code": "7012", "message": "No"},
        "response": {"response": {"status": 1, "errors": {"code": 7012, "message": "No"}}},
        "response_list": {"response": {"status": 1, "errors": [{"code": 7012, "message": "No"}]}},
        "error": {"error": {"status_code": status, "title": "7012", "details": {"message": "No"}}},
        "list": [{"errorcode": 7012, "message": "No"}],
        "v2": {"error": {"code": 7012, "message": "No"}},
        "result": {"response": {"result": {"code": "7012"}, "status": 0}},
    }
    async with play(faults=[fault]) as caller:
        answer = await caller.publish()

    assert (status, expected[envelope]) == (answer.status, answer.json)


async def test_any_answer_can_be_cut(play):
    """
    Of a refusal for the limit so many bytes arrive, and then the connection ends.
    """
    fault = HardFault(kind="throttle", shape="400_rolling", cut_bytes=40)
    async with (
        play(faults=[fault]) as caller,
        caller.session.post(f"{caller.sandbox.url}/api/v1/courses/1/publish", headers=TOKEN) as answer,
    ):
        length, came = answer.content_length, bytearray()
        with contextlib.suppress(aiohttp.ClientPayloadError):
            while chunk := await answer.content.readany():
                came += chunk

    assert (400, 40, True) == (answer.status, len(came), length > 100)


@pytest.mark.parametrize(
    ("packed", "encoding", "unpacks"),
    [("gzip", "gzip", True), ("gzip_cut", "gzip", False), ("gzip_broken", "gzip", False), ("br", "br", False)],
)
async def test_any_answer_can_be_packed(play, packed, encoding, unpacks):
    """
    Asked for or not, whole, cut, broken or unreadable: every byte that was promised comes.
    """
    async with play(faults=[HardFault(kind="404", packed=packed)]) as caller:
        answer = await caller.publish(raw=True)

    assert (404, encoding) == (answer.status, answer.headers["Content-Encoding"])
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS + 16)
    told = b""
    with contextlib.suppress(zlib.error):
        told = unpacker.decompress(answer.body)
    assert unpacks is (unpacker.eof and b"Not found" in told)


async def test_scheduler_publishes_behind_the_reading(play):
    """
    A batch is read as drafted, and is published by Zoho itself before anybody can act on it.
    """
    async with play(faults=[HardFault(kind="scheduler", on="read", nth=1)]) as caller:
        states = [(await caller.read("1/batches/2")).json["batch"]["publishStatus"] for _ in range(2)]
        stats = caller.sandbox.stats()

    assert (["drafted", "published"], 0) == (states, stats["published"])


@pytest.mark.parametrize("shape", THROTTLE_SHAPES)
async def test_a_throttle_fault_locks_the_account(play, shape):
    """
    A throttle out of the plan starts a real lock, although the caller kept to the limit.
    """
    async with play(faults=[HardFault(kind="throttle", shape=shape, nth=2)], throttle_shape=shape) as caller:
        answers = [await caller.publish(str(number)) for number in range(3)]
        stats = caller.sandbox.stats()

    assert (1, 1, 1) == (stats["locks"], stats["calls_during_lock"], stats["published"])
    assert answers[1].status == answers[2].status


async def test_expired_tokens_need_a_refresh(play):
    """
    After expire_tokens the token of the call is refused for good, and a new one is let in.
    """
    async with play(faults=[HardFault(kind="expire_tokens", nth=2)]) as caller:
        statuses = [(await caller.publish(str(number))).status for number in range(3)]
        token = (await caller.token())["access_token"]
        renewed = await caller.publish(headers={"Authorization": f"Zoho-oauthtoken {token}"})

    assert ([200, 401, 401], 200) == (statuses, renewed.status)


async def test_faults_of_the_token_endpoint(play):
    """
    A rule for tokens meets token calls alone.
    """
    async with play(faults=[HardFault(kind="invalid_code", on="token", nth=2)]) as caller:
        published = (await caller.publish()).status
        errors = [(await caller.token()).get("error") for _ in range(3)]

    assert (200, [None, "invalid_code", None]) == (published, errors)


async def test_a_silence_may_end(play):
    """
    A time-out with seconds ends in a reset after them.
    """
    async with play(faults=[HardFault(kind="timeout_after", seconds=1)], speed=50) as caller:
        seen, published = await outcome(caller)

    assert ("ClientOSError", 1) == (seen, published)


async def test_closing_does_not_wait_for_hanging_calls(play):
    """
    With calls hanging in every way the sandbox closes at once (0.1 s on a quiet machine).
    """
    kinds = ["timeout_before", "timeout_after", "half_open", "late", "late_reset", "slow_body"]
    faults = [HardFault(kind=kind, course=str(number)) for number, kind in enumerate(kinds)]
    async with play(faults=faults, latency_seconds=0.01) as caller:
        calls = [asyncio.ensure_future(caller.publish(str(number))) for number in range(len(kinds))]
        while caller.sandbox.stats()["arrivals"]["publish"] < 4:
            await caller.read("0")
        began_at = asyncio.get_running_loop().time()
        await caller.sandbox.__aexit__(None, None, None)
        took = asyncio.get_running_loop().time() - began_at
        ends = await asyncio.gather(*calls, return_exceptions=True)

    assert took < 0.5
    assert all(isinstance(end, aiohttp.ClientError) for end in ends)


@given(
    calls=st.lists(st.tuples(st.sampled_from(["publish", "read"]), st.sampled_from("123")), max_size=40),
    nth=st.integers(1, 10),
)
def test_nth_counts_the_calls_that_a_rule_concerns(calls, nth):
    """
    A rule for the n-th publish of a course fires on exactly that call, whatever else goes on.
    """
    plan = FaultPlan([HardFault(kind="500", course="2", nth=nth)])

    fired = [plan.choose(operation, course, 0) is not None for operation, course in calls]

    concerned = [number for number, call in enumerate(calls) if call == ("publish", "2")]
    assert concerned[nth - 1 : nth] == [number for number, yes in enumerate(fired) if yes]


@given(seed=st.integers(), probability=st.floats(0, 1), times=st.integers(0, 5))
def test_chance_repeats_with_its_seed_and_keeps_to_its_times(seed, probability, times):
    """
    The same seed plays the same faults, never more often than allowed.
    """
    fault = HardFault(kind="500", probability=probability, times=times)
    first, second = (
        [plan.choose("publish", "1", 0) is not None for _ in range(50)]
        for plan in (FaultPlan([fault], seed=seed), FaultPlan([fault], seed=seed))
    )

    assert first == second
    assert sum(first) <= times


def test_an_outage_has_a_beginning_and_an_end():
    """
    A rule with from and until fires between them only.
    """
    plan = FaultPlan([HardFault(kind="503", from_seconds=10, until_seconds=20)])

    assert [10, 19] == [now for now in (0, 9, 10, 19, 20, 30) if plan.choose("publish", "1", now)]


def test_a_plan_in_toml_is_what_python_would_write(tmp_path):
    """
    Each table is a rule, its fields typed as TOML types them.
    """
    plan = tmp_path / "plan.toml"
    plan.write_text(
        '[[fault]]\nkind = "reset_after"\nnth = [3, 4]\n'
        '[[fault]]\nkind = "500"\nprobability = 0.5\ncourse = "1"\ntimes = 2\n'
    )

    expected = (
        HardFault(kind="reset_after", nth=[3, 4]),
        HardFault(kind="500", probability=0.5, course="1", times=2),
    )
    assert expected == load_faults(plan)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[fault", "plan.toml: "),
        ("x = 1", "plan.toml: only"),
        ("[[fault]]\nkind = '500'\n[[fault]]\nnth = 1", "plan.toml: fault 2: a table with a kind is wanted"),
        ("[[fault]]\nkind = 'nope'", "plan.toml: fault 1: no such kind: 'nope'; there are 401, 403"),
        ("[[fault]]\nkind = '500'\nnht = 1", "plan.toml: fault 1: no such field: 'nht'"),
        ("[[fault]]\nkind = '500'\nnth = 'x'", "plan.toml: fault 1: nth cannot be 'x'"),
        ("[[fault]]\nkind = '500'\nprobability = 2", "plan.toml: fault 1: probability must be"),
        ("[[fault]]\nkind = 500", "plan.toml: fault 1: kind cannot be 500"),
    ],
)
def test_wrong_plans_are_told_where(tmp_path, text, sentence):
    """
    A wrong plan is refused with a sentence that names the file and the rule.
    """
    path = tmp_path / "plan.toml"
    path.write_text(text)

    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the sentence is looked at below
        load_faults(path)

    assert str(refused.value).startswith(sentence)
