"""Which facts of a record a rule can depend on, read off the rulebook alone.

A *subject* names one of them: `lookup X` (a result that this lookup sees), `sign X` (a result that shows a condition),
`result X` (a result seen at another instant than that of the screening), `event X` (what this lookup asks), `concept X`
(what entries about it state), `question X`, `age`, `sex`. If a fact is not among a rule's subjects, the rule's answer
is the same whatever becomes of the fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from screener.rulebook import (
    AgainstLimit,
    Age,
    AtTime,
    Between,
    Bounded,
    ChangeLookup,
    Compare,
    Concept,
    Confirmed,
    EventLookup,
    Finding,
    Happened,
    InUnit,
    IsOneOf,
    Lookup,
    Number,
    Numeric,
    OnsetLookup,
    PointsOf,
    Qualified,
    Rulebook,
    SexIs,
    Truthful,
    Value,
    ValueLookup,
    made_once,
)
from screener.rulebook_walk import children, held_to, refers_to, walk_through

Subjects = frozenset[str]


class RuleLimits(Struct, frozen=True):
    """The limits of a rule, by lab or finding (`age` for completed years): the numbers, with how they were written, and
    the multiples of limits of normal."""

    numbers: dict[str, dict[float, str]]
    multiples: dict[str, frozenset[AgainstLimit]]


class EventAsked(Struct, frozen=True):
    """What a lookup asks about one concept."""

    lookup: EventLookup
    concept: str
    what: tuple[Qualified, ...]


class ReadByRules:
    """What each rule of a rulebook reads; worked out once for each rule."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.facts = rulebook.labs.keys() | rulebook.findings.keys()
        self._of_nodes: dict[int, tuple[Struct, Subjects]] = {}
        """By the identity of a node, kept with the node itself: hashing a formula takes longer than walking it."""
        self._of_lookups: dict[str, Subjects] = {}
        self.asked_about: dict[str, list[EventAsked]] = {}
        """What event lookups ask about concepts, of each under the names of all that one of theirs is related to."""
        self.by_result: dict[str, list[ValueLookup | ChangeLookup]] = {}
        """The lookups of a lab or finding."""
        for lookup in rulebook.lookups.values():
            if isinstance(lookup, ValueLookup | ChangeLookup):
                self.by_result.setdefault(lookup.fact, []).append(lookup)
            if isinstance(lookup, EventLookup):
                those = [
                    EventAsked(lookup, concept, tuple(what for what in lookup.what if what.concept == concept))
                    for concept in dict.fromkeys(what.concept for what in lookup.what)
                ]
                for name in {name for each in those for name in self.related(each.concept)}:
                    self.asked_about.setdefault(name, []).extend(those)

        self._limits: dict[int, tuple[Truthful, RuleLimits]] = {}
        self._with_subject: dict[str, set[str]] = {}
        self._with_subjects: dict[Subjects, frozenset[str]] = {}
        self._shown_by: dict[str, Rulebook] = {}

    def related(self, concept: str) -> tuple[str, ...]:
        """A concept with everything narrower and broader."""
        entry = self.rulebook.concepts[concept]
        return (concept, *entry.narrower, *entry.broader)

    def of(self, node: Struct) -> Subjects:
        """The subjects of an expression."""
        known = self._of_nodes.get(id(node))
        if known is None:
            known = self._of_nodes[id(node)] = (node, frozenset(self._subjects(node)))
        return known[1]

    def _subjects(self, node: Struct) -> Iterator[str]:
        match node:
            case Value() | AgainstLimit() | IsOneOf() | Happened():
                yield from self.of_lookup(node.lookup)
                if isinstance(node, AgainstLimit):
                    yield "sex"
            case AtTime():
                yield from self.of_lookup(node.anchor)
                for inner in walk_through(node.of, self.rulebook):
                    if isinstance(inner, Value | AgainstLimit | IsOneOf):
                        yield f"result {getattr(self.rulebook.lookups[inner.lookup], 'fact', '')}"
            case Age():
                yield "age"
            case SexIs():
                yield "sex"
            case Confirmed():
                yield f"question {node.question}"
        for part in (*children(node), *refers_to(node, self.rulebook)):
            yield from self.of(part)

    def of_lookup(self, name: str) -> Subjects:
        """The subjects of a lookup, of its anchor, and of the rule in its `with (…)`."""
        known = self._of_lookups.get(name)
        if known is None:
            known = self._of_lookups[name] = frozenset(self._subjects_of_lookup(self.rulebook.lookups[name]))
        return known

    def lookups_with(self, subjects: Subjects) -> frozenset[str]:
        """The lookups that can see a fact with these subjects."""
        known = self._with_subjects.get(subjects)
        if known is None:
            if not self._with_subject:
                for name in self.rulebook.lookups:
                    for subject in self.of_lookup(name):
                        self._with_subject.setdefault(subject, set()).add(name)
            those = [self._with_subject.get(subject, set()) for subject in subjects]
            known = self._with_subjects[subjects] = frozenset[str]().union(*those)
        return known

    def shown_by(self, fact: str) -> Rulebook:
        """The rulebook with no other concepts than those that results of a lab or finding show or put in doubt, their
        kinds, and what puts them in doubt."""
        known = self._shown_by.get(fact)
        if known is None:
            every = self.rulebook.concepts
            shown = [concept for concept in every.values() if any(sign.fact == fact for sign in concept.signs)]
            own = {concept.name for concept in shown}
            shown += [concept for concept in every.values() if not own.isdisjoint(concept.in_doubt_with)]
            names = {name for each in shown for name in (each.name, *each.narrower, *each.in_doubt_with)}
            concepts = {name: concept for name, concept in every.items() if name in names}
            known = self._shown_by[fact] = msgspec.structs.replace(self.rulebook, concepts=concepts)
        return known

    def limits(self, rule: Truthful) -> RuleLimits:
        """The numbers with which a rule compares what it reads."""
        known = self._limits.get(id(rule))
        if known is None:
            known = self._limits[id(rule)] = (rule, _limits_in(rule, self.rulebook))
        return known[1]

    def _subjects_of_lookup(self, lookup: Lookup) -> Iterator[str]:
        match lookup:
            case ValueLookup():
                yield f"lookup {lookup.name}"
                fact = self.rulebook.fact(lookup.fact)
                if isinstance(fact, Finding) and fact.zero_when_absent is not None:
                    yield f"event current {fact.zero_when_absent}"
                    yield from self._about([fact.zero_when_absent])
            case ChangeLookup():
                yield f"lookup {lookup.name}"
            case OnsetLookup():
                yield from self._about([lookup.concept])
                return
            case EventLookup():
                yield f"event {lookup.name}"
                yield from self._about(each.concept for each in (*lookup.what, *lookup.exceptions))
                if lookup.beside is not None:
                    yield from self.of(lookup.beside)
                for concept in (self.rulebook.concepts[each.concept] for each in lookup.what):
                    if concept.ruled_out is not None:
                        yield from self.of(concept.ruled_out)
                    for needed in self._needed_of_lists(concept):
                        yield f"sign {needed}"
        if lookup.scope is not None and lookup.scope.anchor in self.rulebook.lookups:
            yield from self.of_lookup(lookup.scope.anchor)

    def _needed_of_lists(self, concept: Concept) -> Iterator[str]:
        """The labs and findings that must be at hand for a list to deny a concept."""
        for name in (concept.name, *concept.broader):
            yield from (each for each in self.rulebook.concepts[name].denied_with if each in self.facts)

    def _about(self, concepts: Iterable[str]) -> Iterator[str]:
        for concept in concepts:
            for name in self.related(concept):
                entry = self.rulebook.concepts[name]
                yield f"concept {name}"
                yield from (f"sign {sign.fact}" for sign in entry.signs)
                if entry.only_if is not None:
                    yield "sex"


