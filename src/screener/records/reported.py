"""A result as reported, and what of it every kind of result is made with."""

from __future__ import annotations

import math
from fractions import Fraction

import msgspec
from msgspec import Struct

from screener.records.dictionary import Meaning
from screener.records.patient import Result, WhyUnusable
from screener.records.written import Quantity, Span
from screener.values.dates import Moment
from screener.values.ranges import Range, exactly


class Reported(Struct, frozen=True):
    """One result as reported. `value` is a quantity, a span, words that may name a category, or None: no value at all.

    `recorded_value` is the value as it was written. The limits are those that came with the result; they are in its own
    unit unless `limits_unit` names theirs.
    """

    source: str
    value: Quantity | Span | str | None
    recorded_value: str
    unit: str | None = None
    when: Moment | None = None
    is_current: bool = False
    upper_limit: Fraction | None = None
    lower_limit: Fraction | None = None
    limits_unit: str | None = None


def unread_result(meaning: Meaning, reported: Reported, *, is_named: bool = True) -> Result:
    """A result that may be of a lab or finding, because its name is nearly one of those, or it has none: it keeps the
    place of one, so that no older result is taken for the latest."""
    called = (meaning.form or meaning.entry).name
    problem = (
        f"its name is not read, and is nearly one of `{called}`"
        if is_named
        else f"it has no name, and may be of `{called}`"
    )
    return as_unusable(plain_result(meaning.entry.name, reported, meaning), "unread", problem)


def plain_result(fact: str, reported: Reported, meaning: Meaning) -> Result:
    """The result as it was recorded, its value not yet read."""
    return Result(
        fact,
        reported.source,
        reported.recorded_value,
        reported.unit,
        reported.when,
        reported.is_current,
        flags=meaning.flags_in(meaning.unit if reported.unit is None else None),
    )


def as_unusable(result: Result, why: WhyUnusable, problem: str) -> Result:
    """The result, kept in its place though its value cannot be used."""
    return msgspec.structs.replace(result, unusable=why, problem=problem)


def plain_number(value: Quantity | Span) -> Fraction | None:
    """The one number that a value is; a span is one where its ends are the same."""
    match value:
        case Quantity(number, ""):
            return number
        case Span(low, high) if low == high:
            return low
        case _:
            return None


def range_of(value: Quantity | Span, factor: Fraction | None) -> Range:
    """What was stated, in the canonical unit, whether it can be or not. Without a factor it is in that unit already."""
    match value:
        case Span(low, high):
            return Range(
                -math.inf if low is None else _converted(low, factor),
                math.inf if high is None else _converted(high, factor),
            )
        case Quantity(number, comparator):
            limit = _converted(number, factor)
            match comparator:
                case "":
                    return exactly(limit)
                case "<" | "<=":
                    return Range(-math.inf, limit, high_open=comparator == "<")
                case ">" | ">=":
                    return Range(limit, math.inf, low_open=comparator == ">")


def _converted(number: Fraction, factor: Fraction | None) -> float:
    return float(number if factor is None else number * factor)


def possible_part(stated: Range, possible: Range) -> Range | None:
    """What the value can be, as far as the dictionary calls it possible; None where nothing is left.

    A bound beyond what is possible is no better than a value beyond it, even on the side that leaves everything; and so
    is either end of a span.
    """
    if stated.low == stated.high and possible.low < stated.low < possible.high:
        return stated
    ends = [end for end in (stated.low, stated.high) if math.isfinite(end)]
    if not all(possible.low <= end <= possible.high for end in ends):
        return None
    low, high = max(stated.low, possible.low), min(stated.high, possible.high)
    low_open = any(each.low_open for each in (stated, possible) if each.low == low)
    high_open = any(each.high_open for each in (stated, possible) if each.high == high)
    if low > high or (low == high and (low_open or high_open)):
        return None
    return Range(low, high, low_open, high_open)


def with_unit(number: str, unit: str) -> str:
    """A number with its unit; a pure number alone."""
    return number if unit == "1" else f"{number} {unit}"


def six_digits(number: Fraction | float) -> str:
    """A number with at most six digits: `0.333333`, `1e+07`."""
    return f"{float(number):.6g}"
