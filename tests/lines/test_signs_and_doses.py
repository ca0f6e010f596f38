"""Findings that only a pregnancy has, doses that are written down twice, and analogues of vasopressin."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import status
from records.fhir.tiny import ATC, PATIENT, Json, bundle, coded, resource
from screener import evaluate, load_rules

NEGATIVE = {"name": "pregnancy_test", "value": "negative", "date": "2026-03-12"}
NOT_BREASTFEEDING = {"name": "breastfeeding", "status": "absent", "date": "2026-03-17"}
PRESSURE = {"name": "MAP", "value": 88, "unit": "mmHg", "date": "2026-03-17T08:00"}


def of_a_woman(*observations: dict[str, Any]) -> str:
    record = {"sex": "female", "observations": [NEGATIVE, *observations], "conditions": [NOT_BREASTFEEDING]}
    return status("NCT07409259/E7", **record)


@pytest.mark.parametrize(
    "sign",
    [
        {"loinc": "18185-9", "value": 20, "unit": "wk"},
        {"loinc": "11884-4", "value": 140, "unit": "d"},
        {"loinc": "11778-8", "value": "2026-08-01"},
        {"loinc": "55283-6", "value": 140, "unit": "/min"},
        {"name": "sign_of_pregnancy", "value": "found"},
    ],
)
def test_what_only_a_pregnancy_has_outlives_an_earlier_negative_test(sign: dict[str, Any]) -> None:
    assert of_a_woman() == "passed"
    assert of_a_woman({**sign, "date": "2026-03-15"}) == "unknown"
    assert of_a_woman({**sign, "date": "2019-03-15"}) == "passed"  # of another pregnancy


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("H01BA01", "unknown"),
        ("H01BA06", "unknown"),
        ("H01BA", "unknown"),
        ("H01BA02", "passed"),
        ("H01BA03", "passed"),
    ],
)
def test_an_analogue_of_vasopressin_that_runs_is_asked_about(code: str, expected: str) -> None:
    drug = {"atc": code, "start": "2026-03-17", "status": "ongoing"}
    assert status("NCT07409259/E4", observations=[PRESSURE], medications=[drug]) == expected


def given(kind: str, name: str, **when: Any) -> Json:
    drug = coded("H02AB02", ATC)
    return resource(kind, id=name, status="completed", medicationCodeableConcept=drug, **when)


def of_doses(*doses: Json) -> str:
    screening = evaluate(bundle(PATIENT, *doses), load_rules(), as_of="2026-03-18", assume_complete=["medications"])
    return str(screening.trial("NCT06242405").criterion("E6").status)


@pytest.mark.parametrize("written", ["2026-01-30", "2026-01-31", "2026-02-01"])
def test_a_dose_and_its_order_of_a_day_before_may_be_one_dose(written: str) -> None:
    order = given("MedicationRequest", "a", intent="order", authoredOn=written)
    assert of_doses(order, given("MedicationAdministration", "b", effectiveDateTime="2026-02-01")) == "unknown"


def test_doses_of_two_days_are_two() -> None:
    days = ("2026-02-01", "2026-02-02")
    assert of_doses(*(given("MedicationAdministration", day, effectiveDateTime=day) for day in days)) == "failed"


@pytest.mark.parametrize(
    ("microbes", "expected"),
    [
        ({"loinc": "600-7", "value": "positive"}, "unknown"),
        ({"loinc": "600-7", "value": "Escherichia coli"}, "unknown"),
        ({"loinc": "600-7", "value": None}, "unknown"),
        ({"loinc": "600-7", "value": "No growth after 5 days"}, "passed"),
        ({"name": "blood culture", "value": "negative"}, "passed"),
    ],
)
def test_a_germ_that_was_found_is_asked_about(microbes: dict[str, Any], expected: str) -> None:
    labs = [
        {"name": "creatinine", "value": 80, "unit": "umol/L", "date": f"2026-03-{day}T06:00"} for day in (12, 16, 17)
    ]
    labs += [{"name": "HE_grade", "value": 0, "date": "2026-03-17"}]
    labs += [{"name": "hemoglobin", "value": 124, "unit": "g/L", "date": "2026-03-17"}]
    labs += [{"name": "procalcitonin", "value": 0.1, "unit": "ng/mL", "date": "2026-03-17"}]
    germ = {"date": "2026-03-16", **microbes}
    assert status("NCT05985863/E1", observations=[*labs, germ]) == expected
