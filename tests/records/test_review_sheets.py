"""A sheet for a review names each entry and its day; a day written otherwise is told how to write it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import evaluate, load_rules
from screener.records import RecordError
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
from screener.records.questionnaire import answers_in, with_answers
from screener.records.reading import read_patient
from screener.report.review import to_review
from screener.values.dates import parse_moment


@cache
def dictionary() -> Dictionary:
    return Dictionary(load_rules())


@pytest.mark.parametrize(
    ("result", "called"),
    [
        ({"name": "HBV DNA", "value": "2.3E7", "unit": "IU/mL"}, "HBV_DNA_load 2.3E7 IU/mL"),
        ({"name": "HBsAg", "value": "positive"}, "HBsAg positive"),
        ({"name": "West Havn", "value": "III"}, "hepatic_encephalopathy_grade III"),
    ],
)
def test_what_a_result_leaves_open_is_called_by_it(result: dict[str, Any], called: str) -> None:
    record = {"as_of": "2026-03-20", "observations": [{**result, "date": "2026-03-18"}]}
    entries = to_review(evaluate(read_patient(record, dictionary())))["entries"]
    shown = {each["source"]: (each["called"], each["dated"]) for each in entries}
    assert shown.get("observations[0]", (called, "2026-03-18")) == (called, "2026-03-18")
    assert all(each["called"] for each in entries)


def signed(on: str, **record: Any) -> Patient:
    review = {"on": on, "by": "nurse", "covers": "ever", "none_of": ["hiv_infection"]}
    return read_patient({"as_of": "2026-03-20", "reviews": [review], **record}, dictionary())


@pytest.mark.parametrize(
    "written", ["20.03.2026", "20 Mar 2026", "03/20/2026", "Fri 20 March 2026", "20. März 2026", "2026年3月20日"]
)
def test_the_day_of_a_review_is_read_as_people_write_it(written: str) -> None:
    (denied,) = signed(written).absences["hiv_infection"]
    assert denied.when == parse_moment("2026-03-20")


def test_the_locale_of_the_record_says_which_day_it_was() -> None:
    (denied,) = signed("02.03.2026", locale="de").absences["hiv_infection"]
    assert denied.when == parse_moment("2026-03-02")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("02/03/2026", "may be 3 Feb 2026 or 2 Mar 2026; write YYYY-MM-DD, or say which comes first"),
        ("last week", "does not say which day it was; write YYYY-MM-DD, YYYY-MM or YYYY"),
        ("20.03.", "has no year; write YYYY-MM-DD, YYYY-MM or YYYY"),
        ("20.13.2026", "is not a date; write YYYY, YYYY-MM or YYYY-MM-DD"),
    ],
)
def test_a_day_of_a_review_that_nobody_can_tell_is_told_with_its_mend(written: str, told: str) -> None:
    patient = signed(written)
    assert "hiv_infection" not in patient.absences
    assert any(note.startswith(f"check first: reviews[0].on: `{written}` {told}") for note in patient.notes)


def test_each_question_stands_in_words_above_its_blank() -> None:
    """Somebody who opens the file in an editor reads a question, and below it the word that the answer replaces."""
    record = {"as_of": "2026-03-20", "conditions": [{"text": "St.n. OP", "onset": "2014"}, {"name": "gout"}]}
    written = to_review(evaluate(read_patient(record, dictionary())))
    items = {each["what"]: list(each.items()) for group in written["groups"] for each in group["items"]}
    assert items["liver_transplantation"][:2] == [("question", "Liver transplantation, ever?"), ("found", None)]
    assert items["planned liver_transplantation"][0] == ("question", "Liver transplantation planned?")
    (entry,) = written["entries"]
    assert list(entry.items())[:3] == [
        ("question", "What is “St.n. OP”? Dated 2014."),
        ("is", None),
        ("none_of_these", None),
    ]
    assert f'"is": "{entry["may_be"][0]}"' in " ".join(written["how"])


def filled(change: str, value: Any) -> dict[str, Any]:
    """A sheet of one patient, filled in, with one thing written otherwise."""
    item = {"question": "Dialysis, ever?", "found": None, "what": "dialysis", "covers": "ever", "lines": []}
    entry = {"question": "What is “OP”?", "is": "sepsis", "may_be": ["sepsis", "venous_thrombosis"]}
    entry |= {"none_of_these": None, "source": "conditions[0]", "called": "OP", "dated": None, "lines": []}
    group = {"title": "Procedures", "none_of_these": None, "items": [item]}
    sheet = {"patient": "p", "on": "2026-02-18", "by": "a nurse", "groups": [group], "entries": [entry]}
    where: dict[str, Any] = {"group": group, "item": item, "entry": entry, "sheet": sheet}
    part, _, field = change.partition(".")
    where[part][field] = value
    return sheet


FOUND = (
    "write true, without quotation marks, or its onset as YYYY, YYYY-MM or YYYY-MM-DD; leave null what you did not find"
)
ONE_OF = "it is one of `sepsis` or `venous_thrombosis`"
TICK = "write true, without quotation marks, if there is none of them; else leave null"


@pytest.mark.parametrize(
    ("change", "value", "fault", "mend"),
    [
        ("group.none_of_these", "ja", "`ja` is not true or false, where it asks: Procedures", TICK),
        ("group.none_of_these", 1, "`1` is not true or false, where it asks: Procedures", TICK),
        ("item.found", "yes", "`yes` is not a date, where it asks: Dialysis, ever?", FOUND),
        ("item.found", "x", "`x` is not a date, where it asks: Dialysis, ever?", FOUND),
        (
            "item.found",
            "20.01.",
            "`20.01.` has no year, where it asks: Dialysis, ever?",
            "write YYYY-MM-DD, YYYY-MM or YYYY",
        ),
        (
            "item.found",
            "2026-02-19",
            "`2026-02-19` is after the day of the review, where it asks: Dialysis, ever?",
            "correct one of them",
        ),
        (
            "entry.is",
            "Thrombose",
            "`Thrombose` is not in the dictionary, where it asks: What is “OP”?",
            ONE_OF,
        ),
        (
            "entry.is",
            "yes",
            "`yes` is not in the dictionary, where it asks: What is “OP”?",
            ONE_OF,
        ),
        (
            "group.none_of_this",
            True,
            "`none_of_this` is not a field here, where it asks: Procedures",
            "did you mean `none_of_these`?",
        ),
        (
            "item.foundd",
            True,
            "`foundd` is not a field here, where it asks: Dialysis, ever?",
            "did you mean `found`?",
        ),
        ("entry.iss", "sepsis", "`iss` is not a field here, where it asks: What is “OP”?", "did you mean `is`?"),
    ],
)
def test_a_mistake_of_who_fills_it_in_is_named_with_the_question(
    change: str, value: Any, fault: str, mend: str
) -> None:
    with pytest.raises(RecordError) as refused:
        answers_in(filled(change, value), dictionary())
    assert [(each.fault, each.mend) for each in refused.value.problems] == [(fault, mend)]


def test_what_an_entry_cannot_be_is_refused_and_not_dropped() -> None:
    record = {"id": "p", "as_of": "2026-02-20", "conditions": [{"text": "OP"}]}
    patient = read_patient(record, dictionary())
    as_title = with_answers(patient, answers_in(filled("entry.is", "Venous thrombosis"), dictionary()), dictionary())
    assert "venous_thrombosis" in as_title.episodes
    coded = {**record, "conditions": [{"icd10": "I82.9", "text": "OP"}]}
    sheet = filled("entry.is", "eczema")
    sheet["entries"][0]["called"] = None
    with pytest.raises(RecordError, match="the entry `conditions\\[0\\]` cannot be `eczema`"):
        with_answers(read_patient(coded, dictionary()), answers_in(sheet, dictionary()), dictionary())


def test_a_review_of_a_later_day_than_that_of_screening_is_to_be_checked_first() -> None:
    review = {"on": "2026-03-21", "by": "nurse", "covers": "ever", "none_of": ["hiv_infection", "eczema"]}
    screening = evaluate({"as_of": "2026-03-20", "reviews": [review]}, load_rules())
    told = "the chart review of 21 Mar 2026 is later than the day of screening, and denies nothing on it"
    assert screening.check_first == (f"check first: {told}",)
    assert not [note for note in screening.other_notes if "after the day of screening" in note]
