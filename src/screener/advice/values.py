"""Values of a fact in words: `INR below 1.5`, `ascites is none`, `any history of asthma: no`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct

from screener.advice.facts import MissingFact
from screener.advice.inquiry import Inquiry
from screener.evaluation.explanation import number_text
from screener.evaluation.phrases import either, unit_after
from screener.values.ranges import Range


class Span(Struct, frozen=True, omit_defaults=True):
    """Numbers from `low` to `high`, in the canonical unit; an open end is not itself included."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False


class Values(Struct, frozen=True, omit_defaults=True):
    """Some of the values that a fact may turn out to have: `spans` of a number, or the words in `choices`.

    `text` has them in short, `named` with the fact (`INR below 1.5`), and `clause` as a statement (`INR is below 1.5`).
    """

    text: str
    named: str
    clause: str
    spans: tuple[Span, ...] = ()
    choices: tuple[str, ...] = ()
    unit: str = ""


def values_of(number: int, chosen: Iterable[int], inquiry: Inquiry) -> Values:
    """Some possibilities of a fact in words."""
    fact, places = inquiry.facts[number], [place for place in inquiry.whole[number] if place in set(chosen)]
    possible = inquiry.supposed[number]
    if fact.domain is None:
        words = tuple(possible[place].text for place in places)
        return Values(either(words), *_said(fact, words), choices=words)
    ranges = _together([possible[place].range for place in places], fact)
    written = _written(number, inquiry)
    text = either(_span_text(each, fact, written) for each in ranges)
    spans = tuple(Span(each.low, each.high, each.low_open, each.high_open) for each in ranges)
    return Values(text, f"{fact.title} {text}", f"{fact.title} is {text}", spans, unit=fact.unit)


def _written(number: int, inquiry: Inquiry) -> dict[float, str]:
    """The limits that open lines compare a number with, and how they are written there."""
    fact = inquiry.facts[number]
    name = "age" if fact.kind == "birth_date" else fact.name
    rules = [reading.rule for line in inquiry.lines_with[number] if line.is_open for reading in line.criterion.readings]
    limits = [inquiry.reach.limits(rule).numbers.get(name, {}) for rule in rules]
    return {limit: text for each in limits for limit, text in each.items() if text}


def _said(fact: MissingFact, words: Sequence[str]) -> tuple[str, str]:
    """A named fact with its values, as a thing and as a clause."""
    told = either(words)
    match fact.key[0]:
        case "question" | "event" | "quality":
            return f"{told} to “{fact.title}”", f"the answer to “{fact.title}” is {told}"
        case "reading":
            line = fact.name.partition("/")[2]
            return f"{line} read as {told}", f"{line} is read as {told}"
        case "entry":
            return f"{fact.title}, if it is {told}", f"{fact.title} is {told}"
        case "sex":
            return f"{told} sex", f"the sex is {told}"
        case _:
            return f"{fact.title} {told}", f"{fact.title} is {told}"


def _together(ranges: Iterable[Range | None], fact: MissingFact) -> list[Range]:
    """The parts, neighbors in one."""
    whole: list[Range] = []
    for each in ranges:
        if each is None:
            continue
        if whole and _touch(whole[-1], each, fact):
            whole[-1] = Range(whole[-1].low, each.high, whole[-1].low_open, each.high_open)
        else:
            whole.append(each)
    return whole


def _touch(one: Range, other: Range, fact: MissingFact) -> bool:
    if fact.scale == "whole":
        return other.low == one.high + 1
    if one.high == other.low:
        return not (one.high_open and other.low_open)
    return math.nextafter(one.high, math.inf) == other.low and not one.high_open and not other.low_open


def _span_text(part: Range, fact: MissingFact, written: dict[float, str]) -> str:
    """`below 1.5`, `at least 85.52 umol/L (5 mg/dL)`; a limit found by halving is rounded into the part meant."""
    domain, unit = fact.domain, unit_after(fact.unit)

    def low() -> str:
        return _number(part.low, fact, written, up=True)

    def high() -> str:
        return _number(part.high, fact, written, up=False)

    if part.is_exact:
        return _number(part.low, fact, written, up=None) + unit
    from_start = domain is not None and (part.low, part.low_open) == (domain.low, domain.low_open)
    to_end = domain is not None and (part.high, part.high_open) == (domain.high, domain.high_open)
    above, below = ("above" if part.low_open else "at least"), ("below" if part.high_open else "at most")
    beside_low, beside_high = _as_written(part.low, fact, written), _as_written(part.high, fact, written)
    if from_start and to_end:
        return "whatever it is"
    if from_start:
        return f"{below} {high()}{unit}{beside_high}"
    if to_end:
        return f"{above} {low()}{unit}{beside_low}"
    if not part.low_open and not part.high_open:
        return f"{low()} to {high()}{unit}"
    return f"{above} {low()}{beside_low} and {below} {high()}{unit}{beside_high}"


def _number(number: float, fact: MissingFact, written: dict[float, str], *, up: bool | None) -> str:
    told = number_text(number)
    if up is None or number in written or float(told) == number:
        return told
    step = 10.0 ** (math.floor(math.log10(abs(number))) - 2) if number else 1.0
    rounded = (math.ceil if up else math.floor)(number / step) * step
    return number_text(float(f"{rounded:.12g}"))


def _as_written(number: float, fact: MissingFact, written: dict[float, str]) -> str:
    """The limit as the rule has it, where that is in another unit."""
    text = written.get(number, "")
    return f" ({text})" if text and unit_after(fact.unit) and not text.endswith((fact.unit, "years")) else ""
