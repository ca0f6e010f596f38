"""What was planned may have been carried out by the day of screening; what was done after it may have been planned."""

from __future__ import annotations

from typing import Any

import pytest

from screener import load_patient, load_rules
from screener.screening import evaluate

LISTS = ["conditions", "procedures", "plans"]
NOT_PLANNED = {"name": "liver_transplantation", "status": "not planned", "date": "2026-03-18", "until": "2026-09-18"}


def status(line: str, **record: Any) -> str:
    rules = load_rules()
    base = {"id": "p", "as_of": "2026-03-18", "birth_date": "1984", "sex": "male", "complete": LISTS}
    trial_id, line_id = line.split("/")
    [trial] = evaluate(load_patient({**base, **record}, rules), rules, trials=[trial_id]).trials
    return str(next(each for each in trial.criteria if each.id == line_id).status)


@pytest.mark.parametrize(
    ("name", "day", "line", "expected"),
    [
        ("liver_transplantation", "2026-03-17", "NCT03863002/E9", "unknown"),
        ("liver_transplantation", "2026-03-18", "NCT03863002/E9", "unknown"),
        ("liver_transplantation", "2026-03-19", "NCT03863002/E9", "passed"),
        ("liver_transplantation", "2026-03-18", "NCT05985863/E4", "failed"),
        ("hemodialysis", "2026-03-18", "NCT03863002/E5", "unknown"),
        ("hemodialysis", "2026-03-20", "NCT03863002/E5", "passed"),  # as the rule assumes: none yet
    ],
)
def test_a_plan_may_have_been_carried_out_from_its_day_on(name: str, day: str, line: str, expected: str) -> None:
    assert status(line, procedures=[{"name": name, "status": "planned", "date": day}]) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([{"name": "liver_transplantation", "date": "2026-03-20"}], "unknown"),
        ([{"snomed": "18027006", "date": "2026-06-18"}], "unknown"),
        ([{"name": "liver_transplantation", "date": "2026-06-19"}], "passed"),  # more than 3 months ahead
        ([{"text": "operation", "date": "2026-03-20"}], "unknown"),  # nobody can tell which
        ([{"text": "appendectomy", "date": "2026-03-20"}], "passed"),
        ([{"text": "operation", "date": "2025-03-20"}], "unknown"),
        ([{"name": "liver_transplantation", "date": "2026-03-20"}, NOT_PLANNED], "passed"),
    ],
)
def test_what_was_done_after_the_day_may_have_been_planned(entries: list[dict[str, str]], expected: str) -> None:
    assert status("NCT05985863/E4", procedures=entries) == expected
