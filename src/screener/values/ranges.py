"""A number known as the range of what it could be, and arithmetic and comparison on such ranges.

A range has two ends, each open or closed. Reading a value or a limit keeps the ends exact; arithmetic
closes them, because a sum of doubles just below a limit may round onto it. `undefined` says that the
number may have no value at all (`ln` of 0): a comparison with it is never definite.

Every operation is monotone: narrower inputs give a narrower result. The law of the engine rests on that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct

from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth

Comparison = Literal["<", "<=", ">", ">=", "="]
TURNED: Mapping[Comparison, Comparison] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
"""The same comparison with its sides exchanged: `3 < x` is `x > 3`."""


class Range(Struct, frozen=True, omit_defaults=True, gc=False):
    """All numbers from `low` to `high`; an open end is not itself included."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    undefined: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether only one number is possible."""
        return self.low == self.high and not self.undefined

    def contains(self, number: float) -> bool:
        """Whether `number` is one of the possible values."""
        if number < self.low or (number == self.low and self.low_open):
            return False
        return not (number > self.high or (number == self.high and self.high_open))

    def covers(self, other: Range) -> bool:
        """Whether every value of `other` is one of these."""
        low = self.low < other.low or (self.low == other.low and (other.low_open or not self.low_open))
        high = self.high > other.high or (self.high == other.high and (other.high_open or not self.high_open))
        return low and high and (self.undefined or not other.undefined)


EVERYTHING = Range(-math.inf, math.inf)
UNDEFINED = Range(-math.inf, math.inf, undefined=True)


def exactly(number: float) -> Range:
    """The range of one number."""
    return Range(number, number)


def range_text(numbers: Range, unit: str = "1") -> str:
    """A range as people read it: `above 0 .. 150 10*9/L`."""
    low, high = f"{numbers.low:.6g}", f"{numbers.high:.6g}"
    text = f"{'above ' if numbers.low_open else ''}{low} .. {'below ' if numbers.high_open else ''}{high}"
    return text if unit == "1" else f"{text} {unit}"


def hull(ranges: Iterable[Range]) -> Range:
    """The narrowest range that covers all of these. Needs at least one."""
    several = iter(ranges)
    whole = next(several)
    for other in several:
        if other == whole:
            continue
        low = min(whole.low, other.low)
        high = max(whole.high, other.high)
        low_open = (whole.low_open or whole.low != low) and (other.low_open or other.low != low)
        high_open = (whole.high_open or whole.high != high) and (other.high_open or other.high != high)
        whole = Range(low, high, low_open, high_open, whole.undefined or other.undefined)
    return whole


def compare(left: Range, operator: Comparison, right: Range) -> Truth:
    """TRUE if the comparison holds for every pair of possible values, FALSE if for none, else UNKNOWN."""
    return COMPARED[operator](left, right)


def _is_less(left: Range, right: Range) -> Truth:
    if left.undefined or right.undefined:
        return UNKNOWN
    if left.high < right.low or (left.high == right.low and (left.high_open or right.low_open)):
        return TRUE
    return FALSE if left.low >= right.high else UNKNOWN


def _is_at_most(left: Range, right: Range) -> Truth:
    if left.undefined or right.undefined:
        return UNKNOWN
    if left.high <= right.low:
        return TRUE
    if left.low > right.high or (left.low == right.high and (left.low_open or right.high_open)):
        return FALSE
    return UNKNOWN


def _is_equal(left: Range, right: Range) -> Truth:
    if left.undefined or right.undefined:
        return UNKNOWN
    if left.low == left.high == right.low == right.high:
        return TRUE
    apart = _is_less(left, right) is TRUE or _is_less(right, left) is TRUE
    return FALSE if apart else UNKNOWN


COMPARED: Mapping[Comparison, Callable[[Range, Range], Truth]] = {
    "<": _is_less,
    "<=": _is_at_most,
    ">": lambda left, right: _is_less(right, left),
    ">=": lambda left, right: _is_at_most(right, left),
    "=": _is_equal,
}
"""What each comparison says of two ranges."""


def is_between(value: Range, low: float, high: float) -> Truth:
    """Whether the value lies between the two limits, both included."""
    if value.undefined:
        return UNKNOWN
    if low <= value.low and value.high <= high:
        return TRUE
    below = value.high < low or (value.high == low and value.high_open)
    above = value.low > high or (value.low == high and value.low_open)
    return FALSE if below or above else UNKNOWN


