"""`check --online` and `publish --verify always` as processes, against a sandbox that knows its courses."""

import json

import pytest

KNOWN = """id,name,state,type,batches
219225000000642002,Fire safety,,,
219225000000642003,First aid 2026,published,,
219225000000642004,Ladders,disabled,,
219225000000642005,Onboarding,,2,219225000000700001
219225000000642006,Handbook,,3,
"""
SHEET = """Course ID,Course Name,Batch ID
219225000000642002,Fire  SAFETY,
219225000000642003,First aid,
219225000000642004,Ladders,
219225000000642005,Onboarding,
219225000000642005,Onboarding,219225000000700001
219225000000642006,Handbook,
219225000000642999,Nobody knows,
219225000000642005,Onboarding,219225000000700001
"""
OUTCOMES = ["to_publish", "already_published", "invalid", "invalid", "to_publish", "invalid", "invalid", "duplicate"]


@pytest.fixture
def zoho(fork_server, tmp_path):
    (tmp_path / "courses.csv").write_text(KNOWN)
    (tmp_path / "s.csv").write_text(SHEET)
    with fork_server.sandbox("--courses", "courses.csv", "--speed", "60", cwd=tmp_path) as url:
        yield url


@pytest.fixture
def batchpub(fork_server):
    def run(tmp_path, url, *arguments, token="1000.canary.token"):
        environ = {"BATCHPUB_API_URL": url, "BATCHPUB_ACCESS_TOKEN": token, "COLUMNS": "80"}
        return fork_server.call(*arguments, "--state", "s.db", cwd=tmp_path, environ=environ)

    return run


def test_check_online_shows_zohos_names_states_and_types(batchpub, tmp_path, zoho):
    """
    Each course is read, nothing is published, and every row has what Zoho says beside what the sheet says.
    """
    told = batchpub(tmp_path, zoho, "check", "s.csv", "--online", "--json")
    shown = batchpub(tmp_path, zoho, "check", "s.csv", "--online")
    rows = json.loads(told.stdout)["rows"]

    assert (1, 1) == (told.returncode, shown.returncode)
    assert OUTCOMES == [row["outcome"] for row in rows]
    assert ("First aid", "First aid 2026", "published", "self-paced") == tuple(
        rows[1][key] for key in ("name", "zoho_name", "zoho_state", "zoho_type")
    )
    assert ["s.csv, row 3: Zoho calls it 'First aid 2026', the sheet 'First aid'."] == json.loads(told.stdout)[
        "warnings"
    ]
    assert max(map(len, shown.stdout.split("\n\n")[0].splitlines())) <= 80
    assert all(word in shown.stdout for word in ("219225000000642005", "/219225000000700001", "e-material", "disabled"))


@pytest.mark.slow
def test_verify_always_finds_the_same_as_part_of_the_run(batchpub, tmp_path, zoho):
    """
    publish --verify always sends the two rows that can be sent, and gives the others check's outcome.
    """
    done = batchpub(
        tmp_path, zoho, "publish", "s.csv", "--verify", "always", "--out", "out", "--report", "json", "--settle", "1"
    )
    rows = json.loads((tmp_path / "out" / "run_results.json").read_text())["rows"]

    assert 1 == done.returncode
    assert [o.replace("to_publish", "published") for o in OUTCOMES] == [row["outcome"] for row in rows]
    again = batchpub(
        tmp_path, zoho, "publish", "s.csv", "--again", "219225000000642005", "--out", "two", "--report", "json"
    )
    rows = json.loads((tmp_path / "two" / "run_results.json").read_text())["rows"]
    assert ("already_published", "published") == (rows[0]["outcome"], rows[4]["outcome"])
    assert 1 == again.returncode


def test_check_online_without_zoho_ends_soon_with_69_and_says_so(batchpub, tmp_path):
    """
    Nobody reads a table of question marks as good news: three courses without an answer end it, for programs as JSON.
    """
    (tmp_path / "s.csv").write_text(
        "Course ID,Course Name\n" + "".join(f"21922500000064{n},\n" for n in range(2002, 2012))
    )

    told = batchpub(tmp_path, "http://127.0.0.1:9", "check", "s.csv", "--online", "--json")
    shown = batchpub(tmp_path, "http://127.0.0.1:9", "check", "s.csv", "--online")

    assert (69, 69) == (told.returncode, shown.returncode)
    assert "could not be read" in json.loads(told.stdout)["error"]["message"]
    assert (True, "") == ("Zoho does not answer" in shown.stderr, shown.stdout)


def test_check_warns_of_a_plan_longer_than_an_access_token(batchpub, tmp_path):
    """
    More than an hour of calls, with an access token only: check says what that means.
    """
    ids = "\n".join(str(219225000000642002 + 137 * n) for n in range(70))
    (tmp_path / "s.csv").write_text(f"Course ID\n{ids}\n")

    told = json.loads(batchpub(tmp_path, "http://127.0.0.1:9", "check", "s.csv", "--json", "--rate", "1").stdout)

    assert 1 == len(told["warnings"])
    assert "BATCHPUB_REFRESH_TOKEN" in told["warnings"][0]
