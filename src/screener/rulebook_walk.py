"""Walking the expressions of a rulebook: what stands inside a node, what it names, and what it compares.

This is the only place that knows how nodes hang together; who asks about a rule as a whole walks it from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from msgspec import Struct

from screener.rulebook import (
    AgainstLimit,
    All,
    Any,
    AtTime,
    Between,
    Compare,
    Confirmed,
    EventLookup,
    Happened,
    IsOneOf,
    Meets,
    Number,
    Numeric,
    PointsOf,
    Rulebook,
    ScoreOf,
    Truthful,
    Value,
    made_once,
)
from screener.values.ranges import TURNED, Comparison

NUMBERS: tuple[type[Struct], ...] = get_args(Numeric)
TRUTHS: tuple[type[Struct], ...] = get_args(Truthful)
"""Every kind of node that an expression is made of."""


def children(node: Struct) -> Iterator[Struct]:
    """The nodes that stand inside a node, in the order of the rule."""
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if isinstance(value, Struct):
            yield value
        elif isinstance(value, tuple):
            yield from (each for each in value if isinstance(each, Struct))


def named_by(node: Struct, rulebook: Rulebook) -> Iterator[Struct]:
    """The expressions that a node names: of a score, a definition, a table; and what is tested with an event."""
    match node:
        case ScoreOf():
            yield rulebook.scores[node.name].expression
        case Meets():
            yield rulebook.definitions[node.name].rule
        case PointsOf():
            yield rulebook.tables[node.name].of
        case Happened():
            lookup = rulebook.lookups[node.lookup]
            if isinstance(lookup, EventLookup) and lookup.beside is not None:
                yield lookup.beside


def refers_to(node: Struct, rulebook: Rulebook) -> Iterator[Struct]:
    """The expressions outside of a node that its answer can hang on: those that it names, what rules out a concept that
    it asks about, and whom a question is asked of."""
    yield from named_by(node, rulebook)
    match node:
        case Happened():
            lookup = rulebook.lookups[node.lookup]
            for what in lookup.what if isinstance(lookup, EventLookup) else ():
                if (ruled_out := rulebook.concepts[what.concept].ruled_out) is not None:
                    yield ruled_out
        case Confirmed():
            if (only_if := rulebook.questions[node.question].only_if) is not None:
                yield only_if


def lookup_of(node: Struct) -> str | None:
    """The lookup that a node reads by itself: at the clock, or the day to which it moves the clock."""
    match node:
        case Value() | AgainstLimit() | IsOneOf() | Happened():
            return node.lookup
        case AtTime():
            return node.anchor
        case _:
            return None


def walk(node: Struct) -> Iterator[Struct]:
    """A node with every node inside it, as it is written: what is named is not looked into."""
    yield node
    for part in children(node):
        yield from walk(part)


def walk_through(node: Struct, rulebook: Rulebook) -> Iterator[Struct]:
    """A node with every node that its answer can hang on; one that is named twice comes twice."""
    yield node
    for part in (*children(node), *refers_to(node, rulebook)):
        yield from walk_through(part, rulebook)


def roots(rulebook: Rulebook) -> Iterator[Struct]:
    """Every expression of the trials, definitions, scores and tables."""
    for trial in rulebook.trials.values():
        for criterion in trial.criteria:
            yield from (reading.rule for reading in criterion.readings)
    yield from (definition.rule for definition in rulebook.definitions.values())
    yield from (score.expression for score in rulebook.scores.values())
    yield from (table.of for table in rulebook.tables.values())


def asked_together(rulebook: Rulebook) -> Mapping[str, frozenset[str]]:
    """By a question the event lookups that rules join to it with `and`: whoever answers it with yes says that what they
    ask about is there.

    `history of thrombosis and confirmed thrombosis_persists`: a thrombosis that is still there was there.
    """

    def make() -> dict[str, frozenset[str]]:
        together: dict[str, frozenset[str]] = {}
        joined = [each for root in roots(rulebook) for each in walk(root) if isinstance(each, All)]
        for node in joined:
            for question in [each.question for each in node.of if isinstance(each, Confirmed)]:
                together[question] = together.get(question, frozenset()).union(_events_in(node, rulebook))
        return together

    return made_once(rulebook, "asked together", make)


def _events_in(node: Struct, rulebook: Rulebook) -> Iterator[str]:
    """The event lookups of a rule that count for it, and not against it."""
    if isinstance(node, Happened):
        if isinstance(rulebook.lookups[node.lookup], EventLookup):
            yield node.lookup
    elif isinstance(node, All | Any):
        for each in node.of:
            yield from _events_in(each, rulebook)


class HeldTo(Struct, frozen=True):
    """A number that is held to a limit: `of operator limit`."""

    of: Numeric
    operator: Comparison
    limit: Number


def held_to(node: Struct) -> Iterator[HeldTo]:
    """What a comparison holds to which limit: `3 < x` holds x to `> 3`; `x between 3 and 4`, to `>= 3` and `<= 4`."""
    match node:
        case Compare(left=of, operator=operator, right=Number() as limit):
            yield HeldTo(of, operator, limit)
        case Compare(left=Number() as limit, operator=operator, right=of):
            yield HeldTo(of, TURNED[operator], limit)
        case Between(of=of, low=low, high=high):
            yield HeldTo(of, ">=", low)
            yield HeldTo(of, "<=", high)
