"""What a missing number may turn out to be: its domain cut wherever a rule may change its answer.

Limits that a rule compares the number with are read off the rulebook. Where it goes into a score or a change, the
places are found by asking the engine at single values and halving between two that differ, down to neighboring doubles.
A part between two places is then put to the engine as a whole; no rule is taken to be monotone.

Of a rule `INR >= 1.5 and MELD < 20`, with a MELD that reaches 20 at an INR of 2.31, an INR has the parts below 1.5,
1.5 to 2.31, and above.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from screener.advice.facts import Fact
from screener.advice.inquiry import Answered, Inquiry, Part
from screener.advice.meeting import share_to_meeting
from screener.advice.reach import plain
from screener.evaluation.answers import Judged
from screener.rulebook import (
    Age,
    AtTime,
    Between,
    ChangeLookup,
    Compare,
    Number,
    Numeric,
    Rulebook,
    Truthful,
    Value,
)
from screener.screening import Status
from screener.values.ranges import Range, exactly
from screener.values.truth import Truth

MOST_ALONE = 12
"""Up to this many whole numbers, each is a possibility of its own; beyond, the stretches between cuts are."""
STEPS = 6
"""How many steps a domain is walked through in, each by the same factor, to find where a score turns."""


def find_possibilities(inquiry: Inquiry) -> None:
    """Cut every number that is missing."""
    for number, fact in enumerate(inquiry.facts):
        if fact.domain is not None:
            inquiry.whole[number] = possibilities_of(number, inquiry)


def possibilities_of(number: int, inquiry: Inquiry) -> list[int]:
    """The places of a number's possibilities, which together are all that it may turn out to be."""
    fact, still_open = inquiry.facts[number], inquiry.parts_with(number)
    every = dict.fromkeys(node for line in inquiry.lines_with[number] for part in line.parts for node in part.nodes())
    nodes = [node for node in every if number in node.facts]
    cuts = {node: _cuts(fact, node.node, inquiry) for node in nodes}
    if fact.scale != "limit":
        for node in still_open:
            if not _is_direct(node.node, inquiry.rulebook):
                cuts[node].update(_turns(number, node, cuts[node], inquiry))
        for node in nodes:
            alike = tuple(_partition(fact, cuts[node], each_alone=False))
            node.answered[number] = Answered(alike, is_sharp=_is_sharp(node.node))
            node.truths.clear()
    parts = _partition(fact, set[float]().union(*cuts.values()))
    return list(_merged(number, parts, still_open, nodes, inquiry))


def _is_direct(node: Truthful, rulebook: Rulebook) -> bool:
    """Whether a rule compares a number with limits only, so that its cuts can be read off."""

    def is_bare(side: Numeric) -> bool:
        number = plain(side)
        return number is not None and not isinstance(rulebook.lookups.get(number[0]), ChangeLookup)

    match node:
        case Compare():
            return all(isinstance(side, Number) or is_bare(side) for side in (node.left, node.right))
        case Between():
            return is_bare(node.of)
        case AtTime():
            return False
        case _:
            return True


def _is_sharp(node: Truthful) -> bool:
    """Whether a rule holds a number as it is to limits as they are written, so that all between two are alike."""
    match node:
        case Compare(left=Value() | Age(), right=Number()) | Compare(left=Number(), right=Value() | Age()):
            return True
        case Between(of=Value() | Age()):
            return True
        case _:
            return False


# ---- where to cut


def _cuts(fact: Fact, rule: Truthful, inquiry: Inquiry) -> set[float]:
    """The values of a number at which a rule that compares it with limits may change its answer."""
    rulebook = inquiry.rulebook
    name = "age" if fact.kind == "birth_date" else fact.name
    limits = inquiry.reach.limits(rule)
    multiples = limits.multiples.get(name, frozenset())
    if fact.scale == "limit":
        value = fact.replaces[0].value
        same = [node for node in multiples if node.which == fact.key[1]]
        return set() if value is None else {float(Fraction(value.low) / Fraction(node.times)) for node in same}
    found = set(limits.numbers.get(name, ()))
    for node in multiples:
        normal = [
            Fraction(end)
            for each in rulebook.labs[name].limits_in_use(node.which, None)
            for end in (each.low, each.high)
        ]
        own = [each.own_limit(node.which) for each in fact.replaces]
        found |= {float(Fraction(node.times) * end) for end in (*normal, *own) if end is not None}
    shows = f"sign {fact.name}" in inquiry.reach.of(rule)
    for concept in rulebook.concepts.values() if shows else ():
        for sign in concept.signs:
            if sign.fact == fact.name and sign.numbers is not None:
                found |= {end for end in (sign.numbers.low, sign.numbers.high) if end is not None}
    return found


def _turns(number: int, score: Part, cuts: Iterable[float], inquiry: Inquiry) -> Iterator[float]:
    """The values at which a score changes its answer, narrowed down between values where it differs."""
    fact = inquiry.facts[number]
    domain, whole = fact.domain, fact.scale == "whole"
    if domain is None:
        return
    points = {point for point in (*cuts, *_between(domain.low, domain.high, whole=whole)) if domain.contains(point)}
    told = [(point, _asked(number, score, point, inquiry)) for point in sorted(points)]
    for (low, one), (high, other) in pairwise(told):
        if one is not other:
            yield from _narrowed(number, score, (low, high), inquiry, whole=whole)


