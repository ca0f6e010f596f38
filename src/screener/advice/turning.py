"""What one input of a formula would have to be, all else equal, for a comparison to turn.

The comparison of the rulebook is evaluated again by the same engine, in the same record but for one input. Where the
formula only rises or only falls with that input, the place where it turns is found by bisection. Elsewhere every
stretch of possible values is either shown by interval arithmetic not to turn it, or divided further.

Values are tried as decimals in a unit, the way a laboratory reports them, so that what is named can be put into the
record as it stands, and turns it there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any as Anything
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from screener.advice.reach import reach_of
from screener.advice.slopes import Input, Slope, slope_of
from screener.advice.supposing import Entry, Possibility, frame_with
from screener.advice.worded import Worded
from screener.evaluation.answers import Found, Judged, Measured
from screener.evaluation.evaluator import judge
from screener.evaluation.explanation import span_text
from screener.evaluation.frame import Frame
from screener.evaluation.phrases import either, in_time, lowered, unit_after
from screener.evaluation.results import possible_values
from screener.records.measuring import MEASURED_AS
from screener.records.patient import Result
from screener.rulebook import (
    Between,
    Compare,
    Finding,
    Lab,
    Rulebook,
    ValueLookup,
)
from screener.values.dates import on_day
from screener.values.ranges import Range, compare, exactly
from screener.values.truth import FALSE, TRUE, Truth, negation

Relation = Literal["at most", "below", "at least", "above"]
MOST_TRIALS = 600
"""Evaluations spent on one input whose formula neither only rises nor only falls with it."""


class Bound(Worded, frozen=True, rename={"is_edge": "exact"}):
    """An end of the values that turn a comparison: `at most 1.67`, `below 2`, in the unit of the input.

    `at most` and `at least`: the number itself turns it. `below` and `above`: it does not, and every number beyond
    does. `is_edge` (`exact` in JSON): the comparison turns exactly here; otherwise it turns somewhere between this
    number and the next one with as many decimals.
    """

    relation: Relation
    number: Fraction
    decimals: int
    is_edge: bool

    def in_words(self) -> str:
        return f"{self.relation} {decimal_text(self.number, self.decimals)}"


class Stretch(Worded, frozen=True, rename={"is_whole": "whole"}):
    """Values that turn a comparison: from the one nearest to the record to the farthest, or to the end of what can be.

    `is_whole` (`whole` in JSON): just beyond the farthest it turns back; otherwise nothing is known beyond it.
    """

    nearest: Bound
    farthest: Bound | None = None
    is_whole: bool = True

    def in_words(self) -> str:
        if self.farthest is None:
            return self.nearest.text
        if self.nearest.number == self.farthest.number:
            return decimal_text(self.nearest.number, self.nearest.decimals)
        return f"{self.nearest.text} and {self.farthest.text}"


class WouldTurn(Worded, frozen=True, rename={"is_settled": "settled", "is_possible": "possible"}):
    """What one input would have to be for a comparison to turn, everything else in the record as it is.

    `name` is the dictionary's. `stretches` are in the unit recorded, `choices` those of a finding with named choices.
    Without either, no possible value would turn it if `is_settled` (`settled` in JSON); otherwise none was found.
    """

    name: str
    title: str
    recorded: str
    sources: tuple[str, ...] = ()
    """Where in the record the results stand that were taken to be another; none for a grade that nobody wrote down."""
    measured_as: str | None = None
    """Another form of the analyte, if the result was recorded in it; the values are then in its unit."""
    unit: str | None = None
    stretches: tuple[Stretch, ...] = ()
    choices: tuple[str, ...] = ()
    is_settled: bool = True

    is_possible: bool = False
    """Whether some value would turn it, whatever is given for this."""

    def __post_init__(self) -> None:
        force_setattr(self, "is_possible", bool(self.stretches or self.choices))
        super().__post_init__()

    def in_words(self) -> str:
        """What it would have to be: `INR at most 1.67 (2.2 recorded)`."""
        if not self.is_possible:
            return f"no {'possible ' if self.is_settled else ''}{self.title}{'' if self.is_settled else ' was found'}"
        needed = either(self.choices or [each.text for each in self.stretches]) + counted_in(self.unit)
        remarks = [f"{self.recorded} recorded", *([self.measured_as] if self.measured_as else [])]
        return f"{self.title} {needed} ({', '.join(remarks)})"


def counted_in(unit: str | None, *, one: bool = False) -> str:
    """A unit after its number: ` mg/dL`, ` x 10*9/L`; `years` of `one` is a year."""
    told = unit_after(unit)
    if told[1:2].isdigit():
        return f" x{told}"
    return told.removesuffix("s") if one and unit == "years" else told


def decimal_text(number: Fraction, decimals: int) -> str:
    """A number with at most so many decimals, rounded to the nearest, without trailing zeros."""
    scaled = round(abs(number) * 10**decimals)
    whole, rest = divmod(scaled, 10**decimals)
    text = f"{whole}.{rest:0{decimals}d}".rstrip("0").rstrip(".") if decimals else str(whole)
    return f"-{text}" if number < 0 and scaled else text


# ---- which inputs


def would_turn(answer: Judged, frame: Frame) -> tuple[WouldTurn, ...]:
    """What would turn a decided comparison, for each of its inputs that is on record.

    `answer` is a `Compare` or `Between` that is TRUE or FALSE in this frame.
    """
    told: list[WouldTurn] = []
    for found in {_lookup_of(each).name: each for each in _inputs(answer)}.values():
        fact = frame.rulebook.fact(found.subject)
        if isinstance(fact, Finding) and fact.choices:
            told.append(_choices_that_turn(answer, found, fact, frame))
        else:
            told.append(_numbers_that_turn(answer, found, fact, frame))
    return tuple(told)


def _inputs(answer: Judged | Measured) -> Iterator[Found]:
    for part in answer.parts:
        if not isinstance(part, Found):
            yield from _inputs(part)
        elif isinstance(part.lookup, ValueLookup) and _is_known(part):
            yield part


def _is_known(found: Found) -> bool:
    """Whether the record says anything of it. What it does not say turns nothing that is decided without it."""
    usable = [fact for fact in found.used if not isinstance(fact, Result) or fact.unusable is None]
    return bool(usable) and not found.may_lack


def _title(found: Found, rulebook: Rulebook) -> str:
    lookup = _lookup_of(found)
    pick = f"{lookup.pick} " if lookup.pick != "latest" else ""
    return pick + lowered(rulebook.fact(lookup.fact).title) + in_time(lookup.scope, rulebook)


# ---- the same comparison with another value


class Probe:
    """A comparison in the same record, but for the results that one input rests on.

    Everything that the replaced results have a part in follows them: other lookups of the same fact, and conditions
    that the dictionary takes them to show.
    """

    def __init__(self, answer: Judged, found: Found, frame: Frame) -> None:
        rulebook, reach = frame.rulebook, reach_of(frame.rulebook)
        self._answer = answer
        self._subject = found.subject
        self._frame = frame
        # A grade that follows from an absence is as though it had been seen on the clock's day.
        self._replaced = tuple(fact for fact in found.used if isinstance(fact, Result))
        self._seen = self._replaced or (Result(found.subject, "", "", when=on_day(frame.day)),)
        sign, at_another_clock = f"sign {found.subject}", f"result {found.subject}"
        lookups = {f"lookup {each.name}" for each in reach.by_result[found.subject]}
        subjects = frozenset([*lookups, sign, at_another_clock])
        touched = reach.lookups_with(subjects)
        self._untouched = {name: each for name, each in frame.found.items() if name not in touched}
        reads = reach.of(answer.node)
        self._is_derived = sign in reads
        """Whether a condition that the results show, or its onset, has a part in the comparison."""

        def moves(node: Struct) -> bool:
            return not reach.of(node).isdisjoint(subjects)

        self.input = Input(rulebook, moves, self._slope_of_lookup)
        beside = (getattr(rulebook.lookups.get(each.removeprefix("event ")), "beside", None) for each in reads)
        is_beside = any(rule is not None and moves(rule) for rule in beside)
        is_read_once = reads & subjects == {f"lookup {_lookup_of(found).name}"} and not is_beside
        self.keeps_what_is_known = is_read_once or len(self._replaced) <= 1
        """Whether the comparison stays as it is for every value that the input can have as things are. Several results
        made one may turn it even so, where something else is read from them, too."""

    def _slope_of_lookup(self, name: str) -> Slope | None:
        """How what a lookup finds moves with the input."""
        lookup = self._frame.rulebook.lookups[name]
        is_input = isinstance(lookup, ValueLookup) and lookup.fact == self._subject
        return 1 if is_input and not self._is_derived else None

    def with_number(self, value: Range, exact: Fraction | None = None) -> Judged:
        """The comparison where the input is some number of this range, in the canonical unit; `exact` is one number
        before it was rounded."""
        return self._with(value=value, exact=exact)

    def with_choice(self, choice: str) -> Judged:
        """The comparison where a finding is this one of its choices."""
        return self._with(choices=frozenset((choice,)))

    def _with(self, **known: Anything) -> Judged:
        changed = tuple(msgspec.structs.replace(each, unusable=None, **known) for each in self._seen)
        supposed = Possibility(results=(Entry(self._subject, self._replaced, changed),))
        frame = frame_with(self._frame, [supposed], self._untouched.copy(), shows=self._is_derived)
        return judge(self._answer.node, frame)


def _lookup_of(found: Found) -> ValueLookup:
    if not isinstance(found.lookup, ValueLookup):
        raise TypeError("an input is a result that is looked up")
    return found.lookup


# ---- where it turns


class Ladder:
    """The numbers that are tried, outward from what is recorded: every decimal of a unit that can be, and the end.

    Rung 0 is what is recorded, or the end of it that lies on this side. All in the unit; `factor` leads from it to the
    canonical unit. The last rung may be an open end of what is possible, which is no possible number itself.
    """

    def __init__(
        self,
        start: Fraction,
        possible: Range,
        factor: Fraction,
        decimals: int,
        side: Literal[-1, 1],
        *,
        is_whole: bool,
    ) -> None:
        self.is_whole = is_whole
        self.start = start / factor
        self.factor = factor
        self.decimals = decimals
        self.side = side
        self._scale: int = 10**decimals
        self._in_canonical = (factor.numerator, factor.denominator * self._scale)
        end = Fraction(possible.high if side > 0 else possible.low) / factor
        in_steps = self.start * self._scale
        self._first = math.floor(in_steps) + 1 if side > 0 else math.ceil(in_steps) - 1
        last = math.floor(end * self._scale) if side > 0 else math.ceil(end * self._scale)
        self._end = end
        self._whole = max((last - self._first) * side + 1, 0)
        is_open = possible.high_open if side > 0 else possible.low_open
        ends_on_rung = self._whole > 0 and Fraction(last, self._scale) == end
        if ends_on_rung and is_open:
            self._whole -= 1
        self.has_end = (not ends_on_rung or is_open) and (end - self.start) * side > 0
        self.is_end_open = self.has_end and is_open
        self.rungs = self._whole + self.has_end
        """The number of the last rung."""

    def number(self, rung: int) -> Fraction:
        """The number of a rung, in the unit."""
        if rung == 0:
            return self.start
        if rung > self._whole:
            return self._end
        return Fraction(self._first + (rung - 1) * self.side, self._scale)

    def double(self, rung: int) -> float:
        """The number of a rung in the canonical unit, rounded once: of two whole numbers Python divides exactly so."""
        if 0 < rung <= self._whole:
            above, below = self._in_canonical
            return float((self._first + (rung - 1) * self.side) * above / below)
        return float(self.number(rung) * self.factor)

    def is_decimal(self, rung: int) -> bool:
        """Whether a number has no more decimals than those that are tried."""
        return (self.number(rung) * self._scale).denominator == 1

    def is_no_number(self, rung: int) -> bool:
        return self.is_end_open and rung == self.rungs

    def between(self, one: int, other: int, *, without: int | None = None) -> Range:
        """All numbers from one rung to another, in the canonical unit; `without` leaves out one of the two."""
        low, high = (one, other) if (other - one) * self.side > 0 else (other, one)
        open_ends = {rung for rung in (one, other) if rung == without or self.is_no_number(rung)}
        return Range(self.double(low), self.double(high), low in open_ends, high in open_ends)


class Search:
    """The search for what turns a comparison, on one side of what is recorded: for the first number that does, and for
    the first beyond that does not.

    A stretch is halved unless nothing in it can be what is looked for. What only rises or only falls shows that at the
    stretch's end; of any other formula, interval arithmetic says it of all numbers of the stretch.
    """

    def __init__(self, answer: Judged, ladder: Ladder, ask: Ask) -> None:
        self._answer = answer
        self._kept = answer.truth
        self._wanted = negation(answer.truth)
        self._ladder = ladder
        self._ask = ask
        self._at: dict[int, Judged | None] = {}
        self._left = MOST_TRIALS
        self.is_settled = True

    def stretch(self, slope: Slope | None) -> Stretch | None:
        """The nearest stretch of values that turn it; None if there is none, or if none was found."""
        ladder, node = self._ladder, self._answer.node
        if ladder.rungs == 0:
            return None
        is_sloped = slope is not None and not (isinstance(node, Compare) and node.operator == "=")
        if is_sloped and (slope or 0) * ladder.side not in _ways_to_turn(self._answer):
            return None
        near, beyond = self._on_slope() if is_sloped and not self._ends_undefined() else self._on_any_slope()
        if near is None:
            return None
        if not ladder.is_decimal(near):
            self.is_settled = False
            return None
        nearest = self._bound(near - 1, near, inner=near)
        farthest = None if beyond is None else self._bound(beyond - 1, beyond, inner=beyond - 1)
        if beyond is None and near == ladder.rungs:  # the very last that can be
            at_end: Relation = "at most" if nearest.relation in ("at least", "above") else "at least"
            farthest = Bound(at_end, ladder.number(near), ladder.decimals, True)
        return Stretch(nearest, farthest, is_whole=self._left >= 0)

    def _on_slope(self) -> tuple[int | None, int | None]:
        """Of what only rises or falls on this side: it turns once, and between two limits back beyond the second."""
        answer = self._answer
        if not isinstance(answer.node, Between) or answer.truth is TRUE:
            return self._first(0, self._ladder.rungs, self._turned, self._never_at_end(self._turned)), None
        low, high = exactly(answer.node.low.value), exactly(answer.node.high.value)
        is_above = compare(_measured(answer), ">", high) is TRUE

        def reaches(judged: Judged) -> bool:
            value = _measured(judged)
            return (compare(value, "<=", high) if is_above else compare(value, ">=", low)) is TRUE

        near = self._first(0, self._ladder.rungs, self._turned, self._never_at_end(reaches))
        if near is None:
            return None, None
        last = self._ladder.rungs - int(self._ladder.is_end_open)
        return near, self._first(near, last, self._turned_back, self._never_at_end(self._turned_back))

    def _on_any_slope(self) -> tuple[int | None, int | None]:
        near = self._first(0, self._ladder.rungs, self._turned, lambda one, other: self._over(one, other) is self._kept)
        if near is None:
            return None, None
        self._left = MOST_TRIALS
        beyond = self._first(
            near, self._ladder.rungs, self._turned_back, lambda one, other: self._over(one, other) is self._wanted
        )
        return near, near + 1 if beyond is None and self._left < 0 else beyond

    def _first(
        self, near: int, far: int, is_it: Callable[[Judged], bool], never: Callable[[int, int], bool]
    ) -> int | None:
        """The first rung after `near`, up to `far`, that is it. `never` says of a stretch that none of it is."""
        if far == near:
            return None
        self._left -= 1
        if self._left < 0:
            self.is_settled = False
            return None
        if never(near, far):
            return None
        if far - near == 1:
            judged = self._judged(far)
            if judged is not None and is_it(judged):
                return far
            self.is_settled = False
            return None
        middle = (near + far) // 2
        found = self._first(near, middle, is_it, never)
        return found if found is not None else self._first(middle, far, is_it, never)

    def _never_at_end(self, reaches: Callable[[Judged], bool]) -> Callable[[int, int], bool]:
        """What is said of a stretch where all that comes after something that reaches does so, too."""

        def never(near: int, far: int) -> bool:
            judged = self._judged(far)
            return self._over(near, far) is self._kept if judged is None else not reaches(judged)

        return never

    def _turned(self, judged: Judged) -> bool:
        return judged.truth is self._wanted

    def _turned_back(self, judged: Judged) -> bool:
        return judged.truth is not self._wanted

    # -- asking

    def _judged(self, rung: int) -> Judged | None:
        """The comparison at a rung; None at an end that is no possible number."""
        if rung not in self._at:
            ladder = self._ladder
            self._at[rung] = (
                None
                if ladder.is_no_number(rung)
                else self._ask(exactly(ladder.double(rung)), ladder.number(rung) * ladder.factor)
            )
        return self._at[rung]

    def _over(self, one: int, other: int, *, without: int | None = None) -> Truth:
        """The truth over all numbers from one rung to another."""
        return self._ask(self._ladder.between(one, other, without=without), None).truth

    def _ends_undefined(self) -> bool:
        """Whether the formula has no value at the end of what is possible: it may then turn and turn back."""
        judged = self._judged(self._ladder.rungs - self._ladder.is_end_open)
        return judged is None or any(part.range.undefined for part in judged.parts if isinstance(part, Measured))

    def _bound(self, one: int, other: int, *, inner: int) -> Bound:
        """The bound between two neighboring rungs: `inner` turns the comparison, the other does not."""
        outer = one if inner == other else other
        ladder = self._ladder
        rises = ladder.number(inner) > ladder.number(outer)
        if not ladder.is_whole:
            if ladder.is_decimal(outer) and self._over(one, other, without=outer) is self._wanted:
                return Bound("above" if rises else "below", ladder.number(outer), ladder.decimals, True)
            is_edge = self._over(one, other, without=inner) is self._kept
        else:
            is_edge = True
        return Bound("at least" if rises else "at most", ladder.number(inner), ladder.decimals, is_edge)


Ask = Callable[[Range, Fraction | None], Judged]
"""The comparison for an input in a range of the canonical unit; one number comes with what it was before rounding."""


def _ways_to_turn(answer: Judged) -> tuple[int, ...]:
    """Whether what is compared must rise (1) or fall (-1) for the comparison to turn; one within two limits may do
    either."""
    match answer.node:
        case Compare(operator=operator):
            return (1,) if (operator in (">", ">=")) == (answer.truth is FALSE) else (-1,)
        case Between(high=high) if answer.truth is FALSE:
            return (-1,) if compare(_measured(answer), ">", exactly(high.value)) is TRUE else (1,)
        case _:
            return (-1, 1)


def _measured(judged: Judged) -> Range:
    part = judged.parts[0]
    if not isinstance(part, Measured):
        raise TypeError("a comparison measures what it compares")
    return part.range


def _numbers_that_turn(answer: Judged, found: Found, fact: Lab | Finding, frame: Frame) -> WouldTurn:
    """The nearest stretches of values that turn it, below and above what is known."""
    results = recorded_results(found)
    possible, whole = possible_values(fact), found.range or possible_values(fact)
    known = (Fraction(whole.low), Fraction(whole.high))
    if len(results) == 1 and results[0].exact is not None:
        known = (results[0].exact, results[0].exact)
    unit, factor = recorded_unit(results, fact)
    is_whole = isinstance(fact, Finding)
    decimals = 0
    if is_whole:
        factor = Fraction(1)
    else:
        written = max([_decimals_written(each.recorded_value) for each in results], default=0)
        decimals = max(written, _sensible_decimals(known[0] / factor))
    probe = Probe(answer, found, frame)
    stretches: list[Stretch] = []
    is_settled = False
    if not math.isinf(possible.high - possible.low) and probe.keeps_what_is_known:
        slope = slope_of(answer, probe.input)
        below = Ladder(known[0], possible, factor, decimals, -1, is_whole=is_whole)
        above = Ladder(known[1], possible, factor, decimals, 1, is_whole=is_whole)
        searches = [Search(answer, ladder, probe.with_number) for ladder in (below, above)]
        stretches = [each for search in searches if (each := search.stretch(slope)) is not None]
        is_settled = all(search.is_settled for search in searches)
    told = " or ".join(dict.fromkeys(each.recorded_value + counted_in(each.recorded_unit) for each in results[:4]))
    return WouldTurn(
        found.subject,
        _title(found, frame.rulebook),
        told or f"{span_text(whole)}, as the condition is absent,",
        _sources(found),
        next((flag.text for each in results for flag in each.flags if flag.text.startswith(MEASURED_AS)), None),
        unit,
        tuple(stretches),
        is_settled=is_settled,
    )


def recorded_results(found: Found) -> list[Result]:
    """The results that an input is read from; of a highest or lowest one those that are it."""
    results = [fact for fact in found.used if isinstance(fact, Result)]
    if isinstance(found.lookup, ValueLookup) and found.lookup.pick in ("highest", "lowest"):
        return [each for each in results if each.value == found.range] or results
    return results


def recorded_unit(results: Sequence[Result], fact: Lab | Finding) -> tuple[str | None, Fraction]:
    """The unit that the results were recorded in, and what leads from it to the canonical one; the canonical unit where
    they differ or state none."""
    units = {(each.recorded_unit, each.factor) for each in results}
    if len(units) == 1:
        ((unit, factor),) = units
        if unit is not None and factor is not None:
            return unit, factor
    return (fact.unit if isinstance(fact, Lab) and fact.unit != "1" else None), Fraction(1)


def _decimals_written(text: str) -> int:
    digits = text.partition(".")[2]
    return min(len(digits), MOST_DECIMALS) if digits.isdigit() else 0


def _sensible_decimals(number: Fraction) -> int:
    """Decimals that make three digits of a number above 1, and two of a smaller one."""
    if number == 0:
        return 2
    magnitude = math.floor(math.log10(abs(number)))
    return min(max((2 if magnitude >= 0 else 1) - magnitude, 0), MOST_DECIMALS)


MOST_DECIMALS = 6


def _choices_that_turn(answer: Judged, found: Found, finding: Finding, frame: Frame) -> WouldTurn:
    probe = Probe(answer, found, frame)
    wanted = negation(answer.truth)
    turning = tuple(choice for choice in finding.choices if probe.with_choice(choice).truth is wanted)
    recorded = either(sorted(found.choices or (), key=finding.choices.index))
    return WouldTurn(found.subject, _title(found, frame.rulebook), recorded, _sources(found), choices=turning)


def _sources(found: Found) -> tuple[str, ...]:
    return tuple(fact.source for fact in found.used if isinstance(fact, Result))
