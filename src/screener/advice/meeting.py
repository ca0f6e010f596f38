"""Where a comparison may turn between two values at which it was asked: a guess, which saves asking at many."""

from __future__ import annotations

import math
from collections.abc import Iterator

from screener.evaluation.answers import Judged, Measured
from screener.rulebook import Between, Bounded, Compare, Function, ScoreOf
from screener.values.ranges import Range


def share_to_meeting(at_one: Judged, at_other: Judged) -> float | None:
    """At what share of the way from one value to another the two numbers of a comparison would meet if they moved
    evenly; None if they would not. It proves nothing until the engine is asked there."""
    for one, other in zip(_apart(at_one), _apart(at_other), strict=False):
        if math.isfinite(one) and math.isfinite(other) and (one < 0) != (other < 0):
            return one / (one - other)
    return None


def _apart(judged: Judged) -> Iterator[float]:
    """How far the least and the most of one number in a comparison lie above the most and the least of the other. A
    rounded number counts where it would be rounded."""
    match judged:
        case Judged(node=Compare(), parts=(Measured() as left, Measured() as right)):
            one, other = _before_rounding(left), _before_rounding(right)
            for beside in (-0.5, 0.5) if one != left.range or other != right.range else (0.0,):
                yield one.low - other.high - beside
                yield one.high - other.low - beside
        case Judged(node=Between(low=low, high=high), parts=(Measured() as number,)):
            whole = _before_rounding(number)
            for end, beside in ((low.value, 0.5), (high.value, -0.5)):
                limit = end if whole == number.range else end - beside
                yield whole.low - limit
                yield whole.high - limit


def _before_rounding(measured: Measured) -> Range:
    """A number, or the formula of a score, before it is rounded and kept in bounds."""
    match measured:
        case Measured(node=Function(name="round"), parts=(Measured() as inner,)):
            return inner.range
        case Measured(node=ScoreOf() | Bounded(), parts=(Measured() as inner,)):
            return _before_rounding(inner)
        case _:
            return measured.range
