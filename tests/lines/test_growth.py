"""Growth: what a stranger sends twice as much of costs about twice as much, counted in calls and not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from screener import evaluate, load_rules
from screener.records.errors import MOST_TOLD, RecordError

Made = Callable[[int], dict[str, Any]]

FEW = 100
FEW_WORDINGS = 60
"""To read one wording costs as much as ten entries that name their concept."""
MOST_TIMES = 1.6
"""How much more each entry may cost among three times as many. What is quadratic costs three times as much."""


def _in(list_: str, entry: Callable[[int], dict[str, Any]]) -> Made:
    return lambda number: {
        "id": "many",
        "as_of": "2026-02-20",
        "birth_date": "1981-05",
        "sex": "female",
        list_: [entry(each) for each in range(number)],
    }


def _on(each: int) -> str:
    return f"2026-01-{1 + each % 28:02d}"


KINDS: dict[str, Made] = {
    "results of one month": _in(
        "observations",
        lambda each: {"name": "creatinine", "value": 60 + each % 50, "unit": "umol/L", "date": "2026-02"},
    ),
    "grades of one month": _in(
        "observations", lambda each: {"name": "hepatic_encephalopathy_grade", "value": each % 5, "date": "2026-02"}
    ),
    "results without a date": _in("observations", lambda each: {"name": "INR", "value": 1 + each % 50 / 10}),
    "results of one day": _in(
        "observations",
        lambda each: {
            "name": "total_bilirubin",
            "value": 60 + each,
            "unit": "umol/L",
            "date": f"2026-02-18T{each % 24:02d}:{each // 24:02d}",
        },
    ),
    "conditions": _in("conditions", lambda each: {"name": "gastrointestinal_bleeding", "onset": _on(each)}),
    "conditions that ended": _in(
        "conditions",
        lambda each: {"name": "gastrointestinal_bleeding", "onset": _on(each), "end": "2026-02", "status": "resolved"},
    ),
    "absences": _in(
        "conditions", lambda each: {"name": "gastrointestinal_bleeding", "status": "absent", "date": _on(each)}
    ),
    "conditions and absences": _in(
        "conditions",
        lambda each: (
            {"name": "gastrointestinal_bleeding", "onset": _on(each)}
            if each % 2
            else {"name": "gastrointestinal_bleeding", "status": "absent", "date": _on(each)}
        ),
    ),
    "wordings": _in("conditions", lambda each: {"text": f"wording {each}", "onset": _on(each)}),
}

UNKNOWN_FIELDS = _in("conditions", lambda each: {"name": "cirrhosis", f"field{each}": 1})


def _calls(record: dict[str, Any]) -> int:
    """How many functions of Python reading, deciding and telling call."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    rules = load_rules()
    sys.setprofile(count)
    try:
        evaluate(record, rules=rules).to_json()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("kind", KINDS)
def test_many_entries_cost_no_more_each_than_few(kind: str) -> None:
    made = KINDS[kind]
    _calls(made(1))
    size = FEW_WORDINGS if kind == "wordings" else FEW
    nothing, few, many = (_calls(made(number)) for number in (0, size, 3 * size))
    assert (many - nothing) / 3 <= MOST_TIMES * (few - nothing)


def test_a_refusal_tells_the_first_hundred_problems_and_how_many_more() -> None:
    with pytest.raises(RecordError) as refused:
        evaluate(UNKNOWN_FIELDS(MOST_TOLD + 7), rules=load_rules())
    told = str(refused.value).split("\n\n")
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == "error[record]: 7 more problems in record"
    assert len(refused.value.problems) == MOST_TOLD + 7
