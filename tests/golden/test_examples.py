"""The example patients: what they are expected to show, and their whole results, kept word for word."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from golden import synthea
from golden.screened import HERE, PATIENTS, Expected, examples, expected_screenings, screened
from screener.evaluation.explanation import WHY
from screener.records import record_schema
from screener.screening import CriterionResult

EXPECTED = expected_screenings()
EACH = pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.name)
LONGEST_DIFFERENCE = 80
"""Lines of a difference that are shown; the rest is for git."""


@EACH
def test_a_screening_is_what_its_goldens_say(expected: Expected) -> None:
    for path, text in expected.goldens.items():
        assert path.exists(), f"{path.name} is not there: python tests/golden/renew.py"
        kept = path.read_text(encoding="utf-8")
        assert kept == text, _difference(path, kept, text)


def _difference(path: Path, kept: str, now: str) -> str:
    lines = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), f"kept {path.name}", "now", "", "", 1, ""))
    left_out = len(lines) - LONGEST_DIFFERENCE
    more = [f"… and {left_out} more lines"] if left_out > 0 else []
    renew = "if this is meant: python tests/golden/renew.py, and read the difference in git"
    return "\n".join([f"{path.name} has changed", *lines[:LONGEST_DIFFERENCE], *more, renew])


def test_every_golden_belongs_to_a_screening() -> None:
    wanted = {f"{expected.name}{ending}" for expected in EXPECTED for ending in (".json", ".txt")}
    others = {"expected.json", synthea.SOME.name, synthea.ALL.name}
    found = {path.name for ending in ("*.json", "*.txt") for path in HERE.glob(ending)} - others
    assert found == wanted
    assert {path.name for path in HERE.glob("when/*")} == {f"{expected.name}.txt" for expected in EXPECTED}


@EACH
def test_the_verdicts_are_the_expected_ones(expected: Expected) -> None:
    assert {trial.id: trial.verdict for trial in screened(expected).trials} == expected.verdicts


@EACH
def test_the_lines_an_example_is_about_are_as_expected(expected: Expected) -> None:
    statuses = {f"{trial.id}/{each.id}": each.status for trial in screened(expected).trials for each in trial.criteria}
    assert {line: statuses[line] for line in expected.criteria} == expected.criteria


def test_every_example_is_screened() -> None:
    assert {path.stem for path in examples()} == {expected.patient for expected in EXPECTED}
    assert len(examples()) >= 10


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_an_example_has_the_form_of_a_record(path: Path) -> None:
    Draft202012Validator(record_schema()).validate(json.loads(path.read_text(encoding="utf-8")))


def test_the_examples_between_them_show_every_verdict_and_every_reason() -> None:
    trials = [trial for expected in EXPECTED for trial in screened(expected).trials]
    assert {trial.id for trial in trials if trial.verdict == "eligible"} == set(EXPECTED[0].verdicts)
    assert {trial.id for trial in trials if trial.verdict == "ineligible"} == set(EXPECTED[0].verdicts)
    shown = {reason for trial in trials for criterion in trial.criteria for reason in criterion.reasons}
    assert shown == set(WHY) - {"untranslated"}


def test_one_person_told_in_two_units_gets_the_same_answers() -> None:
    molar, mass = (
        screened(next(each for each in EXPECTED if each.patient == f"bleeding-and-kidney-injury-in-{unit}"))
        for unit in ("umol", "mg-dl")
    )
    for one, other in zip(molar.trials, mass.trials, strict=True):
        assert one.verdict == other.verdict
        for criterion, twin in zip(one.criteria, other.criteria, strict=True):
            assert (criterion.id, criterion.status, criterion.reasons, criterion.needs) == (
                twin.id,
                twin.status,
                twin.reasons,
                twin.needs,
            )


def test_an_answer_that_rests_on_an_assumption_says_so() -> None:
    recorded, assumed = (screened(each) for each in EXPECTED if each.patient == "negatives-not-written-down")
    assert {criterion.basis for trial in recorded.trials for criterion in trial.criteria} == {"recorded"}
    for before, after in zip(recorded.trials, assumed.trials, strict=True):
        for criterion, settled in zip(before.criteria, after.criteria, strict=True):
            if criterion.status != settled.status:
                assert (criterion.status, settled.basis) == ("unknown", "assumed")


def test_the_two_readings_of_the_score_differ_and_both_are_shown() -> None:
    line = _line("score-with-two-readings", "NCT07409259", "I3")
    assert line.reasons == ("ambiguous",)
    assert [reading.status for reading in line.readings] == ["failed", "passed"]
    assert [score.value for score in line.scores] == ["7.62", "7.16"]


def test_a_score_decides_although_inputs_are_missing() -> None:
    passed = _line("encephalopathy-not-examined", "NCT07409259", "I3")
    failed = _line("encephalopathy-not-examined", "NCT03863002", "I3")
    assert "not on record: West Haven grade of hepatic encephalopathy" in passed.explanation
    assert "dialysis and creatinine), outside 17 to 30" in failed.explanation


def test_a_site_that_settles_a_reading_is_named() -> None:
    line = _line("hepatitis-b-flare-with-encephalopathy", "NCT03863002", "E4")
    assert [(reading.status, reading.chosen_by) for reading in line.readings] == [
        ("failed", None),
        ("passed", "the site's investigator"),
    ]


def _line(patient: str, trial_id: str, line: str) -> CriterionResult:
    screening = screened(next(each for each in EXPECTED if each.patient == patient))
    trial = next(each for each in screening.trials if each.id == trial_id)
    return next(each for each in trial.criteria if each.id == line)


# ---- README.md beside the examples


def _rows() -> dict[str, list[str]]:
    """The cells of the README's tables, by the name of the example in the first of them."""
    text = (PATIENTS / "README.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    named = {found[1]: row for row in rows if (found := re.search(r"\(([\w-]+)\.json\)", row[0]))}
    assert named
    return named


def test_the_readme_tells_of_every_example_and_of_no_other() -> None:
    assert set(_rows()) == {path.stem for path in examples()}


@pytest.mark.parametrize("expected", [each for each in EXPECTED if each.called is None], ids=lambda each: each.name)
def test_the_readme_gives_the_expected_verdicts(expected: Expected) -> None:
    _, _, *verdicts = _rows()[expected.patient]
    told = {trial: cell.split("**")[1] for trial, cell in zip(expected.verdicts, verdicts, strict=True)}
    assert told == expected.verdicts
