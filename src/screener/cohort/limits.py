"""The numeric limits of trials, and what each line would say if one of them stood elsewhere.

A limit is moved in the rule itself, and the engine decides the line again. So there is no second meaning of any limit:

    total bilirubin >= 10 x upper limit of normal     a line as it is
    total bilirubin >= 8 x upper limit of normal      the same line with the limit moved to 8
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any as Anything

from msgspec import Struct
from msgspec.structs import replace

from screener.rulebook import (
    AgainstLimit,
    Age,
    All,
    Any,
    Arithmetic,
    AtLeast,
    AtTime,
    Between,
    Bounded,
    ChangeLookup,
    Compare,
    Criterion,
    Function,
    InUnit,
    Meets,
    Not,
    Number,
    Numeric,
    Rulebook,
    ScoreOf,
    Trial,
    Truthful,
    Value,
    ValueLookup,
)
from screener.rulebook_walk import children, walk

STEPS = (0.5, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.5, 2.0)
"""The shares of a limit to which it is moved."""
SMALL = 5
"""Below it a whole number is a grade or a count, and is moved by ones."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

Comparing = Compare | Between | AgainstLimit


class Moved(Struct, frozen=True):
    """A limit moved to another number: what it then is, as it would be written, the readings of the line, and the
    comparisons with the limit."""

    number: float
    text: str
    rules: tuple[Truthful, ...]
    comparing: tuple[Comparing, ...]


class Limit(Struct, frozen=True):
    """One limit of a line: what is held to it (`total bilirubin`), how (`>=`), and the limit as it is written. `place`
    is its number in the line; `moved` goes from the lowest number up."""

    trial: str
    criterion: str
    place: int
    of: str
    operator: str
    text: str
    number: float
    moved: tuple[Moved, ...]
    moves_one_way: bool
    """Whether a higher limit can only ever do one thing to the line: clear it, or fail it."""
    comparing: tuple[Comparing, ...]
    """The comparisons with the limit as it is."""
    is_of_the_clock: bool
    """Whether none of them is made at another time, so that they are what the line makes of the limit."""


def limits_of(trial: Trial, rulebook: Rulebook) -> tuple[Limit, ...]:
    """The numeric limits of a trial's lines, in their order.

    What a line asks of one lab more than once (its latest value, or its worst by another reading) has one limit.
    """
    return tuple(each for criterion in trial.criteria for each in _limits_in(trial.id, criterion, rulebook))


def compared_now(criterion: Criterion, rulebook: Rulebook) -> tuple[Comparing, ...]:
    """The comparisons with a number that a line makes on the day that the answers are about."""
    rules = [reading.rule for reading in criterion.readings]
    elsewhen = _elsewhen(rules, rulebook)
    return tuple(dict.fromkeys(node for rule in rules for node in _comparing(rule, rulebook) if node not in elsewhen))


def _elsewhen(rules: Sequence[Truthful], rulebook: Rulebook) -> set[Comparing]:
    return {each for rule in rules for moved in _at_other_times(rule, rulebook) for each in _comparing(moved, rulebook)}


def _limits_in(trial: str, criterion: Criterion, rulebook: Rulebook) -> Iterator[Limit]:
    rules = tuple(reading.rule for reading in criterion.readings)
    groups: dict[tuple[str, str, str], list[tuple[Comparing, str]]] = {}
    for node in dict.fromkeys(node for rule in rules for node in _comparing(rule, rulebook)):
        for field, operator in _limits_at(node):
            groups.setdefault((_subject(node, rulebook), operator, _written(node, field)[0]), []).append((node, field))
    elsewhen = _elsewhen(rules, rulebook)
    for place, ((of, operator, text), nodes) in enumerate(groups.items()):
        _, number = _written(*nodes[0])
        numbers = _elsewhere(number, is_counted=text == _shown(number))
        moves = {node: [_moved(node, field, to) for to in numbers] for node, field in nodes}
        changed = [_exchanged(rule, moves, rulebook) or [rule] * len(numbers) for rule in rules]
        moved = [
            Moved(to, _NUMBER.sub(_shown(to), text, count=1), tuple(readings), tuple(comparing))
            for to, readings, comparing in zip(
                numbers, zip(*changed, strict=True), zip(*moves.values(), strict=True), strict=True
            )
        ]
        these = {node for node, _ in nodes}
        ways = {way for rule in rules for way in _ways(rule, these, rulebook)}
        one_way = operator != "=" and len(ways) == 1 and None not in ways
        of_the_clock = these.isdisjoint(elsewhen)
        comparing = tuple([node for node, _ in nodes])
        yield Limit(
            trial, criterion.id, place, of, operator, text, number, tuple(moved), one_way, comparing, of_the_clock
        )


def _subject(node: Comparing, rulebook: Rulebook) -> str:
    """What is held to a limit, by its title."""
    return _title(what_is_compared(node), rulebook)


def what_is_compared(node: Comparing) -> Numeric | str:
    """What is held to a limit: a number, or the name of a lookup."""
    return node.lookup if isinstance(node, AgainstLimit) else node.of if isinstance(node, Between) else node.left


