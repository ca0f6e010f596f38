"""A summary for others names nobody, and its numbers do not tell how many a few are, however they are put together."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement, product
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from cohort.conftest import DAY
from screener import load_rules
from screener.cohort.answers import How
from screener.cohort.files import write_summary
from screener.cohort.ran import Ran
from screener.cohort.summary import Made, OfTrial, Step, Summary, _Cells, summed_up
from screener.records.facts.folder import Facts

OF_PATIENTS = ("nearest.csv", "closing.csv", "changes.csv")
SHARED = ("summary.html", "summary.json", "attrition.csv", "limits.csv", "missing.csv", "recorded.csv")


def summary(answers: tuple[Path, Ran], facts: Facts, least: int) -> Summary:
    return summed_up(answers[0], load_rules(), facts, How(DAY, DAY), least)


@pytest.mark.parametrize(
    ("number", "told"), [(0, None), (1, None), (4, None), (5, 5), (9, 5), (10, 10), (-3, None), (-7, -5)]
)
def test_numbers_are_rounded_down_and_few_or_none_are_not_told(number: int, told: int | None) -> None:
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
        assert all(cell == "under 5" or int(cell) % 5 == 0 for row in rows for cell in row[columns:])
    ids = [patient.id for part in facts.about.parts for patient in facts.patients(part)]
    for name in SHARED:
        text = (folder / name).read_text()
        assert not [each for each in ids if each in text]


def test_the_numbers_add_up(answers: tuple[Path, Ran], facts: Facts) -> None:
    def known(*numbers: Made) -> int:
        return sum(each for each in numbers if isinstance(each, int))

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


Cell = tuple[str, int]
"""A number of patients: what it is of, and of which line (0: of the trial)."""
VERDICTS = ("patients", "eligible", "undetermined", "ineligible")


def cells_of(people: Sequence[str]) -> dict[Cell, int]:
    """All numbers of some people: those of the summary, and how many each line is the first to rule out. Each is a word
    with a letter for each line: passed, failed, unknown."""
    cells: dict[Cell, int] = Counter({("patients", 0): len(people)})
    for each in people:
        verdict = "ineligible" if "f" in each else "undetermined" if "u" in each else "eligible"
        cells[verdict, 0] += 1
        for at, status in enumerate(each):
            before, here, rest = each[:at], each[: at + 1], each[:at] + each[at + 1 :]
            cells[{"p": "passed", "f": "failed", "u": "unknown"}[status], at + 1] += 1
            cells["certain", at + 1] += set(here) == {"p"}
            cells["possible", at + 1] += "f" not in here
            cells["first_fails", at + 1] += status == "f" and "f" not in before
            cells["only_this_fails", at + 1] += status == "f" and "f" not in rest
            cells["only_this_is_open", at + 1] += status == "u" and set(rest) == {"p"}
            cells["certain_without", at + 1] += set(rest) == {"p"}
            cells["possible_without", at + 1] += "f" not in rest and "u" in rest
    return cells


def told_in(trial: OfTrial) -> set[str]:
    """The numbers that a summary tells of everybody and of each line."""
    numbers = [(name, getattr(trial, name)) for name in VERDICTS]
    numbers += [(name, getattr(step, name)) for step in trial.steps for name in Step.__struct_fields__[3:]]
    return {name for name, number in numbers if number is not UNSET}


def computed(told: set[str], least: int, lines: int, most: int) -> tuple[int, int]:
    """How many small numbers there are in the summaries of all populations of at most so many people, and of how many
    the summary leaves nothing but one number: who thinks of every population that fits it knows that."""
    count = _Cells(least).count
    fitting: dict[tuple[int | None, ...], list[dict[Cell, int]]] = {}
    kinds = ["".join(each) for each in product("pfu", repeat=lines)]
    names = sorted({(name, at) for name in told for at in range(lines + 1) if (at == 0) == (name in VERDICTS)})
    for number in range(most + 1):
        for people in combinations_with_replacement(kinds, number):
            cells = cells_of(people)
            fitting.setdefault(tuple([count(cells.get(name, 0)) for name in names]), []).append(cells)
    # Of a summary that larger populations fit, too, not all that fit are here.
    whole = [those for those in fitting.values() if max(each["patients", 0] for each in those) < most - least + 2]
    numbers = [
        {each.get(cell, 0) for each in those} for those in whole for cell in {cell for each in those for cell in each}
    ]
    small = [values for values in numbers if not values.isdisjoint(range(1, least))]
    return len(small), sum(len(values) == 1 for values in small)


def test_who_thinks_of_every_population_that_fits_learns_no_small_number(
    answers: tuple[Path, Ran], facts: Facts
) -> None:
    everything = told_in(summary(answers, facts, 1).trials[0])
    small, known = computed(told_in(summary(answers, facts, 3).trials[0]), 3, 2, 7)
    assert small > 50
    assert known == 0
    _, known = computed(everything, 3, 2, 6)
    assert known > 50, "with every sum told, most can be worked out"
