"""How far a number lies from the limit that it was compared with, and what would turn a score.

Every number that decided a line is covered, either way, in each reading that counts. Nothing is decided here: the
answers are the engine's. Only the distance is worked out, from the exact fractions if the record has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from screener.advice.turning import WouldTurn, counted_in, recorded_results, recorded_unit, would_turn
from screener.advice.worded import Worded
from screener.evaluation.answers import Found, Judged, Measured
from screener.evaluation.explanation import LIMITS, amount_in_words, limit_in_words
from screener.evaluation.frame import Frame
from screener.evaluation.grounds import Part, deciding
from screener.evaluation.phrases import either
from screener.evaluation.results import limits_in_use, possible_values
from screener.records.patient import Result
from screener.rulebook import (
    AgainstLimit,
    Age,
    AtTime,
    Between,
    ChangeLookup,
    Compare,
    InUnit,
    Lab,
    Meets,
    Not,
    Number,
    Numeric,
    Rulebook,
    ScoreOf,
    Value,
    ValueLookup,
)
from screener.screening import CriterionResult, Screening, Status, status_of
from screener.values.ranges import Range, compare, exactly
from screener.values.truth import TRUE, UNKNOWN
from screener.values.units import factor_between, parse_unit

Side = Literal["above", "at", "below"]
ZERO = Fraction(0)


class Gap(Struct, frozen=True, rename={"is_more": "more"}):
    """How far apart two things are, as far as that is known: from `least` to `most`, never negative.

    `most` is None if nothing bounds it but what is possible. `is_more` (`more` in JSON): it is more than `least`, and
    not `least` itself.
    """

    least: Fraction
    most: Fraction | None
    is_more: bool = False

    def scaled(self, factor: Fraction) -> Gap:
        """The same in another unit."""
        return Gap(self.least * factor, None if self.most is None else self.most * factor, self.is_more)

    def text(self, decimals: int | None = None, *, apart_from: Fraction = ZERO) -> str:
        """`39`, `more than 4.8`, `at least 39 and at most 50`; see `distance_text`."""
        least = distance_text(self.least, decimals, apart_from)
        if self.most is None:
            return f"{'more than' if self.is_more else 'at least'} {least}"
        most = distance_text(self.most, decimals, apart_from)
        if self.least == self.most:
            return least
        if self.least == 0:
            return f"at most {most}"
        return f"{'more than' if self.is_more else 'at least'} {least} and at most {most}"


class FromLimit(Worded, frozen=True, rename={"is_included": "included"}):
    """The distance of a number from one limit: which limit (`lower` or `upper` of two), on what side, and how far, in
    the canonical unit and in the recorded one if that differs. `is_included` (`included` in JSON): a number exactly at
    the limit is within it. `decimals` is how many to print."""

    which: Literal["lower", "upper"] | None
    side: Side
    gap: Gap
    unit: str | None = None
    recorded: Gap | None = None
    recorded_unit: str | None = None
    is_included: bool = True
    decimals: int | None = None

    def in_words(self) -> str:
        """`39 umol/L above; 2.28 mg/dL in the unit recorded`."""
        limit = f"the {self.which} limit" if self.which else "the limit"
        if self.side == "at":
            return f"exactly at {limit}, which is {'' if self.is_included else 'not '}included"
        is_one = self.gap.least == self.gap.most == 1
        unit = " percentage points" if self.unit == "%" else counted_in(self.unit, one=is_one)
        gap = f"{self.gap.text(self.decimals)}{unit} {self.side}"
        if self.gap.least == 0 and self.gap.most is None:
            gap = self.side
        if self.gap.least == 0 and not self.gap.is_more:
            gap = f"exactly at {limit} or {gap}"
        elif self.which:
            gap += f" {limit}"
        if self.recorded is None or (self.gap.least == 0 and self.gap.most is None):
            return gap
        return f"{gap}; {self.recorded.text()}{counted_in(self.recorded_unit)} in the unit recorded"


class Multiple(Worded, frozen=True):
    """How many times its limit of normal a result is, and how many times it was compared with."""

    gap: Gap
    compared: str
    which: Literal["upper", "lower"]

    def in_words(self) -> str:
        """`12.3 x ULN, limit 10 x`."""
        compared = Fraction(self.compared)
        number = self.gap.text(apart_from=compared)
        return f"{number} x {LIMITS[self.which]}, limit {self.compared} x"


Would = Literal["pass", "fail", "hold", "no longer hold"]


class Margin(Worded, frozen=True):
    """One number that decided a line, and how far it lies from its limit.

    `name` is the dictionary's name of a lab, finding or score, or `age`; None for another formula. `holds` says whether
    the comparison is true. `reading` is the label of the reading that it belongs to, None if it belongs to all that
    count. For a formula, `turns` says what each input would have to be. `would` is what happens then: the line passes
    or fails, if it depends on this comparison alone; else the comparison holds, or no longer holds.
    """

    name: str | None
    amount: str
    limit: str
    holds: bool
    distances: tuple[FromLimit, ...]
    multiple: Multiple | None = None
    turns: tuple[WouldTurn, ...] = ()
    would: Would = "hold"
    reading: str | None = None

    def in_words(self) -> str:
        """`INR 1.8 on 2026-02-18, limit 1.5: 0.3 above`."""
        limits = "limits" if len(self.distances) > 1 else "limit"
        told = f"{self.amount}, {limits} {self.limit}: {', '.join(each.text for each in self.distances)}"
        if self.multiple is not None:
            told += f"; {self.multiple.text}"
        if self.reading is not None:
            told = f"read as “{self.reading}”: {told}"
        told = told[:1].upper() + told[1:]
        return ". ".join([told, *self._turning()])

    def _turning(self) -> Iterator[str]:
        if ways := [each.text for each in self.turns if each.is_possible]:
            yield f"Would {self.would} with {', or '.join(ways)}"
        if never := [each.title for each in self.turns if not each.is_possible and each.is_settled]:
            yield f"No other value of {either(never)} would change that"
        if not_found := [each.title for each in self.turns if not each.is_possible and not each.is_settled]:
            yield f"No value of {either(not_found)} was found that would change that"


class CriterionMargins(Struct, frozen=True):
    """The margins of one line: of every number that decided it, in every reading that counts."""

    id: str
    kind: Literal["inclusion", "exclusion"]
    status: Status
    margins: tuple[Margin, ...]

    @property
    def text(self) -> str:
        """A line for each margin."""
        return "\n".join(margin.text for margin in self.margins)


class TrialMargins(Struct, frozen=True):
    """The margins of a trial, of those lines that have any, in the registry's order."""

    id: str
    criteria: tuple[CriterionMargins, ...]


