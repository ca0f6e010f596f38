"""Small faults of single lines, each with the record that showed it."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import status

NOT_END_STAGE = {"end_stage_liver_disease_by_clinician": False}


def lab(name: str, value: Any, unit: str | None = None) -> dict[str, Any]:
    return {"name": name, "value": value, "date": "2026-03-17"} | ({"unit": unit} if unit else {})


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ({"loinc": "56888-1"}, "passed"),  # both viruses, and the antigen
        ({"loinc": "31201-7"}, "passed"),  # both viruses
        ({"loinc": "29893-5"}, "unknown"),  # the first virus alone
        ({"loinc": "7917-8"}, "unknown"),
        ({"loinc": "68961-2"}, "unknown"),
        ({"name": "HIV-1 Ab"}, "unknown"),
        ({"loinc": "30361-0"}, "unknown"),  # the second alone
    ],
)
def test_a_negative_antibody_to_one_of_two_viruses_denies_no_infection(code: dict[str, Any], expected: str) -> None:
    result = {**code, "value": "negative", "date": "2026-03-10"}
    assert status("NCT03863002/E12", observations=[result], complete=[]) == expected


@pytest.mark.parametrize("code", ["29893-5", "7917-8", "68961-2"])
def test_a_reactive_one_asks(code: str) -> None:
    result = {"loinc": code, "value": "reactive", "date": "2026-03-10"}
    assert status("NCT03863002/E12", observations=[result]) == "unknown"


@pytest.mark.parametrize(
    "entry",
    [{"name": "disseminated_intravascular_coagulation"}, {"name": "DIC"}, {"icd10": "D65"}, {"snomed": "67406007"}],
)
def test_a_consumption_of_clotting_factors_asks_whose_the_ratio_is_by_whatever_name(entry: dict[str, str]) -> None:
    conditions = [{"name": "cirrhosis", "onset": "2020", "status": "active"}]
    labs = [
        lab("TBil", 60, "umol/L"), lab("INR", 2.5), lab("PTA", 35, "%"), lab("creatinine", 80, "umol/L"),
        lab("PLT", 90, "10*9/L"), lab("HE_grade", 0), lab("ascites_grade", "none"), lab("ALB", 38, "g/L"),
    ]  # fmt: skip
    with_it = [*conditions, {**entry, "onset": "2026-03-17", "status": "active"}]
    line = "NCT06242405/I2"
    assert status(line, observations=labs, conditions=conditions, answers=NOT_END_STAGE) == "passed"
    assert status(line, observations=labs, conditions=with_it, answers=NOT_END_STAGE) == "unknown"


@pytest.mark.parametrize(
    ("start", "expected"), [("2026-03-17", "failed"), ("2026-03-15", "failed"), ("2026-03-05", "unknown")]
)
@pytest.mark.parametrize("drug", [{"name": "norepinephrine"}, {"atc": "C01CA04"}])
def test_an_infusion_begun_within_the_week_and_not_ended_goes_on(
    drug: dict[str, str], start: str, expected: str
) -> None:
    medications = [{**drug, "start": start, "status": "ongoing"}]
    assert status("NCT07409259/E4", medications=medications, observations=[lab("MAP", 80, "mmHg")]) == expected


def test_a_renal_replacement_day_and_night_begun_within_the_week_goes_on() -> None:
    procedures = [{"name": "CRRT", "start": "2026-03-14", "status": "ongoing"}]
    assert status("NCT03863002/E5", procedures=procedures) == "failed"
