"""Many entries that leave open what they are: what is asked for, and how much the advice asks the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from screener import load_rules
from screener.advice.decisive import advise
from screener.advice.inquiry import Assignment, Inquiry, RulePart
from screener.advice.statements import Advice
from screener.records import read_patient
from screener.rulebook import Rulebook
from screener.screening import evaluate
from screener.values.truth import Truth
from trial_text import rulebook_with_rule

AS_OF = date(2026, 2, 20)
AMBIGUOUS = ["T78", "K76.9", "I51.9", "N28.9", "D48", "J98.4", "R58", "I99", "B99", "F99", "G93.9", "K92.9"]
"""Codes of many different kinds of disease, each of which may be several things that rules ask for."""


def advice(rulebook: Rulebook, **record: Any) -> Advice:
    patient = read_patient({"id": "anna", "birth_date": "1980-01-01", "sex": "female", **record}, rulebook)
    return advise(evaluate(patient, rulebook, as_of=AS_OF))


def unread(count: int) -> dict[str, Any]:
    return {"conditions": [{"text": f"Xyz {each}", "date": "2025-05-01"} for each in range(count)]}


def unread_of_many_days(count: int) -> dict[str, Any]:
    days = [AS_OF - timedelta(days=30 * each) for each in range(count)]
    return {"conditions": [{"text": f"Xyz {at}", "onset": str(day)} for at, day in enumerate(days)]}


def ambiguous(count: int) -> dict[str, Any]:
    codes = [AMBIGUOUS[each % len(AMBIGUOUS)] for each in range(count)]
    return {"conditions": [{"code": {"system": "icd10", "code": code}, "date": "2025-05-01"} for code in codes]}


def conflicting(count: int) -> dict[str, Any]:
    when = "2026-02-19T06:20"
    results = [{"name": "TBil", "value": 90 + 7 * each, "unit": "umol/L", "date": when} for each in range(count)]
    return {"observations": results}


def test_entries_that_leave_the_same_open_are_one_fact() -> None:
    rulebook = rulebook_with_rule("history of malignancy", "exclusion")
    told = advice(rulebook, **unread(5))
    places = "5 entries (conditions[0], conditions[1], conditions[2] and 2 others)"
    (entries,) = [each for each in told.facts if each.fact.kind == "entry"]
    assert entries.fact.text == f"What are {places}?"
    assert entries.fact.source == ", ".join(f"conditions[{each}]" for each in range(5))
    (way,) = told.trials[0].lines[0].ways
    assert [each.values.named for each in way.known if each.fact.kind == "entry"] == [
        f"each of {places}, if it is none of these"
    ]


def test_an_entry_that_leaves_more_open_is_a_fact_of_its_own() -> None:
    rulebook = rulebook_with_rule("history of malignancy or onset of malignancy within 14 days", "exclusion")
    old, new = {"onset": "2024-05-01", "status": "resolved"}, {"onset": "2026-02-15"}
    entries = [{"text": "Xyz 0", **old}, {"text": "Xyz 1", **new}, {"text": "Xyz 2", **old}]
    told = advice(rulebook, conditions=entries)
    assert {each.fact.source for each in told.facts if each.fact.kind == "entry"} == {
        "conditions[0], conditions[2]",
        "conditions[1]",
    }


def test_nothing_is_settled_whatever_an_entry_is_if_only_some_of_what_it_may_be_was_tried() -> None:
    told = advice(load_rules(), **unread(1))
    (entry,) = [each for each in told.facts if each.fact.kind == "entry"]
    assert [each.values.choices for each in entry.outcomes] == [("none of these",)]
    assert entry.settles == ()


@pytest.mark.parametrize(
    ("record", "most"), [(unread, 1.1), (unread_of_many_days, 1.5), (ambiguous, 2), (conflicting, 2)]
)
def test_four_times_the_entries_ask_the_engine_little_more(
    record: Callable[[int], dict[str, Any]], most: float
) -> None:
    rulebook = load_rules()
    asked = []
    for count in (6, 24):
        with counting() as points:
            advice(rulebook, **record(count))
        asked.append(len(points))
    assert asked[1] <= most * asked[0]


@contextmanager
def counting() -> Iterator[list[Assignment]]:
    """What the engine is asked about, one by one."""
    points: list[Assignment] = []
    ask = Inquiry.ask

    def asking(self: Inquiry, part: RulePart, known: Assignment) -> Truth:
        points.append(known)
        return ask(self, part, known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inquiry, "ask", asking)
        yield points