def _title(of: Struct | str, rulebook: Rulebook) -> str:
    match of:
        case str():
            lookup = rulebook.lookups[of]
            if isinstance(lookup, ChangeLookup):
                return f"{lookup.change} of {rulebook.fact(lookup.fact).title}"
            return rulebook.fact(lookup.fact).title if isinstance(lookup, ValueLookup) else of
        case Value():
            return _title(of.lookup, rulebook)
        case Age():
            return "age"
        case ScoreOf():
            return rulebook.scores[of.name].title
        case InUnit() | Bounded() | Function():
            return _title(of.of, rulebook)
        case Arithmetic():
            return f"{_title(of.left, rulebook)} {of.operator} {_title(of.right, rulebook)}"
        case Number():
            return of.text
        case _:
            return "a number"


def _comparing(rule: Struct, rulebook: Rulebook) -> Iterator[Comparing]:
    """The comparisons with a number that a rule makes by itself or in its definitions."""
    match rule:
        case Compare(right=Number()) | Between() | AgainstLimit():
            yield rule
        case Meets():
            yield from _comparing(rulebook.definitions[rule.name].rule, rulebook)
        case _:
            for field in rule.__struct_fields__:
                value = getattr(rule, field)
                for each in value if isinstance(value, tuple) else (value,):
                    if isinstance(each, Struct):
                        yield from _comparing(each, rulebook)


def _at_other_times(rule: Struct, rulebook: Rulebook) -> Iterator[AtTime]:
    """The parts of a rule, and of its definitions, that are about another time."""
    for node in walk(rule):
        if isinstance(node, AtTime):
            yield node
        elif isinstance(node, Meets):
            yield from _at_other_times(rulebook.definitions[node.name].rule, rulebook)


def _ways(rule: Struct, nodes: set[Comparing], rulebook: Rulebook, way: bool | None = True) -> Iterator[bool | None]:
    """How each place of some comparisons in a rule bears on it: as it stands (True), denied (False), or by way of a
    number (None), which may be anything."""
    if rule in nodes:
        yield way
    inner: bool | None = None
    match rule:
        case All() | Any() | AtLeast() | AtTime() | Meets():
            inner = way
        case Not():
            inner = None if way is None else not way
    within = (rulebook.definitions[rule.name].rule,) if isinstance(rule, Meets) else children(rule)
    for each in within:
        yield from _ways(each, nodes, rulebook, inner)


def _limits_at(node: Comparing) -> tuple[tuple[str, str], ...]:
    """The fields of a comparison that hold a limit, each with what is asked of the number."""
    if isinstance(node, Between):
        return (("low", ">="), ("high", "<="))
    return (("right" if isinstance(node, Compare) else "times", node.operator),)


def _written(node: Comparing, field: str) -> tuple[str, float]:
    """A limit as it is written, and the number in that."""
    written = getattr(node, field)
    if isinstance(written, Number):
        found = _NUMBER.search(written.text)
        return written.text, float(found[0]) if found is not None else written.value
    which = "upper" if isinstance(node, AgainstLimit) and node.which == "upper" else "lower"
    return f"{written} x {which} limit of normal", float(written)


def _moved(node: Comparing, field: str, to: float) -> Comparing:
    """The comparison with that limit at another number, in the unit in which it is written."""
    limit = getattr(node, field)
    if not isinstance(limit, Number):
        return replace(node, **{field: _shown(to)})
    _, number = _written(node, field)
    value = limit.value * (to / number) if number else to
    return replace(node, **{field: Number(value, _NUMBER.sub(_shown(to), limit.text, count=1))})


_Moves = Mapping[Comparing, Sequence[Comparing]]
"""Comparisons with a limit, each with what it is at every number that the limit is moved to."""


def _exchanged(rule: Anything, moves: _Moves, rulebook: Rulebook) -> Sequence[Anything] | None:
    """A rule at every number that a limit in it is moved to; None where the limit does not stand in it. A definition in
    which it stands is written out."""
    if isinstance(rule, Meets):
        return _exchanged(rulebook.definitions[rule.name].rule, moves, rulebook)
    if isinstance(rule, tuple):
        several = [_exchanged(each, moves, rulebook) for each in rule]
        exchanged = [(old,) * _number_of(moves) if new is None else new for old, new in zip(rule, several, strict=True)]
        return list(zip(*exchanged, strict=True)) if any(new is not None for new in several) else None
    if not isinstance(rule, Struct):
        return None
    if isinstance(rule, Comparing) and rule in moves:
        return moves[rule]
    fields = {field: _exchanged(getattr(rule, field), moves, rulebook) for field in rule.__struct_fields__}
    changed = {field: new for field, new in fields.items() if new is not None}
    if not changed:
        return None
    return [replace(rule, **dict(zip(changed, new, strict=True))) for new in zip(*changed.values(), strict=True)]


def _number_of(moves: _Moves) -> int:
    return len(next(iter(moves.values())))


def _elsewhere(number: float, *, is_counted: bool) -> list[float]:
    """The numbers to which a limit is moved: grades and counts by ones, all others by shares, rounded as people do."""
    if is_counted and number == round(number) and number < SMALL:
        return [each for each in (number - 2, number - 1, number + 1, number + 2) if each >= 0]
    is_whole = number == round(number) and number >= 10
    moved = {float(round(number * step)) if is_whole else float(f"{number * step:.3g}") for step in STEPS}
    return sorted(moved - {number})


def _shown(number: float) -> str:
    return f"{number:g}"
