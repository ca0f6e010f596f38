"""How things are named and joined in explanations; the sentences themselves stand in the goldens."""

from __future__ import annotations

import math

import pytest

from screener.evaluation.explanation import score_text, span_text
from screener.evaluation.phrases import both, either, lowered
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
