"""The head of a sheet: who this is, and each key result with its unit, day, last good day, trend and doubt."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from screener import evaluate, load_rules
from screener.records import read_patient
from screener.report.sheet_text import sheet_text
from screener.sheet.making import sheet_of
from screener.sheet.model import KeyResult, KeyScore
from sheet.test_states import FAILURE, lab, sheet


def cell(label: str, *results: dict[str, Any], **record: Any) -> KeyResult | KeyScore:
    cells = sheet(observations=list(results), **record).results
    return next(each for each in cells if each.label == label)


def graded(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "date": "2026-02-19"}


@pytest.mark.parametrize(
    ("entry", "missing", "shown"),
    [
        ({"status": "active", "onset": "2026-02-12"}, "on record since 12 Feb; grade?", "Ascites yes, grade?"),
        ({"status": "active", "onset": "2025"}, "on record since 2025; grade?", "Ascites yes, grade?"),
        ({"status": "active"}, "on record; grade?", "Ascites yes, grade?"),
        ({"status": "resolved", "onset": "2025-03", "end": "2025-06"}, "not on record", "Ascites -"),
        ({"status": "absent", "date": "2026-02-19"}, "not on record", "Ascites -"),
        ({"status": "active", "onset": "2026-02-21"}, "not on record", "Ascites -"),
    ],
)
def test_what_is_on_record_without_its_grade_is_not_called_missing(
    entry: dict[str, Any], missing: str, shown: str
) -> None:
    found = sheet(conditions=[{"name": "ascites", **entry}], complete=None)
    (cell_,) = (each for each in found.results if each.label == "Ascites")
    assert isinstance(cell_, KeyResult)
    assert cell_.missing == missing
    assert shown in sheet_text(found)


def bilirubin(value: Any, unit: str = "mg/dL", day: str = "2026-02-19", **more: Any) -> dict[str, Any]:
    return {"name": "total_bilirubin", "value": value, "unit": unit, "date": day, **more}


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (bilirubin(7.9), ("7.9", "mg/dL", "135 umol/L", "no ULN")),
        (bilirubin(7.9, upper_limit=1.2), ("7.9", "mg/dL", "135 umol/L", "6.6 x ULN")),
        (bilirubin(268, "umol/L", upper_limit=21), ("268", "umol/L", "", "12.8 x ULN")),
        (bilirubin(">513", "umol/L", upper_limit=21), (">513", "umol/L", "", "no ULN")),
    ],
)
def test_a_result_stands_as_recorded_with_what_it_is_of_its_limit(
    result: dict[str, Any], told: tuple[str, ...]
) -> None:
    found = cell("Bilirubin", result)
    assert isinstance(found, KeyResult)
    assert (found.value, found.unit, found.converted, found.multiple) == told


@pytest.mark.parametrize(
    ("day", "good_to", "is_stale"),
    [
        ("2026-02-12", date(2026, 2, 19), True),
        ("2026-02-13", date(2026, 2, 20), False),
        ("2026-02-20", date(2026, 2, 27), False),
    ],
)
def test_a_result_is_good_to_its_last_fresh_day(day: str, good_to: date, is_stale: bool) -> None:
    found = cell("INR", lab("INR", 1.8, day))
    assert isinstance(found, KeyResult)
    assert (found.good_to, found.is_stale) == (good_to, is_stale)


def test_the_trend_is_of_this_episode_and_of_one_unit() -> None:
    values = [
        bilirubin(1.0, day="2026-02-09"),
        bilirubin(5.3, day="2026-02-12"),
        bilirubin(100, "umol/L", "2026-02-14"),
        bilirubin(6.8, day="2026-02-16"),
        bilirubin(7.9),
    ]
    found = cell("Bilirubin", *values)
    assert isinstance(found, KeyResult)
    assert [each.value for each in found.earlier] == ["5.3", "6.8"]


@pytest.mark.parametrize(
    ("results", "value", "check"),
    [
        ([lab("INR", 1.8)], "1.8", ""),
        ([lab("INR", 25.3)], "25.3", "prothrombin time"),
        ([lab("INR", 1.4), lab("INR", 1.9)], "1.4 or 1.9", "two results differ"),
        ([lab("INR", 1.4), lab("INR", 1.9, "2026-02-19T07:30")], "1.4 or 1.9", "of one day: which is later?"),
        ([lab("INR", 1.4, "2026-02-18"), lab("INR", 1.9, "2026-02-19T07:30")], "1.9", ""),
        ([lab("INR", 1.4, "2026-02-19T06:00"), lab("INR", 1.9, "2026-02-19T07:30")], "1.9", ""),
        ([lab("INR", 99)], "99", "cannot be"),
        ([graded("ascites_grade", "2")], "2", "none, slight or moderate?"),
    ],
)
def test_a_result_that_is_not_to_be_trusted_says_so(results: list[dict[str, Any]], value: str, check: str) -> None:
    found = cell("Ascites" if results[0]["name"] == "ascites_grade" else "INR", *results)
    assert isinstance(found, KeyResult)
    assert found.value == value
    assert (check in found.check) if check else found.check == ""


@pytest.mark.parametrize(
    ("results", "value", "newer"),
    [
        ([lab("INR", 1.8, "2026-02-17"), lab("INR", 99)], "1.8", "19 Feb: “99” cannot be used"),
        ([lab("INR", 99, "2026-02-17"), lab("INR", 1.8)], "1.8", ""),
        ([lab("INR", 1.8, "2026-02-17"), graded("INR", "clotted")], "1.8", "19 Feb: “clotted” cannot be used"),
        ([lab("INR", 1.8), graded("INR", "clotted")], "1.8", "19 Feb: “clotted” cannot be used"),
    ],
)
def test_behind_a_result_that_cannot_be_used_the_last_good_one_stands(
    results: list[dict[str, Any]], value: str, newer: str
) -> None:
    found = cell("INR", *results)
    assert isinstance(found, KeyResult)
    assert (found.value, found.newer, found.check) == (value, newer, "")
    assert (found.good_to is None) == bool(newer)
    assert not newer or newer in sheet_text(sheet(observations=results))


@pytest.mark.parametrize(
    ("label", "result", "words"),
    [
        ("HE", graded("hepatic_encephalopathy_grade", 2), "grade 2"),
        ("HE", graded("hepatic_encephalopathy_grade", "III"), "grade III"),
        ("HE", graded("hepatic_encephalopathy_grade", "none"), "none"),
        ("Ascites", graded("ascites_grade", "moderate"), "moderate"),
        ("Ascites", graded("ascites_grade", "grade 2"), "grade 2"),
        ("Ascites", graded("ascites_grade", "+++"), "+++ (moderate)"),
        ("Ascites", graded("ascites_grade", "2+"), "2+ (slight or moderate)"),
        ("Ascites", graded("ascites_grade", 2), "“2”"),
    ],
)
def test_a_grade_stands_in_words(label: str, result: dict[str, Any], words: str) -> None:
    found = cell(label, result)
    assert isinstance(found, KeyResult)
    assert found.shown == words


def test_a_result_without_a_unit_is_asked_for_it() -> None:
    found = cell("Creatinine", {"name": "creatinine", "value": 130, "date": "2026-02-19"})
    assert isinstance(found, KeyResult)
    assert found.check == "which unit? umol/L"


def test_a_score_says_what_is_missing_and_on_which_doubt_it_rests() -> None:
    inputs = [lab("INR", 25.3), bilirubin(17.5), lab("creatinine", 70, unit="umol/L")]
    found = cell("MELD", *inputs)
    assert isinstance(found, KeyScore)
    assert (found.text, found.check, found.without, found.missing) == ("40", "INR 25.3", "17 to 40", "")
    partly = cell("MELD", *inputs[1:])
    assert isinstance(partly, KeyScore)
    assert (partly.text, partly.low, partly.high, partly.missing) == ("17 to 40", 17, 40, "INR")
    nothing = cell("MELD")
    assert isinstance(nothing, KeyScore)
    assert (nothing.text, nothing.low) == ("", None)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Woman, 45. Liver failure since 10 Feb (10 days)."),
        ({"sex": "male", "birth_date": "2008-03-01"}, "Boy, 17. Liver failure since 10 Feb (10 days)."),
        ({"sex": None, "birth_date": None}, "Person, age not known. Liver failure since 10 Feb (10 days)."),
        ({"birth_date": "1980"}, "Woman, 45 to 46. Liver failure since 10 Feb (10 days)."),
        ({"conditions": []}, "Woman, 45. No liver diagnosis on record."),
        ({"conditions": [{"text": "some wording"}]}, "Woman, 45. No liver diagnosis on record."),
        (
            {
                "conditions": [
                    FAILURE,
                    {"name": "cirrhosis", "onset": "2019", "status": "active"},
                    {"name": "alcoholic_cirrhosis", "onset": "2023", "status": "active"},
                ]
            },
            "Woman, 45. Alcoholic cirrhosis (2023); liver failure since 10 Feb (10 days).",
        ),
        (
            {"conditions": [FAILURE, {"name": "hepatocellular_carcinoma", "onset": "2025-08"}]},
            "Woman, 45. Hepatocellular carcinoma (Aug 2025); liver failure since 10 Feb (10 days).",
        ),
        ({"died": "2026-02-18"}, "Woman, 45. Liver failure since 10 Feb (10 days). Died 18 Feb."),
    ],
)
def test_the_patient_line(changes: dict[str, Any], text: str) -> None:
    assert sheet(**changes).patient.text == text


@pytest.mark.parametrize(
    ("texts", "ill"),
    [
        (["GORD"], "No liver diagnosis on record."),
        (["some wording"], "No liver diagnosis on record."),
        (["V.a. SBP"], "No liver diagnosis on record."),
        (["pregnancy", "Schwangerschaft, V.a."], "No liver diagnosis on record."),
        (["`Liver cirrhosis due to NASH`"], "Of the liver? “Liver cirrhosis due to NASH”."),
        (["cirrhosis Child C", "V.a. SBP"], "Of the liver? “cirrhosis Child C”."),
        (
            ["GORD", "portal hypertension", "ACLF since 20 Nov"],
            "Of the liver? “ACLF since 20 Nov”, “portal hypertension”.",
        ),
        (
            ["ACLF since 20 Nov", "portal hypertension", "alcoholic cirrhosis, decompensated"],
            "Of the liver? “ACLF since 20 Nov”, “alcoholic cirrhosis, decompensated” and 1 more.",
        ),
    ],
)
def test_what_may_be_a_liver_diagnosis_stands_in_its_own_words(texts: list[str], ill: str) -> None:
    record = {"id": "anna", "sex": "female", "birth_date": "1980", "conditions": [{"text": each} for each in texts]}
    screening = evaluate(read_patient(record, load_rules()), as_of=date(2026, 2, 20))
    assert sheet_of(screening).patient.text == f"Woman, 45 to 46. {ill}"


@pytest.mark.parametrize(
    ("observations", "value", "beside"),
    [
        ([lab("INR", 1.8), lab("prothrombin_activity", 39, unit="%")], "1.8", "PTA 39 %"),
        ([lab("INR", 1.8), lab("prothrombin_activity", 39, "2026-01-02", "%")], "1.8", "PTA 39 % (2 Jan)"),
        ([lab("prothrombin_activity", 34, unit="%")], "", "PTA 34 % (19 Feb)"),
    ],
)
def test_what_is_shown_beside_a_result_has_its_own_day(
    observations: list[dict[str, Any]], value: str, beside: str
) -> None:
    found = cell("INR", *observations)
    assert isinstance(found, KeyResult)
    assert (found.value, found.beside) == (value, beside)
    assert beside in sheet_text(sheet(observations=observations))


def test_a_score_whose_grade_an_unread_entry_may_overtake_waits_for_the_entry() -> None:
    results = [
        lab("INR", 1.8),
        bilirubin(290, "umol/L"),
        lab("neutrophils", 4.1, unit="10*9/L"),
        lab("urea", 5.1, unit="mmol/L"),
        graded("HE_grade", 1),
    ]
    for conditions, missing in (([FAILURE], ""), ([FAILURE, {"name": "Z.n. OP 2014"}], "an entry")):
        found = cell("COSSH-ACLF II", *results, conditions=conditions)
        assert isinstance(found, KeyScore)
        assert found.missing == missing
