"""The page in a real browser: nothing sticks out at any width, each part has its paper, axe finds nothing, and a review
that is ticked in it comes back as answers.

Needs Chromium on the machine (Debian: `apt-get install chromium`); nothing is downloaded. Where there is none, these
tests are skipped and say so; `.ci/run` installs it, and takes a skip for a failure.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab
from pypdf import PdfReader

from report.pages import PATIENTS, html_page, screened, screened_record
from report.test_hostile_records import a_record
from screener import evaluate, load_patient, load_rules
from screener.records.dictionary import Dictionary
from screener.records.errors import Unusable
from screener.records.questionnaire import read_answers, with_answers
from screener.report.worklist_page import worklist_page
from screener.screening import Screening
from screener.sheet.again import after_clean_chart
from screener.sheet.making import sheet_of
from screener.sheet.reviewing import asked_of_chart
from screener.sheet.worklist import Choice, Earlier, row_of, worklist_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to show the page in")

OPEN, MANY_OPEN = "one-kilogram-too-light", "negatives-not-written-down"
WIDTHS = (1280, 640, 390)
"""A screen, the same at 200 %, and a phone."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # In a container everybody is root, for whom Chromium's sandbox does not start. The page is our own.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages as files: of one patient, of one of whom most is open, of two, and of one whose record is hostile."""
    folder = tmp_path_factory.mktemp("pages")
    hostile = screened_record(a_record("W" * 400 + "<script>document.title='taken'</script>\u202e"))
    screenings = {
        "one": [screened(OPEN)],
        "open": [screened(MANY_OPEN)],
        "two": [screened("score-with-two-readings", "NCT07409259"), screened(OPEN, "NCT07409259")],
        "hostile": [hostile],
    }
    for name, those in screenings.items():
        (folder / f"{name}.html").write_text(html_page(*those), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in screenings}


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    tab = browser.new_page()
    yield tab
    tab.close()


def unfold(tab: Tab, what: str = "details") -> None:
    tab.evaluate("what => document.querySelectorAll(what).forEach(each => { each.open = true; })", what)


@pytest.mark.parametrize("name", ["open", "two", "hostile"])
def test_nothing_sticks_out_and_the_page_asks_for_nothing_else(name: str, tab: Tab, files: dict[str, Path]) -> None:
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(files[name].as_uri())
    unfold(tab)
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        wide, room = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= room
        outside = """[...document.querySelectorAll('main *')].filter(each => !each.closest('.wide, .unseen') &&
            each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
        ).map(each => each.tagName + '.' + each.className)"""
        assert tab.evaluate(outside) == []
    assert asked == [files[name].as_uri()]
    assert said == []
    assert not tab.title().startswith("taken")
    # The style sheets are allowed by the page's own policy: without them the body would be as wide as the window.
    assert tab.evaluate("getComputedStyle(document.body).maxWidth") != "none"


