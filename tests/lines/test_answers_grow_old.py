"""A person's no speaks of what was there: what began after it asks again."""

from __future__ import annotations

from typing import Any

import pytest

from screener import load_patient, load_rules
from screener.screening import CriterionResult, evaluate

LISTS = ["conditions", "procedures", "plans", "medications", "events", "allergies", "family_history"]


def answered(
    question: str, line: str, *, value: bool = False, date: str = "2026-02-20", **record: Any
) -> CriterionResult:
    rules = load_rules()
    trial, name = line.split("/")
    answers = {f"{trial}/{question}": {"value": value, "date": date, "by": "Dr A"}}
    base = {"id": "p", "birth_date": "1980", "sex": "male", "complete": LISTS, "answers": answers}
    screening = evaluate(load_patient({**base, **record}, rules), rules, as_of="2026-03-18", trials=[trial])
    return next(each for each in screening.trial(trial).criteria if each.id == name)


def condition(onset: str, **code: str) -> list[dict[str, str]]:
    return [{**code, "onset": onset, "status": "active"}]


QUADRIPLEGIA = {"icd10cm": "G82.50"}
MOVES = ("cannot_cooperate_or_move", "NCT03863002/E15")


@pytest.mark.parametrize(
    ("question", "line", "record"),
    [
        (*MOVES, {"conditions": condition("2026-03-10", **QUADRIPLEGIA)}),
        (*MOVES, {"conditions": condition("2026-02-21", **QUADRIPLEGIA)}),
        (*MOVES, {"observations": [{"name": "HE_grade", "value": 4, "date": "2026-03-17"}]}),
        (*MOVES, {"observations": [{"name": "HE_grade", "value": 1, "date": "2026-03-17"}]}),
        ("highly_allergic", "NCT03863002/E14", {"conditions": condition("2026-03-10", icd10cm="T78.2XXA")}),
        ("severe_extrahepatic_disease", "NCT05985863/E5", {"conditions": condition("2026-03-15", icd10cm="J96.01")}),
        ("other_life_limiting_disease", "NCT06242405/E4", {"conditions": condition("2026-03-01", icd10="C25.0")}),
    ],
)
def test_a_no_says_nothing_of_what_began_after_it(question: str, line: str, record: dict[str, Any]) -> None:
    found = answered(question, line, **record)
    assert (found.status, "stale" in found.reasons) == ("unknown", True)
    assert "before what is now on record" in found.explanation


@pytest.mark.parametrize(
    "record",
    [
        {"conditions": condition("2026-02-20", **QUADRIPLEGIA)},
        {"conditions": condition("2026-02-19", **QUADRIPLEGIA)},
        {"conditions": [QUADRIPLEGIA]},
        {"conditions": condition("2026-03-10", icd10="I10")},
        {"observations": [{"name": "HE_grade", "value": 0, "date": "2026-03-17"}]},
        {},
    ],
)
def test_a_no_stands_otherwise(record: dict[str, Any]) -> None:
    assert answered(*MOVES, **record).status == "passed"


def test_a_yes_stands_and_a_no_of_the_day_does() -> None:
    since = condition("2026-03-10", **QUADRIPLEGIA)
    assert answered(*MOVES, value=True, conditions=since).status == "failed"
    assert answered(*MOVES, date="2026-03-18", conditions=since).status == "passed"
    assert answered(*MOVES, date="2026-03-10", conditions=since).status == "passed"
    assert answered(*MOVES, date="2026-03-09", conditions=since).status == "unknown"
