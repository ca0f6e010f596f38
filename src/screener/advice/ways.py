"""The ways in which one criterion comes out as wanted: small sets of facts, each with the values that bring it about.

The residual of the answer shows where to look: to make `A and B` true both must be true, to make it false one must be
false. For a node that is no connective, the engine is asked what its facts make of it. Only facts that the line itself
asks for are named. If a wider question, asked by another line, would settle it as well, that is said with that
question.

`platelets < 50 and (current infection or current bleeding)` comes out false in two ways: with platelets of at least 50,
or with no infection and no bleeding.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from math import prod

from msgspec import Struct

from screener.advice.inquiry import AskedLine, Assignment, Inquiry, RulePart
from screener.evaluation.answers import Judged
from screener.evaluation.residual import truths_in
from screener.rulebook import All, Any, AtLeast, Not
from screener.screening import Status
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, negation

MOST_WAYS = 12
"""How many ways are kept for one criterion; if there are more, `complete` is false."""
MOST_TRIED = 64
"""How many combinations of values the engine is asked about, for one way or for one node with several facts."""


class PlacedWay(Struct, frozen=True):
    """Facts by their place, each with the places of the values that bring the result about; and the facts that do so
    only together, as the numbers of a score do. `facts` are all of them."""

    values: Mapping[int, frozenset[int]]
    together: frozenset[int]
    facts: frozenset[int]


def way_of(values: Mapping[int, frozenset[int]], together: frozenset[int] = frozenset()) -> PlacedWay:
    """A way by its facts."""
    return PlacedWay(values, together, together.union(values))


class Ways(Struct, frozen=True):
    """Ways to come out as wanted, the smallest first. None of them needs all that another needs. `complete`: there were
    not too many to keep or to try."""

    ways: tuple[PlacedWay, ...]
    complete: bool = True


NO_WAY = Ways(())
NOTHING_NEEDED = Ways((way_of({}),))


class LineWays:
    """The ways of the open lines of one screening. What was found for a node is kept. `most` ways are kept for a line,
    none with more than `most_facts` facts."""

    def __init__(self, inquiry: Inquiry, most: int = MOST_WAYS, most_facts: int = sys.maxsize) -> None:
        self._inquiry = inquiry
        self._most = most
        self._most_facts = most_facts
        self._of_lines: dict[tuple[int, Status], Ways] = {}
        self._of_answers: dict[tuple[int, Truth, int], Ways] = {}
        """By the identity of an answer, which the line holds, and the line's number."""

    def of_line(self, line: AskedLine, want: Status) -> Ways:
        """The ways in which an open line comes out passed, or failed.

        The engine is asked about each, with every choice of its values. Facts that are not needed are left out: one
        fact may settle two parts of the line, and so make another needless.
        """
        known = self._of_lines.get((line.number, want))
        if known is None:
            known = self._of_lines[line.number, want] = self._of_line(line, want)
        return known

    def _of_line(self, line: AskedLine, want: Status) -> Ways:
        truth = TRUE if (want == "passed") == (line.criterion.kind == "inclusion") else FALSE
        of_each = [self.of_answer(left, truth, line) for left in line.residuals]
        found = self._joined(of_each)
        if line.reading is not None:
            for choice, ways in enumerate(of_each):
                chosen = Ways((way_of({line.reading: frozenset([choice])}),))
                found = self._fewest(
                    [*found.ways, *self._joined([chosen, ways]).ways], found.complete and ways.complete
                )
        confirmed = [self._confirmed(each, want, line) for each in found.ways]
        whole = all(
            way is not None and all(each.values[fact] == values for fact, values in way.values.items())
            for each, way in zip(found.ways, confirmed, strict=True)
        )
        ways = self._fewest([way for way in confirmed if way is not None], found.complete and whole)
        if ways.ways:
            return ways
        # What is left of the rule cannot bring it about, but a fact may turn what the record settles, too.
        alone = (self._alone(fact, want, line) for fact in sorted(line.asks))
        return self._fewest([way for way in alone if way is not None], ways.complete)

    def _alone(self, fact: int, want: Status, line: AskedLine) -> PlacedWay | None:
        """The values of one fact that bring it about."""
        if self._inquiry.facts[fact].only_beside:
            return None
        does = [place for place in self._inquiry.whole[fact] if self._inquiry.status(line, {fact: place}) == want]
        return way_of({fact: frozenset(does)}) if does else None

    def _confirmed(self, way: PlacedWay, want: Status, line: AskedLine) -> PlacedWay | None:
        """The way without the facts that it does not need and the values that do not bring it about; None if there are
        none."""
        if self._is_plain(way, line):
            return way

        def does(values: Mapping[int, Iterable[int]]) -> bool:
            return all(self._inquiry.status(line, known) == want for known in choices_in(values))

        if way.together:
            alone = ({fact: places} for fact, places in way.values.items())
            return next((way_of(each) for each in alone if does(each)), way)
        values = dict(way.values)
        if prod(map(len, values.values())) > MOST_TRIED or not does(values):
            single = ({fact: frozenset([place]) for fact, place in known.items()} for known in choices_in(values))
            values = next(filter(does, islice(single, MOST_TRIED)), {})
        for fact in sorted(values):
            fewer = {each: those for each, those in values.items() if each != fact}
            if fewer and does(fewer):
                values = fewer
        return way_of(values) if values else None

    def _is_plain(self, way: PlacedWay, line: AskedLine) -> bool:
        """Whether no part of the line sees two facts of a way, and none that is settled turns with one: then what the
        parts say of the facts one by one, they say of all together."""
        if line.reading in way.facts:
            return False
        nodes = [(node, fact) for fact in way.values for node in line.read_by[fact]]
        return len({node for node, _ in nodes}) == len(nodes) and all(
            node.truth is UNKNOWN or self._inquiry.truth_with(node, fact, place) is node.truth
            for node, fact in nodes
            for place in way.values[fact]
        )

    def of_answer(self, answer: Judged, want: Truth, line: AskedLine) -> Ways:
        """The ways in which what is left of an answer comes out as wanted."""
        if answer.truth is not UNKNOWN:
            return NOTHING_NEEDED if answer.truth is want else NO_WAY
        key = (id(answer), want, line.number)
        known = self._of_answers.get(key)
        if known is None:
            known = self._of_answers[key] = self._of_answer(answer, want, line)
        return known

    def _of_answer(self, answer: Judged, want: Truth, line: AskedLine) -> Ways:
        parts = truths_in(answer)
        match answer.node:
            case Not():
                return self.of_answer(parts[0], negation(want), line)
            case All():
                least = len(parts)
            case Any():
                least = 1
            case AtLeast(count=count):
                least = count
            case _:
                part = self._inquiry.part_of(answer, line.trial)
                return self._of_node(part, want, part.facts & line.asks, self._inquiry.missing[id(answer), line.trial])
        count = least if want is TRUE else len(parts) - least + 1
        of_each = [self.of_answer(part, want, line) for part in parts]
        several = [self._joined(some) for some in combinations(of_each, count)] if count > 1 else of_each
        return self._fewest([way for each in several for way in each.ways], all(each.complete for each in several))

    def _of_node(self, part: RulePart, want: Truth, facts: frozenset[int], named: frozenset[int]) -> Ways:
        """The ways of a node that only the engine can answer: single facts that settle it, or several together if each
        of them leaves it open."""
        found: list[PlacedWay] = []
        left: dict[int, list[int]] = {}
        for fact in sorted(facts):
            truths = {place: self._inquiry.truth_with(part, fact, place) for place in self._inquiry.whole[fact]}
            does = [place for place, truth in truths.items() if truth is want]
            if does and not self._inquiry.facts[fact].only_beside:
                found.append(way_of({fact: frozenset(does)}))
                does = []
            if still := [*does, *(place for place, truth in truths.items() if truth is UNKNOWN)]:
                left[fact] = still
        several = {fact: places for fact, places in left.items() if fact in named}
        if len(several) < 2:
            return self._fewest(found, complete=True)
        if any(self._inquiry.facts[fact].domain is not None for fact in several):
            return self._fewest([*found, way_of({}, frozenset(several))], complete=True)
        tried = list(islice(choices_in(several), MOST_TRIED + 1))
        if len(tried) > MOST_TRIED:
            longest = max(map(len, several.values()))
            tried = [{fact: those[min(at, len(those) - 1)] for fact, those in several.items()} for at in range(longest)]
        for known in tried:
            if self._inquiry.ask(part, known) is want:
                found.append(self._least(known, part, want))
        return self._fewest(found, complete=prod(map(len, several.values())) <= MOST_TRIED)

    def _least(self, known: Assignment, part: RulePart, want: Truth) -> PlacedWay:
        """The known facts without those that a node does not need to come out as wanted."""
        kept = dict(known)
        for fact in known:
            fewer = {each: place for each, place in kept.items() if each != fact}
            if len(fewer) > 1 and self._inquiry.ask(part, fewer) is want:
                kept = fewer
        return way_of({fact: frozenset([place]) for fact, place in kept.items()})

    def _joined(self, several: Iterable[Ways]) -> Ways:
        """The ways in which all of several come about together."""
        first, *others = sorted(several, key=lambda one: len(one.ways))
        whole = first
        for each in others:
            both = [way for one in whole.ways for other in each.ways if (way := _both(one, other)) is not None]
            whole = self._fewest(both, whole.complete and each.complete)
        return whole

    def _fewest(self, ways: Sequence[PlacedWay], complete: bool) -> Ways:
        """The ways, the smallest first, without those that another makes needless, up to the number that is kept."""
        if len(ways) < 2 and all(len(way.facts) <= self._most_facts for way in ways):
            return Ways(tuple(ways), complete)
        kept: list[PlacedWay] = []
        small = [way for way in ways if len(way.facts) <= self._most_facts]
        for way in sorted(small, key=lambda each: len(each.facts)):
            if not any(_includes(other, way) for other in kept):
                kept.append(way)
        return Ways(tuple(kept[: self._most]), complete and len(kept) <= self._most and len(small) == len(ways))


# ---- putting ways together


def choices_in(values: Mapping[int, Iterable[int]]) -> Iterator[Assignment]:
    """Every choice of one value for each fact."""
    for chosen in product(*values.values()):
        yield dict(zip(values, chosen, strict=True))


def _both(one: PlacedWay, other: PlacedWay) -> PlacedWay | None:
    """All that two ways need; None if they leave some fact no value."""
    values = {**one.values, **other.values}
    for fact in one.values.keys() & other.values.keys():
        values[fact] = one.values[fact] & other.values[fact]
        if not values[fact]:
            return None
    return way_of(values, one.together | other.together)


def _includes(wide: PlacedWay, narrow: PlacedWay) -> bool:
    """Whether all that the one allows, the other allows, too."""
    return (
        wide.facts <= narrow.facts
        and wide.together <= narrow.together
        and all(fact in narrow.values and narrow.values[fact] <= values for fact, values in wide.values.items())
    )
