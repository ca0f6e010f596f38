"""Numbers and limits: exact, in canonical units, and never compared with what they are not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checker.conftest import checked, criterion, problems, rulebook
from screener.rulebook import (
    AgainstLimit,
    Age,
    Between,
    Bounded,
    ChangeLookup,
    Compare,
    InUnit,
    Number,
    Score,
    Value,
)


def compared(rule: str) -> Compare:
    found = criterion(rule)[1].readings[0].rule
    assert isinstance(found, Compare)
    return found


def number(rule: str) -> Number:
    right = compared(rule).right
    assert isinstance(right, Number)
    return right


def score(expression: str) -> Score:
    return rulebook(f'score S "S"\n  {expression}\n').scores["S"]


@pytest.mark.parametrize(
    ("rule", "exact"),
    [
        ("total_bilirubin >= 5 mg/dL", Fraction(50) / Fraction("584.66") * 1000),
        ("TBil >= 85.5 umol/L", Fraction("85.5")),
        ("TBil >= 85.5 µmol/L", Fraction("85.5")),
        ("hemoglobin < 9.0 g/dL", Fraction(90)),
        ("platelets < 50 x 10^9/L", Fraction(50)),
        ("platelets < 50 x 10*3/uL", Fraction(50)),
        ("urea > 6.006 mg/dL", Fraction("60.06") / Fraction("60.06")),
        ("BUN > 28.014 mg/dL", Fraction(10)),
        ("urea_nitrogen > 2.8014 mg/dL", Fraction(1)),
        ("PTA < 40 %", Fraction(40)),
        ("INR >= 1.5", Fraction("1.5")),
    ],
)
def test_a_limit_is_converted_exactly_and_rounded_once(rule: str, exact: Fraction) -> None:
    assert number(rule).value == float(exact)


def test_a_limit_keeps_how_it_was_written() -> None:
    assert number("total_bilirubin >= 5 mg/dL").text == "5 mg/dL"
    assert number("platelets < 50 ×10⁹/L").text == "50 x 10*9/L"
    assert number("INR >= 1.50").text == "1.50"


def test_a_number_on_the_left_is_turned_around() -> None:
    turned, straight = compared("5 mg/dL <= total_bilirubin"), compared("total_bilirubin >= 5 mg/dL")
    assert turned == straight


def test_a_bare_number_of_a_quantity_folds_into_the_same_exact_limit() -> None:
    folded, plain = compared("total_bilirubin in mg/dL >= 5"), compared("total_bilirubin >= 5 mg/dL")
    assert folded == plain


def test_between_takes_its_unit_from_the_end() -> None:
    rule = criterion("total_bilirubin between 5 and 12 mg/dL")[1].readings[0].rule
    assert isinstance(rule, Between)
    assert (rule.low.text, rule.high.text) == ("5 mg/dL", "12 mg/dL")
    assert rule.low.value == number("TBil > 5 mg/dL").value


def test_age_is_compared_in_years() -> None:
    rule = criterion("age between 18 and 65 years")[1].readings[0].rule
    assert rule == Between(Age(), Number(18.0, "18 years"), Number(65.0, "65 years"))


def test_a_multiple_of_the_limit_of_normal_is_kept_exactly() -> None:
    rule = criterion("highest total_bilirubin within 7 days >= 2.5 x ULN")[1].readings[0].rule
    assert rule == AgainstLimit("highest total_bilirubin within 7 days", ">=", "2.5", "upper")


def test_a_rise_is_in_the_unit_of_its_lab_and_a_relative_rise_in_percent() -> None:
    book, found = criterion("rise in creatinine within 48 hours >= 0.3 mg/dL")
    rule = found.readings[0].rule
    assert isinstance(rule, Compare)
    assert isinstance(rule.right, Number)
    assert rule.right.value == float(Fraction(3000) / Fraction("113.12"))
    lookup = book.lookups["rise in creatinine within 48 hours"]
    assert isinstance(lookup, ChangeLookup)
    assert (lookup.fact, lookup.change) == ("creatinine", "rise")
    assert number("relative rise in creatinine within 7 days >= 50 %").value == 50.0


# ---- formulas


def test_a_score_takes_bare_numbers_in_the_units_that_it_names() -> None:
    expression = score("ln(creatinine in mg/dL)").expression
    assert expression == score("ln(creatinine in mg/dL)").expression
    found = expression.of  # type: ignore[union-attr]
    assert isinstance(found, InUnit)
    assert (found.of, found.unit) == (Value("latest creatinine"), "mg/dL")
    assert found.factor == float(Fraction("113.12") / 10000)


def test_floors_and_caps_that_follow_each_other_are_one_pair_of_bounds() -> None:
    expression = score("creatinine in mg/dL floored at 1.0 capped at 4.0").expression
    assert isinstance(expression, Bounded)
    assert (expression.floor, expression.cap) == (1.0, 4.0)
    assert isinstance(expression.of, InUnit)


def test_a_floor_with_a_unit_is_in_the_canonical_one() -> None:
    expression = score("ln((creatinine floored at 1 mg/dL) in mg/dL)").expression
    bounded = expression.of.of  # type: ignore[union-attr]
    assert isinstance(bounded, Bounded)
    assert bounded.floor == float(Fraction(10000) / Fraction("113.12"))


def test_quantities_multiply_and_divide_with_their_dimensions() -> None:
    assert number("platelets / neutrophils > 2").value == 2.0
    assert number("creatinine / hemoglobin > 2 umol/g").value == 2.0
    assert number("creatinine / hemoglobin > 2 nmol/mg").value == 2.0
    assert problems("creatinine / hemoglobin > 2 umol/L") == ["unit-mismatch"]
    assert number("2 * creatinine > 2 mg/dL").value == float(Fraction(20000) / Fraction("113.12"))


def test_a_number_is_added_to_a_quantity_in_any_unit_of_it() -> None:
    left = compared("creatinine + 1 mg/dL > 200 umol/L").left
    assert left.right == Number(float(Fraction(10000) / Fraction("113.12")), "1 mg/dL")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("total_bilirubin >= 5", "bare-number"),
        ("age >= 18", "bare-number"),
        ("PTA < 40", "bare-number"),
        ("INR >= 1.5 mg/dL", "unit-on-pure-number"),
        ("INR >= 150 %", "unit-on-pure-number"),
        ("neutrophils < 1.5 mg/dL", "unit-mismatch"),
        ("hemoglobin < 5 mmol/L", "unit-mismatch"),
        ("alpha_fetoprotein > 400 ng/mL", "unit-mismatch"),
        ("total_bilirubin > 5 mg/dk", "unknown-unit"),
        ("age >= 216 months", "age-in-years"),
        ("creatinine > INR", "unit-mismatch"),
        ("creatinine > hemoglobin", "unit-mismatch"),
        ("creatinine + INR > 5 umol/L", "unit-mismatch"),
        ("ln(total_bilirubin) > 3", "unit-in-function"),
        ("ln(PTA) > 3", "unit-in-function"),
        ("INR in mg/dL > 3", "unit-on-pure-number"),
        ("hemoglobin in mmol/L > 3", "unit-mismatch"),
        ("INR / 0 > 3", "division-by-zero"),
        ("1 < 2", "two-numbers"),
        ("sex > 1", "no-number"),
        ("ascites_grade + 1 > 1", "no-number"),
        ("rise in creatinine >= 0.3 mg/dL", "no-window"),
        ("creatinine > 2 x ULN", "no-limit-of-normal"),
        ("total_bilirubin < 1 x LLN", "no-limit-of-normal"),
        ("total_bilirubin in mg/dL > 1 x ULN", "no-limit-of-normal"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(rule: str, code: str) -> None:
    assert problems(rule) == [code]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("total_bilirubin > 1499 umol/L", None),
        ("total_bilirubin > 1500 umol/L", "never-holds"),
        ("total_bilirubin >= 1500 umol/L", None),
        ("total_bilirubin <= 1500 umol/L", "always-holds"),
        ("total_bilirubin < 0.5 umol/L", "never-holds"),
        ("total_bilirubin <= 0.5 umol/L", None),
        ("neutrophils > 0 10*9/L", "always-holds"),
        ("neutrophils <= 0 10*9/L", "never-holds"),
        ("platelets <= 0 10*9/L", None),
        ("HE_grade >= 4", None),
        ("HE_grade >= 5", "never-holds"),
        ("HE_grade >= 0", "always-holds"),
        ("HE_grade >= 2.5", "no-grade"),
        ("HE_grade = 5", "never-holds"),
        ("INR between 31 and 40", "never-holds"),
        ("INR between 0.1 and 40", "always-holds"),
        ("INR between 2 and 1", "reversed-between"),
        ("INR between 1 and 1", None),
        ("age > 0 years", None),
        ("age >= 0 years", "always-holds"),
    ],
)
def test_a_comparison_must_depend_on_the_patient(rule: str, code: str | None) -> None:
    assert problems(rule) == ([] if code is None else [code])


def test_what_a_score_can_be_is_known_too() -> None:
    before = 'score MELD "MELD"\n  0.957 * ln(creatinine in mg/dL floored at 1.0 capped at 4.0)\n'
    # At most 0.957 × ln 4 = 1.327: the line of a formula that lost its factor of ten is caught.
    assert problems("MELD >= 17", before) == ["never-holds"]
    assert problems("MELD >= 1.3", before) == []


def test_the_logarithm_of_what_may_be_zero_is_pointed_out() -> None:
    result = checked('score S "S"\n  ln(platelets in 10*9/L)\n')
    assert [each.code for each in result.diagnostics] == ["logarithm-of-zero"]
    assert result.rulebook is not None
    assert not checked('score S "S"\n  ln(neutrophils in 10*9/L)\n').diagnostics
