"""A summary for others names nobody, and no number in it, nor a difference of two, tells how many a few are."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from cohort.conftest import DAY
from screener import load_rules
from screener.cohort.answers import How
from screener.cohort.files import write_summary
from screener.cohort.ran import Ran
from screener.cohort.summary import Step, Summary, _Cells, summed_up
from screener.records.facts.folder import Facts

OF_PATIENTS = ("nearest.csv", "closing.csv", "changes.csv")
SHARED = ("summary.html", "summary.json", "attrition.csv", "limits.csv", "missing.csv", "recorded.csv")


def summary(answers: tuple[Path, Ran], facts: Facts, least: int) -> Summary:
    return summed_up(answers[0], load_rules(), facts, How(DAY, DAY), least)


@pytest.mark.parametrize(
    ("number", "told"), [(0, 0), (1, None), (4, None), (5, 5), (9, 5), (10, 10), (-3, None), (-7, -5)]
)
def test_numbers_are_rounded_down_and_few_are_not_told(number: int, told: int | None) -> None:
    assert _Cells(5).change(number) == told


def counts(told: Any) -> list[int]:
    """Every number of patients in a summary."""
    if isinstance(told, dict):
        others = {"min_cell", "number", "kind"}
        return [number for key, value in told.items() if key not in others for number in counts(value)]
    if isinstance(told, list):
        return [number for each in told for number in counts(each)]
    return [told] if isinstance(told, int) and not isinstance(told, bool) else []


def test_nothing_of_a_small_cell_or_a_patient_is_in_what_is_shared(
    answers: tuple[Path, Ran], facts: Facts, tmp_path: Path
) -> None:
    folder = answers[0]
    write_summary(folder, summary(answers, facts, 1))
    assert all((folder / name).exists() for name in OF_PATIENTS)
    shared = summary(answers, facts, 5)
    write_summary(folder, shared)
    assert not any((folder / name).exists() for name in OF_PATIENTS)
    numbers = counts(json.loads((folder / "summary.json").read_text()))
    assert len(numbers) > 100
    assert all(number % 5 == 0 for number in numbers)
    for name in ("attrition.csv", "limits.csv", "missing.csv", "recorded.csv"):
        rows = list(csv.reader((folder / name).read_text("utf-8-sig").splitlines()))[1:]
        columns = {"attrition.csv": 4, "limits.csv": 6, "missing.csv": 4, "recorded.csv": 4}[name]
        assert all(cell == "few" or int(cell) % 5 == 0 for row in rows for cell in row[columns:])
    ids = [patient.id for part in facts.about.parts for patient in facts.patients(part)]
    for name in SHARED:
        text = (folder / name).read_text()
        assert not [each for each in ids if each in text]


def test_the_numbers_add_up(answers: tuple[Path, Ran], facts: Facts) -> None:
    def known(*numbers: int | None) -> int:
        return sum(each or 0 for each in numbers)

    for trial in summary(answers, facts, 1).trials:
        everybody = known(trial.patients)
        assert known(trial.eligible, trial.undetermined, trial.ineligible) == everybody
        last: Step | None = None
        for step in trial.steps:
            assert known(step.passed, step.failed, step.unknown) == everybody
            assert known(step.certain) <= known(step.possible) <= known(last.possible if last else everybody)
            assert known(step.possible_without) + known(step.certain_without) == (
                known(trial.eligible, trial.undetermined) + known(step.only_this_fails)
            )
            last = step
        assert last is not None
        assert known(last.certain) == known(trial.eligible)
        assert known(last.possible) == known(trial.eligible, trial.undetermined)