@pytest.mark.parametrize(("name", "scheme"), [("open", "light"), ("one", "dark")])
def test_axe_finds_nothing_to_complain_about(name: str, scheme: str, browser: Browser, files: dict[str, Path]) -> None:
    tab = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    tab.goto(files[name].as_uri())
    unfold(tab)
    found = Axe().run(tab)
    tab.close()
    assert found.response["passes"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []


@pytest.mark.parametrize("name", ["one", "open"])
def test_on_paper_the_sheet_is_one_page_and_each_checklist_another(name: str, tab: Tab, files: dict[str, Path]) -> None:
    tab.goto(files[name].as_uri())
    [[foot, *sheet]] = printed(tab)
    assert foot.startswith("1 / 1")
    assert any("Investigator, date" in line for line in sheet)
    unfold(tab, "details.checklist")
    sheets = printed(tab)
    headings = [line for _, *body in sheets[1:] for line in body if line.startswith("Eligibility checklist")]
    assert len(sheets) == 1 + len(headings) == 5
    assert all(f"Patient {screened(OPEN if name == 'one' else MANY_OPEN).patient}" in foot for foot, *_ in sheets)


def test_a_crowded_checklist_names_less_and_keeps_its_signature_on_its_page(tab: Tab, tmp_path: Path) -> None:
    """Many entries that nobody could read, and results that cannot be used, in nearly every line."""
    record = {
        "id": "Ω" * 120,
        "as_of": "2026-11-30",
        "birth_date": "1979-05-02",
        "sex": "male",
        "conditions": [
            {"name": "liver_failure", "onset": "2026-11-16", "status": "active"},
            {"name": "cirrhosis", "onset": "2020"},
            *({"text": f"{'unklar ' * 9}{number}", "date": "2023"} for number in range(4)),
        ],
        "medications": [{"name": "apixaban", "start": "2024"}, {"text": "Salbutamol", "start": "2024"}],
        "observations": [{"name": "INR", "value": 1.9, "date": "2026-11-29"}],
    }
    (tmp_path / "page.html").write_text(html_page(screened_record(record)), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    before = len(printed(tab))
    unfold(tab, "details.checklist")
    pages = printed(tab)[before:]
    assert len(pages) == 4
    assert all(any("Name, signature" in line for line in page) for page in pages)


def printed(tab: Tab) -> list[list[str]]:
    """The pages on A4, line by line; the foot comes first."""
    pages = PdfReader(io.BytesIO(tab.pdf(prefer_css_page_size=True))).pages
    told = [[line.strip() for line in page.extract_text().splitlines() if line.strip()] for page in pages]
    return [
        [" ".join([first, *(line for line in rest if "Pre-screening support" in line)]), *rest] for first, *rest in told
    ]


def test_a_review_ticked_in_the_page_settles_what_waited_for_it_and_says_who_reviewed(
    tab: Tab, files: dict[str, Path], tmp_path: Path
) -> None:
    before = screened(MANY_OPEN)
    review = sheet_of(before).review
    tab.goto(files["open"].as_uri())
    unfold(tab, ".review-fold")
    tab.get_by_label("None of these in all").check()
    found = next(item for group in review.groups for item in group.items if item.what == "liver_transplantation")
    row = tab.locator("fieldset li", has_text=found.title).first
    row.get_by_role("textbox").fill("2019")
    assert row.get_by_role("checkbox").is_checked()
    tab.get_by_label("Day of the review").fill(before.as_of.isoformat())
    save = tab.get_by_role("button", name="Save the review")
    save.click()  # without a name it is not saved
    tab.get_by_label("Name or role").fill("N. Meyer, study nurse")
    with tab.expect_download() as saved:
        save.click()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    assert file.name == f"review-example-negatives-not-written-down-{before.as_of}.json"

    after = screened_again(file)
    asked = [(each.list, each.concept.name, each.covers) for each in asked_of_chart(before) if not each.seeks]
    clean, now = statuses(after_clean_chart(before, asked)), statuses(after)
    assert sum(clean[key] != status for key, status in statuses(before).items()) == review.settles
    # The exception fails the lines that waited for it. All others are as after a review that found nothing.
    its_own = {(line.trial, line.id) for line in found.lines}
    assert {key for key, status in now.items() if status == "failed"} == its_own
    assert {key for key in now if now[key] != clean[key]} == its_own
    text = html_page(after)
    assert "Chart reviewed by <bdi>N. Meyer, study nurse, 10 Feb</bdi>" in text
    assert "none found by N. Meyer, study nurse" in text


def test_what_an_entry_is_and_that_it_is_nothing_else_is_one_answer(tab: Tab, tmp_path: Path) -> None:
    record = {"id": "p", "as_of": "2026-02-10", "conditions": [{"text": "St.n. OP 2014"}, {"text": "Knoten"}]}
    before = evaluate(record, load_rules())
    (tmp_path / "page.html").write_text(html_page(before), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    unfold(tab, ".review-fold")
    first = tab.locator(".entries li").first
    rest = first.get_by_role("checkbox")
    assert not rest.is_visible()
    first.locator("select").select_option("is malignancy")
    rest.check()
    tab.get_by_label("Day of the review").fill("2026-02-10")
    tab.get_by_label("Name or role").fill("N. Meyer")
    with tab.expect_download() as saved:
        tab.get_by_role("button", name="Save the review").click()
    saved.value.save_as(tmp_path / "review.json")
    rules = Dictionary(load_rules())
    after = with_answers(before.record, read_answers(tmp_path / "review.json", rules), rules)
    assert after.notes == (
        "not read: Knoten (conditions[1])",
        "conditions[0]: “St.n. OP 2014” is `malignancy`: N. Meyer, 10 Feb 2026",
    )
    assert [each.source for each in sheet_of(evaluate(after, rules.rulebook)).review.entries] == ["conditions[1]"]


def screened_again(file: Path) -> Screening:
    rules = load_rules()
    given = read_answers(file, Dictionary(rules))
    return evaluate(with_answers(load_patient(PATIENTS / f"{MANY_OPEN}.json"), given, Dictionary(rules)), rules)


def statuses(screening: Screening) -> dict[tuple[str, str], str]:
    return {(trial.id, each.id): each.status for trial in screening.trials for each in trial.criteria}


def test_the_index_of_a_worklist_fits_everywhere_and_is_walked_by_keyboard(tab: Tab, tmp_path: Path) -> None:
    named = [(OPEN, "S-002"), (MANY_OPEN, "W" * 400 + "<b>\u202e"), ("score-with-two-readings", "somebody else " * 20)]
    rows = []
    for number, (name, patient) in enumerate(named):
        row = row_of(screened(name), f"{number}.json", page=f"{number}.html")
        assert row is not None
        rows.append(replace(row, patient=patient))
        (tmp_path / f"{number}.html").write_text("<title>a patient</title>", encoding="utf-8")
    before = Earlier("before.csv", (), str)
    worklist = worklist_of(rows, Choice(), [Unusable("x" * 300, "it is empty")], before)
    (tmp_path / "index.html").write_text(worklist_page(worklist), encoding="utf-8")
    tab.goto((tmp_path / "index.html").as_uri())
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(tab).response["violations"] == []
    links = tab.locator(".list a").count()
    assert links == 3
    reached = set()
    for _ in range(10):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.getAttribute('href')"))
    assert {"0.html", "1.html", "2.html", "#unusable"} <= reached
    pages = PdfReader(io.BytesIO(tab.pdf(prefer_css_page_size=True))).pages
    assert len(pages) == 1
    assert "S-002" in pages[0].extract_text()
    tab.locator(".list a").first.press("Enter")
    assert tab.title() == "a patient"
