"""The page of a sheet: what stands on it, what lies behind it, and that no record can change what it is made of."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from msgspec.structs import replace

from report.pages import Page, screened, screened_record, words
from report.test_hostile_records import HOSTILE, a_record, skeleton
from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.questionnaire import answers_in
from screener.report.sheet_page import after_clean_chart, choices_of, lines_waiting, page
from screener.screening import Screening
from screener.sheet.making import sheet_of
from screener.sheet.model import (
    Action,
    ActionGroup,
    Counts,
    Dates,
    Doubt,
    Earlier,
    KeyResult,
    KeyScore,
    Line,
    OpenEntry,
    Review,
    ReviewGroup,
    ReviewItem,
    Sheet,
    State,
)


@cache
def example(name: str) -> Page:
    return Page(page([sheet_of(screened(name))], [screened(name)]))


def not_written() -> Page:
    """The hardest of the examples: 52 lines are open, and most of them wait for what nobody writes down."""
    return example("negatives-not-written-down")


def written_out() -> tuple[Sheet, Screening]:
    """A sheet with every kind of cell and state that these tests look at."""
    screening = screened("alcoholic-hepatitis-with-ascites")
    day, good = date(2026, 2, 19), date(2026, 2, 26)
    results: tuple[KeyResult | KeyScore, ...] = (
        KeyResult(
            *("TBil", "Bilirubin", "7.9", "mg/dL", "135 umol/L", "6.6 x ULN"),
            day=day,
            good_to=good,
            earlier=(Earlier("5.3", date(2025, 12, 5)), Earlier("6.8", date(2026, 2, 12))),
        ),
        KeyResult("INR", "INR", "25.3", day=day, good_to=good, check="a time in seconds?"),
        KeyResult("creatinine", "Creatinine", "0.8", day=date(2026, 2, 1), good_to=date(2026, 2, 8), is_stale=True),
        KeyScore("MELD", "MELD", 20, 20, "20", day, check="INR 25.3", without="17 to 40"),
        KeyScore("COSSH_ACLF_II", "COSSH-ACLF II", missing="HE grade, neutrophil count, mean arterial pressure, urea"),
    )
    states = {
        "NCT05985863": State("all met", "All criteria met", "17 of 17. The investigator confirms and signs."),
        "NCT06242405": State("check", "Check INR first", "Ruled out only if INR 25.3 is right."),
        "NCT07409259": State("ruled out today", "Ruled out today", "A new result could change it."),
        "NCT03863002": State("ruled out", "Ruled out", "For good."),
    }
    sheet = sheet_of(screening)
    made = {row.id: row for row in sheet.trials}
    rows_ = [replace(made[name], state=state, dates=Dates(), consent="") for name, state in states.items()]
    dates = Dates(good, date(2026, 2, 27), text="good to 26 Feb; closes after 27 Feb")
    rows_[0] = replace(rows_[0], dates=dates, consent="recorded 9 Feb", counts=Counts())
    actions = (
        ActionGroup("check", "Check first", (Action("INR 25.3 against the print", tuple(states), ()),)),
        ActionGroup(
            "measure",
            "Measure or examine",
            tuple(Action(text, ("NCT06242405",), ()) for text in ("Urea", "Albumin")),
        ),
        ActionGroup(
            "investigator", "Investigator decides", (Action("Sign 5863", ("NCT05985863",), (), by=date(2026, 2, 25)),)
        ),
    )
    doubt = Doubt("INR 25.3 of 19 Feb: is it a prothrombin time in seconds?", ("NCT05985863",), "(decides 5863)")
    return replace(sheet, results=results, trials=tuple(rows_), actions=actions, check_first=(doubt,)), screening


@cache
def hepatitis() -> Page:
    sheet, screening = written_out()
    return Page(page([sheet], [screening]))


def rows(table: Element) -> list[list[str]]:
    return [[words(cell) for cell in row] for body in table.iter("tbody") for row in body]


# ---- safe to open


def test_it_loads_nothing_and_its_policy_allows_its_own_style_and_script_alone() -> None:
    for made, scripted in ((not_written(), 1), (example("score-with-two-readings"), 1)):
        [policy] = [m.get("content", "") for m in made.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
        scripts = [each for each in made.all("script") if each.get("type") is None]
        assert len(scripts) == scripted
        assert policy == (
            f"default-src 'none'; style-src {digests(made.all('style'))}; script-src {digests(scripts)}; "
            "base-uri 'none'; form-action 'none'"
        )
        for element in made.elements():
            assert not {"src", "srcset", "style", "action"} & element.attrib.keys()
            assert not any(name.startswith("on") for name in element.attrib)
            assert element.get("href", "#").startswith("#")


def digests(elements: list[Element]) -> str:
    told = [base64.b64encode(hashlib.sha256((each.text or "").encode()).digest()).decode() for each in elements]
    return " ".join(f"'sha256-{each}'" for each in told)


def test_a_page_without_a_chart_to_review_has_no_script() -> None:
    sheet, screening = written_out()
    made = Page(page([replace(sheet, review=Review())], [screening]))
    assert made.all("script") == made.all("form") == []
    assert "script-src" not in made.text


def hostile(text: str) -> tuple[Sheet, Screening]:
    """A sheet that has the text wherever a record's own text can reach."""
    screening = screened_record(a_record(text), trials=["NCT07409259"])
    sheet = sheet_of(screening)
    item = ReviewItem("malignancy", "Malignancy", "conditions", "ever", "ever", ("NCT07409259",), ())
    review = replace(
        sheet.review,
        groups=(ReviewGroup("Cancer", (item,), ("NCT07409259",), "malignancy"),),
        entries=(OpenEntry(text, text, text, ("malignancy",), ()),),
    )
    return replace(sheet, review=review, notes=(text,), patient=replace(sheet.patient, text=text, born=text)), screening


