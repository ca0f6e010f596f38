"""A status without a date is the record's word on some day up to its own: a dated denial beside it may be the later
one, and neither wins."""

from __future__ import annotations

from typing import Any

import pytest

from screener import evaluate, load_patient, load_rules
from screener.screening import CriterionResult

DAY = "2026-03-18"


def line(where: str, **record: Any) -> CriterionResult:
    rules = load_rules()
    base = {"id": "p", "as_of": DAY, "birth_date": "1980", "sex": "male"}
    screening = evaluate(load_patient({**base, **record}, rules), rules=rules)
    trial_id, line_id = where.split("/")
    [trial] = [each for each in screening.trials if each.id == trial_id]
    [found] = [each for each in trial.criteria if each.id == line_id]
    return found


KINDS = [
    ("medications", "systemic_glucocorticoid", "start", "2024-01-01", "2025-01-10", "NCT06242405/E6"),
    ("medications", "interferon", "start", "2024-01-01", "2025-01-10", "NCT06242405/E6"),
    ("medications", "vasopressor", "start", "2026-03-10", "2026-03-15", "NCT07409259/E4"),
    ("medications", "norepinephrine", "start", "2026-03-10", "2026-03-15", "NCT07409259/E4"),
    ("conditions", "AKI", "onset", "2026-03-13", "2026-03-16", "NCT05985863/E1"),
    ("conditions", "biliary_obstruction", "onset", "2026-03-01", "2026-03-10", "NCT03863002/E6"),
]


@pytest.mark.parametrize("day", [False, True], ids=["without a day", "begun before the denial"])
@pytest.mark.parametrize("word", ["absent", "never"])
@pytest.mark.parametrize(("list_", "name", "begin", "began", "denied", "where"), KINDS)
def test_a_denial_of_before_the_records_own_day_is_a_conflict(
    list_: str, name: str, begin: str, began: str, denied: str, where: str, word: str, *, day: bool
) -> None:
    goes_on = {"name": name, "status": "active" if list_ == "conditions" else "ongoing"}
    entries = [goes_on | ({begin: began} if day else {}), {"name": name, "status": word, "date": denied}]
    answer = line(where, **{list_: entries}, complete=["conditions", "procedures", "medications"])
    assert answer.status == "unknown"


def test_a_broader_denial_counts_alike() -> None:
    entries = [{"name": "norepinephrine", "status": "ongoing"}, {"name": "vasopressor", "status": "absent"}]
    entries[1]["date"] = "2026-03-15"
    assert line("NCT07409259/E4", medications=entries).status == "unknown"


def test_what_began_after_the_denial_goes_on() -> None:
    entries = [
        {"name": "AKI", "status": "active", "onset": "2026-03-17"},
        {"name": "AKI", "status": "absent", "date": "2026-03-16"},
    ]
    assert line("NCT05985863/E1", conditions=entries).status == "failed"


def test_a_condition_that_no_longer_spoke_when_it_was_denied_is_over() -> None:
    entries = [
        {"name": "extrahepatic_cholestasis", "status": "active", "onset": "2025-10-01"},
        {"name": "extrahepatic_cholestasis", "status": "absent", "date": "2026-03-10"},
    ]
    complete = ["conditions", "procedures", "medications"]
    assert line("NCT03863002/E6", conditions=entries, complete=complete).status == "passed"
