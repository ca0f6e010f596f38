"""A value that is probably in another unit, unusual, or does not fit beside another is shown as such wherever an answer
rests on it, whichever way the answer came to it."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from flagged import said
from screener import evaluate, load_patient
from screener.report.terminal import print_screening
from screener.report.wording import freshness_limits
from screener.screening import CriterionResult, Evidence, Screening
from trial_text import rulebook_with_rule, rulebook_with_trial

TODAY = "2026-02-20"
UNUSUAL = "unusual: usual is 2 .. 850 umol/L; did you mean `70 umol/L`?"
SECONDS = "between 10 and 60: is it a prothrombin time in seconds?"
LATER = "an entry on record may be later"
LOW = "low beside an INR of 1.5 or more: was it measured in mg/dL?"


def lab(
    name: str, value: object, unit: str | None = None, date: str | None = "2026-02-20", **more: object
) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "value": value, **more}
    return entry | ({"unit": unit} if unit else {}) | ({"date": date} if date else {})


def screened(
    rule: str, *labs: dict[str, Any], dictionary: str = "", kind: str = "inclusion", **record: Any
) -> Screening:
    rules = rulebook_with_rule(rule, kind, dictionary)
    return evaluate(load_patient({"id": "p", "observations": list(labs), **record}, rules), rules=rules, as_of=TODAY)


def answer(rule: str, *labs: dict[str, Any], **more: Any) -> CriterionResult:
    return screened(rule, *labs, **more).trials[0].criteria[0]


def row(found: CriterionResult, source: str = "observations[0]") -> Evidence:
    (only,) = [each for each in found.evidence if each.source == source]
    return only


def table(screening: Screening) -> str:
    written = StringIO()
    print_screening(screening, Console(file=written))
    return " ".join(written.getvalue().split())


HIGH = lab("TBil", 70, "mg/dL")
SHOWS = """
condition marked_jaundice "Marked jaundice"
  course passing
  present when total_bilirubin >= 85.5 umol/L
  absent when total_bilirubin < 20 umol/L
