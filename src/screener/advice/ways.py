"""In which ways a criterion can come out as wanted: small sets of facts, each with the values that bring it about.

A *way* gives some facts each a set of possibilities; whichever of them come true, the criterion is as wanted, whatever
becomes of all other facts. The open parts of the answer tell where to look: to make `A and B` true both have to be, to
make it false one of them. What stands in no `and`, `or`, `not` is a part of its own, and the engine says of it what its
facts make of it. The ways of a part that hangs on many numbers at once may not all be found (`Ways.complete`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from itertools import combinations, product
from math import prod

from screener.advice.alternatives import NO_WAY, Alternatives, Combining, Way
from screener.advice.inquiry import Inquiry, Known, Line, Piece, Ways
from screener.rulebook import All, Any, AtLeast, Meets, Not
from screener.screening import Status
from screener.values.truth import FALSE, TRUE, UNKNOWN, Truth, negation

Point = frozenset[tuple[int, int]]
Asking = Callable[[Known], Truth]

MOST_POINTS = 64
"""Combinations of values that one part of a rule is tried with; of a part with more, only some values of each fact."""
MOST_ASKED = 80
"""Questions that the engine is asked about one part of a rule."""


def ways_of_line(number: int, want: Status, inquiry: Inquiry) -> Ways:
    """The ways in which an open line comes out passed, or failed; worked out once."""
    known = inquiry.ways.get((number, want))
    if known is None:
        known = inquiry.ways[number, want] = _ways_of_line(number, want, inquiry)
    return known


def _ways_of_line(number: int, want: Status, inquiry: Inquiry) -> Ways:
    line = inquiry.lines[number]
    wanted = _truth_for(want, line)
    samples = want == "passed"
    combining = inquiry.combining
    of_each = [_ways(piece, wanted, inquiry, samples=samples) for piece in line.pieces]
    together = combining.either([combining.joined(of_each), *_by_choice_of_reading(number, of_each, inquiry)])
    found = tuple(way for each in together.ways if _holds(number, want, way := combining.told(each), inquiry))
    return Ways(found, together.complete and len(found) == len(together.ways))


def _truth_for(want: Status, line: Line) -> Truth:
    return TRUE if (want == "passed") == (line.criterion.kind == "inclusion") else FALSE


def is_needed_somehow(fact: int, number: int, inquiry: Inquiry) -> bool:
    """Whether a way to pass is soon found that needs a fact: with all of it the line is passed, and without the fact it
    is not. No says nothing: `ways_of_line` looks at them all."""
    line = inquiry.lines[number]
    way: int | None = inquiry.combining.needs_nothing
    for piece in line.pieces:
        way = None if way is None else _one_way(piece, _truth_for("passed", line), fact, way, inquiry)
    if way is None:
        return False
    known = next(combinations_in(inquiry.combining.told(way)))
    without = {each: value for each, value in known.items() if each != fact}
    return inquiry.status(number, known) == "passed" != inquiry.status(number, without)


def _one_way(piece: Piece, want: Truth, fact: int, beside: int, inquiry: Inquiry) -> int | None:
    """A way in which a part comes out as wanted together with another way, by the fact in question if it can."""
    if piece.truth is not UNKNOWN:
        return beside if piece.truth is want else None
    parts = sorted((part for part in piece.parts if part.truth is UNKNOWN), key=lambda part: fact not in part.facts)
    match piece.node:
        case Not():
            return _one_way(parts[0], negation(want), fact, beside, inquiry) if parts else None
        case Meets():
            return _one_way(parts[0], want, fact, beside, inquiry) if parts else None
        case All() | Any() if isinstance(piece.node, All) == (want is TRUE):
            way: int | None = beside
            for part in parts:
                way = None if way is None else _one_way(part, want, fact, way, inquiry)
            return way if parts else None
        case All() | Any():
            found = (_one_way(part, want, fact, beside, inquiry) for part in parts)
            return next((way for way in found if way is not None), None)
        case AtLeast():
            return None
    combining = inquiry.combining
    ways = sorted(
        _ways(piece, want, inquiry, samples=True).ways, key=lambda way: fact not in combining.needs(way).facts
    )
    both = (combining.both(way, beside) for way in ways)
    return next((way for way in both if way is not None), None)


def ways_of_lines(numbers: Iterable[int], want: Status, inquiry: Inquiry) -> Ways:
    """The ways in which all of several open lines come out as wanted together."""
    combining = inquiry.combining
    of_each = [ways_of_line(number, want, inquiry) for number in numbers]
    whole = combining.joined(
        Alternatives(tuple([combining.coded(way) for way in each.ways]), each.complete) for each in of_each
    )
    return Ways(tuple([combining.told(way) for way in whole.ways]), whole.complete)


def _by_choice_of_reading(number: int, of_each: Sequence[Alternatives], inquiry: Inquiry) -> Iterator[Alternatives]:
    fact, combining = inquiry.lines[number].reading, inquiry.combining
    if fact is not None:
        for choice, ways in enumerate(of_each):
            chosen = Alternatives((combining.coded({fact: frozenset([choice])}),))
            yield combining.joined([chosen, ways])


def combinations_in(way: Way) -> Iterator[Known]:
    """Every choice of one possibility for each fact."""
    facts = sorted(way)
    for values in product(*(sorted(way[fact]) for fact in facts)):
        yield dict(zip(facts, values, strict=True))


def _holds(number: int, want: Status, way: Way, inquiry: Inquiry) -> bool:
    """Whether the engine says so, too, of the first of the values."""
    return inquiry.status(number, next(combinations_in(way))) == want


# ---- one answer


def _ways(piece: Piece, want: Truth, inquiry: Inquiry, *, samples: bool) -> Alternatives:
    if piece.truth is not UNKNOWN:
        return inquiry.combining.nothing_needed if piece.truth is want else NO_WAY
    if not piece.facts:
        return NO_WAY
    known = inquiry.ways_of_piece.get((piece, want, samples))
    if known is None:
        known = inquiry.ways_of_piece[piece, want, samples] = _ways_of_piece(piece, want, inquiry, samples=samples)
    return known


def _ways_of_piece(piece: Piece, want: Truth, inquiry: Inquiry, *, samples: bool) -> Alternatives:
    parts = piece.parts
    match piece.node:
        case Not():
            return _ways(parts[0], negation(want), inquiry, samples=samples)
        case Meets():
            return _ways(parts[0], want, inquiry, samples=samples)
        case All():
            return _of_so_many(parts, len(parts) if want is TRUE else 1, want, inquiry, samples=samples)
        case Any():
            return _of_so_many(parts, 1 if want is TRUE else len(parts), want, inquiry, samples=samples)
        case AtLeast(count=count):
            few = count if want is TRUE else len(parts) - count + 1
            return _of_so_many(parts, few, want, inquiry, samples=samples)
        case _:
            return _of_part(piece, want, inquiry, samples=samples)


def _of_so_many(parts: Sequence[Piece], count: int, want: Truth, inquiry: Inquiry, *, samples: bool) -> Alternatives:
    """The ways in which so many of the parts come out as wanted."""
    lacking = count - sum(part.truth is want for part in parts)
    each = [_ways(part, want, inquiry, samples=samples) for part in parts if part.truth is UNKNOWN]
    if lacking > len(each):
        return NO_WAY
    combining = inquiry.combining
    if lacking == 1:
        return combining.either(each)
    return combining.either(combining.joined(some) for some in combinations(each, lacking))


def _of_part(piece: Piece, want: Truth, inquiry: Inquiry, *, samples: bool) -> Alternatives:
    """The ways of a part that the engine alone can answer.

    Values that settle it by themselves are seen at once. The others are tried together, all facts known at first, and
    then without each that is not needed.
    """

    def truth(known: Known) -> Truth:
        return inquiry.truth(piece, known)

    found: list[Way] = []
    left: dict[int, list[int]] = {}
    for fact in sorted(piece.facts):
        possible = inquiry.possibilities[fact]
        values = [value for value, each in enumerate(possible) if samples or not each.sample]
        truths = {value: truth({fact: value}) for value in values}
        settling = [value for value in values if truths[value] is want]
        if settling and not inquiry.facts[fact].only_beside:
            found.append({fact: frozenset(settling)})
            settling = []
        open_values = [value for value in values if truths[value] is UNKNOWN]
        tried = [value for value in open_values if possible[value].sample] or open_values
        if settling or tried:
            left[fact] = [*settling, *tried]
    return _together(found, left, want, truth, inquiry.combining)


def _together(
    found: list[Way], left: dict[int, list[int]], want: Truth, truth: Asking, combining: Combining
) -> Alternatives:
    """The ways beside those of single facts: of the values that are left, several facts at a time."""
    if len(left) < 2:
        return combining.fewest([combining.coded(way) for way in found], complete=True)
    fewer, complete = left, True
    while _count(fewer) > MOST_POINTS and any(len(values) > 2 for values in fewer.values()):
        complete = False
        fewer = {fact: values[::2] if len(values) > 3 else [values[0], values[-1]] for fact, values in fewer.items()}
    points: set[Point] = set()
    asked: dict[Point, Truth] = {}

    def answer(known: Point) -> Truth:
        if known not in asked:
            asked[known] = truth(dict(known))
        return asked[known]

    def does(known: Point) -> bool:
        return answer(known) is want

    def is_open(known: Point) -> bool:
        return answer(known) is UNKNOWN

    choices = {fact: frozenset(values) for fact, values in fewer.items()}
    # Facts that contradict one another leave a part open that some of them alone would settle: these are searched last.
    for goes_on in (_never, is_open):
        for known in combinations_in(choices):
            if len(asked) > MOST_ASKED:
                complete = False
                break
            _find_smallest(frozenset(known.items()), does, goes_on, points, asked)
    several = [{fact: frozenset([value]) for fact, value in point} for point in points]
    return combining.fewest([combining.coded(way) for way in (*found, *several)], complete)


def _never(known: Point) -> bool:
    return False


def _count(values: Mapping[int, Sequence[int]]) -> int:
    return prod(map(len, values.values()))


def _find_smallest(
    known: Point, does: Callable[[Point], bool], goes_on: Callable[[Point], bool], smallest: set[Point], asked: Sized
) -> None:
    """Put among the smallest every part of what is known that does and none of whose own parts does.

    Each smallest part found is broken in turn by leaving one of its facts out, and what is left is searched again; so
    is what does not, if the search goes on there.
    """
    waiting, seen = [known], set[Point]()
    while waiting and len(asked) <= MOST_ASKED:
        here = waiting.pop()
        if here in seen or len(here) < 2:
            continue
        seen.add(here)
        found = next((each for each in smallest if each <= here), None)
        if found is None:
            if not does(here):
                if goes_on(here):
                    waiting += [here - {each} for each in here]
                continue
            found = here
            for each in sorted(here):
                if len(found) > 2 and does(found - {each}):
                    found -= {each}
            smallest.add(found)
        waiting += [here - {each} for each in found]
