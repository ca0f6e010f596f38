"""A sheet for a review names each entry and its day; a day written otherwise is told how to write it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from screener import evaluate, load_rules
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient
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
        ({"name": "Encephalopathy", "value": "III"}, "hepatic_encephalopathy_grade III"),
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
