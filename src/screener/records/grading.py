"""Results of findings: the grade or choice that a number or the words of a ward stand for."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import msgspec

from screener.records.dictionary import Meaning
from screener.records.errors import any_of, quoted
from screener.records.patient import Result
from screener.records.reported import (
    Reported,
    as_unusable,
    plain_number,
    plain_result,
    possible_part,
    range_of,
)
from screener.records.written import (
    MOST_DIGITS,
    Quantity,
    Span,
    as_choice,
    grade_words,
    parts_of_text,
    read_value,
    two_numbers,
    words_for,
)
from screener.rulebook import Finding
from screener.values.numerals import ROMAN
from screener.values.ranges import Range, range_text

TWO_NUMBERS = "it is written as two numbers"
"""The problem of a result that is a pair, until it is taken apart."""


def finding_result(finding: Finding, meaning: Meaning, reported: Reported) -> Result:
    """A result of a finding: its grade, or the choices that its value may be."""
    result = plain_result(finding.name, reported, meaning)
    value = reported.value
    if meaning.value is not None:
        stated = read_value(meaning.value)
        if value is not None and value != stated and _choices(finding, value) != {meaning.value}:
            return as_unusable(
                result, "missing", f"its code says `{meaning.value}`, its value {quoted(reported.recorded_value)}"
            )
        value = stated
        result = msgspec.structs.replace(result, recorded_value=reported.recorded_value or meaning.value)
    if value is None or value == Span():
        return as_unusable(result, "missing", "it has no value")
    if finding.grade is not None:
        return _grade_result(result, finding, finding.grade, value)
    if finding.pair_of and isinstance(value, str) and two_numbers(value) is not None:
        return as_unusable(result, "missing", TWO_NUMBERS)
    choices = _choices(finding, value)
    if not choices and finding.number_means is not None and _has_a_digit(reported.recorded_value):
        choices = _choices(finding, reported.recorded_value) or frozenset((finding.number_means,))
    if not choices:
        return as_unusable(result, "missing", f"{quoted(reported.recorded_value)} is none of {any_of(finding.choices)}")
    return msgspec.structs.replace(result, choices=choices)


def _has_a_digit(written: str) -> bool:
    return any(each.isdecimal() for each in written)


def _choices(finding: Finding, value: Quantity | Span | str) -> frozenset[str]:
    """The choices that words may name: by a choice's own name in any case, by another word in use for it, or by a
    ward's word for it. The finding's own name may come with it (`ascites: severe`)."""
    if not isinstance(value, str):
        return frozenset()
    folded = as_choice(value)
    meant = {folded, words_for("choice").get(folded)}
    named = next((choice for choice in finding.choices if choice.casefold() in meant), None)
    if named is not None:
        return frozenset((named,))
    wards = _wards_words(finding)
    parts = parts_of_text(value)
    for each in (parts, _graded(parts), _without(parts, wards.names), _graded(_without(parts, wards.names))):
        if each in wards.values:
            return frozenset(wards.values[each])
    return frozenset()


class _WardsWords(NamedTuple):
    values: dict[tuple[str, ...], tuple[str, ...]]
    """What words, in parts, may stand for."""
    names: frozenset[str]
    """The parts of what the finding is called, which say nothing of its value."""


@lru_cache(maxsize=256)
def _wards_words(finding: Finding) -> _WardsWords:
    values = {parts_of_text(word): each.values for each in finding.words for word in each.words}
    values |= {parts_of_text(choice.replace("_", " ")): (choice,) for choice in finding.choices}
    called = (name.replace("_", " ") for name in (finding.name, *finding.aliases))
    names = {part for name in called for part in parts_of_text(name) if part.isalnum()}
    return _WardsWords(values, frozenset(names) - grade_words() - {each[0] for each in values if len(each) == 1})


def _without(parts: tuple[str, ...], names: frozenset[str]) -> tuple[str, ...]:
    """The parts without those of a name, and without a hyphen that then joins nothing."""
    kept = [part for part in parts if part not in names]
    while kept[:1] == ["-"]:
        kept.pop(0)
    return tuple(kept)


def _numeral(part: str) -> int | None:
    is_number = part.isdecimal() and part.isascii() and len(part) <= MOST_DIGITS
    return int(part) if is_number else ROMAN.get(part.upper())


def _graded(parts: tuple[str, ...]) -> tuple[str, ...]:
    """`G2` and `II°` as `grade 2`; nothing where it is no grade."""
    grades = grade_words()
    rest = _without(parts, grades)
    number = _numeral(rest[0]) if len(rest) == 1 and len(parts) > 1 else None
    return () if number is None else ("grade", str(number))


def _grade(finding: Finding, text: str) -> Quantity | Span | None:
    """The grade that words name: `grade I`, `G2`, `II°`, `West Haven 1-2`, or a word of the ward for it."""
    wards = _wards_words(finding)
    parts = parts_of_text(text)
    named = _without(parts, wards.names)
    for each in (parts, named):
        if each in wards.values:
            numbers = sorted(Fraction(value) for value in wards.values[each])
            return Quantity(numbers[0]) if len(numbers) == 1 else Span(numbers[0], numbers[-1])
    match _without(named, grade_words()):
        case [one] if (number := _numeral(one)) is not None:
            return Quantity(Fraction(number))
        case [one, "-" | "–" | "to" | "bis" | "至", other]:
            low, high = _numeral(one), _numeral(other)
            return None if low is None or high is None or low > high else Span(Fraction(low), Fraction(high))
        case _:
            return None


def _grade_result(result: Result, finding: Finding, grades: Range, value: Quantity | Span | str) -> Result:
    if isinstance(value, str):
        graded = _grade(finding, value)
        if graded is None:
            return as_unusable(result, "missing", f"{quoted(result.recorded_value)} is no grade")
        value = graded
    stated = range_of(value, Fraction(1))
    whole = possible_part(_of_whole_numbers(stated), grades) if possible_part(stated, grades) is not None else None
    has_fraction = any(math.isfinite(end) and end != math.floor(end) for end in (stated.low, stated.high))
    if whole is None or has_fraction:
        problem = (
            f"{quoted(result.recorded_value)} cannot be, and counts as missing: grades are {range_text(grades, '1')}"
        )
        return as_unusable(result, "impossible", problem)
    return msgspec.structs.replace(result, value=whole, exact=plain_number(value))


def _of_whole_numbers(stated: Range) -> Range:
    """The same without an end that is not itself included."""
    return Range(stated.low + stated.low_open, stated.high - stated.high_open)
