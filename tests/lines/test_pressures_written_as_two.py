"""A blood pressure as wards write it: two numbers in one, under the code of the panel, a name, or in a diagnosis."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lines.casebook import MAN, result_of, status
from screener import load_rules
from screener.records.dictionary import dictionary_of

LINE = "NCT07409259/E4"
DAY = "2026-03-18"
EARLIER = {"name": "MAP", "value": 88, "unit": "mmHg", "date": "2026-03-17"}


def under(value: Any, unit: str | None = None, **named: str) -> str:
    """What the line says of a man whose mean pressure was fine the day before."""
    result = {**named, "value": value, "date": DAY, **({"unit": unit} if unit else {})}
    return status(LINE, observations=[EARLIER, result])


NAMES = [
    {"loinc": "85354-9"}, {"loinc": "55284-4"}, {"loinc": "35094-2"}, {"snomed": "75367002"}, {"snomed": "364090009"},
    {"name": "blood pressure"}, {"name": "BP"}, {"name": "B.P."}, {"name": "RR"}, {"name": "Blutdruck"},
    {"name": "血压"}, {"name": "TA"}, {"name": "tensión arterial"}, {"name": "tension artérielle"},
]  # fmt: skip


@pytest.mark.parametrize("named", NAMES, ids=lambda each: next(iter(each.values())))
def test_a_low_one_asks_under_every_name(named: dict[str, str]) -> None:
    assert under("70/40", "mmHg", **named) == "unknown"
    assert under("130/80 mmHg", **named) == "passed"


@pytest.mark.parametrize(
    "name",
    ["BP right arm", "lowest BP", "blood pressure standing", "BP (manual)", "Blutdruck liegend", "RR li", "TA debout",
     "presión arterial brazo derecho", "血压(左)", "左上肢血压"],
)  # fmt: skip
def test_a_name_with_more_words_keeps_a_low_pressure_open(name: str) -> None:
    assert under("70/40", "mmHg", name=name) == "unknown"


@pytest.mark.parametrize("name", ["respiratory rate", "blood pressure medication", "portal pressure", "heart rate"])
def test_what_is_something_else_keeps_nothing_open(name: str) -> None:
    assert under("70/40", "mmHg", name=name) == "passed"


@pytest.mark.parametrize("loinc", ["8459-0", "8460-8", "8461-6", "8479-8", "75997-7", "96608-5"])
def test_a_systolic_pressure_counts_in_every_posture(loinc: str) -> None:
    assert under(69, "mmHg", loinc=loinc) == "unknown"
    assert under(95, "mmHg", loinc=loinc) == "passed"


@pytest.mark.parametrize("loinc", ["8453-3", "8454-1", "8455-8", "75995-1", "96609-3"])
def test_a_diastolic_pressure_counts_in_every_posture(loinc: str) -> None:
    assert under(60, "mmHg", loinc=loinc) == "unknown"
    assert under(80, "mmHg", loinc=loinc) == "passed"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        # the mean is 69.67, 70, 70.33
        ("89/60", "mmHg", "unknown"),
        ("90/60", "mmHg", "passed"),
        ("91/60", "mmHg", "passed"),
        ("17.3/10.7", "kPa", "unknown"),  # not read
        ("130/80", None, "unknown"),  # of which unit?
        ("130/80", "kPa", "unknown"),  # cannot be
        ("not measurable", None, "unknown"),
        ("see chart", None, "unknown"),
        (70, None, "unknown"),
        ("normal", None, "passed"),
    ],
)
def test_what_is_not_two_numbers_with_a_unit_leaves_it_open(value: Any, unit: str | None, expected: str) -> None:
    assert under(value, unit, name="BP") == expected


def test_a_respiratory_rate_is_no_pressure() -> None:
    assert under(16, "/min", name="RR") == "passed"


HIGH = {"valueQuantity": {"value": 88, "unit": "mmHg"}}
MEAN = {"coding": [{"system": "http://loinc.org", "code": "8478-0"}]}
PANEL = {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}


def of_fhir(**more: Any) -> str:
    pressure = {
        "resourceType": "Observation", "id": "o", "status": "final", "code": PANEL, "effectiveDateTime": DAY,
        "subject": {"reference": "Patient/p"}, **more,
    }  # fmt: skip
    person = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1980"}
    mean = {**pressure, "id": "m", "effectiveDateTime": "2026-03-17", "status": "final", "code": MEAN, **HIGH}
    mean.pop("valueString", None)
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in (person, mean, pressure)],
    }
    return result_of(bundle, LINE, as_of=date(2026, 3, 18), assume_complete=MAN["complete"]).status


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"valueString": "70/40 mmHg"}, "unknown"),
        ({"valueString": "120/80 mmHg"}, "passed"),
        ({"valueString": "120/80"}, "unknown"),
        ({"valueString": "120/80 mmHg", "status": "unknown"}, "unknown"),
        ({"code": {"text": "Blood pressure"}, "valueString": "120/80 mmHg"}, "unknown"),
    ],
)
def test_the_same_of_fhir(more: dict[str, Any], expected: str) -> None:
    assert of_fhir(**more) == expected


@pytest.mark.parametrize(
    "words", ["SBP 70 mmHg", "SBP<90", "SBP 82", "BP 70/40", "BP70", "RR 70/40 mmHg", "hypotensive", "MAP 55"]
)
@pytest.mark.parametrize("code", [{}, {"icd10": "I10"}], ids=["alone", "next to a code"])
def test_a_pressure_in_a_diagnosis_asks(words: str, code: dict[str, str]) -> None:
    entry = {"text": words, **code, "status": "active", "onset": DAY}
    assert status(LINE, observations=[EARLIER], conditions=[entry]) == "unknown"


@pytest.mark.parametrize(
    ("words", "is_asked"),
    [("SBP 70 mmHg", False), ("SBP", True), ("SBP 82", True), ("SBP 01/2026", True), ("BP 82", False)],
)
def test_a_pressure_is_no_peritonitis(words: str, is_asked: bool) -> None:
    said = dictionary_of(load_rules()).said([("icd10cm", "I10")], words, on="conditions")
    assert ("spontaneous_bacterial_peritonitis" in said.may_be) is is_asked