@pytest.mark.parametrize("text", [" ".join(HOSTILE), "</script><img onerror=alert(x) src=x>"], ids=["all", "a script"])
def test_markup_in_a_record_is_shown_and_not_obeyed(text: str) -> None:
    made, plain = (Page(page(*([each] for each in hostile(each)))) for each in (text, re.sub(r"[^\w,;]", "-", text)))
    assert skeleton(made) == skeleton(plain)
    assert text in words(made.all("h1")[0])
    [kept] = [each for each in made.all("script") if each.get("type") is not None]
    assert json.loads(kept.text or "")["patient"] == text


def test_what_cannot_be_seen_is_escaped() -> None:
    made = page(*([each] for each in hostile("a\u202eb\x00c")))
    assert not {"\u202e", "\x00"} & set(made)
    assert "a\\u202eb\\x00c" in made


# ---- the sheet


def test_the_head_says_who_this_is_what_is_next_and_what_to_check() -> None:
    text = words(not_written().all("header", class_="head")[0])
    assert "Woman, 42. Chronic hepatitis B (2008); liver failure since 30 Jan (11 days). Born 26 Mar 1983." in text
    assert "Pre-screening sheet as of Tue 10 Feb 2026" in text
    assert "Next: one chart review." in words(not_written().root)
    frames = [words(each) for each in hepatitis().all("p", class_="frame")]
    assert "Check first: INR 25.3 of 19 Feb: is it a prothrombin time in seconds? (decides 5863)" in frames


def test_each_key_result_has_its_day_its_last_good_day_and_its_doubt() -> None:
    [strip] = hepatitis().all("dl", class_="state")
    assert [words(each) for each in strip] == [
        "Bilirubin 7.9 mg/dL 135 umol/L, 6.6 x ULN 19 Feb, to 26 Feb 5.3 → 6.8 → 7.9",
        "INR check 25.3 ? a time in seconds? 19 Feb",
        "Creatinine 0.8 1 Feb, too old after 8 Feb",
        "MELD check 20 ? INR 25.3 without it 17 to 40 from 19 Feb",
        "COSSH-ACLF II – not known: HE grade, neutrophil count and 2 more",
    ]
    assert ["check" in (each.get("class") or "") for each in strip] == [False, True, False, True, False]


