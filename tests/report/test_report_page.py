"""Laws of report.html: it shows every text as text, needs nothing but itself, and draws no more calls than there were."""

import base64
import hashlib
import json
import re
import shutil
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from support.made_runs import BEGAN, NASTY, RUNS, few, make_call, make_november, make_row, make_run

from batchpub.course import Outcome, PlannedSheet
from batchpub.record import LockRecord
from batchpub.report.text import replace_unshowable
from batchpub.report.timeline import Bar, Timeline, count_rolling, draw_timeline, find_peak, thin_out
from batchpub.report.write import FORMATS, write_reports

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = st.lists(st.integers(0, 500).map(float), max_size=60)


def write_page(run):
    return FORMATS["html"](run).decode()


def read_page(run):
    return html.document_fromstring(FORMATS["html"](run))


def read_data(page):
    (data,) = page.xpath("//script[@id='data']")
    return json.loads(data.text)


@few
@given(run=RUNS)
def test_page_holds_every_row_as_it_is(run):
    """
    Whatever the texts are, the page's data has every row, in order, with all its cells.
    """
    data = read_data(read_page(run))

    rows = [dict(zip(data["fields"], values, strict=True)) for values in data["rows"]]

    assert [
        (row.row, row.course_id, row.batch_id, replace_unshowable(row.name), row.outcome.value) for row in run.rows
    ] == [(r["row"], r["course_id"], r["batch_id"], r["name"], data["outcomes"][r["outcome"]]["value"]) for r in rows]
    assert [[replace_unshowable(value) for value in row.values] for row in run.rows] == [r["values"] for r in rows]


@pytest.mark.parametrize("text", NASTY)
def test_no_text_becomes_an_element(text):
    """
    A page with any text in every place has the elements and attributes of a page with a harmless text there.
    """
    shown, plain = (_read_shape(its) for its in (text, "x"))

    assert plain == shown


def _read_shape(text):
    sheets = (PlannedSheet(file=text, sheet=text, headings=("Course ID", text), notes=(text,)),)
    rows = [make_row(n, text=text, outcome=outcome, cell=text, course_id=text) for n, outcome in enumerate(Outcome)]
    page = read_page(make_run(*rows, sheets=sheets, text=text, run=text, portal=text))
    return [(element.tag, sorted(element.attrib)) for element in page.iter()]


def test_policy_allows_only_what_stands_in_the_page():
    """
    The policy names the script and the style by their hashes, forbids all else, and no attribute holds either.
    """
    page = read_page(make_november(60))

    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (script,), (style,) = page.xpath("//script[not(@id)]"), page.xpath("//style")
    hashes = [base64.b64encode(hashlib.sha256(each.text.encode()).digest()).decode() for each in (script, style)]
    assert (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    ) == policy
    assert [] == page.xpath("//*[@style or @src or @onclick or @onload]")
    assert [] == [link for link in page.xpath("//@href") if not link.startswith("#")]


def test_page_without_script_has_every_row_that_needs_somebody():
    """
    Inside noscript stands a table of all of them, worst first.
    """
    page = write_page(make_november(60))

    (hidden,) = re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL)
    outcomes = html.fragment_fromstring(hidden, create_parent=True).xpath(".//td[4]/span/text()")

    assert ["invalid"] * 3 + ["refused"] * 2 + ["not attempted"] == outcomes


def test_page_of_nothing_is_a_page():
    """
    A run without rows, sheets, calls or an end is shown, too.
    """
    page = write_page(make_run(sheets=(), calls=(), locks=(), finished_at=None, exit_code=None))

    assert (True, True) == ("so far: There were no rows." in page, "no end recorded" in page)


@given(SECONDS, st.integers(1, 100))
def test_rolling_counts_are_the_calls_of_the_last_period(seconds, period):
    """
    At every change the count is the number of calls sent within the period that ends there.
    """
    steps = dict(count_rolling(seconds, period))  # the last word on each moment

    assert {moment: sum(moment - period < second <= moment for second in seconds) for moment in steps} == steps


@given(SECONDS, st.integers(1, 100))
def test_peak_is_the_worst_period(seconds, period):
    """
    No stretch of a period holds more calls than the peak.
    """
    worst = max((sum(second <= other < second + period for other in seconds) for second in seconds), default=0)

    assert worst == find_peak(count_rolling(seconds, period))


@given(SECONDS, st.integers(1, 100), st.integers(1, 50))
def test_thinning_keeps_the_peak(seconds, period, columns):
    """
    However few columns a drawing has, its highest is the peak: no excess is thinned away.
    """
    steps = count_rolling(seconds, period)

    assert find_peak(steps) == max(thin_out(steps, 601.0, columns))


def test_timeline_is_calls_against_the_limit_with_the_locks():
    """
    One call of thirty stands for a minute under the limit, and a lock is shaded to its end.
    """
    lock = LockRecord(began_at=BEGAN, ends_at=BEGAN + timedelta(minutes=5), cause="too many")

    drawn = draw_timeline(make_run(calls=(make_call(),), locks=(lock,)))

    assert (
        Timeline(
            publishes="M0 100H0V97.22H121V100H600V100Z",
            reads="",
            limit_y=16.67,
            peak=1,
            ticks=((0, "0"), (20, "1 min"), (40, "2 min"), (60, "3 min"), (80, "4 min"), (100, "5 min")),
            locks=(Bar(left=0, width=100, label="Locked from 08:00:00 to 08:05:00 UTC (Zoho's sign: too many)"),),
            sentence="1 publish call, at most 1 in any 60 seconds (30 are allowed); 1 lock.",
        )
        == drawn
    )


