"""What else a call may ask for: what to find out next, margins, distances, and that the JSON has its shape."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import Call
from screener.schema import result_schema

EXAMPLES = Path(__file__).parents[2] / "examples" / "patients"
FURTHER = ("advice", "margins", "distance", "when")


def test_the_facts_to_find_out_first_stand_below_the_verdicts(call: Call, write) -> None:
    ferritin = [{"name": "ferritin", "value": 40, "unit": "ug/L", "date": "2026-02-18"}]
    out = call(write(observations=ferritin), "--full")[1]
    assert "To find out first\n- Participant: Has the participant agreed? answers 1 line" in out
    assert out.index("To find out first") < out.index("A trial of nothing much")


def test_a_value_that_may_be_wrong_is_checked_first_and_consent_comes_last(call: Call) -> None:
    record = str(EXAMPLES / "results-that-cannot-be-used.json")
    out = call(record, "--full", rules=None)[1]
    first = [line for line in out.partition("To find out first\n")[2].splitlines() if line.startswith("- ")][:5]
    assert first[0].startswith("- Bilirubin 312 mg/dL of 24 Mar: did you mean")
    assert not any(line.startswith("- Participant") for line in first)


def test_where_the_trial_has_failed_nothing_is_asked_for(call: Call, write) -> None:
    assert "To find out first" not in call(write(), "--full")[1]


def test_a_failed_line_says_how_near_it_was(call: Call, write) -> None:
    out = call(write(), "--full")[1]
    assert "margin  Ferritin 12 ug/L on 18 Feb 2026, limit 30 ug/L: 18 ug/L below" in out
    assert "Age 44 years, limit 18 years: 26 years above" not in out


def test_margins_of_passed_lines_are_told_on_request(call: Call, write) -> None:
    out = " ".join(call(write(), "--margins")[1].split())
    assert "margin Age 44 years, limit 18 years: 26 years above" in out


def test_the_distance_is_told_on_request(call: Call, write) -> None:
    out = call(write(), "--distance")[1]
    assert "How far from each trial, the nearest first" in out
    assert "NCT00000001: 1 against, may change; 1 open" in out


def test_the_whole_advice_is_told_on_request(call: Call) -> None:
    record = str(EXAMPLES / "negatives-not-written-down.json")
    out = call(record, "--advice", "--trial", "NCT05985863", rules=None)[1]
    assert "What to find out next" in out
    assert "ruled out by" in out
    assert "To find out first" not in out


@pytest.mark.parametrize("asked", [(), *((each,) for each in FURTHER), FURTHER])
def test_json_has_what_was_asked_for_and_its_shape(call: Call, asked: tuple[str, ...]) -> None:
    record = str(EXAMPLES / "score-with-two-readings.json")
    out = call(record, "--json", *(f"--{each}" for each in asked), rules=None)[1]
    told = json.loads(out)
    assert [each for each in FURTHER if each in told] == list(asked)
    jsonschema.validate(told, result_schema())


def test_a_patient_who_has_died_is_shown_as_such(call: Call, write) -> None:
    out = call(write(died="2026-01-30"), "--full")[1]
    assert "The record says that the patient has died (30 Jan 2026)" in out
    assert "- the record says that the patient has died (30 Jan 2026)" in out
    assert "Died 30 Jan." in call(write(died="2026-01-30"))[1]
    assert "died" not in call(write(died="2026-03-30"))[1].casefold()
