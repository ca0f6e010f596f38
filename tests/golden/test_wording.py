"""How things are named and joined in explanations; the sentences themselves stand in the goldens."""

from __future__ import annotations

import math

import pytest

from flagged import said
from screener.evaluation.explanation import score_text, span_text
from screener.evaluation.phrases import both, capital, either, lowered, unit_after
from screener.loading import load_rulebook
from screener.records import read_patient
from screener.screening import CriterionResult, evaluate
from screener.values.ranges import UNDEFINED, Range, exactly


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        ([], ""),
        (["sepsis"], "sepsis"),
        (["sepsis", "dialysis"], "sepsis or dialysis"),
        (["sepsis", "dialysis", "sepsis", "ascites"], "sepsis, dialysis or ascites"),
        (["anxiety, phobia or insomnia", "mental disorder"], "mental disorder, anxiety, phobia or insomnia"),
    ],
)
def test_alternatives_are_named_once_and_a_series_among_them_ends_the_list(names: list[str], joined: str) -> None:
    assert either(names) == joined


def test_what_holds_together_is_joined_by_and() -> None:
    assert both(["INR", "creatinine", "urea"]) == "INR, creatinine and urea"


@pytest.mark.parametrize(
    ("title", "inside"),
    [
        ("Total bilirubin", "total bilirubin"),
        ("Oral INR meter", "oral INR meter"),
        ("INR", "INR"),
        ("HIV infection", "HIV infection"),
        ("West Haven grade", "West Haven grade"),
    ],
)
def test_only_a_capital_that_opens_a_title_is_lowered(title: str, inside: str) -> None:
    assert lowered(title) == inside


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (exactly(7.2685), "7.27"),
        (Range(6, 40), "between 6 and 40"),
        (Range(-math.inf, 10.554), "at most 10.55"),
        (Range(31, math.inf), "at least 31"),
        (UNDEFINED, "not known"),
    ],
)
def test_a_score_is_told_as_far_as_it_is_known(value: Range, text: str) -> None:
    assert span_text(value, score_text) == text


@pytest.mark.parametrize(
    ("unit", "beside"),
    [
        (None, ""),
        ("", ""),
        ("1", ""),
        ("INR", ""),
        ("{INR}", ""),
        ("%", " %"),
        ("/nL", " /nL"),
        ("furlongs", " furlongs"),
    ],
)
def test_a_pure_number_or_a_ratio_stands_without_its_unit(unit: str | None, beside: str) -> None:
    assert unit_after(unit) == beside


# ---- sentences about one line of a protocol


def line(trial: str, name: str, **record: object) -> CriterionResult:
    """One line of a trial for a patient of whom only this is on record."""
    rules = load_rulebook()
    patient = read_patient({"id": "anna", "as_of": "2026-02-20", "birth_date": "1981-05-04", **record}, rules)
    criteria = evaluate(patient, rules, trials=[trial]).trials[0].criteria
    return next(each for each in criteria if each.id == name)


def needed(criterion: CriterionResult) -> list[str]:
    return [need.text for need in criterion.needs]


CARCINOMA = {"name": "basal_cell_carcinoma", "onset": "2024", "status": "resolved"}
SKIN = "basal cell carcinoma of the skin"


@pytest.mark.parametrize(
    ("complete", "open_because"),
    [
        (["conditions"], f"Not on record: {SKIN}: cured? On record: "),
        ([], f"Not on record: {SKIN}: cured?, others are not ruled out: "),
    ],
)
def test_a_quality_that_an_entry_does_not_state_is_what_is_called_missing(
    complete: list[str], open_because: str
) -> None:
    criterion = line("NCT07409259", "E6", conditions=[CARCINOMA], complete=complete)
    assert open_because in criterion.explanation
    assert f"{capital(SKIN)}: cured? (conditions[0])" in needed(criterion)


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({"onset": "2024"}, "(since 2024, resolved)"),
        ({"onset": "2022", "end": "2024"}, "(2022 to 2024, resolved)"),
        ({"end": "2024"}, "(until 2024, resolved)"),
        ({}, "(resolved, undated)"),
    ],
)
def test_the_date_of_what_is_over_does_not_read_as_its_end(dates: dict[str, str], told: str) -> None:
    resolved = {"name": "basal_cell_carcinoma", "status": "resolved", **dates}
    assert told in line("NCT07409259", "E6", conditions=[resolved]).explanation


def test_of_an_overdue_plan_it_is_the_planned_day_that_has_passed() -> None:
    plan = {"name": "liver_transplantation", "status": "planned", "date": "2026-01-10"}
    criterion = line("NCT05985863", "E4", procedures=[plan], complete=["procedures", "plans"])
    assert "The planned day has passed: liver transplantation (planned, 10 Jan 2026)" in criterion.explanation
    assert "Liver transplantation was planned: what became of it? (procedures[0])" in needed(criterion)


