"""No end stage, says the investigator, where scores make it one: the answer stands, the contradiction is told."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import result_of

DAY = "2026-03-18"
QUESTION = "NCT06242405/end_stage_liver_disease_by_clinician"
DOUBT = "the investigator says that the liver disease is not at its end stage"


def record(answer: bool | None, **values: float) -> dict[str, Any]:
    units = {"TBil": "umol/L", "creatinine": "umol/L", "ALB": "g/L"}
    results = [
        {"name": name, "value": value, "date": DAY, **({"unit": units[name]} if name in units else {})}
        for name, value in {"creatinine": 80, "ALB": 38, **values}.items()
    ]
    graded = [{"name": "ascites_grade", "value": "slight", "date": DAY}, {"name": "HE_grade", "value": 0, "date": DAY}]
    return {
        "id": "p",
        "as_of": DAY,
        "birth_date": "1970",
        "sex": "male",
        "conditions": [{"name": "cirrhosis", "status": "active", "onset": "2018"}],
        "observations": [*results, *graded],
        "complete": ["conditions", "medications"],
        "answers": {} if answer is None else {QUESTION: answer},
    }


@pytest.mark.parametrize(
    ("values", "answer", "status", "is_told"),
    [
        ({"INR": 1.9, "TBil": 40}, None, "passed", False),
        ({"INR": 1.9, "TBil": 40}, True, "passed", False),
        ({"INR": 1.9, "TBil": 40}, False, "passed", True),
        ({"INR": 1.7, "TBil": 36, "ALB": 26}, None, "passed", False),
        ({"INR": 1.7, "TBil": 36, "ALB": 26}, False, "passed", True),
        ({"INR": 1.1, "TBil": 14}, True, "passed", False),
    ],
)
def test_a_persons_no_is_told_beside_the_scores(
    values: dict[str, float], answer: bool | None, status: str, *, is_told: bool
) -> None:
    line = result_of(record(answer, **values), "NCT06242405/I2")
    assert (line.status, DOUBT in [flag.text for flag in line.flags]) == (status, is_told)
