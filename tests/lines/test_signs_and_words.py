"""Signs and words that a complete list must not pass over: cells in the ascites, a want of vitamin K, `aids`."""

from __future__ import annotations

import pytest

from lines.casebook import status

DAY = "2026-03-18"
PROCALCITONIN = {"name": "procalcitonin", "value": 0.1, "unit": "ng/mL", "date": DAY}


@pytest.mark.parametrize(
    ("count", "unit", "expected"),
    [(600, "/uL", "unknown"), (250, "/uL", "unknown"), (0.8, "10*9/L", "unknown"), (40, "/uL", "passed")],
)
def test_neutrophils_in_the_ascites_ask_about_an_infection(count: float, unit: str, expected: str) -> None:
    results = [
        PROCALCITONIN,
        {"name": "ascitic neutrophils", "value": count, "unit": unit, "date": DAY},
        {"name": "HE_grade", "value": 0, "date": DAY},
        {"name": "Hb", "value": 120, "unit": "g/L", "date": DAY},
        {"name": "creatinine", "value": 80, "unit": "umol/L", "date": "2026-03-15"},
        {"name": "creatinine", "value": 80, "unit": "umol/L", "date": DAY},
    ]
    assert status("NCT05985863/E1", observations=results) == expected


def test_an_inr_beside_a_want_of_vitamin_k_is_no_proof_of_the_end_stage() -> None:
    results = [
        {"name": "INR", "value": 2.4, "date": DAY},
        {"name": "TBil", "value": 14, "unit": "umol/L", "date": DAY},
    ]
    cirrhosis = {"name": "cirrhosis", "status": "active", "onset": "2018"}
    want = {"icd10": "E56.1", "status": "active", "onset": "2026-03-01"}
    assert status("NCT06242405/I2", observations=results, conditions=[cirrhosis]) == "passed"
    assert status("NCT06242405/I2", observations=results, conditions=[cirrhosis, want]) == "unknown"


@pytest.mark.parametrize(
    ("words", "expected"),
    [("aids", "unknown"), ("Aids", "unknown"), ("hearing aids", "passed"), ("HEARING AIDS", "passed")],
)
def test_aids_may_be_for_hearing(words: str, expected: str) -> None:
    entry = {"text": words, "status": "active", "onset": "2026-03-01"}
    assert status("NCT03863002/E12", conditions=[entry]) == expected
