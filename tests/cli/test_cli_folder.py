"""A folder of sheets: everything in it that could be a list is read, or named with its sentence; nothing is passed over."""

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.cli import folder as folder_module
from batchpub.cli.files import find_files
from batchpub.cli.folder import ENDINGS, FileKind, classify, list_folder
from batchpub.cli.sheets import take_in
from batchpub.errors import SheetMissing, SheetRefused
from batchpub.settings.fields import Settings

A, B = "478346000019582101", "478346000019582357"


@pytest.fixture
def lists(tmp_path):
    """A folder with one good list."""
    made = tmp_path / "lists"
    made.mkdir()
    (made / "good.csv").write_text(f"Course ID\n{A}\n")
    return made


def add(folder, name, content=f"Course ID\n{B}\n"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusals(folder, **settings):
    with pytest.raises(SheetRefused) as refused:
        take_in(find_files([str(folder)]), Settings(**settings))
    return {one.file.removeprefix(f"{folder}/"): one.message for one in refused.value.each()}


def read_names(folder):
    found, left_out = list_folder(folder)
    return [one.file.removeprefix(f"{folder}/") for one in found], [one.removeprefix(f"{folder}/") for one in left_out]


def test_folder_reads_the_folders_in_it_by_their_names(lists):
    """
    Lists of subfolders are read as well, in the order of their paths.
    """
    add(lists, "june/b.xlsx")
    add(lists, "a/deep/er/c.fods")

    found, left_out = read_names(lists)

    assert (["a/deep/er/c.fods", "good.csv", "june/b.xlsx"], []) == (found, left_out)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("list.numbers", "Numbers"),
        ("list.zip", "zip archive"),
        ("list.docx", "Word document"),
        ("list.pdf", "PDF"),
        ("list.gsheet", "link to Google Sheets"),
        ("list.xlsx.crdownload", "not finished"),
        (".list.xlsx.icloud", "iCloud"),
        ("list.dat", "name it in the command"),
        ("list", "name it in the command"),
        ("list.csv~", "name it in the command"),
        ("june/list.dat", "name it in the command"),
        ("bundle.numbers/Index.zip", "Apple"),
        ("empty.csv", "0 bytes"),
    ],
)
def test_folder_names_what_could_be_a_list_and_is_not_read(lists, name, said):
    """
    A file that could be a list stops the run with a sentence of its own, as a file that was named would.
    """
    parts = {"list.numbers": "Index/Document.iwa", "list.docx": "word/document.xml", "list.zip": "a.csv"}
    path = add(lists, name)
    if name in parts:
        with zipfile.ZipFile(path, "w") as package:
            package.writestr(parts[name], "x")
    if name in ("list.pdf", "empty.csv"):
        path.write_bytes(b"%PDF-1.7" if name == "list.pdf" else b"")

    told = refusals(lists)

    assert [name.removesuffix("/Index.zip")] == list(told)
    assert said in next(iter(told.values()))


@pytest.mark.parametrize(
    "name",
    [
        *("Thumbs.db", "desktop.ini", ".DS_Store", ".gitkeep", "README.md", "readme.txt", "LICENSE", "logo.PNG"),
        *("~$good.xlsx", ".~lock.good.ods#", "state.db", "state.db-wal", "job.toml", "run.log", "._good.csv"),
        *("__MACOSX/x.csv", ".git/config", "batchpub-reports/r1/results.csv"),
    ],
)
def test_folder_leaves_out_what_is_no_list_and_says_so(lists, name):
    """
    What is certainly no list stops nothing; it is named all the same.
    """
    add(lists, name)

    handed = find_files([str(lists)])

    assert [f"{lists}/good.csv"] == [one.file for one in handed.files]
    assert [str(lists / name.split("/")[0])] == [one.rstrip("/") for one in handed.left_out]


def test_folder_leaves_out_reports_of_earlier_runs_whatever_their_folder_is_called(lists):
    """
    Reports are known by what lies in their folder: an earlier run's results are no list.
    """
    for name in ("results.csv", "run_results.json"):
        add(lists, f"out/{name}")

    assert (["good.csv"], ["out/"]) == read_names(lists)


def test_folder_follows_links_and_reads_each_folder_once(lists, tmp_path):
    """
    A link to a folder is read, a loop ends, and a link that leads nowhere is not passed over.
    """
    elsewhere = tmp_path / "elsewhere"
    add(elsewhere, "b.csv")
    (lists / "linked").symlink_to(elsewhere)
    (lists / "again").symlink_to(lists)
    (elsewhere / "back").symlink_to(lists)
    (lists / "gone.csv").symlink_to(tmp_path / "nowhere.csv")

    found, _ = read_names(lists)

    assert ["gone.csv", "good.csv", "linked/b.csv"] == found
    with pytest.raises(SheetMissing, match=r"gone\.csv: There is no such file"):
        take_in(find_files([str(lists)]), Settings())


def test_folder_as_kubernetes_mounts_it(tmp_path):
    """
    A mounted ConfigMap is links to files in a hidden folder: each file is read once.
    """
    add(tmp_path, "..2026_11/a.csv")
    (tmp_path / "..data").symlink_to(tmp_path / "..2026_11")
    (tmp_path / "a.csv").symlink_to(tmp_path / "..data" / "a.csv")

    assert ["a.csv"] == read_names(tmp_path)[0]


def test_folder_with_a_pipe_does_not_wait_for_it(lists):
    """
    What is no file at all is left out.
    """
    os.mkfifo(lists / "pipe.csv")

    assert (["good.csv"], ["pipe.csv"]) == read_names(lists)


def test_folder_has_a_bound(lists, monkeypatch):
    """
    A home directory given by mistake is refused, not read through.
    """
    monkeypatch.setattr(folder_module, "MOST_ENTRIES", 3)
    for number in range(3):
        add(lists, f"{number}/a.csv")

    with pytest.raises(SheetRefused, match="more than 3 files"):
        list_folder(lists)


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1))
def test_folder_classifies_any_name(name):
    """
    Every name has a kind; one that ends as a list does and is not hidden is read.
    """
    shown = f"x{name}"

    assert classify(name) in FileKind
    assert all(classify(f"list {shown}{ending}") is FileKind.SHEET for ending in ENDINGS)


def test_keep_going_reads_the_good_files_and_names_the_others(lists):
    """
    With keep_going the good files are judged; the others stand beside them with their sentences.
    """
    add(lists, "bad.csv", "no heading\n")
    add(lists, "rounded.csv", "Course ID\n" + "".join(f"{int(float(int(A) + n * 977)):d}\n" for n in range(40)))

    intake = take_in(find_files([str(lists)]), Settings(keep_going=True))
    plan = intake.settle({})

    assert [A] == [row.course.course_id for row in plan.to_publish()]
    assert {"", "bad.csv"} <= {Path(sheet.file).name if sheet.refused else "" for sheet in plan.sheets}


def test_keep_going_with_nothing_left_is_refused(tmp_path):
    """
    Where no file can be read there is nothing to go on with.
    """
    add(tmp_path, "bad.csv", "no heading\n")

    assert ["bad.csv"] == list(refusals(tmp_path, keep_going=True))
