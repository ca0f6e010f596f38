"""Laws of a sheet: it is a function of the screening, hides no failed line, and supposes nothing against a fact."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.screened import examples
from properties.effort import many
from properties.generators import AS_OF, random_rules, read, records
from screener.loading import load_rulebook
from screener.records import read_patient
from screener.screening import Screening, evaluate
from screener.sheet.again import after_clean_chart, screened_again
from screener.sheet.making import sheet_of
from screener.sheet.model import Sheet
from screener.sheet.reviewing import asked_of_chart
from screener.sheet.states import OUT
from sheet.test_states import CONSENT, FAILURE, LISTS, count, lab, screened

HOLDING_NO_FAILURE = frozenset({"all met", "all met if complete", "people", "reading", "nothing against", "too little"})


def check_laws(screening: Screening) -> Sheet:
    """What holds of every sheet."""
    sheet = sheet_of(screening)
    assert sheet_of(screening) == sheet
    by_id = {trial.id: trial for trial in screening.trials}
    assert sorted(row.id for row in sheet.trials) == sorted(by_id)
    for row in sheet.trials:
        failed = [each.id for each in by_id[row.id].criteria if each.status == "failed"]
        assert list(row.against) == failed
        assert not (failed and row.state.name in HOLDING_NO_FAILURE), row
        assert (row.state.name in OUT) <= bool(failed), row
        assert (row.met, row.of) == (by_id[row.id].counts["passed"], len(by_id[row.id].criteria))
        assert {line for point in row.points if point.kind == "against" for line in point.lines} == set(failed)
    live = {row.id for row in sheet.trials if row.state.name not in OUT}
    for group in sheet.actions:
        assert len({action.text for action in group.actions}) == len(group.actions)
        assert {name for action in group.actions for name in action.trials} <= live
    check_that_a_clean_chart_supposes_nothing_against_a_fact(screening)
    return sheet


def check_that_a_clean_chart_supposes_nothing_against_a_fact(screening: Screening) -> None:
    denied = [(each.list, each.concept.name, each.covers) for each in asked_of_chart(screening) if not each.seeks]
    clean = after_clean_chart(screening, denied)
    for before, after in zip(screening.trials, clean.trials, strict=True):
        for one, other in zip(before.criteria, after.criteria, strict=True):
            assert one.status == "unknown" or one.status == other.status, (before.id, one.id, one.status, other.status)


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_the_laws_hold_for_the_examples(path: Path) -> None:
    rules = load_rulebook()
    screening = evaluate(read_patient(path, rules), rules)
    again = screened_again(screening, screening.record)
    assert [[each.status for each in trial.criteria] for trial in again.trials] == [
        [each.status for each in trial.criteria] for trial in screening.trials
    ]
    check_laws(screening)


OLD, CANCER = {**FAILURE, "onset": "2026-01-10"}, {"name": "malignancy", "onset": "2020", "status": "active"}
GOOD_INR, SPLIT = [lab("INR", 1.8)], [count(80), count(40, "2025-09-01")]
REFUSED = {name: {**answer, "value": False} for name, answer in CONSENT.items()}
MET: dict[str, Any] = {
    "INR": GOOD_INR,
    "platelets": [count(80)],
    "conditions": [FAILURE],
    "answers": CONSENT,
    "complete": LISTS,
    "birth_date": "1980-05-14",
    "assume_complete": (),
}
"""What a record holds that meets every line, and below what another may hold in its place."""
OTHERWISE: list[tuple[str, Any]] = [
    *(("INR", those) for those in ([], [lab("INR", 1.4)], [lab("INR", 25.3)], [lab("INR", 1.8, "2026-01-05")])),
    *(("platelets", those) for those in ([], [count(40)], [count(4.9)], SPLIT)),
    *(("conditions", those) for those in ([OLD], [FAILURE, CANCER])),
    *(("answers", those) for those in (None, REFUSED)),
    *(("complete", those) for those in (LISTS[:2], [])),
    *(("birth_date", day) for day in ("1950-01-01", "2008-03-01")),
    ("assume_complete", ("events",)),
]
DOUBTED = (25.3, 4.9)


def state_by_hand(chosen: dict[str, Any]) -> str:
    """The state as docs/sheet.md says it, from statuses, and from what is on record of what no result changes."""

    def of(*results: Any) -> Screening:
        others = {name: value for name, value in chosen.items() if name not in ("INR", "platelets")}
        return screened(observations=list(results), **others)

    results = [*chosen["INR"], *chosen["platelets"]]
    (trial,) = of(*results).trials
    (bare,) = of(*(each for each in results if each["value"] not in DOUBTED)).trials
    if trial.verdict != bare.verdict:
        return "check"
    if trial.verdict == "ineligible":
        is_firm = CANCER in chosen["conditions"] or chosen["birth_date"] == "1950-01-01"
        return "ruled out" if is_firm else "ruled out today"
    if trial.verdict == "eligible":
        return "all met if complete" if any(each.basis == "assumed" for each in trial.criteria) else "all met"
    unknown = {each.id: set(each.reasons) for each in trial.criteria if each.status == "unknown"}
    is_split = chosen["platelets"] == SPLIT
    if all(reasons <= {"judgement", "consent"} for name, reasons in unknown.items() if not (name == "E2" and is_split)):
        return "reading" if is_split else "people"
    is_missing = not chosen["INR"] or not chosen["platelets"]
    passed = sum(each.status == "passed" for each in trial.criteria)
    return "too little" if is_missing and 2 * passed < len(trial.criteria) else "nothing against"


def test_a_state_is_a_function_of_what_is_on_record() -> None:
    """Nine states on records that differ in one thing or another; the same when the record is read again."""
    states: Counter[str] = Counter()

    @many(100)
    @given(st.lists(st.sampled_from(range(len(OTHERWISE))), max_size=3))
    def hold(changes: list[int]) -> None:
        chosen = {**MET, **dict(OTHERWISE[each] for each in changes)}
        others = {name: value for name, value in chosen.items() if name not in ("INR", "platelets")}
        screening = screened(observations=[*chosen["INR"], *chosen["platelets"]], **others)
        (row,) = check_laws(screening).trials
        assert row.state.name == state_by_hand(chosen)
        states[row.state.name] += 1

    hold()
    assert len(states) >= 6, states


def test_the_laws_hold_for_random_rules_and_records() -> None:
    states: Counter[str] = Counter()

    @many(70)
    @given(st.randoms(use_true_random=True))
    def hold(dice: Random) -> None:
        _, rulebook, subject = random_rules(dice)
        record = records(dice, rulebook, subject)
        sheet = check_laws(evaluate(read(record, rulebook), rulebook, as_of=AS_OF))
        states.update(row.state.name for row in sheet.trials)

    hold()
    assert len(states) >= 4, states
