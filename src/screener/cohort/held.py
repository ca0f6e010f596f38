"""Key values: what the numeric limits of a line were held to.

    total bilirubin >= 10 x upper limit of normal      total_bilirubin, 325 to 325 umol/L, of day 739667

They are read off the same frame that the line was decided in, by the same functions, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite

from msgspec import Struct

from screener.advice.turning import recorded_results
from screener.cohort.limits import Comparing, compared_now, what_is_compared
from screener.evaluation.evaluator import look_up, program_of
from screener.evaluation.frame import Frame
from screener.evaluation.results import possible_values
from screener.rulebook import (
    Age,
    Bounded,
    ChangeLookup,
    Function,
    InUnit,
    Lab,
    Rulebook,
    ScoreOf,
    Trial,
    Value,
    ValueLookup,
)
from screener.values.ranges import EVERYTHING, Range


class Held(Struct, frozen=True):
    """A number that a limit was held to, as far as it is known: from `low` to `high`, None without limit on that side.

    `fact` is the dictionary's name of a lab, finding or score, or `age`; `lookup` says which of its values, or what
    change, the rule asks for. `unit` is the canonical one; `day` is that of the results, if they are all of one day.
    """

    fact: str
    lookup: str
    low: float | None
    high: float | None
    unit: str | None
    day: int | None


Read = Callable[[Frame], Held | None]
"""What reads a key value off a frame; None where the record has none."""


def held_in(trial: Trial, rulebook: Rulebook) -> dict[str, tuple[Read, ...]]:
    """What reads the key values of each line of a trial, by the line; each value once."""
    return {
        line.id: tuple(
            {name: read for node in compared_now(line, rulebook) for name, read in _reads(node, rulebook)}.values()
        )
        for line in trial.criteria
    }


def _reads(node: Comparing, rulebook: Rulebook) -> Iterator[tuple[str, Read]]:
    of = what_is_compared(node)
    while isinstance(of, InUnit | Bounded | Function):
        of = of.of
    match of:
        case Value(lookup=str(name)) | str(name):
            lookup = rulebook.lookups[name]
            if isinstance(lookup, ValueLookup | ChangeLookup):
                yield name, _of_lookup(name, lookup, rulebook)
        case ScoreOf() | Age():
            fact = of.name if isinstance(of, ScoreOf) else "age"
            yield fact, _of_number(fact, of, rulebook)


def _of_lookup(name: str, lookup: ValueLookup | ChangeLookup, rulebook: Rulebook) -> Read:
    unit = _unit_of(lookup, rulebook)
    nothing_known = (possible_values(rulebook.fact(lookup.fact)), EVERYTHING)

    def read(frame: Frame) -> Held | None:
        found = look_up(name, frame)
        if found.range is None or found.range in nothing_known or not found.used:
            return None
        days = {
            None if each.when is None or not each.when.is_one_day else each.when.first_day
            for each in recorded_results(found)
        }
        return _held(lookup.fact, name, found.range, unit, days.pop() if len(days) == 1 else None)

    return read


def _unit_of(lookup: ValueLookup | ChangeLookup, rulebook: Rulebook) -> str | None:
    fact = rulebook.fact(lookup.fact)
    unit = fact.unit if isinstance(fact, Lab) and fact.unit != "1" else None
    if isinstance(lookup, ValueLookup) or lookup.change in ("rise", "fall"):
        return unit
    return f"{unit or '1'} a day" if lookup.change == "rise per day" else "%"


def _of_number(fact: str, node: ScoreOf | Age, rulebook: Rulebook) -> Read:
    measure = program_of(rulebook).decisions.number(node)
    unit = "years" if isinstance(node, Age) else None
    return lambda frame: _held(fact, fact, measure(frame), unit, None)


def _held(fact: str, lookup: str, range_: Range, unit: str | None, day: int | None) -> Held | None:
    low, high = (each if isfinite(each) else None for each in (range_.low, range_.high))
    return None if low is None and high is None else Held(fact, lookup, low, high, unit, day)
