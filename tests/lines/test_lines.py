"""Every line of every trial, on records small enough to see why it answers as it does."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

import pytest

from lines.casebook import DEFAULT, FOLDER, Case, all_cases, laid_over, result_of, rules, trial_files

CASES = all_cases()
BOUNDARIES = {
    boundary: list(three) for boundary, three in groupby(CASES, key=lambda case: case.boundary) if boundary is not None
}
CONTRASTS: list[dict[str, Any]] = json.loads((FOLDER / "contrasts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_line_answers_as_the_protocol_reads(case: Case) -> None:
    answer = result_of(case.record, f"{case.trial}/{case.line}")
    assert (answer.status, sorted(answer.reasons)) == (case.status, sorted(case.reasons)), answer.explanation
    assert set(case.evidence) <= {each.name for each in answer.evidence}
    assert set(case.needs) <= {each.name for each in answer.needs}
    shown = [*answer.flags, *(flag for each in answer.evidence for flag in each.flags)]
    assert all(any(expected in flag.text for flag in shown) for expected in case.flags), shown


@pytest.mark.parametrize("contrast", CONTRASTS, ids=lambda contrast: contrast["title"])
def test_one_patient_is_answered_by_each_trial_in_its_own_way(contrast: dict[str, Any]) -> None:
    record = laid_over(DEFAULT, contrast["record"])
    answers = {line: result_of(record, line) for line in contrast["lines"]}
    assert {line: " ".join((each.status, *each.reasons)) for line, each in answers.items()} == contrast["lines"]


def test_there_are_cases_of_every_trial() -> None:
    assert [path.stem for path in trial_files()] == sorted(rules().trials)
    assert {case.trial for case in CASES} == set(rules().trials)
    assert len(CASES) >= 750
    assert len(CONTRASTS) >= 15


def test_every_line_has_a_record_that_passes_one_that_fails_and_one_that_leaves_it_open() -> None:
    seen = {(case.trial, case.line, case.status) for case in CASES}
    lines = {(trial.id, line.id) for trial in rules().trials.values() for line in trial.criteria}
    assert len(lines) == 66
    assert seen == {(*line, status) for line in lines for status in ("passed", "failed", "unknown")}


def test_a_case_says_why_an_answer_is_open_and_only_then() -> None:
    assert [case.title for case in CASES if (case.status == "unknown") != bool(case.reasons)] == []


def test_a_boundary_is_three_cases_that_do_not_all_answer_alike() -> None:
    assert len(BOUNDARIES) >= 100
    assert [boundary for boundary, three in BOUNDARIES.items() if len(three) != 3] == []
    answers = {boundary: {(case.status, case.reasons) for case in three} for boundary, three in BOUNDARIES.items()}
    assert [boundary for boundary, different in answers.items() if len(different) == 1] == []


def test_every_line_with_a_number_in_its_rule_has_a_boundary() -> None:
    with_a_number = {
        (trial.id, line.id)
        for trial in rules().trials.values()
        for line in trial.criteria
        if re.search(r"\b\d", re.sub(r'"[^"]*"', "", line.rule))
    }
    assert len(with_a_number) >= 20
    assert with_a_number - {(three[0].trial, three[0].line) for three in BOUNDARIES.values()} == set()


def test_the_traps_of_the_readings_are_tried() -> None:
    assert len({(case.trial, case.line, case.trap) for case in CASES if case.trap is not None}) >= 110


def test_every_line_and_trial_has_a_short_name() -> None:
    nameless = [trial.id for trial in rules().trials.values() if trial.short is None]
    nameless += [
        f"{trial.id}/{line.id}" for trial in rules().trials.values() for line in trial.criteria if not line.short
    ]
    assert nameless == []