def distance_text(number: Fraction, decimals: int | None = None, apart_from: Fraction = ZERO) -> str:
    """A distance as people write it: a whole number in full, else three digits, or a number of `decimals`.

    It has more digits if fewer would make it a number that it is not: it is never 0 unless it is 0.
    """
    if number.denominator == 1:
        return str(int(number))
    exponent = int(f"{float(abs(number)):e}".partition("e")[2])
    places = max(2 - exponent, 0) if decimals is None else decimals
    while Fraction(text := _rounded(number, places)) == apart_from != number:
        places += 1
    return text


def _rounded(number: Fraction, places: int) -> str:
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


# ---- which numbers


def margins_of(screening: Screening) -> tuple[TrialMargins, ...]:
    """How far each number that decided a line lies from its limit, trial by trial; lines without any are left out."""
    known: KnownMargins = {}
    return tuple(
        TrialMargins(
            trial.id,
            tuple(each for each in (margins(criterion, known) for criterion in trial.criteria) if each.margins),
        )
        for trial in screening.trials
    )


KnownMargins = dict[tuple[int, Would], Margin]
"""Margins by the identity of a comparison's answer, and what would happen if it turned: several lines share one."""


def margins(criterion: CriterionResult, known: KnownMargins | None = None) -> CriterionMargins:
    """The margins of one line: of each comparison with a limit among the parts that decided it. `known` are those of
    other lines of the screening.

    A comparison that is itself open has none, and so has a line that only such parts keep open.
    """
    readings = criterion.readings_counted
    known = {} if known is None else known
    told = [tuple(_margins(judged, criterion, known)) for _, judged in readings]
    in_all = [margin for margin in told[0] if all(margin in others for others in told)]
    labelled = [
        replace(margin, reading=label)
        for (label, _), those in zip(readings, told, strict=True)
        for margin in those
        if margin not in in_all
    ]
    every = tuple(dict.fromkeys((*in_all, *labelled)))
    return CriterionMargins(criterion.id, criterion.kind, criterion.status, every)


def _margins(judged: Judged, criterion: CriterionResult, known: KnownMargins) -> Iterator[Margin]:
    status = status_of(criterion.kind, judged.truth)
    for answer, frame, is_alone in _comparisons(judged, criterion.frame, is_alone=True):
        would: Would
        if is_alone:
            would = "fail" if status == "passed" else "pass"
        else:
            would = "no longer hold" if answer.truth is TRUE else "hold"
        key = (id(answer), would)
        if key not in known:
            known[key] = _margin(answer, frame, criterion.frame, would)
        yield known[key]


