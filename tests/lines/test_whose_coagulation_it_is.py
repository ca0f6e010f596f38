"""An INR that another disorder of coagulation may have raised says nothing of the liver: the investigator is asked."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import MAN, result_of, status


def labs(**values: tuple[Any, str | None]) -> list[dict[str, Any]]:
    found = []
    for name, (value, unit) in values.items():
        found.append({"name": name, "value": value, "date": "2026-03-17"} | ({"unit": unit} if unit else {}))
    return found


def with_cirrhosis(line: str, *conditions: dict[str, Any], observations: list[dict[str, Any]] | None = None) -> str:
    measured = observations or labs(
        INR=(2.6, None), total_bilirubin=(20, "umol/L"), albumin=(41, "g/L"), creatinine=(80, "umol/L"),
        ascites_grade=("none", None), hepatic_encephalopathy_grade=(0, None), platelets=(88, "10*9/L"),
    )  # fmt: skip
    cirrhosis = {"name": "cirrhosis", "status": "active", "onset": "2019"}
    return status(line, observations=measured, conditions=[cirrhosis, *conditions])


@pytest.mark.parametrize("code", ["D65", "D66", "D67", "D68.32", "D68.4", "D68.9"])
def test_another_disorder_of_coagulation_leaves_end_stage_open(code: str) -> None:
    assert with_cirrhosis("NCT06242405/I2", {"icd10cm": code, "status": "active", "onset": "2026-03-16"}) == "unknown"


@pytest.mark.parametrize("code", ["I10", "K80.20", "D69.6"])
def test_what_does_not_change_the_coagulation_leaves_it_as_it_is(code: str) -> None:
    assert with_cirrhosis("NCT06242405/I2", {"icd10cm": code, "status": "active", "onset": "2026-03-16"}) == "passed"


def test_a_filter_in_the_vena_cava_may_speak_of_a_thrombosis() -> None:
    assert with_cirrhosis("NCT05985863/E6", {"icd10cm": "Z95.828", "status": "active", "onset": "2024"}) == "unknown"


def flags_of_coagulation(text: str, **more: Any) -> set[str]:
    """The labs whose evidence carries a doubt that begins so, on a line that rests on coagulation."""
    measured = labs(INR=(2.6, None), prothrombin_activity=(35, "%"), total_bilirubin=(300, "umol/L"))
    line = result_of({**MAN, "complete": [], "observations": measured, **more}, "NCT05985863/I2")
    return {
        fact.name
        for fact in line.evidence
        for flag in fact.flags
        if flag.kind == "doubt" and flag.text.startswith(text)
    }


@pytest.mark.parametrize(
    "drug",
    [
        {"name": "warfarin", "start": "2015", "status": "ongoing"},  # nothing says whether it was stopped
        {"name": "warfarin", "start": "2015"},
        {"atc": "B01AF02", "start": "2026-01-10", "status": "ongoing", "date": "2026-03-17"},
        {"atc": "B01AA04", "start": "2026-01-10", "end": "2026-03-05", "status": "stopped"},
        {"name": "apixaban", "end": "2026-03", "status": "stopped"},
    ],
)
def test_an_anticoagulant_that_may_still_act_casts_doubt_on_coagulation(drug: dict[str, Any]) -> None:
    assert flags_of_coagulation("an anticoagulant", medications=[drug]) == {"INR", "prothrombin_activity"}


@pytest.mark.parametrize(
    "drug",
    [
        {"name": "warfarin", "start": "2015", "end": "2026-03-02", "status": "stopped"},
        {"atc": "B01AC06", "start": "2015", "status": "ongoing", "date": "2026-03-17"},
        {"name": "warfarin", "start": "2026-03-20", "status": "ongoing"},
        {"text": "Kräutertee", "start": "2026-03-01", "status": "ongoing"},
    ],
)
def test_what_no_longer_acts_or_is_none_casts_no_doubt(drug: dict[str, Any]) -> None:
    assert flags_of_coagulation("an anticoagulant", medications=[drug]) == set()


@pytest.mark.parametrize(("code", "doubted"), [("D66", True), ("D68.32", True), ("D68.4", False), ("D69.6", False)])
def test_a_coagulation_disorder_that_need_not_be_the_livers_casts_doubt_too(code: str, doubted: bool) -> None:
    entry = {"icd10cm": code, "status": "active", "onset": "2026-03-10"}
    assert flags_of_coagulation("a coagulation disorder", conditions=[entry]) == (
        {"INR", "prothrombin_activity"} if doubted else set()
    )