def add(left: Range, right: Range) -> Range:
    """left + right."""
    low, high = left.low + right.low, left.high + right.high
    return Range(
        -math.inf if math.isnan(low) else low,
        math.inf if math.isnan(high) else high,
        undefined=left.undefined or right.undefined,
    )


def negate(value: Range) -> Range:
    """-value."""
    return Range(-value.high, -value.low, value.high_open, value.low_open, value.undefined)


def subtract(left: Range, right: Range) -> Range:
    """left - right, the two taken as independent of each other."""
    return add(left, negate(right))


def multiply(left: Range, right: Range) -> Range:
    """left * right."""
    if left.is_exact and right.is_exact:
        return exactly(_product(left.low, right.low))
    products = [_product(x, y) for x in (left.low, left.high) for y in (right.low, right.high)]
    return Range(min(products), max(products), undefined=left.undefined or right.undefined)


def _product(one: float, other: float) -> float:
    # An end at infinity stands for numbers without limit; nothing times any of them is nothing.
    return 0.0 if one == 0 or other == 0 else one * other


def scaled(value: Range, factor: float) -> Range:
    """value * factor, for a factor above 0. An end at 0 stays as open as it was: no rounding moves anything onto it."""
    return Range(
        value.low * factor,
        value.high * factor,
        value.low_open and value.low == 0,
        value.high_open and value.high == 0,
        value.undefined,
    )


def divide(left: Range, right: Range) -> Range:
    """left / right; unbounded where the divisor may come close to 0, undefined where it may be 0."""
    undefined = left.undefined or right.undefined
    if right.low > 0 or right.high < 0:
        quotients = [_quotient(x, y) for x in (left.low, left.high) for y in (right.low, right.high)]
        return Range(min(quotients), max(quotients), undefined=undefined)
    if right.contains(0):
        return Range(-math.inf, math.inf, undefined=True)
    # One open end of the divisor is 0: the quotient grows without limit on the sides the dividend allows.
    towards_zero = math.inf if right.low == 0 else -math.inf
    far = right.high if right.low == 0 else right.low
    ends = [_quotient(x, far) for x in (left.low, left.high)]
    ends += [_product(x, towards_zero) for x in (left.low, left.high)]
    return Range(min(ends), max(ends), undefined=undefined)


def _quotient(one: float, other: float) -> float:
    if math.isinf(other):
        return 0.0 if math.isfinite(one) else math.copysign(math.inf, one * math.copysign(1.0, other))
    return one / other


def logarithm(value: Range) -> Range:
    """ln(value); unbounded below where the value may come close to 0, undefined where it may be 0 or less."""
    if value.low < 0 or value.contains(0):
        return UNDEFINED
    low = math.log(value.low) if value.low > 0 else -math.inf
    return Range(low, math.log(value.high), undefined=value.undefined)


def exponential(value: Range) -> Range:
    """exp(value)."""
    return Range(_exp(value.low), _exp(value.high), undefined=value.undefined)


def _exp(number: float) -> float:
    try:
        return math.exp(number)
    except OverflowError:
        return math.inf


def square_root(value: Range) -> Range:
    """sqrt(value); undefined where the value may be negative."""
    if value.low < 0:
        return UNDEFINED
    return Range(math.sqrt(value.low), math.sqrt(value.high), undefined=value.undefined)


def round_half_up(value: Range) -> Range:
    """The nearest whole number, a half going up (as scores are rounded on paper)."""
    return Range(_round(value.low), _round(value.high), undefined=value.undefined)


def _round(number: float) -> float:
    if not math.isfinite(number):
        return number
    # `floor(number + 0.5)` would round the sum first, and send 0.49999999999999994 up.
    whole = math.floor(number)
    return float(whole + 1 if number - whole >= 0.5 else whole)


def bounded(value: Range, floor: float | None, cap: float | None) -> Range:
    """The value, or the floor where it is below it, or the cap where it is above it."""
    low, high = value.low, value.high
    if floor is not None:
        low, high = max(low, floor), max(high, floor)
    if cap is not None:
        low, high = min(low, cap), min(high, cap)
    return Range(low, high, undefined=value.undefined)


ARITHMETIC: Mapping[str, Callable[[Range, Range], Range]] = {"+": add, "-": subtract, "*": multiply, "/": divide}
FUNCTIONS: Mapping[str, Callable[[Range], Range]] = {
    "ln": logarithm,
    "exp": exponential,
    "sqrt": square_root,
    "round": round_half_up,
}
"""The operators and functions of formulas."""
