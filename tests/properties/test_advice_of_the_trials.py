"""The advice on the trials that come with screener, where a reader can say what it ought to be."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from screener import Advice, advise, evaluate, load_patient, load_rules
from screener.advice.statements import TrialAdvice

PATIENTS = Path(__file__).parents[2] / "examples" / "patients"


@cache
def advice_for(name: str) -> Advice:
    rules = load_rules()
    return advise(evaluate(load_patient(PATIENTS / f"{name}.json", rules), rules))


def trial(name: str, trial_id: str) -> TrialAdvice:
    return next(each for each in advice_for(name).trials if each.id == trial_id)


def test_an_inr_below_the_limit_rules_out_unless_the_prothrombin_activity_stands_in() -> None:
    told = {each.sentence for each in trial("referral-letter-only", "NCT05985863").rules_out}
    assert "INR below 1.5 rules NCT05985863 out, unless prothrombin activity is below 40 %" in told
    assert "Prothrombin activity at least 40 % rules NCT05985863 out, unless INR is at least 1.5" in told


def test_a_bilirubin_below_both_readings_rules_out_by_itself() -> None:
    told = [each for each in trial("referral-letter-only", "NCT05985863").rules_out if each.criteria == ("I2",)]
    alone = [each for each in told if each.unless is None]
    assert [each.fact.fact.name for each in alone] == ["total_bilirubin"]
    (span,) = alone[0].fact.values.spans
    assert (span.high, span.high_open) == (85, True)


def test_a_readings_choice_is_a_fact_that_decides_both_ways() -> None:
    advice = trial("score-with-two-readings", "NCT07409259")
    (ruling_out,) = [each for each in advice.rules_out if each.criteria == ("I3",)]
    assert ruling_out.fact.values.choices == ("“the encephalopathy score 1, 2, 3 of the paper”",)
    (line,) = [each for each in advice.lines if each.criterion == "I3"]
    ((known,),) = [way.known for way in line.ways]
    assert known.values.choices == ("“the encephalopathy grade 0 to 4, as the registry prints it”",)
    assert line.complete
    (fact,) = [each for each in advice_for("score-with-two-readings").facts if each.fact == known.fact]
    assert [line.criterion for line in fact.settles] == ["I3"]
    assert fact.fact.found_by == "sponsor"


def test_a_result_within_the_peak_reading_does_not_rule_out_by_itself() -> None:
    """An old high bilirubin still stands for the worst of the four weeks, which is one of the readings."""
    told = [each for each in trial("labs-three-weeks-old", "NCT05985863").rules_out if each.criteria == ("I2",)]
    assert {each.fact.fact.name for each in told} == {"INR", "prothrombin_activity"}
    assert all(each.unless is not None for each in told)


def test_a_question_about_the_past_is_one_fact_for_all_trials() -> None:
    first = advice_for("negatives-not-written-down").facts[0]
    assert first.fact.name == "breastfeeding"
    assert (len(first.settles), len(first.in_trials), len(first.decides)) == (3, 3, 4)
    assert first.fact.found_by == "chart"


def test_consent_is_asked_for_each_trial_by_itself() -> None:
    consents = [
        each.fact.trial for each in advice_for("labs-three-weeks-old").facts if each.fact.name == "informed_consent"
    ]
    assert sorted(consents) == ["NCT03863002", "NCT05985863", "NCT06242405", "NCT07409259"]


def test_nothing_is_asked_for_a_trial_that_has_failed() -> None:
    advice = advice_for("hepatitis-b-flare-with-encephalopathy")
    asked_for = {each.fact.trial for each in advice.facts} - {""}
    assert asked_for
    assert "NCT05985863" not in asked_for


SINGLE: dict[str, Any] = {"id": "p", "as_of": "2026-02-20"}


@pytest.mark.parametrize(
    ("age", "told"),
    [("1955-02-20", True), ("1956-03", False)],
)
def test_an_age_that_is_known_is_not_asked_for(age: str, told: bool) -> None:
    rules = load_rules()
    screening = evaluate(load_patient({**SINGLE, "birth_date": age}, rules), rules, trials="NCT05985863")
    asked = {each.fact.kind for each in advise(screening).facts}
    assert "birth_date" not in asked
    assert bool(not advise(screening).trials) is told


def test_an_unknown_age_rules_out_on_both_sides() -> None:
    rules = load_rules()
    screening = evaluate(load_patient(SINGLE, rules), rules, trials="NCT05985863")
    (ruling_out,) = [each for each in advise(screening).trials[0].rules_out if each.fact.fact.kind == "birth_date"]
    assert [(span.low, span.high) for span in ruling_out.fact.values.spans] == [(0, 17), (71, 120)]


@pytest.mark.parametrize(
    ("name", "trial_id", "question", "only_if"),
    [
        (
            "negatives-not-written-down",
            "NCT05985863",
            "thrombosis_makes_ineligible",
            "yes to “Hepatic vein thrombosis, ever?”",
        ),
    ],
)
def test_a_question_that_only_a_finding_raises_is_conditional(
    name: str, trial_id: str, question: str, only_if: str
) -> None:
    asked = [each for each in advice_for(name).facts if each.fact.trial == trial_id and each.conditional]
    (fact,) = [each for each in asked if each.fact.name == question]
    assert only_if in [known.values.named for way in fact.only_if for known in way.known]
    assert trial_id not in fact.decides


def test_consent_and_judgements_that_every_way_needs_are_not_conditional() -> None:
    facts = advice_for("negatives-not-written-down").facts
    assert not [each.fact.text for each in facts if each.fact.name == "informed_consent" and each.conditional]
    assert {each.fact.kind for each in facts if each.conditional} == {"question"}


def test_each_fact_says_how_it_is_found() -> None:
    found_by = {each.fact.text: each.fact.found_by for each in advice_for("labs-three-weeks-old").facts}
    assert found_by["Measure INR again"] == "measure"
    assert found_by["Albumin before the last onset of liver failure (old results)"] == "old result"
    assert found_by["Breastfeeding now?"] == "chart"
    assert set(found_by.values()) == {"measure", "old result", "chart", "investigator", "participant", "sponsor"}
