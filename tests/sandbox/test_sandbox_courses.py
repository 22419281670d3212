"""What publishing, reading and mailing do, over real HTTP."""

import pytest

from batchpub.sandbox.courses import CourseState, CourseType, KnownCourse, load_courses

COURSE = "219225000000642002"  # more digits than a double holds

KNOWN = {
    course.course_id: course
    for course in (
        KnownCourse(course_id="1", name="Safety"),
        KnownCourse(course_id="2", type=CourseType.BLENDED, batches=("21", "22")),
        KnownCourse(course_id="3", type=CourseType.E_MATERIAL),
        KnownCourse(course_id="4", state=CourseState.DISABLED),
        KnownCourse(course_id="5", error="COURSE_ALREADY_COMPLETED"),
        KnownCourse(course_id="6", state=CourseState.PUBLISHED),
    )
}


async def test_success_is_the_answer_of_the_documentation(play):
    """
    A published course is answered word for word as the documentation shows it.
    """
    async with play() as caller:
        answer = await caller.publish()

    expected = {"code": "200", "course": {"courseId": COURSE, "status": "published"}, "message": "success"}
    assert (200, expected) == (answer.status, answer.json)


@pytest.mark.parametrize(
    ("course", "batch", "notify", "expected"),
    [
        ("1", "", "True", (200, "200")),
        ("2", "21", "False", (200, "200")),
        ("2", "", "True", (400, "UNSUPPORTED_OPERATION_BL_COURSE_PUBLISH_VIA_COURSE_API")),
        ("2", "99", "True", (404, "404")),
        ("3", "", "True", (400, "UNSUPPORTED_OPERATION_EL_COURSE_PUBLISH")),
        ("4", "", "True", (400, "UNSUPPORTED_OPERATION")),
        ("5", "", "True", (400, "COURSE_ALREADY_COMPLETED")),
        ("9", "", "True", (404, "404")),
        ("2.19E+17", "", "True", (400, "INVALID_INPUT")),
        ("1", "", "maybe", (400, "INVALID_INPUT")),
    ],
)
async def test_each_kind_of_course(play, course, batch, notify, expected):
    """
    What cannot be published is refused with the documented code.
    """
    async with play(courses=KNOWN) as caller:
        answer = await caller.publish(course, batch=batch, notify=notify)

    assert expected == (answer.status, answer.json["code"])


async def test_leaving_the_notify_parameter_out_mails_everybody(play):
    """
    Mails go out for True and for nothing at all; the stats tell both, and what was done twice.
    """
    async with play() as caller:
        for course, notify in (("1", "True"), ("2", "False"), ("3", None), ("3", None), ("2", "False")):
            await caller.publish(course, notify=notify)
        stats = caller.sandbox.stats()

    assert {"1": (1, 1), "2": (2, 0), "3": (2, 2)} == {
        course: (record["published"], record["mailed"]) for course, record in stats["courses"].items()
    }
    assert (["2", "3"], ["3"], 2) == (stats["published_twice"], stats["mailed_twice"], stats["without_notify"])


async def test_reading_tells_the_state(play):
    """
    A course is drafted until it is published; batches have their own state.
    """
    async with play(courses=KNOWN) as caller:
        await caller.publish("1")
        await caller.publish("2", batch="21")
        places = ["1", "2?batchId=21", "2?batchId=22", "4", "6"]
        states = [(await caller.read(place)).json["course"]["status"] for place in places]
        batch = (await caller.read("2/batches/21")).json

    assert ["published", "published", "drafted", "disabled", "published"] == states
    assert {"batch", "code", "message"} == set(batch)
    assert {"name", "batchId", "courseId", "publishStatus", "learnersCount"} == set(batch["batch"])
    assert "published" == batch["batch"]["publishStatus"]


async def test_a_batch_may_have_no_page(play):
    """
    Then its course's page knows it.
    """
    async with play(courses=KNOWN, batch_pages=False) as caller:
        page, course = await caller.read("2/batches/21"), await caller.read("2?batchId=21")

    assert (404, 200) == (page.status, course.status)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("status", {"status": "drafted"}),
        ("course.courseStatus", {"courseStatus": "drafted"}),
        ("state", {"state": "drafted"}),
        ("none", {}),
    ],
)
async def test_the_state_is_where_it_is_wanted(play, field, expected):
    """
    Zoho does not document where a read answer has the state, so it can be in each likely place, or nowhere.
    """
    async with play(state_field=field) as caller:
        answer = (await caller.read()).json

    rest = {"code", "course", "message", "courseId", "courseName", "type"}
    assert expected == {name: value for name, value in (answer | answer["course"]).items() if name not in rest}


async def test_publishing_twice_may_be_an_error(play):
    """
    A service that knows better refuses the second publish, and does not mail again.
    """
    async with play(republish_error=True) as caller:
        await caller.publish(notify="True")
        answer = await caller.publish(notify="True")
        stats = caller.sandbox.stats()

    assert (400, "COURSE_ALREADY_PUBLISHED", []) == (answer.status, answer.json["code"], stats["mailed_twice"])


def test_file_of_courses(tmp_path):
    """
    A table with a column of ids, and what else is known of each, names the courses digit for digit.
    """
    path = tmp_path / "c.csv"
    path.write_text(f"id,name,type,batches,state\n{COURSE},Safety,2,21 22,\n\n6,,,,published\n")

    full = KnownCourse(course_id=COURSE, name="Safety", type=CourseType.BLENDED, batches=("21", "22"))
    assert {COURSE: full, "6": KnownCourse(course_id="6", state=CourseState.PUBLISHED)} == load_courses(path)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("c.csv", "id,name\n1,\n,x\n", "c.csv: course 2: an entry with an id is wanted"),
        ("c.csv", "id,state\n1,draft\n", "c.csv: course 1: 'draft' is not a valid CourseState"),
        ("c.csv", "id,nmae\n1,x\n", "c.csv: course 1: no such column: nmae"),
        ("c.txt", "id\n1\n1\n", "c.txt: the same id more than once"),
    ],
)
def test_wrong_files_of_courses_are_told_where(tmp_path, name, text, sentence):
    """
    A wrong file is refused with a sentence that names the file and the entry.
    """
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        load_courses(path)