def _comparisons(part: Part, frame: Frame | None, *, is_alone: bool) -> Iterator[tuple[Judged, Frame | None, bool]]:
    """The comparisons with a limit that decided an answer, each with the frame it was made in, and whether the answer
    depends on it alone. The frame is None next to an episode, whose own onset is not kept."""
    match part:
        case Judged(node=Compare() | Between() | AgainstLimit()):
            if part.truth is not UNKNOWN:
                yield part, frame, is_alone
        case Judged(node=AtTime() as node, parts=(Found(days=(_, last)), *worlds)):
            inside = frame.at(last - 1 if node.relation == "before" else last) if frame is not None else None
            for world in worlds:
                yield from _comparisons(world, inside, is_alone=False)
        case Found():
            for beside in deciding(part):
                yield from _comparisons(beside, None, is_alone=False)
        case Judged():
            stays_alone = is_alone and isinstance(part.node, Not | Meets)
            for each in deciding(part):
                yield from _comparisons(each, frame, is_alone=stays_alone)
        case Measured():
            pass


# ---- one number


def _margin(answer: Judged, frame: Frame | None, anywhere: Frame, would: Would) -> Margin:
    rulebook = anywhere.rulebook
    turns = would_turn(answer, frame) if frame is not None and _is_formula(answer) else ()
    amount, limit = amount_in_words(answer, rulebook), limit_in_words(answer, rulebook)
    multiple = None
    match answer.node:
        case AgainstLimit() as node:
            distances, multiple = _from_limit_of_normal(answer, node, anywhere)
        case Between() as node:
            distances = (
                _from_limit(answer, node.low, "lower", rulebook, is_included=True),
                _from_limit(answer, node.high, "upper", rulebook, is_included=True),
            )
        case Compare(operator=operator, right=right):
            distances = (_from_limit(answer, right, None, rulebook, is_included="=" in operator),)
        case _:
            raise TypeError("not a comparison with a limit")
    return Margin(_name(answer), amount, limit, answer.truth is TRUE, distances, multiple, turns, would)


def _is_formula(answer: Judged) -> bool:
    """Whether a comparison is of more than one recorded number with one limit."""
    match answer.node:
        case Compare(left=Value() | Age(), right=Number()) | Between(of=Value() | Age()) | AgainstLimit():
            return False
        case _:
            return True


def _name(answer: Judged) -> str | None:
    part = answer.parts[0]
    while isinstance(part, Measured) and isinstance(part.node, InUnit):
        part = part.parts[0]
    match part:
        case Measured(node=ScoreOf(name=name)):
            return name
        case Measured(node=Value() | Age(), parts=(Found(subject=subject), *_)) | Found(subject=subject):
            return subject
        case _:
            return None


class Ends(Struct, frozen=True):
    """A number as far as it is known: the range that the engine compared, and its ends before rounding. An end is None
    if there is no limit, or only that of what is possible."""

    range: Range
    low: Fraction | None
    high: Fraction | None


def _ends(whole: Range, exact: Sequence[Fraction] = (), possible: Range | None = None) -> Ends:
    """The ends of a range, from the fractions that they were rounded from where these are known."""

    def before_rounding(end: float) -> Fraction:
        return next((number for number in exact if float(number) == end), Fraction(end))

    bounds = possible or Range(float("-inf"), float("inf"))
    low_is_bound = whole.low == bounds.low and not whole.is_exact
    high_is_bound = whole.high == bounds.high and not whole.is_exact
    return Ends(
        whole,
        None if low_is_bound or whole.low == float("-inf") else before_rounding(whole.low),
        None if high_is_bound or whole.high == float("inf") else before_rounding(whole.high),
    )


def _apart(value: Ends, limit: Ends) -> tuple[Side, Gap]:
    """On what side of the limit a number lies, and how far. The engine has compared them, so they do not overlap."""
    one, other = value.range, limit.range
    if one.is_exact and other.is_exact and one.low == other.low:
        return "at", Gap(ZERO, ZERO)
    if one.low >= other.high:
        side: Side = "above"
        touches, is_open = one.low == other.high, one.low_open
        near, far = (value.low, limit.high), (value.high, limit.low)
    else:
        side, touches, is_open = "below", one.high == other.low, one.high_open
        near, far = (limit.low, value.high), (limit.high, value.low)
    least = _difference(*near)
    return side, Gap(ZERO if touches or least is None else least, _difference(*far), is_open)


