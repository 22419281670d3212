"""Folders of lists, as staff fill them month by month: a whole process each."""

import json
from xml.etree import ElementTree as ET

from batchpub.cli.wording import with_flags

HEAD = "Course ID,Course name,Notify\n"


def add(desk, name, *rows, head=HEAD):
    path = desk.folder / "lists" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + "".join(f"{row}\n" for row in rows))


def ids(number):
    return [str(478346000019580117 + n * 137) for n in range(number)]


def events(told):
    return [json.loads(line) for line in told.stderr.read_text().splitlines()]


def test_last_months_list_says_something_else(desk):
    """
    A course that is published is already_published on every list, by check and by publish; only what is open must agree.
    """
    first, second = ids(2)
    desk.serve()
    add(desk, "june.csv", f"{first},Fire,yes")
    june = desk.publish("--yes", sheet="lists", out="june").wait()
    add(desk, "july.csv", f"{first},Fire,", f"{second},Data,")

    check = desk.start("check", "lists", "--state", "s.db", "--json")
    checked = check.wait()
    july = desk.publish(sheet="lists", out="july").wait()

    assert (0, 0, 0) == (june, checked, july)
    told = json.loads(check.stdout.read_text())
    assert ["already_published", "to_publish", "already_published"] == [row["outcome"] for row in told["rows"]]
    assert ["already_published", "published", "already_published"] == desk.outcomes("july")
    assert 2 == desk.stats()["arrivals"]["publish"]


def test_published_again_on_purpose_must_agree(desk):
    """
    With --again a course is open again, and two rows that contradict each other are both refused.
    """
    (course,) = ids(1)
    desk.serve()
    add(desk, "june.csv", f"{course},Fire,no")
    desk.publish(sheet="lists", out="june").wait()
    add(desk, "july.csv", f"{course},Fire,yes")

    desk.publish("--yes", "--again", course, sheet="lists", out="again").wait()

    assert ["invalid", "invalid"] == desk.outcomes("again")
    assert 1 == desk.stats()["arrivals"]["publish"]


def test_a_file_that_is_not_read_stops_the_run_or_is_reported(desk):
    """
    A file of a folder that cannot be read stops the run with 65 and its sentence; with --keep-going the others are published
    and the run still ends with 65, named in every report.
    """
    add(desk, "a.csv", f"{ids(1)[0]},Fire,")
    add(desk, "notes.dat", "x", head="")
    add(desk, "Thumbs.db", head="")
    desk.serve()

    stopped = desk.publish(sheet="lists", out="stopped")
    codes = [stopped.wait()]
    going = desk.publish("--keep-going", "--report", "json,junit,html", sheet="lists", out="going")
    codes.append(going.wait())

    assert [65, 65] == codes
    refused = [line for line in events(stopped) if line["event.action"] == "sheet.refused"]
    assert ["lists/notes.dat"] == [line["batchpub.file"] for line in refused]
    assert ["lists/Thumbs.db"] == events(stopped)[0]["batchpub.left_out"]
    assert 1 == desk.stats()["arrivals"]["publish"]
    assert ["published"] == desk.outcomes("going")
    sheets = json.loads((desk.folder / "going" / "run_results.json").read_text())["sheets"]
    assert ["", refused[0]["error.message"]] == [with_flags(sheet["refused"]) for sheet in sheets]
    assert "lists/notes.dat" in (desk.folder / "going" / "report.html").read_text()
    cases = ET.parse(desk.folder / "going" / "junit.xml").findall(".//testcase[error]")
    assert ["lists/notes.dat"] == [case.get("classname") for case in cases]


def test_check_names_the_files_it_does_not_read(desk):
    """
    `check` names every file that is not read, and those that are no lists.
    """
    add(desk, "a.csv", f"{ids(1)[0]},Fire,")
    add(desk, "b.zip", head="PK\x03\x04")
    add(desk, "logo.png", head="")

    told = desk.start("check", "lists", "--keep-going")
    stopped = desk.start("check", "lists", "--json")

    assert (65, 65) == (told.wait(), stopped.wait())
    shown = told.stdout.read_text()
    assert "Not read: lists/b.zip: " in shown
    assert "lists/logo.png" in shown
    assert "1 course to publish" in shown
    assert ["lists/b.zip"] == [one["file"] for one in json.loads(stopped.stdout.read_text())["refused"]]


def test_check_tells_files_of_one_name_apart(desk):
    """
    Each month's folder has an a.csv: the row that is wrong is named with as much of its path as it takes.
    """
    add(desk, "june/a.csv", f"{ids(1)[0]},Fire,")
    add(desk, "july/a.csv", "478,Data,")

    told = desk.start("check", "lists")
    told.wait()

    assert "july/a.csv A2" in told.stdout.read_text()