def test_entries_that_say_the_same_are_counted() -> None:
    criterion = line("NCT06242405", "E10", allergies=[{"name": "any_drug"}] * 2, complete=["conditions", "allergies"])
    assert "The record does not say which kind: allergy to drugs (2 entries)" in criterion.explanation


def test_it_is_the_allergy_that_may_be_severe() -> None:
    criterion = line("NCT05985863", "E8", allergies=[{"name": "any_drug"}], complete=["allergies"])
    assert "Allergy to drugs: severe? (allergies[0])" in needed(criterion)


def test_a_reactive_screening_test_leaves_open_what_a_complete_list_would_deny() -> None:
    reactive = {"name": "HIV_screen", "value": "reactive", "date": "2026-02-19"}
    criterion = line("NCT03863002", "E12", observations=[reactive], complete=["conditions"])
    assert needed(criterion) == [
        "HIV, confirmatory test again",
        "HIV, screening test again",
        "HIV infection: there or not? The result leaves it open (observations[0])",
    ]


@pytest.mark.parametrize(
    ("entry", "need", "open_because"),
    [
        (
            {"icd10": "R75", "text": "HIV screen reactive"},
            "“icd10 R75 HIV screen reactive”: is it HIV infection? (conditions[0])",
            "An entry may be it: left open by “icd10 R75 HIV screen reactive”",
        ),
        (
            {"text": "see letter"},
            "What is “see letter”? (conditions[0])",
            "Nobody has said yet what an entry stands for: left open by “see letter”",
        ),
    ],
)
def test_of_an_entry_that_may_be_it_one_look_at_it_is_asked_for(
    entry: dict[str, str], need: str, open_because: str
) -> None:
    criterion = line("NCT03863002", "E12", conditions=[entry], complete=["conditions"])
    assert needed(criterion) == [need]
    assert criterion.explanation.endswith(open_because)


@pytest.mark.parametrize("anaphylaxis", [[], [{"name": "anaphylaxis", "onset": "2019"}]])
@pytest.mark.parametrize("complete", [[], ["conditions", "allergies"]])
def test_a_question_is_needed_whatever_is_shown_with_it_and_what_is_shown_is_not(
    anaphylaxis: list[dict[str, str]], complete: list[str]
) -> None:
    criterion = line("NCT03863002", "E14", conditions=anaphylaxis, complete=complete)
    assert needed(criterion) == ["Investigator: Highly allergic?"]
    shown = [each.source for each in criterion.evidence if each.source != "complete"]
    assert shown == ["conditions[0]"] * len(anaphylaxis)


def test_of_what_only_a_later_result_shows_it_is_open_since_when() -> None:
    failure = {"name": "liver_failure", "onset": "2026-02-05", "status": "active"}
    ascites = {"name": "ascites_grade", "value": "moderate", "date": "2026-02-12"}
    platelets = {"name": "PLT", "value": 104, "unit": "10*9/L", "date": "2026-02-01"}
    observations = [ascites, platelets]
    criterion = line("NCT05985863", "E2", observations=observations, conditions=[failure], complete=["conditions"])
    assert "since when is not on record: ascites" in criterion.explanation


@pytest.mark.parametrize(
    ("drawn", "apart"),
    [
        ("2026-02-11", "at least 7 days and 1 hour"),
        ("2026-01-20", "at least 29 days"),
        ("2025-10-19", "at least 4 months"),
        ("2017-02-19", "at least 8 years"),
    ],
)
def test_inputs_drawn_far_apart_are_told_in_a_unit_that_reads_well(drawn: str, apart: str) -> None:
    inr = {"name": "INR", "value": 1.8, "date": f"{drawn}T23:00"}
    albumin = {"name": "ALB", "value": 30, "unit": "g/L", "date": "2026-02-19T00:00"}
    failure = {"name": "liver_failure", "onset": "2026-02-20", "status": "active"}
    criterion = line("NCT05985863", "E2", observations=[inr, albumin], conditions=[failure])
    assert [flag.split(" were drawn ")[1] for flag in said(criterion.flags) if " were drawn " in flag] == [
        f"{apart} apart, more than 7 days"
    ]


@pytest.mark.parametrize(
    ("sex", "flags"),
    [
        ("female", ()),
        ("male", ("conflict: recorded male, but pregnancy is on record (observations[0])",)),
        (None, ()),
    ],
)
def test_what_only_the_other_sex_can_have_is_flagged(sex: str | None, flags: tuple[str, ...]) -> None:
    positive = {"name": "pregnancy_test", "value": "positive", "date": "2026-02-19"}
    assert said(line("NCT07409259", "E7", observations=[positive], **({"sex": sex} if sex else {})).flags) == flags