def test_the_trials_stand_with_their_state_and_the_share_of_lines_that_are_met() -> None:
    [table] = hepatitis().all("table", class_="trials")
    classes = [row.get("class") for body in table.iter("tbody") for row in body]
    assert classes == ["all-met", "check", "ruled-out-today", "ruled-out"]
    assert [row[0] for row in rows(table)] == [
        "All criteria met 17 of 17. The investigator confirms and signs.",
        "Check INR first Ruled out only if INR 25.3 is right. 9 of 14 met.",
        "Ruled out today A new result could change it. 7 of 12 met.",
        "Ruled out For good. 16 of 23 met.",
    ]
    assert rows(table)[0][3] == "Consent recorded 9 Feb (answered by the patient) good to 26 Feb; closes after 27 Feb"


def test_a_thing_to_do_stands_once_with_a_dot_for_each_trial() -> None:
    [table] = hepatitis().all("table", class_="to-do")
    heads = [words(each) for each in table.iter("th") if each.get("scope") == "col"]
    assert heads == ["What", "5863", "2405", "9259", "3002", "Initials, date"]
    dots = {
        words(row[0]): [each.get("aria-label") for each in row.iter("span") if each.get("class") == "dot"]
        for body in table.iter("tbody")
        for row in body
        if len(row) > 1
    }
    assert dots == {
        "INR 25.3 against the print": [f"counts for {name}" for name in ("NCT05985863", "NCT06242405", *OTHERS)],
        "Urea Albumin": ["counts for NCT06242405"],
        "Sign 5863 by 25 Feb": ["counts for NCT05985863"],
    }


OTHERS = ("NCT07409259", "NCT03863002")


def test_the_chart_review_stands_on_the_sheet_with_what_it_settles() -> None:
    review = sheet_of(screened("negatives-not-written-down")).review
    [table] = not_written().all("table", class_="to-do")
    text = words(table)
    assert f"If it finds nothing, it settles {review.settles} of the {review.open} open lines." in text
    assert all(f"{group.title}{group.text}" in text.replace(f"{group.title} ", group.title) for group in review.groups)


def test_a_review_that_waits_is_one_row_of_the_sheet() -> None:
    sheet, screening = sheet_of(screened("negatives-not-written-down")), screened("negatives-not-written-down")
    waiting = replace(sheet, review=replace(sheet.review, waits=True))
    [table] = Page(page([waiting], [screening])).all("table", class_="to-do")
    items = sum(len(group.items) for group in sheet.review.groups)
    told = f"One chart review, {items} things to look for later, once the results speak for a trial; "
    assert f"{told}the list is behind the sheet" in words(table)
    assert "myocardial infarction" not in words(table)


def test_many_trials_are_listed_by_their_labels() -> None:
    sheet, screening = written_out()
    many = tuple(replace(sheet.trials[0], label=f"{number:04}") for number in range(9))
    made = Page(page([replace(sheet, trials=many, checklists=())], [screening]))
    assert [words(each) for each in made.all("th", class_="tag")] == ["Trials"]


# ---- behind it


@pytest.mark.parametrize("name", ["alcoholic-hepatitis-with-ascites", "negatives-not-written-down"])
def test_a_checklist_has_every_line_boxes_for_people_and_consent_apart(name: str) -> None:
    made, sheet = example(name), sheet_of(screened(name))
    folds = made.all("details", class_="checklist")
    assert len(folds) == len(sheet.checklists)
    for fold, checklist in zip(folds, sheet.checklists, strict=True):
        told = [row for table in fold.iter("table") for row in rows(table)]
        lines = (*checklist.inclusion, *checklist.exclusion)
        assert [row[0] for row in told] == [each.id for each in lines]
        for row, line in zip(told, lines, strict=True):
            assert row[2].startswith(f"✕ {line.on_record}" if line.is_against else line.on_record)
            assert row[4:] == ["Yes No", ""]
        text = words(fold)
        assert "signed on the consent form, not here" in text
        assert not re.search(r"[Ss]ignature of the (patient|participant)", text)
        assert text.count("Name, signature") == 1


# ---- the chart review


def review_of(made: Page) -> dict[str, Any]:
    [kept] = [each for each in made.all("script") if each.get("type") == "application/json"]
    written: dict[str, Any] = json.loads(kept.text or "")
    return written


