"""Findings: grades, choices and their order, and sex."""

from __future__ import annotations

import pytest

from checker.conftest import criterion, problems
from screener.rulebook import Compare, IsOneOf, Not, Number, SexIs, Truthful, Value


def rule(text: str) -> Truthful:
    return criterion(text)[1].readings[0].rule


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("ascites_grade is slight", ("slight",)),
        ("ascites_grade is any of (moderate, slight)", ("slight", "moderate")),
        ("ascites_grade >= slight", ("slight", "moderate")),
        ("ascites_grade > slight", ("moderate",)),
        ("ascites_grade <= slight", ("none", "slight")),
        ("ascites_grade < slight", ("none",)),
        ("ascites_grade = slight", ("slight",)),
        ("HIV_test = positive", None),
    ],
)
def test_choices_stand_in_the_order_of_the_scale(text: str, choices: tuple[str, ...] | None) -> None:
    if choices is None:
        assert rule(text) == IsOneOf("latest HIV_test", ("positive",))
    else:
        assert rule(text) == IsOneOf("latest ascites_grade", choices)


def test_is_not_is_the_opposite_of_is() -> None:
    assert rule("HIV_test is not positive") == Not(IsOneOf("latest HIV_test", ("positive",)))
    assert rule("sex is not male") == Not(SexIs("male"))


def test_a_grade_is_a_whole_number() -> None:
    assert rule("HE_grade >= 2") == Compare(Value("latest hepatic_encephalopathy_grade"), ">=", Number(2.0, "2"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ascites_grade is severe", "unknown-choice"),
        ("ascites_grade >= massive", "unknown-choice"),
        ("ascites_grade >= 1", "unknown-choice"),
        ("ascites_grade >= none", "always-holds"),
        ("ascites_grade < none", "never-holds"),
        ("ascites_grade is any of (none, slight, moderate)", "always-holds"),
        ("ascites_grade is any of (slight, slight)", "said-twice"),
        ("sex is any of (male, male)", "said-twice"),
        ("sex is any of (male, female)", "always-holds"),
        ("HIV_test > negative", "not-ordered"),
        ("highest HIV_test is positive", "not-ordered"),
        ("highest ascites_grade is moderate", None),
        ("HE_grade is two", "no-choices"),
        ("INR is high", "wrong-kind"),
        ("sex is woman", "unknown-choice"),
    ],
)
def test_choices_that_do_not_fit_are_refused(text: str, code: str | None) -> None:
    assert problems(text) == ([] if code is None else [code])