def _narrowed(number: int, score: Part, ends: tuple[float, float], inquiry: Inquiry, *, whole: bool) -> Iterator[float]:
    """The two neighboring doubles (or whole numbers) between which a part of a rule changes its answer.

    The engine is asked at one value after another. First just inside the ends, because tables turn there. Then, if two
    numbers are compared, where they would meet if they moved evenly. In the middle, whenever that has not halved what
    is left.
    """
    low, high = ends
    at_low, at_high = _judged(number, score, low, inquiry), _judged(number, score, high, inquiry)
    last = at_high.truth
    step, halve, beside = 1, whole, [] if whole else [math.nextafter(low, high), math.nextafter(high, low)]
    while True:
        middle = float((low + high) // 2) if whole else low + (high - low) / 2
        if not low < middle < high:
            break
        value = middle
        if beside:
            value = beside.pop()
        elif not halve:
            step, value = _meeting(low, high, at_low, at_high, step) or (step, middle)
        there, before = _judged(number, score, value, inquiry), high - low
        if there.truth is at_low.truth:
            low, at_low = value, there
        else:
            high, at_high = value, there
        halve = whole or (not beside and not halve and high - low > before / 2)
    yield low
    yield high
    if at_high.truth is not last:  # from FALSE over UNKNOWN to TRUE there are two
        yield from _narrowed(number, score, (high, ends[1]), inquiry, whole=whole)


def _asked(number: int, score: Part, value: float, inquiry: Inquiry) -> Truth:
    return inquiry.ask(score, {number: inquiry.place_of(number, exactly(value))})


def _judged(number: int, score: Part, value: float, inquiry: Inquiry) -> Judged:
    return inquiry.judged(score, {number: inquiry.place_of(number, exactly(value))})


def _meeting(low: float, high: float, at_low: Judged, at_high: Judged, step: int) -> tuple[int, float] | None:
    """Where the two numbers of a comparison would meet if they moved evenly from one value to another, kept some steps
    between doubles inside both; and how many steps to keep next time. None if they would not meet."""
    share = share_to_meeting(at_low, at_high)
    first, last = low + step * math.ulp(low), high - step * math.ulp(high)
    if share is None or not first < last:
        return None
    guess = low + (high - low) * share
    if first <= guess <= last:
        return 1, guess
    return 4 * step, first if guess < first else last


def _between(low: float, high: float, *, whole: bool) -> list[float]:
    """A few values spread over a domain, closer where it is small."""
    if whole:
        return [float(each) for each in range(int(low), int(high) + 1, max(1, int(high - low) // 12))] + [high]
    if not (math.isfinite(low) and math.isfinite(high)):
        return []
    start = low if low > 0 else high / 1000
    return (
        [low, high, *(start * (high / start) ** (step / STEPS) for step in range(STEPS + 1))]
        if high > 0
        else [low, high]
    )


# ---- parts


def _partition(fact: Fact, cuts: Iterable[float], *, each_alone: bool = True) -> Iterator[Range]:
    """The domain in parts, each cut being a part of its own. `each_alone`: so is each of a few whole numbers."""
    domain = fact.domain
    if domain is None:
        return
    if fact.scale == "whole":
        yield from _whole_parts(domain, cuts, each_alone=each_alone)
        return
    low, low_open = domain.low, domain.low_open
    for cut in sorted({cut for cut in cuts if domain.low <= cut <= domain.high}):
        before = math.nextafter(low, math.inf) if low_open else low
        if before < cut:
            yield Range(low, cut, low_open, True)
        if domain.contains(cut):
            yield exactly(cut)
        low, low_open = cut, True
    if domain.high > low:
        yield Range(low, domain.high, low_open, domain.high_open)
    elif not low_open:
        yield exactly(low)


def _whole_parts(domain: Range, cuts: Iterable[float], *, each_alone: bool) -> Iterator[Range]:
    first, last = int(domain.low), int(domain.high)
    if each_alone and last - first < MOST_ALONE:
        yield from (exactly(float(each)) for each in range(first, last + 1))
        return
    start = first
    for cut in sorted({math.floor(cut) for cut in cuts} | {math.ceil(cut) for cut in cuts}):
        if first <= cut <= last:
            if cut > start:
                yield Range(float(start), float(cut - 1))
            yield exactly(float(cut))
            start = cut + 1
    if start <= last:
        yield Range(float(start), float(last))


def _merged(
    number: int, parts: Iterable[Range], still_open: list[Part], nodes: list[Part], inquiry: Inquiry
) -> Iterator[int]:
    """The places of the parts. Neighbors become one if no line and no open node differs between them."""
    fact = inquiry.facts[number]
    settled = [node for node in nodes if node not in set(still_open)]
    turned = [
        line
        for line in inquiry.lines_with[number]
        if any(number in each.facts and each in settled for part in line.parts for each in part.nodes())
    ]

    def said(place: int, those: list[Part]) -> list[Truth]:
        return [inquiry.truth_with(node, number, place) for node in those]

    def statuses(place: int) -> list[Status]:
        return [inquiry.status(line, {number: place}) for line in turned]

    def are_alike(one: int, other: int) -> bool:
        return said(one, still_open) == said(other, still_open) and (
            said(one, settled) == said(other, settled) or statuses(one) == statuses(other)
        )

    held: tuple[Range, int] | None = None
    for part in parts:
        place = inquiry.place_of(number, part)
        if held is not None:
            before = held[1]
            if are_alike(before, place):
                both = Range(held[0].low, part.high, held[0].low_open, part.high_open)
                whole = inquiry.place_of(number, both)
                if fact.scale == "limit" or are_alike(whole, place):
                    held = (both, whole)
                    continue
            yield before
        held = (part, place)
    if held is not None:
        yield held[1]