def test_timeline_says_when_the_limit_was_broken():
    """
    31 calls in a minute are told, and drawn above the limit; calls to read are counted apart.
    """
    calls = [make_call(second) for second in range(31)] + [make_call(operation="read")] * 2

    drawn = draw_timeline(make_run(calls=tuple(calls), locks=()))

    assert (
        "31 publish calls, at most 31 in any 60 seconds, MORE than the 30 that are allowed; 2 calls to read a course."
        == drawn.sentence
    )
    assert (31, True) == (drawn.peak, drawn.limit_y > 100 - 100 / 1.2)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=[*quiet, "--disable-sync", "--no-first-run"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a run's page as a person would; say afterwards that it asked for nothing and complained of nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    said, asked = [], []

    def open_page(run):
        (path,) = write_reports(run, tmp_path, ["html"])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        open_page.address = path.as_uri()
        return page

    yield open_page
    context.close()
    assert ([], [open_page.address]) == (said, asked)


def see(page, column):
    return page.locator(f"#body td.{column}").all_inner_texts()


@pytest.mark.slow
def test_browser_searches(opened):
    """
    Every word of the search must be somewhere in the row, in any case; nothing found is said.
    """
    page = opened(make_november(300))

    page.keyboard.press("/")
    page.keyboard.type("AID 478346000019580707")
    found = see(page, "course"), page.locator("#count").inner_text()
    page.keyboard.type("no such thing")

    assert (["478346000019580707"], "1 of 300 rows") == found
    assert "No row fits. Clear the search or choose other outcomes." == page.locator("#body").inner_text()


@pytest.mark.slow
def test_browser_filters_by_outcome(opened):
    """
    Outcomes are chosen by buttons, several at once, or all that need attention together.
    """
    page = opened(make_november(300))
    press = page.locator("#outcomes").get_by_role("button").filter

    press(has_text="invalid").click()
    invalid = set(see(page, "outcome"))
    press(has_text="refused").click()
    both = set(see(page, "outcome"))
    press(has_text="needs attention").click()
    problems = set(see(page, "outcome"))
    press(has_text="all").click()
    page.locator("[data-show=not_attempted]").click()

    assert ({"invalid"}, {"invalid", "refused"}) == (invalid, both)
    assert {"invalid", "refused", "not attempted"} == problems
    assert {"not attempted"} == set(see(page, "outcome"))


@pytest.mark.slow
def test_browser_sorts(opened):
    """
    A heading sorts up, then down, by keyboard too, and says so to a screen reader; ties keep the sheet's order.
    """
    page = opened(make_november(40))

    heading = page.locator("th.name button")
    heading.focus()
    page.keyboard.press("Enter")
    up, said_up = see(page, "name"), page.locator("th.name").get_attribute("aria-sort")
    page.keyboard.press("Enter")
    down, said_down = see(page, "name"), page.locator("th.name").get_attribute("aria-sort")

    assert (sorted(up), sorted(down, reverse=True)) == (up, down)
    assert ("ascending", "descending") == (said_up, said_down)
    places = [int(where[1:]) for where in see(page, "where")]
    assert sorted(places[:8]) == places[:8]


@pytest.mark.slow
def test_browser_shows_ten_thousand_rows(opened):
    """
    10,000 rows are there at once, a page of them drawn; the last page has the last row; paper has all that fit.
    """
    page = opened(make_november(10_000))

    told = page.locator("#count").inner_text()
    page.locator("#last").click()
    last = see(page, "where")
    page.locator("#find").fill("steps")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")

    assert ("10,000 rows; 1 to 50 are shown", "B10001", 50) == (told, last[-1], len(last))
    assert 2_000 == page.locator("#body tr").count()


@pytest.mark.slow
def test_browser_shows_details_of_a_row(opened):
    """
    The person's own cells of a row are one press away.
    """
    page = opened(make_november(5))

    page.get_by_role("button", name="Details of B3").click()

    assert (
        "Course name\nFirst Aid Basics\nCourse ID\n478346000019580007\nNotify\nno\nRow\n3"
        in page.locator("dl").inner_text()
    )


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("rows", [0, 3, 300])
def test_browser_needs_no_scrolling_sideways(opened, width, rows):
    """
    On a phone as on a desk the page is no wider than the window, whatever stands in the cells.
    """
    long = make_row(0, text="W" * 2_000)
    run = make_november(rows) if rows else make_run(long, stop_reason="W" * 500, resume_command="W" * 500)

    page = opened(run)
    page.set_viewport_size({"width": width, "height": 800})

    assert width >= page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.slow
def test_browser_runs_nothing_from_a_cell(opened):
    """
    Texts with markup in them are shown letter for letter, and none of them runs.
    """
    page = opened(make_run(*(make_row(n, text=text) for n, text in enumerate(NASTY))))

    names = page.locator("#body td.name bdi").all_text_contents()

    assert [replace_unshowable(text) for text in NASTY] == names
    assert 2 == page.evaluate("document.scripts.length")


@pytest.mark.slow
def test_browser_refuses_a_smuggled_script(browser, tmp_path):
    """
    Even a script that got into the page does not run: the policy forbids it.
    """
    (path,) = write_reports(make_run(make_row()), tmp_path, ["html"])
    path.write_text(path.read_text("utf-8").replace("</main>", "<script>window.ran = 1</script></main>"), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())

    ran = page.evaluate("window.ran")
    page.close()

    assert ran is None