def _difference(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one - other


def _distance(
    which: Literal["lower", "upper"] | None,
    value: Ends,
    limit: Ends,
    unit: str | None,
    recorded: tuple[str, Fraction] | None,
    *,
    is_included: bool,
    decimals: int | None = None,
    pace: str = "",
) -> FromLimit:
    """`recorded` is another unit that the number was recorded in, and its factor to the canonical one."""
    side, gap = _apart(value, limit)
    shown = None if unit is None or unit == "1" else unit + pace
    if recorded is None:
        return FromLimit(which, side, gap, shown, is_included=is_included, decimals=decimals)
    in_recorded = gap.scaled(1 / recorded[1])
    return FromLimit(which, side, gap, shown, in_recorded, recorded[0] + pace, is_included, decimals)


def _from_limit(
    answer: Judged,
    limit: Numeric,
    which: Literal["lower", "upper"] | None,
    rulebook: Rulebook,
    *,
    is_included: bool,
) -> FromLimit:
    measured = answer.parts[0]
    if not isinstance(measured, Measured):
        raise TypeError("a comparison measures what it compares")
    unit: str | None = None
    lab: Lab | None = None
    decimals: int | None = 2
    value, pace = _ends(measured.range), ""
    recorded: tuple[str, Fraction] | None = None
    match measured:
        case Measured(node=Value(), parts=(Found(lookup=ValueLookup() | ChangeLookup() as lookup) as found, *_)):
            fact = rulebook.fact(found.subject)
            results = recorded_results(found)
            if isinstance(fact, Lab):
                unit, lab = fact.unit, fact
            if isinstance(lookup, ValueLookup):
                decimals = None
                exact = [each.exact for each in results if each.exact is not None]
                value = _ends(measured.range, exact, possible_values(fact))
            elif lookup.change.startswith("relative"):
                unit, lab = "%", None
            elif lookup.change == "rise per day":
                pace = " a day"
            recorded = _recorded_beside(results, lab)
        case Measured(node=Age()):
            unit, decimals = "years", None
        case Measured(node=InUnit(unit=written)):
            unit = written
    if isinstance(limit, Number):
        known = _ends(exactly(limit.value), [exact_limit(limit, lab)])
    else:
        other = answer.parts[1]
        known = _ends(other.range if isinstance(other, Measured) else exactly(0))
    return _distance(which, value, known, unit, recorded, is_included=is_included, decimals=decimals, pace=pace)


def _recorded_beside(results: Sequence[Result], lab: Lab | None) -> tuple[str, Fraction] | None:
    """The unit that all of these were recorded in, and its factor to the canonical unit, if the two differ."""
    if lab is None or not results:
        return None
    unit, factor = recorded_unit(results, lab)
    return (unit, factor) if unit is not None and unit != "1" and factor != 1 else None


def exact_limit(limit: Number, lab: Lab | None) -> Fraction:
    """A limit before it was rounded: as written, converted into the lab's canonical unit."""
    figure, _, unit = limit.text.partition(" ")
    if lab is None or not unit:
        return Fraction(figure)
    mass = Fraction(lab.molar_mass) if lab.molar_mass is not None else None
    return Fraction(figure) * factor_between(parse_unit(unit), parse_unit(lab.unit), mass, lab.valence)


def _from_limit_of_normal(
    answer: Judged, node: AgainstLimit, frame: Frame
) -> tuple[tuple[FromLimit, ...], Multiple | None]:
    """The distance from a multiple of a limit of normal: of the deciding result, from its own limit or else from all
    limits in use."""
    found = answer.parts[0]
    if not isinstance(found, Found) or not isinstance(found.lookup, ValueLookup):
        raise TypeError("a result is compared with its limit of normal")
    lab = frame.rulebook.labs[found.subject]
    times = Fraction(node.times)
    candidates: list[tuple[Result, Ends, Ends]] = []
    for result in [each for each in found.used if isinstance(each, Result) and each.value is not None]:
        own = result.own_limit(node.which)
        exact = [result.exact] if result.exact is not None else []
        value = _ends(result.value or lab.possible, exact, lab.possible)
        if own is not None:
            limit = _ends(exactly(float(own * times)), [own * times])
        else:
            limit = _ends(limits_in_use(lab, node.which, times, frame.patient.sex))
        candidates.append((result, value, limit))
    if not candidates:
        return (), None
    deciding_ones = [
        each for each in candidates if compare(each[1].range, node.operator, each[2].range) is answer.truth
    ]
    highest = found.lookup.pick == "highest" or (found.lookup.pick != "lowest" and node.operator in (">", ">="))
    pick = max if highest else min
    decisive, value, limit = pick(deciding_ones or candidates, key=lambda each: each[1].range.low / each[2].range.high)
    recorded = _recorded_beside([decisive], lab)
    distance = _distance(None, value, limit, lab.unit, recorded, is_included="=" in node.operator)
    return (distance,), _multiple(value, limit, times, node)


def _multiple(value: Ends, limit: Ends, times: Fraction, node: AgainstLimit) -> Multiple | None:
    """How many times the limit a result is; None if that has no meaning or no end."""
    if value.low is None or limit.low is None or limit.high is None or limit.low <= 0:
        return None
    most = None if value.high is None else value.high * times / limit.low
    return Multiple(Gap(value.low * times / limit.high, most, value.range.low_open), node.times, node.which)
