"""Ranges against brute force: comparisons on every small range with open and closed ends, arithmetic on every point."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from screener.values.ranges import (
    EVERYTHING,
    UNDEFINED,
    Comparison,
    Range,
    add,
    bounded,
    compare,
    divide,
    exactly,
    exponential,
    hull,
    is_between,
    logarithm,
    multiply,
    negate,
    round_half_up,
    square_root,
    subtract,
)
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

OPERATORS: tuple[Comparison, ...] = ("<", "<=", ">", ">=", "=")

HOLDS: dict[Comparison, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "=": lambda x, y: x == y,
}

POINTS = [step / 4 for step in range(-8, 9)]
"""Between any two whole numbers lie three of these, so that a sample shows every relation of two small ranges."""


def small_ranges() -> Iterator[Range]:
    """Every range with ends among -2, -1, 0, 1, 2, each open or closed."""
    for low, high in product(range(-2, 3), repeat=2):
        if low == high:
            yield exactly(float(low))
        elif low < high:
            for low_open, high_open in product((False, True), repeat=2):
                yield Range(float(low), float(high), low_open, high_open)


SMALL = list(small_ranges())


def points_in(value: Range) -> list[float]:
    return [point for point in POINTS if value.contains(point)]


def truth_over(outcomes: set[bool]) -> Truth:
    return UNKNOWN if len(outcomes) == 2 else TRUE if True in outcomes else FALSE


# ---- comparison


def test_every_small_range_has_points_to_try() -> None:
    assert len(SMALL) == 45
    assert all(points_in(value) for value in SMALL)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_comparison_says_what_every_pair_of_points_says(operator: Comparison) -> None:
    for left, right in product(SMALL, repeat=2):
        outcomes = {HOLDS[operator](x, y) for x in points_in(left) for y in points_in(right)}
        assert compare(left, operator, right) is truth_over(outcomes), (left, operator, right)


def test_between_says_what_every_point_says() -> None:
    for value in SMALL:
        for low, high in product((-2.0, -1.0, 0.0, 1.0, 2.0), repeat=2):
            if low <= high:
                outcomes = {low <= point <= high for point in points_in(value)}
                assert is_between(value, low, high) is truth_over(outcomes), (value, low, high)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_comparison_with_what_may_be_undefined_is_never_definite(operator: Comparison) -> None:
    perhaps = Range(5, 6, undefined=True)
    assert compare(perhaps, operator, exactly(1)) is UNKNOWN
    assert compare(exactly(1), operator, perhaps) is UNKNOWN
    assert is_between(perhaps, 0, 10) is UNKNOWN
    assert is_between(perhaps, 20, 30) is UNKNOWN


@pytest.mark.parametrize(("number", "below", "at_most"), [(4.999, TRUE, TRUE), (5, FALSE, TRUE), (5.001, FALSE, FALSE)])
def test_an_exact_result_meets_a_limit_as_numbers_do(number: float, below: Truth, at_most: Truth) -> None:
    assert compare(exactly(number), "<", exactly(5)) is below
    assert compare(exactly(number), "<=", exactly(5)) is at_most


def test_below_detection_meets_a_limit_at_its_own_edge() -> None:
    """`<0.2` is surely below 0.2, and may or may not be below anything smaller."""
    censored = Range(0.0, 0.2, high_open=True)
    assert compare(censored, "<", exactly(0.2)) is TRUE
    assert compare(censored, ">=", exactly(0.2)) is FALSE
    assert compare(censored, "<", exactly(0.1)) is UNKNOWN
    assert compare(Range(0.0, 0.2), "<", exactly(0.2)) is UNKNOWN


def test_everything_settles_nothing() -> None:
    for operator in OPERATORS:
        assert compare(EVERYTHING, operator, exactly(0)) is UNKNOWN
        assert compare(exactly(0), operator, EVERYTHING) is UNKNOWN


# ---- ranges as sets


def test_contains_follows_the_ends() -> None:
    half = Range(1, 2, low_open=True)
    assert [half.contains(point) for point in (0.99, 1, 1.01, 1.99, 2, 2.01)] == [False, False, True, True, True, False]


def test_covers_is_containment_of_every_point() -> None:
    for wide, narrow in product(SMALL, repeat=2):
        assert wide.covers(narrow) is all(wide.contains(point) for point in points_in(narrow)), (wide, narrow)


def test_only_what_may_be_undefined_covers_what_may_be_undefined() -> None:
    assert not EVERYTHING.covers(UNDEFINED)
    assert UNDEFINED.covers(EVERYTHING)
    assert UNDEFINED.covers(UNDEFINED)


def test_only_a_defined_single_number_is_exact() -> None:
    assert exactly(3).is_exact
    assert not Range(3, 4).is_exact
    assert not Range(3, 3, undefined=True).is_exact


def test_a_hull_covers_its_parts_and_is_the_narrowest_to_do_so() -> None:
    for one, other in product(SMALL, repeat=2):
        whole = hull([one, other])
        assert whole.covers(one)
        assert whole.covers(other)
        for narrower in SMALL:
            if narrower.covers(one) and narrower.covers(other):
                assert narrower.covers(whole)


def test_a_hull_does_not_depend_on_order() -> None:
    for one, two, three in product(SMALL[::4], repeat=3):
        assert hull([one, two, three]) == hull([three, one, two]) == hull([hull([one, two]), three])


def test_a_hull_may_be_undefined_as_soon_as_one_part_may() -> None:
    assert hull([exactly(1), Range(2, 3, undefined=True)]) == Range(1, 3, undefined=True)
    assert hull([exactly(1)]) == exactly(1)


# ---- arithmetic

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    """Any range, often around 0, sometimes without limit, sometimes perhaps undefined."""
    low, high = sorted(draw(st.one_of(st.integers(-3, 3).map(float), numbers)) + 0.0 for _ in range(2))
    low = draw(st.sampled_from([low, low, low, -math.inf]))
    high = draw(st.sampled_from([high, high, high, math.inf]))
    is_open = st.booleans() if low < high else st.just(False)
    return Range(low, high, draw(is_open), draw(is_open), draw(st.sampled_from([False, False, False, True])))


@st.composite
def ranges_with_a_point(draw: st.DrawFn) -> tuple[Range, float]:
    """A range and one of its numbers."""
    value = draw(ranges())
    low, high = max(value.low, -1e9), min(value.high, 1e9)
    point = draw(st.one_of(st.floats(low, high), st.sampled_from([low, high, 0.0])))
    assume(value.contains(point))
    return value, point


@st.composite
def ranges_with_a_narrower(draw: st.DrawFn) -> tuple[Range, Range]:
    """A range and one that it covers."""
    value = draw(ranges())
    low, high = max(value.low, -1e9), min(value.high, 1e9)
    ends = st.one_of(st.floats(low, high), st.sampled_from([value.low, value.high]))
    one, other = sorted((draw(ends), draw(ends)))
    is_open = st.booleans() if one < other else st.just(False)
    narrower = Range(one, other, draw(is_open), draw(is_open), value.undefined and draw(st.booleans()))
    assume(value.covers(narrower))
    return value, narrower


BINARY: dict[str, tuple[Callable[[Range, Range], Range], Callable[[float, float], float]]] = {
    "+": (add, lambda x, y: x + y),
    "-": (subtract, lambda x, y: x - y),
    "*": (multiply, lambda x, y: x * y),
    "/": (divide, lambda x, y: x / y),
}

UNARY: dict[str, tuple[Callable[[Range], Range], Callable[[float], float]]] = {
    "-": (negate, lambda x: -x),
    "ln": (logarithm, math.log),
    "exp": (exponential, lambda x: math.inf if x > 700 else math.exp(x)),
    "sqrt": (square_root, math.sqrt),
    "round": (round_half_up, lambda x: float(math.floor(Fraction(x) + Fraction(1, 2)))),
    "floored and capped": (lambda x: bounded(x, 1.0, 4.0), lambda x: min(max(x, 1.0), 4.0)),
    "floored": (lambda x: bounded(x, 1.0, None), lambda x: max(x, 1.0)),
    "capped": (lambda x: bounded(x, None, 4.0), lambda x: min(x, 4.0)),
}


@pytest.mark.parametrize("name", BINARY)
@given(one=ranges_with_a_point(), other=ranges_with_a_point())
def test_arithmetic_on_ranges_contains_the_result_of_every_pair(
    name: str, one: tuple[Range, float], other: tuple[Range, float]
) -> None:
    (left, x), (right, y) = one, other
    of_ranges, of_numbers = BINARY[name]
    result = of_ranges(left, right)
    try:
        expected = of_numbers(x, y)
    except ZeroDivisionError:
        assert result.undefined
    else:
        assert result.contains(expected), (left, name, right, result)
    assert result.undefined or not (left.undefined or right.undefined)


@pytest.mark.parametrize("name", UNARY)
@given(one=ranges_with_a_point())
def test_functions_on_ranges_contain_the_result_of_every_number(name: str, one: tuple[Range, float]) -> None:
    value, x = one
    of_range, of_number = UNARY[name]
    result = of_range(value)
    try:
        expected = of_number(x)
    except ValueError:
        assert result.undefined
    else:
        assert result.contains(expected), (name, value, result)
    assert result.undefined or not value.undefined


@pytest.mark.parametrize("name", BINARY)
@given(one=ranges_with_a_narrower(), other=ranges_with_a_narrower())
def test_arithmetic_narrows_when_its_inputs_narrow(
    name: str, one: tuple[Range, Range], other: tuple[Range, Range]
) -> None:
    (left, narrower_left), (right, narrower_right) = one, other
    operation = BINARY[name][0]
    assert operation(left, right).covers(operation(narrower_left, narrower_right))


@pytest.mark.parametrize("name", UNARY)
@given(one=ranges_with_a_narrower())
def test_functions_narrow_when_their_input_narrows(name: str, one: tuple[Range, Range]) -> None:
    value, narrower = one
    assert UNARY[name][0](value).covers(UNARY[name][0](narrower))


@given(ranges_with_a_narrower(), ranges_with_a_narrower(), st.sampled_from(OPERATORS))
def test_a_definite_comparison_stays_when_both_sides_narrow(
    one: tuple[Range, Range], other: tuple[Range, Range], operator: Comparison
) -> None:
    (left, narrower_left), (right, narrower_right) = one, other
    before = compare(left, operator, right)
    assert before in (UNKNOWN, compare(narrower_left, operator, narrower_right))


@given(ranges_with_a_narrower(), numbers, numbers)
def test_a_definite_between_stays_when_the_value_narrows(one: tuple[Range, Range], end: float, other: float) -> None:
    value, narrower = one
    low, high = sorted((end, other))
    assert is_between(value, low, high) in (UNKNOWN, is_between(narrower, low, high))


@given(ranges_with_a_narrower(), ranges_with_a_narrower())
def test_a_hull_narrows_when_its_parts_narrow(one: tuple[Range, Range], other: tuple[Range, Range]) -> None:
    assert hull([one[0], other[0]]).covers(hull([one[1], other[1]]))


@given(ranges(), st.sampled_from(sorted(UNARY)))
def test_no_range_has_an_end_that_is_not_a_number(value: Range, name: str) -> None:
    result = UNARY[name][0](value)
    assert not math.isnan(result.low)
    assert not math.isnan(result.high)
    assert result.low <= result.high


@given(ranges(), ranges(), st.sampled_from(sorted(BINARY)))
def test_no_result_of_two_ranges_has_an_end_that_is_not_a_number(left: Range, right: Range, name: str) -> None:
    result = BINARY[name][0](left, right)
    assert not math.isnan(result.low)
    assert not math.isnan(result.high)
    assert result.low <= result.high


# ---- undefined and unbounded


@pytest.mark.parametrize(
    ("value", "unbounded", "undefined"),
    [
        (Range(1, 2), False, False),
        (Range(0, 2, low_open=True), True, False),
        (Range(0, 2), True, True),
        (Range(-1, 2), True, True),
        (exactly(0), True, True),
        (Range(-2, -1), True, True),
        (Range(-1, 0, high_open=True), True, True),
    ],
)
def test_ln_is_unbounded_near_0_and_undefined_at_it(value: Range, unbounded: bool, undefined: bool) -> None:
    result = logarithm(value)
    assert (result.low == -math.inf) is unbounded
    assert result.undefined is undefined


def test_ln_of_a_positive_range_runs_from_ln_to_ln() -> None:
    assert logarithm(Range(1, math.e)) == Range(0.0, 1.0)
    assert logarithm(Range(1, math.inf)) == Range(0.0, math.inf)


@pytest.mark.parametrize(
    ("divisor", "expected"),
    [
        (Range(1, 2), Range(3, 12)),
        (Range(-2, -1), Range(-12, -3)),
        (Range(0, 2, low_open=True), Range(3, math.inf)),
        (Range(-2, 0, high_open=True), Range(-math.inf, -3)),
        (Range(0, 2), UNDEFINED),
        (Range(-1, 2), UNDEFINED),
        (exactly(0), UNDEFINED),
        (Range(1, math.inf), Range(0, 12)),
    ],
)
def test_division_is_unbounded_near_0_and_undefined_at_it(divisor: Range, expected: Range) -> None:
    assert divide(Range(6, 12), divisor) == expected


def test_nothing_divided_by_what_comes_close_to_nothing_is_nothing() -> None:
    assert divide(exactly(0), Range(0, 2, low_open=True)) == exactly(0)


def test_nothing_times_what_has_no_limit_is_nothing() -> None:
    assert multiply(exactly(0), EVERYTHING) == exactly(0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Range(4, 9), Range(2, 3)),
        (Range(0, 9), Range(0, 3)),
        (exactly(0), exactly(0)),
    ],
)
def test_the_square_root_of_what_is_not_negative_is_defined(value: Range, expected: Range) -> None:
    assert square_root(value) == expected


@pytest.mark.parametrize("value", [Range(-1, 9), exactly(-1), Range(-4, -1)])
def test_the_square_root_of_what_may_be_negative_may_be_undefined(value: Range) -> None:
    assert square_root(value).undefined


def test_arithmetic_closes_open_ends_so_that_rounding_loses_no_value() -> None:
    assert add(Range(0, 1, True, True), exactly(1)) == Range(1, 2)
    assert negate(Range(0, 1, low_open=True)) == Range(-1, 0, high_open=True)


# ---- rounding and limits


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (2.49, 2),
        (2.5, 3),
        (2.51, 3),
        (3.5, 4),
        (-2.49, -2),
        (-2.5, -2),
        (-2.51, -3),
        (0.49999999999999994, 0),
        (0.5, 1),
        (-0.5, 0),
        (-0.5000000000000001, -1),
        (4503599627370497.0, 4503599627370497.0),
        (6.5, 7),
        (40.0, 40),
    ],
)
def test_a_half_is_rounded_up(number: float, expected: float) -> None:
    assert round_half_up(exactly(number)) == exactly(expected)


def test_rounding_leaves_what_has_no_limit_without_limit() -> None:
    assert round_half_up(EVERYTHING) == EVERYTHING


@pytest.mark.parametrize(
    ("number", "expected"), [(0.9, 1.0), (1.0, 1.0), (1.1, 1.1), (3.9, 3.9), (4.0, 4.0), (4.1, 4.0)]
)
def test_floor_and_cap_in_threes(number: float, expected: float) -> None:
    assert bounded(exactly(number), 1.0, 4.0) == exactly(expected)


def test_floor_and_cap_bound_what_is_not_known_at_all() -> None:
    assert bounded(EVERYTHING, 1.0, 4.0) == Range(1.0, 4.0)
    assert bounded(UNDEFINED, 1.0, 4.0) == Range(1.0, 4.0, undefined=True)


def test_exp_of_more_than_a_double_can_hold_is_without_limit() -> None:
    assert exponential(exactly(1000.0)).high == math.inf
    assert exponential(EVERYTHING) == Range(0.0, math.inf)
