"""Whether what is compared only rises or only falls with one number: read off the formula.

Of what does, the answers at the ends of a stretch say all: where they agree, every value in between answers the same,
and where they differ, it turns once. `3.78 * ln(bilirubin) + 11.2 * ln(INR) >= 20` rises with the INR.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from screener.evaluation.answers import Found, Judged, Measured
from screener.rulebook import (
    Age,
    Arithmetic,
    Bounded,
    Choose,
    Function,
    InUnit,
    Numeric,
    PointsOf,
    Rulebook,
    ScoreOf,
    Table,
    Truthful,
    Value,
)

Slope = Literal[-1, 0, 1]


class Input(Struct, frozen=True):
    """The number in question: which nodes hang on it, and how what a lookup finds moves with it."""

    rulebook: Rulebook
    moves: Callable[[Numeric | Truthful], bool]
    of_lookup: Callable[[str], Slope | None]


def slope_of(answer: Judged, of: Input) -> Slope | None:
    """Whether what is compared rises (1) or falls (-1) with the input, against what it is compared with, or does not
    move at all (0); None where that is not seen from the formula."""
    slopes = [_slope(part, of) for part in answer.parts]
    if not slopes:
        return None
    return slopes[0] if len(slopes) == 1 else _together(slopes[0], _turned(slopes[1]))


def _slope(part: Judged | Measured | Found, of: Input) -> Slope | None:
    if not isinstance(part, Measured):
        return None
    if not of.moves(part.node):
        return 0
    match part.node:
        case Value(lookup=name):
            return of.of_lookup(name)
        case Age():
            return 1
        case ScoreOf() | InUnit() | Function() | Bounded():
            return _slope(part.parts[0], of)
        case PointsOf(name=name):
            return _times(_slope(part.parts[0], of), _slope_of_table(of.rulebook.tables[name]))
        case Arithmetic(operator=operator):
            left, right = _slope(part.parts[0], of), _slope(part.parts[1], of)
            if operator in "+-":
                return _together(left, right if operator == "+" else _turned(right))
            if right == 0:
                return _times(left, _sign(part.parts[1]))
            return _times(right, _sign(part.parts[0])) if left == 0 and operator == "*" else None
        case Choose(test=test):
            if of.moves(test):
                return None
            first, *others = [_slope(branch, of) for branch in part.parts[1:]]
            return _together(first, others[0]) if others else first
        case _:
            return None


def _together(one: Slope | None, other: Slope | None) -> Slope | None:
    """The slope of a sum."""
    if one is None or other is None or one * other < 0:
        return None
    return one or other


def _times(one: Slope | None, other: Slope | None) -> Slope | None:
    if one is None or other is None:
        return None
    return 0 if 0 in (one, other) else 1 if one == other else -1


def _turned(slope: Slope | None) -> Slope | None:
    return _times(slope, -1)


def _sign(part: Judged | Measured | Found) -> Slope | None:
    """Whether a number that does not move is never below 0 (1) or never above it (-1)."""
    if not isinstance(part, Measured):
        return None
    return 1 if part.range.low >= 0 else -1 if part.range.high <= 0 else None


def _slope_of_table(table: Table) -> Slope | None:
    """Whether the points only rise or only fall with the number that earns them."""
    rows = [(cell.numbers.range, cell.points) for cell in table.cells if cell.numbers is not None]
    if len(rows) < len(table.cells):
        return None
    points = [earned for _, earned in sorted(rows, key=lambda row: (row[0].low, row[0].high))]
    if points == sorted(points):
        return 1
    return -1 if points == sorted(points, reverse=True) else None
