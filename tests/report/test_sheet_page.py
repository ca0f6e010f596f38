"""The page of a sheet: what stands on it, what lies behind it, and that no record can change what it is made of."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from msgspec.structs import replace

from report.pages import NAMES, Page, flat, screened, screened_record, words
from report.sheets import not_written_down, sheet_of, with_hepatitis_and_ascites
from report.test_hostile_records import HOSTILE, a_record, skeleton
from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.questionnaire import answers_in
from screener.report.sheet_page import page
from screener.screening import Screening
from screener.sheet.model import OpenEntry, ReviewGroup, ReviewItem, Sheet


@cache
def not_written() -> Page:
    sheet, screening = not_written_down()
    return Page(page([sheet], [screening]))


@cache
def hepatitis() -> Page:
    sheet, screening = with_hepatitis_and_ascites()
    return Page(page([sheet], [screening]))


@cache
def example(name: str) -> Page:
    return Page(page([sheet_of(screened(name))], [screened(name)]))


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
    sheet, screening = with_hepatitis_and_ascites()
    made = Page(page([replace(sheet, review=type(sheet.review)())], [screening]))
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


@pytest.mark.parametrize("text", [*HOSTILE, "</script><img onerror=alert(x) src=x>"], ids=lambda text: text[:12])
def test_markup_in_a_record_is_shown_and_not_obeyed(text: str) -> None:
    made, plain = (Page(page(*([each] for each in hostile(each)))) for each in (text, re.sub(r"\W", "-", text)))
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
    frames = [words(each) for each in hepatitis().all("p", class_="frame")]
    assert "Check first: INR 25.3 of 19 Feb: is it a prothrombin time in seconds? It decides 5863." in frames
    assert "Next: investigator confirms and signs the checklist of 5863 by 25 Feb" in words(hepatitis().root)


def test_each_key_result_has_its_day_its_last_good_day_and_its_doubt() -> None:
    [strip] = hepatitis().all("dl", class_="state")
    cells = [words(each) for each in strip]
    assert cells[0] == "Bilirubin 7.9 mg/dL 135 umol/L, 6.6 × ULN 19 Feb, to 26 Feb 5.3 → 6.8 → 7.9"
    assert cells[1] == "INR check 25.3 ? a time in seconds? 19 Feb, to 26 Feb"
    assert "too old after 8 Feb" in cells[2]
    assert cells[4] == "COSSH-ACLF II – HE, neutrophils, urea missing"
    assert ["check" in (each.get("class") or "") for each in strip] == [False, True, False, True, False, False, False]


def test_the_trials_stand_nearest_first_with_their_state_and_share_met() -> None:
    [table] = hepatitis().all("table", class_="trials")
    assert [row.get("class") for body in table.iter("tbody") for row in body] == [
        "all-met",
        "people",
        "ruled-out-today",
        "ruled-out",
    ]
    first, second, *_ = rows(table)
    assert first[0] == "All criteria met The investigator confirms and signs. 17 of 17 met."
    assert second[0].startswith("Only people to ask")
    [other] = not_written().all("table", class_="trials")
    states, dates = ([row[place] for row in rows(other)] for place in (0, 3))
    assert states[0] == "Nothing against so far 2 of 14 met. Left: 1 chart review, 2 judgements, consent."
    assert "After a clean chart: all criteria met" in rows(other)[2][2]
    assert dates[2:] == ["Consent recorded 9 Feb Labs good to 16 Feb", "Closes after 27 Feb: 4 weeks from onset"]


def test_a_thing_to_do_stands_once_with_a_dot_for_each_trial() -> None:
    [table] = not_written().all("table", class_="to-do")
    heads = [words(each) for each in table.iter("th") if each.get("scope") == "col"]
    assert heads == ["What", "2405", "5863", "9259", "3002", "Initials, date"]
    [row] = [row for body in table.iter("tbody") for row in body if "Consent, on each" in words(row)]
    dots = [each.get("aria-label") for each in row.iter("span") if each.get("class") == "dot"]
    assert dots == ["counts for NCT06242405", "counts for NCT05985863", "counts for NCT03863002"]
    assert "If it finds nothing, it settles 41 of the 52 open lines." in words(table)


def test_a_review_that_waits_is_one_row_of_the_sheet() -> None:
    sheet, screening = not_written_down()
    waiting = tuple(replace(each, waits=each.kind == "chart") for each in sheet.actions)
    [table] = Page(page([replace(sheet, actions=waiting)], [screening])).all("table", class_="to-do")
    assert "One chart review, 69 items the list is behind the sheet" in words(table)
    assert "myocardial infarction" not in words(table)


def test_many_trials_are_listed_by_their_labels() -> None:
    sheet, screening = not_written_down()
    [trial] = {row.id: row for row in sheet.trials if row.id == "NCT05985863"}.values()
    many = tuple(replace(trial, label=f"{number:04}") for number in range(9))
    made = Page(page([replace(sheet, trials=many, checklists=())], [screening]))
    heads = [words(each) for each in made.all("th", class_="tag")]
    assert heads == ["Trials"]


# ---- behind it


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_an_answer_rests_on_stands_behind_the_sheet(name: str) -> None:
    made, screening = example(name), screened(name)
    for trial in screening.trials:
        for criterion in trial.criteria:
            section = made.one(f"p1-{trial.id}-{criterion.id}")
            text = words(section)
            assert flat(criterion.text) in text
            assert flat(criterion.rule) in text
            for each in criterion.evidence:
                assert flat(each.source) in text
            for each in criterion.needs if criterion.status == "unknown" else ():
                assert criterion.explanation in text or each.text.split()[-1] in text
    text = words(made.root)
    assert all(flat(note) in text for note in screening.notes)
    assert "How far from each trial" in text
    assert screening.rules in text


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
    sheet = sheet_of(screened("alcoholic-hepatitis-with-ascites"))
    made = example("alcoholic-hepatitis-with-ascites")
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