"""


WAYS = [
    "total_bilirubin >= 85 umol/L",
    "total_bilirubin < 85 umol/L",
    "total_bilirubin >= 1000 umol/L and INR >= 1.5",
    "total_bilirubin >= 1000 umol/L or INR >= 1.5",
    "not total_bilirubin < 85 umol/L",
    "total_bilirubin >= 10 x ULN",
    "total_bilirubin between 85 and 1500 umol/L",
    "highest total_bilirubin within 7 days >= 85 umol/L",
    "lowest total_bilirubin within 7 days >= 85 umol/L",
    "highest total_bilirubin within 7 days >= 2 x ULN",
    "MELD >= 17",
    "MELD < 30",
    "Child_Pugh >= 7",
    "meets APASL_ACLF",
    "current marked_jaundice",
    "history of marked_jaundice",
]


def each_as_a_line(rules: list[str]) -> str:
    return "\n".join(
        f"inclusion I{number}\n  > line {number}\n  {rule}\n" for number, rule in enumerate(rules, start=1)
    )


@pytest.mark.parametrize("way", range(len(WAYS)), ids=WAYS)
def test_a_suspicion_is_shown_whichever_way_the_value_is_used(way: int) -> None:
    rules = rulebook_with_trial(each_as_a_line(WAYS), SHOWS)
    patient = load_patient({"id": "p", "observations": [HIGH]}, rules)
    found = evaluate(patient, rules=rules, as_of=TODAY).trials[0].criteria[way]
    assert said(row(found).flags)[:1] == (UNUSUAL,)
    assert row(found) in found.suspicious


def test_a_suspicion_is_shown_for_every_result_of_a_change() -> None:
    found = answer(
        "rise in total_bilirubin within 7 days >= 100 umol/L",
        lab("TBil", 40, "umol/L", "2026-02-17"),
        HIGH,
        lab("INR", 2),
    )
    assert said(row(found, "observations[1]").flags)[:1] == (UNUSUAL,)
    assert {each.source for each in found.suspicious} >= {"observations[1]"}


def test_a_suspicion_is_shown_for_a_result_that_is_too_old_to_count() -> None:
    found = answer("total_bilirubin >= 85 umol/L", lab("TBil", 70, "mg/dL", "2026-01-10"))
    assert found.status == "unknown"
    assert said(row(found).flags) == (UNUSUAL, "the last result is too old")


@pytest.mark.parametrize(
    ("value", "begun", "flags", "explained"),
    [
        (3, "2026-02-16", (), " 3 on 17 Feb 2026, at least 2"),
        (1, "2026-02-19", (LATER,), " counts as grade 1 to 4, because {later}; at least 2? Not known yet"),
        (3, "2026-02-19", (LATER,), " counts as grade 3 or 4, because {later}, at least 2"),
        (4, "2026-02-19", (LATER,), " counts as grade 4, because {later}, at least 2"),
    ],
)
def test_a_grade_that_a_later_entry_overtakes_is_not_called_too_old(
    value: int, begun: str, flags: tuple[str, ...], explained: str
) -> None:
    entry = {"name": "hepatic_encephalopathy", "status": "active", "onset": begun}
    grade = lab("HE_grade", value, date="2026-02-17")
    found = answer("hepatic_encephalopathy_grade >= 2", grade, conditions=[entry])
    assert said(row(found).flags) == flags
    later = f"hepatic encephalopathy (active, since 19 Feb 2026) may be later than the result, {value} on 17 Feb 2026"
    assert found.explanation == "West Haven grade of hepatic encephalopathy" + explained.format(later=later)
    assert not freshness_limits(found)


def test_a_score_says_why_a_grade_in_it_does_not_count() -> None:
    entry = {"name": "hepatic_encephalopathy", "status": "active", "onset": "2026-02-19"}
    found = answer("COSSH_ACLF_II_with_HE_grade >= 9", lab("HE_grade", 1, date="2026-02-17"), conditions=[entry])
    assert f"{LATER}: West Haven grade of hepatic encephalopathy" in found.explanation


@pytest.mark.parametrize(
    ("result", "kinds"),
    [
        (HIGH, ["doubt"]),
        (lab("TBil", 90, "umol/L", "2026-01-10"), ["too_old"]),
        (lab("TBil", "cloudy", "umol/L"), ["unusable"]),
        (lab("TBil", 90, "umol/L", upper_limit=30), ["remark"]),
    ],
)
def test_a_flag_says_which_kind_it_is(result: dict[str, Any], kinds: list[str]) -> None:
    (only,) = answer("total_bilirubin >= 85 umol/L", result).evidence
    assert [flag.kind for flag in only.flags] == kinds


def test_a_flag_of_two_results_is_raised_for_one_that_is_too_old_by_what_stood_beside_it() -> None:
    labs = (lab("TBil", 12, "umol/L", "2026-01-10"), lab("INR", 2, None, "2026-01-10"))
    assert LOW in said(row(answer("total_bilirubin >= 85 umol/L", *labs)).flags)


def test_a_suspicion_is_shown_for_what_was_before_an_onset() -> None:
    rule = "before onset of liver_failure (total_bilirubin within 30 days >= 85 umol/L)"
    conditions = [{"name": "liver_failure", "onset": "2026-01-20", "status": "active"}]
    labs = (
        lab("TBil", 12, "umol/L", "2026-01-10"),
        lab("INR", 2, None, "2026-01-10"),
        lab("TBil", 300, "umol/L", "2026-02-19"),
    )
    assert LOW in said(row(answer(rule, *labs, conditions=conditions)).flags)


def test_a_flag_belongs_to_its_result_and_not_to_another_of_the_same_lab() -> None:
    labs = (
        lab("TBil", 300, "umol/L", "2026-02-18"),
        lab("TBil", 12, "umol/L", "2026-02-19"),
        lab("INR", 2, None, "2026-02-19"),
    )
    found = answer("highest total_bilirubin within 7 days >= 85 umol/L", *labs)
    assert LOW not in said(row(found, "observations[0]").flags)
    assert LOW in said(row(found, "observations[1]").flags)


def test_a_flag_is_raised_for_each_of_two_results_of_one_time() -> None:
    labs = (lab("TBil", 12, "umol/L"), lab("TBil", 300, "umol/L"), lab("INR", 2))
    found = answer("total_bilirubin >= 85 umol/L", *labs)
    assert found.reasons == ("conflict",)
    assert LOW in said(row(found, "observations[0]").flags)
    assert said(row(found, "observations[1]").flags) == ()


def test_an_earlier_result_is_held_against_what_came_later_only_while_no_newer_one_is_there() -> None:
    early, inr = lab("TBil", 12, "umol/L", "2026-02-16"), lab("INR", 2, None, "2026-02-19")
    assert said(row(answer("total_bilirubin >= 85 umol/L", early, inr)).flags) == (LOW,)
    later = lab("TBil", 300, "umol/L", "2026-02-19")
    found = answer("highest total_bilirubin within 7 days >= 85 umol/L", early, inr, later)
    assert said(row(found).flags) == ()


def test_a_result_of_an_imprecise_date_is_flagged_for_what_it_is_itself() -> None:
    found = answer("INR >= 1.5", lab("INR", 12, None, "2026-02"))
    assert SECONDS in said(row(found).flags)


def test_a_result_without_a_date_is_flagged_for_what_it_is_itself() -> None:
    for current in (True, False):
        found = answer("INR >= 1.5", lab("INR", 12, None, None, current=current))
        assert SECONDS in said(row(found).flags)


def test_an_impossible_result_is_flagged_for_what_was_written() -> None:
    found = answer("INR >= 1.5", lab("INR", 45))
    assert found.reasons == ("impossible",)
    assert said(row(found).flags) == (
        "`45` cannot be, and counts as missing: possible is 0.5 .. 30",
        SECONDS,
    )


def test_a_doubtful_limit_of_normal_is_shown_where_the_value_is_compared_with_another_limit() -> None:
    for rule in ("total_bilirubin >= 85 umol/L", "total_bilirubin >= 10 x ULN", "MELD >= 17"):
        found = answer(
            rule, lab("TBil", 200, "umol/L", upper_limit=30), lab("INR", 2), lab("creatinine", 100, "umol/L")
        )
        assert "its upper limit of normal is unusual: 30 umol/L, in use are 17.1 .. 26 umol/L" in said(row(found).flags)


@pytest.mark.parametrize(
    ("inr", "activity", "flag"),
    [
        (1.19, 40, "prothrombin activity of 40 % or less beside an INR below 1.2: the two do not fit together"),
        (1.2, 40, None),
        (1.19, 41, None),
        (1.5, 81, "INR of 1.5 or more beside a prothrombin activity above 80 %: the two do not fit together"),
        (1.49, 81, None),
        (1.5, 80, None),
    ],
)
@pytest.mark.parametrize("rule", ["INR >= 1.5", "prothrombin_activity < 60 %"])
def test_inr_and_prothrombin_activity_are_held_against_each_other_whichever_counts(
    rule: str, inr: float, activity: int, flag: str | None
) -> None:
    found = answer(rule, lab("INR", inr), lab("PTA", activity, "%"))
    (only,) = found.evidence
    remarks = [each for each in said(only.flags) if "fit together" in each]
    assert remarks == ([flag] if flag else [])


# ---- in words


@pytest.mark.parametrize("kind", ["inclusion", "exclusion"])
def test_the_table_shows_a_suspicion_of_a_passed_and_of_a_failed_line(kind: str) -> None:
    text = table(screened("total_bilirubin >= 85 umol/L", HIGH, kind=kind))
    assert f"total bilirubin 70 mg/dL = 1197.3 umol/L, 20 Feb 2026 (observations[0]); {UNUSUAL}" in text


def test_the_table_shows_no_evidence_of_a_passed_line_without_a_suspicion() -> None:
    assert "on record" not in table(screened("urea < 50 mmol/L", lab("BUN", 20, "mg/dL")))


# ---- the dictionary's tells: below, at and above each number


LIMITS = [
    "total_bilirubin < 85 umol/L",
    "creatinine < 100 umol/L",
    "urea < 10 mmol/L",
    "neutrophils < 10 x 10*9/L",
    "platelets < 100 x 10*9/L",
    "hemoglobin < 90 g/L",
    "albumin < 35 g/L",
    "INR < 1.5",
    "prothrombin_activity < 40 %",
    "body_weight < 50 kg",
]


@pytest.mark.parametrize(
    ("name", "value", "unit", "is_told", "remark"),
    [
        ("TBil", "49.6", "mg/dL", False, "did you mean"),
        ("TBil", "49.8", "mg/dL", True, "did you mean `49.8 umol/L`?"),
        ("TBil", "60.1", "mg/dL", True, "did you mean `60.1 umol/L`?"),
        ("TBil", 88, "mg/dL", True, "did you mean `88 umol/L`?"),
        ("creatinine", "13.5", "mg/dL", False, "did you mean"),
        ("creatinine", "25.1", "mg/dL", True, "did you mean `25.1 umol/L`?"),
        ("creatinine", 90, "mg/dL", True, "did you mean `90 umol/L`?"),
        ("creatinine", "14.9", "umol/L", True, "was it measured in mg/dL?"),
        ("creatinine", 15, "umol/L", False, "was it measured in mg/dL?"),
        ("creatinine", "0.9", "umol/L", True, "did you mean `0.9 mg/dL` or `0.9 mmol/L`?"),
        ("neutrophils", 100, "10*9/L", False, "is it a percentage of the leukocytes, or a count per microlitre?"),
        ("neutrophils", 101, "10*9/L", True, "is it a percentage of the leukocytes, or a count per microlitre?"),
        ("neutrophils", 4500, "10*9/L", True, "did you mean `4500 /uL`?"),
        ("platelets", 3000, "10*9/L", False, "did you mean `3000 /uL`?"),
        ("platelets", 3001, "10*9/L", True, "did you mean `3001 /uL`?"),
        ("platelets", 150000, "10*9/L", True, "did you mean `150000 /uL`?"),
        ("platelets", 150, "/uL", True, "did you mean `150 10*9/L`?"),
        ("Hb", 2, "g/L", True, "was it measured in g/dL, or in mmol/L?"),
        ("Hb", 22, "g/L", True, "was it measured in g/dL, or in mmol/L?"),
        ("Hb", "22.1", "g/L", False, "was it measured in g/dL, or in mmol/L?"),
        ("Hb", 9, "g/L", True, "did you mean `9 mmol/L` or `9 g/dL`?"),
        ("albumin", "6.9", "g/L", True, "was it measured in g/dL?"),
        ("albumin", 7, "g/L", False, "was it measured in g/dL?"),
        ("albumin", "3.5", "g/L", True, "did you mean `3.5 g/dL`?"),
        ("albumin", 101, "g/L", True, "did you mean `101 umol/L`?"),
        ("albumin", 560, "g/L", True, "did you mean `560 umol/L`?"),
        ("INR", "9.9", None, False, "is it a prothrombin time in seconds?"),
        ("INR", 10, None, True, "is it a prothrombin time in seconds?"),
        ("INR", 60, None, True, "is it a prothrombin time in seconds?"),
        ("INR", 61, None, False, "is it a prothrombin time in seconds?"),
        ("PTA", "0.35", "%", True, "is it a fraction of 1?"),
        ("PTA", "1.5", "%", True, "is it a fraction of 1?"),
        ("PTA", "1.6", "%", False, "is it a fraction of 1?"),
        ("PTA", "0.35", "%", True, "did you mean `0.35 as a pure number`?"),
        ("body_weight", 450, "kg", True, "did you mean `450 lb`?"),
        ("urea", 150, "mmol/L", True, "did you mean `150 mg/dL`?"),
    ],
)
def test_a_number_that_tells_a_wrong_unit_is_told(
    name: str, value: object, unit: str | None, is_told: bool, remark: str
) -> None:
    rules = rulebook_with_trial(each_as_a_line(LIMITS))
    patient = load_patient({"id": "p", "observations": [lab(name, value, unit)]}, rules)
    (shown,) = [
        each for line in evaluate(patient, rules=rules, as_of=TODAY).trials[0].criteria for each in line.evidence
    ]
    assert any(remark in flag.text for flag in shown.flags) == is_told


@pytest.mark.parametrize(("bilirubin", "is_flagged"), [("49.9", True), ("50", True), ("50.1", False)])
def test_a_low_bilirubin_beside_a_high_inr_or_jaundice_is_told(bilirubin: str, is_flagged: bool) -> None:
    value = lab("TBil", bilirubin, "umol/L")
    beside_inr = answer("total_bilirubin < 85 umol/L", value, lab("INR", 1.5))
    assert (LOW in said(row(beside_inr).flags)) == is_flagged
    below_inr = answer("total_bilirubin < 85 umol/L", value, lab("INR", 1.4))
    assert LOW not in said(row(below_inr).flags)
    jaundiced = answer(
        "total_bilirubin < 85 umol/L", value, conditions=[{"name": "jaundice", "status": "active", "date": TODAY}]
    )
    assert ("low beside jaundice: was it measured in mg/dL?" in said(row(jaundiced).flags)) == is_flagged


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_last_result_of_a_change_is_the_last_in_time(newest_first: bool) -> None:
    results = [lab("TBil", 70, "umol/L", "2025-11-01"), lab("TBil", 50, "umol/L", "2026-01-10")]
    found = answer(
        "rise in total_bilirubin within 7 days >= 10 umol/L", *reversed(results) if newest_first else results
    )
    assert "the last result is too old" in said(row(found, f"observations[{int(not newest_first)}]").flags)
