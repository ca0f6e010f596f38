"""What a number of the rules can be, whoever the patient is: the range that the dictionary leaves possible.

With it the checker finds comparisons that hold for everybody or for nobody, and points tables with a hole.
It computes with the same ranges as the engine does, but reads no record.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import assert_never

from screener.rulebook import (
    Age,
    Arithmetic,
    Bounded,
    ChangeLookup,
    Choose,
    Finding,
    Function,
    InUnit,
    Lab,
    Lookup,
    Number,
    Numeric,
    PointsOf,
    Score,
    ScoreOf,
    Table,
    Value,
    ValueLookup,
)
from screener.values import ranges
from screener.values.ranges import EVERYTHING, Range


class Reach:
    """The ranges of lookups, tables and scores, as far as these have been checked."""

    def __init__(
        self,
        facts: Mapping[str, Lab | Finding],
        lookups: Mapping[str, Lookup],
        tables: Mapping[str, Table],
        scores: Mapping[str, Score],
    ) -> None:
        self._facts = facts
        self._lookups = lookups
        self._tables = tables
        self._scores = scores
        self._known: dict[str, Range] = {}

    def of(self, expression: Numeric) -> Range:
        """Everything that the expression can be."""
        match expression:
            case Number(value):
                return ranges.exactly(value)
            case Value(lookup):
                return self._of_lookup(lookup)
            case Age():
                return Range(0, math.inf)
            case InUnit(inner, _, factor):
                return ranges.scaled(self.of(inner), factor)
            case Arithmetic(operator, left, right):
                return ranges.ARITHMETIC[operator](self.of(left), self.of(right))
            case Function(name, inner):
                return ranges.FUNCTIONS[name](self.of(inner))
            case Bounded(inner, floor, cap):
                return ranges.bounded(self.of(inner), floor, cap)
            case Choose(_, then, otherwise):
                return ranges.hull((self.of(then), self.of(otherwise)))
            case PointsOf(name):
                return ranges.hull(ranges.exactly(cell.points) for cell in self._tables[name].cells)
            case ScoreOf(name):
                if name not in self._known:
                    self._known[name] = self.of(self._scores[name].expression)
                return self._known[name]
            case _:
                assert_never(expression)

    def _of_lookup(self, name: str) -> Range:
        lookup = self._lookups[name]
        if isinstance(lookup, ValueLookup):
            fact = self._facts[lookup.fact]
            possible = fact.possible if isinstance(fact, Lab) else fact.grade
            return EVERYTHING if possible is None else possible
        if isinstance(lookup, ChangeLookup) and lookup.change in ("rise", "fall"):
            possible = self._of_lookup_fact(lookup.fact)
            width = possible.high - possible.low
            return Range(-width, width)
        return EVERYTHING

    def _of_lookup_fact(self, name: str) -> Range:
        fact = self._facts[name]
        return fact.possible if isinstance(fact, Lab) else EVERYTHING
