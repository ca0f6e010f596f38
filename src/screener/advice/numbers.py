"""What a missing number may turn out to be: its domain in stretches, and within each every rule says one thing.

Each part of a rule that reads the number has steps of its own. If what it compares only rises or only falls with the
number, the ends of the domain show whether it turns at all; where it does is found by asking at single values, down to
neighboring doubles. Any other part is put to the engine between the limits that rules write, and where single values
differ. No rule is taken to be monotone that is not seen to be.

Of a rule `INR >= 1.5 and MELD < 20`, with a MELD that reaches 20 at an INR of 2.31, an INR has the stretches below 1.5,
1.5 to 2.31, and above.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from screener.advice.facts import MissingFact
from screener.advice.inquiry import Inquiry, RulePart
from screener.advice.meeting import share_to_meeting
from screener.advice.reach import plain
from screener.advice.slopes import Input, Slope, slope_of
from screener.evaluation.answers import Judged
from screener.rulebook import AtTime, Between, ChangeLookup, Compare, Number, Numeric, Rulebook, Truthful
from screener.values.ranges import Range, exactly
from screener.values.truth import UNKNOWN, Truth

STEPS = 6
"""How many steps a domain is walked through in, each by the same factor, to find where a score turns."""


def first_of(stretch: Range) -> float:
    """The first double of a stretch. One that starts above 20 and one that starts at the next double are the same."""
    return math.nextafter(stretch.low, math.inf) if stretch.low_open else stretch.low


Flip = tuple[float, float]
"""Two neighboring values between which a part of a rule changes its answer."""


def find_possibilities(inquiry: Inquiry) -> None:
    """Cut every number that is missing."""
    for number, fact in enumerate(inquiry.facts):
        if fact.domain is not None:
            inquiry.whole[number] = Cutting(number, fact, fact.domain, inquiry).places()


class Cutting:
    """One number, cut wherever a part of a rule says something else."""

    def __init__(self, number: int, fact: MissingFact, domain: Range, inquiry: Inquiry) -> None:
        self._number = number
        self._fact = fact
        self._domain = domain
        self._inquiry = inquiry
        self._is_whole = fact.scale == "whole"
        self._nodes = dict.fromkeys(
            node for line in inquiry.lines_with[number] for node in line.read_by.get(number, ())
        )
        self._judged_at: dict[tuple[RulePart, float], Judged] = {}
        self._input = Input(inquiry.rulebook, self._moves, self._slope_of_lookup)
        self._every_cut = self._cuts_of(self._nodes)
        lowest = min([domain.high / 1000, *(cut / 2 for cut in self._every_cut)])
        self._low = max(math.nextafter(domain.low, math.inf), lowest) if domain.low_open else domain.low
        self._high = math.nextafter(domain.high, -math.inf) if domain.high_open else domain.high
        """The first and the last value that are asked about. Where the domain starts open, no limit lies below."""

    def places(self) -> list[int]:
        """The places of its possibilities, which together are all that it may turn out to be."""
        meeting: dict[float, tuple[Range, Range]] = {}
        """By the first double of a stretch the one before it, and itself: as they meet at a limit, if they do."""
        for part in self._nodes:
            for one, other in pairwise(self._stretches(part)):
                if first_of(other) not in meeting or one.high_open or other.low_open:
                    meeting[first_of(other)] = one, other
        firsts = sorted(meeting)
        starts = [self._domain, *(meeting[first][1] for first in firsts)]
        ends = [*(meeting[first][0] for first in firsts), self._domain]
        whole = [
            Range(start.low, end.high, start.low_open, end.high_open) for start, end in zip(starts, ends, strict=True)
        ]
        return [self._inquiry.place_of(self._number, stretch) for stretch in whole]

    # ---- one part of a rule

    def _stretches(self, part: RulePart) -> Sequence[Range]:
        """The stretches of the domain in which a part says one thing."""
        domain, cuts = self._domain, self._cuts_of([part])
        is_direct = _is_direct(part.node, self._inquiry.rulebook)
        if self._is_on_slope(part, is_direct=is_direct):
            # All is said at the ends, and where it turns.
            return list(self._apart(self._turns(part, [self._low, *cuts, self._high]), cuts))
        if self._truth(part, domain) is not UNKNOWN:
            return [domain]
        if not is_direct:
            points = [point for point in (*cuts, *self._spread()) if domain.contains(point)]
            turns = {end for turn in self._turns(part, points) for end in turn}
            if any(self._truth_at(part, point) is not UNKNOWN for point in points):
                # Of a number that stands twice in it, the engine says the less of a stretch the longer it is.
                turns.update(self._every_cut)
            cuts = sorted({*cuts, *turns})
        return self._merged(part, self._between(cuts))

    def _merged(self, part: RulePart, stretches: Iterable[Range]) -> list[Range]:
        """The stretches, neighbors joined where the engine says the same, unless it says less of
        both together."""
        kept: list[Range] = []
        last = UNKNOWN
        for stretch in stretches:
            truth = self._truth(part, stretch)
            if kept and last is truth:
                both = Range(kept[-1].low, stretch.high, kept[-1].low_open, stretch.high_open)
                if truth is UNKNOWN or self._fact.scale == "limit" or self._truth(part, both) is truth:
                    kept[-1] = both
                    continue
            kept.append(stretch)
            last = truth
        return kept

    def _between(self, cuts: Iterable[float]) -> Iterator[Range]:
        """The domain in stretches, each cut being one of its own."""
        domain = self._domain
        if self._is_whole:
            start = domain.low
            for cut in sorted({float(math.floor(cut)) for cut in cuts} | {float(math.ceil(cut)) for cut in cuts}):
                if cut > start:
                    yield Range(start, cut - 1)
                yield exactly(cut)
                start = cut + 1
            if start <= domain.high:
                yield Range(start, domain.high)
            return
        low, low_open = domain.low, domain.low_open
        for cut in cuts:
            if (math.nextafter(low, math.inf) if low_open else low) < cut:
                yield Range(low, cut, low_open, True)
            if domain.contains(cut):
                yield exactly(cut)
            low, low_open = cut, True
        if domain.high > low:
            yield Range(low, domain.high, low_open, domain.high_open)
        elif not low_open:
            yield exactly(low)

    def _apart(self, turns: Iterable[Flip], cuts: Sequence[float]) -> Iterator[Range]:
        """The domain in stretches that meet between two neighboring values: at the limit, if one of them is one."""
        low, low_open = self._domain.low, self._domain.low_open
        for last, first in turns:
            is_first = first in cuts and not self._is_whole
            yield Range(low, first if is_first else last, low_open, is_first)
            low_open = not is_first and last in cuts and not self._is_whole
            low = last if low_open else first
        yield Range(low, self._domain.high, low_open, self._domain.high_open)

    # ---- how a rule reads it

    def _cuts_of(self, parts: Iterable[RulePart]) -> list[float]:
        domain, found = (
            self._domain,
            set[float]().union(*(_cuts(self._fact, part.node, self._inquiry) for part in parts)),
        )
        return sorted(cut for cut in found if domain.low <= cut <= domain.high)

    def _is_on_slope(self, part: RulePart, *, is_direct: bool) -> bool:
        """Whether what a part compares only rises or only falls with the number, and has a value at both ends: then it
        turns once, or not at all."""
        node = part.node
        if not isinstance(node, Compare) or node.operator == "=" or math.isinf(self._domain.high - self._domain.low):
            return False
        if slope_of(part.judged, self._input) is None:
            return False
        ends, sides = (self._low, self._high), (node.left, node.right)
        return is_direct or not any(self._number_in(side, part, end).undefined for side in sides for end in ends)

    def _moves(self, node: Numeric | Truthful) -> bool:
        return not self._inquiry.reach.of(node).isdisjoint(self._fact.subjects)

    def _slope_of_lookup(self, name: str) -> Slope | None:
        """How what a lookup finds moves with the number; None also where the number has another part in it, too."""
        fact, lookup = self._fact, self._inquiry.rulebook.lookups[name]
        if self._inquiry.reach.of_lookup(name) & fact.subjects != {f"lookup {name}"}:
            return None
        # A change is not sloped: with the value of another result, one more may be that one, written down twice.
        return None if isinstance(lookup, ChangeLookup) else 1

    # ---- where it turns

    def _turns(self, part: RulePart, points: Iterable[float]) -> Iterator[Flip]:
        """Where a part changes its answer, narrowed down between points that differ."""
        for low, high in pairwise(sorted(set(points))):
            if self._truth_at(part, low) is not self._truth_at(part, high):
                yield from self._narrowed(part, low, high)

    def _narrowed(self, part: RulePart, low: float, high: float) -> Iterator[Flip]:
        """The two neighboring doubles (or whole numbers) between which a part of a rule changes its answer.

        The engine is asked at one value after another. First just inside the ends, because tables turn there. Then, if
        two numbers are compared, where they would meet if they moved evenly. In the middle, whenever that has not
        halved what is left.
        """
        end, whole = high, self._is_whole
        step, halve, beside = 1, whole, [] if whole else [math.nextafter(low, high), math.nextafter(high, low)]
        while True:
            middle = float((low + high) // 2) if whole else low + (high - low) / 2
            if not low < middle < high:
                break
            value = middle
            if beside:
                value = beside.pop()
            elif not halve:
                step, value = self._meeting(part, low, high, step) or (step, middle)
            before = high - low
            if self._judged(part, value).truth is self._truth_at(part, low):
                low = value
            else:
                high = value
            halve = whole or (not beside and not halve and high - low > before / 2)
        yield low, high
        if self._truth_at(part, high) is not self._truth_at(part, end):  # from FALSE over UNKNOWN to TRUE
            yield from self._narrowed(part, high, end)

    def _meeting(self, part: RulePart, low: float, high: float, step: int) -> tuple[int, float] | None:
        """Where the two numbers of a comparison would meet if they moved evenly from one value to another, kept some
        steps between doubles inside both; and how many steps to keep next time. None if they would not meet."""
        share = share_to_meeting(self._judged(part, low), self._judged(part, high))
        first, last = low + step * math.ulp(low), high - step * math.ulp(high)
        if share is None or not first < last:
            return None
        guess = low + (high - low) * share
        if first <= guess <= last:
            return 1, guess
        return 4 * step, first if guess < first else last

    def _spread(self) -> list[float]:
        """A few values spread over the domain, closer where it is small."""
        low, high = self._domain.low, self._domain.high
        if self._is_whole:
            return [float(each) for each in range(int(low), int(high) + 1, max(1, int(high - low) // 12))] + [high]
        if math.isinf(high - low):
            return []
        start = low if low > 0 else high / 1000
        factors = [(high / start) ** (step / STEPS) for step in range(STEPS + 1)] if high > 0 else []
        return [low, high, *(start * factor for factor in factors)]

    # ---- asking

    def _truth(self, part: RulePart, stretch: Range) -> Truth:
        return self._inquiry.truth_with(part, self._number, self._inquiry.place_of(self._number, stretch))

    def _truth_at(self, part: RulePart, value: float) -> Truth:
        return self._truth(part, exactly(value))

    def _number_in(self, of: Numeric, part: RulePart, value: float) -> Range:
        return self._inquiry.measured(of, part, {self._number: self._inquiry.place_of(self._number, exactly(value))})

    def _judged(self, part: RulePart, value: float) -> Judged:
        known = self._judged_at.get((part, value))
        if known is None:
            known = self._inquiry.judged(part, {self._number: self._inquiry.place_of(self._number, exactly(value))})
            self._judged_at[part, value] = known
        return known


# ---- how a rule reads it


def _cuts(fact: MissingFact, rule: Truthful, inquiry: Inquiry) -> set[float]:
    """The values at which a rule that compares a number with limits may change its answer."""
    rulebook, reach = inquiry.rulebook, inquiry.reach
    name = "age" if fact.kind == "birth_date" else fact.name
    limits = reach.limits(rule)
    multiples = limits.multiples.get(name, frozenset())
    if fact.scale == "limit":
        value = fact.replaces[0].value
        same = [node for node in multiples if node.which == fact.key[1]]
        return set() if value is None else {float(Fraction(value.low) / Fraction(node.times)) for node in same}
    found = set(limits.numbers.get(name, ()))
    for node in multiples:
        in_use = rulebook.labs[name].limits_in_use(node.which, None)
        normal = [Fraction(end) for each in in_use for end in (each.low, each.high)]
        own = [each.own_limit(node.which) for each in fact.replaces]
        found |= {float(Fraction(node.times) * end) for end in (*normal, *own) if end is not None}
    results = inquiry.base[inquiry.trials[0].id].patient.results.get(fact.name, ())
    recorded = [each.value for each in results if each.value is not None]
    if any(isinstance(rulebook.lookups.get(each.removeprefix("lookup ")), ChangeLookup) for each in reach.of(rule)):
        # One result more, of a value that is on record already, may be that one, and show no change.
        found |= {value.low for value in recorded if value.low == value.high}
    for concept in reach.shown_by(fact.name).concepts.values() if f"sign {fact.name}" in reach.of(rule) else ():
        for sign in concept.signs:
            if sign.fact != fact.name or sign.numbers is None:
                continue
            ends = [end for end in (sign.numbers.low, sign.numbers.high) if end is not None]
            if sign.falls_within is None:
                found.update(ends)
            else:
                found.update(value.high - end for value in recorded for end in ends)
    return found


def _is_direct(node: Truthful, rulebook: Rulebook) -> bool:
    """Whether a rule compares a number with limits only, so that its cuts can be read off."""

    def is_bare(side: Numeric) -> bool:
        number = plain(side)
        return number is not None and not isinstance(rulebook.lookups.get(number[0]), ChangeLookup)

    match node:
        case Compare(left=left, right=right):
            return all(isinstance(side, Number) or is_bare(side) for side in (left, right))
        case Between(of=of):
            return is_bare(of)
        case _:
            return not isinstance(node, AtTime)
