"""A person's no speaks of what was there: what began after it asks again."""

from __future__ import annotations

from datetime import date as day
from datetime import timedelta
from typing import Any

import pytest

from lines.casebook import MAN, result_of
from screener.screening import CriterionResult


def answered(
    question: str,
    line: str,
    *,
    value: bool = False,
    date: str | None = "2026-02-20",
    as_of: str = "2026-03-18",
    record_day: str | None = None,
    **record: Any,
) -> CriterionResult:
    answers = {f"{line.split('/')[0]}/{question}": {"value": value, "date": date, "by": "Dr A"}}
    return result_of({**MAN, "as_of": record_day, "answers": answers, **record}, line, as_of=as_of)


def condition(onset: str, **code: str) -> list[dict[str, str]]:
    return [{**code, "onset": onset, "status": "active"}]


QUADRIPLEGIA = {"icd10cm": "G82.50"}
FAILING: dict[str, Any] = {
    "conditions": [
        {"icd10": "B18.1", "onset": "2009", "status": "active"},
        {"name": "liver_failure", "onset": "2026-03-02", "status": "active"},
    ],
    "observations": [
        {"name": "TBil", "value": 312, "unit": "umol/L", "date": "2026-03-17", "upper_limit": 21},
        {"name": "INR", "value": 1.8, "date": "2026-03-17"},
    ],
}
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


@pytest.mark.parametrize(
    ("question", "line", "days"),
    [
        (*MOVES, 30),
        ("otherwise_unsuitable", "NCT07409259/E8", 90),
        ("otherwise_unsuitable", "NCT05985863/E14", 90),
        ("highly_allergic", "NCT03863002/E14", 90),
        ("severe_extrahepatic_disease", "NCT05985863/E5", 90),
        ("other_life_limiting_disease", "NCT06242405/E4", 90),
        ("treated_for_mental_illness", "NCT06242405/E7", 90),
    ],
)
def test_an_answer_about_the_present_grows_old(question: str, line: str, days: int) -> None:
    """Without a date it is of the record's own day."""
    last, next_ = (str(day(2026, 2, 20) + timedelta(days + more)) for more in (0, 1))
    for given in ({"date": "2026-02-20"}, {"date": None, "record_day": "2026-02-20"}):
        assert answered(question, line, as_of=last, **given).status == "passed"
        assert answered(question, line, as_of=next_, **given).status == "unknown"


@pytest.mark.parametrize(
    ("question", "line"), [("informed_consent", "NCT07409259/I4"), ("informed_consent", "NCT05985863/I3")]
)
def test_consent_does_not_grow_old(question: str, line: str) -> None:
    assert answered(question, line, value=True, as_of="2027-02-20").status == "passed"


def test_an_answer_without_a_day_in_a_record_without_one_is_of_the_day_of_screening() -> None:
    assert answered(*MOVES, date=None, as_of="2027-02-20").status == "passed"


def test_a_yes_of_an_earlier_episode_is_too_old() -> None:
    question, line = "ACLF_by_China_2024", "NCT07409259/I2"
    known = {**FAILING, "conditions": [*FAILING["conditions"][:1], {"name": "liver_failure", "onset": "2026-02-01"}]}
    for date, expected in (("2026-03-17", "passed"), ("2026-02-16", "passed"), ("2026-02-15", "unknown")):
        found = answered(question, line, value=True, date=date, **known)
        assert "ACLF" in found.explanation
        assert found.status == expected


@pytest.mark.parametrize("value", [True, False])
def test_what_somebody_said_of_liver_failure_before_it_began_is_asked_again(value: bool) -> None:
    """The failure began on 2 March."""
    for date, is_open in (("2026-03-01", True), ("2026-03-02", False), ("2026-03-17", False)):
        found = answered("ACLF_by_China_2024", "NCT07409259/I2", value=value, date=date, **FAILING)
        assert found.status == ("unknown" if is_open else "passed" if value else "failed")
        assert ("stale" in found.reasons) == is_open
