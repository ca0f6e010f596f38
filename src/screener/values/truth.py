"""Three-valued truth: what a statement can be, given what is known.

A truth is the set of what the statement could be: `TRUE` is {true}, `FALSE` is {false}, `UNKNOWN` is
{true, false}. `and`, `or`, `not` are Kleene's strong three-valued operators, which is the same as asking
every possible combination. A truth is never a Python boolean: `if truth:` raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NoReturn, TypeVar

T = TypeVar("T")


class Truth(Enum):
    """TRUE, FALSE, or UNKNOWN where both are still possible."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("a truth is not a boolean: compare it with TRUE, FALSE or UNKNOWN")

    def __repr__(self) -> str:
        return self.name


TRUE = Truth.TRUE
FALSE = Truth.FALSE
UNKNOWN = Truth.UNKNOWN


def truth_of(value: bool) -> Truth:
    """The truth of something known for certain."""
    return TRUE if value else FALSE


def negation(truth: Truth) -> Truth:
    """Kleene's `not`."""
    if truth is TRUE:
        return FALSE
    return TRUE if truth is FALSE else UNKNOWN


def all_of(truths: Iterable[Truth]) -> Truth:
    """Kleene's `and` over any number: FALSE as soon as one is, TRUE only if all are."""
    result = TRUE
    for truth in truths:
        if truth is FALSE:
            return FALSE
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Kleene's `or` over any number: TRUE as soon as one is, FALSE only if all are."""
    result = FALSE
    for truth in truths:
        if truth is TRUE:
            return TRUE
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def asked_until(settling: Truth, rules: Sequence[Callable[[T], Truth]]) -> Callable[[T], Truth]:
    """Kleene's `and` (settled by FALSE) or `or` (settled by TRUE) of rules that are asked one after the other, for as
    long as it matters."""
    otherwise = negation(settling)

    def asked(about: T) -> Truth:
        result = otherwise
        for rule in rules:
            truth = rule(about)
            if truth is settling:
                return truth
            if truth is UNKNOWN:
                result = truth
        return result

    return asked


def alike_asked(rules: Sequence[Callable[[T], Truth]]) -> Callable[[T], Truth]:
    """The union of rules that are asked one after the other, for as long as they agree."""
    if len(rules) == 1:
        return rules[0]
    leading, *others = rules

    def asked(about: T) -> Truth:
        first = leading(about)
        if first is UNKNOWN:
            return UNKNOWN
        for rule in others:
            if rule(about) is not first:
                return UNKNOWN
        return first

    return asked


def at_least(count: int, truths: Iterable[Truth]) -> Truth:
    """Whether at least `count` of the statements are true."""
    certain = possible = 0
    for truth in truths:
        if truth is not FALSE:
            possible += 1
            if truth is TRUE:
                certain += 1
    if certain >= count:
        return TRUE
    return FALSE if possible < count else UNKNOWN


def union(truths: Iterable[Truth]) -> Truth:
    """What holds in all of several possible worlds: definite only if they agree. Needs at least one; it stops at the
    first open one."""
    result: Truth | None = None
    for truth in truths:
        if truth is UNKNOWN or (result is not None and truth is not result):
            return UNKNOWN
        result = truth
    if result is None:
        raise ValueError("the union of no truths has no meaning")
    return result
