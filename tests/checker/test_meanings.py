"""Points tables and scores."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checker.conftest import checked, rulebook
from screener.rulebook import Cell, Limits, Value


def found(text: str) -> list[str]:
    return [each.code for each in checked(text).diagnostics]


def cells(text: str) -> tuple[Cell, ...]:
    return rulebook(text).tables["P"].cells


def test_the_cells_of_a_table_are_in_canonical_units_and_exact() -> None:
    table = rulebook("points P from TBil in mg/dL\n  below 2 -> 1, 2 .. 3 -> 2, above 3 -> 3\n").tables["P"]
    two, three = (float(Fraction(number * 10000) / Fraction("584.66")) for number in (2, 3))
    assert table.of == Value("latest total_bilirubin")
    assert table.cells == (
        Cell(1.0, Limits(high=two, high_open=True)),
        Cell(2.0, Limits(two, three)),
        Cell(3.0, Limits(low=three, low_open=True)),
    )


def test_the_unit_may_stand_in_the_cells() -> None:
    inside = cells("points P from TBil\n  below 2 mg/dL -> 1, at least 2 mg/dL -> 2\n")
    outside = cells("points P from TBil in mg/dL\n  below 2 -> 1, at least 2 -> 2\n")
    assert inside == outside


def test_choices_and_grades_earn_points() -> None:
    assert cells("points P from ascites_grade\n  none -> 1, slight or moderate -> 2\n") == (
        Cell(1.0, choices=("none",)),
        Cell(2.0, choices=("slight", "moderate")),
    )
    assert cells("points P from HE_grade\n  0 -> 1, 1 .. 2 -> 2, 3 .. 4 -> 3\n") == (
        Cell(1.0, Limits(0.0, 0.0)),
        Cell(2.0, Limits(1.0, 2.0)),
        Cell(3.0, Limits(3.0, 4.0)),
    )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("INR\n  below 1.7 -> 1, 1.7 .. 2.3 -> 2, above 2.3 -> 3", []),
        ("INR\n  at most 1.7 -> 1, 1.7 .. 2.3 -> 2, above 2.3 -> 3", ["points-overlap"]),
        ("INR\n  below 1.7 -> 1, above 1.7 .. 2.3 -> 2, above 2.3 -> 3", ["points-hole"]),
        ("INR\n  below 1.7 -> 1, 1.8 .. 2.3 -> 2, above 2.3 -> 3", ["points-hole"]),
        ("INR\n  below 1.7 -> 1, 1.6 .. 2.3 -> 2, above 2.3 -> 3", ["points-overlap"]),
        ("INR\n  1 .. 2 -> 1, above 2 -> 3", ["points-hole"]),
        ("INR\n  below 2 -> 1, 2 .. 29 -> 3", ["points-hole"]),
        ("INR\n  below 2 -> 1, 2 .. 30 -> 3", []),
        ("INR\n  below 2 -> 1, 2 .. 30 -> 3, above 31 -> 4", ["never-holds"]),
        ("INR\n  below 2 -> 1, 3 .. 2 -> 3, at least 3 -> 4", ["empty-cell"]),
        ("neutrophils\n  above 0 .. 2 10*9/L -> 1, above 2 10*9/L -> 2", []),
        ("platelets\n  above 0 .. 2 10*9/L -> 1, above 2 10*9/L -> 2", ["points-hole"]),
        ("TBil\n  below 2 -> 1, at least 2 -> 2", ["bare-number"]),
        ("TBil in mg/dL\n  below 2 -> 1, at least 2 -> 2", []),
        ("INR\n  none -> 1", ["no-choices"]),
        ("HE_grade\n  0 -> 1, 1 .. 2 -> 2, 3 -> 3", ["points-hole"]),
        ("HE_grade\n  0 .. 1 -> 1, 1 .. 2 -> 2, 3 .. 4 -> 3", ["points-overlap"]),
        ("HE_grade\n  0 -> 1, 1 .. 2 -> 2, 3 .. 5 -> 3", ["never-holds"]),
        ("HE_grade\n  0 -> 1, at least 1 -> 2", []),
        ("ascites_grade\n  none -> 1, slight -> 2", ["points-hole"]),
        ("ascites_grade\n  none -> 1, slight -> 2, slight or moderate -> 3", ["points-overlap"]),
        ("ascites_grade\n  none -> 1, slight -> 2, massive -> 3", ["unknown-choice"]),
        ("ascites_grade\n  0 .. 2 -> 1", ["no-number"]),
    ],
)
def test_a_table_gives_each_possible_input_its_points_once(text: str, codes: list[str]) -> None:
    assert found(f"points P from {text}\n") == codes


def test_a_score_keeps_its_formula_its_source_and_its_spread() -> None:
    book = rulebook(
        'score S "S" also SS\n  > 2 × INR\n  source "Somebody 2021"\n  assuming "whatever"\n'
        "  inputs within 24 hours of each other\n  2 * INR\n  + HE_grade\n"
    )
    score = book.scores["S"]
    assert (score.formula, score.quote, score.source) == ("2 * INR\n+ HE_grade", "2 × INR", "Somebody 2021")
    assert (score.aliases, score.assumptions, str(score.spread)) == (("SS",), ("whatever",), "24 hours")


@pytest.mark.parametrize(
    ("expression", "codes"),
    [
        ("creatinine", ["score-with-unit"]),
        ("creatinine in umol/L", []),
        ("if INR > 2 then 1 else creatinine", ["unit-mismatch"]),
        ("if INR > 2 then 1 else 2", []),
        ("INR floored at 1 mg/dL", ["unit-on-pure-number"]),
        ("INR floored at 4 capped at 1", ["reversed-bounds"]),
        ("ln(0 - INR)", ["impossible-logarithm"]),
    ],
)
def test_a_score_is_a_pure_number(expression: str, codes: list[str]) -> None:
    assert found(f'score S "S"\n  {expression}\n') == codes
