"""Codes beside those that faults were found with: late effects, and editions that divide a code or do not."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import status

LABS = [
    {"name": "creatinine", "value": 80, "unit": "umol/L", "date": f"2026-03-{day}T06:00"} for day in (12, 16, 17)
] + [
    {"name": "HE_grade", "value": 0, "date": "2026-03-17"},
    {"name": "hemoglobin", "value": 124, "unit": "g/L", "date": "2026-03-17"},
    {"name": "procalcitonin", "value": 0.1, "unit": "ng/mL", "date": "2026-03-17"},
]


def with_labs(line: str, *conditions: dict[str, Any], **more: Any) -> str:
    return status(line, **{"observations": LABS, "conditions": list(conditions), **more})


@pytest.mark.parametrize("code", ["U09.9", "G09", "B90.0", "B91", "B94.2"])
def test_a_late_effect_is_no_infection(code: str) -> None:
    assert with_labs("NCT05985863/E1", {"icd10": code, "onset": "2026-03-01", "status": "active"}) == "passed"


@pytest.mark.parametrize(
    ("system", "code"),
    [("icd10who", "I85.0"), ("icd10gm", "I85.0"), ("icd10who", "K29.0"), ("icd10gm", "K29.0"), ("icd10cm", "I85.01")],
)
def test_a_code_that_bleeds_in_its_own_edition_does(system: str, code: str) -> None:
    assert with_labs("NCT05985863/E1", {system: code, "onset": "2026-03-17", "status": "active"}) == "failed"


@pytest.mark.parametrize("code", ["G45.0", "G45.1", "G45.9"])
@pytest.mark.parametrize("system", ["icd10", "icd10cm", "icd10who", "icd10gm"])
def test_a_transient_attack_is_no_stroke(system: str, code: str) -> None:
    assert with_labs("NCT07409259/E5", {system: code, "onset": "2026-01-10", "status": "active"}) == "passed"


@pytest.mark.parametrize("code", ["K72.01", "K72.11", "K70.41", "B19.11"])
@pytest.mark.parametrize(("graded_on", "expected"), [("2026-03-12", "unknown"), ("2026-03-16", "passed")])
def test_a_coma_after_the_last_grade_leaves_the_grade_open(code: str, graded_on: str, expected: str) -> None:
    labs = [each for each in LABS if each["name"] != "HE_grade"]
    grade = {"name": "HE_grade", "value": 1, "date": graded_on}
    coma = {"icd10cm": code, "onset": "2026-03-16", "status": "active"}
    assert with_labs("NCT05985863/E1", coma, observations=[*labs, grade]) == expected


PRESSURE = {"name": "MAP", "value": 88, "unit": "mmHg", "date": "2026-03-17T08:00"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("K65.2", "passed"),  # a septic shock has a code of its own
        ("L03.115", "passed"),
        ("N10", "passed"),
        ("A41.9", "unknown"),
        ("R65.20", "unknown"),
        ("R57.9", "failed"),
        ("R65.21", "failed"),
    ],
)
def test_an_infection_is_no_shock_beside_a_normal_pressure(code: str, expected: str) -> None:
    entry = {"icd10cm": code, "onset": "2026-03-17", "status": "active"}
    assert with_labs("NCT07409259/E4", entry, observations=[*LABS, PRESSURE]) == expected


@pytest.mark.parametrize("code", ["E86.0", "I46.9", "I99"])
def test_what_may_be_a_shock_is_no_sepsis(code: str) -> None:
    entry = {"icd10": code, "onset": "2026-03-17", "status": "active"}
    assert with_labs("NCT05985863/E1", entry) == "passed"


@pytest.mark.parametrize("code", ["Z85.01", "Z85.038", "Z85.068", "Z85.07"])
def test_a_history_of_another_cancer_is_none_of_the_liver(code: str) -> None:
    entry = {"icd10cm": code, "onset": "2020", "status": "active"}
    assert (
        with_labs(
            "NCT03863002/E3", entry, observations=[{"name": "AFP", "value": 40, "unit": "ng/mL", "date": "2026-03-11"}]
        )
        == "passed"
    )
    assert with_labs("NCT03863002/E4", entry) == "failed"


@pytest.mark.parametrize(("drug", "expected"), [("L01EX02", "unknown"), ("L01FF05", "unknown"), ("L02BG04", "passed")])
def test_a_drug_against_tumors_may_be_for_one_of_the_liver(drug: str, expected: str) -> None:
    taken = {"atc": drug, "start": "2026-01-10", "status": "ongoing", "date": "2026-03-17"}
    labs = [{"name": "AFP", "value": 40, "unit": "ng/mL", "date": "2026-03-11"}]
    assert with_labs("NCT03863002/E3", observations=labs, medications=[taken]) == expected


@pytest.mark.parametrize(("hemoglobin", "expected"), [(69, "unknown"), (70, "passed")])
def test_a_low_hemoglobin_may_be_of_an_upper_bleed(hemoglobin: int, expected: str) -> None:
    labs = [each for each in LABS if each["name"] != "hemoglobin"]
    low = {"name": "hemoglobin", "value": hemoglobin, "unit": "g/L", "date": "2026-03-17"}
    assert with_labs("NCT05985863/E1", observations=[*labs, low]) == expected


def test_a_deep_thrombosis_in_snomed_is_none_of_the_portal_vein() -> None:
    assert with_labs("NCT03863002/E7", {"snomed": "128053003", "onset": "2025-01", "status": "active"}) == "passed"
