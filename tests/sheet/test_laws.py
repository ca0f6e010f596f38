"""Laws of a sheet: it is a function of the screening, hides no failed line, and supposes nothing against a fact."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

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