def reach_of(rulebook: Rulebook) -> ReadByRules:
    """What the rules of a rulebook read."""
    return made_once(rulebook, "reach", lambda: ReadByRules(rulebook))


# ---- limits


def plain(node: Numeric) -> tuple[str, float] | None:
    """A number by itself, perhaps in a unit: its lookup (or `age`) and the factor of the unit."""
    match node:
        case Value():
            return node.lookup, 1.0
        case Age():
            return "age", 1.0
        case InUnit():
            inner = plain(node.of)
            return None if inner is None else (inner[0], inner[1] * node.factor)
        case _:
            return None


def _limits_in(rule: Truthful, rulebook: Rulebook) -> RuleLimits:
    numbers: dict[str, dict[float, str]] = {}
    multiples: dict[str, set[AgainstLimit]] = {}

    def place(of: Numeric, ends: Iterable[Number | float | None]) -> None:
        number = plain(of)
        if number is None:
            return
        lookup = rulebook.lookups.get(number[0])
        name = lookup.fact if isinstance(lookup, ValueLookup) else "age" if number[0] == "age" else None
        if name is None:
            return
        for end in ends:
            match end:
                case Number():
                    numbers.setdefault(name, {})[end.value / number[1]] = end.text
                case float() | int():
                    numbers.setdefault(name, {}).setdefault(end / number[1], "")

    for node in walk_through(rule, rulebook):
        match node:
            case Compare() | Between():
                for each in held_to(node):
                    place(each.of, [each.limit])
            case Bounded():
                place(node.of, [node.floor, node.cap])
            case PointsOf():
                cells = [cell.numbers for cell in rulebook.tables[node.name].cells if cell.numbers is not None]
                place(rulebook.tables[node.name].of, [end for cell in cells for end in (cell.low, cell.high)])
            case AgainstLimit():
                lookup = rulebook.lookups[node.lookup]
                if isinstance(lookup, ValueLookup):
                    multiples.setdefault(lookup.fact, set()).add(node)
            case Happened():
                lookup = rulebook.lookups[node.lookup]
                if isinstance(lookup, EventLookup) and lookup.beside is not None:
                    for name, those in _limits_in(lookup.beside, rulebook).numbers.items():
                        numbers.setdefault(name, {}).update(those)
    return RuleLimits(numbers, {name: frozenset(those) for name, those in multiples.items()})