def test_the_form_begins_as_a_file_that_says_nothing() -> None:
    written = review_of(not_written())
    [given] = answers_in(written, Dictionary(load_rules()))
    assert given.review.absences == given.review.found == given.review.settled == ()
    assert given.subject.id == "example: negatives not written down"


def test_every_item_and_entry_of_the_file_has_its_place_in_the_form() -> None:
    sheet = sheet_of(screened("one-kilogram-too-light"))
    made = example("one-kilogram-too-light")
    written = review_of(made)
    ticks = {(each.get("data-group"), each.get("data-item")) for each in made.all("input") if each.get("data-item")}
    assert ticks == {
        (str(group), str(item)) for group, those in enumerate(written["groups"]) for item in range(len(those["items"]))
    }
    choices = [[each.get("value") for each in select] for select in made.all("select")]
    assert choices == [["", *(f"is {name}" for name in each.may_be), "none"] for each in sheet.review.entries]


def test_without_a_script_the_form_says_how_to_do_it_all_the_same() -> None:
    [said] = not_written().all("noscript")
    assert "screen review -o review.json PATIENT" in words(said)
    assert all(each.get("hidden") is not None for each in not_written().all("p", class_="save"))


def test_a_record_without_an_id_can_have_no_review() -> None:
    screening = screened_record({"sex": "female", "birth_date": "1980-01-01", "as_of": "2026-02-20"})
    made = Page(page([sheet_of(screening)], [screening]))
    assert "no review is about this patient" in words(made.all("form")[0])
    assert made.all("button") == []


# ---- several patients


def test_several_patients_each_begin_a_sheet_under_a_list_of_contents() -> None:
    names = ("score-with-two-readings", "results-beyond-the-assay")
    screenings = [screened(name) for name in names]
    made = Page(page([sheet_of(each) for each in screenings], screenings))
    [contents] = made.all("nav")
    assert [each.get("href") for each in contents.iter("a")] == ["#p1", "#p2"]
    assert [each.get("id") for each in made.all("article")] == ["p1", "p2"]
    anchors = [each.get("id") for each in made.elements() if each.get("id")]
    assert len(anchors) == len(set(anchors))


def test_what_is_left_after_a_clean_chart_stands_where_the_row_does_not_say_it() -> None:
    rows = {row.id: row for row in sheet_of(screened("negatives-not-written-down")).trials}
    told = {name: after_clean_chart(row) for name, row in rows.items()}
    assert told["NCT07409259"] == "all criteria met", "the row says 1 chart review, and nothing else is left"
    assert (rows["NCT06242405"].left, told["NCT06242405"]) == ("1 chart review, 3 judgements, consent", "")
    text = words(next(iter(not_written().root.iter("table"))))
    assert text.count("After a clean chart") == sum(map(bool, told.values()))


def test_many_things_to_choose_from_stand_under_the_headings_of_the_chart_review() -> None:
    rulebook = load_rules()
    few = ["tumor", "sepsis", "any_drug"]
    told = [(each, name) for each, name in [("Allergy to drugs", "any_drug"), ("Benign or malignant tumor", "tumor")]]
    assert choices_of(few, rulebook) == [("", [*told, ("Sepsis", "sepsis")])]
    many = [*few, "shock", "cirrhosis", "malignancy", "eczema", "bleeding", "interferon"]
    grouped = dict(choices_of(many, rulebook))
    assert sum(map(len, grouped.values())) == len(many)
    assert grouped["Cancer"] == [("Benign or malignant tumor", "tumor"), ("Malignancy", "malignancy")]
    assert grouped["Drugs"] == [("Interferon", "interferon")]


def test_the_form_says_which_lines_wait_for_an_entry_and_of_many_how_many() -> None:
    sheet, _ = written_out()
    lines = [Line("NCT05985863", "E2"), Line("NCT05985863", "I2"), Line("NCT07409259", "E1")]
    few, many = (OpenEntry("conditions[0]", "OP 2014", None, ("tumor",), tuple(those)) for those in (lines, lines * 3))
    assert lines_waiting(few, sheet) == "3 lines wait for it: 5863 E2, I2; 9259 E1"
    assert lines_waiting(many, sheet) == "9 lines wait for it"
