"""A value that may be wrong is told wherever a verdict stands that it helped to decide."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from report.pages import html_page
from screener import Screening, evaluate, load_rules
from screener.contract import TrialData
from screener.report.markdown import markdown
from screener.report.terminal import print_screening

RULES = load_rules()


def screened(*observations: tuple[str, object, str | None], **more: Any) -> Screening:
    entries = [
        {"name": name, "value": value, "date": "2026-11-27", **({"unit": unit} if unit else {})}
        for name, value, unit in observations
    ]
    record = {"id": "p", "as_of": "2026-11-29", "birth_date": "1990-01-30", "sex": "male", "observations": entries}
    return evaluate({**record, **more}, rules=RULES)


def told(screening: Screening) -> dict[str, tuple[str, ...]]:
    return {trial.id: trial.check_first for trial in screening.trials if trial.check_first}


CREATININE = ("creatinine", 70, "umol/L")
TOO_HIGH = screened(("TBil", 300, "umol/L"), ("INR", "25.3", None), CREATININE)


def printed(screening: Screening, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_screening(screening, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_failed_score_of_a_doubtful_value_says_to_check_it_first() -> None:
    (trial,) = [each for each in TOO_HIGH.trials if each.id == "NCT03863002"]
    assert trial.verdict == "ineligible"
    (doubt,) = trial.check_first
    assert doubt.startswith("INR 25.3 (between 10 and 60: is it a prothrombin time in seconds?")


def test_it_stands_with_the_verdict_in_every_report() -> None:
    lines = printed(TOO_HIGH).splitlines()
    heads = [
        number for number, line in enumerate(lines) if line.startswith("NCT03863002") and "  Check INR first " in line
    ]
    assert len(heads) == 2
    for number in heads:
        assert "check first: INR 25.3" in " ".join(lines[number + 1 : number + 3])
    assert "Check first: INR 25.3" in markdown(TOO_HIGH)
    assert "Check first: <bdi>INR 25.3" in html_page(TOO_HIGH)


def test_the_json_says_what_to_check_of_each_trial() -> None:
    documents = {each["id"]: each for each in TOO_HIGH.to_dict()["trials"]}
    assert documents["NCT03863002"]["check_first"]
    assert documents["NCT07409259"]["check_first"] == []
    assert "check_first" in TrialData.__struct_fields__


@pytest.mark.parametrize(
    ("observations", "doubted"),
    [
        ([("TBil", 300, "umol/L"), ("INR", "2.1", None), CREATININE], ""),
        ([("TBil", 300, "umol/L"), ("INR", "2.1", None), ("creatinine", "14.9", "umol/L")], "creatinine 14.9 umol/L"),
        ([("TBil", 20, "umol/L"), ("INR", "2.1", None), CREATININE], "total bilirubin 20 umol/L"),
        ([("TBil", 300, "umol/L"), ("INR", "2.1", None), ("PTA", 90, "%"), CREATININE], "INR 2.1"),
        ([("TBil", 900, "umol/L"), ("INR", "2.1", None), CREATININE], "total bilirubin 900 umol/L"),
    ],
)
def test_doubts_are_what_makes_a_value_doubtful(
    observations: list[tuple[str, object, str | None]], doubted: str
) -> None:
    lines = [line for trial in screened(*observations).trials for line in trial.criteria]
    doubts = [each for line in lines for each in line.doubts]
    if doubted:
        assert any(each.startswith(f"{doubted} (") for each in doubts)
    else:
        assert doubts == []


def test_a_remark_is_no_doubt() -> None:
    """Under an anticoagulant the INR is what it is, and 40 % is a number like any other."""
    drugs = [{"atc": "B01AA03", "status": "ongoing", "start": "2026-11-20"}]
    screening = screened(("TBil", 300, "umol/L"), ("INR", "2.1", None), ("PTA", 40, "%"), CREATININE, medications=drugs)
    assert told(screening) == {}


def test_a_value_that_is_not_used_is_no_doubt_of_the_verdict() -> None:
    assert told(screened(("TBil", 300, "umol/L"), ("INR", 61, None), CREATININE)) == {}
