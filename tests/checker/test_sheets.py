"""The head of a patient's sheet, as the rules say it."""

from __future__ import annotations

import pytest

from checker.conftest import checked
from screener.rulebook import Head, Shown

SHEET = """
sheet
  result TBil "Bilirubin" with INR "ratio"
  result INR "INR"
  diagnosis sepsis
  since sepsis "blood poisoning"
  short "blood"
  child under 18 years
"""


def test_the_head_names_results_diagnoses_and_what_days_are_counted_from() -> None:
    rulebook = checked(SHEET).rulebook
    assert rulebook is not None
    shown = (Shown("total_bilirubin", "Bilirubin", "INR", "ratio"), Shown("INR", "INR"))
    assert rulebook.head == Head(shown, ("sepsis",), "sepsis", "blood poisoning", "blood", 18)


def test_a_sheet_is_not_needed() -> None:
    rulebook = checked("").rulebook
    assert rulebook is not None
    assert rulebook.head == Head()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("result TBil", "result sepsis", "unknown-name"),
        ("with INR", "with IRN", "unknown-name"),
        ("diagnosis sepsis", "diagnosis INR", "unknown-name"),
        ("18 years", "18 months", "years-of-a-child"),
        ("since sepsis", "since TBil", "unknown-name"),
        ("\n  since", "\n\nsheet\n  since", "second-sheet"),
        ('  short "blood"\n', '  short "blood"\n  short "blood"\n', "repeated-line"),
        ("  diagnosis sepsis\n", "  diagnosis sepsis\n  diagnosis sepsis\n", "repeated-line"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_said(old: str, new: str, code: str) -> None:
    assert [each.code for each in checked(SHEET.replace(old, new, 1)).diagnostics] == [code]
