"""A checked rule in words of the rule language: canonical names, one form for each meaning."""

from __future__ import annotations

from typing import assert_never

from screener.rulebook import (
    AgainstLimit,
    Age,
    All,
    Any,
    Arithmetic,
    AtLeast,
    AtTime,
    Between,
    Bounded,
    Choose,
    Compare,
    Confirmed,
    Function,
    Happened,
    InUnit,
    IsOneOf,
    Meets,
    Not,
    Number,
    Numeric,
    PointsOf,
    ScoreOf,
    SexIs,
    Truthful,
    Untranslated,
    Value,
)


def in_words(rule: Truthful) -> str:
    """The rule as one line. Rules that read differently mean different things to the engine."""
    match rule:
        case Compare(left, operator, right):
            return f"{number_in_words(left)} {operator} {number_in_words(right)}"
        case Between(of, low, high):
            return f"{number_in_words(of)} between {low.text} and {high.text}"
        case AgainstLimit(lookup, operator, times, which):
            return f"{_value(lookup)} {operator} {times} x {'ULN' if which == 'upper' else 'LLN'}"
        case IsOneOf(lookup, choices):
            names = choices[0] if len(choices) == 1 else f"any of ({', '.join(choices)})"
            return f"{_value(lookup)} is {names}"
        case SexIs(sex):
            return f"sex is {sex}"
        case Happened(lookup):
            return lookup
        case Confirmed(question):
            return f"confirmed {question}"
        case Meets(name):
            return f"meets {name}"
        case Not(of):
            return f"not ({in_words(of)})"
        case All(parts):
            return " and ".join(_part(part) for part in parts)
        case Any(parts):
            return " or ".join(_part(part) for part in parts)
        case AtLeast(count, parts):
            return f"at least {count} of ({'; '.join(map(in_words, parts))})"
        case AtTime(anchor, relation, of):
            return f"{relation} {anchor} ({in_words(of)})"
        case Untranslated():
            return "untranslated"
        case _:
            assert_never(rule)


def _part(rule: Truthful) -> str:
    return f"({in_words(rule)})" if isinstance(rule, All | Any) else in_words(rule)


def number_in_words(number: Numeric) -> str:
    """The formula as one line."""
    match number:
        case Number(_, text):
            return text
        case Value(lookup):
            return _value(lookup)
        case Age():
            return "age"
        case ScoreOf(name) | PointsOf(name):
            return name
        case InUnit(of, unit, _):
            return f"{_operand(of)} in {unit}"
        case Arithmetic(operator, left, right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Function(name, of):
            return f"{name}({number_in_words(of)})"
        case Bounded(of, floor, cap):
            bounds = ((" floored at", floor), (" capped at", cap))
            return _operand(of) + "".join(f"{words} {at}" for words, at in bounds if at is not None)
        case Choose(test, then, otherwise):
            return f"if {in_words(test)} then {number_in_words(then)} else {number_in_words(otherwise)}"
        case _:
            assert_never(number)


def _operand(number: Numeric) -> str:
    text = number_in_words(number)
    return f"({text})" if isinstance(number, Arithmetic | Choose) else text


def _value(lookup: str) -> str:
    # The latest value is what a bare name means.
    return lookup.removeprefix("latest ")
