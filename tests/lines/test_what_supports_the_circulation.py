"""What supports the circulation, or did until yesterday, keeps its failure open; so does a later low pressure."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import status

PRESSURE = {"name": "MAP", "value": 88, "unit": "mmHg", "date": "2026-03-17T20:00"}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, "passed"),
        ({"medications": [{"name": "norepinephrine", "start": "2026-03-17", "end": "2026-03-17"}]}, "unknown"),
        (
            {"medications": [{"name": "vasopressor", "status": "stopped", "start": "2026-03-12", "end": "2026-03-16"}]},
            "unknown",
        ),
        (
            {"medications": [{"atc": "C01CA04", "status": "stopped", "start": "2026-03-01", "end": "2026-03-05"}]},
            "passed",
        ),
        ({"procedures": [{"snomed": "233573008", "status": "done", "date": "2026-03-17"}]}, "unknown"),
        ({"procedures": [{"snomed": "233573008", "status": "done", "date": "2026-03-18"}]}, "unknown"),
        ({"procedures": [{"snomed": "233573008", "status": "done", "date": "2026-01-18"}]}, "passed"),
        ({"procedures": [{"text": "IABP inserted", "status": "done", "date": "2026-03-18"}]}, "unknown"),
        ({"procedures": [{"text": "Impella placed", "status": "done", "date": "2026-03-17"}]}, "unknown"),
    ],
)  # fmt: skip
def test_what_supported_the_circulation_lately_leaves_its_failure_open(record: dict[str, Any], expected: str) -> None:
    assert status("NCT07409259/E4", observations=[PRESSURE], **record) == expected


@pytest.mark.parametrize(
    ("systolic", "time", "expected"),
    [(78, "22:00", "unknown"), (85, "21:00", "unknown"), (118, "22:00", "passed"), (78, "12:00", "passed")],
)
def test_a_later_low_systolic_pressure_leaves_the_mean_open(systolic: int, time: str, expected: str) -> None:
    later = {"name": "systolic_blood_pressure", "value": systolic, "unit": "mmHg", "date": f"2026-03-17T{time}"}
    assert status("NCT07409259/E4", observations=[PRESSURE, later]) == expected


def test_a_pressure_that_is_normal_again_denies_no_failure_that_the_diagnoses_may_lack() -> None:
    low = {**PRESSURE, "value": 60, "date": "2026-03-16T20:00"}
    assert status("NCT07409259/E4", observations=[low, PRESSURE]) == "passed"
    assert status("NCT07409259/E4", observations=[low, PRESSURE], complete=["medications"]) == "unknown"


@pytest.mark.parametrize("code", ["C92.11", "C91.01", "C81.9A"])
def test_of_a_malignancy_in_remission_when_it_was_treated_is_asked(code: str) -> None:
    conditions = [{"icd10cm": code, "onset": "2016", "status": "active"}]
    assert status("NCT07409259/E6", conditions=conditions) == "unknown"


@pytest.mark.parametrize(
    ("name", "day", "line"),
    [
        ("dialysis", "2026-03-16", "NCT03863002/E5"),
        ("dialysis", "2026-03-16", "NCT05985863/E1"),
        ("liver_transplantation", "2026-02-01", "NCT03863002/E9"),
        ("liver_transplantation", "2026-02-01", "NCT06242405/E2"),
    ],
)
def test_a_plan_whose_day_has_passed_may_have_been_carried_out(name: str, day: str, line: str) -> None:
    labs = [PRESSURE, {"name": "creatinine", "value": 80, "unit": "umol/L", "date": "2026-03-17"}]
    assert status(line, observations=labs, procedures=[{"name": name, "status": "planned", "date": day}]) == "unknown"


@pytest.mark.parametrize("onset", ["2026-03-10", "2025-10-01"])
def test_a_pregnancy_that_is_resolved_without_an_end_is_open(onset: str) -> None:
    nursing = {"name": "breastfeeding", "status": "absent", "date": "2026-03-17"}
    conditions = [{"icd10cm": "Z3A.20", "onset": onset, "status": "resolved"}, nursing]
    assert status("NCT03863002/E13", sex="female", birth_date="1996", conditions=conditions) == "unknown"


def test_one_that_ended_long_ago_is_over() -> None:
    nursing = {"name": "breastfeeding", "status": "absent", "date": "2026-03-17"}
    past = {"name": "pregnancy", "onset": "2015", "status": "resolved"}
    test = {"name": "pregnancy_test", "value": "negative", "date": "2026-03-17"}
    record = {"sex": "female", "birth_date": "1986", "conditions": [past, nursing], "observations": [test]}
    assert status("NCT03863002/E13", **record) == "passed"
