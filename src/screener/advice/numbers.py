"""What a missing number may turn out to be: its domain cut wherever an open rule may change its answer.

Limits that a rule compares the number with are read off the rulebook. Where it goes into a score or a change, the
places are found by asking the engine at single values and halving between two that differ, down to neighboring doubles.
A part between two places is then put to the engine as a whole; no rule is taken to be monotone.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import msgspec

from screener.advice.facts import Fact, possibility
from screener.advice.inquiry import Inquiry, Piece
from screener.advice.meeting import share_to_meeting
from screener.advice.reach import plain
from screener.advice.supposing import Possibility
from screener.evaluation.answers import Judged
from screener.rulebook import (
    AtTime,
    Between,
    ChangeLookup,
    Compare,
    Number,
    Numeric,
    Rulebook,
    Truthful,
)
from screener.screening import Status
from screener.values.ranges import Range, exactly
from screener.values.truth import UNKNOWN, Truth

SAMPLES = 4
"""Steps in which what is usual of a number is walked through, each by the same factor."""
MOST_ALONE = 12
"""Whole numbers of which each is a possibility of its own; of more, the stretches between cuts are."""


def possibilities_of(number: int, inquiry: Inquiry) -> tuple[Possibility, ...]:
    """The possibilities of a fact, which between them are all that it may turn out to be."""
    fact = inquiry.facts[number]
    if fact.domain is None:
        return fact.named
    lines = inquiry.lines_with[number]
    open_atoms = dict.fromkeys(atom for place in lines for atom in inquiry.lines[place].atoms)
    read = [atom for atom in open_atoms if number in atom.facts]
    rules = [reading.rule for place in lines for reading in inquiry.lines[place].criterion.readings]
    cuts = _cuts(fact, rules, inquiry)
    scores = [atom for atom in read if not _is_direct(atom.node, inquiry.rulebook)]
    open_at: dict[Piece, list[float]] = {}
    if scores and fact.scale != "limit":
        cuts |= set(_turns(number, scores, sorted(cuts), open_at, inquiry))
    parts = list(_merged(number, list(_partition(fact, cuts)), lines, read, open_at, inquiry))
    if fact.scale != "limit" and any(len(score.facts) > 1 for score in scores):
        base = inquiry.base(inquiry.lines[lines[0]].trial)
        for value in _samples(fact, cuts, inquiry.rulebook):
            alone = possibility(fact, exactly(value), base)
            parts.append(msgspec.structs.replace(alone, sample=True))
    return tuple(parts)


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


# ---- where to cut


def _cuts(fact: Fact, rules: Iterable[Truthful], inquiry: Inquiry) -> set[float]:
    """The values of a number at which a rule that compares it with limits may change its answer."""
    rulebook = inquiry.rulebook
    name = "age" if fact.kind == "birth_date" else fact.name
    limits = [inquiry.reach.limits(rule) for rule in rules]
    multiples = {node for each in limits for node in each.multiples.get(name, ())}
    if fact.scale == "limit":
        value = fact.replaces[0].value
        same = [node for node in multiples if node.which == fact.key[1]]
        return set() if value is None else {float(Fraction(value.low) / Fraction(node.times)) for node in same}
    found = {end for each in limits for end in each.numbers.get(name, ())}
    for node in multiples:
        normal = [
            Fraction(end)
            for each in rulebook.labs[name].limits_in_use(node.which, None)
            for end in (each.low, each.high)
        ]
        own = [each.own_limit(node.which) for each in fact.replaces]
        found |= {float(Fraction(node.times) * end) for end in (*normal, *own) if end is not None}
    for concept in rulebook.concepts.values():
        for sign in concept.signs:
            if sign.fact == fact.name and sign.numbers is not None:
                found |= {end for end in (sign.numbers.low, sign.numbers.high) if end is not None}
    return found


def _samples(fact: Fact, cuts: Iterable[float], rulebook: Rulebook) -> list[float]:
    """A few values to weigh several numbers of one score against each other: of what is usual, and where rules cut."""
    domain = fact.domain
    if domain is None:
        return []
    if fact.scale == "whole":
        step = max(1, int(domain.high - domain.low) // MOST_ALONE)
        return [float(each) for each in range(int(domain.low), int(domain.high) + 1, step)]
    usual = rulebook.labs[fact.name].usual or domain
    low, high = max(usual.low, domain.low), min(usual.high, domain.high)
    if not low < high:
        low, high = domain.low, domain.high
    start = low if low > 0 else high / 1000
    spread = [float(f"{start * (high / start) ** (step / SAMPLES):.2g}") for step in range(SAMPLES + 1)]
    return sorted({each for each in (*spread, *cuts) if low <= each <= high and domain.contains(each)})


def _turns(
    number: int, scores: Iterable[Piece], cuts: list[float], open_at: dict[Piece, list[float]], inquiry: Inquiry
) -> Iterator[float]:
    """The values at which some part of a rule changes its answer, narrowed down between values where it differs. The
    values that were tried and leave it open are put into `open_at`."""
    domain = inquiry.facts[number].domain
    whole = inquiry.facts[number].scale == "whole"
    if domain is None:
        return
    points = sorted(
        {point for point in (*cuts, *_between(domain.low, domain.high, whole=whole)) if domain.contains(point)}
    )
    for score in scores:
        truths = [_asked(number, score, point, inquiry).truth for point in points]
        open_at[score] = [point for point, truth in zip(points, truths, strict=True) if truth is UNKNOWN]
        for (low, at_low), (high, at_high) in pairwise(zip(points, truths, strict=True)):
            if at_low is not at_high:
                yield from _narrowed(number, score, (low, high), inquiry, whole=whole)


def _narrowed(
    number: int, score: Piece, ends: tuple[float, float], inquiry: Inquiry, *, whole: bool
) -> Iterator[float]:
    """The two neighboring doubles (or whole numbers) between which a part of a rule changes its answer.

    The engine is asked at one value after another: just inside of the ends, where tables turn; where two numbers are
    compared, where they would meet if they moved evenly; and in the middle whenever that has not halved what is left.
    """
    low, high = ends
    at_low, at_high = _asked(number, score, low, inquiry), _asked(number, score, high, inquiry)
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
        there, before = _asked(number, score, value, inquiry), high - low
        if there.truth is at_low.truth:
            low, at_low = value, there
        else:
            high, at_high = value, there
        halve = whole or (not beside and not halve and high - low > before / 2)
    yield low
    yield high


def _asked(number: int, score: Piece, value: float, inquiry: Inquiry) -> Judged:
    return score.judged_with(frozenset([inquiry.place_of(number, exactly(value))]))


def _meeting(low: float, high: float, at_low: Judged, at_high: Judged, step: int) -> tuple[int, float] | None:
    """Where the two numbers of a comparison would meet if they moved evenly from one value to another, at least some
    steps between doubles inside of both, and how many steps the next one has to be; None where that cannot be told."""
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
    return [low, high, *(start * (high / start) ** (step / 8) for step in range(9))] if high > 0 else [low, high]


# ---- parts


def _partition(fact: Fact, cuts: Iterable[float]) -> Iterator[Range]:
    """The domain, each cut a part by itself."""
    domain = fact.domain
    if domain is None:
        return
    if fact.scale == "whole":
        yield from _whole_parts(domain, cuts)
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


def _whole_parts(domain: Range, cuts: Iterable[float]) -> Iterator[Range]:
    first, last = int(domain.low), int(domain.high)
    if last - first < MOST_ALONE:
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
    number: int,
    parts: list[Range],
    lines: list[int],
    atoms: list[Piece],
    open_at: Mapping[Piece, list[float]],
    inquiry: Inquiry,
) -> Iterator[Possibility]:
    """The parts, neighbors made one where nothing tells them apart. `open_at` has values of the number at which an atom
    stays open: by the law of the engine it does so in every part that holds one."""
    fact = inquiry.facts[number]
    settled = [place for place in lines if not inquiry.lines[place].is_open]
    pieces = [piece for place in settled for piece in inquiry.lines[place].pieces]
    leaves = list(dict.fromkeys(leaf for piece in pieces for leaf in piece.leaves(number)))
    statuses: dict[tuple[Truth, ...], tuple[Status, ...]] = {}

    def truths(part: Range, narrower: Sequence[Truth] | None) -> tuple[Truth, ...]:
        point = frozenset([inquiry.place_of(number, part)])
        told = tuple(
            [
                UNKNOWN
                if (narrower is not None and narrower[place] is UNKNOWN) or _is_any_in(open_at.get(piece, ()), part)
                else piece.judged_with(point).truth
                for place, piece in enumerate((*leaves, *atoms))
            ]
        )
        if told[: len(leaves)] not in statuses:
            statuses[told[: len(leaves)]] = tuple([inquiry.status_at(place, point) for place in settled])
        return told

    def tells_apart(told: tuple[Truth, ...]) -> tuple[object, ...]:
        return statuses[told[: len(leaves)]], told[len(leaves) :]

    base = inquiry.base(inquiry.lines[lines[0]].trial)
    held: tuple[Range, tuple[Truth, ...]] | None = None
    for part in parts:
        now = truths(part, None)
        if held is not None and tells_apart(held[1]) == tells_apart(now):
            whole = Range(held[0].low, part.high, held[0].low_open, part.high_open)
            of_whole = now if fact.scale == "limit" else truths(whole, held[1])
            if tells_apart(of_whole) == tells_apart(now):
                held = (whole, of_whole)
                continue
        if held is not None:
            yield possibility(fact, held[0], base)
        held = (part, now)
    if held is not None:
        yield possibility(fact, held[0], base)


def _is_any_in(values: Sequence[float], part: Range) -> bool:
    """Whether a part holds one of these ascending values."""
    return any(part.contains(value) for value in values[bisect_left(values, part.low) :][:2])
