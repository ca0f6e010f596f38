"""The page in a real browser: nothing sticks out at any width, paper breaks where it should, axe finds nothing.

Needs Chromium on the machine (Debian: `apt-get install chromium`); nothing is downloaded. Where there is none, these
tests are skipped and say so; `.ci/run` installs it, and takes a skip for a failure.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab
from pypdf import PdfReader

from report.pages import screened, screened_record
from report.test_hostile_records import a_record
from screener.report.html import html_page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to show the page in")

EXAMPLES = ("score-with-two-readings", "results-beyond-the-assay")
WIDTHS = {"1280 px": 1280, "360 px": 360, "200 % zoom on 1280 px": 640}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # In a container everybody is root, for whom Chromium's sandbox does not start. The page is our own.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages as files: of one patient, of two, of one of whom much lies ahead, and of one whose record is hostile."""
    folder = tmp_path_factory.mktemp("pages")
    screenings = {
        "one": [screened(EXAMPLES[0], "NCT07409259")],
        "two": [screened(name, "NCT07409259") for name in EXAMPLES],
        "ahead": [screened("bleeding-and-kidney-injury-in-mg-dl")],
        "hostile": [screened_record(a_record("W" * 400 + "<script>document.title='taken'</script>\u202e"))],
    }
    for name, those in screenings.items():
        (folder / f"{name}.html").write_text(html_page(those), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in screenings}


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    tab = browser.new_page()
    yield tab
    tab.close()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("name", ["one", "two", "ahead", "hostile"])
def test_nothing_sticks_out_to_the_right(name: str, width: int, tab: Tab, files: dict[str, Path]) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto(files[name].as_uri())
    wide, room = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room
    outside = """[...document.querySelectorAll('main *')].filter(each =>
        !each.closest('.wide') && each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    ).map(each => each.tagName + '.' + each.className)"""
    assert tab.evaluate(outside) == []


@pytest.mark.parametrize("name", ["two", "hostile"])
def test_the_browser_asks_for_nothing_else_and_complains_of_nothing(
    name: str, tab: Tab, files: dict[str, Path]
) -> None:
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(files[name].as_uri())
    assert asked == [files[name].as_uri()]
    assert said == []
    assert "taken" not in tab.title()[:10]
    # The style sheets are allowed by the page's own policy: without them the body would be as wide as the window.
    assert tab.evaluate("getComputedStyle(document.body).maxWidth") != "none"


@pytest.mark.parametrize(("name", "scheme"), [("two", "light"), ("one", "dark"), ("ahead", "light")])
def test_axe_finds_nothing_to_complain_about(name: str, scheme: str, browser: Browser, files: dict[str, Path]) -> None:
    tab = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    tab.goto(files[name].as_uri())
    found = Axe().run(tab)
    tab.close()
    assert found.response["passes"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_paper_has_feet_and_no_heading_stands_alone_at_the_end_of_a_page(
    paper: str, tab: Tab, files: dict[str, Path]
) -> None:
    tab.goto(files["two"].as_uri())
    headings = set(tab.evaluate("[...document.querySelectorAll('h2, h3, h4, caption')].map(h => h.innerText.trim())"))
    sheets = printed(tab, paper)
    assert len(sheets) > 6
    for number, (foot, *body) in enumerate(sheets, start=1):
        assert foot.startswith(f"{number} / {len(sheets)}")
        assert number == 1 or "Patient example: " in foot  # the first is the list of contents
        assert body[-1] not in headings, f"sheet {number} ends with a heading"
        assert not re.fullmatch(r"[IE]\d+|F\.\w+|\d+ (?:FAILED|OPEN|PASSED)", body[-1])
    openings = [body[0] for _, *body in sheets]
    assert sum(line.startswith("Patient ") for line in openings) == len(EXAMPLES)
    assert sum(line == "Questions for people" for line in openings) == len(EXAMPLES)


def test_on_paper_the_first_sheet_goes_on_with_how_far_each_trial_is(tab: Tab, files: dict[str, Path]) -> None:
    # A row that is tied to the next ones would take them all to the second sheet, and leave half of the first empty.
    tab.goto(files["ahead"].as_uri())
    first, second, *_ = printed(tab, "A4")
    assert {"What to find out next", "How far from each trial"} <= set(first)
    assert "What changes by itself" in second


def printed(tab: Tab, paper: str) -> list[list[str]]:
    """The sheets of a page printed on that paper, line by line; the foot is one line, and comes first."""
    sheets = PdfReader(io.BytesIO(tab.pdf(format=paper))).pages
    return [[line.strip() for line in sheet.extract_text().splitlines() if line.strip()] for sheet in sheets]


def test_tables_that_go_on_repeat_their_heads_on_paper(tab: Tab, files: dict[str, Path]) -> None:
    tab.goto(files["one"].as_uri())
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
