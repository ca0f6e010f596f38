"""Values of a fact in words: `INR below 1.5`, `ascites is none`, `any history of asthma: no`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct

from screener.advice.facts import Fact
from screener.advice.inquiry import Inquiry
from screener.evaluation.explanation import number_text
from screener.evaluation.phrases import either, unit_beside
from screener.values.ranges import Range


class Span(Struct, frozen=True, omit_defaults=True):
    """Numbers from `low` to `high`, in the canonical unit; an open end is not itself included."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False


class Values(Struct, frozen=True, omit_defaults=True):
    """Some of what a fact may turn out to be: `spans` of a number, or the words in `choices`; `text` says them shortly,
    and `clause` says with the fact that it has one of them."""

    text: str
    clause: str
    spans: tuple[Span, ...] = ()
    choices: tuple[str, ...] = ()
    unit: str = ""

    @property
    def sentence(self) -> str:
        """The values as what does something: `INR below 1.5`."""
        return self.clause


def values_of(number: int, chosen: Iterable[int], inquiry: Inquiry) -> Values:
    """Some possibilities of a fact in words."""
    fact, places = inquiry.facts[number], sorted(chosen)
    possible = inquiry.possibilities[number]
    if fact.domain is None:
        words = tuple(possible[place].text for place in places)
        return Values(either(words), _named(fact, words), choices=words)
    ranges = _together([possible[place].range for place in places if possible[place].range is not None], fact)
    texts = [_span_text(each, fact) for each in ranges]
    text = either(texts) + (f" {fact.unit}" if unit_beside(fact.unit) else "")
    spans = tuple(Span(each.low, each.high, each.low_open, each.high_open) for each in ranges)
    return Values(text, f"{fact.title} {text}", spans=spans, unit=fact.unit)


def _named(fact: Fact, words: Sequence[str]) -> str:
    match fact.key[0]:
        case "question":
            return f"the answer {either(words)} to “{fact.title}”"
        case "reading":
            return f"reading {fact.name} as {either(words)}"
        case "event" | "quality":
            return f"{either(words)} to whether {fact.title}"
        case "sex":
            return f"{either(words)} sex"
        case _:
            return f"{fact.title} {either(words)}"


def _together(ranges: Iterable[Range | None], fact: Fact) -> list[Range]:
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


def _touch(one: Range, other: Range, fact: Fact) -> bool:
    if fact.scale == "whole":
        return other.low == one.high + 1
    if one.high == other.low:
        return not (one.high_open and other.low_open)
    return math.nextafter(one.high, math.inf) == other.low and not one.high_open and not other.low_open


def _span_text(part: Range, fact: Fact) -> str:
    domain = fact.domain
    if part.is_exact:
        return number_text(part.low)
    from_start = domain is not None and (part.low, part.low_open) == (domain.low, domain.low_open)
    to_end = domain is not None and (part.high, part.high_open) == (domain.high, domain.high_open)
    if from_start and to_end:
        return "whatever it is"
    low = f"{'above' if part.low_open else 'at least'} {number_text(part.low)}"
    high = f"{'below' if part.high_open else 'at most'} {number_text(part.high)}"
    if from_start:
        return high
    if to_end:
        return low
    if not part.low_open and not part.high_open:
        return f"{number_text(part.low)} to {number_text(part.high)}"
    return f"{low} and {high}"
