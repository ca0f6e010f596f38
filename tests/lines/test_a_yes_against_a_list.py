"""A yes to a question about something that a list says is not there is a conflict; a test or a denial decides."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import MAN, result_of
from screener.screening import CriterionResult


def line(where: str, question: str, value: bool = True, **record: Any) -> CriterionResult:
    answers = {f"{where.split('/')[0]}/{question}": value}
    return result_of({**MAN, "answers": answers, **record}, where)


THROMBOSIS = ("NCT03863002/E7", "thrombosis_persists")
ASKED = [
    THROMBOSIS,
    ("NCT07409259/E6", "malignancy_within_5_years"),
    ("NCT07409259/E4", "vasoconstrictor_for_shock"),
    ("NCT05985863/E3", "malignancy_still_counts"),
    ("NCT05985863/E4", "transplantation_within_3_months"),
    ("NCT05985863/E6", "thrombosis_makes_ineligible"),
    ("NCT05985863/E12", "severe_mental_disorder"),
    ("NCT07409259/E3", "allergy_to_protocol_drug"),
    ("NCT03863002/E5", "severe_pulmonary_disease"),
]
DENIED = [
    {"name": f"{vein}_thrombosis", "status": "never", "date": "2026-03-17"}
    for vein in ("portal_vein", "hepatic_vein", "splenic_vein", "venous")
]


@pytest.mark.parametrize(("where", "question"), ASKED)
def test_a_list_does_not_settle_it(where: str, question: str) -> None:
    found = line(where, question)
    assert (found.status, "conflict" in found.reasons) == ("unknown", True), found.explanation
    assert any("was answered yes" in flag.text for flag in found.flags)


@pytest.mark.parametrize(("where", "question"), ASKED)
def test_with_a_no_the_list_settles_it(where: str, question: str) -> None:
    assert line(where, question, value=False).reasons != ("conflict",)
    assert "conflict" not in line(where, question, value=False).reasons


def test_a_denial_decides_against_the_yes() -> None:
    found = line(*THROMBOSIS, conditions=DENIED)
    assert found.status == "passed"
    assert any("was answered yes" in flag.text for flag in found.flags)


def test_an_entry_and_the_yes_fail_the_line() -> None:
    found = line(*THROMBOSIS, conditions=[{"name": "portal_vein_thrombosis", "onset": "2026-01", "status": "active"}])
    assert found.status == "failed"
